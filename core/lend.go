package core

import "bytes"

// A connection at rest that has given its buffers back receives into memory of its
// owner's, of which one piece serves all connections that an owner uses in turn: a
// record that one Read takes then needs no buffer at all.

// NextLead is, for a connection that rests between two records without a buffer, how
// far into memory of the owner's the next record is best received for Lend; 0 where
// that is not so.
func (c *Conn) NextLead() int {
	if c.in.buf != nil || !c.in.rests(c) {
		return 0
	}
	return c.in.opener.Lead()
}

// Lend has the next operation take what the owner has received into memory of its own,
// b[from:to], where NextLead said that it may: many connections that rest can so share
// one buffer. Records are opened where they lie, in up to MaxLent bytes. Settle ends
// it, before the memory is used for anything else.
func (c *Conn) Lend(b []byte, from, to int) {
	if from == 0 || from != c.NextLead() || len(b) > MaxLent || to < from || to > len(b) {
		panic("core: Lend of what NextLead has not asked for")
	}
	c.in.buf, c.in.own, c.in.r, c.in.w = b, true, from, to
}

// MaxLent is what a record and what stands before it take at most.
const MaxLent = inputSize

// Settle makes c independent of the memory lent last: what is left in it is copied.
func (c *Conn) Settle() { c.in.settle(c) }

// settle gives back what Lend has lent, and copies what is left in it.
func (in *inbound) settle(c *Conn) {
	if !in.own {
		return
	}
	lent, r, w := in.buf, in.r, in.w
	in.own, in.buf, in.rec.Content = false, nil, nil
	in.r, in.w = 0, 0
	if in.held.raw != nil {
		in.held.raw = bytes.Clone(in.held.raw)
		in.held.body = in.held.raw[headerLen:]
	}
	if r == w && len(in.app) == 0 && len(in.frag) == 0 {
		in.app, in.frag = nil, nil
		return
	}
	in.buf = c.cfg.Buffers.Get(max(inputSize, in.size))
	n := copy(in.buf, in.app)
	in.app = in.buf[:n:n]
	n += copy(in.buf[n:], in.frag)
	in.frag = in.buf[len(in.app):n:n]
	in.r = n
	in.w = n + copy(in.buf[n:], lent[r:w])
}
