package tlsnet

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"patina/core"
)

// Conn is a TLS connection over a net.Conn. All methods may be called at any time
// from any goroutine.
type Conn struct {
	transport net.Conn
	wait      readWaiter
	o         *owner
	name      string // the server's, on clients

	rd, wr, mu sync.Mutex // see the package's documentation

	eng     *core.Conn // by rd, wr or mu, as package core says
	readErr error      // by rd: permanent
	unsent  core.Taken // by wr: what a failed send has left
	pending atomic.Bool

	shaking   sync.Mutex // one handshake at a time
	shaken    atomic.Bool
	shakeErr  error // by shaking: permanent
	closed    atomic.Bool
	freed     bool        // by mu
	earlyDone atomic.Bool // there is no early data, or no more
	verified  *Peer
	earlyKept []byte // by shaking: early data that came with the handshake
	state     State  // once shaken
}

// Errors that are not the engine's.
var (
	// ErrNoCredential: a server has neither certificates nor external PSKs.
	ErrNoCredential = errors.New("tls: a server needs a certificate with its key")
	// ErrNoRoots: a server requires client certificates and does not say whose.
	ErrNoRoots = errors.New("tls: client certificates are required and no roots are given to verify them")
)

// alertTimeout is how long the last alert of a connection may take to be sent.
const alertTimeout = 5 * time.Second

func newConn(o *owner, eng *core.Conn, transport net.Conn) *Conn {
	c := &Conn{transport: transport, o: o, eng: eng}
	c.wait.init(c)
	c.observe()
	return c
}

