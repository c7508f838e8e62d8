package core

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"patina/core/certcomp"
	"patina/core/certcomp/brotli"
	"patina/core/certcomp/zlib"
	"patina/core/certcomp/zstd"
	"patina/core/iana"
	"patina/core/wire"
)

var compressions = []certcomp.Algorithm{zlib.Algorithm(), brotli.Algorithm(), zstd.Algorithm()}

// counted counts how often an algorithm compresses.
func counted(a certcomp.Algorithm, n *atomic.Int32) certcomp.Algorithm {
	compress := a.Compress
	a.Compress = func(msg []byte) ([]byte, error) { n.Add(1); return compress(msg) }
	return a
}

// TestCertCompression: certificates of both sides, in the handshake, with staple
// and without, by every algorithm; each message is compressed once.
func TestCertCompression(t *testing.T) {
	server, client := identityOf(t, "p256"), identityOf(t, "rsa")
	stapled := *server.cred
	stapled.Staple = bytes.Repeat([]byte("an OCSP response "), 20)
	for _, a := range compressions {
		var n atomic.Int32
		a = counted(a, &n)
		use := func(cred *Credential) *Config {
			return configOf(t, func(s *Settings) {
				s.Credentials, s.CertCompression = []*Credential{cred}, []certcomp.Algorithm{a}
			})
		}
		ccfg, scfg := use(client.cred), use(&stapled)
		for i, staple := range []bool{false, true, false, true} {
			p := newPair(NewClient(ccfg, only13(Params{RequestStaple: staple})), NewServer(scfg, Params{ClientAuth: RequireClientCert}))
			p.mustHandshake(t)
			for _, e := range []*end{p.client, p.server} {
				if sent, received := e.CertCompression(); sent != a.ID || received != a.ID || count(e.messages, "<compressed_certificate") != 1 || count(e.messages, "<certificate") != 0 {
					t.Errorf("%v: %v, %v, %v", a.ID, sent, received, e.messages)
				}
			}
			if !bytes.Equal(p.client.PeerChain()[0].Raw, server.cert) || !bytes.Equal(p.server.PeerChain()[0].Raw, client.cert) || (len(p.client.PeerStaple()) > 0) != staple {
				t.Errorf("%v: what comes out is not what went in", a.ID)
			}
			if want := int32(min(2+i, 3)); n.Load() != want {
				t.Errorf("%v, handshake %d: compressed %d times, want %d", a.ID, i, n.Load(), want)
			}
		}
	}
}

// TestCertCompressionChoice: what each side may send follows from what the other
// has offered, in the sender's order.
func TestCertCompressionChoice(t *testing.T) {
	sends := func(a certcomp.Algorithm) certcomp.Algorithm { a.Decompress = nil; return a }
	takes := func(a certcomp.Algorithm) certcomp.Algorithm { a.Compress = nil; return a }
	fails := compressions[0]
	fails.Compress = func([]byte) ([]byte, error) { return nil, errors.New("it cannot") }
	z, b, s := compressions[0], compressions[1], compressions[2]
	for _, tt := range []struct {
		name           string
		client, server []certcomp.Algorithm
		want           iana.CertificateCompressionAlgorithm // the server's certificate
	}{
		{"none", nil, nil, 0},
		{"the client only", []certcomp.Algorithm{z}, nil, 0},
		{"the server only", nil, []certcomp.Algorithm{z}, 0},
		{"the server's order", []certcomp.Algorithm{z, b, s}, []certcomp.Algorithm{s, z}, s.ID},
		{"nothing in common", []certcomp.Algorithm{z}, []certcomp.Algorithm{b}, 0},
		{"the client does not take it", []certcomp.Algorithm{sends(z), b}, []certcomp.Algorithm{z, b}, b.ID},
		{"the server does not send it", []certcomp.Algorithm{z, b}, []certcomp.Algorithm{takes(z), b}, b.ID},
		{"it fails", []certcomp.Algorithm{z}, []certcomp.Algorithm{fails}, 0},
	} {
		client := configOf(t, func(s *Settings) { s.CertCompression = tt.client })
		server := serverOf(t, func(s *Settings) { s.CertCompression = tt.server })
		p := newPair(NewClient(client, only13(Params{})), NewServer(server, Params{}))
		p.mustHandshake(t)
		sent, _ := p.server.CertCompression()
		if _, received := p.client.CertCompression(); sent != tt.want || received != tt.want {
			t.Errorf("%s: %v", tt.name, sent)
		}
	}
	// TLS 1.2 has none.
	all := configOf(t, func(s *Settings) { s.CertCompression = compressions })
	server := serverOf(t, func(s *Settings) { s.CertCompression = compressions })
	for _, p := range []*pair{newPair(NewClient(all, Params{}), NewServer(server, only12(Params{}))), newPair(NewClient(all, only12(Params{})), NewServer(server, Params{}))} {
		p.mustHandshake(t)
		if sent, _ := p.server.CertCompression(); sent != 0 {
			t.Errorf("TLS 1.2: %v", sent)
		}
	}
	// After the handshake each request is answered with a message of its own, which
	// is sent as it is, but taken compressed.
	id := identityOf(t, "p256")
	p := withPostAuth(t, configOf(t, func(s *Settings) { s.Credentials, s.CertCompression = []*Credential{id.cred}, compressions }), server, Params{})
	p.request(t, RequireClientCert)
	if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil || len(p.server.PeerChain()) != 1 {
		t.Error(cerr, serr)
	}
}

