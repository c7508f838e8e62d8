package nginxtest

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// curlOptions: what curl can be told about TLS has the same end on our library as on the system's, against the
// column's server: exit code, message and what was agreed on.
func curlOptions(t *testing.T, b *column) string {
	for _, args := range [][]string{
		{"pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-out", "client.p12", "-passout", "pass:secret"},
		{"pkcs8", "-topk8", "-in", "client.key", "-out", "client.enc", "-passout", "pass:secret"},
		{"x509", "-in", "client.pem", "-outform", "DER", "-out", "client.der"},
		{"pkey", "-in", "client.key", "-outform", "DER", "-out", "client.key.der"},
	} {
		for i, a := range args {
			if i > 0 && strings.HasPrefix(args[i-1], "-") && strings.Contains(a, ".") {
				args[i] = filepath.Join(b.pki.Dir, a)
			}
		}
		if res, err := harness.System().Run(clientLimit, nil, "openssl", args...); err != nil || res.Exit != 0 {
			t.Fatalf("openssl %v: %v %s", args, err, res.Stderr)
		}
	}
	capath := t.TempDir()
	root, err := os.ReadFile(b.pki.CA())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(capath, "root.pem"), root, 0o644); err != nil {
		t.Fatal(err)
	}
	if res, err := harness.System().Run(clientLimit, nil, "openssl", "rehash", capath); err != nil || res.Exit != 0 {
		t.Fatalf("openssl rehash: %v %s", err, res.Stderr)
	}
	leaf, err := b.pki.Leaf("a-ecdsa")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	pin := "sha256//" + base64.StdEncoding.EncodeToString(sum[:])
	badPin := "sha256//" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	file := func(name string) string { return filepath.Join(b.pki.Dir, name) }

	clients := []harness.Library{harness.System()}
	if o := ours(t); o != nil {
		clients = append(clients, *o)
	}
	addr := regexp.MustCompile(`127\.0\.0\.1:\d+|worker=\d+`)
	var facts []string
	for _, c := range []struct {
		host, port string
		want       int
		args       []string
	}{
		{"a.test", "main", 0, []string{"--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305", "--tls-max", "1.2"}},
		{"a.test", "main", 0, []string{"--ciphers", "ECDHE+AESGCM:!aRSA", "--tls-max", "1.2"}},
		{"a.test", "main", 59, []string{"--ciphers", "NOSUCHCIPHER", "--tls-max", "1.2"}},
		{"a.test", "main", 0, []string{"--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"}},
		{"a.test", "main", 59, []string{"--tls13-ciphers", "NOSUCHSUITE"}},
		{"a.test", "main", 0, []string{"--curves", "P-384"}},
		{"a.test", "main", 0, []string{"--curves", "P-521:X25519"}},
		{"a.test", "main", 59, []string{"--curves", "nosuchcurve"}},
		{"a.test", "only12", 0, []string{"--tls-max", "1.3"}},
		{"a.test", "only12", 35, []string{"--tlsv1.3"}},
		{"a.test", "only13", 35, []string{"--tls-max", "1.2"}},
		{"a.test", "main", 0, []string{"--pinnedpubkey", pin, "--tls13-ciphers", "TLS_AES_256_GCM_SHA384"}},
		{"a.test", "main", 90, []string{"--pinnedpubkey", badPin}},
		{"a.test", "main", 91, []string{"--cert-status"}},
		{"a.test", "main", 0, []string{"--crlfile", file("crl.pem")}},
		{"a.test", "main", 82, []string{"--crlfile", file("nosuchfile")}},
		{"a.test", "main", 0, []string{"--capath", capath}},
		{"a.test", "main", 60, []string{"--capath", t.TempDir(), "--cacert", file("selfsigned.pem")}},
		{"a.test", "verify_on", 0, []string{"--cert", file("client.pem"), "--key", file("client.key")}},
		{"a.test", "verify_on", 0, []string{"--cert", file("client.pem"), "--key", file("client.enc"), "--pass", "secret"}},
		{"a.test", "verify_on", 58, []string{"--cert", file("client.pem"), "--key", file("client.enc"), "--pass", "wrong"}},
		{"a.test", "verify_on", 0, []string{"--cert-type", "P12", "--cert", file("client.p12") + ":secret"}},
		{"a.test", "verify_on", 58, []string{"--cert-type", "P12", "--cert", file("client.p12") + ":wrong"}},
		{"a.test", "verify_on", 0, []string{"--cert-type", "DER", "--cert", file("client.der"), "--key-type", "DER", "--key", file("client.key.der")}},
		{"a.test", "verify_on", 58, []string{"--cert", file("client.pem"), "--key", file("a-rsa.key")}},
		{"a.test", "verify_on", 58, []string{"--cert", file("nosuchfile.pem")}},
		{"a.test", "main", 0, []string{"--no-sessionid"}},
		{"a.test", "main", 0, []string{"--no-alpn"}},
		{"a.test", "main", 0, []string{"--ssl-allow-beast"}},
	} {
		var first string
		for _, lib := range clients {
			res := curl(t, lib, b, c.host, c.port, "/info", c.args...)
			message, _, _ := strings.Cut(res.Stderr, "\n")
			fact := fmt.Sprintf("%s %v: %d %s %s", c.port, c.args, res.Exit, addr.ReplaceAllString(message, ""), addr.ReplaceAllString(answer(res), ""))
			fact = strings.NewReplacer(b.pki.Dir, "PKI", capath, "CAPATH", os.TempDir(), "TMP").Replace(fact)
			if res.Exit != c.want {
				t.Errorf("curl on %s: exit code not %d: %s", lib.Name, c.want, fact)
			}
			if first == "" {
				first = fact
				facts = append(facts, regexp.MustCompile(`TMP/\S+`).ReplaceAllString(fact, "TMP"))
			} else if fact != first {
				t.Errorf("curl says otherwise on our library:\nsystem: %s\nours:   %s", first, fact)
			}
		}
	}
	return strings.Join(facts, "\n")
}

