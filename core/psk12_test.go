package core

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// The suites of TLS 1.2 with a PSK (RFC 5489, RFC 7905, RFC 8442).

func psk12Of(identity string) *PSK {
	return &PSK{Version: iana.VersionTLS12, Identity: []byte(identity), Key: []byte("the key of " + identity)}
}

func pskSuites() (list []iana.CipherSuite) {
	for _, id := range suite.Default() {
		if suite.Lookup(id).Auth == suite.AuthPSK {
			list = append(list, id)
		}
	}
	return list
}

// TestPSK12: full and resumed handshakes by each suite, known and asked for, without any certificate.
func TestPSK12(t *testing.T) {
	one, two, empty := psk12Of("one"), psk12Of("two"), psk12Of("")
	if len(pskSuites()) != 3 {
		t.Fatal(pskSuites())
	}
	for _, tt := range []struct {
		name     string
		ask      Ask
		hint     string
		psk      *PSK
		stateful bool
		noEMS    bool
		versions func(Params) Params
	}{
		{name: "known", psk: one, versions: only12},
		{name: "asked for", psk: two, ask: AskPSK, hint: "two", versions: only12},
		{name: "by ID", psk: one, stateful: true, versions: only12},
		{name: "an empty identity, and hint", psk: empty, ask: AskPSK, versions: only12},
		{name: "no extended_master_secret", psk: one, noEMS: true, versions: only12},
		{name: "the longest identity and hint", psk: psk12Of(strings.Repeat("i", 256)), ask: AskPSK, hint: strings.Repeat("h", 256), versions: only12},
	} {
		for _, id := range pskSuites() {
			t.Run(tt.name+"/"+id.String(), func(t *testing.T) {
				var store Session
				client := configOf(t, func(s *Settings) { s.Ask, s.Suites = tt.ask|AskSession, []iana.CipherSuite{id} })
				server := configOf(t, func(s *Settings) {
					s.Ask, s.Suites = tt.ask, append(suite.Default()[:3], id)
					if tt.ask == 0 {
						s.PSKs = []*PSK{pskOf("one", 0), one, two}
					}
					if tt.stateful {
						s.Ask |= AskSession
					} else {
						s.TicketKeys, _ = NewTicketKeys(nil)
					}
				})
				cp, sp := tt.versions(Params{NoEMS: tt.noEMS, PSKSuites: tt.ask != 0}), tt.versions(Params{PSKSuites: tt.ask != 0, PSKIdentityHint: []byte(tt.hint)})
				if tt.ask == 0 {
					cp.PSKs = []*PSK{pskOf("one", 0), tt.psk, psk12Of("other")}
				}
				sp.NoTickets = tt.stateful
				run := func(session *Session) *pair {
					cp.Session = session
					p := newPair(NewClient(client, cp), NewServer(server, sp))
					p.client.custom = func(c *Conn, w Wait) (bool, error) {
						if w != WaitPSK {
							return false, nil
						}
						if string(c.PSKIdentityHint()) != tt.hint || c.Version() != iana.VersionTLS12 {
							t.Errorf("the hint is %q", c.PSKIdentityHint())
						}
						return true, c.AnswerPSK(tt.psk)
					}
					p.server.custom = func(c *Conn, w Wait) (bool, error) {
						switch w {
						case WaitPSK:
							if !bytes.Equal(c.PSKIdentity(), tt.psk.Identity) || c.PSKHash() != suite.Lookup(id).Hash {
								t.Errorf("%q, %v", c.PSKIdentity(), c.PSKHash())
							}
							return true, c.AnswerPSK(tt.psk)
						case WaitSessionLookup:
							return true, c.AnswerSession(&store)
						case WaitSessionStore:
							store = *c.NewSession()
							return true, c.AnswerStored(true)
						}
						return false, nil
					}
					p.mustHandshake(t)
					for _, e := range []*end{p.client, p.server} {
						if e.Suite() != id || len(e.PeerChain()) != 0 || e.Credential() != nil || !bytes.Equal(e.Session().PSKIdentity, tt.psk.Identity) || e.EMS() == tt.noEMS {
							t.Errorf("%v, %q", e.Suite(), e.Session().PSKIdentity)
						}
						if full := session == nil; e.Resumed() == full || (e.PSK() == tt.psk) != full || e.Group() == 0 {
							t.Errorf("resumed %v, %+v, %v", e.Resumed(), e.PSK(), e.Group())
						}
						if slices.Contains(e.asked, WaitVerify) || slices.Contains(e.asked, WaitSign) {
							t.Errorf("asked %v", e.asked)
						}
					}
					return p
				}
				p := run(nil)
				if len(p.client.sessions) != 1 {
					t.Fatalf("%d sessions", len(p.client.sessions))
				}
				b, err := p.client.sessions[0].AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				kept, err := DecodeSession(b)
				if err != nil || !bytes.Equal(kept.PSKIdentity, tt.psk.Identity) {
					t.Fatal(err)
				}
				run(kept)
			})
		}
	}
}

