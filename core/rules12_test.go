package core

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// TestClientRules12 breaks one rule at a time in what a server sends.
func TestClientRules12(t *testing.T) {
	_, old := session12Of(t)
	plain := old.Clone()
	plain.EMS = false
	rsa := identityOf(t, "rsa")
	hello := func(change func(sh *wire.ServerHello)) func(s *script12) {
		return func(s *script12) {
			sh := s.answer()
			change(sh)
			s.sendHello(sh)
		}
	}
	certificate := func(chain ...[]byte) func(s *script12) {
		return func(s *script12) {
			s.sendHello(s.answer())
			s.send(wire.AppendCertificate12(nil, chain))
		}
	}
	exchange := func(change func(m *wire.ServerKeyExchange)) func(s *script12) {
		return func(s *script12) {
			s.sendHello(s.answer())
			s.send(s.certificate(), s.keyExchange(change))
			if change != nil { // what the key is used for is seen at the end
				s.send(s.done12())
			}
		}
	}
	last := func(f func(s *script12)) func(s *script12) {
		return func(s *script12) {
			s.toServerLast(s.answer())
			f(s)
		}
	}
	for _, c := range []struct {
		name  string
		p     Params
		do    func(s *script12)
		alert iana.AlertDescription
		kind  Kind
	}{
		{"suite not offered", Params{}, hello(func(sh *wire.ServerHello) { sh.CipherSuite = 0x002f }), iana.AlertIllegalParameter, KindWrongCipher},
		{"suite of TLS 1.3", Params{}, hello(func(sh *wire.ServerHello) { sh.CipherSuite = iana.TLS_AES_128_GCM_SHA256 }), iana.AlertIllegalParameter, KindWrongCipher},
		{"compression", Params{}, hello(func(sh *wire.ServerHello) { sh.Compression = 1 }), iana.AlertIllegalParameter, KindBadCompression},
		{"old version", Params{}, hello(func(sh *wire.ServerHello) { sh.LegacyVersion = iana.VersionTLS11 }), iana.AlertProtocolVersion, KindUnsupportedProtocol},
		{"renegotiation_info with content", Params{}, hello(func(sh *wire.ServerHello) { sh.Renegotiation = []byte{1} }), iana.AlertHandshakeFailure, KindBadRenegotiation},
		{"no renegotiation_info", Params{}, hello(func(sh *wire.ServerHello) { sh.SecureRenegotiation = false }), iana.AlertHandshakeFailure, KindUnsafeRenegotiation},
		{"no extended_master_secret", Params{RequireEMS: true}, hello(func(sh *wire.ServerHello) { sh.ExtendedMasterSecret = false }), iana.AlertHandshakeFailure, KindNoRequiredEMS},
		{"ALPN not offered", Params{}, hello(func(sh *wire.ServerHello) { sh.ALPN = "h2" }), iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
		{"ticket not asked for", Params{NoTickets: true}, hello(func(sh *wire.ServerHello) { sh.AckTicket = true }), iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
		{"other max_fragment_length", Params{MaxFragmentLength: 1}, hello(func(sh *wire.ServerHello) { sh.MaxFragmentLength = 2 }), iana.AlertIllegalParameter, KindBadMaxFragmentLength},
		{"point formats without uncompressed", Params{}, hello(func(sh *wire.ServerHello) { sh.PointFormats = []byte{1} }), iana.AlertIllegalParameter, KindIllegalParameter},
		{"sentinel", Params{MaxVersion: iana.VersionTLS13}, hello(func(sh *wire.ServerHello) { copy(sh.Random[24:], sentinel12) }), iana.AlertIllegalParameter, KindDowngrade},
		{"ID echoed without a session", Params{MaxVersion: iana.VersionTLS13}, func(s *script12) {
			sh := s.answer()
			sh.SessionID = s.hello.SessionID
			s.sendHello(sh)
		}, iana.AlertIllegalParameter, KindBadSessionID},
		{"resumed with another suite", Params{Session: old}, func(s *script12) {
			sh := s.answer()
			sh.SessionID, sh.CipherSuite = s.hello.SessionID, iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
			s.sendHello(sh)
		}, iana.AlertIllegalParameter, KindSessionMismatch},
		{"resumed without extended_master_secret", Params{Session: old}, func(s *script12) {
			sh := s.answer()
			sh.SessionID, sh.ExtendedMasterSecret = s.hello.SessionID, false
			s.sendHello(sh)
		}, iana.AlertHandshakeFailure, KindInconsistentEMS},
		{"resumed with extended_master_secret the session lacks", Params{Session: plain}, func(s *script12) {
			sh := s.answer()
			sh.SessionID = s.hello.SessionID
			s.sendHello(sh)
		}, iana.AlertHandshakeFailure, KindInconsistentEMS},

		{"no certificates", Params{}, certificate(), iana.AlertDecodeError, KindNoServerCertificate},
		{"junk for a certificate", Params{}, certificate([]byte("junk")), iana.AlertBadCertificate, KindBadCertificate},
		{"certificate of another kind", Params{}, certificate(rsa.cert), iana.AlertIllegalParameter, KindWrongCertificateType},

		{"group not offered", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Params = wire.AppendECDHParams(nil, iana.GroupX448, make([]byte, 56))
		}), iana.AlertIllegalParameter, KindBadCurve},
		{"hybrid group", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			if !slices.Contains(allGroups, iana.GroupX25519MLKEM768) {
				t.Error("the client does not offer it")
			}
			m.Params = wire.AppendECDHParams(nil, iana.GroupX25519MLKEM768, make([]byte, 200))
		}), iana.AlertIllegalParameter, KindBadCurve},
		{"explicit curve", Params{}, exchange(func(m *wire.ServerKeyExchange) { m.Params[0] = 1 }), iana.AlertIllegalParameter, KindIllegalParameter},
		{"point of small order", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Params = wire.AppendECDHParams(nil, iana.GroupX25519, make([]byte, 32))
		}), iana.AlertIllegalParameter, KindBadKeyShare},
		{"no point of the curve", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Params = wire.AppendECDHParams(nil, iana.GroupSecp256r1, append([]byte{4}, make([]byte, 64)...))
		}), iana.AlertIllegalParameter, KindBadKeyShare},
		{"short point", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Params = wire.AppendECDHParams(nil, iana.GroupX25519, make([]byte, 31))
		}), iana.AlertIllegalParameter, KindBadKeyShare},
		{"wrong signature", Params{}, exchange(func(m *wire.ServerKeyExchange) { m.Signature = make([]byte, 70) }), iana.AlertDecryptError, KindBadSignature},
		{"no signature", Params{}, exchange(func(m *wire.ServerKeyExchange) { m.Signature = []byte{} }), iana.AlertDecryptError, KindBadSignature},
		{"signature of other randoms", Params{}, func(s *script12) {
			s.sendHello(s.answer())
			s.hello12.Random = make([]byte, 32)
			s.send(s.certificate(), s.keyExchange(nil))
		}, iana.AlertDecryptError, KindBadSignature},
		{"scheme not offered", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Scheme, m.Signature = iana.SigECDSASHA1, []byte{1}
		}), iana.AlertIllegalParameter, KindWrongSignatureType},
		{"scheme of another key", Params{}, exchange(func(m *wire.ServerKeyExchange) {
			m.Scheme, m.Signature = iana.SigRSAPSSRSAESHA256, make([]byte, 256)
		}), iana.AlertIllegalParameter, KindWrongSignatureType},

		{"wrong Finished", Params{}, last(func(s *script12) {
			s.sendCCS()
			s.send(wire.AppendFinished(nil, make([]byte, 12)))
		}), iana.AlertDecryptError, KindBadDigest},
		{"long Finished", Params{}, last(func(s *script12) {
			s.sendCCS()
			s.send(wire.AppendFinished(nil, make([]byte, 32)))
		}), iana.AlertDecodeError, KindDecode},
		{"unprotected Finished", Params{}, last(func(s *script12) {
			s.record(iana.ContentChangeCipherSpec, []byte{1})
			s.send(s.finished12())
		}), iana.AlertBadRecordMAC, KindBadRecordMAC},
		{"Finished before change_cipher_spec", Params{}, last(func(s *script12) { s.send(s.finished12()) }), iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"bad change_cipher_spec", Params{}, last(func(s *script12) { s.record(iana.ContentChangeCipherSpec, []byte{2}) }), iana.AlertUnexpectedMessage, KindBadChangeCipherSpec},
		{"change_cipher_spec inside a message", Params{}, func(s *script12) {
			s.sendHello(s.answer())
			s.record(iana.ContentHandshake, s.certificate()[:20])
			s.record(iana.ContentChangeCipherSpec, []byte{1})
		}, iana.AlertUnexpectedMessage, KindUnexpectedCCS},
		{"data inside a message", Params{}, func(s *script12) {
			s.sendHello(s.answer())
			s.record(iana.ContentHandshake, s.certificate()[:20])
			s.record(iana.ContentApplicationData, []byte{1})
		}, iana.AlertUnexpectedMessage, KindInterleaved},
		{"message across change_cipher_spec", Params{}, last(func(s *script12) {
			s.record(iana.ContentHandshake, s.finished12()[:3])
			s.record(iana.ContentChangeCipherSpec, []byte{1})
		}), iana.AlertUnexpectedMessage, KindUnexpectedMessage},
		{"certificate too long", Params{MaxCertificateBytes: 100}, certificate(identityOf(t, "p256").cert), iana.AlertIllegalParameter, KindExcessiveMessage},
		{"message too long", Params{}, func(s *script12) {
			s.answer()
			s.record(iana.ContentHandshake, []byte{byte(iana.TypeServerHello), 0xff, 0, 0})
		}, iana.AlertIllegalParameter, KindExcessiveMessage},
		{"record of another version", Params{}, func(s *script12) {
			s.sendHello(s.answer())
			s.sealer.Version = iana.VersionTLS10
			s.send(s.certificate())
		}, iana.AlertProtocolVersion, KindWrongVersionNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.p.MaxVersion == 0 {
				c.p = only12(c.p)
			}
			c.p.ServerName = "example.org"
			// Everything is offered, hybrids too.
			s := newScript12(t, NewClient(configOf(t, func(s *Settings) { s.Groups = allGroups }), c.p))
			c.do(s)
			s.wantAlert(c.alert)
			wantKind(t, s.err, c.kind)
		})
	}
}

