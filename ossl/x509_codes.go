package ossl

import "patina/core/pki"

// X509_V_OK and the X509_V_ERR codes of openssl/x509_vfy.h that verification in
// Go results in.
const (
	X509VOK                          = 0
	X509VErrUnspecified              = 1
	X509VErrUnableToGetIssuer        = 2
	X509VErrUnableToGetCRL           = 3
	X509VErrSignatureFailure         = 7
	X509VErrCRLSignatureFailure      = 8
	X509VErrNotYetValid              = 9
	X509VErrExpired                  = 10
	X509VErrCRLNotYetValid           = 11
	X509VErrCRLExpired               = 12
	X509VErrDepthZeroSelfSigned      = 18
	X509VErrSelfSignedInChain        = 19
	X509VErrUnableToGetIssuerLocally = 20
	X509VErrUnverifiedLeaf           = 21
	X509VErrChainTooLong             = 22
	X509VErrRevoked                  = 23
	X509VErrPathLengthExceeded       = 25
	X509VErrInvalidPurpose           = 26
	X509VErrKeyUsageNoCertSign       = 32
	X509VErrUnhandledCritical        = 34
	X509VErrKeyUsageNoCRLSign        = 35
	X509VErrUnhandledCriticalCRL     = 36
	X509VErrDifferentCRLScope        = 44
	X509VErrPermittedViolation       = 47
	X509VErrExcludedViolation        = 48
	X509VErrHostnameMismatch         = 62
	X509VErrEmailMismatch            = 63
	X509VErrIPAddressMismatch        = 64
	X509VErrDANENoMatch              = 65
	X509VErrLeafKeyTooSmall          = 66
	X509VErrCAKeyTooSmall            = 67
	X509VErrDigestTooWeak            = 68
	X509VErrInvalidCA                = 79
)

var x509Codes = map[pki.Reason]int32{
	pki.NoIssuer:           X509VErrUnableToGetIssuer,
	pki.NoIssuerLocally:    X509VErrUnableToGetIssuerLocally,
	pki.SelfSignedLeaf:     X509VErrDepthZeroSelfSigned,
	pki.SelfSignedInChain:  X509VErrSelfSignedInChain,
	pki.ChainTooLong:       X509VErrChainTooLong,
	pki.BadSignature:       X509VErrSignatureFailure,
	pki.NotYetValid:        X509VErrNotYetValid,
	pki.Expired:            X509VErrExpired,
	pki.InvalidCA:          X509VErrInvalidCA,
	pki.InvalidPurpose:     X509VErrInvalidPurpose,
	pki.PathLengthExceeded: X509VErrPathLengthExceeded,
	pki.UnhandledCritical:  X509VErrUnhandledCritical,
	pki.KeyUsageNoCertSign: X509VErrKeyUsageNoCertSign,
	pki.LeafKeyTooSmall:    X509VErrLeafKeyTooSmall,
	pki.CAKeyTooSmall:      X509VErrCAKeyTooSmall,
	pki.DigestTooWeak:      X509VErrDigestTooWeak,
	pki.HostnameMismatch:   X509VErrHostnameMismatch,
	pki.EmailMismatch:      X509VErrEmailMismatch,
	pki.IPAddressMismatch:  X509VErrIPAddressMismatch,
	pki.PermittedViolation: X509VErrPermittedViolation,
	pki.ExcludedViolation:  X509VErrExcludedViolation,
	pki.DANENoMatch:        X509VErrDANENoMatch,
	pki.UnverifiedLeaf:     X509VErrUnverifiedLeaf,

	pki.Revoked:              X509VErrRevoked,
	pki.NoCRL:                X509VErrUnableToGetCRL,
	pki.BadCRLSignature:      X509VErrCRLSignatureFailure,
	pki.CRLNotYetValid:       X509VErrCRLNotYetValid,
	pki.CRLExpired:           X509VErrCRLExpired,
	pki.KeyUsageNoCRLSign:    X509VErrKeyUsageNoCRLSign,
	pki.UnhandledCriticalCRL: X509VErrUnhandledCriticalCRL,
	pki.DifferentCRLScope:    X509VErrDifferentCRLScope,
}

// x509Code is the X509_V_ERR code of a reason. pki.Undecided has none of its
// own: its chain goes to libcrypto's verification, and is an unspecified error
// where that is not to be had.
func x509Code(r pki.Reason) int32 {
	if code, ok := x509Codes[r]; ok {
		return code
	}
	return X509VErrUnspecified
}
