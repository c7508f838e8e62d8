package capi

// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// done is 1, or 0 with err on the queue.
func done(err error) C.int {
	if err != nil {
		raise(err)
		return 0
	}
	return 1
}

//export patina_SSL_CTX_set_tlsext_max_fragment_length
func patina_SSL_CTX_set_tlsext_max_fragment_length(ctx *C.SSL_CTX, mode C.uint8_t) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_set_tlsext_max_fragment_length", C.int(0),
		func(c *ossl.Ctx) C.int { return done(c.SetMaxFragmentLength(uint8(mode))) })
}

//export patina_SSL_set_tlsext_max_fragment_length
func patina_SSL_set_tlsext_max_fragment_length(ssl *C.SSL, mode C.uint8_t) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_set_tlsext_max_fragment_length", C.int(0),
		func(s *ossl.SSL) C.int { return done(s.SetMaxFragmentLength(uint8(mode))) })
}
