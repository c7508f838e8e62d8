package core

import (
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// TestQUICRefusals: what is an error in QUIC, and its code.
func TestQUICRefusals(t *testing.T) {
	client := configOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
	server := serverOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
	hello := func(change func(m *wire.ClientHello)) []byte {
		s := newScript(t, NewServer(server, Params{}))
		m := s.clientHello()
		m.SessionID, m.ALPN, m.QUICTransportParameters = nil, []string{"h3"}, []byte{}
		m.SupportedVersions = m.SupportedVersions[:2]
		if change != nil {
			change(m)
		}
		return wire.AppendClientHello(nil, m)
	}
	for _, tt := range []struct {
		name  string
		level QUICLevel
		data  []byte
		alert iana.AlertDescription
	}{
		{"right", QUICInitial, hello(nil), 0},
		{"no transport parameters", QUICInitial, hello(func(m *wire.ClientHello) { m.QUICTransportParameters = nil }), iana.AlertMissingExtension},
		{"a session ID", QUICInitial, hello(func(m *wire.ClientHello) { m.SessionID = make([]byte, 32) }), iana.AlertIllegalParameter},
		{"no application protocol", QUICInitial, hello(func(m *wire.ClientHello) { m.ALPN = nil }), iana.AlertNoApplicationProtocol},
		{"another application protocol", QUICInitial, hello(func(m *wire.ClientHello) { m.ALPN = []string{"h2"} }), iana.AlertNoApplicationProtocol},
		{"TLS 1.2", QUICInitial, hello(func(m *wire.ClientHello) { m.SupportedVersions = nil }), iana.AlertProtocolVersion},
		{"more behind the hello", QUICInitial, append(hello(nil), 20), iana.AlertUnexpectedMessage},
		{"a level that is not there yet", QUICHandshake, hello(nil), iana.AlertUnexpectedMessage},
		{"early data", QUICEarly, hello(nil), iana.AlertUnexpectedMessage},
		{"too much", QUICInitial, make([]byte, 262793), iana.AlertIllegalParameter},
		{"too long a message", QUICInitial, []byte{1, 0xff, 0xff, 0xff}, iana.AlertIllegalParameter},
		{"another message", QUICInitial, wire.AppendFinished(nil, make([]byte, 32)), iana.AlertUnexpectedMessage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := newOurQUIC(NewQUICServer(server, Params{}))
			err := q.Receive(tt.level, tt.data)
			if err == nil {
				_, err = q.advance()
			}
			if tt.alert == 0 {
				if err != nil {
					t.Error(err)
				}
				// An old level, when the next is in use.
				err = q.Receive(QUICInitial, []byte{0})
				tt.alert = iana.AlertUnexpectedMessage
			}
			code, ok := QUICErrorCode(err)
			if !ok || code != 0x100+uint64(tt.alert) {
				t.Errorf("%v: code %#x, want %v", err, code, tt.alert)
			}
			if again := q.Receive(QUICInitial, []byte{0}); again != err || q.Conn().Err() != err {
				t.Errorf("the failure does not last: %v", again)
			}
			if _, again := q.Advance(); again != err {
				t.Errorf("the failure does not last: %v", again)
			}
		})
	}

	// Servers that leave something out.
	for name, tt := range map[string]struct {
		ee    wire.EncryptedExtensions
		alert iana.AlertDescription
	}{
		"no transport parameters":      {wire.EncryptedExtensions{ALPN: "h3"}, iana.AlertMissingExtension},
		"no application protocol":      {wire.EncryptedExtensions{QUICTransportParameters: []byte{1}}, iana.AlertNoApplicationProtocol},
		"another application protocol": {wire.EncryptedExtensions{ALPN: "h2", QUICTransportParameters: []byte{1}}, alertOf(t, failure(KindBadALPN, ""))},
	} {
		t.Run(name, func(t *testing.T) {
			q := newOurQUIC(NewQUICClient(client, Params{}))
			s := quicServerScript(t, q)
			s.give(QUICInitial, wire.AppendServerHello(nil, s.answer))
			s.give(QUICHandshake, wire.AppendEncryptedExtensions(nil, &tt.ee))
			if code, ok := QUICErrorCode(s.err); !ok || code != 0x100+uint64(tt.alert) {
				t.Errorf("%v: %#x, want %v", s.err, code, tt.alert)
			}
		})
	}
	t.Run("data across levels", func(t *testing.T) {
		q := newOurQUIC(NewQUICClient(client, Params{}))
		s := quicServerScript(t, q)
		s.give(QUICInitial, append(wire.AppendServerHello(nil, s.answer), 8))
		if code, _ := QUICErrorCode(s.err); code != 0x100+uint64(iana.AlertUnexpectedMessage) {
			t.Errorf("%v", s.err)
		}
	})

	// Without QUIC its extension is an error (RFC 9001, section 8.2).
	s := newScript(t, NewServer(server, Params{}))
	m := s.clientHello()
	m.QUICTransportParameters = []byte{1}
	s.send(wire.AppendClientHello(nil, m))
	s.wantAlert(iana.AlertUnsupportedExtension)

	if code, ok := QUICErrorCode(AlertError(40)); ok {
		t.Errorf("code %#x for what the peer said", code)
	}
}

