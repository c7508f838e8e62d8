package core

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider"
	"patina/core/provider/stdlib"
	"patina/core/wire"
)

// echScript is a script that knows ECH, as a client with key's configuration or
// as a server with its key.
type echScript struct {
	*script
	key    ech.Key
	ring   *ech.Keys
	sealer provider.HPKESealer
	enc    []byte
	suite  ech.Suite
	opener provider.HPKEOpener
}

func newECHScript(t *testing.T, key ech.Key, c *Conn) *echScript {
	t.Helper()
	s := &echScript{script: newScript(t, c), key: key, suite: key.Config.Suites[0]}
	s.ring = echRing(t, key)
	var err error
	s.enc, s.sealer, err = stdlib.New().HPKE().NewSealer(key.Config.KEM, s.suite.KDF, s.suite.AEAD, key.Config.PublicKey, key.Config.Info())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inner is a right inner hello.
func (s *echScript) inner() *wire.ClientHello {
	m := s.clientHello()
	m.ServerName = hiddenName
	m.SupportedVersions = []iana.ProtocolVersion{0x7a7a, iana.VersionTLS13}
	m.CipherSuites = m.CipherSuites[:1]
	m.ECH = []byte{1}
	return m
}

// outerOf is the outer hello around encoded.
func (s *echScript) outerOf(inner *wire.ClientHello, encoded []byte, change func(x *wire.ECHClientHello)) []byte {
	s.t.Helper()
	o := *inner
	o.ServerName, o.Random = publicName, bytes.Repeat([]byte{7}, 32)
	x := wire.ECHClientHello{KDF: s.suite.KDF, AEAD: s.suite.AEAD, ConfigID: s.key.Config.ID, Enc: s.enc, Payload: make([]byte, len(encoded)+16)}
	s.enc = nil
	if change != nil {
		change(&x)
	}
	o.ECH = wire.AppendECH(nil, &x)
	msg := wire.AppendClientHello(nil, &o)
	sealed, err := s.sealer.Seal(msg[4:], encoded)
	if err != nil {
		s.t.Fatal(err)
	}
	wire.PatchECH(msg, sealed)
	return msg
}

// encode encodes inner and notes it in the transcript.
func (s *echScript) encode(inner *wire.ClientHello) []byte { return s.encodeIn(inner, inner) }

// encodeIn is encode for an outer hello that is made from base.
func (s *echScript) encodeIn(inner, base *wire.ClientHello) []byte {
	o := *base
	o.ServerName, o.Random, o.ECH = publicName, bytes.Repeat([]byte{7}, 32), nil
	msg, encoded := wire.AppendClientHelloInner(inner, wire.AppendClientHello(nil, &o))
	s.transcript.Write(msg)
	return encoded
}

// TestECHServerRefusals: encrypted hellos wrong in one point.
func TestECHServerRefusals(t *testing.T) {
	key := echKey(t, ech.Template{ID: 5})
	cfg := echServerOf(t, func(s *Settings) { s.ECHKeys = echRing(t, key) })
	raw := func(data ...byte) func(s *echScript) []byte {
		return func(s *echScript) []byte {
			m := s.clientHello()
			m.ECH = append([]byte{}, data...)
			return wire.AppendClientHello(nil, m)
		}
	}
	change := func(f func(m *wire.ClientHello)) func(s *echScript) []byte {
		return func(s *echScript) []byte {
			base := s.inner()
			m := *base
			f(&m)
			return s.outerOf(base, s.encodeIn(&m, base), nil)
		}
	}
	encoded := func(f func(b []byte) []byte) func(s *echScript) []byte {
		return func(s *echScript) []byte {
			m := s.inner()
			return s.outerOf(m, f(s.encode(m)), nil)
		}
	}
	for _, tt := range []struct {
		name  string
		hello func(s *echScript) []byte
		alert iana.AlertDescription
	}{
		{"type", raw(2), iana.AlertIllegalParameter},
		{"empty", raw(), iana.AlertDecodeError},
		{"cut short", raw(0, 0, 1), iana.AlertDecodeError},
		{"inner from the network", raw(1), iana.AlertIllegalParameter},
		{"inner with data", raw(1, 0), iana.AlertDecodeError},
		{"no ECH inside", change(func(m *wire.ClientHello) { m.ECH = nil }), iana.AlertIllegalParameter},
		{"outer inside", change(func(m *wire.ClientHello) {
			m.ECH = wire.AppendECH(nil, &wire.ECHClientHello{Payload: []byte{1}})
		}), iana.AlertIllegalParameter},
		{"TLS 1.2 inside", change(func(m *wire.ClientHello) { m.SupportedVersions = append(m.SupportedVersions, iana.VersionTLS12) }), iana.AlertIllegalParameter},
		{"no TLS 1.3 inside", change(func(m *wire.ClientHello) { m.SupportedVersions = []iana.ProtocolVersion{0x7a7a} }), iana.AlertIllegalParameter},
		{"no versions inside", change(func(m *wire.ClientHello) { m.SupportedVersions = nil }), iana.AlertIllegalParameter},
		{"padding", encoded(func(b []byte) []byte { return append(b, 0, 1) }), iana.AlertIllegalParameter},
		{"half an inner hello", encoded(func(b []byte) []byte { return b[:40] }), iana.AlertDecodeError},
		{"a reference to nothing", encoded(func(b []byte) []byte {
			at := bytes.LastIndex(b, []byte{0xfd, 0})
			copy(b[at+5:], "\x77\x77")
			return b
		}), iana.AlertIllegalParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newECHScript(t, key, NewServer(cfg, Params{}))
			s.send(tt.hello(s))
			s.wantAlert(tt.alert)
		})
	}
	t.Run("outer at a backend", func(t *testing.T) {
		s := newECHScript(t, key, NewServer(echServerOf(t, func(s *Settings) {}), Params{ECHBackend: true}))
		m := s.inner()
		s.send(s.outerOf(m, s.encode(m), nil))
		s.wantAlert(iana.AlertIllegalParameter)
	})
}

