package iana

import "fmt"

// HPKEKEM is a key encapsulation mechanism of HPKE (RFC 9180, section 7.1).
type HPKEKEM uint16

// HPKEKEM values in the registry.
const (
	KEMP256HKDFSHA256   HPKEKEM = 0x0010
	KEMP384HKDFSHA384   HPKEKEM = 0x0011
	KEMP521HKDFSHA512   HPKEKEM = 0x0012
	KEMX25519HKDFSHA256 HPKEKEM = 0x0020
)

func (v HPKEKEM) String() string {
	switch v {
	case KEMP256HKDFSHA256:
		return "DHKEM(P-256, HKDF-SHA256)"
	case KEMP384HKDFSHA384:
		return "DHKEM(P-384, HKDF-SHA384)"
	case KEMP521HKDFSHA512:
		return "DHKEM(P-521, HKDF-SHA512)"
	case KEMX25519HKDFSHA256:
		return "DHKEM(X25519, HKDF-SHA256)"
	}
	return fmt.Sprintf("HPKEKEM(%#04x)", uint16(v))
}

// HPKEKDF is a key derivation function of HPKE (RFC 9180, section 7.2).
type HPKEKDF uint16

// HPKEKDF values in the registry.
const (
	KDFHKDFSHA256 HPKEKDF = 0x0001
	KDFHKDFSHA384 HPKEKDF = 0x0002
	KDFHKDFSHA512 HPKEKDF = 0x0003
)

func (v HPKEKDF) String() string {
	switch v {
	case KDFHKDFSHA256:
		return "HKDF-SHA256"
	case KDFHKDFSHA384:
		return "HKDF-SHA384"
	case KDFHKDFSHA512:
		return "HKDF-SHA512"
	}
	return fmt.Sprintf("HPKEKDF(%#04x)", uint16(v))
}

// HPKEAEAD is an authenticated cipher of HPKE (RFC 9180, section 7.3).
type HPKEAEAD uint16

// HPKEAEAD values in the registry.
const (
	AEADAES128GCM        HPKEAEAD = 0x0001
	AEADAES256GCM        HPKEAEAD = 0x0002
	AEADChaCha20Poly1305 HPKEAEAD = 0x0003
)

func (v HPKEAEAD) String() string {
	switch v {
	case AEADAES128GCM:
		return "AES-128-GCM"
	case AEADAES256GCM:
		return "AES-256-GCM"
	case AEADChaCha20Poly1305:
		return "ChaCha20Poly1305"
	}
	return fmt.Sprintf("HPKEAEAD(%#04x)", uint16(v))
}
