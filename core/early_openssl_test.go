package core

import (
	"context"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
)

// Early data and external PSKs with the system's openssl command.

const earlyGreeting = "an unexpected party\n"

// TestOpenSSLEarlyClient: s_client's early data, accepted and rejected.
func TestOpenSSLEarlyClient(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(s *Settings)
		want   EarlyStatus
		says   string
	}{
		{"accepted", func(s *Settings) { s.AntiReplay = NewStrikeRegister(1, time.Now().Add(-time.Hour)) }, EarlyAccepted, "Early data was accepted"},
		{"rejected", func(s *Settings) {}, EarlyRejected, "Early data was rejected"},
		{"retry", func(s *Settings) { s.Groups = allGroups[4:] }, EarlyRejected, "Early data was rejected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file, data := filepath.Join(dir, "session.pem"), filepath.Join(dir, "early")
			if err := os.WriteFile(data, []byte(earlyGreeting), 0o600); err != nil {
				t.Fatal(err)
			}
			params := Params{Tickets: 1, MaxEarlyData: 100}
			first := newEnd(NewServer(serverOf(t, func(s *Settings) { s.TicketKeys = keys }), params))
			flags := []string{"-tls1_3", "-servername", "example.org", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}
			if out, err := sClient(t, first, append([]string{"-sess_out", file}, flags...)...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			ours := newEnd(NewServer(serverOf(t, func(s *Settings) { s.TicketKeys = keys; tt.change(s) }), params))
			var early []byte
			out, err := sClientEarly(t, ours, &early, append([]string{"-sess_in", file, "-early_data", data}, flags...)...)
			if err != nil || !ours.Resumed() || ours.EarlyStatus() != tt.want || !strings.Contains(out, tt.says) {
				t.Errorf("%v, status %v\n%s", err, ours.EarlyStatus(), out)
			}
			want := ""
			if tt.want == EarlyAccepted {
				want = earlyGreeting
			}
			if string(early) != want {
				t.Errorf("early data %q", early)
			}
		})
	}
}

// sClientEarly is sClient with early data read, and answered, before the
// handshake is complete.
func sClientEarly(t *testing.T, ours *end, early *[]byte, args ...string) (string, error) {
	t.Helper()
	ours.before = func(c net.Conn) error {
		for {
			var b [64]byte
			n := 0
			err := ours.overNet(c, func() (w Wait, err error) {
				n, w, err = ours.ReadEarly(b[:])
				return w, err
			})
			*early = append(*early, b[:n]...)
			if err == ErrNoEarlyData {
				break
			} else if err != nil {
				return err
			}
		}
		msg := []byte("half a round trip\n")
		return ours.overNet(c, func() (Wait, error) {
			n, w, err := ours.WriteEarly(msg)
			msg = msg[n:]
			return w, err
		})
	}
	out, err := sClient(t, ours, args...)
	if err == nil && !strings.Contains(out, "half a round trip") {
		t.Errorf("what was sent after the server's Finished did not arrive:\n%s", out)
	}
	return out, err
}

// earlyServer starts openssl s_server, which shows what it reads.
func earlyServer(t *testing.T, args ...string) (dial func() net.Conn, out *output) {
	t.Helper()
	cert, key := opensslFiles(t, identityOf(t, "p256"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*opensslTimeout)
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", addr, "-cert", cert, "-key", key}, args...)...)
	out = new(output)
	cmd.Stdout, cmd.Stderr = out, out
	// Its end would be s_server's.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Process.Kill()
		cmd.Wait()
		cancel()
	})
	return func() net.Conn {
		t.Helper()
		for end := time.Now().Add(opensslTimeout); ; time.Sleep(20 * time.Millisecond) {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.SetDeadline(time.Now().Add(opensslTimeout))
				return c
			}
			if time.Now().After(end) {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}, out
}

// waitFor waits until the command has written s.
func (o *output) waitFor(s string) bool {
	for end := time.Now().Add(opensslTimeout); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(o.String(), s) {
			return true
		}
	}
	return false
}

