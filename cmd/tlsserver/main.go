// Command tlsserver serves TLS by this engine alone.
//
//	tlsserver [flags] echo            sends back what it gets
//	tlsserver [flags] http            tells, by HTTP/1.1 or HTTP/2, what was agreed on
//	tlsserver [flags] forward PORT    passes everything on to PORT of this machine
//
//	tlsserver -certs chain.pem -key key.pem -listen :4433 http
//
// Without a certificate it makes one for localhost that nobody trusts. It tells of
// every connection and runs until it is interrupted.
package main

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"time"

	"golang.org/x/crypto/ocsp"

	"patina/cmd/internal/tlscmd"
	"patina/core"
	"patina/core/provider/fast"
	"patina/core/tlshttp"
	"patina/core/tlsnet"
)

func main() {
	s, err := configure(os.Args[1:], os.Stdout, os.Stderr)
	if err == nil {
		s.log.Printf("listening on %v", s.listener.Addr())
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		go func() {
			<-interrupted
			s.listener.Close()
		}()
		err = s.serve()
	}
	if errors.Is(err, net.ErrClosed) || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "tlsserver:", tlscmd.Explain(err, false))
	os.Exit(1)
}

type server struct {
	tls      *tlsnet.Server
	listener net.Listener
	mode     string
	to       string // where forward goes
	log      *log.Logger
}

// flags are what is not the engine's.
type flags struct {
	offer                                       tlscmd.Offer
	listen, certs, key, ocsp, auth, ech, echNew string
	require, resumption, verbose                bool
	tickets                                     int
	early                                       uint
}

const usage = `usage: tlsserver [flags] echo | http | forward PORT

Sends back what it gets, tells by HTTP what has been agreed on, or passes
everything on to PORT of this machine.

  tlsserver -certs chain.pem -key key.pem -listen :4433 http

`

// configure makes a server, which listens. flag.ErrHelp: all that was wanted has
// been printed.
func configure(args []string, stdout, stderr io.Writer) (*server, error) {
	var o flags
	f := flag.NewFlagSet("tlsserver", flag.ContinueOnError)
	f.StringVar(&o.listen, "listen", "127.0.0.1:4433", "`address` to listen on")
	f.StringVar(&o.certs, "certs", "", "PEM `file` of the certificate chain")
	f.StringVar(&o.key, "key", "", "PEM `file` of its key")
	f.StringVar(&o.ocsp, "ocsp", "", "`file` of an OCSP response (DER) to staple")
	f.StringVar(&o.auth, "auth", "", "ask clients for certificates that lead to the roots in PEM `file`")
	f.BoolVar(&o.require, "require-auth", false, "refuse clients without one")
	f.BoolVar(&o.resumption, "resumption", false, "keep sessions here, to be resumed by their ID, instead of giving them out in tickets")
	f.IntVar(&o.tickets, "tickets", 2, "session tickets to `send` to a TLS 1.3 client; 0 turns resumption off")
	o.offer.Flags(f)
	f.UintVar(&o.early, "early-data", 0, "take up to so many `bytes` of early data; a repeated hello is recognised, but not across restarts")
	f.StringVar(&o.ech, "ech", "", "PEM `file` of a private key and its ECHCONFIG (RFC 9934): opens encrypted ClientHellos; -ech-new makes one")
	f.StringVar(&o.echNew, "ech-new", "", "make a file for -ech, and for -ech of tlsclient, whose public name is `name`; print it and end")
	f.BoolVar(&o.verbose, "verbose", false, "print a line for every message that passes")
	if err := tlscmd.Parse(f, args, usage, stdout); err != nil {
		return nil, err
	}
	if o.echNew != "" {
		if err := tlscmd.NewECH(stdout, o.echNew, fast.New().HPKE()); err != nil {
			return nil, fmt.Errorf("-ech-new %s: %w", o.echNew, err)
		}
		return nil, flag.ErrHelp // nothing to serve
	}
	s := &server{log: log.New(stderr, "", log.LstdFlags), mode: f.Arg(0)}
	switch {
	case (s.mode == "echo" || s.mode == "http") && f.NArg() == 1:
	case s.mode == "forward" && f.NArg() == 2:
		if n, err := strconv.ParseUint(f.Arg(1), 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("forward %s: no port (1 to 65535)", f.Arg(1))
		}
		s.to = net.JoinHostPort("localhost", f.Arg(1))
	default:
		return nil, errors.New("one of echo, http and forward PORT is wanted, behind the flags (-h lists them)")
	}
	cfg, err := o.config(s, stderr)
	if err != nil {
		return nil, err
	}
	if s.tls, err = tlsnet.NewServer(cfg); err != nil {
		return nil, err
	}
	if s.listener, err = s.tls.Listen("tcp", o.listen); err != nil {
		err = fmt.Errorf("-listen %s: %w", o.listen, err)
	}
	return s, err
}

