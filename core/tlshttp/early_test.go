package tlshttp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"patina/core"
	"patina/core/pki"
	"patina/core/tlsnet"
)

// gated lets the first flight pass and holds the next back until it is opened.
type gated struct {
	net.Conn
	first bool
	open  chan struct{}
}

func (g *gated) Write(p []byte) (int, error) {
	if !g.first {
		<-g.open
	}
	g.first = false
	return g.Conn.Write(p)
}

// TestEarlyData: a safe request in early data is answered before the handshake is
// complete and says so, any other after it (RFC 8470).
func TestEarlyData(t *testing.T) {
	id := newIdentity(t)
	server, err := tlsnet.NewServer(tlsnet.Config{
		Settings:  core.Settings{Credentials: []*core.Credential{id.cred}},
		Params:    core.Params{MaxEarlyData: 4096},
		EarlyData: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := server.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reached := make(chan struct{}, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case reached <- struct{}{}:
		default:
		}
		fmt.Fprintf(w, "early %q, complete %v", r.Header.Get("Early-Data"), r.TLS.HandshakeComplete)
	})}
	go Serve(srv, l)
	defer srv.Close()
	client, err := tlsnet.NewClient(tlsnet.Config{Roots: pki.NewPool([][]byte{id.der}), Sessions: tlsnet.NewMemorySessions(10)})
	if err != nil {
		t.Fatal(err)
	}
	// ask sends a request as early as it can be and returns the answer.
	ask := func(method string, hold bool) string {
		t.Helper()
		transport, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		g := &gated{transport, true, make(chan struct{})}
		select {
		case <-reached:
		default:
		}
		go func() {
			if hold { // what is safe is answered before this
				<-reached
			} else { // nothing has been
				select {
				case <-reached:
					t.Errorf("%s: reached the handler before the handshake was complete", method)
				case <-time.After(100 * time.Millisecond):
				}
			}
			close(g.open)
		}()
		c := client.Conn(g, "127.0.0.1")
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		request := []byte(method + " / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		n, err := c.HandshakeEarly(context.Background(), request)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if _, err := c.Write(request[n:]); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const late = `early "", complete true`
	for _, x := range []struct {
		method string
		hold   bool
		want   string
	}{
		{"GET", false, late}, // there is no session yet
		{"GET", true, `early "1", complete false`},
		{"POST", false, late},
		{"DELETE", false, late},
		{"HEAD", true, ""},
	} {
		if got := ask(x.method, x.hold); got != x.want {
			t.Errorf("%s: %s, want %s", x.method, got, x.want)
		}
	}
}
