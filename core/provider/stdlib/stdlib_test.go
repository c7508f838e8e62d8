package stdlib

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"hash"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/rsapss"
)

var groupSizes = map[iana.NamedGroup][2]int{ // of the two sides' shares
	iana.GroupX25519: {32, 32}, iana.GroupSecp256r1: {65, 65}, iana.GroupSecp384r1: {97, 97}, iana.GroupSecp521r1: {133, 133},
	iana.GroupMLKEM768: {1184, 1088}, iana.GroupMLKEM1024: {1568, 1568},
	iana.GroupX25519MLKEM768: {1216, 1120}, iana.GroupSecP256r1MLKEM768: {1249, 1153}, iana.GroupSecP384r1MLKEM1024: {1665, 1665},
}

func TestGroups(t *testing.T) {
	p := New()
	for id, sizes := range groupSizes {
		g := p.Group(id)
		if g == nil {
			t.Errorf("no %v", id)
			continue
		}
		if g.IsKEM() != (sizes[0] > 200) {
			t.Errorf("%v: IsKEM %v", id, g.IsKEM())
		}
		k, err := g.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		share, secret, err := g.Respond(rand.Reader, k.Share())
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Secret(share)
		if err != nil || !bytes.Equal(got, secret) || len(k.Share()) != sizes[0] || len(share) != sizes[1] {
			t.Errorf("%v: %v, shares of %d and %d", id, err, len(k.Share()), len(share))
		}
		k2, _ := g.Generate(rand.Reader)
		if other, err := k2.Secret(share); err == nil && bytes.Equal(other, secret) {
			t.Errorf("%v: another key makes the same secret", id)
		}
		// Shares of every wrong length, and of nothing but ones.
		for _, n := range []int{0, 1, sizes[1] - 1, sizes[1] + 1} {
			if _, err := k.Secret(make([]byte, n)); err != provider.ErrKeyShare {
				t.Errorf("%v: share of %d: %v", id, n, err)
			}
		}
		for _, n := range []int{0, 1, sizes[0] - 1, sizes[0] + 1} {
			if _, _, err := g.Respond(rand.Reader, make([]byte, n)); err != provider.ErrKeyShare {
				t.Errorf("%v: responding to a share of %d: %v", id, n, err)
			}
		}
		if _, ok := g.(pure); ok {
			continue // where every ciphertext decapsulates to something
		}
		// The all-zero share is a small-order point on X25519 and no point on
		// the NIST curves.
		if _, err := k.Secret(make([]byte, sizes[1])); err != provider.ErrKeyShare {
			t.Errorf("%v: zeros: %v", id, err)
		}
		if _, _, err := g.Respond(rand.Reader, make([]byte, sizes[0])); err != provider.ErrKeyShare {
			t.Errorf("%v: responding to zeros: %v", id, err)
		}
	}
	for _, id := range []iana.NamedGroup{0, iana.GroupX448, iana.GroupFfdhe2048} {
		if p.Group(id) != nil {
			t.Errorf("%v is there", id)
		}
	}
}

func TestHybridOrder(t *testing.T) {
	p := New()
	for id, want := range map[iana.NamedGroup]byte{iana.GroupSecP256r1MLKEM768: 4, iana.GroupSecP384r1MLKEM1024: 4} {
		k, err := p.Group(id).Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if k.Share()[0] != want {
			t.Errorf("%v does not begin with a point", id)
		}
	}
	h := x25519mlkem768.(*hybrid)
	kem, ec, err := h.split(make([]byte, 1216), 1184)
	if err != nil || len(kem) != 1184 || len(ec) != 32 {
		t.Errorf("%d, %d, %v", len(kem), len(ec), err)
	}
}

func TestAEAD(t *testing.T) {
	p := New()
	for a, n := range map[provider.AEAD]int{provider.AES128GCM: 16, provider.AES256GCM: 32, provider.ChaCha20Poly1305: 32} {
		c, err := p.NewAEAD(a, make([]byte, n))
		if err != nil || c.NonceSize() != 12 || c.Overhead() != 16 {
			t.Errorf("%d: %v", a, err)
		}
		for _, bad := range []int{0, n - 1, n + 1, 24} {
			if _, err := p.NewAEAD(a, make([]byte, bad)); err == nil {
				t.Errorf("%d takes a key of %d bytes", a, bad)
			}
		}
	}
	if _, err := p.NewAEAD(0, make([]byte, 16)); err != provider.ErrUnsupported {
		t.Error(err)
	}
}

func TestHash(t *testing.T) {
	p := New()
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		got := p.NewHash(h)
		if _, ok := got.(hash.Cloner); !ok {
			t.Errorf("%v cannot be cloned", h)
		}
		if got == nil || got.Size() != h.Size() {
			t.Errorf("%v: %v", h, got)
		}
	}
	if p.NewHash(crypto.MD5) != nil {
		t.Error("MD5 is there")
	}
}