// TestECHSecondHello: what answers the HelloRetryRequest to an encrypted hello.
func TestECHSecondHello(t *testing.T) {
	key := echKey(t, ech.Template{ID: 5})
	cfg := echServerOf(t, func(s *Settings) { s.ECHKeys = echRing(t, key) })
	for _, tt := range []struct {
		name   string
		change func(x *wire.ECHClientHello)
		damage func(msg []byte, m *wire.ClientHello) []byte
		alert  iana.AlertDescription
	}{
		{"right", nil, nil, 0},
		{"another ID", func(x *wire.ECHClientHello) { x.ConfigID++ }, nil, iana.AlertIllegalParameter},
		{"another KDF", func(x *wire.ECHClientHello) { x.KDF++ }, nil, iana.AlertIllegalParameter},
		{"another AEAD", func(x *wire.ECHClientHello) { x.AEAD++ }, nil, iana.AlertIllegalParameter},
		{"a key", func(x *wire.ECHClientHello) { x.Enc = make([]byte, 32) }, nil, iana.AlertIllegalParameter},
		{"damaged", nil, func(msg []byte, m *wire.ClientHello) []byte {
			wire.PatchECH(msg, []byte{1, 2, 3, 4})
			return msg
		}, iana.AlertDecryptError},
		{"none", nil, func(msg []byte, m *wire.ClientHello) []byte {
			o := *m
			o.ECH = nil
			return wire.AppendClientHello(nil, &o)
		}, iana.AlertMissingExtension},
		{"inner", nil, func(msg []byte, m *wire.ClientHello) []byte {
			return wire.AppendClientHello(nil, m)
		}, iana.AlertIllegalParameter},
		{"malformed", nil, func(msg []byte, m *wire.ClientHello) []byte {
			o := *m
			o.ECH = []byte{0, 1}
			return wire.AppendClientHello(nil, &o)
		}, iana.AlertDecodeError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newECHScript(t, key, NewServer(cfg, Params{}))
			m := s.inner()
			shares := m.KeyShares
			m.KeyShares = nil
			s.record(iana.ContentHandshake, s.outerOf(m, s.encode(m), nil))
			first := s.transcript.Sum(nil)
			s.transcript.Reset()
			s.transcript.Write(append([]byte{byte(iana.TypeMessageHash), 0, 0, 32}, first...))
			s.run()
			var hrr wire.ServerHello
			if err := wire.ParseServerHello(&hrr, s.mustRecv(iana.TypeServerHello), m.Set); err != nil || !hrr.Retry || len(hrr.ECHConfirmation) != 8 {
				t.Fatalf("%+v, %v", hrr, err)
			}
			m.KeyShares = shares[1:]
			msg := s.outerOf(m, s.encode(m), tt.change)
			if tt.damage != nil {
				msg = tt.damage(msg, m)
			}
			s.record(iana.ContentHandshake, msg)
			if tt.alert != 0 {
				s.wantAlert(tt.alert)
				return
			}
			s.run()
			if err := wire.ParseServerHello(&s.server, s.mustRecv(iana.TypeServerHello), m.Set); err != nil {
				t.Fatal(err)
			}
			s.handshakeKeys(s.server.KeyShare.Data, nil)
			s.mustRecv(iana.TypeEncryptedExtensions)
			if s.engine.ECH() != ECHAccepted || s.engine.ServerName() != hiddenName {
				t.Errorf("%v %q", s.engine.ECH(), s.engine.ServerName())
			}
		})
	}
}

