package ossl

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"patina/core/pki"
)

// What a contention test does at once. Under -race these tests are what shows
// that an SSL_CTX may be used by many threads.
const (
	contendingWorkers    = 8
	handshakesPerWorker  = 12
	versionsOfAStore     = 40
	verificationsPerTest = 60
)

// again makes a second certificate of a key.
func again(t *testing.T, der []byte, key crypto.Signer) []byte {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber.SetInt64(2)
	other, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// changers are programs that change contexts all the time, in ways that leave
// any client and any server able to agree.
func changers(p *pair, ders [2][]byte) []func(i int) error {
	both := []*Ctx{p.clientCtx, p.serverCtx}
	pick := func(i int, list ...string) string { return list[i%len(list)] }
	return []func(i int) error{
		func(i int) error {
			p.serverCtx.SetCredential(CredentialFacts{Slot: SlotECC, Chain: [][]byte{ders[i%2]}, HasKey: true, KeyBits: 256, Curve: 415})
			return nil
		},
		func(i int) error {
			for _, c := range both {
				if err := c.SetCipherList(pick(i, "HIGH", "ECDHE+AESGCM", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305")); err != nil {
					return err
				}
				if err := c.SetCipherSuites(pick(i, "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")); err != nil {
					return err
				}
			}
			return nil
		},
		func(i int) error {
			for _, c := range both {
				if err := c.ListCtrl(ctrlSetGroupsList, pick(i, "X25519:P-256", "P-256:X25519", "P-256:P-384"), nil); err != nil {
					return err
				}
			}
			return p.serverCtx.SetALPNProtos([]byte("\x02h2\x08http/1.1"))
		},
		func(i int) error {
			var keys [TicketKeysSize]byte
			if err := p.serverCtx.TicketKeys(keys[:]); err != nil {
				return err
			}
			if i%3 == 0 {
				rand.Read(keys[:])
			}
			return p.serverCtx.SetTicketKeys(keys[:])
		},
		func(i int) error {
			const noTicket = 1 << 14
			if i%2 == 0 {
				p.serverCtx.SetOptions(noTicket)
			} else {
				p.serverCtx.ClearOptions(noTicket)
			}
			p.serverCtx.Ctrl(ctrlSetSessCacheSize, int64(i%5+1))
			p.serverCtx.SetTimeout(int64(100 + i%10))
			p.serverCtx.SetNumTickets(i % 3)
			return nil
		},
		func(i int) error {
			for _, s := range p.serverCtx.Sessions() {
				if i%4 == 0 {
					p.serverCtx.RemoveSession(s)
				}
				s.SetTimeout(int64(50 + i%50))
				s.IsResumable()
			}
			p.serverCtx.FlushSessions(int64(i))
			return nil
		},
	}
}

// TestContention: connections of two contexts on many goroutines, which share the
// sessions they resume, while other goroutines change the contexts.
func TestContention(t *testing.T) {
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		der, key := identity(t)
		p := newPair(t, func(client, server *Ctx) {
			only(client, server)
			server.SetCredential(CredentialFacts{Slot: SlotECC, Chain: [][]byte{der}, HasKey: true, KeyBits: 256, Curve: 415})
			client.Ctrl(ctrlSetSessCacheMode, sessCacheClient|sessCacheServer)
		})
		stop := make(chan struct{})
		var changing sync.WaitGroup
		var changes atomic.Int64
		for _, change := range changers(p, [2][]byte{der, again(t, der, key)}) {
			changing.Add(1)
			go func() {
				defer changing.Done()
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := change(i); err != nil {
						t.Error(err)
						return
					}
					changes.Add(1)
				}
			}()
		}
		var last atomic.Pointer[Session]
		var resumed atomic.Int64
		t.Run("at once", func(t *testing.T) {
			for w := range contendingWorkers {
				t.Run(fmt.Sprint(w), func(t *testing.T) {
					t.Parallel()
					for i := range handshakesPerWorker {
						if connectOnce(t, p, key, &last, i) {
							resumed.Add(1)
						}
					}
				})
			}
		})
		close(stop)
		changing.Wait()
		if changes.Load() < contendingWorkers {
			t.Errorf("%d changes: nothing has contended", changes.Load())
		}
		if resumed.Load() == 0 {
			t.Error("no connection has resumed a session")
		}
		good := p.serverCtx.sessions.stats.acceptGood.Load()
		if want := int64(contendingWorkers * handshakesPerWorker); good != want {
			t.Errorf("%d good connections counted, want %d", good, want)
		}
	})
}

