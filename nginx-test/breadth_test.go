package nginxtest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"patina/nginx-test/harness"
)

// on is column b with another server, so that curl and sClientRun speak to that.
func (b *column) on(s *harness.Server) *column { return &column{lib: b.lib, pki: b.pki, server: s} }

// clientCert is curl's arguments for one of the PKI's certificates.
func (b *column) clientCert(name string) []string {
	if name == "none" {
		return nil
	}
	return []string{"--cert", filepath.Join(b.pki.Dir, name+".pem"), "--key", filepath.Join(b.pki.Dir, name+".key")}
}

var title = regexp.MustCompile(`<title>(\d+ [^<]*)`)

// answer is the body of a page, or the title of nginx's own page of an error.
func answer(res harness.Result) string {
	if m := title.FindStringSubmatch(res.Stdout); m != nil {
		return m[1]
	}
	return strings.TrimSpace(res.Stdout)
}

// ownSuites shortens $ssl_ciphers to the suites that both libraries have; nginx shows the others by number on ours.
func ownSuites(page string) string {
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if list, ok := strings.CutPrefix(line, "ciphers "); ok {
			own := slices.DeleteFunc(strings.Split(list, ":"), func(name string) bool {
				return !strings.HasPrefix(name, "TLS_AES_") && !strings.HasPrefix(name, "TLS_CHACHA20_") &&
					!(strings.HasPrefix(name, "ECDHE-") && (strings.Contains(name, "-GCM-") || strings.Contains(name, "-CHACHA20-")))
			})
			lines[i] = "ciphers " + strings.Join(own, ":")
		}
	}
	return strings.Join(lines, "\n")
}

// verifyDepths: what nginx knows and lets in of every kind of client certificate, at every depth and with revocation.
func verifyDepths(t *testing.T, b *column) string {
	c := b.on(b.start(t, verifying))
	var facts []string
	for _, port := range []string{"depth0", "depth1", "depth2", "depth3", "crl", "trusted", "noca"} {
		for _, name := range []string{"none", "client", "deep", "revoked", "expired", "untrusted", "selfsigned"} {
			for _, version := range []string{"1.2", "1.3"} {
				res := curl(t, harness.System(), c, "a.test", port, "/variables", append(c.clientCert(name), "--tls-max", version)...)
				facts = append(facts, fmt.Sprintf("%s %s %s: %d %s", port, name, version, res.Exit, ownSuites(answer(res))))
				if in := strings.Contains(res.Stdout, "verify SUCCESS"); in && (name == "expired" || name == "untrusted" || name == "selfsigned" || port == "crl" && name == "revoked") {
					t.Errorf("%s %s %s: taken for good:\n%s", port, name, version, res.Stdout)
				}
			}
		}
	}
	c.noneSevere(t, c.server)
	return strings.Join(facts, "\n")
}

// narrowBuffers: TLS through socket buffers of 4 KiB, records of 1,400 bytes and a limited rate loses nothing.
func narrowBuffers(t *testing.T, b *column) string {
	c := b.on(b.start(t, narrow))
	const size = 8 << 20
	if err := harness.WritePattern(filepath.Join(c.server.Dir, "root", "narrow"), size); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.server.Dir, "root", "narrow")
	check := func(what, file string, size int64) {
		if sum, err := harness.CheckFile(file, size); err != nil || sum != harness.PatternSum(size) {
			t.Errorf("%s: %v", what, err)
		}
	}
	clients := []harness.Library{harness.System()}
	if b.lib.Ours() {
		clients = append(clients, b.lib)
	}
	for _, lib := range clients {
		for _, http := range []string{"--http1.1", "--http2"} {
			out := filepath.Join(t.TempDir(), "out")
			if res := curl(t, lib, c, "a.test", "main", "/narrow", http, "-o", out); res.Exit != 0 {
				t.Errorf("download: exit code %d: %s", res.Exit, res.Stderr)
			}
			check("download "+http, out, size)
			if res := curl(t, lib, c, "a.test", "main", "/upload/narrow", http, "-T", file); res.Exit != 0 {
				t.Errorf("upload: exit code %d: %s", res.Exit, res.Stderr)
			}
			check("upload "+http, filepath.Join(c.server.Dir, "upload", "narrow"), size)
			os.Remove(filepath.Join(c.server.Dir, "upload", "narrow"))
		}
		out := filepath.Join(t.TempDir(), "out")
		if res := curl(t, lib, c, "a.test", "throttled", "/pattern", "--limit-rate", "200k", "-o", out); res.Exit != 0 {
			t.Errorf("throttled: exit code %d: %s", res.Exit, res.Stderr)
		}
		check("throttled", out, patternSize)
	}
	c.noneSevere(t, c.server)
	return "content and hash right"
}

