package nginxtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patina/core/dane"
	"patina/nginx-test/harness"
)

// daneShows is what of s_client's report is about the verification.
var daneShows = regexp.MustCompile(`(?m)^(New|Reused), .*|^Verif(y|ied|ication).*|^DANE TLSA .*|^verify error:.*|^depth=.*|.*TLSA.*|.*rrdata.*`)

// TestOpenSSLDANE: s_client -dane_tlsa_domain and the options that belong to it, on either library, against s_server on
// either: what s_client says is the same.
func TestOpenSSLDANE(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	dir := t.TempDir()
	root, rootKey := daneCertificate(t, dir, "root", nil, nil)
	leaf, _ := daneCertificate(t, dir, "leaf", root, rootKey)
	other, _ := daneCertificate(t, dir, "other", nil, nil)
	file := func(name string) string { return filepath.Join(dir, name) }
	record := func(usage dane.Usage, selector dane.Selector, matching dane.Matching, c *x509.Certificate) string {
		data := c.Raw
		if selector == dane.SPKI {
			data = c.RawSubjectPublicKeyInfo
		}
		if matching == dane.SHA256 {
			sum := sha256.Sum256(data)
			data = sum[:]
		}
		return dane.Record{Usage: usage, Selector: selector, Matching: matching, Data: data}.String()
	}
	type client struct {
		domain  string
		records []string
		more    string // other options
	}
	var clients []client
	for _, c := range []*x509.Certificate{leaf, root, other} {
		for usage := range dane.Usage(4) {
			clients = append(clients, client{"leaf.test", []string{record(usage, dane.SPKI, dane.SHA256, c)}, ""})
		}
	}
	ee, authority := record(dane.DANEEE, dane.SPKI, dane.SHA256, leaf), record(dane.DANETA, dane.SPKI, dane.Full, root)
	clients = append(clients,
		client{"leaf.test", []string{ee}, "-tls1_2"},
		client{"leaf.test", []string{ee}, "-CAfile DIR/other.pem"},
		client{"else.test", []string{ee}, ""},
		client{"else.test", []string{ee}, "-dane_ee_no_namechecks"},
		client{"else.test", []string{authority}, "-dane_ee_no_namechecks"},
		client{"leaf.test", []string{authority}, "-tls1_2"},
		client{"leaf.test", []string{record(dane.DANETA, dane.Cert, dane.Full, root)}, ""},
		client{"leaf.test", []string{record(dane.PKIXTA, dane.Cert, dane.SHA256, root)}, "-partial_chain"},
		client{"leaf.test", []string{record(dane.DANEEE, dane.SPKI, dane.SHA256, other), ee, authority}, ""},
		client{"leaf.test", []string{"3 1 9 00", ee}, ""},
		client{"leaf.test", []string{"3 1 9 00"}, ""},
		client{"leaf.test", []string{"3 1 1 zz"}, ""},
		client{"leaf.test", nil, ""},
	)
	run := func(server, with harness.Library, chain bool) (facts []string) {
		addr := "127.0.0.1:" + freePort(t)
		ctx, stop := context.WithCancel(context.Background())
		args := []string{"s_server", "-accept", addr, "-cert", file("leaf.pem"), "-key", file("leaf.key"), "-www"}
		if chain {
			args = append(args, "-cert_chain", file("root.pem"))
		}
		cmd := server.Command(ctx, "openssl", args...)
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
		for _, c := range clients {
			args := []string{"s_client", "-ign_eof", "-connect", addr, "-verify_return_error", "-dane_tlsa_domain", c.domain, "-CAfile", file("root.pem")}
			for _, r := range c.records {
				args = append(args, "-dane_tlsa_rrdata", r)
			}
			args = append(args, strings.Fields(strings.ReplaceAll(c.more, "DIR", dir))...)
			res, err := with.Run(clientLimit, strings.NewReader("GET / HTTP/1.0\r\n\r\n"), "openssl", args...)
			if err != nil {
				t.Fatal(err)
			}
			told := daneShows.FindAllString(res.Stdout+"\n"+res.Stderr, -1)
			for i := range told {
				told[i] = strings.TrimSpace(told[i])
			}
			facts = append(facts, fmt.Sprintf("exit %d; %s", res.Exit, strings.Join(slices.Compact(told), "; ")))
		}
		return facts
	}
	for _, chain := range []bool{false, true} {
		want := run(system, system, chain)
		if !strings.Contains(strings.Join(want, "\n"), "matched") || !strings.Contains(strings.Join(want, "\n"), "no matching DANE TLSA records") {
			t.Fatalf("the system's s_client has seen no DANE:\n%s", strings.Join(want, "\n"))
		}
		for i, c := range clients {
			t.Logf("| s_client -dane_tlsa_domain %s %.40q %s | %s |", c.domain, c.records, c.more, want[i])
		}
		for name, got := range map[string][]string{"both on ours": run(*own, *own, chain), "s_client on ours": run(system, *own, chain)} {
			for i, c := range clients {
				if got[i] != want[i] {
					t.Errorf("%s, chain %v, s_client -dane_tlsa_domain %s %.60q %s\nsystem: %s\nours:   %s", name, chain, c.domain, c.records, c.more, want[i], got[i])
				}
			}
		}
	}
}

// daneCertificate makes NAME.pem and NAME.key in dir: an authority, or a leaf for NAME.test.
func daneCertificate(t *testing.T, dir, name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if parent == nil {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
		parent, signer = c, key
	} else {
		c.DNSNames, c.KeyUsage = []string{name + ".test"}, x509.KeyUsageDigitalSignature
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for suffix, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(filepath.Join(dir, name+suffix), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}
