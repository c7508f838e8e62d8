package iana

import "fmt"

// ExtensionType is the type of a hello extension (IANA TLS ExtensionType Values).
type ExtensionType uint16

// ExtensionType values in the registry that this engine knows.
const (
	ExtServerName                 ExtensionType = 0
	ExtMaxFragmentLength          ExtensionType = 1
	ExtStatusRequest              ExtensionType = 5
	ExtSupportedGroups            ExtensionType = 10
	ExtECPointFormats             ExtensionType = 11
	ExtSignatureAlgorithms        ExtensionType = 13
	ExtUseSRTP                    ExtensionType = 14
	ExtHeartbeat                  ExtensionType = 15
	ExtALPN                       ExtensionType = 16
	ExtSignedCertificateTimestamp ExtensionType = 18
	ExtClientCertificateType      ExtensionType = 19
	ExtServerCertificateType      ExtensionType = 20
	ExtPadding                    ExtensionType = 21
	ExtEncryptThenMAC             ExtensionType = 22
	ExtExtendedMasterSecret       ExtensionType = 23
	ExtCompressCertificate        ExtensionType = 27
	ExtRecordSizeLimit            ExtensionType = 28
	ExtSessionTicket              ExtensionType = 35
	ExtPreSharedKey               ExtensionType = 41
	ExtEarlyData                  ExtensionType = 42
	ExtSupportedVersions          ExtensionType = 43
	ExtCookie                     ExtensionType = 44
	ExtPSKKeyExchangeModes        ExtensionType = 45
	ExtCertificateAuthorities     ExtensionType = 47
	ExtOIDFilters                 ExtensionType = 48
	ExtPostHandshakeAuth          ExtensionType = 49
	ExtSignatureAlgorithmsCert    ExtensionType = 50
	ExtKeyShare                   ExtensionType = 51
	ExtQUICTransportParameters    ExtensionType = 57
	ExtNextProtocolNegotiation    ExtensionType = 13172
	ExtECHOuterExtensions         ExtensionType = 0xfd00
	ExtEncryptedClientHello       ExtensionType = 0xfe0d
	ExtRenegotiationInfo          ExtensionType = 0xff01
)

func (v ExtensionType) String() string {
	switch v {
	case ExtServerName:
		return "server_name"
	case ExtMaxFragmentLength:
		return "max_fragment_length"
	case ExtStatusRequest:
		return "status_request"
	case ExtSupportedGroups:
		return "supported_groups"
	case ExtECPointFormats:
		return "ec_point_formats"
	case ExtSignatureAlgorithms:
		return "signature_algorithms"
	case ExtUseSRTP:
		return "use_srtp"
	case ExtHeartbeat:
		return "heartbeat"
	case ExtALPN:
		return "application_layer_protocol_negotiation"
	case ExtSignedCertificateTimestamp:
		return "signed_certificate_timestamp"
	case ExtClientCertificateType:
		return "client_certificate_type"
	case ExtServerCertificateType:
		return "server_certificate_type"
	case ExtPadding:
		return "padding"
	case ExtEncryptThenMAC:
		return "encrypt_then_mac"
	case ExtExtendedMasterSecret:
		return "extended_master_secret"
	case ExtCompressCertificate:
		return "compress_certificate"
	case ExtRecordSizeLimit:
		return "record_size_limit"
	case ExtSessionTicket:
		return "session_ticket"
	case ExtPreSharedKey:
		return "pre_shared_key"
	case ExtEarlyData:
		return "early_data"
	case ExtSupportedVersions:
		return "supported_versions"
	case ExtCookie:
		return "cookie"
	case ExtPSKKeyExchangeModes:
		return "psk_key_exchange_modes"
	case ExtCertificateAuthorities:
		return "certificate_authorities"
	case ExtOIDFilters:
		return "oid_filters"
	case ExtPostHandshakeAuth:
		return "post_handshake_auth"
	case ExtSignatureAlgorithmsCert:
		return "signature_algorithms_cert"
	case ExtKeyShare:
		return "key_share"
	case ExtQUICTransportParameters:
		return "quic_transport_parameters"
	case ExtNextProtocolNegotiation:
		return "next_protocol_negotiation"
	case ExtECHOuterExtensions:
		return "ech_outer_extensions"
	case ExtEncryptedClientHello:
		return "encrypted_client_hello"
	case ExtRenegotiationInfo:
		return "renegotiation_info"
	}
	return fmt.Sprintf("ExtensionType(%#04x)", uint16(v))
}
