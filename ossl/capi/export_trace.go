package capi

// #include "handle.h"
import "C"

import (
	"encoding/binary"
	"unsafe"

	"patina/ossl"
)

// patina_go_trace makes the trace of a message of s, which may be NULL or no SSL:
// parts one after the other, each behind its kind, one byte, and its length, four.
// It is memory that the caller frees.
//
//export patina_go_trace
func patina_go_trace(s *C.SSL, sent, contentType C.int, msg *C.uint8_t, msgLen C.size_t, out **C.uint8_t, outLen *C.size_t) (ok C.int) {
	defer guard(&ok, 0)
	begin("SSL_trace")
	var of ossl.Traced
	if s != nil && s.magic == C.PATINA_MAGIC_SSL {
		if o := ssls.get(uint64(s.token)); o != nil {
			of = o.Traced()
		}
	}
	var b []byte
	for _, p := range of.Trace(sent != 0, int(contentType), bytesOf(unsafe.Pointer(msg), msgLen)) {
		b = append(b, byte(p.Kind))
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.Data)))
		b = append(b, p.Data...)
	}
	*out, *outLen = (*C.uint8_t)(C.CBytes(b)), C.size_t(len(b))
	return 1
}
