package core

import (
	"bytes"
	"crypto/cipher"
	"io"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/record"
	"patina/core/wire"
)

// established13Of is a script and an engine that have shaken hands. Both offer
// what the Params say.
func established13Of(t *testing.T, client bool, params ...Params) *script {
	t.Helper()
	p := Params{}
	if len(params) > 0 {
		p = params[0]
	}
	if !client {
		s := newScript(t, NewServer(serverOf(t, nil), only13(p)))
		hello := s.clientHello()
		hello.PostHandshakeAuth = p.PostHandshakeAuth
		s.toFlight(hello)
		s.send(s.finished())
		s.protect(&s.sealer, &s.ownApp)
		if s.run(); !s.done {
			t.Fatal(s.err)
		}
		return s
	}
	id := identityOf(t, "p256")
	p.ServerName = "example.org"
	s := newScript(t, NewClient(configOf(t, func(s *Settings) { s.Ask = AskSession }), only13(p)))
	s.toExtensions()
	s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}), wire.AppendCertificate13(nil, nil, id.cred.Chain, nil))
	s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
	s.send(s.finished())
	s.masterKeys()
	s.protect(&s.sealer, &s.ownApp)
	if s.run(); !s.done {
		t.Fatal(s.err)
	}
	s.mustRecv(iana.TypeFinished)
	s.protect(&s.opener, &s.app)
	return s
}

// TestKeyUpdate: both sides update, ask for updates and go on talking.
func TestKeyUpdate(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), only13(Params{})), NewServer(serverOf(t, nil), only13(Params{})))
	if err := p.client.KeyUpdate(false); err != ErrHandshake {
		t.Errorf("before the handshake: %v", err)
	}
	p.mustHandshake(t)
	for i := range 100 {
		if err := p.client.KeyUpdate(i%2 == 0); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if err := p.server.KeyUpdate(true); err != nil {
				t.Fatal(err)
			}
		}
		before := p.client.out.secret
		p.exchange(t)
		if p.client.out.secret == before {
			t.Fatal("the keys have not changed")
		}
		if p.client.out.secret != p.server.in.secret || p.server.out.secret != p.client.in.secret {
			t.Fatal("the sides have different keys")
		}
	}
	if n := count(p.server.messages, ">key_update"); n < 50 {
		t.Errorf("the server has answered %d times", n)
	}
	p = newPair(NewClient(configOf(t, nil), only12(Params{})), NewServer(serverOf(t, nil), only12(Params{})))
	p.mustHandshake(t)
	if err := p.client.KeyUpdate(false); err != ErrHandshake {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func count(list []string, s string) (n int) {
	for _, v := range list {
		if v == s {
			n++
		}
	}
	return n
}

// TestPostHandshakeLimits: messages without data between them come to an end.
func TestPostHandshakeLimits(t *testing.T) {
	s := established13Of(t, false)
	for i := range 32 {
		s.record(iana.ContentHandshake, wire.AppendKeyUpdate(nil, false))
		s.nextKeys()
		if s.run(); s.err != nil {
			t.Fatalf("%d: %v", i, s.err)
		}
	}
	s.record(iana.ContentApplicationData, []byte("data"))
	if s.run(); s.err != nil {
		t.Fatal(s.err)
	}
	for range 32 {
		s.record(iana.ContentHandshake, wire.AppendKeyUpdate(nil, false))
		s.nextKeys()
	}
	if s.run(); s.err != nil {
		t.Fatal(s.err)
	}
	s.record(iana.ContentHandshake, wire.AppendKeyUpdate(nil, false))
	s.wantAlert(iana.AlertUnexpectedMessage)
	wantKind(t, s.err, KindTooManyKeyUpdates)

	s = established13Of(t, true)
	ticket := wire.AppendNewSessionTicket13(nil, &wire.NewSessionTicket{Lifetime: 100, Ticket: []byte("t"), Nonce: []byte{1}})
	for range 32 {
		s.record(iana.ContentHandshake, ticket)
	}
	if s.run(); s.err != nil || len(s.engine.sessions) != 32 {
		t.Fatal(len(s.engine.sessions), s.err)
	}
	s.record(iana.ContentHandshake, ticket)
	s.wantAlert(iana.AlertUnexpectedMessage)
	wantKind(t, s.err, KindTooManyMessages)
}

// TestCertificateRequestLimit: 32 requests that the client answers at once may come
// in a row.
func TestCertificateRequestLimit(t *testing.T) {
	s := established13Of(t, true, Params{PostHandshakeAuth: true})
	request := func(i int) {
		s.record(iana.ContentHandshake, wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{
			Context: []byte{byte(i)}, SignatureSchemes: []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256}}))
	}
	for i := range 32 {
		request(i)
	}
	if s.run(); s.err != nil {
		t.Fatal(s.err)
	}
	s.record(iana.ContentApplicationData, []byte("data"))
	for i := range 32 {
		request(32 + i)
	}
	if s.run(); s.err != nil {
		t.Fatal(s.err)
	}
	request(64)
	s.wantAlert(iana.AlertUnexpectedMessage)
	wantKind(t, s.err, KindTooManyMessages)
}

