package capi

// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_sigalg tells the scheme at index of the peer's list, of the shared one
// (shared is 1) or of the peer's for certificates (2), and returns how long the list is; nothing is told of an index outside it.
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
	switch shared {
	case 0:
		list = o.PeerSigAlgs()
	case 1:
		list = o.SharedSigAlgs()
	default:
		list = o.PeerCertSigAlgs()
	}
	if i := int(index); i >= 0 && i < len(list) {
		*scheme, *key, *digest = C.uint16_t(list[i].Scheme), C.int(list[i].Key), C.int(list[i].Digest)
	}
	return C.int(len(list))
}

//export patina_go_can_sign13
func patina_go_can_sign13(s *C.SSL, slot, bits, curve C.int) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_check_chain", C.int(0), func(o *ossl.SSL) C.int {
		return C.int(flag(o.CanSign13(int(slot), int(bits), int(curve))))
	})
}

//export patina_go_slot_shared
func patina_go_slot_shared(s *C.SSL, slot C.int) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_check_chain", C.int(0), func(o *ossl.SSL) C.int { return C.int(flag(o.SharesSlot(int(slot)))) })
}

//export patina_go_curve_suits
func patina_go_curve_suits(s *C.SSL, server, curve C.int) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_check_chain", C.int(0), func(o *ossl.SSL) C.int {
		return C.int(flag(o.CurveSuits(server != 0, int(curve))))
	})
}

//export patina_go_sets_sigalgs
func patina_go_sets_sigalgs(s *C.SSL) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_check_chain", C.int(0), func(o *ossl.SSL) C.int { return C.int(flag(o.SetsSigAlgs())) })
}
