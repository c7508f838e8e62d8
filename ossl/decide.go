package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
)

// deciding is how far the answer to the engine's question has come: some
// questions go to several callbacks in turn.
type deciding struct {
	asked Need // what the program is being asked now
	done  Need // the last that has been answered of the question that stands

	ackName  bool
	alpn     string
	alpnDone bool
}

// What servername, ALPN and status callbacks return (SSL_TLSEXT_ERR_...).
const (
	tlsextOK           = 0
	tlsextAlertWarning = 1
	tlsextAlertFatal   = 2
	tlsextNoAck        = 3
)

// decide answers the engine's question, or makes the step ask the program. It
// reports whether the engine can go on.
func (s *SSL) decide(w core.Wait) (goOn bool) {
	switch w {
	case core.WaitClientHello:
		return s.decideClientHello()
	case core.WaitSelect:
		return s.decideSelect()
	case core.WaitStaple:
		return s.decideStaple()
	case core.WaitCertificate:
		return s.decideCertificate()
	case core.WaitSign:
		return s.decideSign()
	case core.WaitVerify:
		return s.decideVerify()
	case core.WaitExtensions:
		return s.decideExtensions()
	case core.WaitReceived:
		return s.decideReceived()
	case core.WaitPSK:
		return s.decidePSK()
	case core.WaitCookie:
		return s.decideCookie()
	case core.WaitEarlyAccept:
		return s.decideEarly()
	case core.WaitEarlyData:
		// The program goes on with the handshake instead of reading it.
		s.refuse(iana.AlertUnexpectedMessage, fail(ReasonUnexpectedRecord))
		return false
	case core.WaitSessionLookup, core.WaitTicketOpen, core.WaitSessionStore, core.WaitTicketSeal:
		return s.decideSession(w)
	}
	s.refuse(iana.AlertInternalError, fail(ReasonInternalError))
	return false
}

// ask makes the step ask the program.
func (s *SSL) ask(n Need, cb Callback) {
	s.deciding.asked = n
	s.step.Need, s.step.Callback = n, cb
}

// settled goes on after a question has been answered. An answer the engine does
// not take ends the connection.
func (s *SSL) settled(err error) (goOn bool) {
	s.deciding = deciding{}
	if err != nil && err != core.ErrNoQuestion {
		s.failed(err, -1)
		return false
	}
	return true
}

// refuse ends the connection with an alert, instead of an answer.
func (s *SSL) refuse(alert iana.AlertDescription, err error) {
	s.conn.Abort(alert, err)
	s.failed(s.conn.Err(), -1)
}

