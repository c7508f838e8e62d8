package compat

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullIsTwinRun: the inventory calls a symbol full only if a topic calls it,
// so that it has been seen to do on our library what it does on the system's.
func TestFullIsTwinRun(t *testing.T) {
	topics, err := Topics("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Compiler{Out: filepath.Join(t.TempDir(), "bin"), Jobs: 2}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, topic := range topics {
		f, err := elf.Open(topic.Binary)
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := f.ImportedSymbols()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range symbols {
			called[s.Name] = true
		}
	}
	table, err := os.ReadFile("../ossl/capi/symbols.tsv")
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for i, line := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		col := strings.Split(line, "\t")
		if i == 0 || len(col) < 6 || col[5] != "full" {
			continue
		}
		full++
		if !called[col[0]] {
			t.Errorf("%s is full in symbols.tsv, and no topic calls it", col[0])
		}
	}
	if full == 0 {
		t.Error("no symbol is full: the table has another shape")
	}
}
