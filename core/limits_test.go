package core

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/wire"
)

// The limits, in numbers of their own: a changed constant is a changed test.

// TestMessageLimits: a message over its limit is refused by its header; one that
// says it is as long as the limit is waited for.
func TestMessageLimits(t *testing.T) {
	server := func(t *testing.T) *script { return newScript(t, NewServer(serverOf(t, nil), Params{})) }
	client := func(t *testing.T) *script {
		s := newScript(t, NewClient(configOf(t, nil), Params{}))
		s.serverHello()
		return s
	}
	client13 := func(t *testing.T) *script {
		s := newScript(t, NewClient(configOf(t, nil), Params{}))
		s.toExtensions()
		return s
	}
	afterEE := func(t *testing.T) *script {
		s := client13(t)
		s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}))
		return s
	}
	flight := func(auth ClientAuth) func(t *testing.T) *script {
		return func(t *testing.T) *script {
			s := newScript(t, NewServer(serverOf(t, nil), Params{ClientAuth: auth}))
			s.toFlight(s.clientHello())
			s.protect(&s.sealer, &s.own)
			return s
		}
	}
	client12 := func(t *testing.T) *script {
		s := newScript12(t, NewClient(configOf(t, nil), only12(Params{RequestStaple: true})))
		s.sendHello(s.answer())
		return s.script
	}
	server12 := func(auth ClientAuth) func(t *testing.T) *script {
		return func(t *testing.T) *script {
			s := newScript12(t, NewServer(serverOf(t, nil), Params{ClientAuth: auth}))
			s.toFlight12(s.hello2())
			return s.script
		}
	}
	compressing := func(t *testing.T) *script {
		s := newScript(t, NewClient(configOf(t, func(s *Settings) { s.CertCompression = compressions }), Params{}))
		s.toExtensions()
		s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}))
		return s
	}
	for _, tt := range []struct {
		name  string
		start func(t *testing.T) *script
		typ   iana.HandshakeType
		most  int
	}{
		{"ClientHello", server, iana.TypeClientHello, 131396},
		{"ServerHello", client, iana.TypeServerHello, 16384},
		{"EncryptedExtensions", client13, iana.TypeEncryptedExtensions, 16384},
		{"CertificateRequest", afterEE, iana.TypeCertificateRequest, 131072},
		{"Certificate", afterEE, iana.TypeCertificate, 102400},
		{"client's Certificate", flight(RequestClientCert), iana.TypeCertificate, 102400},
		{"client's Finished", flight(NoClientCert), iana.TypeFinished, 16384},
		{"NewSessionTicket", func(t *testing.T) *script { return established13Of(t, true) }, iana.TypeNewSessionTicket, 131136},
		{"KeyUpdate", func(t *testing.T) *script { return established13Of(t, false) }, iana.TypeKeyUpdate, 16384},
		{"CompressedCertificate", compressing, iana.TypeCompressedCertificate, 102400},
		{"CertificateVerify", afterEE, iana.TypeCertificateVerify, 16384},
		{"EndOfEarlyData", flight(NoClientCert), iana.TypeEndOfEarlyData, 16384},
		{"TLS 1.2 Certificate", client12, iana.TypeCertificate, 102400},
		{"TLS 1.2 CertificateStatus", client12, iana.TypeCertificateStatus, 16384},
		{"TLS 1.2 ServerKeyExchange", client12, iana.TypeServerKeyExchange, 16384},
		{"TLS 1.2 CertificateRequest", client12, iana.TypeCertificateRequest, 131072},
		{"TLS 1.2 ServerHelloDone", client12, iana.TypeServerHelloDone, 16384},
		{"TLS 1.2 NewSessionTicket", client12, iana.TypeNewSessionTicket, 131136},
		{"TLS 1.2 client's Certificate", server12(RequestClientCert), iana.TypeCertificate, 102400},
		{"TLS 1.2 ClientKeyExchange", server12(NoClientCert), iana.TypeClientKeyExchange, 16384},
		{"TLS 1.2 client's CertificateVerify", server12(RequestClientCert), iana.TypeCertificateVerify, 16384},
	} {
		for _, over := range []int{0, 1} {
			s := tt.start(t)
			if s.run(); s.err != nil {
				t.Fatalf("%s: %v", tt.name, s.err)
			}
			n := tt.most + over
			s.record(iana.ContentHandshake, []byte{byte(tt.typ), byte(n >> 16), byte(n >> 8), byte(n)})
			s.run()
			if over == 0 {
				if s.err != nil {
					t.Errorf("%s of %d bytes: %v", tt.name, n, s.err)
				}
				continue
			}
			wantKind(t, s.err, KindExcessiveMessage)
			if s.err != nil && alertOf(t, s.err) != iana.AlertIllegalParameter {
				t.Errorf("%s: %v", tt.name, s.err)
			}
		}
	}
}

