package tlsnet

import (
	"errors"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/verifier"
)

// verify answers WaitVerify.
func (c *Conn) verify() error {
	c.mu.Lock()
	key, _ := c.eng.PeerRawPublicKey()
	p := &Peer{Name: c.name, Chain: c.eng.PeerChain(), RawPublicKey: key, Staple: c.eng.PeerStaple(), SCTs: c.eng.PeerSCTs(), Version: c.eng.Version()}
	if c.o.client && c.eng.ECH() == core.ECHRejected {
		// What it says about the real configuration counts only if it is the
		// server of the public name (RFC 9849, section 6.1.7).
		p.Name = c.eng.ServerName()
	}
	c.mu.Unlock()
	if err := c.o.judge(p); err != nil {
		return c.reply(alertOf(err), err, nil)
	}
	return c.reply(0, nil, func() error {
		c.verified = p
		return c.eng.AnswerVerify(core.AcceptVerified())
	})
}

// judge is the Config's verdict on p.
func (o *owner) judge(p *Peer) error {
	switch {
	case o.Verify != nil:
		return o.Verify(p)
	case o.InsecureNoVerify:
		return nil
	}
	r, err := o.verifier.Verify(&verifier.Peer{Name: p.Name, Chain: p.Chain, RawPublicKey: p.RawPublicKey, Staple: p.Staple, SCTs: p.SCTs})
	if err != nil {
		var e *verifier.Error
		if errors.As(err, &e) && e.Cert != nil {
			return &CertificateError{Reason: e.Reason, Peer: p, Cert: e.Cert, Depth: e.Depth, Now: e.Now, err: e.Err}
		}
		return err
	}
	p.Verified = r.Chain
	if o.VerifyMore != nil {
		return o.VerifyMore(p)
	}
	return nil
}

// newVerifier makes what judges where Config.Verify does not.
func (o *owner) newVerifier() {
	purpose := pki.ClientAuth
	if o.client {
		purpose = pki.ServerAuth
	}
	o.verifier = verifier.New(o.Policy, o.Roots, purpose, o.Settings.Now)
	o.verifier.Ask(&o.Params)
}

// alertOf is the alert for a chain that is refused (RFC 8446, section 6.2).
func alertOf(err error) iana.AlertDescription {
	var e *CertificateError
	if !errors.As(err, &e) {
		return iana.AlertBadCertificate
	}
	return verifier.AlertFor(e.Reason)
}
