package ossl

import "patina/core/iana"

// Indentations of a trace.
const (
	traceMessage = 4 // a message's name
	traceField   = 6 // its fields
	traceItem    = 8 // the items of a field
)

// handshake shows a handshake message; false where a length is wrong.
func (t *tracer) handshake(msg []byte) bool {
	u := unread(msg)
	head, ok := u.number(4)
	if !ok {
		return false
	}
	typ, length := iana.HandshakeType(head>>24), int(head&0xffffff)
	t.line(traceMessage, "%s, Length=%d\n", traceMessages.of(uint16(typ)), length)
	if len(u) < length {
		return false
	}
	switch typ {
	case iana.TypeClientHello:
		return t.clientHello(u)
	case iana.TypeServerHello:
		return t.serverHello(u)
	case helloVerifyRequest:
		_, ok := t.version("server_version", &u)
		return ok && t.hexVector(traceField, "cookie", 1, &u)
	case iana.TypeServerKeyExchange:
		return t.serverKeyExchange(u)
	case iana.TypeClientKeyExchange:
		return t.clientKeyExchange(u)
	case iana.TypeCertificate:
		return t.certificates(u)
	case iana.TypeCertificateVerify:
		return t.signature(&u)
	case iana.TypeCertificateRequest:
		return t.certificateRequest(u)
	case iana.TypeFinished:
		t.hex(traceField, "verify_data", u)
	case iana.TypeServerHelloDone:
		if len(u) > 0 {
			t.hex(traceField, "unexpected value", u)
		}
	case iana.TypeNewSessionTicket:
		return t.newSessionTicket(u)
	case iana.TypeEncryptedExtensions:
		return t.extensions(traceField, typ, true, &u)
	case iana.TypeKeyUpdate:
		if len(u) != 1 {
			t.hex(traceField, "unexpected value", u)
			return false
		}
		return t.list(traceField, u, 1, traceKeyUpdates)
	default:
		t.line(traceField, "Unsupported, hex dump follows:\n")
		t.dump(traceItem, u)
	}
	return true
}

// helloVerifyRequest is a message of DTLS (RFC 6347, section 4.2.1).
const helloVerifyRequest iana.HandshakeType = 3

func (t *tracer) version(what string, u *unread) (v iana.ProtocolVersion, ok bool) {
	n, ok := u.number(2)
	v = iana.ProtocolVersion(n)
	if ok {
		t.line(traceField, "%s=0x%x (%s)\n", what, n, traceVersions.of(uint16(n)))
	}
	return v, ok
}

// random is a hello's, shown as TLS 1.2 divides it (RFC 5246, section 7.4.1.2).
func (t *tracer) random(u *unread) bool {
	b, ok := u.next(32)
	if ok {
		t.line(traceField, "Random:\n")
		r := unread(b)
		seconds, _ := r.number(4)
		t.line(traceItem, "gmt_unix_time=0x%08X\n", seconds)
		t.hex(traceItem, "random_bytes", r)
	}
	return ok
}

func (t *tracer) clientHello(u unread) bool {
	if _, ok := t.version("client_version", &u); !ok || !t.random(&u) || !t.hexVector(traceField, "session_id", 1, &u) {
		return false
	}
	n, ok := u.number(2)
	if !ok {
		return false
	}
	t.line(traceField, "cipher_suites (len=%d)\n", n)
	if int(n) > len(u) || n%2 != 0 {
		return false
	}
	for b, _ := u.next(int(n)); len(b) > 0; b = b[2:] {
		t.suite(traceItem, b[0], b[1])
	}
	if n, ok = u.number(1); !ok || int(n) > len(u) {
		return false
	}
	t.line(traceField, "compression_methods (len=%d)\n", n)
	methods, _ := u.next(int(n))
	for _, m := range methods {
		t.line(traceItem, "%s (0x%02X)\n", traceCompressions.of(uint16(m)), m)
	}
	return t.extensions(traceField, iana.TypeClientHello, false, &u)
}

func (t *tracer) suite(indent int, hi, lo byte) {
	t.line(indent, "{0x%02X, 0x%02X} %s\n", hi, lo, names(traceSuites[:]).of(uint16(hi)<<8|uint16(lo)))
}

func (t *tracer) serverHello(u unread) bool {
	v, ok := t.version("server_version", &u)
	// In drafts of TLS 1.3 it stood here, and what it has no use for was left out.
	draft := v == iana.VersionTLS13
	if !ok || !t.random(&u) || !draft && !t.hexVector(traceField, "session_id", 1, &u) {
		return false
	}
	b, ok := u.next(2)
	if !ok {
		return false
	}
	t.line(traceField, "cipher_suite ")
	t.suite(0, b[0], b[1])
	if !draft {
		method, ok := u.number(1)
		if !ok {
			return false
		}
		t.line(traceField, "compression_method: %s (0x%02X)\n", traceCompressions.of(uint16(method)), method)
	}
	return t.extensions(traceField, iana.TypeServerHello, true, &u)
}

// keyExchange shows the name of the suite's and returns it: kxAny for an unknown one.
func (t *tracer) keyExchange() uint8 {
	kx, name := kxAny, unnamed
	if c := CipherByID(t.Suite); c != nil && !t.TLS13 {
		kx, name = c.kx, "ECDHE"
		if c.needsPSK() {
			name = "ECDHEPSK"
		}
	}
	t.line(traceField, "KeyExchangeAlgorithm=%s\n", name)
	return kx
}

