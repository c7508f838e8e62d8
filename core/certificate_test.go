package core

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// TestLongRSAKey: a key that would take long to verify with is refused before
// anything is verified.
func TestLongRSAKey(t *testing.T) {
	signer := identityOf(t, "p256")
	for bits, want := range map[uint]iana.AlertDescription{maxRSABits + 1: iana.AlertUnsupportedCertificate, maxRSABits: iana.AlertUnexpectedMessage} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		n.SetBit(n, 0, 1)
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
		cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &rsa.PublicKey{N: n, E: 65537}, signer.key)
		if err != nil {
			t.Fatal(err)
		}
		s := newScript(t, NewClient(configOf(t, nil), only13(Params{})))
		s.toExtensions()
		s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}))
		// Where the key is taken, the next message is looked at.
		s.send(wire.AppendCertificate13(nil, nil, [][]byte{signer.cert, cert}, nil), wire.AppendEmpty(nil, iana.TypeHelloRequest))
		s.wantAlert(want)
	}
}
