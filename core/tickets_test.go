package core

import (
	"bytes"
	"crypto/rand"
	"reflect"
	"sync"
	"testing"
	"time"

	"patina/core/iana"
)

func fullSession() *Session {
	return &Session{
		Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Group: iana.GroupX25519,
		Secret: bytes.Repeat([]byte{1}, 32), ID: bytes.Repeat([]byte{2}, 32), Ticket: []byte("ticket"),
		Lifetime: 7200, Created: 1234567890, CreatedMilli: 999, AgeAdd: 0xdeadbeef, MaxEarlyData: 5, EMS: true,
		ServerName: "example.org", ALPN: "h2", PeerChain: [][]byte{[]byte("one"), []byte("two")},
		VerifyResult: -3, Context: []byte("context"), AppData: []byte("app"),
		PeerStaple: []byte("staple"), PeerSCTs: [][]byte{[]byte("sct"), []byte("other")},
	}
}

func TestSessionEncoding(t *testing.T) {
	small := &Session{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, Secret: make([]byte, 48)}
	for _, s := range []*Session{fullSession(), small} {
		b, err := s.AppendBinary([]byte("before"))
		if err != nil || string(b[:6]) != "before" {
			t.Fatal(err)
		}
		b = b[6:]
		got, err := DecodeSession(b)
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v, want %+v: %v", got, s, err)
		}
		for i := range b {
			if _, err := DecodeSession(b[:i]); err == nil {
				t.Errorf("%d of %d bytes decode", i, len(b))
			}
		}
		if _, err := DecodeSession(append(bytes.Clone(b), 0)); err == nil {
			t.Error("a byte too many decodes")
		}
	}
	for name, change := range map[string]func(s *Session){
		"secret":  func(s *Session) { s.Secret = s.Secret[1:] },
		"suite":   func(s *Session) { s.Suite = 1 },
		"version": func(s *Session) { s.Version = iana.VersionTLS12 },
		"ID":      func(s *Session) { s.ID = make([]byte, 33) },
	} {
		s := fullSession()
		change(s)
		b, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeSession(b); err != ErrSessionEncoding {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := fullSession()
	s.AppData = make([]byte, 1<<16)
	if _, err := s.AppendBinary(nil); err != ErrSessionEncoding {
		t.Error(err)
	}
	s = fullSession()
	s.PeerChain = make([][]byte, 101)
	if _, err := s.AppendBinary(nil); err != ErrSessionEncoding {
		t.Error(err)
	}
}

func FuzzDecodeSession(f *testing.F) {
	b, err := fullSession().AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSession(b)
		if err != nil {
			return
		}
		again, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if s2, err := DecodeSession(again); err != nil || !reflect.DeepEqual(s, s2) {
			t.Errorf("%+v, %+v, %v", s, s2, err)
		}
	})
}

func TestTicketKeys(t *testing.T) {
	k, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := fullSession()
	ticket, err := k.Seal(rand.Reader, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, renew := k.Open(ticket); !reflect.DeepEqual(got, s) || renew {
		t.Errorf("%+v, renew %v", got, renew)
	}
	if bytes.Contains(ticket, s.Secret) || bytes.Contains(ticket, []byte("example")) {
		t.Error("the ticket shows the session")
	}
	again, err := k.Seal(rand.Reader, s)
	if err != nil || bytes.Equal(ticket, again) {
		t.Error("two tickets are alike")
	}
	for i := range ticket {
		bad := bytes.Clone(ticket)
		bad[i] ^= 1
		if got, _ := k.Open(bad); got != nil {
			t.Fatalf("byte %d changed: opens", i)
		}
		if got, _ := k.Open(ticket[:i]); got != nil {
			t.Fatalf("%d bytes open", i)
		}
	}
	for i := 1; i <= 4; i++ {
		if err := k.Rotate(nil); err != nil {
			t.Fatal(err)
		}
		got, renew := k.Open(ticket)
		if want := i < 4; (got != nil) != want || renew != want {
			t.Errorf("%d rotations: %v, renew %v", i, got != nil, renew)
		}
	}
	// The same keys in two processes.
	shared := TicketKey{Name: [16]byte{1}, Key: [32]byte{2}}
	a, b := new(TicketKeys), new(TicketKeys)
	if got, _ := a.Open(ticket); got != nil {
		t.Error("no keys and opens")
	}
	if _, err := a.Seal(rand.Reader, s); err != ErrTicketKeys {
		t.Error(err)
	}
	if err := a.Set(); err != ErrTicketKeys {
		t.Error(err)
	}
	if err := a.Set(make([]TicketKey, 5)...); err != ErrTicketKeys {
		t.Error(err)
	}
	if err := a.Set(shared); err != nil {
		t.Fatal(err)
	}
	if err := b.Set(TicketKey{Name: [16]byte{9}}, shared); err != nil {
		t.Fatal(err)
	}
	if ticket, err = a.Seal(rand.Reader, s); err != nil {
		t.Fatal(err)
	}
	if got, renew := b.Open(ticket); got == nil || !renew {
		t.Errorf("%v, renew %v", got, renew)
	}
	var none *TicketKeys
	if got, _ := none.Open(ticket); got != nil {
		t.Error("nil opens")
	}
}

// TestTicketKeysRace rotates while tickets are sealed and opened; for the race
// detector too.
func TestTicketKeysRace(t *testing.T) {
	k, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 200 {
				ticket, err := k.Seal(rand.Reader, fullSession())
				if err != nil {
					t.Error(err)
				}
				k.Open(ticket)
			}
		}()
	}
	for range 20 {
		if err := k.Rotate(nil); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// TestTicketTooLong: a client whose chain fits no ticket gets none, and is
// served.
func TestTicketTooLong(t *testing.T) {
	k, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	id, other := identityOf(t, "p256"), identityOf(t, "rsa")
	for name, n := range map[string]int{"too many": 101, "too long": 0xffff/len(other.cert) + 1} {
		long := &Credential{Schemes: id.cred.Schemes, Signer: id.cred.Signer}
		long.Chain = append(long.Chain, id.cert)
		for range n {
			long.Chain = append(long.Chain, other.cert)
		}
		for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
			client := configOf(t, func(s *Settings) { s.Credentials = []*Credential{long} })
			server := serverOf(t, func(s *Settings) { s.TicketKeys = k })
			p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v}),
				NewServer(server, Params{MinVersion: v, MaxVersion: v, Tickets: 1, ClientAuth: RequireClientCert}))
			p.mustHandshake(t)
			if s := p.client.Session(); s != nil && len(s.Ticket) > 0 {
				t.Errorf("%s, %v: a ticket of %d bytes", name, v, len(s.Ticket))
			}
		}
	}
}

