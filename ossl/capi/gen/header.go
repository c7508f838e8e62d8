package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Param is one parameter of a prototype. Type is its C type; for a pointer to a function, Func is its signature and
// Type is empty.
type Param struct {
	Name string
	Type string
	Func *Signature
}

// A Signature is a result type and parameters. A function that returns a pointer to a function has RetFunc and an
// empty Ret.
type Signature struct {
	Ret     string
	RetFunc *Signature
	Params  []Param
}

// A Prototype is a function that a header declares.
type Prototype struct {
	Name string
	Signature
	Header string
}

var (
	comments  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	continued = regexp.MustCompile(`\\\n`)
	noise     = regexp.MustCompile(`\b(__owur|OSSL_DEPRECATEDIN_\w+)\b`)
	spaces    = regexp.MustCompile(`\s+`)
)

// ParseHeaders returns the prototypes in the headers of a directory, by name. It reads the text, not what the
// preprocessor leaves of it: what is declared under a condition counts, and the result is the same everywhere.
func ParseHeaders(dir string) (map[string]Prototype, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.h"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no headers in %s", dir)
	}
	all := map[string]Prototype{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, decl := range declarations(string(text)) {
			p, err := ParsePrototype(decl)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if _, twice := all[p.Name]; twice {
				return nil, fmt.Errorf("%s: %s is declared twice", file, p.Name)
			}
			p.Header = filepath.Base(file)
			all[p.Name] = p
		}
	}
	return all, nil
}

// declarations returns the function declarations in the text of a header, one line each.
func declarations(text string) []string {
	text = comments.ReplaceAllString(text, " ")
	text = continued.ReplaceAllString(text, " ")
	var plain strings.Builder
	for line := range strings.Lines(text) {
		if t := strings.TrimSpace(line); !strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "SKM_") && t != `extern "C" {` {
			plain.WriteString(noise.ReplaceAllString(line, ""))
		}
	}
	var found []string
	depth, start := 0, 0
	s := plain.String()
	for i, c := range s {
		switch c {
		case '{':
			depth++
		case '}':
			if depth > 0 {
				depth--
			} else {
				start = i + 1 // of extern "C"
			}
		case ';':
			if depth > 0 {
				continue
			}
			d := strings.TrimSpace(spaces.ReplaceAllString(s[start:i], " "))
			start = i + 1
			if !strings.HasPrefix(d, "typedef") && !strings.HasPrefix(d, "enum {") && strings.Contains(d, "(") {
				found = append(found, d)
			}
		}
	}
	return found
}

// ParsePrototype understands what libssl's headers need of C: R name(params) and R (*name(params))(params), where a
// parameter is a type with or without a name, or a pointer to a function.
func ParsePrototype(decl string) (Prototype, error) {
	bad := func() (Prototype, error) { return Prototype{}, fmt.Errorf("prototype not understood: %s", decl) }
	head, rest, ok := cutOpen(decl)
	if !ok {
		return bad()
	}
	var p Prototype
	if inner, isPtr := strings.CutPrefix(rest, "*"); isPtr { // R (*name(params))(params of the result)
		within, after, ok := cutClose(inner)
		if !ok {
			return bad()
		}
		name, params, ok := cutOpen(within)
		if !ok {
			return bad()
		}
		params, tail, ok := cutClose(params)
		if !ok || strings.TrimSpace(tail) != "" {
			return bad()
		}
		_, resultParams, ok := cutOpen(after)
		if !ok {
			return bad()
		}
		resultParams, tail, ok = cutClose(resultParams)
		if !ok || strings.TrimSpace(tail) != "" {
			return bad()
		}
		p.Name = strings.TrimSpace(name)
		result := &Signature{Ret: tidy(head)}
		var err error
		if result.Params, err = parseParams(resultParams); err != nil {
			return bad()
		}
		p.RetFunc = result
		if p.Params, err = parseParams(params); err != nil {
			return bad()
		}
		return p, nil
	}
	params, tail, ok := cutClose(rest)
	if !ok || strings.TrimSpace(tail) != "" {
		return bad()
	}
	p.Ret, p.Name = splitName(head)
	if p.Name == "" || p.Ret == "" {
		return bad()
	}
	var err error
	if p.Params, err = parseParams(params); err != nil {
		return bad()
	}
	return p, nil
}

