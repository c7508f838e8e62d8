package ossl

import (
	"fmt"

	"patina/core/iana"
)

// Cipher is SSL_CIPHER: one cipher suite, a row of [ciphers]
// (SSL_CIPHER_get_name(3)).
type Cipher struct {
	ID           iana.CipherSuite
	Name         string // OpenSSL's
	StdName      string // IANA's
	Version      string // the version it came with
	kx           uint8  // key exchange, authentication and encryption, as the cipher string language sees them
	auth         uint8
	enc          uint8
	fips         bool
	Kx, Au, Enc  string // as SSL_CIPHER_description prints them
	StrengthBits int
	AlgBits      int
	// NIDs of libcrypto's obj_mac.h.
	CipherNID, KxNID, AuthNID int
	// HandshakeDigestNID is the digest of the PRF or HKDF.
	HandshakeDigestNID int
}

// NIDs, from libcrypto's obj_mac.h.
const (
	nidUndef            = 0
	nidSHA256           = 672
	nidSHA384           = 673
	nidAES128GCM        = 895
	nidAES256GCM        = 901
	nidChaCha20Poly1305 = 1018
	nidKxECDHE          = 1038
	nidKxECDHEPSK       = 1040
	nidAuthRSA          = 1046
	nidAuthECDSA        = 1047
	nidAuthPSK          = 1048
	nidKxAny            = 1063
	nidAuthAny          = 1064
)

// Bits of the dimensions of the cipher string language. "Other" stands
// for everything that OpenSSL knows and this library has no suite of.
const (
	kxECDHE uint8 = 1 << iota
	kxECDHEPSK
	kxOther
	kxAny uint8 = 0 // TLS 1.3: the language does not reach it
)

const (
	authRSA uint8 = 1 << iota
	authECDSA
	authPSK
	authOther
)

const (
	encAES128GCM uint8 = 1 << iota
	encAES256GCM
	encChaCha20
	encAES128Other // CCM, CBC
	encAES256Other
	encNull
	encOther
)

// Strengths of the language: a suite of HIGH may be of FIPS too.
const (
	strengthHigh uint8 = 1 << iota
	strengthFIPS
	strengthOther
)

// needsPSK reports that the suite has a pre-shared key in the place of certificates.
func (c *Cipher) needsPSK() bool { return c.auth == authPSK }

// ciphers are all suites, in the order in which OpenSSL prefers them when
// nothing else is said: TLS 1.3 first, then by strength.
var ciphers = [...]*Cipher{
	tls13Cipher(iana.TLS_AES_256_GCM_SHA384, "AESGCM(256)", 256, nidAES256GCM, nidSHA384),
	tls13Cipher(iana.TLS_CHACHA20_POLY1305_SHA256, "CHACHA20/POLY1305(256)", 256, nidChaCha20Poly1305, nidSHA256),
	tls13Cipher(iana.TLS_AES_128_GCM_SHA256, "AESGCM(128)", 128, nidAES128GCM, nidSHA256),
	tls12Cipher(iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", authECDSA, encAES256GCM),
	tls12Cipher(iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", authRSA, encAES256GCM),
	tls12Cipher(iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", authECDSA, encChaCha20),
	tls12Cipher(iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", authRSA, encChaCha20),
	tls12Cipher(iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", authECDSA, encAES128GCM),
	tls12Cipher(iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", authRSA, encAES128GCM),
	tls12Cipher(iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-PSK-CHACHA20-POLY1305", authPSK, encChaCha20),
}

func tls13Cipher(id iana.CipherSuite, enc string, bits, nid, digest int) *Cipher {
	return &Cipher{
		ID: id, Name: id.String(), StdName: id.String(), Version: "TLSv1.3", kx: kxAny,
		Kx: "any", Au: "any", Enc: enc, StrengthBits: bits, AlgBits: bits,
		CipherNID: nid, KxNID: nidKxAny, AuthNID: nidAuthAny, HandshakeDigestNID: digest,
	}
}

func tls12Cipher(id iana.CipherSuite, name string, auth, enc uint8) *Cipher {
	c := &Cipher{
		ID: id, Name: name, StdName: id.String(), Version: "TLSv1.2", kx: kxECDHE, auth: auth, enc: enc,
		Kx: "ECDH", Au: "RSA", StrengthBits: 256, AlgBits: 256,
		KxNID: nidKxECDHE, AuthNID: nidAuthRSA, HandshakeDigestNID: nidSHA256,
	}
	switch auth {
	case authECDSA:
		c.Au, c.AuthNID = "ECDSA", nidAuthECDSA
	case authPSK:
		c.kx, c.Kx, c.KxNID = kxECDHEPSK, "ECDHEPSK", nidKxECDHEPSK
		c.Au, c.AuthNID = "PSK", nidAuthPSK
	}
	switch enc {
	case encAES128GCM:
		c.Enc, c.CipherNID, c.StrengthBits, c.AlgBits, c.fips = "AESGCM(128)", nidAES128GCM, 128, 128, true
	case encAES256GCM:
		c.Enc, c.CipherNID, c.HandshakeDigestNID, c.fips = "AESGCM(256)", nidAES256GCM, nidSHA384, true
	case encChaCha20:
		c.Enc, c.CipherNID = "CHACHA20/POLY1305(256)", nidChaCha20Poly1305
	}
	return c
}

// IsTLS13 reports whether the suite is one of TLS 1.3.
func (c *Cipher) IsTLS13() bool { return c.ID>>8 == 0x13 }

// Description is the line of SSL_CIPHER_description.
func (c *Cipher) Description() string {
	return fmt.Sprintf("%-30s %-7s Kx=%-8s Au=%-5s Enc=%-22s Mac=%-4s\n",
		c.Name, c.Version, c.Kx, c.Au, c.Enc, "AEAD")
}

// Ciphers are all suites this library has.
func Ciphers() []*Cipher { return ciphers[:] }

// CipherByID is the suite of an ID; nil if there is none.
func CipherByID(id iana.CipherSuite) *Cipher {
	for _, c := range ciphers {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// cipherByStdName is the suite of an IANA name.
func cipherByStdName(name string) *Cipher {
	for _, c := range ciphers {
		if c.StdName == name {
			return c
		}
	}
	return nil
}
