package tlsnet

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"patina/core"
	"patina/core/provider/stdlib"
	"patina/core/rsapss"
)

// LoadCredential reads a certificate chain, the leaf first, and its key from PEM
// files, which may be the same. The key is PKCS #8, or in the older forms of RSA
// and EC keys, and not encrypted.
func LoadCredential(certFile, keyFile string) (*core.Credential, error) {
	chain, err := LoadCertificates(certFile)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, fmt.Errorf("%s: no private key (PEM) in it", keyFile)
		}
		key, err := parseKey(block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", keyFile, err)
		}
		if key == nil {
			continue
		}
		cred, err := NewCredential(chain, key)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", certFile, keyFile, err)
		}
		return cred, nil
	}
}

var errEncrypted = errors.New("the key is encrypted; decrypt it first (openssl pkey)")

// parseKey is nil for blocks that are no keys.
func parseKey(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			// An RSA key that is for PSS only.
			if pss, perr := rsapss.ParsePKCS8(block.Bytes); perr == nil {
				return pss, nil
			}
		}
	case "EC PRIVATE KEY", "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" { // the way of RFC 1421
			return nil, errEncrypted
		}
		if block.Type == "RSA PRIVATE KEY" {
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
			break
		}
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errEncrypted
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key is of no kind that signs")
	}
	return s, nil
}

// ErrKeyMismatch: a key is not that of the leaf, which comes first in a chain.
var ErrKeyMismatch = errors.New("tls: the private key does not belong to the certificate, the first one if there are several")

// NewCredential joins a chain, DER and the leaf first, with the leaf's key, which
// may be anywhere: only its Public and Sign are used.
func NewCredential(chain [][]byte, key crypto.Signer) (*core.Credential, error) {
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, ErrNoCredential
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, err
	}
	want := leaf.PublicKey
	if want == nil { // crypto/x509 does not know the kind of key
		if want, err = rsapss.ParsePublicKey(leaf.RawSubjectPublicKeyInfo); err != nil {
			return nil, err
		}
	}
	if pub, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(want) {
		return nil, ErrKeyMismatch
	}
	return &core.Credential{Chain: chain, Schemes: signer.Schemes(), Signer: signer}, nil
}
