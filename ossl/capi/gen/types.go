package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// typeNames are the typedefs of zconsttypes.h. cgo prints a typedef's name in its export header, so a Go signature
// that uses them has exactly the header's type.
type typeNames struct {
	consts    map[string]string // pointee ("unsigned char") -> name of its const form ("cuchar")
	stacks    map[string]string // "STACK_OF(X509)" -> "STACK_OF_X509"
	functions map[string]string // Signature.Key() -> name
	texts     map[string]string // name of a function type -> typedef
}

// shortNames are cgo's own short forms of C's basic types.
var shortNames = map[string]string{
	"unsigned char": "uchar", "unsigned int": "uint", "unsigned": "uint", "unsigned long": "ulong",
	"unsigned short": "ushort",
}

var container = regexp.MustCompile(`\b(STACK_OF|LHASH_OF)\((\w+)\)`)

// identifier makes one word of a type.
func identifier(typ string) string {
	if s, ok := shortNames[typ]; ok {
		return s
	}
	return strings.ReplaceAll(container.ReplaceAllString(typ, "${1}_$2"), " ", "_")
}

// collectTypes finds the types that need a name, in all prototypes.
func collectTypes(in *Input) typeNames {
	t := typeNames{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	var visit func(owner string, s *Signature)
	plain := func(typ string) {
		if m := container.FindString(typ); m != "" {
			t.stacks[m] = identifier(m)
		}
		if rest, ok := strings.CutPrefix(typ, "const "); ok && strings.Contains(rest, "*") {
			base, _, _ := strings.Cut(rest, " *")
			t.consts[base] = "c" + identifier(base)
		}
	}
	function := func(owner string, f *Signature) {
		key := f.Key()
		if _, known := t.functions[key]; known {
			return
		}
		name := "fn_" + strings.TrimPrefix(strings.TrimPrefix(owner, "SSL_"), "CTX_")
		name = strings.Replace(strings.Replace(name, "get_", "", 1), "set_", "", 1)
		t.functions[key] = name
		t.texts[name] = "typedef " + declare(f, "(*"+name+")") + ";"
	}
	visit = func(owner string, s *Signature) {
		if s.RetFunc != nil {
			function(owner, s.RetFunc)
		} else {
			plain(s.Ret)
		}
		for _, p := range s.Params {
			if p.Func != nil {
				function(owner, p.Func)
			} else {
				plain(p.Type)
			}
		}
	}
	for _, s := range in.Symbols {
		p := in.Prototypes[s.Name]
		visit(s.Name, &p.Signature)
	}
	return t
}

// declare writes a declaration of something with this signature, parameters unnamed.
func declare(s *Signature, name string) string {
	var args []string
	for _, p := range s.Params {
		if p.Func != nil {
			args = append(args, declare(p.Func, "(*)"))
		} else {
			args = append(args, p.Type)
		}
	}
	if args == nil {
		args = []string{"void"}
	}
	return join(s.Ret, name) + "(" + strings.Join(args, ", ") + ")"
}

// join puts a name behind a type.
func join(typ, name string) string {
	if strings.HasSuffix(typ, "*") {
		return typ + name
	}
	return typ + " " + name
}

// header is zconsttypes.h.
func (t typeNames) header() string {
	var b strings.Builder
	b.WriteString(generated + `
/*
 * Names for types that cgo cannot spell, so that the Go exports have exactly the types of the headers: c before a name
 * is its const form, fn_ a pointer to a function.
 */
#ifndef PATINA_ZCONSTTYPES_H
#define PATINA_ZCONSTTYPES_H

#include <openssl/ssl.h>

`)
	for _, k := range slices.Sorted(maps.Keys(t.stacks)) {
		fmt.Fprintf(&b, "typedef %s %s;\n", k, t.stacks[k])
	}
	b.WriteString("\n")
	for _, k := range slices.Sorted(maps.Keys(t.consts)) {
		fmt.Fprintf(&b, "typedef const %s %s;\n", k, t.consts[k])
	}
	b.WriteString("\n")
	for _, k := range slices.Sorted(maps.Keys(t.texts)) {
		b.WriteString(t.texts[k] + "\n")
	}
	b.WriteString("\n#endif\n")
	return b.String()
}

// goType is the cgo spelling of a C type.
func (t typeNames) goType(typ string) string {
	if typ == "void" {
		return ""
	}
	base, stars := typ, 0
	for strings.HasSuffix(base, "*") {
		base = strings.TrimSuffix(base, "*")
		stars++
	}
	base = strings.TrimSpace(base)
	rest, isConst := strings.CutPrefix(base, "const ")
	if isConst && stars == 0 {
		isConst = false // a const parameter is the callee's own affair
	}
	if rest == "void" && !isConst {
		return strings.Repeat("*", stars-1) + "unsafe.Pointer"
	}
	name := identifier(rest)
	if isConst {
		name = t.consts[rest]
	}
	return strings.Repeat("*", stars) + "C." + name
}

// GoExport prints the Go function that a symbol of kind go wants.
func (in *Input) GoExport(p Prototype) string {
	var args []string
	for i, a := range p.Params {
		name := a.Name
		if name == "" {
			name = fmt.Sprintf("a%d", i)
		}
		switch name {
		case "type", "func", "range", "len":
			name += "_"
		}
		typ := in.types.goType(a.Type)
		if a.Func != nil {
			typ = "C." + in.types.functions[a.Func.Key()]
		}
		args = append(args, name+" "+typ)
	}
	ret := in.types.goType(p.Ret)
	if p.RetFunc != nil {
		ret = "C." + in.types.functions[p.RetFunc.Key()]
	}
	if ret != "" {
		ret = " " + ret
	}
	return fmt.Sprintf("//export patina_%s\nfunc patina_%s(%s)%s {\n}\n\n", p.Name, p.Name, strings.Join(args, ", "), ret)
}