// maxSessions is how many sessions -resumption keeps.
const maxSessions = 10_000

// config makes the Config from the flags.
func (o *flags) config(s *server, stderr io.Writer) (cfg tlsnet.Config, err error) {
	cfg.Settings.Provider = fast.New()
	if err = o.offer.Apply(&cfg.Settings, &cfg.Params); err != nil {
		return cfg, err
	}
	if s.mode == "http" && !o.offer.Given() {
		cfg.Settings.ALPN = tlshttp.Protocols()
	}
	cred, err := o.credential()
	if err != nil {
		return cfg, err
	}
	if leaf, err := x509.ParseCertificate(cred.Chain[0]); err == nil && time.Now().After(leaf.NotAfter) {
		s.log.Printf("the certificate of %s expired on %s: clients will refuse it", o.certs, leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	cfg.Settings.Credentials = []*core.Credential{cred}
	if o.auth != "" {
		if cfg.Roots, err = tlsnet.LoadRoots(o.auth); err != nil {
			return cfg, err
		}
		cfg.Params.ClientAuth = core.RequestClientCert
	}
	if o.require {
		if o.auth == "" {
			return cfg, errors.New("-require-auth needs the roots of -auth")
		}
		cfg.Params.ClientAuth = core.RequireClientCert
	}
	if o.resumption {
		cfg.ServerSessions = tlsnet.NewMemoryStore(maxSessions)
	}
	if o.tickets < 0 {
		return cfg, fmt.Errorf("-tickets %d: 0 at least", o.tickets)
	}
	cfg.Params.Tickets, cfg.Params.NoResumption = o.tickets, o.tickets == 0
	cfg.Params.MaxEarlyData, cfg.EarlyData = uint32(min(o.early, 1<<32-1)), true
	if o.ech != "" {
		if cfg.Settings.ECHKeys, err = tlscmd.LoadECHKeys(o.ech, cfg.Settings.Provider.HPKE()); err != nil {
			return cfg, err
		}
	}
	if o.verbose {
		cfg.Observer = func() core.Observer { return tlscmd.Trace{W: stderr} }
	}
	cfg.HandshakeFailed = func(c *tlsnet.Conn, err error) {
		s.log.Printf("%v: %s", c.RemoteAddr(), tlscmd.Explain(tlscmd.Shaking(err), false))
		if s.mode == "http" {
			tlshttp.AnswerPlainHTTP(c, err)
		}
	}
	return cfg, nil
}

func (o *flags) credential() (*core.Credential, error) {
	if (o.certs == "") != (o.key == "") {
		return nil, errors.New("-certs and -key go together")
	}
	if o.certs == "" {
		if o.ocsp != "" {
			return nil, errors.New("-ocsp needs the certificate of -certs that it speaks of")
		}
		return tlscmd.SelfSigned()
	}
	cred, err := tlsnet.LoadCredential(o.certs, o.key)
	if err == nil && o.ocsp != "" {
		cred.Staple, err = loadOCSP(o.ocsp)
	}
	return cred, err
}

// loadOCSP reads an OCSPResponse (RFC 6960, section 4.2.1); one that says "try
// later" is one, too.
func loadOCSP(name string) ([]byte, error) {
	der, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var unsuccessful ocsp.ResponseError
	if _, err := ocsp.ParseResponse(der, nil); err != nil && !errors.As(err, &unsuccessful) {
		return nil, fmt.Errorf("-ocsp %s: no OCSP response (DER): %w", name, err)
	}
	return der, nil
}
