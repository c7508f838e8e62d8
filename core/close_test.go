package core

import (
	"bytes"
	"io"
	"testing"

	"patina/core/iana"
)

// TestClose: close_notify, the transport's end, and what comes after.
func TestClose(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		versions := Params{MinVersion: v, MaxVersion: v}
		// The peer's close_notify is io.EOF, again and again; this side still writes.
		p := newPair(NewClient(configOf(t, nil), versions), NewServer(serverOf(t, nil), versions))
		p.mustHandshake(t)
		if w, err := p.client.advance(&p.toServer, &p.toClient, p.client.CloseNotify); w != WaitNone || err != nil || !p.client.Closed() {
			t.Fatal(w, err)
		}
		if _, _, err := p.client.Write([]byte("x")); err != ErrClosed {
			t.Errorf("writing after close_notify: %v", err)
		}
		if w, err := p.client.CloseNotify(); w != WaitNone || err != nil || len(p.client.Output()) != 0 {
			t.Errorf("close_notify twice: %v, %v", w, err)
		}
		for range 2 {
			if _, err := p.server.advance(&p.toClient, &p.toServer, readOp(p.server, nil)); err != io.EOF || !p.server.PeerClosed() {
				t.Errorf("%v: %v", v, err)
			}
		}
		if p.server.Err() != nil {
			t.Error(p.server.Err())
		}
		var got []byte
		msg := []byte("the last word")
		if _, err := p.server.advance(&p.toClient, &p.toServer, func() (Wait, error) {
			n, w, err := p.server.Write(msg)
			msg = msg[n:]
			return w, err
		}); err != nil {
			t.Fatal(err)
		}
		p.server.advance(&p.toClient, &p.toServer, p.server.CloseNotify)
		p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &got))
		if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, &got)); err != io.EOF || string(got) != "the last word" {
			t.Errorf("%q, %v", got, err)
		}

		// The transport's end is an error, or, where the owner says so, a close.
		for _, lenient := range []bool{false, true} {
			versions.EOFIsClose = lenient
			p := newPair(NewClient(configOf(t, nil), versions), NewServer(serverOf(t, nil), versions))
			p.mustHandshake(t)
			want := ErrUnexpectedEOF
			if lenient {
				want = io.EOF
			}
			p.client.ReceivedEOF()
			for range 2 {
				if _, _, err := p.client.Read(make([]byte, 1)); err != want {
					t.Errorf("%v: %v, want %v", v, err, want)
				}
			}
			if len(p.client.Output()) != 0 {
				t.Error("an alert to nobody")
			}
			c := NewClient(configOf(t, nil), versions)
			c.Handshake()
			c.Sent(len(c.Output()))
			c.ReceivedEOF()
			if _, err := c.Handshake(); err != want {
				t.Errorf("%v: %v, want %v", v, err, want)
			}
		}
	}
}

// TestAbort: the owner's alert goes out behind what waits to be sent, and its
// error stays.
func TestAbort(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), Params{}), NewServer(serverOf(t, nil), Params{}))
	p.client.custom = func(c *Conn, w Wait) (bool, error) {
		c.Abort(iana.AlertUnknownCA, io.ErrNoProgress)
		return true, nil
	}
	cerr, serr := p.handshake()
	if a, ok := cerr.(*AbortError); !ok || a.Err != io.ErrNoProgress || p.client.Err() != cerr {
		t.Errorf("%v", cerr)
	}
	if serr != AlertError(iana.AlertUnknownCA) {
		t.Errorf("%v", serr)
	}
	if _, ok := AlertOf(serr); ok {
		t.Error("an alert answers an alert")
	}
	if len(p.server.Output()) != 0 {
		t.Error("the server answers")
	}
	if err := p.client.AnswerVerify(AcceptVerified()); err != ErrNoQuestion {
		t.Errorf("answer after the end: %v", err)
	}
	p.client.Free()
	if _, err := p.client.Handshake(); err != ErrFreed {
		t.Error(err)
	}
}

// TestAlertBehindOutput: a failure while a flight waits to be sent sends both,
// in their order.
func TestAlertBehindOutput(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		versions := Params{MinVersion: v, MaxVersion: v}
		p := newPair(NewClient(configOf(t, nil), versions), NewServer(serverOf(t, nil), versions))
		if w, err := p.client.advance(&p.toServer, &p.toClient, p.client.Handshake); w != WaitRead || err != nil {
			t.Fatal(w, err)
		}
		buf, _ := p.server.ReadBuffer()
		p.server.Received(copy(buf, p.toServer.Bytes()))
		p.toServer.Reset()
		if w, err := p.server.Handshake(); w != WaitWrite || err != nil {
			t.Fatal(w, err)
		}
		flight := bytes.Clone(p.server.Output())
		p.server.Sent(10) // the transport took part of it
		p.server.Abort(iana.AlertAccessDenied, io.ErrClosedPipe)
		rest := p.server.Output()
		if !bytes.HasPrefix(rest, flight[10:]) || len(rest) <= len(flight)-10 {
			t.Fatalf("%v: %d bytes of output after a flight of %d", v, len(rest), len(flight))
		}
		p.toClient.Write(flight[:10])
		p.toClient.Write(rest)
		p.server.Sent(len(rest))
		_, err := p.client.advance(&p.toServer, &p.toClient, p.client.Handshake)
		if err == nil {
			_, err = p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil))
		}
		if err != AlertError(iana.AlertAccessDenied) {
			t.Errorf("%v: the client sees %v", v, err)
		}
	}
}
