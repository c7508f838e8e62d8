package capi

// #include "handle.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"patina/ossl"
)

// Every export begins with
//
//	defer guard(&r, failure)
//	begin("SSL_name")
//
// or guardSSL where it works on a connection.

// guard turns a panic into the function's failure value and an error on the
// queue.
func guard[T any](r *T, failure T) {
	if p := recover(); p != nil {
		*r = failure
		raisePanic(p)
	}
}

// guardVoid is guard for functions without a result.
func guardVoid() {
	if p := recover(); p != nil {
		raisePanic(p)
	}
}

// guardSSL is guard, and ends the connection: what a panic left of its state is
// not to be trusted.
func guardSSL[T any](s unsafe.Pointer, r *T, failure T) {
	if p := recover(); p != nil {
		*r = failure
		kill((*C.SSL)(s))
		raisePanic(p)
	}
}

// kill puts a connection into the failed state.
func kill(s *C.SSL) {
	defer func() { _ = recover() }()
	if o := ssls.get(uint64(s.token)); o != nil {
		o.Kill()
		show(s, o)
	}
}

func raisePanic(p any) {
	raise(&ossl.Error{Reason: ossl.ReasonInternalError, Data: fmt.Sprint("panic: ", p)})
}

const errLibSSL = 20 // ERR_LIB_SSL

// raise puts err on libcrypto's error queue; false if it is none of those that are
// put there.
func raise(err error) bool {
	if ossl.Silent(err) {
		return false
	}
	var e *ossl.Error
	if !errors.As(err, &e) {
		e = &ossl.Error{Reason: ossl.ReasonInternalError, Data: err.Error()}
	}
	lib := e.Lib
	if lib == 0 {
		lib = errLibSSL
	}
	C.patina_raise(C.int(lib), C.int(e.Reason), (*C.char)(unsafe.Pointer(unsafe.StringData(e.Data))), C.size_t(len(e.Data)))
	return true
}

// The objects behind the handles.
var (
	ssls     table[ossl.SSL]
	ctxs     table[ossl.Ctx]
	sessions table[ossl.Session]
)

// sslOf is the object of an SSL; nil, with an error on the queue, for NULL and
// for what is no live SSL.
func sslOf(p unsafe.Pointer) *ossl.SSL {
	if s := (*C.SSL)(p); s != nil && s.magic == C.PATINA_MAGIC_SSL {
		if o := ssls.get(uint64(s.token)); o != nil {
			return o
		}
	}
	raise(&ossl.Error{Reason: ossl.ReasonPassedNullParameter})
	return nil
}

// ctxOf is the object of an SSL_CTX, as sslOf.
func ctxOf(p unsafe.Pointer) *ossl.Ctx {
	if c := (*C.SSL_CTX)(p); c != nil && c.magic == C.PATINA_MAGIC_CTX {
		if o := ctxs.get(uint64(c.token)); o != nil {
			return o
		}
	}
	raise(&ossl.Error{Reason: ossl.ReasonPassedNullParameter})
	return nil
}

// sessionOf is the object of an SSL_SESSION, as sslOf.
func sessionOf(p unsafe.Pointer) *ossl.Session {
	if s := (*C.SSL_SESSION)(p); s != nil && s.magic == C.PATINA_MAGIC_SESSION {
		if o := sessions.get(uint64(s.token)); o != nil {
			return o
		}
	}
	raise(&ossl.Error{Reason: ossl.ReasonPassedNullParameter})
	return nil
}
