package ech

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"patina/core/iana"
)

// Types of PEM blocks (RFC 9934, section 3).
const (
	pemKey    = "PRIVATE KEY"
	pemConfig = "ECHCONFIG"
)

// ErrPEM: the file is not one of RFC 9934, or its key fits none of its
// configurations.
var ErrPEM = errors.New("ech: not a PEM file of a key and an ECHConfigList")

// ParsePEM reads the files other servers keep their keys in (RFC 9934): one
// ECHConfigList, and the private key of it in PKCS #8, if it is there. keys are
// the configurations that belong to the key.
func ParsePEM(data []byte) (list ConfigList, keys []Key, err error) {
	var private *ecdh.PrivateKey
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		switch {
		case block.Type == pemKey && private == nil:
			if private, err = parsePKCS8(block.Bytes); err != nil {
				return nil, nil, ErrPEM
			}
		case block.Type == pemConfig && list == nil:
			if list, err = ParseConfigList(block.Bytes); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, ErrPEM
		}
	}
	if list == nil {
		return nil, nil, ErrPEM
	}
	if private == nil {
		return list, nil, nil
	}
	for _, c := range list {
		if curveOf(c.KEM) == private.Curve() && bytes.Equal(c.PublicKey, private.PublicKey().Bytes()) {
			keys = append(keys, Key{Config: c, PrivateKey: private.Bytes()})
		}
	}
	if keys == nil {
		return nil, nil, ErrPEM
	}
	return list, keys, nil
}

// PEM is k in the form of RFC 9934.
func (k Key) PEM() ([]byte, error) {
	curve := curveOf(k.Config.KEM)
	if curve == nil {
		return nil, ErrPEM
	}
	private, err := curve.NewPrivateKey(k.PrivateKey)
	if err != nil {
		return nil, ErrPEM
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	list, err := ConfigList{k.Config}.Append(nil)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: pemConfig, Bytes: list})...), nil
}

// parsePKCS8 takes a key of a curve that HPKE has.
func parsePKCS8(der []byte) (*ecdh.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case *ecdh.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return key.ECDH()
	}
	return nil, ErrPEM
}

// curveOf is the curve of a KEM, whose keys have the same serialized form; nil
// for others.
func curveOf(kem iana.HPKEKEM) ecdh.Curve {
	switch kem {
	case iana.KEMX25519HKDFSHA256:
		return ecdh.X25519()
	case iana.KEMP256HKDFSHA256:
		return ecdh.P256()
	case iana.KEMP384HKDFSHA384:
		return ecdh.P384()
	case iana.KEMP521HKDFSHA512:
		return ecdh.P521()
	}
	return nil
}
