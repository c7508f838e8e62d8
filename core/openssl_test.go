package core

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patina/core/iana"
)

// Handshakes with the system's openssl command, in both directions.

// opensslFiles writes an identity where openssl finds it.
func opensslFiles(t *testing.T, id *identity) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	der, err := x509.MarshalPKCS8PrivateKey(id.key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: id.cert}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// output gathers what a command writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const opensslTimeout = 20 * time.Second

// sServer starts openssl s_server and returns a function that connects to it.
func sServer(t *testing.T, args ...string) (dial func() net.Conn, out *output) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*opensslTimeout)
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", addr, "-quiet", "-rev"}, args...)...)
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

// talkToServer shakes hands with s_server -rev and checks that it turns a line
// round.
func talkToServer(e *end, c net.Conn) error {
	defer c.Close()
	if err := e.overNet(c, e.Handshake); err != nil {
		return err
	}
	msg := []byte("0123456789\n")
	if err := e.overNet(c, func() (Wait, error) {
		n, w, err := e.Write(msg)
		msg = msg[n:]
		return w, err
	}); err != nil {
		return err
	}
	var got []byte
	for len(got) < 11 {
		if err := e.overNet(c, readOp(e, &got)); err != nil {
			return err
		}
	}
	if string(got) != "9876543210\n" {
		return fmt.Errorf("got %q", got)
	}
	return e.overNet(c, e.CloseNotify)
}

// sClient lets openssl s_client connect to ours and sends a line each way.
func sClient(t *testing.T, ours *end, args ...string) (out string, err error) {
	t.Helper()
	return sClientAsking(t, ours, func(net.Conn) error { return nil }, args...)
}

// sClientAsking does something more between the lines.
func sClientAsking(t *testing.T, ours *end, between func(c net.Conn) error, args ...string) (out string, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(opensslTimeout))
	ctx, cancel := context.WithTimeout(context.Background(), opensslTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-connect", l.Addr().String(), "-ign_eof"}, args...)...)
	cmd.Stdin = strings.NewReader("over hill and under hill\n")
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
		c.SetDeadline(time.Now().Add(opensslTimeout))
		if ours.before != nil {
			if err := ours.before(c); err != nil {
				return err
			}
		}
		if err := ours.overNet(c, ours.Handshake); err != nil {
			return err
		}
		var got []byte
		for len(got) < 25 {
			if err := ours.overNet(c, readOp(ours, &got)); err != nil {
				return err
			}
		}
		if string(got) != "over hill and under hill\n" {
			return fmt.Errorf("got %q", got)
		}
		if err := between(c); err != nil {
			return err
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
	out = buf.String()
	if ourErr != nil {
		return out, ourErr
	}
	if !strings.Contains(out, "through the fire") {
		return out, errors.Join(errors.New("s_client did not get the answer"), cmdErr)
	}
	return out, nil
}

var bothVersions = []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13}

func versionFlag(v iana.ProtocolVersion) string {
	if v == iana.VersionTLS12 {
		return "-tls1_2"
	}
	return "-tls1_3"
}

