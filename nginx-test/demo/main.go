// Command demo is `make run`: Debian's nginx and Debian's curl, unmodified, talk TLS through our libssl.so.3 while you
// watch. It proves what it says from the outside (/proc/PID/maps, nginx's own variables, an independent peer), stops
// what it started, and ends with a verdict and an exit status.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"patina/nginx-test/harness"
)

const conf = `
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:demo:1m;
    server {
        listen 127.0.0.1:{{port "https"}} ssl http2;
        server_name a.test;
        ssl_certificate {{.PKI}}/a-ecdsa.pem;
        ssl_certificate_key {{.PKI}}/a-ecdsa.key;
        ssl_certificate {{.PKI}}/a-rsa.pem;
        ssl_certificate_key {{.PKI}}/a-rsa.key;
        location = /info {
            default_type text/plain;
            return 200 "protocol=$ssl_protocol cipher=$ssl_cipher group=$ssl_curve reused=$ssl_session_reused http=$server_protocol worker=$pid\n";
        }
        location = /slow {
            alias {{.Dir}}/root/file;
            limit_rate 1m;
        }
    }
`

const (
	fileSize    = 64 << 20
	clientLimit = time.Minute
)

// demo keeps the count of what went wrong.
type demo struct {
	failures int
	lib      harness.Library
	pki      *harness.PKI
	server   *harness.Server
}

