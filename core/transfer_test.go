package core

import (
	"bytes"
	"testing"

	"patina/core/iana"
)

// Transfers in memory: their speed, and that they allocate nothing.

// bareTransport moves bytes between two engines without a copy too many.
type bareTransport struct{ toClient, toServer []byte }

func (t *bareTransport) step(b testing.TB, c *Conn, in, out *[]byte) (done bool) {
	for {
		w, err := c.Handshake()
		if err != nil {
			b.Fatal(err)
		}
		switch w {
		case WaitNone:
			return true
		case WaitWrite:
			*out = append(*out, c.Output()...)
			c.Sent(len(c.Output()))
		case WaitRead:
			if len(*in) == 0 {
				return false
			}
			buf, _ := c.ReadBuffer()
			n := copy(buf, *in)
			*in = (*in)[:copy(*in, (*in)[n:])]
			c.Received(n)
		case WaitVerify:
			if err := c.AnswerVerify(AcceptVerified()); err != nil {
				b.Fatal(err)
			}
		default:
			b.Fatal(w)
		}
	}
}

func (t *bareTransport) handshake(b testing.TB, c, s *Conn) {
	t.toClient, t.toServer = t.toClient[:0], t.toServer[:0]
	for range 10 {
		cd := t.step(b, c, &t.toClient, &t.toServer)
		sd := t.step(b, s, &t.toServer, &t.toClient)
		if cd && sd {
			return
		}
	}
	b.Fatal("no end")
}

// established is a pair of engines with the handshake done.
func established(b testing.TB, v iana.ProtocolVersion) (c, s *Conn) {
	c = NewClient(configOf(b, nil), Params{MinVersion: v, MaxVersion: v})
	s = NewServer(serverOf(b, nil), Params{MinVersion: v, MaxVersion: v})
	var t bareTransport
	t.handshake(b, c, s)
	return c, s
}

// transfer moves p from one engine to the other and reads it into q.
func transfer(b testing.TB, from, to *Conn, p, q []byte) {
	for len(p) > 0 {
		n, _, err := from.Write(p)
		if err != nil {
			b.Fatal(err)
		}
		p = p[n:]
		for out := from.Output(); len(out) > 0; out = from.Output() {
			buf, _ := to.ReadBuffer()
			k := copy(buf, out)
			to.Received(k)
			from.Sent(k)
			for {
				k, w, err := to.Read(q)
				if err != nil {
					b.Fatal(err)
				}
				if w == WaitRead {
					break
				}
				q = q[k:]
			}
		}
	}
}

func BenchmarkTransfer(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 16 << 10, 256 << 10} {
		for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
			b.Run(v.String()+"/"+byteSize(size), func(b *testing.B) {
				c, s := established(b, v)
				p, q := bytes.Repeat([]byte("x"), size), make([]byte, size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					transfer(b, s, c, p, q)
				}
			})
		}
	}
}

func byteSize(n int) string {
	if n < 1<<10 {
		return string(rune('0'+n/10)) + string(rune('0'+n%10)) + "B"
	}
	return map[int]string{1 << 10: "1K", 16 << 10: "16K", 256 << 10: "256K"}[n]
}

// TestTransferAllocatesNothing is the steady state.
func TestTransferAllocatesNothing(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		c, s := established(t, v)
		// A garbage collection may empty the pools of the default.
		c.cfg.Buffers, s.cfg.Buffers = new(freeList), new(freeList)
		for _, size := range []int{1, 1 << 10, 16 << 10, 100 << 10} {
			p, q := bytes.Repeat([]byte("x"), size), make([]byte, size)
			if n := testing.AllocsPerRun(100, func() { transfer(t, s, c, p, q); transfer(t, c, s, p, q) }); n != 0 {
				t.Errorf("%v, %d bytes: %v allocations", v, size, n)
			}
			if !bytes.Equal(p, q) {
				t.Error("the data has changed")
			}
		}
	}
}

// freeList lends buffers and keeps what it gets back.
type freeList struct{ free [8][]byte }

func (l *freeList) Get(size int) []byte {
	for i, b := range l.free {
		if len(b) == size {
			l.free[i] = nil
			return b
		}
	}
	return make([]byte, size)
}

func (l *freeList) Put(b []byte) {
	for i := range l.free {
		if l.free[i] == nil {
			l.free[i] = b
			return
		}
	}
}
