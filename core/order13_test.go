package core

import (
	"bytes"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// samples are well-formed messages of every type, to be sent where they do not
// belong.
func samples(id *identity) map[iana.HandshakeType][]byte {
	return map[iana.HandshakeType][]byte{
		iana.TypeHelloRequest:        wire.AppendEmpty(nil, iana.TypeHelloRequest),
		iana.TypeClientHello:         wire.AppendClientHello(nil, &wire.ClientHello{LegacyVersion: iana.VersionTLS12, Random: make([]byte, 32), CipherSuites: []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}, CompressionMethods: []byte{0}}),
		iana.TypeServerHello:         wire.AppendServerHello(nil, &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Random: make([]byte, 32), CipherSuite: iana.TLS_AES_128_GCM_SHA256}),
		iana.TypeNewSessionTicket:    wire.AppendNewSessionTicket13(nil, &wire.NewSessionTicket{Lifetime: 1, Ticket: []byte{1}}),
		iana.TypeEndOfEarlyData:      wire.AppendEmpty(nil, iana.TypeEndOfEarlyData),
		iana.TypeEncryptedExtensions: wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}),
		iana.TypeCertificate:         wire.AppendCertificate13(nil, nil, id.cred.Chain, nil),
		iana.TypeServerKeyExchange:   wire.AppendServerKeyExchange(nil, &wire.ServerKeyExchange{Params: wire.AppendECDHParams(nil, iana.GroupX25519, make([]byte, 32))}),
		iana.TypeCertificateRequest:  wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{SignatureSchemes: allSchemes}),
		iana.TypeServerHelloDone:     wire.AppendEmpty(nil, iana.TypeServerHelloDone),
		iana.TypeCertificateVerify:   wire.AppendCertificateVerify(nil, iana.SigECDSASecp256r1SHA256, make([]byte, 70)),
		iana.TypeClientKeyExchange:   wire.AppendClientKeyExchange(nil, make([]byte, 32)),
		iana.TypeFinished:            wire.AppendFinished(nil, make([]byte, 32)),
		iana.TypeCertificateStatus:   wire.AppendCertificateStatus(nil, []byte{1}),
		iana.TypeKeyUpdate:           wire.AppendKeyUpdate(nil, false),
		iana.TypeMessageHash:         wire.AppendMessageHash(nil, make([]byte, 32)),
		99:                           wire.AppendEmpty(nil, 99),
	}
}

// TestServerOrder13 brings a server to each moment of the handshake and sends
// every type of message: only the one of that moment is not unexpected.
func TestServerOrder13(t *testing.T) {
	id := identityOf(t, "p256")
	moments := []struct {
		name  string
		auth  ClientAuth
		to    func(s *script)
		legal []iana.HandshakeType
	}{
		{"start", 0, func(s *script) {}, []iana.HandshakeType{iana.TypeClientHello}},
		{"retry", 0, func(s *script) {
			hello := s.clientHello()
			hello.KeyShares = nil
			s.send(wire.AppendClientHello(nil, hello))
			s.run()
			s.mustRecv(iana.TypeServerHello)
		}, []iana.HandshakeType{iana.TypeClientHello}},
		{"client certificate", RequireClientCert, func(s *script) { s.toFlight(s.clientHello()) }, []iana.HandshakeType{iana.TypeCertificate}},
		{"client certificate verify", RequestClientCert, func(s *script) {
			s.toFlight(s.clientHello())
			s.send(wire.AppendCertificate13(nil, nil, id.cred.Chain, nil))
		}, []iana.HandshakeType{iana.TypeCertificateVerify}},
		{"finished after a certificate", RequestClientCert, func(s *script) {
			s.toFlight(s.clientHello())
			s.send(wire.AppendCertificate13(nil, nil, id.cred.Chain, nil))
			s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
		}, []iana.HandshakeType{iana.TypeFinished}},
		{"finished without a certificate", RequestClientCert, func(s *script) {
			s.toFlight(s.clientHello())
			s.send(wire.AppendCertificate13(nil, nil, nil, nil))
		}, []iana.HandshakeType{iana.TypeFinished}},
		{"finished", 0, func(s *script) { s.toFlight(s.clientHello()) }, []iana.HandshakeType{iana.TypeFinished}},
		{"established", 0, func(s *script) {
			s.toFlight(s.clientHello())
			s.send(s.finished())
			s.protect(&s.sealer, &s.ownApp)
			s.run()
			if !s.done {
				s.t.Fatal(s.err)
			}
		}, []iana.HandshakeType{iana.TypeKeyUpdate}},
	}
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			for typ, msg := range samples(id) {
				s := newScript(t, NewServer(serverOf(t, nil), only13(Params{ClientAuth: m.auth})))
				m.to(s)
				s.send(msg)
				if !slices.Contains(m.legal, typ) {
					s.wantAlert(iana.AlertUnexpectedMessage)
					continue
				}
				if s.run(); s.err != nil && alertOf(t, s.err) == iana.AlertUnexpectedMessage {
					t.Errorf("%v: %v", typ, s.err)
				}
			}
			// Nor is data, and a change_cipher_spec is no message.
			if m.name != "established" {
				s := newScript(t, NewServer(serverOf(t, nil), only13(Params{ClientAuth: m.auth})))
				m.to(s)
				s.record(iana.ContentApplicationData, []byte("early"))
				s.wantAlert(iana.AlertUnexpectedMessage)
			}
		})
	}
}

