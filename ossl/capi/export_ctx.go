package capi

// #include "cert.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

//export patina_go_ctx_new
func patina_go_ctx_new(kind C.int) (token C.uint64_t) {
	defer guard(&token, 0)
	begin("SSL_CTX_new")
	c, err := ossl.NewCtx(ossl.Method(kind))
	if err != nil {
		raise(err)
		return 0
	}
	return C.uint64_t(ctxs.put(c))
}

//export patina_go_ctx_free
func patina_go_ctx_free(token C.uint64_t) {
	defer guardVoid()
	ctxs.drop(uint64(token))
	begin("SSL_CTX_free")
}

//export patina_go_ctx_set_method
func patina_go_ctx_set_method(ctx *C.SSL_CTX, kind C.int) {
	defer guardVoid()
	begin("SSL_CTX_set_ssl_version")
	if c := ctxOf(unsafe.Pointer(ctx)); c != nil {
		c.SetSSLVersion(ossl.Method(kind))
	}
}

// dersOf copies count encodings.
func dersOf(ders *C.struct_patina_der, count C.int) [][]byte {
	var list [][]byte
	for _, d := range unsafe.Slice(ders, int(count)) {
		list = append(list, C.GoBytes(unsafe.Pointer(d.data), C.int(d.len)))
	}
	return list
}

//export patina_go_ctx_set_names
func patina_go_ctx_set_names(ctx *C.SSL_CTX, client C.int, ders *C.struct_patina_der, count C.int) {
	defer guardVoid()
	begin("SSL_CTX_set_client_CA_list")
	if c := ctxOf(unsafe.Pointer(ctx)); c != nil {
		c.SetCAs(client != 0, dersOf(ders, count))
	}
}

//export patina_go_ssl_set_names
func patina_go_ssl_set_names(s *C.SSL, client C.int, ders *C.struct_patina_der, count C.int) {
	defer guardVoid()
	begin("SSL_set_client_CA_list")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetCAs(client != 0, dersOf(ders, count))
	}
}

func factsOf(f *C.struct_patina_facts) ossl.CredentialFacts {
	return ossl.CredentialFacts{Slot: int(f.slot), Chain: dersOf(f.chain, f.chain_len), HasKey: f.has_key != 0,
		KeyBits: int(f.bits), Curve: int(f.curve), Current: int(f.current), Digest: C.GoString(f.digest)}
}

//export patina_go_ctx_set_slot
func patina_go_ctx_set_slot(ctx *C.SSL_CTX, f *C.struct_patina_facts) {
	defer guardVoid()
	begin("SSL_CTX_use_certificate")
	if c := ctxOf(unsafe.Pointer(ctx)); c != nil {
		c.SetCredential(factsOf(f))
	}
}

//export patina_go_ssl_set_slot
func patina_go_ssl_set_slot(s *C.SSL, f *C.struct_patina_facts) {
	defer guardVoid()
	begin("SSL_use_certificate")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetCredential(factsOf(f))
	}
}

//export patina_go_ctx_ctrl
func patina_go_ctx_ctrl(ctx *C.SSL_CTX, cmd C.int, v C.long) (r C.long) {
	defer guard(&r, 0)
	begin("SSL_CTX_ctrl")
	c := ctxOf(unsafe.Pointer(ctx))
	if c == nil {
		return 0
	}
	n, _ := c.Ctrl(int(cmd), int64(v))
	return C.long(n)
}

//export patina_go_ssl_ctrl
func patina_go_ssl_ctrl(s *C.SSL, cmd C.int, v C.long) (r C.long) {
	defer guard(&r, 0)
	begin("SSL_ctrl")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	n, _ := o.Ctrl(int(cmd), int64(v))
	show(s, o)
	return C.long(n)
}

// patina_go_list_ctrl applies a list of names, or of NIDs, to the SSL_CTX or the
// SSL; to neither, it only checks the list.
//
//export patina_go_list_ctrl
func patina_go_list_ctrl(ctx *C.SSL_CTX, s *C.SSL, cmd C.int, names *C.char, nids *C.int, count C.long) (r C.long) {
	defer guard(&r, 0)
	begin("SSL_CTX_ctrl")
	var text string
	if names != nil {
		text = C.GoString(names)
	}
	var numbers []int
	if nids != nil && count > 0 {
		for _, n := range unsafe.Slice(nids, int(count)) {
			numbers = append(numbers, int(n))
		}
	}
	var err error
	if s != nil {
		o := sslOf(unsafe.Pointer(s))
		if o == nil {
			return 0
		}
		err = o.ListCtrl(int(cmd), text, numbers)
	} else {
		var c *ossl.Ctx
		if ctx != nil {
			if c = ctxOf(unsafe.Pointer(ctx)); c == nil {
				return 0
			}
		}
		err = c.ListCtrl(int(cmd), text, numbers)
	}
	if err != nil {
		raise(err)
		return 0
	}
	return 1
}

