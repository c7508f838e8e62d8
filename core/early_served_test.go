package core

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// What a client reads between two writes of early data.

// readServed is a client's ReadEarly of what has come.
func (p *pair) readServed() (got []byte, w Wait, err error) {
	var b [4]byte
	for {
		var n int
		w, err = p.client.advance(&p.toServer, &p.toClient, func() (w Wait, err error) {
			n, w, err = p.client.ReadEarly(b[:])
			return w, err
		})
		got = append(got, b[:n]...)
		if w != WaitNone || err != nil {
			return got, w, err
		}
	}
}

// TestEarlyDataServed: the server's answer is read, and more early data written behind it.
func TestEarlyDataServed(t *testing.T) {
	p := earlyPeersOf(t, nil).pair()
	if _, _, err := p.client.ReadEarly(nil); err != ErrNoEarlyData {
		t.Errorf("read before anything was written: %v", err)
	}
	for i := range 3 {
		msg := []byte{'a' + byte(i), 'b', 'c', 'd', 'e', 'f'}
		if err := p.writeEarly(p.client, msg); err != nil {
			t.Fatal(err)
		}
		if got, done, err := p.readEarly(); err != nil || done || !bytes.Equal(got, msg) {
			t.Fatalf("%q, done %v, %v", got, done, err)
		}
		if err := p.writeEarly(p.server, msg[1:]); err != nil {
			t.Fatal(err)
		}
		var b [2]byte
		w, err := p.client.advance(&p.toServer, &p.toClient, func() (Wait, error) {
			n, w, err := p.client.PeekEarly(b[:])
			if n > 0 && string(b[:n]) != "bc" {
				t.Errorf("peeked %q", b[:n])
			}
			return w, err
		})
		if w != WaitNone || err != nil {
			t.Fatal(w, err)
		}
		if got, w, err := p.readServed(); err != nil || w != WaitRead || !bytes.Equal(got, msg[1:]) {
			t.Fatalf("%q, %v, %v", got, w, err)
		}
		if p.client.HandshakeComplete() || p.client.EarlyStatus() != EarlyAccepted || p.client.EarlyLeft() != 1000-6*(i+1) {
			t.Fatalf("complete %v, %v, %d left", p.client.HandshakeComplete(), p.client.EarlyStatus(), p.client.EarlyLeft())
		}
	}
	p.mustHandshake(t)
	p.exchange(t)
	if n := count(p.server.messages, "<end_of_early_data"); n != 1 {
		t.Errorf("%v", p.server.messages)
	}
}

// TestEarlyDataServedRejected: a client that reads learns that nothing is accepted before the handshake's end.
func TestEarlyDataServedRejected(t *testing.T) {
	peers := earlyPeersOf(t, nil)
	peers.sparams.MaxEarlyData = 0
	p := peers.pair()
	if err := p.writeEarly(p.client, []byte("early")); err != nil {
		t.Fatal(err)
	}
	if _, done, err := p.readEarly(); !done || err != nil {
		t.Fatal(done, err)
	}
	if err := p.writeEarly(p.server, []byte("served")); err != nil {
		t.Fatal(err)
	}
	if got, w, err := p.readServed(); string(got) != "served" || w != WaitRead || err != nil {
		t.Fatalf("%q, %v, %v", got, w, err)
	}
	if err := p.writeEarly(p.client, []byte("more")); err != ErrEarlyData || p.client.EarlyStatus() != EarlyRejected {
		t.Errorf("%v, %v", err, p.client.EarlyStatus())
	}
	p.mustHandshake(t)
	p.exchange(t)
}

// TestEarlyDataServedEnds: what ends such reading: the peer's close_notify, and a message that belongs behind the handshake.
func TestEarlyDataServedEnds(t *testing.T) {
	for _, closes := range []bool{true, false} {
		p := earlyPeersOf(t, nil).pair()
		if err := p.writeEarly(p.client, []byte("early")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.readEarly(); err != nil {
			t.Fatal(err)
		}
		if closes {
			p.server.advance(&p.toClient, &p.toServer, p.server.CloseNotify)
			for range 2 {
				if _, _, err := p.readServed(); err != io.EOF {
					t.Fatal(err)
				}
			}
		} else {
			// A KeyUpdate may stand behind the server's Finished (RFC 8446, section 4.6.3).
			p.server.out.flight = wire.AppendKeyUpdate(p.server.messageBuffer(), false)
			next := keys.NextTraffic(p.server.kdf(), &p.server.out.secret)
			if err := p.server.setWriteSecret(&next); err != nil {
				t.Fatal(err)
			}
			if err := p.writeEarly(p.server, []byte("new keys")); err != nil {
				t.Fatal(err)
			}
			if got, _, err := p.readServed(); err != ErrNoEarlyData || len(got) > 0 {
				t.Fatalf("%q, %v", got, err)
			}
		}
		if cerr, serr := p.handshake(); cerr != nil || serr != nil && !errors.Is(serr, ErrClosed) {
			t.Fatal(cerr, serr)
		}
		if !p.client.HandshakeComplete() {
			t.Error("the client's handshake is not complete")
		}
		if !closes {
			var got []byte
			if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &got)); err != nil || string(got) != "new keys" {
				t.Errorf("%q, %v", got, err)
			}
		}
	}
	// An early end of the transport is none of the peer's.
	p := earlyPeersOf(t, nil).pair()
	if err := p.writeEarly(p.client, []byte("early")); err != nil {
		t.Fatal(err)
	}
	p.client.ReceivedEOF()
	if _, _, err := p.readServed(); !errors.Is(err, ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestOtherSuiteOfSession: a TLS 1.3 session is offered with suites of its hash, early data with its own only.
func TestOtherSuiteOfSession(t *testing.T) {
	for id, resumed := range map[iana.CipherSuite]bool{
		iana.TLS_CHACHA20_POLY1305_SHA256: true,
		iana.TLS_AES_256_GCM_SHA384:       false,
	} {
		peers := earlyPeersOf(t, func(c, s *Settings) {
			c.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}
		})
		s := peers.client.Settings
		s.Suites = []iana.CipherSuite{id}
		cfg, err := NewConfig(s)
		if err != nil {
			t.Fatal(err)
		}
		p := newPair(NewClient(cfg, Params{ServerName: "example.org", Session: peers.session}), NewServer(peers.server, peers.sparams))
		if err := p.writeEarly(p.client, []byte("x")); err != ErrEarlyData {
			t.Errorf("early data of another suite: %v", err)
		}
		p.mustHandshake(t)
		if p.client.Resumed() != resumed || p.server.Resumed() != resumed || p.client.Suite() != id {
			t.Errorf("%v: resumed %v, %v, suite %v", id, p.client.Resumed(), p.server.Resumed(), p.client.Suite())
		}
		p.exchange(t)
	}
}
