package tlshttp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/tlsnet"
)

// identity is a certificate for localhost, trusted by itself.
type identity struct {
	der  []byte
	key  *ecdsa.PrivateKey
	cred *core.Credential
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := tlsnet.NewCredential([][]byte{der}, key)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{der, key, cred}
}

// tell answers with what a handler sees of the connection, and the body's length.
func tell(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	if r.TLS == nil {
		http.Error(w, "no TLS", 500)
		return
	}
	fmt.Fprintf(w, "%s %s %s %d", r.Proto, tls.VersionName(r.TLS.Version), r.TLS.NegotiatedProtocol, n)
}

// serve serves with our listener until the test ends.
func serve(t *testing.T, id *identity, alpn []string, srv *http.Server) string {
	t.Helper()
	s, err := tlsnet.NewServer(tlsnet.Config{
		Settings:        core.Settings{ALPN: alpn, Credentials: []*core.Credential{id.cred}},
		HandshakeFailed: AnswerPlainHTTP,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Serve(srv, l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error("shutdown: ", err)
		}
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return "https://" + l.Addr().String()
}

func transport(t *testing.T, id *identity, change func(*tlsnet.Config)) *Transport {
	t.Helper()
	cfg := tlsnet.Config{Roots: pki.NewPool([][]byte{id.der})}
	if change != nil {
		change(&cfg)
	}
	tr, err := NewTransport(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func goTransport(t *testing.T, id *identity, h2 bool) *http.Transport {
	t.Helper()
	cert, err := x509.ParseCertificate(id.der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: h2}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// exchange posts n bytes and returns the answer.
func exchange(t *testing.T, rt http.RoundTripper, url string, n int) (string, *http.Response) {
	t.Helper()
	client := &http.Client{Transport: rt, Timeout: 20 * time.Second}
	res, err := client.Post(url, "application/octet-stream", bytes.NewReader(make([]byte, n)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), res
}

// TestServer: our server with Go's client and with our own, HTTP/1.1 and HTTP/2.
func TestServer(t *testing.T) {
	id := newIdentity(t)
	both := serve(t, id, Protocols(), &http.Server{Handler: http.HandlerFunc(tell)})
	one := serve(t, id, []string{"http/1.1"}, &http.Server{Handler: http.HandlerFunc(tell)})
	for _, c := range []struct {
		name, url, want string
		rt              http.RoundTripper
	}{
		{"Go's client, h2", both, "HTTP/2.0 TLS 1.3 h2", goTransport(t, id, true)},
		{"Go's client, h1", both, "HTTP/1.1 TLS 1.3 ", goTransport(t, id, false)},
		{"Go's client, server of h1", one, "HTTP/1.1 TLS 1.3 http/1.1", goTransport(t, id, true)},
		{"ours, h2", both, "HTTP/2.0 TLS 1.3 h2", transport(t, id, nil)},
		{"ours, server of h1", one, "HTTP/1.1 TLS 1.3 http/1.1", transport(t, id, nil)},
		{"ours, TLS 1.2", both, "HTTP/2.0 TLS 1.2 h2", transport(t, id, func(c *tlsnet.Config) { c.Params.MaxVersion = iana.VersionTLS12 })},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, n := range []int{0, 10, 300_000} {
				body, res := exchange(t, c.rt, c.url, n)
				if want := fmt.Sprintf("%s %d", c.want, n); body != want {
					t.Errorf("%q, want %q", body, want)
				}
				if res.TLS == nil || len(res.TLS.PeerCertificates) != 1 || len(res.TLS.VerifiedChains) == 0 || !res.TLS.HandshakeComplete {
					t.Errorf("%+v", res.TLS)
				}
			}
		})
	}
}

// TestClient: our client with the server of net/http and crypto/tls.
func TestClient(t *testing.T) {
	id := newIdentity(t)
	for _, h2 := range []bool{true, false} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(tell))
		srv.EnableHTTP2 = h2
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.der}, PrivateKey: id.key}}}
		srv.StartTLS()
		defer srv.Close()
		want := "HTTP/1.1 TLS 1.3 http/1.1 100000"
		if h2 {
			want = "HTTP/2.0 TLS 1.3 h2 100000"
		}
		rt := transport(t, id, nil)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if body, _ := exchange(t, rt, srv.URL, 100_000); body != want {
					t.Errorf("%q, want %q", body, want)
				}
			})
		}
		wg.Wait()
		rt.CloseIdleConnections()
		if body, _ := exchange(t, rt, srv.URL, 100_000); body != want {
			t.Errorf("after CloseIdleConnections: %q", body)
		}
	}
}

// TestReuse: requests in a row share one connection, in both versions of HTTP.
func TestReuse(t *testing.T) {
	id := newIdentity(t)
	for _, alpn := range [][]string{{"h2"}, {"http/1.1"}} {
		seen := map[string]bool{}
		url := serve(t, id, alpn, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ConnOf(r) == nil {
				t.Error("no connection")
			}
			seen[r.RemoteAddr] = true
		})})
		rt := transport(t, id, nil)
		for range 3 {
			exchange(t, rt, url, 0)
		}
		if len(seen) != 1 {
			t.Errorf("%v: %d connections", alpn, len(seen))
		}
	}
}

// TestRefused: a server that is not trusted gets no request.
func TestRefused(t *testing.T) {
	id := newIdentity(t)
	url := serve(t, id, Protocols(), &http.Server{
		Handler:  http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request") }),
		ErrorLog: log.New(io.Discard, "", 0),
	})
	client := &http.Client{Transport: transport(t, newIdentity(t), nil), Timeout: 20 * time.Second}
	if _, err := client.Get(url); err == nil || !strings.Contains(err.Error(), "signed by itself") {
		t.Error(err)
	}
}

// TestPlainHTTP: a request without TLS is answered in HTTP.
func TestPlainHTTP(t *testing.T) {
	url := serve(t, newIdentity(t), Protocols(), &http.Server{Handler: http.HandlerFunc(tell)})
	res, err := http.Get(strings.Replace(url, "https:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != 400 || !strings.Contains(string(body), "without TLS") || err != nil {
		t.Errorf("%s: %s, %v", res.Status, body, err)
	}
}

// TestCurl asks with curl, which verifies the certificate.
func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	id := newIdentity(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.der}), 0o600); err != nil {
		t.Fatal(err)
	}
	url := serve(t, id, Protocols(), &http.Server{Handler: http.HandlerFunc(tell)})
	data := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(data, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"HTTP/2.0 TLS 1.3 h2 1048576":       {"--http2"},
		"HTTP/1.1 TLS 1.3 http/1.1 1048576": {"--http1.1"},
		"HTTP/2.0 TLS 1.2 h2 1048576":       {"--http2", "--tls-max", "1.2"},
	} {
		args = append(args, "-sS", "--max-time", "20", "--noproxy", "*", "--cacert", ca, "--data-binary", "@"+data, url)
		out, err := exec.Command("curl", args...).CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s, %v; want %s", out, err, want)
		}
	}
}
