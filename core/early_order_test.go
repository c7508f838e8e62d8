package core

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// What peers may not do with early data.

// scriptSession is a session a script knows.
func scriptSession() *Session {
	return &Session{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Secret: bytes.Repeat([]byte{5}, 32),
		Ticket: []byte("ticket"), Created: time.Now().Unix(), Lifetime: 100, MaxEarlyData: 100, ALPN: "one"}
}

// TestEarlyAnswers: servers that answer a client's early data wrongly.
func TestEarlyAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		hello  func(m *wire.ServerHello)
		ee     wire.EncryptedExtensions
		before func(p *Params) // the client
		want   iana.AlertDescription
	}{
		{"without its PSK", func(m *wire.ServerHello) { m.SelectsPSK = false }, wire.EncryptedExtensions{EarlyData: true, ALPN: "one"}, nil, iana.AlertIllegalParameter},
		{"with the second PSK", func(m *wire.ServerHello) { m.SelectedPSK = 1 }, wire.EncryptedExtensions{EarlyData: true, ALPN: "one"},
			func(p *Params) { p.PSKs = []*PSK{{Identity: []byte("x"), Key: scriptSession().Secret}} }, iana.AlertIllegalParameter},
		{"another protocol", nil, wire.EncryptedExtensions{EarlyData: true, ALPN: "two"}, nil, iana.AlertIllegalParameter},
		{"no protocol", nil, wire.EncryptedExtensions{EarlyData: true}, nil, iana.AlertIllegalParameter},
		{"not offered", nil, wire.EncryptedExtensions{EarlyData: true, ALPN: "one"}, func(p *Params) { p.EarlyData = false }, iana.AlertUnsupportedExtension},
		{"another version", func(m *wire.ServerHello) {
			m.Version, m.KeyShare, m.SelectsPSK = iana.VersionTLS12, wire.KeyShare{}, false
		},
			wire.EncryptedExtensions{}, func(p *Params) { p.MinVersion = 0 }, iana.AlertProtocolVersion},
		{"another suite", func(m *wire.ServerHello) { m.CipherSuite = iana.TLS_AES_128_GCM_SHA256 }, wire.EncryptedExtensions{EarlyData: true, ALPN: "one"},
			func(p *Params) {
				p.Session = p.Session.Clone()
				p.Session.Suite = iana.TLS_CHACHA20_POLY1305_SHA256
			}, iana.AlertIllegalParameter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := only13(Params{Session: scriptSession(), EarlyData: true})
			if tt.before != nil {
				tt.before(&params)
			}
			s := newScript(t, NewClient(configOf(t, func(s *Settings) { s.ALPN = []string{"one", "two"} }), params))
			m := s.serverHello()
			m.SelectsPSK = true
			if tt.hello != nil {
				tt.hello(m)
			}
			s.out.Reset() // what follows the hello is early
			s.send(wire.AppendServerHello(nil, m))
			var psk []byte
			if m.SelectsPSK {
				psk = scriptSession().Secret
			}
			if m.Version == iana.VersionTLS13 {
				for _, share := range s.hello.KeyShares {
					if share.Group == iana.GroupX25519 {
						s.handshakeKeys(share.Data, psk)
					}
				}
				s.send(wire.AppendEncryptedExtensions(nil, &tt.ee))
			}
			s.run()
			if s.err == nil || alertOf(t, s.err) != tt.want {
				t.Errorf("%v", s.err)
			}
		})
	}
}

