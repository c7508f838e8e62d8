package core

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/rsapss"
	"patina/core/suite"
)

// Which signature schemes and keys go with which suites and certificate types
// of TLS 1.2.

// authOf is the kind of suite a scheme's key belongs to.
func authOf(s iana.SignatureScheme) suite.Auth {
	info, _ := provider.SchemeOf(s)
	switch info.Key {
	case provider.KeyRSA, provider.KeyRSAPSS:
		return suite.AuthRSA
	case provider.KeyECDSA, provider.KeyEd25519:
		return suite.AuthECDSA
	}
	return suite.AuthAny
}

// keyFits reports whether a certificate's key is of the kind the suite says.
func keyFits(pub crypto.PublicKey, auth suite.Auth) bool {
	switch pub.(type) {
	case *rsa.PublicKey, *rsapss.PublicKey:
		return auth == suite.AuthRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return auth == suite.AuthECDSA
	}
	return false
}

// verify12 checks the peer's signature with the key of its certificate. The
// curve of an ECDSA key must be one of this side's groups (RFC 8422, section
// 5.1.1).
func (c *Conn) verify12(scheme iana.SignatureScheme, message, signature []byte) error {
	pub := c.peerKey()
	if k, ok := pub.(*ecdsa.PublicKey); ok {
		if g := provider.GroupOfCurve(k.Curve); g != 0 && !slices.Contains(c.cfg.Groups, g) {
			return failure(KindBadCurve, "the certificate's: "+g.String())
		}
	}
	return c.cfg.verify(pub, scheme, false, message, signature)
}

// schemesWithout12 is what a client without signature_algorithms is taken to
// accept (RFC 5246, section 7.4.1.4.1).
var schemesWithout12 = []iana.SignatureScheme{iana.SigRSAPKCS1SHA1, iana.SigECDSASHA1}
