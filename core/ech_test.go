package core

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider/stdlib"
	"patina/core/wire"
)

// The certificate of these tests is for the public name and the one to be hidden.
const (
	hiddenName = "hidden.example.org"
	publicName = "public.example.net"
)

var echIdentity = sync.OnceValue(func() *identity {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{hiddenName, publicName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		panic(err)
	}
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		panic(err)
	}
	return &identity{key, cert, &Credential{Chain: [][]byte{cert}, Schemes: signer.Schemes(), Signer: signer}}
})

// echServerOf is a server with that certificate.
func echServerOf(t testing.TB, change func(s *Settings)) *Config {
	return serverOf(t, func(s *Settings) {
		s.Credentials = []*Credential{echIdentity().cred}
		change(s)
	})
}

// echKey is a configuration with its key.
func echKey(t testing.TB, tmpl ech.Template) ech.Key {
	t.Helper()
	if tmpl.PublicName == "" {
		tmpl.PublicName = publicName
	}
	c, private, err := ech.NewConfig(stdlib.New().HPKE(), tmpl)
	if err != nil {
		t.Fatal(err)
	}
	return ech.Key{Config: c, PrivateKey: private}
}

func echRing(t testing.TB, list ...ech.Key) *ech.Keys {
	t.Helper()
	k, err := ech.NewKeys(stdlib.New().HPKE(), list...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// goECHConfigs is the list a crypto/tls client takes.
func goECHConfigs(t testing.TB, list ...ech.Config) []byte {
	t.Helper()
	b, err := ech.ConfigList(list).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func goECHKey(k ech.Key, retry bool) tls.EncryptedClientHelloKey {
	return tls.EncryptedClientHelloKey{Config: k.Config.Raw, PrivateKey: k.PrivateKey, SendAsRetry: retry}
}

// echTemplates are a configuration of each KEM and AEAD that crypto/tls has.
var echTemplates = map[string]ech.Template{
	"X25519":           {ID: 1, MaxNameLength: 40},
	"ChaCha20Poly1305": {ID: 255, Suites: []ech.Suite{{KDF: iana.KDFHKDFSHA256, AEAD: iana.AEADChaCha20Poly1305}}},
	"AES256":           {ID: 2, Suites: []ech.Suite{{KDF: iana.KDFHKDFSHA256, AEAD: iana.AEADAES256GCM}}},
}

// TestECHGoServer: our client with crypto/tls's server, with and without a
// HelloRetryRequest, new and resumed.
func TestECHGoServer(t *testing.T) {
	for name, tmpl := range echTemplates {
		for _, retry := range []bool{false, true} {
			key := echKey(t, tmpl)
			peer := &tls.Config{Certificates: []tls.Certificate{goCertificate(echIdentity())}, MinVersion: tls.VersionTLS13,
				EncryptedClientHelloKeys: []tls.EncryptedClientHelloKey{goECHKey(key, true)}, NextProtos: []string{"h2"}}
			if retry {
				peer.CurvePreferences = []tls.CurveID{tls.CurveP384}
			}
			cfg := configOf(t, func(s *Settings) { s.Ask, s.ALPN = AskSession, []string{"h2"} })
			p := Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{key.Config}}
			for i := range 2 {
				ours := newEnd(NewClient(cfg, p))
				st, err := withGo(t, ours, peer)
				if err != nil {
					t.Fatalf("%s, retry %v, %d: %v", name, retry, i, err)
				}
				if !st.ECHAccepted || ours.ECH() != ECHAccepted || st.ServerName != hiddenName || ours.ServerName() != hiddenName ||
					ours.Resumed() != (i == 1) || ours.ALPN() != "h2" || slices.Contains(ours.messages, "<hello_retry_request") {
					t.Errorf("%s, retry %v, %d: %v %v %q resumed %v", name, retry, i, st.ECHAccepted, ours.ECH(), st.ServerName, ours.Resumed())
				}
				if retry && ours.Group() != iana.GroupSecp384r1 {
					t.Errorf("%v", ours.Group())
				}
				if len(ours.sessions) == 0 {
					t.Fatal("no session")
				}
				p.Session = ours.sessions[0]
			}
		}
	}
}

// TestECHGoClient: crypto/tls's client with our server.
func TestECHGoClient(t *testing.T) {
	tickets, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(echIdentity().cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(cert)
	for name, tmpl := range echTemplates {
		for _, retry := range []bool{false, true} {
			key := echKey(t, tmpl)
			other := echKey(t, ech.Template{ID: tmpl.ID})
			server := echServerOf(t, func(s *Settings) {
				s.ECHKeys, s.TicketKeys, s.Ask, s.ALPN = echRing(t, other, key), tickets, AskClientHello, []string{"h2"}
				if retry {
					s.Groups = []iana.NamedGroup{iana.GroupSecp384r1}
				}
			})
			peer := &tls.Config{RootCAs: roots, ServerName: hiddenName, EncryptedClientHelloConfigList: goECHConfigs(t, key.Config), MinVersion: tls.VersionTLS13,
				ClientSessionCache: tls.NewLRUClientSessionCache(1), NextProtos: []string{"h2"}}
			for i := range 2 {
				ours := newEnd(NewServer(server, Params{Tickets: 1}))
				var inner, outer string
				ours.custom = func(c *Conn, w Wait) (bool, error) {
					if w == WaitClientHello {
						inner, outer = c.ClientHello().ServerName, c.ECHOuter().ServerName
					}
					return false, nil
				}
				st, err := withGo(t, ours, peer)
				if err != nil {
					t.Fatalf("%s, retry %v, %d: %v", name, retry, i, err)
				}
				if !st.ECHAccepted || ours.ECH() != ECHAccepted || ours.ServerName() != hiddenName || inner != hiddenName || outer != publicName || st.DidResume != (i == 1) || ours.ECHOuter() != nil {
					t.Errorf("%s, retry %v, %d: %v %v %q %q %q resumed %v", name, retry, i, st.ECHAccepted, ours.ECH(), ours.ServerName(), inner, outer, st.DidResume)
				}
			}
		}
	}
}

// TestECHGoRejects: crypto/tls's server has another key; our client learns the
// right one, verified for the public name, and never completes.
func TestECHGoRejects(t *testing.T) {
	key, old := echKey(t, ech.Template{ID: 1}), echKey(t, ech.Template{ID: 1})
	for _, tt := range []struct {
		name  string
		peer  func(c *tls.Config)
		retry bool
	}{
		{"other key", func(c *tls.Config) { c.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{goECHKey(key, true)} }, true},
		{"after a retry", func(c *tls.Config) {
			c.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{goECHKey(key, true)}
			c.CurvePreferences = []tls.CurveID{tls.CurveP384}
		}, true},
		{"no ECH", func(c *tls.Config) {}, false},
		{"no ECH, after a retry", func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP384} }, false},
		{"TLS 1.2", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, false},
		{"client certificate", func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }, false},
		{"client certificate in TLS 1.2", func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequestClientCert, tls.VersionTLS12 }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			peer := &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				got = h.ServerName
				cert := goCertificate(echIdentity())
				return &cert, nil
			}}
			tt.peer(peer)
			cfg := configOf(t, func(s *Settings) { s.Ask = AskSession | AskCertificate })
			session := &Session{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ID: []byte("id"), Secret: make([]byte, 48), Created: cfg.Now().Unix(), Lifetime: 100}
			ours := newEnd(NewClient(cfg, Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{old.Config}, Session: session}))
			verified := ""
			ours.custom = func(c *Conn, w Wait) (bool, error) {
				if w == WaitVerify {
					verified = c.ServerName()
				}
				return false, nil
			}
			_, err := withGo(t, ours, peer)
			var rejected *ECHRejectedError
			if !errors.As(err, &rejected) || rejected.PublicName != publicName || verified != publicName || got != publicName {
				t.Fatalf("%v; verified %q, sent %q", err, verified, got)
			}
			if tt.retry {
				list, err := ech.ParseConfigList(rejected.RetryConfigs)
				if err != nil || len(list) != 1 || !bytes.Equal(list[0].Raw, key.Config.Raw) {
					t.Errorf("%x: %v", rejected.RetryConfigs, err)
				}
			} else if len(rejected.RetryConfigs) != 0 {
				t.Errorf("%x", rejected.RetryConfigs)
			}
			if a := alertOf(t, ours.Err()); a != iana.AlertECHRequired || ours.HandshakeComplete() || ours.ECH() != ECHRejected || len(ours.sessions) > 0 || slices.Contains(ours.asked, WaitCertificate) {
				t.Errorf("%v, complete %v, asked %v", a, ours.HandshakeComplete(), ours.asked)
			}
			if _, _, err := ours.Write([]byte("data")); err == nil {
				t.Error("data can be written")
			}
			if msgs := ours.messages; msgs[len(msgs)-1] != ">fatal ech_required" {
				t.Errorf("%v", msgs)
			}
		})
	}
}

