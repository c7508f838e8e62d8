package nginxtest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// volumeLimit ends a load generator or a large transfer that hangs.
const volumeLimit = 5 * time.Minute

// ab is Apache's load generator on the system's library: flagRequests requests, none may fail.
func ab(version string, keepalive bool) func(t *testing.T, b *column) string {
	return func(t *testing.T, b *column) string {
		n := strconv.Itoa(*flagRequests)
		args := []string{"-q", "-n", n, "-c", "16", "-f", version}
		if keepalive {
			args = append(args, "-k")
		}
		res, err := harness.System().Run(volumeLimit, nil, "ab", append(args, "https://"+b.server.Addr("main")+"/info")...)
		if err != nil {
			t.Fatal(err)
		}
		field := func(name string) string {
			m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:\s+(\S+)`).FindStringSubmatch(res.Stdout)
			if m == nil {
				return ""
			}
			return m[1]
		}
		protocol, _, _ := strings.Cut(field("SSL/TLS Protocol"), ",")
		kept := field("Keep-Alive requests")
		// The length of the page differs by a digit of the process number at most; ab counts that as a failure of
		// its own kind, which is not one.
		failures := field("Failed requests")
		if m := regexp.MustCompile(`\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)`).FindStringSubmatch(res.Stdout); m != nil {
			failures = "0"
			if m[1] != "0" || m[2] != "0" || m[4] != "0" {
				failures = m[0]
			}
		}
		if res.Exit != 0 || field("Complete requests") != n || failures != "0" || field("Non-2xx responses") != "" ||
			protocol != strings.Replace(version, "TLS", "TLSv", 1) || (keepalive && kept != n) || strings.Contains(res.Stderr, "SSL") {
			t.Errorf("ab: exit code %d\n%s%s", res.Exit, res.Stdout, res.Stderr)
		}
		t.Logf("%s requests per second", field("Requests per second"))
		return fmt.Sprintf("%s complete, %s failed, %s", field("Complete requests"), failures, protocol)
	}
}

// h2load: HTTP/2 with many streams, on the system's library.
func h2load(t *testing.T, b *column) string {
	n := *flagRequests
	res, err := harness.System().Run(volumeLimit, nil, "h2load", "-n", strconv.Itoa(n), "-c", "20", "-m", "10",
		"https://"+b.server.Addr("main")+"/info")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^requests: .*$`).FindString(res.Stdout)
	want := fmt.Sprintf("requests: %d total, %d started, %d done, %d succeeded, 0 failed, 0 errored, 0 timeout", n, n, n, n)
	protocol := regexp.MustCompile(`TLS Protocol: (\S+)`).FindStringSubmatch(res.Stdout)
	if line != want || protocol == nil || protocol[1] != "TLSv1.3" || !strings.Contains(res.Stdout, "Application protocol: h2") {
		t.Errorf("h2load:\n%s%s", res.Stdout, res.Stderr)
	}
	t.Log(regexp.MustCompile(`(?m)^finished in .*$`).FindString(res.Stdout))
	return line
}

func (b *column) largeSize() int64 {
	if b.lib.Ours() {
		return int64(*flagLarge) << 20
	}
	return int64(*flagLargeSys) << 20
}

// largeDownload: the column's curl fetches a large file of position-dependent content.
func largeDownload(t *testing.T, b *column) string {
	size := b.largeSize()
	file := filepath.Join(b.server.Dir, "root", "large")
	if err := harness.WritePattern(file, size); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	want := harness.PatternSum(size)
	for _, http := range []string{"--http1.1", "--http2"} {
		for _, lib := range slices.Compact([]harness.Library{harness.System(), b.lib}) {
			ctx, cancel := context.WithTimeout(t.Context(), volumeLimit)
			cmd := lib.Command(ctx, "curl", "-sS", http, "--cacert", b.pki.CA(),
				"--resolve", fmt.Sprintf("a.test:%d:127.0.0.1", b.server.Port("main")),
				fmt.Sprintf("https://a.test:%d/large", b.server.Port("main")))
			p := harness.NewPattern()
			var stderr strings.Builder
			cmd.Stdout, cmd.Stderr = p, &stderr
			begin := time.Now()
			err := cmd.Run()
			cancel()
			if err != nil {
				t.Errorf("curl on %s: %v: %s", lib.Name, err, stderr.String())
			}
			if err := p.Check(size); err != nil || p.Sum() != want {
				t.Errorf("curl on %s %s: %v, SHA-256 %s and not %s", lib.Name, http, err, p.Sum(), want)
			}
			t.Logf("curl on %s %s: %d MiB in %.1f s", lib.Name, http, size>>20, time.Since(begin).Seconds())
		}
	}
	return "content and hash right"
}

