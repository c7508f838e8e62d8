package capi

// #include "handle.h"
// #include <string.h>
import "C"

import (
	"unsafe"

	"patina/ossl"
)

//export patina_go_ssl_fact
func patina_go_ssl_fact(s *C.SSL, cmd C.int, v C.long) C.long {
	return withSSL(unsafe.Pointer(s), "SSL_ctrl", C.long(0), func(o *ossl.SSL) C.long { return C.long(o.Number(int(cmd), int64(v))) })
}

//export patina_go_ssl_numbers
func patina_go_ssl_numbers(s *C.SSL, cmd C.int, out *C.int, room C.int) C.long {
	return withSSL(unsafe.Pointer(s), "SSL_ctrl", C.long(0), func(o *ossl.SSL) C.long {
		list := o.GroupNIDs()
		to := unsafe.Slice(out, int(room))
		for i, n := range list {
			if i == len(to) {
				break
			}
			to[i] = C.int(n)
		}
		return C.long(len(list))
	})
}

// patina_go_ssl_raw_ciphers points at the client's list of suites, which lies in the
// connection's scratch memory; without out it is the length of one suite.
//
//export patina_go_ssl_raw_ciphers
func patina_go_ssl_raw_ciphers(s *C.SSL, out **C.uchar) C.long {
	return withSSL(unsafe.Pointer(s), "SSL_ctrl", C.long(0), func(o *ossl.SSL) C.long {
		if out == nil {
			return 2
		}
		list := o.RawCiphers()
		if len(list) == 0 {
			return 0
		}
		copy(scratch(s, len(list)), list)
		*out = (*C.uchar)(s.scratch)
		return C.long(len(list))
	})
}

// patina_go_ssl_staple is the server's OCSP response in memory of the caller's own;
// below zero if there is none.
//
//export patina_go_ssl_staple
func patina_go_ssl_staple(s *C.SSL, out **C.uchar) C.long {
	return withSSL(unsafe.Pointer(s), "SSL_ctrl", C.long(-1), func(o *ossl.SSL) C.long {
		staple := o.PeerStaple()
		if len(staple) == 0 {
			return -1
		}
		p := cryptoMemory(staple)
		if p == nil {
			return -1
		}
		*out = (*C.uchar)(p)
		return C.long(len(staple))
	})
}

//export patina_go_ssl_set_staple
func patina_go_ssl_set_staple(s *C.SSL, data *C.uchar, n C.long) {
	withSSL(unsafe.Pointer(s), "SSL_ctrl", 0, func(o *ossl.SSL) int {
		o.SetStaple(C.GoBytes(unsafe.Pointer(data), C.int(max(n, 0))))
		return 0
	})
}
