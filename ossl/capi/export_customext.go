package capi

// #include "handle.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_add_custom_ext keeps an extension; role is an ossl.Role, none for
// SSL_CTX_add_custom_ext.
//
//export patina_go_add_custom_ext
func patina_go_add_custom_ext(ctx *C.SSL_CTX, role C.int, typ, context C.uint, add, free, addArg, parse, parseArg C.uintptr_t) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_add_custom_ext", C.int(0), func(c *ossl.Ctx) C.int {
		e := ossl.CustomExt{Type: uint32(typ), Role: ossl.Role(role), Context: uint32(context),
			Add: ossl.Ptr(add), Free: ossl.Ptr(free), AddArg: ossl.Ptr(addArg), Parse: ossl.Ptr(parse), ParseArg: ossl.Ptr(parseArg)}
		if e.Role != ossl.RoleNone {
			e.Old, e.Context = true, ossl.ExtOld
		}
		return C.int(flag(c.AddCustomExt(e)))
	})
}

//export patina_go_has_client_custom_ext
func patina_go_has_client_custom_ext(ctx *C.SSL_CTX, typ C.uint) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_has_client_custom_ext", C.int(0), func(c *ossl.Ctx) C.int {
		return C.int(flag(c.HasCustomExt(uint32(typ), ossl.RoleClient)))
	})
}

// patina_go_credential_slot is the slot of the certificate that has been chosen for
// this connection, -1 for none.
//
//export patina_go_credential_slot
func patina_go_credential_slot(s *C.SSL) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_get_certificate_slot", C.int(-1), func(o *ossl.SSL) C.int { return C.int(o.CredentialSlot()) })
}
