package core

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/provider/stdlib"
)

// inFIPS runs a test of this binary with GODEBUG=fips140=mode, in which it finds
// PATINA_FIPS set.
func inFIPS(t *testing.T, name, mode string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140="+mode, "PATINA_FIPS="+mode)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
		t.Errorf("fips140=%s: %v\n%s", mode, err, out)
	}
}

// TestFIPS: in FIPS mode what is not approved is refused at configuration time,
// what is by default is approved, and handshakes work, with crypto/tls in the same
// mode too.
func TestFIPS(t *testing.T) {
	if os.Getenv("PATINA_FIPS") == "" {
		inFIPS(t, "TestFIPS", "on")
		return
	}
	if !fips140.Enabled() {
		t.Fatal("the module is not in use")
	}
	fails := func(what, word string, change func(s *Settings)) {
		t.Helper()
		s := Settings{Now: time.Now}
		change(&s)
		_, err := NewConfig(s)
		if !errors.Is(err, ErrSettings) || !errors.Is(err, stdlib.ErrNotApproved) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", what, err)
		}
	}
	fails("ChaCha20", "CHACHA20", func(s *Settings) {
		s.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_CHACHA20_POLY1305_SHA256}
	})
	fails("X25519", "x25519", func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupX25519} })
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	signer := identityOf(t, "p256")
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
	weak, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, small.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	fails("RSA 1024", "1024", func(s *Settings) {
		s.Credentials = []*Credential{{Chain: [][]byte{weak}, Schemes: identityOf(t, "rsa").cred.Schemes}}
	})
	k, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	fails("P-224", "P-224", func(s *Settings) {
		s.Credentials = []*Credential{{Chain: [][]byte{p224}, Schemes: signer.cred.Schemes}}
	})
	// By default, nothing of these.
	cfg, err := NewConfig(Settings{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range cfg.Suites {
		if strings.Contains(s.String(), "CHACHA") {
			t.Errorf("%v by default", s)
		}
	}
	for _, g := range cfg.Groups {
		if g == iana.GroupX25519 {
			t.Errorf("%v by default", g)
		}
	}
	if len(cfg.Suites) != 8 || len(cfg.Groups) != 4 || cfg.Provider.HPKE() != nil {
		t.Errorf("%v, %v", cfg.Suites, cfg.Groups)
	}
	for _, kind := range keyKinds {
		server, err := NewConfig(Settings{Now: time.Now, Credentials: []*Credential{identityOf(t, kind).cred}})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, v := range bothVersions {
			newPair(NewClient(cfg, Params{MaxVersion: v}), NewServer(server, Params{})).mustHandshake(t)
			p := Params{MinVersion: v, MaxVersion: v}
			if _, err := withGo(t, newEnd(NewClient(cfg, p)), &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, kind))}}); err != nil {
				t.Errorf("%s, %v: %v", kind, v, err)
			}
			if _, err := withGo(t, newEnd(NewServer(server, p)), &tls.Config{InsecureSkipVerify: true}); err != nil {
				t.Errorf("%s, %v: %v", kind, v, err)
			}
		}
	}
	// TLS 1.2 without extended_master_secret.
	server, err := NewConfig(Settings{Now: time.Now, Credentials: []*Credential{signer.cred}})
	if err != nil {
		t.Fatal(err)
	}
	cerr, serr := newPair(NewClient(cfg, only12(Params{NoEMS: true})), NewServer(server, Params{})).handshake()
	var e *Error
	if cerr == nil || !errors.As(serr, &e) || e.Kind != KindNoRequiredEMS {
		t.Errorf("without extended_master_secret: %v, %v", cerr, serr)
	}
	// A server whose key is too short.
	if err := cfg.Provider.Verify(small.Public(), iana.SigRSAPSSRSAESHA256, true, nil, nil); err == nil {
		t.Error("a signature by a short key")
	}
}

// TestFIPSOnly: the mode that leaves nothing to TLS here says so.
func TestFIPSOnly(t *testing.T) {
	if os.Getenv("PATINA_FIPS") == "" {
		inFIPS(t, "TestFIPSOnly", "only")
		return
	}
	if _, err := NewConfig(Settings{Now: time.Now}); !errors.Is(err, stdlib.ErrFIPSOnly) || !errors.Is(err, ErrSettings) {
		t.Errorf("%v", err)
	}
}

// TestFIPSWithoutModule: who asks for the mode where the module is not in use is
// told so.
func TestFIPSWithoutModule(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("the module is in use in this process")
	}
	if _, err := NewConfig(Settings{Now: time.Now, Provider: stdlib.NewFIPS()}); !errors.Is(err, stdlib.ErrNoFIPS) || !errors.Is(err, ErrSettings) {
		t.Errorf("%v", err)
	}
}
