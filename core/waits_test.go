package core

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"patina/core/iana"
)

// Any decision may be answered later: each Wait can be left unanswered for as
// long as the owner likes, stands whatever operation is called, and takes its
// answer, and no other, once and from anywhere.

// answerOf has an answer to every question there is: right if it stands, and an
// error if not.
var answerOf = map[Wait]func(o *lateOwner, c *Conn) error{
	WaitClientHello:   func(o *lateOwner, c *Conn) error { return c.AnswerClientHello(nil, nil) },
	WaitSessionLookup: func(o *lateOwner, c *Conn) error { return c.AnswerSession(o.kept[string(c.SessionID())]) },
	WaitTicketOpen: func(o *lateOwner, c *Conn) error {
		s, err := DecodeSession(bytes.Clone(c.Ticket()))
		if err != nil {
			s = nil
		}
		return c.AnswerTicket(s, false)
	},
	WaitSelect:      func(o *lateOwner, c *Conn) error { return c.AnswerSelect(Selection{AckServerName: true}) },
	WaitStaple:      func(o *lateOwner, c *Conn) error { return c.AnswerStaple([]byte("staple")) },
	WaitCertificate: func(o *lateOwner, c *Conn) error { return c.AnswerCertificate(o.cred) },
	WaitSign: func(o *lateOwner, c *Conn) error {
		if _, msg := c.SignRequest(); msg == nil {
			return c.AnswerSign([]byte("signature"))
		}
		return signWith(o.id)(c)
	},
	WaitVerify: func(o *lateOwner, c *Conn) error { return c.AnswerVerify(AcceptVerified()) },
	WaitSessionStore: func(o *lateOwner, c *Conn) error {
		if s := c.NewSession(); s != nil {
			o.kept[string(s.ID)], o.session = s, s
		}
		return c.AnswerStored(true)
	},
	WaitTicketSeal: func(o *lateOwner, c *Conn) error {
		var ticket []byte
		if s := c.NewSession(); s != nil {
			var err error
			if ticket, err = s.AppendBinary(nil); err != nil {
				return err
			}
		}
		return c.AnswerSealed(ticket, 7200)
	},
	WaitEarlyAccept: func(o *lateOwner, c *Conn) error { return c.AnswerEarlyData(true) },
	WaitPSK: func(o *lateOwner, c *Conn) error {
		if c.Version() == iana.VersionTLS12 {
			return c.AnswerPSK(o.psk12)
		}
		return c.AnswerPSK(o.psk)
	},
	WaitCookie:     func(o *lateOwner, c *Conn) error { return c.AnswerCookie([]byte("cookie")) },
	WaitExtensions: func(o *lateOwner, c *Conn) error { return c.AnswerExtensions(c.ExtensionsWanted().Extensions) },
	WaitReceived:   func(o *lateOwner, c *Conn) error { return c.AnswerReceived() },
}

// lateOwner answers late, after all else it could do has been tried. With abort
// set, it aborts at that question instead.
type lateOwner struct {
	t       *testing.T
	name    string
	e       *end
	in      *bytes.Buffer // what the peer has sent and nobody has received
	id      *identity
	cred    *Credential // its key signs elsewhere
	psk     *PSK
	psk12   *PSK
	kept    map[string]*Session
	session *Session // the last to be kept
	asked   []Wait
	abort   int // the question, from 1
}

var errAborted = errors.New("the owner has had enough")

func (o *lateOwner) use(e *end, in *bytes.Buffer) {
	o.e, o.in, o.asked = e, in, nil
	e.custom = o.answer
}

