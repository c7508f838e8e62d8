package pki

import (
	"bytes"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var errMalformedCRL = errors.New("pki: malformed revocation list")

var (
	oidReasonCode        = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidDeltaCRL          = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIDP               = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidCertificateIssuer = asn1.ObjectIdentifier{2, 5, 29, 29}
	oidCRLDP             = asn1.ObjectIdentifier{2, 5, 29, 31}
)

// scope is which certificates a list is for (RFC 5280, section 5.2.5).
type scope struct {
	onlyUsers, onlyCAs, onlyAttributes bool
	points                             [][]byte // GeneralNames of the distribution point, DER; nil: any
}

func context(n uint8) cryptobyte_asn1.Tag { return cryptobyte_asn1.Tag(n).ContextSpecific() }

// readIDP reads an issuingDistributionPoint.
func (l *CRL) readIDP(der []byte) bool {
	in := cryptobyte.String(der)
	var idp, point cryptobyte.String
	var present bool
	if !in.ReadASN1(&idp, cryptobyte_asn1.SEQUENCE) || !in.Empty() || !idp.ReadOptionalASN1(&point, &present, context(0).Constructed()) {
		return false
	}
	if present {
		names, relative, ok := distributionPointName(point)
		if !ok {
			return false
		}
		l.scope.points = names
		l.partial = l.partial || relative
	}
	flag := func(n uint8) (set, ok bool) {
		var v cryptobyte.String
		if !idp.ReadOptionalASN1(&v, &set, context(n)) || set && len(v) != 1 {
			return false, false
		}
		return set && v[0] != 0, true
	}
	var reasons cryptobyte.String
	var ok1, ok2, ok3, ok4, indirect, some bool
	l.scope.onlyUsers, ok1 = flag(1)
	l.scope.onlyCAs, ok2 = flag(2)
	if !idp.ReadOptionalASN1(&reasons, &some, context(3)) {
		return false
	}
	indirect, ok3 = flag(4)
	l.scope.onlyAttributes, ok4 = flag(5)
	l.partial = l.partial || some || indirect
	return ok1 && ok2 && ok3 && ok4 && idp.Empty()
}

// distributionPointName reads a DistributionPointName: the GeneralNames of a full
// name, DER; relative is set if it is a name relative to the issuer's.
func distributionPointName(in cryptobyte.String) (names [][]byte, relative, ok bool) {
	var full cryptobyte.String
	if in.PeekASN1Tag(context(1).Constructed()) {
		return nil, true, true
	}
	if !in.ReadASN1(&full, context(0).Constructed()) || !in.Empty() || full.Empty() {
		return nil, false, false
	}
	for !full.Empty() {
		var name cryptobyte.String
		var tag cryptobyte_asn1.Tag
		if !full.ReadAnyASN1Element(&name, &tag) {
			return nil, false, false
		}
		names = append(names, name)
	}
	return names, false, true
}

// covers reports whether c is in the list's scope.
func (l *CRL) covers(c *Cert) bool {
	s := &l.scope
	isCA := c.hasBasicConstr && c.X509.IsCA
	if s.onlyAttributes || isCA && s.onlyUsers || !isCA && s.onlyCAs {
		return false
	}
	if s.points == nil {
		return true
	}
	points, _ := c.distributionPoints()
	for _, p := range points {
		if p == nil {
			return true // a point without a name
		}
		for _, name := range p {
			for _, have := range s.points {
				if bytes.Equal(name, have) {
					return true
				}
			}
		}
	}
	return false
}

// distributionPoints are the names of c's cRLDistributionPoints (RFC 5280,
// section 4.2.1.13), point by point, nil for one without a name. special is set if
// there is one for some reasons only, of another issuer, of a relative name, or
// that cannot be read.
func (c *Cert) distributionPoints() (points [][][]byte, special bool) {
	for _, e := range c.X509.Extensions {
		if !e.Id.Equal(oidCRLDP) {
			continue
		}
		in := cryptobyte.String(e.Value)
		var list cryptobyte.String
		if !in.ReadASN1(&list, cryptobyte_asn1.SEQUENCE) {
			return nil, true
		}
		for !list.Empty() {
			var point, name cryptobyte.String
			var present bool
			if !list.ReadASN1(&point, cryptobyte_asn1.SEQUENCE) || !point.ReadOptionalASN1(&name, &present, context(0).Constructed()) {
				return nil, true
			}
			var names [][]byte
			if present {
				var relative, ok bool
				if names, relative, ok = distributionPointName(name); relative || !ok {
					return nil, true
				}
			}
			if !point.Empty() { // reasons, cRLIssuer
				special = true
			}
			points = append(points, names)
		}
	}
	return points, special
}

// partialCRLs reports that c speaks of lists this package does not apply.
func (c *Cert) partialCRLs() bool {
	_, special := c.distributionPoints()
	return special
}
