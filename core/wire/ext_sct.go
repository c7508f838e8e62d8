package wire

// signed_certificate_timestamp (RFC 6962, section 3.3.1; RFC 8446, section
// 4.4.2.1): asked for by an empty extension, answered by a list.

var (
	sctCH = flag(func(m *ClientHello) *bool { return &m.SCT })
	sctCR = flag(func(m *CertificateRequest) *bool { return &m.SCT })
	sctSH = sctListOf(func(m *ServerHello) *[][]byte { return &m.SCTs })
	sctCE = sctListOf(func(m *CertificateEntry) *[][]byte { return &m.SCTs })
)

func sctListOf[M any](field func(m *M) *[][]byte) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return len(*field(m)) > 0 },
		build: func(dst []byte, m *M) []byte { return AppendSCTList(dst, *field(m)) },
		parse: func(m *M, r *reader) (err error) {
			*field(m), err = parseSCTList(r)
			return err
		},
	}
}

// ParseSCTList decodes a SignedCertificateTimestampList (RFC 6962, section 3.3),
// which certificates and OCSP responses carry too. The timestamps point into b.
func ParseSCTList(b []byte) ([][]byte, error) {
	r := reader{b: b}
	list, err := parseSCTList(&r)
	if err == nil && !r.done() {
		err = wrong(Malformed, "timestamps")
	}
	return list, err
}

func parseSCTList(r *reader) (list [][]byte, err error) {
	in := r.sub16(1)
	for in.more() {
		list = append(list, in.vec16(1))
	}
	if in.bad {
		r.fail()
		return nil, nil
	}
	return list, nil
}

// AppendSCTList encodes a list of timestamps, neither of them empty nor the list.
func AppendSCTList(dst []byte, list [][]byte) []byte {
	at := len(dst)
	dst = open16(dst)
	for _, sct := range list {
		dst = appendVec16(dst, sct)
	}
	return close16(dst, at)
}
