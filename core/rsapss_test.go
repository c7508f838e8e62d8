package core

import (
	"crypto/rand"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/provider/stdlib"
	"patina/core/rsapss"
)

// pssIdentity is a key of id-RSASSA-PSS with a self-signed certificate, made by
// openssl: crypto/x509 does not issue such.
func pssIdentity(t *testing.T, keygen ...string) (cred *Credential, certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	args := []string{"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", keyFile}
	for _, k := range keygen {
		args = append(args, "-pkeyopt", k)
	}
	for _, a := range [][]string{args, {"req", "-x509", "-new", "-key", keyFile, "-subj", "/CN=example.org", "-out", certFile}} {
		if out, err := exec.Command("openssl", a...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", a, err, out)
		}
	}
	der := func(file string) []byte {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(data)
		return block.Bytes
	}
	key, err := rsapss.ParsePKCS8(der(keyFile))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Credential{Chain: [][]byte{der(certFile)}, Schemes: signer.Schemes(), Signer: signer}, certFile, keyFile
}

var pssSchemes = []iana.SignatureScheme{iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512}

// TestRSAPSS: certificates with keys of id-RSASSA-PSS (RFC 8446, section 4.2.3),
// ours and openssl's, in both roles and versions, with each scheme.
func TestRSAPSS(t *testing.T) {
	cred, cert, key := pssIdentity(t)
	dial, out := sServer(t, "-cert", cert, "-key", key, "-Verify", "1")
	for _, v := range bothVersions {
		for _, scheme := range pssSchemes {
			t.Run(v.String()+"/"+scheme.String(), func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) {
					s.SignatureSchemes, s.Credentials = []iana.SignatureScheme{scheme}, []*Credential{cred}
				})
				e := newEnd(NewClient(cfg, Params{MinVersion: v, MaxVersion: v}))
				if err := talkToServer(e, dial()); err != nil || e.PeerSignatureScheme() != scheme || e.SignatureScheme() != scheme {
					t.Errorf("client: %v, %v, %v\n%s", err, e.PeerSignatureScheme(), e.SignatureScheme(), out)
				}
				ours := newEnd(NewServer(cfg, Params{ClientAuth: RequireClientCert}))
				s, err := sClient(t, ours, versionFlag(v), "-cert", cert, "-key", key)
				if err != nil || ours.PeerSignatureScheme() != scheme || ours.SignatureScheme() != scheme {
					t.Errorf("server: %v, %v\n%s", err, ours.SignatureScheme(), s)
				}
				p := newPair(NewClient(cfg, Params{MaxVersion: v}), NewServer(cfg, Params{ClientAuth: RequireClientCert}))
				p.mustHandshake(t)
				if p.client.Version() != v || p.client.PeerSignatureScheme() != scheme || p.server.PeerSignatureScheme() != scheme {
					t.Errorf("%v, %v", p.client.PeerSignatureScheme(), p.server.PeerSignatureScheme())
				}
			})
		}
	}
}

// TestRSAPSSRestricted: a key for one hash signs with that hash, whatever a peer
// would like better.
func TestRSAPSSRestricted(t *testing.T) {
	cred, cert, key := pssIdentity(t, "rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha384", "rsa_pss_keygen_saltlen:48")
	if !slices.Equal(cred.Schemes, pssSchemes[1:2]) {
		t.Fatalf("%v", cred.Schemes)
	}
	dial, out := sServer(t, "-cert", cert, "-key", key)
	for _, v := range bothVersions {
		e := newEnd(NewClient(configOf(t, func(s *Settings) { s.SignatureSchemes = nil }), Params{MinVersion: v, MaxVersion: v}))
		if err := talkToServer(e, dial()); err != nil || e.PeerSignatureScheme() != iana.SigRSAPSSPSSSHA384 {
			t.Errorf("%v: %v, %v\n%s", v, err, e.PeerSignatureScheme(), out)
		}
		cfg := configOf(t, func(s *Settings) { s.SignatureSchemes, s.Credentials = nil, []*Credential{cred} })
		ours := newEnd(NewServer(cfg, Params{}))
		if out, err := sClient(t, ours, versionFlag(v)); err != nil || !strings.Contains(out, "RSA-PSS") {
			t.Errorf("%v: %v\n%s", v, err, out)
		}
	}
}

// TestRSAPSSMixedUp: a scheme for the other kind of RSA key is refused, both ways
// round, though the mathematics would fit.
func TestRSAPSSMixedUp(t *testing.T) {
	pss, _, _ := pssIdentity(t)
	plain := identityOf(t, "rsa")
	liar := func(cred *Credential, with iana.SignatureScheme, as iana.SignatureScheme) *Credential {
		c := *cred
		c.Schemes, c.Signer = []iana.SignatureScheme{as}, nil
		c.Tag = func(message []byte) []byte {
			sig, err := cred.Signer.Sign(rand.Reader, with, message)
			if err != nil {
				t.Fatal(err)
			}
			return sig
		}
		return &c
	}
	for _, v := range bothVersions {
		for _, cred := range []*Credential{
			liar(pss, iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSRSAESHA256),
			liar(plain.cred, iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSPSSSHA256),
		} {
			cfg := configOf(t, func(s *Settings) { s.SignatureSchemes, s.Credentials = nil, []*Credential{cred} })
			p := newPair(NewClient(cfg, Params{MaxVersion: v}), NewServer(cfg, Params{}))
			p.server.custom = func(c *Conn, w Wait) (bool, error) {
				if w != WaitSign {
					return false, nil
				}
				_, message := c.SignRequest()
				return true, c.AnswerSign(c.Credential().Tag.(func([]byte) []byte)(message))
			}
			if cerr, _ := p.handshake(); cerr == nil || alertOf(t, cerr) != iana.AlertIllegalParameter {
				t.Errorf("%v, %v: %v", v, cred.Schemes, cerr)
			}
		}
	}
}

// TestNoSHA1: no Config takes a scheme with SHA-1 or SHA-224, of signatures that
// are accepted or made (RFC 9155).
func TestNoSHA1(t *testing.T) {
	for _, scheme := range []iana.SignatureScheme{iana.SigRSAPKCS1SHA1, iana.SigECDSASHA1, iana.SigRSAPKCS1SHA224, iana.SigECDSASHA224} {
		if _, err := NewConfig(Settings{Now: time.Now, SignatureSchemes: []iana.SignatureScheme{scheme}}); err == nil || !strings.Contains(err.Error(), scheme.String()) {
			t.Errorf("%v: %v", scheme, err)
		}
		cred := *identityOf(t, "rsa").cred
		cred.Schemes = []iana.SignatureScheme{scheme}
		if _, err := NewConfig(Settings{Now: time.Now, Credentials: []*Credential{&cred}}); err == nil || !strings.Contains(err.Error(), scheme.String()) {
			t.Errorf("%v: %v", scheme, err)
		}
	}
}
