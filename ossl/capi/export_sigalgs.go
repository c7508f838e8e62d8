package capi

// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_sigalg tells the scheme at index of the peer's list, or of the shared
// one, and returns how long the list is; nothing is told of an index outside it.
//
//export patina_go_sigalg
func patina_go_sigalg(s *C.SSL, shared, index C.int, scheme *C.uint16_t, key, digest *C.int) (n C.int) {
	defer guardSSL(unsafe.Pointer(s), &n, 0)
	begin("SSL_get_sigalgs")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	var list []ossl.SigAlgFacts
	if shared != 0 {
		list = o.SharedSigAlgs()
	} else {
		list = o.PeerSigAlgs()
	}
	if i := int(index); i >= 0 && i < len(list) {
		*scheme, *key, *digest = C.uint16_t(list[i].Scheme), C.int(list[i].Key), C.int(list[i].Digest)
	}
	return C.int(len(list))
}
