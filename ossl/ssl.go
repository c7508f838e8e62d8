package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
)

// Role of an SSL.
type Role uint8

// Roles.
const (
	RoleNone   Role = iota // neither SSL_set_connect_state nor SSL_set_accept_state yet
	RoleClient             // SSL_set_connect_state
	RoleServer             // SSL_set_accept_state
)

// SSL is one connection. It is used by one thread at a time, as in OpenSSL.
type SSL struct {
	scalars
	*settings
	ctx        *Ctx // SSL_get_SSL_CTX
	sessionCtx *Ctx // the one it was made from: sessions and ticket keys are this one's
	method     Method
	role       Role

	conn *core.Conn // nil until the handshake starts

	// serverName is SSL_set_tlsext_host_name's; status the response that
	// SSL_set_tlsext_status_ocsp_resp has set.
	serverName string
	staple     []byte
	// session is what SSL_get_session returns: the one to resume, resumed or made.
	session *Session
	// nascent is what SSL_get_session returns of a handshake that has made no session
	// yet, and that has none to resume: nil until the program asks.
	nascent *Session
	past    past
	// master is the master secret of TLS 1.2, while the handshake is under way.
	master [masterLen]byte
	// verifyResult is SSL_get_verify_result's, an X509_V_ code.
	verifyResult int32
	peerName     string // SSL_get0_peername, of a verification in Go
	verifying    verifying
	dane         *danePeer // nil: SSL_dane_enable has not been called
	peer         Peer      // what the peer has shown
	peerNames    [][]byte  // DER of the names in the server's CertificateRequest (client)
	certTypes    []byte    // of that, in TLS 1.2
	// clientSuites are what the client has offered (server).
	clientSuites []iana.CipherSuite
	// pointFormats are those of the ClientHello (server).
	pointFormats []byte

	step       Step
	end        ending
	write      pendingWrite
	deciding   deciding
	work       sessionWork
	extra      extraMessages
	postAuth   postAuth
	early      earlyState
	judged     *judgement // the answers of a security callback; nil: the level decides
	psk        *Session   // of SSL_set_psk_use_session_callback and the like
	op         Op         // under way
	offering   bool       // a session has been offered to the server
	events     events
	customWork customWork

	shutdown    int                   // SentShutdown, ReceivedShutdown
	warning     iana.AlertDescription // the last warning alert received; at first close_notify
	helloTaken  bool                  // the client hello callback has had its turn: the name asked for can be seen
	sawMessage  bool                  // a handshake message has come after the handshake, in this call
	highest     iana.ProtocolVersion  // the highest version enabled when the handshake began
	fragmentSet int                   // the maxSendFragment the engine knows of
	keyUpdate   int                   // SSL_get_key_update_type
	state       State
	flight      flight
	toldDone    bool   // the info callback has been told of the handshake's end
	toldAhead   State  // that its message is being made has been told already; StateBefore for none
	pskName     []byte // the identity of a PSK of TLS 1.2, as C sees it
	stateless   bool   // SSL_stateless has begun it
	earlyUnsent bool   // early data is taken and not sent
	paused      bool   // early data may be read or written before the handshake goes on
	// postAuthenticated: what the client has shown after the handshake counts.
	postAuthenticated bool
	complete          bool // the handshake is complete, and what belongs to it done
	dead              bool // a fatal error has been reported
	closedEarly       bool // the peer has closed before the handshake's end
	changed           bool // this side has sent its ChangeCipherSpec
	extensionsRead    bool // EncryptedExtensions have come (client)
	nameAsked         bool // a client's servername callback has had its turn
	statusShown       bool // the status callback has been asked about a resumed session
}

// ending is the end of an operation that waits for events to be delivered first.
type ending struct {
	set        bool
	ret, moved int
	alert      bool // the alert of a failure is to be sent
}

// NewSSL is SSL_new.
func (c *Ctx) NewSSL() *SSL {
	snap := c.snap.Load()
	s := &SSL{keyUpdate: keyUpdateNone, scalars: snap.scalars, settings: snap.settings, ctx: c, sessionCtx: c, method: c.method}
	if s.ct.Set() {
		s.statusType = statusTypeOCSP // timestamps may come with an OCSP response
	}
	return s
}

