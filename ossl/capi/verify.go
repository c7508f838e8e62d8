package capi

// #include "topics.h"
// #include "verify.h"
import "C"

import (
	"unsafe"

	"patina/core/pki"
	"patina/ossl"
)

// roots is what has been seen of X509_STOREs.
var roots table[pki.Cache]

// patina_go_roots_new makes the cache of a store; 0 if there is no room.
//
//export patina_go_roots_new
func patina_go_roots_new() (token C.uint64_t) {
	defer guard(&token, 0)
	begin("verify_roots_new")
	return C.uint64_t(roots.put(new(pki.Cache)))
}

//export patina_go_roots_drop
func patina_go_roots_drop(token C.uint64_t) {
	defer guardVoid()
	roots.drop(uint64(token))
	begin("verify_roots_drop")
}

// patina_go_roots_add takes what has been found in a store under one name, and
// reports whether there is anything.
//
//export patina_go_roots_add
func patina_go_roots_add(v *C.struct_patina_verification, ders *C.struct_patina_der, count C.int) (found C.int) {
	defer guard(&found, 0)
	begin("verify_roots_add")
	k := roots.get(uint64(v.roots))
	if k == nil {
		return 0
	}
	k.Reset(uint64(v.version))
	if k.Add(dersOf(ders, count)) {
		return 1
	}
	return 0
}

// patina_go_verify verifies the peer's chain: a verdict.
//
//export patina_go_verify
func patina_go_verify(s *C.SSL, v *C.struct_patina_verification) (verdict C.int) {
	defer guardSSL(unsafe.Pointer(s), &verdict, C.PATINA_VERDICT_REJECTED)
	v.code = C.X509_V_ERR_UNSPECIFIED
	begin("verify")
	o, k := sslOf(unsafe.Pointer(s)), roots.get(uint64(v.roots))
	if o == nil || k == nil {
		return C.PATINA_VERDICT_REJECTED
	}
	k.Reset(uint64(v.version))
	in := ossl.Verification{
		Roots: k, Time: int64(v.time), Depth: int(v.depth), Level: int(v.level), HostFlags: uint(v.host_flags),
		NoTimeCheck:  v.flags&C.X509_V_FLAG_NO_CHECK_TIME != 0,
		PartialChain: v.flags&C.X509_V_FLAG_PARTIAL_CHAIN != 0,
		Email:        C.GoString(v.email), IP: C.GoString(v.ip),
	}
	for _, h := range unsafe.Slice(v.hosts, v.host_count) {
		in.Hosts = append(in.Hosts, C.GoString(h))
	}
	result, code := o.VerifyPeer(&in, v.first != 0, v.found != 0)
	v.code = C.int32_t(code)
	return C.int(result)
}
