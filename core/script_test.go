package core

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"testing"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider/stdlib"
	"patina/core/record"
	"patina/core/suite"
	"patina/core/wire"
)

// script is a TLS 1.3 peer that says what a test tells it to: one message
// after another, each right or wrong in one point. It speaks
// TLS_AES_128_GCM_SHA256 with X25519 and is written from core/wire, core/keys
// and core/record alone.
type script struct {
	t        *testing.T
	engine   *end
	toEngine bytes.Buffer
	out      bytes.Buffer // of the engine

	opener     record.Opener
	sealer     record.Sealer
	kdf        keys.KDF
	transcript hash.Hash
	pending    []byte // handshake bytes received and not yet taken
	alert      iana.AlertDescription
	alerted    bool
	err        error // the engine's
	done       bool  // the engine's handshake

	key    *ecdh.PrivateKey
	hello  *wire.ClientHello // the client's
	server wire.ServerHello  // the server's
	hs     keys.Handshake
	own    keys.Secret // handshake traffic secrets
	theirs keys.Secret
	master keys.Master
	ownApp keys.Secret
	app    keys.Secret // theirs
}

func fixedKey() (*ecdh.PrivateKey, error) {
	return ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{9}, 32))
}

func newScript(t *testing.T, c *Conn) *script {
	key, err := fixedKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, engine: newEnd(c), transcript: sha256.New(), key: key}
	s.kdf.Init(sha256.New())
	s.opener.DropCCS = true
	return s
}

// run lets the engine take what was sent and collects its answer.
func (s *script) run() {
	w, err := s.engine.advance(&s.out, &s.toEngine, func() (Wait, error) {
		if s.done {
			var b [64]byte
			_, w, err := s.engine.Read(b[:])
			return w, err
		}
		return s.engine.Handshake()
	})
	s.err = err
	if err == nil && w == WaitNone {
		s.done = true
	}
}

func (s *script) record(typ iana.ContentType, content []byte) {
	dst := make([]byte, 0, len(content)+s.sealer.Overhead()+record.HeaderLen)
	b, err := s.sealer.Seal(dst, typ, content)
	if err != nil {
		s.t.Fatal(err)
	}
	s.toEngine.Write(b)
}

// send sends messages, each in a record of its own.
func (s *script) send(msgs ...[]byte) {
	for _, m := range msgs {
		s.transcript.Write(m)
		s.record(iana.ContentHandshake, m)
	}
}

// recv takes the engine's next handshake message. nil: there is none.
func (s *script) recv() []byte {
	for {
		if n := len(s.pending); n >= 4 {
			total := 4 + (int(s.pending[1])<<16 | int(s.pending[2])<<8 | int(s.pending[3]))
			if n >= total {
				m := bytes.Clone(s.pending[:total])
				s.pending = s.pending[total:]
				s.transcript.Write(m)
				return m
			}
		}
		in := s.out.Bytes()
		r := s.opener.Open(in)
		if r.Outcome == record.More {
			return nil
		}
		content := bytes.Clone(r.Content)
		s.out.Next(r.Consumed)
		switch r.Outcome {
		case record.Success:
			if r.Type != iana.ContentHandshake {
				s.t.Fatalf("the engine sent %v", r.Type)
			}
			s.pending = append(s.pending, content...)
		case record.PeerFailed:
			s.alert, s.alerted = r.Alert, true
			return nil
		case record.Closed:
			return nil
		case record.Failed:
			s.t.Fatalf("the engine's record cannot be opened: %v", r.Err)
		}
	}
}

// mustRecv is recv of a message of one type.
func (s *script) mustRecv(typ iana.HandshakeType) []byte {
	s.t.Helper()
	m := s.recv()
	if m == nil || iana.HandshakeType(m[0]) != typ {
		s.t.Fatalf("instead of %v: %x, alert %v, engine %v", typ, m, s.alert, s.err)
	}
	return m
}

// wantGoingOn fails unless the engine waits for more.
func (s *script) wantGoingOn() {
	s.t.Helper()
	if s.err != nil {
		s.t.Fatalf("the engine has ended: %v", s.err)
	}
}

// wantAlert checks that the engine has failed and said why.
func (s *script) wantAlert(want iana.AlertDescription) {
	s.t.Helper()
	s.run()
	for s.recv() != nil {
	}
	if s.err == nil {
		s.t.Fatalf("the engine goes on; want %v", want)
	}
	if a, ok := AlertOf(s.err); !ok || a != want {
		s.t.Errorf("error %v is alert %v, want %v", s.err, a, want)
	}
	if !s.alerted || s.alert != want {
		s.t.Errorf("the peer got the alert %v (%v), want %v: %v", s.alert, s.alerted, want, s.err)
	}
	if _, err := s.engine.Handshake(); err != s.engine.Err() || err == nil {
		s.t.Errorf("the failure does not last: %v", err)
	}
}

func (s *script) protect(half interface{ Protect(record.Protection) }, secret *keys.Secret) {
	key, iv := make([]byte, 16), make([]byte, 12)
	keys.TrafficKeys(&s.kdf, secret, key, iv)
	aead, err := stdlib.New().NewAEAD(suite.Lookup(iana.TLS_AES_128_GCM_SHA256).AEAD, key)
	if err != nil {
		s.t.Fatal(err)
	}
	half.Protect(record.Protection{AEAD: aead, IV: iv, TLS13: true})
}

