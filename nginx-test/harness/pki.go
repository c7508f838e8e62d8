package harness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// An Authority is a certificate and the key that signs with it.
type Authority struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

var serial atomic.Int64

// A Leaf describes a certificate to be issued.
type Leaf struct {
	Names    []string // DNS names; the first is the common name too
	RSA      bool     // an RSA-2048 key; otherwise ECDSA P-256
	NotAfter time.Time
	SelfSign bool // signed by its own key and not by the authority
}

func generate(useRSA bool) (crypto.Signer, error) {
	if useRSA {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func sign(template, parent *x509.Certificate, pub crypto.PublicKey, by crypto.Signer) (*x509.Certificate, error) {
	template.SerialNumber = big.NewInt(time.Now().UnixNano() + serial.Add(1))
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(48 * time.Hour)
	}
	template.NotBefore = template.NotAfter.Add(-96 * time.Hour)
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// NewRoot makes a self-signed certificate authority.
func NewRoot(name string) (*Authority, error) {
	key, err := generate(false)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	cert, err := sign(t, t, key.Public(), key)
	return &Authority{cert, key}, err
}

// Intermediate makes an authority below a.
func (a *Authority) Intermediate(name string) (*Authority, error) {
	key, err := generate(false)
	if err != nil {
		return nil, err
	}
	cert, err := sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, a.Cert, key.Public(), a.key)
	return &Authority{cert, key}, err
}

// Issue writes base.pem (the certificate, then a's own unless a is a root) and base.key (PKCS #8) into dir.
func (a *Authority) Issue(dir, base string, leaf Leaf) error {
	key, err := generate(leaf.RSA)
	if err != nil {
		return err
	}
	t := &x509.Certificate{
		Subject:  pkix.Name{CommonName: leaf.Names[0]},
		DNSNames: leaf.Names, NotAfter: leaf.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, by := a.Cert, a.key
	if leaf.SelfSign {
		parent, by = t, key
	}
	cert, err := sign(t, parent, key.Public(), by)
	if err != nil {
		return err
	}
	chain := pemOf("CERTIFICATE", cert.Raw)
	if !leaf.SelfSign && a.Cert.CheckSignatureFrom(a.Cert) != nil {
		chain = append(chain, pemOf("CERTIFICATE", a.Cert.Raw)...)
	}
	if err := os.WriteFile(filepath.Join(dir, base+".pem"), chain, 0o644); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, base+".key"), pemOf("PRIVATE KEY", der), 0o600)
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// A PKI is a folder with ca.pem, the root that clients trust, crl.pem, the lists of revoked certificates of all
// authorities, and NAME.pem and NAME.key for each certificate below.
type PKI struct {
	Dir   string
	inter *Authority
	// Roots is a pool with ca.pem, for clients written in Go.
	Roots *x509.CertPool
}

// BadCertificates names the certificates that a client has to refuse for the name NAME.test.
var BadCertificates = []string{"expired", "wronghost", "untrusted", "selfsigned"}

// CA is the file clients trust.
func (p *PKI) CA() string { return filepath.Join(p.Dir, "ca.pem") }

// NewPKI makes the certificates of the scenarios in dir:
//
//	a-ecdsa, a-rsa   a.test, both key types for one server
//	b, c             b.test and c.test (RSA), chosen by SNI
//	expired          expired.test, ended yesterday
//	wronghost        right for elsewhere.test only
//	untrusted        untrusted.test, below a root that is in no file
//	selfsigned       selfsigned.test
//	client           client.test
//	revoked          revoked.test, in crl.pem
//	deep             deep.test, below two intermediates, of which deep.pem carries the lower
//	staple           staple.test, which [PKI.OCSP] knows
//
// All but selfsigned and deep hang below one intermediate, which the file NAME.pem carries; it is in inter.pem too.
func NewPKI(dir string) (*PKI, error) {
	root, err := NewRoot("Patina Test Root")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pemOf("CERTIFICATE", root.Cert.Raw), 0o644); err != nil {
		return nil, err
	}
	inter, err := root.Intermediate("Patina Test Intermediate")
	if err != nil {
		return nil, err
	}
	stranger, err := NewRoot("A Root Nobody Knows")
	if err != nil {
		return nil, err
	}
	strangerInter, err := stranger.Intermediate("An Intermediate Nobody Knows")
	if err != nil {
		return nil, err
	}
	lower, err := inter.Intermediate("Patina Test Lower Intermediate")
	if err != nil {
		return nil, err
	}
	for base, issue := range map[string]struct {
		by   *Authority
		leaf Leaf
	}{
		"a-ecdsa":    {inter, Leaf{Names: []string{"a.test"}}},
		"a-rsa":      {inter, Leaf{Names: []string{"a.test"}, RSA: true}},
		"b":          {inter, Leaf{Names: []string{"b.test"}, RSA: true}},
		"c":          {inter, Leaf{Names: []string{"c.test", "*.c.test"}}},
		"expired":    {inter, Leaf{Names: []string{"expired.test"}, NotAfter: time.Now().Add(-24 * time.Hour)}},
		"wronghost":  {inter, Leaf{Names: []string{"elsewhere.test"}}},
		"untrusted":  {strangerInter, Leaf{Names: []string{"untrusted.test"}}},
		"selfsigned": {inter, Leaf{Names: []string{"selfsigned.test"}, SelfSign: true}},
		"client":     {inter, Leaf{Names: []string{"client.test"}}},
		"revoked":    {inter, Leaf{Names: []string{"revoked.test"}}},
		"staple":     {inter, Leaf{Names: []string{"staple.test"}}},
		"deep":       {lower, Leaf{Names: []string{"deep.test"}}},
	} {
		if err := issue.by.Issue(dir, base, issue.leaf); err != nil {
			return nil, err
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(root.Cert)
	p := &PKI{Dir: dir, Roots: pool, inter: inter}
	if err := os.WriteFile(filepath.Join(dir, "inter.pem"), pemOf("CERTIFICATE", inter.Cert.Raw), 0o644); err != nil {
		return nil, err
	}
	return p, p.revoke([]string{"revoked"}, root, inter, lower)
}
