package iana

import "fmt"

// SignatureScheme is a signature algorithm (RFC 8446, section 4.2.3).
type SignatureScheme uint16

// SignatureScheme values in the registry that this engine knows.
const (
	SigRSAPKCS1SHA1         SignatureScheme = 0x0201
	SigECDSASHA1            SignatureScheme = 0x0203
	SigRSAPKCS1SHA224       SignatureScheme = 0x0301
	SigECDSASHA224          SignatureScheme = 0x0303
	SigRSAPKCS1SHA256       SignatureScheme = 0x0401
	SigRSAPKCS1SHA384       SignatureScheme = 0x0501
	SigRSAPKCS1SHA512       SignatureScheme = 0x0601
	SigECDSASecp256r1SHA256 SignatureScheme = 0x0403
	SigECDSASecp384r1SHA384 SignatureScheme = 0x0503
	SigECDSASecp521r1SHA512 SignatureScheme = 0x0603
	SigRSAPSSRSAESHA256     SignatureScheme = 0x0804
	SigRSAPSSRSAESHA384     SignatureScheme = 0x0805
	SigRSAPSSRSAESHA512     SignatureScheme = 0x0806
	SigEd25519              SignatureScheme = 0x0807
	SigEd448                SignatureScheme = 0x0808
	SigRSAPSSPSSSHA256      SignatureScheme = 0x0809
	SigRSAPSSPSSSHA384      SignatureScheme = 0x080a
	SigRSAPSSPSSSHA512      SignatureScheme = 0x080b
)

func (v SignatureScheme) String() string {
	switch v {
	case SigRSAPKCS1SHA1:
		return "rsa_pkcs1_sha1"
	case SigECDSASHA1:
		return "ecdsa_sha1"
	case SigRSAPKCS1SHA224:
		return "rsa_pkcs1_sha224"
	case SigECDSASHA224:
		return "ecdsa_sha224"
	case SigRSAPKCS1SHA256:
		return "rsa_pkcs1_sha256"
	case SigRSAPKCS1SHA384:
		return "rsa_pkcs1_sha384"
	case SigRSAPKCS1SHA512:
		return "rsa_pkcs1_sha512"
	case SigECDSASecp256r1SHA256:
		return "ecdsa_secp256r1_sha256"
	case SigECDSASecp384r1SHA384:
		return "ecdsa_secp384r1_sha384"
	case SigECDSASecp521r1SHA512:
		return "ecdsa_secp521r1_sha512"
	case SigRSAPSSRSAESHA256:
		return "rsa_pss_rsae_sha256"
	case SigRSAPSSRSAESHA384:
		return "rsa_pss_rsae_sha384"
	case SigRSAPSSRSAESHA512:
		return "rsa_pss_rsae_sha512"
	case SigEd25519:
		return "ed25519"
	case SigEd448:
		return "ed448"
	case SigRSAPSSPSSSHA256:
		return "rsa_pss_pss_sha256"
	case SigRSAPSSPSSSHA384:
		return "rsa_pss_pss_sha384"
	case SigRSAPSSPSSSHA512:
		return "rsa_pss_pss_sha512"
	}
	return fmt.Sprintf("SignatureScheme(%#04x)", uint16(v))
}
