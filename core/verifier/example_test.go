package verifier_test

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
	"patina/core/verifier"
)

// selfSigned is a certificate that is its own root.
func selfSigned(host string) (*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// A Verifier is made once. This one wants, beside a chain to a root, a key that it
// knows.
func Example() {
	cert, err := selfSigned("example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := pki.NewPool([][]byte{cert.Raw})
	peer := &verifier.Peer{Name: "example.org", Chain: []*x509.Certificate{cert}}

	known := verifier.New(verifier.Policy{Pins: verifier.Pins{"example.org": {verifier.PinOf(cert)}}}, roots, pki.ServerAuth, time.Now)
	result, err := known.Verify(peer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Name)

	another := verifier.New(verifier.Policy{Pins: verifier.Pins{"example.org": {verifier.Pin{}}}}, roots, pki.ServerAuth, time.Now)
	_, err = another.Verify(peer)
	fmt.Println(errors.Is(err, verifier.ErrPin), verifier.AlertOf(err))
	// Output:
	// example.org
	// true bad_certificate
}
