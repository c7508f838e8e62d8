package pki

import (
	"bytes"
	"crypto/x509"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"patina/core/rsapss"
)

// CRL is a certificate revocation list (RFC 5280, section 5) with what a check
// asks of it, read once. It is immutable and may be shared.
type CRL struct {
	X509 *x509.RevocationList

	issuer  string // canonical
	pss     *rsapss.Params
	akid    akid
	revoked map[string]int // serial number, big endian -> reason (RFC 5280, section 5.3.1)

	scope    scope // of issuingDistributionPoint
	critical bool  // an extension of the list or of an entry is not understood
	// partial: a list whose entries this package does not apply: a delta, one for
	// some reasons only, or one that speaks for other issuers.
	partial bool
	// signer is the SubjectPublicKeyInfo of the key that was last found to have
	// signed the list: what is true once stays true.
	signer atomic.Pointer[[]byte]
}

// UnreadCRL stands for a list that is there and cannot be read: where it may
// count, a chain is [Undecided].
var UnreadCRL = &CRL{partial: true}

// removeFromCRL is the reason that takes an entry back.
const removeFromCRL = 8

// ParseCRL parses DER: a list of version 1 or 2, whose signature is not checked
// yet.
func ParseCRL(der []byte) (*CRL, error) {
	x, err := parseList(der)
	if err != nil {
		return nil, err
	}
	l := &CRL{X509: x, revoked: make(map[string]int, len(x.RevokedCertificateEntries))}
	var ok, ok2 bool
	if l.issuer, ok = canonicalName(x.RawIssuer); !ok {
		return nil, errMalformedCRL
	}
	if l.pss, ok2 = signaturePSS(x.Raw); !ok2 {
		return nil, errMalformedCRL
	}
	for _, e := range x.Extensions {
		switch {
		case e.Id.Equal(oidAKID):
			l.akid = parseAKID(e.Value)
		case e.Id.Equal(oidIDP):
			if !l.readIDP(e.Value) {
				return nil, errMalformedCRL
			}
		case e.Id.Equal(oidDeltaCRL):
			l.partial = true
		default:
			l.critical = l.critical || e.Critical
		}
	}
	for i := range x.RevokedCertificateEntries {
		e := &x.RevokedCertificateEntries[i]
		for _, ext := range e.Extensions {
			switch {
			case ext.Id.Equal(oidCertificateIssuer):
				l.partial = true
			case ext.Critical && !ext.Id.Equal(oidReasonCode):
				l.critical = true
			}
		}
		l.revoked[string(e.SerialNumber.Bytes())] = e.ReasonCode
	}
	// What is kept of the entries is enough.
	x.RevokedCertificateEntries, x.RevokedCertificates = nil, nil
	return l, nil
}

// parseList parses a list with crypto/x509, which knows version 2 only: one of
// version 1 is shown to it as of version 2 without extensions, which is the same.
func parseList(der []byte) (*x509.RevocationList, error) {
	in := cryptobyte.String(der)
	var list, tbs, body cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() || !list.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, errMalformedCRL
	}
	signed := tbs
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return nil, errMalformedCRL
	}
	if body.PeekASN1Tag(asn1.INTEGER) {
		return x509.ParseRevocationList(der)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1) // version 2
			b.AddBytes(body)
		})
		b.AddBytes(list) // algorithm and signature
	})
	as2, err := b.Bytes()
	if err != nil {
		return nil, errMalformedCRL
	}
	x, err := x509.ParseRevocationList(as2)
	if err != nil {
		return nil, err
	}
	if len(x.Extensions) > 0 {
		return nil, errMalformedCRL
	}
	x.Raw, x.RawTBSRevocationList = der, signed
	return x, nil
}

// CRLSource is where revocation lists come from.
type CRLSource interface {
	// issued returns the lists of an issuer, a canonical name; known is false where
	// they have to be found out first.
	issued(issuer string) (lists []*CRL, known bool)
}

// CRLs is a set of revocation lists, by issuer. It is immutable and may be shared.
type CRLs struct{ byIssuer map[string][]*CRL }

// NewCRLs makes a set.
func NewCRLs(lists []*CRL) *CRLs {
	s := &CRLs{make(map[string][]*CRL, len(lists))}
	for _, l := range lists {
		s.byIssuer[l.issuer] = append(s.byIssuer[l.issuer], l)
	}
	return s
}

func (s *CRLs) issued(issuer string) (lists []*CRL, known bool) {
	if s == nil {
		return nil, true
	}
	return s.byIssuer[issuer], true
}

// FoundCRLs are the revocation lists found so far in a set that lies elsewhere and
// is asked by issuer. An issuer it has not met ends a verification with
// [Error].MissingCRLs; the caller adds what there is and verifies again.
type FoundCRLs struct{ byIssuer map[string][]*CRL }

// Add takes what was found under an issuer's name, DER; there may be nothing.
func (f *FoundCRLs) Add(issuer []byte, lists []*CRL) {
	name, ok := canonicalName(issuer)
	if !ok {
		return
	}
	if f.byIssuer == nil {
		f.byIssuer = make(map[string][]*CRL)
	}
	f.byIssuer[name] = lists
}

