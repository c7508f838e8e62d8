package wire

// record_size_limit (RFC 8449).

// MinRecordSizeLimit is the lowest limit there is (RFC 8449, section 4).
const MinRecordSizeLimit = 64

var (
	recordSizeLimitCH = recordSizeLimitOf(func(m *ClientHello) *uint16 { return &m.RecordSizeLimit })
	recordSizeLimitSH = recordSizeLimitOf(func(m *ServerHello) *uint16 { return &m.RecordSizeLimit })
	recordSizeLimitEE = recordSizeLimitOf(func(m *EncryptedExtensions) *uint16 { return &m.RecordSizeLimit })
)

func recordSizeLimitOf[M any](field func(m *M) *uint16) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return *field(m) != 0 },
		build: func(dst []byte, m *M) []byte { return append16(dst, *field(m)) },
		parse: func(m *M, r *reader) error {
			v := r.u16()
			if !r.bad && v < MinRecordSizeLimit {
				return wrong(Illegal, "limit below 64")
			}
			*field(m) = v
			return nil
		},
	}
}
