package tlsnet

import (
	"bytes"
	"context"
	"io"
	"testing"

	"patina/core"
)

// TestEarlyData: accepted once, by both ways of reading it; the same hello again is
// not; without a session everything is left to be written.
func TestEarlyData(t *testing.T) {
	a := newAuthority(t)
	for _, asData := range []bool{true, false} {
		server := a.server(t, func(c *Config) { c.Params.MaxEarlyData, c.EarlyData = 1000, asData })
		client := a.client(t, func(c *Config) { c.Sessions = NewMemorySessions(1) })
		data := pattern(1500)
		for i, want := range []int{0, 1000, 1000} {
			x, y := sockets(t)
			c, s := client.Conn(x, "example.org"), server.Conn(y)
			got := make(chan []byte, 1)
			served := goDo(func() error {
				var early []byte
				if !asData {
					b := make([]byte, 300)
					for {
						n, err := s.ReadEarly(b)
						early = append(early, b[:n]...)
						if err == io.EOF {
							break
						}
						if err != nil {
							return err
						}
					}
					if len(early) != want {
						t.Errorf("%d bytes early", len(early))
					}
				}
				rest := bytes.NewBuffer(early)
				var err error
				if i == 2 {
					_, err = s.WriteTo(rest)
				} else {
					_, err = rest.ReadFrom(struct{ io.Reader }{s})
				}
				got <- rest.Bytes()
				s.Write([]byte{1})
				return err
			})
			n, err := c.HandshakeEarly(context.Background(), data)
			if err != nil || n != want {
				t.Fatalf("%d: %d bytes were read, %v", i, n, err)
			}
			if accepted := c.State().Early == core.EarlyAccepted; accepted != (want > 0) {
				t.Error(c.State().Early)
			}
			if _, err := c.Write(data[n:]); err != nil {
				t.Fatal(err)
			}
			c.CloseWrite()
			if _, err := c.Read(make([]byte, 1)); err != nil { // and the tickets
				t.Error(err)
			}
			if err := <-served; err != nil {
				t.Fatal(err)
			}
			if b := <-got; string(b) != string(data) {
				t.Errorf("%d bytes came", len(b))
			}
		}
	}
}

// TestEarlyDataKept: a server that shakes hands first finds it afterwards.
func TestEarlyDataKept(t *testing.T) {
	a := newAuthority(t)
	server := a.server(t, func(c *Config) { c.Params.MaxEarlyData = 1000 })
	client := a.client(t, func(c *Config) { c.Sessions = NewMemorySessions(1) })
	for i := range 2 {
		x, y := sockets(t)
		c, s := client.Conn(x, "example.org"), server.Conn(y)
		served := goDo(s.Handshake)
		if n, err := c.HandshakeEarly(context.Background(), []byte("early")); err != nil || n != i*5 {
			t.Fatal(n, err)
		}
		if err := <-served; err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3)
		for _, want := range []string{"ear", "ly", ""}[2*(1-i):] {
			if n, err := s.ReadEarly(b); string(b[:n]) != want || (err == io.EOF) != (want == "") {
				t.Errorf("%q, %v", b[:n], err)
			}
		}
		s.Write([]byte{1})
		c.Read(b)
	}
}