// TestECHGoRejected: our server has another key; crypto/tls's client learns the
// right one.
func TestECHGoRejected(t *testing.T) {
	key, old, superseded := echKey(t, ech.Template{ID: 1}), echKey(t, ech.Template{ID: 1}), echKey(t, ech.Template{ID: 2})
	superseded.Superseded = true
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(echIdentity().cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(cert)
	for _, retry := range []bool{false, true} {
		server := echServerOf(t, func(s *Settings) {
			s.ECHKeys = echRing(t, key, superseded)
			if retry {
				s.Groups = []iana.NamedGroup{iana.GroupSecp384r1}
			}
		})
		ours := newEnd(NewServer(server, Params{}))
		_, err := withGo(t, ours, &tls.Config{RootCAs: roots, ServerName: hiddenName, EncryptedClientHelloConfigList: goECHConfigs(t, old.Config), MinVersion: tls.VersionTLS13})
		var rejected *tls.ECHRejectionError
		if !errors.As(err, &rejected) || !bytes.Equal(rejected.RetryConfigList, goECHConfigs(t, key.Config)) {
			t.Errorf("retry %v: %v", retry, err)
		}
		if ours.ECH() != ECHRejected || ours.ServerName() != publicName || !errors.Is(ours.Err(), AlertError(iana.AlertECHRequired)) {
			t.Errorf("%v %q %v", ours.ECH(), ours.ServerName(), ours.Err())
		}
	}
}

// TestECHOwn: both sides are ours: everything the hellos may carry, hidden or
// not.
func TestECHOwn(t *testing.T) {
	tickets, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := echKey(t, ech.Template{ID: 3, MaxNameLength: 60})
	id := echIdentity()
	for _, groups := range [][]iana.NamedGroup{nil, {iana.GroupSecp521r1}} {
		server := echServerOf(t, func(s *Settings) {
			s.ECHKeys, s.TicketKeys = echRing(t, key), tickets
			if groups != nil {
				s.Groups = groups
			}
		})
		client := configOf(t, func(s *Settings) { s.Ask, s.Credentials = AskSession, []*Credential{id.cred} })
		params := Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{key.Config}, RequestStaple: true, MaxFragmentLength: 4}
		for i := range 3 {
			p := newPair(NewClient(client, params), NewServer(server, Params{Tickets: 1, ClientAuth: RequireClientCert}))
			p.mustHandshake(t)
			if p.client.ECH() != ECHAccepted || p.server.ECH() != ECHAccepted || p.server.ServerName() != hiddenName || p.client.Resumed() != (i > 0) || p.server.Resumed() != (i > 0) || len(p.server.Session().PeerChain) != 1 {
				t.Errorf("%d: %v %v %q %v", i, p.client.ECH(), p.server.ECH(), p.server.ServerName(), p.client.Resumed())
			}
			if !bytes.Equal(p.client.ClientRandom(), p.server.ClientRandom()) {
				t.Error("the sides have another client random")
			}
			params.Session = p.client.sessions[0]
		}
	}
}

