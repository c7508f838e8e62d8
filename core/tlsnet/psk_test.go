package tlsnet

import (
	"bytes"
	"crypto"
	"testing"

	"patina/core"
)

// TestExternalPSK: a key that both have stands for certificates.
func TestExternalPSK(t *testing.T) {
	psk := &core.PSK{Identity: []byte("device 7"), Key: bytes.Repeat([]byte{7}, 32), Hash: crypto.SHA256}
	server, err := NewServer(Config{Settings: core.Settings{PSKs: []*core.PSK{psk}}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := NewClient(Config{Params: core.Params{PSKs: []*core.PSK{psk}}, Roots: newAuthority(t).pool()})
	if err != nil {
		t.Fatal(err)
	}
	c, s := connected(t, client, server)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 1)); err != nil || len(c.State().PeerChain) != 0 || c.State().Resumed {
		t.Errorf("%v, %+v", err, c.State())
	}
}
