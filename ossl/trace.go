package ossl

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"strings"

	"patina/core/iana"
)

// What SSL_trace prints (SSL_set_msg_callback(3)): a record's header, a message
// or an alert, for people to read. It is called with what a message callback is
// told, and by programs with any bytes at all: every length is checked, and what
// has been read before one that is wrong is shown. Certificates and names are
// printed by libcrypto, so they are parts of their own, and only those that Go has
// found to be such.

// TraceKind is what a part of a trace is.
type TraceKind uint8

// Kinds of parts. The numbers are shared with ossl/capi/trace_c.c.
const (
	TraceText        TraceKind = iota // to be written as it is
	TraceAlert                        // level and description, two bytes, to be named
	TraceCertificate                  // begins with DER, to be printed
	TraceName                         // begins with a Name in DER, to be printed as the rest of a line
)

// TracePart is a piece of a trace.
type TracePart struct {
	Kind TraceKind
	Data []byte
}

// Traced is what a trace must know of the connection that a message is of. Its
// zero value is a client that has not agreed on a version.
type Traced struct {
	Server bool
	TLS13  bool
	Suite  iana.CipherSuite
}

// Traced is what SSL_trace takes from the connection.
func (s *SSL) Traced() Traced {
	t := Traced{Server: s.role == RoleServer}
	if s.conn != nil {
		t.TLS13 = s.conn.Version() == iana.VersionTLS13
		t.Suite = s.conn.Suite()
	}
	return t
}

// Trace is the trace of msg, sent or received, of a content type as a message
// callback is told it.
func (t Traced) Trace(sent bool, contentType int, msg []byte) []TracePart {
	tr := tracer{Traced: t, fromServer: t.Server == sent}
	switch contentType {
	case contentHeader:
		tr.header(sent, msg)
		return tr.done()
	case contentInner:
		if len(msg) > 0 {
			tr.printf("  Inner Content Type = %s (%d)", traceContents.of(uint16(msg[0])), msg[0])
		}
	case int(iana.ContentHandshake):
		if !tr.handshake(msg) {
			tr.printf("Message length parse error!\n")
		}
	case int(iana.ContentChangeCipherSpec):
		if string(msg) == "\x01" {
			tr.printf("    change_cipher_spec (1)\n")
		} else {
			tr.hex(4, "unknown value", msg)
		}
	case int(iana.ContentAlert):
		if len(msg) == alertLen {
			tr.part(TraceAlert, msg)
		} else {
			tr.printf("    Illegal Alert Length\n")
		}
	}
	tr.printf("\n")
	return tr.done()
}

// tracer makes a trace.
type tracer struct {
	Traced
	fromServer bool // the message is one of a server

	parts []TracePart
	text  []byte // behind parts
}

func (t *tracer) done() []TracePart {
	if len(t.text) > 0 {
		t.parts = append(t.parts, TracePart{TraceText, t.text})
		t.text = nil
	}
	return t.parts
}

func (t *tracer) part(kind TraceKind, data []byte) {
	t.parts = append(t.done(), TracePart{kind, data})
}

func (t *tracer) printf(format string, args ...any) { t.text = fmt.Appendf(t.text, format, args...) }

// line begins with an indentation.
func (t *tracer) line(indent int, format string, args ...any) {
	t.text = append(t.text, strings.Repeat(" ", indent)...)
	t.printf(format, args...)
}

// hex is a line of bytes.
func (t *tracer) hex(indent int, what string, b []byte) {
	t.line(indent, "%s (len=%d): %X\n", what, len(b), b)
}

// Layout of BIO_dump_indent(3): the wider the indentation, the fewer bytes a line.
const (
	dumpWidth  = 16
	dumpIndent = 6 // that costs nothing
)

// dump shows bytes as BIO_dump_indent does.
func (t *tracer) dump(indent int, b []byte) {
	width := dumpWidth - (indent-min(indent, dumpIndent)+3)/4
	for at := 0; at < len(b); at += width {
		row := b[at:min(at+width, len(b))]
		t.line(indent, "%04x - ", at)
		for i := range width {
			switch {
			case i >= len(row):
				t.printf("   ")
			case i == 7:
				t.printf("%02x-", row[i])
			default:
				t.printf("%02x ", row[i])
			}
		}
		t.printf("  ")
		for _, c := range row {
			if c < ' ' || c > '~' {
				c = '.'
			}
			t.text = append(t.text, c)
		}
		t.printf("\n")
	}
}

// header is that of a record.
func (t *tracer) header(sent bool, b []byte) {
	verb := "Received"
	if sent {
		verb = "Sent"
	}
	const headerLen = 5
	if len(b) < headerLen {
		t.hex(0, verb+" too short message", b)
		t.printf("\n")
		return
	}
	version := binary.BigEndian.Uint16(b[1:])
	t.printf("%s Record\nHeader:\n  Version = %s (0x%x)\n", verb, traceVersions.of(version), version)
	t.printf("  Content Type = %s (%d)\n  Length = %d\n", traceContents.of(uint16(b[0])), b[0],
		binary.BigEndian.Uint16(b[len(b)-2:]))
}

// unread is what of a message has not been read. Its methods read from the front;
// ok is false, and nothing is read, where there is less than asked for.
type unread []byte

func (u *unread) next(n int) (b []byte, ok bool) {
	if n > len(*u) {
		return nil, false
	}
	b, *u = (*u)[:n:n], (*u)[n:]
	return b, true
}

// number is one of size bytes, at most 4.
func (u *unread) number(size int) (n uint32, ok bool) {
	b, ok := u.next(size)
	for _, c := range b {
		n = n<<8 | uint32(c)
	}
	return n, ok
}

// vector is what stands behind its length of size bytes.
func (u *unread) vector(size int) (b []byte, ok bool) {
	all := *u
	n, ok := u.number(size)
	if ok {
		b, ok = u.next(int(n))
	}
	if !ok {
		*u = all
	}
	return b, ok
}

// whole is a vector that takes all there is.
func (u *unread) whole(size int) (b unread, ok bool) {
	b, ok = u.vector(size)
	return b, ok && len(*u) == 0
}

// hexVector is a line of the vector that comes next.
func (t *tracer) hexVector(indent int, what string, size int, u *unread) bool {
	b, ok := u.vector(size)
	if ok {
		t.hex(indent, what, b)
	}
	return ok
}

// list is a line for each number of size bytes.
func (t *tracer) list(indent int, b unread, size int, table names) bool {
	if len(b)%size != 0 {
		return false
	}
	for len(b) > 0 {
		n, _ := b.number(size)
		t.line(indent, "%s (%d)\n", table.of(uint16(n)), n)
	}
	return true
}

// schemes is a line for each signature scheme of an even number of bytes.
func (t *tracer) schemes(indent int, b unread) {
	for len(b) > 1 {
		n, _ := b.number(2)
		t.line(indent, "%s (0x%04x)\n", traceSchemes.of(uint16(n)), n)
	}
}

// isCertificate reports whether b begins with a certificate.
func isCertificate(b []byte) bool {
	var one asn1.RawValue
	if _, err := asn1.Unmarshal(b, &one); err != nil {
		return false
	}
	_, err := x509.ParseCertificate(one.FullBytes)
	return err == nil
}

// A Name of X.501, its values unread. encoding/asn1 takes a type for a SET by its
// name.
type (
	nameAttribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	nameSET []nameAttribute
)

// isName reports whether b begins with a Name.
func isName(b []byte) bool {
	var name []nameSET
	_, err := asn1.Unmarshal(b, &name)
	return err == nil
}