// largeUpload: the column's curl sends it, nginx writes it to a file.
func largeUpload(t *testing.T, b *column) string {
	size := b.largeSize()
	file := filepath.Join(t.TempDir(), "large")
	if err := harness.WritePattern(file, size); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	want := harness.PatternSum(size)
	begin := time.Now()
	p := b.server.Port("main")
	res, err := b.lib.Run(volumeLimit, nil, "curl", "-sS", "--fail", "--http1.1", "--cacert", b.pki.CA(), "-T", file,
		"--resolve", fmt.Sprintf("a.test:%d:127.0.0.1", p), fmt.Sprintf("https://a.test:%d/upload/large", p))
	if err != nil {
		t.Fatal(err)
	}
	if res.Exit != 0 {
		t.Errorf("curl's exit code %d: %s", res.Exit, res.Stderr)
	}
	took := time.Since(begin)
	stored := filepath.Join(b.server.Dir, "upload", "large")
	defer os.Remove(stored)
	if sum, err := harness.CheckFile(stored, size); err != nil || sum != want {
		t.Errorf("what nginx stored: %v, SHA-256 %s and not %s", err, sum, want)
	}
	t.Logf("curl on %s: %d MiB in %.1f s", b.lib.Name, size>>20, took.Seconds())
	return "content and hash right"
}

// client is Go's own HTTP client over Go's own TLS: a peer that is neither OpenSSL nor ours.
func (b *column) client(keepalive bool) *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: b.pki.Roots, ServerName: "a.test"},
		DisableKeepAlives:   !keepalive,
		MaxIdleConnsPerHost: 16,
		ForceAttemptHTTP2:   false,
	}}
}

// fetch gets /pattern or /slow and checks every byte.
func fetch(c *http.Client, url string) error {
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", res.Status)
	}
	p := harness.NewPattern()
	if _, err := io.Copy(p, res.Body); err != nil {
		return err
	}
	return p.Check(patternSize)
}

// reload: SIGHUP again and again while clients fetch, each request on a connection of its own and on kept ones;
// none may fail, and the workers must be new ones on the same library.
func reload(t *testing.T, b *column) string {
	s := b.start(t, slow)
	const reloads = 5
	before := s.WorkerPIDs()
	var requests, failed atomic.Int64
	var first atomic.Value
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			c := b.client(i%2 == 0)
			defer c.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				requests.Add(1)
				if err := fetch(c, "https://"+s.Addr("main")+"/pattern"); err != nil {
					failed.Add(1)
					first.CompareAndSwap(nil, err.Error())
				}
			}
		})
	}
	for range reloads {
		time.Sleep(300 * time.Millisecond)
		if err := s.Signal(syscall.SIGHUP); err != nil {
			t.Error(err)
		}
	}
	time.Sleep(700 * time.Millisecond)
	close(done)
	wg.Wait()
	if failed.Load() != 0 {
		t.Errorf("%d of %d requests failed, the first: %v", failed.Load(), requests.Load(), first.Load())
	}
	if err := harness.WaitGone(before...); err != nil {
		t.Errorf("old workers: %v", err)
	}
	if err := waitWorkers(s); err != nil {
		t.Error(err)
	}
	for _, pid := range s.Processes() {
		if err := b.lib.OnlyMaps(pid); err != nil {
			t.Error(err)
		}
		if slices.Contains(before, pid) {
			t.Errorf("worker %d is still there after %d reloads", pid, reloads)
		}
	}
	b.noneSevere(t, s)
	t.Logf("%d requests over %d reloads", requests.Load(), reloads)
	if requests.Load() < 20 {
		t.Errorf("only %d requests: that was no load", requests.Load())
	}
	return fmt.Sprintf("%d reloads, %d failed, new workers", reloads, failed.Load())
}