// TestPSK12Unused: without a PSK of TLS 1.2 nobody speaks the suites, and one beside a
// certificate is used where its suite is chosen.
func TestPSK12Unused(t *testing.T) {
	psk := psk12Of("one")
	only := configOf(t, func(s *Settings) { s.Suites = pskSuites() })
	_, err := NewClient(only, only12(Params{PSKs: []*PSK{pskOf("one", 0)}})).Handshake()
	wantKind(t, err, KindNoCiphersAvailable)
	_, err = NewClient(only, only12(Params{PSKSuites: true})).Handshake() // nobody is asked
	wantKind(t, err, KindNoCiphersAvailable)

	run := func(client, server Params, change func(s *Settings)) (*pair, error, error) {
		p := newPair(NewClient(configOf(t, nil), client), NewServer(serverOf(t, change), server))
		cerr, serr := p.handshake()
		return p, cerr, serr
	}
	known := func(s *Settings) { s.PSKs = []*PSK{psk} }
	pskFirst := func(s *Settings) { s.PSKs, s.Suites = []*PSK{psk}, append(pskSuites(), suite.Default()[:9]...) }
	p, cerr, serr := run(only12(Params{}), only12(Params{PreferServer: true}), pskFirst)
	if cerr != nil || serr != nil || p.client.PSK() != nil || slices.ContainsFunc(pskSuites(), p.server.hello(t).OffersSuite) {
		t.Error("a client without a PSK", cerr, serr)
	}
	if p, cerr, serr = run(only12(Params{PSKs: []*PSK{psk}}), only12(Params{PreferServer: true}), nil); cerr != nil || serr != nil || p.server.PSK() != nil {
		t.Error("a server without", cerr, serr)
	}
	if p, cerr, serr = run(only12(Params{PSKs: []*PSK{psk}}), only12(Params{PreferServer: true}), known); cerr != nil || serr != nil || p.server.PSK() != nil {
		t.Error("certificates are preferred", cerr, serr)
	}
	if p, cerr, serr = run(only12(Params{PSKs: []*PSK{psk}}), only12(Params{PreferServer: true}), pskFirst); cerr != nil || serr != nil || p.server.PSK() != psk || p.server.Credential() != nil {
		t.Error("PSKs are preferred", cerr, serr)
	}
	// With TLS 1.3 a PSK of TLS 1.2 is not used.
	if p, cerr, serr = run(Params{PSKs: []*PSK{psk}}, Params{PreferServer: true}, pskFirst); cerr != nil || serr != nil || p.server.PSK() != nil || p.server.Version() != iana.VersionTLS13 {
		t.Error("TLS 1.3", cerr, serr)
	}
	// A client certificate is neither asked for nor, unless allowed, replaced.
	for _, allowed := range []bool{false, true} {
		server := only12(Params{PreferServer: true, ClientAuth: RequireClientCert, PSKForCertificate: allowed})
		p, _, serr = run(only12(Params{PSKs: []*PSK{psk}}), server, pskFirst)
		if used := serr == nil && p.server.PSK() == psk; used != allowed {
			t.Errorf("allowed %v: %v", allowed, serr)
		}
		if !allowed {
			wantKind(t, serr, KindNoPeerCertificate)
		}
	}
	server := only12(Params{PreferServer: true, ClientAuth: RequestClientCert})
	if p, cerr, serr = run(only12(Params{PSKs: []*PSK{psk}}), server, pskFirst); cerr != nil || serr != nil || p.server.PSK() != psk {
		t.Error("a certificate that is not required", cerr, serr)
	}
	// Raw public keys, of which the server has none, are not needed.
	raw := configOf(t, func(s *Settings) {
		s.PSKs, s.ServerCertTypes = []*PSK{psk}, []iana.CertificateType{iana.CertTypeRawPublicKey}
	})
	p = newPair(NewClient(configOf(t, nil), only12(Params{PSKs: []*PSK{psk}})), NewServer(raw, only12(Params{})))
	p.mustHandshake(t)
	p = newPair(NewClient(configOf(t, nil), only12(Params{})), NewServer(raw, only12(Params{})))
	_, serr = p.handshake()
	wantKind(t, serr, KindUnsupportedCertType)
}

