package tlsnet

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"patina/core/iana"
)

// pattern is data that depends on its place.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

// TestBothWaysAtOnce: each side writes a few megabytes in pieces of odd sizes while
// it reads the other's, with crypto/tls and with ourselves, in both roles.
func TestBothWaysAtOnce(t *testing.T) {
	a := newAuthority(t)
	data := pattern(3 << 20)
	type closer interface {
		net.Conn
		CloseWrite() error
	}
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		version := func(c *Config) { c.Params.MinVersion, c.Params.MaxVersion = v, v }
		client, server := a.client(t, version), a.server(t, version)
		goConfig := a.goConfig(t)
		for name, make := range map[string]func(x, y net.Conn) (closer, closer){
			"ours":         func(x, y net.Conn) (closer, closer) { return client.Conn(x, "example.org"), server.Conn(y) },
			"their server": func(x, y net.Conn) (closer, closer) { return client.Conn(x, "example.org"), tls.Server(y, goConfig) },
			"their client": func(x, y net.Conn) (closer, closer) { return tls.Client(x, goConfig), server.Conn(y) },
		} {
			t.Run(v.String()+" "+name, func(t *testing.T) {
				x, y := make(sockets(t))
				defer x.Close()
				defer y.Close()
				shakeHands(t, x.(handshaker), y.(handshaker))
				errs := [4]chan error{}
				for i, c := range []closer{x, y} {
					errs[i], errs[i+2] = goDo(func() error {
						for b, n := data, 1; len(b) > 0; n = n*7%50021 + 1 {
							n = min(n, len(b))
							if _, err := c.Write(b[:n]); err != nil {
								return err
							}
							b = b[n:]
						}
						return c.CloseWrite()
					}), goDo(func() error {
						got, err := io.ReadAll(c)
						if err == nil && !bytes.Equal(got, data) {
							err = errors.New("the data has changed")
						}
						return err
					})
				}
				for i, e := range errs {
					if err := <-e; err != nil {
						t.Error(i, err)
					}
				}
			})
		}
	}
}

func goDo(f func() error) chan error {
	c := make(chan error, 1)
	go func() { c <- f() }()
	return c
}

