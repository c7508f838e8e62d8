package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"
)

// Workers is the number of worker processes of every server started here.
const Workers = 2

// startLimit bounds everything that is waited for around a start or a stop.
const startLimit = 15 * time.Second

// A Server is one daemonised nginx.
type Server struct {
	Dir    string // its prefix: conf/nginx.conf, error.log, nginx.pid, root/ (the documents), upload/
	Lib    Library
	Master int // process id

	ports    map[string]int
	main     []string // blocks beside http { }
	watchdog io.Closer
	dog      *exec.Cmd
}

// NginxBinary is Debian's nginx.
func NginxBinary() string {
	if p, err := exec.LookPath("nginx"); err == nil {
		return p
	}
	return "/usr/sbin/nginx"
}

// preamble is the configuration that all servers share; http blocks follow.
const preamble = `{{range .Modules}}load_module /usr/lib/nginx/modules/ngx_{{.}}_module.so;
{{end}}env LD_PRELOAD; # a binary upgrade keeps of the environment what is named so
env LD_LIBRARY_PATH;
daemon on;
master_process on;
{{if .Root}}user www-data;
{{end}}worker_processes {{.Workers}};
pid {{.Dir}}/nginx.pid;
lock_file {{.Dir}}/nginx.lock;
error_log {{.Dir}}/error.log info;
worker_shutdown_timeout 60s;
events { worker_connections 2048; }
http {
    default_type application/octet-stream;
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {{.Dir}}/tmp/body;
    proxy_temp_path {{.Dir}}/tmp/proxy;
    fastcgi_temp_path {{.Dir}}/tmp/fastcgi;
    uwsgi_temp_path {{.Dir}}/tmp/uwsgi;
    scgi_temp_path {{.Dir}}/tmp/scgi;
    keepalive_requests 100000;
    root {{.Dir}}/root;
`

// Start runs nginx on lib in dir, an empty or new folder. httpBlock is the text inside http { }, a text/template in which
// {{port "name"}} is a free loopback port (the same for the same name, see [Server.Port]), {{.PKI}} the folder of
// certificates, {{.Dir}} the prefix, {{.Bad}} [BadCertificates] and {{.Verify}} the settings of ssl_verify_client. Start returns when the master and its workers run.
//
// mainBlocks stand beside http { }: "stream { ... }" or "mail { ... }", which are modules of their own.
func Start(lib Library, dir, pki, httpBlock string, mainBlocks ...string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := openForWorkers(dir); err != nil {
		return nil, err
	}
	for _, d := range []string{"conf", "root", "upload", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
		if err := os.Chmod(filepath.Join(dir, d), 0o777); err != nil {
			return nil, err
		}
	}
	// Between the choice of a free port and nginx's bind another process may take it.
	const attempts = 3
	var last error
	for range attempts {
		s := &Server{Dir: dir, Lib: lib, ports: map[string]int{}, main: mainBlocks}
		if last = s.start(pki, httpBlock); last == nil {
			return s, nil
		}
		s.Stop()
		if !strings.Contains(last.Error(), "Address already in use") {
			break
		}
	}
	return nil, last
}

// openForWorkers lets the unprivileged workers pass through a private temporary folder.
func openForWorkers(dir string) error {
	tmp := filepath.Clean(os.TempDir())
	for d := filepath.Clean(dir); d != tmp && d != "/" && strings.HasPrefix(d, tmp); d = filepath.Dir(d) {
		st, err := os.Stat(d)
		if err != nil {
			return err
		}
		if st.Mode().Perm()&0o055 != 0o055 {
			if err := os.Chmod(d, st.Mode().Perm()|0o055); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) start(pki, httpBlock string) error {
	if err := s.Configure(pki, httpBlock); err != nil {
		return err
	}
	os.Remove(s.file("nginx.pid"))
	os.Remove(s.file("error.log"))
	if err := s.watch(); err != nil {
		return err
	}
	res, err := s.Lib.Run(startLimit, nil, NginxBinary(), "-p", s.Dir, "-c", s.file("conf/nginx.conf"), "-e", s.file("error.log"))
	if err != nil {
		return err
	}
	if res.Exit != 0 {
		return fmt.Errorf("nginx on %s ended with status %d: %s%s", s.Lib.Name, res.Exit, res.Stderr, s.ErrorLog())
	}
	err = waitFor("nginx's master and workers", func() bool {
		text, _ := os.ReadFile(s.file("nginx.pid"))
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return false
		}
		s.Master = pid
		return len(s.WorkerPIDs()) == Workers
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.ErrorLog())
	}
	return nil
}

// Configure writes conf/nginx.conf; a later SIGHUP makes a running server take it.
func (s *Server) Configure(pki, httpBlock string) error {
	t, err := template.New("nginx.conf").Funcs(template.FuncMap{"port": s.port}).Parse(preamble + httpBlock + "\n}\n" + strings.Join(s.main, ""))
	if err != nil {
		return err
	}
	var modules []string
	for _, block := range s.main {
		name, _, _ := strings.Cut(strings.TrimSpace(block), " ")
		modules = append(modules, name)
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"Modules": modules, "Dir": s.Dir, "PKI": pki, "Workers": Workers, "Root": os.Getuid() == 0, "Bad": BadCertificates, "Verify": []string{"on", "optional", "optional_no_ca"}, "Depths": []int{0, 1, 2, 3}})
	if err != nil {
		return err
	}
	return os.WriteFile(s.file("conf/nginx.conf"), b.Bytes(), 0o644)
}