// hello is what the client has sent.
func (e *end) hello(t *testing.T) *wire.ClientHello {
	t.Helper()
	m := new(wire.ClientHello)
	if err := wire.ParseClientHello(m, e.first); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPSK12Wrong: what is unknown, wrong or cannot be used.
func TestPSK12Wrong(t *testing.T) {
	one := psk12Of("one")
	wrong := psk12Of("one")
	wrong.Key = []byte("another key")
	give := func(k *PSK) func(c *Conn, w Wait) (bool, error) {
		return func(c *Conn, w Wait) (bool, error) {
			if w == WaitPSK {
				_ = c.AnswerPSK(k) // what ends the connection is seen when it goes on
			}
			return w == WaitPSK, nil
		}
	}
	run := func(client, server *PSK, ask Ask) (cerr, serr error) {
		cfg := configOf(t, func(s *Settings) {
			s.Ask = ask
			if ask == 0 {
				s.PSKs = []*PSK{one}
			}
		})
		cc := configOf(t, func(s *Settings) { s.Ask = ask })
		cp := Params{PSKSuites: true}
		if ask == 0 {
			cp.PSKs = []*PSK{client}
		}
		p := newPair(NewClient(cc, only12(cp)), NewServer(cfg, only12(Params{PSKSuites: true})))
		p.client.custom = give(client)
		p.server.custom = give(server)
		return p.handshake()
	}
	cerr, serr := run(psk12Of("two"), nil, 0)
	wantKind(t, serr, KindUnknownPSK)
	if cerr != AlertError(iana.AlertUnknownPSKIdentity) {
		t.Error(cerr)
	}
	cerr, serr = run(psk12Of("two"), nil, AskPSK)
	wantKind(t, serr, KindUnknownPSK)
	if cerr != AlertError(iana.AlertUnknownPSKIdentity) {
		t.Error(cerr)
	}
	if cerr, serr = run(wrong, nil, 0); cerr != AlertError(iana.AlertBadRecordMAC) {
		t.Error(cerr, serr)
	}
	wantKind(t, serr, KindBadRecordMAC)
	cerr, serr = run(nil, nil, AskPSK)
	wantKind(t, cerr, KindNoPSK)
	if serr != AlertError(iana.AlertHandshakeFailure) {
		t.Error(serr)
	}
	if _, serr = run(one, one, AskPSK); serr != nil {
		t.Error(serr)
	}
	for name, change := range map[string]func(p *PSK){
		"a long identity": func(p *PSK) { p.Identity = make([]byte, 257) },
		"no key":          func(p *PSK) { p.Key = nil },
		"a long key":      func(p *PSK) { p.Key = make([]byte, 1<<16) },
		"a hash":          func(p *PSK) { p.Hash = crypto.SHA256 },
		"imported":        func(p *PSK) { p.Imported = true },
		"another version": func(p *PSK) { p.Version = iana.VersionTLS13 },
		"an old version":  func(p *PSK) { p.Version = iana.VersionTLS11 },
	} {
		bad := psk12Of("one")
		change(bad)
		cerr, _ := run(bad, bad, AskPSK)
		wantKind(t, cerr, KindInternal)
		_, serr := run(one, bad, AskPSK)
		wantKind(t, serr, KindInternal)
		if _, err := NewConfig(Settings{Now: configOf(t, nil).Now, PSKs: []*PSK{bad}}); (err == nil) != (name == "another version") {
			t.Error(name, err)
		}
		if name != "another version" {
			_, err := NewClient(configOf(t, nil), Params{PSKs: []*PSK{bad}}).Handshake()
			wantKind(t, err, KindInternal)
		}
	}
	if _, serr = run(one, psk12Of("two"), AskPSK); serr == nil {
		t.Error("the key of another identity")
	}
	wantKind(t, serr, KindInternal)
	if _, err := NewConfig(Settings{Now: configOf(t, nil).Now, PSKs: []*PSK{one, psk12Of("one")}}); err == nil {
		t.Error("an identity twice")
	}
}

// script12PSK is a script that speaks a suite with the PSK, before a client or a server.
func script12PSK(t *testing.T, client bool, p Params) *script12 {
	psk := psk12Of("one")
	var c *Conn
	if client {
		p.ServerName, p.PSKs = "example.org", []*PSK{psk}
		c = NewClient(configOf(t, nil), only12(p))
	} else {
		c = NewServer(serverOf(t, func(s *Settings) { s.PSKs = []*PSK{psk} }), only12(p))
	}
	s := newScript12(t, c)
	s.psk, s.suite = psk, suite.Lookup(iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256)
	return s
}

func (s *script12) pskExchange(change func(m *wire.ServerKeyExchangePSK)) []byte {
	m := wire.ServerKeyExchangePSK{Hint: []byte("hint"), Group: iana.GroupX25519, Public: s.private.Share()}
	if change != nil {
		change(&m)
	}
	return wire.AppendServerKeyExchangePSK(nil, &m)
}

func TestPSK12Order(t *testing.T) {
	toExchange := func(t *testing.T) *script12 {
		s := script12PSK(t, true, Params{})
		s.sendHello(s.answer())
		return s
	}
	toDone := func(t *testing.T) *script12 {
		s := toExchange(t)
		s.send(s.pskExchange(nil))
		return s
	}
	t.Run("client", func(t *testing.T) {
		order12(t, []moment12{
			{"server key exchange", toExchange, []iana.HandshakeType{iana.TypeServerKeyExchange}},
			{"server hello done", toDone, []iana.HandshakeType{iana.TypeServerHelloDone}},
			{"change_cipher_spec", func(t *testing.T) *script12 {
				s := toDone(t)
				s.send(s.done12())
				s.run()
				var err error
				if _, s.public, err = wire.ParseClientKeyExchangePSK(s.must(iana.TypeClientKeyExchange)); err != nil {
					t.Fatal(err)
				}
				s.keys(s.hello.Random, s.hello12.Random)
				return s
			}, []iana.HandshakeType{ccsMark}},
		})
	})
	toKey := func(t *testing.T) *script12 {
		s := script12PSK(t, false, Params{ClientAuth: RequestClientCert})
		if types := s.toFlight12(s.hello2()); len(types) != 2 {
			t.Fatal(types)
		}
		return s
	}
	t.Run("server", func(t *testing.T) {
		order12(t, []moment12{
			{"client key exchange", toKey, []iana.HandshakeType{iana.TypeClientKeyExchange}},
			{"change_cipher_spec", func(t *testing.T) *script12 {
				s := toKey(t)
				s.sendClientKey()
				return s
			}, []iana.HandshakeType{ccsMark}},
		})
	})
}

// TestPSK12Rules: what the peer must not do, with the alert it gets.
func TestPSK12Rules(t *testing.T) {
	exchange := func(change func(m *wire.ServerKeyExchangePSK)) func(s *script12) {
		return func(s *script12) {
			s.sendHello(s.answer())
			s.send(s.pskExchange(change), s.done12())
		}
	}
	key := func(msg []byte) func(s *script12) {
		return func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(msg)
		}
	}
	for _, c := range []struct {
		name   string
		client bool
		do     func(s *script12)
		alert  iana.AlertDescription
		kind   Kind
	}{
		{"a long hint", true, exchange(func(m *wire.ServerKeyExchangePSK) { m.Hint = make([]byte, 257) }), iana.AlertHandshakeFailure, KindPSKHintTooLong},
		{"group not offered", true, exchange(func(m *wire.ServerKeyExchangePSK) { m.Group = 0x0102 }), iana.AlertIllegalParameter, KindBadCurve},
		{"hybrid group", true, exchange(func(m *wire.ServerKeyExchangePSK) { m.Group = iana.GroupX25519MLKEM768 }), iana.AlertIllegalParameter, KindBadCurve},
		{"point of small order", true, exchange(func(m *wire.ServerKeyExchangePSK) { m.Public = make([]byte, 32) }), iana.AlertIllegalParameter, KindBadKeyShare},
		{"a ServerKeyExchange of another suite", true, func(s *script12) {
			s.sendHello(s.answer())
			s.send(s.keyExchange(nil))
		}, iana.AlertDecodeError, KindDecode},
		{"a suite that was not offered", true, func(s *script12) {
			sh := s.answer()
			sh.CipherSuite = 0xccab // TLS_PSK_WITH_CHACHA20_POLY1305_SHA256
			s.sendHello(sh)
		}, iana.AlertIllegalParameter, KindWrongCipher},
		{"a long identity", false, key(wire.AppendClientKeyExchangePSK(nil, make([]byte, 257), make([]byte, 32))), iana.AlertDecodeError, KindPSKIdentityTooLong},
		{"another identity", false, key(wire.AppendClientKeyExchangePSK(nil, []byte("two"), make([]byte, 32))), iana.AlertUnknownPSKIdentity, KindUnknownPSK},
		{"a client's point of small order", false, key(wire.AppendClientKeyExchangePSK(nil, []byte("one"), make([]byte, 32))), iana.AlertIllegalParameter, KindBadKeyShare},
		{"a ClientKeyExchange of another suite", false, key(wire.AppendClientKeyExchange(nil, make([]byte, 32))), iana.AlertDecodeError, KindDecode},
		{"wrong Finished", false, func(s *script12) {
			s.toFlight12(s.hello2())
			s.sendClientKey()
			s.sendCCS()
			s.send(wire.AppendFinished(nil, make([]byte, 12)))
		}, iana.AlertDecryptError, KindBadDigest},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := script12PSK(t, c.client, Params{})
			c.do(s)
			s.wantAlert(c.alert)
			wantKind(t, s.err, c.kind)
		})
	}
}

