package iana

import "fmt"

// HandshakeType is the type of a handshake message (RFC 8446, section 4).
type HandshakeType uint8

// HandshakeType values in the registry that this engine knows.
const (
	TypeHelloRequest          HandshakeType = 0
	TypeClientHello           HandshakeType = 1
	TypeServerHello           HandshakeType = 2
	TypeNewSessionTicket      HandshakeType = 4
	TypeEndOfEarlyData        HandshakeType = 5
	TypeEncryptedExtensions   HandshakeType = 8
	TypeCertificate           HandshakeType = 11
	TypeServerKeyExchange     HandshakeType = 12
	TypeCertificateRequest    HandshakeType = 13
	TypeServerHelloDone       HandshakeType = 14
	TypeCertificateVerify     HandshakeType = 15
	TypeClientKeyExchange     HandshakeType = 16
	TypeFinished              HandshakeType = 20
	TypeCertificateURL        HandshakeType = 21
	TypeCertificateStatus     HandshakeType = 22
	TypeSupplementalData      HandshakeType = 23
	TypeKeyUpdate             HandshakeType = 24
	TypeCompressedCertificate HandshakeType = 25
	TypeNextProtocol          HandshakeType = 67
	TypeMessageHash           HandshakeType = 254
)

func (v HandshakeType) String() string {
	switch v {
	case TypeHelloRequest:
		return "hello_request"
	case TypeClientHello:
		return "client_hello"
	case TypeServerHello:
		return "server_hello"
	case TypeNewSessionTicket:
		return "new_session_ticket"
	case TypeEndOfEarlyData:
		return "end_of_early_data"
	case TypeEncryptedExtensions:
		return "encrypted_extensions"
	case TypeCertificate:
		return "certificate"
	case TypeServerKeyExchange:
		return "server_key_exchange"
	case TypeCertificateRequest:
		return "certificate_request"
	case TypeServerHelloDone:
		return "server_hello_done"
	case TypeCertificateVerify:
		return "certificate_verify"
	case TypeClientKeyExchange:
		return "client_key_exchange"
	case TypeFinished:
		return "finished"
	case TypeCertificateURL:
		return "certificate_url"
	case TypeCertificateStatus:
		return "certificate_status"
	case TypeSupplementalData:
		return "supplemental_data"
	case TypeKeyUpdate:
		return "key_update"
	case TypeCompressedCertificate:
		return "compressed_certificate"
	case TypeNextProtocol:
		return "next_protocol"
	case TypeMessageHash:
		return "message_hash"
	}
	return fmt.Sprintf("HandshakeType(%d)", uint8(v))
}