// TestECHEarly: early data belongs to the inner hello; where that is rejected,
// nobody reads it. A session of TLS 1.2 is not offered.
func TestECHEarly(t *testing.T) {
	key, other := echKey(t, ech.Template{ID: 3}), echKey(t, ech.Template{ID: 3})
	peers := earlyPeersOf(t, func(c, s *Settings) { s.ECHKeys = echRing(t, key) })
	for _, groups := range [][]iana.NamedGroup{nil, {iana.GroupSecp521r1}} {
		for _, k := range []ech.Key{key, other} {
			peers.meet(t)
			if groups != nil {
				peers.server = peers.with(func(s *Settings) { s.Groups = groups })
			}
			p := newPair(NewClient(peers.client, Params{ServerName: "example.org", Session: peers.session, EarlyData: true, ECHConfigs: ech.ConfigList{k.Config}}),
				NewServer(peers.server, peers.sparams))
			if err := p.writeEarly(p.client, []byte("early")); err != nil {
				t.Fatal(err)
			}
			got, _, err := p.readEarly()
			accepted := bytes.Equal(k.Config.Raw, key.Config.Raw)
			if err != nil || (string(got) == "early") != (accepted && groups == nil) {
				t.Errorf("accepted %v, retry %v: read %q, %v", accepted, groups != nil, got, err)
			}
			cerr, serr := p.handshake()
			var rejected *ECHRejectedError
			if accepted != (cerr == nil && serr == nil) || accepted == errors.As(cerr, &rejected) {
				t.Errorf("accepted %v: %v, %v", accepted, cerr, serr)
			}
			if accepted {
				p.exchange(t)
			}
		}
		peers.server = peers.with(func(s *Settings) { s.Groups = allGroups[1:] })
	}
	old := &Session{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ID: []byte("of a session"), Ticket: []byte("ticket of TLS 1.2"),
		Secret: make([]byte, 48), Created: peers.clock.now.Unix(), Lifetime: 100}
	m := firstHello(t, NewClient(peers.client, Params{Session: old, ECHConfigs: ech.ConfigList{key.Config}}))
	if bytes.Contains(m.Raw, old.ID) || bytes.Contains(m.Raw, old.Ticket) {
		t.Error("a session of TLS 1.2 is offered")
	}
}

