package stdlib

import (
	"crypto"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/fips140"
	"crypto/rsa"
	"errors"
	"fmt"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/rsapss"
)

// Errors of FIPS mode.
var (
	// ErrNoFIPS: the Go FIPS 140-3 module is not in use in this process.
	ErrNoFIPS = errors.New("stdlib: FIPS mode needs the Go FIPS 140-3 module: start the program with GODEBUG=fips140=on, or build it with GOFIPS140")
	// ErrFIPSOnly: with GODEBUG=fips140=only the module refuses AES-GCM with the
	// nonces of TLS to everything but the standard library.
	ErrFIPSOnly = errors.New("stdlib: GODEBUG=fips140=only leaves no AEAD to TLS outside of the standard library: use fips140=on")
	// ErrNotApproved: the algorithm or key is not approved.
	ErrNotApproved = errors.New("not approved in FIPS mode")
)

// minRSABits is the shortest RSA modulus that is approved (FIPS 186-5, section
// 5.1, with SP 800-131A).
const minRSABits = 2048

// fips is the provider in FIPS mode. As the Go FIPS 140-3 module's policy has it,
// and crypto/tls with it, there are
//
//	AEADs     AES-GCM; not ChaCha20-Poly1305
//	groups    P-256, P-384, P-521 and ML-KEM joined with P-256, P-384 or X25519;
//	          not X25519 alone
//	keys      RSA of 2048 bits and more, ECDSA on these curves, Ed25519
//	hashes    SHA-2
//	TLS 1.2   with extended_master_secret only
//	HPKE      none, and so no Encrypted Client Hello
//
// What it is not: the key schedules and the counting of nonces are the engine's,
// outside of the module, over the module's SHA-2 and AES. So the mode keeps a
// program to approved algorithms, and does not make the engine a validated module.
type fips struct{ stdlib }

// NewFIPS returns the provider in FIPS mode. A configuration with it is an error
// where the Go FIPS 140-3 module is not in use. [New] returns it where it is.
func NewFIPS() provider.Provider { return fips{} }

var _ provider.Restricted = fips{}

func (fips) Name() string { return "stdlib (FIPS 140-3)" }

func (fips) HPKE() provider.HPKE { return nil }

func (fips) RequireEMS() bool { return true }

func (fips) Usable() error {
	switch {
	case !fips140.Enabled():
		return ErrNoFIPS
	case fips140.Enforced():
		return ErrFIPSOnly
	}
	return nil
}

func notApproved(what any) error { return fmt.Errorf("%v is %w", what, ErrNotApproved) }

func (fips) AllowAEAD(a provider.AEAD) error {
	switch a {
	case provider.AES128GCM, provider.AES256GCM:
		return nil
	case provider.ChaCha20Poly1305:
		return notApproved("ChaCha20-Poly1305")
	}
	return provider.ErrUnsupported
}

func (f fips) NewAEAD(a provider.AEAD, key []byte) (cipher.AEAD, error) {
	if err := f.AllowAEAD(a); err != nil {
		return nil, err
	}
	return f.stdlib.NewAEAD(a, key)
}

func (fips) AllowGroup(g iana.NamedGroup) error {
	switch g {
	case iana.GroupSecp256r1, iana.GroupSecp384r1, iana.GroupSecp521r1,
		iana.GroupX25519MLKEM768, iana.GroupSecP256r1MLKEM768, iana.GroupSecP384r1MLKEM1024:
		return nil
	}
	return notApproved(g)
}

func (f fips) Group(g iana.NamedGroup) provider.Group {
	if f.AllowGroup(g) != nil {
		return nil
	}
	return f.stdlib.Group(g)
}

func (fips) AllowKey(k crypto.PublicKey) error {
	if p, ok := k.(*rsapss.PublicKey); ok {
		k = p.RSA
	}
	switch k := k.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSABits {
			return notApproved(fmt.Sprintf("an RSA key of %d bits", n))
		}
		return nil
	case *ecdsa.PublicKey:
		if provider.GroupOfCurve(k.Curve) == 0 {
			return notApproved("an ECDSA key on " + k.Curve.Params().Name)
		}
		return nil
	case ed25519.PublicKey:
		return nil
	}
	return notApproved(fmt.Sprintf("a key of type %T", k))
}

func (f fips) Verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	if f.AllowKey(pub) != nil {
		return provider.ErrKeyType
	}
	return f.stdlib.Verify(pub, scheme, bindCurve, message, signature)
}