// A talk is a small server of a line protocol: what to say first, and what to each command. "+TLS" after an answer
// begins TLS.
type talk struct {
	greeting string
	answers  map[string]string // by the first word of the command
	implicit bool              // TLS from the first byte
}

func (k talk) serve(t *testing.T, conf *tls.Config) string {
	t.Helper()
	return listen(t, func(conn net.Conn) { k.talk(conn, conf) })
}

func (k talk) talk(conn net.Conn, conf *tls.Config) {
	defer func() { conn.Close() }()
	conn.SetDeadline(time.Now().Add(clientLimit))
	if k.implicit {
		conn = tls.Server(conn, conf)
	}
	var data net.Listener
	defer func() {
		if data != nil {
			data.Close()
		}
	}()
	fmt.Fprintf(conn, "%s\r\n", k.greeting)
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		verb := fields[0]
		if _, ok := k.answers[verb]; !ok && len(fields) > 1 {
			verb = fields[1] // IMAP: a tag stands before
		}
		text := strings.ReplaceAll(k.answers[verb], "TAG", fields[0])
		if text == "" {
			text = "500 what?"
		}
		text, begin := strings.CutSuffix(text, "+TLS")
		if strings.Contains(text, "EPSV") {
			if data, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return
			}
			text = fmt.Sprintf("229 (|||%d|)", data.Addr().(*net.TCPAddr).Port)
		}
		fmt.Fprintf(conn, "%s\r\n", text)
		if verb == "RETR" || verb == "STOR" {
			raw, err := data.Accept()
			if err != nil {
				return
			}
			d := tls.Server(raw, conf)
			if verb == "RETR" {
				io.WriteString(d, strings.Repeat("a line of a file\n", 5000))
			} else {
				io.Copy(io.Discard, d)
			}
			d.Close()
			fmt.Fprintf(conn, "226 done\r\n")
		}
		if begin {
			conn = tls.Server(conn, conf)
			in = bufio.NewReader(conn)
		}
		if verb == "QUIT" || verb == "LOGOUT" {
			return
		}
	}
}

