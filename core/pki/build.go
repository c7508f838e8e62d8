package pki

import "time"

// MaxDepth is the default limit on certificates between the leaf and the
// anchor, as X509_verify_cert has it.
const MaxDepth = 100

// builder is a path in the making.
type builder struct {
	o         *Options
	chain     []*Cert
	untrusted []*Cert // offered by the peer, not yet used
	nFromPeer int     // of chain, from the first: not from the pool
	missing   []byte  // a name that Roots does not know of
	dane      *matching
	standing  Reason // a failure that Report has had the verification go on after, and OpenSSL repeats if there is no path
}

// build extends the chain from the leaf until an anchor is found: at each step
// the pool is asked first; once one of its certificates is in the chain, the
// peer's are no longer looked at.
func (b *builder) build() *Error {
	trusted := false
	for !trusted {
		top := b.chain[len(b.chain)-1]
		selfSigned := top.selfSigned()
		if b.asksPool() && b.fromPool(top, selfSigned) {
			b.matchIssuer(len(b.chain) - 1)
			trusted = b.anchored() && b.sufficient(len(b.chain)-1)
			if trusted || b.chain[len(b.chain)-1].selfSigned() {
				break
			}
			continue
		}
		if b.missing != nil || b.nFromPeer < len(b.chain) || selfSigned || !b.fromPeer(top) {
			break
		}
		trusted = b.matchIssuer(len(b.chain) - 1)
	}
	if !trusted && b.missing == nil && len(b.chain) <= b.o.depth()+1 {
		trusted = b.signedByRecord() || b.o.PartialChain && b.asksPool() && b.nFromPeer == len(b.chain) && b.leafInPool() && b.sufficient(0)
	}
	last := len(b.chain) - 1
	switch {
	case b.missing != nil:
		return &Error{Reason: NoIssuerLocally, Depth: last, Chain: b.chain, Missing: b.missing}
	case trusted:
		return nil
	case b.standing != 0:
		return b.fail(b.standing, last)
	}
	if len(b.chain) > b.o.depth()+1 {
		if err := b.fail(ChainTooLong, last); err != nil {
			return err
		}
	}
	if b.unmatched() {
		if err := b.fail(DANENoMatch, last); err != nil {
			return err
		}
	}
	switch {
	case b.chain[last].selfSigned() && last == 0:
		return b.fail(SelfSignedLeaf, last)
	case b.chain[last].selfSigned():
		return b.fail(SelfSignedInChain, last)
	case b.nFromPeer < len(b.chain):
		return b.fail(NoIssuer, last)
	}
	return b.fail(NoIssuerLocally, last)
}

// fromPool appends top's issuer from the pool; of a self-signed top only the
// very same certificate will do, and takes its place.
func (b *builder) fromPool(top *Cert, selfSigned bool) bool {
	if len(b.chain) > b.o.depth()+1 {
		return false
	}
	issuer := b.choose(top, b.roots(top.issuer, top.X509.RawIssuer), func(*Cert) bool { return true })
	switch {
	case issuer == nil:
		return false
	case !selfSigned:
		b.chain = append(b.chain, issuer)
		return true
	case b.nFromPeer == len(b.chain) && issuer.equal(top):
		b.nFromPeer--
		b.chain[len(b.chain)-1] = issuer
		return true
	}
	return false
}

// roots are the trusted certificates of a name, raw as DER.
func (b *builder) roots(canonical string, raw []byte) []*Cert {
	if b.o.Roots == nil {
		return nil
	}
	certs, known := b.o.Roots.named(canonical)
	if !known && (b.o.Absent == nil || !b.o.Absent(raw)) {
		b.missing = raw
	}
	return certs
}

// fromPeer appends top's issuer from what the peer has sent.
func (b *builder) fromPeer(top *Cert) bool {
	if len(b.chain) > b.o.depth()+1 {
		return false
	}
	issuer := b.choose(top, b.untrusted, func(k *Cert) bool { return !b.contains(k) })
	if issuer == nil {
		return false
	}
	rest := make([]*Cert, 0, len(b.untrusted))
	for _, c := range b.untrusted {
		if c != issuer {
			rest = append(rest, c)
		}
	}
	b.untrusted = rest
	b.chain = append(b.chain, issuer)
	b.nFromPeer++
	return true
}

// choose takes the first candidate that is valid now, else the one that lasts
// longest. What passes fits is a candidate.
func (b *builder) choose(c *Cert, candidates []*Cert, fits func(*Cert) bool) *Cert {
	var best *Cert
	for _, k := range candidates {
		if !c.likelyIssued(k) || !fits(k) {
			continue
		}
		if validAt(k, b.o.Now) {
			return k
		}
		if best == nil || k.X509.NotAfter.After(best.X509.NotAfter) {
			best = k
		}
	}
	return best
}

func (b *builder) contains(k *Cert) bool {
	for _, c := range b.chain {
		if c.equal(k) {
			return true
		}
	}
	return false
}

// anchored reports that a certificate of the pool in the chain is an anchor: a
// self-signed one, or any with PartialChain.
func (b *builder) anchored() bool {
	for _, c := range b.chain[b.nFromPeer:] {
		if c.selfSigned() || b.o.PartialChain {
			return true
		}
	}
	return false
}

// leafInPool is the last resort of PartialChain: the leaf itself is trusted. What
// was found above it stays in the chain, and is checked.
func (b *builder) leafInPool() bool {
	for _, k := range b.roots(b.chain[0].subject, b.chain[0].X509.RawSubject) {
		if k.equal(b.chain[0]) {
			b.chain[0] = k
			b.nFromPeer = 0
			return true
		}
	}
	return false
}

// fail is a failure; nil where Report has the verification go on.
func (b *builder) fail(r Reason, depth int) *Error {
	if r != Undecided && b.o.Report != nil && b.o.Report(Event{Reason: r, Depth: depth, Chain: b.chain}) {
		return nil
	}
	return &Error{Reason: r, Depth: depth, Chain: b.chain}
}

// right tells of a certificate that is all right.
func (b *builder) right(depth int) *Error {
	if b.o.Report == nil || b.o.Report(Event{Right: true, Depth: depth, Chain: b.chain}) {
		return nil
	}
	return &Error{Reason: Unspecified, Depth: depth, Chain: b.chain}
}

func validAt(c *Cert, now time.Time) bool {
	return !now.Before(c.X509.NotBefore) && !now.After(c.X509.NotAfter)
}
