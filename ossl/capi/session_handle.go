package capi

// #include "session.h"
import "C"

import (
	"unsafe"

	"patina/core/iana"
	"patina/ossl"
)

// sessionHandle is the SSL_SESSION of a session, with a reference for the
// caller; nil if memory is out. A session has one as long as anybody holds it.
func sessionHandle(o *ossl.Session) (h *C.SSL_SESSION) {
	if o == nil {
		return nil
	}
	o.WithHandle(func(p *ossl.Ptr) {
		if *p != 0 {
			// One that is being freed cannot be held any more: its place is taken by a new one.
			if old := (*C.SSL_SESSION)(unsafe.Pointer(uintptr(*p))); C.patina_session_hold(old) != 0 {
				h = old
				return
			}
		}
		if h = C.patina_session_alloc(); h == nil {
			return
		}
		if h.token = C.uint64_t(sessions.put(o)); h.token == 0 {
			C.patina_session_dispose(h)
			h = nil
			return
		}
		*p = ossl.Ptr(uintptr(unsafe.Pointer(h)))
	})
	return h
}

// patina_go_session_drop forgets the object of a session that nobody holds any
// more; its memory is C's to free afterwards.
//
//export patina_go_session_drop
func patina_go_session_drop(h *C.SSL_SESSION) {
	defer guardVoid()
	o := sessions.drop(uint64(h.token))
	begin("SSL_SESSION_free")
	if o == nil {
		return
	}
	o.HandleGone(ossl.Ptr(uintptr(unsafe.Pointer(h))))
}

//export patina_go_session_has_data
func patina_go_session_has_data(h *C.SSL_SESSION) {
	withSession(h, "SSL_SESSION_set_ex_data", 0, func(o *ossl.Session) int {
		o.HandleHasData(ossl.Ptr(uintptr(unsafe.Pointer(h))))
		return 0
	})
}

func init() {
	ossl.Handles.Hold = func(h ossl.Ptr) bool {
		return C.patina_session_hold((*C.SSL_SESSION)(unsafe.Pointer(uintptr(h)))) != 0
	}
	ossl.Handles.Release = func(h ossl.Ptr) {
		C.patina_session_release_later((*C.SSL_SESSION)(unsafe.Pointer(uintptr(h))))
	}
}

//export patina_go_ctx_sessions
func patina_go_ctx_sessions(ctx *C.SSL_CTX, list ***C.SSL_SESSION) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_sessions", C.int(0), func(c *ossl.Ctx) C.int { return handlesOf(c.Sessions(), list) })
}

// withSession runs f on the object of an SSL_SESSION, as withCtx.
func withSession[T any](h *C.SSL_SESSION, name string, failed T, f func(*ossl.Session) T) (r T) {
	defer guard(&r, failed)
	begin(name)
	if o := sessionOf(unsafe.Pointer(h)); o != nil {
		return f(o)
	}
	return failed
}

//export patina_go_session_new
func patina_go_session_new() (h *C.SSL_SESSION) {
	defer guard(&h, nil)
	begin("SSL_SESSION_new")
	return sessionHandle(ossl.NewSession())
}

//export patina_go_session_dup
func patina_go_session_dup(from *C.SSL_SESSION) *C.SSL_SESSION {
	return withSession(from, "SSL_SESSION_dup", nil, func(o *ossl.Session) *C.SSL_SESSION { return sessionHandle(o.Dup()) })
}

// patina_go_session_bytes is a part of a session in memory that OPENSSL_free frees;
// nil where there is none.
//
//export patina_go_session_bytes
func patina_go_session_bytes(h *C.SSL_SESSION, part C.int, n *C.size_t) unsafe.Pointer {
	return withSession(h, "SSL_SESSION_get_id", nil, func(o *ossl.Session) unsafe.Pointer {
		var b []byte
		end := 0
		switch part {
		case C.PATINA_SESSION_ID:
			b = o.ID()
		case C.PATINA_SESSION_CONTEXT:
			b = o.IDContext()
		case C.PATINA_SESSION_HOSTNAME:
			b, end = []byte(o.Hostname()), 1
		case C.PATINA_SESSION_TICKET:
			b = o.Ticket()
		case C.PATINA_SESSION_ALPN:
			b = o.ALPN()
		case C.PATINA_SESSION_APPDATA:
			b = o.TicketAppData()
		case C.PATINA_SESSION_SECRET:
			b = o.MasterKey()
		case C.PATINA_SESSION_PEER:
			if chain := o.PeerChain(); len(chain) > 0 {
				b = chain[0]
			}
		case C.PATINA_SESSION_DER:
			b = o.Marshal()
		case C.PATINA_SESSION_PSK_IDENTITY:
			b, end = o.PSKIdentity(), 1
		case C.PATINA_SESSION_PSK_HINT:
			b, end = []byte(o.PSKHint()), 1
		case C.PATINA_SESSION_SRP_USER:
			b, end = []byte(o.SRPUser()), 1
		}
		if *n = C.size_t(len(b)); len(b) == 0 {
			return nil
		}
		if end != 0 { // a string of C's
			b = append(b[:len(b):len(b)], 0)
		}
		return cryptoMemory(b)
	})
}

