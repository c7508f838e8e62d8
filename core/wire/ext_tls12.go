package wire

// Extensions without a meaning in TLS 1.3: session_ticket (RFC 5077),
// extended_master_secret (RFC 7627), renegotiation_info (RFC 5746).

var sessionTicketCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return m.OffersTicket },
	build: func(dst []byte, m *ClientHello) []byte { return append(dst, m.SessionTicket...) },
	parse: func(m *ClientHello, r *reader) error {
		m.OffersTicket, m.SessionTicket = true, r.rest()
		return nil
	},
}

var sessionTicketSH = flag(func(m *ServerHello) *bool { return &m.AckTicket })

var (
	extendedMasterSecretCH = flag(func(m *ClientHello) *bool { return &m.ExtendedMasterSecret })
	extendedMasterSecretSH = flag(func(m *ServerHello) *bool { return &m.ExtendedMasterSecret })
)

var renegotiationInfoCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return m.Renegotiation != nil },
	build: func(dst []byte, m *ClientHello) []byte { return appendVec8(dst, m.Renegotiation) },
	parse: func(m *ClientHello, r *reader) error {
		m.SecureRenegotiation, m.Renegotiation = true, r.vec8(0)
		return nil
	},
}

var renegotiationInfoSH = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return m.SecureRenegotiation },
	build: func(dst []byte, m *ServerHello) []byte { return appendVec8(dst, m.Renegotiation) },
	parse: func(m *ServerHello, r *reader) error {
		m.SecureRenegotiation, m.Renegotiation = true, r.vec8(0)
		return nil
	},
}