//export patina_go_ticket_keys
func patina_go_ticket_keys(ctx *C.SSL_CTX, set C.int, keys *C.uchar, size C.long) (r C.long) {
	defer guard(&r, 0)
	begin("SSL_CTX_ctrl")
	c := ctxOf(unsafe.Pointer(ctx))
	if c == nil || size < 0 {
		return 0
	}
	b := unsafe.Slice((*byte)(keys), int(size))
	do := c.TicketKeys
	if set != 0 {
		do = c.SetTicketKeys
	}
	if err := do(b); err != nil {
		raise(err)
		return 0
	}
	return 1
}

//export patina_go_set_host_name
func patina_go_set_host_name(s *C.SSL, name *C.char) (r C.long) {
	defer guard(&r, 0)
	begin("SSL_ctrl")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	if name == nil {
		o.ClearHostName()
		return 1
	}
	if err := o.SetHostName(C.GoString(name)); err != nil {
		raise(err)
		return 0
	}
	return 1
}

//export patina_go_ctx_set_callback
func patina_go_ctx_set_callback(ctx *C.SSL_CTX, id C.int, fn, arg C.uintptr_t) {
	defer guardVoid()
	begin("SSL_CTX_callback_ctrl")
	if c := ctxOf(unsafe.Pointer(ctx)); c != nil {
		c.SetCallback(ossl.CtxCallback(id), ossl.Callback{Fn: ossl.Ptr(fn), Arg: ossl.Ptr(arg)})
	}
}

//export patina_go_ctx_callback
func patina_go_ctx_callback(ctx *C.SSL_CTX, id C.int, arg *C.uintptr_t) (fn C.uintptr_t) {
	defer guard(&fn, 0)
	begin("SSL_CTX_callback_ctrl")
	c := ctxOf(unsafe.Pointer(ctx))
	if c == nil {
		return 0
	}
	cb := c.Callback(ossl.CtxCallback(id))
	if arg != nil {
		*arg = C.uintptr_t(cb.Arg)
	}
	return C.uintptr_t(cb.Fn)
}

//export patina_go_ssl_set_callback
func patina_go_ssl_set_callback(s *C.SSL, id C.int, fn, arg C.uintptr_t) {
	defer guardVoid()
	begin("SSL_callback_ctrl")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.SetCallback(ossl.CtxCallback(id), ossl.Callback{Fn: ossl.Ptr(fn), Arg: ossl.Ptr(arg)})
		show(s, o)
	}
}

//export patina_go_ssl_callback
func patina_go_ssl_callback(s *C.SSL, id C.int, arg *C.uintptr_t) (fn C.uintptr_t) {
	defer guard(&fn, 0)
	begin("SSL_callback_ctrl")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	cb := o.Callback(ossl.CtxCallback(id))
	if arg != nil {
		*arg = C.uintptr_t(cb.Arg)
	}
	return C.uintptr_t(cb.Fn)
}

// patina_go_cipher_ids fills ids with the suites of the SSL or, if it is NULL,
// of the SSL_CTX, and returns how many there are: SSL_get_ciphers, or, with
// supported, SSL_get1_supported_ciphers.
//
//export patina_go_cipher_ids
func patina_go_cipher_ids(ctx *C.SSL_CTX, s *C.SSL, supported C.int, ids *C.uint16_t, max C.int) (n C.int) {
	defer guard(&n, 0)
	begin("SSL_get_ciphers")
	var list []*ossl.Cipher
	if s != nil {
		o := sslOf(unsafe.Pointer(s))
		if o == nil {
			return 0
		}
		if list = o.Ciphers(); supported != 0 {
			list = o.SupportedCiphers()
		}
	} else {
		c := ctxOf(unsafe.Pointer(ctx))
		if c == nil {
			return 0
		}
		list = c.Ciphers()
	}
	return fillCiphers(list, unsafe.Slice(ids, int(max)))
}
