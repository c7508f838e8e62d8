package core

import (
	"bytes"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// established13 is a TLS 1.3 connection after the handshake: it takes the
// messages of RFC 8446, section 4.6.
type established13 struct {
	resumption keys.Secret // resumption_master_secret; empty if no ticket can be used
	issued     uint64      // tickets a server has issued
	keyUpdates int         // in a row, without data between them
	tickets    int
	storing    bool // WaitSessionStore stands
}

// newEstablished13 is the state after a TLS 1.3 handshake.
func newEstablished13(c *Conn, resumption keys.Secret) *established13 {
	return &established13{resumption: resumption}
}

func (s *established13) step(c *Conn) (state, Wait, error) {
	if s.storing {
		return s, WaitSessionStore, nil
	}
	if c.in.takeGotData() {
		if err := s.data(c); err != nil {
			return nil, WaitNone, err
		}
	}
	if c.post != nil {
		if w, err := c.post.step(c); w != WaitNone || err != nil {
			return s, w, err
		}
	}
	m, ok, err := c.nextMessage()
	if err != nil {
		return nil, WaitNone, err
	}
	if !ok {
		if len(c.in.app) > 0 {
			err = s.data(c)
		}
		return s, WaitRead, err
	}
	if c.post != nil {
		if taken, w, err := c.post.take(c, m); taken || err != nil {
			return s, w, err
		}
	}
	switch {
	case m.typ == iana.TypeKeyUpdate && c.quic == nil:
		err = s.keyUpdate(c, m)
	case m.typ == iana.TypeNewSessionTicket && c.client:
		err = s.ticket(c, m)
	default:
		err = unexpected(m.typ)
	}
	return s, WaitNone, err
}

// data is told that application data has come.
func (s *established13) data(c *Conn) error {
	s.keyUpdates, s.tickets = 0, 0
	if c.post != nil {
		return c.post.data()
	}
	return nil
}

// keyUpdate takes a KeyUpdate (RFC 8446, section 4.6.3). The answer, if there
// is to be one, goes with the next write.
func (s *established13) keyUpdate(c *Conn, m message) error {
	request, err := wire.ParseKeyUpdate(m.raw)
	if err != nil {
		return fromWire(err)
	}
	if s.keyUpdates++; s.keyUpdates > maxKeyUpdates {
		return failure(KindTooManyKeyUpdates, "")
	}
	k := c.kdf()
	next := keys.NextTraffic(k, &c.in.secret)
	c.doneKDF(k)
	defer next.Wipe()
	c.tellNext(!c.client, &next)
	if err := c.setReadSecret(&next); err != nil {
		return err
	}
	if request {
		c.out.wantKeyUpdate(false)
	}
	return nil
}

// tellNext shows the observer a traffic secret that a KeyUpdate has led to.
func (c *Conn) tellNext(ofClient bool, s *keys.Secret) {
	if c.obs == nil {
		return
	}
	label := labelServerNext
	if ofClient {
		label = labelClientNext
	}
	c.obs.Secret(label, c.clientRandom[:], s.Bytes())
}

// ticket takes a NewSessionTicket (RFC 8446, section 4.6.1): one more session
// that can be resumed.
func (s *established13) ticket(c *Conn, m message) error {
	t := wire.NewSessionTicket{Known: c.cfg.customTypes}
	if err := wire.ParseNewSessionTicket13(&t, bytes.Clone(m.raw)); err != nil {
		return fromWire(err)
	}
	if s.tickets++; s.tickets > maxSessionTickets {
		return failure(KindTooManyMessages, "")
	}
	if err := c.takeCustom(wire.InNewSessionTicket, 0, nil, t.Custom); err != nil {
		return err
	}
	if c.quic != nil && t.MaxEarlyData != 0 && t.MaxEarlyData != quicMaxEarlyData {
		return failure(KindIllegalParameter, "a limit of early data in QUIC")
	}
	// A lifetime of zero says that the ticket is to be dropped at once.
	if t.Lifetime == 0 {
		return nil
	}
	n := c.makeSession()
	k := c.kdf()
	psk := keys.ResumptionPSK(k, &s.resumption, t.Nonce)
	c.doneKDF(k)
	n.Secret = bytes.Clone(psk.Bytes())
	psk.Wipe()
	n.Ticket = t.Ticket
	n.Lifetime = min(t.Lifetime, maxLifetime)
	n.AgeAdd, n.MaxEarlyData = t.AgeAdd, t.MaxEarlyData
	c.session = n
	if c.cfg.Ask&AskSession != 0 {
		c.newSession, s.storing = n, true
	}
	return nil
}

func (s *established13) answerStored(c *Conn, stored bool) (state, error) {
	if !s.storing {
		return s, ErrNoQuestion
	}
	c.newSession, s.storing = nil, false
	return s, nil
}

// established12 is a TLS 1.2 connection after the handshake. It turns down
// every attempt to renegotiate.
type established12 struct {
	refused int
}

// newEstablished12 is the state after a TLS 1.2 handshake.
func newEstablished12(c *Conn) state { return &established12{} }

func (s *established12) step(c *Conn) (state, Wait, error) {
	if c.in.takeGotData() {
		s.refused = 0
	}
	m, ok, err := c.nextMessage()
	if err != nil {
		return nil, WaitNone, err
	}
	if !ok {
		if len(c.in.app) > 0 {
			s.refused = 0
		}
		return s, WaitRead, nil
	}
	want := iana.TypeClientHello
	if c.client {
		want = iana.TypeHelloRequest
	}
	if m.typ != want {
		return nil, WaitNone, unexpected(m.typ)
	}
	if c.client {
		if err := wire.ParseEmpty(m.raw, iana.TypeHelloRequest); err != nil {
			return nil, WaitNone, fromWire(err)
		}
	}
	// RFC 5246, sections 7.2.2 and 7.4.1.1: a warning, and the peer may go on.
	if s.refused++; s.refused > maxRenegotiations || c.closed {
		return nil, WaitNone, failure(KindNoRenegotiation, "")
	}
	c.out.alert(c, iana.LevelWarning, iana.AlertNoRenegotiation)
	return s, WaitWrite, nil // at once: the peer may wait for it
}
