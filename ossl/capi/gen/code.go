package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var exportLine = regexp.MustCompile(`(?m)^//export patina_((?:[A-Z0-9]+|[di]2[di])_\w+)$`)

// FindCode looks through ossl/capi, generated files aside, for Go exports and C definitions of libssl's functions.
func (in *Input) FindCode(root string) (exported, defined map[string]string, err error) {
	var names []string
	for _, s := range in.Symbols {
		names = append(names, s.Name)
	}
	// A definition starts a line with its type, has parameters and then a brace.
	definition := regexp.MustCompile(`(?m)^[A-Za-z_][\w ()*]*?\b(` + strings.Join(names, "|") + `)\([^;{}]*\)\s*\{`)
	exported, defined = map[string]string{}, map[string]string{}
	for pattern, re := range map[string]*regexp.Regexp{"*.go": exportLine, "*.c": definition} {
		into := exported
		if pattern == "*.c" {
			into = defined
		}
		files, err := filepath.Glob(filepath.Join(root, "ossl/capi", pattern))
		if err != nil {
			return nil, nil, err
		}
		for _, f := range files {
			if strings.HasPrefix(filepath.Base(f), "z") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, nil, err
			}
			for _, m := range re.FindAllStringSubmatch(string(text), -1) {
				if other, twice := into[m[1]]; twice {
					return nil, nil, fmt.Errorf("%s is in %s and in %s", m[1], other, f)
				}
				into[m[1]] = f
			}
		}
	}
	return exported, defined, nil
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
