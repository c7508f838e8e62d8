package core

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"patina/core/iana"
)

// answers are what a test answers to each Wait.
type answers map[Wait]func(c *Conn) error

func (a answers) use(e *end) *end {
	e.custom = func(c *Conn, w Wait) (bool, error) {
		f := a[w]
		if f == nil {
			return false, nil
		}
		e.asked = append(e.asked, w)
		return true, f(c)
	}
	return e
}

const askAll = AskClientHello | AskSession | AskTicket | AskSelect | AskStaple | AskCertificate

// TestServerQuestions: with everything asked for, the questions come in
// OpenSSL's order, each with what it needs, and each answer tells.
func TestServerQuestions(t *testing.T) {
	id := identityOf(t, "p256")
	for _, v := range bothVersions {
		t.Run(v.String(), func(t *testing.T) {
			// A credential without a signer: the owner signs.
			cred := &Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes, Tag: "mine"}
			other := serverOf(t, func(s *Settings) { s.Ask, s.Credentials = askAll, []*Credential{cred} })
			first := configOf(t, func(s *Settings) { s.Ask = askAll })
			client := configOf(t, func(s *Settings) { s.ALPN = []string{"h2", "h3"} })
			p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", RequestStaple: true}),
				NewServer(first, Params{}))
			var sealed *Session
			answers{
				WaitClientHello: func(c *Conn) error {
					h := c.ClientHello()
					if h.ServerName != "example.org" || !slices.Equal(h.ALPN, []string{"h2", "h3"}) || c.Version() != 0 {
						t.Errorf("%+v", h)
					}
					return c.AnswerClientHello(first, &Params{Tickets: 1, ClientAuth: RequestClientCert})
				},
				WaitSelect: func(c *Conn) error {
					if c.Version() != v || c.ServerName() != "example.org" || c.Params().ClientAuth != RequestClientCert {
						t.Errorf("%v %q", c.Version(), c.ServerName())
					}
					return c.AnswerSelect(Selection{Config: other, ALPN: "h3", ALPNDecided: true, AckServerName: true})
				},
				WaitStaple: func(c *Conn) error {
					if c.Credential() != cred {
						t.Error("no credential")
					}
					return c.AnswerStaple([]byte("response"))
				},
				WaitSign: func(c *Conn) error {
					scheme, msg := c.SignRequest()
					sig, err := id.cred.Signer.Sign(rand.Reader, scheme, msg)
					return errors.Join(err, c.AnswerSign(sig))
				},
				WaitTicketSeal: func(c *Conn) error {
					sealed = c.NewSession()
					return c.AnswerSealed([]byte("a ticket"), 77)
				},
			}.use(p.server)
			p.mustHandshake(t)
			want := []Wait{WaitClientHello, WaitSelect, WaitStaple, WaitSign, WaitTicketSeal}
			if got := slices.DeleteFunc(slices.Clone(p.server.asked), func(w Wait) bool { return w == WaitVerify }); !slices.Equal(got, want) {
				t.Errorf("asked %v", got)
			}
			if string(p.client.PeerStaple()) != "response" || p.client.ALPN() != "h3" || p.server.ALPN() != "h3" {
				t.Errorf("staple %q, %q", p.client.PeerStaple(), p.client.ALPN())
			}
			got := p.client.Session()
			if string(got.Ticket) != "a ticket" || !bytes.Equal(got.Secret, sealed.Secret) || got.Lifetime != 77 ||
				got.ServerName != "example.org" || got.ALPN != "h3" || sealed.Version != v || sealed.Suite != p.server.Suite() {
				t.Errorf("client's session %+v\nserver's %+v", got, sealed)
			}
			if v == iana.VersionTLS13 && got.AgeAdd != sealed.AgeAdd {
				t.Error("age")
			}
			// Answers without questions change nothing.
			for _, err := range []error{p.server.AnswerSign(nil), p.server.AnswerSelect(Selection{}), p.server.AnswerTicket(nil, false),
				p.server.AnswerSession(nil), p.server.AnswerSealed(nil, 0), p.server.AnswerStored(true), p.server.AnswerStaple(nil),
				p.server.AnswerCertificate(nil), p.server.AnswerClientHello(nil, nil), p.server.AnswerVerify(AcceptVerified()), p.client.AnswerVerify(AcceptVerified())} {
				if err != ErrNoQuestion {
					t.Error(err)
				}
			}
			p.exchange(t)

			// The ticket comes back and is resumed, or not.
			for _, how := range []string{"resumed", "unknown", "dropped", "required"} {
				p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Session: got}),
					NewServer(other, Params{}))
				a := answers{
					WaitTicketOpen: func(c *Conn) error {
						if string(c.Ticket()) != "a ticket" {
							t.Errorf("ticket %q", c.Ticket())
						}
						if how == "unknown" {
							return c.AnswerTicket(nil, false)
						}
						return c.AnswerTicket(sealed, false)
					},
					WaitSelect: func(c *Conn) error {
						if c.Resumed() != (how != "unknown") || c.Resumed() != (c.Session() != nil) {
							t.Errorf("%s: at the selection, resumed is %v", how, c.Resumed())
						}
						s := Selection{NoResume: how == "dropped"}
						if how == "required" {
							s.Params = &Params{ClientAuth: RequireClientCert}
						}
						return c.AnswerSelect(s)
					},
					WaitSign: func(c *Conn) error {
						scheme, msg := c.SignRequest()
						sig, err := id.cred.Signer.Sign(rand.Reader, scheme, msg)
						return errors.Join(err, c.AnswerSign(sig))
					},
					WaitTicketSeal: func(c *Conn) error { return c.AnswerSealed(nil, 0) },
				}
				a.use(p.server)
				cerr, serr := p.handshake()
				if how == "required" {
					// A session without a certificate does not stand in for one.
					if v == iana.VersionTLS13 && (serr == nil || alertOf(t, serr) != iana.AlertCertificateRequired) {
						t.Errorf("%s: %v", how, serr)
					}
					continue
				}
				if cerr != nil || serr != nil || p.server.Resumed() != (how == "resumed") || p.client.Resumed() != p.server.Resumed() {
					t.Errorf("%s: resumed %v, %v, %v", how, p.server.Resumed(), cerr, serr)
					continue
				}
				if i := slices.Index(p.server.asked, WaitTicketOpen); i < 0 || slices.Index(p.server.asked, WaitSelect) < i {
					t.Errorf("%s: asked %v", how, p.server.asked)
				}
				p.exchange(t)
			}
		})
	}
}

