package pki

import (
	"net/netip"
	"time"
)

// Purpose is what the leaf is to be used for.
type Purpose uint8

// Purposes.
const (
	AnyPurpose Purpose = iota
	ServerAuth         // the leaf is a TLS server's
	ClientAuth         // the leaf is a TLS client's
)

// Options of a verification.
type Options struct {
	// Roots are the trusted certificates: a Pool or a Cache.
	Roots Roots
	// Memo spares signatures that have been checked before; nil: none is spared.
	Memo *Memo
	// Absent are the DER names that are known not to be in Roots.
	Absent [][]byte
	// Untrusted certificates the peer sent beside the leaf.
	Untrusted []*Cert
	// Now is the time of the check; with NoTimeCheck, only a preference.
	Now         time.Time
	NoTimeCheck bool
	Purpose     Purpose
	// Depth limits the certificates between leaf and anchor; below zero: MaxDepth.
	Depth int
	// PartialChain takes any certificate of Roots for an anchor.
	PartialChain bool
	// Level is the security level, 0 to 5, as of SSL_CTX_set_security_level(3).
	Level int

	// CRLs are the revocation lists known, looked into as CRLCheck says.
	CRLs     *CRLs
	CRLCheck CRLCheck

	// Staple is the OCSP response for the leaf that the peer has sent, DER; nil for
	// none. A peer that was not asked for one has no reason to send it.
	Staple    []byte
	OCSPCheck OCSPCheck
	// Status, if not nil, takes what the response has said.
	Status *OCSPStatus

	// Hosts: one of them must fit, if there are any. A leading dot means any
	// name below that domain.
	Hosts     []string
	HostFlags HostFlags
	// Email and IP must fit, if set.
	Email string
	IP    netip.Addr
}

func (o *Options) depth() int {
	if o.Depth < 0 {
		return MaxDepth
	}
	return o.Depth
}

// Verify builds a chain from leaf to an anchor in o.Roots and checks it. It
// returns the chain, the leaf first, and the name in the leaf that fitted one of
// o.Hosts ("" without hosts).
func Verify(leaf *Cert, o *Options) (chain []*Cert, peerName string, err *Error) {
	b := &builder{o: o, chain: append(make([]*Cert, 0, 4), leaf), untrusted: o.Untrusted, nFromPeer: 1}
	if keyBits(leaf) < levelBits(o.Level) {
		return nil, "", b.fail(LeafKeyTooSmall, 0)
	}
	if err := b.build(); err != nil {
		return nil, "", err
	}
	if err := b.checkExtensions(); err != nil {
		return nil, "", err
	}
	if err := b.checkLevel(); err != nil {
		return nil, "", err
	}
	peerName, err = b.checkNames()
	if err != nil {
		return nil, "", err
	}
	if err := b.checkCRLs(); err != nil {
		return nil, "", err
	}
	if err := b.checkSignatures(); err != nil {
		return nil, "", err
	}
	if err := b.checkConstraints(); err != nil {
		return nil, "", err
	}
	if err := b.checkStaple(); err != nil {
		return nil, "", err
	}
	return b.chain, peerName, nil
}

// checkSignatures checks each certificate's signature by the one above it, and
// its validity, from the anchor down. The anchor's own signature means nothing
// and is not checked.
func (b *builder) checkSignatures() *Error {
	for i := len(b.chain) - 1; i >= 0; i-- {
		c := b.chain[i]
		if i+1 < len(b.chain) {
			issuer := b.chain[i+1]
			if issuer.hasKeyUsage && issuer.X509.KeyUsage&keyCertSign == 0 {
				return b.fail(KeyUsageNoCertSign, i+1)
			}
			if r := b.o.Memo.check(c, issuer); r != 0 {
				return b.fail(r, i)
			}
		}
		if b.o.NoTimeCheck {
			continue
		}
		if b.o.Now.Before(c.X509.NotBefore) {
			return b.fail(NotYetValid, i)
		}
		if b.o.Now.After(c.X509.NotAfter) {
			return b.fail(Expired, i)
		}
	}
	return nil
}
