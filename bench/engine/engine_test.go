package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestEveryRow makes every measurement once, too briefly to mean anything.
func TestEveryRow(t *testing.T) {
	ids, err := newIdentities()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{rounds: 1, block: time.Millisecond, rows: regexp.MustCompile(""), ids: ids}
	for _, f := range []func(*bench) error{(*bench).handshakes, (*bench).records, (*bench).loopback, (*bench).latency, (*bench).idle} {
		if err := f(b); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.tables) != 6 {
		t.Errorf("%d tables", len(b.tables))
	}
	for _, table := range b.tables {
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Errorf("%s: %v", table.title, row)
			}
			for _, cell := range row[1:] {
				if strings.Contains(cell, "NaN") || strings.Contains(cell, "Inf") {
					t.Errorf("%s: %v", table.title, row)
				}
			}
		}
	}
	for _, line := range b.lines {
		if !regexp.MustCompile(`^Benchmark\S+/impl=\S+ +\t +\d+(\t +[\d.]+ \S+)+$`).MatchString(line) {
			t.Errorf("not in Go's benchmark format: %q", line)
		}
	}
}

func TestReplaceTables(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(name, []byte("before\n"+beginMark+"old\n"+endMark+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := replaceTables(name, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if want := "before\n" + beginMark + "\nnew\n\n" + endMark + "\nafter\n"; string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(name, []byte("no marks"), 0o644); err != nil {
		t.Fatal(err)
	}
	if replaceTables(name, "new\n") == nil {
		t.Error("no marks and no error")
	}
}
