package core

import (
	"bytes"
	"testing"

	"patina/core/iana"
)

// TestNextData: data comes by the short way, everything else is left to Read, and
// nothing is lost between the two.
func TestNextData(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		keys, err := NewTicketKeys(nil)
		if err != nil {
			t.Fatal(err)
		}
		server := NewServer(serverOf(t, func(s *Settings) { s.TicketKeys = keys }), Params{Tickets: 1})
		client := NewClient(configOf(t, func(s *Settings) { s.Ask = AskSession }), Params{ServerName: "example.org", MaxVersion: v})
		pass := func(from, to *Conn) {
			for out := from.TakeOutput(); len(out.Bytes()) > 0; {
				buf, _ := to.ReadBuffer()
				n := copy(buf, out.Bytes())
				to.Received(n)
				out.Sent(n)
				if len(out.Bytes()) == 0 {
					from.Recycle(&out)
				}
			}
		}
		var e events
		step := func(c, peer *Conn) {
			w, err := c.Handshake()
			if err != nil {
				t.Fatal(err)
			}
			if w == WaitVerify || w == WaitSessionStore {
				if err := e.answer(c, w); err != nil {
					t.Fatal(err)
				}
			}
			pass(c, peer)
		}
		for i := 0; i < 10 || !client.HandshakeComplete() || !server.HandshakeComplete(); i++ {
			step(client, server)
			step(server, client)
		}
		if data, w := server.NextData(); data != nil || w != WaitRead {
			t.Fatalf("%v: %d bytes, %v", v, len(data), w)
		}
		sent := []byte("some data")
		if _, _, err := server.Write(sent); err != nil {
			t.Fatal(err)
		}
		if v == iana.VersionTLS13 {
			if err := server.KeyUpdate(true); err != nil {
				t.Fatal(err)
			}
		}
		pass(server, client)
		if _, _, err := server.Write(sent); err != nil {
			t.Fatal(err)
		}
		pass(server, client)
		if _, err := server.CloseNotify(); err != nil {
			t.Fatal(err)
		}
		pass(server, client)

		var got []byte
		var short, long int
		for {
			if data, w := client.NextData(); len(data) > 0 {
				n := min(len(data), 5)
				got = append(got, data[:n]...)
				client.Consumed(n)
				short++
				continue
			} else if w == WaitRead {
				t.Fatalf("%v: more is wanted after %q", v, got)
			}
			long++
			var p [3]byte
			n, w, err := client.Read(p[:])
			got = append(got, p[:n]...)
			if err != nil {
				break
			}
			if w == WaitSessionStore {
				if err := e.answer(client, w); err != nil {
					t.Fatal(err)
				}
			}
		}
		if want := bytes.Repeat(sent, 2); !bytes.Equal(got, want) || !client.PeerClosed() {
			t.Errorf("%v: %q, want %q; closed: %v", v, got, want, client.PeerClosed())
		}
		if len(e.sessions) != 1 {
			t.Errorf("%v: %d sessions", v, len(e.sessions))
		}
		if short < 3 || long < 1 || v == iana.VersionTLS13 && long < 3 {
			t.Errorf("%v: %d times by NextData, %d by Read", v, short, long)
		}
		client.Free()
		server.Free()
		if data, w := client.NextData(); data != nil || w != WaitNone {
			t.Errorf("%v: %d bytes of a freed connection, %v", v, len(data), w)
		}
	}
}

// TestNextDataResetsCounters: data that came by NextData counts as data where
// messages in a row are limited.
func TestNextDataResetsCounters(t *testing.T) {
	client, server := established(t, iana.VersionTLS13)
	for range 32 + 5 {
		if err := server.KeyUpdate(false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := server.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		// The KeyUpdate's record first, alone.
		out := server.Output()
		first := 5 + int(out[3])<<8 + int(out[4])
		buf, _ := client.ReadBuffer()
		client.Received(copy(buf, out[:first]))
		if data, w := client.NextData(); data != nil || w != WaitNone {
			t.Fatalf("%q, %v instead of a message", data, w)
		}
		if n, w, err := client.Read(make([]byte, 1)); n != 0 || w != WaitRead || err != nil {
			t.Fatal(n, w, err)
		}
		buf, _ = client.ReadBuffer()
		client.Received(copy(buf, out[first:]))
		server.Sent(len(out))
		if data, _ := client.NextData(); string(data) != "x" {
			t.Fatalf("%q", data)
		}
		client.Consumed(1)
	}
}
