package core

import (
	"bytes"
	"errors"
	"testing"

	"patina/core/iana"
)

// turn lets both sides read until neither has anything to say.
func (p *pair) turn(t *testing.T) (fromClient, fromServer []byte, cerr, serr error) {
	t.Helper()
	for range 10 {
		_, serr = p.server.advance(&p.toClient, &p.toServer, readOp(p.server, &fromClient))
		_, cerr = p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &fromServer))
		if p.toServer.Len() == 0 || serr != nil {
			break
		}
	}
	return
}

// withPostAuth is a pair that has shaken hands, able to authenticate later.
func withPostAuth(t *testing.T, client, server *Config, p Params) *pair {
	t.Helper()
	p.PostHandshakeAuth = true
	pair := newPair(NewClient(client, only13(Params{ServerName: "example.org", PostHandshakeAuth: true})), NewServer(server, only13(p)))
	pair.mustHandshake(t)
	if !pair.client.PostHandshakeAuth() || !pair.server.PostHandshakeAuth() {
		t.Fatal("not possible")
	}
	return pair
}

// request has the server ask, and sends it.
func (p *pair) request(t *testing.T, auth ClientAuth) {
	t.Helper()
	context, err := p.server.RequestCertificate(auth)
	if err != nil || len(context) != requestContext {
		t.Fatalf("%x, %v", context, err)
	}
	if w, err := p.server.advance(&p.toClient, &p.toServer, p.server.Handshake); w != WaitNone || err != nil {
		t.Fatal(w, err)
	}
}

// TestPostHandshakeAuth: certificates of every kind, given by the Config or by
// the owner, and none; the connection goes on, also under other keys.
func TestPostHandshakeAuth(t *testing.T) {
	server := serverOf(t, nil)
	for _, kind := range keyKinds {
		id := identityOf(t, kind)
		for _, ask := range []Ask{0, AskCertificate} {
			client := configOf(t, func(s *Settings) {
				s.Ask = ask
				if ask == 0 {
					s.Credentials = []*Credential{id.cred}
				}
			})
			p := withPostAuth(t, client, server, Params{})
			answers{
				WaitCertificate: func(c *Conn) error {
					if len(c.CertificateRequest().Schemes) == 0 {
						t.Error("an empty request")
					}
					return c.AnswerCertificate(&Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes})
				},
				WaitSign: signWith(id),
			}.use(p.client)
			for i := range 3 {
				p.request(t, RequireClientCert)
				if p.server.CertificateRequests() != 1 {
					t.Errorf("%d requests", p.server.CertificateRequests())
				}
				if i == 1 { // the answer comes under other keys than the handshake's
					if err := errors.Join(p.server.KeyUpdate(true), p.client.KeyUpdate(false)); err != nil {
						t.Fatal(err)
					}
					p.exchange(t)
				}
				if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil {
					t.Fatal(kind, ask, cerr, serr)
				}
				if chain := p.server.PeerChain(); len(chain) != 1 || !bytes.Equal(chain[0].Raw, id.cert) {
					t.Fatalf("%s: %d certificates", kind, len(chain))
				}
				if p.server.PeerSignatureScheme() != p.client.SignatureScheme() || p.client.Credential() == nil || p.server.CertificateRequests() != 0 {
					t.Errorf("%v, %v", p.server.PeerSignatureScheme(), p.client.SignatureScheme())
				}
				if s := p.server.Session(); len(s.PeerChain) != 1 || !bytes.Equal(s.PeerChain[0], id.cert) {
					t.Error("the session does not know the client")
				}
				p.exchange(t)
			}
			if n := count(p.server.messages, "<certificate"); n != 3 {
				t.Errorf("%d certificates", n)
			}
		}
	}
}