// TestTinyRecords: messages may come a byte at a time, in memory that grows with
// what has come and not with what a header promises.
func TestTinyRecords(t *testing.T) {
	s := newScript(t, NewServer(serverOf(t, nil), Params{}))
	hello := wire.AppendClientHello(nil, s.clientHello())
	for i := range hello {
		s.record(iana.ContentHandshake, hello[i:i+1])
	}
	if s.run(); s.err != nil || len(s.mustRecv(iana.TypeServerHello)) == 0 {
		t.Fatal(s.err)
	}
	s = newScript(t, NewServer(serverOf(t, nil), Params{}))
	s.record(iana.ContentHandshake, []byte{byte(iana.TypeClientHello), 2, 1, 0})
	s.record(iana.ContentHandshake, make([]byte, 10))
	if s.run(); s.err != nil || cap(s.engine.in.asm) > 4096 {
		t.Errorf("%d bytes for a message of which 14 have come: %v", cap(s.engine.in.asm), s.err)
	}
}

// TestChainLimit: the number of certificates, which may be the smallest there are.
func TestChainLimit(t *testing.T) {
	id := identityOf(t, "ed25519")
	for n, fits := range map[int]bool{128: true, 129: false} {
		long := &Credential{Schemes: id.cred.Schemes, Signer: id.cred.Signer}
		for range n {
			long.Chain = append(long.Chain, id.cert)
		}
		for _, v := range bothVersions {
			server := configOf(t, func(s *Settings) { s.Credentials = []*Credential{long} })
			p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v}), NewServer(server, Params{}))
			cerr, serr := p.handshake()
			if fits {
				if cerr != nil || serr != nil || len(p.client.PeerChain()) != 128 {
					t.Errorf("%v, %d certificates: %v, %v", v, n, cerr, serr)
				}
				continue
			}
			wantKind(t, cerr, KindExcessiveMessage)
			if serr != AlertError(iana.AlertIllegalParameter) {
				t.Errorf("%v: %v", v, serr)
			}
		}
	}
}

// TestExtensionLimit: how many extensions a ClientHello may have.
func TestExtensionLimit(t *testing.T) {
	for _, total := range []int{256, 257} {
		s := newScript(t, NewServer(serverOf(t, nil), Params{}))
		raw := wire.AppendClientHello(nil, s.clientHello())
		var m wire.ClientHello
		if err := wire.ParseClientHello(&m, raw); err != nil {
			t.Fatal(err)
		}
		var more []byte
		for i := len(m.Extensions); i < total; i++ {
			more = append(more, 0xf0, byte(i), 0, 0)
			if i > 255 {
				more[len(more)-4] = 0xf1
			}
		}
		body := len(raw) + len(more) - 4
		block := 4 + 2 + 32 + 1 + 32 + 2 + 2*len(m.CipherSuites) + 2
		length := len(raw) - block - 2 + len(more)
		raw[1], raw[2], raw[3] = byte(body>>16), byte(body>>8), byte(body)
		raw[block], raw[block+1] = byte(length>>8), byte(length)
		s.send(append(raw, more...))
		if total == 257 {
			s.wantAlert(iana.AlertDecodeError)
			wantKind(t, s.err, KindDecode)
			continue
		}
		if s.run(); s.err != nil {
			t.Errorf("%d: %v", total, s.err)
		}
	}
}

