package core

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"patina/core/iana"
	"patina/core/suite"
)

// TLS 1.2 handshakes with crypto/tls in both roles.

func only12(p Params) Params {
	p.MinVersion, p.MaxVersion = iana.VersionTLS12, iana.VersionTLS12
	return p
}

func goConfig12(change func(*tls.Config)) *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MaxVersion: tls.VersionTLS12}
	if change != nil {
		change(c)
	}
	return c
}

// suites12 are the suites with the kind of key each wants.
func suites12(t testing.TB, f func(id iana.CipherSuite, kind string)) {
	n := 0
	for _, id := range suite.Default() {
		s := suite.Lookup(id)
		if s.Version != iana.VersionTLS12 || s.Auth == suite.AuthPSK {
			continue
		}
		n++
		if s.Auth == suite.AuthRSA {
			f(id, "rsa")
		} else {
			f(id, "p256")
		}
	}
	if n != 6 {
		t.Errorf("%d suites of TLS 1.2", n)
	}
}

// TestGo12 shakes hands with crypto/tls by every suite, group and kind of key.
func TestGo12(t *testing.T) {
	suites12(t, func(id iana.CipherSuite, kind string) {
		who := identityOf(t, kind)
		t.Run("client/"+id.String(), func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) {
				s.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, id}
				s.ALPN = []string{"h2", "http/1.1"}
			})
			ours := newEnd(NewClient(cfg, Params{ServerName: "example.org"}))
			if ours.params.MaxVersion != iana.VersionTLS13 {
				t.Fatal("the client offers TLS 1.3 too")
			}
			st, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(who)}, MaxVersion: tls.VersionTLS12,
				NextProtos: []string{"http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			if st.Version != tls.VersionTLS12 || iana.CipherSuite(st.CipherSuite) != id || ours.Suite() != id || ours.ALPN() != "http/1.1" || !ours.EMS() {
				t.Errorf("%+v", st)
			}
			checkExporter(t, ours, st)
		})
		t.Run("server/"+id.String(), func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) {
				s.Suites, s.ALPN = []iana.CipherSuite{id}, []string{"http/1.1"}
				s.Credentials = []*Credential{who.cred}
			})
			ours := newEnd(NewServer(cfg, Params{}))
			st, err := withGo(t, ours, goConfig12(func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }))
			if err != nil {
				t.Fatal(err)
			}
			if st.Version != tls.VersionTLS12 || iana.CipherSuite(st.CipherSuite) != id || st.NegotiatedProtocol != "http/1.1" || ours.ServerName() != "example.org" {
				t.Errorf("%+v", st)
			}
			checkExporter(t, ours, st)
		})
	})
	for _, g := range allGroups[1:] {
		t.Run("client/"+g.String(), func(t *testing.T) {
			ours := newEnd(NewClient(configOf(t, nil), only12(Params{})))
			_, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, "p256"))}, CurvePreferences: []tls.CurveID{goGroup(g)}})
			if err != nil || ours.Group() != g {
				t.Errorf("%v: %v", ours.Group(), err)
			}
		})
		t.Run("server/"+g.String(), func(t *testing.T) {
			cfg := serverOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupX25519MLKEM768, g} })
			ours := newEnd(NewServer(cfg, Params{PreferServer: true}))
			if _, err := withGo(t, ours, goConfig12(nil)); err != nil || ours.Group() != g {
				t.Errorf("%v: %v", ours.Group(), err)
			}
		})
	}
	for _, kind := range keyKinds {
		t.Run("client/"+kind, func(t *testing.T) {
			ours := newEnd(NewClient(configOf(t, nil), only12(Params{})))
			if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, kind))}}); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("server/"+kind, func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{identityOf(t, kind).cred} })
			ours := newEnd(NewServer(cfg, Params{}))
			if _, err := withGo(t, ours, goConfig12(nil)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func checkExporter(t *testing.T, ours *end, st tls.ConnectionState) {
	t.Helper()
	for _, context := range [][]byte{nil, {}, []byte("context")} {
		got, err := ours.ExportKeyingMaterial("EXPORTER-test", context, 40)
		want, werr := st.ExportKeyingMaterial("EXPORTER-test", context, 40)
		if err != nil || werr != nil || !bytes.Equal(got, want) {
			t.Errorf("exporters differ for context %q: %v, %v", context, err, werr)
		}
	}
}

// TestGo12Resume resumes by ticket with crypto/tls, both roles.
func TestGo12Resume(t *testing.T) {
	peer := &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, "p256"))}, MaxVersion: tls.VersionTLS12}
	cfg := configOf(t, func(s *Settings) { s.Ask = AskSession })
	for _, p := range []Params{{ServerName: "example.org"}, only12(Params{ServerName: "example.org"})} {
		ours := newEnd(NewClient(cfg, p))
		if _, err := withGo(t, ours, peer); err != nil {
			t.Fatal(err)
		}
		if len(ours.sessions) != 1 || len(ours.sessions[0].Ticket) == 0 {
			t.Fatalf("sessions %v", ours.sessions)
		}
		for range 2 {
			p.Session = ours.sessions[0]
			again := newEnd(NewClient(cfg, p))
			st, err := withGo(t, again, peer)
			if err != nil || !st.DidResume || !again.Resumed() {
				t.Fatalf("resumed %v, %v: %v", st.DidResume, again.Resumed(), err)
			}
			if len(again.PeerChain()) != 1 {
				t.Error("no chain")
			}
			checkExporter(t, again, st)
		}
	}
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	client := goConfig12(func(c *tls.Config) { c.ClientSessionCache = tls.NewLRUClientSessionCache(4) })
	for i := range 6 {
		if i == 3 { // the old key still opens, and the ticket is renewed
			if err := keys.Rotate(nil); err != nil {
				t.Fatal(err)
			}
		}
		ours := newEnd(NewServer(server, Params{}))
		st, err := withGo(t, ours, client)
		if err != nil || st.DidResume != (i > 0) || ours.Resumed() != (i > 0) {
			t.Fatalf("%d: resumed %v, %v: %v", i, st.DidResume, ours.Resumed(), err)
		}
		if sent := contains(ours.messages, ">new_session_ticket"); sent != (i == 0 || i == 3) {
			t.Errorf("%d: ticket sent %v", i, sent)
		}
	}
	client.ServerName = "localhost"
	ours := newEnd(NewServer(server, Params{}))
	if st, err := withGo(t, ours, client); err != nil || st.DidResume {
		t.Errorf("another name: resumed %v: %v", st.DidResume, err)
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// TestGo12ClientAuth: client certificates of every kind, missing ones.
func TestGo12ClientAuth(t *testing.T) {
	server := identityOf(t, "p256")
	for _, kind := range keyKinds {
		id := identityOf(t, kind)
		cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} })
		ours := newEnd(NewClient(cfg, only12(Params{})))
		st, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(server)}, ClientAuth: tls.RequireAnyClientCert})
		if err != nil || len(st.PeerCertificates) != 1 || !bytes.Equal(st.PeerCertificates[0].Raw, id.cert) {
			t.Errorf("client, %s: %v", kind, err)
		}
		ours = newEnd(NewServer(serverOf(t, nil), Params{ClientAuth: RequireClientCert}))
		_, err = withGo(t, ours, goConfig12(func(c *tls.Config) { c.Certificates = []tls.Certificate{goCertificate(id)} }))
		if err != nil || len(ours.PeerChain()) != 1 || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
			t.Errorf("server, %s: %v", kind, err)
		}
	}
	for auth, want := range map[ClientAuth]bool{RequestClientCert: true, RequireClientCert: false} {
		ours := newEnd(NewServer(serverOf(t, nil), Params{ClientAuth: auth}))
		_, err := withGo(t, ours, goConfig12(nil))
		if (err == nil) != want {
			t.Errorf("%v: %v", auth, err)
		}
		if !want && alertOf(t, ours.Err()) != iana.AlertHandshakeFailure {
			t.Errorf("%v", ours.Err())
		}
	}
	// Asked, the owner gives a credential or none.
	cert, _ := x509.ParseCertificate(identityOf(t, "rsa").cert)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	for _, cred := range []*Credential{identityOf(t, "rsa").cred, nil} {
		ours := newEnd(NewClient(configOf(t, func(s *Settings) { s.Ask = AskCertificate }), only12(Params{})))
		asked := false
		ours.custom = func(c *Conn, w Wait) (bool, error) {
			if w != WaitCertificate {
				return false, nil
			}
			asked = true
			if r := c.CertificateRequest(); len(r.Authorities) != 1 || !bytes.Equal(r.Authorities[0], cert.RawSubject) || len(r.Schemes) == 0 {
				t.Errorf("%+v", r)
			}
			return true, c.AnswerCertificate(cred)
		}
		_, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(server)},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool})
		if !asked || (err == nil) != (cred != nil) {
			t.Errorf("asked %v, credential %v: %v", asked, cred != nil, err)
		}
	}
}

