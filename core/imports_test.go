package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWhatCoreIsNot holds the engine to its word: no I/O, no clock, no
// goroutines, no unsafe, no C and no other TLS; leaves that know nothing of
// what lies above them.
func TestWhatCoreIsNot(t *testing.T) {
	never := map[string]bool{"C": true, "unsafe": true, "net": true, "os": true, "syscall": true, "crypto/tls": true,
		"io/ioutil": true, "net/http": true, "os/exec": true, "runtime": true, "log": true, "context": true}
	// What a package of the engine may import of this module.
	allowed := map[string][]string{
		"iana":                 {},
		"provider":             {"iana"},
		"provider/stdlib":      {"iana", "provider", "rsapss"},
		"provider/fast":        {"iana", "provider", "provider/stdlib"},
		"provider/transparent": {"iana", "provider"},
		"suite":                {"iana", "provider"},
		"keys":                 {},
		"certcomp":             {"iana"},
		"certcomp/zlib":        {"certcomp", "iana"},
		"certcomp/brotli":      {"certcomp", "iana"},
		"certcomp/zstd":        {"certcomp", "iana"},
		"record":               {"iana"},
		"wire":                 {"iana"},
		"ech":                  {"iana", "provider"},
		"rsapss":               {},
		"dane":                 {"rsapss"},
		"pki":                  {"dane", "rsapss"},
		"verifier":             {".", "dane", "iana", "pki"},
		"ct":                   {"verifier", "wire"},
		".":                    {"certcomp", "ech", "iana", "keys", "provider", "provider/stdlib", "record", "rsapss", "suite", "wire"},
		// The packages that own connections for Go programs do I/O. They lie above
		// the engine, which must not know them.
		"tlsnet":  {".", "iana", "pki", "provider/stdlib", "rsapss", "verifier", "wire"},
		"tlshttp": {".", "tlsnet"},
	}
	above := map[string]bool{"tlsnet": true, "tlshttp": true}
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		pkg := filepath.ToSlash(filepath.Dir(path))
		list, known := allowed[pkg]
		if !known {
			t.Errorf("%s: the rules do not know the package", path)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if never[name] && !mayImport(pkg, name) {
				t.Errorf("%s imports %s", path, name)
			}
			if own, ok := strings.CutPrefix(name, "patina/"); ok {
				fits := false
				for _, a := range list {
					fits = fits || own == "core/"+a || a == "." && own == "core"
				}
				if !fits {
					t.Errorf("%s imports %s", path, name)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%v starts a goroutine", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if above[pkg] {
					break
				}
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" {
					switch n.Sel.Name {
					case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick":
						t.Errorf("%v uses time.%s", fset.Position(n.Pos()), n.Sel.Name)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were looked at", files)
	}
}

// mayImport tells the exceptions for what lies above the engine: sockets and files
// for tlsnet; tlshttp speaks to net/http, in whose types crypto/tls occurs.
func mayImport(pkg, name string) bool {
	switch pkg {
	case "tlsnet":
		return name == "net" || name == "os" || name == "context" || name == "syscall"
	case "tlshttp":
		return name == "net" || name == "context" || name == "net/http" || name == "crypto/tls"
	}
	return false
}
