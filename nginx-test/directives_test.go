package nginxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// afterwards is a page with what the directives below change; of the session's ID whether there is one.
const afterwards = `
        location = /info {
            default_type text/plain;
            return 200 "protocol=$ssl_protocol cipher=$ssl_cipher curve=$ssl_curve reused=$ssl_session_reused id=$id sni=$ssl_server_name verify=$ssl_client_verify\n";
        }
    }
`

const listens = `
    server {
        ssl_protocols TLSv1.2 TLSv1.3;
        listen 127.0.0.1:{{port "%s"}} ssl%s;`

// directives are those of nginx's ssl module that no other scenario sets, each on a port of its own.
var directives = []struct {
	port, options string
	text          string // what stands in server { } beside the certificate
	own           bool   // text names the certificate
}{
	{port: "conf-ticket", text: "ssl_conf_command Options -SessionTicket;"},
	{port: "conf-suites", text: "ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; ssl_conf_command CipherString ECDHE+CHACHA20;"},
	{port: "conf-groups", text: "ssl_conf_command Groups P-384:P-521;"},
	{port: "conf-sigalgs", text: "ssl_conf_command SignatureAlgorithms RSA-PSS+SHA384:ECDSA+SHA512;"},
	{port: "conf-min", text: "ssl_conf_command MinProtocol TLSv1.3;"},
	{port: "conf-verify", text: "ssl_conf_command VerifyCAFile {{.PKI}}/ca.pem; ssl_conf_command ClientCAFile {{.PKI}}/ca.pem; ssl_conf_command VerifyMode Request;"},
	{port: "conf-chacha", text: "ssl_conf_command Options PrioritizeChaCha; ssl_prefer_server_ciphers on;"},
	{port: "curve", text: "ssl_ecdh_curve secp521r1:prime256v1;"},
	{port: "dhparam", text: "ssl_dhparam {{.Dir}}/dh.pem;"},
	{port: "prefer", text: "ssl_prefer_server_ciphers on; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE+AESGCM;"},
	{port: "timeout", text: "ssl_session_timeout 0;"},
	{port: "timeout-cache", text: "ssl_session_timeout 0; ssl_session_cache shared:short:1m; ssl_session_tickets off;"},
	{port: "builtin", text: "ssl_session_cache builtin:10; ssl_session_tickets off;"},
	{port: "builtin-shared", text: "ssl_session_cache builtin:10 shared:both:1m;"},
	{port: "off", text: "ssl_session_cache off; ssl_session_tickets off;"},
	{port: "variable", own: true, text: "ssl_certificate {{.PKI}}/$pair.pem; ssl_certificate_key {{.PKI}}/$pair.key;"},
	{port: "password", own: true, text: "ssl_password_file {{.Dir}}/passwords; ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key {{.Dir}}/locked.key;"},
	{port: "rotated", text: "ssl_session_ticket_key {{.Dir}}/new.key; ssl_session_ticket_key {{.Dir}}/old.key;"},
	{port: "before", text: "ssl_session_ticket_key {{.Dir}}/old.key;"},
}

// directivesAtWork: what clients of both versions see of each directive, in a first and in a resumed connection.
func directivesAtWork(t *testing.T, b *column) string {
	conf := `
    map $ssl_session_id $id { "" none; default some; }
    map $ssl_server_name $pair { a.test a-ecdsa; b.test b; default nosuch; }
    proxy_ssl_trusted_certificate {{.PKI}}/ca.pem;
`
	for _, d := range directives {
		conf += fmt.Sprintf(listens, d.port, d.options) + "\n        " + d.text
		if !d.own {
			conf += "\n        ssl_certificate {{.PKI}}/a-ecdsa.pem; ssl_certificate_key {{.PKI}}/a-ecdsa.key;" +
				"\n        ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key {{.PKI}}/a-rsa.key;"
		}
		conf += afterwards
	}
	c := b.on(b.startWith(t, conf, func(dir string) { writeKeys(t, b.pki, dir) }))
	var facts []string
	// show tells of one connection; with a file, the session is written there or, if offer, taken from there.
	show := func(port, version, file string, offer bool, args ...string) {
		args = append([]string{version}, args...)
		if file != "" && offer {
			args = append(args, "-sess_in", file)
		} else if file != "" {
			args = append(args, "-sess_out", file)
		}
		res := sClientRun(t, c, port, args...)
		shown := sClientShows.FindAllString(res.Stdout, -1)
		for line := range strings.SplitSeq(res.Stdout, "\n") {
			if strings.HasPrefix(line, "protocol=") {
				shown = append(shown, line)
			}
		}
		if file != "" {
			args = args[:len(args)-2]
		}
		facts = append(facts, fmt.Sprintf("%s %s offers %v: exit %d; %s", port, strings.Join(args, " "), offer, res.Exit, strings.Join(shown, "; ")))
	}
	for _, d := range directives {
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			if d.port == "builtin" || d.port == "builtin-shared" {
				show(d.port, version, "", false) // the cache is the worker's: whether the next connection meets it is chance
				continue
			}
			file := filepath.Join(t.TempDir(), "session")
			show(d.port, version, file, false)
			if _, err := os.Stat(file); err == nil {
				show(d.port, version, file, true)
			}
		}
	}
	for _, name := range []string{"b.test", "nosuch.test"} {
		show("variable", "-tls1_2", "", false, "-servername", name)
		show("variable", "-tls1_3", "", false, "-servername", name)
	}
	for _, suites := range []string{"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"} {
		show("conf-chacha", "-tls1_3", "", false, "-ciphersuites", suites)
	}
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		// A ticket of before the rotation is taken; one of after it is not by those who have the old key only.
		file := filepath.Join(t.TempDir(), "old")
		show("before", version, file, false)
		show("rotated", version, file, true)
		file = filepath.Join(t.TempDir(), "new")
		show("rotated", version, file, false)
		show("before", version, file, true)
	}
	return strings.Join(facts, "\n")
}

