package pki

import (
	"bytes"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Roots are trusted certificates.
type Roots interface {
	// named returns the certificates of a canonical subject name; known is false
	// where that has to be found out first.
	named(subject string) (certs []*Cert, known bool)
}

// Pool is a complete set of Roots. It is immutable in what it holds and may be
// shared. A certificate is parsed when a path first needs one of
// its name: of the hundred and more roots of a system, a process meets few.
type Pool struct {
	bySubject map[string][]*entry
	n         int
}

// entry is a certificate that may not be parsed yet.
type entry struct {
	der  []byte
	once sync.Once
	cert *Cert // nil if der cannot be parsed
}

// NewPool makes a pool of DER certificates, in their order; equal ones are kept
// once. One that cannot be read is left out: it cannot vouch for anybody, and must
// not keep the others from doing so. The slices are kept.
func NewPool(ders [][]byte) *Pool {
	p := &Pool{bySubject: make(map[string][]*entry, len(ders))}
next:
	for _, der := range ders {
		subject, ok := subjectOf(der)
		if !ok {
			continue
		}
		same := p.bySubject[subject]
		for _, o := range same {
			if bytes.Equal(o.der, der) {
				continue next
			}
		}
		p.bySubject[subject] = append(same, &entry{der: der})
		p.n++
	}
	return p
}

// Len is the number of certificates.
func (p *Pool) Len() int {
	if p == nil {
		return 0
	}
	return p.n
}

func (p *Pool) named(subject string) (all []*Cert, known bool) {
	if p == nil {
		return nil, true
	}
	entries := p.bySubject[subject]
	if len(entries) == 0 {
		return nil, true
	}
	certs := make([]*Cert, 0, len(entries))
	for _, e := range entries {
		e.once.Do(func() {
			if c, err := Parse(e.der); err == nil {
				e.cert = c
			}
		})
		if e.cert != nil {
			certs = append(certs, e.cert)
		}
	}
	return certs, true
}

// subjectOf reads the canonical subject out of a certificate and nothing else.
func subjectOf(der []byte) (string, bool) {
	in := cryptobyte.String(der)
	var cert, tbs, subject cryptobyte.String
	if !in.ReadASN1(&cert, asn1.SEQUENCE) || !cert.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(asn1.Tag(0).Constructed().ContextSpecific()) || // version
		!tbs.SkipASN1(asn1.INTEGER) || // serialNumber
		!tbs.SkipASN1(asn1.SEQUENCE) || // signature
		!tbs.SkipASN1(asn1.SEQUENCE) || // issuer
		!tbs.SkipASN1(asn1.SEQUENCE) || // validity
		!tbs.ReadASN1Element(&subject, asn1.SEQUENCE) {
		return "", false
	}
	return canonicalName(subject)
}
