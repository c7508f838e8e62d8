package core

import (
	"bytes"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// ccsMark stands for change_cipher_spec in lists of what is legal.
const ccsMark iana.HandshakeType = 200

func samples12(id *identity) map[iana.HandshakeType][]byte {
	m := samples(id)
	m[iana.TypeServerHello] = wire.AppendServerHello(nil, &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS12, Random: make([]byte, 32), CipherSuite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256})
	m[iana.TypeNewSessionTicket] = wire.AppendNewSessionTicket12(nil, 1, []byte{1})
	m[iana.TypeCertificate] = wire.AppendCertificate12(nil, id.cred.Chain)
	m[iana.TypeCertificateRequest] = wire.AppendCertificateRequest12(nil, &wire.CertificateRequest{Types: []byte{64}, SignatureSchemes: allSchemes})
	m[iana.TypeFinished] = wire.AppendFinished(nil, make([]byte, 12))
	m[ccsMark] = nil
	return m
}

type moment12 struct {
	name  string
	make  func(t *testing.T) *script12
	legal []iana.HandshakeType
}

// order12 sends every type of message in each moment: only what is legal then
// is not unexpected.
func order12(t *testing.T, moments []moment12) {
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			for typ, msg := range samples12(identityOf(t, "p256")) {
				s := m.make(t)
				if s.run(); s.err != nil {
					t.Fatalf("on the way: %v", s.err)
				}
				if typ == ccsMark {
					s.record(iana.ContentChangeCipherSpec, []byte{1})
				} else {
					s.send(msg)
				}
				if typ == iana.TypeHelloRequest && s.engine.IsClient() && m.name != "established" && !slices.Contains(m.legal, ccsMark) {
					// Passed over (RFC 5246, section 7.4.1.1), and no part of the
					// transcript; up to a limit.
					for range 31 {
						s.script.send(msg)
					}
					s.run()
					s.wantGoingOn()
					s.script.send(msg)
					s.wantAlert(iana.AlertUnexpectedMessage)
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
			if m.name == "established" {
				return
			}
			s := m.make(t)
			s.record(iana.ContentApplicationData, []byte("early"))
			s.wantAlert(iana.AlertUnexpectedMessage)
		})
	}
}

// server12Of is a script before a server of TLS 1.2.
func server12Of(t *testing.T, p Params) *script12 {
	return newScript12(t, NewServer(serverOf(t, nil), only12(p)))
}

func TestServerOrder12(t *testing.T) {
	toKey := func(t *testing.T) *script12 {
		s := server12Of(t, Params{})
		s.toFlight12(s.hello2())
		return s
	}
	toCertificate := func(t *testing.T) *script12 {
		s := server12Of(t, Params{ClientAuth: RequestClientCert})
		s.toFlight12(s.hello2())
		return s
	}
	resumed := func(t *testing.T) *script12 {
		cfg, session := session12Of(t)
		s := newScript12(t, NewServer(cfg, only12(Params{})))
		s.toResume(session)
		return s
	}
	order12(t, []moment12{
		{"start", func(t *testing.T) *script12 { return server12Of(t, Params{}) }, []iana.HandshakeType{iana.TypeClientHello}},
		{"client key exchange", toKey, []iana.HandshakeType{iana.TypeClientKeyExchange}},
		{"client certificate", toCertificate, []iana.HandshakeType{iana.TypeCertificate}},
		{"client key exchange without a certificate", func(t *testing.T) *script12 {
			s := toCertificate(t)
			s.send(wire.AppendCertificate12(nil, nil))
			return s
		}, []iana.HandshakeType{iana.TypeClientKeyExchange}},
		{"client key exchange after a certificate", func(t *testing.T) *script12 {
			s := toCertificate(t)
			s.send(s.certificate())
			return s
		}, []iana.HandshakeType{iana.TypeClientKeyExchange}},
		{"certificate verify", func(t *testing.T) *script12 {
			s := toCertificate(t)
			s.send(s.certificate())
			s.sendClientKey()
			return s
		}, []iana.HandshakeType{iana.TypeCertificateVerify}},
		{"change_cipher_spec after a verify", func(t *testing.T) *script12 {
			s := toCertificate(t)
			s.send(s.certificate())
			s.sendClientKey()
			s.send(s.verify12(iana.SigECDSASecp256r1SHA256))
			return s
		}, []iana.HandshakeType{ccsMark}},
		{"change_cipher_spec", func(t *testing.T) *script12 {
			s := toKey(t)
			s.sendClientKey()
			return s
		}, []iana.HandshakeType{ccsMark}},
		{"finished", func(t *testing.T) *script12 {
			s := toKey(t)
			s.sendClientKey()
			s.sendCCS()
			return s
		}, []iana.HandshakeType{iana.TypeFinished}},
		{"change_cipher_spec, resumed", resumed, []iana.HandshakeType{ccsMark}},
		{"finished, resumed", func(t *testing.T) *script12 {
			s := resumed(t)
			s.sendCCS()
			return s
		}, []iana.HandshakeType{iana.TypeFinished}},
		{"established", func(t *testing.T) *script12 {
			s := toKey(t)
			s.sendClientKey()
			s.sendCCS()
			s.send(s.finished12())
			if s.run(); !s.done {
				t.Fatal(s.err)
			}
			s.must(iana.TypeFinished)
			return s
		}, []iana.HandshakeType{iana.TypeClientHello}},
	})
}

