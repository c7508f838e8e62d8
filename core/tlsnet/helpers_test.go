package tlsnet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"patina/core"
	"patina/core/pki"
)

// authority issues certificates for tests.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-30 * 24 * time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) pool() *pki.Pool { return pki.NewPool([][]byte{a.cert.Raw}) }

// issue makes a chain with its key; change changes the template.
func (a *authority) issue(t testing.TB, change func(*x509.Certificate)) ([][]byte, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "leaf"},
		DNSNames: []string{"example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{der}, key
}

func (a *authority) credential(t testing.TB, change func(*x509.Certificate)) *core.Credential {
	t.Helper()
	cred, err := NewCredential(a.issue(t, change))
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// goConfig is a crypto/tls configuration for both roles, which trusts a.
func (a *authority) goConfig(t testing.TB) *tls.Config {
	t.Helper()
	chain, key := a.issue(t, nil)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key}},
		RootCAs: roots, ClientCAs: roots, ServerName: "example.org"}
}

func (a *authority) server(t testing.TB, change func(*Config)) *Server {
	t.Helper()
	cfg := Config{Settings: core.Settings{Credentials: []*core.Credential{a.credential(t, nil)}}}
	if change != nil {
		change(&cfg)
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (a *authority) client(t testing.TB, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{Roots: a.pool()}
	if change != nil {
		change(&cfg)
	}
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sockets are the two ends of a TCP connection, closed at the end of the test.
func sockets(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server = <-accepted; server == nil {
		t.FailNow()
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	limit := time.Now().Add(time.Minute)
	client.SetDeadline(limit)
	server.SetDeadline(limit)
	return client, server
}

// connected is a client and a server that have shaken hands.
func connected(t testing.TB, client *Client, server *Server) (c, s *Conn) {
	t.Helper()
	x, y := sockets(t)
	c, s = client.Conn(x, "example.org"), server.Conn(y)
	shakeHands(t, c, s)
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

type handshaker interface{ Handshake() error }

func shakeHands(t testing.TB, c, s handshaker) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Handshake() }()
	if err := c.Handshake(); err != nil {
		t.Fatal("client: ", err)
	}
	if err := <-done; err != nil {
		t.Fatal("server: ", err)
	}
}

// counting lends buffers and counts those that are out.
type counting struct{ out atomic.Int64 }

func (l *counting) Get(size int) []byte { l.out.Add(1); return make([]byte, size) }
func (l *counting) Put([]byte)          { l.out.Add(-1) }
