package core

import (
	"bytes"
	"crypto"

	"patina/core/wire"
)

// External PSKs of a server (RFC 8446, section 4.2.11), and psk_ke.

// pskWithExchange reports whether the client takes a PSK together with a key
// exchange (RFC 8446, section 4.2.9).
func (c *Conn) pskWithExchange() bool {
	return bytes.IndexByte(c.hs.hello.PSKModes, wire.PSKModeDHEKE) >= 0
}

// pskWithout reports whether the client takes a PSK without a key exchange, and
// that is allowed.
func (c *Conn) pskWithout() bool {
	return c.params.AllowPSKKE && bytes.IndexByte(c.hs.hello.PSKModes, wire.PSKModeKE) >= 0
}

// pskAlone reports whether the client offers a PSK to be used only so.
func (c *Conn) pskAlone() bool {
	return len(c.hs.hello.Identities) > 0 && c.pskWithout() && !c.pskWithExchange()
}

// knownPSKHash is the hash of the first PSK of the Config that the client
// offers, so that a suite is chosen that the PSK fits; zero if there is none.
func (c *Conn) knownPSKHash() crypto.Hash {
	identities := c.hs.hello.Identities
	if len(c.cfg.psks) == 0 || !c.pskWithExchange() && !c.pskWithout() {
		return 0
	}
	for i := range identities[:min(len(identities), maxIdentities)] {
		if p := c.cfg.psks[string(identities[i].Identity)]; p != nil {
			return p.hash()
		}
	}
	return 0
}

// considerPSK takes the PSK of the identity looked at, or goes on to the next.
// An answer may come when a suite has been chosen that it does not fit: another
// is taken, unless a HelloRetryRequest has told the client.
//
// A server that requires a client's certificate cannot ask for it beside a PSK
// (RFC 8446, section 4.3.2), and does not take one for it unless the owner says so.
func (s *server13Resume) considerPSK(c *Conn, p *PSK) {
	fitting := s.suite
	if p.hash() != fitting.Hash && !s.retried {
		fitting = c.chooseSuite13(p.hash())
	}
	if fitting != nil && p.hash() == fitting.Hash && (c.params.ClientAuth != RequireClientCert || c.params.PSKForCertificate) {
		s.suite = fitting
		s.key.psk, s.index, c.psk = p, uint16(s.next), p
	}
	s.skip()
}

func (s *server13Resume) answerPSK(c *Conn, p *PSK) (state, error) {
	if s.asked != WaitPSK {
		return s, ErrNoQuestion
	}
	s.asked, c.hs.askIdentity = WaitNone, nil
	if p == nil {
		return s, nil // a session, perhaps
	}
	if !p.sound() || p.of12() {
		return nil, failure(KindInternal, "a PSK that cannot be used")
	}
	s.considerPSK(c, p)
	return s, nil
}

// withoutPSK goes on with a certificate, for which a key exchange is needed.
func (s *server13Resume) withoutPSK(c *Conn) (state, Wait, error) {
	if s.alone {
		return c.startExchange13(s.suite, false)
	}
	return &server13Select{server13: s.server13}, WaitNone, nil
}
