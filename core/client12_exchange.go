package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
	"patina/core/wire"
)

// The flight of a TLS 1.2 client: its certificate, if asked for, the key
// exchange and Finished.

// client12Choose asks for the client's certificate.
type client12Choose struct{ *client12 }

func (s client12Choose) step(c *Conn) (state, Wait, error) {
	if c.ech == ECHRejected {
		// Not to a server of another name (RFC 9849, section 6.1.7).
		return s.present(c, nil, 0), WaitNone, nil
	}
	if c.cfg.Ask&AskCertificate != 0 {
		c.hs.askCertReq = CertificateRequest{Types: s.request.Types, Schemes: s.request.SignatureSchemes,
			Authorities: s.request.Authorities}
		return s, WaitCertificate, nil
	}
	cred, scheme := c.credentialFor(s.request.SignatureSchemes, nil, s.usable)
	return s.present(c, cred, scheme), WaitNone, nil
}

func (s client12Choose) answerCertificate(c *Conn, cred *Credential) (state, error) {
	c.hs.askCertReq = CertificateRequest{}
	cred, scheme := c.showable(cred, s.request.SignatureSchemes, s.usable)
	return s.present(c, cred, scheme), nil
}

// usable tells the schemes of the certificate types the server has named.
func (s client12Choose) usable(scheme iana.SignatureScheme) bool {
	auth := authOf(scheme)
	for _, t := range s.request.Types {
		if t == wire.ClientCertRSASign && auth == suite.AuthRSA || t == wire.ClientCertECDSASign && auth == suite.AuthECDSA {
			return true
		}
	}
	return false
}

// present sends the certificate of cred, or an empty message for nil.
func (s client12Choose) present(c *Conn, cred *Credential, scheme iana.SignatureScheme) state {
	if cred == nil || !cred.sendable() {
		c.queue(wire.AppendCertificate12(c.messageBuffer(), nil)) // of a raw key too: no bytes of it
	} else {
		c.cred, c.scheme = cred, scheme
		c.queue(c.cfg.appendCertificate12(c.messageBuffer(), cred))
	}
	return client12Exchange{s.client12}
}

// client12Exchange sends the ClientKeyExchange and makes the keys.
type client12Exchange struct{ *client12 }

func (s client12Exchange) step(c *Conn) (state, Wait, error) {
	share, premaster, err := c.cfg.Provider.Group(c.group).Respond(c.cfg.Rand, s.public)
	if err != nil {
		return nil, WaitNone, failureOf(KindBadKeyShare, err)
	}
	if c.psk != nil {
		premaster = keys.PSKPremaster(premaster, c.psk.Key)
		c.queue(wire.AppendClientKeyExchangePSK(c.messageBuffer(), c.psk.Identity, share))
	} else {
		c.queue(wire.AppendClientKeyExchange(c.messageBuffer(), share))
	}
	s.master = c.master12(premaster)
	s.block = c.keyBlock12(&s.master)
	if c.cred != nil {
		next := client12Sign{s.client12}
		return next, WaitNone, s.signing.beginMessage(c, c.hs.transcript.messages())
	}
	return s.finish(c)
}

// client12Sign makes the CertificateVerify.
type client12Sign struct{ *client12 }

func (s client12Sign) step(c *Conn) (state, Wait, error) {
	if s.signing.pending() {
		return s, WaitSign, nil
	}
	c.queue(wire.AppendCertificateVerify(c.messageBuffer(), c.scheme, s.signing.signature))
	return s.finish(c)
}

func (s client12Sign) answerSign(c *Conn, signature []byte) (state, error) {
	return s, s.signing.answer(c, signature)
}

// finish ends the client's flight and goes over to the server's.
func (s *client12) finish(c *Conn) (state, Wait, error) {
	c.hs.transcript.drop()
	if err := c.sendFinished12(&s.master, &s.block); err != nil {
		return nil, WaitNone, err
	}
	return s.readTicket(), WaitNone, nil
}
