package page

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Replace(file, "x", "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	const want = "before\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nafter\n"
	if got, err := os.ReadFile(file); string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if Replace(file, "y", "new\n") == nil {
		t.Error("no marks and no error")
	}
	if got, err := os.ReadFile(file); string(got) != want || err != nil {
		t.Errorf("without marks: %q, %v", got, err)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{1234.5: "1234", 99.94: "99.9", 1.234: "1.23", 0: "0.00"} {
		if got := Number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
