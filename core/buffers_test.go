package core

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"patina/core/iana"
	"patina/core/record"
)

// lender counts what it lends.
type lender struct {
	sync.Mutex
	out   int
	total int
	sizes map[int]int
}

func (l *lender) Get(size int) []byte {
	l.Lock()
	defer l.Unlock()
	l.out++
	l.total++
	if l.sizes == nil {
		l.sizes = map[int]int{}
	}
	l.sizes[size]++
	b := make([]byte, size)
	for i := range b {
		b[i] = 0xaa
	}
	return b
}

func (l *lender) Put(b []byte) {
	l.Lock()
	defer l.Unlock()
	l.out--
	for i := range b {
		b[i] = 0xbb // whoever still uses it will notice
	}
}

// TestBuffers: what is borrowed is given back, and nothing is held at rest.
func TestBuffers(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		l := new(lender)
		versions := Params{MinVersion: v, MaxVersion: v}
		p := newPair(NewClient(configOf(t, func(s *Settings) { s.Buffers = l }), versions),
			NewServer(serverOf(t, func(s *Settings) { s.Buffers = l }), versions))
		p.mustHandshake(t)
		p.exchange(t)
		if len(p.client.Output())+p.client.Buffered()+p.client.Unprocessed() != 0 {
			t.Error("the client is not at rest")
		}
		p.client.ReleaseBuffers()
		p.server.ReleaseBuffers()
		if l.out != 0 {
			t.Errorf("%v: %d buffers are held at rest", v, l.out)
		}
		p.exchange(t)
		// A half-received record is not given back.
		p.client.Write([]byte("hello"))
		out := bytes.Clone(p.client.Output())
		p.client.Sent(len(out))
		buf, need := p.server.ReadBuffer()
		if need != record.HeaderLen || len(buf) < need {
			t.Errorf("need %d of %d", need, len(buf))
		}
		p.server.Received(copy(buf, out[:3]))
		p.server.ReleaseBuffers()
		buf, need = p.server.ReadBuffer()
		if need != 2 || p.server.Unprocessed() != 3 {
			t.Errorf("need %d, %d there", need, p.server.Unprocessed())
		}
		p.server.Received(copy(buf, out[3:]))
		var got [3]byte
		if n, _, err := p.server.Peek(got[:]); n != 3 || err != nil || string(got[:]) != "hel" || p.server.Buffered() != 5 {
			t.Errorf("peek %d, %v", n, err)
		}
		p.server.ReleaseBuffers() // must not take the data
		if n, _, err := p.server.Read(got[:]); n != 3 || err != nil || string(got[:]) != "hel" || p.server.Buffered() != 2 {
			t.Errorf("read %d, %v, %q", n, err, got)
		}
		p.client.Free()
		p.server.Free()
		if l.out != 0 {
			t.Errorf("%v: %d buffers are lost", v, l.out)
		}
		for size := range l.sizes {
			if size != smallSize && size != recordSize && size != bulkSize {
				t.Errorf("a buffer of %d", size)
			}
		}
	}
}

