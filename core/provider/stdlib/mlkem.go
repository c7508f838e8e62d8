package stdlib

import (
	"io"

	"patina/core/provider"
)

// pure is ML-KEM alone (draft-ietf-tls-mlkem): for those whose rules want it, and
// never a default, since nothing is left if it should turn out to be weak.
type pure struct{ kem kem }

func (pure) IsKEM() bool { return true }

func (p pure) Generate(io.Reader) (provider.PrivateKey, error) {
	d, err := p.kem.generate()
	if err != nil {
		return nil, err
	}
	return &pureKey{p.kem, d, d.encapsulationKey()}, nil
}

func (p pure) Respond(_ io.Reader, peer []byte) (share, secret []byte, err error) {
	if len(peer) != p.kem.keySize() {
		return nil, nil, provider.ErrKeyShare
	}
	secret, share, err = p.kem.encapsulate(peer)
	if err != nil {
		return nil, nil, provider.ErrKeyShare
	}
	return share, secret, nil
}

type pureKey struct {
	kem   kem
	key   decapsulator
	share []byte
}

func (k *pureKey) Share() []byte { return k.share }

func (k *pureKey) Secret(peer []byte) ([]byte, error) {
	if len(peer) != k.kem.ciphertextSize() {
		return nil, provider.ErrKeyShare
	}
	secret, err := k.key.Decapsulate(peer)
	if err != nil {
		return nil, provider.ErrKeyShare
	}
	return secret, nil
}
