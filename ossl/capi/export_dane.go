package capi

// #include "dane.h"
// #include "zconsttypes.h"
import "C"

import (
	"math"
	"unsafe"

	"patina/core/dane"
	"patina/ossl"
)

//export patina_SSL_CTX_dane_enable
func patina_SSL_CTX_dane_enable(ctx *C.SSL_CTX) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_dane_enable", C.int(0), func(c *ossl.Ctx) C.int {
		c.EnableDANE()
		return C.patina_dane_default_types(ctx)
	})
}

// patina_SSL_CTX_dane_mtype_set keeps md as it is, as OpenSSL does: it must live as
// long as ctx.
//
//export patina_SSL_CTX_dane_mtype_set
func patina_SSL_CTX_dane_mtype_set(ctx *C.SSL_CTX, md *C.cEVP_MD, mtype C.uint8_t, ord C.uint8_t) C.int {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_dane_mtype_set", C.int(0), func(c *ossl.Ctx) C.int {
		var d *dane.Digest
		if md != nil {
			d = digestOf(md)
		}
		if err := c.SetDANEMatching(uint8(mtype), d, uint8(ord)); err != nil {
			raise(err)
			return 0
		}
		return C.patina_dane_type(ctx, md, mtype, ord)
	})
}

// digestOf hashes by libcrypto.
func digestOf(md *C.cEVP_MD) *dane.Digest {
	size := max(int(C.EVP_MD_get_size(md)), 0)
	return &dane.Digest{Size: size, Sum: func(data []byte) []byte {
		out := make([]byte, C.EVP_MAX_MD_SIZE)
		var n C.uint
		if C.EVP_Digest(unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), (*C.uchar)(&out[0]), &n, md, nil) != 1 {
			return nil
		}
		return out[:n]
	}}
}

//export patina_SSL_CTX_dane_set_flags
func patina_SSL_CTX_dane_set_flags(ctx *C.SSL_CTX, flags C.ulong) C.ulong {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_dane_set_flags", C.ulong(0), func(c *ossl.Ctx) C.ulong { return C.ulong(c.ChangeDANEFlags(uint64(flags), 0)) })
}

//export patina_SSL_CTX_dane_clear_flags
func patina_SSL_CTX_dane_clear_flags(ctx *C.SSL_CTX, flags C.ulong) C.ulong {
	return withCtx(unsafe.Pointer(ctx), "SSL_CTX_dane_clear_flags", C.ulong(0), func(c *ossl.Ctx) C.ulong { return C.ulong(c.ChangeDANEFlags(0, uint64(flags))) })
}

//export patina_SSL_dane_set_flags
func patina_SSL_dane_set_flags(ssl *C.SSL, flags C.ulong) C.ulong {
	return withSSL(unsafe.Pointer(ssl), "SSL_dane_set_flags", C.ulong(0), func(s *ossl.SSL) C.ulong { return C.ulong(s.ChangeDANEFlags(uint64(flags), 0)) })
}

//export patina_SSL_dane_clear_flags
func patina_SSL_dane_clear_flags(ssl *C.SSL, flags C.ulong) C.ulong {
	return withSSL(unsafe.Pointer(ssl), "SSL_dane_clear_flags", C.ulong(0), func(s *ossl.SSL) C.ulong { return C.ulong(s.ChangeDANEFlags(0, uint64(flags))) })
}

//export patina_SSL_dane_tlsa_add
func patina_SSL_dane_tlsa_add(ssl *C.SSL, usage C.uint8_t, selector C.uint8_t, mtype C.uint8_t, data *C.cuchar, dlen C.size_t) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_dane_tlsa_add", C.int(-1), func(s *ossl.SSL) C.int {
		r := dane.Record{Usage: dane.Usage(usage), Selector: dane.Selector(selector), Matching: dane.Matching(mtype)}
		var err error
		if dlen > math.MaxInt32 {
			err = s.RefuseTLSALength()
		} else {
			if data != nil {
				r.Data = append([]byte{}, bytesOf(unsafe.Pointer(data), dlen)...)
			}
			err = s.AddTLSA(r, int(dlen))
		}
		if ossl.TLSAFailed(err) {
			raise(err)
			return -1
		}
		show(ssl, s)
		return done(err)
	})
}

// patina_go_dane_may_enable is the first part of SSL_dane_enable: 0 is refused, 1 a
// name has to be set, 2 there is one.
//
//export patina_go_dane_may_enable
func patina_go_dane_may_enable(ssl *C.SSL) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_dane_enable", C.int(0), func(s *ossl.SSL) C.int {
		named, err := s.MayEnableDANE()
		if err != nil {
			raise(err)
			return 0
		}
		return 1 + C.int(flag(named))
	})
}

//export patina_go_dane_enable
func patina_go_dane_enable(ssl *C.SSL) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_dane_enable", C.int(0), func(s *ossl.SSL) C.int {
		s.EnableDANE()
		return 1
	})
}

// patina_go_dane_match tells of the record that has matched, if there is one; the
// depth of the match, -1 for none.
//
//export patina_go_dane_match
func patina_go_dane_match(ssl *C.SSL, m *C.struct_patina_dane_match) C.int {
	return withSSL(unsafe.Pointer(ssl), "SSL_get0_dane_tlsa", C.int(-1), func(s *ossl.SSL) C.int {
		match := s.DANEMatch()
		if e := match.Entry; e != nil {
			m.found = 1
			m.usage, m.selector, m.mtype = C.uint8_t(e.Usage), C.uint8_t(e.Selector), C.uint8_t(e.Matching)
		}
		return C.int(match.Depth)
	})
}
