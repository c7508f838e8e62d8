package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"patina/cmd/internal/tlscmd"
	"patina/core/tlshttp"
	"patina/core/tlsnet"
)

// idleTimeout is how long a connection may carry nothing.
const idleTimeout = 2 * time.Minute

// serve serves until the listener is closed.
func (s *server) serve() error {
	if s.mode == "http" {
		err := tlshttp.Serve(&http.Server{Handler: http.HandlerFunc(s.tell), IdleTimeout: idleTimeout, ReadHeaderTimeout: idleTimeout,
			ErrorLog: s.log}, s.listener)
		return err
	}
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return err
		}
		go s.handle(c.(*tlsnet.Conn))
	}
}

// tell answers a request with what has been agreed on.
func (s *server) tell(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	c := tlshttp.ConnOf(r)
	if err := c.Handshake(); err != nil { // of a request in early data
		panic(http.ErrAbortHandler)
	}
	tlscmd.Describe(&page, c.State(), false)
	s.log.Printf("%s: %s %s %s, %s", r.RemoteAddr, r.Method, r.URL.Path, r.Proto, summary(c.State()))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(page.Bytes())
}

// summary is what has been agreed on, in a line.
func summary(s tlsnet.State) string {
	words := []string{s.Version.String(), s.Suite.String(), s.Group.String()}
	if s.Resumed {
		words = append(words, "resumed")
	}
	if s.ALPN != "" {
		words = append(words, s.ALPN)
	}
	return strings.Join(words, " ")
}

// handle serves a connection of echo or forward.
func (s *server) handle(c *tlsnet.Conn) {
	defer c.Close()
	if err := s.pass(c); err != nil && c.State().Version != 0 { // a failed handshake has been told of
		s.log.Printf("%v: %s", c.RemoteAddr(), tlscmd.Explain(err, false))
	}
}

func (s *server) pass(c *tlsnet.Conn) error {
	if s.mode == "echo" {
		_, err := io.Copy(&reviving{c}, &reviving{c})
		if err == nil {
			s.log.Printf("%v: %s", c.RemoteAddr(), summary(c.State()))
		}
		return err
	}
	if err := c.Handshake(); err != nil {
		return err
	}
	s.log.Printf("%v: %s, to %s", c.RemoteAddr(), summary(c.State()), s.to)
	to, err := net.DialTimeout("tcp", s.to, 10*time.Second)
	if err != nil {
		return err
	}
	defer to.Close()
	back := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, to)
		if err == nil {
			err = c.CloseWrite()
		}
		back <- err
	}()
	// Early data that has come with the handshake goes first.
	_, err = io.Copy(to, c)
	if err == nil {
		err = to.(*net.TCPConn).CloseWrite()
	}
	if err != nil {
		to.Close()
	}
	return errors.Join(err, <-back)
}

// reviving reads and writes with a deadline that begins anew each time.
type reviving struct{ c *tlsnet.Conn }

func (r *reviving) Read(p []byte) (int, error) {
	r.c.SetReadDeadline(time.Now().Add(idleTimeout))
	return r.c.Read(p)
}

func (r *reviving) Write(p []byte) (int, error) {
	r.c.SetWriteDeadline(time.Now().Add(idleTimeout))
	return r.c.Write(p)
}
