package core

import "patina/core/iana"

// Kind classifies an [Error]: fine enough to name the cause in another
// library's terms, each with the one alert that goes with it.
type Kind uint8

// Kinds.
const (
	KindInternal Kind = iota
	// The first bytes of a connection are of another protocol: no alert would
	// be understood, but by a client that begins with an SSLv2 hello.
	KindHTTPRequest
	KindHTTPSProxyRequest
	KindSSLv2  // an SSLv2 ClientHello
	KindNotTLS // no TLS record

	// The transport.
	KindTruncated // it has ended without a close_notify, and the peer is to hear of it

	// Records.
	KindWrongVersionNumber  // a record's version is not the one agreed
	KindRecordOverflow      // a record's ciphertext is too long
	KindRecordLength        // a record is longer than any can be
	KindContentOverflow     // a record's plaintext is too long
	KindBadRecordHeader     // a protected TLS 1.3 record whose header has another version than 0x0303
	KindBadRecordMAC        // a record cannot be opened
	KindBadRecordType       // a content type that means nothing here
	KindTooManyEmpty        // too many records without content in a row
	KindTooManyWarnings     // too many warning alerts in a row
	KindTooManyKeyUpdates   // too many KeyUpdates without data between them
	KindTooManyMessages     // too many messages after the handshake
	KindRecordLimit         // as many records as the keys may protect
	KindBadChangeCipherSpec // a change_cipher_spec that is not one byte of 1
	KindBadAlert            // an alert that is not two bytes
	KindBadAlertLevel       // an alert of no known level
	KindInterleaved         // another record inside a handshake message
	KindExcessHandshakeData // handshake bytes across a change of keys
	KindExcessiveMessage    // a handshake message over its limit
	KindDataInHandshake     // application data before the end of the handshake
	KindTooMuchEarlyData    // more early data than is taken or skipped

	// Messages.
	KindUnexpectedMessage    // a message that does not belong here
	KindUnexpectedCCS        // a change_cipher_spec too early
	KindDecode               // a message or extension that cannot be parsed
	KindDuplicateExtension   // an extension twice in one message
	KindUnsolicitedExtension // an extension in an answer that was not asked for
	KindForbiddenExtension   // an extension in a message where it is not allowed
	KindMissingExtension     // an extension that must be there is not
	KindIllegalParameter     // a value that the protocol forbids
	KindBadCompression       // a compression method other than null
	KindBadCookie            // a cookie that no HelloRetryRequest of this server has had
	KindBadKeyShare          // a key share that is no valid point or key
	KindBadCurve             // a group that was not offered
	KindBadSessionID         // a session ID that is not the one expected
	KindBadPSKIdentity       // a selected identity that was not offered
	KindBadBinder            // a PSK binder that does not verify
	KindUnknownPSK           // TLS 1.2: an identity of which there is no PSK
	KindNoPSK                // TLS 1.2: a client without a PSK for the server's hint
	KindPSKIdentityTooLong   // TLS 1.2: an identity over its limit
	KindPSKHintTooLong       // TLS 1.2: a hint over its limit
	KindBadHelloRetry        // a HelloRetryRequest that changes nothing, or a second one
	KindBadSecondHello       // a second ClientHello that changes what it must not
	KindBadRenegotiation     // renegotiation_info that does not fit
	KindUnsafeRenegotiation  // a peer without secure renegotiation
	KindBadDigest            // a Finished that does not verify
	KindBadSignature         // a signature that does not verify
	KindWrongSignatureType   // a signature scheme that does not fit the key or was not offered
	KindBadCertificate       // a certificate that cannot be parsed
	KindBadCertCompression   // a compressed certificate that cannot be decompressed
	KindUnsupportedCertType  // no type of certificate in common
	KindUnsupportedKey       // a certificate's key cannot be used
	KindWrongCertificateType // a certificate's key is of no kind known or not of the suite's
	KindBadKeyUsage          // a certificate's key must not make signatures
	KindNoPeerCertificate    // TLS 1.2: a required client certificate did not come
	KindCertificateRequired  // TLS 1.3: the same
	KindNoServerCertificate  // a server's Certificate message is empty
	KindBadRequestContext    // a certificate_request_context that does not fit
	KindBadStatusResponse    // a stapled response that cannot be parsed
	KindBadALPN              // an application protocol that was not offered
	KindBadMaxFragmentLength // an answer to max_fragment_length that is not the offer
	KindBadRecordSizeLimit   // a record_size_limit that a server must not send
	KindInconsistentEMS      // extended_master_secret differs from the resumed session's
	KindNoRequiredEMS        // extended_master_secret is required and absent
	KindWrongCipher          // the server chose a suite that was not offered
	KindSessionMismatch      // a resumed session's version or suite has changed

	// Negotiation.
	KindUnsupportedProtocol   // no version in common
	KindInappropriateFallback // a fallback that was not necessary (RFC 7507)
	KindDowngrade             // a downgrade sentinel (RFC 8446, section 4.1.3)
	KindNoCiphersAvailable    // a client's highest version has no suite enabled
	KindNoSharedCipher        // no suite in common
	KindNoSharedGroup         // no group in common
	KindNoCredential          // no certificate that fits the client's offer
	KindNoApplicationProtocol // no ALPN protocol in common
	KindUnrecognizedName      // no such server
	KindNoSuitableKeyShare    // no share after a HelloRetryRequest
	KindNoRenegotiation       // the peer wants to renegotiate and insists
	KindSigningFailed         // the key could not sign
	KindBadCredential         // the credential given cannot be used

	// Encrypted Client Hello.
	KindNoECHConfig // no configuration that can be used
	KindECHRequired // the server did not accept the encrypted ClientHello
	KindBadECH      // a second encrypted ClientHello that does not open

	kindEnd // how many there are
)

