package core

import (
	"bytes"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
	"patina/core/wire"
)

// The states of a TLS 1.2 client after the ServerHello (RFC 5246, section 7.3).

// client12 is what they share; a state is a pointer to it under the name of
// its moment.
type client12 struct {
	status bool // a CertificateStatus may come
	ticket bool // a NewSessionTicket will come
	id     []byte

	public []byte // the server's
	chain  Verified

	request *wire.CertificateRequest
	signing signing

	master keys.Master12
	block  keys.KeyBlock
	made   *Session
}

// startClient12 takes a TLS 1.2 ServerHello, not yet in the transcript.
func startClient12(c *Conn, sh *wire.ServerHello, m message) (state, Wait, error) {
	hello := c.hs.hello
	chosen := suite.Lookup(sh.CipherSuite)
	if chosen == nil || chosen.Version != iana.VersionTLS12 || !hello.OffersSuite(chosen.ID) {
		return nil, WaitNone, failure(KindWrongCipher, suiteChosen(sh.CipherSuite))
	}
	if sh.Compression != 0 {
		return nil, WaitNone, failure(KindBadCompression, "")
	}
	if len(sh.Renegotiation) != 0 {
		return nil, WaitNone, failure(KindBadRenegotiation, "")
	}
	if !sh.SecureRenegotiation && !c.params.AllowLegacyServer {
		return nil, WaitNone, failure(KindUnsafeRenegotiation, "")
	}
	if err := offersUncompressed(sh.Set, sh.PointFormats); err != nil {
		return nil, WaitNone, err
	}
	if !sh.ExtendedMasterSecret && c.requiresEMS() {
		return nil, WaitNone, failure(KindNoRequiredEMS, "")
	}
	if sh.ALPN != "" && !slices.Contains(hello.ALPN, sh.ALPN) {
		return nil, WaitNone, failure(KindBadALPN, "")
	}
	if err := c.takeRecordSizes(sh.MaxFragmentLength, sh.RecordSizeLimit); err != nil {
		return nil, WaitNone, err
	}
	c.alpn, c.nameAcked = sh.ALPN, sh.AckServerName
	c.ems = sh.ExtendedMasterSecret
	c.peerSCTs = cloneList(sh.SCTs)
	// A CertificateVerify signs the messages themselves.
	c.hs.transcript.keep = chosen.Auth != suite.AuthPSK && (len(c.cfg.Credentials) > 0 || c.cfg.Ask&AskCertificate != 0)
	s := &client12{status: sh.AckStatusRequest, ticket: sh.AckTicket, id: bytes.Clone(sh.SessionID)}
	if len(sh.SessionID) > 0 && bytes.Equal(sh.SessionID, hello.SessionID) {
		return s.resume(c, chosen, m)
	}
	if err := c.takeCertTypes(sh.ClientCertType, sh.ServerCertType); err != nil {
		return nil, WaitNone, err
	}
	c.setSuite(chosen)
	c.hs.transcript.add(m.raw)
	if chosen.Auth == suite.AuthPSK {
		return client12PSKExchange{s}, WaitNone, nil
	}
	return client12Certificate{s}, WaitNone, nil
}

// resume goes on with the session that the server has accepted.
func (s *client12) resume(c *Conn, chosen *suite.Suite, m message) (state, Wait, error) {
	old := c.hs.offer.session12
	if old == nil {
		return nil, WaitNone, failure(KindBadSessionID, "the echo of an ID without a session")
	}
	if old.Suite != chosen.ID {
		return nil, WaitNone, failure(KindSessionMismatch, "the suite is not the session's")
	}
	if old.EMS != c.ems {
		return nil, WaitNone, failure(KindInconsistentEMS, "")
	}
	var ok bool
	if s.master, ok = keys.ResumedMaster12(old.Secret); !ok {
		return nil, WaitNone, failure(KindInternal, "the session has no master secret")
	}
	c.hs.transcript.keep = false
	c.peerSCTs = nil // they come with a certificate or not at all
	c.setSuite(chosen)
	c.hs.transcript.add(m.raw)
	c.session, c.resumed = old, true
	c.group = old.Group
	c.useMaster12(&s.master)
	s.block = c.keyBlock12(&s.master)
	if c.params.VerifyResumed {
		return client12Reverify{s}, WaitNone, c.showSessionPeer()
	}
	return s.readTicket(), WaitNone, nil
}

// client12Certificate waits for the server's Certificate.
type client12Certificate struct{ *client12 }

func (s client12Certificate) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeCertificate)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.takeCertificate12(m); err != nil {
		return nil, WaitNone, err
	}
	if !c.peerPresented() {
		return nil, WaitNone, failure(KindNoServerCertificate, "")
	}
	if !keyFits(c.peerKey(), c.suite.Auth) {
		return nil, WaitNone, failure(KindWrongCertificateType, "not of the suite's kind")
	}
	if s.status {
		return client12Status{s.client12}, WaitNone, nil
	}
	return client12Verify{s.client12}, WaitNone, nil
}

// client12Status waits for a CertificateStatus, which a server may leave out
// though it has announced it (RFC 6066, section 8).
type client12Status struct{ *client12 }

func (s client12Status) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.nextMessage()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	switch m.typ {
	case iana.TypeCertificateStatus:
		response, err := wire.ParseCertificateStatus(m.raw)
		if err != nil {
			return nil, WaitNone, failureOf(KindBadStatusResponse, err)
		}
		c.peerStaple = bytes.Clone(response)
		c.hs.transcript.add(m.raw)
	case iana.TypeServerKeyExchange:
		c.in.putBack(m)
	default:
		return nil, WaitNone, unexpected(m.typ)
	}
	return client12Verify{s.client12}, WaitNone, nil
}

