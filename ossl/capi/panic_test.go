package capi

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// entries are the names under which this package's sources let an entry panic.
func entries(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	named := regexp.MustCompile(`(?m)^[^/\n]*(?:begin\(|with(?:Ctx|SSL|Session)\([^"\n]*)"(\w+)"`)
	operation := regexp.MustCompile(`ossl\.Op\w+: "(\w+)"`)
	var names []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range []*regexp.Regexp{named, operation} {
			for _, m := range re.FindAllSubmatch(src, -1) {
				names = append(names, string(m[1]))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestEveryExportCanPanic: every Go function that C calls begins with a guard and
// can be made to panic.
func TestEveryExportCanPanic(t *testing.T) {
	export := regexp.MustCompile(`(?ms)^//export (\w+)\n(.*?)^}`)
	files, _ := filepath.Glob("*.go")
	n := 0
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range export.FindAllSubmatch(src, -1) {
			n++
			body := string(m[2])
			with := strings.Contains(body, "withSSL(") || strings.Contains(body, "withCtx(") || strings.Contains(body, "withSession(")
			if !with && (!strings.Contains(body, "defer ") || !strings.Contains(body, "begin(")) {
				t.Errorf("%s in %s has no guard, or no begin", m[1], f)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d exports found", n)
	}
}

// TestPanicInEveryExport makes each entry into Go panic in turn, under a program
// that calls them all: it lives on, and finds the panic on the error queue.
func TestPanicInEveryExport(t *testing.T) {
	dir := t.TempDir()
	lib, program := filepath.Join(dir, "libssl.so.3"), filepath.Join(dir, "panic")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run("go", "run", "-trimpath", "./guest/mklib", "-main", "./cmd/libssl", "-o", lib, "-work", filepath.Join(dir, "work"),
		"-map", "ossl/capi/libssl.map", "-tags", "patina_panic")
	run("gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-Iinclude", "-o", program, "ossl/capi/testdata/panic.c", "-lssl", "-lcrypto")

	play := func(name string) (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+dir, "PATINA_PANIC="+name)
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	if out, err := play("nothing"); err != nil || out != "not seen" {
		t.Fatalf("without a panic: %v %s", err, out)
	}
	names := entries(t)
	for _, name := range names {
		out, err := play(name)
		switch {
		case err != nil:
			t.Errorf("%s: the program died: %v\n%s", name, err, out)
		case name == "verify_store_new", name == "verify_store_places", name == "verify_lists_add":
			// Without a place for the store's certificates, or its directories, or its lists, libcrypto verifies, and what it has accepted clears the queue.
		case out != "seen":
			t.Errorf("%s: the panic was not met: %s", name, out)
		}
	}
	t.Logf("%d entries, each with a panic", len(names))
}
