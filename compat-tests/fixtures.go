package compat

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A fixture is a certificate to make. NAME.pem holds it, followed by the chain
// sent with it; NAME.key its key (PKCS#8).
type fixture struct {
	name    string
	issuer  string // name of the signing fixture; empty: signs itself
	chain   []string
	key     func() (crypto.Signer, error)
	sameKey string // takes this fixture's key instead of a new one
	change  func(*x509.Certificate)
}

func p256() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
func p384() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) }
func rsaOf(bits int) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, bits) }
}
func ed() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

func authority(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid = true, true
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	c.ExtKeyUsage = nil
}

func server(c *x509.Certificate) {
	c.DNSNames = []string{"server.test", "*.wild.test"}
	c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	c.Subject.CommonName = "server.test"
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

func client(c *x509.Certificate) {
	c.EmailAddresses = []string{"client@client.test"}
	c.Subject.CommonName = "client"
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

func also(changes ...func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, change := range changes {
			change(c)
		}
	}
}

func valid(from, to time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(to)
	}
}

// day is the unit of the fixtures' validity.
const day = 24 * time.Hour

// fixtures lists all certificates, issuers first.
func fixtures() []fixture {
	viaInt := []string{"int"}
	return []fixture{
		{name: "ca", key: p256, change: authority},
		{name: "int", issuer: "ca", key: p256, change: authority},
		{name: "otherca", key: p256, change: authority},
		{name: "rsaca", key: rsaOf(2048), change: authority},
		// The root's name and key again, in a certificate that has expired.
		{name: "expired-ca", sameKey: "ca", change: also(authority, valid(-20*day, -10*day), func(c *x509.Certificate) { c.Subject.CommonName = "ca" })},

		{name: "server-ec", issuer: "int", chain: viaInt, key: p256, change: server},
		{name: "server-p384", issuer: "int", chain: viaInt, key: p384, change: server},
		{name: "server-rsa", issuer: "int", chain: viaInt, key: rsaOf(2048), change: server},
		{name: "server-ed25519", issuer: "int", chain: viaInt, key: ed, change: server},
		{name: "server-rsachain", issuer: "rsaca", key: rsaOf(2048), change: server},
		{name: "server-direct", issuer: "ca", key: p256, change: server},
		{name: "server-nochain", issuer: "int", key: p256, change: server},
		{name: "server-untrusted", issuer: "otherca", key: p256, change: server},
		{name: "server-self", key: p256, change: server},
		{name: "server-expired", issuer: "int", chain: viaInt, key: p256, change: also(server, valid(-20*day, -10*day))},
		{name: "server-future", issuer: "int", chain: viaInt, key: p256, change: also(server, valid(10*day, 20*day))},
		{name: "server-clientonly", issuer: "int", chain: viaInt, key: p256, change: also(server, client, func(c *x509.Certificate) { c.DNSNames = []string{"server.test"} })},
		{name: "server-noeku", issuer: "int", chain: viaInt, key: p256, change: also(server, func(c *x509.Certificate) { c.ExtKeyUsage = nil })},
		{name: "server-cn", issuer: "int", chain: viaInt, key: p256, change: also(server, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = nil, nil
			c.Subject.CommonName = "cnonly.test"
		})},
		{name: "server-other", issuer: "int", chain: viaInt, key: p256, change: also(server, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"other.test"}, nil
			c.Subject.CommonName = "server.test"
		})},
		{name: "server-isca", issuer: "int", chain: viaInt, key: p256, change: also(server, func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = true, true
			c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
		})},
		{name: "server-rsa1024", issuer: "int", chain: viaInt, key: rsaOf(1024), change: server},
		{name: "notca", issuer: "ca", key: p256, change: also(server, func(c *x509.Certificate) { c.BasicConstraintsValid = true })},
		{name: "server-notca", issuer: "notca", chain: []string{"notca"}, key: p256, change: server},
		{name: "pathlen", issuer: "ca", key: p256, change: also(authority, func(c *x509.Certificate) { c.MaxPathLenZero = true })},
		{name: "int-pathlen", issuer: "pathlen", key: p256, change: authority},
		{name: "server-pathlen", issuer: "int-pathlen", chain: []string{"int-pathlen", "pathlen"}, key: p256, change: server},
		{name: "deep1", issuer: "ca", key: p256, change: authority},
		{name: "deep2", issuer: "deep1", key: p256, change: authority},
		{name: "deep3", issuer: "deep2", key: p256, change: authority},
		{name: "server-deep", issuer: "deep3", chain: []string{"deep3", "deep2", "deep1"}, key: p256, change: server},
		{name: "server-withroot", issuer: "int", chain: []string{"int", "ca"}, key: p256, change: server},
		{name: "namec", issuer: "ca", key: p256, change: also(authority, func(c *x509.Certificate) {
			c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"allowed.test"}, true
		})},
		{name: "server-namec", issuer: "namec", chain: []string{"namec"}, key: p256, change: also(server, func(c *x509.Certificate) { c.IPAddresses = nil })},
		{name: "server-mustsign", issuer: "int", chain: viaInt, key: rsaOf(2048), change: also(server, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })},

		{name: "client-ec", issuer: "int", chain: viaInt, key: p256, change: client},
		{name: "client-rsa", issuer: "int", chain: viaInt, key: rsaOf(2048), change: client},
		{name: "client-untrusted", issuer: "otherca", key: p256, change: client},
		{name: "client-expired", issuer: "int", chain: viaInt, key: p256, change: also(client, valid(-20*day, -10*day))},
		{name: "client-serveronly", issuer: "int", chain: viaInt, key: p256, change: server},
	}
}

// WriteFixtures makes all certificates and keys in dir.
func WriteFixtures(dir string) error {
	type made struct {
		cert *x509.Certificate
		key  crypto.Signer
	}
	all := map[string]made{}
	for i, f := range fixtures() {
		var key crypto.Signer
		var err error
		if f.sameKey != "" {
			key = all[f.sameKey].key
		} else if key, err = f.key(); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(int64(0x1000 + i)),
			Subject:      pkix.Name{Organization: []string{"Compat"}, CommonName: f.name},
			NotBefore:    time.Now().Add(-2 * day),
			NotAfter:     time.Now().Add(30 * day),
			KeyUsage:     x509.KeyUsageDigitalSignature,
		}
		f.change(c)
		issuer := made{c, key}
		if f.issuer != "" {
			issuer = all[f.issuer]
		}
		der, err := x509.CreateCertificate(rand.Reader, c, issuer.cert, key.Public(), issuer.key)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		all[f.name] = made{cert, key}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		for _, name := range f.chain {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: all[name].cert.Raw})...)
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		files := map[string][]byte{
			f.name + ".pem": text,
			f.name + ".key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
			f.name + ".der": der,
		}
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}