// Free gives back what the connection has borrowed and wipes its secrets.
func (s *SSL) Free() {
	if s.conn != nil {
		s.conn.Free()
		s.conn = nil
	}
	s.dead, s.master = true, [masterLen]byte{}
}

// Clear is SSL_clear: ready for another connection with the same settings. The
// session stays if it can be resumed.
func (s *SSL) Clear() {
	if s.session != nil && s.shutdown&SentShutdown == 0 && !s.inInit() {
		// The connection was not ended properly: its session is not to be trusted.
		s.sessionCtx.RemoveSession(s.session)
		s.session = nil
	}
	s.Session()
	shown, chain, result, left := s.peer, s.verifying.chain, s.verifyResult, s.leave()
	if s.session == nil && left.nascent == nil {
		shown = PeerNone
	}
	s.restart()
	s.peer, s.verifying.chain, s.verifyResult, s.past = shown, chain, result, left
}

// restart is for another connection with the same settings and session.
func (s *SSL) restart() {
	if s.conn != nil {
		s.conn.Free()
		s.conn = nil
	}
	s.end, s.write, s.deciding, s.work, s.extra = ending{}, pendingWrite{}, deciding{}, sessionWork{}, extraMessages{}
	s.earlyUnsent = false
	s.postAuth, s.early, s.psk, s.paused, s.postAuthenticated, s.toldAhead, s.pskName = postAuth{}, earlyNone, nil, false, false, StateBefore, nil
	s.events.reset()
	s.shutdown, s.warning, s.state, s.keyUpdate = 0, iana.AlertCloseNotify, StateBefore, keyUpdateNone
	s.toldDone, s.complete, s.dead, s.closedEarly, s.helloTaken = false, false, false, false, false
	s.verifyResult, s.peerName, s.peer, s.clientSuites, s.pointFormats, s.peerNames, s.certTypes = X509VOK, "", PeerNone, nil, nil, nil, nil
	s.nascent, s.statusShown, s.nameAsked, s.extensionsRead, s.changed, s.judged, s.stateless = nil, false, false, false, false, nil, false
	s.verifying, s.past, s.master = verifying{}, past{}, [masterLen]byte{}
	s.forgetDANEMatch()
	s.customWork = customWork{}
}

// SetConnectState is SSL_set_connect_state, SetAcceptState SSL_set_accept_state.
func (s *SSL) SetConnectState() { s.setRole(RoleClient) }

// SetAcceptState is SSL_set_accept_state.
func (s *SSL) SetAcceptState() { s.setRole(RoleServer) }

func (s *SSL) setRole(r Role) {
	s.role = r
	s.shutdown = 0
	if s.conn != nil {
		s.restart() // what was before is no reason to distrust the session
	}
}

// ReleaseBuffers gives empty buffers back (SSL_MODE_RELEASE_BUFFERS). a is what has
// been sent since the last Step.
func (s *SSL) ReleaseBuffers(a *Answer) {
	s.take(a)
	if s.conn != nil {
		s.conn.ReleaseBuffers()
	}
}

// Kill ends the connection after an internal error: an alert waits to be sent
// with the next operation, which fails.
func (s *SSL) Kill() {
	s.dead = true
	s.end, s.write = ending{}, pendingWrite{}
	if s.conn != nil {
		s.conn.Abort(iana.AlertInternalError, fail(ReasonInternalError))
	}
}

// Peer is what the peer has shown of itself. The numbers are shared with
// ossl/capi/peer.h.
type Peer uint8

// What the peer has shown.
const (
	PeerNone     Peer = iota // no certificate, and none was asked for
	PeerAbsent               // none, though this server has asked for one
	PeerShown                // a chain that has not been accepted: a client's program sees it, but no peer
	PeerAccepted             // a chain and its leaf
)

const (
	recordHeader = 5  // bytes
	masterLen    = 48 // bytes of a master secret of TLS 1.2
)

