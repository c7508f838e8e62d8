package main

import (
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
