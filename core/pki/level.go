package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"

	"patina/core/rsapss"
)

// LevelBits are the bits of security that a level asks for
// (SSL_CTX_set_security_level(3)); below 0 it is level 0, above 5 level 5.
func LevelBits(level int) int {
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
	switch k := c.key.(type) {
	case *rsa.PublicKey:
		return rsaBits(k.N.BitLen())
	case *rsapss.PublicKey:
		return rsaBits(k.RSA.N.BitLen())
	case *ecdsa.PublicKey:
		return min(k.Curve.Params().BitSize/2, 256)
	case ed25519.PublicKey:
		return 128
	}
	return 0
}

func rsaBits(n int) int {
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
	return 0
}

// digestBits is the resistance of a signature's digest to collisions.
func digestBits(c *Cert) int {
	switch c.digest() {
	case crypto.MD5:
		return 39
	case crypto.SHA1:
		return 63
	case crypto.SHA224:
		return 112
	case crypto.SHA256:
		return 128
	case crypto.SHA384:
		return 192
	case crypto.SHA512:
		return 256
	}
	if c.X509.SignatureAlgorithm == x509.PureEd25519 {
		return 128
	}
	return 0
}

// checkLevel holds issuers' keys and all signatures but the anchor's against
// the security level.
func (b *builder) checkLevel() *Error {
	want := LevelBits(b.o.Level)
	for i, c := range b.chain {
		if i > 0 && keyBits(c) < want {
			if err := b.fail(CAKeyTooSmall, i); err != nil {
				return err
			}
		}
		if i+1 < len(b.chain) && digestBits(c) < want {
			if err := b.fail(DigestTooWeak, i); err != nil {
				return err
			}
		}
	}
	return nil
}
