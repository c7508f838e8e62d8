package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"patina/core/iana"
)

// TestRoundTrip: what is built is understood, and built again is the same.
func TestRoundTrip(t *testing.T) {
	for _, m := range messages() {
		got, err := m.again(m.sample)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if !bytes.Equal(got, m.sample) {
			t.Errorf("%s:\n got %x\nwant %x", m.name, got, m.sample)
		}
	}
}

// TestClientHelloFields: every exported field survives, and Set names them.
func TestClientHelloFields(t *testing.T) {
	want := fullClientHello()
	msg := AppendClientHello([]byte("before"), want)[len("before"):]
	var got ClientHello
	if err := ParseClientHello(&got, msg); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Raw, msg) || len(got.Extensions) != len(registry) {
		t.Errorf("Raw %d bytes, %d extensions", len(got.Raw), len(got.Extensions))
	}
	for i, x := range got.Extensions {
		if x.Type != registry[i].typ || !got.Has(x.Type) || !want.Has(x.Type) {
			t.Errorf("extension %d is %v", i, x.Type)
		}
	}
	want.Raw, want.Extensions = got.Raw, got.Extensions
	w, g := reflect.ValueOf(want).Elem(), reflect.ValueOf(&got).Elem()
	for i := 0; i < w.NumField(); i++ {
		f := w.Type().Field(i)
		if f.IsExported() && !reflect.DeepEqual(w.Field(i).Interface(), g.Field(i).Interface()) {
			t.Errorf("%s: got %v, want %v", f.Name, g.Field(i).Interface(), w.Field(i).Interface())
		}
	}
	if err := got.CheckTLS13(); err != nil {
		t.Error(err)
	}
}

// TestTruncated: no message may be cut short or carry more, whether its header
// tells so or not; every byte may be damaged without a panic.
func TestTruncated(t *testing.T) {
	for _, m := range messages() {
		for n := range m.sample {
			if _, err := m.again(m.sample[:n]); err == nil {
				t.Errorf("%s: accepted %d of %d bytes", m.name, n, len(m.sample))
			}
			if n < HeaderLen {
				continue
			}
			cut := bytes.Clone(m.sample[:n])
			setLen(cut)
			// Before there were extensions a hello ended here.
			bare := (m.name == "ClientHello" && n == 4+2+32+1+32+2+6+2) || ((m.name == "ServerHello12" || m.name == "ServerHello13") && n == 4+2+32+1+32+2+1)
			if got, err := m.again(cut); err == nil && !bare {
				t.Errorf("%s: accepted with the first %d bytes as %x", m.name, n, got)
			}
		}
		long := append(bytes.Clone(m.sample), 0)
		if _, err := m.again(long); err == nil {
			t.Errorf("%s: accepted a byte after the message", m.name)
		}
		setLen(long)
		if _, err := m.again(long); kindOf(err) != Malformed {
			t.Errorf("%s: trailing byte: %v", m.name, err)
		}
		other := bytes.Clone(m.sample)
		other[0] = 99
		if _, err := m.again(other); kindOf(err) != Unexpected {
			t.Errorf("%s: other type: %v", m.name, err)
		}
		for i := range m.sample {
			for _, x := range []byte{1, 0x80, 0xff} {
				damaged := bytes.Clone(m.sample)
				damaged[i] ^= x
				m.again(damaged)
			}
		}
	}
}

func setLen(msg []byte) { close24(msg, 1) }

func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 255
}

func ext(t iana.ExtensionType, data string) []byte {
	d, err := hex.DecodeString(data)
	if err != nil {
		panic(err)
	}
	return appendVec16(append16(nil, uint16(t)), d)
}

// hello is a minimal ClientHello or ServerHello with the given extensions.
func hello(t iana.HandshakeType, exts ...[]byte) []byte {
	b := openMessage(nil, t)
	b = append16(b, 0x0303)
	b = append(b, fill(32, 1)...)
	b = append(b, 0)
	if t == iana.TypeClientHello {
		b = append(b, 0, 2, 0x13, 0x01, 1, 0)
	} else {
		b = append(b, 0x13, 0x01, 0)
	}
	b = appendVec16(b, bytes.Join(exts, nil))
	return closeMessage(b, 0)
}

func block24(t iana.HandshakeType, prefix string, exts ...[]byte) []byte {
	p, _ := hex.DecodeString(prefix)
	b := append(openMessage(nil, t), p...)
	b = appendVec16(b, bytes.Join(exts, nil))
	return closeMessage(b, 0)
}

