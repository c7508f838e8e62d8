package core

import (
	"bytes"
	"crypto"
	"slices"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// A TLS 1.3 server from the ClientHello to its parameters: suite, group, a
// HelloRetryRequest if it needs one, and the session to resume.

// startServer13 goes on with c.hs.hello, which is not yet in the transcript.
func startServer13(c *Conn) (state, Wait, error) {
	hello := c.hs.hello
	if err := hello.CheckTLS13(); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if hello.EarlyData {
		c.skipEarly()
	}
	if found, err := c.takeCookie(); err != nil {
		return nil, WaitNone, err
	} else if found != nil {
		return &server13TakeCookie{cookie: *found}, WaitNone, nil
	}
	chosen := c.chooseSuite13(c.knownPSKHash())
	if chosen == nil {
		chosen = c.chooseSuite13(0)
	}
	if chosen == nil {
		return nil, WaitNone, failure(KindNoSharedCipher, suitesOffered(c.hs.hello.CipherSuites))
	}
	if c.pskAlone() {
		if c.params.Cookies != nil {
			return c.askCookie(chosen, 0, false)
		}
		return startResume13(c, server13{suite: chosen, alone: true}), WaitNone, nil
	}
	return c.startExchange13(chosen, c.pskWithout())
}

// startExchange13 goes on with the client's key share or asks for another.
// Without a group in common a PSK alone may do, if alone is set.
func (c *Conn) startExchange13(chosen *suite.Suite, alone bool) (state, Wait, error) {
	if !c.hs.hello.Has(iana.ExtKeyShare) {
		return nil, WaitNone, failure(KindMissingExtension, "key_share")
	}
	group, share, err := c.chooseGroup13()
	if alone && isKind(err, KindNoSharedGroup) {
		if c.params.Cookies != nil {
			return c.askCookie(chosen, 0, false)
		}
		return startResume13(c, server13{suite: chosen, alone: true}), WaitNone, nil
	}
	if err != nil {
		return nil, WaitNone, err
	}
	if c.params.Cookies != nil {
		return c.askCookie(chosen, group, share == nil)
	}
	if share == nil {
		return &server13AskRetry{suite: chosen, group: group}, WaitNone, c.takeHelloCustom()
	}
	return startResume13(c, server13{suite: chosen, group: group, share: share.Data}), WaitNone, nil
}

// server13 is what has been chosen from the ClientHello.
type server13 struct {
	suite *suite.Suite
	group iana.NamedGroup
	share []byte // the client's, in its hello

	retried bool // by a HelloRetryRequest, behind which the dummy change_cipher_spec went

	key   presharedKey // chosen among the client's
	index uint16       // its place among them
	alone bool         // without a key exchange (psk_ke)
}

// chooseSuite13 is the first suite of TLS 1.3 both sides have, in the client's
// order or, as the Params say, this side's. A hash that is not zero must be the
// suite's.
func (c *Conn) chooseSuite13(h crypto.Hash) *suite.Suite {
	client, own := c.hs.hello.CipherSuites, c.cfg.suites13
	if h != 0 {
		own = slices.DeleteFunc(slices.Clone(own), func(s *suite.Suite) bool { return s.Hash != h })
	}
	if !c.params.PreferServer {
		for _, id := range client {
			for _, s := range own {
				if s.ID == id {
					return s
				}
			}
		}
		return nil
	}
	if c.params.PrioritizeChaCha && prefersChaCha(client) {
		for _, s := range own {
			if s.AEAD == provider.ChaCha20Poly1305 && slices.Contains(client, s.ID) {
				return s
			}
		}
	}
	for _, s := range own {
		if slices.Contains(client, s.ID) {
			return s
		}
	}
	return nil
}

// prefersChaCha reports whether ChaCha20 is the first suite in the list, GREASE
// aside.
func prefersChaCha(list []iana.CipherSuite) bool {
	for _, id := range list {
		if s := suite.Lookup(id); s != nil {
			return s.AEAD == provider.ChaCha20Poly1305
		}
		if !iana.IsGREASE(uint16(id)) {
			return false
		}
	}
	return false
}

// chooseGroup13 chooses the group, and the client's share of it or nil if it
// has to be asked for (RFC 8446, section 4.2.8).
func (c *Conn) chooseGroup13() (g iana.NamedGroup, share *wire.KeyShare, err error) {
	hello, own := c.hs.hello, c.cfg.Groups
	for i := range hello.KeyShares {
		// Only the few groups of this side are looked for, so that long lists of
		// both cost no more than their length.
		if g := hello.KeyShares[i].Group; slices.Contains(own, g) && !slices.Contains(hello.Groups, g) {
			return 0, nil, failure(KindBadKeyShare, "a share of a group that is not in supported_groups")
		}
	}
	favourite := slices.IndexFunc(own, func(g iana.NamedGroup) bool {
		return slices.Contains(hello.Groups, g) && c.cfg.Provider.Group(g) != nil
	})
	for i := range hello.KeyShares {
		g := hello.KeyShares[i].Group
		if c.params.RetryForGroup && favourite >= 0 && g != own[favourite] {
			continue
		}
		if slices.Contains(own, g) && c.cfg.Provider.Group(g) != nil {
			return g, &hello.KeyShares[i], nil
		}
	}
	if favourite >= 0 {
		return own[favourite], nil, nil
	}
	return 0, nil, failure(KindNoSharedGroup, groupsOffered(hello.Groups))
}

// server13AskRetry sends a HelloRetryRequest (RFC 8446, section 4.1.4).
type server13AskRetry struct {
	suite *suite.Suite
	group iana.NamedGroup
}

func (s *server13AskRetry) step(c *Conn) (state, Wait, error) {
	list, ask := c.customFor(wire.InHelloRetryRequest, 0, nil)
	if ask {
		return s, WaitExtensions, nil
	}
	return c.sendRetry(&server13Retry{suite: s.suite, group: s.group}, list)
}

// sendRetry sends a HelloRetryRequest, with these extensions of the owner's, and
// waits for the second hello.
func (c *Conn) sendRetry(next *server13Retry, list []wire.Extension) (state, Wait, error) {
	c.hs.transcript.add(c.hs.hello.Raw)
	c.hs.transcript.replaceHello(c.useKDF(next.suite.Hash))
	sh := next.request(c.hs.hello)
	sh.Custom = list
	if c.ech != ECHNone {
		if err := c.confirmECH(sh, next.suite); err != nil {
			return nil, WaitNone, err
		}
	}
	c.queue(wire.AppendServerHello(c.messageBuffer(), sh))
	if err := c.queueCompatCCS(); err != nil {
		return nil, WaitNone, err
	}
	c.retry = RetrySent
	return next, WaitNone, nil
}

// server13Retry waits for the second ClientHello.
type server13Retry struct {
	suite  *suite.Suite
	group  iana.NamedGroup // 0: no key exchange
	cookie []byte          // nil: none
	kept   bool            // the shares are to be those of the first hello
}

// request is the HelloRetryRequest.
func (s *server13Retry) request(hello *wire.ClientHello) *wire.ServerHello {
	sh := &wire.ServerHello{
		LegacyVersion: iana.VersionTLS12,
		Version:       iana.VersionTLS13,
		Retry:         true,
		Random:        wire.RetryRandom(),
		SessionID:     hello.SessionID,
		CipherSuite:   s.suite.ID,
		Cookie:        s.cookie,
	}
	if !s.kept {
		sh.SelectedGroup = s.group
	}
	return sh
}

// share is the share of the group in the second hello: the only one, if it has
// been asked for; nil without a key exchange.
func (s *server13Retry) share(second *wire.ClientHello) ([]byte, error) {
	if s.group == 0 {
		return nil, nil
	}
	for i := range second.KeyShares {
		if second.KeyShares[i].Group == s.group && (s.kept || len(second.KeyShares) == 1) {
			return second.KeyShares[i].Data, nil
		}
	}
	return nil, failure(KindNoSuitableKeyShare, "")
}

func (s *server13Retry) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeClientHello)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	first := c.hs.hello
	c.in.opener.SkipEarly = 0 // a second hello has no early data
	if err := c.takeHello(m); err != nil {
		return nil, WaitNone, err
	}
	if err := c.takeSecondECH(); err != nil {
		return nil, WaitNone, err
	}
	second := c.hs.hello
	if err := second.CheckTLS13(); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if !sameHello(first, second, c.cfg.customTypes) {
		return nil, WaitNone, failure(KindBadSecondHello, "")
	}
	if !bytes.Equal(second.Cookie, s.cookie) {
		return nil, WaitNone, failure(KindBadSecondHello, "the cookie is not the one sent")
	}
	share, err := s.share(second)
	if err != nil {
		return nil, WaitNone, err
	}
	if s.cookie != nil {
		c.retry = RetryCookie
	}
	return startResume13(c, server13{suite: s.suite, group: s.group, share: share, retried: true, alone: s.group == 0}), WaitNone, nil
}

