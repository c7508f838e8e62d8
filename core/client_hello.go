package core

import (
	"bytes"
	"slices"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// clientHelloSent waits for a ServerHello of either version or for a
// HelloRetryRequest.
type clientHelloSent struct {
	// retried: there has been a HelloRetryRequest, which has settled the suite
	// and, if it is not zero, the group. The dummy change_cipher_spec went out
	// before the second hello.
	retried bool
	// unsent: the second hello is made when the owner's extensions for it are known.
	unsent bool
	suite  iana.CipherSuite
	group  iana.NamedGroup
}

func (s *clientHelloSent) step(c *Conn) (state, Wait, error) {
	if s.unsent {
		if c.ech != ECHRejected { // they were hidden
			list, ask := c.customFor(wire.InClientHello, 0, nil)
			if ask {
				return s, WaitExtensions, nil
			}
			c.hs.hello.Custom = list
		}
		s.unsent = false
		return s, WaitNone, c.sendHello()
	}
	m, ok, err := c.expect(iana.TypeServerHello)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if c.hs.echClient != nil {
		if err := c.decideECH(m); err != nil {
			return nil, WaitNone, err
		}
	}
	sh := &wire.ServerHello{Known: c.cfg.customTypes}
	if err := wire.ParseServerHello(sh, m.raw, c.hs.hello.Set); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if err := c.takeCustom(sh.Message(), 0, nil, sh.Custom); err != nil {
		return nil, WaitNone, err
	}
	if !sh.Has(iana.ExtSupportedVersions) {
		return s.step12(c, sh, m)
	}
	// RFC 8446, section 4.1.3: frozen and echoed fields.
	if sh.Version != iana.VersionTLS13 || !c.params.offers(iana.VersionTLS13) || sh.LegacyVersion != iana.VersionTLS12 {
		return nil, WaitNone, failure(KindIllegalParameter, "version "+sh.Version.String())
	}
	if !bytes.Equal(sh.SessionID, c.hs.hello.SessionID) {
		return nil, WaitNone, failure(KindBadSessionID, "not the client's")
	}
	if sh.Compression != 0 {
		return nil, WaitNone, failure(KindBadCompression, "")
	}
	chosen := suite.Lookup(sh.CipherSuite)
	if chosen == nil || chosen.Version != iana.VersionTLS13 || !c.hs.hello.OffersSuite(chosen.ID) {
		return nil, WaitNone, failure(KindWrongCipher, suiteChosen(sh.CipherSuite))
	}
	if s.retried && chosen.ID != s.suite {
		return nil, WaitNone, failure(KindWrongCipher, "not the suite of the HelloRetryRequest")
	}
	if sh.Retry {
		return s.retry(c, sh, chosen, m)
	}
	return s.step13(c, sh, chosen, m)
}

// step12 hands over to TLS 1.2.
func (s *clientHelloSent) step12(c *Conn, sh *wire.ServerHello, m message) (state, Wait, error) {
	if sh.LegacyVersion != iana.VersionTLS12 || !c.params.offers(iana.VersionTLS12) {
		return nil, WaitNone, failure(KindUnsupportedProtocol, sh.LegacyVersion.String())
	}
	if c.early != nil {
		return nil, WaitNone, failure(KindUnsupportedProtocol, "TLS 1.2 after early data") // RFC 8446, appendix D.3
	}
	if s.retried {
		return nil, WaitNone, failure(KindIllegalParameter, "TLS 1.2 after a HelloRetryRequest")
	}
	if c.params.offers(iana.VersionTLS13) && isSentinel(sh.Random) {
		return nil, WaitNone, failure(KindDowngrade, "")
	}
	copy(c.serverRandom[:], sh.Random)
	c.setVersion(iana.VersionTLS12)
	return startClient12(c, sh, m)
}

// The last eight bytes of a TLS 1.2 ServerHello's Random if the server could
// do better (RFC 8446, section 4.1.3).
const (
	sentinel12 = "DOWNGRD\x01"
	sentinel11 = "DOWNGRD\x00"
)

func isSentinel(random []byte) bool {
	tail := string(random[24:])
	return tail == sentinel12 || tail == sentinel11
}

// retry answers a HelloRetryRequest (RFC 8446, section 4.1.4).
func (s *clientHelloSent) retry(c *Conn, sh *wire.ServerHello, chosen *suite.Suite, m message) (state, Wait, error) {
	hello, o := c.hs.hello, &c.hs.offer
	if s.retried {
		return nil, WaitNone, unexpected(iana.TypeServerHello)
	}
	// Before the second hello, behind which the server has keys.
	if err := c.in.checkEnd(); err != nil {
		return nil, WaitNone, err
	}
	c.setVersion(iana.VersionTLS13)
	if sh.SelectedGroup == 0 && len(sh.Cookie) == 0 {
		return nil, WaitNone, failure(KindBadHelloRetry, "it changes nothing")
	}
	if g := sh.SelectedGroup; sh.Has(iana.ExtKeyShare) {
		if !slices.Contains(hello.Groups, g) {
			return nil, WaitNone, failure(KindBadCurve, g.String()+" was not offered")
		}
		if o.share(g) != nil {
			return nil, WaitNone, failure(KindBadHelloRetry, g.String()+" was sent already")
		}
		o.shares, hello.KeyShares = nil, nil
		if err := c.addShare(hello, g); err != nil {
			return nil, WaitNone, err
		}
	}
	hello.Cookie = bytes.Clone(sh.Cookie)
	// RFC 8446, section 4.1.4: a PSK that does not fit the suite goes.
	o.psks = slices.DeleteFunc(o.psks, func(k presharedKey) bool { return k.hash() != chosen.Hash })
	c.hs.transcript.replaceHello(c.useKDF(chosen.Hash))
	c.hs.transcript.add(m.raw)
	if c.early != nil {
		if err := c.retryEarly(); err != nil {
			return nil, WaitNone, err
		}
	} else if err := c.queueCompatCCS(); err != nil {
		return nil, WaitNone, err
	}
	return &clientHelloSent{retried: true, unsent: true, suite: chosen.ID, group: sh.SelectedGroup}, WaitNone, nil
}

// queueCompatCCS queues the dummy change_cipher_spec that makes the handshake
// look like TLS 1.2 to what stands between (RFC 8446, appendix D.4).
func (c *Conn) queueCompatCCS() error {
	c.hs.ccsDue = false
	if c.params.NoMiddleboxCompat || c.client && len(c.hs.hello.SessionID) == 0 {
		return nil
	}
	return c.queueCCS()
}

// share is the private side of the share of g, nil if none was sent.
func (o *offer) share(g iana.NamedGroup) *privateShare {
	for i := range o.shares {
		if o.shares[i].group == g {
			return &o.shares[i]
		}
	}
	return nil
}

// step13 takes the ServerHello of TLS 1.3: both sides have the handshake keys.
func (s *clientHelloSent) step13(c *Conn, sh *wire.ServerHello, chosen *suite.Suite, m message) (state, Wait, error) {
	o := &c.hs.offer
	shared, err := s.exchange(c, sh)
	if err != nil {
		return nil, WaitNone, err
	}
	var psk []byte
	if sh.SelectsPSK {
		if int(sh.SelectedPSK) >= len(o.psks) {
			return nil, WaitNone, failure(KindBadPSKIdentity, "")
		}
		k := o.psks[sh.SelectedPSK]
		if k.hash() != chosen.Hash {
			return nil, WaitNone, failure(KindSessionMismatch, "the suite's hash is not the PSK's")
		}
		psk = k.secret()
		c.session, c.resumed, c.psk = k.session, k.session != nil, k.psk
		if c.early != nil {
			c.early.first = sh.SelectedPSK == 0
		}
	}
	copy(c.serverRandom[:], sh.Random)
	c.group = sh.KeyShare.Group
	c.ems = true
	c.setVersion(iana.VersionTLS13)
	c.setSuite(chosen)
	c.hs.transcript.add(m.raw)

	next := &client13Extensions{new(client13)}
	c.hs.ccsDue = !s.retried && c.early == nil
	next.clientSecret, next.serverSecret, next.master = c.handshakeSecrets(psk, shared)
	*o = offer{}
	if err := c.setReadSecret(&next.serverSecret); err != nil {
		next.wipe()
		return nil, WaitNone, err
	}
	if c.early != nil && c.early.open && c.quic == nil {
		return next, WaitNone, nil // EncryptedExtensions will tell
	}
	// At once, so that an alert goes out under these keys.
	return next, WaitNone, c.setWriteSecret(&next.clientSecret)
}

// exchange is the secret of the key exchange, nil for none (psk_ke), which is
// only taken if it was offered.
func (s *clientHelloSent) exchange(c *Conn, sh *wire.ServerHello) ([]byte, error) {
	if !sh.Has(iana.ExtKeyShare) {
		if sh.SelectsPSK && c.params.AllowPSKKE {
			return nil, nil
		}
		return nil, failure(KindMissingExtension, "key_share")
	}
	private := c.hs.offer.share(sh.KeyShare.Group)
	if private == nil || (s.group != 0 && sh.KeyShare.Group != s.group) {
		return nil, failure(KindBadCurve, sh.KeyShare.Group.String())
	}
	shared, err := private.key.Secret(sh.KeyShare.Data)
	if err != nil {
		return nil, failureOf(KindBadKeyShare, err)
	}
	return shared, nil
}
