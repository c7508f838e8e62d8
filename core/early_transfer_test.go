package core

import (
	"bytes"
	"testing"
)

// TestEarlyDataLong: much early data, in pieces of all sizes, through a transport
// that takes and gives a few bytes at a time; no byte is lost, or comes twice.
func TestEarlyDataLong(t *testing.T) {
	const total = 300_000
	data := make([]byte, total)
	for i := range data {
		data[i] = byte(i*i>>7 ^ i)
	}
	peers := earlyPeersOf(t, nil)
	peers.sparams.MaxEarlyData = total
	peers.meet(t)
	p := peers.pair()
	var got []byte
	rest := data
	step := func(e *end, to, from *bytes.Buffer, op func() (Wait, error), n int) error {
		w, err := op()
		if out := e.Output(); len(out) > 0 {
			n := min(n, len(out))
			to.Write(out[:n])
			e.Sent(n)
		}
		if w == WaitRead && from.Len() > 0 {
			buf, _ := e.ReadBuffer()
			k, _ := from.Read(buf[:min(n, len(buf))])
			e.Received(k)
		}
		return err
	}
	for i := 0; len(got) < total; i++ {
		size := 1 + i*7919%20000
		if err := step(p.client, &p.toServer, &p.toClient, func() (Wait, error) {
			n, w, err := p.client.WriteEarly(rest[:min(size, len(rest))])
			rest = rest[n:]
			return w, err
		}, size); err != nil {
			t.Fatal(err)
		}
		var b [3000]byte
		if err := step(p.server, &p.toClient, &p.toServer, func() (Wait, error) {
			n, w, err := p.server.ReadEarly(b[:])
			got = append(got, b[:n]...)
			return w, err
		}, size); err != nil {
			t.Fatal(err)
		}
		if i > 100_000 {
			t.Fatalf("%d bytes of %d", len(got), total)
		}
	}
	if !bytes.Equal(got, data) {
		t.Fatal("other bytes")
	}
	if p.client.EarlyLeft() != 0 || p.server.EarlyLeft() != 0 {
		t.Errorf("%d and %d left", p.client.EarlyLeft(), p.server.EarlyLeft())
	}
	p.mustHandshake(t)
}
