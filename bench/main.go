// Command bench is `make bench`: it measures our libssl.so.3 beside the system's and prints what it finds, whatever
// that is.
//
// One C program (c/bench.c) over libssl's public interface runs on the one library and on the other in turn, round after
// round, so that whatever else the machine does meets both; each figure is the median of the rounds, and the ratio is
// that of the medians, turned so that above 1 our library is the better one. Then the same for Debian's nginx under
// ab and h2load (nginx.go).
//
//	go run ./bench                     all rows, seven rounds
//	go run ./bench -quick              three short rounds
//	go run ./bench -rows 'resumed'     the rows whose name matches
//	go run ./bench -readme README.md   also writes the table between its bench:begin and bench:end marks
//	go run ./bench -instructions       counts instructions with valgrind's callgrind and measures no time
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patina/bench/page"
	"patina/nginx-test/harness"
)

var (
	flagLibssl       = flag.String("libssl", "build/libssl.so.3", "our library")
	flagQuick        = flag.Bool("quick", false, "three short rounds instead of seven")
	flagRounds       = flag.Int("rounds", 0, "rounds; 0: seven, or three with -quick")
	flagMS           = flag.Int("ms", 0, "milliseconds of one measurement; 0: 400, or 150 with -quick")
	flagRows         = flag.String("rows", "", "regular expression: only these rows")
	flagNginx        = flag.Bool("nginx", true, "measure nginx too")
	flagReadme       = flag.String("readme", "", "file whose table is to be replaced")
	flagInstructions = flag.Bool("instructions", false, "count instructions instead of time")
)

// A figure is one line of the table: a value that a run prints, and which way is better.
type figure struct {
	row    string // its name in the table
	value  string // the name that the run prints
	unit   string
	higher bool // more is better
}

// A run is one execution of the C program and what is read from it.
type run struct {
	args    []string
	figures []figure
}

func runs() []run {
	var all []run
	add := func(args string, figures ...figure) {
		all = append(all, run{strings.Fields(args), figures})
	}
	handshake := func(name, args string) {
		add("handshake "+args,
			figure{name + ", server", "server_us", "µs", false},
			figure{name + ", client", "client_us", "µs", false},
			figure{name + ", both, all threads", "process_us", "µs", false})
	}
	handshake("full handshake TLS 1.3 ECDSA P-256", "version=1.3 cert=ecdsa")
	handshake("full handshake TLS 1.3 RSA-2048", "version=1.3 cert=rsa")
	handshake("full handshake TLS 1.2 ECDSA P-256", "version=1.2 cert=ecdsa")
	handshake("full handshake TLS 1.2 RSA-2048", "version=1.2 cert=rsa")
	handshake("resumed handshake TLS 1.3", "version=1.3 resume=1")
	handshake("resumed handshake TLS 1.2", "version=1.2 resume=1")
	add("handshake version=1.3 group=default",
		figure{"full handshake TLS 1.3, each library's own groups", "process_us", "µs", false})
	for _, suite := range []struct{ version, name string }{
		{"1.3", "TLS_AES_128_GCM_SHA256"}, {"1.3", "TLS_AES_256_GCM_SHA384"}, {"1.3", "TLS_CHACHA20_POLY1305_SHA256"},
		{"1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"}, {"1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"}, {"1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"},
	} {
		for _, size := range []string{"16384", "1024"} {
			name := fmt.Sprintf("TLS %s %s, %s KB", suite.version, suite.name, map[string]string{"16384": "16", "1024": "1"}[size])
			add("bulk version="+suite.version+" suite="+suite.name+" size="+size,
				figure{"send " + name, "send_mbs", "MB/s", true}, figure{"receive " + name, "recv_mbs", "MB/s", true})
		}
	}
	add("ping size=64", figure{"64 bytes there and back, all threads", "round_trip_us", "µs", false})
	add("memory side=server", figure{"memory per idle connection, server", "kib", "KiB", false})
	add("memory side=client", figure{"memory per idle connection, client", "kib", "KiB", false})
	for _, threads := range []string{"1", "2"} {
		add("handshake version=1.3 threads="+threads, figure{"full handshakes TLS 1.3, threads: " + threads, "rate", "1/s", true})
		add("handshake version=1.3 resume=1 threads="+threads, figure{"resumed handshakes TLS 1.3, threads: " + threads, "rate", "1/s", true})
		add("bulk suite=TLS_AES_128_GCM_SHA256 threads="+threads, figure{"there and read, AES-128-GCM 16 KB, threads: " + threads, "rate", "MB/s", true})
	}
	return all
}