func (o *lateOwner) answer(c *Conn, w Wait) (bool, error) {
	t := o.t
	if w == WaitEarlyData {
		_, _, err := c.ReadEarly(make([]byte, 100))
		return true, err
	}
	o.asked = append(o.asked, w)
	if answerOf[w] == nil {
		return true, fmt.Errorf("nobody knows of %v", w)
	}
	// Whatever is called, the question stands, and nothing is lost of what comes.
	var b [10]byte
	for i := range 6 {
		if o.in.Len() > 0 && i == 2 {
			buf, _ := c.ReadBuffer()
			n, _ := o.in.Read(buf)
			c.Received(n)
		}
		var again Wait
		var err error
		switch op := i % 4; {
		case op == 0 && !c.done:
			again, err = c.Handshake()
		case op == 1 && !c.done:
			_, again, err = c.Write(nil)
		case op == 2:
			_, again, err = c.Peek(b[:])
		default:
			_, again, err = c.Read(b[:])
		}
		if again != w || err != nil {
			t.Errorf("%s: %v, asked again: %v, %v", o.name, w, again, err)
		}
	}
	// Other answers are refused and change nothing.
	for other, f := range answerOf {
		if other != w {
			if err := f(o, c); err != ErrNoQuestion {
				t.Errorf("%s: an answer to %v at %v: %v", o.name, other, w, err)
			}
		}
	}
	if err := c.AnswerVerify(Verified{}); err != ErrNoQuestion {
		t.Errorf("%s: a verdict of nobody at %v: %v", o.name, w, err)
	}
	if o.abort == len(o.asked) {
		c.Abort(iana.AlertAccessDenied, errAborted)
		for other, f := range answerOf {
			if err := f(o, c); err != ErrNoQuestion {
				t.Errorf("%s: an answer to %v after the end: %v", o.name, other, err)
			}
		}
		return true, nil
	}
	// The answer, from elsewhere.
	done := make(chan error)
	go func() { done <- answerOf[w](o, c) }()
	if err := <-done; err != nil {
		return true, fmt.Errorf("%v: %w", w, err)
	}
	// Once only.
	if err := answerOf[w](o, c); err != ErrNoQuestion {
		t.Errorf("%s: a second answer to %v: %v", o.name, w, err)
	}
	return true, nil
}

// waitScene is a connection with questions: what the sides are, and what is asked
// of each, in order.
type waitScene struct {
	name           string
	versions       []iana.ProtocolVersion
	client, server Params
	clientAsk      Ask
	serverAsk      Ask
	resume         bool // the session of a first such connection
	early          bool
	custom         []CustomExtension
	suites         []iana.CipherSuite          // of the client; nil: all
	after          func(t *testing.T, p *pair) // once established
	wantClient     map[iana.ProtocolVersion][]Wait
	wantServer     map[iana.ProtocolVersion][]Wait
}

