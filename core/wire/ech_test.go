package wire

import (
	"bytes"
	"errors"
	"testing"

	"patina/core/iana"
)

// innerAndOuter are two hellos of one client.
func innerAndOuter() (inner *ClientHello, outer []byte) {
	inner = fullClientHello()
	inner.SupportedVersions = []iana.ProtocolVersion{iana.VersionTLS13}
	inner.ECH = AppendECH(nil, &ECHClientHello{Inner: true})
	inner.Random = fill(32, 0x55)
	o := fullClientHello()
	o.ServerName = "public.example"
	o.Binders = [][]byte{fill(32, 0x66), fill(48, 0x77)}
	return inner, AppendClientHello(nil, o)
}

// TestInner: what one side puts together the other takes apart to the same, and
// what both hellos have is not sent twice.
func TestInner(t *testing.T) {
	inner, outer := innerAndOuter()
	msg, encoded := AppendClientHelloInner(inner, outer)
	var o, got ClientHello
	if err := ParseClientHello(&o, outer); err != nil {
		t.Fatal(err)
	}
	for _, padding := range []int{0, 1, 31} {
		back, err := DecodeClientHelloInner(append(bytes.Clone(encoded), make([]byte, padding)...), &o)
		if err != nil || !bytes.Equal(back, msg) {
			t.Errorf("padding %d: %v\n%x\n%x", padding, err, back, msg)
		}
	}
	if err := ParseClientHello(&got, msg); err != nil {
		t.Fatal(err)
	}
	if got.ServerName != inner.ServerName || !bytes.Equal(got.SessionID, o.SessionID) || len(got.Extensions) != len(registry) || got.Set != inner.Set ||
		len(got.Binders) != 2 || !bytes.Equal(got.Binders[0], inner.Binders[0]) || !bytes.Equal(got.ECH, inner.ECH) {
		t.Errorf("%+v", got)
	}
	if bytes.Contains(encoded, inner.KeyShares[1].Data) || !bytes.Contains(encoded, []byte("example.org")) || !bytes.HasSuffix(encoded, inner.Binders[1]) {
		t.Errorf("%x", encoded)
	}
	// Nothing in common, nothing referred to.
	bare := &ClientHello{LegacyVersion: iana.VersionTLS12, Random: fill(32, 1), CipherSuites: inner.CipherSuites, CompressionMethods: []byte{0}}
	msg, encoded = AppendClientHelloInner(inner, AppendClientHello(nil, bare))
	if err := ParseClientHello(&o, AppendClientHello(nil, bare)); err != nil {
		t.Fatal(err)
	}
	if back, err := DecodeClientHelloInner(encoded, &o); err != nil || len(back) != len(msg)-len(inner.SessionID) {
		t.Errorf("%v: %d bytes of %d", err, len(back), len(msg))
	}
}

// encodedInner is an EncodedClientHelloInner with these extensions, and a tail.
func encodedInner(sessionID []byte, tail []byte, exts ...Extension) []byte {
	b := append16(nil, 0x0303)
	b = appendVec8(append(b, fill(32, 1)...), sessionID)
	b = appendVec8(append(b, 0, 2, 0x13, 1), []byte{0})
	at := len(b)
	b = open16(b)
	for _, e := range exts {
		b = appendExtension(b, e)
	}
	return append(close16(b, at), tail...)
}