// TestPostHandshakeAuthResumed: the transcript an answer is bound to is that of
// the connection, also of one that has been resumed or begun with a
// HelloRetryRequest; who the client is goes into the tickets made from then on.
func TestPostHandshakeAuthResumed(t *testing.T) {
	id := identityOf(t, "p256")
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := configOf(t, func(s *Settings) {
		s.Credentials, s.Ask = []*Credential{id.cred}, AskSession
		s.Groups = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp384r1}
	})
	server := serverOf(t, func(s *Settings) { s.TicketKeys, s.Groups = keys, []iana.NamedGroup{iana.GroupSecp384r1} })
	var session *Session
	for i := range 3 {
		p := newPair(NewClient(client, only13(Params{PostHandshakeAuth: true, Session: session})), NewServer(server, Params{PostHandshakeAuth: true, Tickets: 1}))
		p.mustHandshake(t)
		if n := count(p.client.messages, ">client_hello"); n != 2 || p.server.Resumed() != (i > 0) {
			t.Fatalf("%d hellos, resumed %v", n, p.server.Resumed())
		}
		if known := len(p.server.PeerChain()) > 0; known != (i > 0) {
			t.Errorf("connection %d: the client is known: %v", i, known)
		}
		p.request(t, RequireClientCert)
		if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil {
			t.Fatal(cerr, serr)
		}
		if chain := p.server.PeerChain(); len(chain) != 1 || !bytes.Equal(chain[0].Raw, id.cert) {
			t.Fatalf("%d certificates", len(chain))
		}
		if err := p.server.IssueTicket(); err != nil {
			t.Fatal(err)
		}
		p.exchange(t)
		p.exchange(t)
		session = p.client.sessions[len(p.client.sessions)-1]
	}
}

// TestPostHandshakeAuthNone: a client without a certificate is accepted, and
// forgotten, or refused.
func TestPostHandshakeAuthNone(t *testing.T) {
	id := identityOf(t, "rsa")
	client := configOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} })
	p := withPostAuth(t, client, serverOf(t, nil), Params{ClientAuth: RequestClientCert})
	if len(p.server.PeerChain()) != 1 {
		t.Fatal("no chain")
	}
	p.client.cfg = configOf(t, nil)
	p.request(t, RequestClientCert)
	if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if p.server.PeerChain() != nil || p.server.Session().PeerChain != nil || p.server.CertificateRequests() != 0 {
		t.Error("who the client was is still there")
	}
	p.exchange(t)
	p.request(t, RequireClientCert)
	_, _, _, serr := p.turn(t)
	wantKind(t, serr, KindCertificateRequired)
	if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil)); err != AlertError(iana.AlertCertificateRequired) {
		t.Errorf("the client: %v", err)
	}
}

// TestPostHandshakeAuthLater: the questions are answered later while data flows
// both ways, with several requests outstanding.
func TestPostHandshakeAuthLater(t *testing.T) {
	id := identityOf(t, "p256")
	client := configOf(t, func(s *Settings) { s.Ask = AskCertificate })
	p := withPostAuth(t, client, serverOf(t, nil), Params{})
	later := func(c *Conn) error { return c.Postpone() }
	postpone := answers{WaitCertificate: later, WaitSign: later, WaitVerify: later}
	for range 8 {
		p.request(t, RequestClientCert)
	}
	if _, err := p.server.RequestCertificate(RequestClientCert); err != ErrTooManyRequests {
		t.Errorf("one more: %v", err)
	}
	// Unanswered, the question is asked again, and nothing is read.
	for range 2 {
		if w, err := p.client.advance(&p.toServer, &p.toClient, func() (Wait, error) {
			_, w, err := p.client.Read(make([]byte, 10))
			if w == WaitCertificate {
				return WaitNone, err
			}
			return w, err
		}); w != WaitNone || err != nil {
			t.Fatal(w, err)
		}
		if _, w, err := p.client.Read(nil); w != WaitCertificate || err != nil {
			t.Fatal(w, err)
		}
	}
	for i := range 8 {
		postpone.use(p.client)
		postpone.use(p.server)
		p.exchange(t)
		if n := p.client.CertificateRequests(); n != 8-i {
			t.Fatalf("%d requests", n)
		}
		if err := p.client.AnswerSign([]byte("x")); err != ErrNoQuestion {
			t.Errorf("signature: %v", err)
		}
		if err := p.client.AnswerCertificate(&Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes}); err != nil {
			t.Fatal(err)
		}
		p.exchange(t)
		if err := p.client.AnswerCertificate(nil); err != ErrNoQuestion {
			t.Errorf("certificate: %v", err)
		}
		if n := count(p.server.messages, "<certificate"); n != i {
			t.Fatalf("%d certificates without a signature", n)
		}
		if err := signWith(id)(p.client.Conn); err != nil {
			t.Fatal(err)
		}
		// The answer goes with whatever is done next.
		p.exchange(t)
		if w := p.server.post.asked; w != WaitVerify {
			t.Fatalf("the server asks %v", w)
		}
		if len(p.server.PeerChain()) != 1 || len(p.server.Session().PeerChain) != min(i, 1) {
			t.Errorf("a chain nobody has judged: %d", len(p.server.Session().PeerChain))
		}
		p.exchange(t)
		if err := p.server.AnswerVerify(Verified{}); err != ErrNoQuestion {
			t.Errorf("without a verdict: %v", err)
		}
		if err := p.server.AnswerVerify(AcceptVerified()); err != nil {
			t.Fatal(err)
		}
	}
	if p.client.CertificateRequests() != 0 || p.server.CertificateRequests() != 0 {
		t.Error("requests are left")
	}
	for _, err := range []error{p.client.Postpone(), p.server.Postpone(), p.server.AnswerVerify(AcceptVerified())} {
		if err != ErrNoQuestion {
			t.Error(err)
		}
	}
	// Two answers come while the verdict on the first is open: the second waits.
	p.client.cfg = configOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} })
	p.client.custom = nil
	p.request(t, RequestClientCert)
	p.request(t, RequestClientCert)
	if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil)); err != nil {
		t.Fatal(err)
	}
	asked := 0
	p.server.custom = func(c *Conn, w Wait) (bool, error) {
		if w != WaitVerify {
			t.Errorf("asked %v", w)
		}
		if asked++; asked != 2 {
			return true, c.Postpone()
		}
		if err := c.Postpone(); err != ErrNoQuestion {
			t.Errorf("postponed though the next answer is here: %v", err)
		}
		return true, c.AnswerVerify(AcceptVerified())
	}
	_, err := p.server.advance(&p.toClient, &p.toServer, func() (Wait, error) {
		_, w, err := p.server.Read(make([]byte, 10))
		return w, err
	})
	if err != nil || asked != 3 || p.server.CertificateRequests() != 0 {
		t.Errorf("asked %d times, %d requests: %v", asked, p.server.CertificateRequests(), err)
	}
	if err := p.server.AnswerVerify(AcceptVerified()); err != nil {
		t.Error(err)
	}
	p.exchange(t)
}

