package core

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"patina/core/iana"
	suites "patina/core/suite"
)

// Numbers of linux/tcp.h and linux/tls.h.
const (
	tcpULP = 31
	solTLS = 282
	tlsTX  = 1
	tlsRX  = 2
)

// setsockopt sets an option of bytes.
func setsockopt(t *testing.T, c net.Conn, level, option int, value []byte) (err error) {
	t.Helper()
	raw, rerr := c.(*net.TCPConn).SyscallConn()
	if rerr != nil {
		t.Fatal(rerr)
	}
	if rerr := raw.Control(func(fd uintptr) { err = syscall.SetsockoptString(int(fd), level, option, string(value)) }); rerr != nil {
		t.Fatal(rerr)
	}
	return err
}

// TestKernelTLS: the kernel goes on with a connection to crypto/tls.
func TestKernelTLS(t *testing.T) {
	id := identityOf(t, "p256")
	for _, suite := range []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384, iana.TLS_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256} {
		t.Run(suite.String(), func(t *testing.T) {
			a, b := netPair(t)
			if err := setsockopt(t, a, syscall.IPPROTO_TCP, tcpULP, []byte("tls\x00")); err != nil {
				t.Skipf("the kernel has no TLS: setsockopt TCP_ULP: %v", err)
			}
			cfg := configOf(t, func(s *Settings) { s.Suites, s.Credentials = []iana.CipherSuite{suite}, []*Credential{id.cred} })
			ours := newEnd(NewServer(cfg, Params{MaxVersion: suites.Lookup(suite).Version}))
			peer := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
			done := make(chan error, 1)
			go func() {
				_, err := fmt.Fprint(peer, greeting)
				if err == nil {
					got := make([]byte, len(greeting))
					if _, err = io.ReadFull(peer, got); err == nil && string(got) != greeting {
						err = fmt.Errorf("read %q", got)
					}
				}
				done <- err
			}()
			// No byte beyond the handshake may be taken from the kernel.
			for {
				w, err := ours.Handshake()
				if err != nil {
					t.Fatal(err)
				}
				switch w {
				case WaitWrite:
					n, err := a.Write(ours.Output())
					if ours.Sent(n); err != nil {
						t.Fatal(err)
					}
					continue
				case WaitRead:
					buf, need := ours.ReadBuffer()
					n, err := a.Read(buf[:need])
					if ours.Received(n); err != nil {
						t.Fatal(err)
					}
					continue
				case WaitNone:
				default:
					t.Fatal(w)
				}
				break
			}
			read, write, err := ours.ExtractTraffic()
			if err != nil {
				t.Fatal(err)
			}
			for option, traffic := range map[int]Traffic{tlsTX: write, tlsRX: read} {
				info, err := traffic.LinuxCryptoInfo()
				if err != nil {
					t.Fatal(err)
				}
				if err := setsockopt(t, a, solTLS, option, info); err == syscall.EINVAL || err == syscall.ENOPROTOOPT {
					t.Skipf("the kernel does not have %v: %v", suite, err)
				} else if err != nil {
					t.Fatal(err)
				}
			}
			got := make([]byte, len(greeting))
			if _, err := io.ReadFull(a, got); err != nil || string(got) != greeting {
				t.Fatalf("%q, %v", got, err)
			}
			if _, err := a.Write([]byte(greeting)); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
