package ossl

import (
	"patina/core"
	"patina/core/iana"
)

// extraMessages are what a program has asked a TLS 1.3 server to send after the
// handshake: tickets (SSL_new_session_ticket(3)) and a request for the client's
// certificate (SSL_verify_client_post_handshake(3)). From then until they have
// been sent the connection is in init: the next handshake, read or write sends
// them first.
type extraMessages struct {
	tickets int  // waiting, behind a blocked write perhaps
	request bool // waiting likewise
	sending bool // by the engine
	told    bool // the info callback has been told that they begin
}

func (e *extraMessages) due() bool { return e.tickets > 0 || e.request || e.sending }

// NewSessionTicket is SSL_new_session_ticket; false where there can be none. a
// tells what of the last operation's output has been sent.
func (s *SSL) NewSessionTicket(a *Answer) bool {
	s.take(a)
	if s.role != RoleServer || s.conn == nil || !s.complete || s.dead || s.conn.Version() != iana.VersionTLS13 {
		return false
	}
	s.extra.tickets++
	if len(s.conn.Output()) == 0 {
		s.beginExtra()
	}
	return true
}

// beginExtra gives the engine what waits. Behind a close_notify it takes nothing
// more, which a program is not told, as in OpenSSL.
// It is false if the program's extensions of the request are wanted first.
func (s *SSL) beginExtra() bool {
	s.extra.sending = s.extra.due()
	if s.extra.request {
		auth := core.RequestClientCert
		if s.verifyMode&verifyFailIfNoPeer != 0 {
			auth = core.RequireClientCert
		}
		s.postAuth.before = s.conn.Session()
		_, err := s.conn.RequestCertificate(auth)
		if err == core.ErrExtensionsWanted {
			return false
		}
		s.extra.request = false
		if err == nil {
			s.postAuth.state = postAuthRequested
		}
	}
	for ; s.extra.tickets > 0; s.extra.tickets-- {
		if s.conn.IssueTicket() != nil {
			s.extra.tickets = 0
			return true
		}
	}
	if s.conn.Resumed() {
		s.work.resuming = s.session
	}
	return true
}

// extraSent moves the state for one of them.
func (s *SSL) extraSent(st State) {
	s.state = st
	s.tellLoop()
}

// sendExtra sends them and reports whether they have gone; if not, the step is
// set.
func (s *SSL) sendExtra() (done bool) {
	if !s.extra.sending && !s.extra.request && len(s.conn.Output()) > 0 {
		return true // the write that is blocked first
	}
	if !s.extra.told {
		s.extra.told = true
		s.tellOf(s.state, true, s.side()|cbLoop, 1)
	}
	for len(s.conn.Output()) == 0 && !s.beginExtra() {
		if !s.turn(core.WaitExtensions) {
			return false
		}
	}
	for s.extra.due() {
		w, err := s.conn.Handshake()
		if err != nil {
			s.failed(err, -1)
			return false
		}
		if w != core.WaitNone {
			if !s.turn(w) {
				return false
			}
			continue
		}
		if s.extra.tickets > 0 || s.extra.request {
			if !s.beginExtra() && !s.turn(core.WaitExtensions) {
				return false
			}
			continue
		}
		s.extra = extraMessages{}
		s.work.resuming = nil
		s.state = StateOK
		s.tell(s.side()|cbExit, 1)
	}
	return true
}

// postAuth is a server's authentication of its client after the handshake (RFC
// 8446, section 4.6.2).
type postAuth struct {
	state    postAuthState
	before   *core.Session // the engine's, before the answer
	requests int           // CertificateRequests sent, that of the handshake included
	// answering: the messages of an answer are under way, in either role.
	answering bool
}

type postAuthState uint8

const (
	postAuthNone      postAuthState = iota
	postAuthPending                 // to be sent
	postAuthRequested               // sent, and not answered
)

// VerifyClientPostHandshake is SSL_verify_client_post_handshake: the request goes
// out with the next operation, and the answer is taken by reads. a tells what of
// the last operation's output has been sent.
func (s *SSL) VerifyClientPostHandshake(a *Answer) error {
	s.take(a)
	switch {
	case s.conn == nil || s.conn.Version() != iana.VersionTLS13:
		return fail(ReasonWrongSSLVersion)
	case s.role != RoleServer:
		return fail(ReasonNotServer)
	case s.inInit() || !s.complete:
		return fail(ReasonStillInInit)
	case !s.conn.PostHandshakeAuth():
		return fail(ReasonExtensionNotReceived)
	case s.postAuth.state == postAuthPending:
		return fail(ReasonRequestPending)
	case s.postAuth.state == postAuthRequested:
		return fail(ReasonRequestSent)
	case s.verifyMode&verifyPeer == 0 || s.verifyMode&verifyClientOnce != 0 && s.postAuth.requests > 0:
		return fail(ReasonInvalidConfig)
	}
	s.postAuth.state = postAuthPending
	s.extra.request = true
	return nil
}

// postReached moves the state for a message of an answer: from the request to
// the Finished on a client, from the Certificate to the Finished on a server. It
// is false for other messages.
func (s *SSL) postReached(sent bool, st State) bool {
	begins := s.role == RoleClient && st == StateCRCertRequest || s.role == RoleServer && st == StateSRCert
	switch {
	case begins && !s.postAuth.answering:
		s.postAuth.answering = true
		s.tellLoop()
		s.tellLoop()
	case !s.postAuth.answering:
		return false
	}
	s.extraSent(st)
	if st == StateCWFinished {
		s.postAuthEnds()
	}
	return true
}

func (s *SSL) postAuthEnds() {
	s.postAuth.answering = false
	s.state = StateOK
	s.tell(s.side()|cbExit, 1)
}

// takeAnswer takes the rest of a client's answer that has begun, in any operation, as it is a handshake. It reports
// whether there is nothing more of it to take; if not, the step is set.
func (s *SSL) takeAnswer() (done bool) {
	for s.role == RoleServer && s.postAuth.answering {
		var one [1]byte
		n, w, err := s.conn.Peek(one[:])
		if err != nil {
			s.broken(err, -1)
			return false
		}
		s.postAuthAnswered()
		if n > 0 {
			return true
		}
		if s.postAuth.answering && !s.turn(w) {
			return false
		}
	}
	return true
}

// postAuthAnswered looks whether the client's answer has been accepted. New
// tickets, which know the client, follow it.
func (s *SSL) postAuthAnswered() {
	if s.postAuth.state != postAuthRequested || s.conn.Session() == s.postAuth.before {
		return
	}
	s.postAuth.state, s.postAuth.before = postAuthNone, nil
	s.postAuthenticated = true
	chain := s.conn.Session().PeerChain
	s.peer = PeerAbsent
	if len(chain) > 0 {
		s.peer = PeerAccepted
	}
	if s.session != nil {
		// Others may hold the session of the handshake.
		s.session = s.session.Dup()
		s.session.update(func(d *sessionData) {
			d.PeerChain, d.leafOnly, d.VerifyResult = chain, false, s.verifyResult
		})
	}
	s.postAuth.answering = false
	if s.extra.tickets += s.tickets; s.extra.tickets == 0 {
		s.postAuthEnds()
	}
	s.extra.told = true
}
