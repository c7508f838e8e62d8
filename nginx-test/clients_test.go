package nginxtest

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// clientLimit ends a client that hangs.
const clientLimit = 60 * time.Second

// words splits "a=b c=d" into a map.
func words(line string) map[string]string {
	m := map[string]string{}
	for w := range strings.FieldsSeq(line) {
		if k, v, ok := strings.Cut(w, "="); ok {
			m[k] = v
		}
	}
	return m
}

// curl runs curl on lib against a port of the server, under a name that it resolves to loopback.
func curl(t *testing.T, lib harness.Library, b *column, host, port, path string, args ...string) harness.Result {
	t.Helper()
	p := b.server.Port(port)
	all := append([]string{"-sS", "--noproxy", "*", "--cacert", b.pki.CA(),
		"--resolve", fmt.Sprintf("%s:%d:127.0.0.1", host, p)}, args...)
	res, err := lib.Run(clientLimit, nil, "curl", append(all, fmt.Sprintf("https://%s:%d%s", host, p, path))...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// maps: master and workers have mapped this column's libssl and no other; so has curl started the same way.
func maps(t *testing.T, b *column) string {
	for _, pid := range b.server.Processes() {
		if err := b.lib.OnlyMaps(pid); err != nil {
			t.Error(err)
		}
	}
	res, err := b.lib.Run(clientLimit, nil, "ldd", mustLook(t, "curl"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Contains(res.Stdout, b.lib.File); b.lib.Ours() && !got {
		t.Errorf("curl would not load %s: %s", b.lib.File, res.Stdout)
	}
	return fmt.Sprintf("%d processes, one libssl each", len(b.server.Processes()))
}

// curlMatrix fetches with every version, key type and HTTP version.
func curlMatrix(client harness.Library) func(t *testing.T, b *column) string {
	return func(t *testing.T, b *column) string {
		var facts []string
		for _, c := range []struct {
			name string
			args []string
			want map[string]string
		}{
			{"1.3", []string{"--tlsv1.3"}, map[string]string{"protocol": "TLSv1.3"}},
			{"1.3 AES-128", []string{"--tlsv1.3", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"}, map[string]string{"cipher": "TLS_AES_128_GCM_SHA256"}},
			{"1.3 ChaCha20", []string{"--tlsv1.3", "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"}, map[string]string{"cipher": "TLS_CHACHA20_POLY1305_SHA256"}},
			{"1.3 P-384 (HelloRetryRequest possible)", []string{"--tlsv1.3", "--curves", "P-521:P-384"}, map[string]string{"protocol": "TLSv1.3"}},
			{"1.2", []string{"--tls-max", "1.2"}, map[string]string{"protocol": "TLSv1.2"}},
			{"1.2 ECDSA", []string{"--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"}, map[string]string{"cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"}},
			{"1.2 RSA", []string{"--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384"}, map[string]string{"cipher": "ECDHE-RSA-AES256-GCM-SHA384"}},
			{"1.2 RSA ChaCha20", []string{"--tls-max", "1.2", "--ciphers", "ECDHE-RSA-CHACHA20-POLY1305"}, map[string]string{"cipher": "ECDHE-RSA-CHACHA20-POLY1305"}},
		} {
			for _, http := range []string{"HTTP/1.1", "HTTP/2.0"} {
				arg := map[string]string{"HTTP/1.1": "--http1.1", "HTTP/2.0": "--http2"}[http]
				res := curl(t, client, b, "a.test", "main", "/info", append(slices.Clone(c.args), arg)...)
				if res.Exit != 0 {
					t.Errorf("%s %s: curl's exit code %d: %s", c.name, http, res.Exit, res.Stderr)
					continue
				}
				got := words(res.Stdout)
				c.want["http"] = http
				for k, v := range c.want {
					if got[k] != v {
						t.Errorf("%s %s: %s=%s and not %s", c.name, http, k, got[k], v)
					}
				}
				facts = append(facts, c.name+": "+got["protocol"]+" "+got["cipher"]+" "+got["http"])
			}
		}
		// A file of 256 KiB whose every byte is checked.
		res := curl(t, client, b, "a.test", "main", "/pattern")
		p := harness.NewPattern()
		p.Write([]byte(res.Stdout))
		if err := p.Check(patternSize); err != nil || res.Exit != 0 {
			t.Errorf("/pattern: curl's exit code %d, %v", res.Exit, err)
		}
		return strings.Join(facts, "\n")
	}
}

// curlOurs is the same with curl on our library, whatever the server's.
func curlOurs(t *testing.T, b *column) string {
	client := ours(t)
	if client == nil {
		t.Skip("this run is for the system's library alone")
	}
	if b.lib.Ours() {
		client = &b.lib // loaded the way of this column
	}
	return curlMatrix(*client)(t, b)
}

// request is sent through s_client; HTTP/1.0, so that nginx closes and s_client sees the whole answer.
const request = "GET /info HTTP/1.0\r\nHost: a.test\r\n\r\n"

// sClientRun runs the openssl command's s_client on the system's library.
func sClientRun(t *testing.T, b *column, port string, args ...string) harness.Result {
	t.Helper()
	all := append([]string{"s_client", "-connect", b.server.Addr(port), "-CAfile", b.pki.CA(), "-verify_return_error", "-ign_eof"}, args...)
	if !slices.Contains(args, "-noservername") && !slices.Contains(args, "-servername") {
		all = append(all, "-servername", "a.test")
	}
	res, err := harness.System().Run(clientLimit, strings.NewReader(request), "openssl", all...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// sClientShows lists what of s_client's report is a fact about the handshake.
var sClientShows = regexp.MustCompile(`(?m)^(Peer signing digest: .*|Peer signature type: .*|Server Temp Key: .*|Verification: .*|New, .*|Reused, .*|Secure Renegotiation .*|ALPN protocol: .*|No ALPN negotiated|    Extended master secret: .*|Verify return code: .*|subject=.*|No client certificate CA names sent|Compression: .*|Early data was .*| +TLS session ticket lifetime hint: .*)$`)

func sClient(t *testing.T, b *column) string {
	var facts []string
	for _, c := range []struct {
		args string
		want string
	}{
		{"-tls1_3 -sigalgs ecdsa_secp256r1_sha256", "Peer signature type: ECDSA"},
		{"-tls1_3 -sigalgs rsa_pss_rsae_sha256:ecdsa_secp384r1_sha384", "Peer signature type: RSA-PSS"},
		{"-tls1_3 -groups X25519", "Server Temp Key: X25519, 253 bits"},
		{"-tls1_3 -groups P-256", "Server Temp Key: ECDH, prime256v1, 256 bits"},
		{"-tls1_3 -groups P-384", "Server Temp Key: ECDH, secp384r1, 384 bits"},
		{"-tls1_3 -alpn h3,http/1.1", "ALPN protocol: http/1.1"},
		{"-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", "New, TLSv1.3, Cipher is TLS_CHACHA20_POLY1305_SHA256"},
		{"-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "New, TLSv1.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384"},
		{"-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA+SHA256", "Peer signature type: RSA"},
		{"-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA-PSS+SHA384", "Peer signature type: RSA-PSS"},
		{"-tls1_2 -groups P-256", "Server Temp Key: ECDH, prime256v1, 256 bits"},
		{"-tls1_2", "    Extended master secret: yes"},
	} {
		res := sClientRun(t, b, "main", strings.Fields(c.args)...)
		shown := sClientShows.FindAllString(res.Stdout, -1)
		if res.Exit != 0 || !slices.Contains(shown, c.want) || !strings.Contains(res.Stdout, "protocol=TLSv1.") {
			t.Errorf("s_client %s: exit code %d, no line %q, or no answer %q, in:\n%s\n%s", c.args, res.Exit, c.want, "protocol=TLSv1.", strings.Join(shown, "\n"), lastLines(res.Stderr, 3))
		}
		facts = append(facts, c.args+":\n  "+strings.Join(shown, "\n  "))
	}
	// What must be refused: a version and a suite that the server does not have.
	for _, c := range []struct{ port, args string }{
		{"only13", "-tls1_2"}, {"only12", "-tls1_3"}, {"main", "-tls1_3 -sigalgs ed25519"},
	} {
		res := sClientRun(t, b, c.port, strings.Fields(c.args)...)
		alert := regexp.MustCompile(`alert [a-z ]+|SSL alert number \d+|no protocols available|no cipher match`).FindAllString(res.Stderr, -1)
		if res.Exit == 0 || strings.Contains(res.Stdout, "protocol=TLSv1.") {
			t.Errorf("s_client %s on %s was not refused", c.args, c.port)
		}
		facts = append(facts, c.port+" "+c.args+": refused, "+strings.Join(alert, ", "))
	}
	return strings.Join(facts, "\n")
}

// onPurpose: where we differ from OpenSSL because we mean to. A client that has only CBC suites is refused with a
// handshake_failure alert; the system's library still serves it.
func onPurpose(t *testing.T, b *column) string {
	for _, cipher := range []string{"ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"} {
		res := sClientRun(t, b, "main", "-tls1_2", "-cipher", cipher)
		served := strings.Contains(res.Stdout, "protocol=TLSv1.2")
		switch {
		case b.lib.Ours() && (served || !strings.Contains(res.Stderr, "SSL alert number 40")):
			t.Errorf("%s: not refused with alert 40: exit code %d, %s", cipher, res.Exit, lastLines(res.Stderr, 3))
		case !b.lib.Ours() && !served && !strings.HasPrefix(cipher, "DHE-"): // nginx without ssl_dhparam has no DHE either
			t.Errorf("%s: the system's library refuses it too, so this is no difference: %s", cipher, res.Stderr)
		}
	}
	return "refused by us: CBC, static RSA, finite-field DHE"
}

// sni: three servers on one port, each with its own certificate; an unknown name gets the default server.
func sni(t *testing.T, b *column) string {
	var facts []string
	for _, host := range []string{"a.test", "b.test", "c.test", "x.c.test"} {
		for _, version := range []string{"1.2", "1.3"} {
			res := curl(t, harness.System(), b, host, "main", "/info", "--tls-max", version)
			got := words(res.Stdout)
			if want := host[max(0, len(host)-len("x.test")):]; res.Exit != 0 || got["sni"] != host || !strings.HasSuffix(got["server"], want) {
				t.Errorf("%s with TLS %s: exit code %d, %s%s", host, version, res.Exit, res.Stdout, res.Stderr)
			}
			facts = append(facts, fmt.Sprintf("%s %s: server=%s %s", host, version, got["server"], got["cipher"]))
		}
	}
	res := curl(t, harness.System(), b, "unknown.test", "main", "/info", "-k")
	if got := words(res.Stdout); res.Exit != 0 || got["server"] != "a.test" {
		t.Errorf("unknown.test: exit code %d, %s", res.Exit, res.Stdout)
	}
	res = sClientRun(t, b, "main", "-noservername")
	if !strings.Contains(res.Stdout, "server=a.test") || !strings.Contains(res.Stdout, "subject=CN = a.test") {
		t.Errorf("without SNI: exit code %d, %s\n%s", res.Exit, strings.Join(sClientShows.FindAllString(res.Stdout, -1), "\n"), lastLines(res.Stderr, 3))
	}
	return strings.Join(facts, "\n")
}

// badCertificates: curl on the system's library and curl on ours end with the same code and the same message.
func badCertificates(t *testing.T, b *column) string {
	const peerFailedVerification = 60 // CURLE_PEER_FAILED_VERIFICATION
	var facts []string
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	try := func(lib harness.Library, host, portName string, want int, args ...string) string {
		res := curl(t, lib, b, host, portName, "/info", args...)
		if res.Exit != want {
			t.Errorf("curl on %s: %s on port %s %v: exit code %d and not %d: %s", lib.Name, host, portName, args, res.Exit, want, res.Stderr)
		}
		message, _, _ := strings.Cut(res.Stderr, "\n")
		return fmt.Sprintf("%s on %s %v: %d %s", host, portName, args, res.Exit, port.ReplaceAllString(message, "ADDR"))
	}
	for _, c := range []struct {
		host, port string
		want       int
		args       []string
	}{
		{"expired.test", "expired", peerFailedVerification, nil},
		{"wronghost.test", "wronghost", peerFailedVerification, nil},
		{"untrusted.test", "untrusted", peerFailedVerification, nil},
		{"selfsigned.test", "selfsigned", peerFailedVerification, nil},
		{"a.test", "main", 0, nil},
		{"other.test", "main", peerFailedVerification, nil},
		{"expired.test", "expired", 0, []string{"-k"}},
		{"untrusted.test", "untrusted", 0, []string{"-k"}},
		{"selfsigned.test", "selfsigned", 0, []string{"-k"}},
		{"selfsigned.test", "selfsigned", 0, []string{"--cacert", filepath.Join(b.pki.Dir, "selfsigned.pem")}},
		{"a.test", "main", 77, []string{"--cacert", filepath.Join(b.pki.Dir, "nosuchfile.pem")}},
		{"a.test", "only13", 35, []string{"--tls-max", "1.2"}},
		{"a.test", "only12", 35, []string{"--tlsv1.3"}},
	} {
		for _, version := range []string{"1.2", "1.3"} {
			if len(c.args) > 0 && strings.HasPrefix(c.args[0], "--tls") && version == "1.2" {
				continue
			}
			args := c.args
			if len(args) == 0 || !strings.HasPrefix(args[0], "--tls") {
				args = append(slices.Clone(args), "--tls-max", version)
			}
			sys := try(harness.System(), c.host, c.port, c.want, args...)
			facts = append(facts, strings.ReplaceAll(sys, b.pki.Dir, "PKI"))
			if o := ours(t); o != nil {
				if got := try(*o, c.host, c.port, c.want, args...); got != sys {
					t.Errorf("curl says otherwise on our library:\nsystem: %s\nours:   %s", sys, got)
				}
			}
		}
	}
	return strings.Join(facts, "\n")
}

// clientCertificates: nginx asks for a certificate and tells what it found.
func clientCertificates(t *testing.T, b *column) string {
	var facts []string
	cert := func(name string) []string {
		return []string{"--cert", filepath.Join(b.pki.Dir, name+".pem"), "--key", filepath.Join(b.pki.Dir, name+".key")}
	}
	clients := []harness.Library{harness.System()}
	if o := ours(t); o != nil {
		clients = append(clients, *o)
	}
	for _, policy := range []string{"on", "optional", "optional_no_ca"} {
		for _, version := range []string{"1.2", "1.3"} {
			for who, args := range map[string][]string{"none": nil, "client": cert("client"), "untrusted": cert("untrusted"), "expired": cert("expired")} {
				var first string
				for _, lib := range clients {
					res := curl(t, lib, b, "a.test", "verify_"+policy, "/info", append(slices.Clone(args), "--tls-max", version)...)
					got := words(res.Stdout)
					status := "200"
					if m := regexp.MustCompile(`<title>(\d+ [^<]*)`).FindStringSubmatch(res.Stdout); m != nil {
						status = m[1]
					}
					fact := fmt.Sprintf("%s %s %s: %d %s %s %s", policy, version, who, res.Exit, status, got["verify"], got["dn"])
					if first == "" {
						first = fact
						facts = append(facts, fact)
					} else if fact != first {
						t.Errorf("curl on our library: %s\nand on the system's: %s", fact, first)
					}
					if who == "client" && (res.Exit != 0 || got["verify"] != "SUCCESS" || got["dn"] != "CN=client.test") {
						t.Errorf("%s: %s%s", fact, res.Stdout, res.Stderr)
					}
					if policy == "on" && who != "client" && !strings.HasPrefix(status, "400") {
						t.Errorf("a request without a good certificate was let in: %s", fact)
					}
				}
			}
		}
	}
	slices.Sort(facts)
	return strings.Join(facts, "\n")
}

func mustLook(t *testing.T, name string) string {
	res, err := harness.System().Run(clientLimit, nil, "sh", "-c", "command -v "+strconv.Quote(name))
	if err != nil || res.Exit != 0 {
		t.Fatalf("%s is not installed (make deps)", name)
	}
	return strings.TrimSpace(res.Stdout)
}
