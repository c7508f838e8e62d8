package nginxtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// earlyServer takes early data, and tells whether a request came in it ($ssl_early_data).
const earlyServer = `
    server {
        listen 127.0.0.1:{{port "main"}} ssl;
        server_name a.test;
        ssl_protocols TLSv1.3;` + certificate + `
        ssl_early_data on;
        location / { return 200 "early=$ssl_early_data reused=$ssl_session_reused protocol=$ssl_protocol\n"; }
    }`

// earlyData: requests in early data, by s_client on the system's library.
func earlyData(t *testing.T, b *column) string {
	c := b.on(b.start(t, earlyServer))
	dir := t.TempDir()
	session, data := filepath.Join(dir, "session.pem"), filepath.Join(dir, "request")
	if err := os.WriteFile(data, []byte(request), 0o600); err != nil {
		t.Fatal(err)
	}
	var facts []string
	once := func() string {
		first := sClientRun(t, c, "main", "-tls1_3", "-sess_out", session)
		second := sClientRun(t, c, "main", "-tls1_3", "-sess_in", session, "-early_data", data)
		told := regexp.MustCompile(`Early data was [a-z ]+|early=\S* reused=\S* protocol=\S*`).FindAllString(second.Stdout, -1)
		fact := strings.Join(append(regexp.MustCompile(`early=.*`).FindAllString(first.Stdout, -1), told...), ", ")
		if !strings.Contains(fact, "Early data was accepted") {
			t.Errorf("not accepted: %s\n%s", fact, lastLines(second.Stderr, 3))
		}
		return fact
	}
	for range 3 {
		// The client's Finished may come before nginx answers: the handshake is then complete, and the request not early any more.
		const tries = 20
		fact := once()
		for i := 1; i < tries && !strings.Contains(fact, "early=1"); i++ {
			fact = once()
		}
		if !strings.Contains(fact, "early=1") {
			t.Errorf("never early: %s", fact)
		}
		facts = append(facts, fact)
	}
	return strings.Join(facts, "\n")
}