// TestCertCompressionPostHandshake: a client may compress what a server asks for
// after the handshake.
func TestCertCompressionPostHandshake(t *testing.T) {
	id := identityOf(t, "p256")
	for _, takes := range []bool{true, false} {
		s := established13Of(t, false, Params{PostHandshakeAuth: true})
		if takes {
			s.engine.cfg = serverOf(t, func(s *Settings) { s.CertCompression = compressions })
		}
		certificate, _, _ := s.postAnswerOf(id, iana.SigECDSASecp256r1SHA256)
		packed := packedOf(t, compressions[0], certificate)
		s.records(packed)
		if !takes {
			s.wantAlert(iana.AlertUnexpectedMessage)
			continue
		}
		if s.run(); s.err != nil || s.engine.post.server.answer == nil || len(s.engine.post.server.answer.chain) != 1 {
			t.Error(s.err)
		}
	}
}

// packedOf is a Certificate as a CompressedCertificate.
func packedOf(t *testing.T, a certcomp.Algorithm, certificate []byte) []byte {
	t.Helper()
	data, err := a.Compress(certificate[wire.HeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	return wire.AppendCompressedCertificate(nil, &wire.CompressedCertificate{Algorithm: a.ID, Length: len(certificate) - wire.HeaderLen, Data: data})
}

// TestCertCompressionRefused: messages that a client must not take.
func TestCertCompressionRefused(t *testing.T) {
	id := identityOf(t, "p256")
	certificate := wire.AppendCertificate13(nil, nil, id.cred.Chain, nil)
	body := certificate[wire.HeaderLen:]
	empty := wire.AppendCertificate13(nil, nil, nil, nil)
	for _, a := range compressions {
		packed := func(length int, content []byte) []byte {
			data, err := a.Compress(content)
			if err != nil {
				t.Fatal(err)
			}
			return wire.AppendCompressedCertificate(nil, &wire.CompressedCertificate{Algorithm: a.ID, Length: length, Data: data})
		}
		for _, tt := range []struct {
			name  string
			offer []certcomp.Algorithm
			msg   []byte
			alert iana.AlertDescription
			kind  Kind
		}{
			{"right", compressions, packed(len(body), body), 0, 0},
			{"not offered", nil, packed(len(body), body), iana.AlertUnexpectedMessage, KindUnexpectedMessage},
			{"another one offered", []certcomp.Algorithm{{ID: 77, Decompress: zlib.Algorithm().Decompress}}, packed(len(body), body), iana.AlertIllegalParameter, KindIllegalParameter},
			{"longer than it says", compressions, packed(len(body)-1, body), iana.AlertBadCertificate, KindBadCertCompression},
			{"shorter than it says", compressions, packed(len(body)+1, body), iana.AlertBadCertificate, KindBadCertCompression},
			{"a bomb", compressions, packed(DefaultMaxCertificateBytes, make([]byte, 4<<20)), iana.AlertBadCertificate, KindBadCertCompression},
			{"a bomb that says so", compressions, packed(DefaultMaxCertificateBytes+1, make([]byte, DefaultMaxCertificateBytes+1)), iana.AlertIllegalParameter, KindExcessiveMessage},
			{"not compressed", compressions, wire.AppendCompressedCertificate(nil, &wire.CompressedCertificate{Algorithm: a.ID, Length: len(body), Data: body}), iana.AlertBadCertificate, KindBadCertCompression},
			{"not a certificate message", compressions, packed(5, []byte("abcde")), iana.AlertDecodeError, KindDecode},
			{"a header inside", compressions, packed(len(certificate), certificate), iana.AlertDecodeError, KindDecode},
			{"no certificate", compressions, packed(len(empty)-wire.HeaderLen, empty[wire.HeaderLen:]), iana.AlertDecodeError, KindNoServerCertificate},
			{"of no length", compressions, packed(0, body), iana.AlertBadCertificate, KindBadCertCompression},
			{"without content", compressions, []byte{25, 0, 0, 8, 0, byte(a.ID), 0, 1, 0, 0, 0, 0}, iana.AlertDecodeError, KindDecode},
			{"too long itself", compressions, []byte{25, 1, 0x90, 1, 0, byte(a.ID)}, iana.AlertIllegalParameter, KindExcessiveMessage},
		} {
			t.Run(a.ID.String()+"/"+tt.name, func(t *testing.T) {
				s := newScript(t, NewClient(configOf(t, func(s *Settings) { s.CertCompression = tt.offer }), only13(Params{})))
				s.toExtensions()
				s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}), tt.msg)
				if tt.alert != 0 {
					s.wantAlert(tt.alert)
					wantKind(t, s.err, tt.kind)
					return
				}
				s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
				s.send(s.finished())
				if s.run(); !s.done {
					t.Error(s.err)
				}
			})
		}
	}
	// It is no message of a resumed handshake, nor does it come twice.
	s := newScript(t, NewClient(configOf(t, func(s *Settings) { s.CertCompression = compressions }), only13(Params{})))
	s.toExtensions()
	packed := packedOf(t, compressions[0], certificate)
	s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}), packed, packed)
	s.wantAlert(iana.AlertUnexpectedMessage)
}

