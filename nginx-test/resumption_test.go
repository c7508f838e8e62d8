package nginxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// resumption: sessions are resumed by the worker that made them and by the other one, with tickets and with nginx's
// shared cache; and are not where the server has neither.
func resumption(t *testing.T, b *column) string {
	var facts []string
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		for _, port := range []string{"tickets", "cache", "neither"} {
			facts = append(facts, version+" "+port+": "+resume(t, b, version, port))
		}
	}
	return strings.Join(facts, "\n")
}

// resume makes sessions and offers each again, until the worker of the first handshake and the other one have
// both been asked.
func resume(t *testing.T, b *column, version, port string) string {
	// With two workers behind one port the odds that one of the two cases never comes are below one in 2^attempts.
	const attempts = 40
	file := filepath.Join(t.TempDir(), "session.pem")
	reused := map[bool]string{} // same worker? -> nginx's $ssl_session_reused
	for i := 0; i < attempts && len(reused) < 2; i++ {
		res := sClientRun(t, b, port, version, "-sess_out", file)
		first := words(res.Stdout)
		if first["reused"] != "." {
			t.Fatalf("%s on %s: first handshake reused=%q:\n%s\n%s", version, port, first["reused"], strings.Join(sClientShows.FindAllString(res.Stdout, -1), "\n"), lastLines(res.Stderr, 3))
		}
		if _, err := os.Stat(file); err != nil {
			if port != "neither" {
				t.Fatalf("%s on %s: s_client got no session", version, port)
			}
			return "no session is given"
		}
		res = sClientRun(t, b, port, version, "-sess_in", file)
		second := words(res.Stdout)
		if second["worker"] == "" {
			t.Fatalf("%s on %s: no answer to the second request:\n%s\n%s", version, port, strings.Join(sClientShows.FindAllString(res.Stdout, -1), "\n"), lastLines(res.Stderr, 3))
		}
		if told := strings.Contains(res.Stdout, "\nReused, TLSv1."); told != (second["reused"] == "r") {
			t.Errorf("%s on %s: nginx and s_client do not agree on resumption", version, port)
		}
		same := second["worker"] == first["worker"]
		if old, ok := reused[same]; ok && old != second["reused"] {
			t.Errorf("%s on %s: sometimes reused=%s, sometimes reused=%s", version, port, old, second["reused"])
		}
		reused[same] = second["reused"]
	}
	want := "r"
	if port == "neither" {
		want = "."
	}
	for same, got := range reused {
		if got != want {
			t.Errorf("%s on %s: reused=%q and not %q (same worker: %v)", version, port, got, want, same)
		}
	}
	if len(reused) < 2 {
		t.Errorf("%s on %s: only one case was seen in %d attempts: %v", version, port, attempts, reused)
	}
	return fmt.Sprintf("same worker reused=%s, other worker reused=%s", reused[true], reused[false])
}

// curlReuse: curl on the column's library resumes within one process, over connections of their own.
func curlReuse(t *testing.T, b *column) string {
	var facts []string
	for _, version := range []string{"1.2", "1.3"} {
		for _, port := range []string{"tickets", "cache"} {
			want := ". r r"
			if version == "1.2" && port == "tickets" {
				want = ". . ." // curl sets SSL_OP_NO_TICKET
			}
			url := fmt.Sprintf("https://a.test:%d/info", b.server.Port(port))
			res := curl(t, b.lib, b, "a.test", port, "/info", "--http1.1", "-H", "Connection: close", "--tls-max", version, url, url)
			var got []string
			for line := range strings.Lines(res.Stdout) {
				got = append(got, words(line)["reused"])
			}
			fact := strings.Join(got, " ")
			if res.Exit != 0 || fact != want {
				t.Errorf("TLS %s on %s: reused %q, exit code %d %s", version, port, fact, res.Exit, res.Stderr)
			}
			facts = append(facts, version+" "+port+": "+fact)
		}
	}
	// One connection for several requests, as curl does by default.
	url := fmt.Sprintf("https://a.test:%d/info", b.server.Port("main"))
	res := curl(t, harness.System(), b, "a.test", "main", "/info", "-w", "connects=%{num_connects}\n", url, url)
	if n := strings.Count(res.Stdout, "connects=0"); n != 2 {
		t.Errorf("three requests on one connection: %d reused it: %s%s", n, res.Stdout, res.Stderr)
	}
	return strings.Join(facts, "\n")
}
