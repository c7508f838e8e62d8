package ossl

import (
	"bytes"
	"crypto/sha256"
	"math"
	"sync"
	"sync/atomic"

	"patina/core"
	"patina/core/iana"
)

// Session is SSL_SESSION. Its content is immutable and replaced as a whole, so
// that a session in a cache may be read by many connections while a program sets
// its timeout.
type Session struct {
	data atomic.Pointer[sessionData]

	mu     sync.Mutex
	handle Ptr  // the C object through which programs see it, 0 for none
	data4C bool // programs keep data of their own on the handle (ex_data)
	caches int  // internal caches that hold the session
	held   bool // for them the handle is held, so that its data stays
}

// Handles holds and releases handles of sessions for the internal caches; set
// once, before the first session. Hold reports false for one that is being
// freed. Release must not free at once: locks are held.
var Handles struct {
	Hold    func(handle Ptr) bool
	Release func(handle Ptr)
}

// HandleHasData notes that a program has put data on the handle h of s: it stays
// as long as an internal cache holds the session (SSL_SESSION_set_ex_data(3)).
func (s *Session) HandleHasData(h Ptr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle == h {
		s.data4C = true
		s.holdHandle()
	}
}

// holdHandle holds the handle if there is a reason to; s.mu is held.
func (s *Session) holdHandle() {
	if s.caches > 0 && s.data4C && !s.held && s.handle != 0 {
		s.held = Handles.Hold(s.handle)
	}
}

func (s *Session) enterCache() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caches++
	s.holdHandle()
}

func (s *Session) leaveCache() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.caches--; s.caches == 0 && s.held {
		s.held = false
		Handles.Release(s.handle)
	}
}

// HandleGone forgets the handle h, which is being freed.
func (s *Session) HandleGone(h Ptr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle == h {
		s.handle, s.data4C = 0, false
	}
}

// WithHandle calls f with the place of the session's C object, under a lock.
func (s *Session) WithHandle(f func(handle *Ptr)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.handle)
}

// sessionData is a core.Session with what only OpenSSL has.
type sessionData struct {
	core.Session        // Lifetime is not used: see timeout and hint
	timeout      int64  // seconds from Created
	hint         uint32 // lifetime of the ticket as the server has announced it
	maxFragment  uint8  // TLSEXT_max_fragment_length_..., 255: unspecified
	leafOnly     bool   // the rest of the peer's chain has not been kept
	notResumable bool
	peerAbsent   bool   // the server has asked for a certificate, and there was none
	nameUnused   bool   // the server has not acknowledged the name: resumption minds it, programs do not see it
	pskHint      string // of a TLS 1.2 server, as a client keeps it
	srpUser      string
}

// Limits of SSL_SESSION.
const (
	maxSessionID      = 32 // SSL_MAX_SSL_SESSION_ID_LENGTH
	maxSessionContext = 32 // SSL_MAX_SID_CTX_LENGTH
	maxMasterKey      = 256
	maxTicketSession  = 0xff00 // bytes of a session that goes into a ticket

	fragmentUnspecified = 255 // TLSEXT_max_fragment_length_UNSPECIFIED
	newSessionTimeout   = 304 // of SSL_SESSION_new: five minutes and four seconds
	extMSFlag           = 1   // SSL_SESS_FLAG_EXTMS
)

// NewSession is SSL_SESSION_new.
func NewSession() *Session {
	d := &sessionData{timeout: newSessionTimeout, maxFragment: fragmentUnspecified}
	d.Created = now().Unix()
	d.VerifyResult = X509VErrUnspecified
	return makeSession(d)
}

func makeSession(d *sessionData) *Session {
	s := &Session{}
	s.data.Store(d)
	return s
}

// sessionFromEngine is the SSL_SESSION of a session the engine has made.
// timeout is that of the SSL_CTX, in seconds.
func sessionFromEngine(c *core.Session, client bool, timeout int64) *Session {
	d := &sessionData{Session: *c, timeout: timeout}
	if client && len(c.Ticket) > 0 {
		if !c.Unhinted {
			d.hint = c.Lifetime
		}
		// A client knows a ticket by its hash.
		id := sha256.Sum256(c.Ticket)
		d.ID = id[:]
	}
	return makeSession(d)
}

