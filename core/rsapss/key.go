package rsapss

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// PublicKey is an RSA key that may be used for RSASSA-PSS only.
type PublicKey struct {
	RSA *rsa.PublicKey
	// Params restrict the use of the key; nil: they do not.
	Params *Params
}

// Equal reports whether other is the same key with the same restriction.
func (k *PublicKey) Equal(other crypto.PublicKey) bool {
	o, ok := other.(*PublicKey)
	if !ok || !k.RSA.Equal(o.RSA) || (k.Params == nil) != (o.Params == nil) {
		return false
	}
	return k.Params == nil || *k.Params == *o.Params
}

// Verify checks a signature with the parameters p over a digest. The error is
// ErrRestricted, ErrUnsupported or ErrSignature.
func (k *PublicKey) Verify(p *Params, digest, signature []byte) error {
	if !k.Params.Allows(p) {
		return ErrRestricted
	}
	return Verify(k.RSA, p, digest, signature)
}

// Verify checks a signature by an RSA key of either kind. The mask must be made
// with the signature's own hash, as RFC 4055, section 3.1, recommends.
func Verify(k *rsa.PublicKey, p *Params, digest, signature []byte) error {
	if p.MGFHash != p.Hash || !p.Hash.Available() {
		return ErrUnsupported
	}
	salt := p.Salt
	if salt == 0 {
		// crypto/rsa has no word for "no salt": the salt's length, once found, is
		// no part of its answer.
		return ErrUnsupported
	}
	if rsa.VerifyPSS(k, p.Hash, digest, signature, &rsa.PSSOptions{SaltLength: salt}) != nil {
		return ErrSignature
	}
	return nil
}

// ParsePublicKey reads a SubjectPublicKeyInfo, DER. The error is ErrOther if it
// is not of id-RSASSA-PSS.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	in := cryptobyte.String(spki)
	var info, params cryptobyte.String
	var oid asn1.ObjectIdentifier
	var ok bool
	if !in.ReadASN1(&info, cryptobyte_asn1.SEQUENCE) || !in.Empty() {
		return nil, ErrMalformed
	}
	if oid, params, ok = readAlgorithm(&info); !ok {
		return nil, ErrMalformed
	}
	if !oid.Equal(oidRSASSAPSS) {
		return nil, ErrOther
	}
	k := new(PublicKey)
	var err error
	if k.Params, err = restriction(params); err != nil {
		return nil, err
	}
	var bits asn1.BitString
	if !info.ReadASN1BitString(&bits) || !info.Empty() || bits.BitLength%8 != 0 {
		return nil, ErrMalformed
	}
	if k.RSA, err = x509.ParsePKCS1PublicKey(bits.Bytes); err != nil {
		return nil, ErrMalformed
	}
	return k, nil
}

// restriction reads the parameters of a key; absent ones restrict nothing.
func restriction(params cryptobyte.String) (*Params, error) {
	if params.Empty() {
		return nil, nil
	}
	return parseParams(params)
}

// PublicKeyOf is the public key of a certificate, those of id-RSASSA-PSS
// included; nil if it is of no known kind.
func PublicKeyOf(cert *x509.Certificate) crypto.PublicKey {
	if cert.PublicKey != nil {
		return cert.PublicKey
	}
	if k, err := ParsePublicKey(cert.RawSubjectPublicKeyInfo); err == nil {
		return k
	}
	return nil
}

// Signer is a private key that makes RSASSA-PSS signatures only.
type Signer struct {
	key    crypto.Signer
	public PublicKey
}

// NewSigner makes a Signer of an RSA key, which may lie in a device. params, nil
// for none, restrict it.
func NewSigner(key crypto.Signer, params *Params) (*Signer, error) {
	k, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return nil, ErrOther
	}
	return &Signer{key, PublicKey{k, params}}, nil
}

// Public is a *PublicKey.
func (s *Signer) Public() crypto.PublicKey { return &s.public }

// Sign signs a digest. opts must be *rsa.PSSOptions, with a salt as long as the
// hash.
func (s *Signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	o, ok := opts.(*rsa.PSSOptions)
	if !ok || o.SaltLength != rsa.PSSSaltLengthEqualsHash {
		return nil, ErrUnsupported
	}
	h := opts.HashFunc()
	if !s.public.Params.Allows(&Params{Hash: h, MGFHash: h, Salt: h.Size()}) {
		return nil, ErrRestricted
	}
	return s.key.Sign(rand, digest, opts)
}

// ParsePKCS8 reads an unencrypted PKCS #8 private key, DER. The error is ErrOther
// if it is not of id-RSASSA-PSS.
func ParsePKCS8(der []byte) (*Signer, error) {
	in := cryptobyte.String(der)
	var info, params, key cryptobyte.String
	var version int
	if !in.ReadASN1(&info, cryptobyte_asn1.SEQUENCE) || !in.Empty() || !info.ReadASN1Integer(&version) {
		return nil, ErrMalformed
	}
	oid, params, ok := readAlgorithm(&info)
	switch {
	case !ok:
		return nil, ErrMalformed
	case !oid.Equal(oidRSASSAPSS):
		return nil, ErrOther
	}
	p, err := restriction(params)
	if err != nil {
		return nil, err
	}
	if !info.ReadASN1(&key, cryptobyte_asn1.OCTET_STRING) {
		return nil, ErrMalformed
	}
	k, err := x509.ParsePKCS1PrivateKey(bytes.Clone(key))
	if err != nil {
		return nil, errors.Join(ErrMalformed, err)
	}
	return NewSigner(k, p)
}