// TestCredentialLimits: how much a Credential may have, to the byte.
func TestCredentialLimits(t *testing.T) {
	good := identityOf(t, "p256").cred
	leaf := len(good.Chain[0])
	for name, tt := range map[string]struct {
		most   int
		change func(c *Credential, n int)
	}{
		// 1 MiB in all, with 16 bytes for each certificate.
		"chain":      {1048576 - leaf - 32, func(c *Credential, n int) { c.Chain = append(c.Chain[:1:1], make([]byte, n)) }},
		"staple":     {61440, func(c *Credential, n int) { c.Staple = make([]byte, n) }},
		"timestamps": {4096 - 2, func(c *Credential, n int) { c.SCTs = [][]byte{make([]byte, n)} }},
	} {
		for over := range 2 {
			cred := *good
			tt.change(&cred, tt.most+over)
			if _, err := NewConfig(Settings{Now: time.Now, Credentials: []*Credential{&cred}}); (err == nil) != (over == 0) {
				t.Errorf("%s of %d bytes: %v", name, tt.most+over, err)
			}
		}
	}
}

// TestIdentityLimit: a server looks at a client's first four PSKs.
func TestIdentityLimit(t *testing.T) {
	known := pskOf("known", 0)
	for unknown, found := range map[int]bool{3: true, 4: false} {
		var list []*PSK
		for i := range unknown {
			list = append(list, pskOf(string(rune('a'+i)), 0))
		}
		for _, ask := range []Ask{0, AskPSK} {
			asked := 0
			server := serverOf(t, func(s *Settings) {
				if s.Ask = ask; ask == 0 {
					s.PSKs = []*PSK{known}
				}
			})
			p := newPair(NewClient(configOf(t, nil), only13(Params{PSKs: append(list[:len(list):len(list)], known)})), NewServer(server, Params{}))
			p.server.custom = func(c *Conn, w Wait) (bool, error) {
				if w != WaitPSK {
					return false, nil
				}
				asked++
				if bytes.Equal(c.PSKIdentity(), known.Identity) {
					return true, c.AnswerPSK(known)
				}
				return true, c.AnswerPSK(nil)
			}
			p.mustHandshake(t)
			if (p.server.PSK() != nil) != found || asked > 4 {
				t.Errorf("behind %d unknown ones: %v, asked %d times", unknown, p.server.PSK(), asked)
			}
		}
	}
}

// TestSentLimits: what a client does not send.
func TestSentLimits(t *testing.T) {
	session := scriptSession()
	for n, offered := range map[int]bool{40000: true, 40001: false} {
		session := session.Clone()
		session.Ticket = make([]byte, n)
		s := newScript(t, NewClient(configOf(t, nil), only13(Params{Session: session})))
		s.serverHello()
		if (len(s.hello.Identities) == 1) != offered {
			t.Errorf("a ticket of %d bytes: %d identities", n, len(s.hello.Identities))
		}
	}
	// Together they are too long for the hello.
	var list []*PSK
	for range 4 {
		list = append(list, &PSK{Identity: bytes.Repeat([]byte("x"), 15000), Key: []byte("k")})
	}
	c := NewClient(configOf(t, nil), only13(Params{PSKs: list}))
	_, err := c.Handshake()
	wantKind(t, err, KindInternal)
	if len(c.Output()) > 7 {
		t.Errorf("%d bytes have been sent", len(c.Output()))
	}
}