// answer takes the program's answer. What it leads to is found when the engine
// runs on and asks the same question again, with deciding.done moved; a refusal
// is in the step.
func (s *SSL) answer(a *Answer) {
	if s.deciding.asked != a.Need || s.conn == nil && a.Need != NeedSecurity {
		return
	}
	s.deciding.asked = NeedNothing
	switch a.Need {
	case NeedClientHello:
		if a.Value <= 0 {
			s.refuse(iana.AlertDescription(a.Alert), fail(ReasonCallbackFailed))
			return
		}
		s.deciding.done = NeedClientHello
	case NeedServerName:
		switch a.Value {
		case tlsextOK:
			s.deciding.ackName = s.conn.ServerName() != ""
		case tlsextAlertWarning:
			if s.conn.Version() != iana.VersionTLS13 {
				s.conn.Warn(iana.AlertDescription(a.Alert))
			}
		case tlsextAlertFatal:
			s.refuse(iana.AlertDescription(a.Alert), fail(ReasonCallbackFailed))
			return
		}
		if s.role == RoleServer {
			s.deciding.done = NeedServerName // a client's callback is no part of the engine's question
		}
	case NeedALPN:
		switch a.Value {
		case tlsextOK:
			s.deciding.alpn = string(a.Bytes)
		case tlsextNoAck:
		default:
			s.refuse(iana.AlertNoApplicationProtocol, fail(ReasonNoApplicationProtocol))
			return
		}
		s.deciding.alpnDone = true
		s.deciding.done = NeedALPN
	case NeedCert:
		if a.Value <= 0 {
			reason := ReasonCertCbError
			if s.role == RoleClient {
				reason = ReasonCallbackFailed
			}
			s.refuse(iana.AlertInternalError, fail(reason))
			return
		}
		s.deciding.done = NeedCert
	case NeedClientCert:
		s.deciding.done = NeedClientCert
	case NeedStatus:
		s.answerStatus(a)
	case NeedSign:
		if a.Value <= 0 {
			reason := ReasonInternalError
			if a.Result != 0 {
				reason = Reason(a.Result) // the security level refuses the certificate
			}
			s.refuse(iana.AlertInternalError, fail(reason))
			return
		}
		s.settled(s.conn.AnswerSign(slices.Clone(a.Bytes)))
	case NeedVerify:
		s.answerVerify(a)
	case NeedNotResumable:
		s.work.notResumable = a.Value != 0
		s.deciding.done = NeedNotResumable
	case NeedEarlyData:
		s.settled(s.conn.AnswerEarlyData(a.Value != 0))
	case NeedPSKUseSession, NeedPSKClient, NeedPSKFindSession, NeedPSKServer:
		s.answerPSK(a)
	case NeedCookie, NeedCookieVerify:
		s.answerCookie(a)
	case NeedSecurity:
		s.answerSecurity(a)
	case NeedExtensionAdd, NeedExtensionParse:
		s.answerExtension(a)
	case NeedCT:
		s.answerCT(a)
	case NeedPadding:
		s.conn.PadNext(a.Value)
		s.deciding.done = NeedPadding
	default:
		s.answerSession(a)
	}
}

func (s *SSL) decideClientHello() bool {
	if cb := s.ctx.snap.Load().clientHello; cb.Set() && s.deciding.done != NeedClientHello {
		s.ask(NeedClientHello, cb)
		return false
	}
	if s.judged == nil && s.security.Fn != 0 {
		s.judged = &judgement{server: true} // set since it began
	}
	if !s.judge(stageVersions, s.versionQuestions) || !s.judge(stageHello, s.answerQuestions) {
		return false
	}
	cfg, p, ok := s.current()
	s.helloTaken = true
	if ok && p.MaxVersion == iana.VersionTLS13 && !s.canServeTLS13() {
		if p.MinVersion == iana.VersionTLS13 {
			s.refuse(iana.AlertProtocolVersion, fail(ReasonUnsupportedProtocol))
			return false
		}
		p.MaxVersion = iana.VersionTLS12
	}
	if hello := s.conn.ClientHello(); p.MaxVersion == iana.VersionTLS13 && hello != nil && slices.Contains(hello.SupportedVersions, iana.VersionTLS13) {
		s.askLater(&p)
	}
	return ok && s.settled(s.conn.AnswerClientHello(cfg, &p))
}

// current are configuration and parameters of what is set now, which callbacks
// may have changed. If there is none the connection has ended.
func (s *SSL) current() (cfg *core.Config, p core.Params, ok bool) {
	p, err := s.params()
	if err == nil {
		cfg, err = s.config()
	}
	if err != nil {
		s.refuse(iana.AlertInternalError, err)
		return nil, p, false
	}
	return cfg, p, true
}

