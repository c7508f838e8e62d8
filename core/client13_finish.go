package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// The last flight of a TLS 1.3 client: its certificate, if asked for, and
// Finished.

// client13Finish is what it is made from.
type client13Finish struct {
	clientSecret  keys.Secret // handshake traffic secret
	master        keys.Master
	clientTraffic keys.Secret
}

// begin begins the last flight. request is the server's, nil for none.
func (s *client13Finish) begin(c *Conn, request *wire.CertificateRequest) (state, Wait, error) {
	if err := c.endEarly(&s.clientSecret); err != nil {
		return nil, WaitNone, err
	}
	if c.hs.ccsDue {
		if err := c.queueCompatCCS(); err != nil {
			return nil, WaitNone, err
		}
	}
	if request != nil {
		return &client13Choose{client13Finish: s, request: request}, WaitNone, nil
	}
	return s.finish(c)
}

// client13Choose asks for the client's certificate.
type client13Choose struct {
	*client13Finish
	request *wire.CertificateRequest
}

func (s *client13Choose) step(c *Conn) (state, Wait, error) {
	if c.ech == ECHRejected {
		// Not to a server of another name (RFC 9849, section 6.1.7).
		next, err := s.present(c, nil, 0)
		return next, WaitNone, err
	}
	if c.cfg.Ask&AskCertificate != 0 {
		c.hs.askCertReq = CertificateRequest{Schemes: s.request.SignatureSchemes, Authorities: s.request.Authorities}
		return s, WaitCertificate, nil
	}
	cred, scheme := c.credentialFor(s.request.SignatureSchemes, s.request.SignatureSchemesCert, usable13)
	next, err := s.present(c, cred, scheme)
	return next, WaitNone, err
}

func (s *client13Choose) answerCertificate(c *Conn, cred *Credential) (state, error) {
	c.hs.askCertReq = CertificateRequest{}
	cred, scheme := c.showable(cred, s.request.SignatureSchemes, usable13)
	return s.present(c, cred, scheme)
}

// present sends the certificate of cred, or an empty message for nil.
func (s *client13Choose) present(c *Conn, cred *Credential, scheme iana.SignatureScheme) (state, error) {
	if cred == nil || !cred.sendable() {
		c.queue(wire.AppendCertificate13(c.messageBuffer(), nil, nil, nil))
		return &client13Last{s.client13Finish}, nil
	}
	c.cred, c.scheme = cred, scheme
	return &client13Present{s.client13Finish, s.request}, nil
}

// client13Present sends the certificate chosen.
type client13Present struct {
	*client13Finish
	request *wire.CertificateRequest
}

func (s *client13Present) step(c *Conn) (state, Wait, error) {
	if c.customEntries(c.cred) {
		return s, WaitExtensions, nil
	}
	var staple []byte
	if s.request.StatusRequest {
		staple = c.cred.Staple
	}
	if err := c.queueCertificate13(c.cred, staple, s.request.SCT, s.request.CertCompression); err != nil {
		return nil, WaitNone, err
	}
	next := &client13Sign{client13Finish: s.client13Finish}
	return next, WaitNone, next.signing.begin(c, clientContext)
}

// client13Sign makes the client's CertificateVerify.
type client13Sign struct {
	*client13Finish
	signing signing
}

func (s *client13Sign) step(c *Conn) (state, Wait, error) {
	if s.signing.pending() {
		return s, WaitSign, nil
	}
	c.queue(wire.AppendCertificateVerify(c.messageBuffer(), c.scheme, s.signing.signature))
	return s.finish(c)
}

func (s *client13Sign) answerSign(c *Conn, signature []byte) (state, error) {
	return s, s.signing.answer(c, signature)
}

// client13Last is left to finish the handshake.
type client13Last struct{ *client13Finish }

func (s *client13Last) step(c *Conn) (state, Wait, error) { return s.finish(c) }

// finish sends Finished and goes over to application data.
func (s *client13Finish) finish(c *Conn) (state, Wait, error) {
	defer s.wipe()
	c.queueFinished13(&s.clientSecret, &c.clientFinished)
	if err := c.setWriteSecret(&s.clientTraffic); err != nil {
		return nil, WaitNone, err
	}
	if err := c.echRefused(); err != nil {
		return nil, WaitNone, err
	}
	resumption := s.master.Resumption(c.hs.kdf, c.hs.transcript.sum())
	if c.session == nil {
		c.session = c.makeSession()
	}
	c.keepTranscript()
	return c.complete(newEstablished13(c, resumption))
}
