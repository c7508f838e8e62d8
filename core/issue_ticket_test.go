package core

import (
	"testing"

	"patina/core/iana"
)

// TestIssueTicket: tickets after the handshake, sealed by the engine, by the
// owner and stateful; each of them resumes.
func TestIssueTicket(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed := map[string]*Session{}
	owner := func(c *Conn, w Wait) (bool, error) {
		switch w {
		case WaitTicketSeal:
			name := string(rune('a' + len(sealed)))
			sealed[name] = c.NewSession()
			return true, c.AnswerSealed([]byte(name), 100)
		case WaitTicketOpen:
			return true, c.AnswerTicket(sealed[string(c.Ticket())], false)
		case WaitSessionStore:
			sealed[string(c.NewSession().ID)] = c.NewSession()
			return true, c.AnswerStored(true)
		case WaitSessionLookup:
			return true, c.AnswerSession(sealed[string(c.SessionID())])
		}
		return false, nil
	}
	for name, x := range map[string]struct {
		set    func(s *Settings)
		params Params
		custom func(c *Conn, w Wait) (bool, error)
	}{
		"sealed by the engine": {func(s *Settings) { s.TicketKeys = keys }, Params{}, nil},
		"sealed by the owner":  {func(s *Settings) { s.Ask = AskTicket }, Params{}, owner},
		"stateful":             {func(s *Settings) { s.Ask = AskSession }, Params{NoTickets: true}, owner},
	} {
		t.Run(name, func(t *testing.T) {
			clear(sealed)
			x.params.SessionLifetime = 100
			client := configOf(t, func(s *Settings) { s.Ask = AskSession })
			server := serverOf(t, x.set)
			p := newPair(NewClient(client, only13(Params{})), NewServer(server, only13(x.params)))
			p.server.custom = x.custom
			if err := p.server.IssueTicket(); err != ErrHandshake {
				t.Errorf("before the handshake: %v", err)
			}
			p.mustHandshake(t)
			if err := p.client.IssueTicket(); err != ErrHandshake {
				t.Errorf("on a client: %v", err)
			}
			for n := 1; n <= 3; n++ {
				for range n { // the second is asked for while the first waits
					if err := p.server.IssueTicket(); err != nil {
						t.Fatal(err)
					}
				}
				p.exchange(t)
				if want := n * (n + 1) / 2; len(p.client.sessions) != want {
					t.Fatalf("%d tickets, want %d", len(p.client.sessions), want)
				}
			}
			nonce := map[string]bool{}
			for _, s := range p.client.sessions {
				nonce[string(s.Secret)] = true
				again := newPair(NewClient(client, only13(Params{Session: s})), NewServer(server, only13(x.params)))
				again.server.custom = x.custom
				again.mustHandshake(t)
				if !again.server.Resumed() {
					t.Error("not resumed")
				}
				if err := again.server.IssueTicket(); err != nil {
					t.Fatal(err)
				}
				if again.exchange(t); len(again.client.sessions) != 1 {
					t.Errorf("%d tickets after a resumption", len(again.client.sessions))
				}
			}
			if len(nonce) != len(p.client.sessions) {
				t.Error("two tickets have the same secret")
			}
			if _, err := p.server.CloseNotify(); err != nil {
				t.Fatal(err)
			}
			if err := p.server.IssueTicket(); err != ErrClosed {
				t.Errorf("after CloseNotify: %v", err)
			}
		})
	}
	// A handshake that would have issued none, and TLS 1.2.
	p := newPair(NewClient(configOf(t, func(s *Settings) { s.Ask = AskSession }), only13(Params{})), NewServer(serverOf(t, nil), only13(Params{Tickets: 2})))
	p.mustHandshake(t)
	if err := p.server.IssueTicket(); err != nil {
		t.Fatal(err)
	}
	if p.exchange(t); len(p.client.sessions) != 0 || count(p.server.messages, ">new_session_ticket") != 0 {
		t.Error("a ticket that nobody can open")
	}
	p = newPair(NewClient(configOf(t, nil), only12(Params{})), NewServer(serverOf(t, nil), only12(Params{})))
	p.mustHandshake(t)
	if err := p.server.IssueTicket(); err != ErrHandshake {
		t.Errorf("TLS 1.2: %v", err)
	}
}

// TestIssueTicketMidMessage: a part of a message that has been received stays
// when a ticket is issued.
func TestIssueTicketMidMessage(t *testing.T) {
	s := established13Of(t, false)
	update := []byte{byte(iana.TypeKeyUpdate), 0, 0, 1, 0}
	s.record(iana.ContentHandshake, update[:3])
	if s.run(); s.err != nil {
		t.Fatal(s.err)
	}
	if err := s.engine.IssueTicket(); err != nil {
		t.Fatal(err)
	}
	before := s.engine.in.secret
	s.record(iana.ContentHandshake, update[3:])
	if s.run(); s.err != nil || s.engine.in.secret == before {
		t.Fatalf("the KeyUpdate has been lost: %v", s.err)
	}
}

// TestAskEmptyTicket: a TLS 1.2 client that has no ticket is asked about, and its
// session ID still is.
func TestAskEmptyTicket(t *testing.T) {
	for _, ask := range []Ask{AskTicket | AskSession, AskTicket | AskSession | AskEmptyTicket} {
		server := serverOf(t, func(s *Settings) { s.Ask = ask })
		var asked []Wait
		p := newPair(NewClient(configOf(t, nil), only12(Params{Session: &Session{Version: iana.VersionTLS12,
			Suite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Secret: make([]byte, 48), ID: []byte("id"), Lifetime: 1 << 30,
			Created: 1 << 33, EMS: true}})), NewServer(server, only12(Params{})))
		p.server.custom = func(c *Conn, w Wait) (bool, error) {
			asked = append(asked, w)
			switch w {
			case WaitTicketOpen:
				// A session is not believed where there was no ticket.
				return true, c.AnswerTicket(&Session{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
					Secret: make([]byte, 48), Lifetime: 1 << 30, Created: c.cfg.Now().Unix(), EMS: true}, true)
			case WaitSessionLookup:
				return true, c.AnswerSession(nil)
			case WaitTicketSeal:
				return true, c.AnswerSealed([]byte("ticket"), 100)
			}
			return false, nil
		}
		p.mustHandshake(t)
		opened := 0
		for _, w := range asked {
			if w == WaitTicketOpen {
				opened++
			}
		}
		if want := int(ask & AskEmptyTicket / AskEmptyTicket); opened != want || p.server.Resumed() {
			t.Errorf("asked %v, resumed %v", asked, p.server.Resumed())
		}
	}
}
