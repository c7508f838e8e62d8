package ossl

import (
	"errors"
	"io"

	"patina/core"
	"patina/core/iana"
)

// Step runs an operation until it ends or until something is needed. start
// begins a call of the program's; buf is its buffer, at where it lies; a is what
// has happened since the last Step. The result is good until the next.
func (s *SSL) Step(op Op, start bool, buf []byte, at Ptr, a *Answer) *Step {
	s.advance(op, start, buf, at, a)
	if a.Lent != nil && s.conn != nil {
		s.conn.Settle()
	}
	return &s.step
}

func (s *SSL) advance(op Op, start bool, buf []byte, at Ptr, a *Answer) {
	s.step = Step{}
	s.take(a)
	s.op = op
	if start {
		s.end = ending{}
		s.deciding.asked = NeedNothing
		s.sawMessage = false
	}
	if a.Need != NeedNothing && !s.dead {
		s.answer(a)
		if s.step.Need != NeedNothing || s.step.Ret != 0 {
			return
		}
	}
	if s.end.set {
		switch {
		case s.deliver():
		case s.end.alert:
			s.end.alert = false
			s.sendAlert(s.end.ret)
		default:
			s.finish(s.end.ret, s.end.moved)
		}
		return
	}
	if s.dead {
		if op == OpWrite && len(buf) < alertLen && s.conn != nil && len(s.conn.Output()) > 0 {
			// To OpenSSL it is the alert that has not gone out, written again and shorter.
			s.step.Err = fail(ReasonBadLength)
			s.step.Ret = -1
			return
		}
		s.finishDead()
		return
	}
	switch op {
	case OpHandshake:
		if s.handshake() && !s.showRemoved() {
			s.finish(1, 0)
		}
	case OpStateless:
		s.stateless = true
		s.handshake() // which stops before it is complete
	case OpRead:
		s.read(buf, false)
	case OpPeek:
		s.read(buf, true)
	case OpWrite:
		s.doWrite(start, buf, at)
	case OpShutdown:
		s.doShutdown()
	case OpReadEarly:
		s.readEarly(start, buf)
	case OpWriteEarly:
		s.writeEarly(start, buf, at)
	}
}

// take tells the engine what has been sent and received.
func (s *SSL) take(a *Answer) {
	if s.conn == nil {
		return
	}
	if a.Sent > 0 {
		s.conn.Sent(a.Sent)
	}
	if a.Tried || a.Sent > 0 {
		s.recordWritten(a.Tried)
	}
	if a.Ended {
		s.write = pendingWrite{}
	}
	switch {
	case a.Lent != nil:
		s.conn.Lend(a.Lent, a.LentAt, a.LentAt+a.Received)
	case a.Received > 0:
		s.conn.Received(a.Received)
	}
	if a.EOF {
		s.conn.SetEOFIsClose(s.options&opIgnoreUnexpectedEOF != 0)
		s.conn.ReceivedEOF()
	}
}

// finish ends the operation, after the events that still wait.
func (s *SSL) finish(ret, moved int) {
	if s.events.waiting() {
		s.end = ending{set: true, ret: ret, moved: moved}
		s.deliver()
		return
	}
	s.end = ending{}
	s.step.Need, s.step.Ret, s.step.Moved = NeedNothing, ret, moved
}

// deliver makes the step the delivery of the events that wait, if there are any.
func (s *SSL) deliver() bool {
	if !s.events.waiting() {
		return false
	}
	s.step.Need, s.step.Events = NeedEvents, s.events.taken()
	return true
}

// finishDead ends an operation on a connection that has failed before. What is
// left of its alert is sent.
func (s *SSL) finishDead() { s.sendAlert(-1) }

// sendAlert ends the operation with ret, and with what is left in the output, as
// far as the transport takes it.
func (s *SSL) sendAlert(ret int) {
	s.end = ending{}
	s.step.Ret = ret
	if s.conn == nil {
		return
	}
	if out := s.conn.Output(); len(out) > 0 {
		s.step.Need, s.step.Data = NeedWrite, out
		s.step.Flush, s.step.Final, s.step.Try = true, true, true
		s.alertFollows(ret)
	}
}

