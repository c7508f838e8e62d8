package suite

import (
	"testing"

	"patina/core/iana"
	"patina/core/provider"
)

func TestSuites(t *testing.T) {
	// Key, fixed IV and explicit nonce in bytes, from RFC 8446, appendix B.4,
	// RFC 5288, RFC 5289, RFC 7905 and RFC 8442.
	want := map[iana.CipherSuite][5]int{
		iana.TLS_AES_128_GCM_SHA256:                        {16, 12, 0, 32, 17},
		iana.TLS_AES_256_GCM_SHA384:                        {32, 12, 0, 48, 17},
		iana.TLS_CHACHA20_POLY1305_SHA256:                  {32, 12, 0, 32, 17},
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       {16, 4, 8, 32, 24},
		iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       {32, 4, 8, 48, 24},
		iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {32, 12, 0, 32, 16},
		iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         {16, 4, 8, 32, 24},
		iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         {32, 4, 8, 48, 24},
		iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   {32, 12, 0, 32, 16},
		iana.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256:         {16, 4, 8, 32, 24},
		iana.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384:         {32, 4, 8, 48, 24},
		iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256:   {32, 12, 0, 32, 16},
	}
	if len(Default()) != len(want) {
		t.Errorf("%d suites by default", len(Default()))
	}
	for _, id := range Default() {
		s := Lookup(id)
		if s == nil || s.ID != id {
			t.Errorf("%v: %+v", id, s)
			continue
		}
		if got := [5]int{s.KeyLen, s.FixedIV, s.ExplicitNonce(), s.HashLen, s.Overhead()}; got != want[id] {
			t.Errorf("%v: %v, want %v", id, got, want[id])
		}
		// RFC 8446, section 5.5: 2^24.5 records of AES-GCM.
		if limit := map[bool]uint64{true: 0, false: 16777216}[s.AEAD == provider.ChaCha20Poly1305]; s.SealLimit != limit {
			t.Errorf("%v: a key seals %d records", id, s.SealLimit)
		}
		delete(want, id)
	}
	for id := range want {
		t.Errorf("%v is not there by default", id)
	}
	for _, id := range []iana.CipherSuite{0, 0x002f, iana.TLS_FALLBACK_SCSV, iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV} {
		if Lookup(id) != nil {
			t.Errorf("%v is a suite", id)
		}
	}
	if Lookup(iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256).Auth != AuthRSA || Lookup(iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256).Auth != AuthECDSA {
		t.Error("authentication")
	}
	if Lookup(iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256).Auth != AuthPSK {
		t.Error("a PSK suite wants a certificate")
	}
}