func (s *Server) port(name string) (int, error) {
	if p, ok := s.ports[name]; ok {
		return p, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	s.ports[name] = l.Addr().(*net.TCPAddr).Port
	return s.ports[name], nil
}

// Port returns the port that {{port "name"}} became.
func (s *Server) Port(name string) int { return s.ports[name] }

// Addr is 127.0.0.1 with that port.
func (s *Server) Addr(name string) string { return "127.0.0.1:" + strconv.Itoa(s.ports[name]) }

func (s *Server) file(name string) string { return filepath.Join(s.Dir, name) }

// ErrorLog returns nginx's error log.
func (s *Server) ErrorLog() string {
	text, _ := os.ReadFile(s.file("error.log"))
	return string(text)
}

// Severe returns the lines of the error log from [crit] upwards: a healthy server writes none. A worker that dies
// of a signal is one of them.
func (s *Server) Severe() []string {
	var lines []string
	for line := range strings.Lines(s.ErrorLog()) {
		for _, level := range []string{"[crit]", "[alert]", "[emerg]"} {
			if strings.Contains(line, level) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

// WorkerPIDs returns the living children of the master.
func (s *Server) WorkerPIDs() []int { return children(s.Master) }

// Processes is the master and its workers.
func (s *Server) Processes() []int { return append([]int{s.Master}, s.WorkerPIDs()...) }

// Signal sends the master a signal: SIGHUP reloads, SIGQUIT ends gracefully, SIGTERM at once.
func (s *Server) Signal(sig syscall.Signal) error {
	if !alive(s.Master) {
		return fmt.Errorf("nginx's master (process %d) is gone", s.Master)
	}
	return syscall.Kill(s.Master, sig)
}

// WaitGone waits until the processes have ended.
func WaitGone(pids ...int) error {
	return waitFor(fmt.Sprintf("the end of processes %v", pids), func() bool {
		for _, pid := range pids {
			if alive(pid) {
				return false
			}
		}
		return true
	})
}

// Stop ends the server and everything it forked. The error says that force was needed.
func (s *Server) Stop() error {
	var err error
	if s.Master > 0 && alive(s.Master) {
		all := s.Processes()
		syscall.Kill(s.Master, syscall.SIGTERM)
		if err = WaitGone(all...); err != nil {
			for _, pid := range all {
				if alive(pid) {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		}
	}
	if s.watchdog != nil {
		os.Remove(s.file("nginx.pid")) // a number that may belong to somebody else by now
		s.watchdog.Close()
		s.dog.Wait()
		s.watchdog = nil
	}
	return err
}

// watch starts a shell that waits for the end of this process (its standard input closes) and then ends the server,
// so that nothing is left behind when a test is killed or runs into its time limit.
func (s *Server) watch() error {
	if s.watchdog != nil {
		return nil
	}
	cmd := exec.Command("sh", "-c", `read -r _; test -s "$0" && kill -TERM "$(cat "$0")" 2>/dev/null; exit 0`, s.file("nginx.pid"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C in the terminal is not meant for it
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	s.watchdog, s.dog = in, cmd
	return cmd.Start()
}

func waitFor(what string, done func() bool) error {
	for end := time.Now().Add(startLimit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if done() {
			return nil
		}
	}
	return errors.New("waited " + startLimit.String() + " in vain for " + what)
}

// stat returns the state letter and the parent of a process (proc(5), /proc/PID/stat).
func stat(pid int) (state byte, parent int, err error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, err
	}
	// PID (NAME) STATE PARENT ...; the name may hold anything, parentheses too.
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(f) < 2 {
		return 0, 0, fs.ErrInvalid
	}
	parent, err = strconv.Atoi(string(f[1]))
	return f[0][0], parent, err
}

// alive is false for a zombie too: in a container nobody may reap a daemon.
func alive(pid int) bool {
	state, _, err := stat(pid)
	return err == nil && state != 'Z' && state != 'X'
}

func children(pid int) []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if state, parent, err := stat(n); err == nil && parent == pid && state != 'Z' {
				pids = append(pids, n)
			}
		}
	}
	return pids
}
