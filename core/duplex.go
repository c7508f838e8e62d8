package core

import (
	"patina/core/iana"
	"patina/core/record"
)

// Receiving and sending at the same time. A Conn is used by one goroutine at a
// time, but once the handshake is complete an owner that keeps two goroutines,
// one that receives and one that sends, need not make them wait for each other:
// the functions of this file beside which it says so touch one half only.
//
//	receiving   NextData, Consumed, ReadBuffer, Received, ReceivedEOF, ReleaseInput
//	sending     Recycle, and what an owner does with a Taken
//	both        everything else: never beside any other call
//
// So a receiver needs the Conn for itself only when NextData finds something
// other than data, and a sender only while it seals, never while it sends.

// NextData is the application data that is there, opening records for it: data
// and WaitNone, good until the next call of the receiving half. WaitRead: more
// bytes are needed. Neither: there is a message, an alert, an error or the
// transport's end, or there are no such shortcuts now; call Read, with nobody
// else using c. Receiving half.
func (c *Conn) NextData() ([]byte, Wait) {
	in := &c.in
	if len(in.app) > 0 {
		return in.app, WaitNone
	}
	if !c.done || c.obs != nil || c.peerClosed || in.hasAhead || in.freed || in.midMessage() {
		return nil, WaitNone
	}
	for {
		in.rec = in.opener.Open(in.buf[in.r:in.w])
		rec := &in.rec
		switch {
		case rec.Outcome == record.More && !in.eof:
			return nil, WaitRead
		case rec.Outcome == record.Success && rec.Type == iana.ContentApplicationData && len(in.asm) == 0:
			in.r += rec.Consumed
			in.app, in.gotData = rec.Content, true
			return in.app, WaitNone
		case rec.Outcome == record.Discard || rec.Outcome == record.Empty:
			in.r += rec.Consumed
		default:
			in.hasAhead = rec.Outcome != record.More
			return nil, WaitNone
		}
	}
}

// Consumed says that n bytes of what NextData has returned are done with.
// Receiving half.
func (c *Conn) Consumed(n int) { c.in.consumeApp(n) }

// takeGotData reports, once, that data has been handed out.
func (in *inbound) takeGotData() bool {
	got := in.gotData
	in.gotData = false
	return got
}

// ReleaseInput is the half of ReleaseBuffers that gives the input back.
// Receiving half.
func (c *Conn) ReleaseInput() { c.in.release(c) }

// Taken is output that has left its Conn, with the memory it lies in.
type Taken struct {
	buf []byte // up to what is to be sent; its capacity is what was lent
	r   int    // sent
}

// TakeOutput hands Output over to the caller, who sends it and gives the memory
// back by Recycle. The Conn forgets it: there is no Sent.
func (c *Conn) TakeOutput() Taken {
	o := &c.out
	t := Taken{o.buf[:o.w], o.r}
	o.buf, o.r, o.w = nil, 0, 0
	return t
}

// Bytes are what is still to be sent.
func (t *Taken) Bytes() []byte { return t.buf[t.r:] }

// Sent says that the first n of Bytes have been sent.
func (t *Taken) Sent(n int) { t.r += n }

// Recycle gives the memory of t back and makes it empty. Sending half.
func (c *Conn) Recycle(t *Taken) {
	if t.buf != nil {
		c.cfg.Buffers.Put(t.buf[:cap(t.buf)])
	}
	*t = Taken{}
}
