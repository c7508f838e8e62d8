// Command tlsclient connects to a TLS server by this engine alone, tells what has
// been agreed on, sends its standard input and prints what comes back.
//
//	tlsclient [flags] host
//
//	tlsclient -http example.org
//	tlsclient -port 4433 -cafile root.pem -proto h2,http/1.1 -verbose localhost
//	tlsclient -http -cache sessions -early-data example.org    (twice)
//
// It exits with 0 when the server has ended the connection with close_notify and
// with 1, saying why, otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"patina/cmd/internal/tlscmd"
	"patina/core"
	"patina/core/pki"
	"patina/core/provider/fast"
	"patina/core/tlsnet"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tlsclient:", tlscmd.Explain(err, true))
		os.Exit(1)
	}
}

const usage = `usage: tlsclient [flags] host

Connects to a TLS server, tells on the standard error what has been agreed on,
sends the standard input and prints what comes back.

  tlsclient -http example.org
  tlsclient -port 4433 -cafile root.pem -proto h2,http/1.1 -verbose localhost

`

// options are the flags that are not the engine's Settings.
type options struct {
	host, port, name, cache, ech, keylog, caFile, certs, key string
	offer                                                    tlscmd.Offer
	http, early, noTickets, verbose, quiet                   bool
	mtu                                                      int
	cfg                                                      tlsnet.Config
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var o options
	f := flag.NewFlagSet("tlsclient", flag.ContinueOnError)
	f.StringVar(&o.port, "port", "443", "`port` to connect to")
	f.StringVar(&o.name, "name", "", "server `name` to ask for and to verify (default the host)")
	f.BoolVar(&o.http, "http", false, "ask for / by HTTP/1.1 instead of sending the standard input")
	f.StringVar(&o.caFile, "cafile", "", "PEM `file` of the roots to trust (default the system's)")
	f.StringVar(&o.certs, "auth-certs", "", "PEM `file` of a certificate chain to show to servers that ask")
	f.StringVar(&o.key, "auth-key", "", "PEM `file` of its key")
	o.offer.Flags(f)
	f.StringVar(&o.cache, "cache", "", "`file` that keeps sessions, to resume them in the next run with the same -cafile")
	f.BoolVar(&o.noTickets, "no-tickets", false, "neither ask for session tickets nor keep any")
	f.BoolVar(&o.cfg.NoServerName, "no-sni", false, "do not send the server's name")
	f.BoolVar(&o.cfg.InsecureNoVerify, "insecure", false, "accept any certificate: anybody can read along")
	f.StringVar(&o.ech, "ech", "", "`file` with the server's ECHConfigList, as it is or in base64: the name goes encrypted; \"grease\" sends a lookalike")
	f.BoolVar(&o.early, "early-data", false, "send the request, or the first of the standard input, with the first flight if a session of -cache allows it")
	f.BoolVar(&o.verbose, "verbose", false, "print a line for every message that passes")
	f.BoolVar(&o.quiet, "quiet", false, "do not tell what has been agreed on")
	f.IntVar(&o.mtu, "mtu", 0, "send records of at most so many `bytes`, 541 at least")
	f.StringVar(&o.keylog, "keylog", "", "append SSLKEYLOGFILE lines to `file`")
	f.DurationVar(&o.cfg.HandshakeTimeout, "timeout", tlsnet.DefaultHandshakeTimeout, "limit on connecting and on shaking hands")
	if err := tlscmd.Parse(f, args, usage, stdout); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("the host to connect to is wanted, behind the flags (-h lists them)")
	}
	if o.host = f.Arg(0); strings.Contains(o.host, "/") {
		return fmt.Errorf("%s: a host is wanted, not a URL", o.host)
	}
	if host, port, err := net.SplitHostPort(o.host); err == nil {
		return fmt.Errorf("%s: the port goes before the host: -port %s %s", o.host, port, host)
	}
	if o.name == "" {
		o.name = o.host
	}
	return o.connect(stdin, stdout, stderr)
}

// recordOverhead is what a record's bytes exceed its content by at most: header,
// tag and, of AES-GCM in TLS 1.2, 8 bytes of nonce. TLS 1.3 has one byte instead.
const recordOverhead = 5 + 8 + 16