// firstHello is the ClientHello a client sends.
func firstHello(t *testing.T, c *Conn) *wire.ClientHello {
	t.Helper()
	if w, err := c.Handshake(); w != WaitWrite || err != nil {
		t.Fatal(w, err)
	}
	var m wire.ClientHello
	var msg []byte
	for b := c.Output(); len(b) > 0; {
		n := 5 + int(b[3])<<8 + int(b[4])
		msg, b = append(msg, b[5:n]...), b[n:]
	}
	if err := wire.ParseClientHello(&m, msg); err != nil {
		t.Fatal(err)
	}
	return &m
}

// TestECHHidden: what an observer sees of two names, and of no ECH at all.
func TestECHHidden(t *testing.T) {
	key := echKey(t, ech.Template{ID: 3, MaxNameLength: 60})
	cfg := configOf(t, nil)
	session := &Session{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Ticket: bytes.Repeat([]byte{0xab}, 50), Secret: make([]byte, 32), Created: cfg.Now().Unix(), Lifetime: 100}
	size := 0
	for _, name := range []string{"", "a.example", "some-longer-name.example", "a-name-that-is-almost-as-long-as-the-longest-one.example"} {
		m := firstHello(t, NewClient(cfg, Params{ServerName: name, ECHConfigs: ech.ConfigList{key.Config}, Session: session}))
		if m.ServerName != publicName || name != "" && bytes.Contains(m.Raw, []byte(name)) || bytes.Contains(m.Raw, session.Ticket) ||
			len(m.Identities) != 1 || len(m.Identities[0].Identity) != 50 || len(m.Binders[0]) != 32 || !slices.Contains(m.SupportedVersions, iana.VersionTLS12) {
			t.Errorf("%q: %q, %d identities, %v", name, m.ServerName, len(m.Identities), m.SupportedVersions)
		}
		if size == 0 {
			size = len(m.Raw)
		}
		if len(m.Raw) != size {
			t.Errorf("%q: a hello of %d bytes, another of %d", name, len(m.Raw), size)
		}
	}
	for n := 1; n < 200; n++ {
		for _, name := range []string{"", "abc", "a-longer-name.example"} {
			if padded := n + echPadding(name, 10, n); padded%32 != 0 || padded < n+10-len(name) {
				t.Fatalf("%q, %d bytes: padded to %d", name, n, padded)
			}
		}
	}
}

