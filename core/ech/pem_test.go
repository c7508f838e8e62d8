package ech

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"patina/core/iana"
)

// TestPEM: what is written is read the same, with every KEM, and openssl takes
// the key for what it is.
func TestPEM(t *testing.T) {
	for kem, name := range map[iana.HPKEKEM]string{iana.KEMX25519HKDFSHA256: "X25519", iana.KEMP256HKDFSHA256: "prime256v1",
		iana.KEMP384HKDFSHA384: "secp384r1", iana.KEMP521HKDFSHA512: "secp521r1"} {
		c, private := made(t, Template{ID: 4, KEM: kem})
		file, err := Key{Config: c, PrivateKey: private}.PEM()
		if err != nil {
			t.Fatal(err)
		}
		list, keys, err := ParsePEM(append([]byte("a comment\n"), file...))
		if err != nil || len(list) != 1 || len(keys) != 1 || !bytes.Equal(list[0].Raw, c.Raw) || !bytes.Equal(keys[0].PrivateKey, private) {
			t.Fatalf("%v: %v, %v, %v", kem, list, keys, err)
		}
		if _, err := NewKeys(h, keys...); err != nil {
			t.Errorf("%v: %v", kem, err)
		}
		path := filepath.Join(t.TempDir(), "ech.pem")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("openssl", "pkey", "-in", path, "-noout", "-text").CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte(name)) {
			t.Errorf("%v: openssl says %s, %v", kem, out, err)
		}
	}
}

// TestPEMRefused: keys that belong to nothing, too much and too little.
func TestPEMRefused(t *testing.T) {
	c, private := made(t, Template{ID: 4})
	other, otherKey := made(t, Template{ID: 4})
	file := func(k Key) []byte {
		b, err := k.PEM()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	whole := file(Key{Config: c, PrivateKey: private})
	key, config := whole[:bytes.Index(whole, []byte("-----BEGIN ECHCONFIG"))], whole[bytes.Index(whole, []byte("-----BEGIN ECHCONFIG")):]
	if list, keys, err := ParsePEM(config); err != nil || len(list) != 1 || keys != nil {
		t.Errorf("without a key: %v %v %v", list, keys, err)
	}
	// A list with another's configuration beside it.
	both, err := ConfigList{other, c}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	two := append(bytes.Clone(key), pem.EncodeToMemory(&pem.Block{Type: "ECHCONFIG", Bytes: both})...)
	if list, keys, err := ParsePEM(two); err != nil || len(list) != 2 || len(keys) != 1 || !bytes.Equal(keys[0].Config.Raw, c.Raw) {
		t.Errorf("two configurations: %v %v %v", list, keys, err)
	}
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":         {nil, ErrPEM},
		"a key alone":     {key, ErrPEM},
		"two keys":        {append(bytes.Clone(key), whole...), ErrPEM},
		"two lists":       {append(bytes.Clone(whole), config...), ErrPEM},
		"another's key":   {file(Key{Config: c, PrivateKey: otherKey}), ErrPEM},
		"no key":          {append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), config...), ErrPEM},
		"a certificate":   {append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), config...), ErrPEM},
		"malformed lists": {pem.EncodeToMemory(&pem.Block{Type: "ECHCONFIG", Bytes: []byte{1}}), ErrConfig},
	} {
		if list, keys, err := ParsePEM(tt.data); err != tt.want || list != nil || keys != nil {
			t.Errorf("%s: %v %v %v", name, list, keys, err)
		}
	}
	for name, k := range map[string]Key{"a KEM without a curve": {Config: Config{KEM: 0x7777}, PrivateKey: private}, "no key": {Config: c}} {
		if _, err := k.PEM(); err != ErrPEM {
			t.Errorf("%s: %v", name, err)
		}
	}
}
