package core

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// cookieKey is a key for the servers of a test.
func cookieKey(t testing.TB) *CookieKey {
	t.Helper()
	k, err := NewCookieKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// stateless is a server that is forgotten behind each HelloRetryRequest: it makes
// the Conns for what comes from the client.
type stateless struct {
	t      *testing.T
	client *end
	up     bytes.Buffer // to the server
	down   bytes.Buffer
	make   func() *end
	change func(second []byte) []byte // of the client's second flight
	conns  int
}

// shake runs a handshake; the server that has completed it, or the error of one.
func (s *stateless) shake() (*end, error) {
	server := s.make()
	s.conns = 1
	clientOp, serverOp := s.client.Handshake, server.Handshake
	for range 20 {
		if _, err := s.client.advance(&s.up, &s.down, clientOp); err != nil {
			return server, err
		}
		if s.conns > 1 && s.change != nil {
			changed := s.change(bytes.Clone(s.up.Bytes()))
			s.up.Reset()
			s.up.Write(changed)
			s.change = nil
		}
		w, err := server.advance(&s.down, &s.up, serverOp)
		if err != nil {
			return server, err
		}
		if server.Retry() == RetrySent {
			server.Free()
			server = s.make()
			serverOp = server.Handshake
			s.conns++
			continue
		}
		if w == WaitNone && s.client.HandshakeComplete() {
			return server, nil
		}
	}
	s.t.Fatal("the handshake does not end")
	return nil, nil
}

// TestCookie: a client that has to come twice, whether its share fits or not, and
// resumed.
func TestCookie(t *testing.T) {
	key := cookieKey(t)
	var session *Session
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name   string
		groups []iana.NamedGroup
		resume bool
	}{
		{"its share fits", []iana.NamedGroup{iana.GroupX25519}, false},
		{"another share", []iana.NamedGroup{iana.GroupSecp384r1}, false},
		{"resumed", []iana.NamedGroup{iana.GroupX25519}, true},
		{"resumed, another share", []iana.NamedGroup{iana.GroupSecp384r1}, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			cfg := serverOf(t, func(s *Settings) { s.Groups, s.TicketKeys = x.groups, keys })
			p := only13(Params{ServerName: "example.org"})
			if x.resume {
				p.Session = session
			}
			client := newEnd(NewClient(configOf(t, func(s *Settings) {
				s.Groups, s.KeyShares, s.Ask = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp384r1}, 1, AskSession
			}), p))
			s := &stateless{t: t, client: client, make: func() *end { return newEnd(NewServer(cfg, Params{Cookies: key, Tickets: 1})) }}
			server, err := s.shake()
			if err != nil {
				t.Fatal(err)
			}
			if s.conns != 2 || server.Retry() != RetryCookie || server.Group() != x.groups[0] || client.Group() != x.groups[0] ||
				server.Resumed() != x.resume {
				t.Errorf("%d conns, retry %v, %v, resumed %v", s.conns, server.Retry(), server.Group(), server.Resumed())
			}
			if _, err := client.advance(&s.up, &s.down, readOp(client, nil)); err != nil || len(client.sessions) == 0 {
				t.Fatalf("no ticket: %v", err)
			}
			session = client.sessions[0]
		})
	}
}

// TestCookieOwner: the owner's data comes back to it, and what it refuses ends
// the handshake.
func TestCookieOwner(t *testing.T) {
	key := cookieKey(t)
	cfg := serverOf(t, func(s *Settings) { s.Ask = AskCookie })
	for _, refuse := range []bool{false, true} {
		var made, shown int
		s := &stateless{t: t, client: newEnd(NewClient(configOf(t, nil), only13(Params{ServerName: "example.org"}))), make: func() *end {
			e := newEnd(NewServer(cfg, Params{Cookies: key}))
			e.custom = func(c *Conn, w Wait) (bool, error) {
				if w != WaitCookie {
					return false, nil
				}
				data, verify := c.Cookie()
				switch {
				case !verify:
					made++
					return true, c.AnswerCookie([]byte("198.51.100.7"))
				case string(data) != "198.51.100.7":
					t.Errorf("data %q", data)
				case refuse:
					c.Abort(iana.AlertHandshakeFailure, failure(KindBadCookie, ""))
					return true, nil
				}
				shown++
				return true, c.AnswerCookie(nil)
			}
			return e
		}}
		_, err := s.shake()
		if refuse != (err != nil) || made != 1 || !refuse && shown != 1 {
			t.Errorf("refuse %v: %v, made %d, shown %d", refuse, err, made, shown)
		}
	}
}

