package pki

import (
	"crypto/x509"
	"time"

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
}

// removeFromCRL is the reason that takes an entry back.
const removeFromCRL = 8

// ParseCRL parses DER: a list of version 2, whose signature is not checked yet.
func ParseCRL(der []byte) (*CRL, error) {
	x, err := x509.ParseRevocationList(der)
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
		if r := b.checkCRL(i); r != 0 {
			if err := b.fail(r, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkCRL looks the certificate at a depth up in the best of its issuer's
// lists.
func (b *builder) checkCRL(depth int) Reason {
	best, issuer, grade := b.chooseCRL(depth)
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
	if r := issuer.verify(best.X509.SignatureAlgorithm, best.pss, best.X509.RawTBSRevocationList, best.X509.Signature); r == BadSignature {
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
func (b *builder) chooseCRL(depth int) (best *CRL, issuer *Cert, bestGrade grade) {
	c := b.chain[depth]
	if b.o.CRLs == nil {
		return nil, nil, 0
	}
	partial := false
	for _, l := range b.o.CRLs.byIssuer[c.issuer] {
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

func (l *CRL) inForce(now time.Time) bool {
	return !now.Before(l.X509.ThisUpdate) && (l.X509.NextUpdate.IsZero() || !now.After(l.X509.NextUpdate))
}
