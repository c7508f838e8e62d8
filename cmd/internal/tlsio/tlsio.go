// Package tlsio gives the engine a transport and an owner: it performs what a
// core.Conn waits for on a net.Conn, as small programs need it.
package tlsio

import (
	"fmt"
	"io"
	"net"
	"time"

	"patina/core"
	"patina/core/iana"
)

// Conn is a TLS connection over a net.Conn. Reading and writing must not go on
// at the same time.
type Conn struct {
	*core.Conn
	net net.Conn
	// Verify judges the peer's chain; nil accepts every one. The alert goes to
	// the peer if there is an error.
	Verify func(c *core.Conn) (iana.AlertDescription, error)
	// Store takes a client's new sessions; nil drops them.
	Store func(s *core.Session)
}

// New connects c with its transport.
func New(c *core.Conn, transport net.Conn) *Conn { return &Conn{Conn: c, net: transport} }

// Handshake shakes hands.
func (c *Conn) Handshake() error { return c.perform(c.Conn.Handshake) }

// Read reads data; io.EOF after the peer's close_notify.
func (c *Conn) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	err = c.perform(func() (w core.Wait, err error) {
		n, w, err = c.Conn.Read(p)
		return w, err
	})
	return n, err
}

// Write writes all of p.
func (c *Conn) Write(p []byte) (n int, err error) {
	err = c.perform(func() (core.Wait, error) {
		k, w, err := c.Conn.Write(p[n:])
		n += k
		if w == core.WaitNone && err == nil && n < len(p) {
			return core.WaitWrite, nil
		}
		return w, err
	})
	return n, err
}

// CloseWrite sends close_notify; the peer may go on sending.
func (c *Conn) CloseWrite() error { return c.perform(c.CloseNotify) }

// Close sends close_notify and closes the transport.
func (c *Conn) Close() error {
	err := c.perform(c.CloseNotify)
	c.Free()
	if cerr := c.net.Close(); err == nil {
		err = cerr
	}
	return err
}

// alertTimeout is how long the last alert may take to be sent.
const alertTimeout = 5 * time.Second

// perform advances op until it is done.
func (c *Conn) perform(op func() (core.Wait, error)) error {
	for {
		w, err := op()
		if err != nil {
			if err != io.EOF {
				// The alert tells the peer why; that it may not arrive changes nothing.
				c.net.SetWriteDeadline(time.Now().Add(alertTimeout))
				c.flush()
			}
			return err
		}
		switch w {
		case core.WaitNone:
			return c.flush()
		case core.WaitWrite:
			err = c.flush()
		case core.WaitRead:
			err = c.fill()
		case core.WaitVerify:
			err = c.verify()
		case core.WaitSessionStore:
			if c.Store != nil {
				c.Store(c.NewSession())
			}
			err = c.AnswerStored(c.Store != nil)
		default:
			err = fmt.Errorf("tlsio: nobody answers: %v", w)
			c.Abort(iana.AlertInternalError, err)
		}
		if err != nil {
			return err
		}
	}
}

func (c *Conn) verify() error {
	if c.Verify != nil {
		if alert, err := c.Verify(c.Conn); err != nil {
			c.Abort(alert, err)
			return c.flush()
		}
	}
	return c.AnswerVerify(core.AcceptVerified())
}

func (c *Conn) flush() error {
	for len(c.Output()) > 0 {
		n, err := c.net.Write(c.Output())
		c.Sent(n)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) fill() error {
	buf, _ := c.ReadBuffer()
	n, err := c.net.Read(buf)
	c.Received(n)
	if err == io.EOF {
		c.ReceivedEOF()
		return nil
	}
	return err
}
