package ech

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"patina/core/iana"
	"patina/core/provider/stdlib"
)

var h = stdlib.New().HPKE()

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// made is a configuration with its key.
func made(t testing.TB, tmpl Template) (Config, []byte) {
	t.Helper()
	if tmpl.PublicName == "" {
		tmpl.PublicName = "public.example"
	}
	c, private, err := NewConfig(h, tmpl)
	if err != nil {
		t.Fatal(err)
	}
	return c, private
}

// TestConfig: what is made is read the same, with every KEM.
func TestConfig(t *testing.T) {
	for _, kem := range []iana.HPKEKEM{0, iana.KEMP256HKDFSHA256, iana.KEMP384HKDFSHA384, iana.KEMP521HKDFSHA512} {
		suites := []Suite{{iana.KDFHKDFSHA384, iana.AEADAES256GCM}, {iana.KDFHKDFSHA512, iana.AEADChaCha20Poly1305}}
		c, private := made(t, Template{ID: 7, KEM: kem, Suites: suites, MaxNameLength: 42, Extensions: []Extension{{1, []byte{2}}, {0x7fff, nil}}})
		if c.ID != 7 || c.MaxNameLength != 42 || c.PublicName != "public.example" || len(c.Extensions) != 2 || !c.Has(suites[1]) || c.Has(Suite{1, 1}) {
			t.Errorf("%+v", c)
		}
		b, err := ConfigList{c, c}.Append([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		list, err := ParseConfigList(b[1:])
		if err != nil || len(list) != 2 || !bytes.Equal(list[1].Raw, c.Raw) {
			t.Errorf("%v, %v", list, err)
		}
		got, s, err := list.Choose(h)
		if err != nil || got != &list[0] || s != suites[0] {
			t.Errorf("%v %v %v", got, s, err)
		}
		keys, err := NewKeys(h, Key{Config: c, PrivateKey: private})
		if err != nil {
			t.Fatal(err)
		}
		enc, sealer, err := h.NewSealer(c.KEM, s.KDF, s.AEAD, c.PublicKey, c.Info())
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := sealer.Seal([]byte("aad"), []byte("first"))
		if err != nil {
			t.Fatal(err)
		}
		content, opener, used := keys.Open(7, s, enc, []byte("aad"), sealed)
		if string(content) != "first" || !bytes.Equal(used.Raw, c.Raw) {
			t.Fatalf("%q", content)
		}
		for name, open := range map[string]func() []byte{
			"another ID":    func() []byte { b, _, _ := keys.Open(8, s, enc, []byte("aad"), sealed); return b },
			"another suite": func() []byte { b, _, _ := keys.Open(7, Suite{1, 1}, enc, []byte("aad"), sealed); return b },
			"other data":    func() []byte { b, _, _ := keys.Open(7, s, enc, []byte("other"), sealed); return b },
			"no key":        func() []byte { b, _, _ := keys.Open(7, s, nil, []byte("aad"), sealed); return b },
		} {
			if b := open(); b != nil {
				t.Errorf("%s: opened %q", name, b)
			}
		}
		if sealed, err = sealer.Seal([]byte("aad"), []byte("second")); err != nil {
			t.Fatal(err)
		}
		if content, err = opener.Open([]byte("aad"), sealed); err != nil || string(content) != "second" {
			t.Errorf("%q, %v", content, err)
		}
		if content, _, _ := keys.Open(7, s, enc, []byte("aad"), sealed); content != nil {
			t.Error("a second message opens as the first")
		}
	}
}

// TestKeys: several keys, those of one ID tried in turn.
func TestKeys(t *testing.T) {
	a, ka := made(t, Template{ID: 1})
	b, kb := made(t, Template{ID: 1})
	c, kc := made(t, Template{ID: 2})
	keys, err := NewKeys(h, Key{Config: a, PrivateKey: ka, Superseded: true}, Key{Config: b, PrivateKey: kb}, Key{Config: c, PrivateKey: kc})
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []Config{a, b, c} {
		s := config.Suites[1]
		enc, sealer, err := h.NewSealer(config.KEM, s.KDF, s.AEAD, config.PublicKey, config.Info())
		if err != nil {
			t.Fatal(err)
		}
		sealed, _ := sealer.Seal(nil, []byte("hello"))
		content, _, used := keys.Open(config.ID, s, enc, nil, sealed)
		if string(content) != "hello" || !bytes.Equal(used.Raw, config.Raw) {
			t.Errorf("%q", content)
		}
	}
	retry, err := ParseConfigList(keys.RetryConfigs())
	if err != nil || len(retry) != 2 || !bytes.Equal(retry[0].Raw, b.Raw) {
		t.Errorf("%v, %v", retry, err)
	}
	var five []Key
	for range 5 {
		five = append(five, Key{Config: a, PrivateKey: ka})
	}
	if _, err := NewKeys(h, five[:4]...); err != nil {
		t.Error(err)
	}
	var long Key
	if long.Config, long.PrivateKey, err = NewConfig(h, Template{PublicName: "a", Extensions: []Extension{{1, make([]byte, 4<<10)}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeys(h, long); err != nil {
		t.Error(err)
	}
	var many []Key
	for id := range 65 {
		c, k, err := NewConfig(h, Template{ID: uint8(id), PublicName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 { // one of them to retry with
			many = append(many, Key{Config: c, PrivateKey: k, Superseded: id+i > 0})
		}
	}
	if _, err := NewKeys(h, many[:256]...); err != nil {
		t.Error(err)
	}
	old := Config{Raw: unhex("fe0a0000"), Version: 0xfe0a}
	for name, list := range map[string][]Key{
		"none": nil, "too many of one ID": five, "only superseded": {{Config: a, PrivateKey: ka, Superseded: true}},
		"another's key": {{Config: a, PrivateKey: kb}}, "no key": {{Config: a}}, "another version": {{Config: old, PrivateKey: ka}},
		"too many": many[:257], "too long": {long, long},
	} {
		if _, err := NewKeys(h, list...); err != ErrKeys {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewKeys(nil, Key{Config: a, PrivateKey: ka}); err != ErrKeys {
		t.Error(err)
	}
	var empty Keys
	if content, _, _ := empty.Open(1, Suite{1, 1}, nil, nil, nil); content != nil || empty.RetryConfigs() != nil {
		t.Error("keys out of nothing")
	}
}

// TestChoose: what a client must pass over.
func TestChoose(t *testing.T) {
	good, _ := made(t, Template{ID: 9})
	mandatory, _ := made(t, Template{Extensions: []Extension{{0x8001, nil}}})
	number := good
	number.PublicName = "192.0.2.1"
	kem := good
	kem.KEM = 0x7777
	suite := good
	suite.Suites = []Suite{{1, 0xffff}, {0x99, 1}}
	bad := ConfigList{{Raw: unhex("fe0a0000"), Version: 0xfe0a}, mandatory, number, kem, suite}
	if _, _, err := bad.Choose(h); err != ErrUnusable {
		t.Error(err)
	}
	if c, _, err := append(bad, good).Choose(h); err != nil || c.ID != 9 {
		t.Error(c, err)
	}
	if _, _, err := (ConfigList{good}).Choose(nil); err != ErrUnusable {
		t.Error(err)
	}
}

func TestPublicName(t *testing.T) {
	for name, want := range map[string]bool{
		"example.org": true, "a": true, "xn--bcher-kva.example": true, "1.example": true, "0x1.org": true, strings.Repeat("a", 63) + ".org": true,
		"": false, ".example": false, "example.": false, "a..b": false, "-a.org": false, "a-.org": false, "a_b.org": false, "a b": false,
		"1.2.3.4": false, "example.0x": false, "example.0xAf": false, "example.123": false, "exämple.org": false,
		strings.Repeat("a", 64) + ".org": false, strings.Repeat("a.", 127) + "a": false,
	} {
		if validPublicName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// TestMalformed: a list is taken whole or not at all.
func TestMalformed(t *testing.T) {
	c, _ := made(t, Template{Extensions: []Extension{{1, []byte{2}}}})
	list, err := ConfigList{c}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range list {
		if _, err := ParseConfigList(list[:n]); err != ErrConfig {
			t.Errorf("%d of %d bytes: %v", n, len(list), err)
		}
		if _, err := ParseConfig(c.Raw[:min(n, len(c.Raw)-1)]); err != ErrConfig {
			t.Errorf("%d of %d bytes: %v", n, len(c.Raw), err)
		}
	}
	if _, err := ParseConfigList(append(list, 0)); err != ErrConfig {
		t.Error(err)
	}
	key := "09 0020 0001aa "
	config := func(contents string) []byte {
		b := unhex(contents)
		b = append([]byte{0xfe, 0x0d, 0, byte(len(b))}, b...)
		return append([]byte{0, byte(len(b))}, b...)
	}
	for contents, want := range map[string]error{
		key + "0004 00010001 00 0161 0000":                   nil,
		key + "0000 00 0161 0000":                            ErrConfig, // no suites
		key + "0006 000100010001 00 0161 0000":               ErrConfig, // half a suite
		key + "0004 00010001 00 00 0000":                     ErrConfig, // no name
		"09 0020 0000 0004 00010001 00 0161 0000":            ErrConfig, // no key
		key + "0004 00010001 00 0161 0008 00010000 00010000": ErrConfig, // an extension twice
		key + "0004 00010001 00 0161 0003 000100":            ErrConfig,
		key + "0004 00010001 00 0161 0000 00":                ErrConfig,
	} {
		if _, err := ParseConfigList(config(contents)); err != want {
			t.Errorf("%s: %v", contents, err)
		}
	}
	if _, err := (ConfigList{}).Append(nil); err != ErrConfig {
		t.Error(err)
	}
	for _, tmpl := range []Template{{PublicName: "1.2.3.4"}, {PublicName: "a", KEM: 1}, {PublicName: "a", Suites: []Suite{}}} {
		if _, _, err := NewConfig(h, tmpl); !errors.Is(err, ErrUnusable) {
			t.Errorf("%+v: %v", tmpl, err)
		}
	}
	for _, size := range []int{65000, 1 << 16} {
		_, _, err := NewConfig(h, Template{PublicName: "a", Extensions: []Extension{{1, make([]byte, size)}, {2, make([]byte, 600)}}})
		if err != ErrConfig {
			t.Error(size, err)
		}
	}
}

func FuzzConfigList(f *testing.F) {
	c, _ := made(f, Template{ID: 1, Extensions: []Extension{{1, []byte{2}}}})
	list, err := ConfigList{c, {Raw: unhex("fe0a000101")}}.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	for i := 0; i < len(list); i += 3 {
		f.Add(list[:i])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseConfigList(b)
		if err != nil {
			return
		}
		again, err := l.Append(nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x\n%x\n%v", b, again, err)
		}
		if c, s, err := l.Choose(h); err == nil && (c.Version != Version || !c.Has(s)) {
			t.Fatalf("%+v", c)
		}
	})
}
