package core

import (
	"bytes"
	"io"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// Fuzzing of whole connections. What holds whatever comes: no panic, no
// standing still, a failure that lasts, and two sides that both think they are
// done agree on everything.

// drain gives data to e in pieces of size bytes and lets it go on after each.
func drain(t *testing.T, e *end, data []byte, size int) error {
	var out, in bytes.Buffer
	op := func() (Wait, error) {
		if e.HandshakeComplete() {
			var b [64]byte
			_, w, err := e.Read(b[:])
			return w, err
		}
		return e.Handshake()
	}
	for {
		n := min(size, len(data))
		in.Write(data[:n])
		data = data[n:]
		_, err := e.advance(&out, &in, op)
		if err != nil {
			lasting(t, e, err)
			return err
		}
		if n == 0 {
			break
		}
	}
	e.ReceivedEOF()
	_, err := e.advance(&out, &in, op)
	if err == nil {
		t.Fatal("the end of the transport goes unnoticed")
	}
	lasting(t, e, err)
	return err
}

func lasting(t testing.TB, e *end, err error) {
	if err == io.EOF && e.HandshakeComplete() {
		return
	}
	if _, again := e.Handshake(); e.Err() == nil || again != e.Err() {
		t.Fatalf("%v, then %v", err, again)
	}
	if _, _, werr := e.Write([]byte{1}); werr == nil {
		t.Fatal("a failed connection writes")
	}
	e.Free()
}

func plain(typ iana.ContentType, msgs ...[]byte) (b []byte) {
	for _, m := range msgs {
		b = append(b, byte(typ), 3, 3, byte(len(m)>>8), byte(len(m)))
		b = append(b, m...)
	}
	return b
}

func FuzzServerStream(f *testing.F) {
	s := &script{}
	s.key, _ = fixedKey()
	hello := s.clientHello()
	f.Add(plain(iana.ContentHandshake, wire.AppendClientHello(nil, hello)), uint8(0))
	retry := *hello
	retry.KeyShares = nil
	second := wire.AppendClientHello(nil, hello)
	f.Add(append(plain(iana.ContentHandshake, wire.AppendClientHello(nil, &retry), second), plain(iana.ContentChangeCipherSpec, []byte{1})...), uint8(3))
	old := *hello
	old.SupportedVersions, old.OffersTicket, old.SessionTicket = nil, true, []byte("ticket")
	f.Add(append(plain(iana.ContentHandshake, wire.AppendClientHello(nil, &old), wire.AppendClientKeyExchange(nil, s.key.PublicKey().Bytes())),
		plain(iana.ContentChangeCipherSpec, []byte{1})...), uint8(100))
	f.Add(plain(iana.ContentAlert, []byte{1, 90}, []byte{2, 40}), uint8(1))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(0))
	f.Add(unhex(trace3Hello), uint8(5))
	keys, err := NewTicketKeys(nil)
	if err != nil {
		f.Fatal(err)
	}
	cfg := serverOf(f, func(s *Settings) { s.TicketKeys = keys })
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		drain(t, newEnd(NewServer(cfg, Params{Tickets: 1, ClientAuth: RequestClientCert})), data, int(size)+1)
	})
}

func FuzzClientStream(f *testing.F) {
	f.Add(unhex(trace3ServerHello+trace3Flight), uint8(0))
	f.Add(unhex(trace5Retry+trace5ServerHello+trace5Flight), uint8(200))
	random := bytes.Repeat([]byte{7}, 32)
	sh := wire.AppendServerHello(nil, &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Random: random,
		CipherSuite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, SecureRenegotiation: true, AckStatusRequest: true, AckTicket: true, ExtendedMasterSecret: true})
	cert := identityOf(f, "p256").cert
	f.Add(plain(iana.ContentHandshake, sh, wire.AppendCertificate12(nil, [][]byte{cert}), wire.AppendCertificateStatus(nil, []byte{1}),
		wire.AppendServerKeyExchange(nil, &wire.ServerKeyExchange{Params: wire.AppendECDHParams(nil, iana.GroupX25519, random), Scheme: iana.SigECDSASecp256r1SHA256, Signature: random}),
		wire.AppendEmpty(nil, iana.TypeServerHelloDone)), uint8(50))
	f.Add(plain(iana.ContentAlert, []byte{2, 70}), uint8(0))
	cfg := configOf(f, nil)
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		drain(t, newEnd(NewClient(cfg, Params{NoMiddleboxCompat: true, RequestStaple: true})), data, int(size)+1)
	})
}

// A change that a fuzzed handshake suffers at one place.
type change struct {
	what   uint8 // modulo the kinds below
	at     uint16
	value  uint8
	length uint8
}

func (x change) apply(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	at := int(x.at) % len(b)
	b = bytes.Clone(b)
	switch x.what % 4 {
	case 0:
		b[at] ^= x.value
	case 1:
		return append(b[:at], b[min(at+int(x.length), len(b)):]...)
	case 2:
		insert := bytes.Repeat([]byte{x.value}, int(x.length))
		return append(b[:at:at], append(insert, b[at:]...)...)
	case 3:
		end := min(at+int(x.length), len(b))
		return append(b[:end:end], b[at:]...)
	}
	return b
}