// nextKeys is the script's own side of a KeyUpdate.
func (s *script) nextKeys() {
	s.ownApp = keysNext(s, s.ownApp)
	s.protect(&s.sealer, &s.ownApp)
}

// TestBadKeyUpdate: malformed ones, and bytes behind one in its record.
func TestBadKeyUpdate(t *testing.T) {
	for _, c := range []struct {
		msg   []byte
		alert iana.AlertDescription
	}{
		{[]byte{24, 0, 0, 1, 2}, iana.AlertIllegalParameter},
		{[]byte{24, 0, 0, 0}, iana.AlertDecodeError},
		{[]byte{24, 0, 0, 2, 0, 0}, iana.AlertDecodeError},
		{append(wire.AppendKeyUpdate(nil, false), 24), iana.AlertUnexpectedMessage},
		{append(wire.AppendKeyUpdate(nil, false), wire.AppendKeyUpdate(nil, false)...), iana.AlertUnexpectedMessage},
	} {
		s := established13Of(t, false)
		s.record(iana.ContentHandshake, c.msg)
		s.wantAlert(c.alert)
	}
}

// TestRecordLimit: TLS 1.3 changes its keys in time; TLS 1.2 cannot, and stops.
func TestRecordLimit(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), only13(Params{})), NewServer(serverOf(t, nil), only13(Params{})))
	if cerr, serr := p.handshake(); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	const left = 1024 + 3
	c := p.client.Conn
	// 2^24 records of AES-GCM, of which few have been used.
	if got := c.out.sealer.Left(); got > 16777216 || got < 16777216-10 {
		t.Errorf("%d records left after the handshake", got)
	}
	prot, err := c.protection(c.suite, &c.out.secret, &c.out.material)
	if err != nil {
		t.Fatal(err)
	}
	prot.Limit = left
	c.out.sealer.Protect(prot)
	for range 10 {
		p.exchange(t)
	}
	if n := count(p.client.messages, ">key_update"); n != 1 {
		t.Errorf("%d KeyUpdates", n)
	}
	if got := c.out.sealer.Left(); got < 1<<20 {
		t.Errorf("%d records left", got)
	}

	p = newPair(NewClient(configOf(t, nil), only12(Params{})), NewServer(serverOf(t, nil), only12(Params{})))
	if cerr, serr := p.handshake(); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	c = p.client.Conn
	if got := c.out.sealer.Left(); got > 16777216 || got < 16777216-10 {
		t.Errorf("TLS 1.2: %d records left after the handshake", got)
	}
	c.out.sealer.Protect(record.Protection{AEAD: aeadOf(t, c), IV: make([]byte, c.suite.FixedIV), Limit: 2})
	for i := range 2 {
		if n, w, err := c.Write([]byte("x")); n != 1 || w != WaitWrite || err != nil {
			t.Fatal(i, n, w, err)
		}
		c.Sent(len(c.Output()))
	}
	_, _, err = c.Write([]byte("x"))
	wantKind(t, err, KindRecordLimit)
	if len(c.Output()) != 0 {
		t.Error("a record beyond the limit")
	}

	// Early data has no KeyUpdate: it stops, too (RFC 8446, section 5.5).
	p = earlyPeersOf(t, nil).pair()
	if err := p.writeEarly(p.client, nil); err != nil {
		t.Fatal(err)
	}
	c = p.client.Conn
	if got := c.out.sealer.Left(); got > 16777216 {
		t.Errorf("early data: %d records left", got)
	}
	aead, err := c.cfg.Provider.NewAEAD(c.early.suite.AEAD, make([]byte, c.early.suite.KeyLen))
	if err != nil {
		t.Fatal(err)
	}
	c.out.sealer.Protect(record.Protection{AEAD: aead, IV: make([]byte, 12), TLS13: true, Limit: 2})
	for i := range 2 {
		if n, w, err := c.WriteEarly([]byte("x")); n != 1 || w != WaitWrite || err != nil {
			t.Fatal(i, n, w, err)
		}
		c.Sent(len(c.Output()))
	}
	_, _, err = c.WriteEarly([]byte("x"))
	wantKind(t, err, KindRecordLimit)
	if len(c.Output()) != 0 {
		t.Error("early data beyond the limit")
	}
}

