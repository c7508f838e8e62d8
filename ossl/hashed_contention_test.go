package ossl

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"patina/core/pki"
)

// heldStore stands for an X509_STORE: what it holds, and Go's view of it.
type heldStore struct {
	Store
	mu    sync.Mutex
	certs [][]byte
	lists [][]byte
}

func (h *heldStore) version() uint64 { return uint64(len(h.certs) + len(h.lists)) }

// add takes what is new.
func (h *heldStore) add(to *[][]byte, ders [][]byte) {
	for _, der := range ders {
		if !slices.ContainsFunc(*to, func(d []byte) bool { return bytes.Equal(d, der) }) {
			*to = append(*to, der)
		}
	}
}

// verify verifies as the membrane does.
func (h *heldStore) verify(t *testing.T, s *SSL) Verdict {
	t.Helper()
	in := Verification{Store: &h.Store, Depth: -1, Level: 1, CRLCheck: pki.CRLCheckLeaf}
	h.mu.Lock()
	in.Version = h.version()
	h.mu.Unlock()
	first, yes := true, false
	for range 100 {
		verdict, _ := s.VerifyPeer(&in, first, yes)
		first = false
		h.mu.Lock()
		switch verdict {
		case VerdictMissing:
			in.Version = h.version()
			certs := slices.Clone(h.certs)
			h.mu.Unlock()
			yes = s.FoundRoots(&h.Store, in.Version, certs)
			continue
		case VerdictMissingCRLs:
			in.Version = h.version()
			lists := slices.Clone(h.lists)
			h.mu.Unlock()
			var at []Ptr
			for i := range lists {
				at = append(at, Ptr(i+1))
			}
			yes = s.FoundCRLs(&h.Store, in.Version, at, nil) || s.FoundCRLs(&h.Store, in.Version, at, lists)
			continue
		case VerdictAdd:
			h.add(&h.certs, s.verifying.found.ders())
			yes = true
		case VerdictAddCRLs:
			h.add(&h.lists, s.verifying.found.ders())
			yes = true
		default:
			h.mu.Unlock()
			return verdict
		}
		in.Version = h.version()
		h.mu.Unlock()
	}
	t.Fatal("a verification without an end")
	return VerdictUndecided
}

// revocable makes a server whose certificate is its own root, and a revocation list of
// that root; hash names both in directories.
func revocable(t *testing.T) (of *pair, key crypto.Signer, der, list []byte, hash uint32) {
	der, key = identity(t)
	issuer, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	issuer.KeyUsage |= x509.KeyUsageCRLSign
	issuer.SubjectKeyId = []byte("key")
	list, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: issuer.SerialNumber, ThisUpdate: issuer.NotBefore, NextUpdate: issuer.NotAfter}, issuer, key)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ = pki.NameHash(issuer.RawSubject)
	of = newPair(t, func(_, server *Ctx) {
		server.SetCredential(CredentialFacts{Slot: SlotECC, Chain: [][]byte{der}, HasKey: true, KeyBits: 256, Curve: 415})
	})
	return of, key, der, list, hash
}

// TestDirectoryTakenByAnother: a verification that has begun before another one has
// taken a file of a directory's finds nothing new there, and looks into the store again.
func TestDirectoryTakenByAnother(t *testing.T) {
	of, key, der, list, hash := revocable(t)
	dir := t.TempDir()
	write(t, hashedPath(dir, hash, "", 0), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, hashedPath(dir, hash, "r", 0), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
	for _, lists := range []bool{false, true} {
		store := &heldStore{}
		store.SetLookups([]Lookup{{Dir: dir}})
		var ssl [2]*SSL
		for i := range ssl {
			p := &pair{clientCtx: of.clientCtx, serverCtx: of.serverCtx}
			p.join(t, key)
			p.client.answers[NeedVerify] = Answer{Value: retryLater}
			p.handshake()
			ssl[i] = p.client.ssl
		}
		early := Verification{Store: &store.Store, Depth: -1, Level: 1}
		if lists {
			early.CRLCheck = pki.CRLCheckLeaf
			// The root is there, and known that no list is.
			store.certs = [][]byte{der}
			early.Version = store.version()
			if verdict, _ := ssl[1].VerifyPeer(&early, true, false); verdict != VerdictMissing || !ssl[1].FoundRoots(&store.Store, early.Version, store.certs) {
				t.Fatalf("verdict %d", verdict)
			}
			if verdict, _ := ssl[1].VerifyPeer(&early, false, true); verdict != VerdictMissingCRLs || !ssl[1].FoundCRLs(&store.Store, early.Version, nil, nil) {
				t.Fatalf("verdict %d", verdict)
			}
		} else if verdict, _ := ssl[1].VerifyPeer(&early, true, false); verdict != VerdictMissing || ssl[1].FoundRoots(&store.Store, early.Version, nil) {
			t.Fatalf("verdict %d", verdict)
		}
		if lists {
			// As far as the other one's next step goes, and no further.
			f := store.lookups.Load().revocationLists(hash, false)
			store.add(&store.lists, f.ders())
			store.took(store.version())
			f.taken(true)
		} else if verdict := store.verify(t, ssl[0]); verdict != VerdictAccepted {
			t.Fatalf("the one that takes: verdict %d", verdict)
		}
		verdict, _ := ssl[1].VerifyPeer(&early, false, false)
		for ; verdict == VerdictMissing || verdict == VerdictMissingCRLs; verdict, _ = ssl[1].VerifyPeer(&early, false, true) {
			early.Version = store.version()
			if verdict == VerdictMissing {
				ssl[1].FoundRoots(&store.Store, early.Version, store.certs)
			} else {
				ssl[1].FoundCRLs(&store.Store, early.Version, []Ptr{1}, store.lists)
			}
		}
		if verdict != VerdictAccepted {
			t.Errorf("lists %v: verdict %d", lists, verdict)
		}
	}
}

// TestDirectoryContention: many verifications look into a directory while its root
// and its revocation list come. Each that begins behind them is all right, and none
// before.
func TestDirectoryContention(t *testing.T) {
	of, key, der, list, hash := revocable(t)
	dir := t.TempDir()
	store := &heldStore{}
	store.SetLookups([]Lookup{{Dir: dir}, {Dir: dir, Scan: true}})
	var complete atomic.Bool // the directory has both
	var accepted atomic.Int64
	t.Run("at once", func(t *testing.T) {
		for w := range contendingWorkers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				p := &pair{clientCtx: of.clientCtx, serverCtx: of.serverCtx}
				p.join(t, key)
				p.client.answers[NeedVerify] = Answer{Value: retryLater}
				p.handshake()
				for i := range verificationsPerTest {
					if w == 0 && i == verificationsPerTest/2 {
						write(t, hashedPath(dir, hash, "r", 0), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
						write(t, hashedPath(dir, hash, "", 0), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
						complete.Store(true)
					}
					before := complete.Load()
					verdict := store.verify(t, p.client.ssl)
					if verdict == VerdictAccepted {
						accepted.Add(1)
					}
					// While a file is being written it may be for libcrypto to read.
					if before && verdict != VerdictAccepted || verdict == VerdictAccepted && !before && !complete.Load() && w == 0 {
						t.Errorf("verdict %d, the root is there: %v", verdict, before)
					}
				}
			})
		}
	})
	if accepted.Load() < verificationsPerTest/2 || len(store.certs) != 1 || len(store.lists) != 1 {
		t.Errorf("%d verifications accepted; the store holds %d and %d", accepted.Load(), len(store.certs), len(store.lists))
	}
}
