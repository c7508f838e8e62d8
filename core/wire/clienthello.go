package wire

import "patina/core/iana"

// ClientHello is a client's first message (RFC 8446, section 4.1.2; RFC 5246,
// section 7.4.1.2), decoded. Slices point into the message, or into the
// ClientHello itself, which must not be copied.
//
// An extension that is not there leaves its fields zero; Has tells absence
// from emptiness.
type ClientHello struct {
	Raw                []byte // the whole message, header included
	LegacyVersion      iana.ProtocolVersion
	Random             []byte // 32 bytes
	SessionID          []byte // at most 32 bytes
	CipherSuites       []iana.CipherSuite
	CompressionMethods []byte // at least 1
	// Extensions in the order they were sent, undecoded. Not built from.
	Extensions []Extension
	// Set is which extensions of the registry there are.
	Set ExtensionSet
	// Known are the extensions of the application's, set before the message is
	// parsed; Custom those of them that there are, or, in a message to be built, that
	// stand before all others.
	Known  CustomTypes
	Custom []Extension

	ServerName           string   // the host_name of server_name
	ALPN                 []string // application_layer_protocol_negotiation
	SupportedVersions    []iana.ProtocolVersion
	Groups               []iana.NamedGroup      // supported_groups
	SignatureSchemes     []iana.SignatureScheme // signature_algorithms
	SignatureSchemesCert []iana.SignatureScheme // signature_algorithms_cert
	PointFormats         []byte                 // ec_point_formats
	StatusRequest        bool                   // status_request of type ocsp
	SCT                  bool                   // signed_certificate_timestamp
	MaxFragmentLength    uint8                  // 1 to 4, zero if absent
	RecordSizeLimit      uint16                 // zero if absent
	ExtendedMasterSecret bool
	// OffersTicket is set by session_ticket; SessionTicket is its content,
	// empty to ask for one.
	OffersTicket  bool
	SessionTicket []byte
	// Renegotiation is the content of renegotiation_info. SecureRenegotiation
	// is set by it or by the signalling cipher suite (RFC 5746, section 3.3).
	SecureRenegotiation bool
	Renegotiation       []byte
	PostHandshakeAuth   bool
	// KeyShares are sent if OffersKeyShares is set, even if there are none.
	OffersKeyShares bool
	KeyShares       []KeyShare
	Cookie          []byte
	EarlyData       bool
	Authorities     [][]byte                               // certificate_authorities, DER-encoded names
	CertCompression []iana.CertificateCompressionAlgorithm // compress_certificate
	// client_certificate_type and server_certificate_type, sent if there are any.
	ClientCertTypes, ServerCertTypes []iana.CertificateType
	PSKModes                         []byte // psk_key_exchange_modes
	// ECH is the content of encrypted_client_hello, undecoded (ParseECH): a
	// server without a key for it has no interest in it.
	ECH []byte
	// QUICTransportParameters is the content of quic_transport_parameters, nil if
	// absent.
	QUICTransportParameters []byte
	// Identities and binders of pre_shared_key; as many of one as of the other.
	Identities []PSKIdentity
	Binders    [][]byte

	// Order in which AppendClientHello puts the extensions; nil: always the same.
	Order Order

	// Room for lists of the usual length.
	suites       [48]iana.CipherSuite
	exts         [20]Extension
	versions     [5]iana.ProtocolVersion
	groups       [12]iana.NamedGroup
	schemes      [28]iana.SignatureScheme
	shares       [3]KeyShare
	certTypes    [2][3]iana.CertificateType
	compressions [3]iana.CertificateCompressionAlgorithm
	psks         [2]PSKIdentity
	binders      [2][]byte
}

// Extension is an extension as it stands on the wire.
type Extension struct {
	Type iana.ExtensionType
	Data []byte
}

// Has reports whether m has the extension t of the registry.
func (m *ClientHello) Has(t iana.ExtensionType) bool { return m.Set.Has(t) }

// OffersSuite reports whether s is among the cipher suites.
func (m *ClientHello) OffersSuite(s iana.CipherSuite) bool {
	for _, v := range m.CipherSuites {
		if v == s {
			return true
		}
	}
	return false
}

// ParseClientHello decodes msg into m, replacing what it holds. m.Raw is msg.
func ParseClientHello(m *ClientHello, msg []byte) error {
	*m = ClientHello{Raw: msg, Known: m.Known}
	r, err := body(msg, iana.TypeClientHello)
	if err != nil {
		return err
	}
	m.LegacyVersion = iana.ProtocolVersion(r.u16())
	if r.bad {
		return &Error{Malformed, iana.TypeClientHello, NoExtension, WhatNoVersion}
	}
	m.Random = r.take(32)
	m.SessionID = r.vec8(0)
	suites := r.sub16(2)
	m.CipherSuites = list16(&suites, m.suites[:0])
	m.CompressionMethods = r.vec8(1)
	if r.bad || suites.bad || len(m.SessionID) > 32 {
		return malformed(iana.TypeClientHello)
	}
	for _, s := range m.CipherSuites {
		if s == iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV {
			m.SecureRenegotiation = true
		}
	}
	if !r.more() {
		return nil // RFC 5246, section 7.4.1.2: extensions may be absent
	}
	x := r.sub16(0)
	if !r.done() {
		return malformed(iana.TypeClientHello)
	}
	m.Extensions = m.exts[:0]
	b := block[ClientHello]{message: iana.TypeClientHello, column: (*row).inClientHello, raw: &m.Extensions, known: m.Known, in: InClientHello}
	m.Set, err = b.parse(m, x)
	m.Custom = b.custom
	return err
}

// CheckTLS13 returns an error if m, of a client with which TLS 1.3 has been
// agreed, lacks an extension that RFC 8446, section 9.2, demands.
func (m *ClientHello) CheckTLS13() error {
	return missing(m, iana.TypeClientHello, m.Set, (*row).inClientHello)
}

// AppendClientHello encodes m. Binders of pre_shared_key are appended as they
// are; see BindersLen. Set is set to what an answer may carry.
func AppendClientHello(dst []byte, m *ClientHello) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeClientHello)
	dst = append16(dst, uint16(m.LegacyVersion))
	dst = append(dst, m.Random...)
	dst = appendVec8(dst, m.SessionID)
	dst = appendList16(dst, m.CipherSuites)
	dst = appendVec8(dst, m.CompressionMethods)
	dst, m.Set = appendOrdered(dst, m, m.Custom, (*row).inClientHello, m.Order)
	if m.OffersSuite(iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV) {
		m.Set = m.Set.With(iana.ExtRenegotiationInfo)
	}
	return closeMessage(dst, at)
}
