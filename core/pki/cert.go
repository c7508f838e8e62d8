package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"

	"patina/core/rsapss"
)

// Cert is a certificate with what path building asks of it, read once.
type Cert struct {
	X509 *x509.Certificate

	subject, issuer string // canonical
	key             crypto.PublicKey
	pss             *rsapss.Params // of its signature; nil: not of id-RSASSA-PSS
	hasKeyUsage     bool
	hasExtKeyUsage  bool
	hasBasicConstr  bool
	hasNSCertType   bool
	nsCertType      byte
	unknownCritical bool
	akid            akid
	selfIssued      bool
	hasDNSName      bool
	otherConstraint bool // name constraints this package does not apply
	// permittedDirs and excludedDirs are the constraints on directory names,
	// canonical.
	permittedDirs, excludedDirs []string
}

var (
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSAN         = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasicConstr = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidNameConstr  = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidAKID        = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidNSCertType  = asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}
)

// New reads the facts of a parsed certificate.
func New(x *x509.Certificate) (*Cert, error) {
	c := &Cert{X509: x, key: rsapss.PublicKeyOf(x)}
	ok := c.readSignature()
	var ok1, ok2 bool
	c.subject, ok1 = canonicalName(x.RawSubject)
	c.issuer, ok2 = canonicalName(x.RawIssuer)
	if !ok || !ok1 || !ok2 {
		return nil, x509.CertificateInvalidError{Cert: x, Reason: x509.NotAuthorizedToSign, Detail: "malformed name or signature algorithm"}
	}
	c.selfIssued = c.subject == c.issuer
	for _, e := range x.Extensions {
		switch {
		case e.Id.Equal(oidKeyUsage):
			c.hasKeyUsage = true
		case e.Id.Equal(oidExtKeyUsage):
			c.hasExtKeyUsage = true
		case e.Id.Equal(oidBasicConstr):
			c.hasBasicConstr = true
		case e.Id.Equal(oidNSCertType):
			var bits asn1.BitString
			if rest, err := asn1.Unmarshal(e.Value, &bits); err == nil && len(rest) == 0 && len(bits.Bytes) > 0 {
				c.hasNSCertType, c.nsCertType = true, bits.Bytes[0]
			}
		case e.Id.Equal(oidAKID):
			c.akid = parseAKID(e.Value)
		}
	}
	c.hasDNSName = len(x.DNSNames) > 0
	for _, id := range x.UnhandledCriticalExtensions {
		switch {
		case id.Equal(oidNameConstr): // readConstraints tells
		case id.Equal(oidNSCertType): // understood above
		default:
			c.unknownCritical = true
		}
	}
	c.readConstraints()
	return c, nil
}

// Parse parses DER and reads the facts.
func Parse(der []byte) (*Cert, error) {
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return New(x)
}

// likelyIssued reports whether issuer may have issued c, by names, key
// identifiers and kind of key, before any signature is checked.
func (c *Cert) likelyIssued(issuer *Cert) bool {
	return c.issuer == issuer.subject && c.akid.fits(issuer) && c.keyFits(issuer)
}

// selfSigned reports that c names itself as its issuer, by name and by key.
func (c *Cert) selfSigned() bool { return c.selfIssued && c.likelyIssued(c) }

func (c *Cert) equal(o *Cert) bool { return c == o || bytes.Equal(c.X509.Raw, o.X509.Raw) }
