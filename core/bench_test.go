package core

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/fast"
	"patina/core/provider/stdlib"
)

// BenchmarkHandshake compares whole handshakes, both ends in memory, of this
// engine and of crypto/tls: same versions, groups, suites and certificates,
// no verification of chains on either side. crypto/tls needs a goroutine for
// each end, which run side by side where there is more than one processor:
// compare cpu-ns/op. "fast" is this engine with provider/fast.
func BenchmarkHandshake(b *testing.B) {
	for _, bb := range []struct {
		name    string
		version iana.ProtocolVersion
		key     string
		resume  bool
	}{
		{"tls13-p256", iana.VersionTLS13, "p256", false},
		{"tls13-rsa", iana.VersionTLS13, "rsa", false},
		{"tls13-resumed", iana.VersionTLS13, "p256", true},
		{"tls12-p256", iana.VersionTLS12, "p256", false},
		{"tls12-rsa", iana.VersionTLS12, "rsa", false},
		{"tls12-resumed", iana.VersionTLS12, "p256", true},
	} {
		b.Run(bb.name+"/patina", func(b *testing.B) { benchPatina(b, stdlib.New(), bb.version, bb.key, bb.resume) })
		b.Run(bb.name+"/fast", func(b *testing.B) { benchPatina(b, fast.New(), bb.version, bb.key, bb.resume) })
		b.Run(bb.name+"/crypto-tls", func(b *testing.B) { benchGo(b, bb.version, bb.key, bb.resume) })
	}
}

// cpu reports the processor time of the rest of the benchmark.
func cpu(b *testing.B) (done func()) {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	start := used()
	return func() { b.ReportMetric(float64(used()-start)/float64(b.N), "cpu-ns/op") }
}

func benchPatina(b *testing.B, p provider.Provider, v iana.ProtocolVersion, kind string, resume bool) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		b.Fatal(err)
	}
	server := configOf(b, func(s *Settings) {
		s.Credentials = []*Credential{identityOf(b, kind).cred}
		s.TicketKeys, s.Provider = keys, p
	})
	client := configOf(b, func(s *Settings) {
		s.Provider = p
		if resume {
			s.Ask = AskSession
		}
	})
	params := Params{MinVersion: v, MaxVersion: v, ServerName: "example.org"}
	sp := Params{MinVersion: v, MaxVersion: v}
	if resume {
		sp.Tickets = 1
	}
	one := func(session *Session) *Session {
		params.Session = session
		p := newBenchPair(NewClient(client, params), NewServer(server, sp))
		p.run(b)
		if session != nil && !p.client.Resumed() {
			b.Fatal("not resumed")
		}
		s := p.session
		p.client.Free()
		p.server.Free()
		return s
	}
	var session *Session
	if resume {
		if session = one(nil); session == nil {
			b.Fatal("no session")
		}
	}
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		one(session)
	}
}

// benchPair connects two engines without more than the copying of bytes.
type benchPair struct {
	client, server *Conn
	session        *Session
}

func newBenchPair(client, server *Conn) *benchPair { return &benchPair{client: client, server: server} }

func (p *benchPair) run(b *testing.B) {
	for i := 0; i < 10; i++ {
		cdone := p.drive(b, p.client, p.server)
		sdone := p.drive(b, p.server, p.client)
		if cdone && sdone && i > 0 {
			// The client takes the tickets.
			if p.client.Version() == iana.VersionTLS13 {
				var buf [1]byte
				for {
					_, w, err := p.client.Read(buf[:])
					if err != nil {
						b.Fatal(err)
					}
					if w != WaitSessionStore {
						return
					}
					p.answer(b, p.client, w)
				}
			}
			return
		}
	}
	b.Fatal("no end")
}

func (p *benchPair) answer(b *testing.B, c *Conn, w Wait) {
	var err error
	switch w {
	case WaitVerify:
		err = c.AnswerVerify(AcceptVerified())
	case WaitSessionStore:
		p.session = c.NewSession()
		err = c.AnswerStored(true)
	default:
		b.Fatal(w)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (p *benchPair) drive(b *testing.B, c, peer *Conn) (done bool) {
	for {
		w, err := c.Handshake()
		if err != nil {
			b.Fatal(err)
		}
		switch w {
		case WaitNone, WaitRead:
			return w == WaitNone
		case WaitWrite:
			for out := c.Output(); len(out) > 0; out = c.Output() {
				buf, _ := peer.ReadBuffer()
				n := copy(buf, out)
				peer.Received(n)
				c.Sent(n)
			}
		default:
			p.answer(b, c, w)
		}
	}
}

// halfConn is one end of an unlimited in-memory connection.
type halfConn struct {
	in  chan []byte
	out chan []byte
	buf bytes.Reader
}

func memoryPipe() (a, b net.Conn) {
	x, y := make(chan []byte, 64), make(chan []byte, 64)
	return &halfConn{in: x, out: y}, &halfConn{in: y, out: x}
}

func (h *halfConn) Read(p []byte) (int, error) {
	if h.buf.Len() == 0 {
		b, ok := <-h.in
		if !ok {
			return 0, io.EOF
		}
		h.buf.Reset(b)
	}
	return h.buf.Read(p)
}
func (h *halfConn) Write(p []byte) (int, error)      { h.out <- bytes.Clone(p); return len(p), nil }
func (h *halfConn) Close() error                     { return nil }
func (h *halfConn) LocalAddr() net.Addr              { return nil }
func (h *halfConn) RemoteAddr() net.Addr             { return nil }
func (h *halfConn) SetDeadline(time.Time) error      { return nil }
func (h *halfConn) SetReadDeadline(time.Time) error  { return nil }
func (h *halfConn) SetWriteDeadline(time.Time) error { return nil }

func benchGo(b *testing.B, v iana.ProtocolVersion, kind string, resume bool) {
	id := identityOf(b, kind)
	groups := []tls.CurveID{tls.X25519, tls.CurveP256}
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.cert}, PrivateKey: id.key.(crypto.PrivateKey)}},
		MinVersion: uint16(v), MaxVersion: uint16(v), CurvePreferences: groups, SessionTicketsDisabled: !resume}
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", CurvePreferences: groups,
		MinVersion: uint16(v), MaxVersion: uint16(v)}
	if resume {
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	one := func() (resumed bool) {
		x, y := memoryPipe()
		done := make(chan error, 1)
		s := tls.Server(y, server)
		go func() {
			err := s.Handshake()
			if err == nil && resume && v == iana.VersionTLS13 {
				_, err = s.Write([]byte{1}) // makes the client take the ticket
			}
			done <- err
		}()
		c := tls.Client(x, client)
		if err := c.Handshake(); err != nil {
			b.Fatal(err)
		}
		if resume && v == iana.VersionTLS13 {
			var buf [1]byte
			if _, err := c.Read(buf[:]); err != nil {
				b.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		return c.ConnectionState().DidResume
	}
	if resume {
		one()
	}
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		if one() != resume {
			b.Fatal("resumption")
		}
	}
}
