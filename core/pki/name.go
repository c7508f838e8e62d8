package pki

import (
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
// 7.1, as OpenSSL applies it): strings in UTF-8, ASCII letters lower, space
// trimmed and collapsed; other values byte by byte. The order of the parts, and
// of attributes within a part, stays. ok is false if der is malformed.
func canonicalName(der []byte) (canonical string, ok bool) {
	var b strings.Builder
	in := cryptobyte.String(der)
	var name cryptobyte.String
	if !in.ReadASN1(&name, asn1.SEQUENCE) || !in.Empty() {
		return "", false
	}
	for !name.Empty() {
		var rdn cryptobyte.String
		if !name.ReadASN1(&rdn, asn1.SET) {
			return "", false
		}
		b.WriteByte(partMark)
		for !rdn.Empty() {
			var attr, oid, value cryptobyte.String
			var tag asn1.Tag
			if !rdn.ReadASN1(&attr, asn1.SEQUENCE) || !attr.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
				!attr.ReadAnyASN1(&value, &tag) || !attr.Empty() {
				return "", false
			}
			b.WriteByte(2)
			writeField(&b, oid)
			if text, isText := asUTF8(tag, value); isText {
				b.WriteByte('s')
				writeField(&b, []byte(foldText(text)))
			} else {
				b.WriteByte(byte(tag))
				writeField(&b, value)
			}
		}
	}
	return b.String(), true
}

// partMark begins a part of a canonical name; none of its attributes does.
const partMark = 1

// writeField writes v with its length before it, so that fields cannot run
// into each other.
func writeField(b *strings.Builder, v []byte) {
	b.WriteByte(byte(len(v) >> 16))
	b.WriteByte(byte(len(v) >> 8))
	b.WriteByte(byte(len(v)))
	b.Write(v)
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
