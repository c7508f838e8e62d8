package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"patina/core"
	"patina/core/iana"
)

// conn is one connection: the engine, its transport and what the questions of
// the engine are answered from.
type conn struct {
	*core.Conn
	net    *net.TCPConn
	o      *options
	retry  *options
	memory *memory
	resume bool
	trace  *trace

	asked    core.Wait // of the last question, while its answer is put off
	asks     int
	stored   *core.Session // the session that this connection has made
	verified int           // how often the peer's chain was judged

	first []byte    // what is left of the first write
	quic  *quicConn // nil over TCP alone
}

// patience limits how long the runner may keep the shim waiting.
const patience = 20 * time.Second

// connect makes one connection of o and goes through the test.
// Where early data is rejected, the rest of the test is that of retry.
func connect(o, retry *options, m *memory, resume bool) error {
	cfg, p, err := o.config(m)
	if err != nil {
		return err
	}
	host := "127.0.0.1"
	if o.IPv6 {
		host = "::1"
	}
	transport, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(o.Port)))
	if err != nil {
		return err
	}
	c := &conn{net: transport.(*net.TCPConn), o: o, retry: retry, memory: m, resume: resume, trace: new(trace)}
	defer c.close()
	if _, err := c.net.Write(binary.LittleEndian.AppendUint64(nil, o.ShimID)); err != nil {
		return err
	}
	c.begin(cfg, p)
	c.SetObserver(c.trace)
	if err := c.checkRejection(c.exchange()); err != nil {
		return err
	}
	if o.ExpectMessages != "" && c.trace.text != o.ExpectMessages {
		return mustFail("messages:\n%sexpected:\n%s", c.trace.text, o.ExpectMessages)
	}
	m.session = c.stored
	return nil
}

// begin makes the engine's connection.
func (c *conn) begin(cfg *core.Config, p core.Params) {
	if !c.o.Server && c.resume {
		p.Session = c.memory.session
	}
	switch {
	case c.o.QUIC:
		make := core.NewQUICClient
		if c.o.Server {
			make = core.NewQUICServer
		}
		c.quic = &quicConn{QUIC: make(cfg, p), net: c.net}
		c.Conn = c.quic.Conn()
	case c.o.Server:
		c.Conn = core.NewServer(cfg, p)
	default:
		c.Conn = core.NewClient(cfg, p)
	}
}

// close ends the transport so that the runner has read everything before it
// meets the end.
func (c *conn) close() {
	c.net.CloseWrite()
	c.net.SetReadDeadline(time.Now().Add(patience))
	io.Copy(io.Discard, c.net)
	c.net.Close()
	if c.Conn != nil {
		c.Free()
	}
}

// perform goes on with an operation of the engine until it is done. An alert
// that the engine has for the peer is sent.
func (c *conn) perform(op func() (core.Wait, error)) error {
	for {
		w, err := op()
		if err == nil {
			switch w {
			case core.WaitNone:
				return nil
			case core.WaitRead:
				err = c.receive()
			case core.WaitWrite:
				err = c.flush()
			case core.WaitEarlyData:
				err = c.echoEarly()
			default:
				err = c.answer(w)
			}
		}
		if err != nil {
			if c.quic != nil {
				c.quic.fail(err)
			}
			c.flush() // what comes of the alert does not matter any more
			return err
		}
	}
}

// receive reads what the present record still lacks or, with -async, one byte.
func (c *conn) receive() error {
	if c.quic != nil {
		return c.receiveQUIC()
	}
	buf, need := c.ReadBuffer()
	if c.o.Async {
		need = 1
	}
	c.net.SetReadDeadline(time.Now().Add(patience))
	n, err := c.net.Read(buf[:need])
	c.Received(n)
	if err == io.EOF {
		c.ReceivedEOF()
		err = nil
	}
	return err
}

// flush sends what the engine has for the peer.
func (c *conn) flush() error {
	for len(c.Output()) > 0 {
		b := c.Output()
		if c.o.Async {
			b = b[:1]
		}
		n, err := c.net.Write(b)
		if err != nil {
			return err
		}
		c.Sent(n)
	}
	return nil
}

// read reads data into p; io.EOF at the end, however it comes.
func (c *conn) read(p []byte) (n int, err error) {
	if c.quic != nil {
		return c.readQUIC(p)
	}
	err = c.perform(func() (w core.Wait, err error) {
		n, w, err = c.Read(p)
		return w, err
	})
	return n, err
}

func (c *conn) peek(p []byte) (n int, err error) {
	err = c.perform(func() (w core.Wait, err error) {
		n, w, err = c.Peek(p)
		return w, err
	})
	return n, err
}

// write writes all of p.
func (c *conn) write(p []byte) error {
	if c.quic != nil {
		return c.quic.send(iana.ContentApplicationData, core.QUICApplication, p)
	}
	for {
		err := c.perform(func() (core.Wait, error) {
			n, w, err := c.Write(p)
			p = p[n:]
			return w, err
		})
		if err != nil || len(p) == 0 {
			return err
		}
	}
}

// describe puts an error in the words core/testdata/bogo.json maps BoringSSL's
// to: the kind of the engine's error between colons, or the peer's alert.
func describe(err error) string {
	var e *core.Error
	if errors.As(err, &e) {
		return fmt.Sprintf(":%v: %v", e.Kind, err)
	}
	return err.Error()
}