var waitScenes = []waitScene{
	{
		name: "full, with tickets", versions: bothVersions,
		client:    Params{RequestStaple: true, ServerName: "example.org"},
		server:    Params{ClientAuth: RequireClientCert, Tickets: 2},
		clientAsk: AskCertificate | AskSession,
		serverAsk: AskClientHello | AskSelect | AskStaple | AskTicket | AskSession,
		wantClient: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitVerify, WaitCertificate, WaitSign, WaitSessionStore},
			iana.VersionTLS13: {WaitVerify, WaitCertificate, WaitSign, WaitSessionStore, WaitSessionStore},
		},
		wantServer: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitClientHello, WaitSelect, WaitStaple, WaitSign, WaitVerify, WaitTicketSeal},
			iana.VersionTLS13: {WaitClientHello, WaitSelect, WaitStaple, WaitSign, WaitVerify, WaitTicketSeal, WaitTicketSeal},
		},
	},
	{
		name: "resumed, with a ticket", versions: bothVersions, resume: true,
		client:    Params{ServerName: "example.org"},
		server:    Params{Tickets: 1},
		clientAsk: AskSession,
		serverAsk: AskClientHello | AskSelect | AskStaple | AskTicket | AskSession,
		wantClient: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: nil,
			iana.VersionTLS13: {WaitSessionStore},
		},
		wantServer: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitClientHello, WaitTicketOpen, WaitSelect},
			iana.VersionTLS13: {WaitClientHello, WaitTicketOpen, WaitSelect, WaitTicketSeal},
		},
	},
	{
		name: "full, with IDs", versions: bothVersions,
		client:    Params{ServerName: "example.org"},
		server:    Params{Tickets: 1, NoTickets: true},
		clientAsk: AskSession, serverAsk: AskSession,
		wantClient: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitVerify, WaitSessionStore},
			iana.VersionTLS13: {WaitVerify, WaitSessionStore},
		},
		wantServer: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitSign, WaitSessionStore},
			iana.VersionTLS13: {WaitSign, WaitSessionStore},
		},
	},
	{
		name: "resumed, with IDs", versions: bothVersions, resume: true,
		client:    Params{ServerName: "example.org"},
		server:    Params{Tickets: 1, NoTickets: true},
		clientAsk: AskSession, serverAsk: AskSession,
		wantClient: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: nil,
			iana.VersionTLS13: {WaitSessionStore},
		},
		wantServer: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitSessionLookup},
			iana.VersionTLS13: {WaitSessionLookup, WaitSessionStore},
		},
	},
	{
		name: "an external PSK", versions: []iana.ProtocolVersion{iana.VersionTLS13},
		clientAsk: AskPSK, serverAsk: AskPSK | AskSelect,
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitPSK}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitPSK, WaitSelect}},
	},
	{
		name: "a suite with a PSK", versions: []iana.ProtocolVersion{iana.VersionTLS12}, suites: []iana.CipherSuite{iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256},
		client:    Params{PSKSuites: true},
		server:    Params{PSKSuites: true, PSKIdentityHint: []byte("somebody")},
		clientAsk: AskPSK, serverAsk: AskPSK | AskSelect | AskTicket,
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS12: {WaitPSK}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS12: {WaitSelect, WaitPSK, WaitTicketSeal}},
	},
	{
		name: "early data", versions: []iana.ProtocolVersion{iana.VersionTLS13}, resume: true, early: true,
		client:    Params{ServerName: "example.org"},
		server:    Params{Tickets: 1, MaxEarlyData: 1000},
		clientAsk: AskSession, serverAsk: AskTicket | AskSelect | AskEarlyData,
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitSessionStore}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitTicketOpen, WaitSelect, WaitEarlyAccept, WaitTicketSeal}},
	},
	{
		name: "early data alone", versions: []iana.ProtocolVersion{iana.VersionTLS13}, resume: true, early: true,
		client:    Params{ServerName: "example.org"},
		server:    Params{Tickets: 1, MaxEarlyData: 1000},
		clientAsk: AskSession, serverAsk: AskTicket | AskEarlyData,
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitSessionStore}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitTicketOpen, WaitEarlyAccept, WaitTicketSeal}},
	},
	{
		name: "extensions", versions: bothVersions, custom: []CustomExtension{{Type: 0xff77, In: 0xff}},
		server:    Params{Tickets: 1, ClientAuth: RequireClientCert},
		clientAsk: AskExtensions | AskSession | AskCertificate, serverAsk: AskExtensions | AskSelect | AskTicket,
		wantClient: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitExtensions, WaitReceived, WaitVerify, WaitCertificate, WaitSign, WaitSessionStore},
			iana.VersionTLS13: {WaitExtensions, WaitReceived, WaitReceived, WaitReceived, WaitReceived, WaitVerify,
				WaitCertificate, WaitExtensions, WaitSign, WaitReceived, WaitSessionStore},
		},
		wantServer: map[iana.ProtocolVersion][]Wait{
			iana.VersionTLS12: {WaitReceived, WaitSelect, WaitExtensions, WaitSign, WaitVerify, WaitTicketSeal},
			iana.VersionTLS13: {WaitReceived, WaitSelect, WaitExtensions, WaitExtensions, WaitExtensions, WaitExtensions, WaitSign,
				WaitReceived, WaitVerify, WaitTicketSeal, WaitExtensions},
		},
	},
	{
		name: "a cookie", versions: []iana.ProtocolVersion{iana.VersionTLS13},
		server:     Params{Cookies: &CookieKey{1}},
		serverAsk:  AskCookie | AskClientHello,
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitVerify}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitClientHello, WaitCookie, WaitSign}},
	},
	{
		name: "after the handshake", versions: []iana.ProtocolVersion{iana.VersionTLS13},
		client:    Params{PostHandshakeAuth: true},
		server:    Params{PostHandshakeAuth: true},
		clientAsk: AskCertificate | AskSession, serverAsk: AskTicket,
		after: func(t *testing.T, p *pair) {
			for range 2 {
				if _, err := p.server.RequestCertificate(RequireClientCert); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.server.IssueTicket(); err != nil {
				t.Fatal(err)
			}
		},
		wantClient: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitVerify, WaitCertificate, WaitSign, WaitCertificate, WaitSign, WaitSessionStore}},
		wantServer: map[iana.ProtocolVersion][]Wait{iana.VersionTLS13: {WaitSign, WaitTicketSeal, WaitVerify, WaitVerify}},
	},
}

