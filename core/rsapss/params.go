package rsapss

import (
	"crypto"
	_ "crypto/sha1"   // named by the defaults of RFC 4055
	_ "crypto/sha256" // SHA-224 and SHA-256
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Errors of this package.
var (
	// ErrOther: the algorithm is not id-RSASSA-PSS.
	ErrOther = errors.New("rsapss: another algorithm")
	// ErrMalformed: not the ASN.1 of RFC 4055.
	ErrMalformed = errors.New("rsapss: malformed")
	// ErrUnsupported: a hash, mask or trailer that is not known.
	ErrUnsupported = errors.New("rsapss: unsupported parameters")
	// ErrRestricted: the key's parameters do not allow the signature's.
	ErrRestricted = errors.New("rsapss: not allowed by the key's parameters")
	// ErrSignature: the signature does not verify.
	ErrSignature = errors.New("rsapss: invalid signature")
)

var (
	oidRSASSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
)

// hashes by their object identifiers (RFC 4055, section 2.1).
var hashes = [...]struct {
	h   crypto.Hash
	oid asn1.ObjectIdentifier
}{
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}},
	{crypto.SHA224, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}},
	{crypto.SHA256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}},
	{crypto.SHA384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}},
	{crypto.SHA512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}},
}

// Params are RSASSA-PSS-params (RFC 4055, section 3.1). Of a key they are a
// restriction: this hash, this mask, and a salt at least as long.
type Params struct {
	Hash    crypto.Hash
	MGFHash crypto.Hash // of MGF1
	Salt    int         // bytes
}

// maxSalt limits the salt's length, in bytes, to what the longest RSA key
// anybody verifies with (16384 bits) has room for.
const maxSalt = 2048

// Allows reports whether a key with the restriction p, nil for none, may be
// used for a signature with the parameters s.
func (p *Params) Allows(s *Params) bool {
	return p == nil || p.Hash == s.Hash && p.MGFHash == s.MGFHash && p.Salt <= s.Salt
}

// parse reads the content of RSASSA-PSS-params.
func parseParams(in cryptobyte.String) (*Params, error) {
	p := &Params{Hash: crypto.SHA1, MGFHash: crypto.SHA1, Salt: 20}
	var seq, field cryptobyte.String
	var present bool
	if !in.ReadASN1(&seq, cryptobyte_asn1.SEQUENCE) || !in.Empty() {
		return nil, ErrMalformed
	}
	tag := func(n uint8) cryptobyte_asn1.Tag {
		return cryptobyte_asn1.Tag(n).ContextSpecific().Constructed()
	}
	if !seq.ReadOptionalASN1(&field, &present, tag(0)) {
		return nil, ErrMalformed
	}
	var err error
	if present {
		if p.Hash, err = readHash(field); err != nil {
			return nil, err
		}
	}
	if !seq.ReadOptionalASN1(&field, &present, tag(1)) {
		return nil, ErrMalformed
	}
	if present {
		oid, params, ok := readAlgorithm(&field)
		switch {
		case !ok || !field.Empty():
			return nil, ErrMalformed
		case !oid.Equal(oidMGF1):
			return nil, ErrUnsupported
		}
		if p.MGFHash, err = readHash(params); err != nil {
			return nil, err
		}
	}
	if !seq.ReadOptionalASN1Integer(&p.Salt, tag(2), 20) {
		return nil, ErrMalformed
	}
	trailer := 1
	if !seq.ReadOptionalASN1Integer(&trailer, tag(3), 1) || !seq.Empty() {
		return nil, ErrMalformed
	}
	if trailer != 1 || p.Salt < 0 || p.Salt > maxSalt {
		return nil, ErrUnsupported
	}
	return p, nil
}

// readAlgorithm reads an AlgorithmIdentifier; params is what follows the object
// identifier, empty if there is nothing.
func readAlgorithm(in *cryptobyte.String) (oid asn1.ObjectIdentifier, params cryptobyte.String, ok bool) {
	ok = in.ReadASN1(&params, cryptobyte_asn1.SEQUENCE) && params.ReadASN1ObjectIdentifier(&oid)
	return oid, params, ok
}

// readHash reads the AlgorithmIdentifier of a hash, whose parameters are NULL or
// absent (RFC 4055, section 2.1).
func readHash(in cryptobyte.String) (crypto.Hash, error) {
	oid, params, ok := readAlgorithm(&in)
	if !ok || !in.Empty() {
		return 0, ErrMalformed
	}
	var null cryptobyte.String
	if !params.Empty() && (!params.ReadASN1(&null, cryptobyte_asn1.NULL) || !null.Empty() || !params.Empty()) {
		return 0, ErrMalformed
	}
	for _, x := range hashes {
		if x.oid.Equal(oid) {
			return x.h, nil
		}
	}
	return 0, ErrUnsupported
}

// ParseSignature reads the AlgorithmIdentifier of a signature, DER.
func ParseSignature(algorithm []byte) (*Params, error) {
	in := cryptobyte.String(algorithm)
	oid, params, ok := readAlgorithm(&in)
	switch {
	case !ok || !in.Empty():
		return nil, ErrMalformed
	case !oid.Equal(oidRSASSAPSS):
		return nil, ErrOther
	}
	return parseParams(params)
}
