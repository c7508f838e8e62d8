package core

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"patina/core/iana"
)

// 0-RTT between two engines (RFC 8446, sections 2.3, 4.2.10 and 8).

// clock is a clock that tests set.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// earlyPeers are a client and a server that have met before.
type earlyPeers struct {
	clock          *clock
	client, server *Config
	session        *Session
	sparams        Params
}

// earlyPeersOf shakes hands once, so that there is a session with early data.
func earlyPeersOf(t testing.TB, change func(client, server *Settings)) *earlyPeers {
	t.Helper()
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &earlyPeers{clock: &clock{time.Now()}, sparams: Params{Tickets: 2, MaxEarlyData: 1000}}
	cs := Settings{Now: p.clock.Now, Groups: allGroups[1:], ALPN: []string{"one", "two"}, Ask: AskSession}
	ss := Settings{Now: p.clock.Now, Groups: allGroups[1:], ALPN: []string{"one"}, TicketKeys: keys,
		Credentials: []*Credential{identityOf(t, "p256").cred}, AntiReplay: NewStrikeRegister(100, p.clock.now)}
	if change != nil {
		change(&cs, &ss)
	}
	if p.client, err = NewConfig(cs); err != nil {
		t.Fatal(err)
	}
	if p.server, err = NewConfig(ss); err != nil {
		t.Fatal(err)
	}
	p.meet(t)
	return p
}

// meet makes a new session.
func (p *earlyPeers) meet(t testing.TB) {
	t.Helper()
	first := newPair(NewClient(p.client, Params{ServerName: "example.org"}), NewServer(p.server, p.sparams))
	first.mustHandshake(t)
	if len(first.client.sessions) == 0 || first.client.sessions[0].MaxEarlyData != p.sparams.MaxEarlyData {
		t.Fatalf("%d sessions", len(first.client.sessions))
	}
	p.session = first.client.sessions[0]
}

func (p *earlyPeers) pair() *pair {
	return newPair(NewClient(p.client, Params{ServerName: "example.org", Session: p.session}), NewServer(p.server, p.sparams))
}

// writeEarly writes all of msg.
func (p *pair) writeEarly(from *end, msg []byte) error {
	to, back := &p.toServer, &p.toClient
	if !from.IsClient() {
		to, back = back, to
	}
	_, err := from.advance(to, back, func() (Wait, error) {
		n, w, err := from.WriteEarly(msg)
		msg = msg[n:]
		return w, err
	})
	if err == nil && len(msg) > 0 {
		return fmt.Errorf("%d bytes left", len(msg))
	}
	return err
}

// readEarly reads what has come; done tells that there is no more.
func (p *pair) readEarly() (got []byte, done bool, err error) {
	var b [16]byte
	for {
		var n int
		w, err := p.server.advance(&p.toClient, &p.toServer, func() (w Wait, err error) {
			n, w, err = p.server.ReadEarly(b[:])
			return w, err
		})
		got = append(got, b[:n]...)
		if errors.Is(err, ErrNoEarlyData) {
			return got, true, nil
		}
		if w != WaitNone || err != nil {
			return got, false, err
		}
	}
}

