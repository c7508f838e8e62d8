package record

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"patina/core/iana"
)

func gcm(t testing.TB, key byte) cipher.AEAD {
	block, err := aes.NewCipher(bytes.Repeat([]byte{key}, 16))
	if err != nil {
		t.Fatal(err)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func chacha(t testing.TB) cipher.AEAD {
	a, err := chacha20poly1305.New(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// protections are the forms of protection there are.
func protections(t testing.TB) map[string]Protection {
	iv := []byte("twelve bytes")
	return map[string]Protection{
		"1.2 GCM":    {AEAD: gcm(t, 1), IV: iv[:4]},
		"1.2 ChaCha": {AEAD: chacha(t), IV: iv},
		"1.3 GCM":    {AEAD: gcm(t, 2), IV: iv, TLS13: true},
		"1.3 ChaCha": {AEAD: chacha(t), IV: iv, TLS13: true},
	}
}

func versionOf(p Protection) iana.ProtocolVersion {
	if p.TLS13 {
		return iana.VersionTLS13
	}
	return iana.VersionTLS12
}

func pair(p Protection) (*Sealer, *Opener) {
	s, o := new(Sealer), new(Opener)
	o.Version = versionOf(p)
	if p.AEAD != nil {
		s.Protect(p)
		o.Protect(p)
	}
	return s, o
}

func mustSeal(t testing.TB, s *Sealer, typ iana.ContentType, content []byte) []byte {
	t.Helper()
	b, err := s.Seal(make([]byte, 0, s.Overhead()+len(content)), typ, content)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != s.Overhead()+len(content) {
		t.Fatalf("%d bytes for %d", len(b), len(content))
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	all := protections(t)
	all["none"] = Protection{}
	for name, p := range all {
		s, o := pair(p)
		for _, n := range []int{1, 2, 100, 512, MaxPlaintext - 1, MaxPlaintext} {
			content := bytes.Repeat([]byte{byte(n)}, n)
			typ := iana.ContentHandshake
			if p.AEAD != nil {
				typ = iana.ContentApplicationData
			}
			b := append(mustSeal(t, s, typ, content), 1, 2, 3)
			for i := 0; i < len(b)-3; i += max(1, n/7) {
				r := o.Open(bytes.Clone(b[:i]))
				want := HeaderLen
				if i >= HeaderLen {
					want = len(b) - 3
				}
				if r.Outcome != More || r.Consumed != 0 || r.Need != want {
					t.Fatalf("%s: %d of %d bytes: %+v", name, i, len(b), r)
				}
			}
			r := o.Open(b)
			if r.Outcome != Success || r.Type != typ || !bytes.Equal(r.Content, content) || r.Consumed != len(b)-3 {
				t.Fatalf("%s, %d: %v %v, %d consumed of %d, %v", name, n, r.Outcome, r.Type, r.Consumed, len(b), r.Err)
			}
			if p.AEAD != nil && &r.Content[0] != &b[HeaderLen+o.explicit] {
				t.Errorf("%s: not opened in place", name)
			}
		}
		if p.AEAD != nil && (s.Sequence() != 6 || o.Sequence() != 6) {
			t.Errorf("%s: sequence %d, %d", name, s.Sequence(), o.Sequence())
		}
	}
}

// TestWire checks the bytes of protected records against the RFCs' formulas,
// computed anew here.
func TestWire(t *testing.T) {
	p := protections(t)["1.2 GCM"]
	s, _ := pair(p)
	mustSeal(t, s, iana.ContentApplicationData, []byte("first"))
	got := mustSeal(t, s, iana.ContentApplicationData, []byte("second"))
	want := []byte{23, 3, 3, 0, 8 + 6 + 16, 0, 0, 0, 0, 0, 0, 0, 1}
	want = p.AEAD.Seal(want, append(bytes.Clone(p.IV), 0, 0, 0, 0, 0, 0, 0, 1), []byte("second"),
		[]byte{0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3, 0, 6})
	if !bytes.Equal(got, want) {
		t.Errorf("RFC 5288: %x, want %x", got, want)
	}

	p = protections(t)["1.2 ChaCha"]
	s, _ = pair(p)
	mustSeal(t, s, iana.ContentAlert, []byte("ab"))
	got = mustSeal(t, s, iana.ContentHandshake, []byte("second"))
	nonce := bytes.Clone(p.IV)
	nonce[11] ^= 1
	want = p.AEAD.Seal([]byte{22, 3, 3, 0, 6 + 16}, nonce, []byte("second"), []byte{0, 0, 0, 0, 0, 0, 0, 1, 22, 3, 3, 0, 6})
	if !bytes.Equal(got, want) {
		t.Errorf("RFC 7905: %x, want %x", got, want)
	}

	p = protections(t)["1.3 GCM"]
	s, _ = pair(p)
	mustSeal(t, s, iana.ContentHandshake, []byte("first"))
	got = mustSeal(t, s, iana.ContentHandshake, []byte("second"))
	header := []byte{23, 3, 3, 0, 6 + 1 + 16}
	want = p.AEAD.Seal(bytes.Clone(header), nonce, []byte("second\x16"), header)
	if !bytes.Equal(got, want) {
		t.Errorf("RFC 8446: %x, want %x", got, want)
	}
}

// raw makes an unprotected record.
func raw(typ byte, version uint16, content ...byte) []byte {
	b := []byte{typ, byte(version >> 8), byte(version), 0, 0}
	binary.BigEndian.PutUint16(b[3:], uint16(len(content)))
	return append(b, content...)
}

func TestOutcomes(t *testing.T) {
	big := make([]byte, MaxPlaintext+1)
	cases := []struct {
		name string
		o    Opener
		in   []byte
		want Record
	}{
		{"nothing", Opener{}, nil, Record{Outcome: More, Need: 5}},
		{"http", Opener{}, []byte("GET / HTTP/1.1"), Record{Outcome: Failed, Err: ErrHTTP}},
		{"http post", Opener{}, []byte("POST /"), Record{Outcome: Failed, Err: ErrHTTP}},
		{"http head", Opener{}, []byte("HEAD /"), Record{Outcome: Failed, Err: ErrHTTP}},
		{"http put", Opener{}, []byte("PUT /x"), Record{Outcome: Failed, Err: ErrHTTP}},
		{"proxy", Opener{}, []byte("CONNECT a"), Record{Outcome: Failed, Err: ErrHTTPProxy}},
		{"sslv2", Opener{}, []byte{0x80, 0x2e, 1, 0, 2, 0}, Record{Outcome: Failed, Err: ErrSSLv2}},
		{"ssh", Opener{}, []byte("SSH-2.0-x"), Record{Outcome: Failed, Err: ErrNotTLS}},
		{"http later", Opener{begun: true}, []byte("GET / HTTP/1.1"), Record{Outcome: Failed, Err: ErrVersion, Consumed: 5}},
		{"first version", Opener{}, raw(22, 0x0400, 1), Record{Outcome: Failed, Err: ErrNotTLS}},
		{"old version before any is agreed", Opener{}, raw(22, 0x0301, 1), Record{Outcome: Success, Type: 22, Content: []byte{1}, Consumed: 6}},
		{"wrong version", Opener{Version: iana.VersionTLS12, begun: true}, raw(22, 0x0302, 1), Record{Outcome: Failed, Err: ErrVersion, Consumed: 5}},
		{"heartbeat", Opener{begun: true}, raw(24, 0x0303, 1), Record{Outcome: Failed, Err: ErrType, Consumed: 5}},
		{"too long", Opener{}, raw(22, 0x0303, big...), Record{Outcome: Failed, Err: ErrContent, Consumed: 5}},
		{"longer than agreed", Opener{MaxContent: 2}, raw(22, 0x0303, 1, 2, 3), Record{Outcome: Failed, Err: ErrContent, Consumed: 8}},
		{"empty", Opener{}, raw(22, 0x0303), Record{Outcome: Empty, Type: 22, Consumed: 5}},
		{"close_notify", Opener{}, raw(21, 0x0303, 1, 0), Record{Outcome: Closed, Type: 21, Content: []byte{1, 0}, Consumed: 7}},
		{"close_notify, fatal", Opener{}, raw(21, 0x0303, 2, 0), Record{Outcome: PeerFailed, Type: 21, Content: []byte{2, 0}, Consumed: 7}},
		{"close_notify, fatal in 1.3", Opener{Version: iana.VersionTLS13}, raw(21, 0x0303, 2, 0), Record{Outcome: Closed, Type: 21, Content: []byte{2, 0}, Consumed: 7}},
		{"empty alert", Opener{}, raw(21, 0x0303), Record{Outcome: Failed, Err: ErrAlert, Consumed: 5}},
		{"warning", Opener{}, raw(21, 0x0303, 1, 112), Record{Outcome: Warning, Type: 21, Content: []byte{1, 112}, Alert: 112, Consumed: 7}},
		{"warning in 1.3", Opener{Version: iana.VersionTLS13}, raw(21, 0x0303, 1, 112), Record{Outcome: PeerFailed, Type: 21, Content: []byte{1, 112}, Alert: 112, Consumed: 7}},
		{"user_canceled in 1.3", Opener{Version: iana.VersionTLS13}, raw(21, 0x0303, 1, 90), Record{Outcome: Warning, Type: 21, Content: []byte{1, 90}, Alert: 90, Consumed: 7}},
		{"fatal", Opener{}, raw(21, 0x0303, 2, 40), Record{Outcome: PeerFailed, Type: 21, Content: []byte{2, 40}, Alert: 40, Consumed: 7}},
		{"alert of no level", Opener{}, raw(21, 0x0303, 3, 40), Record{Outcome: Failed, Err: ErrAlertLevel, Consumed: 7}},
		{"alert too short", Opener{}, raw(21, 0x0303, 2), Record{Outcome: Failed, Err: ErrAlert, Consumed: 6}},
		{"two alerts", Opener{}, raw(21, 0x0303, 1, 0, 1, 0), Record{Outcome: Failed, Err: ErrAlert, Consumed: 9}},
		{"ccs", Opener{}, raw(20, 0x0303, 1), Record{Outcome: Success, Type: 20, Content: []byte{1}, Consumed: 6}},
		{"bad ccs", Opener{}, raw(20, 0x0303, 2), Record{Outcome: Failed, Err: ErrCCS, Consumed: 6}},
		{"long ccs", Opener{}, raw(20, 0x0303, 1, 1), Record{Outcome: Failed, Err: ErrCCS, Consumed: 7}},
		{"dropped ccs", Opener{DropCCS: true}, raw(20, 0x0303, 1), Record{Outcome: Discard, Type: 20, Content: []byte{1}, Consumed: 6}},
		{"bad dropped ccs", Opener{DropCCS: true}, raw(20, 0x0303, 0), Record{Outcome: Failed, Err: ErrCCS, Consumed: 6}},
		{"early data before keys", Opener{SkipEarly: 100}, raw(23, 0x0303, 1, 2), Record{Outcome: Discard, Type: 23, Consumed: 7}},
		{"too much early data", Opener{SkipEarly: 6}, raw(23, 0x0303, 1, 2), Record{Outcome: Failed, Err: ErrEarly, Consumed: 7}},
	}
	for _, c := range cases {
		got := c.o.Open(bytes.Clone(c.in))
		if got.Outcome != c.want.Outcome || got.Type != c.want.Type || !bytes.Equal(got.Content, c.want.Content) ||
			got.Consumed != c.want.Consumed || got.Need != c.want.Need || got.Alert != c.want.Alert || got.Err != c.want.Err {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestMaxInner: the limit is of the plaintext, in TLS 1.3 with content type and
// padding, and of protected records only.
func TestMaxInner(t *testing.T) {
	const limit = 64
	for name, p := range protections(t) {
		most := limit
		if p.TLS13 {
			most-- // the content type
		}
		for n, want := range map[int]Outcome{most: Success, most + 1: Failed} {
			s, o := pair(p)
			o.MaxInner = limit
			r := o.Open(mustSeal(t, s, iana.ContentApplicationData, make([]byte, n)))
			if r.Outcome != want || want == Failed && r.Err != ErrOverflow {
				t.Errorf("%s, %d: %+v", name, n, r)
			}
		}
	}
	p := protections(t)["1.3 GCM"]
	_, o := pair(p)
	o.MaxInner = limit
	inner := append([]byte("data\x17"), make([]byte, limit-4)...) // one more
	header := []byte{23, 3, 3, 0, byte(len(inner) + 16)}
	sealed := p.AEAD.Seal(nil, p.IV, inner, header)
	if r := o.Open(append(header, sealed...)); r.Err != ErrOverflow {
		t.Errorf("padding: %+v", r)
	}
	plain := &Opener{MaxInner: limit}
	if r := plain.Open(append([]byte{22, 3, 3, 0, 100}, make([]byte, 100)...)); r.Outcome != Success {
		t.Errorf("unprotected: %+v", r)
	}
}

// TestTampered flips every bit of a record: none may open.
func TestTampered(t *testing.T) {
	for name, p := range protections(t) {
		s, _ := pair(p)
		good := mustSeal(t, s, iana.ContentApplicationData, []byte("content"))
		for i := range good {
			for bit := range 8 {
				_, o := pair(p)
				b := bytes.Clone(good)
				b[i] ^= 1 << bit
				b = append(b, make([]byte, 300)...)
				if r := o.Open(b); r.Outcome == Success {
					t.Fatalf("%s: byte %d, bit %d: opened", name, i, bit)
				}
			}
		}
		// Again, and out of order.
		_, o := pair(p)
		if r := o.Open(bytes.Clone(good)); r.Outcome != Success {
			t.Fatalf("%s: %+v", name, r)
		}
		if r := o.Open(bytes.Clone(good)); r.Outcome != Failed || r.Err != ErrMAC {
			t.Errorf("%s: a replay opens: %+v", name, r)
		}
		// Too short for a tag.
		_, o = pair(p)
		if r := o.Open(raw(23, 0x0303, 1, 2, 3)); r.Outcome != Failed || r.Err != ErrMAC {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// inner makes a TLS 1.3 record of an inner plaintext as it is.
func inner(p Protection, seq uint64, plaintext []byte) []byte {
	nonce := bytes.Clone(p.IV)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^seq)
	header := []byte{23, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(header[3:], uint16(len(plaintext)+16))
	return p.AEAD.Seal(bytes.Clone(header), nonce, plaintext, header)
}

func TestInner13(t *testing.T) {
	p := protections(t)["1.3 GCM"]
	for _, c := range []struct {
		name  string
		plain []byte
		want  Outcome
		err   Error
	}{
		{"padded", append([]byte("data\x17"), make([]byte, 200)...), Success, 0},
		{"most padding", append([]byte("data\x17"), make([]byte, MaxPlaintext-4)...), Success, 0},
		{"zeros only", make([]byte, 10), Failed, ErrType},
		{"nothing", nil, Failed, ErrType},
		{"empty data", []byte{23}, Empty, 0},
		{"empty handshake", []byte{22}, Failed, ErrType},
		{"empty alert", []byte{21}, Failed, ErrType},
		{"protected ccs", []byte{1, 20}, Failed, ErrType},
		{"unknown type", []byte{1, 99}, Failed, ErrType},
		{"too long", append(make([]byte, MaxPlaintext+1), 23), Failed, ErrContent},
	} {
		_, o := pair(p)
		if r := o.Open(inner(p, 0, c.plain)); r.Outcome != c.want || r.Err != c.err {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
	// Other outer types than application_data.
	for typ, want := range map[byte]Outcome{20: Failed, 21: Failed, 22: Failed} {
		_, o := pair(p)
		if r := o.Open(raw(typ, 0x0303, 1)); r.Outcome != want || r.Err != ErrType {
			t.Errorf("outer type %d: %+v", typ, r)
		}
	}
	// A plain alert is taken only where it is allowed and before anything else.
	_, o := pair(p)
	o.PlainAlerts = true
	if r := o.Open(raw(21, 0x0303, 2, 40)); r.Outcome != PeerFailed || r.Alert != iana.AlertHandshakeFailure {
		t.Errorf("plain alert: %+v", r)
	}
	_, o = pair(p)
	o.PlainAlerts = true
	o.Open(inner(p, 0, []byte("x\x17")))
	if r := o.Open(raw(21, 0x0303, 2, 40)); r.Outcome != Failed {
		t.Errorf("late plain alert: %+v", r)
	}
	// Rejected early data is skipped until the first record opens.
	_, o = pair(p)
	o.SkipEarly = 1000
	for range 3 {
		if r := o.Open(inner(p, 77, []byte("early\x17"))); r.Outcome != Discard {
			t.Errorf("early data: %+v", r)
		}
	}
	if r := o.Open(inner(p, 0, []byte("x\x17"))); r.Outcome != Success || o.SkipEarly != 0 {
		t.Errorf("after early data: %+v", r)
	}
	if r := o.Open(inner(p, 77, []byte("early\x17"))); r.Outcome != Failed || r.Err != ErrMAC {
		t.Errorf("early data too late: %+v", r)
	}
}

func TestLimits(t *testing.T) {
	count := func(o *Opener, in []byte, want Outcome) int {
		for n := 0; ; n++ {
			if r := o.Open(bytes.Clone(in)); r.Outcome != want {
				if r.Outcome != Failed {
					t.Errorf("%+v", r)
				}
				return n
			}
			if n > 1000 {
				t.Fatal("no limit")
			}
		}
	}
	if n := count(new(Opener), raw(22, 0x0303), Empty); n != 32 {
		t.Errorf("%d empty records", n)
	}
	if n := count(new(Opener), raw(21, 0x0303, 1, 112), Warning); n != 4 {
		t.Errorf("%d warnings", n)
	}
	if n := count(&Opener{DropCCS: true}, raw(20, 0x0303, 1), Discard); n != 32 {
		t.Errorf("%d dropped change_cipher_specs", n)
	}
	// Content resets the counts.
	o := new(Opener)
	for range 100 {
		o.Open(raw(22, 0x0303))
		o.Open(raw(21, 0x0303, 1, 112))
		if r := o.Open(raw(22, 0x0303, 1)); r.Outcome != Success {
			t.Fatalf("%+v", r)
		}
	}

	p := protections(t)["1.3 GCM"]
	p.Limit = 3
	s, op := pair(p)
	for range 3 {
		b := mustSeal(t, s, iana.ContentApplicationData, []byte("x"))
		if r := op.Open(b); r.Outcome != Success {
			t.Fatalf("%+v", r)
		}
	}
	if _, err := s.Seal(make([]byte, 0, 100), iana.ContentApplicationData, []byte("x")); err != ErrLimit || s.Left() != 0 {
		t.Errorf("sealed beyond the limit: %v", err)
	}
	if r := op.Open(inner(p, 3, []byte("x\x17"))); r.Err != ErrLimit {
		t.Errorf("opened beyond the limit: %+v", r)
	}
	if _, err := new(Sealer).Seal(make([]byte, 0, 5), iana.ContentAlert, []byte("x")); err != ErrShortSpace {
		t.Error(err)
	}
	if _, err := new(Sealer).Seal(make([]byte, 0, 1<<16), iana.ContentHandshake, make([]byte, MaxPlaintext+1)); err != ErrContent {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	for e := ErrHTTP; e <= ErrShortSpace; e++ {
		if e.Error() == Error(200).Error() {
			t.Errorf("error %d has no text", e)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	for name, p := range protections(t) {
		s, o := pair(p)
		content := make([]byte, MaxPlaintext)
		dst := make([]byte, 0, MaxRecord)
		var b []byte
		if n := testing.AllocsPerRun(50, func() {
			b, _ = s.Seal(dst, iana.ContentApplicationData, content)
			if r := o.Open(b); r.Outcome != Success {
				t.Fatalf("%+v", r)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for sealing and opening", name, n)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, p := range protections(f) {
		s, _ := pair(p)
		f.Add(mustSeal(f, s, iana.ContentApplicationData, []byte("content")), byte(0))
	}
	f.Add(raw(22, 0x0303, 1, 2, 3), byte(1))
	f.Add(raw(21, 0x0301, 1, 0), byte(2))
	f.Add([]byte("GET / HTTP/1.0\r\n"), byte(3))
	f.Fuzz(func(t *testing.T, in []byte, kind byte) {
		names := []string{"none", "1.2 GCM", "1.2 ChaCha", "1.3 GCM", "1.3 ChaCha"}
		p := protections(t)[names[int(kind)%len(names)]]
		_, o := pair(p)
		if kind&0x10 != 0 {
			o.Version = 0
		}
		o.DropCCS, o.PlainAlerts = kind&0x20 != 0, kind&0x40 != 0
		if kind&0x80 != 0 {
			o.SkipEarly = 1000
		}
		for n := 0; len(in) > 0; n++ {
			r := o.Open(in)
			switch {
			case r.Consumed < 0 || r.Consumed > len(in) || len(r.Content) > MaxPlaintext:
				t.Fatalf("%+v of %d", r, len(in))
			case r.Outcome == More:
				if r.Need <= len(in) || r.Consumed != 0 || r.Need > MaxRecord {
					t.Fatalf("%+v of %d", r, len(in))
				}
				return
			case r.Outcome == Failed:
				if r.Err == 0 {
					t.Fatal("failed without an error")
				}
				return
			case r.Outcome == Success && len(r.Content) == 0:
				t.Fatal("success without content")
			case r.Consumed < HeaderLen:
				t.Fatalf("%+v goes nowhere", r)
			}
			in = in[r.Consumed:]
		}
	})
}

func benchmark(b *testing.B, open bool) {
	for name, p := range protections(b) {
		b.Run(name, func(b *testing.B) {
			s, o := pair(p)
			content := make([]byte, MaxPlaintext)
			dst := make([]byte, 0, MaxRecord)
			b.SetBytes(MaxPlaintext)
			b.ReportAllocs()
			for b.Loop() {
				rec, err := s.Seal(dst, iana.ContentApplicationData, content)
				if err != nil {
					b.Fatal(err)
				}
				if open {
					if r := o.Open(rec); r.Outcome != Success {
						b.Fatal(r)
					}
				}
			}
		})
	}
}

func BenchmarkSeal(b *testing.B)     { benchmark(b, false) }
func BenchmarkSealOpen(b *testing.B) { benchmark(b, true) }
