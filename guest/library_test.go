package guest

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests of this file run the hosts on libssl.so.3 itself: TLS connections through the public API.

// buildLibrary builds the library once, as `make lib` does, and returns the vehicle.
var buildLibrary = sync.OnceValues(func() (vehicle, error) {
	v := vehicle{
		dir: filepath.Join(probe.dir, "libssl"), library: "libssl.so.3", source: "vehicle_tls.c",
		cflags: []string{"-DTLS"}, libs: []string{"-lcrypto"},
	}
	if err := os.Mkdir(v.dir, 0o755); err != nil {
		return v, err
	}
	return v, mklib("-main", "./cmd/libssl", "-o", filepath.Join(v.dir, v.library), "-map", "ossl/capi/libssl.map")
})

func library(t *testing.T) vehicle {
	t.Helper()
	v, err := buildLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// path makes programs load the library as users do.
func (v vehicle) path(t *testing.T) []string {
	real, err := filepath.EvalSymlinks(filepath.Join(v.dir, v.library))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"LD_LIBRARY_PATH=" + v.dir, "EXPECT_LIBSSL=" + real}
}

func symbols(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("../ossl/capi/symbols.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(content)) {
		if name, _, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(name, "#") && name != "name" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// The file is what the dynamic linker and `-z now` programs expect of libssl.so.3.
func TestLibraryFile(t *testing.T) {
	v := library(t)
	f, err := elf.Open(filepath.Join(v.dir, v.library))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if soname, err := f.DynString(elf.DT_SONAME); err != nil || !slices.Equal(soname, []string{"libssl.so.3"}) {
		t.Errorf("DT_SONAME %v, %v", soname, err)
	}
	flags, err := f.DynValue(elf.DT_FLAGS_1)
	if err != nil || len(flags) != 1 || elf.DynFlag1(flags[0])&(elf.DF_1_NODELETE|elf.DF_1_NOW) != elf.DF_1_NODELETE|elf.DF_1_NOW {
		t.Errorf("DT_FLAGS_1 %v, %v: not nodelete and now", flags, err)
	}
	if rel, _ := f.DynValue(elf.DT_TEXTREL); len(rel) != 0 {
		t.Error("text relocations")
	}
	needed, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range needed {
		if !slices.Contains([]string{"libcrypto.so.3", "libc.so.6", "ld-linux-x86-64.so.2"}, name) {
			t.Errorf("needs %s", name)
		}
	}
	relro := false
	for _, p := range f.Progs {
		relro = relro || p.Type == elf.PT_GNU_RELRO
		if p.Type == elf.PT_GNU_STACK && p.Flags&elf.PF_X != 0 {
			t.Error("an executable stack")
		}
		if p.Type == elf.PT_LOAD && p.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X {
			t.Error("memory both writable and executable")
		}
	}
	if !relro {
		t.Error("no RELRO segment")
	}
	dynamic, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var exported []string
	for _, s := range dynamic {
		if s.Section == elf.SHN_UNDEF || s.Section == elf.SHN_ABS {
			continue // imported, or the version node itself
		}
		exported = append(exported, s.Name)
		if s.Version != "OPENSSL_3.0.0" {
			t.Errorf("%s has version %q", s.Name, s.Version)
		}
	}
	slices.Sort(exported)
	want := symbols(t)
	if len(want) != 518 {
		t.Errorf("symbols.tsv lists %d names", len(want))
	}
	for _, name := range want {
		if _, ok := slices.BinarySearch(exported, name); !ok {
			t.Errorf("%s is not exported", name)
		}
	}
	for _, name := range exported {
		if _, ok := slices.BinarySearch(want, name); !ok {
			t.Errorf("%s is exported and should not be", name)
		}
	}
}

// A second run of the build writes nothing.
func TestBuildAgain(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "libprobe.so")
	args := []string{"-main", "./guest/probe", "-o", out, "-map", "guest/probe/probe.map", "-libs", "-lpthread"}
	if err := mklib(args...); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(out, old, old); err != nil {
		t.Fatal(err)
	}
	if err := mklib(args...); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || info.ModTime().After(old.Add(time.Minute)) {
		t.Error("the library was linked again")
	}
	if err := mklib(append(args, "-soname", "other.so")...); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || !info.ModTime().After(old.Add(time.Minute)) {
		t.Error("another soname did not link the library again")
	}
}

// Errors of the build are clear.
func TestBuildErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"-main", "./guest/none", "-o", filepath.Join(t.TempDir(), "a.so")}, "guest/none"},
		{[]string{"-main", "./guest/probe", "-o", filepath.Join(t.TempDir(), "a.so"), "-map", "none.map"}, "none.map"},
		{[]string{"-main", "./guest/probe", "-o", filepath.Join(t.TempDir(), "a.so"), "-libs", "-lnone"}, "-lnone"},
	} {
		if err := mklib(test.args...); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("mklib %v: error %v", test.args, err)
		}
	}
}

