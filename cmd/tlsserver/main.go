// Command tlsserver serves TLS by the engine alone. It answers every HTTP
// request with what has been agreed on or, with -echo, sends back what it gets.
//
//	tlsserver [flags]
//
// Without a certificate it makes one for localhost that nobody trusts. It runs
// until it is interrupted.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"patina/cmd/internal/tlsio"
	"patina/core"
	"patina/core/provider/fast"
)

func main() {
	s, err := configure(os.Args[1:], os.Stderr)
	if err == nil {
		log.Printf("listening on %v", s.listener.Addr())
		err = s.serve()
	}
	if !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tlsserver:", err)
	}
	os.Exit(1)
}

type server struct {
	listener net.Listener
	cfg      *core.Config
	params   core.Params
	echo     bool
	log      *log.Logger
}

// configure makes a server, which listens.
func configure(args []string, stderr io.Writer) (*server, error) {
	s := &server{log: log.New(stderr, "", log.LstdFlags)}
	f := flag.NewFlagSet("tlsserver", flag.ContinueOnError)
	f.SetOutput(stderr)
	listen := f.String("listen", "127.0.0.1:4433", "`address` to listen on")
	cert := f.String("cert", "", "PEM `file` of the chain")
	key := f.String("key", "", "PEM `file` of the key")
	alpn := f.String("alpn", "http/1.1", "comma-separated application `protocols`")
	minVersion := f.String("min", "", "lowest `version`, 1.2 or 1.3")
	maxVersion := f.String("max", "", "highest `version`")
	request := f.Bool("request-cert", false, "ask clients for a certificate, and accept any")
	f.IntVar(&s.params.Tickets, "tickets", 2, "session tickets `sent` to a TLS 1.3 client")
	f.BoolVar(&s.echo, "echo", false, "send back what comes instead of answering HTTP")
	err := f.Parse(args)
	if err != nil {
		return nil, err
	}
	if s.params.MinVersion, err = tlsio.ParseVersion(*minVersion); err != nil {
		return nil, err
	}
	if s.params.MaxVersion, err = tlsio.ParseVersion(*maxVersion); err != nil {
		return nil, err
	}
	if *request {
		s.params.ClientAuth = core.RequestClientCert
	}
	var cred *core.Credential
	if *cert == "" {
		cred, err = tlsio.SelfSigned()
	} else {
		cred, err = tlsio.LoadCredential(*cert, *key)
	}
	if err != nil {
		return nil, err
	}
	keys, err := core.NewTicketKeys(nil)
	if err != nil {
		return nil, err
	}
	s.cfg, err = core.NewConfig(core.Settings{
		Provider:    fast.New(),
		Now:         time.Now,
		ALPN:        tlsio.List(*alpn),
		Credentials: []*core.Credential{cred},
		TicketKeys:  keys,
	})
	if err != nil {
		return nil, err
	}
	s.listener, err = net.Listen("tcp", *listen)
	return s, err
}

func (s *server) serve() error {
	for {
		transport, err := s.listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := s.handle(transport); err != nil {
				s.log.Printf("%v: %v", transport.RemoteAddr(), err)
			}
		}()
	}
}

// Limits on what a client may keep waiting.
const (
	handshakeTimeout = 30 * time.Second
	idleTimeout      = 2 * time.Minute
)

func (s *server) handle(transport net.Conn) error {
	defer transport.Close()
	transport.SetDeadline(time.Now().Add(handshakeTimeout))
	c := tlsio.New(core.NewServer(s.cfg, s.params), transport)
	defer c.Free()
	if err := c.Handshake(); err != nil {
		return err
	}
	transport.SetDeadline(time.Now().Add(idleTimeout))
	var err error
	if s.echo {
		_, err = io.Copy(c, c)
	} else {
		err = answer(c)
	}
	if err != nil {
		return err
	}
	return c.Close()
}

// answer reads HTTP requests without bodies and answers them until the client
// closes or wants no more.
func answer(c *tlsio.Conn) error {
	r := bufio.NewReader(c)
	for {
		first, err := r.ReadSlice('\n')
		if err == io.EOF && len(first) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		head := bytes.HasPrefix(first, []byte("HEAD "))
		last := !bytes.Contains(first, []byte("HTTP/1.1"))
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if len(bytes.TrimSpace(line)) == 0 {
				break
			}
			if bytes.EqualFold(bytes.TrimSpace(line), []byte("connection: close")) {
				last = true
			}
		}
		var page bytes.Buffer
		tlsio.Describe(&page, c.Conn)
		header := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n", page.Len())
		if last {
			header += "Connection: close\r\n"
		}
		out := []byte(header + "\r\n")
		if !head {
			out = append(out, page.Bytes()...)
		}
		if _, err := c.Write(out); err != nil || last {
			return err
		}
	}
}
