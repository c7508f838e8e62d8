package wire

import "patina/core/iana"

// client_certificate_type and server_certificate_type, and the Certificate of TLS
// 1.2 that holds a raw public key (RFC 7250).

var (
	clientCertTypeCH = certTypesOf(0, func(m *ClientHello) *[]iana.CertificateType { return &m.ClientCertTypes })
	serverCertTypeCH = certTypesOf(1, func(m *ClientHello) *[]iana.CertificateType { return &m.ServerCertTypes })
	clientCertTypeSH = certTypeOf(func(m *ServerHello) **iana.CertificateType { return &m.ClientCertType })
	serverCertTypeSH = certTypeOf(func(m *ServerHello) **iana.CertificateType { return &m.ServerCertType })
	clientCertTypeEE = certTypeOf(func(m *EncryptedExtensions) **iana.CertificateType { return &m.ClientCertType })
	serverCertTypeEE = certTypeOf(func(m *EncryptedExtensions) **iana.CertificateType { return &m.ServerCertType })
)

// certTypesOf is a client's list, the first or the second.
func certTypesOf(which int, field func(m *ClientHello) *[]iana.CertificateType) codec[ClientHello] {
	return codec[ClientHello]{
		has: func(m *ClientHello) bool { return len(*field(m)) > 0 },
		build: func(dst []byte, m *ClientHello) []byte {
			at := len(dst)
			dst = open8(dst)
			for _, v := range *field(m) {
				dst = append(dst, byte(v))
			}
			return close8(dst, at)
		},
		parse: func(m *ClientHello, r *reader) error {
			types := m.certTypes[which][:0]
			for _, v := range r.vec8(1) {
				types = append(types, iana.CertificateType(v))
			}
			*field(m) = types
			return nil
		},
	}
}

// certTypeOf is a server's choice.
func certTypeOf[M any](field func(m *M) **iana.CertificateType) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return *field(m) != nil },
		build: func(dst []byte, m *M) []byte { return append(dst, byte(**field(m))) },
		parse: func(m *M, r *reader) error {
			v := iana.CertificateType(r.u8())
			*field(m) = &v
			return nil
		},
	}
}

// ParseRawPublicKey12 decodes a Certificate of TLS 1.2 whose type is
// RawPublicKey (RFC 7250, section 3) and returns the SubjectPublicKeyInfo, DER;
// empty if the sender has none.
func ParseRawPublicKey12(msg []byte) (spki []byte, err error) {
	r, err := body(msg, iana.TypeCertificate)
	if err != nil {
		return nil, err
	}
	if spki = r.vec24(0); !r.done() {
		return nil, malformed(iana.TypeCertificate)
	}
	return spki, nil
}

// AppendRawPublicKey12 encodes a Certificate of TLS 1.2 whose type is RawPublicKey.
func AppendRawPublicKey12(dst, spki []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificate)
	dst = appendVec24(dst, spki)
	return closeMessage(dst, at)
}
