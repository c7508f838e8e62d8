package capi

// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

//export patina_SSL_CTX_set_default_read_buffer_len
func patina_SSL_CTX_set_default_read_buffer_len(ctx *C.SSL_CTX, n C.size_t) {
	withCtx(unsafe.Pointer(ctx), "SSL_CTX_set_default_read_buffer_len", false, func(c *ossl.Ctx) bool {
		c.SetReadBuffer(uint64(n))
		return true
	})
}

//export patina_SSL_set_default_read_buffer_len
func patina_SSL_set_default_read_buffer_len(ssl *C.SSL, n C.size_t) {
	withSSL(unsafe.Pointer(ssl), "SSL_set_default_read_buffer_len", false, func(s *ossl.SSL) bool {
		s.SetReadBuffer(uint64(n))
		return true
	})
}