// TestSessionIDs: sessions kept by their IDs, in both versions.
func TestSessionIDs(t *testing.T) {
	for _, v := range bothVersions {
		t.Run(v.String(), func(t *testing.T) {
			kept := map[string]*Session{}
			keep := true
			store := answers{
				WaitSessionStore: func(c *Conn) error {
					s := c.NewSession()
					if len(s.ID) != 32 || len(s.Ticket) != 0 {
						t.Errorf("ID %x, ticket %x", s.ID, s.Ticket)
					}
					kept[string(s.ID)] = s
					return c.AnswerStored(keep)
				},
				WaitSessionLookup: func(c *Conn) error { return c.AnswerSession(kept[string(c.SessionID())]) },
			}
			server := serverOf(t, func(s *Settings) { s.Ask = AskSession })
			client := configOf(t, func(s *Settings) { s.Ask = AskSession })
			var session *Session
			for i := 0; i < 3; i++ {
				p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Session: session}),
					NewServer(server, Params{Tickets: 1, NoTickets: true}))
				store.use(p.server)
				p.mustHandshake(t)
				if p.server.Resumed() != (i > 0) || p.client.Resumed() != (i > 0) {
					t.Fatalf("%d: resumed %v", i, p.server.Resumed())
				}
				session = p.client.Session()
			}
			// A session the owner has dropped is a full handshake.
			clear(kept)
			p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Session: session}),
				NewServer(server, Params{Tickets: 1, NoTickets: true}))
			keep = false
			store.use(p.server)
			p.mustHandshake(t)
			if p.server.Resumed() || p.client.Resumed() {
				t.Error("resumed")
			}
			if v == iana.VersionTLS13 && len(p.client.sessions) != 0 {
				t.Error("a ticket for a session that is not kept")
			}
			// Nor is anything looked up where there is no resumption.
			p = newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Session: session}),
				NewServer(server, Params{Tickets: 1, NoTickets: true, NoResumption: true}))
			p.mustHandshake(t)
			if len(p.server.asked) != 0 {
				t.Errorf("asked %v", p.server.asked)
			}
		})
	}
}