//export patina_go_session_set_bytes
func patina_go_session_set_bytes(h *C.SSL_SESSION, part C.int, data unsafe.Pointer, n C.size_t) C.int {
	return withSession(h, "SSL_SESSION_set1_id", 0, func(o *ossl.Session) C.int {
		b := bytesOf(data, n)
		switch part {
		case C.PATINA_SESSION_ID:
			return oneOr(o.SetID(b))
		case C.PATINA_SESSION_CONTEXT:
			return oneOr(o.SetIDContext(b))
		case C.PATINA_SESSION_HOSTNAME:
			o.SetHostname(string(b))
		case C.PATINA_SESSION_ALPN:
			o.SetALPN(b)
		case C.PATINA_SESSION_APPDATA:
			o.SetTicketAppData(b)
		case C.PATINA_SESSION_SECRET:
			return C.int(flag(o.SetMasterKey(b)))
		default:
			return 0
		}
		return 1
	})
}

//export patina_go_session_number
func patina_go_session_number(h *C.SSL_SESSION, which C.int) C.long {
	return withSession(h, "SSL_SESSION_get_time", 0, func(o *ossl.Session) C.long {
		switch which {
		case C.PATINA_SESSION_TIME:
			return C.long(o.Time())
		case C.PATINA_SESSION_TIMEOUT:
			return C.long(o.Timeout())
		case C.PATINA_SESSION_VERSION:
			return C.long(o.ProtocolVersion())
		case C.PATINA_SESSION_CIPHER:
			if c := o.Cipher(); c != nil {
				return C.long(c.ID)
			}
		case C.PATINA_SESSION_HINT:
			return C.long(o.TicketLifetimeHint())
		case C.PATINA_SESSION_EARLY_DATA:
			return C.long(o.MaxEarlyData())
		case C.PATINA_SESSION_FRAGMENT:
			return C.long(o.MaxFragmentLength())
		case C.PATINA_SESSION_RESUMABLE:
			return C.long(flag(o.IsResumable()))
		case C.PATINA_SESSION_HAS_TICKET:
			return C.long(flag(o.HasTicket()))
		case C.PATINA_SESSION_VERIFY_RESULT:
			return C.long(o.VerifyResult())
		case C.PATINA_SESSION_EMS:
			return C.long(flag(o.ExtendedMasterSecret()))
		}
		return 0
	})
}

//export patina_go_session_set_number
func patina_go_session_set_number(h *C.SSL_SESSION, which C.int, v C.long) C.int {
	return withSession(h, "SSL_SESSION_set_time", 0, func(o *ossl.Session) C.int {
		switch which {
		case C.PATINA_SESSION_TIME:
			o.SetTime(int64(v))
		case C.PATINA_SESSION_TIMEOUT:
			o.SetTimeout(int64(v))
		case C.PATINA_SESSION_VERSION:
			o.SetProtocolVersion(iana.ProtocolVersion(v))
		case C.PATINA_SESSION_EARLY_DATA:
			o.SetMaxEarlyData(uint32(v))
		case C.PATINA_SESSION_CIPHER:
			c := ossl.CipherByID(iana.CipherSuite(v)) // v is 0 for no suite
			if c == nil && v != 0 {
				return 0
			}
			o.SetCipher(c)
		default:
			return 0
		}
		return 1
	})
}

