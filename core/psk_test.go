package core

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// External PSKs (RFC 8446, section 4.2.11; RFC 9258).

func pskOf(identity string, h crypto.Hash) *PSK {
	return &PSK{Identity: []byte(identity), Key: bytes.Repeat([]byte(identity[:1]), 32), Hash: h}
}

// TestPSK: handshakes by PSK alone, without any certificate, in both modes.
func TestPSK(t *testing.T) {
	one, two, long := pskOf("one", 0), pskOf("two", crypto.SHA384), pskOf("long", crypto.SHA256)
	long.Identity = bytes.Repeat([]byte("x"), 20000)
	long.Key = []byte("k")
	imported, err := ImportPSK(one, []byte("context"), crypto.SHA384)
	if err != nil {
		t.Fatal(err)
	}
	known := []*PSK{one, two, long, imported}
	for _, tt := range []struct {
		name   string
		offer  []*PSK
		ke     bool
		suites []iana.CipherSuite // of the client
		groups []iana.NamedGroup  // of the server
		want   *PSK
	}{
		{name: "SHA-256, though SHA-384 is preferred", offer: []*PSK{one}, want: one},
		{name: "SHA-384", offer: []*PSK{two}, want: two},
		{name: "the first the server knows", offer: []*PSK{pskOf("unknown", 0), two, one}, want: two},
		{name: "a long identity", offer: []*PSK{long}, want: long},
		{name: "imported", offer: []*PSK{imported}, want: imported},
		{name: "retry", offer: []*PSK{one}, groups: allGroups[4:], want: one},
		{name: "retry, one goes", offer: []*PSK{one, two}, groups: allGroups[4:], want: one},
		{name: "psk_ke allowed, not needed", offer: []*PSK{one}, ke: true, want: one},
		{name: "a hash without a suite", offer: []*PSK{two, one}, suites: []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}, want: one},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, ask := range []Ask{0, AskPSK} {
				if ask != 0 && tt.groups != nil {
					continue
				}
				client := configOf(t, func(s *Settings) {
					s.Ask = AskSession
					if tt.suites != nil {
						s.Suites = tt.suites
					}
				})
				server := configOf(t, func(s *Settings) {
					s.Ask = ask
					if ask == 0 {
						s.PSKs = known
					}
					if tt.groups != nil {
						s.Groups = tt.groups
					}
					s.TicketKeys, _ = NewTicketKeys(nil)
				})
				p := newPair(NewClient(client, only13(Params{PSKs: tt.offer, AllowPSKKE: tt.ke})), NewServer(server, Params{Tickets: 1, AllowPSKKE: tt.ke}))
				p.server.custom = func(c *Conn, w Wait) (bool, error) {
					for _, k := range known {
						if w == WaitPSK && bytes.Equal(k.Identity, c.PSKIdentity()) {
							return true, c.AnswerPSK(k)
						}
					}
					return w == WaitPSK, c.AnswerPSK(nil)
				}
				p.mustHandshake(t)
				if p.client.PSK() != tt.want || p.server.PSK() != tt.want || p.client.Resumed() || p.server.Resumed() || p.server.Credential() != nil {
					t.Fatalf("%v, %v", p.client.PSK(), p.server.PSK())
				}
				if hashOf(p.client.Suite()) != tt.want.hash() || p.client.Group() == 0 {
					t.Errorf("%v, %v", p.client.Suite(), p.client.Group())
				}
				// What has been made by a PSK can be resumed.
				if len(p.client.sessions) != 1 {
					t.Fatalf("%d tickets", len(p.client.sessions))
				}
				client = configOf(t, func(s *Settings) { s.Suites = []iana.CipherSuite{p.client.Suite()} })
				again := newPair(NewClient(client, only13(Params{Session: p.client.sessions[0], PSKs: tt.offer})), NewServer(server, Params{}))
				again.server.custom = p.server.custom
				again.mustHandshake(t)
				if !again.client.Resumed() || again.client.PSK() != nil || again.server.PSK() != nil {
					t.Error("not resumed")
				}
			}
		})
	}
}