// TestIllegalInner: each way an encoded inner hello can be wrong (RFC 9849,
// section 5.1).
func TestIllegalInner(t *testing.T) {
	_, raw := innerAndOuter()
	var outer ClientHello
	if err := ParseClientHello(&outer, raw); err != nil {
		t.Fatal(err)
	}
	refer := func(types ...iana.ExtensionType) Extension {
		b := []byte{byte(2 * len(types))}
		for _, x := range types {
			b = append16(b, uint16(x))
		}
		return Extension{iana.ExtECHOuterExtensions, b}
	}
	long := Extension{0x1234, make([]byte, 65000)}
	share := Extension{iana.ExtKeyShare, nil}
	big := outer
	big.Extensions = []Extension{{iana.ExtKeyShare, make([]byte, 2000)}}
	for _, tt := range []struct {
		name  string
		kind  Kind
		outer *ClientHello
		b     []byte
	}{
		{"good", 255, &outer, encodedInner(nil, nil, refer(iana.ExtSupportedGroups, iana.ExtKeyShare))},
		{"nothing", Malformed, &outer, nil},
		{"cut short", Malformed, &outer, encodedInner(nil, nil, share)[:46]},
		{"padding", Illegal, &outer, encodedInner(nil, []byte{0, 0, 1, 0})},
		{"session ID", Illegal, &outer, encodedInner([]byte{1}, nil)},
		{"missing", Illegal, &outer, encodedInner(nil, nil, refer(0x7777))},
		{"twice", Illegal, &outer, encodedInner(nil, nil, refer(iana.ExtKeyShare, iana.ExtKeyShare))},
		{"order", Illegal, &outer, encodedInner(nil, nil, refer(iana.ExtKeyShare, iana.ExtSupportedGroups))},
		{"itself", Illegal, &outer, encodedInner(nil, nil, refer(iana.ExtEncryptedClientHello))},
		{"the list", Illegal, &outer, encodedInner(nil, nil, refer(iana.ExtECHOuterExtensions))},
		{"two lists", Illegal, &outer, encodedInner(nil, nil, refer(iana.ExtKeyShare), refer(iana.ExtCookie))},
		{"empty list", Malformed, &outer, encodedInner(nil, nil, refer())},
		{"odd list", Malformed, &outer, encodedInner(nil, nil, Extension{iana.ExtECHOuterExtensions, []byte{3, 0, 51, 0}})},
		{"after the list", Malformed, &outer, encodedInner(nil, nil, Extension{iana.ExtECHOuterExtensions, []byte{2, 0, 51, 0}})},
		{"too long", Illegal, &big, encodedInner(nil, nil, long, refer(iana.ExtKeyShare))},
	} {
		_, err := DecodeClientHelloInner(tt.b, tt.outer)
		var e *Error
		if tt.kind == 255 {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		} else if !errors.As(err, &e) || e.Kind != tt.kind {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestECH: the extension's forms, and what is authenticated with the payload.
func TestECH(t *testing.T) {
	for _, x := range []ECHClientHello{{Inner: true}, {KDF: 1, AEAD: 2, ConfigID: 3, Enc: []byte{}, Payload: []byte{4}}} {
		var got ECHClientHello
		if err := ParseECH(&got, AppendECH(nil, &x)); err != nil || got.Inner != x.Inner || got.ConfigID != x.ConfigID || !bytes.Equal(got.Payload, x.Payload) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, tt := range []struct {
		kind Kind
		data []byte
	}{{Malformed, nil}, {Illegal, []byte{2}}, {Malformed, []byte{1, 0}}, {Malformed, []byte{0, 0, 1, 0, 1, 9, 0, 0, 0, 0}},
		{Malformed, []byte{0, 0, 1, 0, 1, 9, 0, 0, 0, 1, 5, 6}}, {Malformed, []byte{0, 0, 1}}} {
		var e *Error
		if err := ParseECH(new(ECHClientHello), tt.data); !errors.As(err, &e) || e.Kind != tt.kind {
			t.Errorf("%x: %v", tt.data, err)
		}
	}
	m := fullClientHello()
	msg := AppendClientHello(nil, m)
	aad, payload := ECHOuterAAD(msg)
	if len(payload) != 20 || !bytes.Equal(payload, make([]byte, 20)) || len(aad) != len(msg)-HeaderLen {
		t.Fatalf("payload %x of %d", payload, len(aad))
	}
	copy(payload, fill(20, 9))
	if !bytes.Equal(aad, msg[HeaderLen:]) {
		t.Error("more than the payload has changed")
	}
	PatchECH(msg, fill(20, 0x44))
	if !bytes.Contains(msg, fill(20, 0x44)) || bytes.Contains(msg, fill(20, 9)) {
		t.Errorf("%x", msg)
	}
	m.ECH = nil
	if aad, payload := ECHOuterAAD(AppendClientHello(nil, m)); aad != nil || payload != nil {
		t.Error("a payload out of nothing")
	}
}

// FuzzECHInner: no panic, and what comes out is one message of its length.
func FuzzECHInner(f *testing.F) {
	inner, raw := innerAndOuter()
	_, encoded := AppendClientHelloInner(inner, raw)
	f.Add(encoded)
	f.Add(append(encoded, 0, 0))
	for i := 0; i < len(encoded); i += 5 {
		f.Add(encoded[:i])
	}
	f.Add(encodedInner(nil, nil, Extension{iana.ExtECHOuterExtensions, []byte{4, 0, 51, 0, 51}}))
	var outer ClientHello
	if err := ParseClientHello(&outer, raw); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		msg, err := DecodeClientHelloInner(b, &outer)
		if err != nil {
			return
		}
		if n := int(msg[1])<<16 | int(msg[2])<<8 | int(msg[3]); n != len(msg)-HeaderLen {
			t.Fatalf("%d of %d bytes", n, len(msg))
		}
		ParseClientHello(new(ClientHello), msg)
	})
}

// FuzzECH: what is understood is built again the same.
func FuzzECH(f *testing.F) {
	f.Add([]byte{1})
	f.Add(fullClientHello().ECH)
	f.Fuzz(func(t *testing.T, b []byte) {
		var x ECHClientHello
		if ParseECH(&x, b) == nil && !bytes.Equal(AppendECH(nil, &x), b) {
			t.Fatalf("%x: %+v", b, x)
		}
	})
}
