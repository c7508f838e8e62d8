package tlsnet

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patina/core"
	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider/stdlib"
	"patina/core/wire"
)

// TestRefusedCertificates: each with its alert and with words that name the cause.
func TestRefusedCertificates(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	past := func(x *x509.Certificate) {
		x.NotBefore, x.NotAfter = time.Now().Add(-72*time.Hour), time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
		x.NotBefore = x.NotAfter.Add(-72 * time.Hour)
	}
	for _, c := range []struct {
		name   string
		cred   *core.Credential
		dial   string
		alert  iana.AlertDescription
		words  []string
		reason string
	}{
		{"expired", a.credential(t, past), "example.org", iana.AlertCertificateExpired,
			[]string{"certificate of example.org expired on 2026-01-02 03:04 UTC", "days ago"}, "certificate has expired"},
		{"not yet", a.credential(t, func(x *x509.Certificate) { x.NotBefore = time.Now().Add(time.Hour) }), "example.org",
			iana.AlertCertificateExpired, []string{"is not valid before", "clock"}, "not yet valid"},
		{"name", a.credential(t, nil), "example.net", iana.AlertBadCertificate,
			[]string{"is for example.org, 127.0.0.1, not for example.net"}, "hostname mismatch"},
		{"address", a.credential(t, nil), "127.0.0.2", iana.AlertBadCertificate,
			[]string{"not for 127.0.0.2"}, "IP address mismatch"},
		{"authority", other.credential(t, nil), "example.org", iana.AlertUnknownCA,
			[]string{"no trusted authority stands behind", "test authority"}, "issuer"},
		{"purpose", a.credential(t, func(x *x509.Certificate) { x.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
			"example.org", iana.AlertUnsupportedCertificate, []string{"not meant for this use"}, "purpose"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, y := sockets(t)
			s := a.server(t, func(cfg *Config) { cfg.Settings.Credentials = []*core.Credential{c.cred} }).Conn(y)
			served := goDo(s.Handshake)
			err := a.client(t, nil).Conn(x, c.dial).Handshake()
			var ce *CertificateError
			if !errors.As(err, &ce) || !strings.Contains(errors.Unwrap(ce).Error(), c.reason) {
				t.Fatalf("%v", err)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("no %q in %q", w, err)
				}
			}
			var alert core.AlertError
			if err := <-served; !errors.As(err, &alert) || iana.AlertDescription(alert) != c.alert {
				t.Errorf("the server got %v, want %v", err, c.alert)
			}
		})
	}
	t.Run("address that fits", func(t *testing.T) {
		x, y := sockets(t)
		c := a.client(t, nil).Conn(x, "127.0.0.1")
		shakeHands(t, c, a.server(t, nil).Conn(y))
		if s := c.State(); s.ServerName != "" || len(s.VerifiedChain) != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// TestVerifyHooks: Verify decides alone, VerifyMore after the chain has been
// verified, and never without.
func TestVerifyHooks(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	pin := errors.New("not the pinned key")
	for _, c := range []struct {
		name   string
		change func(*Config)
		ok     bool
		calls  int
	}{
		{"Verify accepts", func(c *Config) { c.Roots = other.pool() }, true, 1},
		{"Verify refuses", nil, false, 1},
		{"VerifyMore refuses", nil, false, 1},
		{"VerifyMore is not asked", func(c *Config) { c.Roots = other.pool() }, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			hook := func(p *Peer) error {
				calls++
				if p.Name != "example.org" || len(p.Chain) != 1 || (p.Verified == nil) != strings.HasPrefix(c.name, "Verify ") {
					t.Errorf("%+v", p)
				}
				if c.ok {
					return nil
				}
				return pin
			}
			client := a.client(t, func(cfg *Config) {
				if strings.HasPrefix(c.name, "VerifyMore") {
					cfg.VerifyMore = hook
				} else {
					cfg.Verify = hook
				}
				if c.change != nil {
					c.change(cfg)
				}
			})
			x, y := sockets(t)
			served := goDo(a.server(t, nil).Conn(y).Handshake)
			err := client.Conn(x, "example.org").Handshake()
			if (err == nil) != c.ok || calls != c.calls || (calls == 1 && !c.ok) && err != pin {
				t.Errorf("%v after %d calls", err, calls)
			}
			<-served
		})
	}
}

// TestSessions: resumption by the cache, with crypto/tls as well.
func TestSessions(t *testing.T) {
	a := newAuthority(t)
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		for _, peer := range []string{"ours", "ours, by ID", "crypto/tls"} {
			t.Run(v.String()+" "+peer, func(t *testing.T) {
				now := time.Now()
				cache := NewMemorySessions(10)
				client := a.client(t, func(c *Config) {
					c.Sessions, c.Params.MaxVersion = cache, v
					c.Settings.Now = func() time.Time { return now }
				})
				server, goServer := a.server(t, nil), a.goConfig(t)
				if peer == "ours, by ID" {
					server = a.server(t, func(c *Config) { c.ServerSessions = NewMemoryStore(10) })
				}
				once := func() bool {
					x, y := sockets(t)
					var s net.Conn = server.Conn(y)
					if peer == "crypto/tls" {
						s = tls.Server(y, goServer)
					}
					c := client.Conn(x, "example.org")
					shakeHands(t, c, s.(handshaker))
					// Tickets come before data.
					s.Write([]byte{1})
					if _, err := c.Read(make([]byte, 1)); err != nil {
						t.Fatal(err)
					}
					if st := c.State(); len(st.PeerChain) != 1 {
						t.Errorf("%d certificates", len(st.PeerChain))
					}
					c.Close()
					return c.State().Resumed
				}
				if once() || !once() || !once() {
					t.Error("resumption")
				}
				kept := 0
				cache.All(func(string, *core.Session) { kept++ })
				if kept == 0 || kept > ticketsPerName {
					t.Errorf("%d sessions are kept", kept)
				}
				// The certificate expires, and no session is good any longer.
				now = now.Add(25 * time.Hour)
				if s := client.o.takeSession("example.org"); s != nil {
					t.Error("a session of an expired certificate is offered")
				}
			})
		}
	}
}

// TestUnverifiedSession: what an unverifying client has kept is nothing to one that
// verifies.
func TestUnverifiedSession(t *testing.T) {
	a := newAuthority(t)
	cache := NewMemorySessions(1)
	careless := a.client(t, func(c *Config) { c.Sessions, c.InsecureNoVerify, c.Params.MaxVersion = cache, true, iana.VersionTLS12 })
	connected(t, careless, a.server(t, nil))
	if cache.Take("example.org") == nil {
		t.Fatal("no session")
	}
	if s := a.client(t, func(c *Config) { c.Sessions = cache }).o.takeSession("example.org"); s != nil {
		t.Error("it is offered")
	}
}

func TestMemoryStore(t *testing.T) {
	m := NewMemoryStore(2)
	for _, id := range []string{"a", "b", "c"} {
		m.Store(&core.Session{ID: []byte(id), Version: iana.VersionTLS12})
	}
	if m.Load([]byte("a")) != nil || m.Load([]byte("b")) == nil || m.Load([]byte("b")) == nil || m.Load([]byte("c")) == nil {
		t.Error("not the two newest are kept")
	}
	m.Store(&core.Session{ID: []byte("d"), Version: iana.VersionTLS13})
	if m.Load([]byte("d")) == nil || m.Load([]byte("d")) != nil {
		t.Error("a TLS 1.3 session is used twice")
	}
}

// TestECH: accepted with the right keys; refused with others, after the server has
// been verified as that of the public name and not as the hidden one.
func TestECH(t *testing.T) {
	a := newAuthority(t)
	hpke := stdlib.New().HPKE()
	make := func(id uint8) (ech.Config, ech.Key) {
		c, private, err := ech.NewConfig(hpke, ech.Template{ID: id, PublicName: "public.example"})
		if err != nil {
			t.Fatal(err)
		}
		return c, ech.Key{Config: c, PrivateKey: private}
	}
	config, key := make(1)
	_, stale := make(2)
	for _, c := range []struct {
		name   string
		key    ech.Key
		cert   string
		status core.ECHStatus
	}{{"accepted", key, "example.org", core.ECHAccepted}, {"rejected", stale, "public.example", core.ECHRejected}, {"rejected by a stranger", stale, "example.org", core.ECHNone}} {
		t.Run(c.name, func(t *testing.T) {
			keys, err := ech.NewKeys(hpke, c.key)
			if err != nil {
				t.Fatal(err)
			}
			cred := a.credential(t, func(x *x509.Certificate) { x.DNSNames = []string{c.cert} })
			server := a.server(t, func(cfg *Config) { cfg.Settings.Credentials, cfg.Settings.ECHKeys = []*core.Credential{cred}, keys })
			client := a.client(t, func(cfg *Config) { cfg.Params.ECHConfigs = ech.ConfigList{config} })
			x, y := sockets(t)
			served := goDo(server.Conn(y).Handshake)
			conn := client.Conn(x, "example.org")
			err = conn.Handshake()
			var rejected *core.ECHRejectedError
			var cert *CertificateError
			switch c.status {
			case core.ECHAccepted:
				if err != nil || conn.State().ECH != core.ECHAccepted || <-served != nil {
					t.Error(err)
				}
			case core.ECHRejected:
				if !errors.As(err, &rejected) || len(rejected.RetryConfigs) == 0 {
					t.Error(err)
				}
			default:
				if !errors.As(err, &cert) || !strings.Contains(err.Error(), "not for public.example") {
					t.Error(err)
				}
			}
		})
	}
}

func TestMemorySessions(t *testing.T) {
	m := NewMemorySessions(2)
	s12, s13 := &core.Session{Version: iana.VersionTLS12}, &core.Session{Version: iana.VersionTLS13}
	m.Put("a", s12)
	m.Put("a", s12)
	if m.Take("a") != s12 || m.Take("a") != s12 {
		t.Error("TLS 1.2 sessions are used again")
	}
	for range 10 {
		m.Put("b", s13)
	}
	n := 0
	for m.Take("b") != nil {
		n++
	}
	if n != ticketsPerName {
		t.Errorf("%d tickets of one name", n)
	}
	m.Take("a")
	m.Put("c", s13)
	if m.Take("a") == nil || m.Take("c") == nil || len(m.names) != 2 {
		t.Error("not the least recently used has gone")
	}
}

// TestServerQuestions: ForClient, Staple, Sign and client certificates.
func TestServerQuestions(t *testing.T) {
	a := newAuthority(t)
	chain, key := a.issue(t, func(x *x509.Certificate) { x.DNSNames = []string{"other.example"} })
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	cred := &core.Credential{Chain: chain, Schemes: signer.Schemes()} // signs by Config.Sign
	signed := 0
	other := a.server(t, func(c *Config) {
		c.Settings.Credentials = []*core.Credential{cred}
		c.Roots = a.pool()
		c.Params.ClientAuth = core.RequireClientCert
		c.Staple = func(x *core.Credential) []byte {
			if x != cred {
				t.Error("another credential")
			}
			return []byte("an OCSP response")
		}
		c.Sign = func(x *core.Credential, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
			signed++
			return signer.Sign(nil, scheme, message)
		}
	})
	server := a.server(t, func(c *Config) {
		c.ForClient = func(h *wire.ClientHello) (*Server, error) {
			switch h.ServerName {
			case "other.example":
				return other, nil
			case "example.org":
				return nil, nil
			}
			return nil, errors.New("no such name here")
		}
	})
	mine := a.credential(t, func(x *x509.Certificate) { x.Subject.CommonName, x.SerialNumber = "me", big.NewInt(7) })
	client := a.client(t, func(c *Config) {
		c.Params.RequestStaple = true
		c.ClientCertificate = func(core.CertificateRequest) (*core.Credential, error) { return mine, nil }
	})
	x, y := sockets(t)
	c, s := client.Conn(x, "other.example"), server.Conn(y)
	shakeHands(t, c, s)
	if st := c.State(); string(st.Staple) != "an OCSP response" || signed != 1 || st.PeerChain[0].DNSNames[0] != "other.example" {
		t.Errorf("%d signatures, %+v", signed, st)
	}
	if st := s.State(); len(st.VerifiedChain) != 2 || st.PeerChain[0].Subject.CommonName != "me" {
		t.Errorf("%+v", st)
	}
	x, y = sockets(t)
	served := goDo(server.Conn(y).Handshake)
	var alert core.AlertError
	if err := client.Conn(x, "third.example").Handshake(); !errors.As(err, &alert) || iana.AlertDescription(alert) != iana.AlertUnrecognizedName {
		t.Error(err)
	}
	if err := <-served; err == nil || err.Error() != "no such name here" {
		t.Error(err)
	}
	// Without a certificate.
	x, y = sockets(t)
	served = goDo(server.Conn(y).Handshake)
	c = a.client(t, nil).Conn(x, "other.example")
	if c.Handshake() == nil {
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.As(err, &alert) || iana.AlertDescription(alert) != iana.AlertCertificateRequired {
		t.Error(err)
	}
	if err := <-served; err == nil {
		t.Error("nobody was required")
	}
}

func TestBadConfigs(t *testing.T) {
	a := newAuthority(t)
	if _, err := NewServer(Config{}); err != ErrNoCredential {
		t.Error(err)
	}
	if _, err := NewServer(Config{Settings: core.Settings{Credentials: []*core.Credential{a.credential(t, nil)}},
		Params: core.Params{ClientAuth: core.RequireClientCert}}); err != ErrNoRoots {
		t.Error(err)
	}
	if _, err := NewClient(Config{Roots: a.pool(), Settings: core.Settings{Groups: []iana.NamedGroup{1}}}); !errors.Is(err, core.ErrSettings) {
		t.Error(err)
	}
	chain, _ := a.issue(t, nil)
	_, key := a.issue(t, nil)
	if _, err := NewCredential(chain, key); err != ErrKeyMismatch {
		t.Error(err)
	}
}

// TestFiles reads what openssl and others write.
func TestFiles(t *testing.T) {
	a := newAuthority(t)
	chain, key := a.issue(t, nil)
	dir := t.TempDir()
	file := func(name, typ string, der []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := file("cert.pem", "CERTIFICATE", chain[0]), file("key.pem", "PRIVATE KEY", pkcs8)
	cred, err := LoadCredential(certFile, keyFile)
	if err != nil || !bytes.Equal(cred.Chain[0], chain[0]) {
		t.Fatal(err)
	}
	for want, args := range map[string][2]string{
		"no private key": {certFile, certFile}, "no certificates": {keyFile, keyFile},
		"no such file": {dir + "/none", keyFile}, "does not belong": {file("root.pem", "CERTIFICATE", a.cert.Raw), keyFile},
		"encrypted": {certFile, file("enc.pem", "ENCRYPTED PRIVATE KEY", pkcs8)},
	} {
		if _, err := LoadCredential(args[0], args[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	roots, err := findRoots(filepath.Join(dir, "root.pem"), "")
	if err != nil || roots.Len() != 1 {
		t.Errorf("SSL_CERT_FILE: %v", err)
	}
	if roots, err = findRoots("", filepath.Join(dir, "none")+":"+dir); err != nil || roots.Len() != 2 {
		t.Errorf("SSL_CERT_DIR: %v", err)
	}
	if _, err = findRoots(keyFile, ""); err != ErrNoSystemRoots {
		t.Error(err)
	}
}

// TestListener: Accept gives connections that have not shaken hands, Dial ones that
// have; secrets are logged; both ends export the same.
func TestListener(t *testing.T) {
	a := newAuthority(t)
	l, err := a.server(t, func(c *Config) { c.Settings.ALPN = []string{"b", "a"} }).Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	type result struct {
		export []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		s, err := l.Accept()
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer s.Close()
		_, err = io.Copy(s, s)
		b, _ := s.(*Conn).ExportKeyingMaterial("test", nil, 20)
		done <- result{b, err}
	}()
	var log bytes.Buffer
	client := a.client(t, func(c *Config) { c.KeyLog, c.Settings.ALPN = &log, []string{"a", "b"} })
	nc, err := client.DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := nc.(*Conn)
	if st := c.State(); st.ALPN != "b" || st.Version != iana.VersionTLS13 || st.Suite == 0 || st.Group == 0 || st.PeerScheme == 0 {
		t.Errorf("%+v", st)
	}
	export, err := c.ExportKeyingMaterial("test", nil, 20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("echo")); err != nil {
		t.Fatal(err)
	}
	c.CloseWrite()
	got, err := io.ReadAll(c)
	if string(got) != "echo" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if r := <-done; r.err != nil || !bytes.Equal(r.export, export) {
		t.Errorf("%v, %x, %x", r.err, r.export, export)
	}
	if n := strings.Count(log.String(), "\n"); n != 5 || !strings.Contains(log.String(), "CLIENT_TRAFFIC_SECRET_0 ") {
		t.Errorf("%d lines:\n%s", n, &log)
	}
	c.Close()
	if _, err := client.Dial("tcp", "127.0.0.1"); err == nil {
		t.Error("an address without a port")
	}
}
