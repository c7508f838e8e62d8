// Package overlay makes the files with which `go build -overlay` turns Go's runtime into a guest of somebody else's
// process. It reads the sources of the installed Go, applies the edits of edits.go, each by exact match, and adds files
// of our own to package runtime (folder _runtime). It fails where a match is missing, is not alone, or the Go release
// is not one that has been tried: a toolchain that changes under us stops the build and never reaches production.
package overlay

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tried lists the Go minor releases the edits were made for and tested with.
var Tried = []string{"go1.26"}

// ErrVersion is returned for a Go release that has not been tried.
var ErrVersion = errors.New("this Go release has not been tried as a guest")

// ErrMatch is returned where the sources do not read as an edit expects.
var ErrMatch = errors.New("the sources of Go do not read as expected")

// An Edit replaces the one occurrence of Old in File (relative to GOROOT/src) by New.
type Edit struct {
	File string
	Old  string
	New  string
	Why  string
}

// A Replacement puts Source in the place of a whole file, which must declare exactly the functions named.
type Replacement struct {
	File   string
	Funcs  []string
	Source string // a name in _runtime
	Why    string
}

// An Addition adds a file to a package of Go.
type Addition struct {
	File   string // the new file, relative to GOROOT/src; it must not exist there
	Source string // a name in _runtime
}

// A Plan is everything the overlay changes.
type Plan struct {
	Edits        []Edit
	Replacements []Replacement
	Additions    []Addition
}

//go:embed _runtime/*.go
var sources embed.FS

// Generate writes the overlay for the Go installation at goroot, of the given version (as `go env GOVERSION` prints it),
// into dir, and returns the name of the file to give to `go build -overlay`. Files that are right already are not
// touched, so that a second run costs next to nothing.
func Generate(plan Plan, goroot, version, dir string) (string, error) {
	if err := checkVersion(version); err != nil {
		return "", err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	src := filepath.Join(goroot, "src")
	files := map[string][]byte{} // relative name -> content
	var problems []error
	for _, e := range plan.Edits {
		content, ok := files[e.File]
		if !ok {
			if content, err = os.ReadFile(filepath.Join(src, filepath.FromSlash(e.File))); err != nil {
				problems = append(problems, fmt.Errorf("%w: %v", ErrMatch, err))
				continue
			}
		}
		content, err := e.apply(content)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files[e.File] = content
	}
	for _, r := range plan.Replacements {
		if err := r.check(filepath.Join(src, filepath.FromSlash(r.File))); err != nil {
			problems = append(problems, err)
			continue
		}
		if files[r.File], err = sources.ReadFile(path.Join("_runtime", r.Source)); err != nil {
			problems = append(problems, err)
		}
	}
	for _, a := range plan.Additions {
		if _, err := os.Stat(filepath.Join(src, filepath.FromSlash(a.File))); err == nil {
			problems = append(problems, fmt.Errorf("%w: %s exists already", ErrMatch, a.File))
			continue
		}
		if files[a.File], err = sources.ReadFile(path.Join("_runtime", a.Source)); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return "", fmt.Errorf("overlay for %s at %s: %w", version, goroot, errors.Join(problems...))
	}
	replace := map[string]string{}
	for name, content := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := writeIfChanged(to, content); err != nil {
			return "", err
		}
		replace[filepath.Join(src, filepath.FromSlash(name))] = to
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, writeIfChanged(file, append(list, '\n'))
}

func checkVersion(version string) error {
	for _, minor := range Tried {
		if rest, ok := strings.CutPrefix(version, minor); ok && (rest == "" || rest[0] == '.') {
			return nil
		}
	}
	return fmt.Errorf("%w: %q (tried: %s); run the tests of guest/ with it, then add it to overlay.Tried",
		ErrVersion, version, strings.Join(Tried, ", "))
}

func (e Edit) apply(content []byte) ([]byte, error) {
	switch n := bytes.Count(content, []byte(e.Old)); n {
	case 1:
		return bytes.Replace(content, []byte(e.Old), []byte(e.New), 1), nil
	default:
		return nil, fmt.Errorf("%w: %s holds %d times, not once, %q (needed for: %s)", ErrMatch, e.File, n, e.Old, e.Why)
	}
}

// check makes sure that a file about to be replaced declares the functions we replace, and no other.
func (r Replacement) check(name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrMatch, err)
	}
	var got []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			got = append(got, f.Name.Name)
		}
	}
	want := slices.Clone(r.Funcs)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%w: %s declares %v, not %v (needed for: %s)", ErrMatch, r.File, got, want, r.Why)
	}
	return nil
}

func writeIfChanged(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
