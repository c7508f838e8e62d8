package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

func load(t *testing.T) *Input {
	t.Helper()
	in, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestUpToDate makes all files again: what is committed must be what the generator makes.
func TestUpToDate(t *testing.T) {
	in := load(t)
	for path, want := range in.Generate() {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
		} else if string(got) != want {
			t.Errorf("%s is not what gen makes: run go generate ./ossl/capi", path)
		}
	}
	if !maps.Equal(in.Generate(), load(t).Generate()) {
		t.Error("the generator is not deterministic")
	}
	made := in.Generate()
	files, _ := filepath.Glob(filepath.Join(root, "ossl/capi/z*"))
	for _, f := range files {
		if rel, _ := filepath.Rel(root, f); made[rel] == "" {
			t.Errorf("%s starts with z and is not generated", rel)
		}
	}
}

// dynamicSymbols returns name@node of the functions that a library exports.
func dynamicSymbols(t *testing.T, library string) []string {
	t.Helper()
	cmd := exec.Command("nm", "-D", "--defined-only", library)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("nm -D %s: %v %s", library, err, errs.String())
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 3 && f[1] != "A" { // A: the version nodes themselves
			if f[1] != "T" && f[1] != "i" {
				t.Errorf("%s exports %s of type %s: only functions are wanted", library, f[2], f[1])
			}
			names = append(names, strings.Replace(f[2], "@@", "@", 1))
		}
	}
	slices.Sort(names)
	return names
}

// wanted returns name@node of every row of symbols.tsv.
func wanted(in *Input) []string {
	var names []string
	for _, s := range in.Symbols {
		names = append(names, s.Name+"@"+s.Version)
	}
	slices.Sort(names)
	return names
}

// systemLibrary finds OpenSSL's libssl.so.3 as the dynamic linker does.
func systemLibrary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "x.c")
	if err := os.WriteFile(src, []byte("char *SSL_get_version(void *);int main(void){return !SSL_get_version;}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "x")
	if out, err := exec.Command("gcc", "-Wl,--no-as-needed", "-o", exe, src, "-lssl").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	cmd := exec.Command("ldd", exe)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`libssl\.so\.3 => (\S+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("no libssl.so.3 in\n%s", out)
	}
	return string(m[1])
}

// TestInventoryIsOpenSSLs holds the inventory against what the system's libssl exports.
func TestInventoryIsOpenSSLs(t *testing.T) {
	in := load(t)
	if got, want := wanted(in), dynamicSymbols(t, systemLibrary(t)); !slices.Equal(got, want) {
		t.Errorf("symbols.tsv and the system's libssl differ: only ours %v; only OpenSSL's %v", minus(got, want), minus(want, got))
	}
	if len(in.Symbols) != 518 {
		t.Errorf("%d symbols, libssl 3.0 has 518", len(in.Symbols))
	}
}

// TestLibraryExports holds our shared library, when it has been built, against the inventory.
func TestLibraryExports(t *testing.T) {
	library := filepath.Join(root, "build/libssl.so.3")
	if _, err := os.Stat(library); err != nil {
		t.Skip("build/libssl.so.3 has not been built (make lib)")
	}
	if got, want := dynamicSymbols(t, library), wanted(load(t)); !slices.Equal(got, want) {
		t.Errorf("build/libssl.so.3 and symbols.tsv differ: only the library %v; only the inventory %v", minus(got, want),
			minus(want, got))
	}
}

// TestWhereItSaysItIs looks for the code of every symbol where its kind says: an export in Go, or a definition in C.
func TestWhereItSaysItIs(t *testing.T) {
	in := load(t)
	exported, defined, err := in.FindCode(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range in.Symbols {
		_, isGo := exported[s.Name]
		_, isC := defined[s.Name]
		if want := s.Kind == "go"; isGo != want {
			t.Errorf("%s is of kind %s; exported from Go: %v", s.Name, s.Kind, isGo)
		}
		if want := s.Kind == "c"; isC != want {
			t.Errorf("%s is of kind %s; defined in C: %v", s.Name, s.Kind, isC)
		}
	}
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// TestParsePrototype covers the forms that libssl's headers use, and forms that must be refused.
func TestParsePrototype(t *testing.T) {
	for decl, want := range map[string]string{
		"int f(void)":                 "int()",
		"const char *f(const SSL *s)": "const char *(const SSL *)",
		"int f(SSL *, unsigned char **out, const void *, size_t)":            "int(SSL *, unsigned char **, const void *, size_t)",
		"STACK_OF(SSL_CIPHER) *f(const SSL *s, STACK_OF(X509) *c)":           "STACK_OF(SSL_CIPHER) *(const SSL *, STACK_OF(X509) *)",
		"void f(SSL *s, int (*cb)(SSL *, void *), void *arg)":                "void(SSL *, (int(SSL *, void *))*, void *)",
		"void (*f(const SSL *s))(const SSL *ssl, int type, int val)":         "(void(const SSL *, int, int))*(const SSL *)",
		"long f(SSL_CTX *, int, void (*)(void))":                             "long(SSL_CTX *, int, (void())*)",
		"const STACK_OF(SCT) *f(SSL *s)":                                     "const STACK_OF(SCT) *(SSL *)",
		"int (*f(SSL_CTX *ctx))(struct ssl_st *ssl, X509 **x, EVP_PKEY **p)": "(int(struct ssl_st *, X509 **, EVP_PKEY **))*(SSL_CTX *)",
	} {
		p, err := ParsePrototype(decl)
		if err != nil || p.Name != "f" || p.Key() != want {
			t.Errorf("%s: name %q key %q, %v; want %q", decl, p.Name, p.Key(), err, want)
		}
	}
	for _, decl := range []string{"int f", "int f(int, ...)", "int f(void (*cb)", "f(int)", "int f(int) x", "int (*f(int)"} {
		if p, err := ParsePrototype(decl); err == nil {
			t.Errorf("%q was taken as %+v", decl, p)
		}
	}
}

// TestReadSymbolsRefuses gives the inventory's reader rows that must not pass.
func TestReadSymbolsRefuses(t *testing.T) {
	head := strings.Join(columns, "\t") + "\n"
	good := "SSL_read\tOPENSSL_3.0.0\tSSL_read\tio\tstub\tstub\t-1\t\n"
	for what, text := range map[string]string{
		"no head":         good,
		"columns":         head + "SSL_read\tOPENSSL_3.0.0\n",
		"kind":            head + strings.Replace(good, "\tstub\tstub", "\trust\tfull", 1),
		"status":          head + strings.Replace(good, "\tstub\tstub", "\tgo\tstub", 1),
		"full stub":       head + strings.Replace(good, "\tstub\tstub", "\tstub\tfull", 1),
		"topic":           head + strings.Replace(good, "\tio\t", "\tweather\t", 1),
		"refusal unasked": head + strings.Replace(good, "\tstub\tstub", "\tstub\trefused", 1),
		"twice":           head + good + good,
	} {
		path := filepath.Join(t.TempDir(), "symbols.tsv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSymbols(path); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
