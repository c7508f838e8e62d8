package nginxtest

import (
	"path/filepath"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// TestSessionFiles: a session that a client on one library has written is read on the other, means the same there, and is
// resumed by a server of either.
func TestSessionFiles(t *testing.T) {
	pki, err := harness.NewPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	our := ours(t)
	if our == nil {
		t.Skip("the run is for the system's library alone (-libraries)")
	}
	libs := []harness.Library{harness.System(), *our}
	for _, server := range libs {
		b := &column{lib: server, pki: pki}
		b.server = b.start(t, general)
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			for _, writer := range libs {
				for _, reader := range libs {
					t.Run(strings.Join([]string{"server", server.Name, version, "from", writer.Name, "to", reader.Name}, " "), func(t *testing.T) {
						crossed(t, b, writer, reader, version, filepath.Join(t.TempDir(), "session.pem"))
					})
				}
			}
		}
	}
}

// crossed has writer's client keep a session in file, and reader's tell of it and offer it.
func crossed(t *testing.T, b *column, writer, reader harness.Library, version, file string) {
	t.Helper()
	run := func(lib harness.Library, args ...string) harness.Result {
		res, err := lib.Run(clientLimit, strings.NewReader(request), "openssl", args...)
		if err != nil || res.Exit != 0 {
			t.Fatalf("openssl %s: %v, exit %d: %s", strings.Join(args, " "), err, res.Exit, res.Stderr)
		}
		return res
	}
	connect := []string{"s_client", "-connect", b.server.Addr("tickets"), "-CAfile", b.pki.CA(), "-servername", "a.test", "-ign_eof", version}
	run(writer, append(connect, "-sess_out", file)...)
	told := run(writer, "sess_id", "-in", file, "-text", "-noout").Stdout
	if got := run(reader, "sess_id", "-in", file, "-text", "-noout").Stdout; got != told || !strings.Contains(got, "Session-ID") {
		t.Errorf("the reader tells of the session\n%s\nthe writer\n%s", got, told)
	}
	if out := run(reader, append(connect, "-sess_in", file)...).Stdout; !strings.Contains(out, "\nReused, TLSv1.") {
		t.Errorf("not resumed:\n%s", strings.Join(sClientShows.FindAllString(out, -1), "\n"))
	}
}