// TestECHLong: what is encrypted comes on top of what is not, and both must fit.
func TestECHLong(t *testing.T) {
	key := echKey(t, ech.Template{})
	hidden := Params{ECHConfigs: ech.ConfigList{key.Config}}
	session := func(cfg *Config, n int) *Session {
		return &Session{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Ticket: make([]byte, n), Secret: make([]byte, 32), Created: cfg.Now().Unix(), Lifetime: 100}
	}
	cfg := configOf(t, nil)
	for n, want := range map[int]int{maxTicketSent / 2: 1, maxTicketSent/2 + 1: 0, maxTicketSent: 0} {
		p := hidden
		p.Session = session(cfg, n)
		if m := firstHello(t, NewClient(cfg, p)); len(m.Identities) != want {
			t.Errorf("a ticket of %d bytes: %d identities", n, len(m.Identities))
		}
	}
	// Names of authorities are sent once, identities of the owner's twice.
	names := configOf(t, func(s *Settings) { s.ClientCAs = [][]byte{make([]byte, 25000), make([]byte, 25000)} })
	if m := firstHello(t, NewClient(names, hidden)); len(m.Authorities) != 2 {
		t.Errorf("%d names", len(m.Authorities))
	}
	p := hidden
	p.PSKs = []*PSK{{Identity: make([]byte, 35000), Key: make([]byte, 32)}}
	c := NewClient(cfg, p)
	var e *Error
	if _, err := c.Handshake(); !errors.As(err, &e) || e.Kind != KindInternal || bytes.Contains(c.Output(), make([]byte, 1000)) {
		t.Errorf("%v, %d bytes", err, len(c.Output()))
	}
	// GREASE is left out where a real one would not fit.
	for n, want := range map[int]bool{20000: true, maxTicketSent: false} {
		if m := firstHello(t, NewClient(cfg, Params{ECHGrease: true, Session: session(cfg, n)})); (m.ECH != nil) != want || len(m.Identities) != 1 {
			t.Errorf("GREASE beside a ticket of %d bytes: %v, %d identities", n, m.ECH != nil, len(m.Identities))
		}
	}
}

// TestECHGrease: servers with and without ECH take no notice, a HelloRetryRequest
// gets the same again, and it has the form of a real one.
func TestECHGrease(t *testing.T) {
	key := echKey(t, ech.Template{ID: 3})
	client := configOf(t, nil)
	grease := Params{ServerName: hiddenName, ECHGrease: true}
	m := firstHello(t, NewClient(client, grease))
	real := firstHello(t, NewClient(client, Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{key.Config}}))
	var a, b wire.ECHClientHello
	if err := errors.Join(wire.ParseECH(&a, m.ECH), wire.ParseECH(&b, real.ECH)); err != nil {
		t.Fatal(err)
	}
	if len(a.Payload) != len(b.Payload) || len(a.Enc) != len(b.Enc) || a.KDF != b.KDF || m.ServerName != hiddenName || a.Inner {
		t.Errorf("%+v, %+v", a, b)
	}
	for _, keys := range []*ech.Keys{nil, echRing(t, key)} {
		for _, groups := range [][]iana.NamedGroup{allGroups, {iana.GroupSecp521r1}} {
			server := echServerOf(t, func(s *Settings) { s.ECHKeys, s.Groups = keys, groups })
			p := newPair(NewClient(client, grease), NewServer(server, Params{}))
			p.mustHandshake(t)
			want := ECHNone
			if keys != nil {
				want = ECHRejected
			}
			if p.client.ECH() != ECHGreased || p.server.ECH() != want || p.server.ServerName() != hiddenName {
				t.Errorf("%v %v", p.client.ECH(), p.server.ECH())
			}
		}
	}
	ours := newEnd(NewClient(client, grease))
	if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(echIdentity())},
		EncryptedClientHelloKeys: []tls.EncryptedClientHelloKey{goECHKey(key, true)}, MinVersion: tls.VersionTLS13}); err != nil {
		t.Error(err)
	}
	// Without TLS 1.3 there is nothing to hide behind.
	if m := firstHello(t, NewClient(client, Params{MaxVersion: iana.VersionTLS12, ECHGrease: true})); m.ECH != nil {
		t.Error("GREASE in TLS 1.2")
	}
}

// TestECHSettings: a client that cannot offer ECH does not go on without.
func TestECHSettings(t *testing.T) {
	key := echKey(t, ech.Template{})
	broken := key.Config
	broken.PublicKey = broken.PublicKey[1:]
	for name, p := range map[string]Params{
		"no configuration":       {ECHConfigs: ech.ConfigList{}},
		"none that is known":     {ECHConfigs: ech.ConfigList{{Raw: []byte{1, 2, 0, 0}, Version: 0x0102}}},
		"TLS 1.2":                {ECHConfigs: ech.ConfigList{key.Config}, MaxVersion: iana.VersionTLS12},
		"a key that is no point": {ECHConfigs: ech.ConfigList{broken}},
	} {
		c := NewClient(configOf(t, nil), p)
		_, err := c.Handshake()
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindNoECHConfig || bytes.Contains(c.Output(), []byte{1, 0, 0}) {
			t.Errorf("%s: %v, %d bytes", name, err, len(c.Output()))
		}
	}
	for s, want := range map[ECHStatus]string{ECHNone: "none", ECHRejected: "rejected", 99: "unknown"} {
		if s.String() != want {
			t.Errorf("%d: %v", s, s)
		}
	}
}
