package nginxtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// A transcript is what a running program has written to one of its streams.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

// transcriptLimit bounds what is kept: more is the mark of a program that runs wild.
const transcriptLimit = 1 << 20

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() < transcriptLimit {
		t.text.Write(p)
	}
	return len(p), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// A program is a running openssl command whose standard input stays open.
type program struct {
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	out, errs transcript
	seen      int           // offset in out behind what was waited for
	gone      chan struct{} // closed when it has ended
	exit      int           // -1: killed, by a signal or by the limit
}

// startOpenSSL starts the openssl command in dir. It is killed when t ends or after clientLimit.
func startOpenSSL(t *testing.T, lib harness.Library, dir string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clientLimit)
	p := &program{cmd: lib.Command(ctx, "openssl", args...), gone: make(chan struct{})}
	p.cmd.Dir = dir
	if slices.Contains(args, "-ssl_config") {
		p.cmd.Env = append(p.cmd.Env, "OPENSSL_CONF=ssl.cnf")
	}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		p.exit = p.cmd.ProcessState.ExitCode()
		close(p.gone)
	}()
	t.Cleanup(func() { cancel(); <-p.gone })
	return p
}

// ended tells whether the program has ended.
func (p *program) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// shows waits for a text that the program has not shown before. It is false if the program, or one of the others, ends first.
func (p *program) shows(what string, others ...*program) bool {
	for begin := time.Now(); ; {
		over := p.ended()
		for _, o := range others {
			over = over || o.ended()
		}
		if i := strings.Index(p.out.String()[p.seen:], what); i >= 0 {
			p.seen += i + len(what)
			return true
		}
		if over {
			return false
		}
		if time.Since(begin) > endLimit {
			return false
		}
		time.Sleep(time.Millisecond)
	}
}

// port waits for the port that an s_server tells, "0" if it ends without.
func (p *program) port() string {
	if !p.shows("ACCEPT 127.0.0.1:") {
		return "0"
	}
	start := p.seen
	p.shows("\n")
	return p.out.String()[start : p.seen-1]
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// listens waits until somebody listens on a port, without connecting to it.
func (p *program) listens(t *testing.T, port string) {
	t.Helper()
	n, _ := strconv.Atoi(port)
	socket := fmt.Sprintf(" 0100007F:%04X 00000000:0000 0A ", n) // /proc/net/tcp: 127.0.0.1, LISTEN
	for begin := time.Now(); !p.ended() && time.Since(begin) < endLimit; time.Sleep(time.Millisecond) {
		if table, err := os.ReadFile("/proc/net/tcp"); err != nil {
			t.Fatal(err)
		} else if strings.Contains(string(table), socket) {
			return
		}
	}
}

// says writes to the program's standard input; a program that has ended does not hear it.
func (p *program) says(text string) { io.WriteString(p.stdin, text) }

// endsWithin tells whether the program ends in time.
func (p *program) endsWithin(limit time.Duration) bool {
	select {
	case <-p.gone:
		return true
	case <-time.After(limit):
		return false
	}
}

// wait waits for the program's end; one that takes longer than limit is killed.
func (p *program) wait(limit time.Duration) (exit int, inTime bool) {
	inTime = p.endsWithin(limit)
	if !inTime {
		p.cmd.Process.Kill()
		<-p.gone
	}
	return p.exit, inTime
}