// TestClientOrder13 does the same to a client.
func TestClientOrder13(t *testing.T) {
	id := identityOf(t, "p256")
	extensions := wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{})
	certificate := wire.AppendCertificate13(nil, nil, id.cred.Chain, nil)
	request := wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{SignatureSchemes: allSchemes})
	moments := []struct {
		name  string
		to    func(s *script)
		legal []iana.HandshakeType
	}{
		{"start", func(s *script) { s.serverHello() }, []iana.HandshakeType{iana.TypeServerHello}},
		{"extensions", func(s *script) { s.toExtensions() }, []iana.HandshakeType{iana.TypeEncryptedExtensions}},
		{"certificate", func(s *script) { s.toExtensions(); s.send(extensions) },
			[]iana.HandshakeType{iana.TypeCertificateRequest, iana.TypeCertificate}},
		{"certificate after a request", func(s *script) { s.toExtensions(); s.send(extensions, request) },
			[]iana.HandshakeType{iana.TypeCertificate}},
		{"certificate verify", func(s *script) { s.toExtensions(); s.send(extensions, certificate) },
			[]iana.HandshakeType{iana.TypeCertificateVerify}},
		{"finished", func(s *script) {
			s.toExtensions()
			s.send(extensions, certificate)
			s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
		}, []iana.HandshakeType{iana.TypeFinished}},
		{"established", func(s *script) {
			s.toExtensions()
			s.send(extensions, certificate)
			s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
			s.send(s.finished())
			s.run()
			if !s.done {
				s.t.Fatal(s.err)
			}
			s.masterKeys()
			s.protect(&s.sealer, &s.ownApp)
			s.mustRecv(iana.TypeFinished)
			s.protect(&s.opener, &s.app)
		}, []iana.HandshakeType{iana.TypeKeyUpdate, iana.TypeNewSessionTicket}},
	}
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			for typ, msg := range samples(id) {
				s := newScript(t, NewClient(configOf(t, nil), only13(Params{})))
				m.to(s)
				s.send(msg)
				if typ == iana.TypeHelloRequest && m.name == "start" {
					s.run() // no version is agreed on: passed over, as TLS 1.2 wants it
					s.wantGoingOn()
					continue
				}
				if !slices.Contains(m.legal, typ) {
					s.wantAlert(iana.AlertUnexpectedMessage)
					continue
				}
				if s.run(); s.err != nil && alertOf(t, s.err) == iana.AlertUnexpectedMessage {
					t.Errorf("%v: %v", typ, s.err)
				}
			}
			if m.name != "established" {
				s := newScript(t, NewClient(configOf(t, nil), only13(Params{})))
				m.to(s)
				s.record(iana.ContentApplicationData, []byte("early"))
				s.wantAlert(iana.AlertUnexpectedMessage)
			}
		})
	}
}

// TestNoTicketsWithoutMode: a client that cannot resume by PSK with (EC)DHE gets
// no ticket (RFC 8446, section 4.2.9).
func TestNoTicketsWithoutMode(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	for _, modes := range [][]byte{{wire.PSKModeDHEKE}, {wire.PSKModeKE}, nil} {
		s := newScript(t, NewServer(cfg, Params{Tickets: 2}))
		hello := s.clientHello()
		hello.PSKModes = modes
		s.toFlight(hello)
		s.send(s.finished())
		s.run()
		if !s.done {
			t.Fatal(s.err)
		}
		n := 0
		for m := s.recv(); m != nil; m = s.recv() {
			if m[0] != byte(iana.TypeNewSessionTicket) {
				t.Errorf("%x", m)
			}
			n++
		}
		want := 0
		if bytes.Contains(modes, []byte{wire.PSKModeDHEKE}) {
			want = 2
		}
		if n != want {
			t.Errorf("modes %v: %d tickets", modes, n)
		}
	}
}
