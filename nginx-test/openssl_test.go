package nginxtest

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// opensslOptions are what s_client is run with, in this order: a session that one run writes the next ones read. DIR is
// the folder of files.
var opensslOptions = []string{
	"", "-tls1_2", "-tls1_3", "-servername localhost", "-noservername", "-alpn http/1.1", "-groups P-384", "-curves P-256",
	"-sigalgs ECDSA+SHA256", "-ciphersuites TLS_CHACHA20_POLY1305_SHA256", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
	"-sess_out DIR/s13", "-sess_in DIR/s13", "-tls1_2 -sess_out DIR/s12", "-tls1_2 -sess_in DIR/s12", "-tls1_2 -reconnect",
	"-no_ticket", "-status", "-CAfile DIR/c.pem -verify 2 -verify_return_error", "-verify_return_error",
	"-CAfile DIR/c.pem -verify_hostname localhost -verify_return_error", "-CAfile DIR/c.pem -verify_hostname other -verify_return_error",
	"-CAfile DIR/c.pem -verify_ip 127.0.0.1 -verify_return_error", "-CAfile DIR/c.pem -crl_check -verify_return_error",
	"-cert DIR/c.pem -key DIR/k.pem", "-keylogfile DIR/log", "-keymatexport label", "-state", "-msg",
}

// opensslShows is what of s_client's report is a fact about the handshake.
var opensslShows = regexp.MustCompile(`(?m)^(New|Reused), .*|^ALPN protocol: .*|^Server Temp Key: .*|^Peer signing digest: .*|^Verify return code: .*|^Early data was .*|^OCSP response: .*|^verify error:.*|^Keying material exporter:|^ +Label: .*|^drop connection.*`)

// TestOpenSSLCommand: the openssl command's s_client against its s_server, each on either library; what s_client says is
// the same. And the suites that ciphers -v lists.
func TestOpenSSLCommand(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if res, err := system.Run(clientLimit, nil, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-keyout", file("k.pem"), "-out", file("c.pem"), "-subj", "/CN=localhost", "-days", "2"); err != nil || res.Exit != 0 {
		t.Fatal(err, res.Stderr)
	}
	run := func(server, client harness.Library) []string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		l.Close()
		ctx, stop := context.WithCancel(context.Background())
		cmd := server.Command(ctx, "openssl", "s_server", "-accept", addr, "-cert", file("c.pem"), "-key", file("k.pem"), "-www",
			"-alpn", "h2,http/1.1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { stop(); cmd.Wait() }()
		for i := 0; ; i++ {
			if c, err := net.Dial("tcp", addr); err == nil {
				c.Close()
				break
			} else if i > 500 {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		var facts []string
		for _, o := range opensslOptions {
			args := append([]string{"s_client", "-ign_eof", "-connect", addr}, strings.Fields(strings.ReplaceAll(o, "DIR", dir))...)
			res, err := client.Run(clientLimit, strings.NewReader("GET / HTTP/1.0\r\n\r\n"), "openssl", args...)
			if err != nil {
				t.Fatal(err)
			}
			told := opensslShows.FindAllString(res.Stdout+"\n"+res.Stderr, -1)
			slices.Sort(told)
			facts = append(facts, fmt.Sprintf("exit %d; %s", res.Exit, strings.Join(slices.Compact(told), "; ")))
		}
		return facts
	}
	want := run(system, system)
	for name, got := range map[string][]string{
		"both on ours": run(*own, *own), "s_client on ours": run(system, *own), "s_server on ours": run(*own, system),
	} {
		for i, o := range opensslOptions {
			if got[i] != want[i] {
				t.Errorf("%s, s_client %s\nsystem: %s\nours:   %s", name, o, want[i], got[i])
			}
		}
	}
	for i, o := range opensslOptions {
		t.Logf("| s_client %s | %s |", o, want[i])
	}
	for _, list := range []string{"ECDHE+AESGCM", "ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE+CHACHA20", "ECDHE+AESGCM:@STRENGTH"} {
		a, aerr := system.Run(clientLimit, nil, "openssl", "ciphers", "-v", list)
		b, berr := own.Run(clientLimit, nil, "openssl", "ciphers", "-v", list)
		if aerr != nil || berr != nil || a.Stdout != b.Stdout || a.Exit != b.Exit {
			t.Errorf("ciphers -v %s\nsystem: %s\nours: %s", list, a.Stdout, b.Stdout)
		}
	}
}
