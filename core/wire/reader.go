package wire

// reader takes a message apart. After the first thing missing it is bad and
// yields zero values; done tells in the end whether all was well.
type reader struct {
	b   []byte
	bad bool
}

// take returns the next n bytes.
func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.fail()
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) fail() {
	r.bad = true
	r.b = nil
}

func (r *reader) u8() uint8 {
	if len(r.b) < 1 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) u16() uint16 {
	if len(r.b) < 2 {
		r.fail()
		return 0
	}
	v := uint16(r.b[0])<<8 | uint16(r.b[1])
	r.b = r.b[2:]
	return v
}

func (r *reader) u24() int {
	if len(r.b) < 3 {
		r.fail()
		return 0
	}
	v := int(r.b[0])<<16 | int(r.b[1])<<8 | int(r.b[2])
	r.b = r.b[3:]
	return v
}

func (r *reader) u32() uint32 {
	return uint32(r.u16())<<16 | uint32(r.u16())
}

// vec8, vec16 and vec24 return the content of a vector with a length prefix of
// that many bits and at least min bytes.
func (r *reader) vec8(min int) []byte  { return r.vec(int(r.u8()), min) }
func (r *reader) vec16(min int) []byte { return r.vec(int(r.u16()), min) }
func (r *reader) vec24(min int) []byte { return r.vec(r.u24(), min) }

func (r *reader) vec(n, min int) []byte {
	if n < min {
		r.fail()
	}
	return r.take(n)
}

// sub8, sub16 and sub24 are vec8, vec16 and vec24 as readers; a vector that is
// not there is a bad reader.
func (r *reader) sub8(min int) reader  { v := r.vec8(min); return reader{v, r.bad} }
func (r *reader) sub16(min int) reader { v := r.vec16(min); return reader{v, r.bad} }
func (r *reader) sub24(min int) reader { v := r.vec24(min); return reader{v, r.bad} }

// rest returns what is left.
func (r *reader) rest() []byte { return r.take(len(r.b)) }

// more reports whether there is anything left to read.
func (r *reader) more() bool { return len(r.b) > 0 }

// done reports whether everything was there and nothing is left.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

// list16 reads the rest as a list of 16-bit values, appended to dst.
func list16[T ~uint16](r *reader, dst []T) []T {
	if len(r.b)%2 != 0 {
		r.fail()
	}
	for r.more() {
		dst = append(dst, T(r.u16()))
	}
	return dst
}
