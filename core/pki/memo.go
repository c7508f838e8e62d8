package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"sync/atomic"
)

// Memo remembers signatures of certificates that have been found right, and the facts
// of certificates, so that a chain met before costs no more than its path: a client
// meets the same few servers, a server the same few issuers of its clients. That a key
// has made a signature stays true whatever the time and the policy, which are judged
// anew each time. It is used by many verifications at once and takes no lock; its zero
// value is empty.
type Memo struct {
	slots [memoSlots]atomic.Pointer[[sha256.Size]byte]
	certs [memoCerts]atomic.Pointer[Cert]
}

// memoSlots is how many signatures are remembered; a new one takes the place of
// another.
const memoSlots = 256

// memoCerts is how many certificates' facts are remembered, of maxMemoCert bytes at most.
const (
	memoCerts   = 32
	maxMemoCert = 8 << 10
)

// New is [New], remembered for this very x: who shows a peer's certificate again has
// often kept it parsed.
func (m *Memo) New(x *x509.Certificate) (*Cert, error) {
	if m == nil || len(x.Signature) == 0 || len(x.Raw) > maxMemoCert {
		return New(x)
	}
	slot := &m.certs[int(x.Signature[len(x.Signature)-1])%memoCerts]
	if c := slot.Load(); c != nil && c.X509 == x {
		return c, nil
	}
	c, err := New(x)
	if err == nil {
		slot.Store(c)
	}
	return c, err
}

// memoKey names the signature of a certificate by a key.
func memoKey(c, issuer *Cert) (key [sha256.Size]byte) {
	h := sha256.New()
	h.Write(issuer.X509.RawSubjectPublicKeyInfo)
	h.Write(c.X509.Raw) // both have their length in them
	h.Sum(key[:0])
	return key
}

func (m *Memo) slot(key *[sha256.Size]byte) *atomic.Pointer[[sha256.Size]byte] {
	return &m.slots[int(key[0])%memoSlots]
}

// check is c.checkSignature(issuer), remembered if it is right.
func (m *Memo) check(c, issuer *Cert) Reason {
	if m == nil {
		return c.checkSignature(issuer)
	}
	key := memoKey(c, issuer)
	slot := m.slot(&key)
	if known := slot.Load(); known != nil && *known == key {
		return 0
	}
	r := c.checkSignature(issuer)
	if r == 0 {
		slot.Store(&key)
	}
	return r
}
