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
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"

	"patina/cmd/internal/tlscmd"
	"patina/core"
	"patina/core/ech"
	"patina/core/provider/fast"
	"patina/core/tlshttp"
	"patina/core/tlsnet"
)

func main() {
	s, err := configure(os.Args[1:], os.Stderr)
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
	if errors.Is(err, net.ErrClosed) {
		return
	}
	if !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tlsserver:", tlscmd.Explain(err, false))
	}
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
	offer                                              tlscmd.Offer
	listen, certs, key, ocsp, auth, echConfigs, echKey string
	require, resumption, verbose                       bool
	tickets                                            int
	early                                              uint
}

// configure makes a server, which listens.
func configure(args []string, stderr io.Writer) (*server, error) {
	var o flags
	f := flag.NewFlagSet("tlsserver", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.listen, "listen", "127.0.0.1:4433", "`address` to listen on")
	f.StringVar(&o.certs, "certs", "", "PEM `file` of the certificate chain")
	f.StringVar(&o.key, "key", "", "PEM `file` of its key")
	f.StringVar(&o.ocsp, "ocsp", "", "`file` of an OCSP response (DER) to staple")
	f.StringVar(&o.auth, "auth", "", "ask clients for certificates that lead to the roots in PEM `file`")
	f.BoolVar(&o.require, "require-auth", false, "refuse clients without one")
	f.BoolVar(&o.resumption, "resumption", false, "keep sessions here, to be resumed by their ID, instead of giving them out in tickets")
	f.IntVar(&o.tickets, "tickets", 2, "session tickets to `send` to a TLS 1.3 client; 0 turns resumption off")
	o.offer.Flags(f)
	f.UintVar(&o.early, "early-data", 0, "take up to so many `bytes` of early data, which may come more than once")
	f.StringVar(&o.echConfigs, "ech", "", "`file` of an ECHConfigList whose first configuration -ech-key belongs to")
	f.StringVar(&o.echKey, "ech-key", "", "`file` of its HPKE private key, as it is: opens encrypted ClientHellos")
	f.BoolVar(&o.verbose, "verbose", false, "print a line for every message that passes")
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: tlsserver [flags] echo | http | forward PORT")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return nil, err
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
		f.Usage()
		return nil, errors.New("one of echo, http and forward PORT is wanted, behind the flags")
	}
	cfg, err := o.config(s, stderr)
	if err != nil {
		return nil, err
	}
	if s.tls, err = tlsnet.NewServer(cfg); err != nil {
		return nil, err
	}
	s.listener, err = s.tls.Listen("tcp", o.listen)
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
	cfg.Params.Tickets, cfg.Params.NoResumption = o.tickets, o.tickets <= 0
	cfg.Params.MaxEarlyData, cfg.EarlyData = uint32(min(o.early, 1<<32-1)), true
	if (o.echConfigs == "") != (o.echKey == "") {
		return cfg, errors.New("-ech and -ech-key go together")
	}
	if o.echConfigs != "" {
		list, err := tlscmd.LoadECH(o.echConfigs)
		if err != nil {
			return cfg, err
		}
		key, err := os.ReadFile(o.echKey)
		if err != nil {
			return cfg, err
		}
		if cfg.Settings.ECHKeys, err = ech.NewKeys(cfg.Settings.Provider.HPKE(), ech.Key{Config: list[0], PrivateKey: key}); err != nil {
			return cfg, fmt.Errorf("-ech-key %s: %w", o.echKey, err)
		}
	}
	if o.verbose {
		cfg.Observer = func() core.Observer { return tlscmd.Trace{W: stderr} }
	}
	cfg.HandshakeFailed = func(c *tlsnet.Conn, err error) {
		s.log.Printf("%v: %s", c.RemoteAddr(), tlscmd.Explain(err, false))
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
		return tlscmd.SelfSigned()
	}
	cred, err := tlsnet.LoadCredential(o.certs, o.key)
	if err == nil && o.ocsp != "" {
		cred.Staple, err = os.ReadFile(o.ocsp)
	}
	return cred, err
}
