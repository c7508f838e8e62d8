// Package include_test holds include/openssl against the libssl headers of the system (libssl-dev): a program
// compiled with ours must see exactly what it sees with OpenSSL's.
package include_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// headers are the files of include/openssl. Everything else that applications include is libcrypto's.
var headers = []string{
	"dtls1.h", "prov_ssl.h", "srtp.h", "ssl.h", "ssl2.h", "ssl3.h", "sslerr.h", "sslerr_legacy.h", "tls1.h",
}

// systemDir has OpenSSL's own headers, on every Debian architecture.
const systemDir = "/usr/include/openssl/"

// configurations are the ways in which applications ask for more or less of the API. OPENSSL_API_COMPAT and
// OPENSSL_NO_DEPRECATED: OPENSSL_API_COMPAT(7).
var configurations = map[string][]string{
	"default":          nil,
	"api 1.1.1":        {"-DOPENSSL_API_COMPAT=10101"},
	"api 1.0.2":        {"-DOPENSSL_API_COMPAT=0x10002000L"},
	"no deprecated":    {"-DOPENSSL_API_COMPAT=30000", "-DOPENSSL_NO_DEPRECATED"},
	"without stdio":    {"-DOPENSSL_NO_STDIO"},
	"without sockets":  {"-DOPENSSL_NO_SOCK"},
	"warn when unused": {"-DUNUSEDRESULT_DEBUG"},
}

// extraMacros are the macros that ours define and OpenSSL's do not, with the reason.
var extraMacros = map[string]string{}

// missingMacros are the macros that OpenSSL's define and ours do not, with the reason.
var missingMacros = map[string]string{}

// run executes a tool and returns its standard output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// includeAll writes a source file that includes the named headers.
func includeAll(t *testing.T, name string, files ...string) string {
	t.Helper()
	var b strings.Builder
	for _, h := range files {
		fmt.Fprintf(&b, "#include <openssl/%s>\n", h)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// ourFlags puts our headers before the system's.
func ourFlags(t *testing.T) []string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"-I" + dir}
}

var linemarker = regexp.MustCompile(`^# \d+ "([^"]*)"`)

// ours tells whether a file is one of the headers under test, in either tree.
func underTest(path string) bool {
	return slices.Contains(headers, filepath.Base(path)) && filepath.Base(filepath.Dir(path)) == "openssl"
}

// macros returns name(arguments) -> replacement, white space removed, of what the headers under test define.
func macros(t *testing.T, src string, flags []string) map[string]string {
	t.Helper()
	out := run(t, "gcc", slices.Concat([]string{"-E", "-dD"}, flags, []string{src})...)
	define := regexp.MustCompile(`^#define (\w+(?:\([^)]*\))?)(?: (.*))?$`)
	undef := regexp.MustCompile(`^#undef (\w+)`)
	found := map[string]string{}
	inside := false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if m := linemarker.FindStringSubmatch(line); m != nil {
			inside = underTest(m[1])
			continue
		}
		if !inside {
			continue
		}
		if m := define.FindStringSubmatch(line); m != nil {
			found[m[1]] = strings.Join(strings.Fields(m[2]), "")
		} else if m := undef.FindStringSubmatch(line); m != nil {
			maps.DeleteFunc(found, func(k, _ string) bool { return k == m[1] || strings.HasPrefix(k, m[1]+"(") })
		}
	}
	return found
}

// declarations returns the declarations that the headers under test make, one per element, white space normalised.
func declarations(t *testing.T, src string, flags []string) []string {
	t.Helper()
	out := run(t, "gcc", slices.Concat([]string{"-E"}, flags, []string{src})...)
	var text strings.Builder
	inside := false
	for line := range strings.Lines(out) {
		if m := linemarker.FindStringSubmatch(line); m != nil {
			inside = underTest(m[1])
		} else if inside && !strings.HasPrefix(line, "#") {
			text.WriteString(line)
		}
	}
	var all []string
	depth, start := 0, 0
	s := text.String()
	add := func(d string) {
		if d = strings.Join(strings.Fields(d), " "); d != "" {
			all = append(all, d)
		}
	}
	for i, c := range s {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 && !strings.Contains(s[start:i], "typedef") && strings.Contains(s[start:i], "inline") {
				start = i + 1 // a function body: safestack's inlines, compared as macros
			}
		case ';':
			if depth == 0 {
				add(s[start:i])
				start = i + 1
			}
		}
	}
	add(s[start:])
	return all
}