// TestForeign: what is not TLS is named.
func TestForeign(t *testing.T) {
	for in, want := range map[string]Kind{
		"GET / HTTP/1.1\r\n\r\n":               KindHTTPRequest,
		"CONNECT a:443 HTTP/1.1\r\n":           KindHTTPSProxyRequest,
		"SSH-2.0-OpenSSH_9.2\r\n":              KindNotTLS,
		"\x80\x2e\x01\x03\x01\x00\x15":         KindSSLv2,
		"\x16\x03\x01\xff\xff\x01":             KindRecordLength,
		"\x16\x03\x01\x40\xff\x01":             KindContentOverflow,
		"\x16\x03\x01\x41\x01\x01":             KindRecordOverflow,
		"\x17\x03\x03\x00\x01\x00":             KindDataInHandshake,
		"\x14\x03\x03\x00\x01\x01":             KindUnexpectedCCS,
		"\x16\x03\x01\x00\x04\x0e\x00\x00\x00": KindUnexpectedMessage,
	} {
		c := NewServer(serverOf(t, nil), Params{})
		if w, err := c.Handshake(); w != WaitRead || err != nil || c.Started() {
			t.Fatal(w, err)
		}
		buf, _ := c.ReadBuffer()
		c.Received(copy(buf, in))
		_, err := c.Handshake()
		wantKind(t, err, want)
		alert, due := AlertOf(err)
		if out := c.Output(); due != (len(out) > 0) || due && (len(out) != 7 || out[0] != 21 || out[6] != byte(alert)) {
			t.Errorf("%q: alert %v (%v), output %x", in, alert, due, out)
		}
	}
	// An alert of the peer is not answered.
	for _, in := range []string{"\x15\x03\x01\x00\x02\x02\x28", "\x15\x03\x01\x00\x02\x01\x00"} {
		c := NewClient(configOf(t, nil), Params{})
		c.Handshake()
		c.Sent(len(c.Output()))
		buf, _ := c.ReadBuffer()
		c.Received(copy(buf, in))
		_, err := c.Handshake()
		if err != AlertError(iana.AlertHandshakeFailure) && err != io.EOF || len(c.Output()) != 0 {
			t.Errorf("%x: %v, output %x", in, err, c.Output())
		}
	}
}

// TestMaxFragment: no record sent has more content than the Params say, and
// max_fragment_length is kept by both sides.
func TestMaxFragment(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		for _, c := range []struct {
			client, server Params
			most           int
		}{
			{Params{}, Params{}, 16384},
			{Params{MaxFragment: 512}, Params{MaxFragment: 512}, 512},
			{Params{MaxFragment: 1000}, Params{MaxFragment: 1000}, 1000},
			{Params{MaxFragmentLength: 1}, Params{}, 512},
			{Params{MaxFragmentLength: 4}, Params{}, 4096},
			{Params{MaxFragmentLength: 4, MaxFragment: 600}, Params{MaxFragment: 600}, 600},
		} {
			c.client.MinVersion, c.client.MaxVersion = v, v
			c.server.MinVersion, c.server.MaxVersion = v, v
			p := newPair(NewClient(configOf(t, nil), c.client), NewServer(serverOf(t, nil), c.server))
			p.mustHandshake(t)
			for _, e := range []*end{p.client, p.server} {
				big := make([]byte, 100<<10)
				most := 0
				for len(big) > 0 {
					n, _, err := e.Write(big)
					if err != nil {
						t.Fatal(err)
					}
					big = big[n:]
					for out := e.Output(); len(out) > 0; {
						n := int(out[3])<<8 | int(out[4])
						most = max(most, n+record.HeaderLen-e.out.sealer.Overhead())
						out = out[record.HeaderLen+n:]
					}
					e.Sent(len(e.Output()))
				}
				if most != c.most {
					t.Errorf("%v, %+v: records of %d", v, c.client, most)
				}
			}
		}
	}
}

func keysNext(s *script, secret keys.Secret) keys.Secret { return keys.NextTraffic(&s.kdf, &secret) }

func aeadOf(t *testing.T, c *Conn) cipher.AEAD {
	a, err := c.cfg.Provider.NewAEAD(c.suite.AEAD, make([]byte, c.suite.KeyLen))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPeerAuthorities: the names a server lists reach its client.
func TestPeerAuthorities(t *testing.T) {
	names := [][]byte{{0x30, 0}, {0x30, 1, 0}}
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		versions := Params{MinVersion: v, MaxVersion: v, ClientAuth: RequestClientCert}
		p := newPair(NewClient(configOf(t, nil), versions), NewServer(serverOf(t, func(s *Settings) { s.ClientCAs = names }), versions))
		p.mustHandshake(t)
		if !slices.EqualFunc(p.client.PeerAuthorities(), names, bytes.Equal) || len(p.server.PeerAuthorities()) != 0 {
			t.Errorf("%v: %x, %x", v, p.client.PeerAuthorities(), p.server.PeerAuthorities())
		}
	}
	client := configOf(t, func(s *Settings) { s.ClientCAs = names })
	p := newPair(NewClient(client, only13(Params{})), NewServer(serverOf(t, nil), only13(Params{})))
	p.mustHandshake(t)
	if !slices.EqualFunc(p.server.PeerAuthorities(), names, bytes.Equal) {
		t.Errorf("%x", p.server.PeerAuthorities())
	}
}
