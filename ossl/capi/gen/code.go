package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// FindCode looks through ossl/capi, generated files aside, for Go exports and C definitions of libssl's functions. C is
// read as the preprocessor leaves it, since some definitions are made by macros.
func (in *Input) FindCode(root string) (exported, defined map[string]string, err error) {
	var names []string
	for _, s := range in.Symbols {
		names = append(names, s.Name)
	}
	all := strings.Join(names, "|")
	export := regexp.MustCompile(`(?m)^//export patina_(` + all + `)$`)
	// A name, its parameters (among them pointers to functions) and a brace; where the result is a pointer to a function,
	// the name with its parameters stands inside (*name(...))(...).
	const params = `\((?:[^;{}()]|\([^;{}()]*\))*\)`
	definition := regexp.MustCompile(`\b(` + all + `)\s*` + params + `\s*(?:\)\s*` + params + `\s*)?\{`)
	exported, defined = map[string]string{}, map[string]string{}
	dir := filepath.Join(root, "ossl/capi")
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if strings.HasPrefix(filepath.Base(f), "z") {
			continue
		}
		var text []byte
		re, into := export, exported
		switch filepath.Ext(f) {
		case ".go":
			text, err = os.ReadFile(f)
		case ".c":
			re, into = definition, defined
			text, err = preprocess(root, f)
		default:
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, m := range re.FindAllSubmatch(text, -1) {
			name := string(m[1])
			if other, twice := into[name]; twice {
				return nil, nil, fmt.Errorf("%s is in %s and in %s", name, other, f)
			}
			into[name] = f
		}
	}
	return exported, defined, nil
}

// preprocess runs the C preprocessor on a file of ossl/capi, with an empty header where cgo's will be.
func preprocess(root, file string) ([]byte, error) {
	empty, err := os.MkdirTemp("", "gen")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(empty)
	if err := os.WriteFile(filepath.Join(empty, "_cgo_export.h"), nil, 0o644); err != nil {
		return nil, err
	}
	var errs bytes.Buffer
	cmd := exec.Command("gcc", "-E", "-P", "-std=gnu11", "-I"+filepath.Join(root, "include"),
		"-I"+filepath.Join(root, "guest/host"), "-I"+empty, file)
	cmd.Stderr = &errs
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("gcc -E %s: %w\n%s", file, err, errs.String())
	}
	return text, nil
}

// Sync sets the kind of each symbol to where its code is now and returns the names it changed. A stub that got code
// becomes full: its author lowers that where it is not so.
func (in *Input) Sync(root string) ([]string, error) {
	exported, defined, err := in.FindCode(root)
	if err != nil {
		return nil, err
	}
	var changed []string
	for i := range in.Symbols {
		s := &in.Symbols[i]
		kind := "stub"
		switch {
		case exported[s.Name] != "" && defined[s.Name] != "":
			return nil, fmt.Errorf("%s is exported from %s and defined in %s", s.Name, exported[s.Name], defined[s.Name])
		case exported[s.Name] != "":
			kind = "go"
		case defined[s.Name] != "":
			kind = "c"
		}
		if s.Kind == kind {
			continue
		}
		s.Kind = kind
		switch {
		case kind == "stub" && (s.Status == "full" || s.Status == "partial"):
			s.Status = "stub"
		case kind != "stub" && s.Status == "stub":
			s.Status = "full"
		}
		changed = append(changed, s.Name+": "+s.Kind+", "+s.Status)
	}
	return changed, nil
}

// WriteSymbols writes symbols.tsv.
func WriteSymbols(path string, symbols []Symbol) error {
	var b strings.Builder
	b.WriteString(strings.Join(columns, "\t") + "\n")
	for _, s := range symbols {
		b.WriteString(strings.Join([]string{s.Name, s.Version, s.Page, s.Topic, s.Kind, s.Status, s.Fail, s.Note}, "\t") + "\n")
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
