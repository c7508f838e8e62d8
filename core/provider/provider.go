// Package provider is what the engine asks of a cryptography library.
//
//	provider/stdlib       the Go standard library's, with its FIPS 140-3 mode
//	provider/fast         the same with X25519 of another library, which is quicker
//	provider/transparent  no secrecy at all, for tests
//
// Any other library is a [Provider] of the owner's, in core.Settings.Provider: the door
// for libcrypto from ossl, say, or for one that wraps a Provider and counts or measures.
// Private keys are no business of a Provider. They are a core.Signer, or lie elsewhere
// and answer core.WaitSign, as those of libcrypto do in ossl/capi.
package provider

import (
	"crypto"
	"crypto/cipher"
	"errors"
	"hash"
	"io"

	"patina/core/iana"
)

// Errors of a provider.
var (
	// ErrUnsupported: the provider does not know the algorithm.
	ErrUnsupported = errors.New("provider: unsupported algorithm")
	// ErrKeyShare: a peer's key share is no valid public value of the group.
	ErrKeyShare = errors.New("provider: invalid key share")
	// ErrSignature: a signature does not verify.
	ErrSignature = errors.New("provider: invalid signature")
	// ErrKeyType: the public key does not fit the signature scheme.
	ErrKeyType = errors.New("provider: the key does not fit the signature scheme")
)

// AEAD is an authenticated cipher a record can be protected with.
type AEAD uint8

// AEADs. All have 12-byte nonces and 16-byte tags.
const (
	AES128GCM AEAD = iota + 1
	AES256GCM
	ChaCha20Poly1305
)

// Provider makes the cryptography. It is used by many connections at once.
type Provider interface {
	// Name of the provider, for people.
	Name() string
	// NewAEAD makes a cipher. Seal and Open must not allocate when dst has
	// room, and must work in place.
	NewAEAD(a AEAD, key []byte) (cipher.AEAD, error)
	// NewHash makes a hash: SHA-256, SHA-384 or SHA-512; nil for others. It is a
	// hash.Cloner, as those of the standard library are: without that there is
	// no post-handshake authentication.
	NewHash(h crypto.Hash) hash.Hash
	// Group is the key exchange of g, nil if there is none.
	Group(g iana.NamedGroup) Group
	// Verify checks signature by pub over message, which is not yet hashed.
	// bindCurve says that an ECDSA key must be of the curve in the scheme's
	// name (TLS 1.3). The error is ErrSignature, ErrKeyType or ErrUnsupported.
	Verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error
	// HPKE is hybrid public key encryption, nil if there is none.
	HPKE() HPKE
}

// Restricted is a Provider that refuses some of what the engine could do, as in
// FIPS 140-3. A list that a configuration names must not have what is refused;
// lists by default go without. Its Group is nil for groups that are refused, and
// its HPKE is nil.
type Restricted interface {
	Provider
	// Usable is asked once for each configuration: whether the provider can work at
	// all in this process.
	Usable() error
	// AllowAEAD, AllowGroup and AllowKey return why something is refused, nil if it
	// is not. A key is one of a certificate of this side; peers' are refused by
	// Verify.
	AllowAEAD(a AEAD) error
	AllowGroup(g iana.NamedGroup) error
	AllowKey(k crypto.PublicKey) error
	// RequireEMS: TLS 1.2 goes with extended_master_secret (RFC 7627) only.
	RequireEMS() bool
}

// Group is a key exchange: (EC)DH, a KEM or a hybrid of both.
type Group interface {
	// Generate makes the initiator's key pair. rand is a hint: a provider with
	// a generator of its own may use that.
	Generate(rand io.Reader) (PrivateKey, error)
	// Respond takes the initiator's share and makes the answer and the secret.
	Respond(rand io.Reader, peer []byte) (share, secret []byte, err error)
	// IsKEM: the two sides' shares differ, so that TLS 1.2 cannot use it.
	IsKEM() bool
}

// PrivateKey is one side of a key exchange that waits for the other's share.
type PrivateKey interface {
	// Share is the public value as it goes on the wire.
	Share() []byte
	// Secret is made from the peer's share; ErrKeyShare if that is invalid.
	Secret(peer []byte) ([]byte, error)
}
