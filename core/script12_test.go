package core

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider"
	"patina/core/provider/stdlib"
	"patina/core/record"
	"patina/core/suite"
	"patina/core/wire"
)

// script12 is script for TLS 1.2: it speaks
// TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 with X25519.
type script12 struct {
	*script
	all     []byte // every handshake message, for CertificateVerify
	id      *identity
	suite   *suite.Suite
	private provider.PrivateKey
	public  []byte // the engine's
	hello12 wire.ServerHello
	ems     bool
	m       keys.Master12
	block   keys.KeyBlock
	ccs     bool // the engine's change_cipher_spec has come
	warned  []iana.AlertDescription
	psk     *PSK // with it s speaks TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256
}

func newScript12(t *testing.T, c *Conn) *script12 {
	s := &script12{script: newScript(t, c), id: identityOf(t, "p256"), ems: true,
		suite: suite.Lookup(iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)}
	s.transcript = sha256.New()
	s.opener = record.Opener{}
	var err error
	if s.private, err = stdlib.New().Group(iana.GroupX25519).Generate(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *script12) send(msgs ...[]byte) {
	for _, m := range msgs {
		s.all = append(s.all, m...)
		s.script.send(m)
	}
}

// next takes the engine's next message; nil without one. A change_cipher_spec
// is noted and changes the keys.
func (s *script12) next() []byte {
	for {
		if n := len(s.pending); n >= 4 {
			total := 4 + (int(s.pending[1])<<16 | int(s.pending[2])<<8 | int(s.pending[3]))
			if n >= total {
				m := bytes.Clone(s.pending[:total])
				s.pending = s.pending[total:]
				s.transcript.Write(m)
				s.all = append(s.all, m...)
				return m
			}
		}
		r := s.opener.Open(s.out.Bytes())
		content := bytes.Clone(r.Content)
		s.out.Next(r.Consumed)
		switch r.Outcome {
		case record.More, record.Closed:
			return nil
		case record.Success:
			switch r.Type {
			case iana.ContentHandshake:
				s.pending = append(s.pending, content...)
			case iana.ContentChangeCipherSpec:
				s.ccs = true
				s.protect12(&s.opener, s.engine.IsClient())
			default:
				s.t.Fatalf("the engine sent %v", r.Type)
			}
		case record.Warning:
			s.warned = append(s.warned, r.Alert)
		case record.PeerFailed:
			s.alert, s.alerted = r.Alert, true
			return nil
		case record.Failed:
			s.t.Fatalf("the engine's record cannot be opened: %v", r.Err)
		}
	}
}

func (s *script12) must(typ iana.HandshakeType) []byte {
	s.t.Helper()
	m := s.next()
	if m == nil || iana.HandshakeType(m[0]) != typ {
		s.t.Fatalf("instead of %v: %x, alert %v, engine %v", typ, m, s.alert, s.err)
	}
	return m
}

func (s *script12) wantAlert(want iana.AlertDescription) {
	s.t.Helper()
	s.run()
	for s.next() != nil {
	}
	if s.err == nil {
		s.t.Errorf("the engine goes on; want %v", want)
		return
	}
	if a, ok := AlertOf(s.err); !ok || a != want || !s.alerted || s.alert != want {
		s.t.Errorf("error %v is alert %v; the peer got %v (%v); want %v", s.err, a, s.alert, s.alerted, want)
	}
	if _, err := s.engine.Handshake(); err == nil || err != s.engine.Err() {
		s.t.Errorf("the failure does not last: %v", err)
	}
}

func (s *script12) protect12(half interface{ Protect(record.Protection) }, client bool) {
	key, iv := s.block.Server()
	if client {
		key, iv = s.block.Client()
	}
	aead, err := stdlib.New().NewAEAD(s.suite.AEAD, key)
	if err != nil {
		s.t.Fatal(err)
	}
	half.Protect(record.Protection{AEAD: aead, IV: iv})
}

// sendCCS sends change_cipher_spec and changes the keys.
func (s *script12) sendCCS() {
	s.record(iana.ContentChangeCipherSpec, []byte{1})
	s.protect12(&s.sealer, !s.engine.IsClient())
}

// keys makes master secret and keys; the transcript ends with the
// ClientKeyExchange.
func (s *script12) keys(client, server []byte) {
	secret, err := s.private.Secret(s.public)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.psk != nil {
		secret = keys.PSKPremaster(secret, s.psk.Key)
	}
	if s.ems {
		s.m = keys.NewExtendedMaster12(&s.kdf, secret, s.transcript.Sum(nil))
	} else {
		s.m = keys.NewMaster12(&s.kdf, secret, client, server)
	}
	s.block = s.m.KeyBlock(&s.kdf, client, server, s.suite.KeyLen, s.suite.FixedIV)
}

// resumeKeys makes the keys of a session.
func (s *script12) resumeKeys(session *Session, client, server []byte) {
	s.m, _ = keys.ResumedMaster12(session.Secret)
	s.block = s.m.KeyBlock(&s.kdf, client, server, s.suite.KeyLen, s.suite.FixedIV)
}

// finished12 is the script's right Finished.
func (s *script12) finished12() []byte {
	var v [keys.FinishedLen]byte
	if s.engine.IsClient() {
		s.m.ServerFinished(&s.kdf, v[:], s.transcript.Sum(nil))
	} else {
		s.m.ClientFinished(&s.kdf, v[:], s.transcript.Sum(nil))
	}
	return wire.AppendFinished(nil, v[:])
}

// As a server.

// answer takes the ClientHello and makes a right ServerHello.
func (s *script12) answer() *wire.ServerHello {
	s.t.Helper()
	s.run()
	s.hello = new(wire.ClientHello)
	if err := wire.ParseClientHello(s.hello, s.must(iana.TypeClientHello)); err != nil {
		s.t.Fatal(err)
	}
	random := make([]byte, 32)
	rand.Read(random)
	s.hello12 = wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS12, Random: random,
		CipherSuite: s.suite.ID, ExtendedMasterSecret: true, SecureRenegotiation: true}
	return &s.hello12
}

