package iana

import "fmt"

// ProtocolVersion is a TLS version as it stands on the wire (RFC 8446,
// section 4.1.2 and 4.2.1).
type ProtocolVersion uint16

// Versions. Those below TLS 1.2 exist to be recognised and refused.
const (
	VersionSSL3  ProtocolVersion = 0x0300
	VersionTLS10 ProtocolVersion = 0x0301
	VersionTLS11 ProtocolVersion = 0x0302
	VersionTLS12 ProtocolVersion = 0x0303
	VersionTLS13 ProtocolVersion = 0x0304
)

func (v ProtocolVersion) String() string {
	switch v {
	case VersionSSL3:
		return "SSLv3"
	case VersionTLS10:
		return "TLSv1"
	case VersionTLS11:
		return "TLSv1.1"
	case VersionTLS12:
		return "TLSv1.2"
	case VersionTLS13:
		return "TLSv1.3"
	}
	return fmt.Sprintf("ProtocolVersion(%#04x)", uint16(v))
}

// IsGREASE reports whether v is a GREASE value (RFC 8701), which a peer sends
// to see that unknown values are ignored.
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
