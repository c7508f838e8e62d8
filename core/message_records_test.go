package core

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"patina/core/iana"
)

// order notes records and messages in the order in which they are told of.
type order struct {
	*events
	told []string
}

func (o *order) RecordHeader(sent bool, header []byte) {
	if sent {
		o.told = append(o.told, "record")
	}
}

func (o *order) InnerContentType(sent bool, typ iana.ContentType) {
	if sent && typ == iana.ContentChangeCipherSpec {
		o.told = append(o.told, "a protected change_cipher_spec")
	}
}

func (o *order) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	o.events.Message(sent, v, typ, data)
	if sent {
		o.told = append(o.told, o.messages[len(o.messages)-1][1:])
	}
}

// TestMessageRecords: with SetMessageRecords each message begins a record, told of
// before it.
func TestMessageRecords(t *testing.T) {
	for _, v := range bothVersions {
		for _, on := range []bool{false, true} {
			p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v}), NewServer(serverOf(t, nil), Params{}))
			o := &order{events: &p.server.events}
			p.server.SetObserver(o)
			p.server.SetMessageRecords(on)
			p.mustHandshake(t)
			told := strings.Join(o.told, " ")
			want := on
			if got := strings.Contains(told, "record server_hello record"); got != want {
				t.Errorf("%v, %v: the ServerHello has a record: %v: %s", v, on, got, told)
			}
			if got := strings.Contains(told, "record certificate record"); got != want {
				t.Errorf("%v, %v: the Certificate has a record: %v: %s", v, on, got, told)
			}
			if slices.Contains(o.told, "a protected change_cipher_spec") {
				t.Error("a change_cipher_spec is never protected in TLS 1.3")
			}
		}
	}
}

// TestNameSession: a TLS 1.3 server's owner names the sessions of its tickets.
func TestNameSession(t *testing.T) {
	named := []byte("a name of the owner's")
	var kept *Session
	p := newPair(NewClient(configOf(t, func(s *Settings) { s.Ask = AskSession }), only13(Params{})),
		NewServer(serverOf(t, func(s *Settings) { s.Ask = AskSession }), only13(Params{NoTickets: true, Tickets: 1})))
	p.server.custom = func(c *Conn, w Wait) (bool, error) {
		if w != WaitSessionStore {
			return false, nil
		}
		for _, id := range [][]byte{nil, make([]byte, maxSessionID+1)} {
			if err := c.NameSession(id); err != ErrNoQuestion {
				t.Errorf("%d bytes: %v", len(id), err)
			}
		}
		if err := c.NameSession(named); err != nil {
			t.Error(err)
		}
		kept = c.NewSession()
		return true, c.AnswerStored(true)
	}
	if err := p.server.NameSession(named); err != ErrNoQuestion {
		t.Errorf("before the handshake: %v", err)
	}
	p.mustHandshake(t)
	if kept == nil || !bytes.Equal(kept.ID, named) {
		t.Fatal("the session has another ID")
	}
	if s := p.client.sessions; len(s) != 1 || !bytes.Equal(s[0].Ticket, named) {
		t.Error("the ticket is not the ID")
	}
	if err := p.server.NameSession(named); err != ErrNoQuestion {
		t.Errorf("after the handshake: %v", err)
	}
}
