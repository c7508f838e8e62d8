package stdlib

import (
	hpkelib "crypto/hpke"

	"patina/core/iana"
	"patina/core/provider"
)

// hpke is HPKE by crypto/hpke, which takes its randomness itself.
type hpke struct{}

func (stdlib) HPKE() provider.HPKE { return hpke{} }

// hpkeSuite finds KDF and AEAD; ok is false if one is not there or encrypts
// nothing.
func hpkeSuite(kdf iana.HPKEKDF, aead iana.HPKEAEAD) (k hpkelib.KDF, a hpkelib.AEAD, ok bool) {
	switch aead {
	case iana.AEADAES128GCM, iana.AEADAES256GCM, iana.AEADChaCha20Poly1305:
	default:
		return nil, nil, false
	}
	k, err := hpkelib.NewKDF(uint16(kdf))
	if err != nil {
		return nil, nil, false
	}
	a, err = hpkelib.NewAEAD(uint16(aead))
	return k, a, err == nil
}

func (hpke) Supports(kem iana.HPKEKEM, kdf iana.HPKEKDF, aead iana.HPKEAEAD) bool {
	_, err := hpkelib.NewKEM(uint16(kem))
	_, _, ok := hpkeSuite(kdf, aead)
	return err == nil && ok
}

func (hpke) GenerateKey(kem iana.HPKEKEM) (private, public []byte, err error) {
	k, err := hpkelib.NewKEM(uint16(kem))
	if err != nil {
		return nil, nil, provider.ErrUnsupported
	}
	key, err := k.GenerateKey()
	if err != nil {
		return nil, nil, err
	}
	private, err = key.Bytes()
	return private, key.PublicKey().Bytes(), err
}

func (hpke) ParsePrivateKey(kem iana.HPKEKEM, private []byte) (provider.HPKEPrivateKey, error) {
	k, err := hpkelib.NewKEM(uint16(kem))
	if err != nil {
		return nil, provider.ErrUnsupported
	}
	key, err := k.NewPrivateKey(private)
	if err != nil {
		return nil, provider.ErrHPKE
	}
	return hpkeKey{key}, nil
}

func (hpke) NewSealer(kem iana.HPKEKEM, kdf iana.HPKEKDF, aead iana.HPKEAEAD, public, info []byte) ([]byte, provider.HPKESealer, error) {
	k, err := hpkelib.NewKEM(uint16(kem))
	d, a, ok := hpkeSuite(kdf, aead)
	if err != nil || !ok {
		return nil, nil, provider.ErrUnsupported
	}
	key, err := k.NewPublicKey(public)
	if err != nil {
		return nil, nil, provider.ErrHPKE
	}
	enc, s, err := hpkelib.NewSender(key, d, a, info)
	if err != nil {
		return nil, nil, err
	}
	return enc, s, nil
}

type hpkeKey struct{ key hpkelib.PrivateKey }

func (k hpkeKey) Public() []byte { return k.key.PublicKey().Bytes() }

func (k hpkeKey) NewOpener(kdf iana.HPKEKDF, aead iana.HPKEAEAD, enc, info []byte) (provider.HPKEOpener, error) {
	d, a, ok := hpkeSuite(kdf, aead)
	if !ok {
		return nil, provider.ErrUnsupported
	}
	r, err := hpkelib.NewRecipient(enc, k.key, d, a, info)
	if err != nil {
		return nil, provider.ErrHPKE
	}
	return r, nil
}
