package wire

import "patina/core/iana"

// signature_algorithms and signature_algorithms_cert (RFC 8446, section 4.2.3),
// certificate_authorities (section 4.2.4) and post_handshake_auth (section
// 4.2.6).

// schemesOf is the codec of a list of signature schemes. It shares room, which
// may be nil, with other lists: each takes what is left.
func schemesOf[M any](field func(m *M) *[]iana.SignatureScheme, room func(m *M) []iana.SignatureScheme, required func(m *M) bool) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return len(*field(m)) > 0 },
		build: func(dst []byte, m *M) []byte { return appendList16(dst, *field(m)) },
		parse: func(m *M, r *reader) error {
			list := r.sub16(2)
			var to []iana.SignatureScheme
			if room != nil {
				to = room(m)
			}
			if to = list16(&list, to); list.bad {
				r.fail()
				return nil
			}
			*field(m) = to
			return nil
		},
		required: required,
	}
}

var (
	signatureAlgorithmsCH = schemesOf(
		func(m *ClientHello) *[]iana.SignatureScheme { return &m.SignatureSchemes },
		func(m *ClientHello) []iana.SignatureScheme { return m.schemes[:0] },
		func(m *ClientHello) bool { return !m.Has(iana.ExtPreSharedKey) })
	signatureAlgorithmsCertCH = schemesOf(
		func(m *ClientHello) *[]iana.SignatureScheme { return &m.SignatureSchemesCert }, nil, nil)

	signatureAlgorithmsCR = schemesOf(
		func(m *CertificateRequest) *[]iana.SignatureScheme { return &m.SignatureSchemes }, nil,
		func(m *CertificateRequest) bool { return true })
	signatureAlgorithmsCertCR = schemesOf(
		func(m *CertificateRequest) *[]iana.SignatureScheme { return &m.SignatureSchemesCert }, nil, nil)

	authoritiesCH = authoritiesOf(func(m *ClientHello) *[][]byte { return &m.Authorities })
	authoritiesCR = authoritiesOf(func(m *CertificateRequest) *[][]byte { return &m.Authorities })
)

func authoritiesOf[M any](field func(m *M) *[][]byte) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return len(*field(m)) > 0 },
		build: func(dst []byte, m *M) []byte { return appendAuthorities(dst, *field(m)) },
		parse: func(m *M, r *reader) error {
			list := r.sub16(3)
			if *field(m) = authorities(&list); list.bad {
				r.fail()
			}
			return nil
		},
	}
}

var postHandshakeAuthCH = flag(func(m *ClientHello) *bool { return &m.PostHandshakeAuth })
