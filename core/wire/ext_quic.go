package wire

// quic_transport_parameters (RFC 9001, section 8.2): opaque to TLS.

var quicTransportParametersCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return m.QUICTransportParameters != nil },
	build: func(dst []byte, m *ClientHello) []byte { return append(dst, m.QUICTransportParameters...) },
	parse: func(m *ClientHello, r *reader) error { m.QUICTransportParameters = r.rest(); return nil },
}

var quicTransportParametersEE = codec[EncryptedExtensions]{
	has:   func(m *EncryptedExtensions) bool { return m.QUICTransportParameters != nil },
	build: func(dst []byte, m *EncryptedExtensions) []byte { return append(dst, m.QUICTransportParameters...) },
	parse: func(m *EncryptedExtensions, r *reader) error { m.QUICTransportParameters = r.rest(); return nil },
}
