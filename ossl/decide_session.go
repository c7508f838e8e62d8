package ossl

import (
	"bytes"

	"patina/core"
	"patina/core/iana"
)

// sessionWork is what a connection is doing about sessions: some questions of the
// engine take several callbacks in turn.
type sessionWork struct {
	found        *Session   // the session that the engine may resume
	renew        bool       // its ticket is to be replaced
	made         *Session   // the one to be kept or sealed
	ticket       []byte     // sealed
	removed      []*Session // still to be shown to the remove callback
	kept         bool       // this handshake has set SSL_get_session's
	noTicket     bool       // the ticket resumed is not to be replaced
	refused      bool       // the program has decided against tickets (SSL_TICKET_RETURN_IGNORE)
	ownID        []byte     // of the session to come, by the program's choice
	notResumable bool       // the program does not want the session to come resumed
	resuming     *Session   // what the engine was last given to resume
	taken        bool       // out of the cache, so that it is used once
}

// What ticket callbacks return: those of SSL_CTX_set_tlsext_ticket_key_evp_cb
// and of SSL_CTX_set_session_ticket_cb (SSL_TICKET_...).
const (
	ticketKeyRenew = 2

	ticketEmpty        = 3 // SSL_TICKET_EMPTY and so on: how decrypting has ended
	ticketNoDecrypt    = 4
	ticketSuccess      = 5
	ticketSuccessRenew = 6

	ticketReturnAbort    = 0 // SSL_TICKET_RETURN_ABORT and so on
	ticketReturnIgnore   = 1
	ticketReturnUse      = 3
	ticketReturnUseRenew = 4

	maxTicketHint = 7 * 24 * 3600 // seconds (RFC 8446, section 4.6.1)
)

// decideSession answers the engine's questions about sessions and tickets, asking
// the callbacks that are set.
func (s *SSL) decideSession(w core.Wait) bool {
	if s.showRemoved() {
		return false
	}
	switch w {
	case core.WaitSessionLookup:
		return s.decideLookup()
	case core.WaitTicketOpen:
		return s.decideTicketOpen()
	case core.WaitTicketSeal:
		return s.decideTicketSeal()
	}
	return s.decideStore()
}

// showRemoved asks the remove callback to look at the next session that has left
// the cache; false if there is none, or nobody to look.
func (s *SSL) showRemoved() bool {
	if len(s.work.removed) == 0 {
		return false
	}
	cb := s.sessionCtx.snap.Load().sessionRemove
	if cb == 0 {
		s.work.removed = nil
		return false
	}
	s.ask(NeedSessionRemove, Callback{Fn: cb})
	s.step.Session = s.work.removed[0]
	s.work.removed = s.work.removed[1:]
	return true
}

// decideLookup looks for the session of an ID: in the internal cache, then by
// the get callback.
func (s *SSL) decideLookup() bool {
	if s.deciding.done == NeedNothing {
		id := s.conn.SessionID()
		if s.work.found = s.sessionCtx.lookupInternal(id); s.work.found == nil {
			if cb := s.sessionCtx.snap.Load().sessionGet; cb != 0 {
				s.ask(NeedSessionGet, Callback{Fn: cb})
				s.step.Data = id
				return false
			}
		}
	}
	if s.takeOnce() {
		return s.decideSession(core.WaitSessionLookup)
	}
	ok, again := s.acceptFound(true)
	if again {
		return s.decideSession(core.WaitSessionLookup)
	}
	if s.dead {
		return false
	}
	return s.settled(s.conn.AnswerSession(s.resume(ok)))
}

// takeOnce takes a session that has been found, and that might be replayed, out of
// the cache, and reports that the remove callback is to hear of it. One that is
// not there has been used.
func (s *SSL) takeOnce() bool {
	if s.work.found == nil || s.work.taken || !s.antiReplay() || s.conn.Version() != iana.VersionTLS13 {
		return false
	}
	s.work.taken, s.deciding.done = true, NeedSessionGet
	if !s.sessionCtx.RemoveSession(s.work.found) {
		s.work.found = nil
		return false
	}
	s.work.removed = append(s.work.removed, s.work.found)
	return true
}