// TestCertCompressionSettings: lists that cannot work.
func TestCertCompressionSettings(t *testing.T) {
	z := compressions[0]
	many := make([]certcomp.Algorithm, 128)
	for i := range many {
		many[i] = certcomp.Algorithm{ID: iana.CertificateCompressionAlgorithm(1000 + i), Decompress: z.Decompress}
	}
	for _, list := range [][]certcomp.Algorithm{{z, z}, {{ID: 7}}, many} {
		s := Settings{Now: configOf(t, nil).Now, CertCompression: list}
		if _, err := NewConfig(s); !errors.Is(err, ErrSettings) {
			t.Errorf("%d algorithms: %v", len(list), err)
		}
	}
	if _, err := NewConfig(Settings{Now: configOf(t, nil).Now, CertCompression: many[:127]}); err != nil {
		t.Error(err)
	}
}

// TestCompressedSlots: another message in a slot is another message.
func TestCompressedSlots(t *testing.T) {
	cfg := configOf(t, func(s *Settings) { s.CertCompression = compressions })
	for range 2 {
		for i := range 3 * compressedSlots / 2 {
			msg := wire.AppendCertificate13(nil, nil, [][]byte{bytes.Repeat([]byte{byte(i + 1)}, 100+i)}, nil)
			for j := range cfg.CertCompression {
				a := &cfg.CertCompression[j]
				var m wire.CompressedCertificate
				if err := wire.ParseCompressedCertificate(&m, cfg.compressed.message(a, msg)); err != nil || m.Algorithm != a.ID {
					t.Fatal(m.Algorithm, err)
				}
				dst := make([]byte, m.Length)
				if err := a.Decompress(dst, m.Data); err != nil || !bytes.Equal(dst, msg[wire.HeaderLen:]) {
					t.Fatal(err)
				}
			}
		}
	}
	if cfg.compressed.message(&cfg.CertCompression[0], make([]byte, maxCompressed+1)) != nil {
		t.Error("a message too long has been compressed")
	}
}

// TestGnuTLSCertCompression: both roles, every algorithm GnuTLS has been built with.
func TestGnuTLSCertCompression(t *testing.T) {
	id := identityOf(t, "rsa")
	cert, key := opensslFiles(t, id)
	for _, a := range compressions {
		t.Run(a.ID.String(), func(t *testing.T) {
			dial, out := gnutlsServer(t, "--x509certfile", cert, "--x509keyfile", key, "--compress-cert="+a.ID.String(), gnutlsPriority(iana.VersionTLS13))
			e := newEnd(NewClient(configOf(t, func(s *Settings) { s.CertCompression, s.Credentials = []certcomp.Algorithm{a}, []*Credential{id.cred} }), Params{}))
			if err := echo(e, dial(), 100); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if strings.Contains(out.String(), "Unknown compression method") {
				t.Skip("this GnuTLS has been built without it")
			}
			// It asks for a certificate, too.
			if sent, received := e.CertCompression(); received != a.ID || sent != a.ID {
				t.Errorf("sent %v, received %v\n%s", sent, received, out)
			}
			ours := newEnd(NewServer(serverOf(t, func(s *Settings) { s.CertCompression = []certcomp.Algorithm{a} }), Params{ClientAuth: RequireClientCert}))
			cli, err := gnutlsClient(t, ours, "--x509certfile="+cert, "--x509keyfile="+key, "--compress-cert="+a.ID.String(), gnutlsPriority(iana.VersionTLS13))
			if err != nil {
				t.Errorf("%v\n%s", err, cli)
			}
			if sent, received := ours.CertCompression(); sent != a.ID || received != a.ID || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
				t.Errorf("sent %v, received %v\n%s", sent, received, cli)
			}
		})
	}
}
