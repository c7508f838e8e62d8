package core

import (
	"bytes"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// What a TLS 1.2 server does with a suite that has a PSK (RFC 5489): it sends no
// certificate and asks for none. Who the client is its identity says, and its
// Finished proves.

// takesPSK12 reports whether a suite with a PSK may be chosen. Where a client's
// certificate is required a PSK does not stand for it, unless the owner says so.
func (c *Conn) takesPSK12() bool {
	return c.speaksPSK12() && (c.params.ClientAuth != RequireClientCert || c.params.PSKForCertificate)
}

// server12PSKHello sends the whole flight: there is nothing to be signed.
type server12PSKHello struct{ server12Hello }

func (s server12PSKHello) step(c *Conn) (state, Wait, error) {
	if ask, err := s.begin(c); ask || err != nil {
		return s, WaitExtensions, err
	}
	var err error
	if s.exchange, err = c.cfg.Provider.Group(c.group).Generate(c.cfg.Rand); err != nil {
		return nil, WaitNone, failureOf(KindInternal, err)
	}
	c.queue(wire.AppendServerKeyExchangePSK(c.messageBuffer(), &wire.ServerKeyExchangePSK{
		Hint: c.params.PSKIdentityHint, Group: c.group, Public: s.exchange.Share(),
	}))
	c.queue(wire.AppendEmpty(c.messageBuffer(), iana.TypeServerHelloDone))
	return server12PSKClientKey{s.server12}, WaitNone, nil
}

// server12PSKClientKey waits for the ClientKeyExchange.
type server12PSKClientKey struct{ *server12 }

func (s server12PSKClientKey) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeClientKeyExchange)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	identity, public, err := wire.ParseClientKeyExchangePSK(m.raw)
	if err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if len(identity) > maxPSKIdentity12 {
		return nil, WaitNone, failure(KindPSKIdentityTooLong, "")
	}
	c.hs.askIdentity, c.hs.askHash = bytes.Clone(identity), c.suite.Hash
	public = bytes.Clone(public)
	c.hs.transcript.add(m.raw)
	return server12PSK{s.server12, public}, WaitNone, nil
}

// server12PSK looks for the PSK of the client's identity.
type server12PSK struct {
	*server12
	public []byte // the client's
}

func (s server12PSK) step(c *Conn) (state, Wait, error) {
	if p := c.cfg.psks12[string(c.hs.askIdentity)]; p != nil {
		return s.found(c, p), WaitNone, nil
	}
	if c.asksPSK12() {
		return s, WaitPSK, nil
	}
	return nil, WaitNone, failure(KindUnknownPSK, "")
}

func (s server12PSK) answerPSK(c *Conn, p *PSK) (state, error) {
	if p == nil {
		return nil, failure(KindUnknownPSK, "")
	}
	if !p.of12() || !p.sound() || !bytes.Equal(p.Identity, c.hs.askIdentity) {
		return nil, failure(KindInternal, "a PSK that cannot be used")
	}
	return s.found(c, p), nil
}

func (s server12PSK) found(c *Conn, p *PSK) state {
	c.hs.askIdentity, c.psk = nil, p
	return server12PSKKeys{s.server12, s.public}
}

// server12PSKKeys makes the keys.
type server12PSKKeys struct {
	*server12
	public []byte
}

func (s server12PSKKeys) step(c *Conn) (state, Wait, error) {
	if err := s.agree(c, s.public); err != nil {
		return nil, WaitNone, err
	}
	c.hs.transcript.drop()
	return server12CCS{s.server12}, WaitNone, nil
}

// agree makes the master secret and the keys of the client's public key and, with
// it, the PSK; the transcript ends with the ClientKeyExchange.
func (s *server12) agree(c *Conn, public []byte) error {
	premaster, err := s.exchange.Secret(public)
	if err != nil {
		return failureOf(KindBadKeyShare, err)
	}
	s.exchange = nil
	if c.psk != nil {
		premaster = keys.PSKPremaster(premaster, c.psk.Key)
	}
	s.master = c.master12(premaster)
	s.block = c.keyBlock12(&s.master)
	return nil
}
