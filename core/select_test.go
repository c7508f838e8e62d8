package core

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"testing"

	"patina/core/iana"
)

// TestCredentialFor: whose order decides, and what a certificate's own
// signature counts for.
func TestCredentialFor(t *testing.T) {
	ec, rsa, ed := identityOf(t, "p256"), identityOf(t, "rsa"), identityOf(t, "ed25519")
	// The same key, in a certificate that another key has signed.
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"example.org"}}
	issuer, err := x509.ParseCertificate(rsa.cert)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, issuer, ec.key.Public(), rsa.key)
	if err != nil {
		t.Fatal(err)
	}
	byRSA := &Credential{Chain: [][]byte{der}, Schemes: ec.cred.Schemes, Signer: ec.cred.Signer}
	cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{byRSA, ec.cred, rsa.cred} })
	type schemes = []iana.SignatureScheme
	for _, tt := range []struct {
		name        string
		peer, certs schemes
		want        *Credential
		scheme      iana.SignatureScheme
	}{
		{"the peer's order", schemes{iana.SigRSAPSSRSAESHA256, iana.SigECDSASecp256r1SHA256}, nil, rsa.cred, iana.SigRSAPSSRSAESHA256},
		{"the first that fits", schemes{iana.SigEd25519, iana.SigECDSASecp256r1SHA256}, nil, byRSA, iana.SigECDSASecp256r1SHA256},
		{"signed as asked", schemes{iana.SigECDSASecp256r1SHA256}, schemes{iana.SigECDSASecp256r1SHA256}, ec.cred, iana.SigECDSASecp256r1SHA256},
		{"signed as asked by another key", schemes{iana.SigECDSASecp256r1SHA256}, schemes{iana.SigRSAPKCS1SHA256}, byRSA, iana.SigECDSASecp256r1SHA256},
		{"better than none", schemes{iana.SigECDSASecp256r1SHA256}, schemes{iana.SigEd25519}, byRSA, iana.SigECDSASecp256r1SHA256},
		{"not of this version", schemes{iana.SigRSAPKCS1SHA256}, nil, nil, 0},
		{"no key", schemes{iana.SigEd25519}, nil, nil, 0},
		{"nothing", nil, nil, nil, 0},
	} {
		if cred, scheme := (&Conn{cfg: cfg}).credentialFor(tt.peer, tt.certs, usable13); cred != tt.want || scheme != tt.scheme {
			t.Errorf("%s: %v", tt.name, scheme)
		}
	}
	// What this side does not accept it does not sign with.
	cfg = configOf(t, func(s *Settings) {
		s.Credentials, s.SignatureSchemes = []*Credential{ed.cred, ec.cred}, schemes{iana.SigECDSASecp256r1SHA256}
	})
	if cred, _ := (&Conn{cfg: cfg}).credentialFor(allSchemes, nil, usable13); cred != ec.cred {
		t.Error("a scheme that is switched off")
	}
	// Unless it says so.
	cfg = configOf(t, func(s *Settings) {
		s.Credentials, s.SignatureSchemes = []*Credential{ed.cred, ec.cred}, schemes{iana.SigECDSASecp256r1SHA256}
		s.SigningSchemes = schemes{iana.SigEd25519}
	})
	if cred, _ := (&Conn{cfg: cfg}).credentialFor(allSchemes, nil, usable13); cred != ed.cred {
		t.Error("SigningSchemes")
	}
	// This side's order instead of the peer's.
	cfg = configOf(t, func(s *Settings) {
		s.Credentials, s.CredentialsFirst = []*Credential{ed.cred, byRSA, ec.cred, rsa.cred}, true
	})
	peer := schemes{iana.SigRSAPSSRSAESHA256, iana.SigECDSASecp256r1SHA256}
	if cred, scheme := (&Conn{cfg: cfg}).credentialFor(peer, nil, usable13); cred != byRSA || scheme != iana.SigECDSASecp256r1SHA256 {
		t.Errorf("CredentialsFirst: %v", scheme)
	}
	if cred, _ := (&Conn{cfg: cfg}).credentialFor(peer, schemes{iana.SigECDSASecp256r1SHA256}, usable13); cred != ec.cred {
		t.Error("CredentialsFirst, signed as asked")
	}
	if cred, _ := (&Conn{cfg: cfg}).credentialFor(peer[:1], schemes{iana.SigEd25519}, usable13); cred != rsa.cred {
		t.Error("CredentialsFirst, better than none")
	}
}

