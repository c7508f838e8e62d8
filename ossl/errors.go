package ossl

import (
	"errors"

	"patina/core"
	"patina/core/iana"
	"patina/core/wire"
)

// errorOf is OpenSSL's error for one of the engine's.
func (s *SSL) errorOf(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var alert core.AlertError
	if errors.As(err, &alert) {
		return &Error{Reason: reasonAlert(uint8(alert)), Data: alertNumber(uint8(alert))}
	}
	var e *core.Error
	if errors.As(err, &e) {
		return s.kindError(e)
	}
	switch {
	case errors.Is(err, core.ErrUnexpectedEOF):
		return fail(ReasonUnexpectedEOFWhileReading)
	case errors.Is(err, core.ErrClosed):
		return fail(ReasonProtocolIsShutdown)
	case errors.Is(err, core.ErrHandshake):
		return fail(ReasonStillInInit)
	}
	return failData(ReasonInternalError, err.Error())
}

func alertNumber(a uint8) string {
	n := ""
	for v := int(a); n == "" || v > 0; v /= 10 {
		n = string(rune('0'+v%10)) + n
	}
	return "SSL alert number " + n
}

// kindReasons are the reasons of the engine's kinds of errors.
var kindReasons = map[core.Kind]Reason{
	core.KindInternal:              ReasonInternalError,
	core.KindHTTPRequest:           ReasonHTTPRequest,
	core.KindHTTPSProxyRequest:     ReasonHTTPSProxyRequest,
	core.KindNotTLS:                ReasonWrongVersionNumber,
	core.KindSSLv2:                 ReasonWrongVersionNumber,
	core.KindWrongVersionNumber:    ReasonWrongVersionNumber,
	core.KindRecordOverflow:        ReasonEncryptedLengthTooLong,
	core.KindRecordLength:          ReasonPacketLengthTooLong,
	core.KindContentOverflow:       ReasonDataLengthTooLong,
	core.KindBadRecordHeader:       ReasonWrongVersionNumber,
	core.KindTruncated:             ReasonUnexpectedEOFWhileReading,
	core.KindBadRecordMAC:          ReasonDecryptionFailedOrBadRecordMAC,
	core.KindBadRecordType:         ReasonBadRecordType,
	core.KindTooManyEmpty:          ReasonRecordTooSmall,
	core.KindTooManyWarnings:       ReasonTooManyWarnAlerts,
	core.KindTooManyKeyUpdates:     ReasonTooManyKeyUpdates,
	core.KindTooMuchEarlyData:      ReasonTooMuchEarlyData,
	core.KindTooManyMessages:       ReasonUnexpectedMessage,
	core.KindRecordLimit:           ReasonInternalError,
	core.KindBadChangeCipherSpec:   ReasonBadChangeCipherSpec,
	core.KindBadAlert:              ReasonInvalidAlert,
	core.KindBadAlertLevel:         ReasonUnknownAlertType,
	core.KindInterleaved:           ReasonMixedHandshakeAndNonHandshakeData,
	core.KindExcessHandshakeData:   ReasonNotOnRecordBoundary,
	core.KindExcessiveMessage:      ReasonExcessiveMessageSize,
	core.KindDataInHandshake:       ReasonAppDataInHandshake,
	core.KindUnexpectedMessage:     ReasonUnexpectedMessage,
	core.KindUnexpectedCCS:         ReasonUnexpectedCCSMessage,
	core.KindDecode:                ReasonLengthMismatch,
	core.KindDuplicateExtension:    ReasonBadExtension,
	core.KindUnsolicitedExtension:  ReasonUnsolicitedExtension,
	core.KindForbiddenExtension:    ReasonBadExtension,
	core.KindMissingExtension:      ReasonMissingSupportedGroupsExtension,
	core.KindIllegalParameter:      ReasonBadExtension,
	core.KindBadCompression:        ReasonInvalidCompressionAlgorithm,
	core.KindBadCookie:             ReasonCookieMismatch,
	core.KindBadKeyShare:           ReasonBadKeyShare,
	core.KindBadCurve:              ReasonWrongCurve,
	core.KindBadSessionID:          ReasonInvalidSessionID,
	core.KindBadPSKIdentity:        ReasonBadPSKIdentity,
	core.KindBadBinder:             ReasonBinderDoesNotVerify,
	core.KindUnknownPSK:            ReasonPSKIdentityNotFound,
	core.KindNoPSK:                 ReasonPSKIdentityNotFound,
	core.KindPSKIdentityTooLong:    ReasonDataLengthTooLong,
	core.KindPSKHintTooLong:        ReasonDataLengthTooLong,
	core.KindBadHelloRetry:         ReasonNoChangeFollowingHrr,
	core.KindBadSecondHello:        ReasonBadExtension,
	core.KindBadRenegotiation:      ReasonRenegotiationMismatch,
	core.KindUnsafeRenegotiation:   ReasonUnsafeLegacyRenegotiationDisabled,
	core.KindBadDigest:             ReasonDigestCheckFailed,
	core.KindBadSignature:          ReasonBadSignature,
	core.KindWrongSignatureType:    ReasonWrongSignatureType,
	core.KindBadCertificate:        ReasonCertificateVerifyFailed,
	core.KindBadCertCompression:    ReasonBadDecompression,
	core.KindUnsupportedCertType:   ReasonUnknownCertificateType,
	core.KindUnsupportedKey:        ReasonUnknownCertificateType,
	core.KindWrongCertificateType:  ReasonWrongCertificateType,
	core.KindBadKeyUsage:           ReasonCertificateVerifyFailed,
	core.KindNoPeerCertificate:     ReasonPeerDidNotReturnACertificate,
	core.KindCertificateRequired:   ReasonPeerDidNotReturnACertificate,
	core.KindNoServerCertificate:   ReasonCertificateVerifyFailed,
	core.KindBadRequestContext:     ReasonInvalidContext,
	core.KindBadStatusResponse:     ReasonInvalidStatusResponse,
	core.KindBadALPN:               ReasonBadExtension,
	core.KindBadMaxFragmentLength:  ReasonSSL3ExtInvalidMaxFragmentLength,
	core.KindBadRecordSizeLimit:    ReasonBadExtension,
	core.KindInconsistentEMS:       ReasonInconsistentEXTMS,
	core.KindNoRequiredEMS:         ReasonInconsistentEXTMS,
	core.KindWrongCipher:           ReasonWrongCipherReturned,
	core.KindSessionMismatch:       ReasonSSLSessionVersionMismatch,
	core.KindUnsupportedProtocol:   ReasonUnsupportedProtocol,
	core.KindInappropriateFallback: ReasonInappropriateFallback,
	core.KindDowngrade:             ReasonInappropriateFallback,
	core.KindNoCiphersAvailable:    ReasonNoCiphersAvailable,
	core.KindNoSharedCipher:        ReasonNoSharedCipher,
	core.KindNoSharedGroup:         ReasonNoSuitableKeyShare,
	core.KindNoCredential:          ReasonNoSharedCipher,
	core.KindNoApplicationProtocol: ReasonNoApplicationProtocol,
	core.KindUnrecognizedName:      ReasonCallbackFailed,
	core.KindNoSuitableKeyShare:    ReasonNoSuitableKeyShare,
	core.KindNoRenegotiation:       ReasonNoRenegotiation,
	core.KindSigningFailed:         ReasonInternalError,
	core.KindBadCredential:         ReasonInternalError,
}

