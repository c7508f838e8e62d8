package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patina/cmd/internal/tlscmd"
)

// start starts a server and returns its address.
func start(t *testing.T, args ...string) string {
	t.Helper()
	if n := len(args); n == 0 || strings.HasPrefix(args[n-1], "-") || (args[n-1] != "echo" && args[n-1] != "http" && (n < 2 || args[n-2] != "forward")) {
		args = append(args, "http")
	}
	s, err := configure(append([]string{"-listen", "127.0.0.1:0"}, args...), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.listener.Close() })
	go s.serve()
	return s.listener.Addr().String()
}

// openssl runs s_client, which sends a request, and returns what it prints.
func openssl(t *testing.T, addr string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the openssl command is not installed")
	}
	cmd := exec.Command("openssl", append([]string{"s_client", "-connect", addr, "-servername", "localhost", "-ign_eof"}, args...)...)
	cmd.Stdin = strings.NewReader("GET / HTTP/1.0\r\n\r\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %v\n%s", args, err, &out)
	}
	return out.String()
}

func TestOpenSSL(t *testing.T) {
	addr := start(t)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"protocol     TLS 1.3", "key exchange x25519", "server name  localhost"}},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}, []string{"cipher       TLS_AES_128_GCM_SHA256"}},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, []string{"cipher       TLS_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_3", "-groups", "P-256"}, []string{"key exchange secp256r1"}},
		{[]string{"-tls1_3", "-groups", "P-384"}, []string{"key exchange secp384r1"}},
		{[]string{"-tls1_3", "-groups", "P-521"}, []string{"key exchange secp521r1"}},
		// The first share is of a group the server does not have: it asks for the one it likes best.
		{[]string{"-tls1_3", "-groups", "X448:P-521:X25519"}, []string{"key exchange x25519"}},
		{[]string{"-tls1_3", "-no_middlebox"}, []string{"protocol     TLS 1.3"}},
		{[]string{"-tls1_3", "-alpn", "http/1.1"}, []string{"application  http/1.1"}},
		{[]string{"-tls1_2"}, []string{"protocol     TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "Secure Renegotiation IS supported", "Extended master secret: yes"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"}, []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}, []string{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_2", "-groups", "P-384:P-256"}, []string{"key exchange secp384r1"}},
		{[]string{"-tls1_2", "-maxfraglen", "512"}, []string{"protocol     TLS 1.2"}},
		{[]string{"-tls1_3", "-maxfraglen", "1024"}, []string{"protocol     TLS 1.3"}},
		{[]string{"-tls1_2", "-no_ticket"}, []string{"protocol     TLS 1.2"}},
		{[]string{"-tls1_2", "-max_send_frag", "512", "-split_send_frag", "512"}, []string{"protocol     TLS 1.2"}},
	} {
		out := openssl(t, addr, c.args...)
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%v: no %q in\n%s", c.args, w, out)
			}
		}
	}
}

func TestOpenSSLResumes(t *testing.T) {
	addr := start(t)
	for _, v := range []string{"-tls1_2", "-tls1_3"} {
		file := filepath.Join(t.TempDir(), "session")
		out := openssl(t, addr, v, "-sess_out", file)
		if !strings.Contains(out, "session      new") {
			t.Errorf("%s: %s", v, out)
		}
		out = openssl(t, addr, v, "-sess_in", file)
		if !strings.Contains(out, "session      resumed") || !strings.Contains(out, "Reused, ") {
			t.Errorf("%s: %s", v, out)
		}
	}
}

// TestOpenSSLClientCertificate presents certificates of every kind of key.
func TestOpenSSLClientCertificate(t *testing.T) {
	dir := t.TempDir()
	for kind, gen := range map[string][]string{
		"rsa":     {"-newkey", "rsa:2048"},
		"p384":    {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
		"ed25519": {"-newkey", "ed25519"},
	} {
		cert, key := filepath.Join(dir, kind+".crt"), filepath.Join(dir, kind+".key")
		args := append([]string{"req", "-x509", "-nodes", "-subj", "/CN=client " + kind, "-days", "2", "-out", cert, "-keyout", key}, gen...)
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		addr, strict := start(t, "-auth", cert), start(t, "-auth", cert, "-require-auth")
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			for _, addr := range []string{addr, strict} {
				out := openssl(t, addr, v, "-cert", cert, "-key", key)
				if !strings.Contains(out, "certificate  the client's, for \"CN=client "+kind+"\"") || !strings.Contains(out, "verified     by the root") {
					t.Errorf("%s, %s: %s", kind, v, out)
				}
			}
			if out := openssl(t, addr, v); !strings.Contains(out, "the peer has shown none") {
				t.Errorf("a certificate from nowhere: %s", out)
			}
		}
		// As a server's certificate, too.
		addr = start(t, "-certs", cert, "-key", key)
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			if out := openssl(t, addr, v); !strings.Contains(out, "client "+kind) || !strings.Contains(out, "we signed") {
				t.Errorf("serving %s, %s: %s", kind, v, out)
			}
		}
	}
}

