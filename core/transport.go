package core

// The transport's side of a Conn.

// ReadBuffer returns space for bytes of the peer, and how many of them complete
// the part of a record now wanted: need <= len(buf). An owner that must not read
// past the current record fills at most need bytes. The slice is of memory
// lent by Settings.Buffers and good until the next call on c.
func (c *Conn) ReadBuffer() (buf []byte, need int) { return c.in.readBuffer(c) }

// SetReadBuffer has the next buffer take n bytes, if that is more than a record and
// up to maxReadBuffer: for owners that read as much as has come.
func (c *Conn) SetReadBuffer(n int) { c.in.size = min(max(n, 0), maxReadBuffer) }

// NextRecord is ReadBuffer for a connection that rests between two records with
// a buffer at hand: an owner may receive the next record into it, its header
// first, before it calls Read. Nil where that is not so.
func (c *Conn) NextRecord() (buf []byte, need int) { return c.in.nextRecord(c) }

// Received says that n bytes of the last ReadBuffer or NextRecord have been filled.
func (c *Conn) Received(n int) { c.in.received(n) }

// ReceivedEOF says that the transport has ended.
func (c *Conn) ReceivedEOF() { c.in.eof = true }

// TransportEnded reports that ReceivedEOF has been called: where the peer has closed all
// the same, Params.EOFIsClose stood for its close_notify.
func (c *Conn) TransportEnded() bool { return c.in.eof }

// Output returns the bytes that wait to be sent, good until the next call on c
// other than Sent.
func (c *Conn) Output() []byte { return c.out.pending() }

// Sent says that the first n bytes of Output have been sent.
func (c *Conn) Sent(n int) { c.out.sent(c, n) }

// Buffered is the number of bytes of application data a Read would return
// without opening another record.
func (c *Conn) Buffered() int { return len(c.in.app) }

// Unprocessed is the number of received bytes no record has been made of yet.
func (c *Conn) Unprocessed() int { return c.in.unprocessed() }

// ReleaseBuffers gives empty buffers back to Settings.Buffers; the next use
// borrows again. For connections that rest.
func (c *Conn) ReleaseBuffers() {
	c.in.release(c)
	c.out.release(c)
}
