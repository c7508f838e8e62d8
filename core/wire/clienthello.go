package wire

import "patina/core/iana"

// ClientHello is a client's first message (RFC 8446, section 4.1.2), decoded.
// Slices point into the message.
type ClientHello struct {
	Raw                []byte // the whole message, header included
	LegacyVersion      iana.ProtocolVersion
	Random             []byte // 32 bytes
	SessionID          []byte // at most 32 bytes
	CipherSuites       []iana.CipherSuite
	CompressionMethods []byte
	// Extensions in the order they were sent, undecoded.
	Extensions []Extension

	ServerName           string
	ALPN                 []string
	SupportedVersions    []iana.ProtocolVersion
	Groups               []iana.NamedGroup
	SignatureSchemes     []iana.SignatureScheme
	SignatureSchemesCert []iana.SignatureScheme
}

// Extension is an extension as it stands on the wire.
type Extension struct {
	Type iana.ExtensionType
	Data []byte
}
