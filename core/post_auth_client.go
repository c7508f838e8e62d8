package core

import (
	"bytes"
	"hash"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// postClient is the client's side of post-handshake authentication. Requests
// are answered in the order they came, each in one go: its messages may have
// nothing between them (RFC 8446, section 4.4).
type postClient struct {
	requests []*wire.CertificateRequest // not yet answered
	raw      [][]byte                   // their messages
	inARow   int                        // requests without data between them
	// The answer to the first of them, from the choice of a credential on.
	certificate []byte
	transcript  hash.Hash
	signing     signing
	building    bool // the owner's extensions of the Certificate are wanted
}

// take takes a CertificateRequest.
func (p *postClient) take(c *Conn, m message) error {
	raw := bytes.Clone(m.raw)
	r := &wire.CertificateRequest{Known: c.cfg.customTypes}
	if err := wire.ParseCertificateRequest13(r, raw); err != nil {
		return fromWire(err)
	}
	if p.inARow++; p.inARow > maxCertificateRequests {
		return failure(KindTooManyMessages, "certificate requests")
	}
	if c.closed {
		return nil // nothing can be answered any more
	}
	if len(p.requests) >= maxOutstandingRequests {
		return failure(KindTooManyMessages, "certificate requests")
	}
	for _, other := range p.requests {
		if bytes.Equal(other.Context, r.Context) {
			return failure(KindBadRequestContext, "used twice")
		}
	}
	p.requests, p.raw = append(p.requests, r), append(p.raw, raw)
	return c.takeCustom(wire.InCertificateRequest, 0, nil, r.Custom)
}

// step begins with the next request, if none is being answered.
func (p *postClient) step(c *Conn, post *postAuth) error {
	if p.building && c.custom.answered {
		return p.build(c, post)
	}
	if len(p.requests) == 0 || post.asked != WaitNone {
		return nil
	}
	r := p.requests[0]
	if c.cfg.Ask&AskCertificate != 0 {
		post.askCertReq = CertificateRequest{Schemes: r.SignatureSchemes, Authorities: r.Authorities}
		post.ask(WaitCertificate)
		return nil
	}
	c.authorities = r.Authorities
	cred, scheme := c.credentialFor(r.SignatureSchemes, r.SignatureSchemesCert, usable13)
	return p.present(c, post, cred, scheme)
}

// choose takes the credential, nil for none.
func (p *postClient) choose(c *Conn, post *postAuth, cred *Credential) error {
	post.asked, post.askCertReq = WaitNone, CertificateRequest{}
	cred, scheme := c.showable(cred, p.requests[0].SignatureSchemes, usable13)
	return p.present(c, post, cred, scheme)
}

// present makes the Certificate and what has to be signed.
func (p *postClient) present(c *Conn, post *postAuth, cred *Credential, scheme iana.SignatureScheme) (err error) {
	r := p.requests[0]
	c.peerSchemes, c.authorities = r.SignatureSchemes, r.Authorities
	if p.transcript, err = post.context(p.raw[0]); err != nil {
		return err
	}
	if cred == nil || !cred.sendable() {
		p.certificate = wire.AppendCertificate13(nil, r.Context, nil, nil)
		return p.respond(c, 0)
	}
	c.cred, c.scheme = cred, scheme
	if c.custom != nil {
		c.custom.requested = r.Custom // there may have been other requests meanwhile
	}
	return p.build(c, post)
}

// build makes the Certificate of the credential chosen, once the owner has said
// which extensions of its own go with it.
func (p *postClient) build(c *Conn, post *postAuth) error {
	if p.building = c.customEntries(c.cred); p.building {
		post.ask(WaitExtensions)
		return nil
	}
	post.asked = WaitNone
	r := p.requests[0]
	entries := c.cred.entries(r)
	if c.custom != nil {
		if err := c.custom.putEntries(entries); err != nil {
			return err
		}
	}
	p.certificate = wire.AppendCertificateEntries13(nil, r.Context, entries)
	p.transcript.Write(p.certificate)
	if err := p.signing.beginMessage(c, signedContent(clientContext, p.transcript.Sum(nil))); err != nil {
		return err
	}
	if p.signing.pending() {
		post.ask(WaitSign)
		return nil
	}
	return p.respond(c, c.scheme)
}

// sign takes the signature.
func (p *postClient) sign(c *Conn, post *postAuth, signature []byte) error {
	if err := p.signing.answer(c, signature); err != nil {
		return err
	}
	post.asked = WaitNone
	return p.respond(c, c.scheme)
}

// respond sends the answer to the first request; scheme is 0 if it is that
// there is no certificate. The Finished is made with the traffic secret that
// protects it.
func (p *postClient) respond(c *Conn, scheme iana.SignatureScheme) error {
	certificate, signature, h := p.certificate, p.signing.signature, p.transcript
	p.requests, p.raw = p.requests[1:], p.raw[1:]
	p.certificate, p.transcript, p.signing = nil, nil, signing{}
	if c.closed {
		return nil
	}
	c.queue(append(c.messageBuffer(), certificate...))
	if scheme == 0 {
		h.Write(certificate)
	} else {
		verify := wire.AppendCertificateVerify(nil, scheme, signature)
		h.Write(verify)
		c.queue(append(c.messageBuffer(), verify...))
	}
	var mac [keys.MaxHash]byte
	k := c.kdf()
	own := keys.FinishedMAC(k, mac[:0], &c.out.secret, h.Sum(nil))
	c.doneKDF(k)
	c.queue(wire.AppendFinished(c.messageBuffer(), own))
	c.post.flush = true
	return c.out.sealFlight(c)
}
