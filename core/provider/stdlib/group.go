package stdlib

import (
	"crypto/ecdh"
	"io"

	"patina/core/iana"
	"patina/core/provider"
)

// groups are shared and without state.
var (
	p256   = &curve{ecdh.P256(), 65}
	p384   = &curve{ecdh.P384(), 97}
	p521   = &curve{ecdh.P521(), 133}
	x25519 = &curve{ecdh.X25519(), 32}

	x25519mlkem768 = X25519MLKEM768(x25519)
	p256mlkem768   = &hybrid{curve: p256, size: p256.size, kem: mlkem768{}}
	p384mlkem1024  = &hybrid{curve: p384, size: p384.size, kem: mlkem1024{}}
)

func groupOf(g iana.NamedGroup) provider.Group {
	switch g {
	case iana.GroupX25519:
		return x25519
	case iana.GroupSecp256r1:
		return p256
	case iana.GroupSecp384r1:
		return p384
	case iana.GroupSecp521r1:
		return p521
	case iana.GroupMLKEM768:
		return pure{mlkem768{}}
	case iana.GroupMLKEM1024:
		return pure{mlkem1024{}}
	case iana.GroupX25519MLKEM768:
		return x25519mlkem768
	case iana.GroupSecP256r1MLKEM768:
		return p256mlkem768
	case iana.GroupSecP384r1MLKEM1024:
		return p384mlkem1024
	}
	return nil
}

// curve is (EC)DH (RFC 8446, section 4.2.8.2).
type curve struct {
	c    ecdh.Curve
	size int // bytes of a share
}

func (*curve) IsKEM() bool { return false }

func (c *curve) Generate(rand io.Reader) (provider.PrivateKey, error) {
	k, err := c.c.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	return &curveKey{c, k, k.PublicKey().Bytes()}, nil
}

func (c *curve) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	k, err := c.c.GenerateKey(rand)
	if err != nil {
		return nil, nil, err
	}
	if secret, err = c.secret(k, peer); err != nil {
		return nil, nil, err
	}
	return k.PublicKey().Bytes(), secret, nil
}

// secret refuses points not on the curve and, as RFC 8446, section 7.4.2, asks,
// X25519's all-zero result.
func (c *curve) secret(k *ecdh.PrivateKey, peer []byte) ([]byte, error) {
	if len(peer) != c.size {
		return nil, provider.ErrKeyShare
	}
	pub, err := c.c.NewPublicKey(peer)
	if err != nil {
		return nil, provider.ErrKeyShare
	}
	s, err := k.ECDH(pub)
	if err != nil {
		return nil, provider.ErrKeyShare
	}
	return s, nil
}

type curveKey struct {
	c     *curve
	k     *ecdh.PrivateKey
	share []byte
}

func (k *curveKey) Share() []byte                      { return k.share }
func (k *curveKey) Secret(peer []byte) ([]byte, error) { return k.c.secret(k.k, peer) }