func wantKind(t *testing.T, err error, want Kind) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok || e.Kind != want {
		t.Errorf("%v is not of the kind %v", err, want)
	}
}

// TestServerRules12 breaks one rule at a time in what a client sends.
func TestServerRules12(t *testing.T) {
	cfg, session := session12Of(t)
	hello := func(change func(m *wire.ClientHello)) func(s *script12) {
		return func(s *script12) {
			m := s.hello2()
			change(m)
			s.send(wire.AppendClientHello(nil, m))
		}
	}
	certified := func(f func(s *script12)) func(s *script12) {
		return func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(s.certificate())
			s.sendClientKey()
			f(s)
		}
	}
	keyed := func(f func(s *script12)) func(s *script12) {
		return func(s *script12) {
			s.toFlight12(s.hello2())
			s.sendClientKey()
			f(s)
		}
	}
	ask := Params{ClientAuth: RequestClientCert}
	for _, c := range []struct {
		name  string
		p     Params
		do    func(s *script12)
		alert iana.AlertDescription
		kind  Kind
	}{
		{"no suite in common", Params{}, hello(func(m *wire.ClientHello) { m.CipherSuites = []iana.CipherSuite{0x002f, 0xc009} }), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"suites of TLS 1.3 only", Params{}, hello(func(m *wire.ClientHello) { m.CipherSuites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256} }), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"suites of another key", Params{}, hello(func(m *wire.ClientHello) {
			m.CipherSuites = []iana.CipherSuite{iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		}), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"no group in common", Params{}, hello(func(m *wire.ClientHello) { m.Groups = []iana.NamedGroup{iana.GroupX448} }), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"no scheme in common", Params{}, hello(func(m *wire.ClientHello) { m.SignatureSchemes = []iana.SignatureScheme{iana.SigEd448} }), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"no schemes: SHA-1 is not enabled", Params{}, hello(func(m *wire.ClientHello) { m.SignatureSchemes = nil }), iana.AlertHandshakeFailure, KindNoSharedCipher},
		{"old version", Params{}, hello(func(m *wire.ClientHello) { m.LegacyVersion = iana.VersionTLS11 }), iana.AlertProtocolVersion, KindUnsupportedProtocol},
		{"fallback", Params{MinVersion: iana.VersionTLS12, MaxVersion: iana.VersionTLS13}, hello(func(m *wire.ClientHello) {
			m.CipherSuites = append(m.CipherSuites, iana.TLS_FALLBACK_SCSV)
		}), iana.AlertInappropriateFallback, KindInappropriateFallback},
		{"compression without null", Params{}, hello(func(m *wire.ClientHello) { m.CompressionMethods = []byte{1} }), iana.AlertIllegalParameter, KindBadCompression},
		{"renegotiation_info with content", Params{}, hello(func(m *wire.ClientHello) { m.Renegotiation = []byte{1} }), iana.AlertHandshakeFailure, KindBadRenegotiation},
		{"point formats without uncompressed", Params{}, hello(func(m *wire.ClientHello) { m.PointFormats = []byte{1} }), iana.AlertIllegalParameter, KindIllegalParameter},
		{"no extended_master_secret", Params{RequireEMS: true}, hello(func(m *wire.ClientHello) { m.ExtendedMasterSecret = false }), iana.AlertHandshakeFailure, KindNoRequiredEMS},
		{"resumes without extended_master_secret", Params{}, hello(func(m *wire.ClientHello) {
			m.ExtendedMasterSecret = false
			m.OffersTicket, m.SessionTicket = true, session.Ticket
		}), iana.AlertHandshakeFailure, KindInconsistentEMS},

		{"point of small order", Params{}, func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(wire.AppendClientKeyExchange(nil, make([]byte, 32)))
		}, iana.AlertIllegalParameter, KindBadKeyShare},
		{"short point", Params{}, func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(wire.AppendClientKeyExchange(nil, make([]byte, 31)))
		}, iana.AlertIllegalParameter, KindBadKeyShare},
		{"empty point", Params{}, func(s *script12) {
			s.toFlight12(s.hello2())
			s.send([]byte{byte(iana.TypeClientKeyExchange), 0, 0, 1, 0})
		}, iana.AlertDecodeError, KindDecode},
		{"no certificate", Params{ClientAuth: RequireClientCert}, func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(wire.AppendCertificate12(nil, nil))
		}, iana.AlertHandshakeFailure, KindNoPeerCertificate},
		{"junk for a certificate", ask, func(s *script12) {
			s.toFlight12(s.hello2())
			s.send(wire.AppendCertificate12(nil, [][]byte{[]byte("junk")}))
		}, iana.AlertBadCertificate, KindBadCertificate},
		{"wrong CertificateVerify", ask, certified(func(s *script12) {
			s.send(wire.AppendCertificateVerify(nil, iana.SigECDSASecp256r1SHA256, make([]byte, 70)))
		}), iana.AlertDecryptError, KindBadSignature},
		{"CertificateVerify of another key", ask, certified(func(s *script12) {
			sig, err := identityOf(t, "p384").cred.Signer.Sign(rand.Reader, iana.SigECDSASecp256r1SHA256, s.all)
			if err != nil {
				t.Fatal(err)
			}
			s.send(wire.AppendCertificateVerify(nil, iana.SigECDSASecp256r1SHA256, sig))
		}), iana.AlertDecryptError, KindBadSignature},
		{"CertificateVerify by a scheme not asked for", ask, certified(func(s *script12) {
			s.send(wire.AppendCertificateVerify(nil, iana.SigECDSASHA1, make([]byte, 70)))
		}),
			iana.AlertIllegalParameter, KindWrongSignatureType},
		{"CertificateVerify of other messages", ask, certified(func(s *script12) {
			s.all[10] ^= 1
			s.send(s.verify12(iana.SigECDSASecp256r1SHA256))
		}), iana.AlertDecryptError, KindBadSignature},
		{"wrong Finished", Params{}, keyed(func(s *script12) {
			s.sendCCS()
			s.send(wire.AppendFinished(nil, make([]byte, 12)))
		}), iana.AlertDecryptError, KindBadDigest},
		{"unprotected Finished", Params{}, keyed(func(s *script12) {
			s.record(iana.ContentChangeCipherSpec, []byte{1})
			s.send(s.finished12())
		}), iana.AlertBadRecordMAC, KindBadRecordMAC},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.p.MaxVersion == 0 {
				c.p = only12(c.p)
			}
			s := newScript12(t, NewServer(cfg, c.p))
			c.do(s)
			s.wantAlert(c.alert)
			wantKind(t, s.err, c.kind)
		})
	}
}