// TestOpenSSLServer: our client to s_server: versions, kinds of key, groups.
func TestOpenSSLServer(t *testing.T) {
	for _, kind := range keyKinds {
		t.Run(kind, func(t *testing.T) {
			cert, key := opensslFiles(t, identityOf(t, kind))
			dial, out := sServer(t, "-cert", cert, "-key", key, "-groups", "X25519:P-256:P-384:P-521")
			for _, v := range bothVersions {
				for _, g := range allGroups[1:] {
					// The others too: in TLS 1.2 they name the curves of certificates.
					cfg := configOf(t, func(s *Settings) {
						s.Groups = append([]iana.NamedGroup{g}, slices.DeleteFunc(slices.Clone(allGroups), func(x iana.NamedGroup) bool { return x == g })...)
					})
					e := newEnd(NewClient(cfg, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org"}))
					if err := talkToServer(e, dial()); err != nil {
						t.Errorf("%v %v: %v\n%s", v, g, err, out)
					} else if e.Group() != g || e.Version() != v {
						t.Errorf("%v %v", e.Version(), e.Group())
					}
				}
			}
		})
	}
}

// TestOpenSSLServerMore: suites, ALPN, a HelloRetryRequest, resumption, client
// certificates.
func TestOpenSSLServerMore(t *testing.T) {
	id := identityOf(t, "p256")
	cert, key := opensslFiles(t, id)
	dial, out := sServer(t, "-cert", cert, "-key", key, "-groups", "P-384:P-256", "-alpn", "h2,http/1.1", "-Verify", "1")
	t.Run("retry", func(t *testing.T) {
		cfg := configOf(t, func(s *Settings) {
			s.Groups = []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519, iana.GroupSecp384r1}
			s.KeyShares = 2
			s.ALPN = []string{"http/1.1"}
			s.Credentials = []*Credential{identityOf(t, "rsa").cred}
		})
		e := newEnd(NewClient(cfg, only13(Params{})))
		if err := talkToServer(e, dial()); err != nil || e.Group() != iana.GroupSecp384r1 || e.ALPN() != "http/1.1" || e.Credential() == nil {
			t.Errorf("%v, %v, %q\n%s", err, e.Group(), e.ALPN(), out)
		}
		hellos := strings.Count(strings.Join(e.messages, " "), ">client_hello")
		if hellos != 2 {
			t.Errorf("%d hellos", hellos)
		}
	})
	t.Run("resume", func(t *testing.T) {
		for _, v := range bothVersions {
			var session *Session
			for i := 0; i < 3; i++ {
				cfg := configOf(t, func(s *Settings) {
					s.Credentials, s.Ask = []*Credential{id.cred}, AskSession
					s.Groups = []iana.NamedGroup{iana.GroupSecp384r1, iana.GroupSecp256r1}
				})
				e := newEnd(NewClient(cfg, Params{MinVersion: v, MaxVersion: v, Session: session}))
				if err := talkToServer(e, dial()); err != nil || e.Resumed() != (i > 0) {
					t.Fatalf("%v, %d: resumed %v, %v\n%s", v, i, e.Resumed(), err, out)
				}
				if len(e.sessions) > 0 {
					session = e.sessions[0]
				}
				if session == nil {
					t.Fatal("no session")
				}
			}
		}
	})
	t.Run("no certificate", func(t *testing.T) {
		for v, want := range map[iana.ProtocolVersion]iana.AlertDescription{
			iana.VersionTLS12: iana.AlertHandshakeFailure, iana.VersionTLS13: iana.AlertCertificateRequired} {
			cfg := configOf(t, func(s *Settings) { s.Groups = []iana.NamedGroup{iana.GroupSecp384r1, iana.GroupSecp256r1} })
			e := newEnd(NewClient(cfg, Params{MinVersion: v, MaxVersion: v}))
			if err := talkToServer(e, dial()); err != AlertError(want) {
				t.Errorf("%v: %v", v, err)
			}
		}
	})
	t.Run("suites", func(t *testing.T) {
		for _, id := range configOf(t, nil).Suites {
			cfg := configOf(t, func(s *Settings) {
				s.Suites = []iana.CipherSuite{id}
				s.Credentials = []*Credential{identityOf(t, "p256").cred}
				s.Groups = []iana.NamedGroup{iana.GroupSecp384r1, iana.GroupSecp256r1}
			})
			if strings.Contains(id.String(), "_RSA_") || strings.Contains(id.String(), "_PSK_") {
				continue // the server's key is ECDSA; see TestOpenSSLClient, TestOpenSSLPSK12
			}
			p := Params{MaxVersion: iana.VersionTLS12}
			if strings.HasPrefix(id.String(), "TLS_AES") || strings.HasPrefix(id.String(), "TLS_CHACHA") {
				p = only13(Params{})
			}
			e := newEnd(NewClient(cfg, p))
			if err := talkToServer(e, dial()); err != nil || e.Suite() != id {
				t.Errorf("%v: %v\n%s", id, err, out)
			}
		}
	})
}

// TestOpenSSLClient: s_client to our server.
func TestOpenSSLClient(t *testing.T) {
	for _, v := range bothVersions {
		for _, kind := range keyKinds {
			t.Run(v.String()+"/"+kind, func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{identityOf(t, kind).cred} })
				ours := newEnd(NewServer(cfg, Params{}))
				out, err := sClient(t, ours, versionFlag(v), "-servername", "example.org")
				if err != nil || ours.Version() != v || ours.ServerName() != "example.org" {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
		for _, suite := range configOf(t, nil).Suites {
			is13 := strings.HasPrefix(suite.String(), "TLS_AES") || strings.HasPrefix(suite.String(), "TLS_CHACHA")
			if is13 != (v == iana.VersionTLS13) || strings.Contains(suite.String(), "_PSK_") {
				continue
			}
			t.Run(suite.String(), func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) {
					s.Credentials = []*Credential{identityOf(t, "p256").cred, identityOf(t, "rsa").cred}
					s.Suites = []iana.CipherSuite{suite}
				})
				ours := newEnd(NewServer(cfg, Params{}))
				if out, err := sClient(t, ours, versionFlag(v)); err != nil || ours.Suite() != suite {
					t.Errorf("%v %v\n%s", err, ours.Suite(), out)
				}
			})
		}
		t.Run(v.String()+"/groups", func(t *testing.T) {
			for name, g := range map[string]iana.NamedGroup{"X25519": iana.GroupX25519, "P-256": iana.GroupSecp256r1, "P-384": iana.GroupSecp384r1, "P-521": iana.GroupSecp521r1} {
				// The client's first choice is X448, which we do not have. In TLS
				// 1.2 the list speaks of the certificate too.
				cfg := serverOf(t, func(s *Settings) {
					if v == iana.VersionTLS12 {
						s.Credentials = append(s.Credentials, identityOf(t, "rsa").cred)
					}
				})
				ours := newEnd(NewServer(cfg, Params{}))
				if out, err := sClient(t, ours, versionFlag(v), "-groups", "X448:"+name); err != nil || ours.Group() != g {
					t.Errorf("%s: %v %v\n%s", name, err, ours.Group(), out)
				}
			}
		})
		t.Run(v.String()+"/client certificate", func(t *testing.T) {
			for _, kind := range keyKinds {
				id := identityOf(t, kind)
				cert, key := opensslFiles(t, id)
				ours := newEnd(NewServer(serverOf(t, nil), Params{ClientAuth: RequireClientCert}))
				out, err := sClient(t, ours, versionFlag(v), "-cert", cert, "-key", key)
				if err != nil || len(ours.PeerChain()) != 1 || !bytes.Equal(ours.PeerChain()[0].Raw, id.cert) {
					t.Errorf("%s: %v\n%s", kind, err, out)
				}
			}
			ours := newEnd(NewServer(serverOf(t, nil), Params{ClientAuth: RequireClientCert}))
			want := iana.AlertCertificateRequired
			if v == iana.VersionTLS12 {
				want = iana.AlertHandshakeFailure
			}
			if _, err := sClient(t, ours, versionFlag(v)); err == nil || alertOf(t, err) != want {
				t.Errorf("without: %v", err)
			}
		})
		t.Run(v.String()+"/resume", func(t *testing.T) {
			keys, err := NewTicketKeys(nil)
			if err != nil {
				t.Fatal(err)
			}
			cfg := serverOf(t, func(s *Settings) { s.TicketKeys, s.ALPN = keys, []string{"h2"} })
			file := filepath.Join(t.TempDir(), "session.pem")
			flags := []string{versionFlag(v), "-servername", "example.org", "-alpn", "h3,h2"}
			for i, more := range [][]string{{"-sess_out", file}, {"-sess_in", file, "-sess_out", file}, {"-sess_in", file}} {
				ours := newEnd(NewServer(cfg, Params{Tickets: 2}))
				out, err := sClient(t, ours, append(more, flags...)...)
				if err != nil || ours.Resumed() != (i > 0) || ours.ALPN() != "h2" {
					t.Fatalf("%d: resumed %v, %q, %v\n%s", i, ours.Resumed(), ours.ALPN(), err, out)
				}
				if i > 0 && !strings.Contains(out, "Reused, ") {
					t.Errorf("%s", out)
				}
			}
		})
		t.Run(v.String()+"/staple", func(t *testing.T) {
			cred := *identityOf(t, "p256").cred
			cred.Staple = []byte{0x30, 3, 0x0a, 1, 1} // OCSPResponse: malformedRequest
			cfg := serverOf(t, func(s *Settings) { s.Credentials = []*Credential{&cred} })
			ours := newEnd(NewServer(cfg, Params{}))
			out, err := sClient(t, ours, versionFlag(v), "-status")
			if err != nil || !strings.Contains(out, "OCSP Response Status: malformedrequest") {
				t.Errorf("%v\n%s", err, out)
			}
		})
		t.Run(v.String()+"/refused", func(t *testing.T) {
			// The client does not trust us: its alert, whatever keys it has, is
			// understood.
			ours := newEnd(NewServer(serverOf(t, nil), Params{}))
			if out, err := sClient(t, ours, versionFlag(v), "-verify_return_error", "-no-CAfile", "-no-CApath", "-no-CAstore"); err != AlertError(iana.AlertUnknownCA) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	t.Run("fragments", func(t *testing.T) {
		for _, v := range bothVersions {
			ours := newEnd(NewServer(serverOf(t, nil), Params{MaxFragment: 512}))
			if out, err := sClient(t, ours, versionFlag(v), "-maxfraglen", "512", "-keylogfile", filepath.Join(t.TempDir(), "keys")); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}
	})
	t.Run("keylog", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "keys")
		ours := newEnd(NewServer(serverOf(t, nil), Params{}))
		if out, err := sClient(t, ours, "-tls1_3", "-keylogfile", file); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		lines, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for label, secret := range ours.secrets {
			if want := fmt.Sprintf("%s %x %x\n", label, ours.ClientRandom(), secret); !bytes.Contains(lines, []byte(want)) {
				t.Errorf("openssl does not have %s", want)
			}
		}
		if len(ours.secrets) != 5 {
			t.Errorf("%d secrets", len(ours.secrets))
		}
	})
	t.Run("too old", func(t *testing.T) {
		ours := newEnd(NewServer(serverOf(t, nil), Params{}))
		if out, err := sClient(t, ours, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"); err == nil || alertOf(t, err) != iana.AlertProtocolVersion {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
