package compat

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	flagTopic   = flag.String("topic", "", "run this topic only")
	flagCase    = flag.String("case", "", "run this case only")
	flagTool    = flag.String("tool", "", "run programs under valgrind, asan or tsan; functions: count what is entered (TestCFiles)")
	flagLoad    = flag.String("load", ByPath, "how our library is chosen: path or preload")
	flagHeaders = flag.String("headers", "system", "headers the programs are compiled with: system or ours")
)

// ourLibrary is the library under test: PATINA_LIB, or what make lib builds.
// PATINA_LIB=system puts the system's library on both sides.
func ourLibrary(t *testing.T) string {
	t.Helper()
	switch lib := os.Getenv("PATINA_LIB"); lib {
	case "system":
		return ""
	case "":
		if flags := sanitizer[*flagTool]; flags != nil {
			return instrumented(t, *flagTool, flags)
		}
		out, err := exec.Command("make", "-C", "..", "lib").CombinedOutput()
		if err != nil {
			t.Fatalf("make lib: %v\n%s", err, out)
		}
		path, err := filepath.Abs("../build/libssl.so.3")
		if err != nil {
			t.Fatal(err)
		}
		return path
	default:
		path, err := filepath.Abs(lib)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// sanitizer is what compiler and linker are told for a tool, for the programs and for
// the C files of our library.
var sanitizer = map[string][]string{ToolTsan: tsanFlags, ToolAsan: asanFlags, ToolFunctions: {"-finstrument-functions"}}

// instrumented is our library with its C files compiled with these flags more.
func instrumented(t *testing.T, name string, flags []string) string {
	t.Helper()
	lib, err := filepath.Abs(filepath.Join("../build", name, "libssl.so.3"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(lib), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "-trimpath", "./guest/mklib", "-main", "./cmd/libssl", "-o", lib, "-work", filepath.Join("build/work", name),
		"-map", "ossl/capi/libssl.map", "-cflags", "-O1 -g "+strings.Join(flags, " "), "-ldflags", flags[0])
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mklib: %v\n%s", err, out)
	}
	return lib
}

func sides(t *testing.T, files string) (system, ours Side) {
	t.Helper()
	path, err := SystemLibrary()
	if err != nil {
		t.Fatal(err)
	}
	suppress, err := filepath.Abs("valgrind.supp")
	if err != nil {
		t.Fatal(err)
	}
	system = Side{Name: "system", Library: path, Load: *flagLoad, Tool: *flagTool, Files: files, Suppress: suppress}
	ours = system
	ours.Name = "ours"
	if lib := ourLibrary(t); lib != "" {
		ours.Library, ours.Chosen = lib, true
	}
	return system, ours
}

// TestTopics compares all topics. Each result is a line; the diffs follow with the failing subtests.
func TestTopics(t *testing.T) {
	topics, err := Topics("c")
	if err != nil {
		t.Fatal(err)
	}
	if *flagTopic != "" {
		var one []Topic
		for _, topic := range topics {
			if topic.Name == *flagTopic {
				one = append(one, topic)
			}
		}
		if topics = one; len(topics) == 0 {
			t.Fatalf("no topic %s", *flagTopic)
		}
	}
	work := t.TempDir()
	files := filepath.Join(work, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFixtures(files); err != nil {
		t.Fatal(err)
	}
	compiler := Compiler{Out: filepath.Join(work, "bin"), Asan: *flagTool == ToolAsan, Tsan: *flagTool == ToolTsan, Jobs: 2}
	if *flagHeaders == "ours" {
		compiler.Include = []string{"../include"}
	}
	if err := compiler.Compile(topics); err != nil {
		t.Fatal(err)
	}
	system, ours := sides(t, files)
	rows, err := ReadDifferences("differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	open, err := ReadOpen("open.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var only []string
	if *flagCase != "" {
		only = []string{*flagCase}
	}

	results := make([]Result, len(topics))
	var lines sync.Mutex
	t.Run("topic", func(t *testing.T) {
		for i, topic := range topics {
			t.Run(topic.Name, func(t *testing.T) {
				t.Parallel()
				want, err := system.Run(topic.Binary, only...)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ours.Run(topic.Binary, only...)
				if err != nil {
					t.Fatal(err)
				}
				lines.Lock()
				defer lines.Unlock()
				results[i] = Compare(topic.Name, want, got, rows, open)
				if !results[i].Pass() {
					t.Errorf("%s\n%s", results[i], results[i].Diff)
				}
			})
		}
	})
	for i, r := range results {
		if r.Topic == "" {
			r.Topic = topics[i].Name
		}
		fmt.Println(r)
	}
	for _, row := range open {
		if row.Used {
			fmt.Printf("open: %s/%s: %s\n", row.Topic, row.Case, row.Reason)
		}
	}
	if *flagTopic == "" && *flagCase == "" && ours.Chosen {
		for _, row := range open {
			if !row.Used {
				t.Errorf("open.tsv: %s/%s does not differ in this way any more", row.Topic, row.Case)
			}
		}
		for _, row := range rows {
			if !row.Used {
				t.Errorf("differences.tsv: no longer seen: %s/%s: %q, %q", row.Topic, row.Case, row.System, row.Ours)
			}
		}
	}
}
