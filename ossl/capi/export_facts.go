package capi

// #include "facts.h"
// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_fact puts a fact, and a NUL behind it, into the scratch memory of s.
//
//export patina_go_fact
func patina_go_fact(s *C.SSL, fact C.int, length *C.size_t) (ok C.int) {
	defer guardSSL(unsafe.Pointer(s), &ok, 0)
	begin("SSL_get_fact")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	b, found := o.Tell(ossl.Fact(fact))
	if !found {
		return 0
	}
	memory := scratch(s, len(b)+1)
	copy(memory, b)
	memory[len(b)] = 0
	*length = C.size_t(len(b))
	return 1
}

//export patina_SSL_set_verify_result
func patina_SSL_set_verify_result(s *C.SSL, result C.long) {
	defer guardVoid()
	begin("SSL_set_verify_result")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetVerifyResult(int32(result))
		show(s, o)
	}
}

//export patina_SSL_export_keying_material
func patina_SSL_export_keying_material(s *C.SSL, out *C.uchar, olen C.size_t, label *C.cchar, llen C.size_t,
	context *C.cuchar, contextLen C.size_t, useContext C.int) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_export_keying_material")
	o := sslOf(unsafe.Pointer(s))
	if o == nil || s.view.begun == 0 {
		return -1
	}
	var ctx []byte
	if useContext != 0 {
		ctx = append([]byte{}, bytesOf(unsafe.Pointer(context), contextLen)...)
	}
	b, err := o.ExportKeyingMaterial(string(bytesOf(unsafe.Pointer(label), llen)), ctx, int(olen))
	if err != nil {
		raise(err)
		return 0
	}
	copy(bytesOf(unsafe.Pointer(out), olen), b)
	return 1
}

//export patina_SSL_new_session_ticket
func patina_SSL_new_session_ticket(s *C.SSL) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_new_session_ticket")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	issued := o.NewSessionTicket(sentOf(s))
	show(s, o)
	return C.int(flag(issued))
}

//export patina_SSL_verify_client_post_handshake
func patina_SSL_verify_client_post_handshake(s *C.SSL) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_verify_client_post_handshake")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	err := o.VerifyClientPostHandshake(sentOf(s))
	show(s, o)
	return oneOr(err)
}

//export patina_SSL_export_keying_material_early
func patina_SSL_export_keying_material_early(s *C.SSL, out *C.uchar, olen C.size_t, label *C.cchar, llen C.size_t,
	context *C.cuchar, contextLen C.size_t) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_export_keying_material_early")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	b := o.ExportEarlyKeyingMaterial(string(bytesOf(unsafe.Pointer(label), llen)),
		append([]byte{}, bytesOf(unsafe.Pointer(context), contextLen)...), int(olen))
	if b == nil {
		return 0
	}
	copy(bytesOf(unsafe.Pointer(out), olen), b)
	return 1
}

//export patina_SSL_key_update
func patina_SSL_key_update(s *C.SSL, kind C.int) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_key_update")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	if kind != C.SSL_KEY_UPDATE_NOT_REQUESTED && kind != C.SSL_KEY_UPDATE_REQUESTED {
		raise(&ossl.Error{Reason: ossl.ReasonInvalidKeyUpdateType})
		return 0
	}
	if err := o.KeyUpdate(kind == C.SSL_KEY_UPDATE_REQUESTED); err != nil {
		raise(err)
		return 0
	}
	show(s, o)
	return 1
}

//export patina_SSL_get_signature_type_nid
func patina_SSL_get_signature_type_nid(s *C.cSSL, nid *C.int) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_get_signature_type_nid")
	return signatureNID(unsafe.Pointer(s), false, nid)
}

//export patina_SSL_get_peer_signature_type_nid
func patina_SSL_get_peer_signature_type_nid(s *C.cSSL, nid *C.int) (r C.int) {
	defer guardSSL(unsafe.Pointer(s), &r, 0)
	begin("SSL_get_peer_signature_type_nid")
	return signatureNID(unsafe.Pointer(s), true, nid)
}

func signatureNID(s unsafe.Pointer, peer bool, nid *C.int) C.int {
	o := sslOf(s)
	if o == nil {
		return 0
	}
	sig, _, ok := ossl.SigAlgNIDs(o.SignatureScheme(peer))
	if !ok {
		return 0
	}
	*nid = C.int(sig)
	return 1
}