// TestRequestCertificateErrors: where nothing can be asked.
func TestRequestCertificateErrors(t *testing.T) {
	server := serverOf(t, nil)
	for _, tt := range []struct {
		name           string
		client, server Params
		do             func(p *pair)
		auth           ClientAuth
		want           error
	}{
		{"not offered", only13(Params{}), Params{PostHandshakeAuth: true}, nil, RequestClientCert, ErrNoPostHandshakeAuth},
		{"not kept", only13(Params{PostHandshakeAuth: true}), Params{}, nil, RequestClientCert, ErrNoPostHandshakeAuth},
		{"TLS 1.2", only12(Params{PostHandshakeAuth: true}), Params{PostHandshakeAuth: true}, nil, RequestClientCert, ErrHandshake},
		{"closed", only13(Params{PostHandshakeAuth: true}), Params{PostHandshakeAuth: true}, func(p *pair) { p.server.CloseNotify() }, RequestClientCert, ErrClosed},
		{"freed", only13(Params{PostHandshakeAuth: true}), Params{PostHandshakeAuth: true}, func(p *pair) { p.server.Free() }, RequestClientCert, ErrFreed},
		{"no certificate", only13(Params{PostHandshakeAuth: true}), Params{PostHandshakeAuth: true}, nil, NoClientCert, ErrSettings},
	} {
		p := newPair(NewClient(configOf(t, nil), tt.client), NewServer(server, tt.server))
		if _, err := p.server.RequestCertificate(tt.auth); err != ErrHandshake {
			t.Errorf("%s: before the handshake: %v", tt.name, err)
		}
		p.mustHandshake(t)
		if tt.do != nil {
			tt.do(p)
		}
		if _, err := p.server.RequestCertificate(tt.auth); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := p.client.RequestCertificate(tt.auth); err != ErrHandshake {
			t.Errorf("%s: a client asks: %v", tt.name, err)
		}
	}
}

// TestPostHandshakeAuthClosing: a client that has closed does not answer.
func TestPostHandshakeAuthClosing(t *testing.T) {
	id := identityOf(t, "p256")
	for _, before := range []bool{true, false} {
		client := configOf(t, func(s *Settings) { s.Ask = AskCertificate })
		p := withPostAuth(t, client, serverOf(t, nil), Params{})
		if before {
			p.client.CloseNotify()
		}
		p.request(t, RequestClientCert)
		answers{WaitCertificate: func(c *Conn) error {
			if before {
				t.Error("asked")
			}
			c.CloseNotify()
			return c.AnswerCertificate(id.cred)
		}}.use(p.client)
		if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil)); err != nil {
			t.Error(err)
		}
		if count(p.client.messages, ">certificate") != 0 || p.client.CertificateRequests() != 0 {
			t.Errorf("%v", p.client.messages)
		}
	}
}
