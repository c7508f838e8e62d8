package pki

import (
	"net/netip"
	"time"

	"patina/core/dane"
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
	// Roots are the trusted certificates: a Pool, or what a Cache holds.
	Roots Roots
	// Memo spares signatures that have been checked before; nil: none is spared.
	Memo *Memo
	// Absent says of a DER name that Roots has not met whether it is known not to be
	// there. It is asked each time one is wanted. nil: nothing is known.
	Absent func(name []byte) bool
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

	// CRLs are the revocation lists known, looked into as CRLCheck says: CRLs, or
	// FoundCRLs.
	CRLs     CRLSource
	CRLCheck CRLCheck

	// Staple is the OCSP response for the leaf that the peer has sent, DER; nil for
	// none. A peer that was not asked for one has no reason to send it.
	Staple    []byte
	OCSPCheck OCSPCheck
	// Status, if not nil, takes what the response has said.
	Status *OCSPStatus

	// DANE are the TLSA records of the peer; without any, nothing is asked by them.
	// Matched, if not nil, takes what has matched.
	DANE    *dane.Set
	Matched *Match
	// NoNamesOfDANEEE: a leaf that a DANE-EE record names may have any name.
	NoNamesOfDANEEE bool

	// Report, if not nil, is asked about each failure, and told of each certificate
	// that is right, as the callback of SSL_CTX_set_verify(3) is. It says whether to
	// go on: a failure is then as if it had not been. What is Undecided is not
	// reported.
	Report func(Event) bool

	// Hosts: one of them must fit, if there are any. A leading dot means any
	// name below that domain.
	Hosts     []string
	HostFlags HostFlags
	// Email and IP must fit, if set.
	Email string
	IP    netip.Addr
	// PeerName, if not nil, takes the name that fitted, also of a chain that is
	// refused for what is checked later.
	PeerName *string
}

// Event is a step of a verification that is reported.
type Event struct {
	// Right: the certificate at Depth is all right; else Reason says what is wrong.
	Right  bool
	Reason Reason
	Depth  int
	// Chain is what has been built so far, the leaf first. It may still grow.
	Chain []*Cert
}

func (o *Options) depth() int {
	if o.Depth < 0 {
		return MaxDepth
	}
	return o.Depth
}

// Verify builds a chain from leaf to an anchor in o.Roots and checks it. It
// returns the chain, the leaf first, and the name in the leaf that fitted one of
// o.Hosts ("" without hosts). The error is an [*Error].
func Verify(leaf *Cert, o *Options) (chain []*Cert, peerName string, err error) {
	chain, peerName, refused := verify(leaf, o)
	if refused != nil {
		return nil, "", refused
	}
	return chain, peerName, nil
}

func verify(leaf *Cert, o *Options) (chain []*Cert, peerName string, err *Error) {
	b := &builder{o: o, chain: append(make([]*Cert, 0, 4), leaf), untrusted: o.Untrusted, nFromPeer: 1}
	if keyBits(leaf) < LevelBits(o.Level) {
		if err := b.fail(LeafKeyTooSmall, 0); err != nil {
			return nil, "", err
		}
		b.standing = LeafKeyTooSmall
	}
	if err := b.beginDANE(); err != nil {
		return nil, "", err
	}
	defer b.tellMatch()
	switch done, peerName, err := b.checkLeafByDANE(); {
	case err != nil:
		return nil, "", err
	case done:
		return b.chain, peerName, nil
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
	top := len(b.chain) - 1
	if !b.signedByKey() && !b.o.PartialChain && !b.chain[top].selfSigned() {
		// An authority that is not self-signed, and an anchor by a TLSA record or by
		// what Report has said: it is not looked at itself.
		if top > 0 {
			top--
		} else if err := b.fail(UnverifiedLeaf, 0); err != nil {
			return err
		}
	}
	for i := top; i >= 0; i-- {
		if i+1 < len(b.chain) {
			if err := b.checkIssued(i); err != nil {
				return err
			}
		}
		if err := b.checkTime(i); err != nil {
			return err
		}
		if err := b.right(i); err != nil {
			return err
		}
	}
	return nil
}

// checkIssued checks the signature on the certificate at a depth by the one above.
func (b *builder) checkIssued(depth int) *Error {
	c, issuer := b.chain[depth], b.chain[depth+1]
	if issuer.hasKeyUsage && issuer.X509.KeyUsage&keyCertSign == 0 {
		if err := b.fail(KeyUsageNoCertSign, depth+1); err != nil {
			return err
		}
	}
	if r := b.o.Memo.check(c, issuer); r != 0 {
		return b.fail(r, depth)
	}
	return nil
}

func (b *builder) checkTime(depth int) *Error {
	c := b.chain[depth].X509
	if b.o.NoTimeCheck {
		return nil
	}
	if b.o.Now.Before(c.NotBefore) {
		if err := b.fail(NotYetValid, depth); err != nil {
			return err
		}
	}
	if b.o.Now.After(c.NotAfter) {
		return b.fail(Expired, depth)
	}
	return nil
}
