package capi

// #include "handle.h"
// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

//export patina_SSL_CTX_use_psk_identity_hint
func patina_SSL_CTX_use_psk_identity_hint(ctx *C.SSL_CTX, hint *C.cchar) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_use_psk_identity_hint", 0, func(o *ossl.Ctx) C.int {
		return oneOr(o.UsePSKIdentityHint(cstring(hint)))
	})
}

//export patina_go_use_psk_identity_hint
func patina_go_use_psk_identity_hint(s *C.SSL, hint *C.cchar) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_use_psk_identity_hint", 0, func(o *ossl.SSL) C.int {
		return oneOr(o.UsePSKIdentityHint(cstring(hint)))
	})
}
