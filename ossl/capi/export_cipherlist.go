package capi

// #include <stdint.h>
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_suites_of fills ids with the suites of this library, and the
// signalling ones, that SSL_bytes_to_cipher_list is given, each once; it returns
// how many, or -1 with an error on the queue.
//
//export patina_go_suites_of
func patina_go_suites_of(bytes *C.uchar, length C.size_t, v2 C.int, ids *C.uint16_t, max C.int) (n C.int) {
	defer guard(&n, -1)
	begin("SSL_bytes_to_cipher_list")
	list, err := ossl.ParseCipherBytes(bytesOf(unsafe.Pointer(bytes), length), v2 != 0)
	if err != nil {
		raise(err)
		return -1
	}
	return fillKnown(list, unsafe.Slice(ids, int(max)))
}

// fillKnown copies the known suites of list, without repetitions, as far as they fit.
func fillKnown(list []uint16, ids []C.uint16_t) (n C.int) {
	seen := map[uint16]bool{}
	for _, id := range list {
		if int(n) == len(ids) {
			break
		}
		if !seen[id] && ossl.KnownSuite(id) {
			seen[id] = true
			ids[n] = C.uint16_t(id)
			n++
		}
	}
	return n
}
