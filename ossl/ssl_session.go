package ossl

import (
	"patina/core"
	"patina/core/iana"
)

// Session is SSL_get_session: as in OpenSSL there is one from a client's first
// message on, and on a server once it has chosen a version and, in TLS 1.3, a suite. What it becomes is
// the session of the handshake.
func (s *SSL) Session() *Session {
	begun := s.conn != nil && !s.complete && (s.role == RoleClient && s.state != StateBefore ||
		s.conn.Version() == iana.VersionTLS12 || s.conn.Version() != 0 && s.clientSuites != nil)
	switch {
	case s.session != nil:
		return s.session
	case !begun:
		return s.past.nascent
	}
	if s.nascent == nil {
		s.nascent = makeSession(&sessionData{timeout: s.sessionCtx.snap.Load().sessionLifetime(), maxFragment: fragmentUnspecified})
		s.nascent.SetTime(now().Unix())
	}
	s.nascent.update(func(d *sessionData) {
		d.Version, d.Suite, d.ALPN = iana.ProtocolVersion(s.Version()), s.suiteInUse(), s.alpnNow()
		d.EMS = s.conn.Version() == iana.VersionTLS12 && s.conn.EMS()
		d.Group = s.conn.Group()
		if s.role == RoleServer {
			d.Context = append([]byte(nil), s.idContext()...)
		}
		if s.master != [masterLen]byte{} {
			d.Secret = append([]byte(nil), s.master[:]...)
		}
		d.PSKIdentity, d.pskHint = s.pskName, s.pskHintNow()
	})
	if s.peer == PeerAccepted {
		s.nascent.SetVerifyResult(s.verifyResult)
	}
	return s.nascent
}

// SetSession is SSL_set_session: the session to offer next; nil for none.
func (s *SSL) SetSession(n *Session) {
	s.session, s.past.nascent = n, nil
	if n != nil {
		s.verifyResult = n.VerifyResult()
	}
}

// ClearBadSession is what SSL_free and SSL_clear do about the session of a
// connection that has not been shut down: it must not be resumed. The result
// is to be shown to the remove callback; nil if there is none.
func (s *SSL) ClearBadSession() *Session {
	if s.session == nil || s.shutdown&SentShutdown != 0 || s.inInit() || len(s.session.ID()) == 0 {
		return nil
	}
	s.sessionCtx.RemoveSession(s.session)
	if s.sessionCtx.snap.Load().sessionRemove == 0 {
		return nil
	}
	return s.session
}

// newSession is the session the engine has made, with what OpenSSL keeps in it.
func (s *SSL) newSession(c *core.Session) *Session {
	n := sessionFromEngine(c, s.role == RoleClient, s.sessionCtx.snap.Load().sessionLifetime())
	if s.nascent != nil {
		// The program has seen it already, and may have hung data of its own on it.
		s.nascent.data.Store(n.data.Load())
		n, s.nascent = s.nascent, nil
	}
	n.update(func(d *sessionData) {
		d.Context = append([]byte(nil), s.idContext()...)
		d.VerifyResult = s.verifyResult
		d.peerAbsent = s.role == RoleServer && s.verifyMode&verifyPeer != 0 && len(d.PeerChain) == 0
		d.nameUnused = !s.conn.ServerNameAcknowledged()
		d.PSKIdentity, d.pskHint = cString(d.PSKIdentity), s.pskHintNow()
		for n := s.conn.FragmentLimit(); n > 256; n /= 2 {
			d.maxFragment++ // its code (RFC 6066, section 4)
		}
		if s.work.resuming != nil && s.conn.Resumed() {
			d.VerifyResult = s.work.resuming.VerifyResult()
			d.AppData = s.work.resuming.TicketAppData()
			d.leafOnly = s.work.resuming.LeafOnly()
			d.peerAbsent = s.work.resuming.data.Load().peerAbsent
			d.pskHint = s.work.resuming.data.Load().pskHint
			d.nameUnused = s.work.resuming.data.Load().nameUnused
		}
		if s.role == RoleServer && s.conn.PSK() != nil && s.psk != nil {
			d.VerifyResult = s.psk.VerifyResult()
		}
		if (s.work.kept || s.extra.sending) && s.session != nil {
			d.AppData = s.session.TicketAppData() // one more ticket of this connection
		}
	})
	return n
}

func (s *SSL) keep(made *Session) { s.session, s.work.kept = made, true }

// keepWithoutID makes work.made what SSL_get_session returns: a TLS 1.2 session
// in a ticket has no ID.
func (s *SSL) keepWithoutID() {
	s.work.made.update(func(d *sessionData) { d.ID = nil })
	s.keep(s.work.made)
}

// keepSession makes SSL_get_session's of a complete handshake.
func (s *SSL) keepSession() {
	offered := s.session
	switch c := s.conn.Session(); {
	case s.conn.PSK() != nil && s.psk != nil && !s.work.kept:
		s.session = s.psk
	case s.work.kept:
	case s.conn.Resumed():
		if s.work.resuming != nil {
			s.session = s.work.resuming
		}
	case c != nil:
		s.session = s.newSession(c)
	}
	switch {
	case s.role != RoleClient:
	case s.conn.Resumed() && s.conn.Version() == iana.VersionTLS13:
		s.dropOld() // such a ticket is used once (RFC 8446, appendix C.4)
	case !s.conn.Resumed() && s.offering && offered != nil && len(offered.ID()) > 0:
		s.sessionCtx.sessions.stats.misses.Add(1)
	}
	s.offering = false
	// Ended sessions go now and then; the callback hears of them before the operation ends.
	s.work = sessionWork{removed: append(s.work.removed, s.sessionCtx.autoFlush(s.role == RoleServer)...)}
}