// TestLegal12: unusual and right.
func TestLegal12(t *testing.T) {
	// A client that names neither groups nor point formats, nor
	// extended_master_secret, and messages in records of one byte.
	s := server12Of(t, Params{})
	hello := s.hello2()
	hello.Groups, hello.PointFormats, hello.ExtendedMasterSecret, hello.ServerName = nil, nil, false, ""
	msg := wire.AppendClientHello(nil, hello)
	s.all = append(s.all, msg...)
	s.transcript.Write(msg)
	for i := range msg {
		s.record(iana.ContentHandshake, msg[i:i+1])
	}
	s.ems = false
	s.run()
	if err := wire.ParseServerHello(&s.hello12, s.must(iana.TypeServerHello), hello.Set); err != nil {
		t.Fatal(err)
	}
	s.must(iana.TypeCertificate)
	var ske wire.ServerKeyExchange
	if err := wire.ParseServerKeyExchange(&ske, s.must(iana.TypeServerKeyExchange)); err != nil {
		t.Fatal(err)
	}
	s.public = bytes.Clone(ske.Public)
	if ske.Group != iana.GroupX25519 {
		t.Fatalf("group %v", ske.Group)
	}
	s.must(iana.TypeServerHelloDone)
	s.sendClientKey()
	s.sendCCS()
	s.send(s.finished12())
	if s.run(); !s.done || s.engine.EMS() {
		t.Fatal(s.err)
	}
	s.must(iana.TypeFinished)

	// A server without secure renegotiation, where that is allowed, and
	// without extended_master_secret.
	s = client12Of(t, Params{AllowLegacyServer: true})
	sh := s.answer()
	sh.SecureRenegotiation, sh.ExtendedMasterSecret = false, false
	s.toServerLast(sh)
	s.sendCCS()
	s.send(s.finished12())
	if s.run(); !s.done || s.engine.EMS() {
		t.Fatal(s.err)
	}
	if a, b := s.engine.ClientFinished(), s.engine.ServerFinished(); len(a) != 12 || len(b) != 12 || bytes.Equal(a, b) {
		t.Errorf("Finished %x, %x", a, b)
	}
}

