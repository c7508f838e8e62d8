package wire

import "patina/core/iana"

func append16(dst []byte, v uint16) []byte { return append(dst, byte(v>>8), byte(v)) }
func append24(dst []byte, v int) []byte {
	return append(dst, byte(v>>16), byte(v>>8), byte(v))
}
func append32(dst []byte, v uint32) []byte {
	return append(dst, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// open8, open16 and open24 leave room for a length prefix; close8, close16 and
// close24, given len(dst) as it was before, fill it in.
func open8(dst []byte) []byte  { return append(dst, 0) }
func open16(dst []byte) []byte { return append(dst, 0, 0) }
func open24(dst []byte) []byte { return append(dst, 0, 0, 0) }

func close8(dst []byte, at int) []byte {
	n := length(len(dst)-at-1, 1<<8)
	dst[at] = byte(n)
	return dst
}

func close16(dst []byte, at int) []byte {
	n := length(len(dst)-at-2, 1<<16)
	dst[at], dst[at+1] = byte(n>>8), byte(n)
	return dst
}

func close24(dst []byte, at int) []byte {
	n := length(len(dst)-at-3, 1<<24)
	dst[at], dst[at+1], dst[at+2] = byte(n>>16), byte(n>>8), byte(n)
	return dst
}

func length(n, limit int) int {
	if n >= limit {
		panic("wire: vector longer than its length prefix can tell")
	}
	return n
}

func appendVec8(dst, v []byte) []byte {
	return append(append(dst, byte(length(len(v), 1<<8))), v...)
}
func appendVec16(dst, v []byte) []byte {
	return append(append16(dst, uint16(length(len(v), 1<<16))), v...)
}
func appendVec24(dst, v []byte) []byte {
	return append(append24(dst, length(len(v), 1<<24)), v...)
}

func appendList16[T ~uint16](dst []byte, list []T) []byte {
	at := len(dst)
	dst = open16(dst)
	for _, v := range list {
		dst = append16(dst, uint16(v))
	}
	return close16(dst, at)
}

// HeaderLen is the length of a handshake message's header: type and length.
const HeaderLen = 4

// openMessage begins a handshake message; closeMessage, given len(dst) as it
// was before, fills in its length.
func openMessage(dst []byte, t iana.HandshakeType) []byte {
	return append(dst, byte(t), 0, 0, 0)
}

func closeMessage(dst []byte, at int) []byte { return close24(dst, at+1) }
