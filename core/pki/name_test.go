package pki

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestNameHash compares with what the openssl command says of names of all kinds.
func TestNameHash(t *testing.T) {
	element := func(tag byte, v string) string {
		switch n := len(v); {
		case n < 1<<7:
			return string([]byte{tag, byte(n)}) + v
		case n < 1<<8:
			return string([]byte{tag, 0x81, byte(n)}) + v
		default:
			return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + v
		}
	}
	attr := func(oid string, tag byte, value string) string {
		return element(0x30, "\x06\x03\x55\x04"+oid+element(tag, value))
	}
	part := func(attrs ...string) string { return element(0x31, strings.Join(attrs, "")) }
	names := map[string][]string{
		"one part":          {part(attr("\x03", 0x0c, "Root"))},
		"folded":            {part(attr("\x06", 0x13, "DE")), part(attr("\x0a", 0x13, " Some  \t CA ")), part(attr("\x03", 0x16, "ROOT x"))},
		"wide":              {part(attr("\x03", 0x1e, "\x00R\x00\xf6\x20\xac")), part(attr("\x0a", 0x1c, "\x00\x00\x00R\x00\x01\xf6\x00"))},
		"Latin":             {part(attr("\x03", 0x14, "R\xf6\xd6t"))},
		"UTF-8":             {part(attr("\x03", 0x0c, "RÖöt  \xc2\xa0 X"))},
		"a number":          {part(attr("\x05", 0x12, "12 34"))},
		"of two attributes": {part(attr("\x03", 0x0c, "Z"), attr("\x0a", 0x0c, "aa"), attr("\x0b", 0x13, "A"))},
		"in another order":  {part(attr("\x0b", 0x13, "bB b"), attr("\x03", 0x0c, "Z"))},
		"nothing but space": {part(attr("\x03", 0x0c, "   "))},
		"empty value":       {part(attr("\x03", 0x13, ""))},
		"no name":           {},
		"long":              {part(attr("\x03", 0x0c, strings.Repeat("Ab ", 40)))},
		"longer":            {part(attr("\x03", 0x0c, strings.Repeat("Ab ", 70)), attr("\x0a", 0x0c, strings.Repeat("x", 125)))},
		"longest":           {part(attr("\x0a", 0x0c, strings.Repeat("Xy", 1000)), attr("\x03", 0x0c, strings.Repeat("x", 119)))},
		"many parts":        {part(attr("\x03", 0x0c, strings.Repeat("Ab ", 30))), part(attr("\x0a", 0x13, strings.Repeat("o", 90))), part(attr("\x0b", 0x13, strings.Repeat("u", 90)))},
	}
	for label, parts := range names {
		all := strings.Join(parts, "")
		raw := []byte(element(0x30, all))
		key := newKey(t)
		template := &x509.Certificate{SerialNumber: big.NewInt(1), RawSubject: raw, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("openssl", "x509", "-inform", "der", "-noout", "-subject_hash")
		cmd.Stdin = bytes.NewReader(der)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(label, err)
		}
		hash, ok := NameHash(raw)
		if want := strings.TrimSpace(string(out)); !ok || fmt.Sprintf("%08x", hash) != want {
			t.Errorf("%s: %08x, %v; openssl says %s", label, hash, ok, want)
		}
	}
	if _, ok := NameHash([]byte{0x30, 5}); ok {
		t.Error("a malformed name has a hash")
	}
}
