package pki

import (
	"bytes"
	"crypto/fips140"
	"crypto/sha1"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ASN.1 string types that names are made of (X.680) and cryptobyte does not name.
const (
	tagNumeric   = asn1.Tag(18)
	tagVisible   = asn1.Tag(26)
	tagUniversal = asn1.Tag(28)
	tagBMP       = asn1.Tag(30)
)

// canonicalName makes a DER distinguished name comparable (RFC 5280, section
// 7.1, as OpenSSL applies it): strings become UTF-8, ASCII letters lower, space
// trimmed and collapsed; other values stay. What comes out is the DER of the parts
// of such a name, attributes within a part in DER's order; [NameHash] is made of
// it. ok is false if der is malformed.
func canonicalName(der []byte) (canonical string, ok bool) {
	in := cryptobyte.String(der)
	var name cryptobyte.String
	if !in.ReadASN1(&name, asn1.SEQUENCE) || !in.Empty() {
		return "", false
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(der)))
	for !name.Empty() {
		var rdn cryptobyte.String
		if !name.ReadASN1(&rdn, asn1.SET) {
			return "", false
		}
		ok := true
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { ok = addPart(b, rdn) })
		if !ok {
			return "", false
		}
	}
	out, err := b.Bytes()
	return string(out), err == nil
}

// partMark begins a part of a canonical name.
const partMark = byte(0x31)

// addPart adds the attributes of one part.
func addPart(b *cryptobyte.Builder, rdn cryptobyte.String) bool {
	var attrs [][]byte
	for !rdn.Empty() {
		var attr, oid, value cryptobyte.String
		var tag asn1.Tag
		if !rdn.ReadASN1(&attr, asn1.SEQUENCE) || !attr.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) {
			return false
		}
		raw := attr
		if !attr.ReadAnyASN1(&value, &tag) || !attr.Empty() {
			return false
		}
		text, isText := asUTF8(tag, value)
		one := cryptobyte.NewBuilder(make([]byte, 0, len(oid)+len(raw)+8))
		one.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(oid)
			if !isText || tag == tagNumeric { // OpenSSL does not fold these
				b.AddBytes(raw)
				return
			}
			b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(foldText(text))) })
		})
		der, err := one.Bytes()
		if err != nil {
			return false
		}
		attrs = append(attrs, der)
	}
	slices.SortFunc(attrs, bytes.Compare)
	for _, a := range attrs {
		b.AddBytes(a)
	}
	return true
}

// NameHash is the number by which hashed directories name the certificates of a
// subject and the revocation lists of an issuer: X509_NAME_hash_ex(3) of a DER
// name. ok is false if der is malformed.
func NameHash(der []byte) (hash uint32, ok bool) {
	canonical, ok := canonicalName(der)
	if !ok {
		return 0, false
	}
	var sum [sha1.Size]byte
	// It names files and secures nothing.
	fips140.WithoutEnforcement(func() { sum = sha1.Sum([]byte(canonical)) })
	return binary.LittleEndian.Uint32(sum[:]), true
}

func asUTF8(tag asn1.Tag, v []byte) (string, bool) {
	switch tag {
	case asn1.UTF8String:
		if !utf8.Valid(v) {
			return "", false
		}
		return string(v), true
	case asn1.PrintableString, asn1.IA5String, asn1.T61String, tagVisible, tagNumeric:
		r := make([]rune, len(v)) // Latin-1, which is what T61String holds in practice
		for i, c := range v {
			r[i] = rune(c)
		}
		return string(r), true
	case tagBMP:
		if len(v)%2 != 0 {
			return "", false
		}
		u := make([]uint16, len(v)/2)
		for i := range u {
			u[i] = uint16(v[2*i])<<8 | uint16(v[2*i+1])
		}
		return string(utf16.Decode(u)), true
	case tagUniversal:
		if len(v)%4 != 0 {
			return "", false
		}
		r := make([]rune, len(v)/4)
		for i := range r {
			r[i] = rune(v[4*i])<<24 | rune(v[4*i+1])<<16 | rune(v[4*i+2])<<8 | rune(v[4*i+3])
		}
		return string(r), true
	}
	return "", false
}

// foldText trims, collapses runs of white space and lowers ASCII letters.
func foldText(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	pending := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			pending = b.Len() > 0
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if pending {
			b.WriteByte(' ')
			pending = false
		}
		b.WriteByte(c)
	}
	return b.String()
}
