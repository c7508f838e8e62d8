package core

import (
	"bytes"
	"hash"
	"strings"
	"testing"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// What neither side of post-handshake authentication may take.

// requestOf is a request with a context.
func requestOf(context string) []byte {
	return wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{Context: []byte(context),
		SignatureSchemes: []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256}})
}

// TestPostHandshakeRequestRefused: requests a client must not take.
func TestPostHandshakeRequestRefused(t *testing.T) {
	able := Params{PostHandshakeAuth: true}
	many := func(n int, context func(i int) string) (msgs [][]byte) {
		for i := range n {
			msgs = append(msgs, requestOf(context(i)))
		}
		return
	}
	for _, tt := range []struct {
		name   string
		params Params
		ask    bool
		msgs   [][]byte
		alert  iana.AlertDescription
		kind   Kind
	}{
		// RFC 8446, section 4.6.2.
		{"not offered", Params{}, false, [][]byte{requestOf("a")}, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		// Section 4.3.2: unique within the connection.
		{"context twice", able, true, [][]byte{requestOf("a"), requestOf("a")}, iana.AlertIllegalParameter, KindBadRequestContext},
		{"too many at once", able, true, many(9, func(i int) string { return strings.Repeat("x", i) }), iana.AlertUnexpectedMessage, KindTooManyMessages},
		{"too many in a row", able, false, many(33, func(i int) string { return strings.Repeat("x", i) }), iana.AlertUnexpectedMessage, KindTooManyMessages},
		{"without schemes", able, false, [][]byte{{13, 0, 0, 3, 0, 0, 0}}, iana.AlertDecodeError, KindDecode},
		{"a certificate", able, false, [][]byte{wire.AppendCertificate13(nil, nil, nil, nil)}, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := established13Of(t, true, tt.params)
			if tt.ask {
				s.engine.cfg = configOf(t, func(s *Settings) { s.Ask = AskCertificate })
				s.engine.custom = func(c *Conn, w Wait) (bool, error) { return true, c.Postpone() }
			}
			for _, m := range tt.msgs {
				s.record(iana.ContentHandshake, m)
			}
			s.wantAlert(tt.alert)
			wantKind(t, s.err, tt.kind)
		})
	}
}

// postAnswerOf is a right answer to the engine's request, as a client makes it.
func (s *script) postAnswerOf(id *identity, scheme iana.SignatureScheme) (certificate, verify, finished []byte) {
	s.t.Helper()
	base, err := s.transcript.(hash.Cloner).Clone()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.engine.RequestCertificate(RequestClientCert); err != nil {
		s.t.Fatal(err)
	}
	if s.run(); s.err != nil {
		s.t.Fatal(s.err)
	}
	raw := s.mustRecv(iana.TypeCertificateRequest)
	var r wire.CertificateRequest
	if err := wire.ParseCertificateRequest13(&r, raw); err != nil {
		s.t.Fatal(err)
	}
	certificate = wire.AppendCertificate13(nil, r.Context, id.cred.Chain, nil)
	base.Write(raw)
	base.Write(certificate)
	sig, err := id.cred.Signer.Sign(s.engine.cfg.Rand, scheme, signedContent(clientContext, base.Sum(nil)))
	if err != nil {
		s.t.Fatal(err)
	}
	verify = wire.AppendCertificateVerify(nil, scheme, sig)
	base.Write(verify)
	finished = wire.AppendFinished(nil, keys.FinishedMAC(&s.kdf, nil, &s.ownApp, base.Sum(nil)))
	return
}