// open takes the client's hello as its server and goes over to the inner one.
func (s *echScript) open() *wire.ServerHello {
	s.t.Helper()
	sh := s.serverHello()
	s.toInner()
	return sh
}

func (s *echScript) toInner() {
	s.t.Helper()
	var x wire.ECHClientHello
	if err := wire.ParseECH(&x, s.hello.ECH); err != nil {
		s.t.Fatal(err)
	}
	aad, _ := wire.ECHOuterAAD(s.hello.Raw)
	var content []byte
	if s.opener == nil {
		content, s.opener, _ = s.ring.Open(x.ConfigID, ech.Suite{KDF: x.KDF, AEAD: x.AEAD}, x.Enc, aad, x.Payload)
	} else {
		content, _ = s.opener.Open(aad, x.Payload)
	}
	msg, err := wire.DecodeClientHelloInner(content, s.hello)
	if err != nil {
		s.t.Fatal(err)
	}
	s.hello = new(wire.ClientHello)
	if err := wire.ParseClientHello(s.hello, msg); err != nil {
		s.t.Fatal(err)
	}
}

// confirm puts the confirmation into sh, whose transcript begins with before.
func (s *echScript) confirm(sh *wire.ServerHello, before []byte) {
	place, label := sh.Random[24:], "ech accept confirmation"
	if sh.Retry {
		sh.ECHConfirmation = make([]byte, 8)
		place, label = sh.ECHConfirmation, "hrr ech accept confirmation"
	}
	clear(place)
	sum := sha256.Sum256(append(bytes.Clone(before), wire.AppendServerHello(nil, sh)...))
	keys.ECHConfirmation(&s.kdf, place, label, s.hello.Random, sum[:])
}

// extensions goes on to EncryptedExtensions with the transcript begun by before.
func (s *echScript) extensions(sh *wire.ServerHello, before []byte, ee *wire.EncryptedExtensions) {
	s.transcript.Reset()
	s.transcript.Write(before)
	s.send(wire.AppendServerHello(nil, sh))
	for _, share := range s.hello.KeyShares {
		if share.Group == iana.GroupX25519 {
			s.handshakeKeys(share.Data, nil)
		}
	}
	s.send(wire.AppendEncryptedExtensions(nil, ee))
}

