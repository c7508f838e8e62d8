package core

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// A client's side of Encrypted Client Hello (RFC 9849, section 6).

// echClient is what a client remembers of the outer ClientHello around the
// inner one, which is c.hs.hello as long as the server has not rejected it.
type echClient struct {
	config *ech.Config
	suite  ech.Suite
	sealer provider.HPKESealer
	enc    []byte // empty for a second hello
	with12 bool   // the outer hello offers TLS 1.2 too
	random [32]byte

	identities []wire.PSKIdentity // GREASE in the outer hello
	outer      *wire.ClientHello
	raw        []byte // outer, encoded
}

// startECH begins with m, the inner hello.
func (c *Conn) startECH(m *wire.ClientHello, with12 bool) error {
	h := c.cfg.Provider.HPKE()
	config, s, err := c.params.ECHConfigs.Choose(h)
	if err != nil {
		return failureOf(KindNoECHConfig, err)
	}
	e := &echClient{config: config, suite: s, with12: with12}
	if e.enc, e.sealer, err = h.NewSealer(config.KEM, s.KDF, s.AEAD, config.PublicKey, config.Info()); err != nil {
		return failureOf(KindNoECHConfig, err)
	}
	if _, err := io.ReadFull(c.cfg.Rand, e.random[:]); err != nil {
		return failureOf(KindInternal, err)
	}
	m.ECH = wire.AppendECH(nil, &wire.ECHClientHello{Inner: true})
	c.hs.echClient, c.ech = e, ECHOffered
	return nil
}

// outerHello makes the outer hello around inner: the same but for what is to be
// hidden (RFC 9849, section 6.1).
func (e *echClient) outerHello(c *Conn, inner *wire.ClientHello) (*wire.ClientHello, error) {
	o := *inner
	o.Random = e.random[:]
	o.ServerName = e.config.PublicName
	o.ECH = nil
	o.Custom = nil // the owner's are hidden
	if e.with12 {
		o.CipherSuites = slices.Clone(inner.CipherSuites)
		o.SupportedVersions = slices.Clone(inner.SupportedVersions)
		c.offer12(&o)
	}
	// Nothing in the outer hello may tell of a session (section 6.1.2).
	o.Identities, o.Binders = nil, nil
	for i, id := range inner.Identities {
		if i == len(e.identities) {
			grease := wire.PSKIdentity{Identity: make([]byte, len(id.Identity))}
			var age [4]byte
			if _, err := io.ReadFull(c.cfg.Rand, grease.Identity); err != nil {
				return nil, failureOf(KindInternal, err)
			}
			if _, err := io.ReadFull(c.cfg.Rand, age[:]); err != nil {
				return nil, failureOf(KindInternal, err)
			}
			grease.ObfuscatedAge = binary.BigEndian.Uint32(age[:])
			e.identities = append(e.identities, grease)
		}
		binder := make([]byte, len(inner.Binders[i]))
		if _, err := io.ReadFull(c.cfg.Rand, binder); err != nil {
			return nil, failureOf(KindInternal, err)
		}
		o.Binders = append(o.Binders, binder)
	}
	o.Identities = e.identities[:len(inner.Identities)]
	return &o, nil
}

// sendECH queues the outer hello around inner, whose binders are still blank.
// The transcript gets the inner one.
func (c *Conn) sendECH(inner *wire.ClientHello) error {
	e := c.hs.echClient
	o, err := e.outerHello(c, inner)
	if err != nil {
		return err
	}
	msg, encoded := wire.AppendClientHelloInner(inner, wire.AppendClientHello(nil, o))
	if helloSize(o)+len(encoded) > maxHelloSent {
		return failure(KindInternal, "the ClientHello is too long to be encrypted")
	}
	if len(inner.Identities) > 0 {
		c.makeBinders(inner, msg)
		inner.PatchBinders(encoded)
	}
	encoded = append(encoded, make([]byte, echPadding(inner.ServerName, int(e.config.MaxNameLength), len(encoded)))...)
	x := wire.ECHClientHello{KDF: e.suite.KDF, AEAD: e.suite.AEAD, ConfigID: e.config.ID, Enc: e.enc,
		Payload: make([]byte, len(encoded)+provider.HPKETagLen)}
	o.ECH = wire.AppendECH(nil, &x)
	before := c.messageBuffer()
	b := wire.AppendClientHello(before, o)
	raw := b[len(before):]
	// The payload's place is full of zeros now, as what is authenticated has it.
	sealed, err := e.sealer.Seal(raw[wire.HeaderLen:], encoded)
	if err != nil || len(sealed) != len(x.Payload) {
		return failureOf(KindInternal, err)
	}
	wire.PatchECH(raw, sealed)
	// A second hello after a rejection repeats the extension.
	copy(o.ECH[len(o.ECH)-len(sealed):], sealed)
	e.outer, e.raw, e.enc = o, bytes.Clone(raw), nil
	c.queueAs(b, msg)
	return nil
}

