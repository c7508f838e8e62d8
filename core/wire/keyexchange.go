package wire

import "patina/core/iana"

// curveNamed is the ECCurveType named_curve (RFC 8422, section 5.4).
const curveNamed = 3

// ServerKeyExchange is the one of ECDHE in TLS 1.2 (RFC 8422, section 5.4).
type ServerKeyExchange struct {
	Params    []byte // the encoded ServerECDHParams, which the signature covers
	Group     iana.NamedGroup
	Public    []byte // 1 to 255 bytes
	Scheme    iana.SignatureScheme
	Signature []byte
}

// ParseServerKeyExchange decodes msg into m.
func ParseServerKeyExchange(m *ServerKeyExchange, msg []byte) error {
	*m = ServerKeyExchange{}
	r, err := body(msg, iana.TypeServerKeyExchange)
	if err != nil {
		return err
	}
	start := r.b
	curveType := r.u8()
	if !r.bad && curveType != curveNamed {
		return illegal(iana.TypeServerKeyExchange, "curve type")
	}
	m.Group = iana.NamedGroup(r.u16())
	m.Public = r.vec8(1)
	m.Params = start[:len(start)-len(r.b)]
	m.Scheme = iana.SignatureScheme(r.u16())
	m.Signature = r.vec16(0)
	if !r.done() {
		*m = ServerKeyExchange{}
		return malformed(iana.TypeServerKeyExchange)
	}
	return nil
}

// AppendECDHParams encodes the part of a ServerKeyExchange that is signed.
func AppendECDHParams(dst []byte, group iana.NamedGroup, public []byte) []byte {
	dst = append(dst, curveNamed)
	dst = append16(dst, uint16(group))
	return appendVec8(dst, public)
}

// AppendServerKeyExchange encodes m, with Params as they are.
func AppendServerKeyExchange(dst []byte, m *ServerKeyExchange) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeServerKeyExchange)
	dst = append(dst, m.Params...)
	dst = append16(dst, uint16(m.Scheme))
	dst = appendVec16(dst, m.Signature)
	return closeMessage(dst, at)
}

// ParseClientKeyExchange decodes the one of ECDHE (RFC 8422, section 5.7) and
// returns the client's public key.
func ParseClientKeyExchange(msg []byte) (public []byte, err error) {
	r, err := body(msg, iana.TypeClientKeyExchange)
	if err != nil {
		return nil, err
	}
	if public = r.vec8(1); !r.done() {
		return nil, malformed(iana.TypeClientKeyExchange)
	}
	return public, nil
}

// AppendClientKeyExchange encodes a ClientKeyExchange of ECDHE.
func AppendClientKeyExchange(dst, public []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeClientKeyExchange)
	dst = appendVec8(dst, public)
	return closeMessage(dst, at)
}

// ServerKeyExchangePSK is the one of ECDHE_PSK (RFC 5489, section 2): nothing is
// signed.
type ServerKeyExchangePSK struct {
	Hint   []byte // psk_identity_hint; empty for none
	Group  iana.NamedGroup
	Public []byte // 1 to 255 bytes
}

// ParseServerKeyExchangePSK decodes msg into m.
func ParseServerKeyExchangePSK(m *ServerKeyExchangePSK, msg []byte) error {
	*m = ServerKeyExchangePSK{}
	r, err := body(msg, iana.TypeServerKeyExchange)
	if err != nil {
		return err
	}
	hint := r.vec16(0)
	curveType := r.u8()
	if !r.bad && curveType != curveNamed {
		return illegal(iana.TypeServerKeyExchange, "curve type")
	}
	group, public := iana.NamedGroup(r.u16()), r.vec8(1)
	if !r.done() {
		return malformed(iana.TypeServerKeyExchange)
	}
	m.Hint, m.Group, m.Public = hint, group, public
	return nil
}

// AppendServerKeyExchangePSK encodes m.
func AppendServerKeyExchangePSK(dst []byte, m *ServerKeyExchangePSK) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeServerKeyExchange)
	dst = appendVec16(dst, m.Hint)
	dst = AppendECDHParams(dst, m.Group, m.Public)
	return closeMessage(dst, at)
}

// ParseClientKeyExchangePSK decodes the one of ECDHE_PSK (RFC 5489, section 2):
// the identity of the PSK and the client's public key.
func ParseClientKeyExchangePSK(msg []byte) (identity, public []byte, err error) {
	r, err := body(msg, iana.TypeClientKeyExchange)
	if err != nil {
		return nil, nil, err
	}
	identity = r.vec16(0)
	if public = r.vec8(1); !r.done() {
		return nil, nil, malformed(iana.TypeClientKeyExchange)
	}
	return identity, public, nil
}

// AppendClientKeyExchangePSK encodes a ClientKeyExchange of ECDHE_PSK.
func AppendClientKeyExchangePSK(dst, identity, public []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeClientKeyExchange)
	dst = appendVec16(dst, identity)
	dst = appendVec8(dst, public)
	return closeMessage(dst, at)
}