func waitWorkers(s *harness.Server) error {
	var n int
	for range 200 {
		if n = len(s.WorkerPIDs()); n == harness.Workers {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%d workers and not %d", n, harness.Workers)
}

// gracefulQuit: SIGQUIT while slow transfers are under way; they end whole, nobody new is let in, all processes end.
func gracefulQuit(t *testing.T, b *column) string {
	s := b.start(t, slow)
	const transfers = 8
	all := s.Processes()
	errs := make(chan error, transfers)
	started := make(chan struct{}, transfers)
	for range transfers {
		go func() {
			c := b.client(false)
			res, err := c.Get("https://" + s.Addr("main") + "/slow")
			started <- struct{}{}
			if err != nil {
				errs <- err
				return
			}
			defer res.Body.Close()
			p := harness.NewPattern()
			if _, err := io.Copy(p, res.Body); err != nil {
				errs <- err
				return
			}
			errs <- p.Check(patternSize)
		}()
	}
	for range transfers {
		<-started
	}
	if err := s.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	refused := false
	for range 100 {
		conn, err := net.DialTimeout("tcp", s.Addr("main"), time.Second)
		if err != nil {
			refused = true
			break
		}
		conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
	if !refused {
		t.Error("new connections are still accepted")
	}
	waiting := len(errs)
	failed := 0
	for range transfers {
		if err := <-errs; err != nil {
			failed++
			t.Error(err)
		}
	}
	if waiting == transfers {
		t.Error("all transfers had ended before the server refused connections: nothing was shown")
	}
	if err := harness.WaitGone(all...); err != nil {
		t.Error(err)
	}
	b.noneSevere(t, s)
	return fmt.Sprintf("%d transfers, %d failed, all processes ended", transfers, failed)
}

// rubbish: clients that do not speak TLS, or stop in the middle, harm nobody and are answered as by OpenSSL.
func rubbish(t *testing.T, b *column) string {
	var facts []string
	logged0 := len(b.server.ErrorLog())
	for _, c := range []struct{ name, send string }{
		{"plain HTTP", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		{"no TLS record", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8rubbish rubbish rubbish"},
		{"a record of an unknown type", "\x63\x03\x01\x00\x05hello"},
		{"an empty ClientHello", "\x16\x03\x01\x00\x04\x01\x00\x00\x00"},
		{"application data first", "\x17\x03\x03\x00\x05hello"},
		{"an oversized record", "\x16\x03\x01\xff\xff" + strings.Repeat("x", 1<<16-1)},
		{"an alert first", "\x15\x03\x01\x00\x02\x02\x28"},
		{"half a record, then gone", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"},
		{"nothing, then gone", ""},
	} {
		conn, err := net.DialTimeout("tcp", b.server.Addr("main"), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, c.send)
		conn.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(io.LimitReader(conn, 1<<16))
		conn.Close()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: the server keeps the connection open", c.name)
		}
		shown := fmt.Sprintf("%x", answer)
		if strings.HasPrefix(string(answer), "HTTP/1.1 ") {
			shown = strings.SplitN(string(answer), "\r\n", 2)[0]
		}
		facts = append(facts, c.name+": "+shown)
	}
	// What nginx made of it: the level tells whether it knows the reason on the error queue.
	logged := regexp.MustCompile(`\[(\w+)\] .* (SSL_\w+\(\) failed \(SSL: error:[^)]*\))`)
	for _, m := range logged.FindAllStringSubmatch(b.server.ErrorLog()[logged0:], -1) {
		facts = append(facts, m[1]+": "+m[2])
	}
	b.newSevere(b.server)
	res := curl(t, harness.System(), b, "a.test", "main", "/info")
	if res.Exit != 0 {
		t.Errorf("afterwards curl's exit code is %d: %s", res.Exit, res.Stderr)
	}
	return strings.Join(facts, "\n")
}

// stop: SIGQUIT to the idle shared server; every process ends, the pid file goes.
func stop(t *testing.T, b *column) string {
	all := b.server.Processes()
	if err := b.server.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := harness.WaitGone(all...); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(b.server.Dir, "nginx.pid")); err == nil {
		t.Error("the pid file is still there")
	}
	b.noneSevere(t, b.server)
	return fmt.Sprintf("%d processes ended", len(all))
}
