//go:build !unix

package tlsnet

// readWaiter reads from the transport into the engine.
type readWaiter struct{ c *Conn }

func (w *readWaiter) init(c *Conn) { w.c = c }

// read receives bytes; io.EOF at the transport's end.
func (w *readWaiter) read() (int, error) {
	buf, _ := w.c.eng.ReadBuffer()
	n, err := w.c.transport.Read(buf)
	w.c.eng.Received(n)
	return n, err
}
