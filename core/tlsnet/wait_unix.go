//go:build unix

package tlsnet

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// readWaiter reads from the transport into the engine. Where the transport is a
// socket it borrows a buffer only when there is something to read.
type readWaiter struct {
	c     *Conn
	raw   syscall.RawConn
	ready func(fd uintptr) bool // made once: a method value would allocate
	n     int
	err   error
}

func (w *readWaiter) init(c *Conn) {
	w.c = c
	switch t := c.transport.(type) {
	case *net.TCPConn, *net.UnixConn:
		if raw, err := t.(syscall.Conn).SyscallConn(); err == nil {
			w.raw, w.ready = raw, w.tryRead
		}
	}
}

// read receives bytes; io.EOF at the transport's end.
func (w *readWaiter) read() (int, error) {
	if w.raw == nil {
		buf, _ := w.c.eng.ReadBuffer()
		n, err := w.c.transport.Read(buf)
		w.c.eng.Received(n)
		return n, err
	}
	w.n, w.err = 0, nil
	if err := w.raw.Read(w.ready); err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			op.Op = "read" // it says raw-read, which nobody looks for
		}
		return 0, err
	}
	return w.n, w.err
}

// tryRead is called by the runtime's poller; false waits until fd is readable.
func (w *readWaiter) tryRead(fd uintptr) bool {
	eng := w.c.eng
	buf, _ := eng.ReadBuffer()
	for {
		n, err := syscall.Read(int(fd), buf)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			eng.ReleaseInput()
			return false
		case err != nil:
			w.err = &net.OpError{Op: "read", Net: w.c.LocalAddr().Network(), Source: w.c.LocalAddr(),
				Addr: w.c.RemoteAddr(), Err: err}
		case n == 0:
			w.err = io.EOF
		default:
			w.n = n
			eng.Received(n)
		}
		return true
	}
}
