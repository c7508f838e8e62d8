package nginxtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// postgresBinaries is where Debian 12 has PostgreSQL.
const postgresBinaries = "/usr/lib/postgresql/15/bin/"

// postgresConf and postgresAccess are a server on loopback with TLS only; its users: "open" needs nothing, "sealed" a password
// bound to the channel (SCRAM, RFC 5802), "client.test" a certificate of that name.
const (
	postgresConf = `listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
log_line_prefix = ''
ssl = on
ssl_cert_file = '%[1]s/a-ecdsa.pem'
ssl_key_file = '%[1]s/a-ecdsa.key'
ssl_ca_file = '%[1]s/ca.pem'
ssl_crl_file = '%[1]s/crl.pem'
ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'
ssl_ecdh_curve = 'prime256v1'
password_encryption = scram-sha-256
`
	postgresAccess = `hostssl all open 127.0.0.1/32 trust
hostssl all sealed 127.0.0.1/32 scram-sha-256
hostssl all client.test 127.0.0.1/32 cert
`
)

// A postgres is a database cluster in a folder, and the account that its server runs under: PostgreSQL refuses root.
type postgres struct {
	dir        string
	credential *syscall.Credential
}

// newPostgres makes a cluster with the files of a PKI.
func newPostgres(t *testing.T, pki string) *postgres {
	t.Helper()
	p := &postgres{dir: linked(t, pki)}
	// Copies instead of links, and its own: the server may read nothing else.
	entries, err := os.ReadDir(pki)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(pki, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(p.dir, e.Name()))
		write(t, filepath.Join(p.dir, e.Name()), text)
	}
	if os.Geteuid() == 0 {
		account, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.ParseUint(account.Uid, 10, 32)
		gid, _ := strconv.ParseUint(account.Gid, 10, 32)
		p.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chmod(filepath.Dir(p.dir), 0o755); err != nil {
			t.Fatal(err)
		}
		own := func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, int(uid), int(gid))
		}
		if err := filepath.WalkDir(p.dir, own); err != nil {
			t.Fatal(err)
		}
	}
	p.run(t, "initdb", "-D", p.data(), "-U", "open", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
	for name, text := range map[string]string{"postgresql.conf": fmt.Sprintf(postgresConf, p.dir), "pg_hba.conf": postgresAccess} {
		if err := os.WriteFile(filepath.Join(p.data(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// command prepares one of the server's programs.
func (p *postgres) command(ctx context.Context, lib harness.Library, name string, args ...string) *exec.Cmd {
	cmd := lib.Command(ctx, postgresBinaries+name, args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential, Setsid: true}
	return cmd
}

// run runs one of them to its end.
func (p *postgres) run(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clientLimit)
	defer cancel()
	if out, err := p.command(ctx, harness.System(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// readable is a library that the server's account can read: a copy in its folder.
func (p *postgres) readable(t *testing.T, lib harness.Library) harness.Library {
	t.Helper()
	if !lib.Ours() {
		return lib
	}
	code, err := os.ReadFile(lib.File)
	if err != nil {
		t.Fatal(err)
	}
	lib.File = filepath.Join(p.dir, "libssl.so.3")
	if err := os.WriteFile(lib.File, code, 0o755); err != nil {
		t.Fatal(err)
	}
	return lib
}

// serve runs the server on a library until stop is called, at the latest when t ends; its log is then whole.
func (p *postgres) serve(t *testing.T, lib harness.Library) (port string, stop func() string) {
	t.Helper()
	port = freePort(t)
	lib = p.readable(t, lib)
	cmd := p.command(context.Background(), lib, "postgres", "-D", p.data(), "-p", port)
	var log transcript
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server := &program{cmd: cmd, gone: make(chan struct{})}
	go func() { cmd.Wait(); close(server.gone) }()
	stop = func() string {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} { // fast, immediate, at last
			cmd.Process.Signal(sig)
			if server.endsWithin(endLimit) {
				break
			}
			t.Errorf("PostgreSQL on %s does not end on %v:\n%s", lib.Name, sig, &log)
		}
		return log.String()
	}
	t.Cleanup(func() { stop() })
	server.listens(t, port)
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) { // it listens before it is ready
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			if _, err := os.Stat(filepath.Join(p.data(), "postmaster.pid")); err == nil && p.ready(port) {
				break
			}
		}
		if server.ended() || time.Since(begin) > endLimit {
			t.Fatalf("PostgreSQL on %s does not start:\n%s", lib.Name, &log)
		}
	}
	if err := lib.OnlyMaps(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	return port, stop
}

// ready asks whether the server takes connections.
func (p *postgres) ready(port string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), clientLimit)
	defer cancel()
	return p.command(ctx, harness.System(), "pg_isready", "-q", "-h", "127.0.0.1", "-p", port).Run() == nil
}

// psqlRuns are connections of psql: what is said beside the address, and the statements.
var psqlRuns = []struct{ options, sql string }{
	{"user=open sslmode=verify-full", showsTLS}, {"user=open sslmode=verify-full ssl_max_protocol_version=TLSv1.2", showsTLS},
	{"user=open sslmode=verify-ca", showsTLS}, {"user=open sslmode=require sslsni=0", showsTLS},
	{"user=open sslmode=verify-full host=b.test", showsTLS}, {"user=open sslmode=verify-full sslrootcert=selfsigned.pem", showsTLS},
	{"user=open sslmode=verify-full sslrootcert=nosuch.pem", showsTLS}, {"user=open sslmode=verify-full sslcrl=crl.pem", showsTLS}, {"user=open sslmode=disable", showsTLS},
	{"user=open sslmode=verify-full ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2", showsTLS},
	{"user=client.test sslmode=verify-full sslcert=client.pem sslkey=client.key", showsTLS}, {"user=client.test sslmode=verify-full sslcert=client.pem sslkey=client.key ssl_max_protocol_version=TLSv1.2", showsTLS},
	{"user=client.test sslmode=verify-full sslcert=client.pem sslkey=client.enc sslpassword=secret", showsTLS}, {"user=client.test sslmode=verify-full sslcert=client.pem sslkey=b.key", showsTLS},
	{"user=client.test sslmode=verify-full", showsTLS}, {"user=client.test sslmode=verify-full sslcert=untrusted.pem sslkey=untrusted.key", showsTLS},
	{"user=client.test sslmode=verify-full sslcert=revoked.pem sslkey=revoked.key", showsTLS}, {"user=client.test sslmode=verify-full sslcert=a-rsa.pem sslkey=a-rsa.key", showsTLS},
	{"user=sealed password=secret sslmode=verify-full channel_binding=require", showsTLS}, {"user=sealed password=secret sslmode=verify-full channel_binding=require ssl_max_protocol_version=TLSv1.2", showsTLS},
	{"user=sealed password=wrong sslmode=verify-full channel_binding=require", showsTLS},
	{"user=open sslmode=verify-full", "select string_agg(i::text, ',') from generate_series(1, 1000000) i"},
	{"user=open sslmode=verify-full ssl_max_protocol_version=TLSv1.2", "select string_agg(i::text, ',') from generate_series(1, 1000000) i"},
	{"user=open sslmode=verify-full", uploads}, {"user=open sslmode=verify-full ssl_max_protocol_version=TLSv1.2", uploads},
}

// uploads is a megabyte of lines that are all different, and a hash of them.
var uploads = func() string {
	var b strings.Builder
	b.WriteString("create temp table t (x text);\ncopy t from stdin;\n")
	for i := range 150000 {
		fmt.Fprintln(&b, "line", i)
	}
	return b.String() + "\\.\nselect count(*), md5(string_agg(x, '|')) from t"
}()

// tlsLog are the lines of a server's log that are about connections.
var tlsLog = regexp.MustCompile(`(?m)^(?:LOG: .*SSL.*|FATAL: .*|DETAIL: .*|ERROR: .*|WARNING: .*)$`)

const showsTLS = "select ssl, version, cipher, bits, client_dn, issuer_dn from pg_stat_ssl where pid = pg_backend_pid()"

// TestPostgreSQL: s_client -starttls postgres and psql on both libraries against PostgreSQL on both: what they say is the
// same, word for word, and so is what the server logs.
func TestPostgreSQL(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	files := opensslFiles(t)
	p := newPostgres(t, files)
	var want []string
	var wantLog string
	for _, server := range []harness.Library{system, *own} {
		port, stop := p.serve(t, server)
		if server == system {
			if out := psql(t, system, files, port, "user=open sslmode=require", "create user sealed password 'secret'; create user \"client.test\""); !strings.HasPrefix(out, "exit 0") {
				t.Fatal(out)
			}
		}
		for _, client := range []harness.Library{system, *own} {
			var names, got []string
			for _, options := range []string{"-tls1_2", "-tls1_3", "-tls1_2 -cipher ECDHE+CHACHA20", "-alpn h2", "-verify_hostname b.test", "-cert client.pem -key client.key -cert_chain inter.pem"} {
				options = "-starttls postgres -CAfile ca.pem -verify_return_error " + options
				c := startOpenSSL(t, client, files, append([]string{"s_client", "-connect", "127.0.0.1:" + port}, strings.Fields(options)...)...)
				c.stdin.Close()
				exit, inTime := c.wait(endLimit)
				if !inTime {
					t.Errorf("s_client %s on %s does not end: %s%s", options, client.Name, &c.out, &c.errs)
				}
				names, got = append(names, "PostgreSQL, s_client "+options), append(got, fmt.Sprintf("exit %d\n%s\n%s", exit, normal(c.out.String()), normal(c.errs.String())))
			}
			for _, r := range psqlRuns {
				names, got = append(names, "PostgreSQL, psql "+r.options), append(got, psql(t, client, files, port, r.options, r.sql))
			}
			if want == nil {
				want = got
			}
			for i, n := range names {
				if got[i] != want[i] {
					t.Errorf("%s on %s, server on %s (- system, + ours)\n%s", n, client.Name, server.Name, lineDiff(want[i], got[i]))
				}
				if server == *own && client == *own {
					tell(n, want[i], got[i], "")
				}
			}
		}
		log := strings.Join(tlsLog.FindAllString(stop(), -1), "\n")
		if wantLog == "" {
			wantLog = log
		} else if log != wantLog {
			t.Errorf("PostgreSQL's log (- system, + ours)\n%s", lineDiff(wantLog, log))
		}
		t.Logf("PostgreSQL on %s has told\n%s", server.Name, log)
	}
}

// psql runs psql on a library and tells its exit status, what it shows (the hash of what is long) and its error.
func psql(t *testing.T, lib harness.Library, dir, port, options, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clientLimit)
	defer cancel()
	address := fmt.Sprintf("host=a.test hostaddr=127.0.0.1 port=%s dbname=postgres sslrootcert=ca.pem %s", port, options)
	cmd := lib.Command(ctx, postgresBinaries+"psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-f", "-", address)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, "HOME="+dir)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(sql+";\n"), &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Errorf("psql %s on %s: %v", options, lib.Name, err)
		return ""
	}
	shown := out.String()
	if len(shown) > 4096 {
		shown = fmt.Sprintf("%d bytes, SHA-256 %x\n", len(shown), sha256.Sum256(out.Bytes()))
	}
	return fmt.Sprintf("exit %d\n%s%s", cmd.ProcessState.ExitCode(), shown, strings.ReplaceAll(errs.String(), "port "+port, "port PORT"))
}
