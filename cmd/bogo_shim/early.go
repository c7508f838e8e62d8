package main

import (
	"bytes"
	"errors"

	"patina/core"
)

// Early data, in both roles.

// initial is what the test wants to be written first.
func (o *options) initial() []byte {
	switch {
	case o.UnfinishedWrite:
		return []byte(o.InitialWrite)
	case o.WritesFirst:
		return bytes.Repeat([]byte(o.InitialWrite), o.InitialRepeat)
	}
	return nil
}

// sendEarly makes a client that resumes offer early data, and send as much of
// its first write as such as the session allows.
func (c *conn) sendEarly() error {
	c.first = c.o.initial()
	if c.o.Server || !c.resume || !c.o.EarlyData {
		return nil
	}
	if c.quic != nil {
		return c.sendEarlyQUIC()
	}
	size := max(len(c.o.InitialWrite), 1)
	for {
		part := c.first[:min(size, len(c.first))] // a record for each
		err := c.perform(func() (core.Wait, error) {
			n, w, err := c.WriteEarly(part)
			part, c.first = part[n:], c.first[n:]
			return w, err
		})
		switch {
		case errors.Is(err, core.ErrEarlyData), errors.Is(err, core.ErrEarlyDataLimit):
			return nil // not at all, or no more; the rest follows later
		case err != nil:
			return err
		case len(c.first) > 0:
			continue
		case c.o.Export > 0:
			// There is nothing to be exported yet.
			_, err = c.ExportKeyingMaterial(c.o.ExportLabel, nil, c.o.Export)
		}
		return err
	}
}

// takeRejection goes over to the options of a second try where the server has
// rejected early data: what was sent is sent again.
func (c *conn) takeRejection() {
	if !c.o.Server && c.EarlyStatus() == core.EarlyRejected && c.o.ExpectEarlyReject {
		c.o = c.retry
		c.first = c.o.initial()
	}
}

// echoEarly sends early data back, every bit turned, before the handshake goes
// on.
func (c *conn) echoEarly() error {
	var buf [512]byte
	var n int
	err := c.perform(func() (w core.Wait, err error) {
		n, w, err = c.ReadEarly(buf[:])
		return w, err
	})
	if errors.Is(err, core.ErrNoEarlyData) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range buf[:n] {
		buf[i] ^= 0xff
	}
	for p := buf[:n]; len(p) > 0; {
		err := c.perform(func() (core.Wait, error) {
			n, w, err := c.WriteEarly(p)
			p = p[n:]
			return w, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
