package pki

import (
	"bytes"
	"crypto/fips140"
	"crypto/sha1"
	"encoding/binary"
	"slices"
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
	b := make([]byte, 0, 256) // most names are shorter, and need no other memory
	for !name.Empty() {
		var rdn cryptobyte.String
		if !name.ReadASN1(&rdn, asn1.SET) {
			return "", false
		}
		at := len(b)
		if b, ok = appendPart(append(b, partMark, 0), rdn); !ok {
			return "", false
		}
		b = setLength(b, at)
	}
	return string(b), true
}

// partMark begins a part of a canonical name.
const partMark = byte(asn1.SET)

// setLength gives the element that begins at a place in b, and goes to its end, the
// length it has. There is room for a length of one byte.
func setLength(b []byte, at int) []byte {
	n := len(b) - at - 2
	switch {
	case n < 1<<7:
		b[at+1] = byte(n)
	case n < 1<<8:
		b = slices.Insert(b, at+2, byte(n))
		b[at+1] = 0x81
	default: // names are part of certificates, which are shorter than 1<<24
		b = slices.Insert(b, at+2, byte(n>>16), byte(n>>8), byte(n))
		b[at+1] = 0x83
		if n < 1<<16 {
			b = slices.Delete(b, at+2, at+3)
			b[at+1] = 0x82
		}
	}
	return b
}

// appendPart appends the attributes of one part.
func appendPart(b []byte, rdn cryptobyte.String) (_ []byte, ok bool) {
	start, count := len(b), 0
	for ; !rdn.Empty(); count++ {
		var attr, oid, value cryptobyte.String
		var tag asn1.Tag
		if !rdn.ReadASN1(&attr, asn1.SEQUENCE) || !attr.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil, false
		}
		raw := attr
		if !attr.ReadAnyASN1(&value, &tag) || !attr.Empty() {
			return nil, false
		}
		at := len(b)
		b = append(append(b, byte(asn1.SEQUENCE), 0), oid...)
		inner := len(b)
		if b, ok = appendText(append(b, byte(asn1.UTF8String), 0), tag, value); ok {
			b = setLength(b, inner)
		} else {
			b = append(b[:inner], raw...)
		}
		b = setLength(b, at)
	}
	if count > 1 {
		sortElements(b[start:])
	}
	return b, true
}

// sortElements sorts DER elements that follow each other.
func sortElements(b []byte) {
	var all [][]byte
	for in := cryptobyte.String(bytes.Clone(b)); !in.Empty(); {
		var element cryptobyte.String
		var tag asn1.Tag
		if !in.ReadAnyASN1Element(&element, &tag) {
			return
		}
		all = append(all, element)
	}
	slices.SortFunc(all, bytes.Compare)
	for _, element := range all {
		b = b[copy(b, element):]
	}
}

// appendText appends a string as canonical names have it; ok is false for what
// OpenSSL does not fold.
func appendText(b []byte, tag asn1.Tag, value []byte) (_ []byte, ok bool) {
	switch tag {
	case tagNumeric:
		return b, false
	case asn1.UTF8String:
		if utf8.Valid(value) {
			return appendFolded(b, value), true
		}
	case asn1.PrintableString, asn1.IA5String, asn1.T61String, tagVisible:
		if !slices.ContainsFunc(value, func(c byte) bool { return c >= utf8.RuneSelf }) {
			return appendFolded(b, value), true
		}
	}
	text, ok := asUTF8(tag, value)
	if !ok {
		return b, false
	}
	return appendFolded(b, []byte(text)), true
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

// appendFolded trims, collapses runs of white space and lowers ASCII letters.
func appendFolded(b, s []byte) []byte {
	start, pending := len(b), false
	for _, c := range s {
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			pending = len(b) > start
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if pending {
			b = append(b, ' ')
			pending = false
		}
		b = append(b, c)
	}
	return b
}