func (f *FoundCRLs) issued(issuer string) (lists []*CRL, known bool) {
	lists, known = f.byIssuer[issuer]
	return lists, known
}

// CRLCheck is which certificates of a chain are looked for in revocation lists.
type CRLCheck uint8

// CRL checks, as X509_V_FLAG_CRL_CHECK and X509_V_FLAG_CRL_CHECK_ALL have it.
const (
	NoCRLCheck   CRLCheck = iota
	CRLCheckLeaf          // the leaf
	CRLCheckAll           // all, the anchor too
)

// checkCRLs looks certificates up in the lists. Each must have one that is in
// force; where there is none, that is the reason.
func (b *builder) checkCRLs() *Error {
	last := 0
	switch b.o.CRLCheck {
	case NoCRLCheck:
		return nil
	case CRLCheckAll:
		last = len(b.chain) - 1
	}
	for i := 0; i <= last; i++ {
		lists, known := []*CRL(nil), true
		if b.o.CRLs != nil {
			lists, known = b.o.CRLs.issued(b.chain[i].issuer)
		}
		if !known {
			return &Error{Reason: NoCRL, Depth: i, Chain: b.chain, MissingCRLs: b.chain[i].X509.RawIssuer}
		}
		if r := b.checkCRL(i, lists); r != 0 {
			if err := b.fail(r, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkCRL looks the certificate at a depth up in the best of its issuer's
// lists.
func (b *builder) checkCRL(depth int, lists []*CRL) Reason {
	best, issuer, grade := b.chooseCRL(depth, lists)
	switch {
	case best == nil && grade&gradePartial != 0:
		return Undecided
	case best == nil:
		return NoCRL
	case issuer.hasKeyUsage && issuer.X509.KeyUsage&x509.KeyUsageCRLSign == 0:
		return KeyUsageNoCRLSign
	case grade&gradeScope == 0:
		return DifferentCRLScope
	case grade&gradeTime == 0 && b.o.Now.Before(best.X509.ThisUpdate):
		return CRLNotYetValid
	case grade&gradeTime == 0:
		return CRLExpired
	}
	if r := best.checkSignature(issuer); r == BadSignature {
		return BadCRLSignature
	} else if r != 0 {
		return r
	}
	if best.critical {
		return UnhandledCriticalCRL
	}
	if reason, found := best.revoked[string(b.chain[depth].X509.SerialNumber.Bytes())]; found && reason != removeFromCRL {
		return Revoked
	}
	return 0
}

// grade is how well a list fits, the most telling first.
type grade uint8

const (
	gradeNoCritical grade = 1 << (5 - iota)
	gradeScope
	gradeTime
	gradeIssuer                 // issued by the very certificate above
	gradePartial grade = 1 << 7 // there are lists this package does not apply
)

// chooseCRL takes the list that fits best, the newer of two that fit alike.
func (b *builder) chooseCRL(depth int, lists []*CRL) (best *CRL, issuer *Cert, bestGrade grade) {
	c := b.chain[depth]
	partial := false
	for _, l := range lists {
		if l.partial || c.partialCRLs() {
			partial = true
			continue
		}
		from := b.crlIssuer(depth, l)
		if from == nil {
			continue
		}
		var g grade
		if !l.critical {
			g |= gradeNoCritical
		}
		if b.o.NoTimeCheck || l.inForce(b.o.Now) {
			g |= gradeTime
		}
		if l.covers(c) {
			g |= gradeScope
		}
		if from == b.chain[min(depth+1, len(b.chain)-1)] {
			g |= gradeIssuer
		}
		if best == nil || g > bestGrade || g == bestGrade && l.X509.ThisUpdate.After(best.X509.ThisUpdate) {
			best, issuer, bestGrade = l, from, g
		}
	}
	if partial {
		// What they say is not known: no verdict without libraries that apply them.
		return nil, nil, gradePartial
	}
	return best, issuer, bestGrade
}

// crlIssuer is the certificate of the chain that has issued the list: the
// certificate's own issuer, or another of that name above it.
func (b *builder) crlIssuer(depth int, l *CRL) *Cert {
	at := min(depth+1, len(b.chain)-1)
	if l.akid.fits(b.chain[at]) {
		return b.chain[at]
	}
	for _, k := range b.chain[at+1:] {
		if k.subject == l.issuer && l.akid.fits(k) {
			return k
		}
	}
	return nil
}

// checkSignature checks the list's signature by issuer's key.
func (l *CRL) checkSignature(issuer *Cert) Reason {
	key := issuer.X509.RawSubjectPublicKeyInfo
	if known := l.signer.Load(); known != nil && bytes.Equal(*known, key) {
		return 0
	}
	r := issuer.verify(l.X509.SignatureAlgorithm, l.pss, l.X509.RawTBSRevocationList, l.X509.Signature)
	if r == 0 {
		l.signer.Store(&key)
	}
	return r
}

func (l *CRL) inForce(now time.Time) bool {
	return !now.Before(l.X509.ThisUpdate) && (l.X509.NextUpdate.IsZero() || !now.After(l.X509.NextUpdate))
}
