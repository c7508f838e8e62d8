package wire

import (
	"fmt"

	"patina/core/iana"
)

// Kind is the kind of rule a message breaks.
type Kind uint8

// Kinds. Beside each, the alert RFC 8446, section 6.2, gives it.
const (
	// Malformed: it cannot be decoded (decode_error).
	Malformed Kind = iota
	// Illegal: decoded, but a field must not have that value, or an extension
	// must not be there (illegal_parameter).
	Illegal
	// Unsolicited: an extension answers what was not asked (unsupported_extension).
	Unsolicited
	// Missing: an extension that must be there is not (missing_extension).
	Missing
	// BadName: a server_name that names no host (unrecognized_name).
	BadName
	// Unexpected: a message of another type (unexpected_message).
	Unexpected
)

var kindNames = [...]string{"malformed", "illegal", "unsolicited", "missing", "bad name in", "unexpected"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// NoExtension is the Extension of an Error that is not about one.
const NoExtension = 0xffff

// WhatNoVersion is What of a Malformed ClientHello that ends before its version does.
const WhatNoVersion = "no version"

// What of an Illegal extension.
const (
	WhatDuplicate = "duplicate"
	WhatForbidden = "not allowed in this message"
)

// Error is the refusal of a message.
type Error struct {
	Kind      Kind
	Message   iana.HandshakeType
	Extension iana.ExtensionType // NoExtension if it is not about one
	What      string             // the field or rule; may be empty
}

func (e *Error) Error() string {
	s := "tls: " + e.Kind.String() + " " + e.Message.String()
	if e.Extension != NoExtension {
		s += ", extension " + e.Extension.String()
	}
	if e.What != "" {
		s += ": " + e.What
	}
	return s
}

func malformed(t iana.HandshakeType) error {
	return &Error{Malformed, t, NoExtension, ""}
}

func illegal(t iana.HandshakeType, what string) error {
	return &Error{Illegal, t, NoExtension, what}
}

// body checks the header of msg and returns what follows it.
func body(msg []byte, t iana.HandshakeType) (reader, error) {
	r := reader{b: msg}
	if got := iana.HandshakeType(r.u8()); !r.bad && got != t {
		return r, &Error{Unexpected, got, NoExtension, "instead of " + t.String()}
	}
	n := r.u24()
	if r.bad || n != len(r.b) {
		return r, malformed(t)
	}
	return r, nil
}
