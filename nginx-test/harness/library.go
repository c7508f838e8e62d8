package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Library is one libssl.so.3 and the way a program is made to load it.
type Library struct {
	Name string // column heading, for example "patina LD_PRELOAD"
	File string // absolute path of libssl.so.3; empty for the system's own
	Env  string // "LD_PRELOAD" or "LD_LIBRARY_PATH"; empty for the system's own
}

// System is the libssl that the dynamic linker finds by itself.
func System() Library { return Library{Name: "system"} }

// Preload loads file before everything else; since its soname is libssl.so.3, it stands for the program's own.
func Preload(file string) Library {
	return Library{Name: "patina LD_PRELOAD", File: file, Env: "LD_PRELOAD"}
}

// LibraryPath makes the linker search the folder of file before the system's folders.
func LibraryPath(file string) Library {
	return Library{Name: "patina LD_LIBRARY_PATH", File: file, Env: "LD_LIBRARY_PATH"}
}

// Ours tells whether the library is Patina and not the system's.
func (l Library) Ours() bool { return l.File != "" }

// inherited lists what must not leak from the caller's environment into a program under test.
var inherited = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "OPENSSL_CONF", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"SSLKEYLOGFILE", "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"}

// Environ returns the environment for a program that is to run on the library.
func (l Library) Environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(inherited, name)
	})
	env = append(env, "LC_ALL=C")
	switch l.Env {
	case "LD_PRELOAD":
		env = append(env, "LD_PRELOAD="+l.File)
	case "LD_LIBRARY_PATH":
		env = append(env, "LD_LIBRARY_PATH="+filepath.Dir(l.File))
	}
	return env
}

// Command prepares a program on the library.
func (l Library) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = l.Environ()
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// Result is what a finished program left behind.
type Result struct {
	Stdout, Stderr string
	Exit           int // exit status; -1 if a signal or the time limit ended it
}

// Run runs a program on the library to its end. The error tells only that it could not be started or was
// killed (by a signal or by limit); an exit status other than 0 is in the result.
func (l Library) Run(limit time.Duration, stdin io.Reader, name string, args ...string) (Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := l.Command(ctx, name, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err := cmd.Run()
	res := Result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	if ctx.Err() != nil {
		return res, fmt.Errorf("%s %s: not finished after %v; stdout %q, stderr %q", name, strings.Join(args, " "), limit, tail(res.Stdout), tail(res.Stderr))
	}
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || res.Exit < 0) {
		return res, fmt.Errorf("%s %s: %w; stderr %q", name, strings.Join(args, " "), err, tail(res.Stderr))
	}
	return res, nil
}

func tail(s string) string {
	const keep = 2000
	if len(s) > keep {
		return "..." + s[len(s)-keep:]
	}
	return s
}

// Mapped returns the files named libssl.so* that the process has mapped, each once.
func Mapped(pid int) ([]string, error) {
	maps, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return nil, err
	}
	var files []string
	for line := range strings.Lines(string(maps)) {
		// address perms offset dev inode path
		if f := strings.Fields(line); len(f) >= 6 && strings.HasPrefix(filepath.Base(f[5]), "libssl.so") && !slices.Contains(files, f[5]) {
			files = append(files, f[5])
		}
	}
	return files, nil
}

// MapsLines returns the lines of /proc/PID/maps that name a libssl or libcrypto and are executable, as a proof to show.
func MapsLines(pid int) []string {
	maps, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line)
		if len(f) >= 6 && strings.Contains(f[1], "x") && (strings.Contains(f[5], "libssl") || strings.Contains(f[5], "libcrypto")) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// OnlyMaps reports an error unless the process has mapped exactly one libssl, and that one is l.
func (l Library) OnlyMaps(pid int) error {
	files, err := Mapped(pid)
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return fmt.Errorf("process %d maps %d files named libssl.so*: %v", pid, len(files), files)
	}
	if l.Ours() {
		want, err := filepath.EvalSymlinks(l.File)
		if err != nil {
			return err
		}
		if files[0] != want {
			return fmt.Errorf("process %d maps %s and not %s", pid, files[0], want)
		}
		return nil
	}
	// The system's own is the file that ldd, given no help, finds for nginx.
	res, err := l.Run(10*time.Second, nil, "ldd", NginxBinary())
	if err != nil {
		return err
	}
	for line := range strings.Lines(res.Stdout) {
		if f := strings.Fields(line); len(f) >= 3 && strings.HasPrefix(f[0], "libssl.so") {
			want, err := filepath.EvalSymlinks(f[2])
			if err != nil {
				return err
			}
			if files[0] != want {
				return fmt.Errorf("process %d maps %s and not the system's %s", pid, files[0], want)
			}
			return nil
		}
	}
	return fmt.Errorf("ldd %s names no libssl: %q", NginxBinary(), res.Stdout)
}