// View is what is read of a connection without an operation.
type View struct {
	State       State
	Shutdown    int
	Version     int
	InInit      bool
	Role        Role
	CloseNotify bool // no other warning alert has come from the peer since its close_notify
	Resumed     bool
	Failed      bool
	Body        bool // the header of a record has come, and not yet all of the rest
	KeyUpdate   int  // SSL_get_key_update_type
	Release     bool
	Quiet       bool
	Async       bool // SSL_MODE_ASYNC
	Info        Ptr
	Paused      bool // not in init, though the handshake is not complete: early data
	Early       int  // SSL_get_early_data_status
	EarlyRead   bool // a server has read its early data to the end
	Begun       bool // the handshake has been begun
	DANE        DANE
	// VerifyResult is SSL_get_verify_result's.
	VerifyResult int32
	Suite        iana.CipherSuite // in use, 0 before there is one
	Pending      iana.CipherSuite // agreed on
	Peer         Peer
	// CertTypes are the certificate_types that a TLS 1.2 server has asked for.
	CertTypes []byte
	LeafOnly  bool // of the peer's chain only the leaf is known
	// Next is where the next record may be received before a read steps, at least
	// NextMin bytes of it; nil where a read steps first.
	Next    []byte
	NextMin int
	// NextLead is where in memory of C's it may be received instead, 0 for nowhere:
	// Answer.Lent.
	NextLead int
}

// View writes the state of now to v, field by field: copying a struct that has
// just been written costs more than making it.
func (s *SSL) View(v *View) {
	v.State, v.Shutdown, v.Version, v.Role = s.state, s.shutdown, s.Version(), s.role
	v.Async = s.mode&modeAsync != 0
	v.InInit, v.Failed, v.Paused, v.Begun = s.inInit(), s.dead, s.paused, s.conn != nil
	v.CloseNotify = s.warning == iana.AlertCloseNotify
	v.KeyUpdate, v.Resumed = s.keyUpdate, s.SessionReused()
	v.Early, v.EarlyRead = s.EarlyDataStatus(), s.early == earlyRead
	v.Release, v.Quiet, v.Info = s.mode&modeReleaseBuffers != 0, s.quiet, s.info()
	v.VerifyResult, v.Peer, v.CertTypes, v.DANE = s.verifyResult, s.peer, s.certTypes, s.DANE()
	if s.deciding.asked == NeedCookie {
		v.State = StateSWServerHello
	}
	if s.role == RoleClient && (s.deciding.asked == NeedCert || s.deciding.asked == NeedClientCert) {
		// OpenSSL asks a little earlier: right behind the request and what belongs to it.
		v.State = StateCRCertRequest
		if !s.complete && s.conn.Version() == iana.VersionTLS13 {
			v.State = StateCRCertVerify
		}
	}
	if st := s.askedState(); st != StateBefore {
		v.State = st
	}
	if s.deciding.asked == NeedSessionID && s.conn.Version() == iana.VersionTLS13 {
		v.State = StateSWSessionTicket
	}
	v.Body, v.Suite, v.Pending, v.LeafOnly = false, 0, 0, false
	if s.conn != nil {
		v.Body = s.conn.Unprocessed() >= recordHeader
		v.Suite, v.Pending = s.suiteInUse(), s.conn.Suite()
		if resumed := s.conn.Session(); v.Suite == 0 && v.Resumed && resumed != nil {
			v.Suite = resumed.Suite
		}
	}
	if s.session != nil {
		if v.Suite == 0 {
			v.Suite = s.session.data.Load().Suite
		}
		v.LeafOnly = (v.Resumed || s.conn == nil) && s.session.LeafOnly()
	}
	if s.past.nascent != nil {
		v.Suite = s.past.nascent.data.Load().Suite
	}
	v.Next, v.NextMin, v.NextLead = nil, 0, 0
	if s.complete && !v.InInit && !s.end.set && !s.events.waiting() && s.conn != nil {
		v.Next, v.NextMin = s.conn.NextRecord()
		if s.readAhead {
			v.NextMin = len(v.Next)
		} else if v.Next == nil {
			v.NextLead = s.conn.NextLead()
		}
	}
}

