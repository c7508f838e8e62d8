package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-www"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
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
	err = run(append(append([]string{"-timeout", "20s"}, args...), addr), strings.NewReader("GET / HTTP/1.0\r\n\r\n"), &o, &e)
	return o.String(), e.String(), err
}

func TestOpenSSL(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	for _, c := range []struct {
		server []string
		client []string
		want   []string
	}{
		{nil, nil, []string{"protocol     TLSv1.3", "group        x25519"}},
		{[]string{"-groups", "P-384"}, nil, []string{"TLSv1.3", "group        secp384r1"}}, // HelloRetryRequest
		{[]string{"-ciphersuites", "TLS_AES_128_GCM_SHA256"}, nil, []string{"TLS_AES_128_GCM_SHA256"}},
		{[]string{"-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, nil, []string{"TLS_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-num_tickets", "5"}, nil, []string{"TLSv1.3"}},
		{[]string{"-alpn", "http/1.1"}, []string{"-alpn", "h2,http/1.1"}, []string{"ALPN         http/1.1"}},
		{nil, []string{"-max", "1.2"}, []string{"protocol     TLSv1.2"}},
		{[]string{"-tls1_2"}, nil, []string{"protocol     TLSv1.2"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}, nil, []string{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_2", "-groups", "P-521"}, nil, []string{"group        secp521r1"}},
		{[]string{"-max_send_frag", "512"}, nil, []string{"TLSv1.3"}},
	} {
		addr := serve(t, append([]string{"-cert", cert, "-key", key}, c.server...)...)
		stdout, stderr, err := get(t, addr, append([]string{"-ca", cert, "-name", "localhost"}, c.client...)...)
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

// TestOpenSSLReconnect resumes by ticket and, in TLS 1.2, by session ID.
func TestOpenSSLReconnect(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	for _, server := range [][]string{{"-tls1_3"}, {"-tls1_2"}, {"-tls1_2", "-no_ticket"}, {"-tls1_3", "-no_ticket"}} {
		addr := serve(t, append([]string{"-cert", cert, "-key", key}, server...)...)
		stdout, stderr, err := get(t, addr, "-ca", cert, "-name", "localhost", "-reconnect")
		if err != nil || !strings.Contains(stdout, "HTTP/1.0 200 ok") ||
			!strings.Contains(stderr, "resumed      false") || !strings.Contains(stderr, "resumed      true") {
			t.Errorf("%v: %v\n%s%s", server, err, stdout, stderr)
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
			if stdout, stderr, err := get(t, addr, "-ca", cert, "-name", "localhost", "-cert", ccert, "-key", ckey); err != nil ||
				!strings.Contains(stdout, "client.example") || !strings.Contains(stderr, "we signed") {
				t.Errorf("%s, %s: %v\n%s%s", kind, v, err, stdout, stderr)
			}
			if _, _, err := get(t, addr, "-ca", cert, "-name", "localhost"); err == nil {
				t.Errorf("%s: no certificate and no error", v)
			}
		}
	}
}

// TestRefused: servers a client must not talk to.
func TestRefused(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	other, _ := certificate(t, "localhost", "-newkey", "rsa:2048")
	addr := serve(t, "-cert", cert, "-key", key, "-tls1_3")
	for want, args := range map[string][]string{
		"unknown_ca":       {"-ca", other, "-name", "localhost"},
		"bad_certificate":  {"-ca", cert, "-name", "example.org"},
		"protocol_version": {"-ca", cert, "-name", "localhost", "-max", "1.2"},
	} {
		if _, _, err := get(t, addr, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	if _, _, err := get(t, addr, "-insecure", "-name", "example.org"); err != nil {
		t.Errorf("-insecure: %v", err)
	}
}

func TestKeyLog(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	addr := serve(t, "-cert", cert, "-key", key)
	for v, labels := range map[string][]string{"1.2": {"CLIENT_RANDOM "}, "1.3": {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET "}} {
		file := filepath.Join(t.TempDir(), "keys")
		if _, _, err := get(t, addr, "-insecure", "-max", v, "-keylog", file); err != nil {
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
	for _, args := range [][]string{nil, {"a", "b"}, {"-min", "1.0", "x:1"}, {"nowhere"}, {"-cert", "/nonexistent", "localhost:1"}} {
		if err := run(args, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