// rejectHandshake: ssl_reject_handshake answers unknown names with unrecognized_name.
func rejectHandshake(t *testing.T, b *column) string {
	c := b.on(b.start(t, rejecting))
	var facts []string
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		for _, name := range [][]string{{"-servername", "other.test"}, {"-noservername"}} {
			res := sClientRun(t, c, "main", append(name, version)...)
			alert := regexp.MustCompile(`alert [a-z ]+:|SSL alert number \d+`).FindAllString(res.Stderr, -1)
			if res.Exit == 0 || len(alert) == 0 {
				t.Errorf("%s %v: not refused with an alert: %s", version, name, res.Stderr)
			}
			facts = append(facts, fmt.Sprint(version, name, alert))
		}
		res := sClientRun(t, c, "main", version)
		if !strings.Contains(res.Stdout, "protocol=TLSv1.") {
			t.Errorf("%s: a.test is not served: %s", version, res.Stderr)
		}
		facts = append(facts, version+" "+strings.Join(sClientShows.FindAllString(res.Stdout, -1), ", "))
	}
	return strings.Join(facts, "\n")
}

// responder answers OCSP requests for the intermediate's certificates.
func responder(t *testing.T, p *harness.PKI) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		der, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.URL.Path, "/")) // RFC 6960, appendix A.1
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		q, err := ocsp.ParseRequest(der)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for name, status := range map[string]int{"staple": ocsp.Good, "client": ocsp.Good, "revoked": ocsp.Revoked} {
			leaf, err := p.Leaf(name)
			if err == nil && leaf.SerialNumber.Cmp(q.SerialNumber) == 0 {
				der, err := p.OCSP(name, status)
				if err == nil {
					w.Header().Set("Content-Type", "application/ocsp-response")
					w.Write(der)
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// ocspShows is what s_client tells of a stapled answer and differs not from run to run.
var ocspShows = regexp.MustCompile(`(?m)^(OCSP response: .*|    OCSP Response Status: .*|    Cert Status: .*|Verify return code: .*)$`)

func ocspStapling(t *testing.T, b *column) string {
	for name, status := range map[string]int{"staple": ocsp.Good, "revoked": ocsp.Revoked} {
		der, err := b.pki.OCSP("staple", status)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.pki.Dir, name+".ocsp"), der, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := b.on(b.start(t, strings.ReplaceAll(stapling, "{{.OCSP}}", responder(t, b.pki))))
	var facts []string
	clients := []harness.Library{harness.System()}
	if b.lib.Ours() {
		clients = append(clients, b.lib)
	}
	for _, version := range []string{"1.2", "1.3"} {
		flag := "-tls" + strings.ReplaceAll(version, ".", "_")
		for _, port := range []string{"file", "badfile", "responder"} {
			var res harness.Result
			for range 50 { // nginx asks its responder when the first client asks nginx
				res = sClientRun(t, c, port, flag, "-status", "-servername", "staple.test")
				if port != "responder" || strings.Contains(res.Stdout, "Cert Status") {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			shown := ocspShows.FindAllString(res.Stdout, -1)
			if !strings.Contains(res.Stdout, "Cert Status") {
				t.Errorf("%s %s: nothing is stapled: %s", port, version, strings.Join(shown, "; "))
			}
			facts = append(facts, port+" "+version+": "+strings.Join(shown, "; "))
			var first string
			for _, lib := range clients {
				res := curl(t, lib, c, "staple.test", port, "/info", "--cert-status", "--tls-max", version)
				fact := fmt.Sprintf("curl --cert-status %s %s: %d %s", port, version, res.Exit, strings.Join(strings.Fields(res.Stderr), " "))
				if first == "" {
					first = fact
					facts = append(facts, fact)
				} else if fact != first {
					t.Errorf("curl says otherwise on our library:\nsystem: %s\nours:   %s", first, fact)
				}
			}
		}
		for _, name := range []string{"none", "client", "revoked"} {
			res := curl(t, harness.System(), c, "a.test", "clients", "/variables", append(c.clientCert(name), "--tls-max", version)...)
			body := regexp.MustCompile(`(?m)^(verify|subject) .*`).FindAllString(res.Stdout, -1)
			facts = append(facts, fmt.Sprintf("ssl_ocsp %s %s: %d %s %v", name, version, res.Exit, title.FindString(res.Stdout), body))
		}
	}
	return strings.Join(facts, "\n")
}

// proxy: nginx on the column's library as a client. A server that must be refused gives 502.
func proxy(t *testing.T, b *column) string {
	c := b.on(b.start(t, proxying))
	var facts []string
	ask := func(path string) string {
		res := curl(t, harness.System(), c, "a.test", "main", path)
		if res.Exit != 0 {
			t.Errorf("%s: exit code %d: %s", path, res.Exit, res.Stderr)
		}
		return answer(res)
	}
	refused := []string{"/expired/", "/wronghost/", "/untrusted/", "/selfsigned/", "/wrongname/info", "/shallow/info", "/revoked/"}
	for _, path := range append([]string{"/12/variables", "/certificate/variables", "/good/variables", "/unverified/", "/crl/variables"}, refused...) {
		got := ask(path)
		if bad := slices.Contains(refused, path); bad != strings.HasPrefix(got, "502") {
			t.Errorf("%s: %s", path, got)
		}
		// Which connection is the first of a worker's is chance: reused is looked at below.
		got = regexp.MustCompile(`(?m)^(reused|ciphers|curves|remain) .*\n`).ReplaceAllString(got, "")
		facts = append(facts, path+": "+got)
	}
	for path, want := range map[string]string{"/good/info": "r", "/fresh/info": "."} {
		seen := false
		for range 8 { // each worker has its own session
			seen = seen || words(ask(path))["reused"] == "r"
		}
		if seen != (want == "r") {
			t.Errorf("%s: in 8 requests reused=r seen: %v", path, seen)
		}
	}
	res := curl(t, harness.System(), c, "a.test", "main", "/large")
	p := harness.NewPattern()
	p.Write([]byte(res.Stdout))
	if err := p.Check(patternSize); err != nil {
		t.Errorf("/large: %v", err)
	}
	// The reason nginx logs is the library's.
	reasons := regexp.MustCompile(`upstream SSL certificate verify error: \([^)]*\)|upstream SSL certificate does not match "[^"]*"`).FindAllString(c.server.ErrorLog(), -1)
	slices.Sort(reasons)
	return strings.Join(append(facts, reasons...), "\n")
}

func stream(t *testing.T, b *column) string {
	c := b.on(b.start(t, behindStream, streaming))
	var facts []string
	for _, host := range []string{"a.test", "b.test"} {
		for _, http := range []string{"--http1.1", "--http2"} {
			res := curl(t, harness.System(), c, host, "passthrough", "/info", http)
			got := words(res.Stdout)
			if res.Exit != 0 || got["sni"] != host || got["server"] != host {
				t.Errorf("passthrough %s %s: exit code %d: %s%s", host, http, res.Exit, res.Stdout, res.Stderr)
			}
			facts = append(facts, "passthrough "+host+" "+got["server"]+" "+got["http"])
		}
	}
	client := harness.System()
	if b.lib.Ours() {
		client = b.lib
	}
	read := func(port string, args ...string) string {
		all := append([]string{"s_client", "-connect", c.server.Addr(port), "-CAfile", c.pki.CA(), "-servername", "a.test", "-quiet"}, args...)
		res, err := client.Run(clientLimit, nil, "openssl", all...)
		if err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(res.Stdout)
	}
	clientFile, clientKey := filepath.Join(c.pki.Dir, "client.pem"), filepath.Join(c.pki.Dir, "client.key")
	for _, args := range [][]string{{"-tls1_3"}, {"-tls1_2"}, {"-tls1_3", "-alpn", "other"}, {"-tls1_2", "-alpn", "none,http/1.1"}, {"-alpn", "none"},
		{"-tls1_2", "-cert", clientFile, "-cert_chain", clientFile, "-key", clientKey}, {"-tls1_3", "-cert", clientFile, "-cert_chain", clientFile, "-key", clientKey}} {
		got := read("ended", args...)
		if (got == "") != slices.Equal(args, []string{"-alpn", "none"}) {
			t.Errorf("stream with TLS, s_client %v: %q", args, got)
		}
		facts = append(facts, strings.ReplaceAll(fmt.Sprint("ended ", args, ": ", got), c.pki.Dir, "PKI"))
	}
	// preread answers in plain text to the ClientHello; a client of ours and one of the system's send the same names.
	conn, err := net.Dial("tcp", c.server.Addr("preread"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var seen string
	probe := &recorder{Conn: conn, got: &seen}
	tls.Client(probe, &tls.Config{ServerName: "x.test", NextProtos: []string{"h2", "other"}, MinVersion: tls.VersionTLS12}).HandshakeContext(t.Context())
	facts = append(facts, "preread: "+strings.TrimSpace(seen))

	for _, port := range []string{"begun", "begunbad"} {
		conn, err := net.Dial("tcp", c.server.Addr(port))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /info HTTP/1.0\r\nHost: a.test\r\n\r\n")
		conn.SetReadDeadline(time.Now().Add(clientLimit))
		body, _ := io.ReadAll(conn)
		conn.Close()
		got := words(string(body))
		if (got["sni"] == "a.test") != (port == "begun") {
			t.Errorf("%s: %q", port, body)
		}
		facts = append(facts, fmt.Sprintf("%s: %s %s", port, got["protocol"], got["sni"]))
	}
	c.noneSevere(t, c.server)
	return strings.Join(facts, "\n")
}

// recorder keeps what is read.
type recorder struct {
	net.Conn
	got *string
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	*r.got += string(p[:n])
	return n, err
}

// mail: the mail module's handshakes, at once and after STARTTLS; nginx itself answers the first command.
func mail(t *testing.T, b *column) string {
	c := b.on(b.start(t, "", mailing))
	client := harness.System()
	if b.lib.Ours() {
		client = b.lib
	}
	var facts []string
	for _, m := range []struct{ port, starttls, command string }{
		{"imaps", "", "b LOGOUT\r\n"}, {"imap", "imap", "b LOGOUT\r\n"},
		{"pop3", "pop3", "QUIT\r\n"}, {"smtp", "smtp", "QUIT\r\n"},
	} {
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			args := []string{"s_client", "-connect", c.server.Addr(m.port), "-CAfile", c.pki.CA(), "-servername", "a.test", "-ign_eof", version}
			if m.starttls != "" {
				args = append(args, "-starttls", m.starttls)
			}
			res, err := client.Run(clientLimit, &late{text: m.command}, "openssl", args...)
			if err != nil {
				t.Error(err)
			}
			shown := sClientShows.FindAllString(res.Stdout, -1)
			said := regexp.MustCompile(`(?m)^(\* .*|a OK.*|b OK.*|\+OK.*|250.*|221.*|SASL.*)\r?$`).FindAllString(res.Stdout, -1)
			if !slices.Contains(shown, "Verification: OK") || len(said) == 0 {
				t.Errorf("%s %s: exit code %d: %s\n%s", m.port, version, res.Exit, res.Stdout, res.Stderr)
			}
			facts = append(facts, m.port+" "+version+": "+strings.Join(append(shown, said...), "; "))
		}
	}
	return strings.ReplaceAll(strings.Join(facts, "\n"), "\r", "")
}

// late gives its text after a moment. nginx's mail module does not look at what has come with the end of the handshake.
type late struct{ text string }

func (l *late) Read(p []byte) (int, error) {
	if l.text == "" {
		return 0, io.EOF
	}
	time.Sleep(100 * time.Millisecond)
	n := copy(p, l.text)
	l.text = l.text[n:]
	return n, nil
}

// idle: a thousand connections stand at once; then each is used, once more and ended.
func idle(t *testing.T, b *column) string {
	const connections = 1000
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	conns := make([]*tls.Conn, connections)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	each := func(what string, f func(i int) error) {
		for i := range conns {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if err := f(i); err != nil {
					t.Errorf("%s: connection %d: %v", what, i, err)
				}
			})
		}
		wg.Wait()
	}
	each("handshake", func(i int) error {
		d := tls.Dialer{Config: &tls.Config{RootCAs: b.pki.Roots, ServerName: "a.test"}}
		c, err := d.DialContext(ctx, "tcp", b.server.Addr("main"))
		if err == nil {
			conns[i] = c.(*tls.Conn)
		}
		return err
	})
	get := func(i int) error {
		if conns[i] == nil {
			return nil // said already
		}
		conns[i].SetDeadline(time.Now().Add(clientLimit))
		if _, err := io.WriteString(conns[i], "GET /info HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(bufio.NewReader(conns[i]), nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil && !strings.HasPrefix(string(body), "protocol=TLSv1.3 ") {
			err = fmt.Errorf("answer %q", body)
		}
		return err
	}
	each("first request", get)
	each("second request", get)
	each("close", func(i int) error {
		if conns[i] == nil {
			return nil
		}
		return conns[i].Close()
	})
	return fmt.Sprintf("%d connections, two requests each", connections)
}
