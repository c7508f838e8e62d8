package core

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider/stdlib"
	"patina/core/wire"
)

// What peers do wrong in the order and the form of what they send.

// TestTurn: bytes of a message that come before the flight they would answer.
func TestTurn(t *testing.T) {
	server := func(v iana.ProtocolVersion) *script {
		return newScript(t, NewServer(serverOf(t, nil), Params{MinVersion: v, MaxVersion: v}))
	}
	for _, tt := range []struct {
		name string
		do   func() *script
	}{
		{"client key exchange with the hello", func() *script {
			s := server(iana.VersionTLS12)
			s.record(iana.ContentHandshake, append(wire.AppendClientHello(nil, s.clientHello()), byte(iana.TypeClientKeyExchange)))
			return s
		}},
		{"second hello with the first", func() *script {
			s := server(iana.VersionTLS13)
			m := s.clientHello()
			m.KeyShares = nil
			first := wire.AppendClientHello(nil, m)
			s.record(iana.ContentHandshake, append(first, first[:20]...))
			return s
		}},
		{"second server hello with the retry", func() *script {
			s := newScript(t, NewClient(configOf(t, nil), Params{}))
			m := s.serverHello()
			m.Retry, m.Random, m.SelectedGroup = true, wire.RetryRandom(), iana.GroupSecp256r1
			s.record(iana.ContentHandshake, append(wire.AppendServerHello(nil, m), byte(iana.TypeServerHello), 0))
			return s
		}},
		{"ticket with the server hello done", func() *script {
			s := client12Of(t, Params{})
			s.sendHello(s.answer())
			s.send(s.certificate(), s.keyExchange(nil))
			s.record(iana.ContentHandshake, append(s.done12(), byte(iana.TypeNewSessionTicket)))
			return s.script
		}},
	} {
		s := tt.do()
		s.run()
		e, ok := s.err.(*Error)
		if !ok || e.Kind != KindExcessHandshakeData || alertOf(t, s.err) != iana.AlertUnexpectedMessage {
			t.Errorf("%s: %v", tt.name, s.err)
		}
	}
}

// TestEmptyDataInHandshake: a record of application data is out of place in a
// handshake even if there is nothing in it.
func TestEmptyDataInHandshake(t *testing.T) {
	start := newScript(t, NewServer(serverOf(t, nil), Params{}))
	inside := newScript(t, NewServer(serverOf(t, nil), only13(Params{})))
	inside.toFlight(inside.clientHello())
	ccs := server12Of(t, Params{})
	ccs.toFlight12(ccs.hello2())
	ccs.sendClientKey()
	ccs.sendCCS()
	for i, s := range []*script{start, inside, ccs.script} {
		s.record(iana.ContentApplicationData, nil)
		if s.run(); s.err == nil {
			t.Fatalf("%d: accepted", i)
		}
		wantKind(t, s.err, KindDataInHandshake)
	}
}

// TestAlertLevel: an alert is a warning or fatal.
func TestAlertLevel(t *testing.T) {
	c := newScript(t, NewClient(configOf(t, nil), Params{}))
	c.run()
	c.mustRecv(iana.TypeClientHello)
	c.record(iana.ContentAlert, []byte{0, byte(iana.AlertHandshakeFailure)})
	c.wantAlert(iana.AlertIllegalParameter)
	wantKind(t, c.err, KindBadAlertLevel)
}

// TestCompatWithoutSessionID: a server's dummy change_cipher_spec does not depend
// on the client's session ID, as in OpenSSL.
func TestCompatWithoutSessionID(t *testing.T) {
	for _, no := range []bool{false, true} {
		s := newScript(t, NewServer(serverOf(t, nil), only13(Params{NoMiddleboxCompat: no})))
		m := s.clientHello()
		m.SessionID = nil
		s.toFlight(m)
		if got := slices.Contains(s.engine.messages, ">change_cipher_spec"); got == no {
			t.Errorf("%v", s.engine.messages)
		}
	}
}

// TestGroupsOf12: a client that does not offer TLS 1.3 offers no group that only
// TLS 1.3 has.
func TestGroupsOf12(t *testing.T) {
	cfg := configOf(t, func(s *Settings) { s.Groups = allGroups })
	for _, v := range bothVersions {
		s := newScript(t, NewClient(cfg, Params{MaxVersion: v}))
		s.serverHello()
		if got := slices.Contains(s.hello.Groups, iana.GroupX25519MLKEM768); got != (v == iana.VersionTLS13) {
			t.Errorf("%v: %v", v, s.hello.Groups)
		}
	}
}

// TestCurveOfCertificate: in TLS 1.2 the groups speak of certificates too.
func TestCurveOfCertificate(t *testing.T) {
	p384 := identityOf(t, "p384")
	narrow := func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp256r1} }
	for _, v := range bothVersions {
		if v == iana.VersionTLS12 {
			server := newScript12(t, NewClient(configOf(t, narrow), Params{MaxVersion: v}))
			server.id = p384
			server.sendHello(server.answer())
			server.send(server.certificate(), server.keyExchange(func(m *wire.ServerKeyExchange) { m.Scheme = iana.SigECDSASecp384r1SHA384 }))
			server.wantAlert(iana.AlertIllegalParameter)
			wantKind(t, server.err, KindBadCurve)
		}
		p := newPair(
			NewClient(configOf(t, func(s *Settings) { s.Credentials = []*Credential{p384.cred} }), Params{MaxVersion: v}),
			NewServer(serverOf(t, narrow), Params{ClientAuth: RequireClientCert}))
		_, err := p.handshake()
		if v == iana.VersionTLS13 {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantKind(t, err, KindBadCurve)
	}
}