func (s *SSL) kindError(e *core.Error) error {
	r, ok := kindReasons[e.Kind]
	if !ok {
		r = ReasonInternalError
	}
	if s.conn != nil && s.conn.Version() == 0 {
		// Nothing has been agreed on yet.
		switch e.Kind {
		case core.KindDataInHandshake, core.KindUnexpectedCCS, core.KindBadRecordType:
			r = ReasonUnexpectedMessage
		}
	}
	switch e.Kind {
	case core.KindNoCiphersAvailable:
		return failData(r, noCiphersText)
	case core.KindNoSharedCipher:
		if s.role == RoleServer && !s.hasCiphersForHighest() {
			return failData(ReasonNoCiphersAvailable, noCiphersText)
		}
		if c := s.creds[SlotRSAPSS]; s.role == RoleServer && c != nil && c.digest != "" && s.SharesSlot(SlotRSAPSS) {
			r = ReasonNoSuitableSignatureAlgorithm // a suite there is, but the key is for another digest
		}
	case core.KindNoSharedGroup:
		if s.conn.Version() == iana.VersionTLS12 {
			r = ReasonUnsupportedEllipticCurve
		}
	case core.KindNoCredential:
		if s.role == RoleServer && len(s.conn.PeerSignatureSchemes()) > 0 && len(s.SharedSigAlgs()) == 0 {
			r = ReasonNoSharedSignatureAlgorithms
		} else if s.hasCredential() || s.conn.Version() == iana.VersionTLS13 {
			r = ReasonNoSuitableSignatureAlgorithm
		}
	case core.KindDecode:
		if w := (*wire.Error)(nil); errors.As(e, &w) && w.What == wire.WhatNoVersion {
			r = ReasonLengthTooShort
		}
	}
	return fail(r)
}

const noCiphersText = "No ciphers enabled for max supported SSL/TLS version"

// hasCiphersForHighest reports whether a suite of the highest version that may be
// negotiated is enabled.
func (s *SSL) hasCiphersForHighest() bool {
	_, highest, err := s.versionRange()
	if err != nil {
		return true // another error
	}
	for _, c := range s.ciphers() {
		if c.IsTLS13() == (highest == iana.VersionTLS13) {
			return true
		}
	}
	return false
}

// hasCredential reports whether a certificate with its key is set.
func (s *SSL) hasCredential() bool {
	for _, c := range s.creds {
		if c != nil && c.usable() {
			return true
		}
	}
	return false
}
