package stdlib

import (
	"crypto/mlkem"
	"io"

	"patina/core/provider"
)

// hybrid joins a curve with ML-KEM (draft-ietf-tls-ecdhe-mlkem): shares and
// secrets are concatenated, ML-KEM's part first with X25519 and last with the
// NIST curves.
type hybrid struct {
	curve    provider.Group
	size     int // bytes of the curve's share
	kem      kem
	kemFirst bool
}

// X25519MLKEM768 joins ML-KEM-768 with another implementation of X25519.
func X25519MLKEM768(x25519 provider.Group) provider.Group {
	return &hybrid{curve: x25519, size: 32, kem: mlkem768{}, kemFirst: true}
}

// kem is a parameter set of ML-KEM.
type kem interface {
	keySize() int
	ciphertextSize() int
	generate() (decapsulator, error)
	encapsulate(key []byte) (secret, ciphertext []byte, err error)
}

type decapsulator interface {
	// encapsulationKey is the public key.
	encapsulationKey() []byte
	Decapsulate(ciphertext []byte) ([]byte, error)
}

func (*hybrid) IsKEM() bool { return true }

// join concatenates in the hybrid's order.
func (h *hybrid) join(kem, ec []byte) []byte {
	if !h.kemFirst {
		kem, ec = ec, kem
	}
	return append(append(make([]byte, 0, len(kem)+len(ec)), kem...), ec...)
}

// split is join's inverse; kemSize says how long ML-KEM's part must be.
func (h *hybrid) split(share []byte, kemSize int) (kem, ec []byte, err error) {
	if len(share) != kemSize+h.size {
		return nil, nil, provider.ErrKeyShare
	}
	if h.kemFirst {
		return share[:kemSize], share[kemSize:], nil
	}
	return share[h.size:], share[:h.size], nil
}

func (h *hybrid) Generate(rand io.Reader) (provider.PrivateKey, error) {
	ec, err := h.curve.Generate(rand)
	if err != nil {
		return nil, err
	}
	d, err := h.kem.generate()
	if err != nil {
		return nil, err
	}
	return &hybridKey{h, ec, d, h.join(d.encapsulationKey(), ec.Share())}, nil
}

func (h *hybrid) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	key, point, err := h.split(peer, h.kem.keySize())
	if err != nil {
		return nil, nil, err
	}
	ecShare, ecSecret, err := h.curve.Respond(rand, point)
	if err != nil {
		return nil, nil, err
	}
	kemSecret, ciphertext, err := h.kem.encapsulate(key)
	if err != nil {
		return nil, nil, provider.ErrKeyShare
	}
	return h.join(ciphertext, ecShare), h.join(kemSecret, ecSecret), nil
}

type hybridKey struct {
	h     *hybrid
	ec    provider.PrivateKey
	kem   decapsulator
	share []byte
}

func (k *hybridKey) Share() []byte { return k.share }

func (k *hybridKey) Secret(peer []byte) ([]byte, error) {
	ciphertext, point, err := k.h.split(peer, k.h.kem.ciphertextSize())
	if err != nil {
		return nil, err
	}
	ecSecret, err := k.ec.Secret(point)
	if err != nil {
		return nil, err
	}
	kemSecret, err := k.kem.Decapsulate(ciphertext)
	if err != nil {
		return nil, provider.ErrKeyShare
	}
	return k.h.join(kemSecret, ecSecret), nil
}

type mlkem768 struct{}

type key768 struct{ *mlkem.DecapsulationKey768 }

func (k key768) encapsulationKey() []byte { return k.EncapsulationKey().Bytes() }

func (mlkem768) keySize() int        { return mlkem.EncapsulationKeySize768 }
func (mlkem768) ciphertextSize() int { return mlkem.CiphertextSize768 }

func (mlkem768) generate() (decapsulator, error) {
	k, err := mlkem.GenerateKey768()
	return key768{k}, err
}

func (mlkem768) encapsulate(key []byte) (secret, ciphertext []byte, err error) {
	k, err := mlkem.NewEncapsulationKey768(key)
	if err != nil {
		return nil, nil, err
	}
	secret, ciphertext = k.Encapsulate()
	return secret, ciphertext, nil
}

type mlkem1024 struct{}

type key1024 struct{ *mlkem.DecapsulationKey1024 }

func (k key1024) encapsulationKey() []byte { return k.EncapsulationKey().Bytes() }

func (mlkem1024) keySize() int        { return mlkem.EncapsulationKeySize1024 }
func (mlkem1024) ciphertextSize() int { return mlkem.CiphertextSize1024 }

func (mlkem1024) generate() (decapsulator, error) {
	k, err := mlkem.GenerateKey1024()
	return key1024{k}, err
}

func (mlkem1024) encapsulate(key []byte) (secret, ciphertext []byte, err error) {
	k, err := mlkem.NewEncapsulationKey1024(key)
	if err != nil {
		return nil, nil, err
	}
	secret, ciphertext = k.Encapsulate()
	return secret, ciphertext, nil
}