// withUsage is the key of id in a certificate for other uses.
func withUsage(t *testing.T, id *identity, usage x509.KeyUsage) *Credential {
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "example.org"}, KeyUsage: usage,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, id.key.Public(), id.key)
	if err != nil {
		t.Fatal(err)
	}
	return &Credential{Chain: [][]byte{der}, Schemes: id.cred.Schemes, Signer: id.cred.Signer}
}

// TestCheckKeyUsage: certificates whose key must not sign, for those who care.
func TestCheckKeyUsage(t *testing.T) {
	id := identityOf(t, "rsa")
	for _, v := range bothVersions {
		for _, usage := range []x509.KeyUsage{0, x509.KeyUsageDigitalSignature, x509.KeyUsageKeyEncipherment} {
			cred := withUsage(t, id, usage)
			cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{cred} })
			for _, check := range []bool{false, true} {
				p := Params{MinVersion: v, MaxVersion: v, CheckKeyUsage: check}
				asClient := newPair(NewClient(cfg, p), NewServer(cfg, Params{}))
				asServer := newPair(NewClient(cfg, Params{}), NewServer(cfg, Params{MaxVersion: v, CheckKeyUsage: check, ClientAuth: RequireClientCert}))
				cerr, _ := asClient.handshake()
				_, serr := asServer.handshake()
				for _, err := range []error{cerr, serr} {
					if !check || usage != x509.KeyUsageKeyEncipherment {
						if err != nil {
							t.Errorf("%v, %v: %v", v, usage, err)
						}
						continue
					}
					wantKind(t, err, KindBadKeyUsage)
				}
			}
		}
	}
}

// TestKeyShareGroups: which groups a client sends shares for.
func TestKeyShareGroups(t *testing.T) {
	type groups = []iana.NamedGroup
	for _, tt := range []struct{ shares, want groups }{
		{nil, groups{iana.GroupX25519}},
		{groups{}, nil},
		{groups{iana.GroupSecp384r1}, groups{iana.GroupSecp384r1}},
		{groups{iana.GroupX25519, iana.GroupSecp521r1}, groups{iana.GroupX25519, iana.GroupSecp521r1}},
	} {
		cfg := configOf(t, func(s *Settings) { s.KeyShareGroups = tt.shares })
		s := newScript(t, NewClient(cfg, only13(Params{})))
		s.serverHello()
		var got groups
		for _, share := range s.hello.KeyShares {
			got = append(got, share.Group)
		}
		if !slices.Equal(got, tt.want) || !s.hello.OffersKeyShares {
			t.Errorf("%v: %v", tt.shares, got)
		}
		// With any server, if need be after a HelloRetryRequest.
		newPair(NewClient(cfg, only13(Params{})), NewServer(serverOf(t, nil), Params{})).mustHandshake(t)
	}
	for _, bad := range []groups{{iana.GroupX25519MLKEM768}, {iana.GroupSecp256r1, iana.GroupX25519}, {iana.GroupX25519, iana.GroupX25519}} {
		if _, err := NewConfig(Settings{Now: time.Now, Groups: allGroups[1:], KeyShareGroups: bad}); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

// TestNoSession12BehindECH: a TLS 1.2 session is told by its ID, in a hello that
// everybody reads.
func TestNoSession12BehindECH(t *testing.T) {
	_, session := session12Of(t)
	for _, ticket := range []bool{true, false} {
		offered := session.Clone()
		offered.ID = []byte("known to the server")
		if !ticket {
			offered.Ticket = nil
		}
		for _, hide := range []bool{false, true} {
			p := Params{ServerName: "example.org", Session: offered}
			if hide {
				p.ECHConfigs = ech.ConfigList{echKey(t, ech.Template{}).Config}
			}
			s := newScript(t, NewClient(configOf(t, nil), p))
			s.serverHello()
			if got := string(s.hello.SessionID) == string(offered.ID) || len(s.hello.SessionTicket) > 0; got == hide {
				t.Errorf("ticket %v, ECH %v: ID %q", ticket, hide, s.hello.SessionID)
			}
		}
	}
}

// TestSchemesOf12: in TLS 1.2 an ECDSA scheme does not say the curve.
func TestSchemesOf12(t *testing.T) {
	id := identityOf(t, "p384")
	signer := id.cred.Signer.(*stdlib.Signer)
	for _, with := range []bool{false, true} {
		cred := &Credential{Chain: id.cred.Chain, Schemes: signer.Schemes(), Signer: signer}
		if with {
			cred.Schemes12 = signer.Schemes12()
		}
		own := configOf(t, func(s *Settings) { s.Credentials = []*Credential{cred} })
		peer := serverOf(t, func(s *Settings) { s.SignatureSchemes = []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256} })
		for _, v := range bothVersions {
			p := newPair(NewClient(peer, Params{}), NewServer(own, Params{MaxVersion: v}))
			_, err := p.handshake()
			if want := with && v == iana.VersionTLS12; (err == nil) != want {
				t.Errorf("a server, %v, %v: %v", v, with, err)
			}
			p = newPair(NewClient(own, Params{}), NewServer(peer, Params{MaxVersion: v, ClientAuth: RequireClientCert}))
			_, err = p.handshake()
			if want := with && v == iana.VersionTLS12; (err == nil) != want {
				t.Errorf("a client, %v, %v: %v", v, with, err)
			}
		}
	}
	if identityOf(t, "rsa").cred.Signer.(*stdlib.Signer).Schemes12() != nil {
		t.Error("RSA")
	}
}
