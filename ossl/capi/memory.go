package capi

// #include <openssl/crypto.h>
// static void *patina_crypto_malloc(size_t n) { return OPENSSL_malloc(n ? n : 1); }
import "C"

import "unsafe"

// cryptoMemory is a copy of b that OPENSSL_free frees; nil if memory is out.
func cryptoMemory(b []byte) unsafe.Pointer {
	p := C.patina_crypto_malloc(C.size_t(len(b)))
	if p != nil {
		copy(unsafe.Slice((*byte)(p), len(b)), b)
	}
	return p
}
