package stdlib

import (
	"bytes"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
)

// TestHPKE seals to every KEM with every KDF and AEAD, and opens in order.
func TestHPKE(t *testing.T) {
	h := New().HPKE()
	for _, kem := range []iana.HPKEKEM{iana.KEMX25519HKDFSHA256, iana.KEMP256HKDFSHA256, iana.KEMP384HKDFSHA384, iana.KEMP521HKDFSHA512} {
		private, public, err := h.GenerateKey(kem)
		if err != nil {
			t.Fatal(err)
		}
		key, err := h.ParsePrivateKey(kem, private)
		if err != nil || !bytes.Equal(key.Public(), public) {
			t.Fatalf("%v: %v", kem, err)
		}
		for _, kdf := range []iana.HPKEKDF{iana.KDFHKDFSHA256, iana.KDFHKDFSHA384, iana.KDFHKDFSHA512} {
			for _, aead := range []iana.HPKEAEAD{iana.AEADAES128GCM, iana.AEADAES256GCM, iana.AEADChaCha20Poly1305} {
				if !h.Supports(kem, kdf, aead) {
					t.Errorf("%v %v %v is not there", kem, kdf, aead)
				}
				enc, sealer, err := h.NewSealer(kem, kdf, aead, public, []byte("info"))
				if err != nil {
					t.Fatal(err)
				}
				opener, err := key.NewOpener(kdf, aead, enc, []byte("info"))
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range []string{"one", "two"} {
					sealed, err := sealer.Seal([]byte("aad"), []byte(text))
					if err != nil || len(sealed) != len(text)+provider.HPKETagLen {
						t.Fatalf("%d bytes, %v", len(sealed), err)
					}
					if _, err := opener.Open([]byte("other"), sealed); err == nil {
						t.Error("opened with other data")
					}
					if got, err := opener.Open([]byte("aad"), sealed); err != nil || string(got) != text {
						t.Errorf("%v %v %v: %q, %v", kem, kdf, aead, got, err)
					}
				}
				if other, err := key.NewOpener(kdf, aead, enc, []byte("other")); err == nil {
					sealed, _ := sealer.Seal(nil, []byte("x"))
					if _, err := other.Open(nil, sealed); err == nil {
						t.Error("opened with other info")
					}
				}
			}
		}
		for _, bad := range [][]byte{nil, private[1:], append(private[:len(private):len(private)], 0)} {
			if _, err := h.ParsePrivateKey(kem, bad); err != provider.ErrHPKE {
				t.Errorf("%v: a private key of %d bytes: %v", kem, len(bad), err)
			}
		}
		for _, bad := range [][]byte{nil, public[1:], append(public[:len(public):len(public)], 0)} {
			if _, _, err := h.NewSealer(kem, iana.KDFHKDFSHA256, iana.AEADAES128GCM, bad, nil); err != provider.ErrHPKE {
				t.Errorf("%v: a public key of %d bytes: %v", kem, len(bad), err)
			}
			if _, err := key.NewOpener(iana.KDFHKDFSHA256, iana.AEADAES128GCM, bad, nil); err != provider.ErrHPKE {
				t.Errorf("%v: an encapsulated key of %d bytes: %v", kem, len(bad), err)
			}
		}
	}
}

// TestHPKEUnknown: what is not there is said so, an AEAD that encrypts nothing
// included.
func TestHPKEUnknown(t *testing.T) {
	h := New().HPKE()
	private, public, err := h.GenerateKey(iana.KEMX25519HKDFSHA256)
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.ParsePrivateKey(iana.KEMX25519HKDFSHA256, private)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kem  iana.HPKEKEM
		kdf  iana.HPKEKDF
		aead iana.HPKEAEAD
	}{
		{0x7777, iana.KDFHKDFSHA256, iana.AEADAES128GCM},
		{iana.KEMX25519HKDFSHA256, 0x7777, iana.AEADAES128GCM},
		{iana.KEMX25519HKDFSHA256, iana.KDFHKDFSHA256, 0x7777},
		{iana.KEMX25519HKDFSHA256, iana.KDFHKDFSHA256, 0xffff},
	} {
		if h.Supports(tt.kem, tt.kdf, tt.aead) {
			t.Errorf("%v %v %v", tt.kem, tt.kdf, tt.aead)
		}
		if _, _, err := h.NewSealer(tt.kem, tt.kdf, tt.aead, public, nil); err != provider.ErrUnsupported {
			t.Errorf("%v %v %v: %v", tt.kem, tt.kdf, tt.aead, err)
		}
		if tt.kem == iana.KEMX25519HKDFSHA256 {
			if _, err := key.NewOpener(tt.kdf, tt.aead, make([]byte, 32), nil); err != provider.ErrUnsupported {
				t.Errorf("%v %v: %v", tt.kdf, tt.aead, err)
			}
		}
	}
	if _, _, err := h.GenerateKey(0x7777); err != provider.ErrUnsupported {
		t.Error(err)
	}
	if _, err := h.ParsePrivateKey(0x7777, private); err != provider.ErrUnsupported {
		t.Error(err)
	}
}