// TestMustMatchIssuer: a credential for those who name its issuer.
func TestMustMatchIssuer(t *testing.T) {
	rsa, ec := identityOf(t, "rsa"), identityOf(t, "p256")
	picky := *ec.cred
	picky.MustMatchIssuer = true
	leaf, err := x509.ParseCertificate(ec.cert)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []bool{false, true} {
		cfg := configOf(t, func(s *Settings) { s.Credentials, s.CredentialsFirst = []*Credential{&picky, rsa.cred}, first })
		for _, v := range bothVersions {
			for _, names := range [][][]byte{nil, {{0x30, 0}}, {{0x30, 0}, leaf.RawIssuer}} {
				want := rsa.cred
				if len(names) == 2 {
					want = &picky
				}
				p := newPair(NewClient(cfg, Params{}), NewServer(serverOf(t, func(s *Settings) { s.ClientCAs = names }), Params{MaxVersion: v, ClientAuth: RequireClientCert}))
				p.mustHandshake(t)
				if p.client.Credential() != want {
					t.Errorf("%v, a client of a server that names %d", v, len(names))
				}
				if v != iana.VersionTLS13 {
					continue // no list of a client's
				}
				p = newPair(NewClient(configOf(t, func(s *Settings) { s.ClientCAs = names }), Params{}), NewServer(cfg, Params{}))
				p.mustHandshake(t)
				if p.server.Credential() != want {
					t.Errorf("a server of a client that names %d", len(names))
				}
			}
		}
	}
}

// TestSignedWith: what each kind of key signs certificates with.
func TestSignedWith(t *testing.T) {
	for kind, want := range map[string]iana.SignatureScheme{"rsa": iana.SigRSAPKCS1SHA256, "p256": iana.SigECDSASecp256r1SHA256,
		"p384": iana.SigECDSASecp384r1SHA384, "p521": iana.SigECDSASecp521r1SHA512, "ed25519": iana.SigEd25519} {
		if got := signedWith(identityOf(t, kind).cert); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
	key := identityOf(t, "rsa").key
	for alg, want := range map[x509.SignatureAlgorithm]iana.SignatureScheme{x509.SHA384WithRSA: iana.SigRSAPKCS1SHA384, x509.SHA512WithRSA: iana.SigRSAPKCS1SHA512,
		x509.SHA256WithRSAPSS: iana.SigRSAPSSRSAESHA256, x509.SHA384WithRSAPSS: iana.SigRSAPSSRSAESHA384, x509.SHA512WithRSAPSS: iana.SigRSAPSSRSAESHA512} {
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(3), SignatureAlgorithm: alg}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if got := signedWith(der); len(got) == 0 || got[0] != want {
			t.Errorf("%v: %v", alg, got)
		}
	}
	if got := signedWith([]byte{0x30, 0}); got != nil {
		t.Errorf("no certificate: %v", got)
	}
}

