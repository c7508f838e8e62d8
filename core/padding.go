package core

import "patina/core/iana"

// padding is how the records of TLS 1.3 are padded (RFC 8446, section 5.4).
type padding struct {
	block int // a multiple of it is what content, type and padding come to; 0: not padded
	next  int // of the next record of data, if exact
	exact bool
}

// SetBlockPadding pads what is written from now on: the content and type of each
// protected record of TLS 1.3 to a multiple of block bytes, but not beyond
// Params.MaxFragment. 0 and 1 pad nothing.
func (c *Conn) SetBlockPadding(block int) { c.out.padding.block = max(block, 0) }

// PadNext has the next record of application data padded by n bytes, as far as
// Params.MaxFragment goes, whatever SetBlockPadding says; Write then makes one
// record. Without effect before TLS 1.3 protects records.
func (c *Conn) PadNext(n int) { c.out.padding.next, c.out.padding.exact = max(n, 0), true }

// PaddingLimit is how much PadNext could pad a record of n bytes of data, 0
// where records are not padded.
func (c *Conn) PaddingLimit(n int) int {
	if !c.out.sealer.Pads() {
		return 0
	}
	return max(c.params.MaxFragment-n-1, 0)
}

// of is the padding of a record with n bytes of content.
func (p *padding) of(c *Conn, typ iana.ContentType, n int) int {
	if p.block <= 1 && !p.exact {
		return 0
	}
	limit := c.PaddingLimit(n)
	if p.exact && typ == iana.ContentApplicationData {
		p.exact = false
		return min(p.next, limit)
	}
	if p.block <= 1 {
		return 0
	}
	if over := (n + 1) % p.block; over > 0 {
		return min(p.block-over, limit)
	}
	return 0
}

// overhead is the most that a record may be longer than its content.
func (o *outbound) overhead(c *Conn) int {
	switch p := &o.padding; {
	case p.exact:
		return o.sealer.Overhead() + c.params.MaxFragment
	case p.block > 1:
		return o.sealer.Overhead() + min(p.block, c.params.MaxFragment)
	}
	return o.sealer.Overhead()
}

// recordsAtOnce is how many records one write seals.
func (o *outbound) recordsAtOnce() int {
	if o.padding.exact {
		return 1
	}
	return maxRecords
}
