package capi

// #include "handle.h"
// #include "zconsttypes.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// withCtx runs f on the object of an SSL_CTX; failed is what the export name returns if
// there is none, or f panics.
func withCtx[T any](ctx unsafe.Pointer, name string, failed T, f func(*ossl.Ctx) T) (r T) {
	defer guard(&r, failed)
	begin(name)
	if c := ctxOf(ctx); c != nil {
		return f(c)
	}
	return failed
}

// withSSL is withCtx for an SSL. What f has changed is shown to C.
func withSSL[T any](s unsafe.Pointer, name string, failed T, f func(*ossl.SSL) T) (r T) {
	defer guardSSL(s, &r, failed)
	begin(name)
	if o := sslOf(s); o != nil {
		r = f(o)
		show((*C.SSL)(s), o)
		return r
	}
	return failed
}

// oneOr is 1, or 0 with the error on the queue.
func oneOr(err error) C.int {
	if err != nil {
		raise(err)
		return 0
	}
	return 1
}

// zeroOr is 0, or 1 with the error on the queue: SSL_CTX_set_alpn_protos is the
// other way round.
func zeroOr(err error) C.int { return 1 - oneOr(err) }

func cstring(s *C.cchar) string { return C.GoString((*C.char)(unsafe.Pointer(s))) }

func cbytes(p *C.cuchar, n C.uint) []byte { return bytesOf(unsafe.Pointer(p), C.size_t(n)) }

func fnPtr[T any](fn T) ossl.Ptr { return ossl.Ptr(*(*uintptr)(unsafe.Pointer(&fn))) }

func ptrFn[T any](p ossl.Ptr) (fn T) {
	*(*uintptr)(unsafe.Pointer(&fn)) = uintptr(p)
	return fn
}

//export patina_SSL_CTX_set_options
func patina_SSL_CTX_set_options(h *C.SSL_CTX, op C.uint64_t) C.uint64_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_options", C.uint64_t(0), func(c *ossl.Ctx) C.uint64_t { return C.uint64_t(c.SetOptions(uint64(op))) })
}

//export patina_SSL_CTX_clear_options
func patina_SSL_CTX_clear_options(h *C.SSL_CTX, op C.uint64_t) C.uint64_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_clear_options", C.uint64_t(0), func(c *ossl.Ctx) C.uint64_t { return C.uint64_t(c.ClearOptions(uint64(op))) })
}

//export patina_SSL_CTX_get_options
func patina_SSL_CTX_get_options(h *C.cSSL_CTX) C.uint64_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_options", C.uint64_t(0), func(c *ossl.Ctx) C.uint64_t { return C.uint64_t(c.Options()) })
}

//export patina_SSL_CTX_set_verify
func patina_SSL_CTX_set_verify(h *C.SSL_CTX, mode C.int, callback C.SSL_verify_cb) {
	withCtx(unsafe.Pointer(h), "SSL_CTX_set_verify", 0, func(c *ossl.Ctx) int { c.SetVerify(int(mode), fnPtr(callback)); return 0 })
}

//export patina_SSL_CTX_get_verify_mode
func patina_SSL_CTX_get_verify_mode(h *C.cSSL_CTX) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_verify_mode", C.int(0), func(c *ossl.Ctx) C.int { return C.int(c.VerifyMode()) })
}

//export patina_SSL_CTX_set_security_level
func patina_SSL_CTX_set_security_level(h *C.SSL_CTX, level C.int) {
	withCtx(unsafe.Pointer(h), "SSL_CTX_set_security_level", 0, func(c *ossl.Ctx) int { c.SetSecurityLevel(int(level)); return 0 })
}

//export patina_SSL_CTX_get_security_level
func patina_SSL_CTX_get_security_level(h *C.cSSL_CTX) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_security_level", C.int(0), func(c *ossl.Ctx) C.int { return C.int(c.SecurityLevel()) })
}