// patina_go_session_parse reads an SSL_SESSION at the front of n bytes; used is
// how many it takes, below zero if an error has been raised.
//
//export patina_go_session_parse
func patina_go_session_parse(data unsafe.Pointer, n C.long, used *C.long) (h *C.SSL_SESSION) {
	defer guard(&h, nil)
	begin("d2i_SSL_SESSION")
	if n < 0 {
		return nil
	}
	der := bytesOf(data, C.size_t(n))
	o, rest, err := ossl.UnmarshalSession(der)
	if err != nil {
		if raise(err) {
			*used = -1
		}
		return nil
	}
	*used = C.long(len(der) - len(rest))
	return sessionHandle(o)
}

// handlesOf are the handles of sessions in memory that OPENSSL_free frees, a
// reference each.
func handlesOf(list []*ossl.Session, out ***C.SSL_SESSION) (n C.int) {
	if len(list) == 0 {
		return 0
	}
	p := cryptoMemory(make([]byte, len(list)*int(unsafe.Sizeof(uintptr(0)))))
	if p == nil {
		return 0
	}
	*out = (**C.SSL_SESSION)(p)
	for _, o := range list {
		if h := sessionHandle(o); h != nil {
			unsafe.Slice(*out, len(list))[n] = h
			n++
		}
	}
	return n
}

//export patina_go_ctx_add_session
func patina_go_ctx_add_session(ctx *C.SSL_CTX, h *C.SSL_SESSION, removed ***C.SSL_SESSION, n *C.int) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_add_session", C.int(0), func(c *ossl.Ctx) C.int {
		o := sessionOf(unsafe.Pointer(h))
		if o == nil {
			return 0
		}
		added, gone := c.AddSession(o)
		if c.Callback(ossl.CallbackSessionRemove).Set() {
			*n = handlesOf(gone, removed)
		}
		return C.int(flag(added))
	})
}

//export patina_go_ctx_remove_session
func patina_go_ctx_remove_session(ctx *C.SSL_CTX, h *C.SSL_SESSION) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_remove_session", C.int(0), func(c *ossl.Ctx) C.int {
		o := sessionOf(unsafe.Pointer(h))
		return C.int(flag(o != nil && c.RemoveSession(o)))
	})
}

//export patina_go_ctx_flush
func patina_go_ctx_flush(ctx *C.SSL_CTX, t C.long, removed ***C.SSL_SESSION) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_flush_sessions", C.int(0), func(c *ossl.Ctx) C.int {
		gone := c.FlushSessions(int64(t))
		if !c.Callback(ossl.CallbackSessionRemove).Set() {
			return 0
		}
		return handlesOf(gone, removed)
	})
}

//export patina_go_ssl_session
func patina_go_ssl_session(s *C.SSL) *C.SSL_SESSION {
	return withSSL(unsafe.Pointer(s), "SSL_get_session", nil, func(o *ossl.SSL) *C.SSL_SESSION { return sessionHandle(o.Session()) })
}

//export patina_go_ssl_set_session
func patina_go_ssl_set_session(s *C.SSL, h *C.SSL_SESSION) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_set_session", C.int(0), func(o *ossl.SSL) C.int {
		if h == nil {
			o.SetSession(nil)
			return 1
		}
		n := sessionOf(unsafe.Pointer(h))
		if n == nil {
			return 0
		}
		o.SetSession(n)
		return 1
	})
}

//export patina_go_copy_context
func patina_go_copy_context(to, from *C.SSL) C.int {
	return withSSL(unsafe.Pointer(to), "SSL_copy_session_id", C.int(0), func(o *ossl.SSL) C.int {
		f := sslOf(unsafe.Pointer(from))
		if f == nil {
			return 0
		}
		return oneOr(o.SetSessionIDContext(f.SessionIDContext()))
	})
}

// patina_go_ssl_bad_session gives up the session of a connection that has not
// been shut down; bad is it if the remove callback is to see it.
//
//export patina_go_ssl_bad_session
func patina_go_ssl_bad_session(s *C.SSL, bad **C.SSL_SESSION) {
	withSSL(unsafe.Pointer(s), "SSL_free", 0, func(o *ossl.SSL) int {
		if n := o.ClearBadSession(); n != nil {
			*bad = sessionHandle(n)
		}
		return 0
	})
}

//export patina_go_ssl_has_session
func patina_go_ssl_has_session(s *C.SSL, id *C.uchar, n C.uint) C.int {
	return withSSL(unsafe.Pointer(s), "SSL_has_matching_session_id", C.int(0), func(o *ossl.SSL) C.int {
		return C.int(flag(o.HasMatchingSessionID(bytesOf(unsafe.Pointer(id), C.size_t(n)))))
	})
}
