package pki

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// pssIssuer is a certificate with a key that openssl holds, since crypto/x509
// cannot issue certificates with keys of id-RSASSA-PSS.
type pssIssuer struct {
	dir, name string
	cert      *x509.Certificate
}

func (p *pssIssuer) authority() *authority { return &authority{cert: p.cert} }

// issuePSS lets openssl make a certificate. keyArgs follow genpkey, sigopts say
// how it is signed.
func issuePSS(t *testing.T, dir, name string, issuer *pssIssuer, isCA bool, keyArgs, sigopts []string) *pssIssuer {
	t.Helper()
	path := func(n, ext string) string { return filepath.Join(dir, n+ext) }
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	run(append([]string{"genpkey", "-out", path(name, ".key")}, keyArgs...)...)
	ext := "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:pss.example.com\n"
	if isCA {
		ext = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
	}
	if err := os.WriteFile(path(name, ".ext"), []byte(ext), 0o600); err != nil {
		t.Fatal(err)
	}
	run("req", "-new", "-key", path(name, ".key"), "-subj", "/CN="+name, "-out", path(name, ".csr"))
	args := []string{"x509", "-req", "-in", path(name, ".csr"), "-extfile", path(name, ".ext"), "-days", "2", "-out", path(name, ".pem")}
	if issuer == nil {
		args = append(args, "-signkey", path(name, ".key"))
	} else {
		args = append(args, "-CA", path(issuer.name, ".pem"), "-CAkey", path(issuer.name, ".key"), "-CAcreateserial")
	}
	run(append(args, sigopts...)...)
	data, err := os.ReadFile(path(name, ".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return &pssIssuer{dir, name, cert}
}

// pssCases are chains with keys and signatures of id-RSASSA-PSS.
func pssCases(t *testing.T) (list []verifyCase) {
	dir := t.TempDir()
	key := func(opts ...string) []string {
		args := []string{"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}
		for _, o := range opts {
			args = append(args, "-pkeyopt", o)
		}
		return args
	}
	plain := []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}
	salt := func(n string, more ...string) []string {
		return append([]string{"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:" + n}, more...)
	}
	root := issuePSS(t, dir, "pss-root", nil, true, key(), []string{"-sha256"})
	strict := issuePSS(t, dir, "pss-strict", nil, true,
		key("rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha384", "rsa_pss_keygen_saltlen:30"), []string{"-sha384"})
	rsaRoot := issuePSS(t, dir, "rsa-root", nil, true, plain, []string{"-sha256"})
	mid := issuePSS(t, dir, "pss-mid", root, true, key(), salt("digest", "-sha512"))
	for _, x := range []struct {
		name   string
		issuer *pssIssuer
		opts   []string
	}{
		{"its own salt", root, []string{"-sha256"}},
		{"salt as the digest", root, salt("digest", "-sha256")},
		{"the longest salt", root, salt("max", "-sha256")},
		{"a short salt", root, salt("8", "-sha384")},
		{"restricted", strict, salt("48", "-sha384")},
		{"restricted, a longer salt", strict, salt("60", "-sha384")},
		{"a key for everything", rsaRoot, salt("digest", "-sha256")},
		{"an intermediate", mid, salt("digest", "-sha256")},
		{"SHA-1", root, salt("digest", "-sha1")},
	} {
		leaf := issuePSS(t, dir, "leaf", x.issuer, false, key(), x.opts)
		c := verifyCase{name: "PSS " + x.name, leaf: leaf.authority(), roots: []*authority{root.authority(), strict.authority(), rsaRoot.authority()}}
		if x.issuer == mid {
			c.untrusted = []*authority{mid.authority()}
		}
		c.opts, c.args = Options{Level: 1, Hosts: []string{"pss.example.com"}}, []string{"-auth_level", "1", "-verify_hostname", "pss.example.com"}
		list = append(list, c)
	}
	// The signature of another certificate.
	a := issuePSS(t, dir, "leaf", root, false, key(), salt("digest", "-sha256"))
	forged := *a.cert
	forged.Raw = append([]byte(nil), a.cert.Raw...)
	forged.Raw[len(forged.Raw)-1] ^= 1
	parsed, err := x509.ParseCertificate(forged.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return append(list, verifyCase{name: "PSS forged", leaf: &authority{cert: parsed}, roots: []*authority{root.authority()}})
}

// TestOtherMask: a mask of another hash than the signature's is nothing this
// package verifies.
func TestOtherMask(t *testing.T) {
	dir := t.TempDir()
	key := []string{"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}
	root := issuePSS(t, dir, "root", nil, true, key, []string{"-sha256"})
	leaf := issuePSS(t, dir, "leaf", root, false, key, []string{"-sha256", "-sigopt", "rsa_mgf1_md:sha1"})
	_, _, err := verify(wrap(t, []*authority{leaf.authority()})[0], &Options{Roots: poolOf([]*authority{root.authority()}), Depth: -1, NoTimeCheck: true})
	if err == nil || err.Reason != Undecided {
		t.Errorf("%v, want Undecided", err)
	}
}

// TestSHA1: signatures with SHA-1 are refused at every level, those of an anchor
// by itself apart.
func TestSHA1(t *testing.T) {
	dir := t.TempDir()
	key := []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
	root := issuePSS(t, dir, "root", nil, true, key, []string{"-sha1"})
	weak := issuePSS(t, dir, "weak", root, false, key, []string{"-sha1"})
	good := issuePSS(t, dir, "good", root, false, key, []string{"-sha256"})
	for level, want := range []Reason{Undecided, DigestTooWeak, DigestTooWeak} {
		o := Options{Roots: poolOf([]*authority{root.authority()}), Depth: -1, NoTimeCheck: true, Level: level}
		if _, _, err := verify(wrap(t, []*authority{weak.authority()})[0], &o); err == nil || err.Reason != want {
			t.Errorf("level %d: %v, want %v", level, err, want)
		}
		if _, _, err := verify(wrap(t, []*authority{good.authority()})[0], &o); err != nil {
			t.Errorf("level %d: %v", level, err)
		}
	}
}
