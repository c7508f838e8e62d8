package nginxtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

var (
	flagLibraries = flag.String("libraries", "system,preload,path", "columns to run, comma separated: system, preload, path")
	flagLibssl    = flag.String("libssl", "../build/libssl.so.3", "our library")
	flagRequests  = flag.Int("requests", 20000, "requests of each volume scenario")
	flagLarge     = flag.Int("large", 1024, "size of the large transfers on our library, in MiB")
	flagTable     = flag.String("table", "", "file to write the table to as well (docs/scenarios.md)")
	flagLargeSys  = flag.Int("large-system", 64, "size of the large transfers on the system's library, in MiB")
)

// A scenario does something with a server and returns what there is to compare between libraries.
type scenario struct {
	name string
	run  func(t *testing.T, b *column) (facts string)
	// once: on our library by LD_PRELOAD only; a volume, where the way of loading makes no difference.
	once bool
}

var scenarios = []scenario{
	{name: "maps", run: maps},
	{name: "curl on system libssl", run: curlMatrix(harness.System())},
	{name: "curl on our libssl", run: curlOurs},
	{name: "s_client", run: sClient},
	{name: "refused on purpose", run: onPurpose},
	{name: "sni", run: sni},
	{name: "resumption", run: resumption},
	{name: "resumption in one curl", run: curlReuse},
	{name: "bad certificates", run: badCertificates},
	{name: "client certificates", run: clientCertificates},
	{name: "client certificates, depth, CRL", run: verifyDepths, once: true},
	{name: "rubbish", run: rubbish},
	{name: "ssl_reject_handshake", run: rejectHandshake, once: true},
	{name: "early data", run: earlyData, once: true},
	{name: "OCSP stapling", run: ocspStapling, once: true},
	{name: "proxy to https", run: proxy, once: true},
	{name: "stream", run: stream, once: true},
	{name: "mail", run: mail, once: true},
	{name: "configurations, nginx -t", run: configurationsTested, once: true},
	{name: "directives at work", run: directivesAtWork, once: true},
	{name: "narrow buffers", run: narrowBuffers, once: true},
	{name: "1,000 idle connections", run: idle, once: true},
	{name: "keys from files, reload, binary upgrade", run: keysAndUpgrade, once: true},
	{name: "curl's options", run: curlOptions, once: true},
	{name: "curl's ftps and STARTTLS", run: curlProtocols, once: true},
	{name: "ab TLS1.3 new connections", run: ab("TLS1.3", false), once: true},
	{name: "ab TLS1.3 keepalive", run: ab("TLS1.3", true), once: true},
	{name: "ab TLS1.2 new connections", run: ab("TLS1.2", false), once: true},
	{name: "ab TLS1.2 keepalive", run: ab("TLS1.2", true), once: true},
	{name: "h2load", run: h2load, once: true},
	{name: "large download", run: largeDownload, once: true},
	{name: "large upload", run: largeUpload, once: true},
	{name: "reload under load", run: reload},
	{name: "graceful quit under load", run: gracefulQuit},
	{name: "stop", run: stop},
}

// column is what the scenarios of one column share.
type column struct {
	lib    harness.Library
	pki    *harness.PKI
	server *harness.Server // on the configuration general

	seen int // severe lines of server's error log that were looked at already
}

// newSevere returns the severe lines that server s has logged since the last call.
func (b *column) newSevere(s *harness.Server) []string {
	lines := s.Severe()
	if s != b.server {
		return lines
	}
	fresh := lines[min(b.seen, len(lines)):]
	b.seen = len(lines)
	return fresh
}

func columns(t *testing.T) []harness.Library {
	file, err := filepath.Abs(*flagLibssl)
	if err != nil {
		t.Fatal(err)
	}
	var libs []harness.Library
	for name := range strings.SplitSeq(*flagLibraries, ",") {
		switch name {
		case "system":
			libs = append(libs, harness.System())
			continue
		case "preload":
			libs = append(libs, harness.Preload(file))
		case "path":
			libs = append(libs, harness.LibraryPath(file))
		default:
			t.Fatalf("-libraries: %q is none of system, preload, path", name)
		}
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("our library is not built (make lib): %v", err)
		}
	}
	return libs
}

// ours is our library for clients, nil if the run is for the system's library alone.
func ours(t *testing.T) *harness.Library {
	for _, l := range columns(t) {
		if l.Ours() {
			return &l
		}
	}
	return nil
}

// A cell that is not in the table was not run in its column.
type cell struct {
	verdict string // "ok" or "FAIL"
	facts   string
	took    time.Duration
}

