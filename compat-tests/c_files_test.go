package compat

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cFunction is a function of the membrane's.
type cFunction struct{ file, name string }

// cFunctions reads the functions of the files in ossl/capi out of a library's debug
// information, by their offset.
func cFunctions(t *testing.T, lib string) map[uint64]cFunction {
	t.Helper()
	f, err := elf.Open(lib)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint64]cFunction{}
	file := ""
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			break
		}
		switch e.Tag {
		case dwarf.TagCompileUnit:
			file, _ = e.Val(dwarf.AttrName).(string)
			if file = filepath.Base(file); !strings.HasSuffix(file, ".c") {
				file = ""
			}
			if _, err := os.Stat(filepath.Join("../ossl/capi", file)); err != nil {
				file = ""
			}
		case dwarf.TagSubprogram:
			at, placed := e.Val(dwarf.AttrLowpc).(uint64)
			name, _ := e.Val(dwarf.AttrName).(string)
			if origin, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok && name == "" {
				o := d.Reader()
				o.Seek(origin)
				if e, err := o.Next(); err == nil && e != nil {
					name, _ = e.Val(dwarf.AttrName).(string)
				}
			}
			if file != "" && placed && name != "" {
				all[at] = cFunction{file, name}
			}
		}
	}
	return all
}

// TestCFiles tells which of the membrane's C files, and how many of their functions,
// the topics enter, and so what the tools that topics are run under look at: memcheck
// and the address sanitizer at all, the thread sanitizer at those with threads. Every
// file must be entered. `go test -tool functions` runs it.
func TestCFiles(t *testing.T) {
	if *flagTool != ToolFunctions {
		t.Skip("builds a library of its own and runs all topics: with -tool functions only")
	}
	work := t.TempDir()
	if err := WriteFixtures(work); err != nil {
		t.Fatal(err)
	}
	topics, err := Topics("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Compiler{Out: filepath.Join(work, "bin"), Jobs: 2}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	hook := filepath.Join(work, "entered.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", hook, "testdata/entered.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, ours := sides(t, work)
	if !ours.Chosen {
		t.Skip("both sides are the system's library")
	}
	functions := cFunctions(t, ours.Library)
	entered := map[cFunction][]string{} // the topics
	for _, topic := range topics {
		told := filepath.Join(work, topic.Name)
		cmd := exec.Command(topic.Binary)
		cmd.Dir = t.TempDir()
		cmd.Env = append(ours.environment(filepath.Join(work, "maps")), "LD_PRELOAD="+hook, "ENTERED="+told, "KIT_CASE_SECONDS=300")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", topic.Name, err, strings.Join(tail(string(out), 5), "\n"))
		}
		text, err := os.ReadFile(told)
		if err != nil {
			t.Errorf("%s tells nothing: %v", topic.Name, err)
		}
		seen := map[cFunction]bool{}
		for _, line := range strings.Fields(string(text)) {
			at, err := strconv.ParseUint(line, 16, 64)
			if f, ok := functions[at]; err == nil && ok && !seen[f] {
				seen[f] = true
				entered[f] = append(entered[f], topic.Name)
			}
		}
	}

	type row struct {
		all, entered, threads int
		topics                map[string]int
		never                 []string
	}
	rows := map[string]*row{}
	for _, f := range functions {
		r := rows[f.file]
		if r == nil {
			r = &row{topics: map[string]int{}}
			rows[f.file] = r
		}
		r.all++
		if entered[f] == nil {
			r.never = append(r.never, f.name)
			continue
		}
		r.entered++
		if slices.ContainsFunc(entered[f], func(name string) bool { return strings.HasPrefix(name, "threads") }) {
			r.threads++
		}
		for _, name := range entered[f] {
			r.topics[name]++
		}
	}
	fmt.Printf("%-22s %9s %9s  %s\n", "C file", "memcheck,", "tsan", "topics that enter most of its functions; functions that none enters")
	fmt.Printf("%-22s %9s\n", "", "asan")
	for _, file := range slices.Sorted(maps.Keys(rows)) {
		r := rows[file]
		most := slices.SortedFunc(maps.Keys(r.topics), func(a, b string) int {
			if d := r.topics[b] - r.topics[a]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
		never := ""
		if slices.Sort(r.never); len(r.never) > 0 {
			never = "; not " + strings.Join(r.never, ", ")
		}
		if len(never) > 300 {
			never = fmt.Sprintf("; not %d", len(r.never))
		}
		fmt.Printf("%-22s %4d/%-4d %4d/%-4d  %s%s\n", file, r.entered, r.all, r.threads, r.all, strings.Join(most[:min(3, len(most))], " "), never)
		if r.entered == 0 {
			t.Errorf("%s: no topic enters it", file)
		}
	}
	files, err := filepath.Glob("../ossl/capi/*_c.c")
	if err != nil || len(files) < 50 {
		t.Fatal(err, len(files))
	}
	for _, f := range files {
		if f == "../ossl/capi/cipher_known_c.c" {
			continue // a table
		}
		if rows[filepath.Base(f)] == nil {
			t.Errorf("%s: nothing of it in the library", f)
		}
	}
}