// TestOpenSSLEarlyServer: early data to s_server, accepted once and, with the
// same session, not again, as its tickets serve for one use.
func TestOpenSSLEarlyServer(t *testing.T) {
	dial, out := earlyServer(t, "-early_data", "-max_early_data", "100", "-alpn", "one")
	cfg := configOf(t, func(s *Settings) { s.Ask, s.ALPN = AskSession, []string{"one"} })
	write := func(e *end, c net.Conn, msg string, f func(p []byte) (int, Wait, error)) {
		t.Helper()
		p := []byte(msg)
		if err := e.overNet(c, func() (Wait, error) {
			n, w, err := f(p)
			p = p[n:]
			return w, err
		}); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	connect := func(session *Session, early, later string) *end {
		t.Helper()
		e := newEnd(NewClient(cfg, Params{Session: session, ServerName: "example.org"}))
		c := dial()
		defer c.Close()
		if early != "" {
			write(e, c, early[:5], e.WriteEarly)
			write(e, c, early[5:], e.WriteEarly)
		}
		if err := e.overNet(c, e.Handshake); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		write(e, c, later, e.Write)
		if !out.waitFor(strings.TrimSpace(later)) {
			t.Fatalf("%q did not arrive:\n%s", later, out)
		}
		tickets := 2
		if session != nil {
			tickets = 1
		}
		if err := e.overNet(c, func() (Wait, error) {
			_, w, err := e.Read(make([]byte, 100))
			if w == WaitRead && len(e.sessions) >= tickets {
				w = WaitNone
			}
			return w, err
		}); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := e.overNet(c, e.CloseNotify); err != nil {
			t.Fatal(err)
		}
		return e
	}
	first := connect(nil, "", "the first\n")
	if len(first.sessions) < 2 || first.sessions[0].MaxEarlyData != 100 {
		t.Fatalf("%d sessions", len(first.sessions))
	}
	e := connect(first.sessions[0], "over the misty mountains cold", "the second\n")
	if e.EarlyStatus() != EarlyAccepted || !e.Resumed() || !out.waitFor("the misty mountains cold") {
		t.Errorf("%v\n%s", e.EarlyStatus(), out)
	}
	e = connect(first.sessions[0], "to dungeons deep and caverns old", "the third\n")
	if e.EarlyStatus() != EarlyRejected || strings.Contains(out.String(), "dungeons") {
		t.Errorf("%v\n%s", e.EarlyStatus(), out)
	}
	if len(first.secrets[labelEarlyTraffic]) != 0 || len(e.secrets[labelEarlyTraffic]) != 32+16 && len(e.secrets[labelEarlyTraffic]) != 32 {
		t.Errorf("%d bytes of %s", len(e.secrets[labelEarlyTraffic]), labelEarlyTraffic)
	}
}

// TestOpenSSLPSK: external PSKs with s_server and s_client, which know them as
// SHA-256's, without certificates on our side.
func TestOpenSSLPSK(t *testing.T) {
	psk := &PSK{Identity: []byte("gandalf"), Key: []byte("a wizard is never late, nor early")}
	secret := hex.EncodeToString(psk.Key)
	t.Run("server", func(t *testing.T) {
		dial, out := sServer(t, "-nocert", "-psk", secret, "-psk_identity", "gandalf", "-groups", "P-384:P-256")
		for _, g := range []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupX25519} { // the second has to try again
			cfg := configOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{g, iana.GroupSecp384r1} })
			e := newEnd(NewClient(cfg, only13(Params{PSKs: []*PSK{psk}})))
			if err := talkToServer(e, dial()); err != nil || e.PSK() != psk || len(e.PeerChain()) != 0 {
				t.Errorf("%v\n%s", err, out)
			}
		}
		wrong := &PSK{Identity: psk.Identity, Key: []byte("wrong")}
		e := newEnd(NewClient(configOf(t, nil), only13(Params{PSKs: []*PSK{wrong}})))
		if err := talkToServer(e, dial()); err != AlertError(iana.AlertIllegalParameter) && err != AlertError(iana.AlertDecryptError) {
			t.Errorf("a wrong key: %v", err)
		}
	})
	t.Run("client", func(t *testing.T) {
		for _, groups := range [][]iana.NamedGroup{allGroups[1:], allGroups[4:]} {
			cfg := configOf(t, func(s *Settings) { s.PSKs, s.Groups = []*PSK{psk}, groups })
			ours := newEnd(NewServer(cfg, Params{}))
			out, err := sClient(t, ours, "-tls1_3", "-psk", secret, "-psk_identity", "gandalf")
			if err != nil || ours.PSK() != psk || !strings.Contains(out, "Reused, TLSv1.3") {
				t.Errorf("%v\n%s", err, out)
			}
		}
		cfg := configOf(t, func(s *Settings) { s.PSKs = []*PSK{psk} })
		ours := newEnd(NewServer(cfg, Params{}))
		_, err := sClient(t, ours, "-tls1_3", "-psk", "00"+secret, "-psk_identity", "gandalf")
		wantKind(t, err, KindBadBinder)
	})
	t.Run("psk_ke", func(t *testing.T) {
		dial, out := sServer(t, "-nocert", "-psk", secret, "-psk_identity", "gandalf", "-allow_no_dhe_kex", "-groups", "P-256")
		e := newEnd(NewClient(configOf(t, func(s *Settings) { s.Groups = allGroups[1:2] }), only13(Params{PSKs: []*PSK{psk}, AllowPSKKE: true})))
		if err := talkToServer(e, dial()); err != nil || e.PSK() != psk || e.Group() != 0 {
			t.Errorf("%v, group %v\n%s", err, e.Group(), out)
		}
	})
}