// Read reads data, after the handshake if that has not been made yet. It is io.EOF
// after the peer's close_notify and io.ErrUnexpectedEOF if the transport ends
// without it.
func (c *Conn) Read(p []byte) (n int, err error) {
	if c.o.EarlyData && !c.client() && !c.earlyDone.Load() {
		if n, err := c.ReadEarly(p); n > 0 || err != io.EOF {
			return n, err
		}
	}
	if !c.shaken.Load() {
		if err := c.Handshake(); err != nil {
			return 0, err
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	c.rd.Lock()
	data, err := c.next()
	if err == nil {
		n = copy(p, data)
		c.eng.Consumed(n)
	}
	c.rd.Unlock()
	c.left()
	return n, err
}

// WriteTo writes what comes to w until the peer's close_notify, straight from the
// records.
func (c *Conn) WriteTo(w io.Writer) (n int64, err error) {
	if c.o.EarlyData {
		if n, err = c.writeEarlyTo(w); err != nil {
			return n, err
		}
	}
	if err := c.Handshake(); err != nil {
		return n, err
	}
	c.rd.Lock()
	for err == nil {
		var data []byte
		if data, err = c.next(); err != nil {
			break
		}
		var k int
		k, err = w.Write(data)
		n += int64(k)
		c.eng.Consumed(k)
	}
	c.rd.Unlock()
	c.left()
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// next returns data, with rd held; good until the next use of the engine's input.
func (c *Conn) next() ([]byte, error) {
	for c.readErr == nil {
		data, w := c.eng.NextData()
		if len(data) > 0 {
			return data, nil
		}
		if w == core.WaitNone {
			// A message, an alert, an error or the end.
			var err error
			c.mu.Lock()
			_, w, err = c.eng.Read(nil)
			c.mu.Unlock()
			if err != nil {
				c.flush(alertTimeout)
				c.readErr = c.failed(err)
				break
			}
		}
		switch w {
		case core.WaitNone:
		case core.WaitRead:
			if err := c.fill(); err != nil {
				return nil, err
			}
		case core.WaitWrite:
			c.flush(0)
		default:
			if c.readErr = c.answer(w); c.readErr != nil {
				c.flush(alertTimeout)
				break
			}
			c.flush(0)
		}
	}
	return nil, c.readErr
}

// fill receives bytes, with rd held.
func (c *Conn) fill() error {
	n, err := c.wait.read()
	if n > 0 {
		return nil
	}
	if err == io.EOF {
		c.eng.ReceivedEOF()
		return nil
	}
	return err
}

// Write writes all of p, after the handshake if that has not been made yet. With
// an error, n bytes have been accepted and, if it is a timeout, will be sent by a
// later Write.
func (c *Conn) Write(p []byte) (n int, err error) {
	if !c.shaken.Load() {
		if err := c.Handshake(); err != nil {
			return 0, err
		}
	}
	c.wr.Lock()
	n, err = c.write(p)
	c.wr.Unlock()
	c.left()
	return n, err
}

// write is Write with wr held.
func (c *Conn) write(p []byte) (n int, err error) {
	if err := c.send(nil); err != nil {
		return 0, err
	}
	for {
		c.mu.Lock()
		k, _, err := c.eng.Write(p[n:])
		out := c.eng.TakeOutput()
		c.mu.Unlock()
		n += k
		if serr := c.send(&out); serr != nil && err == nil {
			return n, serr
		}
		if err != nil {
			return n, c.failed(err)
		}
		if n == len(p) {
			return n, nil
		}
	}
}

// ReadFrom writes what comes from r until its end, in pieces that fill records.
func (c *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	b := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(b)
	for {
		k, rerr := r.Read(b[:])
		if k > 0 {
			w, err := c.Write(b[:k])
			n += int64(w)
			if err != nil {
				return n, err
			}
		}
		if rerr == io.EOF {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
}

// copySize is four full records, which the engine seals at once.
const copySize = 4 << 14

var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// send sends what is left of an earlier send and then out, with wr held. What
// cannot be sent now is kept. Whoever takes output out of the engine has called
// send(nil) before, so that there is one piece to keep.
func (c *Conn) send(out *core.Taken) error {
	if len(c.unsent.Bytes()) > 0 {
		if err := c.transmit(&c.unsent); err != nil {
			return err
		}
	}
	if out == nil || len(out.Bytes()) == 0 {
		return nil
	}
	err := c.transmit(out)
	if err != nil {
		c.unsent = *out
	}
	return err
}

// transmit sends t and gives its memory back.
func (c *Conn) transmit(t *core.Taken) error {
	for {
		n, err := c.transport.Write(t.Bytes())
		t.Sent(n)
		if err != nil {
			return err
		}
		if len(t.Bytes()) == 0 {
			c.eng.Recycle(t)
			return nil
		}
	}
}

// flush sends what a receiver has left in the engine, unless somebody is sending,
// who will do it then. That it may fail changes nothing for the receiver. With a
// limit it is the last that is sent.
func (c *Conn) flush(limit time.Duration) {
	c.mu.Lock()
	waiting := len(c.eng.Output()) > 0
	c.mu.Unlock()
	if !waiting {
		return
	}
	c.pending.Store(true)
	if !c.wr.TryLock() {
		return
	}
	if limit > 0 {
		c.transport.SetWriteDeadline(time.Now().Add(limit))
	}
	c.flushPending()
	c.wr.Unlock()
}

// flushPending sends what is in the engine, with wr held.
func (c *Conn) flushPending() {
	c.pending.Store(false)
	if c.send(nil) != nil {
		return // the next Write takes it
	}
	c.mu.Lock()
	out := c.eng.TakeOutput()
	c.mu.Unlock()
	_ = c.send(&out)
}

// left is called after rd or wr has been unlocked: it does what others have left
// to be done.
func (c *Conn) left() {
	for c.pending.Load() && c.wr.TryLock() {
		c.flushPending()
		c.wr.Unlock()
	}
	if c.closed.Load() {
		c.free()
	}
}

// CloseWrite sends close_notify: no more will be written. The peer may go on.
func (c *Conn) CloseWrite() error {
	if !c.shaken.Load() {
		return core.ErrHandshake
	}
	c.wr.Lock()
	err := c.send(nil)
	if err == nil {
		c.mu.Lock()
		_, err = c.eng.CloseNotify()
		out := c.eng.TakeOutput()
		c.mu.Unlock()
		if serr := c.send(&out); err == nil {
			err = serr
		}
	}
	c.wr.Unlock()
	c.left()
	return c.failed(err)
}

// Close sends close_notify, unless somebody is writing, and closes the transport.
// Reads and Writes under way end with an error.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	if c.shaken.Load() && c.wr.TryLock() {
		c.transport.SetWriteDeadline(time.Now().Add(alertTimeout))
		if c.send(nil) == nil {
			c.mu.Lock()
			_, err := c.eng.CloseNotify()
			out := c.eng.TakeOutput()
			c.mu.Unlock()
			if err == nil {
				_ = c.send(&out)
			}
		}
		c.wr.Unlock()
	}
	err := c.transport.Close()
	c.free()
	return err
}

// free gives everything back once nobody uses the engine any more. If two are
// about to leave at the same time, neither may find it free: then it is the
// garbage collector's.
func (c *Conn) free() {
	if !c.rd.TryLock() {
		return
	}
	if c.wr.TryLock() {
		c.mu.Lock()
		if !c.freed {
			c.freed = true
			c.eng.Recycle(&c.unsent)
			c.eng.Free()
		}
		c.mu.Unlock()
		c.wr.Unlock()
	}
	c.rd.Unlock()
}

// failed is an engine's error as users of a net.Conn expect it.
func (c *Conn) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, core.ErrFreed):
		return net.ErrClosed
	}
	var aborted *core.AbortError
	if errors.As(err, &aborted) && aborted.Err != nil {
		return aborted.Err
	}
	return err
}

// LocalAddr is the transport's.
func (c *Conn) LocalAddr() net.Addr { return c.transport.LocalAddr() }

// RemoteAddr is the transport's.
func (c *Conn) RemoteAddr() net.Addr { return c.transport.RemoteAddr() }

// SetDeadline is the transport's, for the handshake, Read and Write.
func (c *Conn) SetDeadline(t time.Time) error { return c.transport.SetDeadline(t) }

// SetReadDeadline is the transport's.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.transport.SetReadDeadline(t) }

// SetWriteDeadline is the transport's.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.transport.SetWriteDeadline(t) }

// NetConn is the transport. Reading from it or writing to it breaks the connection.
func (c *Conn) NetConn() net.Conn { return c.transport }
