package core

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"
)

func check(n int, start, now time.Time) ReplayCheck {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return ReplayCheck{ID: sha256.Sum256(b[:]), Created: start, Now: now, Until: now.Add(DefaultEarlyDataWindow)}
}

func TestStrikeRegister(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	r := NewStrikeRegister(1000, start)
	now := start.Add(time.Second)
	for n := range 500 {
		if !r.First(check(n, start, now)) {
			t.Fatalf("%d is new and turned down", n)
		}
	}
	for n := range 500 {
		if r.First(check(n, start, now)) {
			t.Fatalf("%d twice", n)
		}
	}
	// As long as a hello can be accepted, it is known: at every moment of the
	// window, wherever the spans begin.
	for at := time.Duration(0); at < 2*strikeSpan; at += time.Second {
		r := NewStrikeRegister(1000, start)
		sent := start.Add(at)
		if !r.First(check(1, start, sent.Add(-DefaultEarlyDataWindow))) {
			t.Fatal(at)
		}
		for d := -DefaultEarlyDataWindow; d <= DefaultEarlyDataWindow; d += time.Second / 2 {
			if r.First(check(1, start, sent.Add(d))) {
				t.Fatalf("sent at %v, replayed %v later", at, d)
			}
		}
	}
	// Old ones are forgotten, all at once or one span after the other.
	if !r.First(check(1, start, now.Add(2*strikeSpan))) || !r.First(check(1, start, now.Add(10*strikeSpan))) {
		t.Error("nothing is forgotten")
	}
	// The clock goes back.
	if r.First(check(2, start, now)) {
		t.Error("accepted in a span that is gone")
	}
	// Tickets of before.
	if r.First(check(3, start.Add(-time.Millisecond), now.Add(20*strikeSpan))) {
		t.Error("accepted with a ticket older than the register")
	}
	// A window longer than the register knows of.
	late := check(4, start, now.Add(20*strikeSpan))
	if late.Until = late.Now.Add(strikeSpan + 1); r.First(late) {
		t.Error("accepted, and not known long enough")
	}
	if zero := (ReplayCheck{Created: start, Now: now.Add(30 * strikeSpan)}); !r.First(zero) || r.First(zero) {
		t.Error("the ID zero")
	}
}

// TestStrikeRegisterFull: a full register accepts nothing, and grows no more.
func TestStrikeRegisterFull(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	r := NewStrikeRegister(1, start)
	places := 0
	for i := range r.shards {
		places += len(r.shards[i].now)
	}
	if places != 2*minStrikes {
		t.Errorf("%d places", places)
	}
	accepted := 0
	for n := range 100 * minStrikes {
		if r.First(check(n, start, start)) {
			accepted++
		}
	}
	if accepted < minStrikes/2 || accepted > minStrikes {
		t.Errorf("%d accepted", accepted)
	}
	if !r.First(check(-1, start, start.Add(strikeSpan))) {
		t.Error("full in the next span too")
	}
	if n := testing.AllocsPerRun(100, func() { r.First(check(7, start, start)) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestEarlyDataReplay: the bytes of a client, sent again to a server with the
// same register, are not read a second time; with a ticket that the owner has
// taken out of its cache, there is not even a resumption.
func TestEarlyDataReplay(t *testing.T) {
	for _, single := range []bool{false, true} {
		cache := map[string]*Session{}
		peers := earlyPeersOf(t, func(c, s *Settings) {
			if single {
				s.Ask, s.AntiReplay = AskSession|AskEarlyData, nil
			}
		})
		take := func(e *end) {
			e.custom = func(c *Conn, w Wait) (bool, error) {
				switch w {
				case WaitSessionStore:
					cache[string(c.NewSession().ID)] = c.NewSession()
				case WaitSessionLookup:
					s := cache[string(c.SessionID())]
					delete(cache, string(c.SessionID()))
					return true, c.AnswerSession(s)
				case WaitEarlyAccept:
					return true, c.AnswerEarlyData(true)
				}
				return false, nil
			}
		}
		if single {
			peers.sparams.NoTickets = true
			first := newPair(NewClient(peers.client, Params{ServerName: "example.org"}), NewServer(peers.server, peers.sparams))
			take(first.server)
			first.mustHandshake(t)
			peers.session = first.client.sessions[0]
		}
		p := peers.pair()
		take(p.server)
		if err := p.writeEarly(p.client, []byte("pay a hundred")); err != nil {
			t.Fatal(err)
		}
		sent := bytes.Clone(p.toServer.Bytes())
		if got, _, err := p.readEarly(); string(got) != "pay a hundred" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		again := peers.pair()
		take(again.server)
		again.toServer.Write(sent)
		if got, done, err := again.readEarly(); len(got) > 0 || !done || err != nil {
			t.Errorf("single use %v: replayed: %q, %v", single, got, err)
		}
		if again.server.Resumed() == single {
			t.Errorf("single use %v: resumed %v", single, again.server.Resumed())
		}
		p.mustHandshake(t)
	}
}

func BenchmarkStrikeRegister(b *testing.B) {
	start := time.Unix(1_700_000_000, 0)
	r := NewStrikeRegister(1<<20, start)
	b.RunParallel(func(pb *testing.PB) {
		c := check(1, start, start)
		for n := uint64(0); pb.Next(); n++ {
			binary.BigEndian.PutUint64(c.ID[:], n*0x9e3779b97f4a7c15)
			c.ID[31] = byte(n)
			r.First(c)
		}
	})
}
