// Command engine is `make bench-core`: it measures the engine, as core/tlsnet makes
// net.Conns of it, beside Go's crypto/tls, in one process and over the same
// transports, and prints what it finds, whatever that is.
//
// Both do the same: same versions, suites, groups and certificates, chains verified,
// sessions by tickets. They take turns, block by block, so that whatever else the
// machine does meets both; a figure is the median of the blocks. A handshake's time
// is CPU time of one goroutine, the other being stopped meanwhile, so that client and
// server are seen apart; beside it stands what its own primitives took (key exchange,
// signatures, hashes, AEADs), measured inside the same handshake by a provider
// that keeps time.
//
//	go run ./bench/engine                             all rows
//	go run ./bench/engine -quick -rows 'handshake'    a short look at some
//	go run ./bench/engine -bench FILE                 also in Go's benchmark format, for benchstat
//	go run ./bench/engine -doc docs/performance.md    also puts the tables between the marks of that file
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"patina/bench/page"
)

var (
	flagQuick  = flag.Bool("quick", false, "a short look: fewer and shorter blocks")
	flagRows   = flag.String("rows", "", "regular expression: only these rows")
	flagBench  = flag.String("bench", "", "file to write the blocks to, in Go's benchmark format")
	flagDoc    = flag.String("doc", "", "file whose tables are to be replaced")
	flagRounds = flag.Int("rounds", 0, "blocks of each measurement; 0: 11, or 3 with -quick")
)

// The implementations.
const (
	theirs = "crypto-tls"
	ours   = "patina"
	fastly = "patina-fast" // ours, with provider/fast
)

// bench is a run of the program.
type bench struct {
	rounds int
	block  time.Duration
	rows   *regexp.Regexp
	lines  []string // Go's benchmark format
	tables []table
	ids    *identities
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{rounds: 11, block: 150 * time.Millisecond}
	if *flagQuick {
		b.rounds, b.block = 3, 40*time.Millisecond
	}
	if *flagRounds > 0 {
		b.rounds = *flagRounds
	}
	var err error
	if b.rows, err = regexp.Compile(*flagRows); err != nil {
		return err
	}
	if b.ids, err = newIdentities(); err != nil {
		return err
	}
	for _, f := range []func(*bench) error{(*bench).handshakes, (*bench).records, (*bench).loopback, (*bench).latency, (*bench).idle} {
		if err := f(b); err != nil {
			return err
		}
	}
	head := fmt.Sprintf("Measured on %s: %s, %d cores, %s %s/%s.\n", time.Now().Format(time.DateOnly), cpuName(),
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	var out strings.Builder
	out.WriteString(head)
	for i := range b.tables {
		out.WriteString("\n")
		b.tables[i].write(&out)
	}
	fmt.Print(out.String())
	if *flagBench != "" {
		if err := os.WriteFile(*flagBench, []byte(strings.Join(b.lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	if *flagDoc != "" {
		return page.Replace(*flagDoc, "bench-core", out.String())
	}
	return nil
}

// note keeps a block's result for benchstat.
func (b *bench) note(name, impl string, n int, values ...any) {
	line := fmt.Sprintf("Benchmark%s/impl=%s \t%8d", strings.NewReplacer(" ", "-", ",", "").Replace(name), impl, n)
	for i := 0; i < len(values); i += 2 {
		line += fmt.Sprintf("\t%12.1f %s", values[i], values[i+1])
	}
	b.lines = append(b.lines, line)
}

func (b *bench) wants(name string) bool {
	ok := b.rows.MatchString(name)
	if ok {
		fmt.Fprintln(os.Stderr, name)
	}
	return ok
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

func percentile(v []float64, p float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[min(int(float64(len(v))*p/100), len(v)-1)]
}

// cpuName is the processor's, from the kernel.
func cpuName() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown processor"
}
