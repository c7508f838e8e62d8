package transparent

import (
	"bytes"
	"crypto"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
)

// TestOnlyTestsImport looks through the module.
func TestOnlyTestsImport(t *testing.T) {
	const root = "../../.."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "build") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			if imp.Path.Value == `"patina/core/provider/transparent"` {
				t.Errorf("%s imports this package", path)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestNewOutsideOfTests: a program that has the package all the same panics.
func TestNewOutsideOfTests(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	main := "package main\n\nimport \"patina/core/provider/transparent\"\n\nfunc main() { println(transparent.New().Name()) }\n"
	if err := os.WriteFile(file, []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: transparent: ") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestSizes: what is seen on the wire is as long as with cryptography.
func TestSizes(t *testing.T) {
	ours, real := New(), stdlib.New()
	for id := range groups {
		g, r := ours.Group(id), real.Group(id)
		k, _ := g.Generate(nil)
		share, secret, err := g.Respond(nil, k.Share())
		own, err2 := k.Secret(share)
		rk, err3 := r.Generate(nil)
		if err != nil || err2 != nil || err3 != nil || !bytes.Equal(secret, own) || g.IsKEM() != r.IsKEM() || len(k.Share()) != len(rk.Share()) {
			t.Errorf("%v: %v, %v, %v", id, err, err2, err3)
		}
		if _, err := k.Secret(nil); err != provider.ErrKeyShare {
			t.Error(err)
		}
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.MD5} {
		z, r := ours.NewHash(h), real.NewHash(h)
		if (z == nil) != (r == nil) {
			t.Errorf("%v", h)
		} else if z != nil && (z.Size() != r.Size() || z.BlockSize() != r.BlockSize() || len(z.Sum(nil)) != z.Size()) {
			t.Errorf("%v: %d, %d", h, z.Size(), z.BlockSize())
		}
	}
	a, _ := ours.NewAEAD(provider.AES128GCM, nil)
	sealed := a.Seal([]byte("x"), nil, []byte("plain"), nil)
	if len(sealed) != 1+5+a.Overhead() || !bytes.HasPrefix(sealed, []byte("xplain")) {
		t.Errorf("%q", sealed)
	}
	if opened, err := a.Open(sealed[1:1], nil, sealed[1:], nil); err != nil || string(opened) != "plain" {
		t.Errorf("%q, %v", opened, err)
	}
	sealed[len(sealed)-1] = BadTag
	if _, err := a.Open(nil, nil, sealed, nil); err == nil {
		t.Error("a bad tag opens")
	}
	if ours.Verify(nil, iana.SigEd25519, true, nil, []byte(Signature)) != nil ||
		ours.Verify(nil, iana.SigEd25519, true, nil, []byte{BadSignature}) != provider.ErrSignature ||
		ours.Verify(nil, 0, true, nil, nil) != provider.ErrUnsupported {
		t.Error("signatures")
	}
}
