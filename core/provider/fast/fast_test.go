package fast

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
)

// TestWithStdlib: both implementations agree, whichever begins.
func TestWithStdlib(t *testing.T) {
	for _, g := range []iana.NamedGroup{iana.GroupX25519, iana.GroupX25519MLKEM768, iana.GroupSecp256r1} {
		for _, pair := range [][2]provider.Provider{{New(), stdlib.New()}, {stdlib.New(), New()}, {New(), New()}} {
			k, err := pair[0].Group(g).Generate(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			share, secret, err := pair[1].Group(g).Respond(rand.Reader, k.Share())
			if err != nil {
				t.Fatal(err)
			}
			other, err := k.Secret(share)
			if err != nil || len(secret) < 32 || !bytes.Equal(other, secret) {
				t.Errorf("%v, %s with %s: the secrets differ (%v)", g, pair[0].Name(), pair[1].Name(), err)
			}
		}
	}
}

func TestBadShares(t *testing.T) {
	one := make([]byte, 32) // the point of order 4
	one[0] = 1
	for name, share := range map[string][]byte{"zero": make([]byte, 32), "low order": one, "short": make([]byte, 31), "long": make([]byte, 33), "none": nil} {
		k, err := New().Group(iana.GroupX25519).Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Secret(share); !errors.Is(err, provider.ErrKeyShare) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := New().Group(iana.GroupX25519).Respond(rand.Reader, share); !errors.Is(err, provider.ErrKeyShare) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
