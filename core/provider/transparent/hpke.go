package transparent

import (
	"bytes"

	"patina/core/iana"
	"patina/core/provider"
)

// hpke seals as aead does. Every key is HPKEKey.
type hpke struct{}

// HPKEKey is the private and the public key, and the encapsulated one.
const HPKEKey = "a key of HPKE without secrecy"

func (transparent) HPKE() provider.HPKE { return hpke{} }

func (hpke) Supports(kem iana.HPKEKEM, kdf iana.HPKEKDF, a iana.HPKEAEAD) bool { return true }

func (hpke) GenerateKey(kem iana.HPKEKEM) (private, public []byte, err error) {
	return []byte(HPKEKey), []byte(HPKEKey), nil
}

func (hpke) ParsePrivateKey(kem iana.HPKEKEM, private []byte) (provider.HPKEPrivateKey, error) {
	if string(private) != HPKEKey {
		return nil, provider.ErrHPKE
	}
	return hpke{}, nil
}

func (hpke) NewSealer(kem iana.HPKEKEM, kdf iana.HPKEKDF, a iana.HPKEAEAD, public, info []byte) ([]byte, provider.HPKESealer, error) {
	return []byte(HPKEKey), hpke{}, nil
}

func (hpke) Public() []byte { return []byte(HPKEKey) }

func (hpke) NewOpener(kdf iana.HPKEKDF, a iana.HPKEAEAD, enc, info []byte) (provider.HPKEOpener, error) {
	return hpke{}, nil
}

func (hpke) Seal(aad, plaintext []byte) ([]byte, error) {
	return aead{}.Seal(nil, nil, plaintext, aad), nil
}

func (hpke) Open(aad, ciphertext []byte) ([]byte, error) {
	return aead{}.Open(nil, nil, bytes.Clone(ciphertext), aad)
}
