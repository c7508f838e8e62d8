// gen makes what follows from ossl/capi/symbols.tsv and the prototypes in include/openssl. `go generate ./ossl/capi`
// runs it; its output depends on nothing else and is committed:
//
//	ossl/capi/zexports.c      for kind go: the C function that enters Go, and a check of Go's signature against the header's
//	ossl/capi/zstubs.c        for kind stub: the C function that fails, or does nothing by design
//	ossl/capi/zconsttypes.h   names for the types that cgo cannot spell: const, STACK_OF, pointers to functions
//	ossl/capi/zreasons.c      the texts of the error reasons (package ossl has them), for libcrypto's tables
//	ossl/capi/zciphers.c      the cipher suites and groups of package ossl, as C objects
//	ossl/capi/libssl.map      the version script of the shared library
//	docs/compatibility.md     the compatibility matrix
//
// `go run ./ossl/capi/gen -go SSL_read SSL_write` prints the Go exports that the named symbols want;
// `go run ./ossl/capi/gen -sync` first sets the kind of each symbol in symbols.tsv to where its code is now.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	root := flag.String("root", "", "the repository (default: found from the current directory)")
	skeleton := flag.Bool("go", false, "print Go exports for the symbols named as arguments")
	sync := flag.Bool("sync", false, "first set each symbol's kind from the code")
	flag.Parse()
	if *root == "" {
		var err error
		if *root, err = findRoot(); err != nil {
			log.Fatal(err)
		}
	}
	in, err := Load(*root)
	if err != nil {
		log.Fatal(err)
	}
	if *skeleton {
		for _, name := range flag.Args() {
			p, ok := in.Prototypes[name]
			if !ok {
				log.Fatalf("no prototype of %s", name)
			}
			fmt.Print(in.GoExport(p))
		}
		return
	}
	if *sync {
		changed, err := in.Sync(*root)
		if err != nil {
			log.Fatal(err)
		}
		if err := WriteSymbols(filepath.Join(*root, "ossl/capi/symbols.tsv"), in.Symbols); err != nil {
			log.Fatal(err)
		}
		for _, line := range changed {
			log.Print(line)
		}
	}
	for path, text := range in.Generate() {
		path = filepath.Join(*root, path)
		if old, err := os.ReadFile(path); err == nil && string(old) == text {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// findRoot goes up from the current directory to the one that holds go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("not inside the repository")
		}
		dir = parent
	}
}

// Input is what everything is made from.
type Input struct {
	Symbols    []Symbol
	Prototypes map[string]Prototype
	types      typeNames
}

// Load reads the inventory and the headers and holds them against each other.
func Load(root string) (*Input, error) {
	symbols, err := ReadSymbols(filepath.Join(root, "ossl/capi/symbols.tsv"))
	if err != nil {
		return nil, err
	}
	prototypes, err := ParseHeaders(filepath.Join(root, "include/openssl"))
	if err != nil {
		return nil, err
	}
	in := &Input{Symbols: symbols, Prototypes: prototypes}
	known := map[string]bool{}
	for _, s := range symbols {
		known[s.Name] = true
		if _, ok := prototypes[s.Name]; !ok {
			return nil, fmt.Errorf("symbols.tsv: %s has no prototype in include/openssl", s.Name)
		}
	}
	for name, p := range prototypes {
		if !known[name] {
			return nil, fmt.Errorf("%s: %s is not in symbols.tsv", p.Header, name)
		}
	}
	in.types = collectTypes(in)
	return in, nil
}

// Generate returns the contents of all files, by path from the root.
func (in *Input) Generate() map[string]string {
	return map[string]string{
		"ossl/capi/zexports.c":    in.exports(),
		"ossl/capi/zstubs.c":      in.stubs(),
		"ossl/capi/zconsttypes.h": in.types.header(),
		"ossl/capi/zreasons.c":    reasons(),
		"ossl/capi/zciphers.c":    ciphers(),
		"ossl/capi/libssl.map":    in.versionScript(),
		"docs/compatibility.md":   in.matrix(),
	}
}