// Curve types of ServerECDHParams (RFC 8422, section 5.4).
const (
	curveExplicitPrime = 1
	curveExplicitChar2 = 2
	curveNamed         = 3
)

func (t *tracer) serverKeyExchange(u unread) bool {
	kx := t.keyExchange()
	if kx == kxECDHEPSK && !t.hexVector(traceItem, "psk_identity_hint", 2, &u) {
		return false
	}
	if kx != kxAny {
		if len(u) == 0 {
			return false
		}
		t.line(traceItem, "") // also before what is said of a wrong length
		switch u[0] {
		case curveExplicitPrime: // what follows is not shown
			t.printf("explicit_prime\n")
		case curveExplicitChar2:
			t.printf("explicit_char2\n")
		case curveNamed:
			b, ok := u.next(3)
			if !ok {
				return false
			}
			group := uint16(b[1])<<8 | uint16(b[2])
			t.printf("named_curve: %s (%d)\n", traceGroups.of(group), group)
			if !t.hexVector(traceItem, "point", 1, &u) {
				return false
			}
		default:
			t.printf("UNKNOWN CURVE PARAMETER TYPE %d\n", u[0])
			return false
		}
	}
	if kx != kxECDHEPSK {
		t.signature(&u)
	}
	return len(u) == 0
}

func (t *tracer) clientKeyExchange(u unread) bool {
	kx := t.keyExchange()
	if kx == kxECDHEPSK && !t.hexVector(traceItem, "psk_identity", 2, &u) || kx != kxAny && !t.hexVector(traceItem, "ecdh_Yc", 1, &u) {
		return false
	}
	return len(u) == 0
}

func (t *tracer) signature(u *unread) bool {
	b, ok := u.next(2)
	if !ok {
		return false
	}
	scheme := uint16(b[0])<<8 | uint16(b[1])
	t.line(traceField, "Signature Algorithm: %s (0x%04x)\n", traceSchemes.of(scheme), scheme)
	return t.hexVector(traceField, "Signature", 2, u)
}

func (t *tracer) certificates(u unread) bool {
	if t.TLS13 && !t.hexVector(traceField, "context", 1, &u) {
		return false
	}
	list, ok := u.whole(3)
	if !ok {
		return false
	}
	t.line(traceField, "certificate_list, length=%d\n", len(list))
	for len(list) > 0 {
		if !t.certificate(&list) || t.TLS13 && !t.extensions(traceItem, iana.TypeCertificate, t.fromServer, &list) {
			return false
		}
	}
	return true
}

func (t *tracer) certificate(u *unread) bool {
	b, ok := u.vector(3)
	if !ok {
		return false
	}
	t.line(traceItem, "ASN.1Cert, length=%d", len(b))
	if isCertificate(b) {
		t.part(TraceCertificate, b)
		return true
	}
	t.printf("<UNPARSABLE CERTIFICATE>\n")
	if len(b) > 0 {
		t.printf("<TRAILING GARBAGE AFTER CERTIFICATE>\n")
	}
	return true
}

func (t *tracer) certificateRequest(u unread) bool {
	if t.TLS13 {
		return t.hexVector(traceField, "request_context", 1, &u) &&
			t.extensions(traceField, iana.TypeCertificateRequest, true, &u)
	}
	types, ok := u.vector(1)
	if !ok {
		return false
	}
	t.line(traceField, "certificate_types (len=%d)\n", len(types))
	t.list(traceItem, types, 1, traceCertTypes)
	schemes, ok := u.vector(2)
	if !ok || len(schemes)%2 != 0 {
		return false
	}
	t.line(traceField, "signature_algorithms (len=%d)\n", len(schemes))
	t.schemes(traceItem, schemes)
	n, ok := u.number(2)
	if !ok {
		return false
	}
	t.line(traceField, "") // also before what is said of a wrong length
	authorities, ok := u.next(int(n))
	if !ok {
		return false
	}
	t.printf("certificate_authorities (len=%d)\n", n)
	for list := unread(authorities); len(list) > 0; {
		name, ok := list.vector(2)
		if !ok {
			return false
		}
		t.line(traceItem, "DistinguishedName (len=%d): ", len(name))
		if isName(name) {
			t.part(TraceName, name)
		} else {
			t.printf("<UNPARSABLE DN>\n")
		}
	}
	return len(u) == 0
}

func (t *tracer) newSessionTicket(u unread) bool {
	if len(u) == 0 {
		t.line(traceItem, "No Ticket\n")
		return true
	}
	life, ok := u.number(4)
	if !ok {
		return false
	}
	t.line(traceItem, "ticket_lifetime_hint=%d\n", life)
	if t.TLS13 {
		age, ok := u.number(4)
		if !ok {
			return false
		}
		t.line(traceItem, "ticket_age_add=%d\n", age)
		if !t.hexVector(traceItem, "ticket_nonce", 1, &u) {
			return false
		}
	}
	if !t.hexVector(traceItem, "ticket", 2, &u) {
		return false
	}
	if t.TLS13 && !t.extensions(traceItem, iana.TypeNewSessionTicket, false, &u) {
		return false
	}
	return len(u) == 0
}
