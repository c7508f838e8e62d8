package ossl

import (
	"encoding/binary"
	"slices"

	"patina/core/iana"
)

// shownExtensions are those that OpenSSL knows: the callback of SSL_set_tlsext_debug_callback sees no others.
var shownExtensions = []uint16{0, 1, 5, 10, 11, 12, 13, 14, 16, 18, 21, 22, 23, 35, 41, 42, 43, 44, 45, 47, 49, 50, 51, 13172, 65000, 65281}

// showExtensions queues the extensions of a handshake message that has come, in its order, for the callback of
// SSL_set_tlsext_debug_callback. The message has not been judged yet: what is malformed ends the list.
func (s *SSL) showExtensions(message []byte) {
	if !s.extensionDebug.Set() || len(message) < 4 {
		return
	}
	r := fields{rest: message[4:]}
	tls13 := s.conn.Version() == iana.VersionTLS13
	switch t := iana.HandshakeType(message[0]); {
	case t == iana.TypeClientHello:
		r.skip(2 + 32)
		r.vector(1)
		r.vector(2)
		r.vector(1)
	case t == iana.TypeServerHello:
		r.skip(2 + 32)
		r.vector(1)
		r.skip(2 + 1)
	case t == iana.TypeEncryptedExtensions:
	case t == iana.TypeCertificateRequest && tls13:
		r.vector(1)
	case t == iana.TypeNewSessionTicket && tls13:
		r.skip(4 + 4)
		r.vector(1)
		r.vector(2)
	case t == iana.TypeCertificate && tls13:
		r.vector(1)
		entries := fields{rest: r.vector(3)}
		for len(entries.rest) > 0 {
			entries.vector(3)
			s.showExtensionList(entries.vector(2))
		}
		return
	default:
		return
	}
	s.showExtensionList(r.vector(2))
}

func (s *SSL) showExtensionList(list []byte) {
	r := fields{rest: list}
	for len(r.rest) >= 4 {
		typ := binary.BigEndian.Uint16(r.rest)
		r.skip(2)
		data := r.vector(2)
		if r.bad {
			return
		}
		if slices.Contains(shownExtensions, typ) {
			s.events.list = append(s.events.list, Event{Kind: EventExtension, Sent: s.role == RoleClient, State: s.state,
				Callback: s.extensionDebug, Type: int(typ), Data: s.events.keep(data)})
		}
	}
}

// fields reads what is there; after bad there is nothing.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) skip(n int) []byte {
	if n > len(f.rest) {
		f.rest, f.bad = nil, true
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

// vector is one whose length is in size bytes before it.
func (f *fields) vector(size int) []byte {
	n := 0
	for _, b := range f.skip(size) {
		n = n<<8 | int(b)
	}
	return f.skip(n)
}
