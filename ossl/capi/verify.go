package capi

// #include "topics.h"
// #include "verify.h"
// #include <openssl/x509v3.h>
import "C"

import (
	"unsafe"

	"patina/core/pki"
	"patina/ossl"
)

// stores is what has been seen of X509_STOREs.
var stores table[ossl.Store]

// patina_go_store_new makes what is kept of a store; 0 if there is no room.
//
//export patina_go_store_new
func patina_go_store_new() (token C.uint64_t) {
	defer guard(&token, 0)
	begin("verify_store_new")
	return C.uint64_t(stores.put(new(ossl.Store)))
}

//export patina_go_store_drop
func patina_go_store_drop(token C.uint64_t) {
	defer guardVoid()
	stores.drop(uint64(token))
	begin("verify_store_drop")
}

// patina_go_store_places tells where a store looks for what it does not hold; count
// is below zero where Go does not know all of it. It reports whether that was taken.
//
//export patina_go_store_places
func patina_go_store_places(token C.uint64_t, places *C.struct_patina_place, count C.int) (done C.int) {
	defer guard(&done, 0)
	begin("verify_store_places")
	k := stores.get(uint64(token))
	if k == nil {
		return 0
	}
	if count < 0 {
		k.ForgetLookups()
		return 1
	}
	list := make([]ossl.Lookup, 0, count)
	for _, p := range unsafe.Slice(places, int(count)) {
		list = append(list, ossl.Lookup{Dir: C.GoString(p.dir), Scan: p.scan != 0})
	}
	k.SetLookups(list)
	return 1
}

// patina_go_roots_add takes what has been found in a store under the name asked
// for, and reports whether there is anything; -2 is a failure of its own.
//
//export patina_go_roots_add
func patina_go_roots_add(s *C.SSL, v *C.struct_patina_verification, ders *C.struct_patina_der, count C.int) (found C.int) {
	defer guardSSL(unsafe.Pointer(s), &found, -2)
	begin("verify_roots_add")
	o, k := sslOf(unsafe.Pointer(s)), stores.get(uint64(v.seen))
	if o != nil && k != nil && o.FoundRoots(k, uint64(v.version), dersOf(ders, count)) {
		return 1
	}
	return 0
}

// patina_go_lists_add takes the revocation lists that a store has of the issuer
// asked for. 0: their DER is needed.
//
//export patina_go_lists_add
func patina_go_lists_add(s *C.SSL, v *C.struct_patina_verification, lists *C.struct_patina_list, count C.int, read C.int) (known C.int) {
	defer guardSSL(unsafe.Pointer(s), &known, 0)
	begin("verify_lists_add")
	o, k := sslOf(unsafe.Pointer(s)), stores.get(uint64(v.seen))
	if o == nil || k == nil {
		return 0
	}
	at := make([]ossl.Ptr, 0, count)
	var ders [][]byte
	for _, l := range unsafe.Slice(lists, int(count)) {
		at = append(at, ossl.Ptr(l.at))
		if read != 0 {
			ders = append(ders, C.GoBytes(unsafe.Pointer(l.der), C.int(l.len)))
		}
	}
	if o.FoundCRLs(k, uint64(v.version), at, ders) {
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
	o, k := sslOf(unsafe.Pointer(s)), stores.get(uint64(v.seen))
	if o == nil || k == nil {
		return C.PATINA_VERDICT_REJECTED
	}
	in := ossl.Verification{
		Store: k, Version: uint64(v.version),
		Time: int64(v.time), Depth: int(v.depth), Level: int(v.level), HostFlags: uint(v.host_flags),
		TimeSet:      v.flags&C.X509_V_FLAG_USE_CHECK_TIME != 0,
		NoTimeCheck:  v.flags&C.X509_V_FLAG_NO_CHECK_TIME != 0,
		PartialChain: v.flags&C.X509_V_FLAG_PARTIAL_CHAIN != 0,
		Email:        C.GoString(v.email), IP: C.GoString(v.ip),
		Ask: v.ask != 0, ForClient: v.purpose == C.X509_PURPOSE_SSL_CLIENT,
	}
	if v.flags&C.X509_V_FLAG_CRL_CHECK != 0 {
		in.CRLCheck = pki.CRLCheckLeaf
		if v.flags&C.X509_V_FLAG_CRL_CHECK_ALL != 0 {
			in.CRLCheck = pki.CRLCheckAll
		}
	}
	for _, h := range unsafe.Slice(v.hosts, v.host_count) {
		in.Hosts = append(in.Hosts, C.GoString(h))
	}
	result, code := o.VerifyPeer(&in, v.first != 0, v.yes != 0)
	v.code, v.from_peer = C.int32_t(code), C.int32_t(o.FromPeer())
	if result == ossl.VerdictAsk {
		right, depth := o.AskedAbout()
		v.right, v.at = flag(right), C.int32_t(depth)
	}
	return C.int(result)
}