// TestExtensionErrors: each extension, malformed in each way it can be, with
// the error the message gets.
func TestExtensionErrors(t *testing.T) {
	ch := func(msg []byte) error { return ParseClientHello(new(ClientHello), msg) }
	sh := func(msg []byte) error { return ParseServerHello(new(ServerHello), msg, every) }
	ee := func(msg []byte) error { return ParseEncryptedExtensions(new(EncryptedExtensions), msg, every) }
	v13 := ext(iana.ExtSupportedVersions, "0304")
	binders := "0021" + "20" + hex.EncodeToString(fill(32, 0))
	for _, tt := range []struct {
		name  string
		parse func([]byte) error
		msg   []byte
		kind  Kind
		ext   iana.ExtensionType
	}{
		{"server_name empty", ch, hello(1, ext(0, "")), Malformed, 0},
		{"server_name empty list", ch, hello(1, ext(0, "0000")), Malformed, 0},
		{"server_name empty name", ch, hello(1, ext(0, "0003000000")), Malformed, 0},
		{"server_name other type", ch, hello(1, ext(0, "000401000161")), Malformed, 0},
		{"server_name two names", ch, hello(1, ext(0, "0008000001610000"+"0161")), Malformed, 0},
		{"server_name trailing", ch, hello(1, ext(0, "00040000016100")), Malformed, 0},
		{"server_name NUL", ch, hello(1, ext(0, "0005000002"+"6100")), BadName, 0},
		{"server_name too long", ch, hello(1, ext(0, "0103000100"+hex.EncodeToString(fill(256, 'a')))), BadName, 0},
		{"server_name twice", ch, hello(1, ext(0, "000400000161"), ext(0, "000400000161")), Illegal, 0},
		{"unknown twice", ch, hello(1, ext(0x1234, ""), ext(0x1234, "")), Illegal, 0x1234},
		{"extension cut", ch, hello(1, []byte{0, 0, 0}), Malformed, NoExtension},
		{"extension longer than block", ch, hello(1, []byte{0, 0, 0, 9, 0}), Malformed, NoExtension},
		{"max_fragment_length 0", ch, hello(1, ext(1, "00")), Illegal, 1},
		{"max_fragment_length 5", ch, hello(1, ext(1, "05")), Illegal, 1},
		{"max_fragment_length empty", ch, hello(1, ext(1, "")), Malformed, 1},
		{"status_request empty", ch, hello(1, ext(5, "")), Malformed, 5},
		{"status_request empty id", ch, hello(1, ext(5, "0100020000"+"0000")), Malformed, 5},
		{"supported_groups none", ch, hello(1, ext(10, "0000")), Malformed, 10},
		{"supported_groups odd", ch, hello(1, ext(10, "0003001d00")), Malformed, 10},
		{"ec_point_formats none", ch, hello(1, ext(11, "00")), Malformed, 11},
		{"signature_algorithms none", ch, hello(1, ext(13, "0000")), Malformed, 13},
		{"signature_algorithms odd", ch, hello(1, ext(13, "0003080400")), Malformed, 13},
		{"ALPN none", ch, hello(1, ext(16, "0000")), Malformed, 16},
		{"ALPN empty name", ch, hello(1, ext(16, "0004026832"+"00")), Malformed, 16},
		{"ALPN cut", ch, hello(1, ext(16, "0003056832")), Malformed, 16},
		{"extended_master_secret with data", ch, hello(1, ext(23, "00")), Malformed, 23},
		{"pre_shared_key not last", ch, hello(1, ext(41, "0007"+"000161"+"00000000"+binders), ext(23, "")), Illegal, 41},
		{"pre_shared_key no identity", ch, hello(1, ext(41, "0000"+binders)), Malformed, 41},
		{"pre_shared_key empty identity", ch, hello(1, ext(41, "000c"+"0000"+"00000000"+"0000"+"00000000"+binders)), Malformed, 41},
		{"pre_shared_key short binder", ch, hello(1, ext(41, "0007"+"000161"+"00000000"+"0020"+"1f"+hex.EncodeToString(fill(31, 0)))), Malformed, 41},
		{"pre_shared_key more identities", ch, hello(1, ext(41, "000e"+"000161"+"00000000"+"000162"+"00000000"+binders)), Illegal, 41},
		{"early_data with data", ch, hello(1, ext(42, "00")), Malformed, 42},
		{"supported_versions none", ch, hello(1, ext(43, "00")), Malformed, 43},
		{"supported_versions odd", ch, hello(1, ext(43, "03030403")), Malformed, 43},
		{"cookie empty", ch, hello(1, ext(44, "0000")), Malformed, 44},
		{"psk modes none", ch, hello(1, ext(45, "00")), Malformed, 45},
		{"certificate_authorities none", ch, hello(1, ext(47, "0000")), Malformed, 47},
		{"certificate_authorities empty name", ch, hello(1, ext(47, "00050000000130")), Malformed, 47},
		{"key_share empty key", ch, hello(1, ext(51, "0004001d0000")), Malformed, 51},
		{"key_share cut", ch, hello(1, ext(51, "0003001d00")), Malformed, 51},
		{"key_share group twice", ch, hello(1, ext(51, "000a001d000161001d000162")), Illegal, 51},
		{"renegotiation_info empty", ch, hello(1, ext(0xff01, "")), Malformed, 0xff01},

		{"ServerHello unknown", sh, hello(2, ext(0x1234, "")), Unsolicited, 0x1234},
		{"ServerHello13 ALPN", sh, hello(2, v13, ext(16, "0003026832")), Illegal, 16},
		{"ServerHello12 key_share", sh, hello(2, ext(51, "001d000161")), Illegal, 51},
		{"ServerHello versions twice", sh, hello(2, v13, v13), Illegal, 43},
		{"ServerHello versions long", sh, hello(2, ext(43, "030400")), Malformed, 43},
		{"ServerHello13 cookie", sh, hello(2, v13, ext(44, "000161")), Illegal, 44},
		{"ServerHello server_name with data", sh, hello(2, ext(0, "00")), Malformed, 0},
		{"ServerHello ALPN two", sh, hello(2, ext(16, "0006026832026833")), Malformed, 16},
		{"ServerHello ticket with data", sh, hello(2, ext(35, "00")), Malformed, 35},
		{"EncryptedExtensions key_share", ee, block24(8, "", ext(51, "001d000161")), Illegal, 51},
		{"EncryptedExtensions unknown", ee, block24(8, "", ext(0x1234, "")), Unsolicited, 0x1234},
		{"EncryptedExtensions twice", ee, block24(8, "", ext(0, ""), ext(0, "")), Illegal, 0},
		{"EncryptedExtensions ALPN empty", ee, block24(8, "", ext(16, "000100")), Malformed, 16},
	} {
		err := tt.parse(tt.msg)
		var e *Error
		if !errors.As(err, &e) || e.Kind != tt.kind || e.Extension != tt.ext || e.Message != iana.HandshakeType(tt.msg[0]) {
			t.Errorf("%s: got %v, want %v, extension %v", tt.name, err, tt.kind, tt.ext)
		}
	}
}

