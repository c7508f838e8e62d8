package wire

import "patina/core/iana"

// supported_versions (RFC 8446, section 4.2.1) and cookie (section 4.2.2).

var supportedVersionsCH = codec[ClientHello]{
	has: func(m *ClientHello) bool { return len(m.SupportedVersions) > 0 },
	build: func(dst []byte, m *ClientHello) []byte {
		at := len(dst)
		dst = open8(dst)
		for _, v := range m.SupportedVersions {
			dst = append16(dst, uint16(v))
		}
		return close8(dst, at)
	},
	parse: func(m *ClientHello, r *reader) error {
		list := r.sub8(2)
		if m.SupportedVersions = list16(&list, m.versions[:0]); list.bad {
			r.fail()
		}
		return nil
	},
	required: func(m *ClientHello) bool { return true },
}

var supportedVersionsSH = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return true },
	build: func(dst []byte, m *ServerHello) []byte { return append16(dst, uint16(m.Version)) },
	parse: func(m *ServerHello, r *reader) error {
		m.Version = iana.ProtocolVersion(r.u16())
		if !r.bad && m.Version < iana.VersionTLS13 {
			return wrong(Illegal, "a version before TLS 1.3")
		}
		return nil
	},
	// A HelloRetryRequest is known by its Random and must say it again.
	required: func(m *ServerHello) bool { return true },
}

var cookieCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return len(m.Cookie) > 0 },
	build: func(dst []byte, m *ClientHello) []byte { return appendVec16(dst, m.Cookie) },
	parse: func(m *ClientHello, r *reader) error { m.Cookie = r.vec16(1); return nil },
}

var cookieHRR = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return len(m.Cookie) > 0 },
	build: func(dst []byte, m *ServerHello) []byte { return appendVec16(dst, m.Cookie) },
	parse: func(m *ServerHello, r *reader) error { m.Cookie = r.vec16(1); return nil },
}