// alertFollows has the operation, which ends with a write, tell of the alert in it
// before it returns ret.
func (s *SSL) alertFollows(ret int) {
	if len(s.events.alert) > 0 {
		s.step.More, s.end = true, ending{set: true, ret: ret}
	}
}

// failed ends the operation with err of the engine, and the connection with it.
func (s *SSL) failed(err error, ret int) {
	s.dead = true
	s.write = pendingWrite{}
	s.deciding = deciding{}
	if isAlert(err) {
		s.shutdown |= ReceivedShutdown
	}
	if s.session != nil {
		s.sessionCtx.RemoveSession(s.session)
	}
	s.step = Step{Err: s.errorOf(err)}
	if s.deliver() {
		s.end = ending{set: true, ret: ret, alert: true}
		return
	}
	s.sendAlert(ret)
}

// eof ends a read or handshake where the peer has ended its side: with ret after
// a close_notify, with failure without one.
func (s *SSL) eof(err error, ret, failure int) {
	if errors.Is(err, core.ErrUnexpectedEOF) && s.options&opIgnoreUnexpectedEOF == 0 {
		s.failed(err, failure)
		return
	}
	s.closedEarly = !s.complete
	s.warning = iana.AlertCloseNotify
	if s.conn.TransportEnded() {
		// The option has OpenSSL forget that this side has closed.
		s.shutdown = ReceivedShutdown
		s.finish(min(ret, 0), 0)
		return
	}
	s.shutdown |= ReceivedShutdown
	s.finish(ret, 0)
}

// broken ends an operation that the peer's end leaves no answer but ret: by eof or failed.
func (s *SSL) broken(err error, ret int) {
	if isEOF(err) {
		s.eof(err, ret, ret)
	} else {
		s.failed(err, ret)
	}
}

// afterEarlyClose is a handshake that is tried again after the peer's
// close_notify: it waits for more, and whatever comes ends it as before.
func (s *SSL) afterEarlyClose() {
	switch {
	case s.conn.TransportEnded():
		s.eof(core.ErrUnexpectedEOF, -1, -1)
	case s.conn.Unprocessed() > 0:
		s.finish(-1, 0)
	default:
		s.needRead()
	}
}

const alertLen = 2 // bytes of an alert

func isEOF(err error) bool { return err == io.EOF || errors.Is(err, core.ErrUnexpectedEOF) }

// needRead and needWrite make the step the transport's turn.
func (s *SSL) needRead() {
	buf, need := s.conn.ReadBuffer()
	if s.readAhead {
		need = len(buf)
	}
	s.step.Need, s.step.Data, s.step.Min = NeedRead, buf, need
}

func (s *SSL) needWrite(flush bool) {
	s.step.Need, s.step.Data, s.step.Flush = NeedWrite, s.conn.Output(), flush
	s.step.Spare = !s.complete && s.role == RoleServer && s.conn.HandshakeComplete() && s.conn.Version() == iana.VersionTLS13
}

// turn makes the step what wait asks for, unless it can be answered here. It
// reports whether the engine can go on at once.
func (s *SSL) turn(w core.Wait) (goOn bool) {
	if w == core.WaitRead {
		s.conclude()
	}
	if s.deliver() {
		return false
	}
	switch w {
	case core.WaitRead:
		s.needRead()
	case core.WaitWrite:
		s.needWrite(true)
	default:
		return s.decide(w)
	}
	return false
}

// roleRefused reports whether the method has no such role: a handshake then returns 0, as in
// OpenSSL, and not -1.
func (s *SSL) roleRefused() bool {
	return s.role == RoleServer && !s.method.CanAccept() || s.role == RoleClient && !s.method.CanConnect()
}

