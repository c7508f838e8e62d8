package capi

// #include "handle.h"
import "C"

import "unsafe"

//export patina_go_dup
func patina_go_dup(to, from *C.SSL) (ok C.int) {
	defer guard(&ok, 0)
	begin("SSL_dup")
	t, f := sslOf(unsafe.Pointer(to)), sslOf(unsafe.Pointer(from))
	if t == nil || f == nil {
		return 0
	}
	copied := f.CopyTo(t)
	show(to, t)
	return C.int(flag(copied))
}
