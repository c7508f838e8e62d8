package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start starts a server and returns its address.
func start(t *testing.T, args ...string) string {
	t.Helper()
	s, err := configure(append(args, "-listen", "127.0.0.1:0"), io.Discard)
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
		{nil, []string{"protocol     TLSv1.3", "group        x25519", "server name  localhost"}},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}, []string{"cipher       TLS_AES_128_GCM_SHA256"}},
		{[]string{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, []string{"cipher       TLS_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_3", "-groups", "P-256"}, []string{"group        secp256r1"}},
		{[]string{"-tls1_3", "-groups", "P-384"}, []string{"group        secp384r1"}},
		{[]string{"-tls1_3", "-groups", "P-521"}, []string{"group        secp521r1"}},
		// The first share is of a group the server does not have.
		{[]string{"-tls1_3", "-groups", "X448:P-521:X25519"}, []string{"group        secp521r1"}},
		{[]string{"-tls1_3", "-no_middlebox"}, []string{"protocol     TLSv1.3"}},
		{[]string{"-tls1_3", "-alpn", "h2,http/1.1"}, []string{"ALPN         http/1.1"}},
		{[]string{"-tls1_2"}, []string{"protocol     TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "Secure Renegotiation IS supported", "Extended master secret: yes"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"}, []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}, []string{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}},
		{[]string{"-tls1_2", "-groups", "P-384:P-256"}, []string{"group        secp384r1"}},
		{[]string{"-tls1_2", "-maxfraglen", "512"}, []string{"protocol     TLSv1.2"}},
		{[]string{"-tls1_3", "-maxfraglen", "1024"}, []string{"protocol     TLSv1.3"}},
		{[]string{"-tls1_2", "-no_ticket"}, []string{"protocol     TLSv1.2"}},
		{[]string{"-tls1_2", "-max_send_frag", "512", "-split_send_frag", "512"}, []string{"protocol     TLSv1.2"}},
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
		if !strings.Contains(out, "resumed      false") {
			t.Errorf("%s: %s", v, out)
		}
		out = openssl(t, addr, v, "-sess_in", file)
		if !strings.Contains(out, "resumed      true") || !strings.Contains(out, "Reused, ") {
			t.Errorf("%s: %s", v, out)
		}
	}
}

// TestOpenSSLClientCertificate presents certificates of every kind of key.
func TestOpenSSLClientCertificate(t *testing.T) {
	addr := start(t, "-request-cert")
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
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			out := openssl(t, addr, v, "-cert", cert, "-key", key)
			if !strings.Contains(out, "peer cert 0  CN=client "+kind) {
				t.Errorf("%s, %s: %s", kind, v, out)
			}
		}
		// As a server's certificate, too.
		addr := start(t, "-cert", cert, "-key", key)
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			if out := openssl(t, addr, v); !strings.Contains(out, "client "+kind) || !strings.Contains(out, "we signed") {
				t.Errorf("serving %s, %s: %s", kind, v, out)
			}
		}
	}
	if out := openssl(t, addr); strings.Contains(out, "peer cert") {
		t.Errorf("a certificate from nowhere: %s", out)
	}
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
		if err != nil || !strings.Contains(string(body), "protocol     TLSv1.3") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestEcho sends a megabyte both ways.
func TestEcho(t *testing.T) {
	addr := start(t, "-echo")
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
	for _, args := range [][]string{{"-min", "1.1"}, {"-max", "x"}, {"-cert", "/nonexistent"}, {"-listen", "nowhere"}, {"-nothing"}} {
		if s, err := configure(args, io.Discard); err == nil {
			s.listener.Close()
			t.Errorf("%v: no error", args)
		}
	}
}
