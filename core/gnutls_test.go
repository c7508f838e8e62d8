package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
)

// Handshakes with GnuTLS's commands, which speak extensions that OpenSSL 3.0 does
// not: RFC 7250, RFC 8449 and RFC 8879.

// needGnuTLS skips a test where the command is not installed.
func needGnuTLS(t *testing.T, command string) {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		t.Skip(command + " (gnutls-bin) is not installed")
	}
}

const gnutlsTimeout = 20 * time.Second

// gnutlsServer starts gnutls-serv as an echo server.
func gnutlsServer(t *testing.T, args ...string) (dial func() net.Conn, out *output) {
	t.Helper()
	needGnuTLS(t, "gnutls-serv")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*gnutlsTimeout)
	cmd := exec.CommandContext(ctx, "gnutls-serv", append([]string{"--echo", "-p", fmt.Sprint(addr.Port)}, args...)...)
	out = new(output)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		cancel()
	})
	return func() net.Conn {
		t.Helper()
		for end := time.Now().Add(gnutlsTimeout); ; time.Sleep(20 * time.Millisecond) {
			c, err := net.Dial("tcp", addr.String())
			if err == nil {
				c.SetDeadline(time.Now().Add(gnutlsTimeout))
				return c
			}
			if time.Now().After(end) {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}, out
}

// echo shakes hands with gnutls-serv and has it echo n bytes.
func echo(e *end, c net.Conn, n int) error {
	defer c.Close()
	if err := e.overNet(c, e.Handshake); err != nil {
		return err
	}
	line := strings.Repeat("x", n-1) + "\n"
	msg := []byte(line)
	if err := e.overNet(c, func() (Wait, error) {
		n, w, err := e.Write(msg)
		if msg = msg[n:]; w == WaitNone && len(msg) > 0 {
			w = WaitWrite
		}
		return w, err
	}); err != nil {
		return err
	}
	var got []byte
	for len(got) < n {
		if err := e.overNet(c, readOp(e, &got)); err != nil {
			return err
		}
	}
	if string(got) != line {
		return errors.New("the echo is not what was sent")
	}
	return e.overNet(c, e.CloseNotify)
}

// gnutlsClient lets gnutls-cli connect to ours and sends a line each way.
func gnutlsClient(t *testing.T, ours *end, args ...string) (out string, err error) {
	t.Helper()
	needGnuTLS(t, "gnutls-cli")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(gnutlsTimeout))
	ctx, cancel := context.WithTimeout(context.Background(), gnutlsTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "gnutls-cli", append([]string{"--insecure", "-p", fmt.Sprint(l.Addr().(*net.TCPAddr).Port), "127.0.0.1"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var buf output
	cmd.Stdout, cmd.Stderr = &buf, &buf
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ourErr := func() error {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(gnutlsTimeout))
		if err := ours.overNet(c, ours.Handshake); err != nil {
			return err
		}
		const line = "over hill and under hill\n"
		io.WriteString(in, line)
		var got []byte
		for len(got) < len(line) {
			if err := ours.overNet(c, readOp(ours, &got)); err != nil {
				return err
			}
		}
		if string(got) != line {
			return fmt.Errorf("got %q", got)
		}
		msg := []byte("through the fire\n")
		if err := ours.overNet(c, func() (Wait, error) {
			n, w, err := ours.Write(msg)
			msg = msg[n:]
			return w, err
		}); err != nil {
			return err
		}
		return ours.overNet(c, ours.CloseNotify)
	}()
	cmdErr := cmd.Wait()
	in.Close()
	out = buf.String()
	if ourErr != nil {
		return out, ourErr
	}
	if !strings.Contains(out, "through the fire") {
		return out, errors.Join(errors.New("gnutls-cli did not get the answer"), cmdErr)
	}
	return out, nil
}

// gnutlsPriority enables one version.
func gnutlsPriority(v iana.ProtocolVersion) string {
	if v == iana.VersionTLS12 {
		return "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2"
	}
	return "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3"
}

// TestGnuTLSRecordSizeLimit: both roles, both versions; GnuTLS offers 64 to 16384.
func TestGnuTLSRecordSizeLimit(t *testing.T) {
	cert, key := opensslFiles(t, identityOf(t, "p256"))
	for _, v := range bothVersions {
		one := 0
		if v == iana.VersionTLS13 {
			one = 1 // GnuTLS counts the content type
		}
		ours := newEnd(NewServer(serverOf(t, nil), Params{RecordSizeLimit: 900, Tickets: 1}))
		if out, err := gnutlsClient(t, ours, gnutlsPriority(v), "--recordsize=700"); err != nil {
			t.Errorf("%v: %v\n%s", v, err, out)
		}
		if own, peer := ours.RecordSizeLimits(); own != 900 || peer != 700+one {
			t.Errorf("%v: %d, %d", v, own, peer)
		}
		dial, out := gnutlsServer(t, "--x509certfile", cert, "--x509keyfile", key, "--recordsize=800", gnutlsPriority(v))
		e := newEnd(NewClient(configOf(t, nil), Params{RecordSizeLimit: 600}))
		if err := echo(e, dial(), 5000); err != nil {
			t.Errorf("%v: %v\n%s", v, err, out)
		}
		if own, peer := e.RecordSizeLimits(); own != 600 || peer != 800+one {
			t.Errorf("%v: %d, %d", v, own, peer)
		}
	}
}