func main() {
	libssl := flag.String("libssl", "build/libssl.so.3", "the library to show; empty for the system's own")
	flag.Parse()
	d := &demo{lib: harness.System()}
	if *libssl != "" {
		file, err := filepath.Abs(*libssl)
		if err == nil {
			_, err = os.Stat(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		d.lib = harness.Preload(file)
	}
	// An interrupted demo ends like a finished one: nothing stays behind.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	d.run(ctx)
	if d.failures > 0 {
		fmt.Printf("\nFAILED: %d of the steps above did not do what they should.\n", d.failures)
		os.Exit(1)
	}
	what := "the system's libssl"
	if d.lib.Ours() {
		what = "Patina: no OpenSSL libssl in any of these processes"
	}
	fmt.Printf("\nOK: nginx and curl, as Debian packages them, spoke TLS through %s.\n", what)
}

func (d *demo) step(text string, args ...any) { fmt.Printf("\n== "+text+"\n", args...) }
func (d *demo) show(text string, args ...any) { fmt.Printf("   "+text+"\n", args...) }

// expect prints a line with its outcome.
func (d *demo) expect(ok bool, text string, args ...any) {
	mark := "ok  "
	if !ok {
		mark = "FAIL"
		d.failures++
	}
	fmt.Printf("   "+mark+" "+text+"\n", args...)
}

func (d *demo) run(ctx context.Context) {
	dir, err := os.MkdirTemp("", "patina-demo-")
	if err != nil {
		d.expect(false, "%v", err)
		return
	}
	defer os.RemoveAll(dir)

	d.step("Certificates: a root, an intermediate, ECDSA P-256 and RSA-2048 for a.test")
	pkiDir := filepath.Join(dir, "pki")
	if err = os.Mkdir(pkiDir, 0o755); err == nil {
		d.pki, err = harness.NewPKI(pkiDir)
	}
	if err != nil {
		d.expect(false, "%v", err)
		return
	}
	d.show("%s", pkiDir)

	with := d.lib.Env + "=" + d.lib.File
	if !d.lib.Ours() {
		with = "the system's libssl"
	}
	d.step("nginx, a master and %d workers, started with %s", harness.Workers, with)
	begin := time.Now()
	d.server, err = harness.Start(d.lib, filepath.Join(dir, "nginx"), pkiDir, conf)
	if err != nil {
		d.expect(false, "%v", err)
		return
	}
	all := d.server.Processes()
	defer func() {
		d.step("Stop")
		d.expect(d.server.Stop() == nil, "all %d nginx processes have ended", len(all))
	}()
	d.show("listening on https://%s after %d ms", d.server.Addr("https"), time.Since(begin).Milliseconds())
	if err := harness.WritePattern(filepath.Join(d.server.Dir, "root", "file"), fileSize); err != nil {
		d.expect(false, "%v", err)
		return
	}
	for i, pid := range all {
		role := "worker"
		if i == 0 {
			role = "master"
		}
		d.proveMaps(role, pid)
	}

	for _, part := range []func(context.Context){d.curlMaps, d.protocols, d.reuse, d.sClient, d.download} {
		if ctx.Err() != nil {
			d.expect(false, "interrupted")
			return
		}
		part(ctx)
	}
	if lines := d.server.Severe(); len(lines) > 0 {
		d.expect(false, "nginx's error log:\n%s", strings.Join(lines, "\n"))
	}
}

// proveMaps shows the lines of /proc/PID/maps and demands that exactly one libssl, ours, is there.
func (d *demo) proveMaps(role string, pid int) {
	err := d.lib.OnlyMaps(pid)
	if err != nil {
		d.expect(false, "%s: %v", role, err)
	} else {
		d.expect(true, "%s %d: one libssl and only this one in /proc/%d/maps:", role, pid, pid)
	}
	for _, line := range harness.MapsLines(pid) {
		d.show("        %s", line)
	}
}

// curlMaps looks into a curl that is held by a slow transfer.
func (d *demo) curlMaps(ctx context.Context) {
	d.step("curl, started the same way, looked at while it transfers")
	ctx, cancel := context.WithTimeout(ctx, clientLimit)
	defer cancel()
	cmd := d.lib.Command(ctx, "curl", d.curlArgs("/slow", "-o", "/dev/null")...)
	if err := cmd.Start(); err != nil {
		d.expect(false, "%v", err)
		return
	}
	for range 200 {
		time.Sleep(10 * time.Millisecond)
		if lines := harness.MapsLines(cmd.Process.Pid); len(lines) > 0 {
			break
		}
	}
	d.proveMaps("curl", cmd.Process.Pid)
	cmd.Process.Kill()
	cmd.Wait()
}

func (d *demo) curlArgs(path string, args ...string) []string {
	p := d.server.Port("https")
	return append(append([]string{"-sS", "--noproxy", "*", "--cacert", d.pki.CA(), "--resolve", fmt.Sprintf("a.test:%d:127.0.0.1", p)}, args...),
		d.url(path))
}

func (d *demo) url(path string) string {
	return fmt.Sprintf("https://a.test:%d%s", d.server.Port("https"), path)
}

// info parses the answer of /info.
func info(line string) map[string]string {
	m := map[string]string{}
	for f := range strings.FieldsSeq(line) {
		if k, v, ok := strings.Cut(f, "="); ok {
			m[k] = v
		}
	}
	// nginx prints the number of a group that OpenSSL 3.0's tables do not have.
	if m["group"] == "0x11ec" {
		m["group"] = "X25519MLKEM768"
	}
	return m
}

func (d *demo) protocols(context.Context) {
	d.step("curl -> nginx, both on this library; what nginx says of the connection")
	for _, c := range []struct {
		args []string
		want map[string]string
	}{
		{[]string{"--tlsv1.3", "--http1.1"}, map[string]string{"protocol": "TLSv1.3", "http": "HTTP/1.1"}},
		{[]string{"--tlsv1.3", "--http2"}, map[string]string{"protocol": "TLSv1.3", "http": "HTTP/2.0"}},
		{[]string{"--tlsv1.3", "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"}, map[string]string{"cipher": "TLS_CHACHA20_POLY1305_SHA256"}},
		{[]string{"--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"}, map[string]string{"cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"}},
		{[]string{"--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384"}, map[string]string{"cipher": "ECDHE-RSA-AES256-GCM-SHA384"}},
	} {
		res, err := d.lib.Run(clientLimit, nil, "curl", d.curlArgs("/info", c.args...)...)
		got := info(res.Stdout)
		ok := err == nil && res.Exit == 0
		for k, v := range c.want {
			ok = ok && got[k] == v
		}
		d.expect(ok, "%-8s %-30s %-15s %s", got["protocol"], got["cipher"], got["group"], got["http"])
		if !ok {
			d.show("     curl %s: exit code %d %v %s", strings.Join(c.args, " "), res.Exit, err, res.Stderr)
		}
	}
	res, _ := d.lib.Run(clientLimit, nil, "curl", "-sS", "--noproxy", "*", "--cacert", d.pki.CA(),
		"--resolve", fmt.Sprintf("other.test:%d:127.0.0.1", d.server.Port("https")), fmt.Sprintf("https://other.test:%d/info", d.server.Port("https")))
	message, _, _ := strings.Cut(res.Stderr, "\n")
	d.expect(res.Exit == 60, "a wrong host name is refused: %s", message)
}

func (d *demo) reuse(context.Context) {
	d.step("Session reuse: one curl, three connections")
	for _, version := range []string{"1.3", "1.2"} {
		res, err := d.lib.Run(clientLimit, nil, "curl", append(d.curlArgs("/info", "--http1.1", "-H", "Connection: close", "--tls-max", version),
			d.url("/info"), d.url("/info"))...)
		reused := ""
		for line := range strings.Lines(res.Stdout) {
			reused += " " + info(line)["reused"]
		}
		d.expect(err == nil && res.Exit == 0 && reused == " . r r", "TLS %s: $ssl_session_reused is%s   (. new, r reused) %s", version, reused, res.Stderr)
	}
}

func (d *demo) sClient(context.Context) {
	d.step("An independent peer: openssl s_client on OpenSSL's own libssl")
	for _, version := range []string{"-tls1_3", "-tls1_2"} {
		res, err := harness.System().Run(clientLimit, strings.NewReader("GET /info HTTP/1.0\r\nHost: a.test\r\n\r\n"), "openssl", "s_client", "-connect", d.server.Addr("https"),
			"-servername", "a.test", "-CAfile", d.pki.CA(), "-verify_return_error", "-ign_eof", version)
		lines := regexp.MustCompile(`(?m)^(New, .*|Server Temp Key: .*|Peer signature type: .*|Verification: .*)$`).FindAllString(res.Stdout, -1)
		d.expect(err == nil && res.Exit == 0 && strings.Contains(res.Stdout, "\nVerification: OK"), "%s", strings.Join(lines, "; "))
	}
}

func (d *demo) download(context.Context) {
	d.step("%d MiB whose every byte depends on its position", fileSize>>20)
	cmd := d.lib.Command(context.Background(), "curl", d.curlArgs("/file")...)
	p := harness.NewPattern()
	cmd.Stdout, cmd.Stderr = p, os.Stderr
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin)
	if err == nil {
		err = p.Check(fileSize)
	}
	d.expect(err == nil && p.Sum() == harness.PatternSum(fileSize), "%.0f MiB/s, SHA-256 %s...", float64(fileSize>>20)/took.Seconds(), p.Sum()[:16])
	if err != nil {
		d.show("     %v", err)
	}
}
