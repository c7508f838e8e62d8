// Command tlsclient connects to a TLS server by the engine alone, tells what
// has been agreed on, sends its standard input and prints what comes back.
//
//	tlsclient [flags] host:port
//
// It exits with 0 when the server has closed with close_notify, 1 otherwise.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"patina/cmd/internal/tlsio"
	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/provider/fast"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "tlsclient:", err)
		}
		os.Exit(1)
	}
}

const systemRoots = "/etc/ssl/certs/ca-certificates.crt"

type options struct {
	ca, cert, key, name, alpn, min, max, keylog string
	insecure, reconnect, quiet                  bool
	timeout                                     time.Duration
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var o options
	f := flag.NewFlagSet("tlsclient", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.ca, "ca", systemRoots, "PEM `file` of trusted certificates")
	f.StringVar(&o.cert, "cert", "", "PEM `file` of the client's chain")
	f.StringVar(&o.key, "key", "", "PEM `file` of its key")
	f.StringVar(&o.name, "name", "", "server `name` to ask for and to verify; default: the host")
	f.StringVar(&o.alpn, "alpn", "", "comma-separated application `protocols`")
	f.StringVar(&o.min, "min", "", "lowest `version`, 1.2 or 1.3")
	f.StringVar(&o.max, "max", "", "highest `version`")
	f.StringVar(&o.keylog, "keylog", "", "append SSLKEYLOGFILE lines to `file`")
	f.BoolVar(&o.insecure, "insecure", false, "accept any certificate")
	f.BoolVar(&o.reconnect, "reconnect", false, "connect a second time and resume the session")
	f.BoolVar(&o.quiet, "quiet", false, "do not tell what has been agreed on")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "limit on connecting and shaking hands")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		f.Usage()
		return errors.New("one host:port is wanted")
	}
	return o.connect(f.Arg(0), stdin, stdout, stderr)
}

func (o *options) connect(addr string, stdin io.Reader, stdout, stderr io.Writer) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if o.name == "" {
		o.name = host
	}
	var p core.Params
	if p.MinVersion, err = tlsio.ParseVersion(o.min); err != nil {
		return err
	}
	if p.MaxVersion, err = tlsio.ParseVersion(o.max); err != nil {
		return err
	}
	if net.ParseIP(o.name) == nil { // RFC 6066, section 3: no addresses
		p.ServerName = o.name
	}
	p.RequestStaple = true
	settings := core.Settings{Provider: fast.New(), Now: time.Now, ALPN: tlsio.List(o.alpn), Ask: core.AskSession}
	if o.cert != "" {
		cred, err := tlsio.LoadCredential(o.cert, o.key)
		if err != nil {
			return err
		}
		settings.Credentials = []*core.Credential{cred}
	}
	cfg, err := core.NewConfig(settings)
	if err != nil {
		return err
	}
	var roots *pki.Pool
	if !o.insecure {
		ders, err := tlsio.LoadCertificates(o.ca)
		if err != nil {
			return err
		}
		roots = pki.NewPool(ders)
	}
	if o.reconnect {
		session, err := o.session(addr, cfg, p, roots, stderr)
		if err != nil {
			return err
		}
		p.Session = session
	}
	c, err := o.dial(addr, cfg, p, roots, stderr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.Copy(c, stdin); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	_, err = io.Copy(stdout, c)
	return err
}

// session connects once to get a session to resume.
func (o *options) session(addr string, cfg *core.Config, p core.Params, roots *pki.Pool, stderr io.Writer) (*core.Session, error) {
	c, err := o.dial(addr, cfg, p, roots, stderr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var session *core.Session
	c.Store = func(s *core.Session) { session = s }
	if c.Version() == iana.VersionTLS12 {
		return c.Session(), nil
	}
	// TLS 1.3 tickets come after the handshake. A server that sees close_notify
	// has sent them before its own.
	if err := c.CloseWrite(); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		return nil, err
	}
	if session == nil {
		return nil, errors.New("the server has sent no session")
	}
	return session, nil
}

func (o *options) dial(addr string, cfg *core.Config, p core.Params, roots *pki.Pool, stderr io.Writer) (*tlsio.Conn, error) {
	transport, err := net.DialTimeout("tcp", addr, o.timeout)
	if err != nil {
		return nil, err
	}
	transport.SetDeadline(time.Now().Add(o.timeout))
	c := tlsio.New(core.NewClient(cfg, p), transport)
	if o.keylog != "" {
		f, err := tlsio.OpenKeyLog(o.keylog)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		c.SetObserver(tlsio.KeyLog{W: f})
	}
	c.Verify = func(c *core.Conn) (iana.AlertDescription, error) { return o.verify(c, roots) }
	if err := c.Handshake(); err != nil {
		transport.Close()
		return nil, err
	}
	transport.SetDeadline(time.Time{})
	if !o.quiet {
		tlsio.Describe(stderr, c.Conn)
	}
	return c, nil
}