// client12Verify asks for the verdict on the server's chain.
type client12Verify struct{ *client12 }

func (s client12Verify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s client12Verify) answerVerify(c *Conn, v Verified) (state, error) {
	s.chain = v
	return client12KeyExchange{s.client12}, nil
}

// client12KeyExchange waits for the ServerKeyExchange, which proves that the
// server has the key of its certificate.
type client12KeyExchange struct{ *client12 }

func (s client12KeyExchange) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeServerKeyExchange)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := s.chain.check(); err != nil {
		return nil, WaitNone, err
	}
	var ske wire.ServerKeyExchange
	if err := wire.ParseServerKeyExchange(&ske, m.raw); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if err := s.takeShare(c, ske.Group, ske.Public); err != nil {
		return nil, WaitNone, err
	}
	if !slices.Contains(c.hs.hello.SignatureSchemes, ske.Scheme) {
		return nil, WaitNone, failure(KindWrongSignatureType, ske.Scheme.String())
	}
	if err := c.verify12(ske.Scheme, c.signedParams12(ske.Params), ske.Signature); err != nil {
		return nil, WaitNone, err
	}
	c.peerScheme = ske.Scheme
	c.hs.transcript.add(m.raw)
	return client12Done{s.client12}, WaitNone, nil
}

// takeShare takes the group and the public key of a ServerKeyExchange.
func (s *client12) takeShare(c *Conn, g iana.NamedGroup, public []byte) error {
	group := c.cfg.Provider.Group(g)
	if group == nil || group.IsKEM() || !slices.Contains(c.hs.hello.Groups, g) {
		return failure(KindBadCurve, g.String())
	}
	c.group, s.public = g, bytes.Clone(public)
	return nil
}

// client12Done waits for a CertificateRequest or ServerHelloDone.
type client12Done struct{ *client12 }

func (s client12Done) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.nextMessage()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	switch {
	case m.typ == iana.TypeCertificateRequest && s.request == nil && c.suite.Auth != suite.AuthPSK:
		s.request = new(wire.CertificateRequest)
		if err := wire.ParseCertificateRequest12(s.request, bytes.Clone(m.raw)); err != nil {
			return nil, WaitNone, fromWire(err)
		}
		c.peerSchemes, c.authorities = s.request.SignatureSchemes, s.request.Authorities
		c.hs.transcript.add(m.raw)
		return s, WaitNone, nil
	case m.typ != iana.TypeServerHelloDone:
		return nil, WaitNone, unexpected(m.typ)
	}
	if err := wire.ParseEmpty(m.raw, iana.TypeServerHelloDone); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	c.hs.transcript.add(m.raw)
	if c.suite.Auth == suite.AuthPSK {
		return client12PSK{s.client12}, WaitNone, nil
	}
	if s.request != nil {
		return client12Choose{s.client12}, WaitNone, nil
	}
	return client12Exchange{s.client12}, WaitNone, nil
}

// readTicket is the state that waits for what comes before the server's
// change_cipher_spec.
func (s *client12) readTicket() state {
	if s.ticket {
		return client12Ticket{s}
	}
	return client12CCS{s}
}

// client12Ticket waits for the NewSessionTicket (RFC 5077, section 3.3).
type client12Ticket struct{ *client12 }

func (s client12Ticket) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeNewSessionTicket)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	var t wire.NewSessionTicket
	if err := wire.ParseNewSessionTicket12(&t, m.raw); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	c.hs.transcript.add(m.raw)
	if len(t.Ticket) > 0 {
		s.made = c.session12(&s.master)
		s.made.Ticket = bytes.Clone(t.Ticket)
		// A hint of zero leaves the lifetime to the client (RFC 5077, section
		// 3.3).
		if s.made.Unhinted = t.Lifetime == 0; t.Lifetime > 0 {
			s.made.Lifetime = t.Lifetime
		}
	}
	return client12CCS{s.client12}, WaitNone, nil
}

// client12CCS waits for the server's change_cipher_spec.
type client12CCS struct{ *client12 }

func (s client12CCS) step(c *Conn) (state, Wait, error) {
	ok, err := c.expectCCS()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	return client12Finished{s.client12}, WaitNone, c.protectRead12(&s.block)
}

// client12Finished waits for the server's Finished.
type client12Finished struct{ *client12 }

func (s client12Finished) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeFinished)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.takeFinished12(m, &s.master); err != nil {
		return nil, WaitNone, err
	}
	if c.resumed {
		if err := c.sendFinished12(&s.master, &s.block); err != nil {
			return nil, WaitNone, err
		}
	}
	s.block.Wipe()
	if err := c.echRefused(); err != nil {
		return nil, WaitNone, err
	}
	if s.made == nil && !c.resumed && len(s.id) > 0 {
		s.made = c.session12(&s.master)
	}
	if s.made != nil {
		if c.resumed {
			s.made.ID = c.session.ID
		} else {
			s.made.ID = s.id
		}
		c.session = s.made
		if c.cfg.Ask&AskSession != 0 {
			c.newSession = s.made
			return client12Store{s.client12}, WaitNone, nil
		}
	} else if c.session == nil {
		c.session = c.session12(&s.master)
	}
	return c.complete(newEstablished12(c))
}

// client12Store offers the session to the owner.
type client12Store struct{ *client12 }

func (s client12Store) step(c *Conn) (state, Wait, error) {
	if c.newSession != nil {
		return s, WaitSessionStore, nil
	}
	return c.complete(newEstablished12(c))
}

func (s client12Store) answerStored(c *Conn, stored bool) (state, error) {
	if c.newSession == nil {
		return s, ErrNoQuestion
	}
	c.newSession = nil
	return s, nil
}