// TestRefusedClients: what the log says of clients that fail.
func TestRefusedClients(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root.pem")
	cred, err := tlscmd.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cred.Chain[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		server []string
		client *tls.Config
		want   string
	}{
		{[]string{"-auth", root, "-require-auth"}, &tls.Config{}, "the client has shown no certificate, and one is required"},
		{[]string{"-protover", "1.3"}, &tls.Config{MaxVersion: tls.VersionTLS12}, "the client speaks none of the versions of TLS we allow"},
		{[]string{"-group", "secp521r1"}, &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519}}, "no key exchange group that both"},
		{[]string{"-suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, &tls.Config{MaxVersion: tls.VersionTLS12}, "no cipher suite that both"},
		{[]string{"-proto", "xyz"}, &tls.Config{NextProtos: []string{"h2"}}, "no application protocol that both"},
		{nil, &tls.Config{RootCAs: x509.NewCertPool()}, "the client does not accept our certificate"},
	} {
		var out locked
		s, err := configure(append(append([]string{"-listen", "127.0.0.1:0"}, c.server...), "echo"), io.Discard, &out)
		if err != nil {
			t.Fatal(err)
		}
		go s.serve()
		c.client.InsecureSkipVerify = c.client.RootCAs == nil
		c.client.ServerName = "localhost"
		conn, err := tls.Dial("tcp", s.listener.Addr().String(), c.client)
		if err == nil {
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err = conn.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("%v: served", c.server)
			}
			conn.Close()
		}
		for range 200 {
			if strings.Contains(out.String(), c.want) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: no %q in %s", c.server, c.want, out.String())
		}
		s.listener.Close()
	}
}

// locked is a buffer for several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestOpenSSLOptions: -ocsp, -resumption, -tickets, -early-data as a client sees them.
func TestOpenSSLOptions(t *testing.T) {
	response := filepath.Join(t.TempDir(), "ocsp")
	// An OCSPResponse of the status tryLater (RFC 6960, section 4.2.1).
	if err := os.WriteFile(response, []byte{0x30, 3, 0x0a, 1, 3}, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(t.TempDir(), "crt"), filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("openssl", "req", "-x509", "-nodes", "-subj", "/CN=localhost", "-out", cert, "-keyout", key, "-newkey", "ed25519").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out := openssl(t, start(t, "-certs", cert, "-key", key, "-ocsp", response), "-status"); !strings.Contains(out, "Response Status: trylater (0x3)") {
		t.Errorf("-ocsp: %s", out)
	}
	if out := openssl(t, start(t, "-tickets", "3"), "-tls1_3"); strings.Count(out, "Post-Handshake New Session Ticket arrived") != 3 {
		t.Errorf("-tickets 3: %s", out)
	}
	for _, v := range []string{"-tls1_2", "-tls1_3"} {
		addr, file := start(t, "-resumption"), filepath.Join(t.TempDir(), "session")
		if out := openssl(t, addr, v, "-sess_out", file); !strings.Contains(out, "session      new") {
			t.Errorf("%s: %s", v, out)
		}
		if out := openssl(t, addr, v, "-sess_in", file); !strings.Contains(out, "session      resumed") {
			t.Errorf("-resumption %s: %s", v, out)
		}
		if out := openssl(t, start(t, "-tickets", "0"), v); strings.Contains(out, "TLS session ticket:") {
			t.Errorf("-tickets 0 %s: %s", v, out)
		}
	}
	addr, dir := start(t, "-early-data", "4096"), t.TempDir()
	file, request := filepath.Join(dir, "session"), filepath.Join(dir, "request")
	if err := os.WriteFile(request, []byte("GET /early HTTP/1.0\r\n\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	openssl(t, addr, "-tls1_3", "-sess_out", file)
	if out := openssl(t, addr, "-tls1_3", "-sess_in", file, "-early_data", request); !strings.Contains(out, "Early data was accepted") || !strings.Contains(out, "HTTP/1.0 200 OK") {
		t.Errorf("-early-data: %s", out)
	}
	// The same ticket, but not the same hello: it is another connection's.
	if out := openssl(t, addr, "-tls1_3", "-sess_in", file); !strings.Contains(out, "session      resumed") {
		t.Errorf("without early data: %s", out)
	}
}

// TestCurl asks for HTTP/2 and HTTP/1.1.
func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	addr := start(t)
	for want, args := range map[string][]string{"application  h2": {"--http2"}, "application  http/1.1": {"--http1.1"}} {
		out, err := exec.Command("curl", append(args, "-ksS", "--noproxy", "*", "--max-time", "20", "https://"+addr)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s, %v; want %s", out, err, want)
		}
	}
	out, err := exec.Command("curl", "-sS", "--noproxy", "*", "--max-time", "20", "http://"+addr).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "came without TLS") {
		t.Errorf("plain HTTP: %s, %v", out, err)
	}
}

// TestForward passes a megabyte to a plain server and back.
func TestForward(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	echo(t, start(t, "forward", strconv.Itoa(l.Addr().(*net.TCPAddr).Port)))
}

// TestHTTP: several requests on a connection of Go's client.
func TestHTTP(t *testing.T) {
	addr := start(t)
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: 20 * time.Second}
	for range 3 {
		r, err := client.Get("https://" + addr)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(body), "protocol     TLS 1.3") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestEcho sends a megabyte both ways.
func TestEcho(t *testing.T) { echo(t, start(t, "echo")) }

func echo(t *testing.T, addr string) {
	t.Helper()
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", addr, &tls.Config{InsecureSkipVerify: true, MaxVersion: v})
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(20 * time.Second))
		sent := make([]byte, 1<<20)
		for i := range sent {
			sent[i] = byte(i ^ i>>8 ^ i>>16)
		}
		go func() {
			c.Write(sent)
			c.CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d of %d bytes came back: %v", len(got), len(sent), err)
		}
		c.Close()
	}
}

func TestFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"1.2 and 1.3": {"-protover", "1.1", "echo"}, "go together": {"-certs", "/nonexistent", "echo"},
		"no such file": {"-certs", "/nonexistent", "-key", "/nonexistent", "echo"}, "nowhere": {"-listen", "nowhere", "echo"},
		"not defined": {"-nothing"}, "is wanted": nil, "behind the flags": {"echo", "1"}, "no port": {"forward", "x"},
		"-h lists": {"-nothing"}, "needs the certificate": {"-ocsp", "/nonexistent", "echo"}, "0 at least": {"-tickets", "-1", "echo"},
		"TLS 1.3, which":  {"-protover", "1.3", "-suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "echo"},
		"/nonexistent":    {"-ech", "/nonexistent", "echo"},
		"needs the roots": {"-require-auth", "echo"}, "-suite nonsense": {"-suite", "nonsense", "echo"},
	} {
		if s, err := configure(args, io.Discard, io.Discard); err == nil {
			s.listener.Close()
			t.Errorf("%v: no error", args)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}

// TestHelp: -h is no failure, and names every flag.
func TestHelp(t *testing.T) {
	var o, e bytes.Buffer
	if _, err := configure([]string{"-h"}, &o, &e); !errors.Is(err, flag.ErrHelp) || e.Len() > 0 {
		t.Errorf("%v, %s", err, &e)
	}
	for _, f := range strings.Fields("-certs -key -ocsp -auth -require-auth -resumption -tickets -protover -suite -proto -early-data") {
		if !strings.Contains(o.String(), "\n  "+f+"\n") && !strings.Contains(o.String(), "\n  "+f+" ") {
			t.Errorf("no %s in\n%s", f, &o)
		}
	}
}

// TestECH: -ech-new makes what -ech takes and a client of crypto/tls encrypts to.
func TestECH(t *testing.T) {
	var o bytes.Buffer
	if _, err := configure([]string{"-ech-new", "public.example"}, &o, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "ech")
	if err := os.WriteFile(file, o.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := tlscmd.LoadECH(file)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := list.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", start(t, "-ech", file), &tls.Config{ServerName: "hidden.example", EncryptedClientHelloConfigList: configs,
		EncryptedClientHelloRejectionVerify: func(tls.ConnectionState) error { return nil }, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.ConnectionState().ECHAccepted {
		t.Error("not accepted")
	}
	for name, content := range map[string][]byte{"none": []byte("hello\n"), "public": o.Bytes()[bytes.Index(o.Bytes(), []byte("-----BEGIN ECHCONFIG")):]} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := configure([]string{"-listen", "127.0.0.1:0", "-ech", file, "echo"}, io.Discard, io.Discard); err == nil {
			s.listener.Close()
			t.Errorf("%s: taken", name)
		}
	}
}

// TestExpired: a server says so when its certificate has expired, and -ocsp takes
// nothing but OCSP responses.
func TestExpired(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	args := []string{"-listen", "127.0.0.1:0", "-certs", cert, "-key", key}
	s, err := configure(append(args, "echo"), io.Discard, &log)
	if err != nil {
		t.Fatal(err)
	}
	s.listener.Close()
	if !strings.Contains(log.String(), "expired on 2001-02-03") {
		t.Errorf("%s", &log)
	}
	if s, err := configure(append(args, "-ocsp", cert, "echo"), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "no OCSP response") {
		t.Errorf("%v, %v", s, err)
	}
}