var (
	attribute  = regexp.MustCompile(`__attribute__ ?\(\(.*?\)\) `)
	typedefPtr = regexp.MustCompile(`\(\*(\w+)\) ?\(`)
	lastWord   = regexp.MustCompile(`(\w+)$`)
	function   = regexp.MustCompile(`^(?:extern )?[\w\s*]+?(?:\(\*)?\b(\w+)\(`)
	enumBody   = regexp.MustCompile(`enum \{([^}]*)\}`)
)

// names sorts declarations into the names of functions, types and enumerators.
func names(t *testing.T, decls []string) (functions, types, enumerators []string) {
	t.Helper()
	for _, d := range decls {
		d = strings.TrimSpace(strings.ReplaceAll(attribute.ReplaceAllString(d, ""), "extern ", ""))
		if m := enumBody.FindStringSubmatch(d); m != nil {
			for e := range strings.SplitSeq(m[1], ",") {
				enumerators = append(enumerators, strings.Fields(e)[0])
			}
		}
		switch {
		case strings.HasPrefix(d, "typedef"):
			if m := typedefPtr.FindStringSubmatch(d); m != nil {
				types = append(types, m[1])
			} else if m := lastWord.FindStringSubmatch(d); m != nil {
				types = append(types, m[1])
			} else {
				t.Errorf("typedef not understood: %s", d)
			}
		case strings.HasPrefix(d, "enum {"):
		case strings.HasPrefix(d, "struct") && !strings.Contains(d, "("):
			types = append(types, strings.Join(strings.Fields(d)[:2], " "))
		case strings.HasPrefix(d, "static"):
		default:
			m := function.FindStringSubmatch(d)
			if m == nil {
				t.Errorf("declaration not understood: %s", d)
				continue
			}
			functions = append(functions, m[1])
		}
	}
	for _, l := range []*[]string{&functions, &types, &enumerators} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	return functions, types, enumerators
}

// difference reports what one map has and the other has not, or has differently.
func difference(t *testing.T, what string, ours, theirs map[string]string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(theirs)) {
		if v, ok := ours[k]; !ok {
			if missingMacros[k] == "" {
				t.Errorf("%s %s is missing (OpenSSL: %s)", what, k, theirs[k])
			}
		} else if v != theirs[k] {
			t.Errorf("%s %s is %q, OpenSSL's is %q", what, k, v, theirs[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(ours)) {
		if _, ok := theirs[k]; !ok && extraMacros[k] == "" {
			t.Errorf("%s %s = %q is not in OpenSSL's headers", what, k, ours[k])
		}
	}
}

// describe compiles and runs a C++ program that prints the mangled type (parameters, const and all) of every name, the
// size of every complete type and the value of every enumerator and of every macro that is a constant.
func describe(t *testing.T, flags, functions, types, enumerators, constants []string) map[string]string {
	t.Helper()
	var b strings.Builder
	for _, h := range headers {
		fmt.Fprintf(&b, "#include <openssl/%s>\n", h)
	}
	b.WriteString(`
#include <cstdio>
#include <iostream>
#include <type_traits>
#include <typeinfo>
template <class T> void show(const char *n, T v) { std::cout << n << "\t" << typeid(T).name() << " " << v << "\n"; }
template <class T> struct complete {
    template <class U> static auto f(int) -> decltype(sizeof(U), std::true_type());
    template <class U> static std::false_type f(...);
    static const bool value = decltype(f<T>(0))::value;
};
template <class T, bool C> struct size { static size_t of() { return sizeof(T); } };
template <class T> struct size<T, false> { static size_t of() { return 0; } };
template <class T> void type(const char *n)
{
    std::cout << n << "\t" << typeid(T *).name() << " size " << size<T, complete<T>::value>::of() << "\n";
}
int main()
{
`)
	for _, f := range functions {
		fmt.Fprintf(&b, "std::cout << \"%s\\t\" << typeid(decltype(%s)).name() << \"\\n\";\n", f, f)
	}
	for _, n := range types {
		fmt.Fprintf(&b, "type<%s>(\"%s\");\n", n, n)
	}
	for _, n := range slices.Concat(enumerators, constants) {
		fmt.Fprintf(&b, "show(\"%s\", %s);\n", n, n)
	}
	b.WriteString("}\n")
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "describe.cc"), filepath.Join(dir, "describe")
	if err := os.WriteFile(src, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "g++", slices.Concat([]string{"-std=c++14", "-O0", "-w", "-Wl,--unresolved-symbols=ignore-all", "-o", exe}, flags,
		[]string{src})...)
	table := map[string]string{}
	for line := range strings.Lines(run(t, exe)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "\t")
		table[k] = v
	}
	if want := len(functions) + len(types) + len(enumerators) + len(constants); len(table) != want {
		t.Fatalf("described %d names, want %d", len(table), want)
	}
	return table
}

