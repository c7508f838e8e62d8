package ossl

import (
	"slices"
	"testing"
)

func TestParseCipherBytes(t *testing.T) {
	for _, c := range []struct {
		bytes  []byte
		v2     bool
		want   []uint16
		reason Reason
	}{
		{[]byte{0x13, 1, 0, 0xff, 0xc0, 0x2f, 0xaa, 0xbb}, false, []uint16{0x1301, 0x00ff, 0xc02f, 0xaabb}, 0},
		{[]byte{0, 0x13, 1, 1, 0, 0x80, 0, 0, 0xff}, true, []uint16{0x1301, 0x00ff}, 0},
		{[]byte{7, 0, 0xc0}, true, nil, 0},
		{nil, false, nil, ReasonNoCiphersSpecified},
		{nil, true, nil, ReasonNoCiphersSpecified},
		{[]byte{0x13, 1, 0}, false, nil, ReasonErrorInReceivedCipherList},
		{[]byte{0, 0x13, 1, 0}, true, nil, ReasonErrorInReceivedCipherList},
	} {
		got, err := ParseCipherBytes(c.bytes, c.v2)
		var reason Reason
		if err != nil {
			reason = err.(*Error).Reason
		}
		if !slices.Equal(got, c.want) || reason != c.reason {
			t.Errorf("%x, SSL 2.0's form %v: %x %v; want %x %v", c.bytes, c.v2, got, err, c.want, c.reason)
		}
	}
}
