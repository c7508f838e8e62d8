package ossl

import "patina/core/iana"

// Padding of TLS 1.3 records (SSL_CTX_set_record_padding_callback(3)). A callback
// goes before a block size. It is asked for records of application data; those of
// the handshake, which the engine makes in flights, have the block size only.

// setBlockPadding takes a size of 0 to 16384 bytes; 1 is none.
func (sc *scalars) setBlockPadding(size int) bool {
	if size < 0 || size > defaultFragment {
		return false
	}
	sc.blockPadding = size
	if size == 1 {
		sc.blockPadding = 0
	}
	return true
}

// SetBlockPadding is SSL_CTX_set_block_padding.
func (c *Ctx) SetBlockPadding(size int) (ok bool) {
	c.change(func(s *snapshot) { ok = s.setBlockPadding(size) })
	return ok
}

// SetBlockPadding is SSL_set_block_padding.
func (s *SSL) SetBlockPadding(size int) bool {
	ok := s.setBlockPadding(size)
	if s.conn != nil {
		s.conn.SetBlockPadding(s.blockPadding)
	}
	return ok
}

// pad asks the padding callback about the next record, which takes of rest what
// it has room for. asked means that the program's answer is to be waited for.
func (s *SSL) pad(rest []byte) (record []byte, asked bool) {
	if s.padding.Fn == 0 || s.conn.Version() != iana.VersionTLS13 || len(rest) == 0 {
		return rest, false
	}
	rest = rest[:min(len(rest), s.fragment())]
	if s.deciding.done == NeedPadding {
		s.deciding.done = NeedNothing
		return rest, false
	}
	if s.conn.PaddingLimit(len(rest)) == 0 {
		s.conn.PadNext(0)
		return rest, false
	}
	s.ask(NeedPadding, s.padding)
	s.step.Num = len(rest) + 1
	return nil, true
}
