package core

import (
	"bytes"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/wire"
)

// startServer is the first state of a server: it waits for a ClientHello.
func startServer(c *Conn) state { return serverStart{} }

// serverStart waits for the ClientHello.
type serverStart struct{}

func (s serverStart) step(c *Conn) (state, Wait, error) {
	if c.params.Cookies != nil && c.in.opener.SkipEarly == 0 {
		// What a client may send between its two hellos, the first of which another
		// has taken (RFC 8446, sections 4.2.10 and D.4).
		c.in.opener.DropCCS = true
		c.in.opener.SkipEarly = c.earlySkipped()
	}
	m, ok, err := c.expect(iana.TypeClientHello)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.takeHello(m); err != nil {
		return nil, WaitNone, err
	}
	c.in.opener.DropCCS, c.in.opener.SkipEarly = false, 0
	if c.params.Cookies == nil && c.hs.hello.ECH != nil && (c.cfg.ECHKeys != nil || c.params.ECHBackend) {
		if err := c.takeECH(); err != nil {
			return nil, WaitNone, err
		}
	}
	return serverHelloTaken{}, WaitNone, c.checkTransport()
}

// takeHello parses a ClientHello into the handshake and the facts. It is not
// yet in the transcript.
func (c *Conn) takeHello(m message) error {
	hello := &wire.ClientHello{Known: c.cfg.customTypes}
	if err := wire.ParseClientHello(hello, bytes.Clone(m.raw)); err != nil {
		return fromWire(err)
	}
	c.setHello(hello)
	return nil
}

// setHello puts the ClientHello in force.
func (c *Conn) setHello(hello *wire.ClientHello) {
	c.hs.hello = hello
	copy(c.clientRandom[:], hello.Random)
	c.serverName = hello.ServerName
	c.peerSchemes = slices.Clone(hello.SignatureSchemes)
	c.authorities = hello.Authorities
	c.peerGroups = slices.Clone(hello.Groups)
	c.started = true
}

// serverHelloTaken asks what is to be done with the client, if the owner wants
// to say, and chooses the version.
type serverHelloTaken struct{ answered bool }

func (s serverHelloTaken) step(c *Conn) (state, Wait, error) {
	if c.cfg.Ask&AskClientHello != 0 && !s.answered {
		return s, WaitClientHello, nil
	}
	v, err := c.chooseVersion()
	if err != nil {
		return nil, WaitNone, err
	}
	if err := c.makeServerRandom(v); err != nil {
		return nil, WaitNone, err
	}
	c.setVersion(v)
	if v == iana.VersionTLS12 {
		c.hs.transcript.add(c.hs.hello.Raw)
		return startServer12(c)
	}
	return startServer13(c)
}

func (s serverHelloTaken) answerClientHello(c *Conn, cfg *Config, p *Params) (state, error) {
	if s.answered {
		return s, ErrNoQuestion
	}
	if cfg != nil {
		c.cfg = cfg
	}
	if p != nil {
		c.setParams(*p)
	}
	return serverHelloTaken{answered: true}, nil
}

// chooseVersion is the highest version both sides have (RFC 8446, sections
// 4.1.2 and 4.2.1 and appendix D.2; RFC 7507 for the fallback).
func (c *Conn) chooseVersion() (v iana.ProtocolVersion, err error) {
	hello, p := c.hs.hello, &c.params
	if hello.LegacyVersion <= iana.VersionSSL3 {
		return 0, failure(KindUnsupportedProtocol, hello.LegacyVersion.String())
	}
	if hello.Has(iana.ExtSupportedVersions) {
		for _, o := range hello.SupportedVersions {
			if o > v && p.MinVersion <= o && o <= p.MaxVersion {
				v = o
			}
		}
	} else if o := min(hello.LegacyVersion, iana.VersionTLS12); p.MinVersion <= o {
		v = min(o, p.MaxVersion)
	}
	if v < iana.VersionTLS12 {
		return 0, failure(KindUnsupportedProtocol, versionsOffered(hello))
	}
	if v < p.MaxVersion && hello.OffersSuite(iana.TLS_FALLBACK_SCSV) {
		return 0, failure(KindInappropriateFallback, "")
	}
	if v == iana.VersionTLS13 {
		// RFC 8446, section 4.1.2: exactly the null method.
		if !bytes.Equal(hello.CompressionMethods, nullCompression) {
			return 0, failure(KindBadCompression, "")
		}
	} else if !bytes.Contains(hello.CompressionMethods, nullCompression) {
		return 0, failure(KindBadCompression, "the null method is not offered")
	}
	return v, nil
}

// makeServerRandom makes the ServerHello's Random, which tells a client of TLS
// 1.3 that this server could do better (RFC 8446, section 4.1.3).
func (c *Conn) makeServerRandom(v iana.ProtocolVersion) error {
	if _, err := io.ReadFull(c.cfg.Rand, c.serverRandom[:]); err != nil {
		return failureOf(KindInternal, err)
	}
	if v < iana.VersionTLS13 && c.params.MaxVersion >= iana.VersionTLS13 {
		copy(c.serverRandom[24:], sentinel12)
	}
	return nil
}
