package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/record"
	"patina/core/suite"
	"patina/core/wire"
)

// outbound is the sending half: handshake messages are gathered in a flight,
// and sealed, as data is, into the output buffer.
type outbound struct {
	sealer record.Sealer
	secret keys.Secret // the traffic secret in use, TLS 1.3

	flight []byte // whole handshake messages, not yet sealed
	lent   *flightArray

	buf  []byte // lent; nil when nothing waits
	r, w int    // sealed and not yet sent: buf[r:w]

	padding // of records

	messageRecords bool // each handshake message begins a record

	keyUpdate  bool // a KeyUpdate is due before the next data
	keyRequest bool // it asks for the peer's

	material keyMaterial
}

// keyUpdateReserve is how many records before the limit of its keys a TLS 1.3
// connection changes them by itself.
const keyUpdateReserve = 1 << 10

// room makes the output buffer take n more bytes.
func (o *outbound) room(c *Conn, n int) {
	if len(o.buf)-o.w >= n {
		return
	}
	have, lead := o.w-o.r, o.sealer.Lead()
	if len(o.buf)-have-lead >= n {
		copy(o.buf[lead:], o.buf[o.r:o.w])
	} else {
		b := c.cfg.Buffers.Get(outputSize(lead + have + n))
		copy(b[lead:], o.buf[o.r:o.w])
		if o.buf != nil {
			c.cfg.Buffers.Put(o.buf)
		}
		o.buf = b[:len(b):len(b)]
	}
	o.r, o.w = lead, lead+have
}

// seal appends one record to the output buffer, which has room for it.
func (o *outbound) seal(c *Conn, typ iana.ContentType, content []byte) error {
	o.sealer.Version = iana.VersionTLS12
	if c.client && c.version == 0 && !c.serverSpoke && !o.sealer.Protected() && typ != iana.ContentChangeCipherSpec {
		o.sealer.Version = iana.VersionTLS10 // RFC 8446, section 5.1
	}
	b, err := o.sealer.SealPadded(o.buf[:o.w], typ, content, o.padding.of(c, typ, len(content)))
	if err != nil {
		return recordFailure(err.(record.Error))
	}
	if c.obs != nil {
		c.obs.RecordHeader(true, b[o.w:o.w+record.HeaderLen])
		// Protection before there is a version is that of early data.
		if c.version != iana.VersionTLS12 && o.sealer.Protected() && typ != iana.ContentChangeCipherSpec {
			c.obs.InnerContentType(true, typ)
		}
	}
	o.w = len(b)
	return nil
}

// sealFlight seals what is queued.
func (o *outbound) sealFlight(c *Conn) error {
	if err := o.sealMessages(c); err != nil {
		return err
	}
	if c.done {
		o.dropFlight()
	}
	return nil
}

