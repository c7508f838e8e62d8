package capi

// #include "loop.h"
import "C"

import (
	"unsafe"

	"patina/ossl"
)

// opNames are the functions an operation stands for, for the build that panics
// on purpose.
var opNames = [...]string{ossl.OpNone: "", ossl.OpHandshake: "SSL_do_handshake", ossl.OpRead: "SSL_read",
	ossl.OpPeek: "SSL_peek", ossl.OpWrite: "SSL_write", ossl.OpShutdown: "SSL_shutdown",
	ossl.OpReadEarly: "SSL_read_early_data", ossl.OpWriteEarly: "SSL_write_early_data",
	ossl.OpStateless: "SSL_stateless"}

// patina_go_step runs an operation up to its next need: see loop.h.
//
//export patina_go_step
func patina_go_step(s *C.SSL, st *C.struct_patina_step) {
	defer func() {
		if p := recover(); p != nil {
			st.need, st.ret, st.moved = C.PATINA_NEED_NOTHING, -1, 0
			kill(s)
			raisePanic(p)
		}
	}()
	st.need, st.ret, st.moved = C.PATINA_NEED_NOTHING, -1, 0
	o := sslOf(unsafe.Pointer(s))
	if o == nil {
		return
	}
	begin(opNames[ossl.Op(st.op)])
	a := ossl.Answer{Sent: int(st.sent), Received: int(st.received), EOF: st.eof != 0, Ended: st.ended != 0, Tried: st.tried != 0}
	if st.answer != C.PATINA_NEED_NOTHING {
		a.Need, a.Value, a.Alert, a.Result = ossl.Need(st.answer), int(st.value), uint8(st.alert), int32(st.result)
		a.Bytes = bytesOf(unsafe.Pointer(st.bytes), st.bytes_len)
		if st.session_answer != nil {
			a.Session = sessions.get(uint64(st.session_answer.token))
		}
	}
	if st.lent != nil {
		a.Lent, a.LentAt = unsafe.Slice((*byte)(st.lent), C.PATINA_LENT), int(s.view.next_lead)
	}
	step := o.Step(ossl.Op(st.op), st.start != 0, bytesOf(unsafe.Pointer(st.buf), st.len),
		ossl.Ptr(uintptr(unsafe.Pointer(st.buf))), &a)
	if step.Err != nil {
		raise(step.Err)
	}
	st.need = C.int32_t(step.Need)
	st.ret, st.moved = C.int32_t(step.Ret), C.size_t(step.Moved)
	switch step.Need {
	case ossl.NeedNothing:
	case ossl.NeedRead:
		st.data = (*C.uint8_t)(unsafe.SliceData(step.Data))
		st.data_len, st.min = C.size_t(len(step.Data)), C.size_t(step.Min)
	case ossl.NeedWrite:
		st.data, st.data_len = (*C.uint8_t)(unsafe.SliceData(step.Data)), C.size_t(len(step.Data))
		st.flush, st.final, st.attempt, st.spare = flag(step.Flush), flag(step.Final), flag(step.Try), flag(step.Spare)
		st.more = flag(step.More)
	case ossl.NeedEvents:
		showEvents(s, st, step.Events)
	default:
		showNeed(s, st, step)
	}
	show(s, o)
}

// sentOf is what C has sent since the last step and not told yet.
func sentOf(s *C.SSL) *ossl.Answer {
	a := &ossl.Answer{Sent: int(s.sent), Ended: s.ended != 0}
	s.sent, s.ended = 0, 0
	return a
}

// showNeed gives C what the host is asked. Data goes into the connection's
// scratch memory.
func showNeed(s *C.SSL, st *C.struct_patina_step, step *ossl.Step) {
	st.num, st.scheme = C.int32_t(step.Num), C.int32_t(step.Scheme)
	st.fn, st.arg, st.object = C.uintptr_t(step.Callback.Fn), C.uintptr_t(step.Callback.Arg), C.uintptr_t(step.Object)
	st.data, st.data_len = nil, C.size_t(len(step.Data))
	st.cert, st.cert_len = nil, C.size_t(len(step.Cert))
	if n := len(step.Data); n+len(step.Cert) > 0 {
		memory := scratch(s, n+len(step.Cert))
		copy(memory, step.Data)
		if n > 0 {
			st.data = s.scratch
		}
		if copy(memory[n:], step.Cert) > 0 {
			st.cert = (*C.uint8_t)(&memory[n])
		}
	}
	st.ext_type, st.ext_context = C.uint32_t(step.Ext.Type), C.uint32_t(step.Ext.Context)
	st.ext_index, st.ext_old = C.size_t(step.Ext.Index), flag(step.Ext.Old)
	st.session = nil
	if step.Session != nil {
		st.session = sessionHandle(step.Session)
	}
}