// begin makes the engine's connection at the first operation.
func (s *SSL) begin() error {
	if s.roleRefused() {
		return fail(ReasonShouldNotBeCalled)
	}
	if err := s.checkEarly(); err != nil {
		return err
	}
	p, refused := s.params()
	cfg, err := s.config()
	if err != nil {
		return err
	}
	s.tellStart()
	s.forgetPast()
	if s.role == RoleServer {
		s.conn = core.NewServer(cfg, p)
		s.sessionCtx.sessions.stats.accept.Add(1)
	} else {
		s.conn = core.NewClient(cfg, p)
		s.sessionCtx.sessions.stats.connect.Add(1)
	}
	s.fragmentSet, s.highest = s.maxSendFragment, p.MaxVersion
	s.conn.SetObserver(s)
	s.conn.SetBlockPadding(s.blockPadding)
	s.conn.SetReadBuffer(s.readBuffer)
	s.watchRecords()
	if refused != nil {
		// No version is left; the peer is told.
		s.conn.Abort(iana.AlertProtocolVersion, refused)
	}
	return nil
}

// config is the engine's configuration of what is set now.
func (s *SSL) config() (*core.Config, error) {
	from := s.settings
	if s.options&opDisableTLSExtCANames != 0 {
		from = from.withoutNames()
	}
	return from.compile(s.role == RoleServer, s.limit())
}

// aborted is the failure of a connection that cannot begin: it tells the peer
// why, if it can.
func (s *SSL) aborted(err error) error {
	cfg, unusable := s.config()
	if unusable != nil {
		return err
	}
	if s.role == RoleServer {
		s.conn = core.NewServer(cfg, core.Params{})
	} else {
		s.conn = core.NewClient(cfg, core.Params{})
	}
	alert := iana.AlertInternalError
	if e, ok := err.(*Error); ok && e.Reason == ReasonNoProtocolsAvailable {
		alert = iana.AlertProtocolVersion
	}
	s.conn.SetObserver(s)
	s.conn.Abort(alert, err)
	return s.conn.Err()
}

// params are the engine's parameters of what is set now.
func (s *SSL) params() (core.Params, error) {
	lo, hi, err := s.versionRange()
	if err != nil {
		return core.Params{}, err
	}
	p := core.Params{
		MinVersion: lo, MaxVersion: hi,
		ServerName:          s.serverName,
		RequestSCT:          s.role == RoleClient && s.ct.Set(),
		RequestStaple:       s.role == RoleClient && s.statusType == statusTypeOCSP,
		PreferServer:        s.options&opCipherServerPreference != 0,
		PrioritizeChaCha:    s.options&opPrioritizeChaCha != 0,
		NoTickets:           s.options&opNoTicket != 0 || s.noTickets12(),
		AllowPSKKE:          s.options&opAllowNoDHEKEX != 0,
		NoEMS:               s.options&opNoExtendedMasterSecret != 0,
		FallbackSCSV:        s.mode&modeSendFallbackSCSV != 0,
		Tickets:             s.tickets,
		MaxFragment:         s.maxSendFragment,
		MaxFragmentLength:   s.maxFragmentLength,
		EOFIsClose:          s.options&opIgnoreUnexpectedEOF != 0,
		AlertTruncation:     true,
		NoMiddleboxCompat:   s.options&opMiddleboxCompat == 0,
		MaxCertificateBytes: s.maxCertList,
		MaxEarlyData:        s.maxEarlyData,
		EarlyDataLimit:      s.recvEarlyData,
		StatefulTickets:     s.antiReplay(),
		EarlyData:           s.early == earlyConnecting,
		PostHandshakeAuth:   s.role == RoleServer || s.postHandshakeAuth,
		Cookies:             s.cookies(),
		PSKSuites:           s.role == RoleClient && s.pskClient != 0 || s.role == RoleServer && s.pskServer != 0,
		PSKIdentityHint:     []byte(s.pskHint),
		PSKForCertificate:   true,
		SessionLifetime:     uint32(min(max(s.sessionCtx.snap.Load().sessionLifetime(), 0), maxSessionLifetime)),
	}
	if s.role == RoleServer {
		p.NoSessionID = s.ctx.snap.Load().cacheMode&sessCacheServer == 0
		if s.verifyMode&verifyPeer != 0 {
			p.ClientAuth = core.RequestClientCert
			if s.verifyMode&verifyFailIfNoPeer != 0 {
				p.ClientAuth = core.RequireClientCert
			}
		}
	} else if s.session != nil && s.session.IsResumable() {
		p.Session = s.session.engine(true)
		s.offering = true
	}
	return p, nil
}