// keys are one of each kind.
func testKeys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]crypto.Signer{"rsa": r}
	if m["pss"], err = rsapss.NewSigner(r, nil); err != nil {
		t.Fatal(err)
	}
	if m["pss384"], err = rsapss.NewSigner(r, &rsapss.Params{Hash: crypto.SHA384, MGFHash: crypto.SHA384, Salt: 48}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		if m[name], err = ecdsa.GenerateKey(c, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	_, m["ed25519"], err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSignatures signs with every key by every scheme, and verifies with every
// key.
func TestSignatures(t *testing.T) {
	p, keys := New(), testKeys(t)
	kinds := map[string]provider.KeyType{"rsa": provider.KeyRSA, "pss": provider.KeyRSAPSS, "pss384": provider.KeyRSAPSS,
		"p256": provider.KeyECDSA, "p384": provider.KeyECDSA,
		"p521": provider.KeyECDSA, "ed25519": provider.KeyEd25519}
	curves := map[string]iana.NamedGroup{"p256": iana.GroupSecp256r1, "p384": iana.GroupSecp384r1, "p521": iana.GroupSecp521r1}
	schemes := []iana.SignatureScheme{
		iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512,
		iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512,
		iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512, iana.SigEd25519,
		iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512,
	}
	message := bytes.Repeat([]byte("message "), 20)
	verified := 0
	for name, key := range keys {
		s, err := NewSigner(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, scheme := range schemes {
			info, ok := provider.SchemeOf(scheme)
			if !ok {
				t.Fatalf("%v", scheme)
			}
			fits := info.Key == kinds[name] && (name != "pss384" || info.Hash == crypto.SHA384)
			sig, err := s.Sign(rand.Reader, scheme, message)
			if (err == nil) != fits {
				t.Errorf("%s, %v: %v", name, scheme, err)
			}
			if !fits {
				continue
			}
			for other, k := range keys {
				for _, bind := range []bool{false, true} {
					err := p.Verify(k.Public(), scheme, bind, message, sig)
					same := other == name || name == "pss384" && other == "pss" || name == "pss" && other == "pss384" && info.Hash == crypto.SHA384
					switch {
					case same && (!bind || info.Key != provider.KeyECDSA || info.Curve == curves[name]):
						verified++
						if err != nil {
							t.Errorf("%s, %v, bound %v: %v", name, scheme, bind, err)
						}
						if err := p.Verify(k.Public(), scheme, bind, message[1:], sig); err != provider.ErrSignature {
							t.Errorf("%s, %v: another message: %v", name, scheme, err)
						}
						if err := p.Verify(k.Public(), scheme, bind, message, sig[:len(sig)-1]); err != provider.ErrSignature {
							t.Errorf("%s, %v: shortened: %v", name, scheme, err)
						}
					case err == nil:
						t.Errorf("%s verifies %s, %v, bound %v", other, name, scheme, bind)
					}
				}
			}
		}
	}
	if verified < 35 {
		t.Errorf("%d verified", verified)
	}
	if err := p.Verify(keys["rsa"].Public(), 0x0101, false, message, nil); err != provider.ErrUnsupported {
		t.Error(err)
	}
	for _, scheme := range []iana.SignatureScheme{iana.SigRSAPKCS1SHA1, iana.SigECDSASHA1, iana.SigRSAPKCS1SHA224, iana.SigECDSASHA224} {
		if _, ok := provider.SchemeOf(scheme); ok {
			t.Errorf("%v is there", scheme)
		}
		for name, key := range keys {
			s, _ := NewSigner(key)
			if _, err := s.Sign(rand.Reader, scheme, message); err != provider.ErrUnsupported {
				t.Errorf("%s signs with %v: %v", name, scheme, err)
			}
			if err := p.Verify(key.Public(), scheme, false, message, nil); err != provider.ErrUnsupported {
				t.Errorf("%s, %v: %v", name, scheme, err)
			}
		}
	}
	if err := p.Verify("no key", iana.SigEd25519, false, message, nil); err != provider.ErrKeyType {
		t.Error(err)
	}
}

func TestSigner(t *testing.T) {
	keys := testKeys(t)
	want := map[string]int{"rsa": 6, "pss": 3, "pss384": 1, "p256": 1, "p384": 1, "p521": 1, "ed25519": 1}
	for name, key := range keys {
		s, err := NewSigner(key)
		if err != nil || len(s.Schemes()) != want[name] || s.Public() == nil {
			t.Errorf("%s: %v, %v", name, s.Schemes(), err)
		}
		for _, scheme := range s.Schemes() {
			if _, err := s.Sign(rand.Reader, scheme, []byte("m")); err != nil {
				t.Errorf("%s cannot %v: %v", name, scheme, err)
			}
		}
	}
	k, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(k); err != ErrKey {
		t.Error(err)
	}
}