// showEvents puts events into scratch memory, their data behind them.
func showEvents(s *C.SSL, st *C.struct_patina_step, events []ossl.Event) {
	head := len(events) * int(unsafe.Sizeof(C.struct_patina_event{}))
	size := head
	for i := range events {
		size += len(events[i].Data) + 1
	}
	memory := scratch(s, size)
	out := unsafe.Slice((*C.struct_patina_event)(unsafe.Pointer(unsafe.SliceData(memory))), len(events))
	at := head
	for i := range events {
		e := &events[i]
		n := copy(memory[at:], e.Data)
		memory[at+n] = 0 // keylog lines are strings
		out[i] = C.struct_patina_event{kind: C.int32_t(e.Kind), sent: flag(e.Sent), state: C.int32_t(e.State), in_init: flag(e.InInit),
			failed: flag(e.Failed), shutdown: C.int32_t(e.Shutdown),
			where: C.int32_t(e.Where), ret: C.int32_t(e.Ret), version: C.int32_t(e.Version), _type: C.int32_t(e.Type),
			fn: C.uintptr_t(e.Callback.Fn), arg: C.uintptr_t(e.Callback.Arg),
			data: (*C.uint8_t)(&memory[at]), len: C.size_t(n)}
		at += n + 1
	}
	st.events, st.event_count = unsafe.SliceData(out), C.size_t(len(events))
}

// scratch is size bytes of the connection's memory for what Go hands to C.
func scratch(s *C.SSL, size int) []byte {
	p := C.patina_scratch(s, C.size_t(size))
	if p == nil {
		panic("out of memory")
	}
	return unsafe.Slice((*byte)(p), size)
}

// show writes what C reads of a connection without entering Go.
func show(s *C.SSL, o *ossl.SSL) {
	var v ossl.View
	o.View(&v)
	w := &s.view
	w.state, w.shutdown, w.version = C.int32_t(v.State), C.int32_t(v.Shutdown), C.int32_t(v.Version)
	w.in_init, w.role, w.close_notify = bit(v.InInit), C.uint8_t(v.Role), bit(v.CloseNotify)
	w.resumed, w.failed, w.release, w.quiet, w.body = bit(v.Resumed), bit(v.Failed), bit(v.Release), bit(v.Quiet), bit(v.Body)
	w.verify_result, w.cipher, w.pending, w.peer = C.int32_t(v.VerifyResult), C.uint16_t(v.Suite), C.uint16_t(v.Pending), C.uint8_t(v.Peer)
	w.paused, w.early, w.early_read, w.begun = bit(v.Paused), C.uint8_t(v.Early), bit(v.EarlyRead), bit(v.Begun)
	w.leaf_only, w.dane = bit(v.LeafOnly), C.uint8_t(v.DANE)
	w.async = bit(v.Async)
	w.key_update = C.int8_t(v.KeyUpdate)
	for w.cert_types_len = 0; int(w.cert_types_len) < min(len(v.CertTypes), len(w.cert_types)); w.cert_types_len++ {
		w.cert_types[w.cert_types_len] = C.uint8_t(v.CertTypes[w.cert_types_len])
	}
	*(*uintptr)(unsafe.Pointer(&w.info)) = uintptr(v.Info)
	w.next_lead = C.uint8_t(v.NextLead)
	w.next, w.next_len, w.next_min = (*C.uint8_t)(unsafe.SliceData(v.Next)), C.size_t(len(v.Next)), C.size_t(v.NextMin)
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

func bit(b bool) C.uint8_t {
	if b {
		return 1
	}
	return 0
}

// bytesOf is n bytes of C's, nil for none.
func bytesOf(p unsafe.Pointer, n C.size_t) []byte {
	if p == nil || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

//export patina_go_release
func patina_go_release(s *C.SSL) {
	defer guardVoid()
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.ReleaseBuffers(sentOf(s))
		show(s, o)
		begin("release_buffers")
	}
}

//export patina_go_new_ssl
func patina_go_new_ssl(s *C.SSL, ctx *C.SSL_CTX) (ok C.int) {
	defer guard(&ok, 0)
	begin("SSL_new")
	c := ctxOf(unsafe.Pointer(ctx))
	if c == nil {
		return 0
	}
	o := c.NewSSL()
	if s.token = C.uint64_t(ssls.put(o)); s.token == 0 {
		return 0
	}
	show(s, o)
	return 1
}

//export patina_go_free_ssl
func patina_go_free_ssl(s *C.SSL) {
	defer guardVoid()
	if o := ssls.drop(uint64(s.token)); o != nil {
		o.Free()
	}
	begin("SSL_free")
}

//export patina_go_clear
func patina_go_clear(s *C.SSL) {
	defer guardVoid()
	begin("SSL_clear")
	if o := sslOf(unsafe.Pointer(s)); o != nil {
		o.Clear()
		show(s, o)
	}
}

//export patina_go_set_ctx
func patina_go_set_ctx(s *C.SSL, ctx *C.SSL_CTX) (ok C.int) {
	defer guard(&ok, 0)
	begin("SSL_set_SSL_CTX")
	o, c := sslOf(unsafe.Pointer(s)), ctxOf(unsafe.Pointer(ctx))
	if o == nil || c == nil {
		return 0
	}
	o.SetCtx(c)
	show(s, o)
	return 1
}
