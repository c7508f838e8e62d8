package core

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"patina/core/iana"
)

// Handshakes with another implementation, crypto/tls, in both roles.

func goCertificate(id *identity) tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{id.cert}, PrivateKey: id.key.(crypto.PrivateKey)}
}

// netPair is a connected pair of loopback connections with a deadline.
func netPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		c.SetDeadline(time.Now().Add(20 * time.Second))
		t.Cleanup(func() { c.Close() })
	}
	return a, b
}

const greeting = "not all those who wander are lost"

// withGo connects ours with a peer of crypto/tls, shakes hands, sends data both
// ways, and closes both.
func withGo(t *testing.T, ours *end, peer *tls.Config) (state tls.ConnectionState, err error) {
	t.Helper()
	a, b := netPair(t)
	type result struct {
		state tls.ConnectionState
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var c *tls.Conn
		if ours.IsClient() {
			c = tls.Server(b, peer)
		} else {
			c = tls.Client(b, peer)
		}
		defer b.Close()
		r := result{}
		if r.err = c.Handshake(); r.err == nil {
			r.state = c.ConnectionState()
			if _, r.err = io.WriteString(c, greeting); r.err == nil {
				var got []byte
				got, r.err = io.ReadAll(c)
				if r.err == nil && string(got) != greeting {
					r.err = errors.New("read " + string(got))
				}
			}
			c.Close()
		}
		done <- r
	}()
	ourErr := func() error {
		defer a.Close()
		if err := ours.overNet(a, ours.Handshake); err != nil {
			return err
		}
		msg := []byte(greeting)
		if err := ours.overNet(a, func() (Wait, error) {
			n, w, err := ours.Write(msg)
			msg = msg[n:]
			return w, err
		}); err != nil {
			return err
		}
		var got []byte
		for len(got) < len(greeting) {
			if err := ours.overNet(a, readOp(ours, &got)); err != nil {
				return err
			}
		}
		if string(got) != greeting {
			return errors.New("got " + string(got))
		}
		if err := ours.overNet(a, ours.CloseNotify); err != nil {
			return err
		}
		if err := ours.overNet(a, readOp(ours, nil)); err != io.EOF {
			return errors.Join(errors.New("the end"), err)
		}
		return nil
	}()
	r := <-done
	if ourErr != nil || r.err != nil {
		return r.state, errors.Join(ourErr, r.err)
	}
	return r.state, nil
}

func goGroup(g iana.NamedGroup) tls.CurveID { return tls.CurveID(g) }

// TestGo13 shakes hands with crypto/tls by every group and kind of key.
func TestGo13(t *testing.T) {
	for _, g := range allGroups {
		for _, kind := range []string{"p256", "rsa"} {
			id := identityOf(t, kind)
			t.Run("client/"+g.String()+"/"+kind, func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) { s.Groups = allGroups; s.ALPN = []string{"h2", "http/1.1"} })
				ours := newEnd(NewClient(cfg, only13(Params{ServerName: "example.org"})))
				st, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(id)},
					CurvePreferences: []tls.CurveID{goGroup(g)}, NextProtos: []string{"http/1.1"}})
				if err != nil {
					t.Fatal(err)
				}
				if ours.Group() != g || st.ServerName != "example.org" || ours.ALPN() != "http/1.1" || st.CipherSuite != uint16(ours.Suite()) {
					t.Errorf("%v %q %q", ours.Group(), st.ServerName, ours.ALPN())
				}
				if e, err := ours.ExportKeyingMaterial("label", []byte("context"), 40); err != nil {
					t.Error(err)
				} else if want, _ := st.ExportKeyingMaterial("label", []byte("context"), 40); !bytes.Equal(e, want) {
					t.Error("the exporters differ")
				}
			})
			t.Run("server/"+g.String()+"/"+kind, func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) {
					s.Groups, s.ALPN = []iana.NamedGroup{g}, []string{"http/1.1"}
					s.Credentials = []*Credential{id.cred}
				})
				ours := newEnd(NewServer(cfg, Params{}))
				st, err := withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org",
					MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}})
				if err != nil {
					t.Fatal(err)
				}
				if st.CurveID != goGroup(g) || st.NegotiatedProtocol != "http/1.1" || ours.ServerName() != "example.org" || st.Version != tls.VersionTLS13 {
					t.Errorf("%+v", st)
				}
			})
		}
	}
	for _, kind := range keyKinds {
		t.Run("client/"+kind, func(t *testing.T) {
			ours := newEnd(NewClient(configOf(t, nil), only13(Params{})))
			if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, kind))}}); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("server/"+kind, func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{identityOf(t, kind).cred} })
			ours := newEnd(NewServer(cfg, Params{}))
			if _, err := withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestGo13HelloRetry: the first share does not fit; the group comes by a
// HelloRetryRequest.
func TestGo13HelloRetry(t *testing.T) {
	id := identityOf(t, "p256")
	cfg := configOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp384r1} })
	ours := newEnd(NewClient(cfg, only13(Params{})))
	st, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(id)}, CurvePreferences: []tls.CurveID{tls.CurveP384}})
	if err != nil || !st.HelloRetryRequest || ours.Group() != iana.GroupSecp384r1 {
		t.Errorf("client: %v, retry %v, %v", err, st.HelloRetryRequest, ours.Group())
	}
	cfg = serverOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupSecp521r1} })
	ours = newEnd(NewServer(cfg, Params{}))
	st, err = withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13})
	if err != nil || !st.HelloRetryRequest || ours.Group() != iana.GroupSecp521r1 {
		t.Errorf("server: %v, retry %v, %v", err, st.HelloRetryRequest, ours.Group())
	}
}