// echPadding is how many zeros follow an encoded inner hello of n bytes (RFC
// 9849, section 6.1.3): names look as long as the longest of the anonymity
// set, and the whole is a multiple of 32.
func echPadding(name string, longest, n int) int {
	padding := 0
	if name != "" {
		padding = max(0, longest-len(name))
	} else {
		padding = longest + 9 // as a server_name extension with the longest
	}
	return padding + 31 - (n+padding-1)%32
}

// decideECH finds out, from the server's first message or the ServerHello after
// a HelloRetryRequest, which of the two hellos is in force (RFC 9849, section
// 6.1.4).
func (c *Conn) decideECH(m message) error {
	e := c.hs.echClient
	if c.ech == ECHRejected {
		return nil
	}
	sh := wire.ServerHello{Known: c.cfg.customTypes}
	raw := bytes.Clone(m.raw)
	if err := wire.ParseServerHello(&sh, raw, c.hs.hello.Set|e.outer.Set); err != nil {
		return fromWire(err)
	}
	if c.echConfirmed(&sh, raw) {
		c.ech = ECHAccepted
		return nil
	}
	if c.ech == ECHAccepted {
		return failure(KindIllegalParameter, "ECH was accepted by the HelloRetryRequest, and is not by the ServerHello")
	}
	c.ech = ECHRejected
	c.hs.hello = e.outer
	c.clientRandom, c.serverName = e.random, e.config.PublicName
	c.hs.transcript.buf = e.raw
	c.hs.offer.rejectECH()
	if c.custom != nil {
		c.custom.sent = nil
	}
	return nil
}

// rejectECH forgets what only the inner hello has offered.
func (o *offer) rejectECH() { o.psks = nil }

// echConfirmed reports that sh, whose bytes are raw, confirms ECH. It writes
// zeros over the confirmation.
func (c *Conn) echConfirmed(sh *wire.ServerHello, raw []byte) bool {
	chosen := suite.Lookup(sh.CipherSuite)
	if sh.Version != iana.VersionTLS13 || chosen == nil || chosen.Version != iana.VersionTLS13 {
		return false // what else is wrong with it is found out later
	}
	place, label, t := sh.Random[echRandomTail:], labelECHAccept, &c.hs.transcript
	kdf := c.useKDF(chosen.Hash)
	if sh.Retry {
		if len(sh.ECHConfirmation) == 0 {
			return false
		}
		place, label = sh.ECHConfirmation, labelECHRetry
		t = &transcript{buf: bytes.Clone(t.buf)}
		t.replaceHello(kdf)
	}
	got := bytes.Clone(place)
	clear(place)
	want := c.echConfirmation(chosen.Hash, label, c.hs.hello.Random, t.sumWith(kdf, raw))
	return keys.Equal(got, want[:])
}

// takeRetryConfigs takes the answer to encrypted_client_hello in
// EncryptedExtensions (RFC 9849, sections 5 and 6.1.6).
func (c *Conn) takeRetryConfigs(list []byte) error {
	if c.ech == ECHAccepted {
		return failure(KindUnsolicitedExtension, "retry_configs for an accepted ECH")
	}
	if _, err := ech.ParseConfigList(list); err != nil {
		return failureOf(KindDecode, err)
	}
	if c.ech == ECHRejected {
		c.hs.retryConfigs = bytes.Clone(list)
	}
	return nil
}

// echRefused is the end of a handshake whose server has rejected ECH; nil for
// others.
func (c *Conn) echRefused() error {
	if !c.client || c.ech != ECHRejected {
		return nil
	}
	return failureOf(KindECHRequired, &ECHRejectedError{PublicName: c.serverName, RetryConfigs: c.hs.retryConfigs})
}

// greaseECH makes an extension that looks as if ECH was offered with m (RFC
// 9849, section 6.2).
func (c *Conn) greaseECH(m *wire.ClientHello) error {
	if 2*helloSize(m) > maxHelloSent {
		return nil // a real one could not be sent either
	}
	inner := *m
	inner.SupportedVersions = []iana.ProtocolVersion{iana.VersionTLS13}
	inner.PointFormats, inner.ExtendedMasterSecret, inner.OffersTicket, inner.SessionTicket = nil, false, false, nil
	inner.CipherSuites = nil
	for _, s := range c.cfg.suites13 {
		inner.CipherSuites = append(inner.CipherSuites, s.ID)
	}
	inner.ECH = wire.AppendECH(nil, &wire.ECHClientHello{Inner: true})
	_, encoded := wire.AppendClientHelloInner(&inner, wire.AppendClientHello(nil, m))
	n := len(encoded) + echPadding(m.ServerName, 0, len(encoded))

	random := make([]byte, 2+32+n+provider.HPKETagLen)
	if _, err := io.ReadFull(c.cfg.Rand, random); err != nil {
		return failureOf(KindInternal, err)
	}
	// Any 32 bytes are a public key of X25519.
	x := wire.ECHClientHello{KDF: iana.KDFHKDFSHA256, AEAD: iana.AEADAES128GCM, ConfigID: random[0], Enc: random[2:34], Payload: random[34:]}
	if random[1]&1 != 0 {
		x.AEAD = iana.AEADChaCha20Poly1305
	}
	m.ECH = wire.AppendECH(nil, &x)
	c.ech = ECHGreased
	return nil
}
