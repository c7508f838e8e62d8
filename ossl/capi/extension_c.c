// extension_c.c: which extensions the library handles itself. Manual: SSL_extension_supported(3).

#include <openssl/ssl.h>

// The list is OpenSSL 3.0's, with those this library does not speak (SRP, SRTP, NPN, encrypt-then-MAC): an application
// cannot add a custom extension of one of these types with OpenSSL either.
int SSL_extension_supported(unsigned int ext_type) {
	switch (ext_type) {
	case TLSEXT_TYPE_server_name:
	case TLSEXT_TYPE_max_fragment_length:
	case TLSEXT_TYPE_status_request:
	case TLSEXT_TYPE_supported_groups:
	case TLSEXT_TYPE_ec_point_formats:
	case TLSEXT_TYPE_srp:
	case TLSEXT_TYPE_signature_algorithms:
	case TLSEXT_TYPE_use_srtp:
	case TLSEXT_TYPE_application_layer_protocol_negotiation:
	case TLSEXT_TYPE_signed_certificate_timestamp:
	case TLSEXT_TYPE_padding:
	case TLSEXT_TYPE_encrypt_then_mac:
	case TLSEXT_TYPE_extended_master_secret:
	case TLSEXT_TYPE_session_ticket:
	case TLSEXT_TYPE_psk:
	case TLSEXT_TYPE_early_data:
	case TLSEXT_TYPE_supported_versions:
	case TLSEXT_TYPE_cookie:
	case TLSEXT_TYPE_psk_kex_modes:
	case TLSEXT_TYPE_certificate_authorities:
	case TLSEXT_TYPE_post_handshake_auth:
	case TLSEXT_TYPE_key_share:
	case TLSEXT_TYPE_next_proto_neg:
	case TLSEXT_TYPE_renegotiate:
		return 1;
	}
	return 0;
}
