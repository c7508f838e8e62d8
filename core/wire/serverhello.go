package wire

import (
	"bytes"

	"patina/core/iana"
)

// ServerHello is a server's answer to a ClientHello: of TLS 1.2 (RFC 5246,
// section 7.4.1.3), of TLS 1.3, or a HelloRetryRequest (RFC 8446, sections
// 4.1.3 and 4.1.4). Slices point into the message.
type ServerHello struct {
	LegacyVersion iana.ProtocolVersion
	// Version is what supported_versions selects, which makes it a ServerHello
	// of TLS 1.3, or else LegacyVersion.
	Version     iana.ProtocolVersion
	Retry       bool   // a HelloRetryRequest
	Random      []byte // 32 bytes; RetryRandom of a HelloRetryRequest
	SessionID   []byte // at most 32 bytes
	CipherSuite iana.CipherSuite
	Compression uint8
	Set         ExtensionSet
	// Known are the extensions of the application's, set before the message is
	// parsed; Custom those of them that there are, or, in a message to be built, that
	// stand before all others.
	Known  CustomTypes
	Custom []Extension

	// TLS 1.3.
	KeyShare      KeyShare        // ServerHello
	SelectedGroup iana.NamedGroup // HelloRetryRequest, zero if absent
	Cookie        []byte          // HelloRetryRequest
	// ECHConfirmation is 8 bytes in a HelloRetryRequest, absent if empty.
	ECHConfirmation []byte
	SelectsPSK      bool
	SelectedPSK     uint16

	// TLS 1.2.
	AckServerName                  bool
	ALPN                           string
	AckStatusRequest               bool
	SCTs                           [][]byte // signed_certificate_timestamp
	AckTicket                      bool     // a NewSessionTicket will follow
	ExtendedMasterSecret           bool
	SecureRenegotiation            bool
	Renegotiation                  []byte
	MaxFragmentLength              uint8
	RecordSizeLimit                uint16
	ClientCertType, ServerCertType *iana.CertificateType // nil if absent
	PointFormats                   []byte
}

// retryRandom marks a HelloRetryRequest: SHA-256 of
// "HelloRetryRequest" (RFC 8446, section 4.1.3).
var retryRandom = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// RetryRandom returns the Random that marks a HelloRetryRequest.
func RetryRandom() []byte { r := retryRandom; return r[:] }

// Has reports whether m has the extension t of the registry.
func (m *ServerHello) Has(t iana.ExtensionType) bool { return m.Set.Has(t) }

// ParseServerHello decodes msg into m, replacing what it holds. Extensions not
// in offered, which is what the ClientHello carried, are refused; so are the
// ones that RFC 8446 does not allow in a message of that version.
func ParseServerHello(m *ServerHello, msg []byte, offered ExtensionSet) error {
	*m = ServerHello{Known: m.Known}
	r, err := body(msg, iana.TypeServerHello)
	if err != nil {
		return err
	}
	m.LegacyVersion = iana.ProtocolVersion(r.u16())
	m.Version = m.LegacyVersion
	m.Random = r.take(32)
	m.SessionID = r.vec8(0)
	m.CipherSuite = iana.CipherSuite(r.u16())
	m.Compression = r.u8()
	if r.bad || len(m.SessionID) > 32 {
		return malformed(iana.TypeServerHello)
	}
	var x reader
	if r.more() {
		x = r.sub16(0)
	}
	if !r.done() {
		return malformed(iana.TypeServerHello)
	}
	b := block[ServerHello]{message: iana.TypeServerHello, column: (*row).inServerHello12, answers: true, offered: offered, known: m.Known, in: InServerHello12}
	// The Random and supported_versions decide how the rest is read (RFC 8446,
	// sections 4.1.3 and 4.2.1).
	m.Retry = offered.Has(iana.ExtSupportedVersions) && bytes.Equal(m.Random, retryRandom[:])
	if m.Retry {
		b.column, b.in = (*row).inHelloRetryRequest, InHelloRetryRequest
		// The one extension a server may start with (section 4.1.4).
		b.offered = b.offered.With(iana.ExtCookie)
	} else if hasExtension(x, iana.ExtSupportedVersions) {
		b.column, b.in = (*row).inServerHello13, InServerHello13
	}
	if m.Set, err = b.parse(m, x); err != nil {
		return err
	}
	m.Custom = b.custom
	return missing(m, iana.TypeServerHello, m.Set, b.column)
}