//export patina_SSL_CTX_set_session_id_context
func patina_SSL_CTX_set_session_id_context(h *C.SSL_CTX, id *C.cuchar, n C.uint) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_session_id_context", C.int(0), func(c *ossl.Ctx) C.int { return oneOr(c.SetSessionIDContext(cbytes(id, n))) })
}

//export patina_SSL_CTX_set_num_tickets
func patina_SSL_CTX_set_num_tickets(h *C.SSL_CTX, n C.size_t) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_num_tickets", C.int(0), func(c *ossl.Ctx) C.int { c.SetNumTickets(int(min(n, maxTickets))); return 1 })
}

//export patina_SSL_CTX_get_num_tickets
func patina_SSL_CTX_get_num_tickets(h *C.cSSL_CTX) C.size_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_num_tickets", C.size_t(0), func(c *ossl.Ctx) C.size_t { return C.size_t(c.NumTickets()) })
}

//export patina_SSL_CTX_set_alpn_protos
func patina_SSL_CTX_set_alpn_protos(h *C.SSL_CTX, protos *C.cuchar, n C.uint) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_alpn_protos", C.int(1), func(c *ossl.Ctx) C.int { return zeroOr(c.SetALPNProtos(cbytes(protos, n))) })
}

//export patina_SSL_CTX_set_cipher_list
func patina_SSL_CTX_set_cipher_list(h *C.SSL_CTX, str *C.cchar) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_cipher_list", C.int(0), func(c *ossl.Ctx) C.int {
		if str == nil { // fails without an error
			return 0
		}
		return oneOr(c.SetCipherList(cstring(str)))
	})
}

//export patina_SSL_CTX_set_ciphersuites
func patina_SSL_CTX_set_ciphersuites(h *C.SSL_CTX, str *C.cchar) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_ciphersuites", C.int(0), func(c *ossl.Ctx) C.int { return oneOr(c.SetCipherSuites(cstring(str))) })
}

//export patina_SSL_CTX_set_post_handshake_auth
func patina_SSL_CTX_set_post_handshake_auth(h *C.SSL_CTX, on C.int) {
	withCtx(unsafe.Pointer(h), "SSL_CTX_set_post_handshake_auth", 0, func(c *ossl.Ctx) int { c.SetPostHandshakeAuth(on != 0); return 0 })
}

//export patina_SSL_CTX_set_max_early_data
func patina_SSL_CTX_set_max_early_data(h *C.SSL_CTX, n C.uint32_t) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_max_early_data", C.int(0), func(c *ossl.Ctx) C.int { c.SetMaxEarlyData(uint32(n)); return 1 })
}

//export patina_SSL_CTX_get_max_early_data
func patina_SSL_CTX_get_max_early_data(h *C.cSSL_CTX) C.uint32_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_max_early_data", C.uint32_t(0), func(c *ossl.Ctx) C.uint32_t { return C.uint32_t(c.MaxEarlyData()) })
}

//export patina_SSL_CTX_set_recv_max_early_data
func patina_SSL_CTX_set_recv_max_early_data(h *C.SSL_CTX, n C.uint32_t) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_recv_max_early_data", C.int(0), func(c *ossl.Ctx) C.int { c.SetRecvMaxEarlyData(uint32(n)); return 1 })
}

//export patina_SSL_CTX_get_recv_max_early_data
func patina_SSL_CTX_get_recv_max_early_data(h *C.cSSL_CTX) C.uint32_t {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_recv_max_early_data", C.uint32_t(0), func(c *ossl.Ctx) C.uint32_t { return C.uint32_t(c.RecvMaxEarlyData()) })
}

//export patina_SSL_set_options
func patina_SSL_set_options(h *C.SSL, op C.uint64_t) C.uint64_t {
	return withSSL(unsafe.Pointer(h), "SSL_set_options", C.uint64_t(0), func(o *ossl.SSL) C.uint64_t { return C.uint64_t(o.SetOptions(uint64(op))) })
}

