package tlshttp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"log"
	"math/big"
	"net"
	"time"

	"patina/core"
	"patina/core/tlsnet"
)

// exampleCredential makes a certificate for this machine and returns it with its
// key, and as a root to trust. Programs read theirs with tlsnet.LoadCredential.
func exampleCredential() (cred *core.Credential, root []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	if cred, err = tlsnet.NewCredential([][]byte{der}, key); err != nil {
		log.Fatal(err)
	}
	return cred, der
}
