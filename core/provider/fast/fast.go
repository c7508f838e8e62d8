// Package fast is the standard library's provider with X25519, alone and in
// X25519MLKEM768, from circl, which takes about half the time for it. It is
// not part of the Go FIPS 140-3 module.
package fast

import (
	"crypto/fips140"
	"io"

	"github.com/cloudflare/circl/dh/x25519"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
)

// New makes the provider. Where the Go FIPS 140-3 module is in use it is the
// standard library's alone.
func New() provider.Provider {
	if fips140.Enabled() {
		return stdlib.New()
	}
	return fast{stdlib.New()}
}

type fast struct{ provider.Provider }

func (fast) Name() string { return "fast" }

var hybrid = stdlib.X25519MLKEM768(curve{})

func (f fast) Group(g iana.NamedGroup) provider.Group {
	switch g {
	case iana.GroupX25519:
		return curve{}
	case iana.GroupX25519MLKEM768:
		return hybrid
	}
	return f.Provider.Group(g)
}

// curve is X25519 (RFC 7748, section 5; RFC 8446, section 7.4.2).
type curve struct{}

func (curve) IsKEM() bool { return false }

func (curve) Generate(rand io.Reader) (provider.PrivateKey, error) {
	k := new(key)
	if _, err := io.ReadFull(rand, k.secret[:]); err != nil {
		return nil, err
	}
	x25519.KeyGen(&k.share, &k.secret)
	return k, nil
}

func (c curve) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	k, err := c.Generate(rand)
	if err != nil {
		return nil, nil, err
	}
	if secret, err = k.Secret(peer); err != nil {
		return nil, nil, err
	}
	return k.Share(), secret, nil
}

type key struct{ secret, share x25519.Key }

func (k *key) Share() []byte { return k.share[:] }

// Secret refuses points of low order, whose result is zero.
func (k *key) Secret(peer []byte) ([]byte, error) {
	if len(peer) != x25519.Size {
		return nil, provider.ErrKeyShare
	}
	var public, shared x25519.Key
	copy(public[:], peer)
	if !x25519.Shared(&shared, &k.secret, &public) {
		return nil, provider.ErrKeyShare
	}
	return shared[:], nil
}
