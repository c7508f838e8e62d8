package wire

import (
	"crypto/rand"
	"slices"
	"testing"

	"patina/core/iana"
)

// TestRandomOrder: every extension once, pre_shared_key last, the same message
// in another order.
func TestRandomOrder(t *testing.T) {
	first := make(map[uint8]bool)
	for range 200 {
		var random [OrderBytes]byte
		rand.Read(random[:])
		order := RandomOrder(random[:])
		sorted := slices.Sorted(slices.Values(order))
		for i, v := range sorted {
			if int(v) != i {
				t.Fatalf("%v is no permutation", order)
			}
		}
		if len(order) != len(registry) || registry[order[len(order)-1]].typ != iana.ExtPreSharedKey {
			t.Fatalf("%v", order)
		}
		first[order[0]] = true

		m := &ClientHello{LegacyVersion: iana.VersionTLS12, Random: make([]byte, 32), CompressionMethods: []byte{0},
			CipherSuites: []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}, ServerName: "example.org", ALPN: []string{"h2"},
			Groups: []iana.NamedGroup{iana.GroupX25519}, SignatureSchemes: []iana.SignatureScheme{iana.SigEd25519},
			SupportedVersions: []iana.ProtocolVersion{iana.VersionTLS13}, OffersKeyShares: true, PSKModes: []byte{PSKModeDHEKE},
			Identities: []PSKIdentity{{Identity: []byte("x")}}, Binders: [][]byte{make([]byte, 32)}, Order: order}
		plain := *m
		plain.Order = nil
		a, b := AppendClientHello(nil, m), AppendClientHello(nil, &plain)
		var got, want ClientHello
		if err := ParseClientHello(&got, a); err != nil {
			t.Fatal(err)
		}
		if err := ParseClientHello(&want, b); err != nil {
			t.Fatal(err)
		}
		if got.Set != want.Set || len(a) != len(b) || len(got.Extensions) != len(want.Extensions) || m.BindersLen() != plain.BindersLen() {
			t.Errorf("%v: %v, %v", order, got.Extensions, want.Extensions)
		}
	}
	if len(first) < len(registry)/2 {
		t.Errorf("%d of %d extensions came first", len(first), len(registry))
	}
}
