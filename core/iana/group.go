package iana

import "fmt"

// NamedGroup is a key exchange group (RFC 8446, section 4.2.7).
type NamedGroup uint16

// NamedGroup values in the registry that this engine knows.
const (
	GroupSecp256r1          NamedGroup = 23
	GroupSecp384r1          NamedGroup = 24
	GroupSecp521r1          NamedGroup = 25
	GroupX25519             NamedGroup = 29
	GroupX448               NamedGroup = 30
	GroupFfdhe2048          NamedGroup = 256
	GroupMLKEM768           NamedGroup = 0x0201
	GroupMLKEM1024          NamedGroup = 0x0202
	GroupSecP256r1MLKEM768  NamedGroup = 0x11eb
	GroupX25519MLKEM768     NamedGroup = 0x11ec
	GroupSecP384r1MLKEM1024 NamedGroup = 0x11ed
)

func (v NamedGroup) String() string {
	switch v {
	case GroupSecp256r1:
		return "secp256r1"
	case GroupSecp384r1:
		return "secp384r1"
	case GroupSecp521r1:
		return "secp521r1"
	case GroupX25519:
		return "x25519"
	case GroupX448:
		return "x448"
	case GroupFfdhe2048:
		return "ffdhe2048"
	case GroupMLKEM768:
		return "MLKEM768"
	case GroupMLKEM1024:
		return "MLKEM1024"
	case GroupSecP256r1MLKEM768:
		return "SecP256r1MLKEM768"
	case GroupX25519MLKEM768:
		return "X25519MLKEM768"
	case GroupSecP384r1MLKEM1024:
		return "SecP384r1MLKEM1024"
	}
	return fmt.Sprintf("NamedGroup(%#04x)", uint16(v))
}