// TestSessionChecks: what the owner gives is checked by the engine.
func TestSessionChecks(t *testing.T) {
	for _, v := range bothVersions {
		t.Run(v.String(), func(t *testing.T) {
			server := serverOf(t, func(s *Settings) { s.Ask = AskTicket })
			client := configOf(t, func(s *Settings) { s.Ask = AskSession })
			params := Params{MinVersion: v, MaxVersion: v, ServerName: "example.org"}
			p := newPair(NewClient(client, params), NewServer(server, Params{Tickets: 1}))
			var made *Session
			seal := answers{WaitTicketSeal: func(c *Conn) error {
				made = c.NewSession()
				return c.AnswerSealed([]byte("ticket"), 7200)
			}}
			seal.use(p.server)
			p.mustHandshake(t)
			session, kept := p.client.Session(), made
			other := iana.VersionTLS12 + iana.VersionTLS13 - v
			for _, tt := range []struct {
				name   string
				change func(s *Session)
				want   bool
			}{
				{"as it was", func(s *Session) {}, true},
				{"another version", func(s *Session) { s.Version = other }, false},
				{"a suite of another version", func(s *Session) {
					s.Suite = map[iana.ProtocolVersion]iana.CipherSuite{iana.VersionTLS12: iana.TLS_AES_128_GCM_SHA256,
						iana.VersionTLS13: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}[v]
				}, false},
				{"an unknown suite", func(s *Session) { s.Suite = 0x1234 }, false},
				{"another hash", func(s *Session) {
					s.Suite = map[iana.ProtocolVersion]iana.CipherSuite{iana.VersionTLS12: iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
						iana.VersionTLS13: iana.TLS_AES_128_GCM_SHA256}[v]
				}, false},
				{"expired", func(s *Session) { s.Created -= int64(s.Lifetime) + 2 }, false},
				{"of the future", func(s *Session) { s.Created += 3600 }, false},
				{"a short secret", func(s *Session) { s.Secret = s.Secret[1:] }, false},
				{"no secret", func(s *Session) { s.Secret = nil }, false},
				{"another name", func(s *Session) { s.ServerName = "example.com" }, false},
			} {
				if tt.name == "another hash" && v == iana.VersionTLS12 {
					continue // another suite that both sides offer; see the EMS rule
				}
				s := kept.Clone()
				tt.change(s)
				q := params
				q.Session = session
				p := newPair(NewClient(client, q), NewServer(server, Params{}))
				answers{WaitTicketOpen: func(c *Conn) error { return c.AnswerTicket(s, false) },
					WaitTicketSeal: seal[WaitTicketSeal]}.use(p.server)
				cerr, serr := p.handshake()
				if cerr != nil || serr != nil || p.server.Resumed() != tt.want || p.client.Resumed() != tt.want {
					t.Errorf("%s: resumed %v, %v, %v", tt.name, p.server.Resumed(), cerr, serr)
				}
			}
			// What the client does not offer.
			for name, q := range map[string]Params{
				"another name":    {MinVersion: v, MaxVersion: v, ServerName: "example.com", Session: session},
				"another version": {MinVersion: other, MaxVersion: other, ServerName: "example.org", Session: session},
			} {
				p := newPair(NewClient(client, q), NewServer(server, Params{}))
				seal.use(p.server)
				p.mustHandshake(t)
				if slices.Contains(p.server.asked, WaitTicketOpen) {
					t.Errorf("%s: offered", name)
				}
			}
			old := session.Clone()
			old.Created -= int64(old.Lifetime) + 2
			q := params
			q.Session = old
			p = newPair(NewClient(client, q), NewServer(server, Params{}))
			seal.use(p.server)
			p.mustHandshake(t)
			if slices.Contains(p.server.asked, WaitTicketOpen) {
				t.Error("an expired session has been offered")
			}
		})
	}
}

