package compat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program compiles a topic made up for a test.
func program(t *testing.T, body string) Topic {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "made.c")
	if err := os.WriteFile(source, []byte("#include \"kit.h\"\n#include <signal.h>\n#include <unistd.h>\n"+body), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kit.c", "kit.h"} {
		text, err := os.ReadFile(filepath.Join("c", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	topics, err := Topics(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(topics) != 1 || topics[0].Name != "made" {
		t.Fatalf("topics %v", topics)
	}
	if err := (Compiler{Out: filepath.Join(dir, "bin")}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	return topics[0]
}

func systemSide(t *testing.T) Side {
	t.Helper()
	lib, err := SystemLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return Side{Name: "system", Library: lib}
}

const threeCases = `
static void first(void) { kit_say("one"); kit_say("two"); }
static void second(void) { kit_say("before"); %s }
static void third(void) { kit_say("end"); }
static const kit_case cases[] = { CASE(first), CASE(second), CASE(third) };
KIT_MAIN(cases)
`

func TestRunGoesOnBehindADeath(t *testing.T) {
	topic := program(t, strings.Replace(threeCases, "%s", "kill(getpid(), SIGSEGV);", 1))
	cases, err := systemSide(t).Run(topic.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 3 || cases[1].Name != "second" || cases[2].Lines[0] != "  end" {
		t.Fatalf("cases %v", cases)
	}
	if last := cases[1].Lines[len(cases[1].Lines)-1]; last != "  DIED: signal: segmentation fault" {
		t.Errorf("the dead case ends with %q", last)
	}
	// A program that dies on both sides has shown nothing: that is no pass.
	if r := Compare("made", cases, cases, nil, nil); r.Pass() || r.Same != 2 {
		t.Errorf("%v\n%s", r, r.Diff)
	}
}

func TestRunEndsACaseThatHangs(t *testing.T) {
	topic := program(t, strings.Replace(threeCases, "%s", "alarm(1); for (;;) pause();", 1))
	cases, err := systemSide(t).Run(topic.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 3 || cases[1].Lines[1] != "  DIED: time limit of the case" {
		t.Fatalf("cases %v", cases)
	}
}

func TestRunOnlyNamedCases(t *testing.T) {
	topic := program(t, strings.Replace(threeCases, "%s", "", 1))
	cases, err := systemSide(t).Run(topic.Binary, "third")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 1 || cases[0].Name != "third" {
		t.Fatalf("cases %v", cases)
	}
}

func TestRunWantsTheRightLibrary(t *testing.T) {
	topic := program(t, strings.Replace(threeCases, "%s", "", 1))
	side := systemSide(t)
	// A copy of the library elsewhere is another library; without the environment that chooses it, it is not the one mapped.
	text, err := os.ReadFile(side.Library)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "libssl.so.3")
	if err := os.WriteFile(copied, text, 0o700); err != nil {
		t.Fatal(err)
	}
	side.Library = copied
	if _, err := side.Run(topic.Binary); err == nil || !strings.Contains(err.Error(), "wrong libssl") {
		t.Errorf("a run on another library than the wanted: %v", err)
	}
	for _, load := range []string{ByPath, ByPreload} {
		side.Chosen, side.Load = true, load
		if _, err := side.Run(topic.Binary); err != nil {
			t.Errorf("%s: %v", load, err)
		}
	}
}

func TestFailedPreparationIsNoPass(t *testing.T) {
	topic := program(t, strings.Replace(threeCases, "%s", "MUST(1 == 2);", 1))
	cases, err := systemSide(t).Run(topic.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if r := Compare("made", cases, cases, nil, nil); r.Pass() || r.Same != 2 || r.Cases != 3 {
		t.Errorf("%v", r)
	}
}

func TestCompare(t *testing.T) {
	system := []Case{{"a", []string{"  one", "  two", "  three"}}, {"b", []string{"  x"}}}
	ours := []Case{{"a", []string{"  one", "  TWO", "  three"}}, {"b", []string{"  x"}}}

	r := Compare("t", system, system, nil, nil)
	if !r.Pass() || r.Checks != 4 || r.Diff != "" {
		t.Errorf("the same: %v %q", r, r.Diff)
	}
	r = Compare("t", system, ours, nil, nil)
	if r.Pass() || r.Same != 1 || !strings.Contains(r.Diff, "-  two\n+  TWO\n") {
		t.Errorf("different: %v\n%s", r, r.Diff)
	}
	row := &Difference{Topic: "t", Case: "a", System: "two", Ours: "TWO", Reason: "on purpose"}
	r = Compare("t", system, ours, []*Difference{row}, nil)
	if !r.Pass() || r.OnPurpose != 1 || !row.Used {
		t.Errorf("on purpose: %v\n%s", r, r.Diff)
	}
	// The row is for one topic, one case, and both lines.
	for _, other := range []Difference{
		{Topic: "u", Case: "a", System: "two", Ours: "TWO"}, {Topic: "t", Case: "b", System: "two", Ours: "TWO"},
		{Topic: "t", Case: "a", System: "two", Ours: "Two"}, {Topic: "t", Case: "a", System: "", Ours: "TWO"},
	} {
		if r := Compare("t", system, ours, []*Difference{&other}, nil); r.Pass() {
			t.Errorf("%+v explains what it does not say", other)
		}
	}
	// A line that only one side has.
	more := []Case{{"a", []string{"  one", "  two", "  extra", "  three"}}, {"b", []string{"  x"}}}
	if r := Compare("t", system, more, []*Difference{{Topic: "t", Case: "a", Ours: "extra"}}, nil); !r.Pass() {
		t.Errorf("an extra line on purpose: %v\n%s", r, r.Diff)
	}
	if r := Compare("t", system, more, nil, nil); r.Pass() {
		t.Error("an extra line is a difference")
	}
	if r := Compare("t", system, ours[:1], nil, nil); r.Pass() || !strings.Contains(r.Diff, "missing in our output") {
		t.Errorf("a missing case: %v", r)
	}
	if r := Compare("t", nil, nil, nil, nil); r.Pass() {
		t.Error("nothing compared is no pass")
	}
}

func TestReadDifferences(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.tsv")
	for text, ok := range map[string]bool{
		"# comment\n\nio\tbulk\ta\tb\treason\n": true,
		"io\tbulk\t\tb\treason\n":               true,
		"io\tbulk\ta\ta\treason\n":              false, // no difference
		"io\tbulk\ta\tb\t\n":                    false, // no reason
		"io\tbulk\ta\tb\n":                      false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := ReadDifferences(file)
		if (err == nil) != ok || ok && len(rows) != 1 {
			t.Errorf("%q: %v %v", text, rows, err)
		}
	}
}

// TestHeaders compiles all topics with our own headers and runs the
// constants so built: they must be those of the installed headers.
func TestHeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles every topic")
	}
	topics, err := Topics("c")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := (Compiler{Out: filepath.Join(out, "ours"), Include: []string{"../include"}, Jobs: 2}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	var constants []Topic
	for _, topic := range topics {
		if topic.Name == "constants" {
			constants = append(constants, topic)
		}
	}
	if len(constants) != 1 {
		t.Fatal("no topic constants")
	}
	side := systemSide(t)
	ours, err := side.Run(constants[0].Binary, "macros")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Compiler{Out: filepath.Join(out, "system")}).Compile(constants); err != nil {
		t.Fatal(err)
	}
	system, err := side.Run(constants[0].Binary, "macros")
	if err != nil {
		t.Fatal(err)
	}
	if r := Compare("constants", system, ours, nil, nil); !r.Pass() || r.Checks < 100 {
		t.Errorf("%v\n%s", r, r.Diff)
	}
}
