package core

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"patina/core/iana"
)

// TestVerifyResumed: a client judges the server of a resumed session again, if it
// wants, and nothing goes on without the verdict.
func TestVerifyResumed(t *testing.T) {
	refused := errors.New("not any more")
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	client := configOf(t, func(s *Settings) { s.Ask = AskSession })
	for _, v := range bothVersions {
		p := Params{ServerName: "example.org", MaxVersion: v}
		x := newPair(NewClient(client, p), NewServer(server, Params{Tickets: 1}))
		x.mustHandshake(t)
		if len(x.client.sessions) == 0 {
			t.Fatal("no session")
		}
		p.Session, p.VerifyResumed = x.client.sessions[0], true

		x = newPair(NewClient(client, p), NewServer(server, Params{Tickets: 1}))
		x.mustHandshake(t)
		if !x.client.Resumed() || !slices.Contains(x.client.asked, WaitVerify) || len(x.client.PeerChain()) != 1 ||
			!bytes.Equal(x.client.PeerChain()[0].Raw, identityOf(t, "p256").cert) {
			t.Errorf("%v: resumed %v, asked %v, chain of %d", v, x.client.Resumed(), x.client.asked, len(x.client.PeerChain()))
		}

		x = newPair(NewClient(client, p), NewServer(server, Params{}))
		x.client.custom = func(c *Conn, w Wait) (bool, error) {
			if w != WaitVerify {
				return false, nil
			}
			if err := c.AnswerVerify(Verified{}); err != ErrNoQuestion {
				t.Errorf("no verdict: %v", err)
			}
			c.Abort(iana.AlertCertificateRevoked, refused)
			return true, nil
		}
		if cerr, serr := x.handshake(); !errors.Is(cerr, refused) || serr != AlertError(iana.AlertCertificateRevoked) {
			t.Errorf("%v: %v, %v", v, cerr, serr)
		}

		// Nobody to be judged: a full handshake.
		stranger := p.Session.Clone()
		stranger.PeerChain = nil
		p.Session = stranger
		x = newPair(NewClient(client, p), NewServer(server, Params{}))
		x.mustHandshake(t)
		if x.client.Resumed() {
			t.Errorf("%v: a session of nobody is resumed", v)
		}
	}
}