// TestGo12Staple: OCSP responses in both directions.
func TestGo12Staple(t *testing.T) {
	id := identityOf(t, "p256")
	staple := []byte("an OCSP response")
	cert := goCertificate(id)
	cert.OCSPStaple = staple
	ours := newEnd(NewClient(configOf(t, nil), only12(Params{RequestStaple: true})))
	if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{cert}}); err != nil || !bytes.Equal(ours.PeerStaple(), staple) {
		t.Errorf("client: %q, %v", ours.PeerStaple(), err)
	}
	for _, ask := range []Ask{0, AskStaple} {
		cred := *id.cred
		cred.Staple = staple
		ours := newEnd(NewServer(configOf(t, func(s *Settings) { s.Credentials, s.Ask = []*Credential{&cred}, ask }), Params{}))
		want := staple
		if ask != 0 {
			want = []byte("another one")
			ours.custom = func(c *Conn, w Wait) (bool, error) { return w == WaitStaple, c.AnswerStaple(want) }
		}
		st, err := withGo(t, ours, goConfig12(nil))
		if err != nil || !bytes.Equal(st.OCSPResponse, want) {
			t.Errorf("server: %q, %v", st.OCSPResponse, err)
		}
	}
}

// TestAsked12 asks every question TLS 1.2 has, in memory.
func TestAsked12(t *testing.T) {
	id := identityOf(t, "rsa")
	cred := &Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes}
	answerSign := func(c *Conn) error {
		scheme, message := c.SignRequest()
		sig, err := id.cred.Signer.Sign(c.cfg.Rand, scheme, message)
		if err != nil {
			return err
		}
		return c.AnswerSign(sig)
	}
	store := map[string]*Session{}
	ask := AskClientHello | AskSession | AskSelect | AskStaple | AskCertificate
	scfg := configOf(t, func(s *Settings) { s.Credentials, s.Ask = []*Credential{cred}, ask })
	ccfg := configOf(t, func(s *Settings) { s.Ask = ask })
	run := func(session *Session, params Params) *pair {
		params.ClientAuth = RequireClientCert
		p := newPair(NewClient(ccfg, only12(Params{ServerName: "example.org", RequestStaple: true, Session: session})), NewServer(scfg, params))
		p.server.custom = func(c *Conn, w Wait) (handled bool, err error) {
			defer func() { // the helper notes what it answers itself
				if handled {
					p.server.asked = append(p.server.asked, w)
				}
			}()
			switch w {
			case WaitSign:
				return true, answerSign(c)
			case WaitSessionLookup:
				return true, c.AnswerSession(store[string(c.SessionID())])
			case WaitSessionStore:
				store[string(c.NewSession().ID)] = c.NewSession()
			case WaitSelect:
				return true, c.AnswerSelect(Selection{AckServerName: true})
			}
			return false, nil
		}
		p.client.custom = func(c *Conn, w Wait) (handled bool, err error) {
			defer func() {
				if handled {
					p.client.asked = append(p.client.asked, w)
				}
			}()
			switch w {
			case WaitSign:
				return true, answerSign(c)
			case WaitCertificate:
				return true, c.AnswerCertificate(cred)
			}
			return false, nil
		}
		p.mustHandshake(t)
		return p
	}
	p := run(nil, Params{NoTickets: true})
	wantWaits(t, "server", p.server.asked, WaitClientHello, WaitSelect, WaitStaple, WaitSign, WaitVerify, WaitSessionStore)
	wantWaits(t, "client", p.client.asked, WaitVerify, WaitCertificate, WaitSign, WaitSessionStore)
	session := p.client.sessions[0]
	if len(session.ID) != 32 || len(store) != 1 {
		t.Fatalf("ID %x, %d stored", session.ID, len(store))
	}
	p = run(session, Params{NoTickets: true})
	if !p.client.Resumed() || !p.server.Resumed() {
		t.Error("not resumed by its ID")
	}
	wantWaits(t, "server", p.server.asked, WaitClientHello, WaitSessionLookup, WaitSelect)
	if chain := p.server.PeerChain(); len(chain) != 1 || !bytes.Equal(chain[0].Raw, id.cert) {
		t.Error("the client's chain is lost")
	}
	p = run(session, Params{NoTickets: true, NoResumption: true})
	if p.client.Resumed() || p.server.Resumed() {
		t.Error("resumed in spite of NoResumption")
	}
	p = run(nil, Params{NoTickets: true, NoSessionID: true})
	if stored := len(store); stored != 1 || len(p.client.SessionID()) != 0 {
		t.Errorf("NoSessionID: %d stored, ID %x", stored, p.client.SessionID())
	}
}

func wantWaits(t *testing.T, who string, got []Wait, want ...Wait) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: asked %v, want %v", who, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: asked %v, want %v", who, got, want)
			return
		}
	}
}
