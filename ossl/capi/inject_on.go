//go:build patina_panic

package capi

// #include <stdlib.h>
import "C"

import "unsafe"

// begin panics in the export that the environment variable PATINA_PANIC names.
func begin(name string) {
	// C's environment: the guest runtime does not see the host's.
	variable := [...]byte{'P', 'A', 'T', 'I', 'N', 'A', '_', 'P', 'A', 'N', 'I', 'C', 0}
	if v := C.getenv((*C.char)(unsafe.Pointer(&variable[0]))); v != nil && C.GoString(v) == name {
		panic("injected into " + name)
	}
}
