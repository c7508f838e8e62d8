package provider

import (
	"errors"

	"patina/core/iana"
)

// ErrHPKE: a key, an encapsulated key or a ciphertext of HPKE is invalid.
var ErrHPKE = errors.New("provider: HPKE: invalid key or ciphertext")

// HPKETagLen is how much longer than its plaintext a ciphertext is, in bytes:
// the same with every AEAD of RFC 9180.
const HPKETagLen = 16

// HPKE is hybrid public key encryption in base mode (RFC 9180), which Encrypted
// Client Hello is made with. It is used by many connections at once.
type HPKE interface {
	// Supports reports that there are all three.
	Supports(kem iana.HPKEKEM, kdf iana.HPKEKDF, aead iana.HPKEAEAD) bool
	// GenerateKey makes a key pair, in the serialized forms of RFC 9180, section
	// 7.1.1.
	GenerateKey(kem iana.HPKEKEM) (private, public []byte, err error)
	// ParsePrivateKey takes the serialized form.
	ParsePrivateKey(kem iana.HPKEKEM, private []byte) (HPKEPrivateKey, error)
	// NewSealer makes a context to the public key, and enc, by which the owner
	// of the private key makes the same.
	NewSealer(kem iana.HPKEKEM, kdf iana.HPKEKDF, aead iana.HPKEAEAD, public, info []byte) (enc []byte, s HPKESealer, err error)
}

// HPKEPrivateKey opens what has been sealed to its public key.
type HPKEPrivateKey interface {
	// Public is the serialized public key.
	Public() []byte
	// NewOpener makes the context of an encapsulated key.
	NewOpener(kdf iana.HPKEKDF, aead iana.HPKEAEAD, enc, info []byte) (HPKEOpener, error)
}

// HPKESealer seals one message after the other.
type HPKESealer interface {
	Seal(aad, plaintext []byte) ([]byte, error)
}

// HPKEOpener opens them in the same order. A message that does not open does
// not count.
type HPKEOpener interface {
	Open(aad, ciphertext []byte) ([]byte, error)
}
