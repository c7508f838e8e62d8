package pki

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// OCSPCheck is what is made of the OCSP response for the leaf that a peer staples
// (RFC 6066, section 8).
type OCSPCheck uint8

// OCSP checks. A response that is there must be right in all but the first.
const (
	NoOCSPCheck OCSPCheck = iota // it is not looked at
	// CheckStaple: one is needed if the leaf says so (must-staple, RFC 7633).
	CheckStaple
	// RequireStaple: one is needed.
	RequireStaple
)

// Limits on the times of an OCSP response.
const (
	// OCSPSkew is how far the responder's clock may be off.
	OCSPSkew = 5 * time.Minute
	// MaxOCSPAge is how old a response without nextUpdate may be.
	MaxOCSPAge = 10 * 24 * time.Hour
)

var (
	oidTLSFeature = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}
	// featureStatusRequest is the number of the extension that a must-staple
	// certificate names.
	featureStatusRequest = 5
)

// MustStaple reports that c promises a stapled OCSP response (RFC 7633). What
// cannot be read counts as the promise.
func (c *Cert) MustStaple() bool {
	for _, e := range c.X509.Extensions {
		if !e.Id.Equal(oidTLSFeature) {
			continue
		}
		in := cryptobyte.String(e.Value)
		var list cryptobyte.String
		if !in.ReadASN1(&list, cryptobyte_asn1.SEQUENCE) {
			return true
		}
		for !list.Empty() {
			var feature int
			if !list.ReadASN1Integer(&feature) || feature == featureStatusRequest {
				return true
			}
		}
	}
	return false
}

// checkStaple judges the stapled response, or its absence. An issuer's own
// must-staple binds what it has issued (RFC 7633, section 4.2.2).
func (b *builder) checkStaple() *Error {
	if b.o.OCSPCheck == NoOCSPCheck {
		return nil
	}
	leaf := b.chain[0]
	if len(b.o.Staple) == 0 {
		needed := b.o.OCSPCheck == RequireStaple
		for _, c := range b.chain {
			needed = needed || c.MustStaple()
		}
		if needed {
			return b.fail(NoStaple, 0)
		}
		return nil
	}
	issuer := leaf
	if len(b.chain) > 1 {
		issuer = b.chain[1]
	}
	s, r := VerifyOCSP(b.o.Staple, leaf, issuer, b.o.Now)
	if s != nil && b.o.Status != nil {
		*b.o.Status = *s
	}
	if r != 0 {
		return b.fail(r, 0)
	}
	return nil
}

// OCSPStatus is what a response has said.
type OCSPStatus struct {
	ProducedAt, ThisUpdate time.Time
	NextUpdate             time.Time // zero if absent
	RevokedAt              time.Time // zero if not revoked
	// SCTList is the SignedCertificateTimestampList of RFC 6962, section 3.3, nil
	// if absent.
	SCTList []byte
}

var oidOCSPSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}

// VerifyOCSP checks an OCSP response (RFC 6960), DER, for the certificate c of
// issuer, whose own right to issue has been checked. The reason is 0 where c is
// good at now; Revoked; OCSPUnknown; or what is wrong with the response.
func VerifyOCSP(response []byte, c, issuer *Cert, now time.Time) (*OCSPStatus, Reason) {
	r, err := ocsp.ParseResponseForCert(response, c.X509, nil)
	if err != nil {
		if _, unsuccessful := err.(ocsp.ResponseError); unsuccessful {
			return nil, OCSPUnsuccessful
		}
		return nil, BadOCSP
	}
	if !speaksOf(r, c, issuer) {
		return nil, OCSPOther
	}
	if reason := checkResponder(r, issuer, now); reason != 0 {
		return nil, reason
	}
	s := &OCSPStatus{ProducedAt: r.ProducedAt, ThisUpdate: r.ThisUpdate, NextUpdate: r.NextUpdate}
	for _, e := range r.Extensions {
		if e.Id.Equal(oidOCSPSCTs) {
			in := cryptobyte.String(e.Value)
			var list cryptobyte.String
			if in.ReadASN1(&list, cryptobyte_asn1.OCTET_STRING) {
				s.SCTList = list
			}
		}
	}
	expiry := r.NextUpdate
	if expiry.IsZero() {
		expiry = r.ThisUpdate.Add(MaxOCSPAge)
	}
	switch {
	case now.Before(r.ThisUpdate.Add(-OCSPSkew)):
		return nil, OCSPNotYetValid
	case now.After(expiry.Add(OCSPSkew)):
		return nil, OCSPExpired
	case r.Status == ocsp.Revoked:
		s.RevokedAt = r.RevokedAt
		return s, Revoked
	case r.Status != ocsp.Good:
		return s, OCSPUnknown
	}
	return s, 0
}

