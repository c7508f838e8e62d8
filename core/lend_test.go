package core

import (
	"testing"

	"patina/core/iana"
)

// TestLend: a connection without a buffer opens what the owner has received in the owner's memory, needs none of its own
// for what is read at once, and is independent of that memory once it has settled.
func TestLend(t *testing.T) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		l := new(lender)
		versions := Params{MinVersion: v, MaxVersion: v}
		p := newPair(NewClient(configOf(t, func(s *Settings) { s.Buffers = l }), versions),
			NewServer(serverOf(t, nil), versions))
		p.mustHandshake(t)
		p.exchange(t)
		c := p.client
		shared := make([]byte, MaxLent)
		// records makes the server write each piece in a record, and returns them.
		records := func(pieces ...string) (all []byte) {
			for _, piece := range pieces {
				if _, _, err := p.server.Write([]byte(piece)); err != nil {
					t.Fatal(err)
				}
				all = append(all, p.server.Output()...)
				p.server.Sent(len(p.server.Output()))
			}
			return all
		}
		lend := func(b []byte) {
			t.Helper()
			lead := c.NextLead()
			if lead == 0 {
				t.Fatalf("%v: does not rest without a buffer", v)
			}
			c.Lend(shared, lead, lead+copy(shared[lead:], b))
		}
		settle := func() {
			c.Settle()
			for i := range shared {
				shared[i] = 0xcc // whoever still uses it will notice
			}
		}
		read := func(n int, want string) {
			t.Helper()
			got := make([]byte, n)
			if k, w, err := c.Read(got); err != nil || string(got[:k]) != want || w != WaitNone {
				t.Fatalf("%v: read %q, %v, %v; want %q", v, got[:k], w, err, want)
			}
		}
		if c.NextLead() != 0 {
			t.Errorf("%v: NextLead beside a buffer", v)
		}
		c.ReleaseBuffers()
		taken := l.total
		for range 3 {
			lend(records("hello"))
			read(10, "hello")
			settle()
		}
		lend(records("once more"))
		if _, w, err := c.Read(nil); err != nil || w != WaitNone { // opened, and none of it taken
			t.Fatal(w, err)
		}
		read(100, "once more")
		settle()
		if l.total != taken {
			t.Errorf("%v: %d buffers for records that were read at once", v, l.total-taken)
		}
		// What is left over, of one record or more, and a part of one.
		three := records("hello, ", "world", "!")
		lend(three[:len(three)-3])
		read(3, "hel")
		settle()
		if l.total != taken+1 || c.NextLead() != 0 {
			t.Errorf("%v: %d buffers for what is left", v, l.total-taken)
		}
		read(10, "lo, ")
		read(10, "world")
		buf, need := c.ReadBuffer()
		if need != 3 {
			t.Fatalf("%v: need %d", v, need)
		}
		c.Received(copy(buf, three[len(three)-3:]))
		read(10, "!")
		c.ReleaseBuffers()
		// A part of a record, for which a buffer is asked while the memory is lent.
		one := records("a record in two parts")
		lend(one[:5])
		if _, w, err := c.Read(make([]byte, 10)); w != WaitRead || err != nil {
			t.Fatal(w, err)
		}
		buf, need = c.ReadBuffer()
		settle()
		if need != len(one)-5 {
			t.Fatalf("%v: need %d", v, need)
		}
		c.Received(copy(buf, one[5:]))
		read(100, "a record in two parts")
		c.ReleaseBuffers()
		// Peek leaves it all.
		lend(records("seen"))
		if n, _, err := c.Peek(make([]byte, 10)); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		settle()
		read(10, "seen")
		c.ReleaseBuffers()
		// A message that is no data before it.
		if v == iana.VersionTLS13 {
			if err := p.server.KeyUpdate(false); err != nil {
				t.Fatal(err)
			}
			lend(records("after the update"))
			read(100, "after the update")
			settle()
		}
		for name, f := range map[string]func(){
			"wrong place": func() { c.Lend(shared, c.NextLead()+1, 100) },
			"too much":    func() { c.Lend(make([]byte, MaxLent+1), c.NextLead(), 100) },
			"backwards":   func() { c.Lend(shared, c.NextLead(), c.NextLead()-1) },
			"beyond":      func() { c.Lend(shared, c.NextLead(), MaxLent+1) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v: %s: no panic", v, name)
					}
				}()
				f()
			}()
		}
		// What is wrong ends the connection, and takes the memory no further.
		bad := records("tampered with")
		bad[len(bad)-1] ^= 1
		lend(bad)
		if _, _, err := c.Read(make([]byte, 10)); err == nil {
			t.Fatal("a wrong record was taken")
		}
		c.Free()
		settle()
		if l.out != 0 {
			t.Errorf("%v: %d buffers are lost", v, l.out)
		}
	}
}
