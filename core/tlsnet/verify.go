package tlsnet

import (
	"crypto/x509"
	"errors"
	"net/netip"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
)

// securityLevel is what certificates must come up to, as of OpenSSL's
// SSL_CTX_set_security_level(3): keys of 112 bits, such as RSA of 2048.
const securityLevel = 2

// verify answers WaitVerify.
func (c *Conn) verify() error {
	c.mu.Lock()
	p := &Peer{Name: c.name, Chain: c.eng.PeerChain(), Staple: c.eng.PeerStaple(), Version: c.eng.Version()}
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
	purpose := pki.ClientAuth
	if o.client {
		purpose = pki.ServerAuth
	}
	chain, err := Verify(p, o.Roots, purpose, &o.Settings)
	if err != nil {
		return err
	}
	p.Verified = chain
	if o.VerifyMore != nil {
		return o.VerifyMore(p)
	}
	return nil
}

// Verify is what is done without Config.Verify: the peer's chain leads to one of
// roots, is for the purpose and, if p has a Name, for that name. s gives the time.
// It returns the chain, the leaf first; an error is a [*CertificateError].
func Verify(p *Peer, roots pki.Roots, purpose pki.Purpose, s *core.Settings) ([]*x509.Certificate, error) {
	if roots == nil {
		roots = (*pki.Pool)(nil)
	}
	opts := pki.Options{Roots: roots, Now: s.Now(), Purpose: purpose, Depth: -1, Level: securityLevel}
	if p.Name != "" {
		if ip, err := netip.ParseAddr(p.Name); err == nil {
			opts.IP = ip.WithZone("")
		} else {
			opts.Hosts = []string{dnsName(p.Name)}
		}
	}
	var leaf *pki.Cert
	for i, x := range p.Chain {
		cert, err := pki.New(x)
		if err != nil {
			return nil, &CertificateError{Peer: p, Cert: x, Depth: i, Now: opts.Now, err: err}
		}
		if i == 0 {
			leaf = cert
		} else {
			opts.Untrusted = append(opts.Untrusted, cert)
		}
	}
	chain, _, perr := pki.Verify(leaf, &opts)
	if perr != nil {
		e := &CertificateError{Reason: perr.Reason, Peer: p, Cert: p.Chain[0], Depth: perr.Depth, Now: opts.Now, err: perr}
		if perr.Depth < len(perr.Chain) {
			e.Cert = perr.Chain[perr.Depth].X509
		}
		return nil, e
	}
	verified := make([]*x509.Certificate, len(chain))
	for i := range chain {
		verified[i] = chain[i].X509
	}
	return verified, nil
}

// alertOf is the alert for a chain that is refused (RFC 8446, section 6.2).
func alertOf(err error) iana.AlertDescription {
	var e *CertificateError
	if !errors.As(err, &e) {
		return iana.AlertBadCertificate
	}
	switch e.Reason {
	case pki.NoIssuer, pki.NoIssuerLocally, pki.SelfSignedLeaf, pki.SelfSignedInChain:
		return iana.AlertUnknownCA
	case pki.Expired, pki.NotYetValid:
		return iana.AlertCertificateExpired
	case pki.BadSignature:
		return iana.AlertDecryptError
	case pki.InvalidPurpose:
		return iana.AlertUnsupportedCertificate
	}
	return iana.AlertBadCertificate
}
