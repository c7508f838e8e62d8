package provider

import (
	"crypto"
	"crypto/elliptic"

	"patina/core/iana"
)

// KeyType is the kind of key a signature scheme is for.
type KeyType uint8

// Key types.
const (
	KeyUnknown KeyType = iota
	KeyRSA             // rsaEncryption, signing in either padding
	KeyRSAPSS          // id-RSASSA-PSS
	KeyECDSA
	KeyEd25519
)

// Scheme says what a signature scheme is made of.
type Scheme struct {
	Key   KeyType
	PSS   bool
	Hash  crypto.Hash     // 0: the message itself is signed
	Curve iana.NamedGroup // of ECDSA in TLS 1.3
	// TLS13 reports that TLS 1.3 allows it in CertificateVerify (RFC 8446,
	// section 4.2.3).
	TLS13 bool
}

// SchemeOf looks a scheme up; ok is false for those the engine does not have,
// those with SHA-1 and SHA-224 among them (RFC 9155).
func SchemeOf(s iana.SignatureScheme) (info Scheme, ok bool) {
	switch s {
	case iana.SigRSAPKCS1SHA256:
		return Scheme{Key: KeyRSA, Hash: crypto.SHA256}, true
	case iana.SigRSAPKCS1SHA384:
		return Scheme{Key: KeyRSA, Hash: crypto.SHA384}, true
	case iana.SigRSAPKCS1SHA512:
		return Scheme{Key: KeyRSA, Hash: crypto.SHA512}, true
	case iana.SigECDSASecp256r1SHA256:
		return Scheme{Key: KeyECDSA, Hash: crypto.SHA256, Curve: iana.GroupSecp256r1, TLS13: true}, true
	case iana.SigECDSASecp384r1SHA384:
		return Scheme{Key: KeyECDSA, Hash: crypto.SHA384, Curve: iana.GroupSecp384r1, TLS13: true}, true
	case iana.SigECDSASecp521r1SHA512:
		return Scheme{Key: KeyECDSA, Hash: crypto.SHA512, Curve: iana.GroupSecp521r1, TLS13: true}, true
	case iana.SigRSAPSSRSAESHA256:
		return Scheme{Key: KeyRSA, PSS: true, Hash: crypto.SHA256, TLS13: true}, true
	case iana.SigRSAPSSRSAESHA384:
		return Scheme{Key: KeyRSA, PSS: true, Hash: crypto.SHA384, TLS13: true}, true
	case iana.SigRSAPSSRSAESHA512:
		return Scheme{Key: KeyRSA, PSS: true, Hash: crypto.SHA512, TLS13: true}, true
	case iana.SigRSAPSSPSSSHA256:
		return Scheme{Key: KeyRSAPSS, PSS: true, Hash: crypto.SHA256, TLS13: true}, true
	case iana.SigRSAPSSPSSSHA384:
		return Scheme{Key: KeyRSAPSS, PSS: true, Hash: crypto.SHA384, TLS13: true}, true
	case iana.SigRSAPSSPSSSHA512:
		return Scheme{Key: KeyRSAPSS, PSS: true, Hash: crypto.SHA512, TLS13: true}, true
	case iana.SigEd25519:
		return Scheme{Key: KeyEd25519, TLS13: true}, true
	}
	return Scheme{}, false
}

// GroupOfCurve is the group of an ECDSA key's curve, 0 for curves the engine does
// not know.
func GroupOfCurve(curve elliptic.Curve) iana.NamedGroup {
	switch curve {
	case elliptic.P256():
		return iana.GroupSecp256r1
	case elliptic.P384():
		return iana.GroupSecp384r1
	case elliptic.P521():
		return iana.GroupSecp521r1
	}
	return 0
}
