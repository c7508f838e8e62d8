package capi

// #include "loop.h"
// #include "zconsttypes.h"
import "C"

import (
	"unsafe"
)

//export patina_SSL_set_connect_state
func patina_SSL_set_connect_state(s *C.SSL) {
	defer guardVoid()
	begin("SSL_set_connect_state")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetConnectState()
		show(s, o)
	}
}

//export patina_SSL_set_accept_state
func patina_SSL_set_accept_state(s *C.SSL) {
	defer guardVoid()
	begin("SSL_set_accept_state")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetAcceptState()
		show(s, o)
	}
}

//export patina_SSL_set_shutdown
func patina_SSL_set_shutdown(s *C.SSL, mode C.int) {
	defer guardVoid()
	begin("SSL_set_shutdown")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetShutdown(int(mode))
		show(s, o)
	}
}

//export patina_SSL_set_quiet_shutdown
func patina_SSL_set_quiet_shutdown(s *C.SSL, on C.int) {
	defer guardVoid()
	begin("SSL_set_quiet_shutdown")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetQuietShutdown(on != 0)
		show(s, o)
	}
}

//export patina_SSL_pending
func patina_SSL_pending(s *C.cSSL) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_pending")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		return C.int(o.Pending())
	}
	return 0
}

//export patina_SSL_has_pending
func patina_SSL_has_pending(s *C.cSSL) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_has_pending")
	if o := sslOf(unsafe.Pointer(s)); o != nil && o.HasPending() {
		return 1
	}
	return 0
}