// TestPostHandshakeAnswerRefused: answers a server must not take; the right one
// it takes.
func TestPostHandshakeAnswerRefused(t *testing.T) {
	const data = iana.ContentApplicationData
	able := Params{PostHandshakeAuth: true}
	id := identityOf(t, "p256")
	damaged := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)-1] ^= 1
		return b
	}
	for _, tt := range []struct {
		name  string
		send  func(s *script, c, v, f []byte)
		alert iana.AlertDescription // 0: accepted
		kind  Kind
	}{
		{"right", func(s *script, c, v, f []byte) { s.records(c, v, f) }, 0, 0},
		{"a context of no request", func(s *script, c, v, f []byte) {
			s.records(wire.AppendCertificate13(nil, []byte("other"), id.cred.Chain, nil))
		}, iana.AlertIllegalParameter, KindBadRequestContext},
		{"Finished first", func(s *script, c, v, f []byte) { s.records(f) }, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"no CertificateVerify", func(s *script, c, v, f []byte) { s.records(c, f) }, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"a KeyUpdate inside", func(s *script, c, v, f []byte) { s.records(c, wire.AppendKeyUpdate(nil, false)) }, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"data inside", func(s *script, c, v, f []byte) { s.records(c); s.record(data, []byte("x")) }, iana.AlertUnexpectedMessage, KindDataInHandshake},
		{"a wrong signature", func(s *script, c, v, f []byte) {
			// Everything else is right: the Finished covers it.
			h, _ := s.engine.post.server.requests[0].transcript.(hash.Cloner).Clone()
			v = damaged(v)
			h.Write(c)
			h.Write(v)
			s.records(c, v, wire.AppendFinished(nil, keys.FinishedMAC(&s.kdf, nil, &s.ownApp, h.Sum(nil))))
		}, iana.AlertDecryptError, KindBadSignature},
		{"a scheme of no use", func(s *script, c, v, f []byte) {
			s.records(c, wire.AppendCertificateVerify(nil, iana.SigRSAPKCS1SHA256, []byte("x")))
		}, iana.AlertIllegalParameter, KindWrongSignatureType},
		{"a scheme of another key", func(s *script, c, _, f []byte) {
			h, _ := s.engine.post.server.requests[0].transcript.(hash.Cloner).Clone()
			v := wire.AppendCertificateVerify(nil, iana.SigEd25519, make([]byte, 64))
			h.Write(c)
			h.Write(v)
			s.records(c, v, wire.AppendFinished(nil, keys.FinishedMAC(&s.kdf, nil, &s.ownApp, h.Sum(nil))))
		}, iana.AlertIllegalParameter, KindWrongSignatureType},
		{"a wrong Finished", func(s *script, c, v, f []byte) { s.records(c, v, damaged(f)) }, iana.AlertDecryptError, KindBadDigest},
		{"a short Finished", func(s *script, c, v, f []byte) { s.records(c, v, wire.AppendFinished(nil, make([]byte, 31))) }, iana.AlertDecodeError, KindDecode},
		{"the answer twice", func(s *script, c, v, f []byte) { s.records(c, v, f, c) }, iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"an extension not asked for", func(s *script, c, v, f []byte) {
			s.records(wire.AppendCertificate13(nil, c[5:5+requestContext], id.cred.Chain, []byte("staple")))
		}, iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := established13Of(t, false, able)
			c, v, f := s.postAnswerOf(id, iana.SigECDSASecp256r1SHA256)
			tt.send(s, c, v, f)
			if tt.alert == 0 {
				if s.run(); s.err != nil || len(s.engine.PeerChain()) != 1 {
					t.Error(s.err)
				}
				return
			}
			s.wantAlert(tt.alert)
			wantKind(t, s.err, tt.kind)
			if len(s.engine.PeerChain()) != 0 && tt.name != "the answer twice" {
				t.Error("the chain is the peer's")
			}
		})
	}
	// Nobody has asked.
	for _, p := range []Params{{}, able} {
		s := established13Of(t, false, p)
		s.records(wire.AppendCertificate13(nil, nil, id.cred.Chain, nil))
		s.wantAlert(iana.AlertUnexpectedMessage)
	}
}

// records sends messages that are not of the handshake's transcript.
func (s *script) records(msgs ...[]byte) {
	for _, m := range msgs {
		s.record(iana.ContentHandshake, m)
	}
}