// decideSelect asks the servername, ALPN and certificate callbacks, those that
// are set, in this order.
func (s *SSL) decideSelect() bool {
	d := &s.deciding
	hello := s.conn.ClientHello()
	if hello != nil && s.clientSuites == nil {
		s.clientSuites, s.pointFormats = slices.Clone(hello.CipherSuites), slices.Clone(hello.PointFormats)
		if s.conn.Version() == iana.VersionTLS13 {
			s.notePeerNames(s.conn.PeerAuthorities())
		}
	}
	switch d.done {
	case NeedNothing:
		if cb := s.serverNameCallback(); cb.Set() {
			s.ask(NeedServerName, cb)
			return false
		}
		fallthrough
	case NeedServerName:
		if !s.judgeShared() {
			return false
		}
		if cb := s.ctx.snap.Load().alpnSelect; cb.Set() && hello != nil && len(hello.ALPN) > 0 {
			s.ask(NeedALPN, cb)
			s.step.Data = joinProtocols(hello.ALPN)
			return false
		}
		fallthrough
	case NeedALPN:
		if s.certCallback.Set() && (!s.conn.Resumed() || s.conn.Version() == iana.VersionTLS13) {
			s.ask(NeedCert, s.certCallback)
			return false
		}
		fallthrough
	case NeedCert:
		if !s.judge(stageSelect, s.selectQuestions) || !s.judge(stageRequest, s.requestQuestions) {
			return false
		}
		if s.wantsOwnID() {
			s.ask(NeedSessionID, Callback{Fn: s.generateID})
			return false
		}
		fallthrough
	case NeedSessionID:
		if s.notResumable != 0 && !s.conn.Resumed() {
			s.ask(NeedNotResumable, Callback{Fn: s.notResumable})
			if s.conn.Version() == iana.VersionTLS12 && !s.choosesPSK() {
				s.step.Num = 1 // as OpenSSL sees it, only suites of TLS 1.2 tell of forward secrecy
			}
			return false
		}
	}
	if s.ctx != s.sessionCtx {
		// The connection counts as one of the SSL_CTX it has been given.
		s.sessionCtx.sessions.stats.accept.Add(-1)
		s.ctx.sessions.stats.accept.Add(1)
	}
	cfg, p, ok := s.current()
	if !ok {
		return false
	}
	if s.work.notResumable {
		// Instead of a ticket there is nothing; an ID is sent, and not kept.
		p.NoSessionID = p.NoSessionID || hello != nil && hello.OffersTicket && !p.NoTickets
		p.Tickets, p.NoTickets = 0, true
	}
	if s.conn.Version() == iana.VersionTLS13 {
		s.askLater(&p)
	} else if s.work.refused {
		p.NoTickets = true
	}
	if s.conn.PSK() != nil {
		p.Tickets = min(p.Tickets, 1) // it counts as a resumption
	}
	return s.settled(s.conn.AnswerSelect(core.Selection{Config: cfg, Params: &p, ALPN: d.alpn, ALPNDecided: true, SessionID: s.work.ownID,
		AckServerName: d.ackName}))
}

// serverNameCallback is that of the SSL_CTX in use, or else of the one the SSL
// was made from.
func (s *SSL) serverNameCallback() Callback {
	if cb := s.ctx.snap.Load().serverName; cb.Set() {
		return cb
	}
	return s.sessionCtx.snap.Load().serverName
}

// askClientServerName asks a client's servername callback, as OpenSSL does, where the server's extensions have been read.
func (s *SSL) askClientServerName() bool {
	v := s.conn.Version()
	if s.role != RoleClient || s.nameAsked || v == 0 || v == iana.VersionTLS13 && !s.extensionsRead {
		return false
	}
	cb := s.serverNameCallback()
	if !cb.Set() {
		s.nameAsked = true
		return false
	}
	if s.events.mark > 0 {
		s.step.Need, s.step.Events = NeedEvents, s.events.takenToMark()
		return true
	}
	s.nameAsked = true
	s.ask(NeedServerName, cb)
	return true
}

func joinProtocols(list []string) []byte {
	var wire []byte
	for _, p := range list {
		wire = append(append(wire, byte(len(p))), p...)
	}
	return wire
}

func (s *SSL) decideStaple() bool {
	s.statusType = statusTypeOCSP
	if cb := s.ctx.snap.Load().status; cb.Set() {
		s.ask(NeedStatus, cb)
		return false
	}
	return s.settled(s.conn.AnswerStaple(nil))
}