// configure makes the Config from the flags.
func (o *options) configure(stderr io.Writer) (err error) {
	cfg := &o.cfg
	if n, err := strconv.ParseUint(o.port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("-port %s is no port (1 to 65535)", o.port)
	}
	cfg.Settings.Provider = fast.New()
	if err := o.offer.Apply(&cfg.Settings, &cfg.Params); err != nil {
		return err
	}
	if o.caFile != "" {
		if cfg.Roots, err = tlsnet.LoadRoots(o.caFile); err != nil {
			return err
		}
	}
	if (o.certs == "") != (o.key == "") {
		return errors.New("-auth-certs and -auth-key go together")
	}
	if o.certs != "" {
		cred, err := tlsnet.LoadCredential(o.certs, o.key)
		if err != nil {
			return err
		}
		cfg.Settings.Credentials = []*core.Credential{cred}
	}
	cfg.Params.NoTickets = o.noTickets
	// An OCSP response is asked for; one that comes is judged, and one that the
	// certificate promises (must-staple) has to come.
	cfg.Policy.OCSP = pki.CheckStaple
	if o.mtu != 0 {
		if o.mtu < 512+recordOverhead {
			return fmt.Errorf("-mtu %d is too small: %d at least", o.mtu, 512+recordOverhead)
		}
		cfg.Params.MaxFragment = o.mtu - recordOverhead
	}
	if o.ech == "grease" {
		cfg.Params.ECHGrease = true
	} else if o.ech != "" {
		if cfg.Params.ECHConfigs, err = tlscmd.LoadECH(o.ech); err != nil {
			return err
		}
	}
	if o.verbose {
		cfg.Observer = func() core.Observer { return tlscmd.Trace{W: stderr} }
	}
	if o.early && (o.cache == "" || o.noTickets) {
		return errors.New("-early-data needs a session to go on with: give -cache, and no -no-tickets")
	}
	return nil
}

func (o *options) connect(stdin io.Reader, stdout, stderr io.Writer) (err error) {
	if err := o.configure(stderr); err != nil {
		return err
	}
	if o.keylog != "" {
		f, err := os.OpenFile(o.keylog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		o.cfg.KeyLog = f
	}
	if o.cache != "" && !o.noTickets {
		sessions, lerr := loadSessions(o.cache)
		if lerr != nil {
			return lerr
		}
		o.cfg.Sessions = sessions
		defer func() {
			if serr := saveSessions(o.cache, sessions); err == nil && serr != nil {
				err = fmt.Errorf("-cache: %w", serr)
			}
		}()
	}
	client, err := tlsnet.NewClient(o.cfg)
	if err != nil {
		return err
	}
	transport, err := net.DialTimeout("tcp", net.JoinHostPort(o.host, o.port), o.cfg.HandshakeTimeout)
	if err != nil {
		return err
	}
	c := client.Conn(transport, o.name)
	defer c.Close()
	if o.http {
		stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: " + o.name + "\r\nConnection: close\r\nUser-Agent: tlsclient\r\n\r\n")
	}
	if err := o.shake(c, &stdin); err != nil {
		return tlscmd.Shaking(err)
	}
	state := c.State()
	if !o.quiet {
		tlscmd.Describe(stderr, state, true)
	}
	if o.http && state.ALPN != "" && state.ALPN != "http/1.1" {
		return fmt.Errorf("the server has chosen %s, and -http speaks HTTP/1.1 only: leave it out of -proto", state.ALPN)
	}
	return exchange(c, stdin, stdout)
}

// shake shakes hands, sending the beginning of *stdin early if that is wanted.
func (o *options) shake(c *tlsnet.Conn, stdin *io.Reader) error {
	if !o.early {
		return c.Handshake()
	}
	first := make([]byte, 16<<10)
	n, err := (*stdin).Read(first)
	if err != nil && err != io.EOF {
		return err
	}
	first = first[:n]
	sent, err := c.HandshakeEarly(context.Background(), first)
	// What the server has not read goes again, behind the handshake.
	*stdin = io.MultiReader(strings.NewReader(string(first[sent:])), *stdin)
	return err
}

// exchange sends stdin and prints what comes, both at once, until the server ends
// the connection.
func exchange(c *tlsnet.Conn, stdin io.Reader, stdout io.Writer) error {
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, stdin)
		if err == nil {
			err = c.CloseWrite()
		}
		sent <- err
	}()
	_, err := io.Copy(stdout, c)
	if err != nil {
		return err
	}
	select {
	case err = <-sent:
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		return err
	case <-time.After(10 * time.Millisecond): // the server wants no more
		return nil
	}
}