// TestMessageErrors: what is wrong outside extensions.
func TestMessageErrors(t *testing.T) {
	msg := func(typ iana.HandshakeType, data string) []byte {
		d, err := hex.DecodeString(data)
		if err != nil {
			panic(err)
		}
		return closeMessage(append(openMessage(nil, typ), d...), 0)
	}
	random := hex.EncodeToString(fill(32, 1))
	ch := func(m []byte) error { return ParseClientHello(new(ClientHello), m) }
	for _, tt := range []struct {
		name string
		kind Kind
		err  error
	}{
		{"session id too long", Malformed, ch(msg(1, "0303"+random+"21"+hex.EncodeToString(fill(33, 0))+"000213010100"))},
		{"no suites", Malformed, ch(msg(1, "0303"+random+"00"+"0000"+"0100"))},
		{"odd suites", Malformed, ch(msg(1, "0303"+random+"00"+"0003130100"+"0100"))},
		{"no compression", Malformed, ch(msg(1, "0303"+random+"00"+"00021301"+"00"))},
		{"server session id too long", Malformed, ParseServerHello(new(ServerHello), msg(2, "0303"+random+"21"+hex.EncodeToString(fill(33, 0))+"130100"), every)},
		{"empty certificate", Malformed, ParseCertificate12(new(Certificate), msg(11, "000003000000"))},
		{"certificate over the list", Malformed, ParseCertificate12(new(Certificate), msg(11, "00000400000230"))},
		{"empty certificate 1.3", Malformed, ParseCertificate13(new(Certificate), msg(11, "00"+"000005"+"000000"+"0000"), every)},
		{"staple not asked for", Unsolicited, ParseCertificate13(new(Certificate), AppendCertificate13(nil, nil, [][]byte{{1}}, []byte{1}), 0)},
		{"key update 2", Illegal, errOf(ParseKeyUpdate(msg(24, "02")))},
		{"curve type", Illegal, ParseServerKeyExchange(new(ServerKeyExchange), msg(12, "01"+"001d"+"0161"+"08070000"))},
		{"empty point", Malformed, ParseServerKeyExchange(new(ServerKeyExchange), msg(12, "03"+"001d"+"00"+"08070000"))},
		{"empty client point", Malformed, errOf(ParseClientKeyExchange(msg(16, "00")))},
		{"curve type with a hint", Illegal, ParseServerKeyExchangePSK(new(ServerKeyExchangePSK), msg(12, "0000"+"01"+"001d"+"0161"))},
		{"a hint that is too short", Malformed, ParseServerKeyExchangePSK(new(ServerKeyExchangePSK), msg(12, "0002"+"61"))},
		{"a signature with a PSK", Malformed, ParseServerKeyExchangePSK(new(ServerKeyExchangePSK), msg(12, "0000"+"03"+"001d"+"0161"+"08070000"))},
		{"status type", Illegal, errOf(ParseCertificateStatus(msg(22, "0200000161")))},
		{"request without types", Malformed, ParseCertificateRequest12(new(CertificateRequest), msg(13, "00"+"00020403"+"0000"))},
		{"request without schemes", Malformed, ParseCertificateRequest12(new(CertificateRequest), msg(13, "0101"+"0000"+"0000"))},
		{"request 1.3 without signature_algorithms", Missing, ParseCertificateRequest13(new(CertificateRequest), block24(13, "00", ext(47, "0003000130")))},
		{"request 1.3 empty", Malformed, ParseCertificateRequest13(new(CertificateRequest), block24(13, "00"))},
		{"ticket 1.3 empty", Malformed, ParseNewSessionTicket13(new(NewSessionTicket), msg(4, "00000001"+"00000001"+"00"+"0000"+"0000"))},
		{"finished short", Malformed, errOf(ParseFinished(AppendFinished(nil, fill(11, 0)), 12))},
		{"finished long", Malformed, errOf(ParseFinished(AppendFinished(nil, fill(13, 0)), 12))},
		{"done with content", Malformed, ParseEmpty(msg(14, "00"), iana.TypeServerHelloDone)},
		{"retry without version", Missing, ParseServerHello(new(ServerHello), msg(2, "0303"+hex.EncodeToString(RetryRandom())+"00"+"1301"+"00"), every)},
		{"not offered", Unsolicited, ParseServerHello(new(ServerHello), hello(2, ext(23, "")), every&^(1<<23))},
	} {
		if kindOf(tt.err) != tt.kind {
			t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.kind)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestTolerated: what an implementation must ignore (RFC 8446, sections 4.2
// and 4.6.1; RFC 8701).
func TestTolerated(t *testing.T) {
	var ch ClientHello
	if err := ParseClientHello(&ch, hello(1, ext(0x0a0a, ""), ext(0xfafa, "00"), ext(iana.ExtHeartbeat, "01"), ext(5, "0201"))); err != nil {
		t.Error(err)
	}
	if ch.StatusRequest || len(ch.Extensions) != 4 {
		t.Errorf("status_request %v, %d extensions", ch.StatusRequest, len(ch.Extensions))
	}
	if err := ParseNewSessionTicket13(new(NewSessionTicket), block24(4, "00000001"+"00000001"+"00"+"000161", ext(0x1a1a, "61"))); err != nil {
		t.Error(err)
	}
	if err := ParseCertificateRequest13(new(CertificateRequest), block24(13, "00", ext(13, "00020403"), ext(0x1a1a, ""), ext(18, ""))); err != nil {
		t.Error(err)
	}
	// Unknown extensions by the hundred: all seen, no duplicate missed.
	var many [][]byte
	for i := 0; i < 256; i++ {
		many = append(many, ext(iana.ExtensionType(0x2000+i), ""))
	}
	if err := ParseClientHello(&ch, hello(1, many...)); err != nil || len(ch.Extensions) != 256 {
		t.Errorf("%d extensions, %v", len(ch.Extensions), err)
	}
	if err := ParseClientHello(&ch, hello(1, append(many[:255:255], many[3])...)); kindOf(err) != Illegal {
		t.Errorf("duplicate among many: %v", err)
	}
	if err := ParseClientHello(&ch, hello(1, append(many, ext(0x3000, ""))...)); kindOf(err) != Malformed {
		t.Errorf("one more: %v", err)
	}
}

// TestCheckTLS13: what RFC 8446, section 9.2, demands of a ClientHello.
func TestCheckTLS13(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(m *ClientHello)
		miss   iana.ExtensionType
	}{
		{"supported_versions", func(m *ClientHello) { m.SupportedVersions = nil }, iana.ExtSupportedVersions},
		{"groups", func(m *ClientHello) { m.Groups = nil }, iana.ExtSupportedGroups},
		{"key_share", func(m *ClientHello) { m.OffersKeyShares = false }, iana.ExtKeyShare},
		{"signature_algorithms", func(m *ClientHello) { m.SignatureSchemes, m.Identities = nil, nil }, iana.ExtSignatureAlgorithms},
		{"signature_algorithms with psk", func(m *ClientHello) { m.SignatureSchemes = nil }, NoExtension},
		{"modes with psk", func(m *ClientHello) { m.PSKModes = nil }, iana.ExtPSKKeyExchangeModes},
		{"modes without psk", func(m *ClientHello) { m.PSKModes, m.Identities = nil, nil }, NoExtension},
	} {
		m := fullClientHello()
		tt.change(m)
		var got ClientHello
		if err := ParseClientHello(&got, AppendClientHello(nil, m)); err != nil {
			t.Fatal(err)
		}
		err := got.CheckTLS13()
		var e *Error
		switch {
		case tt.miss == NoExtension && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.miss != NoExtension && (!errors.As(err, &e) || e.Kind != Missing || e.Extension != tt.miss):
			t.Errorf("%s: got %v, want %v missing", tt.name, err, tt.miss)
		}
	}
}

// TestBinders: the binders are the end of the message, and only they change.
func TestBinders(t *testing.T) {
	m := fullClientHello()
	msg := AppendClientHello(nil, m)
	covered := bytes.Clone(msg[:len(msg)-m.BindersLen()])
	m.Binders = [][]byte{fill(32, 0xaa), fill(48, 0xbb)}
	m.PatchBinders(msg)
	var got ClientHello
	if err := ParseClientHello(&got, msg); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Binders, m.Binders) || !bytes.HasPrefix(msg, covered) {
		t.Errorf("binders %x", got.Binders)
	}
	if n := binary.BigEndian.Uint16(msg[len(covered):]); int(n) != got.BindersLen()-2 {
		t.Errorf("the binders' list is %d bytes", n)
	}
}

// TestTooLong: a vector that does not fit its prefix is not encoded as another.
func TestTooLong(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("encoded")
		}
	}()
	AppendNewSessionTicket12(nil, 1, make([]byte, 1<<16))
}

