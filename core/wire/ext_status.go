package wire

// status_request (RFC 6066, section 8; RFC 8446, section 4.4.2.1) and
// max_fragment_length (RFC 6066, section 4).

var statusRequestCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return m.StatusRequest },
	build: func(dst []byte, m *ClientHello) []byte { return append(dst, statusOCSP, 0, 0, 0, 0) },
	parse: func(m *ClientHello, r *reader) error {
		if r.u8() != statusOCSP {
			r.rest() // an unknown type says nothing
			return nil
		}
		ids := r.sub16(0)
		for ids.more() {
			ids.vec16(1)
		}
		r.vec16(0) // request extensions
		if ids.bad {
			r.fail()
		}
		m.StatusRequest = true
		return nil
	},
}

var statusRequestSH = flag(func(m *ServerHello) *bool { return &m.AckStatusRequest })

var statusRequestCE = codec[CertificateEntry]{
	has: func(m *CertificateEntry) bool { return m.Staple != nil },
	build: func(dst []byte, m *CertificateEntry) []byte {
		return appendVec24(append(dst, statusOCSP), m.Staple)
	},
	parse: func(m *CertificateEntry, r *reader) error {
		typ := r.u8()
		m.Staple = r.vec24(1)
		if !r.bad && typ != statusOCSP {
			return wrong(Illegal, "status type")
		}
		return nil
	},
}

// statusRequestCR: a server asks a client for an OCSP response, by nothing (RFC
// 8446, section 4.4.2.1). What a server puts there all the same is ignored.
var statusRequestCR = codec[CertificateRequest]{
	has:   func(m *CertificateRequest) bool { return m.StatusRequest },
	build: func(dst []byte, m *CertificateRequest) []byte { return dst },
	parse: func(m *CertificateRequest, r *reader) error {
		r.rest()
		m.StatusRequest = true
		return nil
	},
}

var (
	maxFragmentLengthCH = maxFragmentLengthOf(func(m *ClientHello) *uint8 { return &m.MaxFragmentLength })
	maxFragmentLengthSH = maxFragmentLengthOf(func(m *ServerHello) *uint8 { return &m.MaxFragmentLength })
	maxFragmentLengthEE = maxFragmentLengthOf(func(m *EncryptedExtensions) *uint8 { return &m.MaxFragmentLength })
)

func maxFragmentLengthOf[M any](field func(m *M) *uint8) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return *field(m) != 0 },
		build: func(dst []byte, m *M) []byte { return append(dst, *field(m)) },
		parse: func(m *M, r *reader) error {
			v := r.u8()
			if !r.bad && (v < 1 || v > 4) {
				return wrong(Illegal, "length code")
			}
			*field(m) = v
			return nil
		},
	}
}
