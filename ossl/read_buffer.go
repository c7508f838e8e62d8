package ossl

import "math"

// How much is read at once where SSL_set_read_ahead is on
// (SSL_CTX_set_default_read_buffer_len(3)). A buffer that is held already stays.

// SetReadBuffer is SSL_CTX_set_default_read_buffer_len.
func (c *Ctx) SetReadBuffer(n uint64) {
	c.change(func(s *snapshot) { s.readBuffer = int(min(n, math.MaxInt32)) })
}

// SetReadBuffer is SSL_set_default_read_buffer_len.
func (s *SSL) SetReadBuffer(n uint64) {
	s.readBuffer = int(min(n, math.MaxInt32))
	if s.conn != nil {
		s.conn.SetReadBuffer(s.readBuffer)
	}
}
