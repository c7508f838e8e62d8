package core

import (
	"testing"
)

// TestReadBuffer: a larger buffer takes several records at once, within its limit.
func TestReadBuffer(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), Params{}), NewServer(serverOf(t, nil), Params{}))
	p.mustHandshake(t)
	for _, c := range []struct{ set, want int }{
		{0, inputSize}, {-1, inputSize}, {100, inputSize}, {100_000, 100_000}, {maxReadBuffer + 1, maxReadBuffer},
	} {
		p.client.ReleaseBuffers()
		p.client.SetReadBuffer(c.set)
		buf, need := p.client.ReadBuffer()
		if lead := c.want - len(buf); lead < 0 || lead > 64 {
			t.Errorf("%d: a buffer of %d, want %d", c.set, len(buf), c.want)
		}
		if need <= 0 {
			t.Errorf("%d: nothing is needed", c.set)
		}
	}
	p.client.ReleaseBuffers()
	p.client.SetReadBuffer(100_000)
	p.exchange(t)
}