// TestCopies goes through WriteTo and ReadFrom.
func TestCopies(t *testing.T) {
	a := newAuthority(t)
	c, s := connected(t, a.client(t, nil), a.server(t, nil))
	data := pattern(1<<20 + 3)
	sent := goDo(func() error {
		n, err := io.Copy(c, struct{ io.Reader }{bytes.NewReader(data)})
		if err == nil && n != int64(len(data)) {
			err = io.ErrShortWrite
		}
		if err == nil {
			err = c.CloseWrite()
		}
		return err
	})
	var got bytes.Buffer
	n, err := io.Copy(struct{ io.Writer }{&got}, s)
	if err != nil || n != int64(len(data)) || !bytes.Equal(got.Bytes(), data) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestNobodyReads: both sides ask the other for new keys and then write more than
// the sockets hold before they read. An answer to the request must not wait.
func TestNobodyReads(t *testing.T) {
	a := newAuthority(t)
	c, s := connected(t, a.client(t, nil), a.server(t, nil))
	data := pattern(8 << 20)
	var done []chan error
	for _, x := range []*Conn{c, s} {
		started := make(chan struct{})
		done = append(done, goDo(func() error {
			if err := x.KeyUpdate(true); err != nil {
				return err
			}
			close(started)
			_, err := x.Write(data)
			return err
		}))
		<-started
	}
	for _, x := range []*Conn{c, s} {
		done = append(done, goDo(func() error {
			got := make([]byte, len(data))
			_, err := io.ReadFull(x, got)
			if err == nil && !bytes.Equal(got, data) {
				err = errors.New("the data has changed")
			}
			return err
		}))
	}
	for i, d := range done {
		select {
		case err := <-d:
			if err != nil {
				t.Error(i, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal(i, "stuck")
		}
	}
}

// TestDeadlines: they pass, and nothing is lost.
func TestDeadlines(t *testing.T) {
	a := newAuthority(t)
	c, s := connected(t, a.client(t, nil), a.server(t, nil))
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	var ne net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
		t.Fatalf("read: %v", err)
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "read" {
		t.Errorf("read: %#v", err)
	}
	// A writer that nobody reads from stops in the middle of a record, later goes on.
	data := pattern(16 << 20)
	n := 0
	for range 3 {
		c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		k, err := c.Write(data[n:])
		n += k
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("write: %d, %v", k, err)
		}
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	rest := goDo(func() error {
		if _, err := c.Write(data[n:]); err != nil {
			return err
		}
		return c.CloseWrite()
	})
	got, err := io.ReadAll(s)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
	if err := <-rest; err != nil {
		t.Error(err)
	}
}

// TestHandshakeDeadline: a handshake that has stopped goes on.
func TestHandshakeDeadline(t *testing.T) {
	a := newAuthority(t)
	x, y := sockets(t)
	c := a.client(t, nil).Conn(x, "example.org")
	c.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if err := c.Handshake(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	shakeHands(t, c, a.server(t, nil).Conn(y))
}

func TestHandshakeEnds(t *testing.T) {
	a := newAuthority(t)
	t.Run("context", func(t *testing.T) {
		x, _ := sockets(t)
		c := a.client(t, nil).Conn(x, "example.org")
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := c.HandshakeContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := c.Handshake(); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("again: ", err)
		}
	})
	t.Run("limit", func(t *testing.T) {
		_, y := sockets(t)
		var told error
		s := a.server(t, func(c *Config) {
			c.HandshakeTimeout = 20 * time.Millisecond
			c.HandshakeFailed = func(_ *Conn, err error) { told = err }
		}).Conn(y)
		_, err := s.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || told != err {
			t.Errorf("%v; told %v", err, told)
		}
	})
	t.Run("close", func(t *testing.T) {
		x, y := sockets(t)
		c := a.client(t, nil).Conn(x, "example.org")
		failed := goDo(c.Handshake)
		if _, err := y.Read(make([]byte, 1)); err != nil { // it has begun
			t.Error(err)
		}
		c.Close()
		if err := <-failed; err == nil {
			t.Error("a closed connection has shaken hands")
		}
	})
}

// TestEnds are the ways a connection ends.
func TestEnds(t *testing.T) {
	a := newAuthority(t)
	client, server := a.client(t, nil), a.server(t, nil)
	buf := make([]byte, 10)
	t.Run("half", func(t *testing.T) {
		c, s := connected(t, client, server)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(buf); err != io.EOF {
			t.Error(err)
		}
		if _, err := c.Write(buf); err == nil {
			t.Error("a write after CloseWrite")
		}
		if _, err := s.Write([]byte("late")); err != nil {
			t.Error(err)
		}
		if n, err := c.Read(buf); string(buf[:n]) != "late" || err != nil {
			t.Errorf("%q, %v", buf[:n], err)
		}
	})
	t.Run("close", func(t *testing.T) {
		c, s := connected(t, client, server)
		read := goDo(func() error { _, err := c.Read(make([]byte, 1)); return err })
		time.Sleep(10 * time.Millisecond)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-read; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the reader got %v", err)
		}
		if _, err := s.Read(buf); err != io.EOF {
			t.Errorf("the peer got %v", err)
		}
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed again: %v", err)
		}
		for name, f := range map[string]func([]byte) (int, error){"read": c.Read, "write": c.Write} {
			if _, err := f(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("cut", func(t *testing.T) {
		c, s := connected(t, client, server)
		if err := c.NetConn().(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(buf); err != io.ErrUnexpectedEOF {
			t.Error(err)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		c, s := connected(t, client, server)
		if _, err := c.NetConn().Write([]byte{23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}); err != nil {
			t.Fatal(err)
		}
		_, err := s.Read(buf)
		if err == nil {
			t.Fatal("garbage was read")
		}
		if _, again := s.Read(buf); again != err {
			t.Errorf("%v, then %v", err, again)
		}
		if _, err := c.Read(buf); err == nil || err == io.EOF {
			t.Errorf("no alert came: %v", err)
		}
	})
}

// TestNoGoroutines: connections are made of none.
func TestNoGoroutines(t *testing.T) {
	a := newAuthority(t)
	client, server := a.client(t, nil), a.server(t, nil)
	before := runtime.NumGoroutine()
	for range 5 {
		connected(t, client, server)
	}
	// The test's own have their last instructions to do.
	end := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// TestSteadyStateAllocatesNothing over a socket, both ways.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool drop what it is given")
	}
	a := newAuthority(t)
	c, s := connected(t, a.client(t, nil), a.server(t, nil))
	p, q := pattern(10000), make([]byte, 10000)
	once := func() {
		for _, d := range [][2]*Conn{{c, s}, {s, c}} {
			if _, err := d[0].Write(p); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(d[1], q); err != nil {
				t.Fatal(err)
			}
		}
	}
	once()
	if n := testing.AllocsPerRun(200, once); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// TestIdleHoldsNoBuffer: a reader that waits has borrowed none.
func TestIdleHoldsNoBuffer(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("only sockets of Unix are waited for without a buffer")
	}
	a := newAuthority(t)
	lender := new(counting)
	c, s := connected(t, a.client(t, func(cfg *Config) { cfg.Settings.Buffers = lender }), a.server(t, nil))
	read := goDo(func() error { _, err := io.ReadFull(c, make([]byte, 3)); return err })
	idle := func() (n int64) {
		for range 100 {
			if n = lender.out.Load(); n == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		return n
	}
	if n := idle(); n != 0 {
		t.Errorf("%d buffers are out", n)
	}
	if _, err := s.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	c.Close()
	if n := idle(); n != 0 {
		t.Errorf("%d buffers are out after Close", n)
	}
}

// TestWriteBehindRead: whoever reads shakes hands; whoever writes waits for that, and
// not for what the peer will not send before it has heard of us.
func TestWriteBehindRead(t *testing.T) {
	a := newAuthority(t)
	for _, early := range []bool{false, true} {
		server := a.server(t, func(c *Config) {
			if early {
				c.Params.MaxEarlyData, c.EarlyData = 1000, true
			}
		})
		verifying, verified := make(chan struct{}), make(chan struct{})
		client := a.client(t, func(c *Config) {
			c.VerifyMore = func(*Peer) error {
				close(verifying)
				<-verified
				return nil
			}
		})
		x, y := sockets(t)
		c, s := client.Conn(x, "example.org"), server.Conn(y)
		c.SetDeadline(time.Now().Add(10 * time.Second))
		s.SetDeadline(time.Now().Add(10 * time.Second))
		// Each end has a goroutine that reads and one that writes.
		read := make(chan error, 2)
		for _, end := range []*Conn{c, s} {
			go func() {
				_, err := io.ReadFull(end, make([]byte, 5))
				read <- err
			}()
		}
		<-verifying
		wrote := make(chan error, 2)
		for _, end := range []*Conn{c, s} {
			go func() {
				_, err := end.Write([]byte("hello"))
				wrote <- err
			}()
		}
		time.Sleep(20 * time.Millisecond) // they wait
		close(verified)
		for range 2 {
			if err := errors.Join(<-wrote, <-read); err != nil {
				t.Fatalf("early data %v: %v", early, err)
			}
		}
		c.Close()
		s.Close()
	}
}