type kindInfo struct {
	name  string
	alert iana.AlertDescription // AlertCloseNotify stands for none
}

var kinds = [...]kindInfo{
	KindInternal:              {"internal error", iana.AlertInternalError},
	KindHTTPRequest:           {"http request", iana.AlertCloseNotify},
	KindHTTPSProxyRequest:     {"https proxy request", iana.AlertCloseNotify},
	KindSSLv2:                 {"SSLv2 hello", iana.AlertProtocolVersion},
	KindNotTLS:                {"not a TLS record", iana.AlertCloseNotify},
	KindTruncated:             {"unexpected end of the transport", iana.AlertDecodeError},
	KindWrongVersionNumber:    {"wrong version number", iana.AlertProtocolVersion},
	KindRecordOverflow:        {"record too long", iana.AlertRecordOverflow},
	KindRecordLength:          {"record length", iana.AlertRecordOverflow},
	KindContentOverflow:       {"record content too long", iana.AlertRecordOverflow},
	KindBadRecordHeader:       {"wrong version in a record header", iana.AlertDecodeError},
	KindBadRecordMAC:          {"decryption failed or bad record mac", iana.AlertBadRecordMAC},
	KindBadRecordType:         {"bad record type", iana.AlertUnexpectedMessage},
	KindTooManyEmpty:          {"too many empty records", iana.AlertUnexpectedMessage},
	KindTooManyWarnings:       {"too many warning alerts", iana.AlertUnexpectedMessage},
	KindTooManyKeyUpdates:     {"too many key updates", iana.AlertUnexpectedMessage},
	KindTooManyMessages:       {"too many messages after the handshake", iana.AlertUnexpectedMessage},
	KindRecordLimit:           {"records exhausted", iana.AlertInternalError},
	KindBadChangeCipherSpec:   {"bad change cipher spec", iana.AlertUnexpectedMessage},
	KindBadAlert:              {"bad alert", iana.AlertUnexpectedMessage},
	KindBadAlertLevel:         {"unknown alert level", iana.AlertIllegalParameter},
	KindInterleaved:           {"record inside a handshake message", iana.AlertUnexpectedMessage},
	KindExcessHandshakeData:   {"handshake data across a change of keys", iana.AlertUnexpectedMessage},
	KindExcessiveMessage:      {"excessive message size", iana.AlertIllegalParameter},
	KindDataInHandshake:       {"application data in handshake", iana.AlertUnexpectedMessage},
	KindTooMuchEarlyData:      {"too much early data", iana.AlertUnexpectedMessage},
	KindUnexpectedMessage:     {"unexpected message", iana.AlertUnexpectedMessage},
	KindUnexpectedCCS:         {"unexpected change cipher spec", iana.AlertUnexpectedMessage},
	KindDecode:                {"message cannot be decoded", iana.AlertDecodeError},
	KindDuplicateExtension:    {"duplicate extension", iana.AlertIllegalParameter},
	KindUnsolicitedExtension:  {"unsolicited extension", iana.AlertUnsupportedExtension},
	KindForbiddenExtension:    {"extension in a wrong message", iana.AlertIllegalParameter},
	KindMissingExtension:      {"missing extension", iana.AlertMissingExtension},
	KindIllegalParameter:      {"illegal parameter", iana.AlertIllegalParameter},
	KindBadCompression:        {"bad compression method", iana.AlertIllegalParameter},
	KindBadCookie:             {"bad cookie", iana.AlertIllegalParameter},
	KindBadKeyShare:           {"bad key share", iana.AlertIllegalParameter},
	KindBadCurve:              {"wrong curve", iana.AlertIllegalParameter},
	KindBadSessionID:          {"bad session ID", iana.AlertIllegalParameter},
	KindBadPSKIdentity:        {"bad PSK identity", iana.AlertIllegalParameter},
	KindBadBinder:             {"PSK binder does not verify", iana.AlertDecryptError},
	KindUnknownPSK:            {"unknown PSK identity", iana.AlertUnknownPSKIdentity},
	KindNoPSK:                 {"no PSK for the server", iana.AlertHandshakeFailure},
	KindPSKIdentityTooLong:    {"PSK identity too long", iana.AlertDecodeError},
	KindPSKHintTooLong:        {"PSK identity hint too long", iana.AlertHandshakeFailure},
	KindBadHelloRetry:         {"bad hello retry request", iana.AlertIllegalParameter},
	KindBadSecondHello:        {"bad second client hello", iana.AlertIllegalParameter},
	KindBadRenegotiation:      {"renegotiation info mismatch", iana.AlertHandshakeFailure},
	KindUnsafeRenegotiation:   {"unsafe legacy renegotiation disabled", iana.AlertHandshakeFailure},
	KindBadDigest:             {"digest check failed", iana.AlertDecryptError},
	KindBadSignature:          {"bad signature", iana.AlertDecryptError},
	KindWrongSignatureType:    {"wrong signature type", iana.AlertIllegalParameter},
	KindBadCertificate:        {"bad certificate", iana.AlertBadCertificate},
	KindBadCertCompression:    {"bad compressed certificate", iana.AlertBadCertificate},
	KindUnsupportedCertType:   {"no certificate type in common", iana.AlertUnsupportedCertificate},
	KindUnsupportedKey:        {"unsupported certificate key", iana.AlertUnsupportedCertificate},
	KindWrongCertificateType:  {"wrong certificate type", iana.AlertIllegalParameter},
	KindBadKeyUsage:           {"key usage does not allow signatures", iana.AlertIllegalParameter},
	KindNoPeerCertificate:     {"peer did not return a certificate", iana.AlertHandshakeFailure},
	KindCertificateRequired:   {"peer did not return a certificate", iana.AlertCertificateRequired},
	KindNoServerCertificate:   {"empty server certificate message", iana.AlertDecodeError},
	KindBadRequestContext:     {"bad certificate request context", iana.AlertIllegalParameter},
	KindBadStatusResponse:     {"bad certificate status response", iana.AlertDecodeError},
	KindBadALPN:               {"bad application protocol", iana.AlertDecodeError},
	KindBadMaxFragmentLength:  {"bad max fragment length", iana.AlertIllegalParameter},
	KindBadRecordSizeLimit:    {"bad record size limit", iana.AlertIllegalParameter},
	KindInconsistentEMS:       {"inconsistent extended master secret", iana.AlertHandshakeFailure},
	KindNoRequiredEMS:         {"extended master secret required", iana.AlertHandshakeFailure},
	KindWrongCipher:           {"wrong cipher returned", iana.AlertIllegalParameter},
	KindSessionMismatch:       {"resumed session has changed", iana.AlertIllegalParameter},
	KindUnsupportedProtocol:   {"unsupported protocol", iana.AlertProtocolVersion},
	KindInappropriateFallback: {"inappropriate fallback", iana.AlertInappropriateFallback},
	KindDowngrade:             {"downgrade detected", iana.AlertIllegalParameter},
	KindNoCiphersAvailable:    {"no ciphers available", iana.AlertInternalError},
	KindNoSharedCipher:        {"no shared cipher", iana.AlertHandshakeFailure},
	KindNoSharedGroup:         {"no shared group", iana.AlertHandshakeFailure},
	KindNoCredential:          {"no suitable certificate", iana.AlertHandshakeFailure},
	KindNoApplicationProtocol: {"no application protocol", iana.AlertNoApplicationProtocol},
	KindUnrecognizedName:      {"unrecognized name", iana.AlertUnrecognizedName},
	KindNoSuitableKeyShare:    {"no suitable key share", iana.AlertIllegalParameter},
	KindNoRenegotiation:       {"no renegotiation", iana.AlertHandshakeFailure},
	KindSigningFailed:         {"signing failed", iana.AlertInternalError},
	KindBadCredential:         {"unusable credential", iana.AlertInternalError},
	KindNoECHConfig:           {"no usable ECH configuration", iana.AlertInternalError},
	KindECHRequired:           {"the server did not accept ECH", iana.AlertECHRequired},
	KindBadECH:                {"encrypted client hello does not open", iana.AlertDecryptError},
}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].name
	}
	return "unknown kind"
}
