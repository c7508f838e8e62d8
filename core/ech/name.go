package ech

import "strings"

// Limits of names in DNS (RFC 1034, section 3.1).
const (
	maxLabel = 63
	maxName  = 253
)

// validPublicName reports whether name is a host name as RFC 9849, section
// 6.1.7, wants a public_name: labels of letters, digits and hyphens, the last of
// which is not one that some take for a part of an IPv4 address.
func validPublicName(name string) bool {
	if len(name) > maxName {
		return false
	}
	var last string
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if c != '-' && !digit(c) && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
		last = label
	}
	return !number(last)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// number reports a label of digits, or of hexadecimal digits after 0x.
func number(label string) bool {
	if len(label) >= 2 && label[0] == '0' && label[1]|0x20 == 'x' {
		return strings.Trim(label[2:], "0123456789abcdefABCDEF") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
