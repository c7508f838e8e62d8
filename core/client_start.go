package core

import (
	"crypto"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// offer is what stands behind a client's ClientHello: what the client must
// remember to go on with the answer.
type offer struct {
	shares []privateShare // TLS 1.3
	psks   []presharedKey // TLS 1.3, in the order of the hello
	// session12 is offered by its ID or ticket.
	session12 *Session
}

// privateShare is the private side of a key share in the hello.
type privateShare struct {
	group iana.NamedGroup
	key   provider.PrivateKey
}

var nullCompression = []byte{0}

// startClient is the first state of a client: it sends the ClientHello.
func startClient(c *Conn) state { return clientStart{} }

// clientStart sends the ClientHello.
type clientStart struct {
	asked    bool // WaitPSK
	answered bool
	psk      *PSK // the answer
	ready    bool // the owner's extensions are in custom
	custom   []wire.Extension
}

func (s clientStart) step(c *Conn) (state, Wait, error) {
	if !s.ready {
		var ask bool
		if s.custom, ask = c.customFor(wire.InClientHello, 0, nil); ask {
			return s, WaitExtensions, nil
		}
		s.ready = true
	}
	if c.cfg.Ask&AskPSK != 0 && !s.answered && c.params.offers(iana.VersionTLS13) {
		s.asked = true
		return s, WaitPSK, nil
	}
	if s.psk != nil && s.psk.of12() {
		return nil, WaitNone, failure(KindInternal, "a PSK of another version")
	}
	if s.psk != nil {
		c.params.PSKs = append(c.params.PSKs[:len(c.params.PSKs):len(c.params.PSKs)], s.psk)
	}
	if err := c.makeHello(); err != nil {
		return nil, WaitNone, err
	}
	c.hs.hello.Custom = s.custom
	if err := c.sendHello(); err != nil {
		return nil, WaitNone, err
	}
	return &clientHelloSent{}, WaitNone, nil
}

func (s clientStart) answerPSK(c *Conn, p *PSK) (state, error) {
	if !s.asked || s.answered {
		return s, ErrNoQuestion
	}
	s.answered, s.psk = true, p
	return s, nil
}

// offers reports whether v is among the versions a client offers.
func (p *Params) offers(v iana.ProtocolVersion) bool { return p.MinVersion <= v && v <= p.MaxVersion }

// makeHello makes the ClientHello of this side (RFC 8446, section 4.1.2).
func (c *Conn) makeHello() error {
	p, cfg := &c.params, c.cfg
	has12 := slices.ContainsFunc(cfg.suites12, c.speaks12)
	if p.offers(iana.VersionTLS13) && !has12 {
		p.MinVersion = iana.VersionTLS13
	}
	with12, with13 := p.offers(iana.VersionTLS12), p.offers(iana.VersionTLS13)
	if !with12 && !with13 || with13 && len(cfg.suites13) == 0 || !with13 && !has12 {
		return failure(KindNoCiphersAvailable, p.MaxVersion.String())
	}
	if _, err := io.ReadFull(cfg.Rand, c.clientRandom[:]); err != nil {
		return failureOf(KindInternal, err)
	}
	m := &wire.ClientHello{
		LegacyVersion:      iana.VersionTLS12,
		Random:             c.clientRandom[:],
		CompressionMethods: nullCompression,
		ServerName:         p.ServerName,
		ALPN:               cfg.ALPN,
		Groups:             cfg.Groups,
		SignatureSchemes:   cfg.SignatureSchemes,
		StatusRequest:      p.RequestStaple,
		SCT:                p.RequestSCT,
		MaxFragmentLength:  p.MaxFragmentLength,
		ClientCertTypes:    offeredTypes(cfg.ClientCertTypes),
		ServerCertTypes:    offeredTypes(cfg.ServerCertTypes),
	}
	if p.RecordSizeLimit != 0 {
		m.RecordSizeLimit = c.ownRecordSizeLimit(p.MaxVersion)
	}
	if p.ShuffleExtensions {
		random := make([]byte, wire.OrderBytes)
		if _, err := io.ReadFull(cfg.Rand, random); err != nil {
			return failureOf(KindInternal, err)
		}
		m.Order = wire.RandomOrder(random)
	}
	c.hs.hello = m
	var err error
	if m.QUICTransportParameters, err = c.ownTransportParameters(); err != nil {
		return err
	}
	c.serverName = p.ServerName
	m.CipherSuites = make([]iana.CipherSuite, 0, len(cfg.Suites)+2)
	if p.ECHConfigs != nil {
		if !with13 {
			return failure(KindNoECHConfig, "ECH needs TLS 1.3")
		}
		if err := c.startECH(m, with12); err != nil {
			return err
		}
		with12 = false // the outer hello offers it
	}
	if with13 {
		for _, s := range cfg.suites13 {
			m.CipherSuites = append(m.CipherSuites, s.ID)
		}
		m.SupportedVersions = append(m.SupportedVersions, iana.VersionTLS13)
	}
	if with12 {
		c.offer12(m)
	}
	if !with13 {
		m.Groups = cfg.groups12
	}
	if p.FallbackSCSV {
		m.CipherSuites = append(m.CipherSuites, iana.TLS_FALLBACK_SCSV)
	}
	if with13 {
		m.PSKModes = pskModes[:1]
		if p.AllowPSKKE {
			m.PSKModes = pskModes[:]
		}
		m.Authorities = cfg.ClientCAs
		m.CertCompression = cfg.decompress
		m.PostHandshakeAuth = p.PostHandshakeAuth
		if !p.NoMiddleboxCompat {
			if err := c.randomSessionID(m); err != nil {
				return err
			}
		}
		m.OffersKeyShares = true
		for _, g := range cfg.shareGroups() {
			if err := c.addShare(m, g); err != nil {
				return err
			}
		}
	}
	for _, k := range p.PSKs {
		if !k.sound() {
			return failure(KindInternal, "a PSK that cannot be used")
		}
	}
	if err := c.offerSession(m); err != nil || !with13 {
		return err
	}
	for _, k := range p.PSKs {
		if !k.of12() && c.offersHash(k.hash()) {
			c.hs.offer.psks = append(c.hs.offer.psks, presharedKey{psk: k})
		}
	}
	c.offerEarly(m)
	return nil
}

// pskModes are the modes of psk_key_exchange_modes; psk_ke is only offered by
// wish.
var pskModes = [...]byte{wire.PSKModeDHEKE, wire.PSKModeKE}

// offersHash reports whether a client has a suite of TLS 1.3 with the hash h.
func (c *Conn) offersHash(h crypto.Hash) bool {
	for _, s := range c.cfg.suites13 {
		if s.Hash == h {
			return true
		}
	}
	return false
}

// shareGroups are the groups a client sends shares for at once.
func (cfg *Config) shareGroups() []iana.NamedGroup {
	if cfg.KeyShareGroups != nil {
		return cfg.KeyShareGroups
	}
	return cfg.Groups[:cfg.KeyShares]
}

// offer12 adds TLS 1.2 to the hello.
func (c *Conn) offer12(m *wire.ClientHello) {
	for _, s := range c.cfg.suites12 {
		if c.speaks12(s) {
			m.CipherSuites = append(m.CipherSuites, s.ID)
		}
	}
	m.CipherSuites = append(m.CipherSuites, iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
	m.PointFormats = []byte{wire.PointUncompressed}
	m.ExtendedMasterSecret = !c.params.NoEMS
	m.OffersTicket = !c.params.NoTickets
	if len(m.SupportedVersions) > 0 {
		m.SupportedVersions = append(m.SupportedVersions, iana.VersionTLS12)
	}
}

func (c *Conn) randomSessionID(m *wire.ClientHello) error {
	m.SessionID = make([]byte, 32)
	if _, err := io.ReadFull(c.cfg.Rand, m.SessionID); err != nil {
		return failureOf(KindInternal, err)
	}
	return nil
}

// addShare adds a key share of g to the hello.
func (c *Conn) addShare(m *wire.ClientHello, g iana.NamedGroup) error {
	group := c.cfg.Provider.Group(g)
	if group == nil {
		return failure(KindInternal, "no key exchange of "+g.String())
	}
	key, err := group.Generate(c.cfg.Rand)
	if err != nil {
		return failureOf(KindInternal, err)
	}
	c.hs.offer.shares = append(c.hs.offer.shares, privateShare{g, key})
	m.KeyShares = append(m.KeyShares, wire.KeyShare{Group: g, Data: key.Share()})
	return nil
}

// canOffer reports whether s can be offered to the server of this connection.
func (c *Conn) canOffer(s *Session) bool {
	return s != nil && len(s.ID) <= maxSessionID && len(s.Ticket) <= maxTicketSent && c.params.offers(s.Version) &&
		c.offersSuiteOf(s) && !s.expired(c.cfg) &&
		(s.ServerName == "" || s.ServerName == c.params.ServerName) &&
		(s.Version != iana.VersionTLS13 || len(s.Ticket) > 0 && len(s.Secret) > 0) &&
		(!c.params.VerifyResumed || len(s.PeerChain) > 0 || len(s.PeerRawPublicKey) > 0)
}

// offersSuiteOf reports whether the suites offered are some that s can be resumed
// with: its own or, in TLS 1.3, one of its hash (RFC 8446, section 4.2.11).
func (c *Conn) offersSuiteOf(s *Session) bool {
	return slices.ContainsFunc(c.cfg.Suites, func(id iana.CipherSuite) bool {
		if id == s.Suite || s.Version != iana.VersionTLS13 {
			return id == s.Suite && c.speaks12(suite.Lookup(id))
		}
		of := suite.Lookup(id)
		return of != nil && of.Version == iana.VersionTLS13 && of.Hash == hashOf(s.Suite)
	})
}

// offerSession offers the session of the Params, if it can be resumed with
// what the hello offers.
func (c *Conn) offerSession(m *wire.ClientHello) error {
	s := c.params.Session
	if !c.canOffer(s) {
		return nil
	}
	switch s.Version {
	case iana.VersionTLS13:
		if c.hs.echClient != nil && len(s.Ticket) > maxTicketSent/2 {
			return nil // its length comes twice: in GREASE too
		}
		c.hs.offer.psks = append(c.hs.offer.psks, presharedKey{session: s})
	case iana.VersionTLS12:
		if c.hs.echClient != nil {
			return nil // an inner hello has no TLS 1.2, an outer one no sessions
		}
		if len(s.Ticket) > 0 && m.OffersTicket {
			// An ID tells by its echo that the ticket has been taken (RFC 5077,
			// section 3.4).
			m.SessionTicket = s.Ticket
			if len(m.SessionID) == 0 {
				if err := c.randomSessionID(m); err != nil {
					return err
				}
			}
			if len(s.ID) > 0 {
				m.SessionID = s.ID
			}
		} else if len(s.ID) > 0 {
			m.SessionID = s.ID
		} else {
			return nil
		}
		c.hs.offer.session12 = s
	}
	return nil
}

// sendHello queues the hello, with the PSKs and their binders if there are any,
// and goes over to early data if it offers that.
func (c *Conn) sendHello() error {
	if err := c.queueHello(); err != nil || !c.hs.hello.EarlyData {
		return err
	}
	return c.startEarly()
}

func (c *Conn) queueHello() error {
	m, o := c.hs.hello, &c.hs.offer
	m.Identities, m.Binders = nil, nil
	for _, k := range o.psks {
		id := wire.PSKIdentity{Identity: k.identity()} // a PSK of the owner's has no age
		if s := k.session; s != nil {
			id.ObfuscatedAge = s.ageMilli(c.cfg) + s.AgeAdd
		}
		m.Identities = append(m.Identities, id)
		m.Binders = append(m.Binders, make([]byte, k.hash().Size()))
	}
	if helloSize(m) > maxHelloSent {
		return failure(KindInternal, "the ClientHello is too long")
	}
	switch {
	case c.ech == ECHOffered || c.ech == ECHAccepted:
		return c.sendECH(m)
	case c.params.ECHGrease && m.ECH == nil && len(m.SupportedVersions) > 0:
		if err := c.greaseECH(m); err != nil {
			return err
		}
	}
	before := c.messageBuffer()
	b := wire.AppendClientHello(before, m)
	if len(m.Identities) > 0 {
		c.makeBinders(m, b[len(before):])
	}
	c.queue(b)
	return nil
}

// makeBinders makes the binders of the PSKs in m, encoded as msg, in both: each
// is over all that stands before the list of them (RFC 8446, section 4.2.11.2).
func (c *Conn) makeBinders(m *wire.ClientHello, msg []byte) {
	covered := msg[:len(msg)-m.BindersLen()]
	for i, k := range c.hs.offer.psks {
		hash := c.hs.transcript.sumWith(c.useKDF(k.hash()), covered)
		m.Binders[i] = c.binder(m.Binders[i][:0], k, hash)
	}
	m.PatchBinders(msg)
}

// maxHelloSent is how long the parts of a ClientHello that have no bound of
// their own may be together, in bytes: its extensions share 16 bits of length.
const maxHelloSent = 60000

// maxTicketSent is the longest ticket a client offers, in bytes; with a longer
// one it starts anew.
const maxTicketSent = 40000

// helloSize is the length of those parts.
func helloSize(m *wire.ClientHello) int {
	n := customLen(m.Custom) + len(m.ServerName) + len(m.SessionTicket) + len(m.Cookie) + len(m.QUICTransportParameters)
	for _, p := range m.ALPN {
		n += 1 + len(p)
	}
	for _, a := range m.Authorities {
		n += 2 + len(a)
	}
	for i := range m.KeyShares {
		n += 4 + len(m.KeyShares[i].Data)
	}
	for i := range m.Identities {
		n += 6 + len(m.Identities[i].Identity) + 1 + len(m.Binders[i])
	}
	return n
}
