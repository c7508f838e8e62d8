// Package keys holds the key schedules of TLS 1.3 (RFC 8446, section 7) and TLS
// 1.2 (RFC 5246, sections 5, 6.3 and 8; RFC 7627). Each stage of a schedule is
// a type whose methods are what can be derived then. Nothing here allocates.
package keys

// MaxHash is the length in bytes of the longest hash a suite uses.
const MaxHash = 48

// Secret is a secret of the key schedule, held by value.
type Secret struct {
	b [MaxHash]byte
	n uint8
}

// MakeSecret copies b, which is at most MaxHash bytes long.
func MakeSecret(b []byte) (s Secret) {
	if len(b) > MaxHash {
		panic("keys: secret too long")
	}
	s.n = uint8(copy(s.b[:], b))
	return s
}

// Bytes is the secret itself, not a copy.
func (s *Secret) Bytes() []byte { return s.b[:s.n:s.n] }

// Empty reports that s holds nothing.
func (s *Secret) Empty() bool { return s.n == 0 }

// Wipe forgets the secret.
func (s *Secret) Wipe() { *s = Secret{} }
