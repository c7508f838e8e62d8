// Package suite says what each cipher suite of the engine is made of, and how
// much its keys may protect.
package suite

import (
	"crypto"

	"patina/core/iana"
	"patina/core/provider"
)

// Auth is what a TLS 1.2 suite's peers are known by: the kind of key a
// certificate must have, or a PSK. TLS 1.3 suites leave it open.
type Auth uint8

// Kinds of authentication.
const (
	AuthAny   Auth = iota
	AuthECDSA      // ECDSA or EdDSA (RFC 8422, section 5.10)
	AuthRSA
	AuthPSK // no certificate: both sides have a pre-shared key (RFC 5489, RFC 7905, RFC 8442)
)

// Suite is a cipher suite. The values of this package are shared and must not
// be changed.
type Suite struct {
	ID      iana.CipherSuite
	Version iana.ProtocolVersion // the one version it belongs to
	AEAD    provider.AEAD
	Hash    crypto.Hash
	HashLen int // bytes
	KeyLen  int // bytes
	// FixedIV is the length of the IV from the key schedule: 12, or 4 where
	// the rest of the nonce is sent with each record (RFC 5288).
	FixedIV int
	Auth    Auth
	// SealLimit is how many records one key may protect before it must be
	// changed or given up; zero: as many as sequence numbers.
	SealLimit uint64
}

// ExplicitNonce is the length of the nonce part sent with each record.
func (s *Suite) ExplicitNonce() int { return nonceLen - s.FixedIV }

// Overhead is what protecting adds to a record's content, in bytes; the inner
// content type of TLS 1.3 included.
func (s *Suite) Overhead() int {
	if s.Version == iana.VersionTLS13 {
		return tagLen + 1
	}
	return tagLen + s.ExplicitNonce()
}

const (
	nonceLen = 12
	tagLen   = 16
)

// gcmLimit is the confidentiality limit of AES-GCM: 2^24 full-size records, the
// 2^24.5 of RFC 8446, section 5.5, rounded down. A TLS 1.3 connection changes its
// keys before it; one of TLS 1.2 ends. ChaCha20-Poly1305 has none that sequence
// numbers do not reach first. There is no integrity limit to count for: the first
// record that does not open ends a connection over a reliable transport (RFC 8446,
// section 5.2), and the rejected early data that is tried is short.
const gcmLimit = 1 << 24

var suites = [...]Suite{
	suite13(iana.TLS_AES_128_GCM_SHA256, provider.AES128GCM, crypto.SHA256),
	suite13(iana.TLS_AES_256_GCM_SHA384, provider.AES256GCM, crypto.SHA384),
	suite13(iana.TLS_CHACHA20_POLY1305_SHA256, provider.ChaCha20Poly1305, crypto.SHA256),
	suite12(iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, AuthECDSA, provider.AES128GCM, crypto.SHA256),
	suite12(iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, AuthECDSA, provider.AES256GCM, crypto.SHA384),
	suite12(iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, AuthECDSA, provider.ChaCha20Poly1305, crypto.SHA256),
	suite12(iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, AuthRSA, provider.AES128GCM, crypto.SHA256),
	suite12(iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, AuthRSA, provider.AES256GCM, crypto.SHA384),
	suite12(iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, AuthRSA, provider.ChaCha20Poly1305, crypto.SHA256),
	suite12(iana.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256, AuthPSK, provider.AES128GCM, crypto.SHA256),
	suite12(iana.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384, AuthPSK, provider.AES256GCM, crypto.SHA384),
	suite12(iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, AuthPSK, provider.ChaCha20Poly1305, crypto.SHA256),
}

func suite13(id iana.CipherSuite, a provider.AEAD, h crypto.Hash) Suite {
	s := Suite{ID: id, Version: iana.VersionTLS13, AEAD: a, Hash: h, FixedIV: nonceLen}
	return s.complete()
}

func suite12(id iana.CipherSuite, auth Auth, a provider.AEAD, h crypto.Hash) Suite {
	s := Suite{ID: id, Version: iana.VersionTLS12, AEAD: a, Hash: h, Auth: auth, FixedIV: 4}
	if a == provider.ChaCha20Poly1305 {
		s.FixedIV = nonceLen // RFC 7905
	}
	return s.complete()
}

func (s Suite) complete() Suite {
	s.HashLen = s.Hash.Size()
	s.KeyLen = 32
	if s.AEAD == provider.AES128GCM {
		s.KeyLen = 16
	}
	if s.AEAD != provider.ChaCha20Poly1305 {
		s.SealLimit = gcmLimit
	}
	return s
}

// Lookup finds a suite by its number, nil if the engine does not have it.
func Lookup(id iana.CipherSuite) *Suite {
	for i := range suites {
		if suites[i].ID == id {
			return &suites[i]
		}
	}
	return nil
}

// Default is every suite in the order the engine prefers.
func Default() []iana.CipherSuite {
	return []iana.CipherSuite{
		iana.TLS_AES_256_GCM_SHA384, iana.TLS_CHACHA20_POLY1305_SHA256, iana.TLS_AES_128_GCM_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		iana.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
	}
}