func main() {
	flag.Parse()
	if err := mainErr(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func mainErr() error {
	rounds, ms := 7, 400
	if *flagQuick {
		rounds, ms = 3, 150
	}
	if *flagRounds > 0 {
		rounds = *flagRounds
	}
	if *flagMS > 0 {
		ms = *flagMS
	}
	rows, err := regexp.Compile(*flagRows)
	if err != nil {
		return err
	}
	file, err := filepath.Abs(*flagLibssl)
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("our library is not built (make lib): %w", err)
	}
	libs := [2]harness.Library{harness.System(), harness.LibraryPath(file)}
	dir, err := os.MkdirTemp("", "patina-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pki, err := harness.NewPKI(dir)
	if err != nil {
		return err
	}
	b := &bencher{program: filepath.Join(dir, "bench"), pki: pki, libs: libs, rounds: rounds, ms: ms, only: rows, table: newTable()}
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-o", b.program, "bench/c/bench.c", "-lssl", "-lcrypto", "-lpthread").CombinedOutput(); err != nil {
		return fmt.Errorf("gcc: %w\n%s", err, out)
	}
	if *flagInstructions {
		return b.instructions()
	}
	if err := b.memory(); err != nil {
		return err
	}
	if *flagNginx {
		if err := b.nginx(dir); err != nil {
			return err
		}
	}
	text := b.table.markdown()
	fmt.Print("\n" + text)
	if *flagReadme != "" {
		return page.Replace(*flagReadme, "bench", text)
	}
	return nil
}

type bencher struct {
	program string
	pki     *harness.PKI
	libs    [2]harness.Library // the system's, ours
	rounds  int
	ms      int
	only    *regexp.Regexp
	table   *table
}

// wanted tells whether any of the figures is to be measured.
func (b *bencher) wanted(figures []figure) bool {
	return slices.ContainsFunc(figures, func(f figure) bool { return b.only.MatchString(f.row) })
}

// measure runs the C program once on lib and returns what it printed, by name.
func (b *bencher) measure(lib harness.Library, prefix []string, args ...string) (map[string]float64, error) {
	command := append(slices.Clone(prefix), b.program)
	command = append(append(command, args[0], "pki="+b.pki.Dir), args[1:]...)
	res, err := lib.Run(10*time.Minute, nil, command[0], command[1:]...)
	if err != nil {
		return nil, err
	}
	if res.Exit != 0 {
		return nil, fmt.Errorf("on %s: %s: exit code %d: %s", lib.Name, strings.Join(args, " "), res.Exit, res.Stderr)
	}
	values := map[string]float64{}
	var mapped []string
	for line := range strings.Lines(res.Stdout) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "libssl" {
			mapped = append(mapped, value)
		} else if values[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
	}
	// The figure must belong to the library that its column names.
	if len(mapped) != 1 || (mapped[0] == lib.File) != lib.Ours() {
		return nil, fmt.Errorf("on %s: mapped are %v", lib.Name, mapped)
	}
	return values, nil
}

// memory measures the rows of the C program, all of them in every round, both libraries next to each other.
func (b *bencher) memory() error {
	for round := range b.rounds {
		for _, r := range runs() {
			if !b.wanted(r.figures) {
				continue
			}
			for i := range b.libs {
				i = (i + round) % 2 // neither library is always the first
				progress("round %d of %d: %s: %s", round+1, b.rounds, b.libs[i].Name, strings.Join(r.args, " "))
				args := append(slices.Clone(r.args), "ms="+strconv.Itoa(b.ms))
				values, err := b.measure(b.libs[i], nil, args...)
				if err != nil {
					b.table.fail(r.figures, i, err)
					continue
				}
				for _, f := range r.figures {
					b.table.add(f, i, values[f.value])
				}
			}
		}
	}
	progress("")
	return nil
}

// terminal tells whether a line that overwrites itself can be shown.
var terminal = func() bool {
	st, err := os.Stderr.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}()

func progress(format string, args ...any) {
	if terminal {
		fmt.Fprintf(os.Stderr, "\r\033[K"+format, args...)
	}
}

// instructions prints, per operation, how many instructions each library executes, from callgrind's totals of a short
// and a long run.
func (b *bencher) instructions() error {
	total := func(lib harness.Library, args []string, n int) (float64, error) {
		out := filepath.Join(filepath.Dir(b.program), "callgrind.out")
		defer os.Remove(out)
		_, err := b.measure(lib, []string{"valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--log-file=/dev/null"}, append(slices.Clone(args), "n="+strconv.Itoa(n))...)
		if err != nil {
			return 0, err
		}
		text, err := os.ReadFile(out)
		m := regexp.MustCompile(`(?m)^(?:summary|totals): (\d+)`).FindSubmatch(text)
		if err != nil || m == nil {
			return 0, fmt.Errorf("callgrind wrote no total: %v", err)
		}
		return strconv.ParseFloat(string(m[1]), 64)
	}
	fmt.Println("| instructions per operation, both sides | system | patina | ratio |\n|---|---|---|---|")
	for _, r := range runs() {
		if !b.wanted(r.figures) || r.args[0] == "memory" || slices.Contains(r.args, "threads=2") {
			continue
		}
		const short, long = 64, 192
		var per [2]float64
		for i, lib := range b.libs {
			few, err := total(lib, r.args, short)
			if err != nil {
				return err
			}
			many, err := total(lib, r.args, long)
			if err != nil {
				return err
			}
			per[i] = (many - few) / (long - short)
		}
		fmt.Printf("| %s | %.0f | %.0f | %.2f |\n", strings.Join(r.args, " "), per[0], per[1], per[0]/per[1])
	}
	return nil
}