// cutOpen cuts at the opening parenthesis of a parameter list, skipping those of STACK_OF(X) and LHASH_OF(X).
func cutOpen(s string) (before, after string, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '(' {
			continue
		}
		if b := strings.TrimSpace(s[:i]); strings.HasSuffix(b, "STACK_OF") || strings.HasSuffix(b, "LHASH_OF") {
			i += strings.IndexByte(s[i:], ')')
			continue
		}
		return s[:i], s[i+1:], true
	}
	return "", "", false
}

// cutClose cuts at the parenthesis that closes the one before s.
func cutClose(s string) (inside, after string, ok bool) {
	depth := 0
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return s[:i], s[i+1:], true
			}
			depth--
		}
	}
	return "", "", false
}

// parseParams parses a parameter list without its parentheses. (void) is the empty list.
func parseParams(s string) ([]Param, error) {
	s = strings.TrimSpace(s)
	if s == "void" || s == "" {
		return nil, nil
	}
	var params []Param
	depth, start := 0, 0
	var parts []string
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	parts = append(parts, s[start:])
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "..." {
			return nil, fmt.Errorf("variadic")
		}
		if head, rest, ok := cutOpen(part); ok { // R (*name)(params)
			name, after, ok := cutClose(rest)
			name, isPtr := strings.CutPrefix(strings.TrimSpace(name), "*")
			if !ok || !isPtr {
				return nil, fmt.Errorf("parameter not understood: %s", part)
			}
			_, inner, ok := cutOpen(after)
			if !ok {
				return nil, fmt.Errorf("parameter not understood: %s", part)
			}
			inner, tail, ok := cutClose(inner)
			if !ok || strings.TrimSpace(tail) != "" {
				return nil, fmt.Errorf("parameter not understood: %s", part)
			}
			f := &Signature{Ret: tidy(head)}
			var err error
			if f.Params, err = parseParams(inner); err != nil {
				return nil, err
			}
			params = append(params, Param{Name: strings.TrimSpace(name), Func: f})
			continue
		}
		typ, name := splitName(part)
		params = append(params, Param{Name: name, Type: typ})
	}
	return params, nil
}

// baseTypes are words that end a type and so are never a parameter's name.
var baseTypes = map[string]bool{"int": true, "long": true, "char": true, "short": true, "unsigned": true, "void": true,
	"size_t": true}

// splitName splits "const char *name" in type and name; a type alone has no name.
func splitName(s string) (typ, name string) {
	s = tidy(s)
	i := len(s)
	for i > 0 && (s[i-1] == '_' || s[i-1] >= '0' && s[i-1] <= '9' || s[i-1]|0x20 >= 'a' && s[i-1]|0x20 <= 'z') {
		i--
	}
	name, typ = s[i:], strings.TrimSpace(s[:i])
	if name == "" || typ == "" || typ == "const" || baseTypes[name] {
		return s, ""
	}
	return typ, name
}

// tidy writes a type in one way: no space before or between stars but one before the first.
func tidy(s string) string {
	s = strings.TrimSpace(spaces.ReplaceAllString(s, " "))
	s = regexp.MustCompile(`\s*\*\s*`).ReplaceAllString(s, "*")
	s = regexp.MustCompile(`([^*])\*`).ReplaceAllString(s, "$1 *")
	return s
}

// Key is the signature without parameter names: equal for equal types.
func (s *Signature) Key() string {
	var b strings.Builder
	if s.RetFunc != nil {
		b.WriteString("(" + s.RetFunc.Key() + ")*")
	} else {
		b.WriteString(s.Ret)
	}
	b.WriteString("(")
	for i, p := range s.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Func != nil {
			b.WriteString("(" + p.Func.Key() + ")*")
		} else {
			b.WriteString(p.Type)
		}
	}
	b.WriteString(")")
	return b.String()
}