// curlProtocols: FTP over TLS with its data connection, and STARTTLS of SMTP, IMAP and POP3, against servers in Go.
func curlProtocols(t *testing.T, b *column) string {
	pair, err := tls.LoadX509KeyPair(filepath.Join(b.pki.Dir, "a-ecdsa.pem"), filepath.Join(b.pki.Dir, "a-ecdsa.key"))
	if err != nil {
		t.Fatal(err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{pair}}
	ftp := map[string]string{"AUTH": "234 go+TLS", "USER": "331 password", "PASS": "230 in", "PBSZ": "200 ok", "PROT": "200 ok", "PWD": `257 "/"`,
		"CWD": "250 ok", "EPSV": "EPSV", "TYPE": "200 ok", "SIZE": "213 85000", "MDTM": "500 no", "RETR": "150 coming", "STOR": "150 give", "QUIT": "221 bye"}
	mailbox := map[string]string{"EHLO": "250-a.test\r\n250 STARTTLS", "STARTTLS": "220 go+TLS", "MAIL": "250 ok", "RCPT": "250 ok", "VRFY": "252 perhaps", "HELP": "214 no", "QUIT": "221 bye"}
	imap := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK", "STARTTLS": "TAG OK go+TLS", "LOGIN": "TAG OK in", "NOOP": "TAG OK", "LIST": "* LIST () \"/\" INBOX\r\nTAG OK", "LOGOUT": "* BYE\r\nTAG OK"}
	pop3 := map[string]string{"CAPA": "+OK\r\nSTLS\r\nUSER\r\n.", "STLS": "+OK go+TLS", "USER": "+OK", "PASS": "+OK", "LIST": "+OK\r\n1 120\r\n.", "QUIT": "+OK"}
	upload := filepath.Join(t.TempDir(), "upload")
	if err := harness.WritePattern(upload, 64<<10); err != nil {
		t.Fatal(err)
	}
	clients := []harness.Library{harness.System()}
	if b.lib.Ours() {
		clients = append(clients, b.lib)
	}
	addr := regexp.MustCompile(`:\d{4,5}`)
	var facts []string
	for _, version := range []string{"1.2", "1.3"} {
		for _, c := range []struct {
			scheme, path string
			talk         talk
			want         int
			args         []string
		}{
			{"ftps", "/file", talk{"220 hello", ftp, true}, 0, nil},
			{"ftp", "/file", talk{"220 hello", ftp, false}, 0, []string{"--ssl-reqd"}},
			{"ftp", "/file", talk{"220 hello", ftp, false}, 0, []string{"--ssl-reqd", "-T", upload}},
			{"smtp", "", talk{"220 hello", mailbox, false}, 0, []string{"--ssl-reqd", "-X", "VRFY someone"}},
			{"imap", "", talk{"* OK hello", imap, false}, 0, []string{"--ssl-reqd", "-u", "me:secret"}},
			{"pop3", "", talk{"+OK hello", pop3, false}, 0, []string{"--ssl-reqd", "-u", "me:secret"}},
			{"smtp", "", talk{"220 hello", mailbox, false}, 60, []string{"--ssl-reqd", "-X", "VRFY someone", "--cacert", filepath.Join(b.pki.Dir, "selfsigned.pem")}},
		} {
			var first string
			for _, lib := range clients {
				server := c.talk.serve(t, conf)
				_, port, _ := net.SplitHostPort(server)
				args := append([]string{"-sS", "--noproxy", "*", "--cacert", b.pki.CA(), "--resolve", "a.test:" + port + ":127.0.0.1", "--tls-max", version}, c.args...)
				res, err := lib.Run(clientLimit, nil, "curl", append(args, c.scheme+"://a.test:"+port+c.path)...)
				if err != nil {
					t.Error(err)
				}
				fact := fmt.Sprintf("%s %s %d: exit %d, %x, %s", c.scheme, version, len(c.args), res.Exit, sha256.Sum256([]byte(res.Stdout)), addr.ReplaceAllString(res.Stderr, ""))
				if res.Exit != c.want {
					t.Errorf("curl on %s, %v: exit code not %d: %s%s", lib.Name, c.args, c.want, fact, res.Stdout)
				}
				if first == "" {
					first = fact
					facts = append(facts, fact)
				} else if fact != first {
					t.Errorf("curl says otherwise on our library:\nsystem: %s\nours:   %s", first, fact)
				}
			}
		}
	}
	return strings.Join(facts, "\n")
}
