package ossl

import (
	"crypto"
	"slices"

	"patina/core"
	"patina/core/iana"
)

// Pre-shared keys of TLS 1.3 (SSL_CTX_set_psk_client_callback(3),
// SSL_CTX_use_psk_identity_hint(3)). A callback that gives a session is asked
// before the one that gives a key, which is for TLS_AES_128_GCM_SHA256.

const maxPSKIdentity = 256 // PSK_MAX_IDENTITY_LEN

// pskCallbacks are the two in force: for a session and for a key.
func (s *SSL) pskCallbacks() (session, key Ptr) {
	if s.role == RoleClient {
		return s.pskUseSession, s.pskClient
	}
	return s.pskFindSession, s.pskServer
}

// decidePSK asks for the PSK to offer, or for that of a client's identity.
func (s *SSL) decidePSK() bool {
	session, key := s.pskCallbacks()
	identity := s.conn.PSKIdentity()
	switch s.deciding.done {
	case NeedNothing:
		if session != 0 {
			s.ask(NeedPSKSession, Callback{Fn: session})
			s.step.Data, s.step.Num = identity, int(s.role)
			return false
		}
		fallthrough
	case NeedPSKSession:
		if key != 0 && len(identity) <= maxPSKIdentity {
			s.ask(NeedPSKKey, Callback{Fn: key})
			s.step.Data, s.step.Num = identity, int(s.role)
			return false
		}
	}
	return s.settled(s.conn.AnswerPSK(s.deciding.psk))
}

// answerPSKSession takes the session of a callback: its master key is the PSK.
func (s *SSL) answerPSKSession(a *Answer) {
	s.deciding.done = NeedPSKSession
	reason := ReasonBadExtension
	if s.role == RoleClient {
		reason = ReasonBadPSK
	}
	if a.Value == 0 {
		s.refuse(iana.AlertInternalError, fail(reason))
		return
	}
	if a.Session == nil {
		return
	}
	d := a.Session.data.Load()
	identity := s.conn.PSKIdentity()
	if s.role == RoleClient {
		identity = a.Bytes
		if d.Version != iana.VersionTLS13 {
			s.refuse(iana.AlertInternalError, fail(reason))
			return
		}
	}
	s.foundPSK(identity, d.Secret, d)
}

// answerPSKKey takes the key of a callback, behind the identity on clients, which
// is Result bytes long.
func (s *SSL) answerPSKKey(a *Answer) {
	s.deciding.done = NeedPSKKey
	switch {
	case a.Value < 0 && s.role == RoleClient:
		s.refuse(iana.AlertHandshakeFailure, fail(ReasonInternalError))
	case a.Value < 0:
		s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
	case a.Value > 0:
		identity, key := s.conn.PSKIdentity(), a.Bytes
		if s.role == RoleClient {
			n := min(max(int(a.Result), 0), len(key))
			identity, key = key[:n], key[n:]
		}
		s.foundPSK(identity, key, &sessionData{Session: core.Session{Suite: iana.TLS_AES_128_GCM_SHA256, VerifyResult: X509VErrUnspecified}})
	}
}

// foundPSK makes the PSK of what a callback has given; d tells what it belongs to.
func (s *SSL) foundPSK(identity, key []byte, d *sessionData) {
	hash := crypto.SHA256
	c := CipherByID(d.Suite)
	if c != nil && c.HandshakeDigestNID == nidSHA384 {
		hash = crypto.SHA384
	}
	if c == nil || len(identity) == 0 || len(key) == 0 {
		s.refuse(iana.AlertInternalError, fail(ReasonBadPSK))
		return
	}
	s.deciding.done = NeedPSKKey
	s.work.psk = d.VerifyResult
	s.deciding.psk = &core.PSK{Identity: slices.Clone(identity), Key: slices.Clone(key), Hash: hash,
		MaxEarlyData: d.MaxEarlyData, Suite: d.Suite, ALPN: d.ALPN}
}