// engine is the session as the engine takes it. A server has judged its age
// before; a client leaves that to the server, but for the lifetime of a TLS 1.3
// ticket (RFC 8446, section 4.6.1).
func (s *Session) engine(client bool) *core.Session {
	d := s.data.Load()
	c := d.Session
	switch {
	case !client:
		c.Lifetime = uint32(min(max(d.timeout, 0), math.MaxUint32))
	case c.Version == iana.VersionTLS13:
		c.Lifetime = d.hint
	default:
		c.Lifetime, c.Created = math.MaxUint32, now().Unix()
	}
	return &c
}

func (s *Session) update(f func(*sessionData)) {
	for {
		was := s.data.Load()
		d := *was
		f(&d)
		if s.data.CompareAndSwap(was, &d) {
			return
		}
	}
}

// Dup is SSL_SESSION_dup.
func (s *Session) Dup() *Session { return makeSession(s.data.Load()) }

// Getters and setters carry the names of SSL_SESSION_... without the prefix.
// Slices are not to be written to.

// ID is SSL_SESSION_get_id.
func (s *Session) ID() []byte { return s.data.Load().ID }

// IDContext is SSL_SESSION_get0_id_context.
func (s *Session) IDContext() []byte { return s.data.Load().Context }

// Time is SSL_SESSION_get_time, in seconds since 1970.
func (s *Session) Time() int64 { return s.data.Load().Created }

// Timeout is SSL_SESSION_get_timeout, in seconds.
func (s *Session) Timeout() int64 { return s.data.Load().timeout }

// ProtocolVersion is SSL_SESSION_get_protocol_version.
func (s *Session) ProtocolVersion() iana.ProtocolVersion {
	return s.data.Load().Version
}

// Cipher is SSL_SESSION_get0_cipher, nil for a suite this library does not have.
func (s *Session) Cipher() *Cipher { return CipherByID(s.data.Load().Suite) }

// ALPN is SSL_SESSION_get0_alpn_selected.
func (s *Session) ALPN() []byte { return []byte(s.data.Load().ALPN) }

// HasTicket is SSL_SESSION_has_ticket.
func (s *Session) HasTicket() bool { return len(s.data.Load().Ticket) > 0 }

// Ticket is SSL_SESSION_get0_ticket.
func (s *Session) Ticket() []byte { return s.data.Load().Ticket }

// TicketLifetimeHint is SSL_SESSION_get_ticket_lifetime_hint, in seconds.
func (s *Session) TicketLifetimeHint() uint32 { return s.data.Load().hint }

// TicketAppData is SSL_SESSION_get0_ticket_appdata.
func (s *Session) TicketAppData() []byte { return s.data.Load().AppData }

// MaxEarlyData is SSL_SESSION_get_max_early_data, in bytes.
func (s *Session) MaxEarlyData() uint32 { return s.data.Load().MaxEarlyData }

// MasterKey is SSL_SESSION_get_master_key: the master secret of TLS 1.2, the PSK of TLS 1.3.
func (s *Session) MasterKey() []byte { return s.data.Load().Secret }

// VerifyResult is the X509_V_ERR_ code of its peer's chain.
func (s *Session) VerifyResult() int32 { return s.data.Load().VerifyResult }

// PeerChain is what the peer has sent, DER, the leaf first.
func (s *Session) PeerChain() [][]byte { return s.data.Load().PeerChain }

// PSKIdentity is that of the pre-shared key a TLS 1.2 session was made with, nil for none.
func (s *Session) PSKIdentity() []byte { return s.data.Load().PSKIdentity }

// PSKHint is the hint that the client was given.
func (s *Session) PSKHint() string { return s.data.Load().pskHint }

// SRPUser is the name of a user of SRP, in a session that somebody else has made.
func (s *Session) SRPUser() string { return s.data.Load().srpUser }

// ExtendedMasterSecret is whether RFC 7627 was in force.
func (s *Session) ExtendedMasterSecret() bool { return s.data.Load().EMS }

