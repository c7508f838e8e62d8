package ossl

import (
	"crypto/rand"
	"sync"
	"sync/atomic"

	"patina/core"
	"patina/core/dane"
)

// Ctx is SSL_CTX: what connections share. What is set on it is an immutable
// snapshot that readers load without a lock; see the package comment.
type Ctx struct {
	mu   sync.Mutex // held by setters
	snap atomic.Pointer[snapshot]

	method   Method
	sessions sessionCache
	tickets  ticketKeys
	cookies  *core.CookieKey // SSL_stateless
}

// snapshot is all that is set on a Ctx at one moment.
type snapshot struct {
	scalars
	shared
	*settings
}

// shared are settings that a connection reads from its Ctx when it needs them,
// instead of inheriting them when it is made.
type shared struct {
	sessionTimeout  int64 // seconds
	cacheMode       int   // SSL_SESS_CACHE_...
	cacheSize       int   // sessions; 0: no limit
	sessionNew      Ptr
	sessionGet      Ptr
	sessionRemove   Ptr
	clientHello     Callback
	serverName      Callback
	alpnSelect      Callback
	clientCert      Ptr
	status          Callback
	keylog          Ptr
	ticketKey       Ptr // SSL_CTX_set_tlsext_ticket_key_cb
	ticketKeyEVP    Ptr // SSL_CTX_set_tlsext_ticket_key_evp_cb
	ticketGenerate  Callback
	ticketDecrypted Callback
	certVerify      Callback // SSL_CTX_set_cert_verify_callback
	nextProtoAdvert Callback
	nextProtoSelect Callback
	cookieGenerate  Ptr
	cookieVerify    Ptr

	statelessGenerate Ptr // SSL_CTX_set_stateless_cookie_generate_cb
	statelessVerify   Ptr
	daneTypes         *dane.Types // nil: SSL_CTX_dane_enable has not been called
}

// Defaults of a new SSL_CTX.
const (
	defaultMaxCertList   = 100 * 1024
	defaultFragment      = 16384 // SSL3_RT_MAX_PLAIN_LENGTH
	defaultTickets       = 2
	defaultTimeout       = 7200 // seconds
	defaultCacheSize     = 20 * 1024
	defaultSecurityLevel = 2 // as Debian's OpenSSL is built
	maxEarlyDataDefault  = 16384
)

// NewCtx is SSL_CTX_new.
func NewCtx(m Method) (*Ctx, error) {
	if m == MethodNone {
		return nil, fail(ReasonNullSSLMethodPassed)
	}
	c := &Ctx{method: m}
	s := &snapshot{
		scalars: scalars{
			options:       opNoCompression | opMiddleboxCompat,
			mode:          modeAutoRetry,
			tickets:       defaultTickets,
			securityLevel: defaultSecurityLevel,
			maxCertList:   defaultMaxCertList, maxSendFragment: defaultFragment, splitSendFragment: defaultFragment,
			maxPipelines: 1, statusType: -1, recvEarlyData: maxEarlyDataDefault,
		},
		shared: shared{
			sessionTimeout: defaultTimeout, cacheMode: sessCacheServer, cacheSize: defaultCacheSize,
		},
		settings: &settings{},
	}
	s.suites13, _ = parseCipherSuites(defaultCipherSuites)
	s.suites12, _, _ = parseCipherString(defaultCipherList)
	c.snap.Store(s)
	if err := c.tickets.generate(); err != nil {
		return nil, err
	}
	var err error
	if c.cookies, err = core.NewCookieKey(rand.Reader); err != nil {
		return nil, err
	}
	return c, nil
}

// change publishes a copy of the snapshot that f has changed. f must not change what
// settings points to: see changeSettings.
func (c *Ctx) change(f func(*snapshot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := *c.snap.Load()
	f(&s)
	c.snap.Store(&s)
}

// changeSettings publishes a copy of the snapshot and its settings that f has
// changed. f replaces slices and never writes to their elements.
func (c *Ctx) changeSettings(f func(*settings)) {
	c.change(func(s *snapshot) {
		s.settings = s.settings.clone()
		f(s.settings)
	})
}

// Method is SSL_METHOD: the versions and roles of connections (SSL_CTX_new(3)).
type Method uint8

// Methods. Those of SSLv3, TLS 1.0, TLS 1.1 and DTLS exist as functions and return
// no method.
const (
	MethodNone Method = iota
	MethodTLS
	MethodTLSClient
	MethodTLSServer
	MethodTLS12
	MethodTLS12Client
	MethodTLS12Server
)

// CanAccept and CanConnect tell the roles of a method.
func (m Method) CanAccept() bool { return m != MethodTLSClient && m != MethodTLS12Client }

// CanConnect is whether a client may be made with it.
func (m Method) CanConnect() bool { return m != MethodTLSServer && m != MethodTLS12Server }

// IsFixed reports whether the method has one version only.
func (m Method) IsFixed() bool { return m >= MethodTLS12 }

// SetSSLVersion is SSL_CTX_set_ssl_version: another method, and its default
// cipher suites.
func (c *Ctx) SetSSLVersion(m Method) {
	c.mu.Lock()
	c.method = m
	c.mu.Unlock()
	c.changeSettings(func(s *settings) {
		s.suites13, _ = parseCipherSuites(defaultCipherSuites)
		s.suites12, _, _ = parseCipherString(defaultCipherList)
	})
}
