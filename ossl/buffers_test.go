package ossl

import (
	"testing"
)

// counted lends buffers and knows how many are out.
type counted struct{ lent int }

func (c *counted) Get(size int) []byte { c.lent++; return make([]byte, size) }
func (c *counted) Put([]byte)          { c.lent-- }

// TestReleaseBuffers: a connection at rest keeps no buffer, that of its last write
// included, of which the engine has not been told yet that it is sent.
func TestReleaseBuffers(t *testing.T) {
	before := Buffers
	defer func() { Buffers = before }()
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		lender := new(counted)
		Buffers = lender
		p := newPair(t, only)
		p.mustHandshake(t)
		var b [512]byte
		for _, w := range []*twin{p.client, p.server} {
			if ret, n := w.run(OpWrite, b[:], 1); ret != 1 || n != len(b) {
				t.Fatalf("write: %d, %d", ret, n)
			}
		}
		for _, w := range []*twin{p.client, p.server} {
			if ret, n := w.run(OpRead, b[:], 1); ret != 1 || n != len(b) {
				t.Fatalf("read: %d, %d", ret, n)
			}
			// The C loop keeps what it has sent when a read finds nothing before Go is asked.
			w.run(OpWrite, b[:1], 1)
			if w.sent == 0 || lender.lent == 0 {
				t.Fatal("the write has left nothing to tell")
			}
			w.ssl.ReleaseBuffers(&Answer{Sent: w.sent, Ended: w.ended})
			w.sent, w.ended = 0, false
		}
		if lender.lent != 0 {
			t.Errorf("%d buffers are still lent", lender.lent)
		}
		// Nor does it need one for a record that one read takes: what the client has written last.
		if ret, n := p.server.run(OpRead, b[:], 1); ret != 1 || n != 1 {
			t.Fatalf("read: %d, %d", ret, n)
		}
		if lender.lent != 0 {
			t.Errorf("%d buffers for a record that was read at once", lender.lent)
		}
	})
}