func TestScenarios(t *testing.T) {
	libs := columns(t)
	table := map[string]map[string]cell{}
	for _, s := range scenarios {
		table[s.name] = map[string]cell{}
	}
	pki, err := harness.NewPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, lib := range libs {
		t.Run(strings.ReplaceAll(lib.Name, " ", "-"), func(t *testing.T) {
			b := &column{lib: lib, pki: pki}
			t.Cleanup(func() {
				for _, s := range scenarios {
					if b.server == nil { // it did not start, so nothing of this column holds
						table[s.name][lib.Name] = cell{verdict: "FAIL"}
					}
				}
			})
			b.server = b.start(t, general)
			for _, s := range scenarios {
				if s.once && lib.Env == "LD_LIBRARY_PATH" {
					continue
				}
				var c cell
				ran := false
				begin := time.Now()
				passed := t.Run(s.name, func(t *testing.T) {
					defer func() { ran = !t.Skipped() }()
					c.facts = s.run(t, b)
					b.healthy(t, s.name)
				})
				c.took = time.Since(begin)
				if !ran {
					continue
				}
				// A scenario that has failed may differ too, which helps to see why.
				if other := table[s.name]["system"]; other.verdict == "ok" && other.facts != c.facts && c.facts != "" {
					passed = false
					t.Errorf("%s: differs from the system's library (- system, + ours)\n%s", s.name, diff(other.facts, c.facts))
				}
				c.verdict = "FAIL"
				if passed {
					c.verdict = "ok"
				}
				table[s.name][lib.Name] = c
				fmt.Printf("  %-4s %-24s %-28s %6.1fs  %s\n", c.verdict, lib.Name, s.name, c.took.Seconds(), short(c.facts))
			}
		})
	}
	printTable(libs, table)
	if *flagTable != "" {
		writeTable(t, *flagTable, libs, table)
	}
}

// writeTable writes what does not change from run to run: verdicts, and of the facts what fits in a line.
func writeTable(t *testing.T, file string, libs []harness.Library, table map[string]map[string]cell) {
	var b strings.Builder
	b.WriteString("# What nginx, curl and openssl do on both libraries\n\nWritten by `go test ./nginx-test -args -table=../docs/scenarios.md`. ok: everything the scenario demands holds, and its facts are\nthe system's, line by line; -: not run in this column (a volume, or the way of loading makes no difference).\n\n| scenario |")
	for _, l := range libs {
		fmt.Fprintf(&b, " %s |", l.Name)
	}
	b.WriteString(" facts compared | the first of them |\n|---|" + strings.Repeat("---|", len(libs)+2) + "\n")
	for _, s := range scenarios {
		fmt.Fprintf(&b, "| %s |", s.name)
		for _, l := range libs {
			if c, ok := table[s.name][l.Name]; ok {
				fmt.Fprintf(&b, " %s |", c.verdict)
			} else {
				b.WriteString(" - |")
			}
		}
		facts := table[s.name][libs[0].Name].facts
		first, _, _ := strings.Cut(facts, "\n")
		fmt.Fprintf(&b, " %d | %s |\n", strings.Count(facts, "\n")+1, strings.ReplaceAll(short(first), "|", "/"))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// diff lists the lines that only one of the texts has.
func diff(system, ours string) string {
	var b strings.Builder
	a, o := strings.Split(system, "\n"), strings.Split(ours, "\n")
	for _, line := range a {
		if !slices.Contains(o, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range o {
		if !slices.Contains(a, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	if b.Len() == 0 {
		return "the same lines in another order"
	}
	return b.String()
}

func short(facts string) string {
	const width = 110
	facts = strings.ReplaceAll(facts, "\n", "; ")
	if len(facts) > width {
		return facts[:width] + "..."
	}
	return facts
}

func printTable(libs []harness.Library, table map[string]map[string]cell) {
	var b strings.Builder
	b.WriteString("\n| scenario |")
	for _, l := range libs {
		fmt.Fprintf(&b, " %s |", l.Name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(libs)) + "\n")
	passed, failed := 0, 0
	for _, s := range scenarios {
		if len(table[s.name]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %s |", s.name)
		for _, l := range libs {
			c, ok := table[s.name][l.Name]
			switch {
			case !ok:
				b.WriteString(" - |")
				continue
			case c.verdict == "ok":
				passed++
			default:
				failed++
			}
			fmt.Fprintf(&b, " %s %.1f s |", c.verdict, c.took.Seconds())
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nnginx scenarios: %d passed, %d failed\n", passed, failed)
	fmt.Print(b.String())
}

// start runs a server for this column and stops it when t ends; what it left in the error log is shown on failure.
func (b *column) start(t *testing.T, conf string, mainBlocks ...string) *harness.Server {
	t.Helper()
	s, err := harness.Start(b.lib, t.TempDir(), b.pki.Dir, conf, mainBlocks...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Logf("error log, last lines:\n%s", lastLines(s.ErrorLog(), 20))
		}
	})
	if err := harness.WritePattern(filepath.Join(s.Dir, "root", "pattern"), patternSize); err != nil {
		t.Fatal(err)
	}
	return s
}

// patternSize is the size of the file /pattern of every server.
const patternSize = 256 << 10

// healthy demands that the shared server still has its processes, has logged nothing severe, and answers.
func (b *column) healthy(t *testing.T, after string) {
	t.Helper()
	if after == "stop" {
		return
	}
	if n := len(b.server.WorkerPIDs()); n != harness.Workers {
		t.Errorf("%d workers are left", n)
	}
	b.noneSevere(t, b.server)
}

// noneSevere demands that s has logged nothing severe since the last look.
func (b *column) noneSevere(t *testing.T, s *harness.Server) {
	t.Helper()
	const shown = 4
	lines := b.newSevere(s)
	for _, line := range lines[:min(shown, len(lines))] {
		t.Errorf("error log: %s", line)
	}
	if len(lines) > shown {
		t.Errorf("error log: %d more lines like these", len(lines)-shown)
	}
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
