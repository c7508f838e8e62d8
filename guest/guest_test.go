package guest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A vehicle is a library that the hosts drive.
type vehicle struct {
	dir     string   // where the library is; hosts are built here too
	library string   // its file name
	source  string   // the vehicle's C file in testdata/hosts
	cflags  []string // for the hosts
	libs    []string
}

var probe vehicle

// soak multiplies the length of the long scenarios: `make soak`.
var soak = func() time.Duration {
	d, _ := time.ParseDuration(os.Getenv("PATINA_SOAK"))
	return d
}()

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "guest")
	if err == nil {
		probe = vehicle{dir: dir, library: "libprobe.so", source: "vehicle_probe.c", cflags: []string{"-I../../probe"}}
		err = mklib("-main", "./guest/probe", "-o", filepath.Join(dir, probe.library), "-map", "guest/probe/probe.map", "-libs", "-lpthread")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// mklib runs guest/mklib in the root of the repository.
func mklib(args ...string) error {
	cmd := exec.Command("go", append([]string{"run", "-trimpath", "./guest/mklib"}, args...)...)
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("mklib %v: %v\n%s", args, err, out)
	}
	return nil
}

// host builds a C host and returns its name.
func (v vehicle) host(t testing.TB, name string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(v.dir, name)
	args := []string{"-O1", "-g", "-Wall", "-Wextra", "-Werror", "-o", exe}
	args = append(append(args, v.cflags...), name+".c", v.source)
	args = append(args, flags...)
	args = append(args, filepath.Join(v.dir, v.library), "-Wl,-rpath,"+v.dir, "-lpthread", "-ldl")
	args = append(args, v.libs...)
	cmd := exec.Command("gcc", args...)
	cmd.Dir = "testdata/hosts"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc %v: %v\n%s", args, err, out)
	}
	return exe
}

// run runs a host, which must end well within the time.
func run(t *testing.T, limit time.Duration, env []string, exe string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s %v: hangs (%v)\n%s", filepath.Base(exe), args, limit, tail(out.String()))
	}
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(exe), args, err, tail(out.String()))
	}
	t.Log(strings.TrimSpace(tail(out.String())))
	return out.String()
}

func tail(s string) string {
	const most = 6000
	if len(s) > most {
		return s[:most/2] + "\n...\n" + s[len(s)-most/2:]
	}
	return s
}

// forks are the scenarios of fork.c with the count for `make test`.
var forks = []struct {
	scenario string
	count    int
}{
	{"storm", 2000}, {"nested", 100}, {"before-first-use", 0}, {"during-start", 300}, {"daemon", 0}, {"close-all", 0},
	{"threads", 200}, {"fresh-thread", 100}, {"thread-churn", 200}, {"spawns", 100}, {"behind-libc", 0},
}

func (v vehicle) testFork(t *testing.T, exe, scenario string, count int) {
	limit := 300 * time.Second // a loaded machine; a hang is noticed by the hosts themselves, after 10 s
	if soak == 0 {
		run(t, limit, v.path(t), exe, scenario, strconv.Itoa(count))
		return
	}
	for end := time.Now().Add(soak / time.Duration(len(forks))); ; {
		run(t, limit, v.path(t), exe, scenario, strconv.Itoa(max(count, 200)))
		if time.Now().After(end) {
			return
		}
	}
}

func TestFork(t *testing.T) {
	exe := probe.host(t, "fork")
	for _, f := range forks {
		t.Run(f.scenario, func(t *testing.T) { probe.testFork(t, exe, f.scenario, f.count) })
	}
	t.Run("handler", func(t *testing.T) { probe.testFork(t, exe, "handler", 300) })
}

// seconds is how long a signal scenario runs.
func seconds(short time.Duration) string {
	return strconv.Itoa(int(max(short, soak).Seconds()))
}

func TestSignals(t *testing.T) {
	exe := probe.host(t, "signals")
	limit := soak + 60*time.Second
	for _, s := range []struct {
		scenario string
		length   time.Duration
	}{
		{"storm", 5 * time.Second}, {"storm-onstack", 2 * time.Second}, {"storm-fork", 3 * time.Second},
		{"quiet", time.Second}, {"eintr", 0}, {"jump-read", 0}, {"loud", 0},
	} {
		t.Run(s.scenario, func(t *testing.T) { run(t, limit, nil, exe, s.scenario, seconds(s.length)) })
	}
}

// A thread that left Go for good is noticed after a minute by who waits for it: only in `make soak`.
func TestSignalsStuck(t *testing.T) {
	if soak == 0 {
		t.Skip("takes minutes: part of make soak")
	}
	run(t, soak+10*time.Minute, nil, probe.host(t, "signals"), "loud-in-the-end")
}

func TestFaults(t *testing.T) {
	exe := probe.host(t, "faults")
	for _, scenario := range []string{"host-first", "host-second", "host-altstack", "no-handler", "sent"} {
		t.Run(scenario, func(t *testing.T) { run(t, 30*time.Second, nil, exe, scenario) })
	}
}

func TestStacks(t *testing.T) { run(t, 60*time.Second, nil, probe.host(t, "stacks")) }

func TestStart(t *testing.T) {
	exe := probe.host(t, "start")
	t.Run("first use", func(t *testing.T) { run(t, 30*time.Second, nil, exe, "first-use") })
	t.Run("signals", func(t *testing.T) { run(t, 30*time.Second, nil, exe, "signals") })
	t.Run("setuid", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Skip("only root can change its user")
		}
		run(t, 30*time.Second, nil, exe, "setuid")
	})
	t.Run("the host's environment is not ours", func(t *testing.T) {
		run(t, 30*time.Second, []string{"GOGC=nonsense", "GOMAXPROCS=1000", "GODEBUG=schedtrace=1,inittrace=1", "GOTRACEBACK=none"}, exe, "first-use")
	})
	t.Run("our own is", func(t *testing.T) {
		out := run(t, 30*time.Second, []string{"PATINA_GODEBUG=inittrace=1"}, exe, "signals")
		if !strings.Contains(out, "init runtime @") {
			t.Errorf("PATINA_GODEBUG=inittrace=1 shows nothing: %s", out)
		}
	})
}

// reload builds a host that is not linked with the library.
func reload(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(dir, "reload")
	args := append([]string{"-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DNO_VEHICLE", "-Wno-unused-function", "-o", exe, "start.c"}, flags...)
	cmd := exec.Command("gcc", append(args, "-ldl", "-lpthread")...)
	cmd.Dir = "testdata/hosts"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc %v: %v\n%s", args, err, out)
	}
	return exe
}

func TestReload(t *testing.T) {
	exe := reload(t, t.TempDir())
	run(t, 30*time.Second, nil, exe, "reload", filepath.Join(probe.dir, probe.library), "probe_add")
}

// A host that is a Go program itself: two runtimes in one process.
func TestTwoRuntimes(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "gohost")
	cmd := exec.Command("go", "build", "-trimpath", "-o", exe, "./testdata/gohost")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	run(t, 60*time.Second, nil, exe, filepath.Join(probe.dir, probe.library), seconds(3*time.Second))
}
