package dane

import (
	"bytes"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"slices"

	"patina/core/rsapss"
)

// Why a record cannot be used.
var (
	ErrUsage        = errors.New("dane: unknown certificate usage")
	ErrSelector     = errors.New("dane: unknown selector")
	ErrMatching     = errors.New("dane: unknown matching type")
	ErrDigestLength = errors.New("dane: the data is not as long as the matching type's digest")
	ErrNoData       = errors.New("dane: no data")
	ErrCertificate  = errors.New("dane: the data is no certificate with a key that is known")
	ErrPublicKey    = errors.New("dane: the data is no public key that is known")
)

// Set is the records of one service. It is filled first, and may then be shared;
// see [Set.Use].
type Set struct {
	types   *Types
	entries []*Entry // in the order of preference
	usages  Usages
	anchors []*x509.Certificate
}

// Entry is a record of a Set.
type Entry struct {
	Record
	// Key is the SubjectPublicKeyInfo of a DANE-TA record that holds a whole key,
	// DER: an authority that the chain need not have in it. nil: it is another record.
	Key []byte
}

// NewSet makes a set that knows DefaultTypes.
func NewSet(records ...Record) (*Set, error) {
	s := new(Set)
	for _, r := range records {
		if err := s.Add(r); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Use has the set use other matching types from now on; the order of what it holds
// remains.
func (s *Set) Use(t *Types) { s.types = t }

func (s *Set) known() *Types {
	if s.types == nil {
		return DefaultTypes
	}
	return s.types
}

// Len is the number of records. A nil Set has none.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.entries)
}

// Records are the records, in their order. They are not to be changed.
func (s *Set) Records() []*Entry {
	if s == nil {
		return nil
	}
	return s.entries
}

// Has reports whether there is a record of one of the usages.
func (s *Set) Has(u Usages) bool { return s != nil && s.usages&u != 0 }

// Anchors are the whole certificates of authorities in the records, in the order
// in which they were added. The peer need not send them.
func (s *Set) Anchors() []*x509.Certificate { return s.anchors }

// Add takes a record, before others as good as it. The error is one of those above.
// The data is copied.
func (s *Set) Add(r Record) error {
	r.Data = bytes.Clone(r.Data)
	e := &Entry{Record: r}
	anchor, err := s.check(e)
	if err != nil {
		return err
	}
	if anchor != nil {
		s.anchors = append(s.anchors, anchor)
	}
	at := slices.IndexFunc(s.entries, func(o *Entry) bool { return !s.before(o, e) })
	if at < 0 {
		at = len(s.entries)
	}
	s.entries = slices.Insert(s.entries, at, e)
	s.usages |= 1 << r.Usage
	return nil
}

// Check reports whether Add would take a record.
func (s *Set) Check(r Record) error {
	_, err := s.check(&Entry{Record: r})
	return err
}

// before reports whether o is preferred to e.
func (s *Set) before(o, e *Entry) bool {
	switch {
	case o.Usage != e.Usage:
		return o.Usage > e.Usage
	case o.Selector != e.Selector:
		return o.Selector > e.Selector
	}
	return s.ordinal(o.Matching) > s.ordinal(e.Matching)
}

func (s *Set) ordinal(m Matching) uint8 {
	d, _ := s.known().of(m)
	return d.ordinal
}

// check reports why a record cannot be used, and the authority's certificate in it.
func (s *Set) check(e *Entry) (anchor *x509.Certificate, err error) {
	switch {
	case e.Usage > DANEEE:
		return nil, ErrUsage
	case e.Selector > SPKI:
		return nil, ErrSelector
	}
	if e.Matching != Full {
		d, known := s.known().of(e.Matching)
		switch {
		case !known:
			return nil, ErrMatching
		case len(e.Data) != d.Size:
			return nil, ErrDigestLength
		}
		return nil, nil
	}
	if e.Data == nil {
		return nil, ErrNoData
	}
	if e.Selector == SPKI {
		if !isKey(e.Data) {
			return nil, ErrPublicKey
		}
		if e.Usage == DANETA {
			e.Key = e.Data
		}
		return nil, nil
	}
	c, err := x509.ParseCertificate(e.Data)
	if err != nil || !isKey(c.RawSubjectPublicKeyInfo) {
		return nil, ErrCertificate
	}
	if e.Usage.In(TrustAnchor) {
		return c, nil
	}
	return nil, nil
}

func isKey(der []byte) bool {
	if _, err := rsapss.ParsePublicKey(der); err == nil {
		return true
	}
	_, err := x509.ParsePKIXPublicKey(der)
	return err == nil
}

// Match is the first record of one of the usages that the certificate fits; nil if
// there is none.
func (s *Set) Match(usages Usages, c *x509.Certificate) *Entry {
	return s.match(usages, c.Raw, c.RawSubjectPublicKeyInfo)
}

// MatchKey is Match of a peer that has a bare key instead of a certificate (RFC
// 7250), DER.
func (s *Set) MatchKey(usages Usages, spki []byte) *Entry { return s.match(usages, nil, spki) }

// match is Match; without a certificate only records of keys fit.
func (s *Set) match(usages Usages, cert, spki []byte) *Entry {
	if !s.Has(usages) {
		return nil
	}
	for rest := s.entries; len(rest) > 0; {
		first := rest[0]
		n := slices.IndexFunc(rest, func(e *Entry) bool { return e.Usage != first.Usage || e.Selector != first.Selector })
		if n < 0 {
			n = len(rest)
		}
		data := cert
		if first.Selector == SPKI {
			data = spki
		}
		if first.Usage.In(usages) && data != nil {
			if e := s.matchGroup(rest[:n], data); e != nil {
				return e
			}
		}
		rest = rest[n:]
	}
	return nil
}

// matchGroup is Match among records of one usage and selector.
func (s *Set) matchGroup(group []*Entry, data []byte) *Entry {
	best := s.ordinal(group[0].Matching)
	var sum []byte
	summed := Full
	for _, e := range group {
		d, known := s.known().of(e.Matching)
		if e.Matching != Full && d.ordinal < best {
			continue
		}
		if e.Matching != summed || sum == nil {
			summed, sum = e.Matching, data
			if known {
				if sum = d.Sum(data); len(sum) != d.Size {
					return nil
				}
			}
		}
		if subtle.ConstantTimeCompare(sum, e.Data) == 1 {
			return e
		}
	}
	return nil
}
