package nginxtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// A conversation is one s_server and the s_clients that connect to it in turn. Options are separated by spaces. Without runs
// it is the server's beginning alone.
type conversation struct {
	server string
	runs   []clientRun
	// differs is the reason of a difference made on purpose; what differs stands in testdata/openssl_differences.txt.
	differs string
}

// name is the conversation's name among the tests.
func (c conversation) name() string {
	if len(c.runs) == 0 {
		return c.server
	}
	return strings.Join(strings.Fields(c.server+" to "+c.runs[0].options), " ")
}

// A clientRun is one s_client.
type clientRun struct {
	options string
	script  []step
	// connections is how many the server accepts of it; 0 stands for 1, none for 0.
	connections int
	// preamble is the protocol that stands before TLS.
	preamble string
}

// endLimit is how long a program may take to end when its conversation is over.
const endLimit = 20 * time.Second

const none = -1 // clientRun.connections

// A step of a conversation's script. It is false if one of the programs ended instead, which ends the script.
type step func(server, client *program) bool

func clientSays(text string) step  { return func(_, c *program) bool { c.says(text); return true } }
func serverSays(text string) step  { return func(s, _ *program) bool { s.says(text); return true } }
func clientShows(text string) step { return func(s, c *program) bool { return c.shows(text) } }
func serverShows(text string) step { return func(s, c *program) bool { return s.shows(text, c) } }

// pause is for what a program does without a word, or without flushing it.
func pause(_, _ *program) bool { time.Sleep(100 * time.Millisecond); return true }

// clientEnds closes the client's standard input, with which it closes the connection.
func clientEnds(_, c *program) bool { return c.stdin.Close() == nil }

// greet is the script of a run that names none: a line each way, and the client ends the connection.
var greet = append(aLineEachWay, clientEnds)

// greetServerEnds is for a client that ignores the end of its input.
var greetServerEnds = append(aLineEachWay, serverSays("q\n"))

var aLineEachWay = []step{clientSays("hello\n"), serverShows("hello"), serverSays("world\n"), clientShows("world")}

// get is the script against -www, -WWW and -HTTP.
func get(path string) []step { return []step{clientSays("GET " + path + " HTTP/1.0\r\n\r\n")} }

// unanswered is the script for a page that -www waits for ever to give: s_server asks for a renegotiation that is not to be, does
// not look at the answer and waits for the client's message. The client goes.
func unanswered(path string) []step { return append(get(path), pause, clientEnds) }

// A report is what a conversation has shown.
type report struct {
	clients []string // of each run
	server  string
}

// run plays the conversation in a folder of its own with links to the files in files.
func (c conversation) run(t *testing.T, files string, server, client harness.Library) report {
	t.Helper()
	dir := linked(t, files)
	accept := 0
	for _, r := range c.runs {
		accept += max(r.connections, 0)
		if r.connections == 0 {
			accept++
		}
	}
	// A quiet server does not tell its port.
	port, quiet := "0", strings.Contains(c.server, "-quiet") || strings.Contains(c.server, "-brief") || strings.Contains(c.server, "-rev")
	if quiet {
		port = freePort(t)
	}
	args := append([]string{"s_server", "-accept", "127.0.0.1:" + port, "-naccept", fmt.Sprint(max(accept, 1))}, strings.Fields(c.server)...)
	if !strings.Contains(" "+c.server, " -cert ") && !strings.Contains(c.server, "-nocert") {
		args = append(args, "-cert", "a-ecdsa.pem", "-key", "a-ecdsa.key", "-cert_chain", "a-ecdsa.pem")
	}
	s := startOpenSSL(t, server, dir, args...)
	if quiet {
		s.listens(t, port)
	} else {
		port = s.port()
	}
	var rep report
	for _, r := range c.runs {
		rep.clients = append(rep.clients, r.run(t, dir, s, port, client))
	}
	if accept == 0 {
		s.cmd.Process.Kill()
		<-s.gone
	}
	// A client that did not connect has not used its turn.
	for accept > 0 && !s.endsWithin(time.Second) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			break
		}
		conn.Close()
	}
	exit, inTime := s.wait(endLimit)
	rep.server = fmt.Sprintf("exit %d\n%s\n%s%s", exit, normal(s.out.String()), normal(s.errs.String()), written(t, dir, c.server))
	if !inTime {
		t.Errorf("s_server %s on %s does not end: %s", c.server, server.Name, rep.server)
	}
	return rep
}

func (r clientRun) run(t *testing.T, dir string, s *program, port string, client harness.Library) string {
	args := []string{"s_client", "-connect", "127.0.0.1:" + port}
	if r.preamble != "" {
		args[2] = "127.0.0.1:" + relay(t, r.preamble, port)
	}
	c := startOpenSSL(t, client, dir, append(args, strings.Fields(r.options)...)...)
	script := r.script
	if script == nil {
		script = greet
	}
	for _, do := range script {
		if !do(s, c) {
			break
		}
	}
	exit, inTime := c.wait(endLimit)
	if !inTime {
		t.Errorf("s_client %s on %s does not end:\n%s%s\nserver:\n%s%s", r.options, client.Name, &c.out, &c.errs, &s.out, &s.errs)
	}
	return fmt.Sprintf("exit %d\n%s\n%s%s", exit, normal(c.out.String()), normal(c.errs.String()), written(t, dir, r.options))
}

// writtenFile is the file that options name where a program is to write what it tells.
const writtenFile = "written"

// written is the content of that file, if the options name it, and removes it.
func written(t *testing.T, dir, options string) string {
	t.Helper()
	if !slices.Contains(strings.Fields(options), writtenFile) {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, writtenFile))
	if err != nil {
		return fmt.Sprint("nothing is written: ", err)
	}
	if err := os.Remove(filepath.Join(dir, writtenFile)); err != nil {
		t.Error(err)
	}
	return "\n" + writtenFile + ":\n" + normal(string(text))
}
