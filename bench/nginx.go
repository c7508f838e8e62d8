package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"patina/nginx-test/harness"
)

const nginxConf = `
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:bench:4m;
    server {
        listen 127.0.0.1:{{port "https"}} ssl http2;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_certificate {{.PKI}}/a-rsa.pem;
        ssl_certificate_key {{.PKI}}/a-rsa.key;
        location = /small { return 200 "ok\n"; }
    }
`

// fileSize is the size of /file.
const fileSize = 256 << 10

// loads are the loads on nginx; the client is always on the system's libssl and shares the machine, so beside the
// requests per second stands what the workers themselves used.
var loads = []struct {
	name    string
	n       int // requests of a full round
	command func(n int, addr string) []string
}{
	{"nginx TLS 1.3, new connections", 1500, abCommand("-f TLS1.3", "/small")},
	{"nginx TLS 1.2, new connections", 1500, abCommand("-f TLS1.2", "/small")},
	{"nginx TLS 1.2 RSA, new connections", 1500, abCommand("-f TLS1.2 -Z ECDHE-RSA-AES128-GCM-SHA256", "/small")},
	{"nginx TLS 1.3, keepalive", 30000, abCommand("-f TLS1.3 -k", "/small")},
	{"nginx TLS 1.2, keepalive", 30000, abCommand("-f TLS1.2 -k", "/small")},
	{"nginx TLS 1.3, 256 KiB, keepalive", 2000, abCommand("-f TLS1.3 -k", "/file")},
	{"nginx HTTP/2", 30000, func(n int, addr string) []string {
		return []string{"h2load", "-n", strconv.Itoa(n), "-c", "16", "-m", "4", "https://" + addr + "/small"}
	}},
}

func abCommand(args, path string) func(n int, addr string) []string {
	return func(n int, addr string) []string {
		return append(append([]string{"ab", "-q", "-c", "16", "-n", strconv.Itoa(n)}, strings.Fields(args)...), "https://"+addr+path)
	}
}

var (
	abRate     = regexp.MustCompile(`(?m)^Requests per second:\s+([0-9.]+)`)
	abComplete = regexp.MustCompile(`(?m)^Complete requests:\s+(\d+)`)
	h2Rate     = regexp.MustCompile(`(?m)^finished in [^,]+, ([0-9.]+) req/s`)
	h2Complete = regexp.MustCompile(`(?m)^requests: .* (\d+) succeeded, 0 failed`)
)

// nginx measures both servers under every load, in turn.
func (b *bencher) nginx(dir string) error {
	var servers [2]*harness.Server
	for i, lib := range b.libs {
		s, err := harness.Start(lib, filepath.Join(dir, "nginx"+strconv.Itoa(i)), b.pki.Dir, nginxConf)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			b.table.errors = append(b.table.errors, err.Error())
			return nil
		}
		defer s.Stop()
		if err := harness.WritePattern(filepath.Join(s.Dir, "root", "file"), fileSize); err != nil {
			return err
		}
		for _, pid := range s.Processes() {
			if err := lib.OnlyMaps(pid); err != nil {
				return err
			}
		}
		servers[i] = s
	}
	for round := range b.rounds {
		for _, load := range loads {
			rate := figure{load.name + ": requests per second", "", "1/s", true}
			cpu := figure{load.name + ": CPU of the workers per request", "", "µs", false}
			if !b.wanted([]figure{rate, cpu}) {
				continue
			}
			n := load.n
			if *flagQuick {
				n /= 3
			}
			for i := range servers {
				i = (i + round) % 2
				s := servers[i]
				progress("round %d of %d: %s: %s", round+1, b.rounds, s.Lib.Name, load.name)
				before := workerCPU(s)
				command := load.command(n, s.Addr("https"))
				res, err := harness.System().Run(5*time.Minute, nil, command[0], command[1:]...)
				used := workerCPU(s) - before
				perSecond, err := requests(res, n, err)
				if err != nil {
					b.table.fail([]figure{rate, cpu}, i, fmt.Errorf("%s on %s: %w", strings.Join(command, " "), s.Lib.Name, err))
					continue
				}
				b.table.add(rate, i, perSecond)
				b.table.add(cpu, i, used.Seconds()*1e6/float64(n))
			}
		}
	}
	progress("")
	return nil
}

// requests reads the rate from what ab or h2load printed; all n must have succeeded.
func requests(res harness.Result, n int, err error) (float64, error) {
	if err != nil {
		return 0, err
	}
	for _, re := range [][2]*regexp.Regexp{{abRate, abComplete}, {h2Rate, h2Complete}} {
		rate, complete := re[0].FindStringSubmatch(res.Stdout), re[1].FindStringSubmatch(res.Stdout)
		if rate != nil && complete != nil && complete[1] == strconv.Itoa(n) && !strings.Contains(res.Stdout, "Non-2xx") {
			return strconv.ParseFloat(rate[1], 64)
		}
	}
	return 0, fmt.Errorf("exit code %d: %s%s", res.Exit, res.Stdout, res.Stderr)
}

// workerCPU is the time that all threads of the workers have run (the first number of /proc/PID/task/TID/schedstat is
// in nanoseconds).
func workerCPU(s *harness.Server) time.Duration {
	var sum time.Duration
	for _, pid := range s.WorkerPIDs() {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, file := range files {
			text, _ := os.ReadFile(file)
			if f := strings.Fields(string(text)); len(f) > 0 {
				ns, _ := strconv.ParseInt(f[0], 10, 64)
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}