// TestVersions: what two ranges agree on.
func TestVersions(t *testing.T) {
	const v12, v13 = iana.VersionTLS12, iana.VersionTLS13
	for _, tt := range []struct{ cmin, cmax, smin, smax, want iana.ProtocolVersion }{
		{0, 0, 0, 0, v13}, {0, v12, 0, 0, v12}, {0, 0, 0, v12, v12}, {0, v12, 0, v12, v12},
		{v13, 0, 0, 0, v13}, {0, 0, v13, 0, v13}, {v13, 0, 0, v12, 0}, {0, v12, v13, 0, 0},
	} {
		p := newPair(NewClient(configOf(t, nil), Params{MinVersion: tt.cmin, MaxVersion: tt.cmax}),
			NewServer(serverOf(t, nil), Params{MinVersion: tt.smin, MaxVersion: tt.smax}))
		cerr, serr := p.handshake()
		if tt.want == 0 {
			if serr == nil || alertOf(t, serr) != iana.AlertProtocolVersion || cerr != AlertError(iana.AlertProtocolVersion) {
				t.Errorf("%v: %v, %v", tt, cerr, serr)
			}
			continue
		}
		if cerr != nil || serr != nil || p.client.Version() != tt.want || p.server.Version() != tt.want {
			t.Errorf("%v: %v, %v, %v", tt, p.client.Version(), cerr, serr)
		}
	}
}

// TestFallback: an unnecessary fallback is refused, another is not (RFC 7507).
func TestFallback(t *testing.T) {
	for _, max := range bothVersions {
		p := newPair(NewClient(configOf(t, nil), Params{MaxVersion: iana.VersionTLS12, FallbackSCSV: true}),
			NewServer(serverOf(t, nil), Params{MaxVersion: max}))
		cerr, serr := p.handshake()
		if max == iana.VersionTLS12 {
			if cerr != nil || serr != nil {
				t.Errorf("%v, %v", cerr, serr)
			}
		} else if serr == nil || alertOf(t, serr) != iana.AlertInappropriateFallback || cerr != AlertError(iana.AlertInappropriateFallback) {
			t.Errorf("%v, %v", cerr, serr)
		}
	}
}

// TestPreference: whose order of suites and groups counts.
func TestPreference(t *testing.T) {
	chacha, aes := iana.TLS_CHACHA20_POLY1305_SHA256, iana.TLS_AES_128_GCM_SHA256
	for _, tt := range []struct {
		client, server []iana.CipherSuite
		prefer, chacha bool
		want           iana.CipherSuite
	}{
		{[]iana.CipherSuite{chacha, aes}, []iana.CipherSuite{aes, chacha}, false, false, chacha},
		{[]iana.CipherSuite{chacha, aes}, []iana.CipherSuite{aes, chacha}, true, false, aes},
		{[]iana.CipherSuite{chacha, aes}, []iana.CipherSuite{aes, chacha}, true, true, chacha},
		{[]iana.CipherSuite{aes, chacha}, []iana.CipherSuite{chacha, aes}, true, true, chacha},
	} {
		client := configOf(t, func(s *Settings) {
			s.Suites, s.Groups = tt.client, []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp256r1}
		})
		server := serverOf(t, func(s *Settings) {
			s.Suites, s.Groups = tt.server, []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupX25519}
		})
		// The group is the one whose share has come, or the server's favourite.
		for insists, group := range map[bool]iana.NamedGroup{false: iana.GroupX25519, true: iana.GroupSecp256r1} {
			p := newPair(NewClient(client, only13(Params{})),
				NewServer(server, Params{PreferServer: tt.prefer, PrioritizeChaCha: tt.chacha, RetryForGroup: insists}))
			p.mustHandshake(t)
			if p.client.Suite() != tt.want || p.client.Group() != group {
				t.Errorf("%+v, %v: %v, %v", tt, insists, p.client.Suite(), p.client.Group())
			}
		}
	}
}

// TestMiddleboxCompat: each side may leave its dummy change_cipher_spec out (RFC
// 8446, appendix D.4).
func TestMiddleboxCompat(t *testing.T) {
	for _, no := range []bool{false, true} {
		p := newPair(NewClient(configOf(t, nil), only13(Params{NoMiddleboxCompat: no})), NewServer(serverOf(t, nil), Params{NoMiddleboxCompat: no}))
		p.mustHandshake(t)
		for _, e := range []*end{p.client, p.server} {
			if slices.Contains(e.messages, ">change_cipher_spec") == no {
				t.Errorf("%v", e.messages)
			}
		}
	}
}