// sealMessages is sealFlight, and keeps the flight's memory.
func (o *outbound) sealMessages(c *Conn) error {
	if len(o.flight) == 0 {
		return nil
	}
	if c.quic != nil {
		c.quic.crypto(o.flight)
		o.flight = o.flight[:0]
		return nil
	}
	limit := c.params.MaxFragment
	records := (len(o.flight) + limit - 1) / limit
	o.room(c, len(o.flight)+records*o.overhead(c))
	for b := o.flight; len(b) > 0; {
		n := min(len(b), limit)
		if err := o.seal(c, iana.ContentHandshake, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	o.flight = o.flight[:0]
	return nil
}

// queueCCS puts a change_cipher_spec behind the flight.
func (o *outbound) queueCCS(c *Conn) error {
	if err := o.sealFlight(c); err != nil {
		return err
	}
	o.room(c, o.sealer.Overhead()+1)
	if err := o.seal(c, iana.ContentChangeCipherSpec, ccs[:]); err != nil {
		return err
	}
	if c.obs != nil {
		c.obs.Message(true, c.wireVersion(), iana.ContentChangeCipherSpec, ccs[:])
	}
	return nil
}

var ccs = [1]byte{1}

// setSecret seals the flight, and what follows with a TLS 1.3 traffic secret.
func (o *outbound) setSecret(c *Conn, s *keys.Secret) error {
	if err := o.sealFlight(c); err != nil {
		return err
	}
	if c.quic != nil {
		c.quic.writeSecret(c.suite.ID, s)
		return nil
	}
	p, err := c.protection(c.suite, s, &o.material)
	if err != nil {
		return err
	}
	p.Limit = c.suite.SealLimit
	o.secret = *s
	o.sealer.Protect(p)
	clear(o.material[:])
	return nil
}

// setEarly seals the flight, and what follows with a client's keys of early data,
// before a suite is agreed on.
func (o *outbound) setEarly(c *Conn, su *suite.Suite, s *keys.Secret) error {
	if err := o.sealFlight(c); err != nil {
		return err
	}
	if c.quic != nil {
		c.quic.earlySecret(QUICWriteSecret, su.ID, s)
		return nil
	}
	p, err := c.protection(su, s, &o.material)
	if err != nil {
		return err
	}
	p.Limit = su.SealLimit
	o.sealer.Protect(p)
	clear(o.material[:])
	return nil
}

// setPlain seals the flight, and leaves what follows unprotected: the second
// ClientHello of a client that has sent early data.
func (o *outbound) setPlain(c *Conn) error {
	if err := o.sealFlight(c); err != nil {
		return err
	}
	if c.quic != nil {
		return nil
	}
	o.sealer.Protect(record.Protection{})
	return nil
}

// setKeys seals the flight, and what follows with keys of TLS 1.2.
func (o *outbound) setKeys(c *Conn, key, iv []byte) error {
	if err := o.sealFlight(c); err != nil {
		return err
	}
	aead, err := c.cfg.Provider.NewAEAD(c.suite.AEAD, key)
	if err != nil {
		return failureOf(KindInternal, err)
	}
	o.sealer.Protect(record.Protection{AEAD: aead, IV: iv, Limit: c.suite.SealLimit})
	return nil
}

// alert puts an alert behind the flight. It cannot fail: where even the alert
// cannot be sealed, nothing is sent.
func (o *outbound) alert(c *Conn, level iana.AlertLevel, alert iana.AlertDescription) {
	if o.sealFlight(c) != nil || c.quic != nil {
		return // QUIC tells the peer itself
	}
	o.room(c, o.overhead(c)+2)
	content := append(o.material[:0], byte(level), byte(alert))
	if o.seal(c, iana.ContentAlert, content) != nil {
		return
	}
	if c.obs != nil {
		c.obs.Message(true, c.wireVersion(), iana.ContentAlert, content)
	}
}

// write seals as much of p as one output buffer takes.
func (o *outbound) write(c *Conn, p []byte) (int, error) {
	if err := o.updateKeys(c); err != nil || len(p) == 0 {
		return 0, err
	}
	limit, records := c.params.MaxFragment, 1
	if len(p) > limit {
		records = min((len(p)+limit-1)/limit, o.recordsAtOnce())
		p = p[:min(len(p), records*limit)]
	}
	o.room(c, len(p)+records*o.overhead(c))
	for b := p; len(b) > 0; {
		n := min(len(b), limit)
		if err := o.seal(c, iana.ContentApplicationData, b[:n]); err != nil {
			return 0, err
		}
		b = b[n:]
	}
	return len(p), nil
}

// wantKeyUpdate has a KeyUpdate sent with the next write.
func (o *outbound) wantKeyUpdate(request bool) {
	o.keyUpdate = true
	o.keyRequest = o.keyRequest || request
}

// updateKeys sends the KeyUpdate that is due, by wish or because the keys have
// done almost all they may, and changes the keys.
func (o *outbound) updateKeys(c *Conn) error {
	if c.version != iana.VersionTLS13 || !c.done || !o.keyUpdate && o.sealer.Left() > keyUpdateReserve {
		return nil
	}
	c.queue(wire.AppendKeyUpdate(c.messageBuffer(), o.keyRequest))
	o.keyUpdate, o.keyRequest = false, false
	k := c.kdf()
	next := keys.NextTraffic(k, &o.secret)
	c.doneKDF(k)
	defer next.Wipe()
	c.tellNext(c.client, &next)
	return o.setSecret(c, &next)
}

func (o *outbound) pending() []byte { return o.buf[o.r:o.w:o.w] }

// sent drops n bytes and, with the last, the buffer.
func (o *outbound) sent(c *Conn, n int) {
	if n < 0 || n > o.w-o.r {
		panic("core: Sent with more than Output gave")
	}
	o.r += n
	o.release(c)
}

// release gives empty buffers back.
func (o *outbound) release(c *Conn) {
	if o.buf != nil && o.r == o.w {
		c.cfg.Buffers.Put(o.buf)
		o.buf, o.r, o.w = nil, 0, 0
	}
}

func (o *outbound) free(c *Conn) {
	if o.buf != nil {
		clear(o.buf[:o.w])
		c.cfg.Buffers.Put(o.buf)
	}
	clear(o.flight)
	o.dropFlight()
	*o = outbound{}
}