// TestRenegotiation12: attempts are turned down with a warning, and too many
// end the connection.
func TestRenegotiation12(t *testing.T) {
	client := client12Of(t, Params{})
	client.toServerLast(client.answer())
	server := server12Of(t, Params{})
	server.toFlight12(server.hello2())
	server.sendClientKey()
	for _, s := range []*script12{client, server} {
		s.sendCCS()
		s.send(s.finished12())
		if s.run(); !s.done {
			t.Fatal(s.err)
		}
		s.next() // the server's Finished
		attempt := wire.AppendEmpty(nil, iana.TypeHelloRequest)
		if s == server {
			attempt = wire.AppendClientHello(nil, s.hello2())
		}
		for i := 1; i <= 4; i++ {
			s.send(attempt)
			s.run()
			for s.next() != nil {
			}
			if s.err != nil || len(s.warned) != i || s.warned[i-1] != iana.AlertNoRenegotiation {
				t.Fatalf("attempt %d: %v, %v", i, s.warned, s.err)
			}
		}
		s.send(attempt)
		s.wantAlert(iana.AlertHandshakeFailure)
		wantKind(t, s.err, KindNoRenegotiation)
	}
}

// TestVerifiedOnly: only a verdict answers the question of the chain.
func TestVerifiedOnly(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		versions := Params{MinVersion: v, MaxVersion: v}
		p := newPair(NewClient(configOf(t, nil), versions), NewServer(serverOf(t, nil), versions))
		asked := 0
		p.client.custom = func(c *Conn, w Wait) (bool, error) {
			if w != WaitVerify {
				return false, nil
			}
			asked++
			if err := c.AnswerVerify(Verified{}); err != ErrNoQuestion {
				t.Errorf("no verdict and %v", err)
			}
			// The question still stands.
			if w, err := c.Handshake(); w != WaitVerify || err != nil {
				t.Errorf("%v, %v", w, err)
			}
			return true, c.AnswerVerify(AcceptVerified())
		}
		p.mustHandshake(t)
		if asked != 1 {
			t.Errorf("%v: asked %d times", v, asked)
		}
	}
}

// TestResumeNeedsChain12: a server that requires a client certificate does not
// resume a session without one.
func TestResumeNeedsChain12(t *testing.T) {
	cfg, session := session12Of(t)
	for auth, resumed := range map[ClientAuth]bool{NoClientCert: true, RequestClientCert: true, RequireClientCert: false} {
		client := configOf(t, func(s *Settings) { s.Credentials = []*Credential{identityOf(t, "p256").cred} })
		p := newPair(NewClient(client, only12(Params{ServerName: "example.org", Session: session})), NewServer(cfg, only12(Params{ClientAuth: auth})))
		p.mustHandshake(t)
		if p.client.Resumed() != resumed || p.server.Resumed() != resumed || !resumed && len(p.server.PeerChain()) != 1 {
			t.Errorf("%v: resumed %v", auth, p.server.Resumed())
		}
	}
}
