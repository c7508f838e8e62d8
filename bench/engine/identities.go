package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"patina/core/pki"
)

// identities are the certificates that the measurements use: a root of P-256 and a
// leaf of each kind of key.
type identities struct {
	root  *x509.Certificate
	roots *x509.CertPool
	pool  *pki.Pool
	leafs map[string]identity
}

type identity struct {
	der []byte
	key crypto.Signer
}

const serverName = "example.org"

func newIdentities() (*identities, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench root"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, rootKey.Public(), rootKey)
	if err != nil {
		return nil, err
	}
	ids := &identities{roots: x509.NewCertPool(), pool: pki.NewPool([][]byte{der}), leafs: map[string]identity{}}
	if ids.root, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	ids.roots.AddCert(ids.root)
	for _, kind := range []string{"P-256", "RSA-2048", "Ed25519"} {
		var key crypto.Signer
		switch kind {
		case "P-256":
			key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		case "RSA-2048":
			key, err = rsa.GenerateKey(rand.Reader, 2048)
		default:
			_, key, err = ed25519.GenerateKey(rand.Reader)
		}
		if err != nil {
			return nil, err
		}
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: serverName}, DNSNames: []string{serverName},
			NotBefore: tmpl.NotBefore, NotAfter: tmpl.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, ids.root, key.Public(), rootKey)
		if err != nil {
			return nil, err
		}
		ids.leafs[kind] = identity{der, key}
	}
	return ids, nil
}

func (id identity) tls() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{id.der}, PrivateKey: id.key}
}
