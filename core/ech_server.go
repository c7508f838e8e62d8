package core

import (
	"io"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// A server's side of Encrypted Client Hello (RFC 9849, section 7). A server
// with keys is client-facing and backend in one; with Params.ECHBackend it is
// the backend of another that has opened the hello.

// echServer is what a server remembers of the outer ClientHello.
type echServer struct {
	outer  *wire.ClientHello
	x      wire.ECHClientHello // the first hello's
	opener provider.HPKEOpener // nil if no key has opened it
	retry  []byte              // the ECHConfigList for a client it has been rejected to
}

// ECHOuter is, on servers until the handshake completes, the outer ClientHello
// of a client whose inner one is in force; nil otherwise.
func (c *Conn) ECHOuter() *wire.ClientHello {
	if c.hs == nil || c.hs.echServer == nil || c.ech != ECHAccepted {
		return nil
	}
	return c.hs.echServer.outer
}

// takeECH looks for an inner hello in the first ClientHello, before anything is
// decided (RFC 9849, sections 7 and 7.1).
func (c *Conn) takeECH() error {
	outer := c.hs.hello
	e := &echServer{outer: outer}
	if err := wire.ParseECH(&e.x, outer.ECH); err != nil {
		return fromWire(err)
	}
	ring := c.cfg.ECHKeys
	switch {
	case e.x.Inner && c.params.ECHBackend:
		c.ech = ECHAccepted
		return nil
	case e.x.Inner:
		return failure(KindIllegalParameter, "an inner ClientHello without an outer one")
	case ring == nil:
		return failure(KindIllegalParameter, "an outer ClientHello at a backend server")
	}
	c.hs.echServer = e
	aad, _ := wire.ECHOuterAAD(outer.Raw)
	content, opener, _ := ring.Open(e.x.ConfigID, ech.Suite{KDF: e.x.KDF, AEAD: e.x.AEAD}, e.x.Enc, aad, e.x.Payload)
	if opener == nil {
		c.ech, e.retry = ECHRejected, ring.RetryConfigs()
		return nil
	}
	c.ech, e.opener = ECHAccepted, opener
	return c.takeInner(content, outer)
}

// takeSecondECH opens the ClientHello that answers a HelloRetryRequest, with the
// context of the first (RFC 9849, section 7.1.1).
func (c *Conn) takeSecondECH() error {
	e, outer := c.hs.echServer, c.hs.hello
	if e == nil || c.ech != ECHAccepted {
		return nil
	}
	if !outer.Has(iana.ExtEncryptedClientHello) {
		return failure(KindMissingExtension, "encrypted_client_hello")
	}
	var x wire.ECHClientHello
	if err := wire.ParseECH(&x, outer.ECH); err != nil {
		return fromWire(err)
	}
	if x.Inner || x.KDF != e.x.KDF || x.AEAD != e.x.AEAD || x.ConfigID != e.x.ConfigID || len(x.Enc) != 0 {
		return failure(KindIllegalParameter, "encrypted_client_hello has changed")
	}
	aad, _ := wire.ECHOuterAAD(outer.Raw)
	content, err := e.opener.Open(aad, x.Payload)
	if err != nil {
		return failureOf(KindBadECH, err)
	}
	e.outer = outer
	return c.takeInner(content, outer)
}

// takeInner puts the inner hello, whose encoded form is content, in force.
func (c *Conn) takeInner(content []byte, outer *wire.ClientHello) error {
	msg, err := wire.DecodeClientHelloInner(content, outer)
	if err != nil {
		return fromWire(err)
	}
	inner := &wire.ClientHello{Known: c.cfg.customTypes}
	if err := wire.ParseClientHello(inner, msg); err != nil {
		return fromWire(err)
	}
	var x wire.ECHClientHello
	if !inner.Has(iana.ExtEncryptedClientHello) || wire.ParseECH(&x, inner.ECH) != nil || !x.Inner {
		return failure(KindIllegalParameter, "an inner ClientHello that does not say that it is one")
	}
	offers13 := false
	for _, v := range inner.SupportedVersions {
		if v < iana.VersionTLS13 {
			return failure(KindIllegalParameter, "an inner ClientHello that offers "+v.String())
		}
		offers13 = offers13 || v == iana.VersionTLS13
	}
	if !offers13 {
		return failure(KindIllegalParameter, "an inner ClientHello without TLS 1.3")
	}
	c.setHello(inner)
	return nil
}

// confirmECH puts into sh, a ServerHello or HelloRetryRequest about to be sent,
// what tells the client that the inner hello is in force (RFC 9849, sections 7.2
// and 7.2.1). The transcript has not been started.
func (c *Conn) confirmECH(sh *wire.ServerHello, s *suite.Suite) error {
	place, label := sh.Random[echRandomTail:], labelECHAccept
	if sh.Retry {
		sh.ECHConfirmation = make([]byte, wire.ECHConfirmationLen)
		place, label = sh.ECHConfirmation, labelECHRetry
	}
	if c.ech == ECHRejected {
		// An observer is to see the same of an accepted one (section 10.10.4).
		if sh.Retry {
			if _, err := io.ReadFull(c.cfg.Rand, place); err != nil {
				return failureOf(KindInternal, err)
			}
		}
		return nil
	}
	clear(place)
	sum := c.hs.transcript.sumWith(c.useKDF(s.Hash), wire.AppendServerHello(nil, sh))
	confirmation := c.echConfirmation(s.Hash, label, c.hs.hello.Random, sum)
	copy(place, confirmation[:])
	return nil
}

// echRetryConfigs is what a server tells a client whose hello it could not open.
func (c *Conn) echRetryConfigs() []byte {
	if c.ech != ECHRejected || c.hs.echServer == nil {
		return nil
	}
	return c.hs.echServer.retry
}