func (s *script12) sendHello(sh *wire.ServerHello) {
	s.ems = sh.ExtendedMasterSecret
	s.send(wire.AppendServerHello(nil, sh))
}

func (s *script12) certificate() []byte { return wire.AppendCertificate12(nil, s.id.cred.Chain) }

// keyExchange is a right ServerKeyExchange, changed and signed.
func (s *script12) keyExchange(change func(m *wire.ServerKeyExchange)) []byte {
	m := wire.ServerKeyExchange{Scheme: iana.SigECDSASecp256r1SHA256}
	m.Params = wire.AppendECDHParams(nil, iana.GroupX25519, s.private.Share())
	if change != nil {
		change(&m)
	}
	if m.Signature == nil {
		message := append(append(bytes.Clone(s.hello.Random), s.hello12.Random...), m.Params...)
		var err error
		if m.Signature, err = s.id.cred.Signer.Sign(rand.Reader, m.Scheme, message); err != nil {
			s.t.Fatal(err)
		}
	}
	return wire.AppendServerKeyExchange(nil, &m)
}

func (s *script12) done12() []byte { return wire.AppendEmpty(nil, iana.TypeServerHelloDone) }

// toServerLast shakes hands as a server until the last flight is due.
func (s *script12) toServerLast(sh *wire.ServerHello) {
	s.t.Helper()
	s.sendHello(sh)
	s.send(s.certificate(), s.keyExchange(nil), s.done12())
	s.run()
	public, err := wire.ParseClientKeyExchange(s.must(iana.TypeClientKeyExchange))
	if err != nil {
		s.t.Fatal(err)
	}
	s.public = public
	s.keys(s.hello.Random, sh.Random)
	s.must(iana.TypeFinished)
	if !s.ccs {
		s.t.Fatal("Finished without change_cipher_spec")
	}
}

// As a client.

// hello2 is a right ClientHello of a TLS 1.2 client.
func (s *script12) hello2() *wire.ClientHello {
	random := make([]byte, 32)
	rand.Read(random)
	s.hello = &wire.ClientHello{
		LegacyVersion: iana.VersionTLS12, Random: random,
		CipherSuites:         []iana.CipherSuite{0x0a0a, s.suite.ID, iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV},
		CompressionMethods:   []byte{0},
		ServerName:           "example.org",
		Groups:               []iana.NamedGroup{0x1a1a, iana.GroupX25519, iana.GroupSecp256r1},
		PointFormats:         []byte{0},
		SignatureSchemes:     []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256, iana.SigRSAPSSRSAESHA256},
		ExtendedMasterSecret: true,
	}
	return s.hello
}

// toFlight12 shakes hands as a client up to the end of the server's flight.
func (s *script12) toFlight12(hello *wire.ClientHello) (types []iana.HandshakeType) {
	s.t.Helper()
	s.ems = hello.ExtendedMasterSecret
	s.send(wire.AppendClientHello(nil, hello))
	s.run()
	if err := wire.ParseServerHello(&s.hello12, s.must(iana.TypeServerHello), hello.Set); err != nil {
		s.t.Fatal(err)
	}
	for {
		m := s.next()
		if m == nil {
			s.t.Fatalf("after %v: alert %v, %v", types, s.alert, s.err)
		}
		typ := iana.HandshakeType(m[0])
		types = append(types, typ)
		switch typ {
		case iana.TypeServerKeyExchange:
			if s.psk != nil {
				var ske wire.ServerKeyExchangePSK
				if err := wire.ParseServerKeyExchangePSK(&ske, m); err != nil {
					s.t.Fatal(err)
				}
				s.public = bytes.Clone(ske.Public)
				continue
			}
			var ske wire.ServerKeyExchange
			if err := wire.ParseServerKeyExchange(&ske, m); err != nil {
				s.t.Fatal(err)
			}
			s.public = bytes.Clone(ske.Public)
		case iana.TypeServerHelloDone:
			return types
		}
	}
}

func (s *script12) clientKey() []byte {
	if s.psk != nil {
		return wire.AppendClientKeyExchangePSK(nil, s.psk.Identity, s.private.Share())
	}
	return wire.AppendClientKeyExchange(nil, s.private.Share())
}

// sendClientKey sends the ClientKeyExchange and makes the keys.
func (s *script12) sendClientKey() {
	s.t.Helper()
	s.send(s.clientKey())
	s.keys(s.hello.Random, s.hello12.Random)
}

// verify12 is the script's right CertificateVerify.
func (s *script12) verify12(scheme iana.SignatureScheme) []byte {
	sig, err := s.id.cred.Signer.Sign(rand.Reader, scheme, s.all)
	if err != nil {
		s.t.Fatal(err)
	}
	return wire.AppendCertificateVerify(nil, scheme, sig)
}
