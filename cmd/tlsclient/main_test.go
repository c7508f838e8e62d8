package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patina/cmd/internal/tlscmd"
)

// certificate makes a self-signed certificate for localhost and returns the
// names of its files.
func certificate(t *testing.T, name string, gen ...string) (cert, key string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the openssl command is not installed")
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	args := append([]string{"req", "-x509", "-nodes", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name,
		"-days", "2", "-out", cert, "-keyout", key}, gen...)
	if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return cert, key
}

// serve runs openssl s_server -www and returns its address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	return serveWith(t, []string{"-www"}, args...)
}

// serveWith is serve in another mode than -www.
func serveWith(t *testing.T, mode []string, args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port)}, append(mode, args...)...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe() // an end of which would end the server
	if err != nil {
		t.Fatal(err)
	}
	defer t.Cleanup(func() { stdin.Close() })
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	for range 100 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the server does not answer: %s", &out)
	return ""
}

// get fetches a page and returns what the client prints.
func get(t *testing.T, addr string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	err = run(append(append([]string{"-timeout", "20s", "-port", port}, args...), host), strings.NewReader("GET / HTTP/1.0\r\n\r\n"), &o, &e)
	return o.String(), e.String(), err
}

func TestOpenSSL(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	for _, c := range []struct {
		server []string
		client []string
		want   []string
	}{
		{nil, nil, []string{"protocol     TLS 1.3", "key exchange x25519", "certificate  the server's, for \"CN=localhost\"", "verified     by the root \"CN=localhost\""}},
		{[]string{"-groups", "P-384"}, nil, []string{"TLS 1.3", "key exchange secp384r1"}}, // HelloRetryRequest
		{[]string{"-ciphersuites", "TLS_AES_128_GCM_SHA256"}, nil, []string{"TLS_AES_128_GCM_SHA256"}},
		{[]string{"-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, nil, []string{"TLS_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-num_tickets", "5"}, nil, []string{"TLS 1.3"}},
		{[]string{"-alpn", "http/1.1"}, []string{"-proto", "h2,http/1.1"}, []string{"application  http/1.1"}},
		{nil, []string{"-protover", "1.2"}, []string{"protocol     TLS 1.2"}},
		{[]string{"-tls1_2"}, nil, []string{"protocol     TLS 1.2"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}, nil, []string{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_2", "-groups", "P-521"}, nil, []string{"key exchange secp521r1"}},
		{[]string{"-max_send_frag", "512"}, nil, []string{"TLS 1.3"}},
	} {
		addr := serve(t, append([]string{"-cert", cert, "-key", key}, c.server...)...)
		stdout, stderr, err := get(t, addr, append([]string{"-cafile", cert, "-name", "localhost"}, c.client...)...)
		if err != nil || !strings.Contains(stdout, "HTTP/1.0 200 ok") {
			t.Errorf("%v: %v\n%s%s", c, err, stdout, stderr)
		}
		for _, w := range c.want {
			if !strings.Contains(stderr, w) {
				t.Errorf("%v: no %q in\n%s", c, w, stderr)
			}
		}
	}
}

// TestOpenSSLCache resumes by ticket and, in TLS 1.2, by session ID, in the next run.
func TestOpenSSLCache(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	for _, server := range [][]string{{"-tls1_3"}, {"-tls1_2"}, {"-tls1_2", "-no_ticket"}, {"-tls1_3", "-no_ticket"}} {
		addr := serve(t, append([]string{"-cert", cert, "-key", key}, server...)...)
		file := filepath.Join(t.TempDir(), "sessions")
		for i, want := range []string{"session      new", "session      resumed", "session      resumed"} {
			stdout, stderr, err := get(t, addr, "-cafile", cert, "-name", "localhost", "-cache", file)
			if err != nil || !strings.Contains(stdout, "HTTP/1.0 200 ok") || !strings.Contains(stderr, want) {
				t.Errorf("%v, %d: %v\n%s%s", server, i, err, stdout, stderr)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v: %v", info, err)
		}
		if _, stderr, err := get(t, addr, "-cafile", cert, "-name", "localhost", "-cache", file, "-no-tickets"); err != nil || !strings.Contains(stderr, "session      new") {
			t.Errorf("-no-tickets: %v\n%s", err, stderr)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("localhost AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := get(t, "127.0.0.1:1", "-cache", bad); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Error(err)
	}
}

// TestOpenSSLEarlyData sends the request with the first flight of the second run.
func TestOpenSSLEarlyData(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	addr := serveWith(t, nil, "-cert", cert, "-key", key, "-tls1_3", "-early_data", "-max_early_data", "100")
	file := filepath.Join(t.TempDir(), "sessions")
	for _, want := range []string{"session      new", "early data   accepted"} {
		host, port, _ := net.SplitHostPort(addr)
		var o, e bytes.Buffer
		err := run([]string{"-timeout", "20s", "-port", port, "-cafile", cert, "-name", "localhost", "-cache", file, "-early-data", host},
			strings.NewReader("abc\n"), &o, &e)
		if err != nil || !strings.Contains(e.String(), want) {
			t.Errorf("%v, want %s\n%s%s", err, want, &o, &e)
		}
	}
}

// TestOpenSSLClientCertificate presents certificates to a server that wants one.
func TestOpenSSLClientCertificate(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	for kind, gen := range map[string][]string{"rsa": {"-newkey", "rsa:2048"}, "p521": {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"}, "ed25519": {"-newkey", "ed25519"}} {
		ccert, ckey := certificate(t, "client.example", gen...)
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			addr := serve(t, "-cert", cert, "-key", key, v, "-Verify", "1", "-CAfile", ccert, "-verify_return_error")
			if stdout, stderr, err := get(t, addr, "-cafile", cert, "-name", "localhost", "-auth-certs", ccert, "-auth-key", ckey); err != nil ||
				!strings.Contains(stdout, "client.example") || !strings.Contains(stderr, "we signed") {
				t.Errorf("%s, %s: %v\n%s%s", kind, v, err, stdout, stderr)
			}
			if _, _, err := get(t, addr, "-cafile", cert, "-name", "localhost"); err == nil {
				t.Errorf("%s: no certificate and no error", v)
			}
		}
	}
}

// TestRefused: servers a client must not talk to, and what it says about them.
func TestRefused(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	other, _ := certificate(t, "localhost", "-newkey", "rsa:2048")
	addr := serve(t, "-cert", cert, "-key", key, "-tls1_3", "-alpn", "h2")
	for want, args := range map[string][]string{
		"the certificate of localhost is signed by itself":       {"-cafile", other, "-name", "localhost"},
		"(-cafile names the roots to trust)":                     {"-cafile", other, "-name", "localhost"},
		"the certificate is for localhost, not for example.org":  {"-cafile", cert, "-name", "example.org"},
		"the server speaks none of the versions of TLS we allow": {"-cafile", cert, "-name", "localhost", "-protover", "1.2"},
		"the server has chosen h2, and -http speaks HTTP/1.1":    {"-cafile", cert, "-name", "localhost", "-proto", "h2", "-http"},
	} {
		if _, _, err := get(t, addr, args...); err == nil || !strings.Contains(tlscmd.Explain(err, true), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	if _, stderr, err := get(t, addr, "-insecure", "-name", "example.org"); err != nil || !strings.Contains(stderr, "verified     no") {
		t.Errorf("-insecure: %v\n%s", err, stderr)
	}
	// What is no TLS server at all.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answers := []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example ESMTP\r\n", ""}
	go func() {
		for _, a := range answers {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			c.Write([]byte(a))
			c.Close()
		}
	}()
	for i, want := range []string{"does not speak TLS on this port", "does not speak TLS on this port", "closed the connection in the middle of the handshake"} {
		if _, _, err := get(t, l.Addr().String(), "-insecure"); err == nil || !strings.Contains(tlscmd.Explain(err, true), want) {
			t.Errorf("%d: %v, want %s", i, err, want)
		}
	}
	l.Close()
	if _, _, err := get(t, l.Addr().String(), "-insecure"); err == nil || !strings.Contains(tlscmd.Explain(err, true), "nobody listens on "+l.Addr().String()) {
		t.Error(err)
	}
}

// TestExpired names the day.
func TestExpired(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 2, 3, 4, 5, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	addr := serve(t, "-cert", certFile, "-key", keyFile)
	const want = "the certificate of localhost expired on 2026-02-03 04:05 UTC, "
	if _, _, err := get(t, addr, "-cafile", certFile, "-name", "localhost"); err == nil || !strings.Contains(tlscmd.Explain(err, true), want) {
		t.Error(err)
	}
}

// TestOutput: -http, -verbose, -no-sni, -mtu, -suite and -group as they show.
func TestOutput(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	addr := serve(t, "-cert", cert, "-key", key)
	for _, c := range []struct{ args, want, never []string }{
		{[]string{"-http"}, []string{"HTTP/1.0 200 ok", "server name  localhost"}, []string{"->"}},
		{[]string{"-http", "-verbose"}, []string{"-> client_hello, ", "<- finished, ", "<- warning alert close_notify"}, nil},
		{[]string{"-http", "-no-sni"}, []string{"200 ok"}, []string{"server name"}},
		{[]string{"-http", "-mtu", "600"}, []string{"200 ok"}, nil},
		{[]string{"-suite", "tls_chacha20_poly1305_sha256", "-group", "secp256r1"}, []string{"cipher       TLS_CHACHA20_POLY1305_SHA256", "key exchange secp256r1"}, nil},
		{[]string{"-http", "-quiet"}, []string{"200 ok"}, []string{"protocol     TLS"}},
		{[]string{"-ech", "grease"}, []string{"200 ok"}, []string{"ECH"}},
	} {
		stdout, stderr, err := get(t, addr, append([]string{"-cafile", cert, "-name", "localhost"}, c.args...)...)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		for _, w := range c.want {
			if !strings.Contains(stdout+stderr, w) {
				t.Errorf("%v: no %q in\n%s%s", c.args, w, stdout, stderr)
			}
		}
		for _, n := range c.never {
			if strings.Contains(stderr, n) {
				t.Errorf("%v: %q in\n%s", c.args, n, stderr)
			}
		}
	}
}

func TestKeyLog(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	addr := serve(t, "-cert", cert, "-key", key)
	for v, labels := range map[string][]string{"1.2": {"CLIENT_RANDOM "}, "1.3": {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET "}} {
		file := filepath.Join(t.TempDir(), "keys")
		if _, _, err := get(t, addr, "-insecure", "-protover", v, "-keylog", file); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range labels {
			if strings.Count(string(data), l) != 1 {
				t.Errorf("%s: no %sin\n%s", v, l, data)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"host to connect":  nil,
		"behind the flags": {"a", "b"},
		"1.2 and 1.3":      {"-protover", "1.0", "x"},
		"no such file":     {"-auth-certs", "/nonexistent", "-auth-key", "/nonexistent", "localhost"},
		"go together":      {"-auth-certs", "/nonexistent", "localhost"},
		"no port":          {"-port", "x", "localhost"},
		"-suite RC4":       {"-suite", "RC4", "localhost"},
		"-group ffdhe2048": {"-group", "ffdhe2048", "localhost"},
		"too small":        {"-mtu", "100", "localhost"},
		"-cache":           {"-early-data", "localhost"},
		"not a URL":        {"https://localhost/"},
		"-port 443 local":  {"localhost:443"},
		"-h lists":         {"-nonsense", "localhost"},
		"at most 255":      {"-proto", strings.Repeat("x", 256), "localhost"},
		"TLS 1.3, which":   {"-protover", "1.3", "-suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "localhost"},
		"no such file or":  {"-ech", "/nonexistent", "localhost"},
	} {
		if err := run(args, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}