func TestEarlyData(t *testing.T) {
	p := earlyPeersOf(t, nil).pair()
	msg := []byte("speak, friend, and enter: the doors of Durin")
	if err := p.writeEarly(p.client, msg[:20]); err != nil {
		t.Fatal(err)
	}
	if s := p.client.EarlyStatus(); s != EarlyOffered || p.client.EarlyLeft() != 980 {
		t.Errorf("status %v, %d left", s, p.client.EarlyLeft())
	}
	got, done, err := p.readEarly()
	if err != nil || done || string(got) != string(msg[:20]) {
		t.Fatalf("%q, done %v, %v", got, done, err)
	}
	if p.server.HandshakeComplete() || p.server.EarlyStatus() != EarlyAccepted || p.server.EarlyLeft() != 980 {
		t.Errorf("status %v, %d left", p.server.EarlyStatus(), p.server.EarlyLeft())
	}
	// The server answers before it knows that the client is there.
	if err := p.writeEarly(p.server, []byte("mellon")); err != nil {
		t.Fatal(err)
	}
	// More of it, while the server's flight is under way.
	if err := p.writeEarly(p.client, msg[20:]); err != nil {
		t.Fatal(err)
	}
	// A handshake does not pass over early data.
	if w, err := p.server.advance(&p.toClient, &p.toServer, func() (Wait, error) {
		if w, err := p.server.Handshake(); w != WaitEarlyData {
			return w, err
		}
		return WaitNone, nil
	}); w != WaitNone || err != nil || p.server.HandshakeComplete() {
		t.Fatal(w, err)
	}
	if got, done, err = p.readEarly(); err != nil || done || string(got) != string(msg[20:]) {
		t.Fatalf("%q, done %v, %v", got, done, err)
	}
	early, err := p.client.ExportEarlyKeyingMaterial("label", []byte("context"), 40)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := p.server.ExportEarlyKeyingMaterial("label", []byte("context"), 40); err != nil || !bytes.Equal(early, other) {
		t.Errorf("early exporters: %x, %x, %v", early, other, err)
	}
	if cerr, serr := p.handshake(); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if got, done, err = p.readEarly(); len(got) > 0 || !done || err != nil {
		t.Errorf("%q, done %v, %v", got, done, err)
	}
	var answer []byte
	if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &answer)); err != nil || string(answer) != "mellon" {
		t.Errorf("%q, %v", answer, err)
	}
	p.exchange(t)
	if !p.client.Resumed() || p.client.EarlyStatus() != EarlyAccepted || p.server.EarlyStatus() != EarlyAccepted {
		t.Errorf("resumed %v, %v, %v", p.client.Resumed(), p.client.EarlyStatus(), p.server.EarlyStatus())
	}
	if _, _, err := p.client.WriteEarly(msg); err != ErrEarlyData {
		t.Errorf("early data after the handshake: %v", err)
	}
	for _, label := range []string{labelEarlyTraffic, labelEarlyExporter} {
		if len(p.client.secrets[label]) == 0 || !bytes.Equal(p.client.secrets[label], p.server.secrets[label]) {
			t.Errorf("%s: %x, %x", label, p.client.secrets[label], p.server.secrets[label])
		}
	}
	if n := count(p.client.messages, ">change_cipher_spec"); n != 1 {
		t.Errorf("%d dummies: %v", n, p.client.messages)
	}
	if n := count(p.server.messages, "<end_of_early_data"); n != 1 {
		t.Errorf("%v", p.server.messages)
	}
}

// TestEarlyDataOffered: the hello offers early data and there is none.
func TestEarlyDataOffered(t *testing.T) {
	peers := earlyPeersOf(t, nil)
	for name, run := range map[string]func(p *pair){
		"handshake":  func(p *pair) {},
		"read early": func(p *pair) { p.client.advance(&p.toServer, &p.toClient, p.client.Handshake); p.readEarly() },
	} {
		peers.meet(t)
		p := newPair(NewClient(peers.client, Params{ServerName: "example.org", Session: peers.session, EarlyData: true}),
			NewServer(peers.server, peers.sparams))
		run(p)
		p.mustHandshake(t)
		if p.client.EarlyStatus() != EarlyAccepted {
			t.Errorf("%s: %v", name, p.client.EarlyStatus())
		}
	}
}

