package core

import (
	"bytes"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// The states of a TLS 1.2 server up to its ServerHello (RFC 5246, section 7.3).

// server12 is what they share; a state is a pointer to it under the name of
// its moment.
type server12 struct {
	session  *Session // to be resumed
	shown    bool     // the owner's extensions of the hello
	renew    bool     // a fresh ticket is wanted though it is resumed
	ackName  bool
	issue    bool // a NewSessionTicket will be sent
	id       []byte
	staple   []byte
	exchange provider.PrivateKey

	requested bool // a client certificate
	chain     Verified
	signing   signing
	params    []byte // the signed part of the ServerKeyExchange

	master keys.Master12
	block  keys.KeyBlock
}

// startServer12 goes on with c.hs.hello, which is in the transcript.
func startServer12(c *Conn) (state, Wait, error) {
	hello := c.hs.hello
	if len(hello.Renegotiation) != 0 {
		return nil, WaitNone, failure(KindBadRenegotiation, "")
	}
	if err := offersUncompressed(hello.Set, hello.PointFormats); err != nil {
		return nil, WaitNone, err
	}
	if !hello.ExtendedMasterSecret && c.requiresEMS() {
		return nil, WaitNone, failure(KindNoRequiredEMS, "")
	}
	c.ems = hello.ExtendedMasterSecret && !c.params.NoEMS
	s := new(server12)
	ticket := hello.OffersTicket && !c.params.NoTickets
	switch {
	case c.params.NoResumption:
	case ticket && c.cfg.Ask&AskTicket != 0 && (len(hello.SessionTicket) > 0 || c.cfg.Ask&AskEmptyTicket != 0):
		c.hs.askTicket = hello.SessionTicket
		return server12Ticket{s}, WaitNone, nil
	case ticket && len(hello.SessionTicket) > 0:
		found, renew := c.cfg.TicketKeys.open(c, hello.SessionTicket)
		if err := s.consider(c, found, renew); err != nil {
			return nil, WaitNone, err
		}
	default:
		return s.byID(c), WaitNone, nil
	}
	return server12Select{s}, WaitNone, nil
}

// byID goes on with the client's session ID, where there is one and somebody to
// ask.
func (s *server12) byID(c *Conn) state {
	if id := c.hs.hello.SessionID; len(id) > 0 && c.cfg.Ask&AskSession != 0 {
		c.hs.askSessionID = id
		return server12Lookup{s}
	}
	return server12Select{s}
}

// server12Ticket asks for the session of the client's ticket.
type server12Ticket struct{ *server12 }

func (s server12Ticket) step(c *Conn) (state, Wait, error) { return s, WaitTicketOpen, nil }

func (s server12Ticket) answerTicket(c *Conn, found *Session, renew bool) (state, error) {
	if c.hs.askTicket = nil; len(c.hs.hello.SessionTicket) == 0 {
		return s.byID(c), nil
	}
	return server12Select{s.server12}, s.consider(c, found, renew)
}

// server12Lookup asks for the session of the client's session ID.
type server12Lookup struct{ *server12 }

func (s server12Lookup) step(c *Conn) (state, Wait, error) { return s, WaitSessionLookup, nil }

func (s server12Lookup) answerSession(c *Conn, found *Session) (state, error) {
	c.hs.askSessionID = nil
	return server12Select{s.server12}, s.consider(c, found, false)
}

// consider takes a session, whoever gave it, if it can be resumed.
func (s *server12) consider(c *Conn, found *Session, renew bool) error {
	if found == nil || found.Version != iana.VersionTLS12 || len(found.Secret) != keys.MasterSecretLen ||
		found.expired(c.cfg) || found.ServerName != c.serverName {
		return nil
	}
	own := suite.Lookup(found.Suite)
	if own == nil || !slices.Contains(c.cfg.suites12, own) || !c.hs.hello.OffersSuite(found.Suite) {
		return nil
	}
	if c.params.ClientAuth == RequireClientCert && !found.authenticated() && !(own.Auth == suite.AuthPSK && c.params.PSKForCertificate) {
		return nil
	}
	if found.EMS != c.ems {
		if found.EMS { // RFC 7627, section 5.3
			return failure(KindInconsistentEMS, "")
		}
		return nil
	}
	s.session, s.renew = found, renew
	c.session, c.resumed = found, true
	return nil
}

// server12Select asks for what the Config does not decide, then sends the
// ServerHello.
type server12Select struct{ *server12 }

func (s server12Select) step(c *Conn) (state, Wait, error) {
	if !s.shown {
		s.shown = true
		return s, WaitNone, c.takeHelloCustom()
	}
	if c.cfg.Ask&AskSelect != 0 {
		return s, WaitSelect, nil
	}
	next, err := s.decide(c, Selection{})
	return next, WaitNone, err
}

func (s server12Select) answerSelect(c *Conn, sel Selection) (state, error) {
	return s.decide(c, sel)
}

func (s server12Select) decide(c *Conn, sel Selection) (state, error) {
	if err := c.applySelection(sel); err != nil {
		return nil, err
	}
	if old := s.session; old != nil {
		s.session, c.session, c.resumed = nil, nil, false
		if !sel.NoResume && !c.params.NoResumption {
			// The Config may have changed.
			if err := s.consider(c, old, s.renew); err != nil {
				return nil, err
			}
		}
	}
	s.ackName = sel.AckServerName && c.hs.hello.Has(iana.ExtServerName)
	if s.session != nil {
		return server12Resume{s.server12}, nil
	}
	return server12Choose{s.server12}, nil
}

// hello queues the ServerHello.
func (s *server12) hello(c *Conn, chosen *suite.Suite, custom []wire.Extension) {
	hello := c.hs.hello
	sh := wire.ServerHello{
		LegacyVersion:        iana.VersionTLS12,
		Version:              iana.VersionTLS12,
		Random:               c.serverRandom[:],
		SessionID:            s.id,
		CipherSuite:          chosen.ID,
		ALPN:                 c.alpn,
		AckTicket:            s.issue,
		ExtendedMasterSecret: c.ems,
		SecureRenegotiation:  hello.SecureRenegotiation,
		Custom:               custom,
	}
	if s.session == nil {
		sh.AckServerName, c.nameAcked = s.ackName, s.ackName
		if chosen.Auth != suite.AuthPSK {
			sh.ClientCertType, sh.ServerCertType = c.answerCertTypes()
		}
		sh.AckStatusRequest = len(s.staple) > 0
		if hello.SCT && c.cred != nil && c.ownCertType == iana.CertTypeX509 {
			sh.SCTs = c.cred.SCTs
		}
		if hello.Has(iana.ExtECPointFormats) {
			sh.PointFormats = pointFormats
		}
	}
	if c.params.ClientAuth != NoClientCert && chosen.Auth != suite.AuthPSK {
		c.hs.transcript.keep = true
	}
	c.setSuite(chosen)
	sh.MaxFragmentLength, sh.RecordSizeLimit = c.answerRecordSizes()
	c.queue(wire.AppendServerHello(c.messageBuffer(), &sh))
}

var pointFormats = []byte{wire.PointUncompressed}

// canIssue reports whether a ticket can be made for this client.
func (c *Conn) canIssue12() bool {
	return c.hs.hello.OffersTicket && !c.params.NoTickets && !c.params.NoResumption &&
		(c.cfg.Ask&AskTicket != 0 || c.cfg.TicketKeys != nil)
}

// server12Resume sends the abbreviated handshake's flight.
type server12Resume struct{ *server12 }

func (s server12Resume) step(c *Conn) (state, Wait, error) {
	list, ask := c.customFor(wire.InServerHello12, 0, nil)
	if ask {
		return s, WaitExtensions, nil
	}
	master, ok := keys.ResumedMaster12(s.session.Secret)
	if !ok {
		return nil, WaitNone, failure(KindInternal, "the session has no master secret")
	}
	s.master = master
	// The echo of the ID says that the session is resumed (RFC 5246, section
	// 7.4.1.3; RFC 5077, section 3.4).
	s.id = bytes.Clone(c.hs.hello.SessionID)
	s.issue = s.renew && c.canIssue12()
	c.group = s.session.Group
	s.hello(c, suite.Lookup(s.session.Suite), list)
	c.hs.transcript.drop()
	c.useMaster12(&s.master)
	s.block = c.keyBlock12(&s.master)
	return s.last(c), WaitNone, nil
}

// server12Choose chooses the suite, the group and the credential of a full
// handshake.
type server12Choose struct{ *server12 }

func (s server12Choose) step(c *Conn) (state, Wait, error) {
	hello := c.hs.hello
	if c.group = c.chooseGroup12(); c.group == 0 {
		kind := KindNoSharedCipher
		if s.chooseSuite(c, nil, false) != nil {
			kind = KindNoSharedGroup // a suite with a PSK there is
		}
		return nil, WaitNone, failure(kind, "no group in common: "+groupsOffered(hello.Groups))
	}
	certErr := c.chooseCertTypes() // a PSK needs none
	schemes := hello.SignatureSchemes
	if !hello.Has(iana.ExtSignatureAlgorithms) {
		schemes = schemesWithout12
	}
	chosen := s.chooseSuite(c, schemes, certErr == nil)
	switch {
	case chosen == nil && certErr != nil:
		return nil, WaitNone, certErr
	case chosen == nil:
		return nil, WaitNone, failure(KindNoSharedCipher, c.whyNoSuite12(schemes))
	}
	next := server12Hello{s.server12, chosen}
	if chosen.Auth == suite.AuthPSK {
		return server12PSKHello{next}, WaitNone, nil
	}
	if hello.StatusRequest && c.ownCertType == iana.CertTypeX509 {
		if c.cfg.Ask&AskStaple != 0 {
			return server12Staple{next}, WaitNone, nil
		}
		s.staple = c.cred.Staple
	}
	return next, WaitNone, nil
}

// chooseGroup12 is the group for the key exchange, 0 if there is none. A client
// that names none leaves it to the server (RFC 8422, section 4).
func (c *Conn) chooseGroup12() iana.NamedGroup {
	client, own := c.hs.hello.Groups, c.cfg.Groups
	if !c.hs.hello.Has(iana.ExtSupportedGroups) {
		client = own
	}
	first, second := client, own
	if c.params.PreferServer {
		first, second = own, client
	}
	for _, g := range first {
		if slices.Contains(second, g) {
			if x := c.cfg.Provider.Group(g); x != nil && !x.IsKEM() {
				return g
			}
		}
	}
	return 0
}

// curveOffered reports whether the client can verify with the credential's key:
// supported_groups speaks of the curves of certificates too (RFC 8422, section
// 5.1.1).
func (c *Conn) curveOffered(cred *Credential) bool {
	if !c.hs.hello.Has(iana.ExtSupportedGroups) {
		return true
	}
	for _, s := range cred.Schemes {
		if info, _ := provider.SchemeOf(s); info.Key == provider.KeyECDSA && info.Curve != 0 {
			return slices.Contains(c.hs.hello.Groups, info.Curve)
		}
	}
	return true
}

// chooseSuite is the first suite both sides have and a credential, or a PSK, fits;
// it settles the credential and its scheme. Nil if there is none.
func (s *server12) chooseSuite(c *Conn, schemes []iana.SignatureScheme, certs bool) *suite.Suite {
	// Looked up once for each kind of key, not for each suite.
	var creds [suite.AuthRSA + 1]struct {
		cred   *Credential
		scheme iana.SignatureScheme
	}
	for _, auth := range [...]suite.Auth{suite.AuthECDSA, suite.AuthRSA} {
		if !certs {
			break
		}
		creds[auth].cred, creds[auth].scheme = c.credentialFor(schemes, c.hs.hello.SignatureSchemesCert, func(scheme iana.SignatureScheme) bool {
			return authOf(scheme) == auth
		})
	}
	withPSK := c.takesPSK12()
	take := func(x *suite.Suite) bool {
		if x.Auth == suite.AuthPSK {
			return withPSK && c.hs.hello.OffersSuite(x.ID)
		}
		if creds[x.Auth].cred == nil || !c.hs.hello.OffersSuite(x.ID) {
			return false
		}
		c.cred, c.scheme = creds[x.Auth].cred, creds[x.Auth].scheme
		return true
	}
	if !c.params.PreferServer {
		for _, id := range c.hs.hello.CipherSuites {
			if x := suite.Lookup(id); x != nil && slices.Contains(c.cfg.suites12, x) && take(x) {
				return x
			}
		}
		return nil
	}
	if c.params.PrioritizeChaCha && prefersChaCha(c.hs.hello.CipherSuites) {
		for _, x := range c.cfg.suites12 {
			if x.AEAD == provider.ChaCha20Poly1305 && take(x) {
				return x
			}
		}
	}
	for _, x := range c.cfg.suites12 {
		if take(x) {
			return x
		}
	}
	return nil
}

// server12Staple asks for an OCSP response.
type server12Staple struct{ server12Hello }

func (s server12Staple) step(c *Conn) (state, Wait, error) { return s, WaitStaple, nil }

func (s server12Staple) answerStaple(c *Conn, response []byte) (state, error) {
	if len(response) > maxStaple {
		return nil, failure(KindBadCredential, "the OCSP response is too long")
	}
	s.staple = response
	return s.server12Hello, nil
}

// randomID makes a session ID for an owner that keeps sessions.
func (c *Conn) randomID() ([]byte, error) {
	id := make([]byte, maxSessionID)
	if _, err := io.ReadFull(c.cfg.Rand, id); err != nil {
		return nil, failureOf(KindInternal, err)
	}
	return id, nil
}