// TestOpenSSLPSK12: with s_server and s_client, without certificates on our side.
func TestOpenSSLPSK12(t *testing.T) {
	psk := &PSK{Version: iana.VersionTLS12, Identity: []byte("gandalf"), Key: []byte("a wizard is never late, nor early")}
	secret := hex.EncodeToString(psk.Key)
	args := []string{"-tls1_2", "-psk", secret, "-psk_identity", "gandalf"}
	t.Run("server", func(t *testing.T) {
		dial, out := sServer(t, append([]string{"-nocert", "-psk_hint", "the grey one"}, args...)...)
		for _, noEMS := range []bool{false, true} {
			cfg := configOf(t, func(s *Settings) { s.Ask = AskSession })
			p := only12(Params{PSKs: []*PSK{psk}, NoEMS: noEMS})
			e := newEnd(NewClient(cfg, p))
			if err := talkToServer(e, dial()); err != nil || e.PSK() != psk || string(e.PSKIdentityHint()) != "the grey one" || len(e.sessions) != 1 {
				t.Fatalf("%v\n%s", err, out)
			}
			p.Session = e.sessions[0]
			if e = newEnd(NewClient(cfg, p)); talkToServer(e, dial()) != nil || !e.Resumed() {
				t.Errorf("%v\n%s", e.Err(), out)
			}
		}
		for _, p := range []struct {
			identity, key string
			want          iana.AlertDescription
		}{{"gandalf", "wrong", iana.AlertBadRecordMAC}, {"saruman", "wrong", iana.AlertUnknownPSKIdentity}} {
			e := newEnd(NewClient(configOf(t, nil), only12(Params{PSKs: []*PSK{{Version: iana.VersionTLS12, Identity: []byte(p.identity), Key: []byte(p.key)}}})))
			// s_server takes any identity and only says that it is another.
			if err := talkToServer(e, dial()); err != AlertError(iana.AlertBadRecordMAC) && err != AlertError(p.want) {
				t.Errorf("%+v: %v\n%s", p, err, out)
			}
		}
	})
	t.Run("client", func(t *testing.T) {
		ours := newEnd(NewServer(configOf(t, func(s *Settings) { s.PSKs = []*PSK{psk} }), Params{PSKIdentityHint: []byte("the grey one")}))
		out, err := sClient(t, ours, args...)
		for _, want := range []string{"ECDHE-PSK-CHACHA20-POLY1305", "PSK identity: gandalf", "PSK identity hint: the grey one"} {
			if err != nil || ours.PSK() != psk || !strings.Contains(out, want) {
				t.Errorf("%v\n%s", err, out)
			}
		}
		ours = newEnd(NewServer(configOf(t, func(s *Settings) { s.PSKs = []*PSK{psk12Of("saruman")} }), Params{}))
		_, err = sClient(t, ours, args...)
		wantKind(t, err, KindUnknownPSK)
	})
}

// TestGnuTLSPSK12: with GnuTLS's server; its client, gnutls-cli 3.7, crashes before it
// connects when it is given a PSK.
func TestGnuTLSPSK12(t *testing.T) {
	psk := &PSK{Version: iana.VersionTLS12, Identity: []byte("gandalf"), Key: []byte("a wizard is never late, nor early")}
	secret := hex.EncodeToString(psk.Key)
	const priority = "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK"
	file := filepath.Join(t.TempDir(), "psk.txt")
	if err := os.WriteFile(file, []byte("gandalf:"+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dial, out := gnutlsServer(t, "--pskpasswd", file, "--pskhint", "the grey one", priority)
	e := newEnd(NewClient(configOf(t, nil), only12(Params{PSKs: []*PSK{psk}})))
	if err := echo(e, dial(), 100); err != nil || e.Suite() != iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256 || string(e.PSKIdentityHint()) != "the grey one" {
		t.Errorf("%v, %v\n%s", err, e.Suite(), out)
	}
}
