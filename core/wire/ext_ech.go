package wire

import (
	"bytes"

	"patina/core/iana"
)

// encrypted_client_hello and ech_outer_extensions (RFC 9849, section 5).

// ECHConfirmationLen is the length in bytes of what confirms that a server has
// accepted an encrypted ClientHello (RFC 9849, section 7.2).
const ECHConfirmationLen = 8

var echCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return m.ECH != nil },
	build: func(dst []byte, m *ClientHello) []byte { return append(dst, m.ECH...) },
	parse: func(m *ClientHello, r *reader) error { m.ECH = r.rest(); return nil },
}

var echHRR = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return len(m.ECHConfirmation) > 0 },
	build: func(dst []byte, m *ServerHello) []byte { return append(dst, m.ECHConfirmation...) },
	parse: func(m *ServerHello, r *reader) error { m.ECHConfirmation = r.take(ECHConfirmationLen); return nil },
}

var echEE = codec[EncryptedExtensions]{
	has:   func(m *EncryptedExtensions) bool { return len(m.ECHRetryConfigs) > 0 },
	build: func(dst []byte, m *EncryptedExtensions) []byte { return append(dst, m.ECHRetryConfigs...) },
	parse: func(m *EncryptedExtensions, r *reader) error {
		if m.ECHRetryConfigs = r.rest(); len(m.ECHRetryConfigs) == 0 {
			r.fail()
		}
		return nil
	},
}

// ECHClientHelloType values.
const (
	echOuter = 0
	echInner = 1
)

// ECHClientHello is the content of encrypted_client_hello in a ClientHello.
type ECHClientHello struct {
	Inner bool // the other fields are those of the outer form
	KDF   iana.HPKEKDF
	AEAD  iana.HPKEAEAD
	// ConfigID is that of the configuration the payload is encrypted to.
	ConfigID uint8
	Enc      []byte // empty in a second ClientHello
	Payload  []byte // at least 1
}

// ParseECH decodes ClientHello.ECH into x.
func ParseECH(x *ECHClientHello, data []byte) error {
	*x = ECHClientHello{}
	r := reader{b: data}
	typ := r.u8()
	switch {
	case r.bad:
	case typ == echInner:
		x.Inner = true
	case typ == echOuter:
		x.KDF, x.AEAD = iana.HPKEKDF(r.u16()), iana.HPKEAEAD(r.u16())
		x.ConfigID = r.u8()
		x.Enc = r.vec16(0)
		x.Payload = r.vec16(1)
	default:
		return &Error{Illegal, iana.TypeClientHello, iana.ExtEncryptedClientHello, "type"}
	}
	if !r.done() {
		return &Error{Malformed, iana.TypeClientHello, iana.ExtEncryptedClientHello, ""}
	}
	return nil
}

// AppendECH encodes x.
func AppendECH(dst []byte, x *ECHClientHello) []byte {
	if x.Inner {
		return append(dst, echInner)
	}
	dst = append(dst, echOuter)
	dst = append16(append16(dst, uint16(x.KDF)), uint16(x.AEAD))
	dst = appendVec16(append(dst, x.ConfigID), x.Enc)
	return appendVec16(dst, x.Payload)
}

// ECHOuterAAD makes the ClientHelloOuterAAD (RFC 9849, section 5.2) from the
// encoded ClientHello msg with an outer encrypted_client_hello: a copy without
// the header, with zeros for the payload, which is the second result within
// it. Nil if there is no such extension.
func ECHOuterAAD(msg []byte) (aad, payload []byte) {
	aad = bytes.Clone(msg[HeaderLen:])
	_, exts, err := splitHello(aad)
	if err != nil {
		return nil, nil
	}
	for _, e := range exts {
		var x ECHClientHello
		if e.Type == iana.ExtEncryptedClientHello && ParseECH(&x, e.Data) == nil && !x.Inner {
			clear(x.Payload)
			return aad, x.Payload
		}
	}
	return nil, nil
}

// PatchECH puts payload, of the length msg was encoded with, into its outer
// encrypted_client_hello.
func PatchECH(msg, payload []byte) {
	_, exts, err := splitHello(msg[HeaderLen:])
	for i := 0; err == nil && i < len(exts); i++ {
		if exts[i].Type == iana.ExtEncryptedClientHello {
			copy(exts[i].Data[len(exts[i].Data)-len(payload):], payload)
		}
	}
}

// helloHead is what stands in a ClientHello before its extensions.
type helloHead struct {
	version   uint16
	random    []byte
	sessionID []byte
	suites    []byte
	methods   []byte
	rest      []byte // what follows the extensions
}

// splitHello takes apart the ClientHello at the beginning of b, which has no
// header.
func splitHello(b []byte) (h helloHead, exts []Extension, err error) {
	r := reader{b: b}
	h.version = r.u16()
	h.random = r.take(32)
	h.sessionID = r.vec8(0)
	h.suites = r.vec16(2)
	h.methods = r.vec8(1)
	x := r.sub16(0)
	for x.more() {
		exts = append(exts, Extension{iana.ExtensionType(x.u16()), x.vec16(0)})
	}
	if r.bad || x.bad {
		return h, nil, malformed(iana.TypeClientHello)
	}
	h.rest = r.rest()
	return h, exts, nil
}

