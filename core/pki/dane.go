package pki

import (
	"crypto/x509"

	"patina/core/dane"
	"patina/core/rsapss"
)

// Match is what TLSA records have matched.
type Match struct {
	// Entry is the record; nil if none has.
	Entry *dane.Entry
	// Depth of the certificate that matched, 0 for the leaf; of the one signed by the
	// record's bare key; -1 for none.
	Depth int
	// Cert is the certificate; nil for a bare key.
	Cert *Cert
}

// matching is the state of a verification by TLSA records (RFC 6698, RFC 7671), as
// X509_verify_cert keeps it: a chain is trusted once a DANE-TA or DANE-EE record
// has matched, or both a PKIX record has and an anchor is reached.
type matching struct {
	set     *dane.Set
	found   Match
	pkix    int // depth of the first certificate that is PKIX-trusted, -1 for none
	bareKey bool
}

// beginDANE prepares for the records there are. The authorities in them come
// before the peer's.
func (b *builder) beginDANE() *Error {
	if b.o.DANE.Len() == 0 {
		return nil
	}
	b.dane = &matching{set: b.o.DANE, found: Match{Depth: -1}, pkix: -1}
	anchors := b.dane.set.Anchors()
	if len(anchors) == 0 {
		return nil
	}
	all := make([]*Cert, 0, len(anchors)+len(b.untrusted))
	for _, x := range anchors {
		c, err := New(x)
		if err != nil {
			return b.fail(Undecided, 0)
		}
		all = append(all, c)
	}
	b.untrusted = append(all, b.untrusted...)
	return nil
}

func (b *builder) tellMatch() {
	switch {
	case b.o.Matched == nil:
	case b.dane == nil:
		*b.o.Matched = Match{Depth: -1}
	default:
		*b.o.Matched = b.dane.found
	}
}

// checkLeafByDANE is all that is checked where a DANE-EE record names the leaf
// (RFC 7671, section 5.1: neither expiry nor issuers count), or where no
// record can match any more.
func (b *builder) checkLeafByDANE() (done bool, peerName string, err *Error) {
	if b.dane == nil {
		return false, "", nil
	}
	switch {
	case b.match(0):
		if !b.o.NoNamesOfDANEEE {
			if peerName, err = b.checkNames(); err != nil {
				return true, "", err
			}
		}
		return true, peerName, b.right(0)
	case b.dane.found.Entry == nil && !b.dane.set.Has(dane.TrustAnchor):
		return true, "", b.fail(DANENoMatch, 0)
	}
	return false, "", nil
}

// match looks for a record that the certificate at a depth fits. It reports
// whether that is enough: a PKIX record asks for an anchor besides, and only the
// first one found counts.
func (b *builder) match(depth int) bool {
	usages := dane.TrustAnchor
	if depth == 0 {
		usages = dane.EndEntity
	}
	if depth >= b.nFromPeer {
		usages &= dane.PKIX // roots are no concern of the others
	}
	if b.dane.found.Depth >= 0 {
		usages &^= dane.PKIX
	}
	c := b.chain[depth]
	e := b.dane.set.Match(usages, c.X509)
	if e == nil {
		return false
	}
	b.dane.found = Match{Entry: e, Depth: depth, Cert: c}
	return e.Usage.In(dane.DANE)
}

// matchIssuer reports whether a DANE-TA record makes the authority at a depth the
// anchor; a PKIX-TA record is noted.
func (b *builder) matchIssuer(depth int) bool {
	return b.dane != nil && depth > 0 && b.dane.set.Has(dane.TrustAnchor) && b.match(depth)
}

// asksPool reports whether Roots count.
func (b *builder) asksPool() bool { return b.dane == nil || b.dane.set.Has(dane.PKIX) }

// sufficient reports whether an anchor of Roots is enough, at a depth or above.
func (b *builder) sufficient(depth int) bool {
	if b.dane == nil {
		return true
	}
	if b.dane.pkix < 0 {
		b.dane.pkix = depth
	}
	return b.dane.found.Depth >= 0
}

// unmatched reports that no anchor would help: records are what the chain lacks.
func (b *builder) unmatched() bool {
	return b.dane != nil && (!b.dane.set.Has(dane.PKIX) || b.dane.pkix >= 0)
}

// signedByRecord is the last resort: a bare key in a record has signed the last
// certificate of the peer's. What of Roots was put above it is dropped.
func (b *builder) signedByRecord() bool {
	if b.dane == nil || !b.dane.set.Has(1<<dane.DANETA) {
		return false
	}
	top := b.nFromPeer - 1
	for _, e := range b.dane.set.Records() {
		if e.Key == nil {
			continue
		}
		if issuer := keyOf(e.Key); issuer != nil && b.o.Memo.check(b.chain[top], issuer) == 0 {
			b.dane.found = Match{Entry: e, Depth: top}
			b.dane.bareKey = true
			b.chain = b.chain[:b.nFromPeer]
			return true
		}
	}
	return false
}

func (b *builder) signedByKey() bool { return b.dane != nil && b.dane.bareKey }

// keyOf is an issuer of which only the key is known.
func keyOf(spki []byte) *Cert {
	x := &x509.Certificate{RawSubjectPublicKeyInfo: spki}
	if k, err := rsapss.ParsePublicKey(spki); err == nil {
		return &Cert{X509: x, key: k}
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil
	}
	x.PublicKey = key
	return &Cert{X509: x, key: key}
}
