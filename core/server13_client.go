package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// The client's last flight, as a TLS 1.3 server takes it.

// server13Client is what it is checked with.
type server13Client struct {
	clientSecret  keys.Secret // handshake traffic secret
	master        keys.Master
	clientTraffic keys.Secret
}

// server13ClientCertificate waits for the client's Certificate.
type server13ClientCertificate struct{ *server13Client }

func (s *server13ClientCertificate) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.nextMessage()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if !c.takesCertificate13(m.typ) {
		return nil, WaitNone, unexpected(m.typ)
	}
	if err := c.takeCertificate13(m, c.params.requested()); err != nil {
		return nil, WaitNone, err
	}
	if c.peerPresented() {
		return &server13Verify{s.server13Client}, WaitNone, nil
	}
	if c.params.ClientAuth == RequireClientCert {
		return nil, WaitNone, failure(KindCertificateRequired, "")
	}
	return &server13Finished{s.server13Client}, WaitNone, nil
}

// requested is what a client may put beside its certificate.
func (p *Params) requested() (s wire.ExtensionSet) {
	if p.RequestStaple {
		s = s.With(iana.ExtStatusRequest)
	}
	if p.RequestSCT {
		s = s.With(iana.ExtSignedCertificateTimestamp)
	}
	return s
}

// server13Verify asks for the verdict on the client's chain.
type server13Verify struct{ *server13Client }

func (s *server13Verify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s *server13Verify) answerVerify(c *Conn, v Verified) (state, error) {
	return &server13CertificateVerify{s.server13Client, v}, nil
}

// server13CertificateVerify waits for the proof that the client has the key.
type server13CertificateVerify struct {
	*server13Client
	chain Verified
}

func (s *server13CertificateVerify) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeCertificateVerify)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.verifyCertificateVerify13(m, clientContext, s.chain); err != nil {
		return nil, WaitNone, err
	}
	c.hs.transcript.add(m.raw)
	return &server13Finished{s.server13Client}, WaitNone, nil
}

// server13Finished waits for the client's Finished.
type server13Finished struct{ *server13Client }

func (s *server13Finished) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeFinished)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.verifyFinished13(m, &s.clientSecret, &c.clientFinished); err != nil {
		return nil, WaitNone, err
	}
	defer s.wipe()
	c.in.opener.PlainAlerts = false
	if err := c.setReadSecret(&s.clientTraffic); err != nil {
		return nil, WaitNone, err
	}
	c.keepTranscript()
	next := &server13Tickets{left: c.params.Tickets}
	if c.resumed || c.psk != nil {
		next.left = min(next.left, 1)
	}
	if !c.resumed {
		c.session = c.makeSession()
	}
	// Without this mode the client could not use a ticket (RFC 8446, section
	// 4.2.9).
	if c.pskWithExchange() || c.pskWithout() {
		next.resumption = s.master.Resumption(c.hs.kdf, c.hs.transcript.sum())
	}
	return next, WaitNone, nil
}
