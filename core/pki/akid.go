package pki

import (
	"bytes"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// akid is an authority key identifier (RFC 5280, section 4.2.1.1), of which
// crypto/x509 keeps the key ID only.
type akid struct {
	key    []byte
	issuer string   // canonical
	serial *big.Int // nil without issuer and serial
}

// parseAKID takes of the extension what can be read.
func parseAKID(der []byte) (a akid) {
	in := cryptobyte.String(der)
	var seq, key, names cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) {
		return a
	}
	var present bool
	if seq.ReadOptionalASN1(&key, &present, asn1.Tag(0).ContextSpecific()) && present {
		a.key = key
	}
	if !seq.ReadOptionalASN1(&names, &present, asn1.Tag(1).Constructed().ContextSpecific()) || !present {
		return a
	}
	var dir, serial cryptobyte.String
	for !names.Empty() && dir == nil {
		var name cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return a
		}
		if tag == tagDirectoryName {
			dir = name
		}
	}
	if !seq.ReadASN1(&serial, asn1.Tag(2).ContextSpecific()) || dir == nil {
		return a
	}
	if name, ok := canonicalName(dir); ok {
		a.issuer, a.serial = name, new(big.Int).SetBytes(serial)
	}
	return a
}

// tagDirectoryName is that of a GeneralName with a distinguished name.
var tagDirectoryName = asn1.Tag(4).Constructed().ContextSpecific()

// fits reports whether a does not exclude issuer.
func (a *akid) fits(issuer *Cert) bool {
	if len(a.key) > 0 && len(issuer.X509.SubjectKeyId) > 0 && !bytes.Equal(a.key, issuer.X509.SubjectKeyId) {
		return false
	}
	return a.serial == nil || a.issuer == issuer.issuer && a.serial.Cmp(issuer.X509.SerialNumber) == 0
}
