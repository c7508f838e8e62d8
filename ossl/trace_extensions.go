package ossl

import "patina/core/iana"

// extensions shows the extensions that u goes on with, those of a message of a
// server or of a client; false where a length is wrong.
func (t *tracer) extensions(indent int, in iana.HandshakeType, server bool, u *unread) bool {
	t.line(indent, "") // also before what is said of a wrong length
	if len(*u) == 0 {
		t.printf("No extensions\n")
		return true
	}
	block, ok := u.vector(2)
	if !ok {
		return false
	}
	if len(block) == 0 {
		t.printf("No extensions\n")
		return true
	}
	t.printf("extensions, length = %d\n", len(block))
	for list := unread(block); len(list) > 0; {
		all := list
		head, ok := list.number(4)
		if !ok {
			return false
		}
		typ, length := iana.ExtensionType(head>>16), int(head&0xffff)
		data, ok := list.next(length)
		if !ok {
			t.line(0, "extensions, extype = %d, extlen = %d\n", typ, length)
			t.dump(indent+2, all)
			return false
		}
		t.line(indent+2, "extension_type=%s(%d), length=%d\n", traceExtensions.of(uint16(typ)), typ, length)
		if !t.extension(indent+4, typ, in, server, data) {
			return false
		}
	}
	return true
}

// extension shows what is in one. Values stand two columns further right than lists.
func (t *tracer) extension(indent int, typ iana.ExtensionType, in iana.HandshakeType, server bool, u unread) bool {
	value := indent + 2
	switch typ {
	case iana.ExtMaxFragmentLength:
		return len(u) > 0 && t.list(indent, u, 1, traceFragments)
	case iana.ExtECPointFormats:
		b, ok := u.whole(1)
		return ok && t.list(indent, b, 1, tracePoints)
	case iana.ExtSupportedGroups:
		b, ok := u.whole(2)
		return ok && t.list(indent, b, 2, traceGroups)
	case iana.ExtALPN:
		return t.protocols(indent, u)
	case iana.ExtSignatureAlgorithms:
		b, ok := u.whole(2)
		if !ok || len(b)%2 != 0 {
			return false
		}
		t.schemes(indent, b)
	case iana.ExtRenegotiationInfo:
		return t.renegotiation(value, server, u)
	case iana.ExtSessionTicket:
		if len(u) > 0 {
			t.hex(value, "ticket", u)
		}
	case iana.ExtKeyShare:
		return t.keyShares(value, server, u)
	case iana.ExtSupportedVersions:
		if server {
			return len(u) == 2 && t.list(value, u, 2, traceVersions)
		}
		b, ok := u.whole(1)
		return ok && t.list(indent, b, 2, traceVersions)
	case iana.ExtPSKKeyExchangeModes:
		b, ok := u.whole(1)
		return ok && t.list(indent, b, 1, tracePSKModes)
	case iana.ExtEarlyData:
		if in == iana.TypeNewSessionTicket {
			n, ok := u.number(4)
			if !ok || len(u) > 0 {
				return false
			}
			t.line(indent, "max_early_data=%d\n", n)
		}
	default:
		t.dump(indent, u)
	}
	return true
}

// protocols are names of ALPN (RFC 7301, section 3.1).
func (t *tracer) protocols(indent int, u unread) bool {
	list, ok := u.whole(2)
	for ok && len(list) > 0 {
		var name []byte
		if name, ok = list.vector(1); ok {
			t.line(indent, "%s\n", name)
		}
	}
	return ok
}

// renegotiation is the data of RFC 5746, section 3.2: of a client, or of a client
// and a server in halves.
func (t *tracer) renegotiation(indent int, server bool, u unread) bool {
	b, ok := u.whole(1)
	if !ok {
		return false
	}
	if len(b) == 0 {
		t.line(indent, "<EMPTY>\n")
		return true
	}
	if !server {
		t.hex(indent, "client_verify_data", b)
		return true
	}
	if len(b)%2 != 0 {
		return false
	}
	t.hex(indent, "client_verify_data", b[:len(b)/2])
	t.hex(indent, "server_verify_data", b[len(b)/2:])
	return true
}

// keyShares are a client's, or a server's one, or the group that a
// HelloRetryRequest asks for (RFC 8446, section 4.2.8).
func (t *tracer) keyShares(indent int, server bool, u unread) bool {
	group := func(n uint32) { t.line(indent, "NamedGroup: %s (%d)\n", traceGroups.of(uint16(n)), n) }
	if server && len(u) == 2 {
		n, _ := u.number(2)
		group(n)
		return true
	}
	if len(u) < 2 {
		return false
	}
	if !server {
		list, ok := u.whole(2)
		if !ok {
			return false
		}
		u = list
	}
	for len(u) > 0 {
		n, ok := u.number(2)
		if !ok {
			return false
		}
		share, ok := u.vector(2)
		if !ok {
			return false
		}
		group(n)
		t.hex(indent, "key_exchange: ", share)
	}
	return true
}
