package main

import (
	"bytes"
	"errors"
	"io"

	"patina/core"
	"patina/core/iana"
)

// recordSizes are written where the test wants many sizes.
var recordSizes = []int{0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769}

// exchange is a whole test on a connection.
func (c *conn) exchange() error {
	if err := c.sendEarly(); err != nil {
		return err
	}
	if !c.o.Implicit {
		if err := c.handshake(); err != nil {
			return err
		}
	}
	if err := c.sendFirst(); err != nil || c.o.SendAlert {
		return err
	}
	if !c.o.ShutsDown {
		if err := c.echo(); err != nil {
			return err
		}
	}
	if c.o.Implicit {
		if err := c.check(); err != nil {
			return err
		}
	}
	if !c.o.Server && c.Version() == iana.VersionTLS13 {
		if want := !c.o.ExpectNoSession && !c.o.ShutsDown; want != (c.stored != nil) {
			return mustFail("a new session: %v", c.stored != nil)
		}
		if c.stored != nil && c.o.ExpectEarlyTicket != (c.stored.MaxEarlyData > 0) {
			return mustFail("a ticket for %d bytes of early data", c.stored.MaxEarlyData)
		}
	}
	return c.shutdown()
}

func (c *conn) handshake() error {
	op := c.Handshake
	if c.quic != nil {
		op = c.quic.advance
	}
	err := c.perform(op)
	if err == nil {
		c.takeRejection()
		err = c.check()
	}
	if err == nil && (c.o.HandshakeTwice || c.o.ExtraHandshake) {
		err = c.perform(op)
	}
	return err
}

// sendFirst sends what the test wants before anything is received.
func (c *conn) sendFirst() error {
	o := c.o
	if o.Export > 0 {
		var context []byte
		if o.UseContext {
			context = append([]byte{}, o.ExportContext...)
		}
		b, err := c.ExportKeyingMaterial(o.ExportLabel, context, o.Export)
		if err != nil {
			return err
		}
		if err := c.write(b); err != nil {
			return err
		}
	}
	if o.TrafficSecrets {
		if err := c.write(c.trace.traffic(o.Server)); err != nil {
			return err
		}
	}
	if o.TLSUnique {
		b, err := c.BindingUnique()
		if err != nil {
			return err
		}
		if err := c.write(b); err != nil {
			return err
		}
	}
	switch {
	case o.SendAlert:
		c.Abort(iana.AlertDecompressionFailure, errors.New("the test wants an alert"))
		if c.quic != nil {
			c.quic.fail(nil)
		}
		return c.flush()
	case o.RecordSizes:
		for _, n := range recordSizes {
			if err := c.write(bytes.Repeat([]byte{0x42}, n)); err != nil {
				return err
			}
		}
	case o.WritesFirst:
		return c.write(c.first)
	}
	return nil
}

// echo sends back what it receives, every bit turned, until the peer is done.
func (c *conn) echo() error {
	size := 512
	if c.o.ReadSize > 0 {
		size = c.o.ReadSize
	}
	buf := make([]byte, size)
	unfinished := false
	if len(c.first) > 0 && c.o.UnfinishedWrite {
		// Sealed, but only one byte of it goes out.
		if _, w, err := c.Write(c.first); err != nil || w != core.WaitWrite {
			return mustFail("the first write is not pending: %v, %v", w, err)
		}
		n, err := c.net.Write(c.Output()[:1])
		if err != nil {
			return err
		}
		c.Sent(n)
		unfinished = true
	}
	for {
		if c.o.KeyUpdateFirst {
			if err := c.updateKeys(); err != nil {
				return err
			}
		}
		n, err := c.readOnce(buf)
		if c.HandshakeComplete() && (err == io.EOF || err == core.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if unfinished {
			if err := c.flush(); err != nil {
				return err
			}
			unfinished = false
		}
		if c.o.KeyUpdate {
			if err := c.KeyUpdate(false); err != nil {
				return err
			}
		}
		for i := range buf[:n] {
			buf[i] ^= 0xff
		}
		if err := c.write(buf[:n]); err != nil {
			return err
		}
	}
}

// updateKeys sends a KeyUpdate at once.
func (c *conn) updateKeys() error {
	if err := c.KeyUpdate(false); err != nil {
		return err
	}
	return c.write(nil)
}

func (c *conn) readOnce(buf []byte) (int, error) {
	if !c.o.PeekThenRead {
		n, err := c.read(buf)
		if err == nil && c.o.ExportInReads {
			_, err = c.ExportKeyingMaterial("", nil, 1)
		}
		return n, err
	}
	peeked := make([]byte, len(buf))
	n, err := c.peek(peeked)
	if err != nil {
		return 0, err
	}
	m, err := c.read(buf[:n])
	if err == nil && !bytes.Equal(buf[:m], peeked[:n]) {
		err = mustFail("Read differs from Peek")
	}
	return m, err
}

// shutdown closes this side and, where the test looks at it, waits for the
// peer's close_notify.
func (c *conn) shutdown() error {
	if !c.o.CheckClose || c.quic != nil {
		return nil
	}
	if err := c.perform(c.CloseNotify); err != nil {
		return err
	}
	if c.PeerClosed() {
		return nil
	}
	n, err := c.read(make([]byte, 1))
	switch {
	case err == io.EOF:
		return nil
	case err == nil:
		return errors.New(":application data on shutdown: " + string(rune('0'+n)))
	}
	return err
}