// TestMaxFragmentLength: the client's wish is acknowledged and kept.
func TestMaxFragmentLength(t *testing.T) {
	for _, v := range bothVersions {
		p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v, MaxFragmentLength: 1}), NewServer(serverOf(t, nil), Params{}))
		p.mustHandshake(t)
		if p.server.Params().MaxFragment != 512 || p.client.Params().MaxFragment != 512 {
			t.Errorf("%v: %d, %d", v, p.client.Params().MaxFragment, p.server.Params().MaxFragment)
		}
		msg := make([]byte, 3000)
		if n, _, err := p.server.Write(msg); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		for out := p.server.Output(); len(out) > 5; {
			n := int(out[3])<<8 | int(out[4])
			if n > 512+256 {
				t.Errorf("a record of %d bytes", n)
			}
			out = out[5+n:]
		}
	}
}

// TestTicketAge: ticket ages count from the client's receipt.
func TestTicketAge(t *testing.T) {
	now := time.Now()
	clock := func(s *Settings) { s.Now = func() time.Time { return now } }
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := serverOf(t, func(s *Settings) { clock(s); s.TicketKeys = keys })
	client := configOf(t, clock)
	p := newPair(NewClient(client, only13(Params{})), NewServer(server, Params{Tickets: 1}))
	p.mustHandshake(t)
	session := p.client.Session()
	now = now.Add(1500 * time.Millisecond)
	p = newPair(NewClient(client, only13(Params{Session: session})), NewServer(server, Params{Tickets: 1}))
	p.client.advance(&p.toServer, &p.toClient, p.client.Handshake)
	ids := p.client.hs.hello.Identities
	if len(ids) != 1 || ids[0].ObfuscatedAge-session.AgeAdd != 1500 {
		t.Errorf("%+v, add %d", ids, session.AgeAdd)
	}
	p.mustHandshake(t)
	if !p.server.Resumed() {
		t.Error("not resumed")
	}
	now = now.Add(8 * 24 * time.Hour)
	p = newPair(NewClient(client, only13(Params{Session: session})), NewServer(server, Params{}))
	p.mustHandshake(t)
	if p.server.Resumed() {
		t.Error("resumed after its lifetime")
	}
}

// TestNoCiphers: a client without a suite of its highest version does not
// start, as OpenSSL's does not.
func TestNoCiphers(t *testing.T) {
	only := func(id iana.CipherSuite) *Config {
		return configOf(t, func(s *Settings) { s.Suites = []iana.CipherSuite{id} })
	}
	for _, tt := range []struct {
		suite iana.CipherSuite
		max   iana.ProtocolVersion
		fail  bool
	}{
		{iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.VersionTLS13, true},
		{iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.VersionTLS12, false},
		{iana.TLS_AES_128_GCM_SHA256, iana.VersionTLS12, true},
		{iana.TLS_AES_128_GCM_SHA256, iana.VersionTLS13, false},
	} {
		c := NewClient(only(tt.suite), Params{MaxVersion: tt.max})
		_, err := c.Handshake()
		var e *Error
		if got := errors.As(err, &e) && e.Kind == KindNoCiphersAvailable; got != tt.fail {
			t.Errorf("%v, %v: %v", tt.suite, tt.max, err)
		}
	}
}

// TestRetryCompat: with a HelloRetryRequest there is still one dummy
// change_cipher_spec from each side.
func TestRetryCompat(t *testing.T) {
	client := configOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp384r1} })
	server := serverOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupSecp384r1} })
	p := newPair(NewClient(client, only13(Params{})), NewServer(server, Params{}))
	p.mustHandshake(t)
	for _, e := range []*end{p.client, p.server} {
		n := 0
		for _, m := range e.messages {
			if m == ">change_cipher_spec" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d: %v", n, e.messages)
		}
	}
	want := []string{"<client_hello", ">server_hello", ">change_cipher_spec", "<change_cipher_spec", "<client_hello", ">server_hello",
		">encrypted_extensions", ">certificate", ">certificate_verify", ">finished", "<finished"}
	if !slices.Equal(p.server.messages[:len(want)], want) {
		t.Errorf("%v", p.server.messages)
	}
}