// TestParseAllocs: a ClientHello of the usual form costs the strings in it.
func TestParseAllocs(t *testing.T) {
	msg := AppendClientHello(nil, fullClientHello())
	m := new(ClientHello)
	// The name, the protocols and their list, signature_algorithms_cert, the two
	// authorities' list in two steps, and the reader of the extensions.
	const want = 3 + 1 + 2 + 1
	if n := testing.AllocsPerRun(100, func() {
		if err := ParseClientHello(m, msg); err != nil {
			t.Fatal(err)
		}
	}); n > want {
		t.Errorf("%v allocations, want at most %d", n, want)
	}
}

// TestErrorText: an Error names the message, the extension and the rule.
func TestErrorText(t *testing.T) {
	for want, err := range map[string]error{
		"tls: malformed finished":                                               errOf(ParseFinished(AppendFinished(nil, fill(11, 0)), 12)),
		"tls: illegal client_hello, extension server_name: duplicate":           ParseClientHello(new(ClientHello), hello(1, ext(0, "000400000161"), ext(0, "000400000161"))),
		"tls: unexpected client_hello: instead of server_hello":                 ParseServerHello(new(ServerHello), hello(1), every),
		"tls: missing server_hello, extension supported_versions":               ParseServerHello(new(ServerHello), hello2retry(), every),
		"tls: unsolicited server_hello, extension extended_master_secret":       ParseServerHello(new(ServerHello), hello(2, ext(23, "")), 0),
		"tls: bad name in client_hello, extension server_name: host name":       ParseClientHello(new(ClientHello), hello(1, ext(0, "00050000026100"))),
		"tls: illegal client_hello, extension ExtensionType(0x1234): duplicate": ParseClientHello(new(ClientHello), hello(1, ext(0x1234, ""), ext(0x1234, ""))),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// hello2retry is a HelloRetryRequest that does not say its version.
func hello2retry() []byte {
	m := hello(2)
	copy(m[6:], RetryRandom())
	return m
}