// TestUnsendable: what no message can carry is refused where it enters.
func TestUnsendable(t *testing.T) {
	good := identityOf(t, "p256").cred
	for name, change := range map[string]func(c *Credential){
		"a long chain":         func(c *Credential) { c.Chain = append(c.Chain[:1:1], make([]byte, 1<<20)) },
		"a long staple":        func(c *Credential) { c.Staple = make([]byte, 60<<10+1) },
		"an empty certificate": func(c *Credential) { c.Chain = append(c.Chain[:1:1], nil) },
	} {
		cred := *good
		change(&cred)
		s := Settings{Now: configOf(t, nil).Now, Credentials: []*Credential{&cred}}
		if _, err := NewConfig(s); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cred := *good
	cred.Staple = make([]byte, 60<<10)
	p := newPair(NewClient(configOf(t, nil), only13(Params{RequestStaple: true, MaxCertificateBytes: 1 << 20})),
		NewServer(serverOf(t, func(s *Settings) { s.Credentials = []*Credential{&cred} }), Params{}))
	p.mustHandshake(t)
	if len(p.client.PeerStaple()) != 60<<10 {
		t.Errorf("a staple of %d bytes", len(p.client.PeerStaple()))
	}
}

// TestLongHello: nothing an owner or a server gives makes a ClientHello that
// cannot be encoded.
func TestLongHello(t *testing.T) {
	cas := make([][]byte, 59)
	for i := range cas {
		cas[i] = make([]byte, 1000)
	}
	session := func(s Session) *Session {
		s.Version, s.Suite, s.Secret = iana.VersionTLS13, iana.TLS_AES_128_GCM_SHA256, make([]byte, 32)
		s.Created, s.Lifetime = configOf(t, nil).Now().Unix(), 100
		return &s
	}
	for _, tt := range []struct {
		name string
		p    Params
		set  func(s *Settings)
		ok   bool
	}{
		{"a long name", Params{ServerName: string(make([]byte, 70000))}, nil, false},
		{"many authorities", Params{}, func(s *Settings) { s.ClientCAs = cas }, true},
		{"many authorities and a ticket", Params{Session: session(Session{Ticket: make([]byte, 39000)})}, func(s *Settings) { s.ClientCAs = cas }, false},
		{"a long ticket", Params{Session: session(Session{Ticket: make([]byte, 39000)})}, nil, true},
		{"a ticket too long", Params{Session: session(Session{Ticket: make([]byte, 70000)})}, func(s *Settings) { s.ClientCAs = cas }, true},
		{"an ID too long", Params{Session: session(Session{Ticket: []byte{1}, ID: make([]byte, 300)})}, nil, true},
	} {
		_, err := NewClient(configOf(t, tt.set), tt.p).Handshake()
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	many := append(cas, cas...)
	if _, err := NewConfig(Settings{Now: configOf(t, nil).Now, ClientCAs: many}); !errors.Is(err, ErrSettings) {
		t.Error(err)
	}
	// The longest list a Config takes goes into a CertificateRequest.
	p := newPair(NewClient(configOf(t, nil), only13(Params{})),
		NewServer(serverOf(t, func(s *Settings) { s.ClientCAs = cas }), Params{ClientAuth: RequestClientCert}))
	p.mustHandshake(t)
}

// TestKeyShares: how many shares a client sends at once.
func TestKeyShares(t *testing.T) {
	for _, tt := range []struct {
		groups []iana.NamedGroup
		shares int
		want   []iana.NamedGroup
	}{
		{nil, 0, []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519}},
		{allGroups[1:], 0, allGroups[1:2]},
		{allGroups[:1], 0, allGroups[:1]},
		{allGroups, 1, allGroups[:1]},
		{allGroups, 99, allGroups},
	} {
		e := newEnd(NewClient(configOf(t, func(s *Settings) { s.Groups, s.KeyShares = tt.groups, tt.shares }), Params{}))
		if _, err := e.Handshake(); err != nil {
			t.Fatal(err)
		}
		var got []iana.NamedGroup
		for _, s := range e.ClientHello().KeyShares {
			got = append(got, s.Group)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v, %d: %v", tt.groups, tt.shares, got)
		}
	}
}

// TestSchemePreference: the client's order of signature schemes counts, unless the
// server prefers its own; of a client's certificate the server's does.
func TestSchemePreference(t *testing.T) {
	offered := []iana.SignatureScheme{iana.SigRSAPSSRSAESHA512, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA256}
	own := []iana.SignatureScheme{iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA512}
	rsa := []*Credential{identityOf(t, "rsa").cred}
	for _, v := range bothVersions {
		for _, first := range []bool{false, true} {
			for _, prefer := range []bool{false, true} {
				client := configOf(t, func(s *Settings) { s.SignatureSchemes, s.Credentials = offered, rsa })
				server := configOf(t, func(s *Settings) {
					s.SignatureSchemes, s.SigningSchemes, s.Credentials, s.CredentialsFirst = offered, own, rsa, first
				})
				p := newPair(NewClient(client, Params{MaxVersion: v}), NewServer(server, Params{PreferServer: prefer, ClientAuth: RequireClientCert}))
				p.mustHandshake(t)
				want := offered[0]
				if prefer {
					want = own[0]
				}
				if p.server.SignatureScheme() != want || p.client.SignatureScheme() != offered[0] {
					t.Errorf("%v, own order %v: %v and %v", v, prefer, p.server.SignatureScheme(), p.client.SignatureScheme())
				}
			}
		}
	}
}