// handshakeKeys goes over to the handshake keys; peer is the engine's share.
func (s *script) handshakeKeys(peer, psk []byte) {
	s.t.Helper()
	pub, err := ecdh.X25519().NewPublicKey(peer)
	if err != nil {
		s.t.Fatal(err)
	}
	shared, err := s.key.ECDH(pub)
	if err != nil {
		s.t.Fatal(err)
	}
	sum := s.transcript.Sum(nil)
	early := keys.NewEarly(&s.kdf, psk)
	s.hs = early.Handshake(&s.kdf, shared)
	client, server := s.hs.ClientTraffic(&s.kdf, sum), s.hs.ServerTraffic(&s.kdf, sum)
	s.own, s.theirs = client, server
	if s.engine.IsClient() {
		s.own, s.theirs = server, client
	}
	s.opener.Version = iana.VersionTLS13
	s.protect(&s.sealer, &s.own)
	s.protect(&s.opener, &s.theirs)
}

// masterKeys derives what follows the server's Finished.
func (s *script) masterKeys() {
	sum := s.transcript.Sum(nil)
	s.master = s.hs.Master(&s.kdf)
	client, server := s.master.ClientTraffic(&s.kdf, sum), s.master.ServerTraffic(&s.kdf, sum)
	s.ownApp, s.app = client, server
	if s.engine.IsClient() {
		s.ownApp, s.app = server, client
	}
}

// finished is the script's right Finished.
func (s *script) finished() []byte {
	return wire.AppendFinished(nil, keys.FinishedMAC(&s.kdf, nil, &s.own, s.transcript.Sum(nil)))
}

// verify is the script's right CertificateVerify by id.
func (s *script) verify(id *identity, scheme iana.SignatureScheme) []byte {
	context := clientContext
	if s.engine.IsClient() {
		context = serverContext
	}
	sig, err := id.cred.Signer.Sign(rand.Reader, scheme, signedContent(context, s.transcript.Sum(nil)))
	if err != nil {
		s.t.Fatal(err)
	}
	return wire.AppendCertificateVerify(nil, scheme, sig)
}

// clientHello is a right one, of a client of TLS 1.3 and 1.2.
func (s *script) clientHello() *wire.ClientHello {
	random := make([]byte, 64)
	rand.Read(random)
	s.hello = &wire.ClientHello{
		LegacyVersion: iana.VersionTLS12, Random: random[:32], SessionID: random[32:],
		CipherSuites:       []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		CompressionMethods: []byte{0},
		ServerName:         "example.org",
		SupportedVersions:  []iana.ProtocolVersion{0x7a7a, iana.VersionTLS13, iana.VersionTLS12},
		Groups:             []iana.NamedGroup{0x1a1a, iana.GroupX25519, iana.GroupSecp256r1},
		SignatureSchemes:   []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256, iana.SigRSAPSSRSAESHA256},
		OffersKeyShares:    true,
		KeyShares:          []wire.KeyShare{{Group: 0x1a1a, Data: []byte{0}}, {Group: iana.GroupX25519, Data: s.key.PublicKey().Bytes()}},
		PSKModes:           []byte{wire.PSKModeDHEKE},
	}
	return s.hello
}

// toFlight shakes hands as a client up to the end of the server's flight and
// returns the types of its messages.
func (s *script) toFlight(hello *wire.ClientHello) (types []iana.HandshakeType) {
	s.t.Helper()
	s.send(wire.AppendClientHello(nil, hello))
	s.run()
	if err := wire.ParseServerHello(&s.server, s.mustRecv(iana.TypeServerHello), hello.Set); err != nil {
		s.t.Fatal(err)
	}
	var psk []byte
	s.handshakeKeys(s.server.KeyShare.Data, psk)
	for {
		m := s.recv()
		if m == nil {
			s.t.Fatalf("after %v: alert %v, %v", types, s.alert, s.err)
		}
		types = append(types, iana.HandshakeType(m[0]))
		if m[0] == byte(iana.TypeFinished) {
			s.masterKeys()
			s.protect(&s.opener, &s.app)
			return types
		}
	}
}

// serverHello takes the engine's ClientHello and makes a right answer.
func (s *script) serverHello() *wire.ServerHello {
	s.t.Helper()
	s.run()
	s.hello = new(wire.ClientHello)
	if err := wire.ParseClientHello(s.hello, s.mustRecv(iana.TypeClientHello)); err != nil {
		s.t.Fatal(err)
	}
	random := make([]byte, 32)
	rand.Read(random)
	return &wire.ServerHello{
		LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Random: random,
		SessionID: s.hello.SessionID, CipherSuite: iana.TLS_AES_128_GCM_SHA256,
		KeyShare: wire.KeyShare{Group: iana.GroupX25519, Data: s.key.PublicKey().Bytes()},
	}
}

// toExtensions shakes hands as a server up to the EncryptedExtensions.
func (s *script) toExtensions() {
	s.t.Helper()
	s.send(wire.AppendServerHello(nil, s.serverHello()))
	for _, share := range s.hello.KeyShares {
		if share.Group == iana.GroupX25519 {
			s.handshakeKeys(share.Data, nil)
		}
	}
}