// TestEarlyDataRejected: each reason for which a server does not read early
// data. The client is told and sends it again.
func TestEarlyDataRejected(t *testing.T) {
	skews := map[string]time.Duration{"too old": -11 * time.Second, "too young": 11 * time.Second, "outside a window of its own": 1100 * time.Millisecond}
	twoSuites := []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_CHACHA20_POLY1305_SHA256}
	for _, tt := range []struct {
		name    string
		change  func(client, server *Settings)
		then    func(p *earlyPeers)
		resumed bool
	}{
		{"nobody keeps replays off", func(c, s *Settings) { s.AntiReplay = nil }, nil, true},
		{"none taken any more", nil, func(p *earlyPeers) { p.sparams.MaxEarlyData = 0 }, true},
		{"a ticket older than the register", nil, func(p *earlyPeers) {
			p.clock.now = p.clock.now.Add(time.Second)
			p.server = p.with(func(s *Settings) { s.AntiReplay = NewStrikeRegister(100, p.clock.now) })
		}, true},
		{"too old", nil, func(p *earlyPeers) { p.session = p.session.Clone(); p.session.AgeAdd -= 11000 }, true},
		{"too young", nil, func(p *earlyPeers) { p.session = p.session.Clone(); p.session.AgeAdd += 11000 }, true},
		{"outside a window of its own", nil, func(p *earlyPeers) {
			p.session = p.session.Clone()
			p.session.AgeAdd += 1100
			p.sparams.EarlyDataWindow = time.Second
		}, true},
		{"another protocol", nil, func(p *earlyPeers) { p.server = p.with(func(s *Settings) { s.ALPN = []string{"two"} }) }, true},
		{"another suite", func(c, s *Settings) { c.Suites, s.Suites = twoSuites, twoSuites[:1] }, func(p *earlyPeers) {
			p.server = p.with(func(s *Settings) { s.Suites = twoSuites[1:] })
		}, true},
		{"no session", nil, func(p *earlyPeers) {
			keys, _ := NewTicketKeys(nil)
			p.server = p.with(func(s *Settings) { s.TicketKeys = keys })
		}, false},
		{"retry", nil, func(p *earlyPeers) { p.server = p.with(func(s *Settings) { s.Groups = allGroups[4:] }) }, true},
		{"the owner says no", nil, func(p *earlyPeers) { p.server = p.with(func(s *Settings) { s.Ask = AskEarlyData }) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peers := earlyPeersOf(t, tt.change)
			if tt.then != nil {
				tt.then(peers)
			}
			p := peers.pair()
			p.server.custom = func(c *Conn, w Wait) (bool, error) {
				return w == WaitEarlyAccept, c.AnswerEarlyData(false)
			}
			for range 3 {
				if err := p.writeEarly(p.client, []byte("not to be read")); err != nil {
					t.Fatal(err)
				}
			}
			got, done, err := p.readEarly()
			if err != nil || len(got) > 0 || done == (tt.name == "retry") {
				t.Fatalf("%q, done %v: %v", got, done, err)
			}
			if cerr, serr := p.handshake(); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			if skew, want := p.server.TicketAgeSkew(), skews[tt.name]; skew != want {
				t.Errorf("the ticket's age differs by %v, want %v", skew, want)
			}
			if p.client.EarlyStatus() != EarlyRejected || p.server.EarlyStatus() != EarlyRejected || p.client.Resumed() != tt.resumed {
				t.Errorf("%v, %v, resumed %v", p.client.EarlyStatus(), p.server.EarlyStatus(), p.client.Resumed())
			}
			if _, _, err := p.client.WriteEarly([]byte("x")); err != ErrEarlyData {
				t.Errorf("early data after all: %v", err)
			}
			if _, err := p.server.ExportEarlyKeyingMaterial("label", nil, 4); err != ErrEarlyData {
				t.Errorf("early exporter of the server: %v", err)
			}
			p.exchange(t)
		})
	}
}

// with is the server's configuration, changed.
func (p *earlyPeers) with(change func(s *Settings)) *Config {
	s := p.server.Settings
	change(&s)
	cfg, err := NewConfig(s)
	if err != nil {
		panic(err)
	}
	return cfg
}

