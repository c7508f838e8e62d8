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
	attr := func(oid string, tag byte, value string) string {
		seq := "\x06\x03\x55\x04" + oid + string([]byte{tag, byte(len(value))}) + value
		return string([]byte{0x30, byte(len(seq))}) + seq
	}
	part := func(attrs ...string) string {
		all := strings.Join(attrs, "")
		return string([]byte{0x31, byte(len(all))}) + all
	}
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
	}
	for label, parts := range names {
		all := strings.Join(parts, "")
		raw := append([]byte{0x30, byte(len(all))}, all...)
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
