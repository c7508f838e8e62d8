package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"patina/core"
	"patina/core/iana"
)

// The runner's stand-in for QUIC (RFC 9001): over TCP, records of a type, an
// encryption level, a suite and, in the clear and before the content, the secret
// of that level, so that both sides see whether they agree.

// maxQUICRecord limits what the runner may send at once, in bytes.
const maxQUICRecord = 1 << 24

// quicHeader is the length of a record's header.
const quicHeader = 8

// quicLevels is how many encryption levels there are.
const quicLevels = int(core.QUICApplication) + 1

// quicKeys are the keys of one direction at one level.
type quicKeys struct {
	suite  iana.CipherSuite
	secret []byte
}

// quicConn carries a connection's messages and data.
type quicConn struct {
	*core.QUIC
	net         net.Conn
	read, write [quicLevels]quicKeys
	level       core.QUICLevel // of the handshake messages sent
	data        []byte         // received and not yet read
}

// events does what the engine tells QUIC to do.
func (q *quicConn) events() error {
	for {
		e := q.NextEvent()
		switch e.Kind {
		case core.QUICNoEvent:
			return nil
		case core.QUICCrypto:
			if err := q.send(iana.ContentHandshake, e.Level, e.Data); err != nil {
				return err
			}
		case core.QUICReadSecret:
			q.read[e.Level] = quicKeys{e.Suite, e.Data}
		case core.QUICWriteSecret:
			q.write[e.Level] = quicKeys{e.Suite, e.Data}
			if e.Level != core.QUICEarly {
				q.level = e.Level
			}
		}
	}
}

// advance is the operation of the handshake, and of what comes after it.
func (q *quicConn) advance() (core.Wait, error) {
	w, err := q.Advance()
	if eerr := q.events(); err == nil {
		err = eerr
	}
	if err == nil && w == core.WaitRead && q.Conn().HandshakeComplete() {
		return core.WaitNone, nil
	}
	return w, err
}

func (q *quicConn) send(typ iana.ContentType, level core.QUICLevel, data []byte) error {
	k := &q.write[level]
	b := make([]byte, quicHeader, quicHeader+len(k.secret)+len(data))
	b[0], b[1] = byte(typ), byte(level)
	binary.BigEndian.PutUint16(b[2:], uint16(k.suite))
	binary.BigEndian.PutUint32(b[4:], uint32(len(k.secret)+len(data)))
	_, err := q.net.Write(append(append(b, k.secret...), data...))
	return err
}

// fail tells the peer of an error: the engine's, if it has failed.
func (q *quicConn) fail(err error) {
	if own := q.Conn().Err(); own != nil {
		err = own
	}
	if code, ok := core.QUICErrorCode(err); ok {
		q.send(iana.ContentAlert, q.level, []byte{byte(iana.LevelFatal), byte(code)})
	}
}

// receive takes one record. Early data that nobody reads is skipped.
func (q *quicConn) receive() (typ iana.ContentType, level core.QUICLevel, data []byte, err error) {
	for {
		q.net.SetReadDeadline(time.Now().Add(patience))
		var h [quicHeader]byte
		if _, err := io.ReadFull(q.net, h[:]); err != nil {
			return 0, 0, nil, err
		}
		typ, level = iana.ContentType(h[0]), core.QUICLevel(h[1])
		n := binary.BigEndian.Uint32(h[4:])
		if int(level) >= quicLevels || n > maxQUICRecord {
			return 0, 0, nil, errors.New("a malformed QUIC record")
		}
		data = make([]byte, n)
		if _, err := io.ReadFull(q.net, data); err != nil {
			return 0, 0, nil, err
		}
		k := &q.read[level]
		if level == core.QUICEarly && k.suite == 0 {
			continue
		}
		content, ok := bytes.CutPrefix(data, k.secret)
		if !ok || iana.CipherSuite(binary.BigEndian.Uint16(h[2:])) != k.suite || level != core.QUICInitial && k.suite == 0 {
			return 0, 0, nil, mustFail("a record of level %v with other keys", level)
		}
		return typ, level, content, nil
	}
}

// receiveQUIC takes the next record of the handshake. Early data is sent back at
// once.
func (c *conn) receiveQUIC() error {
	typ, level, data, err := c.quic.receive()
	switch {
	case err == io.EOF:
		return core.ErrUnexpectedEOF
	case err != nil:
		return err
	case typ == iana.ContentHandshake:
		return c.quic.Receive(level, data)
	case typ == iana.ContentApplicationData && c.o.Server && level == core.QUICEarly:
		for i := range data {
			data[i] ^= 0xff
		}
		return c.quic.send(iana.ContentApplicationData, core.QUICApplication, data)
	case typ == iana.ContentApplicationData && c.HandshakeComplete():
		c.quic.data = append(c.quic.data, data...)
		return nil
	}
	return fmt.Errorf("a QUIC record of type %v at level %v", typ, level)
}

// readQUIC reads data into p; io.EOF at the end.
func (c *conn) readQUIC(p []byte) (int, error) {
	for len(c.quic.data) == 0 {
		err := c.receiveQUIC()
		if err == core.ErrUnexpectedEOF {
			return 0, io.EOF
		}
		if err == nil {
			err = c.perform(c.quic.advance)
		}
		if err != nil {
			c.quic.fail(err)
			return 0, err
		}
	}
	n := copy(p, c.quic.data)
	c.quic.data = c.quic.data[n:]
	return n, nil
}

// sendEarlyQUIC sends the first write as early data, if the hello offers any.
func (c *conn) sendEarlyQUIC() error {
	if w, err := c.quic.advance(); err != nil || w != core.WaitRead {
		return errors.Join(mustFail("the hello: %v", w), err)
	}
	if c.EarlyStatus() != core.EarlyOffered || len(c.first) == 0 {
		return nil
	}
	err := c.quic.send(iana.ContentApplicationData, core.QUICEarly, c.first)
	c.first = nil
	if err == nil && c.o.Export > 0 {
		_, err = c.ExportKeyingMaterial(c.o.ExportLabel, nil, c.o.Export) // too early
	}
	return err
}
