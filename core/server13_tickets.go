package core

import (
	"bytes"
	"encoding/binary"
	"io"

	"patina/core/keys"
	"patina/core/wire"
)

// server13Tickets issues tickets at the end of the handshake or, where there is
// rest, after it (RFC 8446, section 4.6.1).
type server13Tickets struct {
	resumption keys.Secret // resumption_master_secret; empty if no ticket can be used
	left       int
	nonce      uint64
	asked      Wait
	ready      bool // ticket is to be sent
	ticket     []byte
	lifetime   uint32
	rest       *established13 // what is gone back to
}

// IssueTicket makes a TLS 1.3 server issue one more ticket after the handshake.
// The next operation asks [WaitTicketSeal] or [WaitSessionStore], sends it, and
// goes on. Nothing is issued where the handshake would have issued nothing.
// The error is ErrHandshake before the end of a handshake, on clients and in
// TLS 1.2, and ErrClosed after CloseNotify.
func (c *Conn) IssueTicket() error {
	if c.err != nil {
		return c.err
	}
	if s, ok := c.state.(*server13Tickets); ok && s.rest != nil {
		s.left++
		return nil
	}
	s, ok := c.state.(*established13)
	switch {
	case !ok || c.client || !c.done:
		return ErrHandshake
	case c.closed:
		return ErrClosed
	}
	c.state = &server13Tickets{resumption: s.resumption, left: 1, nonce: s.issued, rest: s}
	c.done = false
	return nil
}

func (s *server13Tickets) step(c *Conn) (state, Wait, error) {
	for s.left > 0 {
		if s.ready {
			list, ask := c.customFor(wire.InNewSessionTicket, 0, nil)
			if ask {
				return s, WaitExtensions, nil
			}
			s.send(c, s.ticket, s.lifetime, list)
			continue
		}
		if s.asked != WaitNone {
			return s, s.asked, nil
		}
		stateful := c.params.stateful13()
		if s.resumption.Empty() || c.params.NoResumption || (stateful && c.cfg.Ask&AskSession == 0) ||
			(!stateful && c.cfg.Ask&AskTicket == 0 && c.cfg.TicketKeys == nil) {
			break // nobody could open one
		}
		if err := s.prepare(c); err != nil {
			return nil, WaitNone, err
		}
		switch {
		case stateful:
			s.asked = WaitSessionStore
		case c.cfg.Ask&AskTicket != 0:
			s.asked = WaitTicketSeal
		default:
			ticket, err := c.cfg.TicketKeys.seal(c, c.newSession)
			if err != nil {
				return nil, WaitNone, failureOf(KindInternal, err)
			}
			s.issue(c, ticket, c.newSession.Lifetime)
		}
	}
	c.newSession = nil
	if s.rest != nil {
		s.rest.issued, c.done = s.nonce, true
		return s.rest, WaitNone, nil
	}
	next := newEstablished13(c, s.resumption)
	next.issued = s.nonce
	return c.complete(next)
}

// prepare makes the session of the next ticket. Its ID serves as the ticket
// where the owner keeps the session.
func (s *server13Tickets) prepare(c *Conn) error {
	n := *c.session
	now := c.cfg.Now()
	n.Created, n.CreatedMilli = now.Unix(), uint16(now.Nanosecond()/1e6)
	n.Lifetime = min(c.params.SessionLifetime, maxLifetime)
	n.Suite, n.Group, n.ALPN = c.suite.ID, c.group, c.alpn
	n.Ticket, n.MaxEarlyData = nil, c.params.MaxEarlyData
	random := make([]byte, maxSessionID+4)
	if _, err := io.ReadFull(c.cfg.Rand, random); err != nil {
		return failureOf(KindInternal, err)
	}
	n.ID = random[:maxSessionID:maxSessionID]
	n.AgeAdd = binary.BigEndian.Uint32(random[maxSessionID:])
	var nonce [ticketNonce]byte
	binary.BigEndian.PutUint64(nonce[:], s.nonce)
	k := c.kdf()
	psk := keys.ResumptionPSK(k, &s.resumption, nonce[:])
	c.doneKDF(k)
	n.Secret = append([]byte(nil), psk.Bytes()...)
	psk.Wipe()
	c.newSession = &n
	return nil
}

// ticketNonce is the length of a ticket's nonce in bytes.
const ticketNonce = 8

// issue sends the ticket of c.newSession, unless there is none, as soon as the owner's
// extensions for it are known.
func (s *server13Tickets) issue(c *Conn, ticket []byte, lifetime uint32) {
	s.asked = WaitNone
	switch {
	case len(ticket) == 0:
		s.left--
		s.nonce++
	case c.cfg.customIn&wire.InNewSessionTicket != 0:
		s.ready, s.ticket, s.lifetime = true, bytes.Clone(ticket), lifetime
	default:
		s.send(c, ticket, lifetime, nil)
	}
}

// send sends it.
func (s *server13Tickets) send(c *Conn, ticket []byte, lifetime uint32, custom []wire.Extension) {
	var nonce [ticketNonce]byte
	binary.BigEndian.PutUint64(nonce[:], s.nonce)
	c.queue(wire.AppendNewSessionTicket13(c.messageBuffer(), &wire.NewSessionTicket{
		Lifetime: min(lifetime, maxLifetime),
		AgeAdd:   c.newSession.AgeAdd,
		Nonce:    nonce[:],
		Ticket:   ticket,
		Custom:   custom,

		MaxEarlyData: c.newSession.MaxEarlyData,
	}))
	s.ready, s.ticket = false, nil
	s.left--
	s.nonce++
}

func (s *server13Tickets) answerStored(c *Conn, stored bool) (state, error) {
	if s.asked != WaitSessionStore {
		return s, ErrNoQuestion
	}
	if stored {
		s.issue(c, c.newSession.ID, c.newSession.Lifetime)
	} else {
		s.issue(c, nil, 0)
	}
	return s, nil
}

func (s *server13Tickets) answerSealed(c *Conn, ticket []byte, hint uint32) (state, error) {
	if s.asked != WaitTicketSeal {
		return s, ErrNoQuestion
	}
	if len(ticket) > maxTicketLen {
		return nil, failure(KindInternal, "the ticket is too long")
	}
	s.issue(c, ticket, hint)
	return s, nil
}

// maxTicketLen is the longest ticket in bytes (RFC 8446, section 4.6.1).
const maxTicketLen = 1<<16 - 1

// stateful13 reports whether TLS 1.3 tickets only name sessions.
func (p *Params) stateful13() bool { return p.NoTickets || p.StatefulTickets }