// TestGo13Resume resumes sessions of crypto/tls's server and client.
func TestGo13Resume(t *testing.T) {
	id := identityOf(t, "p256")
	peer := &tls.Config{Certificates: []tls.Certificate{goCertificate(id)}}
	cfg := configOf(t, func(s *Settings) { s.Ask = AskSession })
	ours := newEnd(NewClient(cfg, only13(Params{ServerName: "example.org"})))
	if _, err := withGo(t, ours, peer); err != nil {
		t.Fatal(err)
	}
	if len(ours.sessions) == 0 {
		t.Fatal("no ticket")
	}
	session := ours.sessions[0]
	for _, retry := range []bool{false, true} {
		if retry {
			peer = peer.Clone()
			peer.CurvePreferences = []tls.CurveID{tls.CurveP384}
		}
		ours = newEnd(NewClient(cfg, only13(Params{ServerName: "example.org", Session: session})))
		st, err := withGo(t, ours, peer)
		if err != nil || !ours.Resumed() || !st.DidResume || st.HelloRetryRequest != retry {
			t.Fatalf("resumed %v, %v, retry %v: %v", ours.Resumed(), st.DidResume, st.HelloRetryRequest, err)
		}
		if len(ours.PeerChain()) != 1 || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
			t.Error("the chain is not that of the session")
		}
		session = ours.sessions[0]
		if len(session.PeerChain) != 1 {
			t.Error("the next session has lost the chain")
		}
	}

	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg = serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13,
		ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	for i := 0; i < 3; i++ {
		ours = newEnd(NewServer(cfg, Params{Tickets: 2}))
		st, err := withGo(t, ours, client)
		if err != nil || st.DidResume != (i > 0) || ours.Resumed() != (i > 0) {
			t.Fatalf("handshake %d: resumed %v, %v: %v", i, ours.Resumed(), st.DidResume, err)
		}
	}
	client.ServerName = "localhost"
	ours = newEnd(NewServer(cfg, Params{Tickets: 2}))
	if st, err := withGo(t, ours, client); err != nil || st.DidResume {
		t.Errorf("another name: resumed %v: %v", st.DidResume, err)
	}
}

// TestGo13ClientAuth: client certificates, given, refused and missing.
func TestGo13ClientAuth(t *testing.T) {
	server, client := identityOf(t, "p256"), identityOf(t, "rsa")
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(client.cert)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	peer := &tls.Config{Certificates: []tls.Certificate{goCertificate(server)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	for _, kind := range keyKinds {
		id := identityOf(t, kind)
		peer := peer.Clone()
		peer.ClientAuth = tls.RequireAnyClientCert
		cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} })
		ours := newEnd(NewClient(cfg, only13(Params{})))
		st, err := withGo(t, ours, peer)
		if err != nil || len(st.PeerCertificates) != 1 || !bytes.Equal(st.PeerCertificates[0].Raw, id.cert) || ours.Credential() != id.cred {
			t.Errorf("client, %s: %v", kind, err)
		}
		cfg = serverOf(t, nil)
		ours = newEnd(NewServer(cfg, Params{ClientAuth: RequireClientCert}))
		_, err = withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13,
			Certificates: []tls.Certificate{goCertificate(id)}})
		if err != nil || len(ours.PeerChain()) != 1 || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
			t.Errorf("server, %s: %v", kind, err)
		}
	}
	// The owner is asked and gives the credential, or none.
	for _, cred := range []*Credential{client.cred, nil} {
		cfg := configOf(t, func(s *Settings) { s.Ask = AskCertificate })
		ours := newEnd(NewClient(cfg, only13(Params{})))
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
		_, err := withGo(t, ours, peer)
		if !asked || (err == nil) != (cred != nil) {
			t.Errorf("asked %v, credential %v: %v", asked, cred != nil, err)
		}
	}
	// None sent to a server that requests, and to one that requires.
	for auth, want := range map[ClientAuth]bool{RequestClientCert: true, RequireClientCert: false} {
		ours := newEnd(NewServer(serverOf(t, nil), Params{ClientAuth: auth}))
		_, err := withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13})
		if (err == nil) != want {
			t.Errorf("%v: %v", auth, err)
		}
		if !want && alertOf(t, ours.Err()) != iana.AlertCertificateRequired {
			t.Errorf("%v", ours.Err())
		}
	}
}

// TestGo13Staple: OCSP responses in both directions.
func TestGo13Staple(t *testing.T) {
	id := identityOf(t, "p256")
	staple := []byte("an OCSP response")
	cert := goCertificate(id)
	cert.OCSPStaple = staple
	ours := newEnd(NewClient(configOf(t, nil), only13(Params{RequestStaple: true})))
	if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{cert}}); err != nil || !bytes.Equal(ours.PeerStaple(), staple) {
		t.Errorf("client: %q, %v", ours.PeerStaple(), err)
	}
	for _, ask := range []Ask{0, AskStaple} {
		cred := *id.cred
		cred.Staple = staple
		cfg := configOf(t, func(s *Settings) { s.Credentials, s.Ask = []*Credential{&cred}, ask })
		ours := newEnd(NewServer(cfg, Params{}))
		want := staple
		if ask != 0 {
			want = []byte("another one")
			ours.custom = func(c *Conn, w Wait) (bool, error) {
				return w == WaitStaple, c.AnswerStaple(want)
			}
		}
		st, err := withGo(t, ours, &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: tls.VersionTLS13})
		if err != nil || !bytes.Equal(st.OCSPResponse, want) {
			t.Errorf("server: %q, %v", st.OCSPResponse, err)
		}
	}
}
