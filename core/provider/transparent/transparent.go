// Package transparent is a provider without any secrecy, for tests: what is
// encrypted stays as it is, every signature verifies, every hash is zeros and
// every key exchange has the same secret. A handshake that has been recorded can
// be played back, changed, and reaches whatever lies behind authentication.
//
//	AEAD       Seal appends a tag of zeros, Open takes any but [BadTag]
//	hash       zeros, of the right size: so Finished and binders are too
//	signature  [Signature]; any verifies but [BadSignature], by any key
//	group      shares and secrets of the right size, of one byte repeated
//
// A program cannot come by it: [New] panics outside of tests, and a test of this
// package looks through the module for files that import it and are no tests.
package transparent

import (
	"bytes"
	"crypto"
	"crypto/cipher"
	"hash"
	"io"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
)

type transparent struct{}

// New makes the provider; it panics outside of tests.
func New() provider.Provider {
	if !testing.Testing() {
		panic("transparent: a provider without secrecy, outside of tests")
	}
	return transparent{}
}

func (transparent) Name() string { return "transparent" }

// Sizes, in bytes, that all AEADs of TLS have.
const (
	nonceLen = 12
	tagLen   = 16
)

// BadTag is the last byte of a tag that does not open.
const BadTag = 0xff

type aead struct{}

func (transparent) NewAEAD(a provider.AEAD, key []byte) (cipher.AEAD, error) { return aead{}, nil }

func (aead) NonceSize() int { return nonceLen }
func (aead) Overhead() int  { return tagLen }

func (aead) Seal(dst, nonce, plaintext, additionalData []byte) []byte {
	var tag [tagLen]byte
	return append(append(dst, plaintext...), tag[:]...)
}

func (aead) Open(dst, nonce, ciphertext, additionalData []byte) ([]byte, error) {
	n := len(ciphertext) - tagLen
	if n < 0 || ciphertext[len(ciphertext)-1] == BadTag {
		return nil, provider.ErrSignature
	}
	return append(dst, ciphertext[:n]...), nil
}

// zeros is a hash whose sums are zeros.
type zeros struct{ size, block int }

func (transparent) NewHash(h crypto.Hash) hash.Hash {
	switch h {
	case crypto.SHA256:
		return zeros{h.Size(), 64}
	case crypto.SHA384, crypto.SHA512:
		return zeros{h.Size(), 128}
	}
	return nil
}

func (zeros) Write(p []byte) (int, error)   { return len(p), nil }
func (z zeros) Sum(b []byte) []byte         { return append(b, make([]byte, z.size)...) }
func (zeros) Reset()                        {}
func (z zeros) Size() int                   { return z.size }
func (z zeros) BlockSize() int              { return z.block }
func (z zeros) Clone() (hash.Cloner, error) { return z, nil }

// BadSignature is the first byte of a signature that does not verify.
const BadSignature = 0xff

func (transparent) Verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	if _, ok := provider.SchemeOf(scheme); !ok {
		return provider.ErrUnsupported
	}
	if len(signature) > 0 && signature[0] == BadSignature {
		return provider.ErrSignature
	}
	return nil
}

// Signer signs with Signature, whatever the message.
type Signer struct{ Key crypto.PublicKey }

// Signature is what Signer makes.
const Signature = "signature"

// Public is s.Key.
func (s Signer) Public() crypto.PublicKey { return s.Key }

// Sign makes a Signature.
func (s Signer) Sign(rand io.Reader, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
	return []byte(Signature), nil
}

// group has shares of these sizes, of the initiator and the responder.
type group struct{ first, second int }

var groups = map[iana.NamedGroup]group{
	iana.GroupX25519: {32, 32}, iana.GroupSecp256r1: {65, 65}, iana.GroupSecp384r1: {97, 97}, iana.GroupSecp521r1: {133, 133},
	iana.GroupX25519MLKEM768: {1216, 1120}, iana.GroupSecP256r1MLKEM768: {1249, 1153}, iana.GroupSecP384r1MLKEM1024: {1665, 1665},
}

func (transparent) Group(g iana.NamedGroup) provider.Group {
	if x, ok := groups[g]; ok {
		return x
	}
	return nil
}

func repeated(n int) []byte { return bytes.Repeat([]byte{4}, n) }

func (g group) IsKEM() bool { return g.first > 200 }

func (g group) Generate(rand io.Reader) (provider.PrivateKey, error) { return key{g}, nil }

func (g group) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	if len(peer) != g.first {
		return nil, nil, provider.ErrKeyShare
	}
	return repeated(g.second), repeated(32), nil
}

type key struct{ group }

func (k key) Share() []byte { return repeated(k.first) }

func (k key) Secret(peer []byte) ([]byte, error) {
	if len(peer) != k.second {
		return nil, provider.ErrKeyShare
	}
	return repeated(32), nil
}