//export patina_SSL_clear_options
func patina_SSL_clear_options(h *C.SSL, op C.uint64_t) C.uint64_t {
	return withSSL(unsafe.Pointer(h), "SSL_clear_options", C.uint64_t(0), func(o *ossl.SSL) C.uint64_t { return C.uint64_t(o.ClearOptions(uint64(op))) })
}

//export patina_SSL_get_options
func patina_SSL_get_options(h *C.cSSL) C.uint64_t {
	return withSSL(unsafe.Pointer(h), "SSL_get_options", C.uint64_t(0), func(o *ossl.SSL) C.uint64_t { return C.uint64_t(o.Options()) })
}

//export patina_SSL_set_verify
func patina_SSL_set_verify(h *C.SSL, mode C.int, callback C.SSL_verify_cb) {
	withSSL(unsafe.Pointer(h), "SSL_set_verify", 0, func(o *ossl.SSL) int { o.SetVerify(int(mode), fnPtr(callback)); return 0 })
}

//export patina_SSL_get_verify_mode
func patina_SSL_get_verify_mode(h *C.cSSL) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_get_verify_mode", C.int(0), func(o *ossl.SSL) C.int { return C.int(o.VerifyMode()) })
}

//export patina_SSL_set_security_level
func patina_SSL_set_security_level(h *C.SSL, level C.int) {
	withSSL(unsafe.Pointer(h), "SSL_set_security_level", 0, func(o *ossl.SSL) int { o.SetSecurityLevel(int(level)); return 0 })
}

//export patina_SSL_get_security_level
func patina_SSL_get_security_level(h *C.cSSL) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_get_security_level", C.int(0), func(o *ossl.SSL) C.int { return C.int(o.SecurityLevel()) })
}

//export patina_SSL_set_session_id_context
func patina_SSL_set_session_id_context(h *C.SSL, id *C.cuchar, n C.uint) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_session_id_context", C.int(0), func(o *ossl.SSL) C.int { return oneOr(o.SetSessionIDContext(cbytes(id, n))) })
}

//export patina_SSL_set_num_tickets
func patina_SSL_set_num_tickets(h *C.SSL, n C.size_t) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_num_tickets", C.int(0), func(o *ossl.SSL) C.int { o.SetNumTickets(int(min(n, maxTickets))); return 1 })
}

//export patina_SSL_get_num_tickets
func patina_SSL_get_num_tickets(h *C.cSSL) C.size_t {
	return withSSL(unsafe.Pointer(h), "SSL_get_num_tickets", C.size_t(0), func(o *ossl.SSL) C.size_t { return C.size_t(o.NumTickets()) })
}

//export patina_SSL_set_alpn_protos
func patina_SSL_set_alpn_protos(h *C.SSL, protos *C.cuchar, n C.uint) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_alpn_protos", C.int(1), func(o *ossl.SSL) C.int { return zeroOr(o.SetALPNProtos(cbytes(protos, n))) })
}

//export patina_SSL_set_cipher_list
func patina_SSL_set_cipher_list(h *C.SSL, str *C.cchar) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_cipher_list", C.int(0), func(o *ossl.SSL) C.int {
		if str == nil {
			return 0
		}
		return oneOr(o.SetCipherList(cstring(str)))
	})
}

//export patina_SSL_set_ciphersuites
func patina_SSL_set_ciphersuites(h *C.SSL, str *C.cchar) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_ciphersuites", C.int(0), func(o *ossl.SSL) C.int { return oneOr(o.SetCipherSuites(cstring(str))) })
}

//export patina_SSL_set_post_handshake_auth
func patina_SSL_set_post_handshake_auth(h *C.SSL, on C.int) {
	withSSL(unsafe.Pointer(h), "SSL_set_post_handshake_auth", 0, func(o *ossl.SSL) int { o.SetPostHandshakeAuth(on != 0); return 0 })
}

//export patina_SSL_set_max_early_data
func patina_SSL_set_max_early_data(h *C.SSL, n C.uint32_t) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_max_early_data", C.int(0), func(o *ossl.SSL) C.int { o.SetMaxEarlyData(uint32(n)); return 1 })
}

