package compat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How a library is chosen for a program.
const (
	ByPath    = "path"    // LD_LIBRARY_PATH
	ByPreload = "preload" // LD_PRELOAD
)

// What a program runs under.
const (
	ToolNone     = ""
	ToolValgrind = "valgrind"
	ToolAsan     = "asan"
	ToolTsan     = "tsan"
	// ToolFunctions is none to run under: TestCFiles has functions counted with it.
	ToolFunctions = "functions"
)

// Time limits. The program's own alarm ends a case that hangs; the limit of a
// run is for what an alarm cannot end.
const (
	caseSeconds    = 20
	runLimit       = 5 * time.Minute
	toolSlowness   = 12
	valgrindStatus = 97 // exit status for "memcheck found errors"
)

// Side is one of the two libraries.
type Side struct {
	Name     string // shown in results
	Library  string // the libssl.so.3 that must be the one mapped
	Chosen   bool   // whether Library must be chosen by environment, or is the linker's default
	Load     string // ByPath or ByPreload
	Tool     string
	Files    string // directory of fixtures
	Suppress string // valgrind suppressions
}

// Case is what one case printed.
type Case struct {
	Name  string
	Lines []string
}

// Run runs the program, or only the named cases of it, from start to end, starting
// again behind cases that kill it.
func (s Side) Run(binary string, only ...string) ([]Case, error) {
	names, err := s.list(binary)
	if err != nil {
		return nil, err
	}
	if len(only) > 0 {
		return s.run(binary, only...)
	}
	var all []Case
	for len(all) < len(names) {
		cases, err := s.run(binary, "--skip", strconv.Itoa(len(all)))
		if err != nil {
			return nil, err
		}
		if len(cases) == 0 {
			return nil, fmt.Errorf("%s on %s: no case was run of those behind the first %d", filepath.Base(binary), s.Name, len(all))
		}
		all = append(all, cases...)
	}
	return all, nil
}

func (s Side) list(binary string) ([]string, error) {
	cmd := exec.Command(binary, "--list")
	cmd.Env = append(s.environment(""), "ASAN_OPTIONS=detect_leaks=0")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("%s on %s does not start: %w", filepath.Base(binary), s.Name, err)
	}
	return strings.Fields(string(out)), nil
}

func (s Side) environment(maps string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + os.Getenv("HOME"),
		"LC_ALL=C",
		"KIT_FILES=" + s.Files,
		"KIT_MAPS=" + maps,
		"OPENSSL_CONF=/dev/null",
		// Leaks are looked for on the system's side only: there every block is C's.
		"ASAN_OPTIONS=detect_leaks=" + map[bool]string{true: "0", false: "1"}[s.Chosen] + ":verify_asan_link_order=0:handle_segv=0",
		// ThreadSanitizer looks at what was compiled for it: the programs, and the C files of our library. Of Go and libcrypto it
		// sees the locks that are pthread's.
		"TSAN_OPTIONS=ignore_noninstrumented_modules=1",
		"UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1",
	}
	seconds := caseSeconds
	if s.Tool != ToolNone {
		seconds *= toolSlowness
	}
	env = append(env, "KIT_CASE_SECONDS="+strconv.Itoa(seconds))
	if s.Chosen {
		switch s.Load {
		case ByPreload:
			env = append(env, "LD_PRELOAD="+s.Library)
		default:
			env = append(env, "LD_LIBRARY_PATH="+filepath.Dir(s.Library))
		}
	}
	return env
}

// run starts the program once and checks which library it had.
func (s Side) run(binary string, args ...string) ([]Case, error) {
	dir, err := os.MkdirTemp("", "compat-run-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	maps := filepath.Join(dir, "maps")
	limit := runLimit
	if s.Tool != ToolNone {
		limit *= toolSlowness
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	argv := append([]string{binary}, args...)
	if s.Tool == ToolValgrind {
		argv = append(s.valgrind(), argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = s.environment(maps)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	runErr := cmd.Run()
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // children that a case left behind
	}
	if err := s.checkMaps(maps); err != nil {
		return nil, fmt.Errorf("%s on %s: %w (%v)\n%s", filepath.Base(binary), s.Name, err, runErr, tail(stderr.String(), 30))
	}
	cases := parse(stdout.String())
	if runErr != nil && len(cases) > 0 {
		last := &cases[len(cases)-1]
		last.Lines = append(last.Lines, "  DIED: "+death(ctx, cmd))
		for _, line := range tail(stderr.String(), 40) {
			last.Lines = append(last.Lines, "  stderr: "+line)
		}
	} else if runErr != nil {
		return nil, fmt.Errorf("%s on %s: %v\n%s", filepath.Base(binary), s.Name, runErr, tail(stderr.String(), 30))
	}
	return cases, nil
}

func (s Side) valgrind() []string {
	args := []string{"valgrind", "--quiet", "--error-exitcode=" + strconv.Itoa(valgrindStatus), "--leak-check=no", "--num-callers=25"}
	if s.Suppress != "" {
		args = append(args, "--suppressions="+s.Suppress)
	}
	return args
}

// checkMaps reads what the program saw in /proc/self/maps: one libssl, the wanted one.
func (s Side) checkMaps(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the program did not tell which libssl it had: %w", err)
	}
	want, err := filepath.EvalSymlinks(s.Library)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		path, err := filepath.EvalSymlinks(strings.TrimSpace(line))
		if err != nil {
			return err
		}
		found[path] = true
	}
	if len(found) != 1 || !found[want] {
		return fmt.Errorf("wrong libssl: mapped %v, wanted %s", found, want)
	}
	return nil
}

// parse splits a program's output into its cases.
func parse(out string) []Case {
	var cases []Case
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if name, ok := strings.CutPrefix(line, "== "); ok {
			cases = append(cases, Case{Name: name})
		} else if len(cases) > 0 {
			last := &cases[len(cases)-1]
			last.Lines = append(last.Lines, line)
		}
	}
	return cases
}

func death(ctx context.Context, cmd *exec.Cmd) string {
	if ctx.Err() != nil {
		return "time limit of the run"
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		if ws.Signal() == syscall.SIGALRM {
			return "time limit of the case"
		}
		return "signal: " + ws.Signal().String()
	}
	return cmd.ProcessState.String()
}

func tail(text string, n int) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if len(lines) > n {
		lines = lines[:n] // the head of a Go crash says most
	}
	return lines
}

// SystemLibrary finds the libssl.so.3 that the linker gives to a program by default.
func SystemLibrary() (string, error) {
	out, err := exec.Command("gcc", "-print-file-name=libssl.so.3").Output()
	if err != nil {
		return "", fmt.Errorf("gcc -print-file-name=libssl.so.3: %w", err)
	}
	path := strings.TrimSpace(string(out))
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("gcc does not find libssl.so.3")
	}
	return filepath.EvalSymlinks(path)
}