func TestLibraryFork(t *testing.T) {
	v := library(t)
	exe := v.host(t, "fork")
	for _, f := range forks {
		t.Run(f.scenario, func(t *testing.T) { v.testFork(t, exe, f.scenario, f.count) })
	}
	t.Run("live", func(t *testing.T) { v.testFork(t, exe, "live", 200) })
}

func TestLibrarySignals(t *testing.T) {
	v := library(t)
	exe := v.host(t, "signals")
	limit := soak + 60*time.Second
	for _, s := range []struct {
		scenario string
		length   time.Duration
	}{
		{"storm", 8 * time.Second}, {"storm-onstack", 2 * time.Second}, {"storm-fork", 3 * time.Second},
		{"quiet", time.Second}, {"eintr", 0}, {"jump-read", 0},
	} {
		t.Run(s.scenario, func(t *testing.T) { run(t, limit, v.path(t), exe, s.scenario, seconds(s.length)) })
	}
}

// What the blocking read does on a signal is what it does with the system's library.
func TestSystemAgrees(t *testing.T) {
	system := vehicle{dir: t.TempDir(), source: "vehicle_tls.c", cflags: []string{"-DTLS"}}
	exe := filepath.Join(system.dir, "signals")
	cmd := exec.Command("gcc", "-O1", "-DTLS", "-o", exe, "signals.c", "vehicle_tls.c", "-lssl", "-lcrypto", "-lpthread", "-ldl")
	cmd.Dir = "testdata/hosts"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	for _, scenario := range []string{"eintr", "jump-read"} {
		t.Run(scenario, func(t *testing.T) { run(t, 30*time.Second, nil, exe, scenario) })
	}
}

func TestLibraryStacks(t *testing.T) {
	v := library(t)
	run(t, 60*time.Second, v.path(t), v.host(t, "stacks"))
}

func TestLibraryStart(t *testing.T) {
	v := library(t)
	exe := v.host(t, "start")
	t.Run("by library path", func(t *testing.T) { run(t, 30*time.Second, v.path(t), exe, "first-use") })
	t.Run("signals", func(t *testing.T) { run(t, 30*time.Second, v.path(t), exe, "signals") })
	t.Run("by preloading", func(t *testing.T) {
		// A program linked with the system's library.
		exe := filepath.Join(t.TempDir(), "start")
		cmd := exec.Command("gcc", "-O1", "-DTLS", "-o", exe, "start.c", "vehicle_tls.c", "-lssl", "-lcrypto", "-lpthread", "-ldl")
		cmd.Dir = "testdata/hosts"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
		env := v.path(t)
		run(t, 30*time.Second, []string{"LD_PRELOAD=" + filepath.Join(v.dir, v.library), env[1]}, exe, "first-use")
	})
	t.Run("by dlopen", func(t *testing.T) {
		exe := reload(t, t.TempDir(), "-DTLS")
		run(t, 30*time.Second, nil, exe, "reload", filepath.Join(v.dir, v.library), "TLS_method")
	})
}

// A Go program that links libssl: its SIGSEGV handler was there first, and each side recovers its own panics.
func TestLibraryTwoRuntimes(t *testing.T) {
	v := library(t)
	exe := filepath.Join(t.TempDir(), "gotls")
	cmd := exec.Command("go", "build", "-trimpath", "-o", exe, "./testdata/gotls")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	run(t, soak+60*time.Second, v.path(t), exe, seconds(3*time.Second))
}
