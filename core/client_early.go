package core

import (
	"crypto"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
	"patina/core/wire"
)

// Early data of a client (RFC 8446, sections 2.3 and 4.2.10).

// allowsEarly reports whether the PSK that would be the first in the hello m
// can be used for early data: it allows some, for a suite and an application
// protocol that m offers.
func (c *Conn) allowsEarly(k presharedKey, suites []iana.CipherSuite) bool {
	id, alpn, limit := k.early()
	s := suite.Lookup(id)
	return limit > 0 && s != nil && s.Version == iana.VersionTLS13 && s.Hash == k.hash() &&
		slices.Contains(suites, id) && (alpn == "" || slices.Contains(c.cfg.ALPN, alpn))
}

// offerEarly puts early_data into the hello, if it is wanted and the first PSK
// allows it.
func (c *Conn) offerEarly(m *wire.ClientHello) {
	psks := c.hs.offer.psks
	if !c.params.EarlyData || len(psks) == 0 || !c.allowsEarly(psks[0], m.CipherSuites) {
		return
	}
	id, alpn, limit := psks[0].early()
	m.EarlyData = true
	c.early = &early{status: EarlyOffered, left: limit, alpn: alpn, suite: suite.Lookup(id), hash: psks[0].hash()}
}

// startEarly goes over to the keys of early data, the hello being queued.
func (c *Conn) startEarly() error {
	e := c.early
	if err := c.queueCompatCCS(); err != nil {
		return err
	}
	kdf := c.useKDF(e.hash)
	hello := c.hs.transcript.sumWith(kdf, nil)
	secret := keys.NewEarly(kdf, c.hs.offer.psks[0].secret())
	traffic := c.deriveEarly(kdf, &secret, hello)
	secret.Wipe()
	defer traffic.Wipe()
	e.open = true
	return c.out.setEarly(c, e.suite, &traffic)
}

// rejectEarly ends early data that the server has not taken.
func (c *Conn) rejectEarly() { c.early.status, c.early.open = EarlyRejected, false }

// retryEarly ends early data because of a HelloRetryRequest: the second hello
// is not protected and offers none.
func (c *Conn) retryEarly() error {
	c.rejectEarly()
	c.hs.hello.EarlyData = false
	return c.out.setPlain(c)
}

// answerEarly takes the server's decision, which stands in EncryptedExtensions.
// Until the end of early data the client's keys stay those of it.
func (s *client13Extensions) answerEarly(c *Conn, ee *wire.EncryptedExtensions) error {
	e := c.early
	if e == nil || !e.open {
		return nil // early_data was not offered: the parser has refused it
	}
	if !ee.EarlyData {
		c.rejectEarly()
		if c.quic != nil {
			return nil // which has the handshake's keys beside those of early data
		}
		return c.setWriteSecret(&s.clientSecret)
	}
	switch {
	case !e.first:
		return failure(KindIllegalParameter, "early data without its PSK")
	case c.suite != e.suite:
		return failure(KindIllegalParameter, "early data with another suite")
	case ee.ALPN != e.alpn:
		return failure(KindIllegalParameter, "early data with another application protocol")
	}
	e.status = EarlyAccepted
	return nil
}

// endEarly tells the server that there is no more early data (RFC 8446, section
// 4.5), and goes over to the handshake's keys.
func (c *Conn) endEarly(clientSecret *keys.Secret) error {
	if c.early == nil || !c.early.open {
		return nil
	}
	c.early.open = false
	if c.quic != nil {
		return nil // RFC 9001, section 8.3
	}
	c.queue(wire.AppendEmpty(c.messageBuffer(), iana.TypeEndOfEarlyData))
	return c.setWriteSecret(clientSecret)
}

// client13Served is behind the server's Finished, for an owner who reads what the
// server sends next and may write more early data. A message ends it: it belongs
// behind the handshake's end.
type client13Served struct {
	*client13Finish
	request *wire.CertificateRequest // nil: the server has sent none
}

func (s *client13Served) step(c *Conn) (state, Wait, error) {
	if c.early.hold && !c.peerClosed && len(c.in.app) == 0 {
		m, ok, err := c.nextMessage()
		if err != nil {
			return nil, WaitNone, err
		}
		if !ok {
			return s, WaitRead, nil
		}
		c.in.putBack(m)
		c.early.hold = false
	}
	if c.early.hold {
		return s, WaitRead, nil
	}
	return s.begin(c, s.request)
}

// peekServed goes on with a client's handshake up to the server's Finished, and
// gives what the server has sent behind it.
func (c *Conn) peekServed(p []byte) (n int, w Wait, err error) {
	if c.err == nil && (c.early == nil || c.done) {
		return 0, WaitNone, ErrNoEarlyData
	}
	if c.early != nil {
		c.early.hold = true
	}
	for len(c.in.app) == 0 {
		if c.err == nil && c.early.served && (len(p) == 0 || c.peerClosed) {
			if w, err = c.flushOr(WaitNone); w == WaitNone && err == nil && len(p) > 0 {
				err = io.EOF
			}
			return 0, w, err
		}
		w, err := c.step()
		if err != nil {
			return 0, WaitNone, err
		}
		if c.done || !c.early.hold {
			return 0, WaitNone, ErrNoEarlyData
		}
		if w == WaitRead && len(c.in.app) == 0 && !c.peerClosed {
			w, err = c.flushOr(w)
			return 0, w, err
		}
		if w != WaitNone && w != WaitRead {
			return 0, w, nil
		}
	}
	return copy(p, c.in.app), WaitNone, nil
}

// served reports whether the server's data may come before the handshake's end.
func (c *Conn) served() bool { return c.early != nil && c.early.served }

// takesData reports whether application data may come.
func (c *Conn) takesData() bool {
	return c.done || c.served() || !c.client && c.early != nil && c.early.open
}

// earlyPossible reports whether a hello that has not been made yet could offer
// early data. A PSK that the owner will be asked for is not looked at.
func (c *Conn) earlyPossible() bool {
	if !c.params.offers(iana.VersionTLS13) {
		return false
	}
	if s := c.params.Session; c.canOffer(s) && s.Version == iana.VersionTLS13 {
		return c.allowsEarly(presharedKey{session: s}, c.cfg.Suites)
	}
	return len(c.params.PSKs) > 0 && c.params.PSKs[0].sound() && c.allowsEarly(presharedKey{psk: c.params.PSKs[0]}, c.cfg.Suites)
}

// beginEarly sends the ClientHello, if it has not been sent, and reports
// whether it did.
func (c *Conn) beginEarly() (w Wait, begun bool, err error) {
	if s, ok := c.state.(clientStart); ok {
		if !s.answered && c.cfg.Ask&AskPSK == 0 && !c.earlyPossible() {
			return WaitNone, false, ErrEarlyData
		}
		c.params.EarlyData = true
		for {
			w, err := c.step()
			if w != WaitNone || err != nil {
				return w, false, err
			}
			if _, ok := c.state.(clientStart); !ok {
				break
			}
		}
		begun = true
	}
	if c.early == nil || !c.early.open {
		return WaitNone, begun, ErrEarlyData
	}
	return WaitNone, begun, nil
}

// hashOf is the hash of a suite, zero if it is not known.
func hashOf(id iana.CipherSuite) crypto.Hash {
	if s := suite.Lookup(id); s != nil {
		return s.Hash
	}
	return 0
}