// acceptFound judges work.found. again means that callbacks are to be asked
// before the engine gets its answer; it is never so twice.
func (s *SSL) acceptFound(cached bool) (ok, again bool) {
	if s.work.found == nil {
		return false, false
	}
	ok, expired, err := s.sessionCtx.acceptSession(s.work.found, s.idContext(), s.verifyMode)
	if err != nil {
		s.refuse(iana.AlertInternalError, err)
		return false, false
	}
	if expired && cached {
		s.sessionCtx.RemoveSession(s.work.found)
		s.work.removed = append(s.work.removed, s.work.found)
		s.work.found, s.deciding.done = nil, NeedSessionGet
		return false, true
	}
	return ok, false
}

// resume is the engine's form of work.found, if ok.
func (s *SSL) resume(ok bool) *core.Session {
	found := s.work.found
	s.work.found, s.work.taken = nil, false
	if !ok || found == nil {
		return nil
	}
	s.work.resuming = found
	return found.engine(false)
}

func (s *SSL) idContext() []byte { return s.sessionContext[:s.sessionCtxLen] }

// ticketCallback is the ticket key callback in force and whether it is the one
// with EVP_MAC_CTX.
func (s *SSL) ticketCallback() (fn Ptr, evp bool) {
	snap := s.sessionCtx.snap.Load()
	if snap.ticketKeyEVP != 0 {
		return snap.ticketKeyEVP, true
	}
	return snap.ticketKey, false
}

// decideTicketOpen opens a ticket, with the keys of the SSL_CTX or by the ticket
// key callback, and shows it to the decrypt callback.
func (s *SSL) decideTicketOpen() bool {
	if s.deciding.done == NeedNothing && len(s.conn.Ticket()) > 0 {
		if fn, evp := s.ticketCallback(); fn != 0 {
			s.ask(NeedTicketOpen, Callback{Fn: fn})
			s.step.Data = s.conn.Ticket()
			s.step.Num = int(toLong(evp))
			return false
		}
		var status ticketStatus
		s.work.found, status = s.sessionCtx.openTicket(s.conn.Ticket())
		// TLS 1.3 tickets are used once.
		s.work.renew = status == ticketGood && s.conn.Version() == iana.VersionTLS13
		s.deciding.done = NeedTicketOpen
	}
	s.nameByHello()
	if cb := s.sessionCtx.snap.Load().ticketDecrypted; cb.Set() && s.deciding.done != NeedTicketAppData {
		s.ask(NeedTicketAppData, cb)
		s.step.Session = s.work.found
		s.step.Num = ticketNoDecrypt
		switch {
		case s.work.found != nil && s.work.renew:
			s.step.Num = ticketSuccessRenew
		case s.work.found != nil:
			s.step.Num = ticketSuccess
		case len(s.conn.Ticket()) == 0:
			s.step.Num = ticketEmpty
		}
		s.step.Data = s.conn.Ticket()
		return false
	}
	if len(s.conn.Ticket()) == 0 {
		s.work.found = nil // a session cannot come of nothing
	}
	ok, _ := s.acceptFound(false)
	if s.dead {
		return false
	}
	s.work.noTicket = !s.work.renew
	return s.settled(s.conn.AnswerTicket(s.resume(ok), s.work.renew))
}

// nameByHello gives a session that came in a ticket of TLS 1.2 the ID the client has sent with it, which clients look for in
// the ServerHello (RFC 5077, section 3.4), and programs in the session.
func (s *SSL) nameByHello() {
	if hello := s.conn.ClientHello(); hello != nil && s.work.found != nil && s.conn.Version() == iana.VersionTLS12 {
		s.work.found.update(func(d *sessionData) { d.ID = bytes.Clone(hello.SessionID) })
	}
}