// appendHead encodes h with this session ID and leaves the extensions open.
func appendHead(dst []byte, h *helloHead, sessionID []byte) (b []byte, at int) {
	dst = append(append16(dst, h.version), h.random...)
	dst = appendVec8(dst, sessionID)
	dst = appendVec16(dst, h.suites)
	dst = appendVec8(dst, h.methods)
	return open16(dst), len(dst)
}

func appendExtension(dst []byte, e Extension) []byte {
	return appendVec16(append16(dst, uint16(e.Type)), e.Data)
}

// AppendClientHelloInner encodes inner, a ClientHelloInner, with what it has in
// common with the encoded ClientHelloOuter outer in one piece behind the rest, as
// ech_outer_extensions wants it: msg is the message itself, encoded the
// EncodedClientHelloInner without padding (RFC 9849, section 5.1). Binders stand
// at the end of both. inner.Set is set as by AppendClientHello.
func AppendClientHelloInner(inner *ClientHello, outer []byte) (msg, encoded []byte) {
	plain := AppendClientHello(nil, inner)
	h, exts, err := splitHello(plain[HeaderLen:])
	_, others, oerr := splitHello(outer[HeaderLen:])
	if err != nil || oerr != nil {
		panic("wire: a ClientHello of our own cannot be read")
	}
	var own, common []Extension
	var last *Extension
	// Both are in the registry's order.
	next := 0
	for i, e := range exts {
		for n := next; n < len(others); n++ {
			if others[n].Type == e.Type {
				next = n + 1
				break
			}
		}
		same := next > 0 && others[next-1].Type == e.Type && bytes.Equal(others[next-1].Data, e.Data)
		switch {
		case e.Type == iana.ExtPreSharedKey:
			last = &exts[i]
		case same && e.Type != iana.ExtServerName && e.Type != iana.ExtEncryptedClientHello:
			common = append(common, e)
		default:
			own = append(own, e)
		}
	}
	msg = openMessage(nil, iana.TypeClientHello)
	msg, at := appendHead(msg, &h, h.sessionID)
	encoded, eat := appendHead(nil, &h, nil)
	for _, e := range own {
		msg, encoded = appendExtension(msg, e), appendExtension(encoded, e)
	}
	if len(common) > 0 {
		encoded = append16(encoded, uint16(iana.ExtECHOuterExtensions))
		list := len(encoded)
		encoded = append(encoded, 0, 0, byte(2*len(common)))
		for _, e := range common {
			msg = appendExtension(msg, e)
			encoded = append16(encoded, uint16(e.Type))
		}
		encoded = close16(encoded, list)
	}
	if last != nil {
		msg, encoded = appendExtension(msg, *last), appendExtension(encoded, *last)
	}
	return closeMessage(close16(msg, at), 0), close16(encoded, eat)
}

// What is illegal in an EncodedClientHelloInner.
const (
	whatPadding    = "padding that is not zero"
	whatInnerID    = "a session ID inside"
	whatOuterTwice = "ech_outer_extensions twice"
	whatOuterList  = "a reference to an extension that is not there or out of order"
	whatOuterSelf  = "a reference to encrypted_client_hello"
	whatInnerSize  = "too long when it is put together"
)

// DecodeClientHelloInner makes the ClientHelloInner, with a header, from an
// EncodedClientHelloInner and the ClientHelloOuter it came in (RFC 9849, section
// 5.1). It takes time proportional to the length of both.
func DecodeClientHelloInner(encoded []byte, outer *ClientHello) ([]byte, error) {
	h, exts, err := splitHello(encoded)
	if err != nil {
		return nil, err
	}
	for _, b := range h.rest {
		if b != 0 {
			return nil, illegal(iana.TypeClientHello, whatPadding)
		}
	}
	if len(h.sessionID) != 0 {
		return nil, illegal(iana.TypeClientHello, whatInnerID)
	}
	msg := openMessage(make([]byte, 0, len(outer.Raw)+len(encoded)), iana.TypeClientHello)
	msg, at := appendHead(msg, &h, outer.SessionID)
	next, expanded := 0, false
	for _, e := range exts {
		if e.Type != iana.ExtECHOuterExtensions {
			msg = appendExtension(msg, e)
			continue
		}
		if expanded {
			return nil, illegal(iana.TypeClientHello, whatOuterTwice)
		}
		expanded = true
		r := reader{b: e.Data}
		list := r.sub8(2)
		if !r.done() || len(list.b)%2 != 0 {
			return nil, &Error{Malformed, iana.TypeClientHello, iana.ExtECHOuterExtensions, ""}
		}
		for list.more() {
			t := iana.ExtensionType(list.u16())
			if t == iana.ExtEncryptedClientHello || t == iana.ExtECHOuterExtensions {
				return nil, illegal(iana.TypeClientHello, whatOuterSelf)
			}
			// Each extension of the outer hello is passed once at most.
			for next < len(outer.Extensions) && outer.Extensions[next].Type != t {
				next++
			}
			if next == len(outer.Extensions) {
				return nil, illegal(iana.TypeClientHello, whatOuterList)
			}
			msg = appendExtension(msg, outer.Extensions[next])
			next++
		}
	}
	if len(msg)-at-2 > 1<<16-1 {
		return nil, illegal(iana.TypeClientHello, whatInnerSize)
	}
	return closeMessage(close16(msg, at), 0), nil
}
