package core

import (
	"bytes"
	"slices"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// The flights of a full TLS 1.2 handshake as the server sends and takes them.

// server12Hello sends the ServerHello up to what has to be signed.
type server12Hello struct {
	*server12
	chosen *suite.Suite
}

func (s server12Hello) step(c *Conn) (state, Wait, error) {
	if ask, err := s.begin(c); ask || err != nil {
		return s, WaitExtensions, err
	}
	c.queue(c.cfg.appendCertificate12(c.messageBuffer(), c.cred))
	if len(s.staple) > 0 {
		c.queue(wire.AppendCertificateStatus(c.messageBuffer(), s.staple))
	}
	var err error
	if s.exchange, err = c.cfg.Provider.Group(c.group).Generate(c.cfg.Rand); err != nil {
		return nil, WaitNone, failureOf(KindInternal, err)
	}
	message := c.signedParams12(nil)
	message = wire.AppendECDHParams(message, c.group, s.exchange.Share())
	s.params = message[len(c.clientRandom)+len(c.serverRandom):]
	return server12KeyExchange{s.server12}, WaitNone, s.signing.beginMessage(c, message)
}

// begin queues the ServerHello, or reports that its extensions are to be asked for.
func (s server12Hello) begin(c *Conn) (ask bool, err error) {
	list, ask := c.customFor(wire.InServerHello12, 0, nil)
	if ask {
		return true, nil
	}
	s.issue = c.canIssue12()
	if !s.issue && c.cfg.Ask&AskSession != 0 && !c.params.NoResumption && !c.params.NoSessionID {
		id := c.hs.ownID
		if id == nil {
			if id, err = c.randomID(); err != nil {
				return false, err
			}
		}
		s.id = id
	}
	s.hello(c, s.chosen, list)
	return false, nil
}

// server12KeyExchange makes the signature of the ServerKeyExchange and ends
// the flight.
type server12KeyExchange struct{ *server12 }

func (s server12KeyExchange) step(c *Conn) (state, Wait, error) {
	if s.signing.pending() {
		return s, WaitSign, nil
	}
	c.queue(wire.AppendServerKeyExchange(c.messageBuffer(), &wire.ServerKeyExchange{
		Params: s.params, Scheme: c.scheme, Signature: s.signing.signature,
	}))
	s.params, s.signing = nil, signing{}
	if s.requested = c.params.ClientAuth != NoClientCert; s.requested {
		c.queue(wire.AppendCertificateRequest12(c.messageBuffer(), &wire.CertificateRequest{
			Types:            certificateTypes(c.cfg.SignatureSchemes),
			SignatureSchemes: c.cfg.SignatureSchemes,
			Authorities:      c.cfg.ClientCAs,
		}))
	}
	c.queue(wire.AppendEmpty(c.messageBuffer(), iana.TypeServerHelloDone))
	if s.requested {
		return server12Certificate{s.server12}, WaitNone, nil
	}
	return server12ClientKey{s.server12}, WaitNone, nil
}

var allCertificateTypes = []byte{wire.ClientCertRSASign, wire.ClientCertECDSASign}

// certificateTypes are the types of keys that the schemes are for (RFC 5246,
// section 7.4.4; RFC 8422, section 5.5).
func certificateTypes(schemes []iana.SignatureScheme) []byte {
	ecdsa := slices.ContainsFunc(schemes, func(x iana.SignatureScheme) bool { return authOf(x) == suite.AuthECDSA })
	rsa := slices.ContainsFunc(schemes, func(x iana.SignatureScheme) bool { return authOf(x) == suite.AuthRSA })
	switch {
	case !rsa:
		return allCertificateTypes[1:]
	case !ecdsa:
		return allCertificateTypes[:1]
	}
	return allCertificateTypes
}

func (s server12KeyExchange) answerSign(c *Conn, signature []byte) (state, error) {
	return s, s.signing.answer(c, signature)
}

// server12Certificate waits for the client's Certificate.
type server12Certificate struct{ *server12 }

func (s server12Certificate) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeCertificate)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.takeCertificate12(m); err != nil {
		return nil, WaitNone, err
	}
	if c.peerPresented() {
		return server12Verify{s.server12}, WaitNone, nil
	}
	if c.params.ClientAuth == RequireClientCert {
		return nil, WaitNone, failure(KindNoPeerCertificate, "")
	}
	return server12ClientKey{s.server12}, WaitNone, nil
}

// server12Verify asks for the verdict on the client's chain.
type server12Verify struct{ *server12 }

func (s server12Verify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s server12Verify) answerVerify(c *Conn, v Verified) (state, error) {
	s.chain = v
	return server12ClientKey{s.server12}, nil
}

