package tlsnet

import (
	"context"
	"errors"
	"io"

	"patina/core"
)

// Early data (RFC 8446, section 2.3): what a client sends before the server has
// answered. Whoever records it may send it again: the server can get it more than
// once, and must not do twice what may be done once only.

func (c *Conn) client() bool { return c.o.client }

// HandshakeEarly is a client's HandshakeContext that sends as much of data early
// as a session at hand allows. It returns how much of it the server has read: the
// rest, which may be all, is to be written afterwards.
func (c *Conn) HandshakeEarly(ctx context.Context, data []byte) (read int, err error) {
	if !c.client() || c.shaken.Load() {
		return 0, c.HandshakeContext(ctx)
	}
	n := 0
	err = c.handshake(ctx, c.shaken.Load, func() error {
		err := c.drive(func() (core.Wait, error) {
			k, w, err := c.eng.WriteEarly(data[n:])
			n += k
			if w == core.WaitNone && err == nil && n < len(data) {
				w = core.WaitWrite // once more
			}
			return w, err
		})
		if err != nil && !errors.Is(err, core.ErrEarlyData) && !errors.Is(err, core.ErrEarlyDataLimit) {
			return err
		}
		return c.shake()
	})
	if err != nil || c.state.Early != core.EarlyAccepted {
		n = 0
	}
	return n, err
}

// ReadEarly is a server's Read of early data, io.EOF if there is none or no more.
// It does not wait for the handshake to end; Read follows. Early data has to be
// allowed by Params.MaxEarlyData.
func (c *Conn) ReadEarly(p []byte) (n int, err error) {
	if c.client() || len(p) == 0 || c.earlyDone.Load() {
		return 0, io.EOF
	}
	kept := func() bool {
		n = copy(p, c.earlyKept)
		c.earlyKept = c.earlyKept[n:]
		return n > 0 || c.shaken.Load()
	}
	err = c.handshake(context.Background(), kept, func() error {
		err := c.drive(func() (w core.Wait, err error) {
			n, w, err = c.eng.ReadEarly(p)
			return w, err
		})
		if err == core.ErrNoEarlyData {
			err = io.EOF
		}
		return err
	})
	if err == nil && n == 0 { // the handshake is complete
		err = io.EOF
	}
	if err == io.EOF {
		c.earlyDone.Store(true)
	}
	return n, err
}

// writeEarlyTo writes the early data to w.
func (c *Conn) writeEarlyTo(w io.Writer) (n int64, err error) {
	var b [1 << 10]byte
	for {
		k, err := c.ReadEarly(b[:])
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		k, err = w.Write(b[:k])
		n += int64(k)
		if err != nil {
			return n, err
		}
	}
}
