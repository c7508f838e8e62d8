package ossl

import (
	"bytes"

	"patina/core"
	"patina/core/iana"
)

// The suite of TLS 1.2 that has a pre-shared key, ECDHE-PSK-CHACHA20-POLY1305
// (SSL_CTX_set_psk_client_callback(3), SSL_CTX_use_psk_identity_hint(3)). A client
// offers it if it has a callback that will give it a key, a server chooses it if it
// has one that knows keys.

// UsePSKIdentityHint is SSL_CTX_use_psk_identity_hint.
func (c *Ctx) UsePSKIdentityHint(hint string) (err error) {
	c.change(func(n *snapshot) { err = n.useHint(hint) })
	return err
}

// UsePSKIdentityHint is SSL_use_psk_identity_hint.
func (s *SSL) UsePSKIdentityHint(hint string) error { return s.useHint(hint) }

func (s *scalars) useHint(hint string) error {
	if len(hint) > maxPSKIdentity {
		return fail(ReasonDataLengthTooLong)
	}
	s.pskHint = hint
	return nil
}

// decidePSK12 asks for the key of the client's identity, or, of the server's hint, for
// an identity with its key.
func (s *SSL) decidePSK12() bool {
	if s.role == RoleServer {
		s.pskName = cString(s.conn.PSKIdentity())
		s.ask(NeedPSKServer, Callback{Fn: s.pskServer})
		s.step.Data = s.conn.PSKIdentity()
	} else {
		s.tellAhead(StateCWKeyExchange)
		if s.deliver() {
			return false
		}
		s.ask(NeedPSKClient, Callback{Fn: s.pskClient})
		s.step.Data = s.conn.PSKIdentityHint()
	}
	s.step.Num = 1
	return false
}

// answerPSK12 takes what a callback has found: Value bytes of Bytes are the key, and
// what follows is a client's identity.
func (s *SSL) answerPSK12(a *Answer) {
	alert := [...]iana.AlertDescription{iana.AlertHandshakeFailure, iana.AlertHandshakeFailure}
	if s.role == RoleServer {
		alert = [...]iana.AlertDescription{iana.AlertInternalError, iana.AlertUnknownPSKIdentity}
	}
	switch {
	case a.Value < 0 || a.Value > len(a.Bytes): // a key that is too long
		s.refuse(alert[0], fail(ReasonInternalError))
		return
	case a.Value == 0:
		s.refuse(alert[1], fail(ReasonPSKIdentityNotFound))
		return
	}
	psk := core.PSK{Version: iana.VersionTLS12, Key: bytes.Clone(a.Bytes[:a.Value]), Identity: bytes.Clone(a.Bytes[a.Value:])}
	if s.role == RoleServer {
		psk.Identity = s.conn.PSKIdentity()
	} else {
		s.pskName = psk.Identity
	}
	s.settled(s.conn.AnswerPSK(&psk))
}

// pskHintNow is the hint that the server has given this client, "" for none.
func (s *SSL) pskHintNow() string { return string(cString(s.conn.PSKIdentityHint())) }

// choosesPSK reports that the suite a TLS 1.2 server is about to choose has a PSK.
func (s *SSL) choosesPSK() bool {
	hello := s.conn.ClientHello()
	if s.pskServer == 0 || hello == nil {
		return false
	}
	for _, c := range s.sharedInOrder(hello.CipherSuites, s.suites12) {
		if s.canServe(c) {
			return c.needsPSK()
		}
	}
	return false
}

// cString is b up to its first NUL.
func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i:i]
	}
	return b
}
