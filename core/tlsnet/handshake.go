package tlsnet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"patina/core"
)

// Handshake is HandshakeContext without a context.
func (c *Conn) Handshake() error { return c.HandshakeContext(context.Background()) }

// HandshakeContext shakes hands, if that has not been done. When ctx ends first,
// or Config.HandshakeTimeout has passed, the transport is closed. A timeout of the
// connection's own deadline is not permanent: another call goes on.
func (c *Conn) HandshakeContext(ctx context.Context) error {
	if c.shaken.Load() {
		return nil
	}
	return c.handshake(ctx, c.shaken.Load, c.shake)
}

// handshake performs f, the handshake or a part of it, with rd and wr held, unless
// done says that there is no need. It is asked when it is this goroutine's turn: once
// another has completed the handshake, a receiver may hold rd for as long as the peer
// waits for us.
func (c *Conn) handshake(ctx context.Context, done func() bool, f func() error) error {
	c.shaking.Lock()
	defer c.shaking.Unlock()
	if done() {
		return nil
	}
	if c.shakeErr != nil {
		return c.shakeErr
	}
	if c.closed.Load() {
		return net.ErrClosed
	}
	limit := ctx
	if c.o.HandshakeTimeout > 0 {
		var cancel context.CancelFunc
		limit, cancel = context.WithTimeout(ctx, c.o.HandshakeTimeout)
		defer cancel()
	}
	stop := func() bool { return true }
	if limit.Done() != nil {
		stop = context.AfterFunc(limit, func() { c.transport.Close() })
	}
	c.rd.Lock()
	c.wr.Lock()
	err := c.send(nil)
	if err == nil {
		err = f()
	}
	c.wr.Unlock()
	c.rd.Unlock()
	if !stop() {
		err = limit.Err()
		if ctx.Err() == nil {
			err = &timeoutError{c.o.HandshakeTimeout}
		}
		c.shakeErr = err
	}
	if err != nil {
		if !temporary(err) && err != io.EOF {
			c.shakeErr = err
		}
		if f := c.o.HandshakeFailed; f != nil && c.shakeErr != nil {
			f(c, err)
		}
	}
	c.left()
	return err
}

func temporary(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// timeoutError is the end of a handshake that has taken too long.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string {
	return "tls: the handshake took longer than " + e.limit.String()
}
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return false }
func (e *timeoutError) Unwrap() error   { return os.ErrDeadlineExceeded }

// shake shakes hands, with rd and wr held. Early data that nobody has read is kept.
func (c *Conn) shake() error {
	for !c.shaken.Load() {
		err := c.drive(func() (w core.Wait, err error) {
			if w, err = c.eng.Handshake(); w != core.WaitEarlyData {
				return w, err
			}
			var b [1 << 10]byte
			n, w, err := c.eng.ReadEarly(b[:])
			c.earlyKept = append(c.earlyKept, b[:n]...)
			if n > 0 || err == core.ErrNoEarlyData {
				return core.WaitWrite, nil // once more
			}
			return w, err
		})
		if err != nil {
			return err
		}
		c.mu.Lock()
		if c.o.Observer == nil {
			c.eng.SetObserver(nil) // there is nothing more to log
		}
		c.state = stateOf(c)
		c.mu.Unlock()
		c.shaken.Store(true)
	}
	return nil
}

// drive performs op until it is done, with rd and wr held.
func (c *Conn) drive(op func() (core.Wait, error)) error {
	for {
		c.mu.Lock()
		w, err := op()
		out := c.eng.TakeOutput()
		failed := c.eng.Err() != nil
		c.mu.Unlock()
		if failed {
			c.transport.SetWriteDeadline(time.Now().Add(alertTimeout))
			_ = c.send(&out)
			if err == io.EOF {
				return io.ErrUnexpectedEOF // a close_notify in the middle of it
			}
			return c.failed(err)
		}
		if serr := c.send(&out); serr != nil {
			return serr
		}
		if err != nil {
			return err
		}
		switch w {
		case core.WaitNone:
			return nil
		case core.WaitWrite:
		case core.WaitRead:
			if err := c.fill(); err != nil {
				return err
			}
		default:
			// A refusal comes back as the error of the next step, behind its alert.
			if err := c.answer(w); err != nil && c.eng.Err() == nil {
				return err
			}
		}
	}
}
