package stdlib

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"hash"
	"io"
	"slices"
	"sync"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/rsapss"
)

// pssOptions have the salt as long as the hash (RFC 8446, section 4.2.3).
var pssOptions = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}

func verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	info, ok := provider.SchemeOf(scheme)
	if !ok {
		return provider.ErrUnsupported
	}
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if info.Key != provider.KeyECDSA || bindCurve && provider.GroupOfCurve(k.Curve) != info.Curve {
			return provider.ErrKeyType
		}
		return withDigest(info.Hash, message, func(digest []byte) error {
			if !ecdsa.VerifyASN1(k, digest, signature) {
				return provider.ErrSignature
			}
			return nil
		})
	case *rsapss.PublicKey:
		if info.Key != provider.KeyRSAPSS {
			return provider.ErrKeyType
		}
		p := rsapss.Params{Hash: info.Hash, MGFHash: info.Hash, Salt: info.Hash.Size()}
		return withDigest(info.Hash, message, func(digest []byte) error {
			switch k.Verify(&p, digest, signature) {
			case nil:
				return nil
			case rsapss.ErrRestricted:
				return provider.ErrKeyType
			}
			return provider.ErrSignature
		})
	case *rsa.PublicKey:
		if info.Key != provider.KeyRSA {
			return provider.ErrKeyType
		}
		return withDigest(info.Hash, message, func(digest []byte) error {
			var err error
			if info.PSS {
				err = rsa.VerifyPSS(k, info.Hash, digest, signature, pssOptions)
			} else {
				err = rsa.VerifyPKCS1v15(k, info.Hash, digest, signature)
			}
			if err != nil {
				return provider.ErrSignature
			}
			return nil
		})
	case ed25519.PublicKey:
		if info.Key != provider.KeyEd25519 || len(k) != ed25519.PublicKeySize {
			return provider.ErrKeyType
		}
		if !ed25519.Verify(k, message, signature) {
			return provider.ErrSignature
		}
		return nil
	}
	return provider.ErrKeyType
}

// digesters lend hashes by algorithm, so that a signature needs none of its own.
var digesters [crypto.SHA512 + 1]sync.Pool

type digester struct {
	h   hash.Hash
	sum [64]byte
}

// withDigest hashes message and passes the digest, good during the call, to f.
func withDigest(h crypto.Hash, message []byte, f func(digest []byte) error) error {
	d, _ := digesters[h].Get().(*digester)
	if d == nil {
		d = &digester{h: h.New()}
	}
	d.h.Reset()
	d.h.Write(message)
	err := f(d.h.Sum(d.sum[:0]))
	digesters[h].Put(d)
	return err
}

// Signer signs with a key of the Go standard library.
type Signer struct{ key crypto.Signer }

// ErrKey: a private key of a kind that cannot sign in TLS.
var ErrKey = errors.New("stdlib: the private key is of no kind TLS can sign with")

// NewSigner takes an RSA, RSASSA-PSS ([rsapss.Signer]), ECDSA or Ed25519 private
// key, which may lie in a device.
func NewSigner(key crypto.Signer) (*Signer, error) {
	switch k := key.Public().(type) {
	case *rsa.PublicKey, *rsapss.PublicKey, ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if provider.GroupOfCurve(k.Curve) == 0 {
			return nil, ErrKey
		}
	default:
		return nil, ErrKey
	}
	return &Signer{key}, nil
}

// Public key of the signer.
func (s *Signer) Public() crypto.PublicKey { return s.key.Public() }

// Schemes are those the key can sign with, in the order preferred.
func (s *Signer) Schemes() []iana.SignatureScheme {
	switch k := s.key.Public().(type) {
	case *rsa.PublicKey:
		list := pssSchemes(k, nil, iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512)
		return append(list, iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512)
	case *rsapss.PublicKey:
		return pssSchemes(k.RSA, k.Params, iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512)
	case *ecdsa.PublicKey:
		switch provider.GroupOfCurve(k.Curve) {
		case iana.GroupSecp256r1:
			return []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256}
		case iana.GroupSecp384r1:
			return []iana.SignatureScheme{iana.SigECDSASecp384r1SHA384}
		default:
			return []iana.SignatureScheme{iana.SigECDSASecp521r1SHA512}
		}
	default:
		return []iana.SignatureScheme{iana.SigEd25519}
	}
}

// pssSchemes are those of schemes that a key has room for and its restriction
// allows.
func pssSchemes(k *rsa.PublicKey, restriction *rsapss.Params, schemes ...iana.SignatureScheme) (list []iana.SignatureScheme) {
	for _, s := range schemes {
		info, _ := provider.SchemeOf(s)
		h := info.Hash
		// EMSA-PSS needs two hashes and two bytes of modulus.
		if k.Size() >= 2*h.Size()+2 && restriction.Allows(&rsapss.Params{Hash: h, MGFHash: h, Salt: h.Size()}) {
			list = append(list, s)
		}
	}
	return list
}

// Schemes12 are further ones that the key can sign with in TLS 1.2, where those
// of ECDSA do not say the curve.
func (s *Signer) Schemes12() []iana.SignatureScheme {
	if _, ok := s.key.Public().(*ecdsa.PublicKey); !ok {
		return nil
	}
	var list []iana.SignatureScheme
	for _, scheme := range []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512} {
		if !slices.Contains(s.Schemes(), scheme) {
			list = append(list, scheme)
		}
	}
	return list
}

// Sign signs message, which is not yet hashed, with scheme.
func (s *Signer) Sign(rand io.Reader, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
	info, ok := provider.SchemeOf(scheme)
	if !ok {
		return nil, provider.ErrUnsupported
	}
	var opts crypto.SignerOpts = info.Hash
	switch s.key.Public().(type) {
	case *rsa.PublicKey, *rsapss.PublicKey:
		want := provider.KeyRSA
		if _, only := s.key.Public().(*rsapss.PublicKey); only {
			want = provider.KeyRSAPSS
		}
		if info.Key != want {
			return nil, provider.ErrKeyType
		}
		if info.PSS {
			opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: info.Hash}
		}
	case *ecdsa.PublicKey:
		if info.Key != provider.KeyECDSA {
			return nil, provider.ErrKeyType
		}
	default:
		if info.Key != provider.KeyEd25519 {
			return nil, provider.ErrKeyType
		}
		return s.key.Sign(rand, message, crypto.Hash(0))
	}
	var sig []byte
	err := withDigest(info.Hash, message, func(digest []byte) (err error) {
		sig, err = s.key.Sign(rand, digest, opts)
		return err
	})
	return sig, err
}