//export patina_SSL_get_max_early_data
func patina_SSL_get_max_early_data(h *C.cSSL) C.uint32_t {
	return withSSL(unsafe.Pointer(h), "SSL_get_max_early_data", C.uint32_t(0), func(o *ossl.SSL) C.uint32_t { return C.uint32_t(o.MaxEarlyData()) })
}

//export patina_SSL_set_recv_max_early_data
func patina_SSL_set_recv_max_early_data(h *C.SSL, n C.uint32_t) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_set_recv_max_early_data", C.int(0), func(o *ossl.SSL) C.int { o.SetRecvMaxEarlyData(uint32(n)); return 1 })
}

//export patina_SSL_get_recv_max_early_data
func patina_SSL_get_recv_max_early_data(h *C.cSSL) C.uint32_t {
	return withSSL(unsafe.Pointer(h), "SSL_get_recv_max_early_data", C.uint32_t(0), func(o *ossl.SSL) C.uint32_t { return C.uint32_t(o.RecvMaxEarlyData()) })
}

//export patina_SSL_CTX_set_timeout
func patina_SSL_CTX_set_timeout(h *C.SSL_CTX, t C.long) C.long {
	if h == nil { // 0 without an error, as in OpenSSL
		return 0
	}
	return withCtx(unsafe.Pointer(h), "SSL_CTX_set_timeout", C.long(0), func(c *ossl.Ctx) C.long { return C.long(c.SetTimeout(int64(t))) })
}

//export patina_SSL_CTX_get_timeout
func patina_SSL_CTX_get_timeout(h *C.cSSL_CTX) C.long {
	if h == nil {
		return 0
	}
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_timeout", C.long(0), func(c *ossl.Ctx) C.long { return C.long(c.Timeout()) })
}

//export patina_SSL_CTX_set_quiet_shutdown
func patina_SSL_CTX_set_quiet_shutdown(h *C.SSL_CTX, mode C.int) {
	withCtx(unsafe.Pointer(h), "SSL_CTX_set_quiet_shutdown", 0, func(c *ossl.Ctx) int { c.SetQuietShutdown(mode != 0); return 0 })
}

//export patina_SSL_CTX_get_quiet_shutdown
func patina_SSL_CTX_get_quiet_shutdown(h *C.cSSL_CTX) C.int {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_quiet_shutdown", C.int(0), func(c *ossl.Ctx) C.int { return C.int(flag(c.QuietShutdown())) })
}

//export patina_SSL_set_read_ahead
func patina_SSL_set_read_ahead(h *C.SSL, yes C.int) {
	withSSL(unsafe.Pointer(h), "SSL_set_read_ahead", 0, func(o *ossl.SSL) int { o.SetReadAhead(int(yes)); return 0 })
}

//export patina_SSL_get_read_ahead
func patina_SSL_get_read_ahead(h *C.cSSL) C.int {
	return withSSL(unsafe.Pointer(h), "SSL_get_read_ahead", C.int(0), func(o *ossl.SSL) C.int { return C.int(o.ReadAhead()) })
}

//export patina_SSL_CTX_get_verify_callback
func patina_SSL_CTX_get_verify_callback(h *C.cSSL_CTX) C.SSL_verify_cb {
	return withCtx(unsafe.Pointer(h), "SSL_CTX_get_verify_callback", nil, func(c *ossl.Ctx) C.SSL_verify_cb {
		return ptrFn[C.SSL_verify_cb](c.VerifyCallback())
	})
}

//export patina_SSL_get_verify_callback
func patina_SSL_get_verify_callback(h *C.cSSL) C.SSL_verify_cb {
	return withSSL(unsafe.Pointer(h), "SSL_get_verify_callback", nil, func(o *ossl.SSL) C.SSL_verify_cb {
		return ptrFn[C.SSL_verify_cb](o.VerifyCallback())
	})
}

// maxTickets is the most tickets that a handshake sends, whatever a program asks for.
const maxTickets = 1 << 16