// play plays a scene with two owners and returns what became of both sides.
func (s *waitScene) play(t *testing.T, v iana.ProtocolVersion, client, server *lateOwner, session *Session) (p *pair, cerr, serr error) {
	t.Helper()
	cp, sp := s.client, s.server
	cp.MinVersion, cp.MaxVersion, cp.Session = v, v, session
	ccfg := configOf(t, func(c *Settings) {
		c.Ask, c.CustomExtensions = s.clientAsk, s.custom
		if s.suites != nil {
			c.Suites = s.suites
		}
	})
	scfg := configOf(t, func(c *Settings) {
		c.Ask, c.CustomExtensions, c.Credentials = s.serverAsk, s.custom, []*Credential{server.cred}
	})
	p = newPair(NewClient(ccfg, cp), NewServer(scfg, sp))
	client.use(p.client, &p.toClient)
	server.use(p.server, &p.toServer)
	if s.early && session != nil {
		if err := p.writeEarly(p.client, []byte("early")); err != nil {
			return p, err, nil
		}
	}
	if cerr, serr = p.handshake(); cerr != nil || serr != nil {
		return p, cerr, serr
	}
	if s.after != nil {
		s.after(t, p)
	}
	_, _, cerr, serr = p.turn(t)
	return p, cerr, serr
}

// TestWaits: every question there is, by role and version.
func TestWaits(t *testing.T) {
	type key struct {
		client bool
		v      iana.ProtocolVersion
		w      Wait
	}
	seen := map[key]bool{}
	for i := range waitScenes {
		s := &waitScenes[i]
		for _, v := range s.versions {
			t.Run(fmt.Sprint(v, "/", s.name), func(t *testing.T) {
				owner := func(id *identity) *lateOwner {
					return &lateOwner{t: t, id: id, kept: map[string]*Session{},
						cred:  &Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes},
						psk:   &PSK{Identity: []byte("somebody"), Key: bytes.Repeat([]byte{7}, 32)},
						psk12: &PSK{Version: iana.VersionTLS12, Identity: []byte("somebody"), Key: bytes.Repeat([]byte{8}, 32)}}
				}
				client, server := owner(identityOf(t, "rsa")), owner(identityOf(t, "p256"))
				client.name, server.name = "client", "server"
				var session *Session
				if s.resume {
					if _, cerr, serr := s.play(t, v, client, server, nil); cerr != nil || serr != nil {
						t.Fatal(cerr, serr)
					}
					session = client.session
				}
				p, cerr, serr := s.play(t, v, client, server, session)
				if cerr != nil || serr != nil {
					t.Fatalf("client: %v\nserver: %v", cerr, serr)
				}
				if p.client.Resumed() != s.resume || s.early && p.server.EarlyStatus() != EarlyAccepted {
					t.Errorf("resumed %v, early data %v", p.client.Resumed(), p.server.EarlyStatus())
				}
				for _, o := range []*lateOwner{client, server} {
					want := s.wantServer[v]
					if o == client {
						want = s.wantClient[v]
					}
					if !slices.Equal(o.asked, want) {
						t.Errorf("%s: asked %v\nwant %v", o.name, o.asked, want)
					}
					for _, w := range o.asked {
						seen[key{o == client, v, w}] = true
					}
				}
				p.exchange(t)
				// Once more, and once for each question: the owner ends it there.
				for _, o := range []*lateOwner{client, server} {
					for n := range len(o.asked) {
						o.abort = n + 1
						p, cerr, serr := s.play(t, v, client, server, session)
						o.abort = 0
						ours, theirs := serr, cerr
						if o == client {
							ours, theirs = cerr, serr
						}
						if !errors.Is(ours, errAborted) || o.e.Err() == nil {
							t.Errorf("%s, aborted at question %d: %v", o.name, n+1, ours)
						}
						// The peer hears of it, now or when it reads next.
						for _, e := range []*end{p.client, p.server} {
							if e != o.e && theirs == nil {
								in, out := &p.toServer, &p.toClient
								if e == p.client {
									in, out = out, in
								}
								_, theirs = e.advance(out, in, readOp(e, nil))
							}
						}
						if o == client && (o.asked[0] == WaitPSK && v == iana.VersionTLS13 || o.asked[0] == WaitExtensions) && n == 0 {
							// Before the ClientHello there is nothing the alert could be about.
							wantKind(t, theirs, KindUnexpectedMessage)
						} else if theirs != AlertError(iana.AlertAccessDenied) {
							t.Errorf("%s, aborted at question %d: the peer has %v", o.name, n+1, theirs)
						}
					}
				}
			})
		}
	}
	// Every question, in each role and version where there is one.
	for _, v := range bothVersions {
		both := []Wait{WaitSign, WaitVerify, WaitSessionStore, WaitExtensions, WaitReceived, WaitPSK}
		client := append([]Wait{WaitCertificate}, both...)
		server := append([]Wait{WaitClientHello, WaitSessionLookup, WaitTicketOpen, WaitSelect, WaitStaple, WaitTicketSeal}, both...)
		if v == iana.VersionTLS13 {
			server = append(server, WaitEarlyAccept, WaitCookie)
		}
		for _, w := range client {
			if !seen[key{true, v, w}] {
				t.Errorf("%v: the client was never asked %v", v, w)
			}
		}
		for _, w := range server {
			if !seen[key{false, v, w}] {
				t.Errorf("%v: the server was never asked %v", v, w)
			}
		}
	}
}