// TestSessionLifetime: how old, and how young, a session may be.
func TestSessionLifetime(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	cfg := configOf(t, func(s *Settings) { s.Now = func() time.Time { return now } })
	const week = 604800
	for _, tt := range []struct {
		version  iana.ProtocolVersion
		lifetime uint32
		age      int64
		expired  bool
	}{
		{iana.VersionTLS13, 100, 100, false},
		{iana.VersionTLS13, 100, 101, true},
		{iana.VersionTLS13, 100, -60, false},
		{iana.VersionTLS13, 100, -61, true},
		{iana.VersionTLS13, 1 << 31, week, false},
		{iana.VersionTLS13, 1 << 31, week + 1, true},
		{iana.VersionTLS12, 1 << 31, week + 1, false},
		{iana.VersionTLS12, 0, 1, true},
	} {
		s := &Session{Version: tt.version, Lifetime: tt.lifetime, Created: now.Unix() - tt.age}
		if s.expired(cfg) != tt.expired {
			t.Errorf("%v, lifetime %d, age %d: expired %v", tt.version, tt.lifetime, tt.age, !tt.expired)
		}
	}
}

// TestExportLimits: labels, contexts and lengths of exporters.
func TestExportLimits(t *testing.T) {
	p := earlyPeersOf(t, nil).pair()
	if err := p.writeEarly(p.client, []byte("x")); err != nil {
		t.Fatal(err)
	}
	size := hashOf(p.client.early.suite.ID).Size()
	p.mustHandshakeEarly(t)
	for name, export := range map[string]func(string, []byte, int) ([]byte, error){
		"exporter": p.client.ExportKeyingMaterial, "early exporter": p.client.ExportEarlyKeyingMaterial,
	} {
		for _, tt := range []struct {
			label   int
			context int
			n       int
			fits    bool
		}{
			{249, 65535, 255 * size, true}, {250, 0, 1, false}, {1, 65536, 1, false}, {1, 0, 255*size + 1, false}, {1, 0, -1, false}, {0, 0, 0, true},
		} {
			out, err := export(string(make([]byte, tt.label)), make([]byte, tt.context), tt.n)
			if (err == nil) != tt.fits || err == nil && len(out) != tt.n || err != nil && !errors.Is(err, ErrExport) {
				t.Errorf("%s: %+v: %v", name, tt, err)
			}
		}
	}
}

// mustHandshakeEarly reads what early data there is and completes the handshake.
func (p *pair) mustHandshakeEarly(t *testing.T) {
	t.Helper()
	if _, _, err := p.readEarly(); err != nil {
		t.Fatal(err)
	}
	p.mustHandshake(t)
}

// TestIntegrityLimit: one record that does not open ends a connection, so that
// no key ever sees more than one forgery; only rejected early data is tried, and
// skipped, as often as its limit allows.
func TestIntegrityLimit(t *testing.T) {
	s := established13Of(t, false)
	forged := append([]byte{23, 3, 3, 0, 30}, make([]byte, 30)...)
	s.toEngine.Write(forged)
	s.wantAlert(iana.AlertBadRecordMAC)
	s.record(iana.ContentApplicationData, []byte("right"))
	if n, w, err := s.engine.Read(make([]byte, 10)); n != 0 || w != WaitNone || err != s.err {
		t.Errorf("after it: %d, %v, %v", n, w, err)
	}

	peers := earlyPeersOf(t, func(c, s *Settings) { s.AntiReplay = nil })
	p := peers.pair()
	if err := p.writeEarly(p.client, nil); err != nil {
		t.Fatal(err)
	}
	smallest := append([]byte{23, 3, 3, 0, 17}, make([]byte, 17)...)
	tried := 0
	for ; tried < 10000; tried++ {
		p.toServer.Write(smallest)
		if _, err := p.server.advance(&p.toClient, &p.toServer, p.server.Handshake); err != nil {
			wantKind(t, err, KindTooMuchEarlyData)
			break
		}
	}
	if tried != 32768/22 {
		t.Errorf("%d records have been tried", tried)
	}
}