// constantNames picks the macros without arguments whose replacement is a constant expression or a string.
func constantNames(defined map[string]string) []string {
	constant := regexp.MustCompile(`^[\w()|<>*+\-"':\\ .!]+$`)
	var picked []string
	for n, v := range defined {
		switch {
		case v == "", strings.Contains(n, "("), !constant.MatchString(v):
		case strings.Contains(v, "OSSL_"), regexp.MustCompile(`^(SSL|TLS)_?[\w]*[a-z]`).MatchString(v) && !strings.HasPrefix(v, "SSL_OP"):
		default:
			picked = append(picked, n)
		}
	}
	slices.Sort(picked)
	return picked
}

// TestSameAsOpenSSL compares macros, functions, types and enumerators, both ways.
func TestSameAsOpenSSL(t *testing.T) {
	for name, flags := range configurations {
		t.Run(name, func(t *testing.T) {
			src := includeAll(t, "all.c", headers...)
			our, their := slices.Concat(flags, ourFlags(t)), flags
			ourMacros, theirMacros := macros(t, src, our), macros(t, src, their)
			if len(theirMacros) < 2000 {
				t.Fatalf("only %d macros found in %s", len(theirMacros), systemDir)
			}
			difference(t, "macro", ourMacros, theirMacros)

			ourDecls, theirDecls := declarations(t, src, our), declarations(t, src, their)
			theirAttributes := attributes(t, theirDecls)
			if name == "warn when unused" && len(theirAttributes) < 200 {
				t.Fatalf("only %d functions with attributes", len(theirAttributes))
			}
			difference(t, "attributes of", attributes(t, ourDecls), theirAttributes)
			of, ot, oe := names(t, ourDecls)
			tf, tt, te := names(t, theirDecls)
			for _, l := range []struct {
				what         string
				ours, theirs []string
			}{{"function", of, tf}, {"type", ot, tt}, {"enumerator", oe, te}} {
				if !slices.Equal(l.ours, l.theirs) {
					t.Errorf("%ss differ: only ours %v; only OpenSSL's %v", l.what, minus(l.ours, l.theirs), minus(l.theirs, l.ours))
				}
			}
			if t.Failed() {
				return
			}
			constants := constantNames(theirMacros)
			difference(t, "meaning of", describe(t, our, of, ot, oe, constants), describe(t, their, of, ot, oe, constants))
			t.Logf("%d macros (%d of them constants), %d functions, %d types, %d enumerators", len(ourMacros), len(constants),
				len(of), len(ot), len(oe))
		})
	}
}

// attributes returns function -> its attributes (deprecated, unused result), white space removed.
func attributes(t *testing.T, decls []string) map[string]string {
	t.Helper()
	table := map[string]string{}
	for _, d := range decls {
		if strings.HasPrefix(d, "static") || strings.Contains(d, "typedef") {
			continue
		}
		if all := attribute.FindAllString(d, -1); all != nil {
			f, _, _ := names(t, []string{d})
			table[strings.Join(f, " ")] = strings.Join(strings.Fields(strings.Join(all, "")), "")
		}
	}
	return table
}

// minus returns what is in a and not in b.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// TestEachAlone compiles each header alone, as C99 and as C++, without a warning.
func TestEachAlone(t *testing.T) {
	for _, h := range headers {
		flags := slices.Concat([]string{"-fsyntax-only", "-Wall", "-Wextra", "-Werror"}, ourFlags(t))
		run(t, "gcc", slices.Concat(flags, []string{"-std=c99", includeAll(t, "one.c", h)})...)
		run(t, "g++", slices.Concat(flags, []string{"-std=c++11", includeAll(t, "one.cc", h)})...)
	}
}

// TestNoOthers holds the list of headers against the directory.
func TestNoOthers(t *testing.T) {
	files, err := filepath.Glob("openssl/*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range files {
		found = append(found, filepath.Base(f))
	}
	if !slices.Equal(found, headers) {
		t.Errorf("include/openssl holds %v, want %v", found, headers)
	}
}