// speaksOf reports whether the response's first entry with c's serial number is
// of c's issuer: a responder may speak for several (RFC 6960, section 3.2). No
// critical extension is understood.
func speaksOf(r *ocsp.Response, c, issuer *Cert) bool {
	in := cryptobyte.String(r.TBSResponseData)
	var data, list, extensions cryptobyte.String
	var tag cryptobyte_asn1.Tag
	var responder cryptobyte.String
	var present bool
	if !in.ReadASN1(&data, cryptobyte_asn1.SEQUENCE) || !data.SkipOptionalASN1(context(0).Constructed()) ||
		!data.ReadAnyASN1(&responder, &tag) || !data.SkipASN1(cryptobyte_asn1.GeneralizedTime) ||
		!data.ReadASN1(&list, cryptobyte_asn1.SEQUENCE) || !data.ReadOptionalASN1(&extensions, &present, context(1).Constructed()) {
		return false
	}
	if present && hasCritical(extensions) {
		return false
	}
	for !list.Empty() {
		var single, id, algorithm, name, key, serial cryptobyte.String
		if !list.ReadASN1(&single, cryptobyte_asn1.SEQUENCE) || !single.ReadASN1(&id, cryptobyte_asn1.SEQUENCE) ||
			!id.ReadASN1(&algorithm, cryptobyte_asn1.SEQUENCE) || !id.ReadASN1(&name, cryptobyte_asn1.OCTET_STRING) ||
			!id.ReadASN1(&key, cryptobyte_asn1.OCTET_STRING) || !id.ReadASN1Element(&serial, cryptobyte_asn1.INTEGER) {
			return false
		}
		own, err := asn1.Marshal(c.X509.SerialNumber)
		if err != nil || !bytes.Equal(own, serial) {
			continue
		}
		if !r.IssuerHash.Available() {
			return false
		}
		h := r.IssuerHash.New()
		h.Write(c.X509.RawIssuer)
		nameHash := h.Sum(nil)
		h.Reset()
		h.Write(issuer.publicKeyBits())
		return bytes.Equal(nameHash, name) && bytes.Equal(h.Sum(nil), key)
	}
	return false
}

// hasCritical reports whether a list of extensions has a critical one, or cannot
// be read.
func hasCritical(in cryptobyte.String) bool {
	var list cryptobyte.String
	if !in.ReadASN1(&list, cryptobyte_asn1.SEQUENCE) {
		return true
	}
	for !list.Empty() {
		var ext cryptobyte.String
		var oid asn1.ObjectIdentifier
		critical := false
		if !list.ReadASN1(&ext, cryptobyte_asn1.SEQUENCE) || !ext.ReadASN1ObjectIdentifier(&oid) ||
			ext.PeekASN1Tag(cryptobyte_asn1.BOOLEAN) && !ext.ReadASN1Boolean(&critical) || critical {
			return true
		}
	}
	return false
}

// publicKeyBits is the content of c's subjectPublicKey, without the count of
// unused bits.
func (c *Cert) publicKeyBits() []byte {
	in := cryptobyte.String(c.X509.RawSubjectPublicKeyInfo)
	var info cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&info, cryptobyte_asn1.SEQUENCE) || !info.SkipASN1(cryptobyte_asn1.SEQUENCE) || !info.ReadASN1BitString(&bits) {
		return nil
	}
	return bits.RightAlign()
}

// keyHash is by what a responder names itself by its key: always SHA-1 (RFC 6960,
// section 4.2.1), which is a name here and no protection.
func keyHash(c *Cert) []byte {
	sum := sha1.Sum(c.publicKeyBits())
	return sum[:]
}

// checkResponder finds out who has signed the response: the issuer itself, or one
// it has delegated that to by a certificate of its own (RFC 6960, section
// 4.2.2.2).
func checkResponder(r *ocsp.Response, issuer *Cert, now time.Time) Reason {
	signer := issuer
	if r.Certificate != nil && !bytes.Equal(r.Certificate.RawSubjectPublicKeyInfo, issuer.X509.RawSubjectPublicKeyInfo) {
		d, err := New(r.Certificate)
		if err != nil {
			return BadOCSP
		}
		if d.issuer != issuer.subject || d.checkSignature(issuer) != 0 || !d.hasEKU(x509.ExtKeyUsageOCSPSigning) ||
			d.hasKeyUsage && d.X509.KeyUsage&x509.KeyUsageDigitalSignature == 0 || d.unknownCritical || !validAt(d, now) {
			return OCSPNotAuthorized
		}
		signer = d
	}
	if name := r.RawResponderName; name != nil {
		if who, ok := canonicalName(name); !ok || who != signer.subject {
			return OCSPNotAuthorized
		}
	} else if !bytes.Equal(r.ResponderKeyHash, keyHash(signer)) {
		return OCSPNotAuthorized
	}
	if signer.verify(r.SignatureAlgorithm, nil, r.TBSResponseData, r.Signature) != 0 {
		return BadOCSPSignature
	}
	return 0
}
