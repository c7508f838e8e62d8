package ossl

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// TestNotePeerNames: a name that is no name is left out, the others stay in order.
func TestNotePeerNames(t *testing.T) {
	var good [][]byte
	for _, cn := range []string{"a", "b"} {
		der, err := asn1.Marshal(pkix.Name{CommonName: cn}.ToRDNSequence())
		if err != nil {
			t.Fatal(err)
		}
		good = append(good, der)
	}
	empty := []byte{0x30, 0}
	s := new(SSL)
	s.notePeerNames([][]byte{good[0], {0x30, 0x82}, append(bytes.Clone(good[1]), 0), nil, {0x02, 1, 0}, empty, good[1]})
	want := [][]byte{good[0], empty, good[1]}
	if len(s.peerNames) != len(want) {
		t.Fatalf("kept %d names, want %d", len(s.peerNames), len(want))
	}
	for i := range want {
		if string(s.peerNames[i]) != string(want[i]) {
			t.Errorf("name %d is %x, want %x", i, s.peerNames[i], want[i])
		}
	}
	if s.notePeerNames(nil); s.peerNames != nil {
		t.Error("a request without names left those of the one before")
	}
}
