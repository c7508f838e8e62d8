package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"patina/cmd/internal/tlscmd"
	"patina/core/ech"
	"patina/core/provider/fast"
)

// TestHelp: -h is no failure, and names every flag.
func TestHelp(t *testing.T) {
	var o, e bytes.Buffer
	if err := run([]string{"-h"}, strings.NewReader(""), &o, &e); !errors.Is(err, flag.ErrHelp) || e.Len() > 0 {
		t.Errorf("%v, %s", err, &e)
	}
	for _, f := range strings.Fields("-port -http -cafile -auth-key -auth-certs -protover -suite -group -proto -cache -no-tickets -no-sni " +
		"-insecure -ech -early-data -verbose -mtu") {
		if !strings.Contains(o.String(), "\n  "+f+"\n") && !strings.Contains(o.String(), "\n  "+f+" ") {
			t.Errorf("no %s in\n%s", f, &o)
		}
	}
}

// goServer is a server of crypto/tls that answers each connection with a line and
// notes the transport's reads.
type goServer struct {
	mu      sync.Mutex
	longest int // record, header included
}

// noting looks at the headers of the records that come.
type noting struct {
	net.Conn
	s    *goServer
	rest []byte
}

func (n *noting) Read(p []byte) (int, error) {
	k, err := n.Conn.Read(p)
	n.rest = append(n.rest, p[:k]...)
	for len(n.rest) >= 5 {
		length := 5 + (int(n.rest[3])<<8 | int(n.rest[4]))
		n.s.mu.Lock()
		n.s.longest = max(n.s.longest, length)
		n.s.mu.Unlock()
		if len(n.rest) < length {
			break
		}
		n.rest = n.rest[length:]
	}
	return k, err
}

func (s *goServer) start(t *testing.T, cfg *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				conn := tls.Server(&noting{Conn: c, s: s}, cfg)
				defer conn.Close()
				if _, err := io.Copy(io.Discard, conn); err == nil {
					conn.Write([]byte("goodbye\n"))
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestMTU: no record is longer than -mtu, and without it some are.
func TestMTU(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.2", "1.3"} {
		for _, c := range []struct {
			args []string
			max  int
		}{{nil, 5 + 1<<14 + 256}, {[]string{"-mtu", "600"}, 600}} {
			var s goServer
			host, port, err := net.SplitHostPort(s.start(t, &tls.Config{Certificates: []tls.Certificate{pair}}))
			if err != nil {
				t.Fatal(err)
			}
			var o, e bytes.Buffer
			args := append([]string{"-port", port, "-insecure", "-protover", version}, c.args...)
			if err := run(append(args, host), strings.NewReader(strings.Repeat("x", 100_000)), &o, &e); err != nil || o.String() != "goodbye\n" {
				t.Errorf("%s %v: %v\n%s%s", version, c.args, err, &o, &e)
			}
			s.mu.Lock()
			if s.longest > c.max || s.longest < c.max-300 {
				t.Errorf("%s %v: the longest record has %d bytes", version, c.args, s.longest)
			}
			s.mu.Unlock()
		}
	}
}

// TestECH: -ech with the file that tlsserver makes, against crypto/tls; with
// another key's, it says what to do.
func TestECH(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	made := func(name string) (file string, keys []ech.Key) {
		t.Helper()
		var b bytes.Buffer
		if err := tlscmd.NewECH(&b, "localhost", fast.New().HPKE()); err != nil {
			t.Fatal(err)
		}
		file = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, keys, err = ech.ParsePEM(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		return file, keys
	}
	file, keys := made("ech")
	other, _ := made("other")
	var s goServer
	host, port, err := net.SplitHostPort(s.start(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13,
		EncryptedClientHelloKeys: []tls.EncryptedClientHelloKey{{Config: keys[0].Config.Raw, PrivateKey: keys[0].PrivateKey, SendAsRetry: true}}}))
	if err != nil {
		t.Fatal(err)
	}
	plain := (&goServer{}).start(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13})
	_, plainPort, err := net.SplitHostPort(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ port, file, want string }{
		{port, file, "ECH          accepted"},
		{port, other, "get a fresh one for -ech"},
		{plainPort, file, "connect without -ech"},
	} {
		var o, e bytes.Buffer
		err := run([]string{"-port", c.port, "-cafile", cert, "-name", "localhost", "-ech", c.file, host}, strings.NewReader(""), &o, &e)
		got := e.String()
		if err != nil {
			got += tlscmd.Explain(err, true)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%v\n%s, want %s", err, got, c.want)
		}
	}
}

// TestMistakes: what a person is told, mistake by mistake.
func TestMistakes(t *testing.T) {
	cert, key := certificate(t, "localhost", "-newkey", "rsa:2048")
	otherCert, otherKey := certificate(t, "localhost", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	dir := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	locked := filepath.Join(dir, "locked")
	if out, err := exec.Command("openssl", "ec", "-in", otherKey, "-aes128", "-passout", "pass:x", "-out", locked).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	traditional := file("traditional", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")
	stapling := filepath.Join(dir, "stapling")
	if out, err := exec.Command("openssl", "req", "-x509", "-key", key, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
		"-addext", "tlsfeature=status_request", "-out", stapling).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	addr, promising := serve(t, "-cert", cert, "-key", key), serve(t, "-cert", stapling, "-key", key)
	for _, c := range []struct {
		addr string
		args []string
		want string
	}{
		{addr, []string{"-cafile", file("junk", "hello\n")}, "junk: no certificates (PEM"},
		{addr, []string{"-cafile", dir}, "is a directory"},
		{addr, []string{"-auth-certs", cert, "-auth-key", otherKey}, "the private key does not belong to the certificate"},
		{addr, []string{"-auth-certs", otherCert, "-auth-key", locked}, "the key is encrypted; decrypt it first"},
		{addr, []string{"-auth-certs", cert, "-auth-key", traditional}, "the key is encrypted; decrypt it first"},
		{addr, []string{"-ech", file("junk", "hello\n")}, "no ECHConfigList"},
		{addr, []string{"-cafile", cert, "-cache", filepath.Join(dir, "none", "sessions")}, "-cache: open "},
		{addr, []string{"-cafile", cert, "-cache", file("junk", "hello\n")}, "line 1: no session"},
		{addr, []string{"-cafile", cert, "-keylog", filepath.Join(dir, "none", "keys")}, "no such file or directory"},
		{promising, []string{"-cafile", stapling}, "the server has sent none"},
		{addr, []string{"-cafile", cert, "-proto", "nonsense"}, ""}, // s_server has none to choose from
	} {
		_, _, err := get(t, c.addr, append([]string{"-name", "localhost"}, c.args...)...)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.args, err)
		case c.want != "" && (err == nil || !strings.Contains(tlscmd.Explain(err, true), c.want)):
			t.Errorf("%v: %v, want %s", c.args, err, c.want)
		case err != nil && strings.Contains(tlscmd.Explain(err, true), "tls: "):
			t.Errorf("%v: %s", c.args, tlscmd.Explain(err, true))
		}
	}
	// A suite of one version is all that is needed to speak it.
	stdout, stderr, err := get(t, addr, "-cafile", cert, "-name", "localhost", "-suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
	if err != nil || !strings.Contains(stderr, "protocol     TLS 1.2") {
		t.Errorf("%v\n%s%s", err, stdout, stderr)
	}
}
