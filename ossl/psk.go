package ossl

import (
	"crypto"
	"slices"

	"patina/core"
	"patina/core/iana"
)

// External PSKs (SSL_CTX_set_psk_use_session_callback(3) and
// SSL_CTX_set_psk_client_callback(3), and a server's twins). In TLS 1.3 a program
// gives the key as an SSL_SESSION: its master key is the PSK, its cipher says the
// hash; the older callbacks give the key alone, which is then of SHA-256 (RFC 8446,
// section 4.2.11). A connection that has agreed on one counts as resumed. In TLS 1.2
// the older callbacks, and only they, serve the suite that has a PSK: psk12.go.

// decidePSK asks the callbacks that are set, the newer kind first.
func (s *SSL) decidePSK() bool {
	if s.conn.Version() == iana.VersionTLS12 {
		return s.decidePSK12()
	}
	first, second := NeedPSKUseSession, NeedPSKClient
	newer, older := s.pskUseSession, s.pskClient
	var identity []byte
	if s.role == RoleServer {
		first, second = NeedPSKFindSession, NeedPSKServer
		newer, older = s.pskFindSession, s.pskServer
		identity = s.conn.PSKIdentity()
	}
	if s.role == RoleClient && (newer != 0 || older != 0) && s.deciding.done == NeedNothing {
		s.tellAhead(StateCWClientHello)
		if s.deliver() {
			return false
		}
	}
	switch {
	case s.deciding.done == NeedNothing && newer != 0:
		s.ask(first, Callback{Fn: newer})
	case s.deciding.done != second && older != 0 && len(identity) <= maxPSKIdentity:
		s.ask(second, Callback{Fn: older})
	default:
		return s.settled(s.conn.AnswerPSK(nil))
	}
	s.step.Data = identity
	return false
}

// maxPSKIdentity is the longest identity the older callbacks are shown, and the
// longest hint (PSK_MAX_IDENTITY_LEN).
const maxPSKIdentity = 256

// answerPSK takes what a callback has found.
func (s *SSL) answerPSK(a *Answer) {
	if s.conn.Version() == iana.VersionTLS12 {
		s.answerPSK12(a)
		return
	}
	reason := ReasonBadPSK
	if s.role == RoleServer {
		reason = ReasonBadExtension
	}
	s.deciding.done = a.Need
	switch {
	case a.Value < 0 && s.role == RoleClient:
		s.refuse(iana.AlertHandshakeFailure, fail(ReasonInternalError))
		return
	case a.Value < 0:
		s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
		return
	case a.Value == 0:
		s.refuse(iana.AlertInternalError, fail(reason))
		return
	case a.Session == nil:
		return // the other callback, if there is one
	}
	identity := a.Bytes
	if s.role == RoleServer {
		identity = s.conn.PSKIdentity()
	}
	d := a.Session.data.Load()
	psk := core.PSK{Identity: slices.Clone(identity), Key: d.Secret, Hash: pskHash(d.Suite), Suite: d.Suite, ALPN: d.ALPN, MaxEarlyData: d.MaxEarlyData}
	if d.Version != iana.VersionTLS13 || psk.Hash == 0 || len(psk.Key) == 0 || len(psk.Identity) == 0 {
		s.refuse(iana.AlertInternalError, fail(ReasonBadPSK))
		return
	}
	if s.role == RoleServer && s.hasCredential() && psk.Hash != s.conn.PSKHash() {
		// As OpenSSL does, whose choice of a suite comes first.
		s.settled(s.conn.AnswerPSK(nil))
		return
	}
	// The session may be one of others: its context is this connection's.
	s.psk = a.Session.Dup()
	s.psk.update(func(d *sessionData) { d.Context = slices.Clone(s.idContext()) })
	s.settled(s.conn.AnswerPSK(&psk))
}

// pskHash is the hash of a TLS 1.3 suite, 0 if it is none.
func pskHash(id iana.CipherSuite) crypto.Hash {
	switch c := CipherByID(id); {
	case c == nil || !c.IsTLS13():
		return 0
	case id == iana.TLS_AES_256_GCM_SHA384:
		return crypto.SHA384
	}
	return crypto.SHA256
}