// TestEarlyDataAsked: the owner decides, later, and has been asked only where
// the protocol allows early data.
func TestEarlyDataAsked(t *testing.T) {
	peers := earlyPeersOf(t, func(c, s *Settings) { s.Ask, s.AntiReplay = AskEarlyData, nil })
	for range 2 { // an owner without anti-replay measures gets replays
		p := peers.pair()
		if err := p.writeEarly(p.client, []byte("early")); err != nil {
			t.Fatal(err)
		}
		step := func() (Wait, error) {
			_, w, err := p.server.ReadEarly(make([]byte, 10))
			return w, err
		}
		p.server.custom = func(c *Conn, w Wait) (bool, error) { return false, errors.New("asked") }
		for range 2 {
			if w, err := p.server.advance(&p.toClient, &p.toServer, step); w != WaitEarlyAccept || err == nil {
				t.Fatal(w, err)
			}
			if !p.server.Resumed() || p.server.Session() == nil || p.server.ALPN() != "one" {
				t.Error("the owner cannot see what it decides about")
			}
		}
		if err := p.client.AnswerEarlyData(true); err != ErrNoQuestion {
			t.Errorf("no question: %v", err)
		}
		if err := p.server.AnswerEarlyData(true); err != nil {
			t.Fatal(err)
		}
		if err := p.server.AnswerEarlyData(true); err != ErrNoQuestion {
			t.Errorf("twice: %v", err)
		}
		if got, done, err := p.readEarly(); string(got) != "early" || done || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		p.mustHandshake(t)
	}
}

// TestEarlyDataLimits: the client keeps to what its ticket allows; the server
// holds it to that and to its own limit, and skips no more than it must.
func TestEarlyDataLimits(t *testing.T) {
	peers := earlyPeersOf(t, nil)
	p := peers.pair()
	n, w, err := p.client.WriteEarly(make([]byte, 1001))
	if n != 1000 || w != WaitWrite || err != nil || p.client.EarlyLeft() != 0 {
		t.Fatalf("%d, %v, %v", n, w, err)
	}
	if _, w, err := p.client.WriteEarly([]byte("x")); w != WaitWrite || err != nil {
		t.Fatal(w, err)
	}
	if err := p.writeEarly(p.client, []byte("x")); err != ErrEarlyDataLimit {
		t.Fatalf("one byte more: %v", err)
	}
	if got, _, err := p.readEarly(); len(got) != 1000 || err != nil {
		t.Fatal(len(got), err)
	}
	p.mustHandshake(t)

	for name, limit := range map[string]uint32{"the ticket's": 0, "the server's": 999} {
		peers.meet(t)
		peers.sparams.EarlyDataLimit = limit
		if limit == 0 {
			// A client that has changed what its ticket says.
			peers.session = peers.session.Clone()
			peers.session.MaxEarlyData++
		}
		p = peers.pair()
		if err := p.writeEarly(p.client, make([]byte, 600)); err != nil {
			t.Fatal(err)
		}
		if err := p.writeEarly(p.client, make([]byte, min(p.client.EarlyLeft(), 1001-600))); err != nil {
			t.Fatal(err)
		}
		got, _, err := p.readEarly()
		if len(got) != 600 || err == nil || alertOf(t, err) != iana.AlertUnexpectedMessage {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		wantKind(t, err, KindTooMuchEarlyData)
		if n, w, err := p.server.Read(make([]byte, 10)); n > 0 || w != WaitNone || err == nil {
			t.Errorf("%s: what is too much can be read", name)
		}
	}

	// Rejected: in plaintext before a second hello, and undecipherable.
	for _, retry := range []bool{false, true} {
		peers = earlyPeersOf(t, nil)
		peers.session = peers.session.Clone()
		peers.session.MaxEarlyData = 1 << 30
		peers.server = peers.with(func(s *Settings) {
			s.AntiReplay = nil
			if retry {
				s.Groups = allGroups[4:]
			}
		})
		for _, over := range []bool{false, true} {
			p = peers.pair()
			const most = earlySkipFactor * DefaultEarlyDataLimit
			left := most
			for left > 22 {
				n := min(left-22, 1000)
				if err := p.writeEarly(p.client, make([]byte, n)); err != nil {
					t.Fatal(err)
				}
				left -= n + 22
			}
			if over {
				if err := p.writeEarly(p.client, make([]byte, 30)); err != nil {
					t.Fatal(err)
				}
			}
			cerr, serr := p.handshake()
			if !over {
				if cerr != nil || serr != nil {
					t.Errorf("retry %v: %v, %v", retry, cerr, serr)
				}
				continue
			}
			wantKind(t, serr, KindTooMuchEarlyData)
			if cerr != AlertError(iana.AlertUnexpectedMessage) {
				t.Errorf("retry %v: the client: %v", retry, cerr)
			}
		}
	}
}

// TestEarlyDataImpossible: sessions that early data cannot be written with.
func TestEarlyDataImpossible(t *testing.T) {
	peers := earlyPeersOf(t, nil)
	for name, change := range map[string]func(s *Settings, p *Params){
		"no session":       func(s *Settings, p *Params) { p.Session = nil },
		"not allowed":      func(s *Settings, p *Params) { p.Session.MaxEarlyData = 0 },
		"another name":     func(s *Settings, p *Params) { p.ServerName = "localhost" },
		"another protocol": func(s *Settings, p *Params) { s.ALPN = []string{"two"} },
		"another suite":    func(s *Settings, p *Params) { s.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256} },
		"another version":  func(s *Settings, p *Params) { p.MaxVersion = iana.VersionTLS12 },
		"expired":          func(s *Settings, p *Params) { p.Session.Created -= 10 * 24 * 3600 },
	} {
		s, params := peers.client.Settings, Params{ServerName: "example.org", Session: peers.session.Clone()}
		change(&s, &params)
		cfg, err := NewConfig(s)
		if err != nil {
			t.Fatal(err)
		}
		p := newPair(NewClient(cfg, params), NewServer(peers.with(func(s *Settings) { s.ALPN = nil }), peers.sparams))
		if err := p.writeEarly(p.client, []byte("x")); err != ErrEarlyData || p.client.Started() {
			t.Errorf("%s: %v, started %v", name, err, p.client.Started())
		}
		p.mustHandshake(t)
		if p.client.EarlyStatus() != EarlyNone || p.server.EarlyStatus() != EarlyNone {
			t.Errorf("%s: %v", name, p.client.EarlyStatus())
		}
		if _, err := p.client.ExportEarlyKeyingMaterial("label", nil, 4); err != ErrEarlyData {
			t.Errorf("%s: early exporter: %v", name, err)
		}
	}
}

