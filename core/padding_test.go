package core

import (
	"bytes"
	"testing"

	"patina/core/iana"
	"patina/core/record"
)

// TestPadding: records of TLS 1.3 come to a multiple of the block, or to what the
// owner has said, within the fragment; what they carry stays the same.
func TestPadding(t *testing.T) {
	const over = record.HeaderLen + 16 // header and tag
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		c, s := established(t, v)
		plain := over + 1
		if v == iana.VersionTLS12 {
			plain = over + 8 // no type; AES-GCM's explicit nonce
		}
		for _, tt := range []struct{ block, exact, fragment, data, want13 int }{
			{0, -1, 0, 10, 11},
			{1, -1, 0, 10, 11},
			{128, -1, 0, 10, 128},
			{128, -1, 0, 127, 128},
			{128, -1, 0, 128, 256},
			{100, -1, 0, 150, 200},
			{16384, -1, 0, 1, 16384},
			{16384, -1, 0, 16384, 16385},
			{4096, -1, 1024, 10, 1024},
			{4096, -1, 1024, 1024, 1025},
			{0, 50, 0, 10, 61},
			{128, 0, 0, 10, 11},
			{0, 1 << 20, 2048, 10, 2048},
		} {
			c.SetMaxFragment(tt.fragment)
			c.SetBlockPadding(tt.block)
			if tt.exact >= 0 {
				c.PadNext(tt.exact)
			}
			data, got := bytes.Repeat([]byte{7}, tt.data), make([]byte, tt.data)
			n, _, err := c.Write(data)
			if err != nil || n != tt.data {
				t.Fatal(n, err)
			}
			want := tt.want13 + over
			if v == iana.VersionTLS12 {
				want = tt.data + plain
			}
			if len(c.Output()) != want {
				t.Errorf("%v %+v: %d bytes, want %d", v, tt, len(c.Output()), want)
			}
			buf, _ := s.ReadBuffer()
			k := copy(buf, c.Output())
			s.Received(k)
			c.Sent(k)
			if n, _, err := s.Read(got); err != nil || !bytes.Equal(got[:n], data) {
				t.Fatalf("%v %+v: %d bytes, %v", v, tt, n, err)
			}
		}
	}
}

// TestPaddedHandshake: everything that TLS 1.3 protects is padded, the alert too,
// and a write of many records fits.
func TestPaddedHandshake(t *testing.T) {
	c, s := NewClient(configOf(t, nil), Params{}), NewServer(serverOf(t, nil), Params{})
	s.SetBlockPadding(512)
	var tr bareTransport
	tr.handshake(t, c, s)
	p, q := bytes.Repeat([]byte("x"), 200_000), make([]byte, 200_000)
	transfer(t, s, c, p, q)
	if !bytes.Equal(p, q) {
		t.Error("the data has changed")
	}
	s.CloseNotify()
	if n := len(s.Output()); n != record.HeaderLen+512+16 {
		t.Errorf("close_notify takes %d bytes", n)
	}
}
