package ossl

import (
	"bytes"
	"encoding/hex"
	"testing"

	"patina/core"
	"patina/core/iana"
)

// TestSessionEncoding reads sessions that OpenSSL has written and writes the
// same bytes.
func TestSessionEncoding(t *testing.T) {
	for _, l := range goldenLines(t, "sessions.txt", 1) {
		der, err := hex.DecodeString(l[0])
		if err != nil {
			t.Fatal(err)
		}
		s, rest, err := UnmarshalSession(append(der, 1, 2))
		if err != nil || !bytes.Equal(rest, []byte{1, 2}) {
			t.Fatalf("%s: %v, rest %x", l[0], err, rest)
		}
		if s.Time() != now().Unix() && s.Timeout() != missingTimeout {
			if got := s.Marshal(); !bytes.Equal(got, der) {
				t.Errorf("got  %x\nwant %x", got, der)
			}
		}
		for n := range der {
			if _, _, err := UnmarshalSession(der[:n]); err == nil {
				t.Fatalf("%d of %d bytes are taken for a session", n, len(der))
			}
		}
	}
}

func testSession() *Session {
	return sessionFromEngine(&core.Session{
		Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Group: iana.GroupX25519,
		Secret: bytes.Repeat([]byte{3}, 32), ID: bytes.Repeat([]byte{4}, 32), Created: now().Unix(), CreatedMilli: 5,
		AgeAdd: 0xfffefdfc, ServerName: "a.example", ALPN: "h2", Context: []byte("ctx"), AppData: []byte("data"), Lifetime: 7200,
		VerifyResult: 18,
	}, false, 7200)
}

func TestTicket(t *testing.T) {
	c, err := NewCtx(MethodTLS)
	if err != nil {
		t.Fatal(err)
	}
	s := testSession()
	ticket := c.sealTicket(s)
	got, status := c.openTicket(ticket)
	if status != ticketGood {
		t.Fatal(status)
	}
	want := s.Dup()
	if !bytes.Equal(got.Marshal(), want.Marshal()) || got.data.Load().AgeAdd != 0xfffefdfc {
		t.Errorf("got %x\nwant %x", got.Marshal(), want.Marshal())
	}
	old := s.Dup()
	old.SetProtocolVersion(iana.VersionTLS12)
	if got, _ := c.openTicket(c.sealTicket(old)); len(got.ID()) != 0 {
		t.Error("a ticket of TLS 1.2 has the session's ID in it")
	}
	for i := range ticket {
		bad := bytes.Clone(ticket)
		bad[i] ^= 1
		if _, status := c.openTicket(bad); status != ticketNone {
			t.Errorf("byte %d changed: %v", i, status)
		}
		if _, status := c.openTicket(ticket[:i]); status != ticketNone {
			t.Errorf("%d bytes: %v", i, status)
		}
	}
	// Another server with the same keys opens it, one with others does not.
	d, _ := NewCtx(MethodTLS)
	if _, status := d.openTicket(ticket); status != ticketNone {
		t.Error("opened with foreign keys")
	}
	keys := make([]byte, TicketKeysSize)
	if err := c.TicketKeys(keys); err != nil {
		t.Fatal(err)
	}
	if err := d.SetTicketKeys(keys); err != nil {
		t.Fatal(err)
	}
	if _, status := d.openTicket(ticket); status != ticketGood {
		t.Error("not opened with the same keys")
	}
	if d.SetTicketKeys(keys[1:]) == nil || d.TicketKeys(keys[1:]) == nil {
		t.Error("keys of a wrong length are taken")
	}
}

func cacheSession(id byte, timeout int64) *Session {
	s := testSession()
	s.SetID([]byte{id, 1})
	s.SetTimeout(timeout)
	return s
}

func TestSessionCache(t *testing.T) {
	c, _ := NewCtx(MethodTLS)
	c.change(func(s *snapshot) { s.cacheSize = 4 })
	var all []*Session
	for i := range byte(5) {
		s := cacheSession(i, 100)
		all = append(all, s)
		if added, removed := c.AddSession(s); !added || (len(removed) == 1) != (i >= 3) {
			t.Fatalf("%d: %v %v", i, added, removed)
		}
	}
	if added, _ := c.AddSession(all[4]); added {
		t.Error("added twice")
	}
	if n, full := c.sessions.count.Load(), c.sessions.stats.cacheFull.Load(); n != 3 || full != 2 {
		t.Errorf("%d sessions, full %d times", n, full)
	}
	for i, s := range all {
		if got := c.lookupInternal(s.ID()); (got == s) != (i >= 2) || s.IsResumable() != (i >= 2) {
			t.Errorf("%d: %v", i, got)
		}
	}
	if c.sessions.stats.misses.Load() != 2 {
		t.Error("misses:", c.sessions.stats.misses.Load())
	}
	// One of the same ID replaces.
	twin := cacheSession(4, 100)
	if added, removed := c.AddSession(twin); !added || len(removed) != 0 || c.lookupInternal(twin.ID()) != twin {
		t.Error("not replaced")
	}
	if !c.RemoveSession(twin) || c.RemoveSession(twin) || twin.IsResumable() {
		t.Error("not removed once")
	}
	all[2].SetTimeout(-1)
	if r := c.FlushSessions(now().Unix()); len(r) != 1 || r[0] != all[2] {
		t.Errorf("flushed %v", r)
	}
	if r := c.FlushSessions(0); len(r) != 1 || r[0] != all[3] || c.sessions.count.Load() != 0 {
		t.Errorf("flushed %v", r)
	}
	// No limit.
	c.change(func(s *snapshot) { s.cacheSize = 0 })
	for i := range byte(100) {
		c.AddSession(cacheSession(i, 1))
	}
	if c.sessions.count.Load() != 100 {
		t.Error(c.sessions.count.Load())
	}
}

func TestAcceptSession(t *testing.T) {
	c, _ := NewCtx(MethodTLS)
	s := testSession()
	if ok, _, err := c.acceptSession(s, []byte("other"), 0); ok || err != nil {
		t.Error("a foreign context is accepted")
	}
	if ok, _, err := c.acceptSession(s, []byte("ctx"), verifyPeer); !ok || err != nil {
		t.Error(ok, err)
	}
	s.SetIDContext(nil)
	if ok, _, err := c.acceptSession(s, nil, verifyPeer); ok || err == nil {
		t.Error("no context with verification is accepted")
	}
	if ok, _, err := c.acceptSession(s, nil, 0); !ok || err != nil {
		t.Error(ok, err)
	}
	s.SetTime(now().Unix() - 7201)
	if ok, expired, _ := c.acceptSession(s, nil, 0); ok || !expired {
		t.Error("an old session is accepted")
	}
}

// A program that ends a connection as curl does, SSL_shutdown, SSL_set_connect_state, SSL_free, keeps the session; one
// that breaks off does not.
func TestSessionSurvivesSetConnectState(t *testing.T) {
	for _, shutDown := range []bool{true, false} {
		p := newPair(t, nil)
		p.mustHandshake(t)
		for range 2 {
			p.client.run(OpRead, make([]byte, 1), 0) // TLS 1.3 tickets
		}
		session := p.client.ssl.Session()
		if session == nil || !session.IsResumable() {
			t.Fatal("no session that can be resumed")
		}
		if shutDown {
			p.client.run(OpShutdown, nil, 0)
			p.client.ssl.SetConnectState()
		}
		p.client.ssl.ClearBadSession()
		p.client.ssl.Free()
		if session.IsResumable() != shutDown {
			t.Errorf("shut down: %v; resumable afterwards: %v", shutDown, session.IsResumable())
		}
	}
}