// TestECHClientRefusals: servers that answer an encrypted hello wrong in one
// point.
func TestECHClientRefusals(t *testing.T) {
	key := echKey(t, ech.Template{ID: 5})
	list := goECHConfigs(t, key.Config)
	client := func(change func(p *Params)) *Conn {
		p := Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{key.Config}, NoMiddleboxCompat: true}
		if change != nil {
			change(&p)
		}
		return NewClient(configOf(t, nil), p)
	}
	t.Run("accepted, with retry_configs", func(t *testing.T) {
		s := newECHScript(t, key, client(nil))
		sh := s.open()
		s.confirm(sh, s.hello.Raw)
		s.extensions(sh, s.hello.Raw, &wire.EncryptedExtensions{ECHRetryConfigs: list})
		s.wantAlert(iana.AlertUnsupportedExtension)
	})
	for _, who := range []string{"rejected", "grease"} {
		t.Run(who+", malformed retry_configs", func(t *testing.T) {
			s := newECHScript(t, key, client(func(p *Params) {
				if who == "grease" {
					p.ECHConfigs, p.ECHGrease = nil, true
				}
			}))
			sh := s.serverHello()
			s.extensions(sh, s.hello.Raw, &wire.EncryptedExtensions{ECHRetryConfigs: list[:len(list)-1]})
			s.wantAlert(iana.AlertDecodeError)
		})
		for name, tt := range map[string]struct {
			confirmation []byte
			alert        iana.AlertDescription
		}{
			"a confirmation of 7 bytes": {make([]byte, 7), iana.AlertDecodeError},
			"a confirmation of 9 bytes": {make([]byte, 9), iana.AlertDecodeError},
		} {
			t.Run(who+", "+name, func(t *testing.T) {
				s := newECHScript(t, key, client(func(p *Params) {
					if who == "grease" {
						p.ECHConfigs, p.ECHGrease = nil, true
					}
				}))
				sh := s.serverHello()
				sh.Retry, sh.Random, sh.KeyShare, sh.SelectedGroup = true, wire.RetryRandom(), wire.KeyShare{}, iana.GroupSecp384r1
				sh.ECHConfirmation = tt.confirmation
				s.send(wire.AppendServerHello(nil, sh))
				s.wantAlert(tt.alert)
			})
		}
	}
	t.Run("a confirmation nobody asked for", func(t *testing.T) {
		s := newECHScript(t, key, client(func(p *Params) { p.ECHConfigs = nil }))
		sh := s.serverHello()
		sh.Retry, sh.Random, sh.KeyShare, sh.SelectedGroup = true, wire.RetryRandom(), wire.KeyShare{}, iana.GroupSecp384r1
		sh.ECHConfirmation = make([]byte, 8)
		s.send(wire.AppendServerHello(nil, sh))
		s.wantAlert(iana.AlertUnsupportedExtension)
	})
	t.Run("retry_configs nobody asked for", func(t *testing.T) {
		s := newECHScript(t, key, client(func(p *Params) { p.ECHConfigs = nil }))
		s.extensions(s.serverHello(), s.hello.Raw, &wire.EncryptedExtensions{ECHRetryConfigs: list})
		s.wantAlert(iana.AlertUnsupportedExtension)
	})
	t.Run("the extension in a ServerHello", func(t *testing.T) {
		s := newECHScript(t, key, client(nil))
		b := wire.AppendServerHello(nil, s.serverHello())
		b = append(b, 0xfe, 0x0d, 0, 0)
		b[3] += 4
		at := 4 + 2 + 32 + 1 + 2 + 1
		n := int(b[at])<<8 | int(b[at+1])
		b[at], b[at+1] = byte((n+4)>>8), byte(n+4)
		s.send(b)
		s.wantAlert(iana.AlertIllegalParameter)
	})
	t.Run("rejected, with a session", func(t *testing.T) {
		session := &Session{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Ticket: []byte("ticket"), Secret: make([]byte, 32),
			Created: configOf(t, nil).Now().Unix(), Lifetime: 100, ServerName: hiddenName}
		s := newECHScript(t, key, client(func(p *Params) { p.Session = session }))
		sh := s.serverHello()
		if len(s.hello.Identities) != 1 {
			t.Fatal("no GREASE PSK")
		}
		sh.SelectsPSK = true
		s.send(wire.AppendServerHello(nil, sh))
		s.wantAlert(iana.AlertIllegalParameter)
	})
	for _, confirmed := range []bool{true, false} {
		t.Run("accepted by the retry", func(t *testing.T) {
			s := newECHScript(t, key, client(nil))
			sh := s.open()
			random := sh.Random
			share := sh.KeyShare
			sh.Retry, sh.Random, sh.KeyShare, sh.Cookie = true, wire.RetryRandom(), wire.KeyShare{}, []byte("cookie")
			sum := sha256.Sum256(s.hello.Raw)
			before := append([]byte{byte(iana.TypeMessageHash), 0, 0, 32}, sum[:]...)
			s.confirm(sh, before)
			hrr := wire.AppendServerHello(nil, sh)
			s.send(hrr)
			s.run()
			inner1 := s.hello
			s.hello = new(wire.ClientHello)
			if err := wire.ParseClientHello(s.hello, s.mustRecv(iana.TypeClientHello)); err != nil {
				t.Fatal(err)
			}
			s.toInner()
			if !bytes.Equal(s.hello.Random, inner1.Random) || s.hello.ServerName != hiddenName || !bytes.Equal(s.hello.Cookie, []byte("cookie")) || s.engine.ECH() != ECHAccepted {
				t.Fatalf("%+v", s.hello)
			}
			before = slices.Concat(before, hrr, s.hello.Raw)
			*sh = wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Random: random, SessionID: s.hello.SessionID, CipherSuite: iana.TLS_AES_128_GCM_SHA256, KeyShare: share}
			if confirmed {
				s.confirm(sh, before)
				s.extensions(sh, before, &wire.EncryptedExtensions{})
				if s.run(); s.err != nil {
					t.Error(s.err)
				}
				return
			}
			s.send(wire.AppendServerHello(nil, sh))
			s.wantAlert(iana.AlertIllegalParameter)
		})
	}
	t.Run("accepted by the retry, then TLS 1.2", func(t *testing.T) {
		s := newECHScript(t, key, client(nil))
		sh := s.open()
		sh.Retry, sh.Random, sh.KeyShare, sh.SelectedGroup = true, wire.RetryRandom(), wire.KeyShare{}, iana.GroupSecp384r1
		sum := sha256.Sum256(s.hello.Raw)
		s.confirm(sh, append([]byte{byte(iana.TypeMessageHash), 0, 0, 32}, sum[:]...))
		s.send(wire.AppendServerHello(nil, sh), wire.AppendServerHello(nil, &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS12,
			Random: bytes.Repeat([]byte{3}, 32), CipherSuite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, SecureRenegotiation: true}))
		s.wantAlert(iana.AlertIllegalParameter)
	})
}

