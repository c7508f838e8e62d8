package ossl

import (
	"patina/core"
	"patina/core/iana"
)

// extraTickets are the tickets a program has asked for after the handshake
// (SSL_new_session_ticket(3)). From then until they have been sent the connection
// is in init: the next handshake, read or write sends them first.
type extraTickets struct {
	waiting int  // behind a blocked write
	sending bool // by the engine
	told    bool // the info callback has been told that they begin
}

func (e *extraTickets) due() bool { return e.waiting > 0 || e.sending }

// NewSessionTicket is SSL_new_session_ticket; false where there can be none. a
// tells what of the last operation's output has been sent.
func (s *SSL) NewSessionTicket(a *Answer) bool {
	s.take(a)
	if s.role != RoleServer || s.conn == nil || !s.complete || s.dead || s.conn.Version() != iana.VersionTLS13 {
		return false
	}
	s.extra.waiting++
	if len(s.conn.Output()) == 0 {
		s.issueTickets()
	}
	return true
}

// issueTickets gives the engine what waits. Behind a close_notify it takes
// nothing more, which a program is not told, as in OpenSSL.
func (s *SSL) issueTickets() {
	for ; s.extra.waiting > 0; s.extra.waiting-- {
		s.extra.sending = true
		if s.conn.IssueTicket() != nil {
			s.extra.waiting = 0
			return
		}
	}
	if s.conn.Resumed() {
		s.work.resuming = s.session
	}
}

// ticketSent moves the state for a ticket after the handshake.
func (s *SSL) ticketSent() {
	s.state = StateSWSessionTicket
	s.tellLoop()
}

// sendTickets sends the tickets and reports whether they have gone; if not, the
// step is set.
func (s *SSL) sendTickets() (done bool) {
	if len(s.conn.Output()) == 0 {
		s.issueTickets()
	}
	if !s.extra.told {
		s.extra.told = true
		s.tellLoop()
	}
	for s.extra.sending {
		w, err := s.conn.Handshake()
		if err != nil {
			s.failed(err, -1)
			return false
		}
		if w == core.WaitNone {
			s.extra = extraTickets{}
			s.work.resuming = nil
			s.state = StateOK
			s.tell(s.side()|cbExit, 1)
			break
		}
		if !s.turn(w) {
			return false
		}
	}
	return true
}