// hasExtension reports whether there is a t in the block r.
func hasExtension(r reader, t iana.ExtensionType) bool {
	for r.more() {
		if iana.ExtensionType(r.u16()) == t {
			return true
		}
		r.vec16(0)
	}
	return false
}

// Message is which of the messages that are a ServerHello m is.
func (m *ServerHello) Message() Messages {
	switch {
	case m.Retry:
		return InHelloRetryRequest
	case m.Version >= iana.VersionTLS13:
		return InServerHello13
	}
	return InServerHello12
}

// AppendServerHello encodes m: in the form of TLS 1.3 if m.Version says so, as
// a HelloRetryRequest if m.Retry is set, else in the form of TLS 1.2.
func AppendServerHello(dst []byte, m *ServerHello) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeServerHello)
	dst = append16(dst, uint16(m.LegacyVersion))
	dst = append(dst, m.Random...)
	dst = appendVec8(dst, m.SessionID)
	dst = append16(dst, uint16(m.CipherSuite))
	dst = append(dst, m.Compression)
	column := (*row).inServerHello12
	switch {
	case m.Retry:
		column = (*row).inHelloRetryRequest
	case m.Version >= iana.VersionTLS13:
		column = (*row).inServerHello13
	}
	dst, m.Set = appendExtensions(dst, m, m.Custom, column)
	if m.Set == 0 && len(m.Custom) == 0 {
		dst = dst[:len(dst)-2] // no block at all, as before there were extensions
	}
	return closeMessage(dst, at)
}

// EncryptedExtensions is the message of RFC 8446, section 4.3.1.
type EncryptedExtensions struct {
	Set ExtensionSet
	// Known are the extensions of the application's, set before the message is
	// parsed; Custom those of them that there are, or, in a message to be built, that
	// stand before all others.
	Known                          CustomTypes
	Custom                         []Extension
	AckServerName                  bool
	ALPN                           string
	MaxFragmentLength              uint8
	RecordSizeLimit                uint16                // zero if absent
	ClientCertType, ServerCertType *iana.CertificateType // nil if absent
	Groups                         []iana.NamedGroup     // the server's preferences; for later connections
	EarlyData                      bool
	// ECHRetryConfigs is an ECHConfigList with its length, undecoded; absent if
	// empty.
	ECHRetryConfigs []byte
	// QUICTransportParameters is nil if absent.
	QUICTransportParameters []byte
}

// ParseEncryptedExtensions decodes msg into m, replacing what it holds.
func ParseEncryptedExtensions(m *EncryptedExtensions, msg []byte, offered ExtensionSet) error {
	*m = EncryptedExtensions{Known: m.Known}
	r, err := body(msg, iana.TypeEncryptedExtensions)
	if err != nil {
		return err
	}
	x := r.sub16(0)
	if !r.done() {
		return malformed(iana.TypeEncryptedExtensions)
	}
	b := block[EncryptedExtensions]{message: iana.TypeEncryptedExtensions, column: (*row).inEncryptedExtensions, answers: true, offered: offered, known: m.Known, in: InEncryptedExtensions}
	m.Set, err = b.parse(m, x)
	m.Custom = b.custom
	return err
}

// AppendEncryptedExtensions encodes m.
func AppendEncryptedExtensions(dst []byte, m *EncryptedExtensions) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeEncryptedExtensions)
	dst, m.Set = appendExtensions(dst, m, m.Custom, (*row).inEncryptedExtensions)
	return closeMessage(dst, at)
}