// sameHello reports whether the second ClientHello is the first but for what a
// HelloRetryRequest changes (RFC 8446, section 4.1.2).
func sameHello(a, b *wire.ClientHello, custom wire.CustomTypes) bool {
	if !bytes.Equal(a.Random, b.Random) || !bytes.Equal(a.SessionID, b.SessionID) ||
		!slices.Equal(a.CipherSuites, b.CipherSuites) || !bytes.Equal(a.CompressionMethods, b.CompressionMethods) ||
		a.LegacyVersion != b.LegacyVersion || b.EarlyData {
		return false
	}
	// A PSK may go, as its hash may not fit the suite, but not come.
	if b.Has(iana.ExtPreSharedKey) && !a.Has(iana.ExtPreSharedKey) {
		return false
	}
	i := 0
	same := func(x *wire.Extension) bool {
		switch x.Type {
		case iana.ExtKeyShare, iana.ExtPreSharedKey, iana.ExtEarlyData, iana.ExtPadding, iana.ExtCookie:
			return true // may change, checked above
		}
		return custom.Find(x.Type) != nil // the owner's to judge
	}
	for j := range b.Extensions {
		if same(&b.Extensions[j]) {
			continue
		}
		for i < len(a.Extensions) && same(&a.Extensions[i]) {
			i++
		}
		if i == len(a.Extensions) || a.Extensions[i].Type != b.Extensions[j].Type ||
			!bytes.Equal(a.Extensions[i].Data, b.Extensions[j].Data) {
			return false
		}
		i++
	}
	for i < len(a.Extensions) && same(&a.Extensions[i]) {
		i++
	}
	return i == len(a.Extensions)
}