// server12ClientKey waits for the ClientKeyExchange and makes the keys.
type server12ClientKey struct{ *server12 }

func (s server12ClientKey) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeClientKeyExchange)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	public, err := wire.ParseClientKeyExchange(m.raw)
	if err != nil {
		return nil, WaitNone, fromWire(err)
	}
	c.hs.transcript.add(m.raw)
	if err := s.agree(c, public); err != nil {
		return nil, WaitNone, err
	}
	if c.peerPresented() {
		return server12CertificateVerify{s.server12}, WaitNone, nil
	}
	c.hs.transcript.drop()
	return server12CCS{s.server12}, WaitNone, nil
}

// server12CertificateVerify waits for the proof that the client has the key.
type server12CertificateVerify struct{ *server12 }

func (s server12CertificateVerify) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeCertificateVerify)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := s.chain.check(); err != nil {
		return nil, WaitNone, err
	}
	scheme, signature, err := wire.ParseCertificateVerify(m.raw)
	if err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if !slices.Contains(c.cfg.SignatureSchemes, scheme) {
		return nil, WaitNone, failure(KindWrongSignatureType, scheme.String())
	}
	if err := c.verify12(scheme, c.hs.transcript.messages(), signature); err != nil {
		return nil, WaitNone, err
	}
	c.peerScheme = scheme
	c.hs.transcript.drop()
	c.hs.transcript.add(m.raw)
	return server12CCS{s.server12}, WaitNone, nil
}

// server12CCS waits for the client's change_cipher_spec.
type server12CCS struct{ *server12 }

func (s server12CCS) step(c *Conn) (state, Wait, error) {
	ok, err := c.expectCCS()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	return server12Finished{s.server12}, WaitNone, c.protectRead12(&s.block)
}

// server12Finished waits for the client's Finished.
type server12Finished struct{ *server12 }

func (s server12Finished) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeFinished)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.takeFinished12(m, &s.master); err != nil {
		return nil, WaitNone, err
	}
	if c.resumed {
		s.block.Wipe()
		return c.complete(newEstablished12(c))
	}
	return s.last(c), WaitNone, nil
}

// last is the state that sends the server's last flight.
func (s *server12) last(c *Conn) state {
	if s.issue || !c.resumed && len(s.id) > 0 {
		made := c.session12(&s.master)
		if c.resumed {
			made.Created, made.CreatedMilli = c.session.Created, c.session.CreatedMilli
			made.Lifetime = c.session.Lifetime
		}
		made.ID = bytes.Clone(s.id)
		c.newSession = made
		if !c.resumed {
			c.session = made
		}
	} else if c.session == nil {
		c.session = c.session12(&s.master)
	}
	if s.issue {
		return server12Seal{s}
	}
	if c.newSession != nil {
		return server12Store{s}
	}
	return server12Last{s}
}

// server12Seal makes the ticket and sends it (RFC 5077, section 3.3).
type server12Seal struct{ *server12 }

func (s server12Seal) step(c *Conn) (state, Wait, error) {
	if c.cfg.Ask&AskTicket != 0 {
		return s, WaitTicketSeal, nil
	}
	ticket, err := c.cfg.TicketKeys.seal(c, c.newSession)
	if err != nil {
		return nil, WaitNone, failureOf(KindInternal, err)
	}
	return s.send(c, ticket, c.newSession.Lifetime), WaitNone, nil
}

func (s server12Seal) answerSealed(c *Conn, ticket []byte, hint uint32) (state, error) {
	if len(ticket) > maxTicketLen {
		return nil, failure(KindInternal, "the ticket is too long")
	}
	return s.send(c, ticket, hint), nil
}

// send queues the NewSessionTicket, which has been announced and goes even
// without a ticket.
func (s server12Seal) send(c *Conn, ticket []byte, lifetime uint32) state {
	c.queue(wire.AppendNewSessionTicket12(c.messageBuffer(), lifetime, ticket))
	c.newSession = nil
	return server12Last{s.server12}
}

// server12Store offers the session to the owner, to be resumed by its ID.
type server12Store struct{ *server12 }

func (s server12Store) step(c *Conn) (state, Wait, error) { return s, WaitSessionStore, nil }

func (s server12Store) answerStored(c *Conn, stored bool) (state, error) {
	c.newSession = nil
	return server12Last{s.server12}, nil
}

// server12Last sends change_cipher_spec and Finished.
type server12Last struct{ *server12 }

func (s server12Last) step(c *Conn) (state, Wait, error) {
	if err := c.sendFinished12(&s.master, &s.block); err != nil {
		return nil, WaitNone, err
	}
	if c.resumed {
		return server12CCS{s.server12}, WaitNone, nil
	}
	s.block.Wipe()
	return c.complete(newEstablished12(c))
}