// TestECHBackend: a server behind another takes the inner hello as it is and
// confirms it.
func TestECHBackend(t *testing.T) {
	key := echKey(t, ech.Template{ID: 5})
	for _, groups := range [][]iana.NamedGroup{allGroups, {iana.GroupSecp521r1}} {
		backend := echServerOf(t, func(s *Settings) { s.Groups = groups })
		s := newECHScript(t, key, NewServer(backend, Params{ECHBackend: true}))
		m := s.inner()
		m.Groups = append(m.Groups, iana.GroupSecp521r1)
		msg := wire.AppendClientHello(nil, m)
		s.send(msg)
		s.run()
		raw := s.mustRecv(iana.TypeServerHello)
		var sh wire.ServerHello
		if err := wire.ParseServerHello(&sh, raw, m.Set); err != nil {
			t.Fatal(err)
		}
		want := sh
		want.Random = bytes.Clone(sh.Random)
		s.hello = m
		before := msg
		if sh.Retry {
			sum := sha256.Sum256(msg)
			before = append([]byte{byte(iana.TypeMessageHash), 0, 0, 32}, sum[:]...)
		}
		s.confirm(&want, before)
		if !bytes.Equal(want.Random, sh.Random) || !bytes.Equal(want.ECHConfirmation, sh.ECHConfirmation) || s.engine.ECH() != ECHAccepted || s.engine.ServerName() != hiddenName {
			t.Errorf("%x %x, want %x %x", sh.Random, sh.ECHConfirmation, want.Random, want.ECHConfirmation)
		}
	}
}
