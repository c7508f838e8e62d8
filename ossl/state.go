package ossl

import "patina/core/iana"

// State is OSSL_HANDSHAKE_STATE: where the handshake is (SSL_get_state(3)).
// The numbers are those of <openssl/ssl.h>.
type State int32

// States that TLS 1.2 and TLS 1.3 pass through.
const (
	StateBefore                State = 0
	StateOK                    State = 1
	StateCRServerHello         State = 3
	StateCRCert                State = 4
	StateCRCertStatus          State = 5
	StateCRKeyExchange         State = 6
	StateCRCertRequest         State = 7
	StateCRServerDone          State = 8
	StateCRSessionTicket       State = 9
	StateCRChange              State = 10
	StateCRFinished            State = 11
	StateCWClientHello         State = 12
	StateCWCert                State = 13
	StateCWKeyExchange         State = 14
	StateCWCertVerify          State = 15
	StateCWChange              State = 16
	StateCWFinished            State = 18
	StateSWHelloRequest        State = 19
	StateSRClientHello         State = 20
	StateSWServerHello         State = 22
	StateSWCert                State = 23
	StateSWKeyExchange         State = 24
	StateSWCertRequest         State = 25
	StateSWServerDone          State = 26
	StateSRCert                State = 27
	StateSRKeyExchange         State = 28
	StateSRCertVerify          State = 29
	StateSRChange              State = 31
	StateSRFinished            State = 32
	StateSWSessionTicket       State = 33
	StateSWCertStatus          State = 34
	StateSWChange              State = 35
	StateSWFinished            State = 36
	StateSWEncryptedExtensions State = 37
	StateCREncryptedExtensions State = 38
	StateCRCertVerify          State = 39
	StateSWCertVerify          State = 40
	StateCRHelloRequest        State = 41
	StateSWKeyUpdate           State = 42
	StateCWKeyUpdate           State = 43
	StateSRKeyUpdate           State = 44
	StateCRKeyUpdate           State = 45
	StateEarlyData             State = 46
	StateEarlyDataEnd          State = 47
	StateCWEndOfEarlyData      State = 48
	StateSREndOfEarlyData      State = 49
)

// askedState is where a callback sees the connection that is asked while a message is
// made or taken which the engine shows afterwards, or has passed already; StateBefore
// where it is where the state says.
func (s *SSL) askedState() State {
	switch s.deciding.asked {
	case NeedVerify:
		switch {
		case s.role == RoleServer && s.complete:
			return StateSRCert
		case s.role == RoleClient && s.conn.Version() == iana.VersionTLS12:
			return StateCRCert // a CertificateStatus has been taken
		}
	case NeedExtensionAdd:
		switch s.step.Ext.Context {
		case extServerHello12, extServerHello13, extHelloRetryRequest:
			return StateSWServerHello
		case extEncrypted:
			return StateSWEncryptedExtensions
		case extCertificateRequest:
			return StateSWCertRequest
		case extNewSessionTicket:
			return StateSWSessionTicket
		case extCertificate:
			if s.role == RoleClient {
				return StateCWCert
			}
			return StateSWCert
		}
	case NeedExtensionParse:
		switch s.step.Ext.Context {
		case extHelloRetryRequest:
			return StateCRServerHello
		case extNewSessionTicket:
			return StateCRSessionTicket
		case extCertificateRequest:
			return StateCRCertRequest
		}
	}
	return StateBefore
}