// TestPSKWrong: an unknown identity leads to a certificate, a wrong key to the
// end.
func TestPSKWrong(t *testing.T) {
	one := pskOf("one", 0)
	wrong := pskOf("one", 0)
	wrong.Key = []byte("another key, another key")
	run := func(server *Config, client Params, sp Params) (*pair, error, error) {
		p := newPair(NewClient(configOf(t, nil), only13(client)), NewServer(server, sp))
		cerr, serr := p.handshake()
		return p, cerr, serr
	}
	with := serverOf(t, func(s *Settings) { s.PSKs = []*PSK{one} })
	p, cerr, serr := run(with, Params{PSKs: []*PSK{pskOf("two", 0)}}, Params{})
	if cerr != nil || serr != nil || p.client.PSK() != nil || len(p.client.PeerChain()) == 0 {
		t.Error(cerr, serr)
	}
	_, cerr, serr = run(with, Params{PSKs: []*PSK{wrong}}, Params{})
	wantKind(t, serr, KindBadBinder)
	if cerr != AlertError(iana.AlertDecryptError) {
		t.Error(cerr)
	}
	imported, err := ImportPSK(one, nil, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	// An imported key is no plain one: its binder has another label.
	plain := *imported
	plain.Imported = false
	_, _, serr = run(serverOf(t, func(s *Settings) { s.PSKs = []*PSK{&plain} }), Params{PSKs: []*PSK{imported}}, Params{})
	wantKind(t, serr, KindBadBinder)
	// Nothing to show.
	_, cerr, serr = run(configOf(t, nil), Params{PSKs: []*PSK{one}}, Params{})
	wantKind(t, serr, KindNoCredential)
	if cerr != AlertError(iana.AlertHandshakeFailure) {
		t.Error(cerr)
	}
	// A certificate is required of the client, which goes with no PSK.
	_, _, serr = run(with, Params{PSKs: []*PSK{one}}, Params{ClientAuth: RequireClientCert})
	wantKind(t, serr, KindCertificateRequired)
	// The client's own mistake.
	_, cerr, _ = run(with, Params{PSKs: []*PSK{{Identity: []byte("x")}}}, Params{})
	wantKind(t, cerr, KindInternal)
	for name, list := range map[string][]*PSK{"no key": {{Identity: []byte("x")}}, "no identity": {{Key: []byte("x")}},
		"nil": {nil}, "twice": {one, wrong}, "hash": {pskOf("x", crypto.SHA512)}, "identity": {{Identity: make([]byte, 1<<16), Key: []byte("x")}}} {
		if _, err := NewConfig(Settings{Now: configOf(t, nil).Now, PSKs: list}); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPSKAsked: both owners answer later; a wrong answer ends the handshake.
func TestPSKAsked(t *testing.T) {
	one := pskOf("one", 0)
	cfg := configOf(t, func(s *Settings) { s.Ask = AskPSK })
	for _, answer := range []*PSK{one, {Identity: []byte("no key")}} {
		p := newPair(NewClient(cfg, only13(Params{})), NewServer(cfg, Params{}))
		for _, e := range []*end{p.client, p.server} {
			for range 2 {
				if w, err := e.advance(&p.toServer, &p.toServer, e.Handshake); w != WaitPSK || err == nil {
					t.Fatal(w, err)
				}
			}
			if e == p.server && string(e.PSKIdentity()) != "one" {
				t.Errorf("identity %q", e.PSKIdentity())
			}
			if e == p.server {
				if err := e.AnswerPSK(answer); (err == nil) != (answer == one) {
					t.Fatal(err)
				}
				break
			}
			if err := e.AnswerPSK(one); err != nil {
				t.Fatal(err)
			}
			if err := e.AnswerPSK(one); err != ErrNoQuestion {
				t.Fatalf("twice: %v", err)
			}
			if w, err := e.advance(&p.toServer, &p.toClient, e.Handshake); w != WaitRead || err != nil {
				t.Fatal(w, err)
			}
		}
		if answer != one {
			wantKind(t, p.server.Err(), KindInternal)
			continue
		}
		p.mustHandshake(t)
		if p.client.PSK() != one || p.server.PSK() != one {
			t.Error("no PSK")
		}
	}
	// Not asked for TLS 1.2.
	p := newPair(NewClient(cfg, only12(Params{})), NewServer(serverOf(t, nil), Params{}))
	p.mustHandshake(t)
}

// TestPSKEarlyData: early data under an external PSK is the owner's to accept.
func TestPSKEarlyData(t *testing.T) {
	k := pskOf("one", 0)
	k.MaxEarlyData, k.Suite = 100, iana.TLS_AES_128_GCM_SHA256
	for _, ask := range []Ask{0, AskEarlyData} {
		server := configOf(t, func(s *Settings) {
			s.PSKs, s.Ask = []*PSK{k}, ask
			s.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}
			s.AntiReplay = NewStrikeRegister(1, s.Now())
		})
		p := newPair(NewClient(configOf(t, nil), Params{PSKs: []*PSK{k}}), NewServer(server, Params{MaxEarlyData: 50}))
		p.server.custom = func(c *Conn, w Wait) (bool, error) { return w == WaitEarlyAccept, c.AnswerEarlyData(true) }
		if err := p.writeEarly(p.client, []byte("early")); err != nil {
			t.Fatal(err)
		}
		got, _, err := p.readEarly()
		if err != nil || (string(got) == "early") != (ask != 0) {
			t.Fatalf("%q, %v", got, err)
		}
		p.mustHandshake(t)
		if want := map[Ask]EarlyStatus{0: EarlyRejected, AskEarlyData: EarlyAccepted}[ask]; p.client.EarlyStatus() != want || p.client.PSK() != k {
			t.Errorf("%v", p.client.EarlyStatus())
		}
	}
}

// TestPSKKE: psk_ke, only where both say so.
func TestPSKKE(t *testing.T) {
	one := pskOf("one", 0)
	for _, allowed := range []bool{false, true} {
		for _, known := range []bool{false, true} {
			s := newScript(t, NewServer(serverOf(t, func(s *Settings) {
				if known {
					s.PSKs = []*PSK{one}
				}
			}), Params{AllowPSKKE: allowed}))
			m := s.clientHello()
			m.PSKModes = []byte{wire.PSKModeKE}
			m.OffersKeyShares, m.KeyShares, m.Groups = false, nil, nil
			m.Identities = []wire.PSKIdentity{{Identity: one.Identity}}
			m.Binders = [][]byte{make([]byte, 32)}
			raw := wire.AppendClientHello(nil, m)
			sum := sha256.Sum256(raw[:len(raw)-m.BindersLen()])
			c := &Conn{cfg: configOf(t, nil), hs: new(handshake)}
			m.Binders[0] = c.binder(nil, presharedKey{psk: one}, sum[:])
			m.PatchBinders(raw)
			s.send(raw)
			if !allowed || !known {
				s.wantAlert(iana.AlertMissingExtension)
				continue
			}
			s.run()
			if s.err != nil {
				t.Fatal(s.err)
			}
			if err := wire.ParseServerHello(&s.server, s.mustRecv(iana.TypeServerHello), m.Set.With(iana.ExtKeyShare)); err != nil {
				t.Fatal(err)
			}
			if s.server.Has(iana.ExtKeyShare) || !s.server.SelectsPSK || s.engine.PSK() != one || s.engine.Group() != 0 {
				t.Errorf("%+v", s.server)
			}
		}
	}
	// With a group in common there is an exchange, without one only where allowed;
	// and if the PSK is not known after all, no group is no group.
	for _, tt := range []struct {
		groups  []iana.NamedGroup
		allowed bool
		known   bool
		fails   bool
	}{
		{allGroups[1:2], true, true, false},
		{allGroups[4:], true, true, false},
		{allGroups[4:], false, true, true},
		{allGroups[4:], true, false, true},
	} {
		server := serverOf(t, func(s *Settings) {
			s.Groups = tt.groups
			if tt.known {
				s.PSKs = []*PSK{one}
			}
		})
		client := configOf(t, func(s *Settings) { s.Groups = allGroups[1:2] })
		p := newPair(NewClient(client, only13(Params{PSKs: []*PSK{one}, AllowPSKKE: true})), NewServer(server, Params{AllowPSKKE: tt.allowed}))
		if tt.fails {
			_, serr := p.handshake()
			wantKind(t, serr, KindNoSharedGroup)
			continue
		}
		p.mustHandshake(t)
		if (p.server.Group() == 0) != (tt.groups[0] != iana.GroupX25519) || p.client.Group() != p.server.Group() || p.client.PSK() != one {
			t.Errorf("%+v: group %v", tt, p.server.Group())
		}
	}
	// A client's side of it: the answer without a share.
	for _, allowed := range []bool{false, true} {
		s := newScript(t, NewClient(configOf(t, nil), only13(Params{PSKs: []*PSK{one}, AllowPSKKE: allowed})))
		m := s.serverHello()
		if want := []byte{wire.PSKModeDHEKE, wire.PSKModeKE}; allowed != bytes.Equal(s.hello.PSKModes, want) {
			t.Errorf("modes %v", s.hello.PSKModes)
		}
		m.KeyShare, m.SelectsPSK = wire.KeyShare{}, true
		s.send(wire.AppendServerHello(nil, m))
		if !allowed {
			s.wantAlert(iana.AlertMissingExtension)
			continue
		}
		if s.run(); s.err != nil || s.engine.PSK() != one || s.engine.Group() != 0 {
			t.Errorf("%v", s.err)
		}
	}
}

// TestPSKSelected: servers that select what was not offered, or does not fit.
func TestPSKSelected(t *testing.T) {
	for _, tt := range []struct {
		name  string
		index uint16
		suite iana.CipherSuite
		want  iana.AlertDescription
	}{
		{"none such", 2, iana.TLS_AES_128_GCM_SHA256, iana.AlertIllegalParameter},
		{"another hash", 1, iana.TLS_AES_128_GCM_SHA256, iana.AlertIllegalParameter},
	} {
		s := newScript(t, NewClient(configOf(t, nil), only13(Params{PSKs: []*PSK{pskOf("one", 0), pskOf("two", crypto.SHA384)}})))
		m := s.serverHello()
		if len(s.hello.Identities) != 2 || s.hello.Identities[0].ObfuscatedAge != 0 || len(s.hello.Binders[1]) != 48 {
			t.Fatalf("%+v", s.hello.Identities)
		}
		m.SelectsPSK, m.SelectedPSK, m.CipherSuite = true, tt.index, tt.suite
		s.send(wire.AppendServerHello(nil, m))
		s.wantAlert(tt.want)
	}
}

// TestImportPSK compares with HKDF of the standard library; the RFC has no
// vectors.
func TestImportPSK(t *testing.T) {
	for _, own := range []crypto.Hash{0, crypto.SHA384} {
		for target, kdf := range map[crypto.Hash]byte{crypto.SHA256: 1, crypto.SHA384: 2} {
			p, err := ImportPSK(pskOf("one", own), []byte("context"), target)
			if err != nil {
				t.Fatal(err)
			}
			id := append([]byte("\x00\x03one\x00\x07context\x03\x04\x00"), kdf)
			if !bytes.Equal(p.Identity, id) || p.hash() != target || !p.Imported {
				t.Errorf("%+v", p)
			}
			newHash := func() hash.Hash { return sha256.New() }
			if own == crypto.SHA384 {
				newHash = sha512.New384
			}
			h := newHash()
			h.Write(id)
			label := append([]byte{0, byte(target.Size()), 17}, "tls13 derived psk"...)
			label = append(append(label, byte(h.Size())), h.Sum(nil)...)
			prk, err := hkdf.Extract(newHash, pskOf("one", own).Key, make([]byte, h.Size()))
			if err != nil {
				t.Fatal(err)
			}
			want, err := hkdf.Expand(newHash, prk, string(label), target.Size())
			if err != nil || !bytes.Equal(p.Key, want) {
				t.Errorf("%x, want %x, %v", p.Key, want, err)
			}
			if _, err := ImportPSK(p, nil, target); err != ErrPSK {
				t.Errorf("imported twice: %v", err)
			}
		}
	}
	for name, f := range map[string]func() (*PSK, error){
		"hash":    func() (*PSK, error) { return ImportPSK(pskOf("one", 0), nil, crypto.SHA512) },
		"nil":     func() (*PSK, error) { return ImportPSK(nil, nil, crypto.SHA256) },
		"context": func() (*PSK, error) { return ImportPSK(pskOf("one", 0), make([]byte, 1<<16), crypto.SHA256) },
		"both":    func() (*PSK, error) { return ImportPSK(pskOf("one", 0), make([]byte, 1<<16-8), crypto.SHA256) },
	} {
		if _, err := f(); err != ErrPSK {
			t.Errorf("%s: %v", name, err)
		}
	}
}
