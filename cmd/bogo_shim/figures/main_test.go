package main

import (
	"slices"
	"strings"
	"testing"
)

func TestFigures(t *testing.T) {
	disabled := map[string]string{"Old-*": "an old version", "Odd": "an old version", "Gone-*": "no longer there", "New-?": "not yet"}
	results := map[string]string{"A": "PASS", "B": "PASS", "C": "SKIP", "D": "FAIL", "Old-1": "FAIL", "Old-2": "SKIP", "Odd": "FAIL", "New-1": "PASS"}
	var out strings.Builder
	wrong, err := figures(&out, disabled, results)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"Gone-*" disables nothing`, `"New-?" disables New-1, which passes`, "D: FAIL"}
	if !slices.Equal(wrong, want) {
		t.Errorf("wrong: %q", wrong)
	}
	for _, line := range []string{"| in the suite | 8 |", "| passed | 2 |", "| not implemented | 1 |", "| disabled, by 4 patterns | 4 |",
		"| 3 | an old version |\n| 1 | not yet |\n"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	if _, err := figures(&out, map[string]string{"[": "x"}, results); err == nil {
		t.Error("a malformed pattern")
	}
}