// TestNeed: an owner that never reads past the record it needs gets there too.
func TestNeed(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		versions := Params{MinVersion: v, MaxVersion: v, ServerName: "example.org"}
		c, s := NewClient(configOf(t, nil), versions), NewServer(serverOf(t, nil), versions)
		var toServer, toClient bytes.Buffer
		var ev events
		drive := func(c *Conn, from, to *bytes.Buffer, op func() (Wait, error)) bool {
			for {
				w, err := op()
				if err != nil {
					t.Fatal(err)
				}
				to.Write(c.Output())
				c.Sent(len(c.Output()))
				switch w {
				case WaitNone:
					return true
				case WaitWrite:
				case WaitRead:
					if from.Len() == 0 {
						return false
					}
					buf, need := c.ReadBuffer()
					if need <= 0 || need > len(buf) {
						t.Fatalf("need %d of %d", need, len(buf))
					}
					n, _ := from.Read(buf[:need])
					c.Received(n)
					if c.Unprocessed() > record.MaxRecord {
						t.Fatal("more than a record")
					}
				default:
					if err := ev.answer(c, w); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for i := 0; ; i++ {
			cd := drive(c, &toClient, &toServer, c.Handshake)
			sd := drive(s, &toServer, &toClient, s.Handshake)
			if cd && sd {
				break
			}
			if i > 10 {
				t.Fatal("no end")
			}
		}
		big := bytes.Repeat([]byte("0123456789"), 10000)
		rest := big
		drive(s, &toServer, &toClient, func() (Wait, error) {
			n, w, err := s.Write(rest)
			rest = rest[n:]
			return w, err
		})
		var got []byte
		for len(got) < len(big) {
			buf := make([]byte, 7000)
			if !drive(c, &toClient, &toServer, func() (Wait, error) {
				n, w, err := c.Read(buf)
				got = append(got, buf[:n]...)
				return w, err
			}) {
				t.Fatal("stuck")
			}
		}
		if !bytes.Equal(got, big) {
			t.Error("the data has changed")
		}
	}
}

// TestRest: after any kind of handshake a connection holds nothing it does not
// need.
func TestRest(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		tickets, err := NewTicketKeys(nil)
		if err != nil {
			t.Fatal(err)
		}
		server := serverOf(t, func(s *Settings) { s.TicketKeys = tickets })
		client := configOf(t, nil)
		var session *Session
		for _, resumed := range []bool{false, true} {
			versions := Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Tickets: 1, Session: session}
			p := newPair(NewClient(client, versions), NewServer(server, versions))
			p.mustHandshake(t)
			session = p.client.Session()
			for _, e := range []*end{p.client, p.server} {
				e.ReleaseBuffers()
				if e.Resumed() != resumed || e.hs != nil || e.out.lent != nil || e.out.flight != nil || e.out.buf != nil ||
					e.in.buf != nil || e.in.asm != nil {
					t.Errorf("%v, resumed %v, client %v: %v %v %v %v %v %v", v, e.Resumed(), e.IsClient(), e.hs != nil,
						e.out.lent != nil, e.out.flight != nil, e.out.buf != nil, e.in.buf != nil, e.in.asm != nil)
				}
			}
		}
	}
}

// TestNextRecord: a connection at rest takes a record received beforehand, and
// one that is not at rest offers nothing.
func TestNextRecord(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), Params{}), NewServer(serverOf(t, nil), Params{}))
	if buf, _ := p.server.NextRecord(); buf != nil {
		t.Error("before the handshake")
	}
	p.mustHandshake(t)
	write := func(s string) []byte {
		if n, _, err := p.client.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
		out := bytes.Clone(p.client.Output())
		p.client.Sent(len(out))
		return out
	}
	for _, msg := range []string{"first", "second"} {
		out := write(msg)
		buf, need := p.server.NextRecord()
		if need != record.HeaderLen || len(buf) < record.MaxRecord {
			t.Fatalf("need %d of %d", need, len(buf))
		}
		p.server.Received(copy(buf, out))
		if buf, _ := p.server.NextRecord(); buf != nil {
			t.Error("with a record that is not opened")
		}
		got := make([]byte, 100)
		if n, _, err := p.server.Read(got[:3]); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		if buf, _ := p.server.NextRecord(); buf != nil {
			t.Error("with data that is not read")
		}
		if n, _, err := p.server.Read(got[3:]); err != nil || string(got[:3+n]) != msg {
			t.Errorf("%q, %v", got[:3+n], err)
		}
	}
	p.server.ReleaseBuffers()
	if buf, _ := p.server.NextRecord(); buf != nil {
		t.Error("without a buffer")
	}
	p.server.Abort(iana.AlertInternalError, io.ErrNoProgress)
	if buf, _ := p.server.NextRecord(); buf != nil {
		t.Error("after a failure")
	}
}
