package ossl

import "patina/core"

// decideSession answers the engine's questions about sessions and tickets.
func (s *SSL) decideSession(w core.Wait) bool {
	switch w {
	case core.WaitSessionLookup:
		return s.settled(s.conn.AnswerSession(nil))
	case core.WaitTicketOpen:
		return s.settled(s.conn.AnswerTicket(nil, false))
	case core.WaitTicketSeal:
		return s.settled(s.conn.AnswerSealed(nil, 0))
	}
	return s.settled(s.conn.AnswerStored(false))
}

// answerSession takes the program's answer to a question about sessions.
func (s *SSL) answerSession(a *Answer) {}

// keepSession makes SSL_get_session's of a complete handshake.
func (s *SSL) keepSession() {
	c := s.conn.Session()
	if c == nil || s.conn.Resumed() && s.session != nil {
		return
	}
	s.session = sessionFromEngine(c, s.role == RoleClient, s.sessionCtx.snap.Load().sessionTimeout)
}