// startWith is start with files of its own in the server's folder, which the configuration names.
func (b *column) startWith(t *testing.T, conf string, files func(dir string)) *harness.Server {
	t.Helper()
	dir := t.TempDir()
	files(dir)
	return b.start(t, strings.ReplaceAll(conf, "{{.Dir}}", dir))
}

func openssl(t *testing.T, args ...string) {
	t.Helper()
	if res, err := harness.System().Run(clientLimit, nil, "openssl", args...); err != nil || res.Exit != 0 {
		t.Fatalf("openssl %s: %v %s", strings.Join(args, " "), err, res.Stderr)
	}
}

// writeKeys makes what the configurations name: locked keys and their passwords, ticket keys, parameters, and what is none.
func writeKeys(t *testing.T, pki *harness.PKI, dir string) {
	t.Helper()
	openssl(t, "pkcs8", "-topk8", "-in", filepath.Join(pki.Dir, "a-rsa.key"), "-out", filepath.Join(dir, "locked.key"), "-passout", "pass:secret")
	openssl(t, "dhparam", "-dsaparam", "-out", filepath.Join(dir, "dh.pem"), "2048")
	openssl(t, "dhparam", "-dsaparam", "-out", filepath.Join(dir, "short-dh.pem"), "1024")
	for name, text := range map[string]string{"passwords": "wrong\nsecret\n", "wrong-passwords": "wrong\nneither\n", "empty": "", "junk": "junk\n",
		"old.key": strings.Repeat("o", 80), "new.key": strings.Repeat("n", 48), "short.key": "short"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"locked.key", "dh.pem", "short-dh.pem"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// configurations are looked at by nginx -t, in a server with a certificate (or, in the second list, without): what is wrong
// with each is told with OpenSSL's words. @ is the folder of writeKeys.
var configurations = []string{
	"", "ssl_ciphers NOSUCH;", "ssl_ciphers HIGH:!aNULL;", `ssl_ciphers "";`, "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;",
	"ssl_protocols TLSv1 TLSv1.1;", "ssl_protocols SSLv3;", "ssl_protocols NOSUCH;", "ssl_ecdh_curve auto;", "ssl_ecdh_curve X25519:P-256;",
	"ssl_ecdh_curve nosuch;", "ssl_ecdh_curve secp384r1:nosuch;", `ssl_ecdh_curve "";`, "ssl_dhparam @dh.pem;", "ssl_dhparam @short-dh.pem;",
	"ssl_dhparam @junk;", "ssl_dhparam @nosuch;", "ssl_client_certificate @nosuch; ssl_verify_client on;",
	"ssl_client_certificate @junk; ssl_verify_client on;", "ssl_client_certificate @empty; ssl_verify_client on;",
	"ssl_client_certificate {{.PKI}}/a-rsa.key; ssl_verify_client on;", "ssl_client_certificate {{.PKI}}/ca.pem; ssl_verify_client on; ssl_verify_depth 0;",
	"ssl_verify_client on;", "ssl_verify_client optional_no_ca;", "ssl_trusted_certificate @junk;", "ssl_trusted_certificate @nosuch;",
	"ssl_trusted_certificate {{.PKI}}/ca.pem;", "ssl_client_certificate {{.PKI}}/ca.pem; ssl_verify_client on; ssl_crl @junk;",
	"ssl_client_certificate {{.PKI}}/ca.pem; ssl_verify_client on; ssl_crl @nosuch;",
	"ssl_client_certificate {{.PKI}}/ca.pem; ssl_verify_client on; ssl_crl {{.PKI}}/ca.pem;", "ssl_session_ticket_key @old.key;",
	"ssl_session_ticket_key @new.key;", "ssl_session_ticket_key @short.key;", "ssl_session_ticket_key @nosuch;", "ssl_stapling on;",
	"ssl_stapling on; ssl_stapling_file @junk;", "ssl_stapling on; ssl_stapling_file @nosuch;",
	"ssl_stapling on; ssl_stapling_verify on; ssl_trusted_certificate {{.PKI}}/ca.pem;", "ssl_ocsp on;",
	"ssl_ocsp on; ssl_verify_client on; ssl_client_certificate {{.PKI}}/ca.pem;", "ssl_conf_command NoSuch x;",
	"ssl_conf_command Options PrioritizeChaCha;", "ssl_conf_command Options NoSuch;", "ssl_conf_command Ciphersuites NOSUCH;",
	"ssl_conf_command MinProtocol NoSuch;", "ssl_conf_command Certificate @nosuch;",
	"ssl_conf_command Certificate {{.PKI}}/a-rsa.pem; ssl_conf_command PrivateKey {{.PKI}}/a-rsa.key;",
	"ssl_conf_command Certificate {{.PKI}}/a-rsa.pem; ssl_conf_command PrivateKey {{.PKI}}/b.key;", "ssl_conf_command Groups nosuch;",
	"ssl_conf_command SignatureAlgorithms NOSUCH;", "ssl_conf_command DHParameters @junk;", "ssl_conf_command VerifyCAFile @junk;",
	"ssl_conf_command ServerInfoFile @junk;", "ssl_conf_command NumTickets x;", "ssl_conf_command RecordPadding 256;",
	"ssl_session_cache builtin:100 shared:a:1m;", "ssl_session_cache none;", "ssl_session_timeout 0;", "ssl_session_timeout 1000d;",
	"ssl_early_data on;", "ssl_reject_handshake on;",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_verify on; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_verify on; proxy_ssl_trusted_certificate @junk; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_verify on; proxy_ssl_trusted_certificate {{.PKI}}/ca.pem; proxy_ssl_crl @junk; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_certificate {{.PKI}}/client.pem; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_certificate {{.PKI}}/client.pem; proxy_ssl_certificate_key {{.PKI}}/a-rsa.key; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_ciphers NOSUCH; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_conf_command NoSuch x; }",
	"location / { proxy_pass https://127.0.0.1:1; proxy_ssl_protocols TLSv1; }",
	"location / { grpc_pass grpcs://127.0.0.1:1; grpc_ssl_verify on; grpc_ssl_trusted_certificate {{.PKI}}/ca.pem; }",
	"location / { grpc_pass grpcs://127.0.0.1:1; grpc_ssl_ciphers NOSUCH; }",
	"location / { uwsgi_pass suwsgi://127.0.0.1:1; uwsgi_ssl_verify on; uwsgi_ssl_trusted_certificate {{.PKI}}/ca.pem; }",
	"location / { uwsgi_pass suwsgi://127.0.0.1:1; uwsgi_ssl_conf_command NoSuch y; }",
}

var certificateConfigurations = []string{
	"ssl_certificate @nosuch; ssl_certificate_key {{.PKI}}/b.key;", "ssl_certificate @junk; ssl_certificate_key {{.PKI}}/b.key;",
	"ssl_certificate @empty; ssl_certificate_key {{.PKI}}/b.key;", "ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key {{.PKI}}/a-rsa.key;",
	"ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key {{.PKI}}/c.key;", "ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key @nosuch;",
	"ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key @junk;", "ssl_certificate {{.PKI}}/b.pem;",
	"ssl_certificate {{.PKI}}/b.key; ssl_certificate_key {{.PKI}}/b.key;",
	"ssl_password_file @passwords; ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key @locked.key;",
	"ssl_password_file @wrong-passwords; ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key @locked.key;",
	"ssl_password_file @empty; ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key @locked.key;",
	"ssl_password_file @nosuch; ssl_certificate {{.PKI}}/a-rsa.pem; ssl_certificate_key @locked.key;",
	"ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key engine:dynamic:x;", "ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key engine:nosuch:x;",
	"ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key engine:;", "ssl_certificate data:$arg_c; ssl_certificate_key data:$arg_k;", "",
}

var logTime = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: `)

// configurationsTested: nginx -t says of good and bad configurations what it says on the system's library.
func configurationsTested(t *testing.T, b *column) string {
	dir := t.TempDir()
	writeKeys(t, b.pki, dir)
	var facts []string
	look := func(text string) {
		names := strings.NewReplacer("@", dir+"/", "{{.PKI}}", b.pki.Dir)
		conf := filepath.Join(dir, "nginx.conf")
		block := fmt.Sprintf("pid %s/nginx.pid; error_log stderr info; events { } http { access_log off; server { listen 127.0.0.1:1 ssl; %s } }", dir, names.Replace(text))
		if err := os.WriteFile(conf, []byte(block), 0o644); err != nil {
			t.Fatal(err)
		}
		res, err := b.lib.Run(clientLimit, strings.NewReader(""), harness.NginxBinary(), "-t", "-p", dir, "-c", conf)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.NewReplacer(dir+"/", "@", b.pki.Dir, "{{.PKI}}").Replace(logTime.ReplaceAllString(res.Stderr, "[$1] "))
		facts = append(facts, fmt.Sprintf("%s: %d %s", text, res.Exit, strings.ReplaceAll(strings.TrimSpace(said), "\n", " | ")))
	}
	for _, text := range configurations {
		look("ssl_certificate {{.PKI}}/a-ecdsa.pem; ssl_certificate_key {{.PKI}}/a-ecdsa.key; " + text)
	}
	for _, text := range certificateConfigurations {
		look(text)
	}
	return strings.Join(facts, "\n")
}
