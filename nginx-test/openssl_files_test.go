package nginxtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"patina/nginx-test/harness"
)

// opensslFiles makes what the conversations use, with the system's openssl, in one folder:
//
//	the PKI's, and of its certificates forms that options take: client.der, client.p12, client.enc (pass phrase "secret")
//	capath      the root, hashed; capath2 with its CRLs; nocapath: empty
//	crl.der     the intermediate's CRL
//	staple.ocsp, revoked.ocsp    responses for staple.pem
//	ed25519, p384, mail          self-signed: other key types, an e-mail address
//	early, page                  data
//	srp.vfile                    the verifier of the user "me", pass phrase "secret"
//	ssl.cnf                      a configuration for -ssl_config; see also transparency
func opensslFiles(t *testing.T) string {
	t.Helper()
	pki, err := harness.NewPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, status := range map[string]int{"staple": ocsp.Good, "revoked": ocsp.Revoked} {
		der, err := pki.OCSP("staple", status)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(pki.Dir, name+".ocsp"), der)
	}
	write(t, filepath.Join(pki.Dir, "early"), []byte("early words\n"))
	write(t, filepath.Join(pki.Dir, "page"), []byte("HTTP/1.0 200 ok\r\nContent-Type: text/plain\r\n\r\n"+strings.Repeat("a line of a page\n", 5000)))
	for _, line := range strings.Split(strings.TrimSpace(`
pkcs8 -topk8 -in client.key -out client.enc -passout pass:secret
x509 -in client.pem -outform DER -out client.der
pkcs12 -export -in client.pem -inkey client.key -out client.p12 -passout pass:secret
crl -in crl.pem -outform DER -out crl.der
req -x509 -newkey ed25519 -nodes -keyout ed25519.key -out ed25519.pem -subj /CN=a.test -days 2
req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout p384.key -out p384.pem -subj /CN=a.test -days 2
req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mail.key -out mail.pem -subj /CN=mail -days 2 -addext subjectAltName=email:me@a.test,IP:127.0.0.1
pkcs8 -topk8 -in a-rsa.key -out a-rsa.enc -passout pass:secret
genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out dh.pem
`), "\n") {
		opensslIn(t, pki.Dir, strings.Fields(line)...)
	}
	write(t, filepath.Join(pki.Dir, "srp.vfile"), nil)
	opensslIn(t, pki.Dir, "srp", "-add", "-srpvfile", "srp.vfile", "-gn", "1536", "-passout", "pass:secret", "me")
	write(t, filepath.Join(pki.Dir, "ssl.cnf"), []byte(sslConfiguration))
	transparency(t, pki.Dir)
	for dir, files := range map[string][]string{"capath": {"ca.pem"}, "capath2": {"ca.pem", "crl.pem"}, "nocapath": nil} {
		if err := os.Mkdir(filepath.Join(pki.Dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(filepath.Join(pki.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			// rehash takes one object of a file
			for i, block := range strings.SplitAfter(string(text), "-----END X509 CRL-----\n") {
				if block != "" {
					write(t, filepath.Join(pki.Dir, dir, strings.ReplaceAll(name, ".", string(rune('0'+i))+".")), []byte(block))
				}
			}
		}
		opensslIn(t, pki.Dir, "rehash", dir)
	}
	return pki.Dir
}

// sslConfiguration is a file for OPENSSL_CONF with sections for -ssl_config.
const sslConfiguration = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
server = server
client = client
client12 = client12
wrong = wrong
[server]
CipherString = ECDHE+AES128
Ciphersuites = TLS_AES_128_GCM_SHA256
Options = ServerPreference,-SessionTicket
Groups = P-256
[client]
Curves = X25519:P-256
SignatureAlgorithms = ECDSA+SHA256
RequestCAFile = ca.pem
[client12]
MaxProtocol = TLSv1.2
VerifyMode = Peer
VerifyCAFile = ca.pem
[wrong]
CipherString = ECDHE
NoSuchCommand = 1
`

// opensslIn runs the system's openssl in a folder to prepare something.
func opensslIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	p := startOpenSSL(t, harness.System(), dir, args...)
	if exit, _ := p.wait(clientLimit); exit != 0 {
		t.Fatalf("openssl %v: %s", args, &p.errs)
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// linked is a new folder with a link to each of the files of another.
func linked(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
