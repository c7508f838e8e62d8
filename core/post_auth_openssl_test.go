package core

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestOpenSSLPostHandshakeAuthClient: s_client authenticates when our server
// asks, twice at once, with data behind the requests.
func TestOpenSSLPostHandshakeAuthClient(t *testing.T) {
	for _, kind := range keyKinds {
		id := identityOf(t, kind)
		cert, key := opensslFiles(t, id)
		ours := newEnd(NewServer(serverOf(t, nil), Params{PostHandshakeAuth: true, Tickets: 1}))
		out, err := sClientAsking(t, ours, func(c net.Conn) error {
			if len(ours.PeerChain()) != 0 {
				t.Error("a chain before it was asked for")
			}
			for range 2 {
				if _, err := ours.RequestCertificate(RequireClientCert); err != nil {
					return err
				}
			}
			if err := ours.overNet(c, ours.Handshake); err != nil {
				return err
			}
			for ours.CertificateRequests() > 0 || len(ours.PeerChain()) == 0 {
				if err := ours.overNet(c, func() (Wait, error) {
					_, w, err := ours.Read(make([]byte, 10))
					if w == WaitRead && ours.CertificateRequests() == 0 {
						return WaitNone, err
					}
					return w, err
				}); err != nil {
					return err
				}
			}
			return nil
		}, "-tls1_3", "-enable_pha", "-cert", cert, "-key", key)
		if err != nil || len(ours.PeerChain()) != 1 || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
	// A client that does not offer it cannot be asked.
	ours := newEnd(NewServer(serverOf(t, nil), Params{PostHandshakeAuth: true}))
	if out, err := sClientAsking(t, ours, func(net.Conn) error {
		if _, err := ours.RequestCertificate(RequestClientCert); err != ErrNoPostHandshakeAuth {
			return fmt.Errorf("asked: %v", err)
		}
		return nil
	}, "-tls1_3"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOpenSSLPostHandshakeAuthServer: s_server asks our client, by its command c,
// in the middle of the connection.
func TestOpenSSLPostHandshakeAuthServer(t *testing.T) {
	for _, kind := range keyKinds {
		for _, ask := range []Ask{0, AskCertificate} {
			id := identityOf(t, kind)
			cert, key := opensslFiles(t, id)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr := l.Addr().String()
			l.Close()
			ctx, cancel := context.WithTimeout(context.Background(), opensslTimeout)
			cmd := exec.CommandContext(ctx, "openssl", "s_server", "-accept", addr, "-cert", cert, "-key", key, "-CAfile", cert, "-tls1_3")
			var out output
			cmd.Stdout, cmd.Stderr = &out, &out
			commands, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			err = func() error {
				var c net.Conn
				for end := time.Now().Add(opensslTimeout); ; time.Sleep(20 * time.Millisecond) {
					if c, err = net.Dial("tcp", addr); err == nil {
						break
					}
					if time.Now().After(end) {
						return err
					}
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(opensslTimeout))
				e := newEnd(NewClient(configOf(t, func(s *Settings) {
					s.Ask = ask
					s.Credentials = []*Credential{id.cred}
				}), only13(Params{PostHandshakeAuth: true})))
				if ask != 0 {
					answers{
						WaitCertificate: func(c *Conn) error {
							return c.AnswerCertificate(&Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes})
						},
						WaitSign: signWith(id),
					}.use(e)
				}
				if err := e.overNet(c, e.Handshake); err != nil {
					return err
				}
				for i, line := range []string{"one\n", "two\n"} {
					// It is a command only at the beginning of a line, and alone.
					io.WriteString(commands, "c\n")
					time.Sleep(100 * time.Millisecond)
					io.WriteString(commands, line)
					var got []byte
					for len(got) < len(line) {
						if err := e.overNet(c, readOp(e, &got)); err != nil {
							return err
						}
					}
					if string(got) != line {
						return fmt.Errorf("got %q", got)
					}
					if n := count(e.messages, "<certificate_request"); n != i+1 {
						return fmt.Errorf("%d requests", n)
					}
					if n := count(e.messages, ">certificate_verify"); n != i+1 {
						return fmt.Errorf("%d answers", n)
					}
					// What comes behind our answer is read: it has been accepted.
					msg := []byte("after " + line)
					if err := e.overNet(c, func() (Wait, error) {
						n, w, err := e.Write(msg)
						msg = msg[n:]
						return w, err
					}); err != nil {
						return err
					}
					for end := time.Now().Add(opensslTimeout); !strings.Contains(out.String(), "after "+line); time.Sleep(10 * time.Millisecond) {
						if time.Now().After(end) {
							return fmt.Errorf("s_server has not read on")
						}
					}
				}
				return e.overNet(c, e.CloseNotify)
			}()
			cmd.Process.Kill()
			cmd.Wait()
			cancel()
			if err != nil {
				t.Errorf("%s, %v: %v\n%s", kind, ask, err, out.String())
			}
		}
	}
}
