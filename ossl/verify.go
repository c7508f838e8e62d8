package ossl

import (
	"patina/core"
	"patina/core/iana"
)

// decideVerify has the peer's chain verified and, on a client that has asked for
// one, the stapled OCSP response judged.
func (s *SSL) decideVerify() bool {
	switch s.deciding.done {
	case NeedNothing:
		s.ask(NeedVerify, s.ctx.snap.Load().certVerify)
		s.step.Object = s.verifyCallback
		s.step.Num = s.securityLevel
		if s.role == RoleClient {
			s.peer = PeerShown
			if s.conn.Version() == iana.VersionTLS13 { // known, whatever the verdict is
				s.notePeerNames(s.conn.PeerAuthorities())
			}
		} else if s.conn.Version() == iana.VersionTLS13 {
			s.statusType = -1 // as a Certificate might have a response too
		}
		return false
	case NeedVerify:
		if cb := s.ctx.snap.Load().status; cb.Set() && s.role == RoleClient && s.statusType == statusTypeOCSP {
			s.ask(NeedStatus, cb)
			return false
		}
	}
	if s.decideCT() {
		return false
	}
	s.peer = PeerAccepted
	return s.settled(s.conn.AnswerVerify(core.AcceptVerified()))
}

// askResumedStatus asks a client's status callback once more where a TLS 1.3 session
// is resumed, as OpenSSL does: there is no chain then, and no response.
func (s *SSL) askResumedStatus() bool {
	if s.role != RoleClient || s.statusShown || s.statusType != statusTypeOCSP || !s.conn.HandshakeComplete() ||
		!s.conn.Resumed() || s.conn.Version() != iana.VersionTLS13 {
		return false
	}
	s.statusShown = true
	cb := s.ctx.snap.Load().status
	if !cb.Set() {
		return false
	}
	s.ask(NeedStatus, cb)
	return true
}

// answerVerify takes a verifier's judgement. A client that does not verify
// (SSL_VERIFY_NONE) goes on all the same; the result can be asked for.
func (s *SSL) answerVerify(a *Answer) {
	s.verifyResult = a.Result
	if a.Value <= 0 && (s.role == RoleServer || s.verifyMode&verifyPeer != 0) {
		s.refuse(alertOfX509(a.Result), fail(ReasonCertificateVerifyFailed))
		return
	}
	s.deciding.done = NeedVerify
}

// PeerChain is the peer's chain as DER, the leaf first: of this handshake, or of
// the session resumed; nil if there is none.
func (s *SSL) PeerChain() [][]byte {
	if s.conn == nil {
		return s.past.chain
	}
	if !s.conn.Resumed() || s.postAuthenticated {
		var chain [][]byte
		for _, c := range s.conn.PeerChain() {
			chain = append(chain, c.Raw)
		}
		return chain
	}
	if s.session != nil && s.SessionReused() {
		return s.session.PeerChain()
	}
	return nil
}

// PeerStaple is the OCSP response the server has stapled. In TLS 1.2 its message is
// behind the chain: while that is verified, and if it is refused, there is none.
func (s *SSL) PeerStaple() []byte {
	if s.conn == nil || s.conn.Version() == iana.VersionTLS12 && s.peer == PeerShown && s.deciding.done == NeedNothing {
		return nil
	}
	return s.conn.PeerStaple()
}

// VerifyResult is SSL_get_verify_result, SetVerifyResult SSL_set_verify_result.
func (s *SSL) VerifyResult() int32 { return s.verifyResult }

// SetVerifyResult is SSL_set_verify_result.
func (s *SSL) SetVerifyResult(r int32) { s.verifyResult = r }

// x509Alerts are the alerts for X509_V_ERR codes; for others it is
// certificate_unknown.
var x509Alerts = map[int32]iana.AlertDescription{
	X509VErrUnspecified: iana.AlertInternalError,
	2:                   iana.AlertUnknownCA,          // unable to get issuer cert
	3:                   iana.AlertUnknownCA,          // unable to get CRL
	4:                   iana.AlertBadCertificate,     // unable to decrypt cert signature
	5:                   iana.AlertDecryptError,       // unable to decrypt CRL signature
	6:                   iana.AlertBadCertificate,     // unable to decode issuer public key
	7:                   iana.AlertDecryptError,       // certificate signature failure
	8:                   iana.AlertDecryptError,       // CRL signature failure
	9:                   iana.AlertBadCertificate,     // not yet valid
	10:                  iana.AlertCertificateExpired, // expired
	11:                  iana.AlertBadCertificate,     // CRL not yet valid
	12:                  iana.AlertCertificateExpired, // CRL expired
	13:                  iana.AlertBadCertificate,     // not before field
	14:                  iana.AlertBadCertificate,     // not after field
	15:                  iana.AlertBadCertificate,     // last update field
	16:                  iana.AlertBadCertificate,     // next update field
	17:                  iana.AlertInternalError,      // out of memory
	18:                  iana.AlertUnknownCA,          // depth zero self signed
	19:                  iana.AlertUnknownCA,          // self signed in chain
	20:                  iana.AlertUnknownCA,          // unable to get local issuer
	21:                  iana.AlertUnknownCA,          // unable to verify leaf signature
	22:                  iana.AlertUnknownCA,          // chain too long
	23:                  iana.AlertCertificateRevoked,
	24:                  iana.AlertUnknownCA,              // no issuer public key
	25:                  iana.AlertUnknownCA,              // path length exceeded
	26:                  iana.AlertUnsupportedCertificate, // invalid purpose
	27:                  iana.AlertBadCertificate,         // untrusted
	28:                  iana.AlertBadCertificate,         // rejected
	50:                  iana.AlertHandshakeFailure,       // application verification
	62:                  iana.AlertBadCertificate,         // hostname mismatch
	63:                  iana.AlertBadCertificate,         // email mismatch
	64:                  iana.AlertBadCertificate,         // IP address mismatch
	65:                  iana.AlertBadCertificate,         // no matching DANE record
	66:                  iana.AlertBadCertificate,         // leaf key too small
	67:                  iana.AlertBadCertificate,         // CA key too small
	68:                  iana.AlertBadCertificate,         // CA digest too weak
	69:                  iana.AlertInternalError,          // invalid call
	70:                  iana.AlertInternalError,          // store lookup
	79:                  iana.AlertUnknownCA,              // invalid CA
}

// alertOfX509 is the alert that tells the peer of an X509_V_ERR code.
func alertOfX509(code int32) iana.AlertDescription {
	if a, ok := x509Alerts[code]; ok {
		return a
	}
	return iana.AlertCertificateUnknown
}
