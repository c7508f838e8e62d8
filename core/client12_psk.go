package core

import (
	"bytes"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// What a TLS 1.2 client does with a suite that has a PSK (RFC 5489): the server
// has no certificate and signs nothing; that it has the key is what its Finished
// proves.

// speaksPSK12 reports whether this side has, or may get, a PSK of TLS 1.2.
func (c *Conn) speaksPSK12() bool {
	if c.asksPSK12() {
		return true
	}
	if c.client {
		return c.ownPSK12() != nil
	}
	return len(c.cfg.psks12) > 0
}

func (c *Conn) asksPSK12() bool { return c.params.PSKSuites && c.cfg.Ask&AskPSK != 0 }

// speaks12 reports whether a suite of TLS 1.2 can be used on this connection.
func (c *Conn) speaks12(s *suite.Suite) bool { return s.Auth != suite.AuthPSK || c.speaksPSK12() }

// ownPSK12 is the PSK a client has of its Params, nil for none.
func (c *Conn) ownPSK12() *PSK {
	for _, p := range c.params.PSKs {
		if p.of12() {
			return p
		}
	}
	return nil
}

// client12PSKExchange waits for the ServerKeyExchange of a suite with a PSK.
type client12PSKExchange struct{ *client12 }

func (s client12PSKExchange) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeServerKeyExchange)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	var ske wire.ServerKeyExchangePSK
	if err := wire.ParseServerKeyExchangePSK(&ske, m.raw); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if len(ske.Hint) > maxPSKIdentity12 {
		return nil, WaitNone, failure(KindPSKHintTooLong, "")
	}
	if err := s.takeShare(c, ske.Group, ske.Public); err != nil {
		return nil, WaitNone, err
	}
	c.pskHint = bytes.Clone(ske.Hint)
	c.hs.transcript.add(m.raw)
	return client12Done{s.client12}, WaitNone, nil
}

// client12PSK settles the PSK to go on with, for the server's hint.
type client12PSK struct{ *client12 }

func (s client12PSK) step(c *Conn) (state, Wait, error) {
	if c.asksPSK12() {
		c.hs.askHash = c.suite.Hash
		return s, WaitPSK, nil
	}
	next, err := s.answerPSK(c, nil)
	return next, WaitNone, err
}

func (s client12PSK) answerPSK(c *Conn, p *PSK) (state, error) {
	if p == nil {
		p = c.ownPSK12()
	}
	if p == nil {
		return nil, failure(KindNoPSK, "")
	}
	if !p.of12() || !p.sound() {
		return nil, failure(KindInternal, "a PSK that cannot be used")
	}
	c.psk = p
	return client12Exchange{s.client12}, nil
}