// FuzzPair changes the bytes between a client and a server of ours.
func FuzzPair(f *testing.F) {
	for v := uint8(0); v < 8; v++ {
		f.Add(v, uint8(0), uint8(0), uint16(0), uint8(0), uint8(0))
		for flight := uint8(0); flight < 4; flight++ {
			f.Add(v, flight, uint8(0), uint16(40), uint8(1), uint8(0))
			f.Add(v, flight, uint8(1), uint16(70), uint8(0), uint8(9))
			f.Add(v, flight, uint8(2), uint16(120), uint8(0x16), uint8(5))
			f.Add(v, flight, uint8(3), uint16(5), uint8(0), uint8(60))
		}
	}
	keys, err := NewTicketKeys(nil)
	if err != nil {
		f.Fatal(err)
	}
	id := identityOf(f, "p256")
	server := serverOf(f, func(s *Settings) { s.TicketKeys, s.ALPN = keys, []string{"h2"} })
	client := configOf(f, func(s *Settings) { s.ALPN, s.Credentials = []string{"h2"}, []*Credential{id.cred} })
	f.Fuzz(func(t *testing.T, mode, flight, what uint8, at uint16, value, length uint8) {
		v := bothVersions[mode&1]
		sp := Params{Tickets: 1}
		if mode&2 != 0 {
			sp.ClientAuth = RequireClientCert
		}
		cp := Params{MaxVersion: v, ServerName: "example.org", RequestStaple: mode&4 != 0}
		p := newPair(NewClient(client, cp), NewServer(server, sp))
		x := change{what, at, value, length}
		var cerr, serr error
		for i := 0; i < 12 && (cerr == nil || serr == nil); i++ {
			e, to, from, err := p.client, &p.toServer, &p.toClient, &cerr
			if i%2 == 1 {
				e, to, from, err = p.server, &p.toClient, &p.toServer, &serr
			}
			if *err == nil && !e.HandshakeComplete() {
				_, *err = e.advance(to, from, e.Handshake)
			} else if *err == nil {
				_, *err = e.advance(to, from, readOp(e, nil))
			}
			if i == int(flight%6) {
				changed := x.apply(to.Bytes())
				to.Reset()
				to.Write(changed)
			}
		}
		for _, e := range []*end{p.client, p.server} {
			if e.Err() != nil {
				lasting(t, e, e.Err())
			}
		}
		if p.client.HandshakeComplete() && p.server.HandshakeComplete() && cerr == nil && serr == nil {
			a, err1 := p.client.ExportKeyingMaterial("test", nil, 32)
			b, err2 := p.server.ExportKeyingMaterial("test", nil, 32)
			if err1 != nil || err2 != nil || !bytes.Equal(a, b) || p.client.Suite() != p.server.Suite() || p.client.Version() != p.server.Version() ||
				p.client.ALPN() != p.server.ALPN() || p.client.Version() != v {
				t.Fatalf("both are done and do not agree: %v %v %v", p.client.Version(), p.client.Suite(), p.server.Suite())
			}
		}
	})
}

// FuzzServerFlight13 changes one message, inside its protection, of a client.
func FuzzServerFlight13(f *testing.F) {
	for i := uint8(0); i < 4; i++ {
		f.Add(i, uint8(0), uint16(0), uint8(0), uint8(0))
		f.Add(i, uint8(0), uint16(9), uint8(1), uint8(0))
		f.Add(i, uint8(1), uint16(20), uint8(0), uint8(4))
		f.Add(i, uint8(2), uint16(3), uint8(0xff), uint8(4))
	}
	id := identityOf(f, "p256")
	cfg := serverOf(f, nil)
	f.Fuzz(func(t *testing.T, which, what uint8, at uint16, value, length uint8) {
		s := newScript(t, NewServer(cfg, Params{ClientAuth: RequestClientCert}))
		s.toFlight(s.clientHello())
		s.damaged(which, change{what, at, value, length},
			func() []byte { return wire.AppendCertificate13(nil, nil, id.cred.Chain, nil) },
			func() []byte { return s.verify(id, iana.SigECDSASecp256r1SHA256) },
			s.finished)
	})
}

// FuzzClientFlight13 does the same to a server's flight.
func FuzzClientFlight13(f *testing.F) {
	for i := uint8(0); i < 6; i++ {
		f.Add(i, uint8(0), uint16(0), uint8(0), uint8(0))
		f.Add(i, uint8(0), uint16(9), uint8(1), uint8(0))
		f.Add(i, uint8(1), uint16(20), uint8(0), uint8(4))
		f.Add(i, uint8(2), uint16(3), uint8(0xff), uint8(4))
	}
	id := identityOf(f, "p256")
	cfg := configOf(f, nil)
	f.Fuzz(func(t *testing.T, which, what uint8, at uint16, value, length uint8) {
		s := newScript(t, NewClient(cfg, only13(Params{RequestStaple: true})))
		s.toExtensions()
		s.damaged(which, change{what, at, value, length},
			func() []byte {
				return wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{Groups: allGroups})
			},
			func() []byte {
				return wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{SignatureSchemes: allSchemes, Authorities: [][]byte{{0x30, 0}}})
			},
			func() []byte { return wire.AppendCertificate13(nil, nil, id.cred.Chain, []byte("staple")) },
			func() []byte { return s.verify(id, iana.SigECDSASecp256r1SHA256) },
			s.finished,
			func() []byte {
				s.masterKeys()
				s.protect(&s.sealer, &s.ownApp)
				return wire.AppendNewSessionTicket13(nil, &wire.NewSessionTicket{Lifetime: 9, Ticket: []byte("t"), Nonce: []byte{1}})
			})
	})
}

// damaged sends messages, one of them changed, and lets the engine take each.
func (s *script) damaged(which uint8, x change, msgs ...func() []byte) {
	for i, m := range msgs {
		msg := m()
		if i == int(which)%(len(msgs)+1) {
			msg = x.apply(msg)
		}
		for len(msg) > 0 {
			n := min(len(msg), 1<<14)
			s.transcript.Write(msg[:n])
			s.record(iana.ContentHandshake, msg[:n])
			msg = msg[n:]
		}
		if s.run(); s.err != nil {
			lasting(s.t, s.engine, s.err)
			return
		}
	}
}