// TestSeveralTickets: as many as the server wants to give, each of them good for
// a handshake of its own.
func TestSeveralTickets(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := configOf(t, func(s *Settings) { s.Ask = AskSession })
	server := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	for _, n := range []int{0, 1, 4} {
		first := newPair(NewClient(client, only13(Params{})), NewServer(server, Params{Tickets: n}))
		first.mustHandshake(t)
		if len(first.client.sessions) != n {
			t.Fatalf("%d tickets, want %d", len(first.client.sessions), n)
		}
		seen := map[string]bool{}
		for _, s := range first.client.sessions {
			if seen[string(s.Secret)] || seen[string(s.Ticket)] {
				t.Error("two tickets are alike")
			}
			seen[string(s.Secret)], seen[string(s.Ticket)] = true, true
			if err := keys.Rotate(nil); err != nil {
				t.Fatal(err)
			}
			p := newPair(NewClient(client, only13(Params{Session: s})), NewServer(server, Params{Tickets: n}))
			p.mustHandshake(t)
			// The fourth rotation takes the key away.
			if want := len(seen) < 8; p.client.Resumed() != want || p.server.Resumed() != want {
				t.Errorf("%d rotations later: resumed %v, %v", len(seen)/2, p.client.Resumed(), p.server.Resumed())
			}
			if p.client.Resumed() && len(p.client.sessions) != 1 {
				t.Errorf("%d tickets after a resumption", len(p.client.sessions))
			}
		}
	}
}

// BenchmarkTicketKeys: tickets sealed and opened by all processors at once,
// while nothing happens and while keys are rotated all the time. There is no lock
// between them: what a rotation costs is its own work.
func BenchmarkTicketKeys(b *testing.B) {
	for _, rotating := range []bool{false, true} {
		keys, err := NewTicketKeys(nil)
		if err != nil {
			b.Fatal(err)
		}
		name := ""
		if rotating {
			name = "/rotating"
		}
		run := func(what string, op func() error) {
			b.Run(what+name, func(b *testing.B) {
				b.ReportAllocs()
				stop, done := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(done)
					for tick := time.NewTicker(time.Millisecond); rotating; {
						select {
						case <-stop:
							tick.Stop()
							return
						case <-tick.C:
							if err := keys.Rotate(nil); err != nil {
								b.Error(err)
							}
						}
					}
				}()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := op(); err != nil {
							b.Error(err)
						}
					}
				})
				close(stop)
				<-done
			})
		}
		s := fullSession()
		run("seal", func() error {
			_, err := keys.Seal(rand.Reader, s)
			return err
		})
		ticket, err := keys.Seal(rand.Reader, s)
		if err != nil {
			b.Fatal(err)
		}
		open := func(ticket []byte) error {
			// What was sealed four rotations ago is lost.
			if got, _ := keys.Open(ticket); got == nil && !rotating {
				return ErrTicketKeys
			}
			return nil
		}
		if !rotating {
			run("open", func() error { return open(ticket) })
		}
		run("both", func() error {
			ticket, err := keys.Seal(rand.Reader, s)
			if err != nil {
				return err
			}
			return open(ticket)
		})
	}
}