// inInit is SSL_in_init: before, during and after a failed handshake, and while
// messages after the handshake wait to be sent. It is not so where early data may
// be read or written.
func (s *SSL) inInit() bool {
	return !s.complete && !s.paused || s.dead || s.extra.sending || s.extra.request || s.postAuth.answering
}

// Version is SSL_version: the version agreed on, or the highest possible.
func (s *SSL) Version() int {
	if s.conn != nil {
		if v := s.conn.Version(); v != 0 {
			return int(v)
		}
		if _, highest, err := s.versionRange(); err == nil && s.role == RoleClient {
			return int(highest) // that of the ClientHello
		}
	}
	if s.method.IsFixed() {
		return int(iana.VersionTLS12)
	}
	return int(iana.VersionTLS13)
}

func versionName(v int) string {
	switch iana.ProtocolVersion(v) {
	case iana.VersionTLS13:
		return "TLSv1.3"
	case iana.VersionTLS12:
		return "TLSv1.2"
	}
	return "unknown"
}

// SetShutdown is SSL_set_shutdown.
func (s *SSL) SetShutdown(mode int) { s.shutdown = mode }

// SetQuietShutdown is SSL_set_quiet_shutdown.
func (s *SSL) SetQuietShutdown(on bool) { s.quiet = on }

// suiteInUse is SSL_get_current_cipher's: in TLS 1.2 what has been agreed on counts from this side's ChangeCipherSpec on.
func (s *SSL) suiteInUse() iana.CipherSuite {
	if s.conn.Version() == iana.VersionTLS12 && !s.conn.Resumed() && !s.changed {
		return 0
	}
	return s.conn.Suite()
}

// Pending is SSL_pending: bytes of application data that can be read without
// opening another record.
func (s *SSL) Pending() int {
	if s.conn == nil || !s.complete && !s.paused || s.dead {
		return 0
	}
	return s.conn.Buffered()
}

// HasPending is SSL_has_pending: received bytes wait, processed or not.
func (s *SSL) HasPending() bool {
	return s.conn != nil && (s.conn.Buffered() > 0 || s.conn.Unprocessed() > 0)
}

// SessionReused is SSL_session_reused.
func (s *SSL) SessionReused() bool {
	return s.conn != nil && (s.conn.Resumed() || s.conn.PSK() != nil && s.conn.Version() == iana.VersionTLS13)
}

// SetCtx is SSL_set_SSL_CTX: certificates and the callbacks that are looked up in
// the SSL_CTX are those of c from now on. Options, verification and the like
// stay those of the SSL.
func (s *SSL) SetCtx(c *Ctx) {
	if c == nil {
		c = s.sessionCtx
	}
	if c == s.ctx {
		return
	}
	old, now := s.ctx.snap.Load(), c.snap.Load()
	if s.sessionCtxLen == old.sessionCtxLen && s.sessionContext == old.sessionContext {
		s.sessionCtxLen, s.sessionContext = now.sessionCtxLen, now.sessionContext
	}
	switch {
	case s.settings != old.settings:
		own := s.settings.clone()
		own.creds, own.currentSlot, own.sigAlgs, own.clientSigAlgs, own.custom = now.creds, now.currentSlot, now.sigAlgs, now.clientSigAlgs, now.custom
		s.settings = own
	case slices.Equal(old.groups, now.groups):
		s.settings = now.settings
	default:
		// Groups stay those of the SSL_CTX that the SSL was made from.
		own := now.settings.clone()
		own.groups = old.groups
		s.settings = own
	}
	s.securityLevel, s.security = now.securityLevel, now.security
	s.certCallback = now.certCallback
	s.pskHint = now.pskHint
	s.ctx = c
}

// changeSettings gives the SSL settings of its own that f has changed.
func (s *SSL) changeSettings(f func(*settings)) {
	s.settings = s.settings.clone()
	f(s.settings)
}