// TestQUICLongParameters: transport parameters that cannot be sent.
func TestQUICLongParameters(t *testing.T) {
	client := configOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
	server := serverOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
	for n, ok := range map[int]bool{4096: true, 4097: false, 1 << 16: false} {
		long := Params{QUICTransportParameters: make([]byte, n)}
		for _, p := range []*quicPair{
			{client: newOurQUIC(NewQUICClient(client, long)), server: newOurQUIC(NewQUICServer(server, Params{}))},
			{client: newOurQUIC(NewQUICClient(client, Params{})), server: newOurQUIC(NewQUICServer(server, long))},
		} {
			if cerr, serr := p.run(); (cerr == nil && serr == nil) != ok || ok && (!p.client.done() || !p.server.done()) {
				t.Errorf("%d bytes: %v, %v", n, cerr, serr)
			}
		}
	}
}

// quicScript is a server that gives a client of QUIC what a test says.
type quicScript struct {
	*ourQUIC
	answer *wire.ServerHello
	err    error
}

func quicServerScript(t *testing.T, q *ourQUIC) *quicScript {
	t.Helper()
	list, err := q.advance()
	if err != nil || len(list) != 1 || list[0].Kind != QUICCrypto || list[0].Level != QUICInitial {
		t.Fatalf("%v, %v", list, err)
	}
	var hello wire.ClientHello
	if err := wire.ParseClientHello(&hello, list[0].Data); err != nil {
		t.Fatal(err)
	}
	if len(hello.SessionID) > 0 || !slices.Equal(hello.SupportedVersions, []iana.ProtocolVersion{iana.VersionTLS13}) || hello.Has(iana.ExtRecordSizeLimit) || hello.Has(iana.ExtMaxFragmentLength) {
		t.Errorf("%+v", hello)
	}
	key, err := fixedKey()
	if err != nil {
		t.Fatal(err)
	}
	return &quicScript{ourQUIC: q, answer: &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Random: make([]byte, 32),
		CipherSuite: iana.TLS_AES_128_GCM_SHA256, KeyShare: wire.KeyShare{Group: iana.GroupX25519, Data: key.PublicKey().Bytes()}}}
}

func (s *quicScript) give(level QUICLevel, data []byte) {
	if s.err == nil {
		s.err = s.Receive(level, data)
	}
	if s.err == nil {
		_, s.err = s.advance()
	}
}

// TestQUICAfter: what may come after the handshake, and what must not.
func TestQUICAfter(t *testing.T) {
	client := configOf(t, func(s *Settings) { s.ALPN, s.Ask = []string{"h3"}, AskSession })
	server := serverOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
	ticket := func(early uint32) []byte {
		return wire.AppendNewSessionTicket13(nil, &wire.NewSessionTicket{Lifetime: 9, Ticket: []byte("t"), MaxEarlyData: early})
	}
	for name, tt := range map[string]struct {
		data  []byte
		alert iana.AlertDescription // 0: right
	}{
		"ticket":                         {ticket(0), 0},
		"ticket with early data":         {ticket(quicMaxEarlyData), 0},
		"ticket with some of early data": {ticket(1000), iana.AlertIllegalParameter},
		"KeyUpdate":                      {wire.AppendKeyUpdate(nil, false), iana.AlertUnexpectedMessage},
		"CertificateRequest": {wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{Context: []byte{1}, SignatureSchemes: allSchemes}),
			iana.AlertUnexpectedMessage},
	} {
		c := newOurQUIC(NewQUICClient(client, quicClientParams(Params{PostHandshakeAuth: true})))
		s := newOurQUIC(NewQUICServer(server, quicServerParams(Params{})))
		(&quicPair{client: c, server: s}).mustRun(t, false)
		err := c.Receive(QUICApplication, tt.data)
		if err == nil {
			_, err = c.advance()
		}
		if tt.alert == 0 {
			if err != nil || len(c.sessions) != 1 {
				t.Errorf("%s: %v, %d sessions", name, err, len(c.sessions))
			}
		} else if code, ok := QUICErrorCode(err); !ok || code != 0x100+uint64(tt.alert) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