// session12Of makes a server and a session it will resume by its ticket.
func session12Of(t *testing.T) (*Config, *Session) {
	t.Helper()
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := serverOf(t, func(s *Settings) {
		s.TicketKeys = keys
		s.Suites = []iana.CipherSuite{iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	})
	p := newPair(NewClient(configOf(t, nil), only12(Params{ServerName: "example.org"})), NewServer(cfg, only12(Params{})))
	p.mustHandshake(t)
	return cfg, p.client.Session()
}

// toResume resumes as a client up to the server's Finished.
func (s *script12) toResume(session *Session) {
	s.t.Helper()
	hello := s.hello2()
	hello.OffersTicket, hello.SessionTicket = true, session.Ticket
	hello.SessionID = []byte("any ID")
	s.send(wire.AppendClientHello(nil, hello))
	s.run()
	if err := wire.ParseServerHello(&s.hello12, s.must(iana.TypeServerHello), hello.Set); err != nil {
		s.t.Fatal(err)
	}
	if !bytes.Equal(s.hello12.SessionID, hello.SessionID) {
		s.t.Fatalf("not resumed: %+v", s.hello12)
	}
	s.resumeKeys(session, hello.Random, s.hello12.Random)
	s.must(iana.TypeFinished)
}

// client12Of is a script before a client of TLS 1.2.
func client12Of(t *testing.T, p Params) *script12 {
	p.ServerName = "example.org"
	return newScript12(t, NewClient(configOf(t, nil), only12(p)))
}

func TestClientOrder12(t *testing.T) {
	toHello := func(change func(sh *wire.ServerHello)) func(t *testing.T) *script12 {
		return func(t *testing.T) *script12 {
			s := client12Of(t, Params{RequestStaple: true})
			sh := s.answer()
			if change != nil {
				change(sh)
			}
			s.sendHello(sh)
			return s
		}
	}
	toDone := func(t *testing.T) *script12 {
		s := toHello(nil)(t)
		s.send(s.certificate(), s.keyExchange(nil))
		return s
	}
	request := func(id *identity) []byte { return samples12(id)[iana.TypeCertificateRequest] }
	toLast := func(ticket bool) func(t *testing.T) *script12 {
		return func(t *testing.T) *script12 {
			s := client12Of(t, Params{})
			sh := s.answer()
			sh.AckTicket = ticket
			s.toServerLast(sh)
			return s
		}
	}
	resumed := func(t *testing.T) *script12 {
		_, session := session12Of(t)
		s := client12Of(t, Params{Session: session})
		sh := s.answer()
		sh.SessionID = s.hello.SessionID
		s.sendHello(sh)
		s.resumeKeys(session, s.hello.Random, sh.Random)
		return s
	}
	order12(t, []moment12{
		{"start", func(t *testing.T) *script12 { s := client12Of(t, Params{}); s.answer(); return s }, []iana.HandshakeType{iana.TypeServerHello}},
		{"certificate", toHello(nil), []iana.HandshakeType{iana.TypeCertificate}},
		{"status", func(t *testing.T) *script12 {
			s := toHello(func(sh *wire.ServerHello) { sh.AckStatusRequest = true })(t)
			s.send(s.certificate())
			return s
		}, []iana.HandshakeType{iana.TypeCertificateStatus, iana.TypeServerKeyExchange}},
		{"server key exchange", func(t *testing.T) *script12 { s := toHello(nil)(t); s.send(s.certificate()); return s },
			[]iana.HandshakeType{iana.TypeServerKeyExchange}},
		{"server key exchange after a status", func(t *testing.T) *script12 {
			s := toHello(func(sh *wire.ServerHello) { sh.AckStatusRequest = true })(t)
			s.send(s.certificate(), wire.AppendCertificateStatus(nil, []byte("staple")))
			return s
		}, []iana.HandshakeType{iana.TypeServerKeyExchange}},
		{"done", toDone, []iana.HandshakeType{iana.TypeCertificateRequest, iana.TypeServerHelloDone}},
		{"done after a request", func(t *testing.T) *script12 {
			s := toDone(t)
			s.send(request(identityOf(t, "p256")))
			return s
		}, []iana.HandshakeType{iana.TypeServerHelloDone}},
		{"ticket", toLast(true), []iana.HandshakeType{iana.TypeNewSessionTicket}},
		{"change_cipher_spec after a ticket", func(t *testing.T) *script12 {
			s := toLast(true)(t)
			s.send(wire.AppendNewSessionTicket12(nil, 100, []byte("ticket")))
			return s
		}, []iana.HandshakeType{ccsMark}},
		{"change_cipher_spec", toLast(false), []iana.HandshakeType{ccsMark}},
		{"finished", func(t *testing.T) *script12 { s := toLast(false)(t); s.sendCCS(); return s }, []iana.HandshakeType{iana.TypeFinished}},
		{"change_cipher_spec, resumed", resumed, []iana.HandshakeType{ccsMark}},
		{"finished, resumed", func(t *testing.T) *script12 { s := resumed(t); s.sendCCS(); return s }, []iana.HandshakeType{iana.TypeFinished}},
		{"established", func(t *testing.T) *script12 {
			s := toLast(false)(t)
			s.sendCCS()
			s.send(s.finished12())
			if s.run(); !s.done {
				t.Fatal(s.err)
			}
			return s
		}, []iana.HandshakeType{iana.TypeHelloRequest}},
	})
}
