package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// Every row runs on both libraries, a few operations each, and prints the figures that the table wants.
func TestEveryRowRuns(t *testing.T) {
	file, err := filepath.Abs("../build/libssl.so.3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("our library is not built (make lib): %v", err)
	}
	pki, err := harness.NewPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bencher{program: filepath.Join(t.TempDir(), "bench"), pki: pki, libs: [2]harness.Library{harness.System(), harness.LibraryPath(file)}, only: regexp.MustCompile("")}
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", b.program, "c/bench.c", "-lssl", "-lcrypto", "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	for _, lib := range b.libs {
		for _, r := range runs() {
			t.Run(lib.Name+"/"+strings.Join(r.args, " "), func(t *testing.T) {
				n := "n=64"
				if r.args[0] == "memory" {
					n = "n=500" // fewer vanish in what the allocator holds already
				}
				values, err := b.measure(lib, nil, append(r.args, n)...)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range r.figures {
					if values[f.value] <= 0 {
						t.Errorf("%s: %s is %v", f.row, f.value, values[f.value])
					}
				}
			})
		}
	}
}

func TestTable(t *testing.T) {
	tab := newTable()
	cost, speed := figure{"cost", "x", "µs", false}, figure{"speed", "y", "MB/s", true}
	for i := range 3 {
		tab.add(cost, 0, []float64{30, 10, 20}[i])
		tab.add(cost, 1, []float64{5, 10, 20}[i])
		tab.add(speed, 0, 100)
		tab.add(speed, 1, 150)
	}
	tab.fail([]figure{{"broken", "z", "s", false}}, 1, os.ErrInvalid)
	got := strings.Join(strings.Fields(tab.markdown()), " ")
	for _, want := range []string{
		"| cost | µs | 20.0 | 10.0 | **2.00** | 1.00 to 6.00 |",
		"| speed | MB/s | 100 | 150 | **1.50** | 1.50 to 1.50 |",
		"| broken | s | failed | failed | - | - | failed: invalid argument",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}
