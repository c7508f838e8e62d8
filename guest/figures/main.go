// Command figures prints what the library costs the program that loads it: time to load, time of the first use, threads,
// memory, forks. The same C host is run alone, on the guest runtime's probe, and on the libssl.so.3 of the system and ours.
//
//	go run ./guest/figures [-lib build/libssl.so.3]
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

type host struct {
	name    string
	args    []string // for gcc
	env     []string
	exe     string
	load    time.Duration // of an empty program linked with the library
	figures map[string]float64
}

func main() {
	lib := flag.String("lib", "build/libssl.so.3", "our library; left out if it does not exist")
	flag.Parse()
	if err := run(*lib); err != nil {
		fmt.Fprintf(os.Stderr, "figures: %v\n", err)
		os.Exit(1)
	}
}

func run(lib string) error {
	dir, err := os.MkdirTemp("", "figures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	probe := filepath.Join(dir, "libprobe.so")
	if err := command("go", "run", "-trimpath", "./guest/mklib", "-main", "./guest/probe", "-o", probe, "-map", "guest/probe/probe.map", "-libs", "-lpthread"); err != nil {
		return err
	}
	const source = "guest/testdata/hosts/"
	tls := []string{"-DTLS", source + "vehicle_tls.c", "-lssl", "-lcrypto"}
	hosts := []*host{
		{name: "alone", args: []string{"-DALONE"}},
		{name: "probe", args: []string{"-Iguest/probe", source + "vehicle_probe.c", probe}, env: []string{"LD_LIBRARY_PATH=" + dir}},
		{name: "system", args: tls},
	}
	if lib, err := filepath.Abs(lib); err == nil {
		if _, err := os.Stat(lib); err == nil {
			hosts = append(hosts, &host{name: "patina", args: tls, env: []string{"LD_LIBRARY_PATH=" + filepath.Dir(lib)}})
		}
	}
	empty := filepath.Join(dir, "empty.c")
	if err := os.WriteFile(empty, []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		return err
	}
	for _, h := range hosts {
		h.exe = filepath.Join(dir, h.name)
		flags := append([]string{"-O1", "-Wl,--no-as-needed", source + "cost.c"}, h.args...)
		if err := command("gcc", append(flags, "-o", h.exe, "-lpthread")...); err != nil {
			return err
		}
		flags = []string{"-Wl,--no-as-needed", empty}
		for _, a := range h.args {
			if !strings.HasSuffix(a, ".c") {
				flags = append(flags, a)
			}
		}
		if err := command("gcc", append(flags, "-o", h.exe+"-empty")...); err != nil {
			return err
		}
		if err := h.measure(); err != nil {
			return err
		}
	}
	table(hosts)
	return nil
}

func (h *host) measure() error {
	const loads = 60
	times := make([]time.Duration, loads)
	for i := range times {
		cmd := exec.Command(h.exe + "-empty")
		cmd.Env = append(os.Environ(), h.env...)
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	h.load = times[loads/2]

	cmd := exec.Command(h.exe)
	cmd.Env = append(os.Environ(), h.env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	h.figures = map[string]float64{"load_us": float64(h.load.Microseconds())}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s: %q", h.name, lines.Text())
		}
		h.figures[name] = f
	}
	return nil
}

var rows = []struct{ name, label string }{
	{"load_us", "run an empty program, µs"},
	{"loaded.threads", "threads, loaded"},
	{"loaded.rss_kib", "resident, loaded, KiB"},
	{"loaded.fork_us", "fork, loaded, µs"},
	{"first_use_us", "first use, µs"},
	{"used.threads", "threads, used"},
	{"used.descriptors", "descriptors, used"},
	{"used.rss_kib", "resident, used, KiB"},
	{"used.virtual_mib", "virtual, used, MiB"},
	{"used.fork_us", "fork, used, µs"},
	{"used.fork_and_reap_us", "fork until reaped, used, µs"},
	{"worked.threads", "threads, after 500 units of work"},
	{"worked.rss_kib", "resident, after work, KiB"},
	{"worked.fork_us", "fork, after work, µs"},
	{"worked.fork_and_reap_us", "fork until reaped, after work, µs"},
	{"worked.fork_and_use_us", "fork, child works once, reaped, µs"},
	{"entry_ns", "one entry into Go and back, ns"},
}

func table(hosts []*host) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	for _, h := range hosts {
		fmt.Fprintf(w, "\t%s", h.name)
	}
	fmt.Fprint(w, "\t\n")
	alone := hosts[0].figures
	for _, row := range rows {
		fmt.Fprintf(w, "%s", row.label)
		for _, h := range hosts {
			value, ok := h.figures[row.name]
			switch {
			case !ok || h == hosts[0] && (row.name == "first_use_us" || row.name == "worked.fork_and_use_us"):
				fmt.Fprint(w, "\t-")
			case h != hosts[0] && strings.Contains(row.name, "fork") && row.name != "worked.fork_and_use_us":
				fmt.Fprintf(w, "\t%.0f (%.1f)", value, value/alone[row.name])
			case row.name == "entry_ns":
				fmt.Fprintf(w, "\t%.1f", value)
			default:
				fmt.Fprintf(w, "\t%.0f", value)
			}
		}
		fmt.Fprint(w, "\t\n")
	}
	fmt.Fprintln(w, "(n): times the same host without a library\t\t\t\t\t")
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
