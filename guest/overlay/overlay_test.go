package overlay

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// goroot makes a GOROOT with the files given.
func goroot(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		name = filepath.Join(root, "src", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var edit = Edit{File: "p/a.go", Old: "const x = 1\n", New: "const x = 2\n", Why: "x must be two"}

func TestEdit(t *testing.T) {
	root := goroot(t, map[string]string{"p/a.go": "package p\n\nconst x = 1\n\nconst y = 1\n"})
	second := Edit{File: "p/a.go", Old: "const y = 1\n", New: "const y = 3\n"}
	dir := t.TempDir()
	list, err := Generate(Plan{Edits: []Edit{edit, second}}, root, "go1.26.8", dir)
	if err != nil {
		t.Fatal(err)
	}
	replace := read(t, list)
	if len(replace) != 1 {
		t.Fatalf("%d files replaced", len(replace))
	}
	content, err := os.ReadFile(replace[filepath.Join(root, "src/p/a.go")])
	if want := "package p\n\nconst x = 2\n\nconst y = 3\n"; err != nil || string(content) != want {
		t.Errorf("got %q, %v", content, err)
	}
}

func read(t *testing.T, list string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(content, &overlay); err != nil {
		t.Fatal(err)
	}
	return overlay.Replace
}

func TestNoMatch(t *testing.T) {
	replacement := Replacement{File: "p/a.go", Funcs: []string{"f", "g"}, Source: "netpoll.go", Why: "no f"}
	for _, test := range []struct {
		name, content string
		plan          Plan
		says          []string
	}{
		{"missing", "package p\n", Plan{Edits: []Edit{edit}}, []string{"p/a.go", "0 times", "const x = 1", "x must be two"}},
		{"twice", "package p\nconst x = 1\nconst x = 1\n", Plan{Edits: []Edit{edit}}, []string{"2 times"}},
		{"no file", "package p\n", Plan{Edits: []Edit{{File: "p/b.go", Old: "x"}}}, []string{"p/b.go"}},
		{"a function gone", "package p\nfunc f() {}\n", Plan{Replacements: []Replacement{replacement}}, []string{"[f]", "[f g]", "no f"}},
		{"a function more", "package p\nfunc f() {}\nfunc g() {}\nfunc h() {}\n", Plan{Replacements: []Replacement{replacement}}, []string{"[f g h]"}},
		{"not Go", "x", Plan{Replacements: []Replacement{replacement}}, []string{"p/a.go"}},
		{"a file there already", "package p\n", Plan{Additions: []Addition{{File: "p/a.go", Source: "fork.go"}}}, []string{"p/a.go exists"}},
		{"all problems at once", "package p\n", Plan{Edits: []Edit{edit, {File: "p/a.go", Old: "another"}}}, []string{"const x", "another"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Generate(test.plan, goroot(t, map[string]string{"p/a.go": test.content}), "go1.26", dir)
			if !errors.Is(err, ErrMatch) {
				t.Fatalf("error %v", err)
			}
			for _, want := range test.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%d files were written", len(left))
			}
		})
	}
}

func TestVersion(t *testing.T) {
	root := goroot(t, map[string]string{"p/a.go": edit.Old})
	for version, good := range map[string]bool{
		"go1.26": true, "go1.26.8": true, "go1.26.99": true,
		"go1.25.3": false, "go1.27": false, "go1.260": false, "go1.26rc1": false, "devel go1.27-abc": false, "": false,
	} {
		_, err := Generate(Plan{Edits: []Edit{edit}}, root, version, t.TempDir())
		if good != (err == nil) || !good && !errors.Is(err, ErrVersion) {
			t.Errorf("%q: error %v", version, err)
		}
		if !good && !strings.Contains(err.Error(), "go1.26") {
			t.Errorf("%q: the error does not say which releases have been tried: %v", version, err)
		}
	}
}

// The installed Go is the one that the library is built with: the plan must fit it, and twice in a row costs no write.
func TestInstalled(t *testing.T) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(out))
	dir := t.TempDir()
	list, err := Generate(Guest, root, runtime.Version(), dir)
	if err != nil {
		t.Fatal(err)
	}
	replace := read(t, list)
	old := time.Now().Add(-time.Hour)
	for from, to := range replace {
		if !strings.HasPrefix(from, filepath.Join(root, "src", "runtime")) {
			t.Errorf("%s is replaced: only package runtime should be", from)
		}
		if err := os.Chtimes(to, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Generate(Guest, root, runtime.Version(), dir); err != nil {
		t.Fatal(err)
	}
	for _, to := range replace {
		if info, err := os.Stat(to); err != nil || info.ModTime().After(old.Add(time.Minute)) {
			t.Errorf("%s was written again", to)
		}
	}
	for _, e := range Guest.Edits {
		if e.Why == "" {
			t.Errorf("%s: an edit without a reason: %q", e.File, e.Old)
		}
	}
}