// TestEarlyOperationsElsewhere: ReadEarly and WriteEarly where there is no
// early data at all.
func TestEarlyOperationsElsewhere(t *testing.T) {
	for _, v := range bothVersions {
		p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v}), NewServer(serverOf(t, nil), Params{}))
		if _, _, err := p.client.ReadEarly(nil); err != ErrNoEarlyData {
			t.Errorf("%v, client: %v", v, err)
		}
		p.client.advance(&p.toServer, &p.toClient, p.client.Handshake)
		got, done, err := p.readEarly()
		if len(got) > 0 || done != (v == iana.VersionTLS13) || err != nil {
			t.Errorf("%v: %q, %v, %v", v, got, done, err)
		}
		if v == iana.VersionTLS13 {
			if err := p.writeEarly(p.server, []byte("half a round trip")); err != nil {
				t.Error(err)
			}
		}
		if cerr, serr := p.handshake(); cerr != nil || serr != nil {
			t.Fatal(cerr, serr)
		}
		if v == iana.VersionTLS13 {
			var half []byte
			if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &half)); string(half) != "half a round trip" || err != nil {
				t.Errorf("%q, %v", half, err)
			}
		}
		if got, done, err = p.readEarly(); len(got) > 0 || !done || err != nil {
			t.Errorf("%v: %q, %v, %v", v, got, done, err)
		}
		p.exchange(t)
		if err := p.writeEarly(p.server, []byte("late")); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
}

// TestEarlySkippedLimit: however large the limit is, what is skipped is counted
// without overflow, also where an int has 32 bits.
func TestEarlySkippedLimit(t *testing.T) {
	for limit, want := range map[uint32]int{1000: 2001, 1<<30 - 1: 2147483647, 1<<32 - 1: 2147483647} {
		c := NewServer(serverOf(t, nil), Params{EarlyDataLimit: limit})
		if got := c.earlySkipped(); got != want {
			t.Errorf("%d: %d, want %d", limit, got, want)
		}
	}
}