const (
	statusTypeOCSP     = 1       // TLSEXT_STATUSTYPE_ocsp
	maxSessionLifetime = 1 << 31 // seconds
)

// versionRange are the versions that limits and options leave.
func (s *SSL) versionRange() (lo, hi iana.ProtocolVersion, err error) {
	allowed := func(v iana.ProtocolVersion, off uint64) bool {
		return s.options&off == 0 && !s.judged.refuses(v) && (s.minVersion == 0 || v >= s.minVersion) && (s.maxVersion == 0 || v <= s.maxVersion)
	}
	v12 := allowed(iana.VersionTLS12, opNoTLSv12)
	v13 := allowed(iana.VersionTLS13, opNoTLSv13) && !s.method.IsFixed()
	switch {
	case v12 && v13:
		return iana.VersionTLS12, iana.VersionTLS13, nil
	case v12:
		return iana.VersionTLS12, iana.VersionTLS12, nil
	case v13:
		return iana.VersionTLS13, iana.VersionTLS13, nil
	}
	return 0, 0, fail(ReasonNoProtocolsAvailable)
}

// began makes the connection of the engine, if there is none; if it cannot, the
// step is set.
func (s *SSL) began() bool {
	if s.conn != nil {
		return true
	}
	if !s.judgeBegin() {
		return false
	}
	if s.role == RoleClient && !(s.judge(stageVersions, s.versionQuestions) && s.judge(stageHello, s.helloQuestions)) {
		return false
	}
	if err := s.begin(); err != nil {
		ret := -1
		if s.roleRefused() && s.op == OpHandshake {
			ret = 0
		}
		s.failed(s.aborted(err), ret)
		return false
	}
	return true
}

// handshake advances the handshake and reports whether it is complete; if not,
// the step is set.
func (s *SSL) handshake() (done bool) {
	if s.complete {
		return s.takeAnswer() && (!s.extra.due() || s.sendExtra()) && (s.keyUpdate == keyUpdateNone || s.sendKeyUpdate())
	}
	if !s.began() {
		return false
	}
	s.resume0RTT()
	if s.closedEarly {
		s.afterEarlyClose()
		return false
	}
	for {
		w, err := s.conn.Handshake()
		if err != nil {
			s.broken(err, -1)
			return false
		}
		if s.judged != nil && !s.judgeChecks() {
			return false
		}
		if s.op == OpStateless && s.turnedAway(w) || s.askClientServerName() || s.askResumedStatus() {
			return false
		}
		if w == core.WaitNone {
			s.completed()
			return true
		}
		if !s.turn(w) {
			return false
		}
	}
}

// completed does what belongs to a complete handshake.
func (s *SSL) completed() {
	s.flight = flightOpen
	s.conclude()
	s.complete, s.paused = true, false
	s.state = StateOK
	if stats := &s.sessionCtx.sessions.stats; s.role == RoleServer {
		s.ctx.sessions.stats.acceptGood.Add(1)
	} else {
		stats.connectGood.Add(1)
		if s.SessionReused() {
			stats.hits.Add(1)
		}
	}
	s.keepSession()
	s.master = [masterLen]byte{}
	if s.SessionReused() && s.session != nil {
		switch {
		case len(s.session.PeerChain()) > 0:
			s.peer = PeerAccepted
		case s.session.data.Load().peerAbsent:
			s.peer = PeerAbsent
		}
		if s.conn.PSK() == nil || s.role == RoleServer {
			s.verifyResult = s.session.VerifyResult()
		}
	}
	if s.peer == PeerNone && s.postAuth.requests > 0 && !s.SessionReused() {
		s.peer = PeerAbsent
	}
	s.tellDone()
	s.tell(s.side()|cbExit, 1)
}

// sendKeyUpdate sends the KeyUpdate that SSL_key_update has asked for.
func (s *SSL) sendKeyUpdate() (done bool) {
	if _, _, err := s.conn.Write(nil); err != nil {
		s.failed(err, -1)
		return false
	}
	s.keyUpdate = keyUpdateNone
	if len(s.conn.Output()) > 0 {
		s.needWrite(true)
		return false
	}
	return true
}
