package ossl

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// FuzzSession reads anything as an encoded session (d2i_SSL_SESSION, opened
// tickets). What is taken for one is written in a form that reads back the same.
func FuzzSession(f *testing.F) {
	for _, l := range goldenLines(f, "sessions.txt", 1) {
		der, err := hex.DecodeString(l[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		before := bytes.Clone(der)
		s, rest, err := UnmarshalSession(der)
		if !bytes.Equal(der, before) {
			t.Fatal("the bytes have been changed")
		}
		if err != nil {
			return
		}
		if !bytes.HasSuffix(der, rest) {
			t.Fatalf("%x follows it", rest)
		}
		s.engine(false)
		s.engine(true)
		first := s.Marshal()
		again, rest, err := UnmarshalSession(first)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%x\nwritten as %x\nis %v, rest %x", der, first, err, rest)
		}
		if second := again.Marshal(); !bytes.Equal(first, second) {
			t.Fatalf("%x\nwritten as %x\nthen as %x", der, first, second)
		}
	})
}

// FuzzLists sets what programs and their users write: cipher strings, suites, groups
// and signature algorithms. Whatever is chosen is had, and once.
func FuzzLists(f *testing.F) {
	for _, s := range []string{
		"", ":", "DEFAULT", "ALL:!aNULL:@STRENGTH", "ECDHE+AESGCM:-RSA", "HIGH:@SECLEVEL=3:!kRSA", "SUITEB128", "DEFAULT:@SECLEVEL=9", "!", "+", "-ALL:ALL+",
		"TLS_AES_128_GCM_SHA256: TLS_CHACHA20_POLY1305_SHA256", "X25519:P-256:P-256", "?X25519/P-384", "RSA-PSS+SHA256:ed25519:ECDSA+SHA1", "rsa_pss_rsae_sha256",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, level, _ := parseCipherString(s)
		seen := map[*Cipher]bool{}
		for _, c := range list {
			if c == nil || c.IsTLS13() || seen[c] {
				t.Fatalf("%q has chosen %v", s, list)
			}
			seen[c] = true
		}
		if level < -1 || level > 5 {
			t.Fatalf("%q sets level %d", s, level)
		}
		suites, ok := parseCipherSuites(s)
		for _, c := range suites {
			if !ok || !c.IsTLS13() {
				t.Fatalf("%q has chosen %v, %v", s, suites, ok)
			}
		}
		if groups, err := parseGroups(s); err == nil && s != "" && len(groups) > len(s) {
			t.Fatalf("%q has chosen %v", s, groups)
		}
		if schemes, err := parseSigAlgs(s); err == nil && len(schemes) > len(s) {
			t.Fatalf("%q has chosen %v", s, schemes)
		}
		for _, v2 := range []bool{false, true} {
			if ids, err := ParseCipherBytes([]byte(s), v2); err == nil && len(ids) > len(s)/suiteSize {
				t.Fatalf("%q has %d suites", s, len(ids))
			}
		}
	})
}