// Hostname is SSL_SESSION_get0_hostname: the name asked for, if the server has
// acknowledged it.
func (s *Session) Hostname() string {
	d := s.data.Load()
	if d.nameUnused {
		return ""
	}
	return d.ServerName
}

// MaxFragmentLength is SSL_SESSION_get_max_fragment_length.
func (s *Session) MaxFragmentLength() uint8 {
	if n := s.data.Load().maxFragment; n != fragmentUnspecified {
		return n
	}
	return 0
}

// LeafOnly reports that PeerChain has lost what followed the leaf: the session
// has been read from its encoding.
func (s *Session) LeafOnly() bool { return s.data.Load().leafOnly }

// IsResumable is SSL_SESSION_is_resumable: it has an ID or a ticket.
func (s *Session) IsResumable() bool {
	d := s.data.Load()
	return !d.notResumable && (len(d.ID) > 0 || len(d.Ticket) > 0)
}

// SetNotResumable marks a session that must not be used again.
func (s *Session) SetNotResumable() { s.update(func(d *sessionData) { d.notResumable = true }) }

// SetTime is SSL_SESSION_set_time.
func (s *Session) SetTime(t int64) {
	s.update(func(d *sessionData) { d.Created, d.CreatedMilli = t, 0 })
}

// SetTimeout is SSL_SESSION_set_timeout.
func (s *Session) SetTimeout(t int64) { s.update(func(d *sessionData) { d.timeout = t }) }

// SetProtocolVersion is SSL_SESSION_set_protocol_version.
func (s *Session) SetProtocolVersion(v iana.ProtocolVersion) {
	s.update(func(d *sessionData) { d.Version = v })
}

// SetCipher is SSL_SESSION_set_cipher; nil takes the suite away.
func (s *Session) SetCipher(c *Cipher) {
	s.update(func(d *sessionData) {
		d.Suite = 0
		if c != nil {
			d.Suite = c.ID
		}
	})
}

// SetHostname is SSL_SESSION_set1_hostname.
func (s *Session) SetHostname(name string) {
	s.update(func(d *sessionData) { d.ServerName, d.nameUnused = name, false })
}

// SetALPN is SSL_SESSION_set1_alpn_selected.
func (s *Session) SetALPN(p []byte) { s.update(func(d *sessionData) { d.ALPN = string(p) }) }

// SetMaxEarlyData is SSL_SESSION_set_max_early_data.
func (s *Session) SetMaxEarlyData(n uint32) { s.update(func(d *sessionData) { d.MaxEarlyData = n }) }

// SetTicketAppData is SSL_SESSION_set1_ticket_appdata.
func (s *Session) SetTicketAppData(p []byte) {
	s.update(func(d *sessionData) { d.AppData = bytes.Clone(p) })
}

// SetVerifyResult is what SSL_get_verify_result says when it is resumed.
func (s *Session) SetVerifyResult(r int32) { s.update(func(d *sessionData) { d.VerifyResult = r }) }

// SetID is SSL_SESSION_set1_id.
func (s *Session) SetID(id []byte) error {
	if len(id) > maxSessionID {
		return fail(ReasonSSLSessionIDTooLong)
	}
	s.update(func(d *sessionData) { d.ID = bytes.Clone(id) })
	return nil
}

// SetIDContext is SSL_SESSION_set1_id_context.
func (s *Session) SetIDContext(ctx []byte) error {
	if len(ctx) > maxSessionContext {
		return fail(ReasonSSLSessionIDContextTooLong)
	}
	s.update(func(d *sessionData) { d.Context = bytes.Clone(ctx) })
	return nil
}

// SetMasterKey is SSL_SESSION_set1_master_key; false if it is too long.
func (s *Session) SetMasterKey(key []byte) bool {
	if len(key) > maxMasterKey {
		return false
	}
	s.update(func(d *sessionData) { d.Secret = bytes.Clone(key) })
	return true
}

// expired reports whether the session has ended at t, in Unix seconds.
func (s *Session) expired(t int64) bool {
	d := s.data.Load()
	return t-d.Created > d.timeout
}