// connectOnce is one connection with data in both directions, which offers the
// last session and leaves its own.
func connectOnce(t *testing.T, of *pair, key crypto.Signer, last *atomic.Pointer[Session], i int) (resumed bool) {
	t.Helper()
	p := &pair{clientCtx: of.clientCtx, serverCtx: of.serverCtx}
	p.join(t, key)
	if offer := last.Load(); offer != nil {
		p.client.ssl.SetSession(offer)
	}
	p.mustHandshake(t)
	resumed = p.server.ssl.SessionReused()
	for _, d := range [][2]*twin{{p.client, p.server}, {p.server, p.client}} {
		data := bytes.Repeat([]byte{byte(i)}, 1000)
		if ret, n := d[0].run(OpWrite, data, 1); ret != 1 || n != len(data) {
			t.Fatalf("write %d, %d: %v", ret, n, d[0].err)
		}
		got := make([]byte, len(data))
		ret, n := d[1].run(OpRead, got, 2)
		for range 3 { // tickets come first
			if ret == 1 {
				break
			}
			ret, n = d[1].run(OpRead, got, 2)
		}
		if ret != 1 || !bytes.Equal(got[:n], data) {
			t.Fatalf("read %d, %d: %v", ret, n, d[1].err)
		}
	}
	p.client.run(OpShutdown, nil, 0)
	p.server.run(OpShutdown, nil, 0)
	if s := p.client.ssl.Session(); s != nil && s.IsResumable() {
		last.Store(s)
	}
	p.client.ssl.Free()
	p.server.ssl.Free()
	return resumed
}

// TestStoreContention: a store is verified against while certificates and lists
// come to it. What a verification of a version has found is that version's.
func TestStoreContention(t *testing.T) {
	der, key := identity(t)
	issuer, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	issuer.KeyUsage |= x509.KeyUsageCRLSign
	issuer.SubjectKeyId = []byte("key")
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: issuer.SerialNumber, ThisUpdate: issuer.NotBefore, NextUpdate: issuer.NotAfter}, issuer, key)
	if err != nil {
		t.Fatal(err)
	}
	other := again(t, der, key)
	var store Store
	var version atomic.Uint64
	version.Store(1)
	of := newPair(t, func(_, server *Ctx) {
		server.SetCredential(CredentialFacts{Slot: SlotECC, Chain: [][]byte{der}, HasKey: true, KeyBits: 256, Curve: 415})
	})
	// From an even version on the certificate is in the store, before it is not.
	inStore := func(v uint64) [][]byte {
		if v%2 == 0 {
			return [][]byte{der, other}
		}
		return [][]byte{other}
	}
	var done atomic.Bool
	var changing sync.WaitGroup
	changing.Go(func() {
		for !done.Load() && version.Load() < versionsOfAStore {
			store.AddRoots(version.Load(), inStore(version.Load()))
			version.Add(1)
		}
	})
	t.Run("at once", func(t *testing.T) {
		for w := range contendingWorkers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				p := &pair{clientCtx: of.clientCtx, serverCtx: of.serverCtx}
				p.join(t, key)
				p.client.answers[NeedVerify] = Answer{Value: retryLater}
				p.handshake()
				for range verificationsPerTest / contendingWorkers {
					v := version.Load()
					in := Verification{Store: &store, Version: v, Depth: -1, Level: 1, CRLCheck: pki.CRLCheckLeaf}
					verdict, code := verifyAll(t, p.client.ssl, &in, inStore(v), list)
					if want := map[bool]Verdict{true: VerdictAccepted, false: VerdictRejected}[v%2 == 0]; verdict != want {
						t.Errorf("version %d: verdict %d, code %d, want %d", v, verdict, code, want)
					}
				}
			})
		}
	})
	done.Store(true)
	changing.Wait()
}

// verifyAll verifies to the end, as the membrane does.
func verifyAll(t *testing.T, s *SSL, in *Verification, certs [][]byte, list []byte) (Verdict, int32) {
	t.Helper()
	first, found := true, false
	for range 10 {
		verdict, code := s.VerifyPeer(in, first, found)
		first = false
		switch verdict {
		case VerdictLookup:
			found = s.FoundRoots(in.Store, in.Version, certs)
		case VerdictLookupCRLs:
			at := []Ptr{Ptr(in.Version)}
			if !s.FoundCRLs(in.Store, in.Version, at, nil) && !s.FoundCRLs(in.Store, in.Version, at, [][]byte{list}) {
				t.Fatal("the list is not taken")
			}
		default:
			return verdict, code
		}
		if now, _ := s.Tell(FactMissingIssuer); verdict == VerdictLookup && now == nil {
			t.Fatal("nothing is told to be missing")
		}
	}
	return VerdictUndecided, 0
}