// earlyServer is a server whose early data the script sends: its flight has been
// taken, its keys for reading are those of early data.
func earlyServerOf(t *testing.T) *script {
	t.Helper()
	session := scriptSession()
	session.ALPN, session.ServerName = "", "example.org"
	cfg := serverOf(t, func(s *Settings) { s.Ask = AskTicket | AskEarlyData })
	s := newScript(t, NewServer(cfg, Params{MaxEarlyData: 100, Tickets: 0}))
	s.engine.custom = func(c *Conn, w Wait) (bool, error) {
		switch w {
		case WaitTicketOpen:
			return true, c.AnswerTicket(session, false)
		case WaitEarlyAccept:
			return true, c.AnswerEarlyData(true)
		}
		return false, nil
	}
	m := s.clientHello()
	m.EarlyData = true
	m.Identities = []wire.PSKIdentity{{Identity: []byte("ticket"), ObfuscatedAge: session.ageMilli(cfg)}}
	m.Binders = [][]byte{make([]byte, 32)}
	raw := wire.AppendClientHello(nil, m)
	sum := sha256.Sum256(raw[:len(raw)-m.BindersLen()])
	c := &Conn{cfg: configOf(t, nil), hs: new(handshake)}
	m.Binders[0] = c.binder(nil, presharedKey{session: session}, sum[:])
	m.PatchBinders(raw)
	s.send(raw)
	sum = sha256.Sum256(raw)
	secret := keys.NewEarly(&s.kdf, session.Secret)
	early := secret.ClientTraffic(&s.kdf, sum[:])
	s.run()
	if err := wire.ParseServerHello(&s.server, s.mustRecv(iana.TypeServerHello), m.Set); err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
	s.handshakeKeys(s.server.KeyShare.Data, session.Secret)
	var ee wire.EncryptedExtensions
	if err := wire.ParseEncryptedExtensions(&ee, s.mustRecv(iana.TypeEncryptedExtensions), m.Set); err != nil || !ee.EarlyData {
		t.Fatal(err, ee)
	}
	s.mustRecv(iana.TypeFinished)
	s.masterKeys()
	s.protect(&s.opener, &s.app)
	s.protect(&s.sealer, &early)
	return s
}

// TestEarlyOrder: what a client may send in its early data, and after it.
func TestEarlyOrder(t *testing.T) {
	end := wire.AppendEmpty(nil, iana.TypeEndOfEarlyData)
	for _, tt := range []struct {
		name string
		send func(s *script)
		want iana.AlertDescription
	}{
		{"Finished instead of the end", func(s *script) { s.send(s.finished()) }, iana.AlertUnexpectedMessage},
		{"a KeyUpdate", func(s *script) { s.send(wire.AppendKeyUpdate(nil, false)) }, iana.AlertUnexpectedMessage},
		{"an end with content", func(s *script) { s.send([]byte{byte(iana.TypeEndOfEarlyData), 0, 0, 1, 0}) }, iana.AlertDecodeError},
		{"the end and more in its record", func(s *script) { s.record(iana.ContentHandshake, append(bytes.Clone(end), 20)) }, iana.AlertUnexpectedMessage},
		{"no end, other keys", func(s *script) { s.protect(&s.sealer, &s.own); s.send(s.finished()) }, iana.AlertBadRecordMAC},
		{"data inside the end", func(s *script) {
			s.record(iana.ContentHandshake, end[:2])
			s.record(iana.ContentApplicationData, []byte("x"))
		}, iana.AlertUnexpectedMessage},
		{"data after the end", func(s *script) { s.send(end); s.record(iana.ContentApplicationData, []byte("x")) }, iana.AlertBadRecordMAC},
		{"data under the handshake's keys", func(s *script) {
			s.send(end)
			s.protect(&s.sealer, &s.own)
			s.record(iana.ContentApplicationData, []byte("x"))
		}, iana.AlertUnexpectedMessage},
		{"a second end", func(s *script) {
			s.send(end)
			s.protect(&s.sealer, &s.own)
			s.send(end)
		}, iana.AlertUnexpectedMessage},
		{"a Finished that leaves the end out", func(s *script) {
			f := s.finished()
			s.send(end)
			s.protect(&s.sealer, &s.own)
			s.send(f)
		}, iana.AlertDecryptError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := earlyServerOf(t)
			tt.send(s)
			s.wantAlert(tt.want)
		})
	}
	// And right.
	s := earlyServerOf(t)
	s.send(end)
	s.protect(&s.sealer, &s.own)
	s.send(s.finished())
	if s.run(); s.err != nil || !s.engine.HandshakeComplete() {
		t.Errorf("%v", s.err)
	}
}
