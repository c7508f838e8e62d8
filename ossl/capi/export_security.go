package capi

// #include "loop.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// patina_go_supported_questions fills questions with what SSL_get1_supported_ciphers
// asks the security callback, and returns how many there are: 0 without a callback.
//
//export patina_go_supported_questions
func patina_go_supported_questions(s *C.SSL, questions *C.struct_patina_question, max C.int) (n C.int) {
	defer guard(&n, 0)
	begin("SSL_get1_supported_ciphers")
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return 0
	}
	const size = C.int(unsafe.Sizeof(C.struct_patina_question{}))
	data := o.SupportedQuestions()
	copy(unsafe.Slice((*byte)(unsafe.Pointer(questions)), int(max*size)), data)
	return min(C.int(len(data))/size, max)
}

// patina_go_supported_by fills ids with the suites that the answers leave, and
// returns how many there are.
//
//export patina_go_supported_by
func patina_go_supported_by(s *C.SSL, answers *C.uint8_t, length C.size_t, ids *C.uint16_t, max C.int) (n C.int) {
	defer guard(&n, 0)
	begin("SSL_get1_supported_ciphers")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		n = fillCiphers(o.SupportedCiphersBy(bytesOf(unsafe.Pointer(answers), length)), unsafe.Slice(ids, int(max)))
	}
	return n
}

// fillCiphers copies the suites of list as far as they fit.
func fillCiphers(list []*ossl.Cipher, ids []C.uint16_t) (n C.int) {
	for _, c := range list {
		if int(n) == len(ids) {
			break
		}
		ids[n] = C.uint16_t(c.ID)
		n++
	}
	return n
}
