package pki

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
)

// levelBits are the bits of security a level asks for
// (SSL_CTX_set_security_level(3)).
func levelBits(level int) int {
	bits := [...]int{0, 80, 112, 128, 192, 256}
	switch {
	case level <= 0:
		return 0
	case level >= len(bits):
		return bits[len(bits)-1]
	}
	return bits[level]
}

// keyBits estimates the security of a certificate's key in bits (NIST SP
// 800-57, part 1, table 2). Unknown keys have none.
func keyBits(c *Cert) int {
	switch k := c.X509.PublicKey.(type) {
	case *rsa.PublicKey:
		n := k.N.BitLen()
		switch {
		case n >= 15360:
			return 256
		case n >= 7680:
			return 192
		case n >= 3072:
			return 128
		case n >= 2048:
			return 112
		case n >= 1024:
			return 80
		}
	case *ecdsa.PublicKey:
		return min(k.Curve.Params().BitSize/2, 256)
	case ed25519.PublicKey:
		return 128
	}
	return 0
}

// digestBits is the resistance of a signature's digest to collisions.
func digestBits(a x509.SignatureAlgorithm) int {
	switch a {
	case x509.MD5WithRSA:
		return 39
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return 63
	case x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256, x509.PureEd25519, x509.DSAWithSHA256:
		return 128
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return 192
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return 256
	}
	return 0
}

// checkLevel holds issuers' keys and all signatures but the anchor's against
// the security level.
func (b *builder) checkLevel() *Error {
	want := levelBits(b.o.Level)
	for i, c := range b.chain {
		if i > 0 && keyBits(c) < want {
			return b.fail(CAKeyTooSmall, i)
		}
		if i+1 < len(b.chain) && digestBits(c.X509.SignatureAlgorithm) < want {
			return b.fail(DigestTooWeak, i)
		}
	}
	return nil
}
