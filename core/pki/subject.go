package pki

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// subjectValues are the texts of an attribute in the subject, in order.
func subjectValues(c *Cert, want asn1.ObjectIdentifier) []string {
	var out []string
	in := cryptobyte.String(c.X509.RawSubject)
	var name cryptobyte.String
	if !in.ReadASN1(&name, cryptobyte_asn1.SEQUENCE) {
		return nil
	}
	for !name.Empty() {
		var rdn cryptobyte.String
		if !name.ReadASN1(&rdn, cryptobyte_asn1.SET) {
			return out
		}
		for !rdn.Empty() {
			var attr, value cryptobyte.String
			var oid asn1.ObjectIdentifier
			var tag cryptobyte_asn1.Tag
			if !rdn.ReadASN1(&attr, cryptobyte_asn1.SEQUENCE) || !attr.ReadASN1ObjectIdentifier(&oid) ||
				!attr.ReadAnyASN1(&value, &tag) {
				return out
			}
			if text, ok := asUTF8(tag, value); ok && oid.Equal(want) {
				out = append(out, text)
			}
		}
	}
	return out
}