// answerStatus takes what a status callback has returned: on servers whether to
// staple, on clients whether the peer's response is good.
func (s *SSL) answerStatus(a *Answer) {
	if s.role == RoleClient {
		switch {
		case a.Value == 0:
			s.refuse(iana.AlertBadCertificateStatusResponse, fail(ReasonInvalidStatusResponse))
		case a.Value < 0:
			s.refuse(iana.AlertInternalError, fail(ReasonOcspCallbackFailure))
		default:
			s.deciding.done = NeedStatus
		}
		return
	}
	switch a.Value {
	case tlsextOK:
		s.settled(s.conn.AnswerStaple(s.staple))
	case tlsextNoAck, tlsextAlertWarning:
		s.settled(s.conn.AnswerStaple(nil))
	default:
		s.refuse(iana.AlertInternalError, fail(ReasonClienthelloTlsext))
	}
}

// decideCertificate chooses a client's certificate, after the callbacks that may
// set one.
func (s *SSL) decideCertificate() bool {
	if s.role == RoleClient && s.deciding.asked == NeedNothing {
		request := s.conn.CertificateRequest()
		s.notePeerNames(request.Authorities)
		if s.peerNames == nil && s.conn.Version() == iana.VersionTLS12 {
			s.peerNames = [][]byte{}
		}
		s.certTypes = slices.Clone(request.Types)
		if !s.judge(stageShared, s.clientSharedQuestions) {
			return false
		}
	}
	switch s.deciding.done {
	case NeedNothing:
		if s.certCallback.Set() {
			s.ask(NeedCert, s.certCallback)
			return false
		}
		fallthrough
	case NeedCert:
		if cb := s.ctx.snap.Load().clientCert; cb != 0 && s.clientCredential() == nil {
			s.ask(NeedClientCert, Callback{Fn: cb})
			return false
		}
	}
	return s.settled(s.conn.AnswerCertificate(s.clientCredential()))
}

// clientCredential is the certificate for the server's request: in TLS 1.2, as in
// OpenSSL, the current one if it can sign with one of the server's schemes, whose
// curve does not matter there, in TLS 1.3 the one for the first of them.
func (s *SSL) clientCredential() *core.Credential {
	cfg, err := s.config()
	if err != nil {
		return nil
	}
	tls12 := s.conn.Version() == iana.VersionTLS12
	for _, scheme := range s.conn.CertificateRequest().Schemes {
		for _, c := range cfg.Credentials {
			if tls12 && c.Tag != s.currentSlot {
				continue
			}
			if slices.Contains(c.Schemes, scheme) || tls12 && slices.Contains(c.Schemes12, scheme) {
				return c
			}
		}
	}
	return nil
}

// decideSign asks for a signature by the key in the slot of the credential.
func (s *SSL) decideSign() bool {
	cred := s.conn.Credential()
	slot, ok := 0, false
	if cred != nil {
		slot, ok = cred.Tag.(int)
	}
	if !ok {
		s.refuse(iana.AlertInternalError, fail(ReasonNoPrivateKeyAssigned))
		return false
	}
	scheme, message := s.conn.SignRequest()
	s.ask(NeedSign, Callback{})
	s.step.Num, s.step.Scheme, s.step.Data = slot, scheme, message
	return false
}

// askLater takes back the wish for a client's certificate that is for after the
// handshake (SSL_VERIFY_POST_HANDSHAKE, TLS 1.3).
func (s *SSL) askLater(p *core.Params) {
	if s.verifyMode&verifyPostHandshake != 0 {
		p.ClientAuth = core.NoClientCert
	}
}

// hasCredential13 reports whether a certificate with its key is set that TLS 1.3 can be signed with: a scheme of ECDSA says
// the curve there.
func (s *SSL) hasCredential13() bool {
	return slices.ContainsFunc(s.creds[:], func(c *credential) bool {
		return c != nil && c.usable() && (c.slot != SlotECC || slices.ContainsFunc(s.schemesSet(false), c.canSign))
	})
}

// canServeTLS13 reports whether a server has a certificate, or a callback that may
// still give it one, or a pre-shared key. As in OpenSSL, it has no TLS 1.3 without.
func (s *SSL) canServeTLS13() bool {
	return s.hasCredential13() || s.certCallback.Set() || s.serverNameCallback().Set() ||
		s.pskFindSession != 0 || s.pskServer != 0
}