// TestCookieRefused: cookies that are not this server's, too old, or changed.
func TestCookieRefused(t *testing.T) {
	key := cookieKey(t)
	now := time.Now()
	cfg := serverOf(t, func(s *Settings) { s.Now = func() time.Time { return now } })
	again := func(change func(raw []byte) []byte, other *CookieKey, later time.Duration) (*stateless, *end, error) {
		now = time.Now()
		s := &stateless{t: t, client: newEnd(NewClient(configOf(t, nil), only13(Params{ServerName: "example.org"}))), change: change}
		s.make = func() *end {
			e := newEnd(NewServer(cfg, Params{Cookies: key}))
			if s.conns == 1 {
				now = now.Add(later)
				if other != nil {
					e = newEnd(NewServer(cfg, Params{Cookies: other}))
				}
			}
			return e
		}
		server, err := s.shake()
		return s, server, err
	}
	if _, server, err := again(nil, cookieKey(t), 0); err == nil || alertOf(t, server.Err()) != iana.AlertIllegalParameter {
		t.Errorf("another key: %v", err)
	}
	// Too old a cookie is answered by a second HelloRetryRequest, which a client
	// does not take (RFC 8446, section 4.1.4).
	if s, _, err := again(nil, nil, 11*time.Minute); err == nil || s.conns != 3 || alertOf(t, s.client.Err()) != iana.AlertUnexpectedMessage {
		t.Errorf("too old: %d conns, %v", s.conns, err)
	}
	if _, server, err := again(nil, nil, -time.Minute); err == nil && server.Retry() == RetryCookie {
		t.Error("a cookie of the future is taken")
	}
	for i := range 200 {
		// One bit of the cookie, wherever it is.
		change := func(raw []byte) []byte {
			var hello wire.ClientHello
			at := bytes.Index(raw, []byte{byte(iana.TypeClientHello), 0})
			if err := wire.ParseClientHello(&hello, raw[at:]); err != nil {
				t.Fatal(err)
			}
			place := bytes.Index(raw, hello.Cookie)
			raw[place+i*len(hello.Cookie)/200] ^= 1 << (i % 8)
			return raw
		}
		if _, server, err := again(change, nil, 0); err == nil || alertOf(t, server.Err()) != iana.AlertIllegalParameter {
			t.Fatalf("change %d: %v", i, err)
		}
	}
}

// TestCookieOpen: open refuses everything that seal has not made.
func TestCookieOpen(t *testing.T) {
	key := cookieKey(t)
	for n := range cookieHead + cookieTail + 40 {
		b := make([]byte, n)
		if n >= cookieTail {
			copy(b[n-cookieTail:], key.mac(b[:n-cookieTail]))
		}
		if x, err := key.open(b, 0); x != nil || err == nil {
			t.Fatalf("%d zero bytes: %v, %v", n, x, err)
		}
	}
	// A length that is more than there is.
	b := make([]byte, cookieHead)
	b[0], b[1], b[cookieHead-1] = 0x13, 0x01, 200
	if x, err := key.open(append(b, key.mac(b)...), 0); x != nil || err == nil {
		t.Errorf("%v, %v", x, err)
	}
}

// TestCookieOther: TLS 1.2 knows no cookies; one that nobody has asked for is
// nothing to a server without a key.
func TestCookieOther(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), Params{MaxVersion: iana.VersionTLS12}), NewServer(serverOf(t, nil), Params{Cookies: cookieKey(t)}))
	p.mustHandshake(t)
	p.exchange(t)
	// The same Conn takes the second hello too.
	p = newPair(NewClient(configOf(t, nil), only13(Params{})), NewServer(serverOf(t, nil), Params{Cookies: cookieKey(t)}))
	p.mustHandshake(t)
	if p.server.Retry() != RetryCookie {
		t.Error("no cookie")
	}
	p.exchange(t)
}

// TestCookieLimits: 4096 bytes of the owner's, ten minutes.
func TestCookieLimits(t *testing.T) {
	for n, fits := range map[int]bool{4096: true, 4097: false} {
		p := newPair(NewClient(configOf(t, nil), only13(Params{})), NewServer(serverOf(t, func(s *Settings) { s.Ask = AskCookie }), Params{Cookies: cookieKey(t)}))
		p.server.custom = func(c *Conn, w Wait) (bool, error) {
			if w != WaitCookie {
				return false, nil
			}
			data, verify := c.Cookie()
			if verify && len(data) != n {
				t.Errorf("%d bytes have come back of %d", len(data), n)
			}
			return true, c.AnswerCookie(make([]byte, n))
		}
		_, serr := p.handshake()
		if fits && serr != nil {
			t.Errorf("%d bytes: %v", n, serr)
		}
		if !fits {
			wantKind(t, serr, KindInternal)
		}
	}
	key := cookieKey(t)
	for age, good := range map[int64]bool{0: true, 600: true, 601: false, -1: false} {
		sealed := key.seal(&cookie{suite: suite.Lookup(iana.TLS_AES_128_GCM_SHA256)}, 1_000_000)
		x, err := key.open(sealed, 1_000_000+age)
		if (x != nil) != good || err != nil {
			t.Errorf("%d seconds old: %v, %v", age, x, err)
		}
	}
}