// decideTicketSeal seals the session into a ticket; TLS 1.3 sessions are shown
// to the cache as well, as OpenSSL does.
func (s *SSL) decideTicketSeal() bool {
	if s.conn.Version() == iana.VersionTLS13 && s.conn.Resumed() && s.work.noTicket {
		s.keep(s.work.resuming)
		return s.settled(s.conn.AnswerSealed(nil, 0))
	}
	if s.work.refused {
		return s.settled(s.conn.AnswerSealed(nil, 0))
	}
	snap := s.sessionCtx.snap.Load()
	switch s.deciding.done {
	case NeedNothing:
		if s.askOwnID13() {
			return false
		}
		fallthrough
	case NeedSessionID:
		s.work.made = s.madeSession()
		s.work.ticket = nil
		if snap.ticketGenerate.Set() {
			s.keep(s.work.made)
			s.ask(NeedTicketAppData, snap.ticketGenerate)
			s.step.Session, s.step.Num = s.work.made, -1
			return false
		}
		fallthrough
	case NeedTicketAppData:
		if fn, evp := s.ticketCallback(); fn != 0 {
			s.ask(NeedTicketSeal, Callback{Fn: fn})
			if s.step.Data = s.work.made.ticketPlaintext(); s.step.Data == nil {
				s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
				return false
			}
			s.step.Num = int(toLong(evp))
			return false
		}
		if s.work.ticket = s.sessionCtx.sealTicket(s.work.made); s.work.ticket == nil {
			s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
			return false
		}
		fallthrough
	case NeedTicketSeal:
		if s.conn.Version() != iana.VersionTLS13 {
			if !s.conn.Resumed() {
				s.keepWithoutID()
			}
			break
		}
		if s.storeMade() {
			return false
		}
	}
	timeout := uint32(min(max(snap.sessionLifetime(), 0), maxSessionLifetime))
	if s.conn.Version() == iana.VersionTLS13 {
		timeout = min(timeout, maxTicketHint)
	} else if s.conn.Resumed() {
		timeout = 0 // unspecified (RFC 5077, section 3.3): the session has lived a while
	}
	return s.settled(s.conn.AnswerSealed(s.work.ticket, timeout))
}

// storeMade puts work.made into the internal cache and asks the new session
// callback; false if there is nobody to ask.
func (s *SSL) storeMade() (asked bool) {
	s.keep(s.work.made)
	if s.work.notResumable {
		s.work.made.SetNotResumable()
		s.deciding.done = NeedSessionNew
		return false
	}
	internal, callback := s.sessionCtx.storeSession(s.work.made, s.role == RoleServer, &s.scalars)
	if internal {
		_, removed := s.sessionCtx.AddSession(s.work.made)
		s.work.removed = append(s.work.removed, removed...)
	}
	if callback {
		s.ask(NeedSessionNew, Callback{Fn: s.sessionCtx.snap.Load().sessionNew})
		s.step.Session = s.work.made
		return true
	}
	s.deciding.done = NeedSessionNew
	return false
}

// decideStore keeps a session that can be resumed by its ID, or, on a client, by
// its ticket.
func (s *SSL) decideStore() bool {
	if s.deciding.done == NeedNothing && s.askOwnID13() {
		return false
	}
	if s.deciding.done == NeedNothing || s.deciding.done == NeedSessionID {
		s.dropReplaced()
		s.work.made = s.madeSession()
		if s.role == RoleClient && s.conn.Resumed() && s.conn.Version() != iana.VersionTLS13 {
			s.keep(s.work.made) // a new ticket of an old session: nobody is told
			s.deciding.done = NeedSessionNew
		} else if s.storeMade() {
			return false
		}
		if len(s.work.removed) > 0 {
			return s.decideSession(core.WaitSessionStore)
		}
	}
	return s.settled(s.conn.AnswerStored(true))
}

// dropReplaced takes the session a TLS 1.2 client has resumed out of the cache when
// a new ticket comes in its place.
func (s *SSL) dropReplaced() {
	if s.role == RoleClient && s.conn.Resumed() && s.conn.Version() != iana.VersionTLS13 {
		s.dropOld()
	}
}

// dropOld ends the use of the session that a client has resumed.
func (s *SSL) dropOld() {
	if s.session == nil || len(s.session.ID()) == 0 || s.sessionCtx.snap.Load().cacheMode&sessCacheClient == 0 {
		return
	}
	s.sessionCtx.RemoveSession(s.session)
	s.work.removed = append(s.work.removed, s.session)
}

