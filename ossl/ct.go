package ossl

import (
	"patina/core/dane"
	"patina/core/iana"
)

// Certificate transparency (SSL_CTX_set_ct_validation_callback(3)): libcrypto judges the
// timestamps of the server's certificate, and the callback what comes of it. It is asked
// where the chain has been verified and is more than the certificate itself.

// decideCT asks the callback, once; false if it is not to be asked.
func (s *SSL) decideCT() bool {
	if s.role != RoleClient || !s.ct.Set() || s.verifyResult != X509VOK || s.deciding.done == NeedCT {
		return false
	}
	if e := s.DANEMatch().Entry; e != nil && (e.Usage == dane.DANETA || e.Usage == dane.DANEEE) {
		return false // RFC 7671, section 4.2: not of a certificate that DANE vouches for alone
	}
	s.ask(NeedCT, s.ct)
	return true
}

// answerCT takes what the callback has returned. As in OpenSSL a connection that
// is refused has a verification result that says why.
func (s *SSL) answerCT(a *Answer) {
	switch {
	case a.Value > 0:
		s.deciding.done = NeedCT
		return
	case a.Value < 0:
		s.verifyResult = x509VErrNoValidSCTs
		s.refuse(iana.AlertInternalError, fail(ReasonSCTVerificationFailed))
	default:
		s.verifyResult = x509VErrNoValidSCTs
		s.refuse(iana.AlertHandshakeFailure, fail(ReasonCallbackFailed))
	}
}

const x509VErrNoValidSCTs = 71 // X509_V_ERR_NO_VALID_SCTS