// TestAnswersElsewhere: nothing is taken where nothing was asked: before the
// first operation, while the peer's bytes are missing, after the handshake, after
// an error and after the end.
func TestAnswersElsewhere(t *testing.T) {
	id := identityOf(t, "p256")
	refused := func(when string, c *Conn) {
		t.Helper()
		o := &lateOwner{t: t, id: id, cred: id.cred, kept: map[string]*Session{}}
		for w, f := range answerOf {
			if err := f(o, c); err != ErrNoQuestion {
				t.Errorf("%s, %v: %v", when, w, err)
			}
		}
		if err := c.Postpone(); err != ErrNoQuestion {
			t.Errorf("%s, Postpone: %v", when, err)
		}
	}
	for _, v := range bothVersions {
		for _, ask := range []Ask{0, askAll | AskPSK | AskEarlyData} {
			p := newPair(NewClient(configOf(t, func(s *Settings) { s.Ask = ask &^ AskPSK }), Params{MinVersion: v, MaxVersion: v, PostHandshakeAuth: true}),
				NewServer(serverOf(t, func(s *Settings) { s.Ask = ask &^ AskTicket }), Params{ClientAuth: RequestClientCert, PostHandshakeAuth: true}))
			sides := func(when string) {
				t.Helper()
				refused(fmt.Sprint(v, ", client, ", when), p.client.Conn)
				refused(fmt.Sprint(v, ", server, ", when), p.server.Conn)
			}
			sides("before")
			for n := 0; !p.client.HandshakeComplete() || !p.server.HandshakeComplete(); n++ {
				if _, err := p.client.advance(&p.toServer, &p.toClient, p.client.Handshake); err != nil || n > 10 {
					t.Fatal(err)
				}
				refused("client, waiting", p.client.Conn)
				// The server gets it byte by byte, and stops at each.
				for p.toServer.Len() > 0 {
					one := bytes.NewBuffer(p.toServer.Next(1))
					if _, err := p.server.advance(&p.toClient, one, p.server.Handshake); err != nil {
						t.Fatal(err)
					}
					refused("server, waiting", p.server.Conn)
				}
			}
			p.exchange(t)
			sides("established")
			p.server.Abort(iana.AlertAccessDenied, errAborted)
			if _, err := p.server.advance(&p.toClient, &p.toServer, p.server.Handshake); !errors.Is(err, errAborted) {
				t.Fatal(err)
			}
			if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil)); err == nil {
				t.Fatal("the alert is not seen")
			}
			sides("failed")
			p.client.Free()
			p.server.Free()
			sides("freed")
		}
	}
}
