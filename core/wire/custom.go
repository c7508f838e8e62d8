package wire

import "patina/core/iana"

// Extensions that an application handles itself, by type and message. They stand
// before those of the registry, and in the place of one that the registry has of
// the same type.

// Messages is a set of the messages that carry extensions.
type Messages uint16

// Messages that carry extensions (RFC 8446, section 4.2; RFC 5246, section
// 7.4.1.4).
const (
	InClientHello         Messages = 1 << iota
	InServerHello12                // of TLS 1.2
	InServerHello13                // of TLS 1.3; what follows is of TLS 1.3 too
	InHelloRetryRequest            //
	InEncryptedExtensions          //
	InCertificate                  // each certificate of it
	InCertificateRequest           //
	InNewSessionTicket             //
	// InAnswers are those in which only what the peer has sent before may stand.
	InAnswers = InServerHello12 | InServerHello13 | InHelloRetryRequest | InEncryptedExtensions | InCertificate
)

var messageNames = [...]string{"ClientHello", "ServerHello of TLS 1.2", "ServerHello", "HelloRetryRequest",
	"EncryptedExtensions", "Certificate", "CertificateRequest", "NewSessionTicket"}

// String is the name of one message.
func (m Messages) String() string {
	for i, name := range messageNames {
		if m == 1<<i {
			return name
		}
	}
	return "several messages"
}

// CustomType is an extension of an application's, with the messages it may stand in.
type CustomType struct {
	Type iana.ExtensionType
	In   Messages
}

// CustomTypes are those of a connection, each type once.
type CustomTypes []CustomType

// Find is the entry of t, nil if there is none.
func (k CustomTypes) Find(t iana.ExtensionType) *CustomType {
	for i := range k {
		if k[i].Type == t {
			return &k[i]
		}
	}
	return nil
}

// Overridable reports whether an application may handle t itself: what the
// handshake does not stand on.
func Overridable(t iana.ExtensionType) bool {
	switch t {
	case iana.ExtSignedCertificateTimestamp, iana.ExtSignatureAlgorithmsCert, iana.ExtClientCertificateType, iana.ExtServerCertificateType,
		iana.ExtCompressCertificate, iana.ExtRecordSizeLimit, iana.ExtQUICTransportParameters, iana.ExtEncryptedClientHello:
		return true
	}
	return find(t) == nil && t != iana.ExtECHOuterExtensions
}

// hasType reports whether t is among list.
func hasType(list []Extension, t iana.ExtensionType) bool {
	for i := range list {
		if list[i].Type == t {
			return true
		}
	}
	return false
}
