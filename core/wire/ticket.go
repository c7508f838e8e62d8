package wire

import "patina/core/iana"

// NewSessionTicket gives a client a ticket (RFC 8446, section 4.6.1; RFC 5077,
// section 3.3).
type NewSessionTicket struct {
	Lifetime uint32 // seconds
	Ticket   []byte
	// TLS 1.3.
	AgeAdd       uint32
	Nonce        []byte // at most 255 bytes
	Set          ExtensionSet
	MaxEarlyData uint32 // early_data; zero if absent
	// Known are the extensions of the application's, set before the message is
	// parsed; Custom those of them that there are, or, in a message to be built, that
	// stand before all others.
	Known  CustomTypes
	Custom []Extension
}

// ParseNewSessionTicket13 decodes a NewSessionTicket of TLS 1.3 into m.
// Extensions it does not know are ignored.
func ParseNewSessionTicket13(m *NewSessionTicket, msg []byte) error {
	*m = NewSessionTicket{Known: m.Known}
	r, err := body(msg, iana.TypeNewSessionTicket)
	if err != nil {
		return err
	}
	m.Lifetime = r.u32()
	m.AgeAdd = r.u32()
	m.Nonce = r.vec8(0)
	m.Ticket = r.vec16(1)
	x := r.sub16(0)
	if !r.done() {
		return malformed(iana.TypeNewSessionTicket)
	}
	b := block[NewSessionTicket]{message: iana.TypeNewSessionTicket, column: (*row).inNewSessionTicket, known: m.Known, in: InNewSessionTicket}
	m.Set, err = b.parse(m, x)
	m.Custom = b.custom
	return err
}

// AppendNewSessionTicket13 encodes a NewSessionTicket of TLS 1.3.
func AppendNewSessionTicket13(dst []byte, m *NewSessionTicket) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeNewSessionTicket)
	dst = append32(dst, m.Lifetime)
	dst = append32(dst, m.AgeAdd)
	dst = appendVec8(dst, m.Nonce)
	dst = appendVec16(dst, m.Ticket)
	dst, m.Set = appendExtensions(dst, m, m.Custom, (*row).inNewSessionTicket)
	return closeMessage(dst, at)
}

// ParseNewSessionTicket12 decodes a NewSessionTicket of TLS 1.2 into m. An
// empty ticket is none (RFC 5077, section 3.3).
func ParseNewSessionTicket12(m *NewSessionTicket, msg []byte) error {
	*m = NewSessionTicket{}
	r, err := body(msg, iana.TypeNewSessionTicket)
	if err != nil {
		return err
	}
	m.Lifetime = r.u32()
	m.Ticket = r.vec16(0)
	if !r.done() {
		return malformed(iana.TypeNewSessionTicket)
	}
	return nil
}

// AppendNewSessionTicket12 encodes a NewSessionTicket of TLS 1.2.
func AppendNewSessionTicket12(dst []byte, lifetime uint32, ticket []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeNewSessionTicket)
	dst = append32(dst, lifetime)
	dst = appendVec16(dst, ticket)
	return closeMessage(dst, at)
}
