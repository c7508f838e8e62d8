package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"patina/core/pki"
)

// certificates makes a root and a leaf for a host below it.
func certificates(host string) (root, leaf *x509.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	make := func(template, parent *x509.Certificate) (*x509.Certificate, error) {
		template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		return x509.ParseCertificate(der)
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Root"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	if root, err = make(authority, authority); err != nil {
		return nil, nil, err
	}
	leaf, err = make(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}}, root)
	return root, leaf, err
}

// A chain is judged for the name it is asked for; what is wrong with it is a Reason
// at a depth.
func ExampleVerify() {
	root, leaf, err := certificates("example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	options := &pki.Options{
		Roots:   pki.NewPool([][]byte{root.Raw}),
		Purpose: pki.ServerAuth,
		Now:     time.Now(),
		Depth:   -1,
		Level:   2,
		Hosts:   []string{"example.org"},
	}
	cert, err := pki.New(leaf)
	if err != nil {
		fmt.Println(err)
		return
	}
	chain, _, err := pki.Verify(cert, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range chain {
		fmt.Println(c.X509.Subject.CommonName)
	}

	options.Hosts = []string{"example.net"}
	_, _, err = pki.Verify(cert, options)
	var refused *pki.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason == pki.HostnameMismatch, refused.Depth)
	}
	// Output:
	// example.org
	// Example Root
	// true 0
}
