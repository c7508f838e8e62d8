package capi

// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

//export patina_SSL_CTX_set_block_padding
func patina_SSL_CTX_set_block_padding(ctx *C.SSL_CTX, size C.size_t) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_set_block_padding", C.int(0), func(c *ossl.Ctx) C.int { return blockPadding(c.SetBlockPadding, size) })
}

//export patina_SSL_set_block_padding
func patina_SSL_set_block_padding(ssl *C.SSL, size C.size_t) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_set_block_padding", C.int(0), func(s *ossl.SSL) C.int { return blockPadding(s.SetBlockPadding, size) })
}

func blockPadding(set func(int) bool, size C.size_t) C.int {
	if set(int(min(size, 1<<30))) {
		return 1
	}
	return 0
}