// answerSession takes the program's answer to a question about sessions.
func (s *SSL) answerSession(a *Answer) {
	switch a.Need {
	case NeedSessionRemove:
		return // deciding.done stays: there may be more of them
	case NeedSessionGet:
		if a.Session != nil {
			ok, removed := s.sessionCtx.foundExternally(a.Session)
			if ok {
				s.work.found = a.Session
			}
			s.work.removed = append(s.work.removed, removed...)
		}
	case NeedTicketOpen:
		if a.Value < 0 {
			s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
			return
		}
		s.work.found, s.work.renew = nil, false
		if a.Value > 0 {
			s.work.found = sessionFromTicket(a.Bytes)
			s.work.renew = a.Value == ticketKeyRenew
		}
	case NeedTicketSeal:
		if a.Value < 0 {
			s.refuse(iana.AlertInternalError, fail(ReasonCallbackFailed))
			return
		}
		s.work.ticket = nil
		if a.Value > 0 {
			s.work.ticket = append([]byte(nil), a.Bytes...)
		}
	case NeedTicketAppData:
		s.answerAppData(a)
	case NeedSessionID:
		s.answerOwnID(a)
	}
	s.deciding.done = a.Need
}

// wantsOwnID reports that the program chooses the ID of the session to come: one
// of TLS 1.2 that has an ID.
func (s *SSL) wantsOwnID() bool {
	hello := s.conn.ClientHello()
	return s.generateID != 0 && s.conn.Version() == iana.VersionTLS12 && !s.conn.Resumed() &&
		s.sessionCtx.snap.Load().cacheMode&sessCacheServer != 0 &&
		(s.options&opNoTicket != 0 || hello == nil || !hello.OffersTicket)
}

// askOwnID13 has the program choose the ID of the session of a TLS 1.3 ticket, if
// it wants to. What it sees of the session has an ID of zeros, as in OpenSSL.
func (s *SSL) askOwnID13() (asked bool) {
	if s.generateID == 0 || s.role != RoleServer || s.conn.Version() != iana.VersionTLS13 {
		return false
	}
	s.work.made = s.newSession(s.conn.NewSession())
	s.work.made.update(func(d *sessionData) { d.ID = make([]byte, maxSessionID) })
	s.keep(s.work.made)
	s.ask(NeedSessionID, Callback{Fn: s.generateID})
	return true
}

// madeSession is the session the engine has made, by the name that the program
// has chosen.
func (s *SSL) madeSession() *Session {
	if s.deciding.done != NeedSessionID {
		return s.newSession(s.conn.NewSession())
	}
	id := s.work.ownID
	s.work.ownID = nil
	// Only a question that is not open any more refuses a name, and then there is no answer either.
	_ = s.conn.NameSession(id)
	s.work.made.update(func(d *sessionData) { d.ID = id })
	return s.work.made
}

// answerOwnID takes what the callback of SSL_CTX_set_generate_session_id has made.
func (s *SSL) answerOwnID(a *Answer) {
	reason := ReasonSSLSessionIDHasBadLength
	switch {
	case a.Value == 0:
		reason = ReasonSSLSessionIDCallbackFailed
	case len(a.Bytes) == 0 || len(a.Bytes) > maxSessionID:
	case s.HasMatchingSessionID(a.Bytes):
		reason = ReasonSSLSessionIDConflict
	default:
		s.work.ownID = append([]byte(nil), a.Bytes...)
		return
	}
	s.refuse(iana.AlertInternalError, fail(reason))
}

// answerAppData takes what the callbacks of SSL_CTX_set_session_ticket_cb return.
func (s *SSL) answerAppData(a *Answer) {
	if s.work.found == nil && s.work.made != nil && s.conn.NewSession() != nil {
		if a.Value == 0 {
			s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
		}
		return
	}
	switch use := a.Value == ticketReturnUse || a.Value == ticketReturnUseRenew; {
	case a.Value == ticketReturnAbort, use && s.work.found == nil:
		s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
	case use:
		s.work.renew = a.Value == ticketReturnUseRenew
	default:
		s.work.found = nil
		s.work.renew = a.Value != ticketReturnIgnore
		s.work.refused = a.Value == ticketReturnIgnore
	}
}
