// Package stdlib is the provider that uses the Go standard library, and
// golang.org/x/crypto for ChaCha20-Poly1305.
package stdlib

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"

	"patina/core/iana"
	"patina/core/provider"
)

type stdlib struct{}

// New returns the provider, which has no state. Where the Go FIPS 140-3 module is
// in use (GODEBUG=fips140=on), it is that of NewFIPS.
func New() provider.Provider {
	if fips140.Enabled() {
		return fips{}
	}
	return stdlib{}
}

func (stdlib) Name() string { return "stdlib" }

func (stdlib) NewAEAD(a provider.AEAD, key []byte) (cipher.AEAD, error) {
	switch a {
	case provider.AES128GCM, provider.AES256GCM:
		want := 16
		if a == provider.AES256GCM {
			want = 32
		}
		if len(key) != want {
			return nil, aes.KeySizeError(len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewGCM(block)
	case provider.ChaCha20Poly1305:
		return chacha20poly1305.New(key)
	}
	return nil, provider.ErrUnsupported
}

func (stdlib) NewHash(h crypto.Hash) hash.Hash {
	switch h {
	case crypto.SHA256:
		return sha256.New()
	case crypto.SHA384:
		return sha512.New384()
	case crypto.SHA512:
		return sha512.New()
	}
	return nil
}

func (stdlib) Group(g iana.NamedGroup) provider.Group { return groupOf(g) }

func (stdlib) Verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	return verify(pub, scheme, bindCurve, message, signature)
}
