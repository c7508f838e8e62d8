package core

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
	"patina/core/wire"
)

// Cookies of a TLS 1.3 server (RFC 8446, section 4.2.2): a client is answered by a
// HelloRetryRequest with a cookie that holds all there is of the handshake, so
// that the server can forget it until the client comes back with it, to this or
// another Conn that has the same key.

// CookieKey authenticates the cookies of a server's HelloRetryRequests. Servers
// that are to take each other's cookies share it.
type CookieKey [32]byte

// NewCookieKey makes a random key.
func NewCookieKey(rand io.Reader) (*CookieKey, error) {
	k := new(CookieKey)
	_, err := io.ReadFull(rand, k[:])
	return k, err
}

// Retry tells how far a server has come with its HelloRetryRequest.
type Retry uint8

// Retries.
const (
	RetryNone   Retry = iota // there has been none
	RetrySent                // it waits for the second ClientHello: with Params.Cookies it need not
	RetryCookie              // a ClientHello with a good cookie has come
)

// Retry is how far a server has come with its HelloRetryRequest.
func (c *Conn) Retry() Retry { return c.retry }

// Cookie is the question of WaitCookie: whether the data of the owner's in a
// client's cookie is good (verify), or what to put into a new one.
func (c *Conn) Cookie() (data []byte, verify bool) {
	if s, ok := c.state.(*server13TakeCookie); ok {
		return s.data, true
	}
	return nil, false
}

// AnswerCookie gives the data for a new cookie, up to MaxCookieData bytes, or
// accepts that of the client's, whose data is not looked at. To refuse it, use Abort.
func (c *Conn) AnswerCookie(data []byte) error {
	if a, ok := c.state.(cookieAsker); ok {
		return c.answered(a.answerCookie(c, data))
	}
	return ErrNoQuestion
}

// MaxCookieData is the most the owner may put into a cookie, in bytes.
const MaxCookieData = 4096

// cookieLifetime is how long a cookie is good, in seconds.
const cookieLifetime = 600

// A cookie is, in this order: suite, group, whether a key share is asked for, the
// time in seconds, the hash of the first ClientHello after its length in a byte,
// the owner's data, and the HMAC-SHA256 of all this.
const (
	cookieHead = 2 + 2 + 1 + 8 + 1
	cookieTail = sha256.Size
)

// cookie is what has been found in one. Its slices are the hello's.
type cookie struct {
	suite *suite.Suite
	group iana.NamedGroup // 0: without a key exchange
	share bool            // the HelloRetryRequest has asked for a share of it
	hash  []byte          // of the first ClientHello
	data  []byte          // the owner's
}

func (k *CookieKey) mac(b []byte) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write(b)
	return h.Sum(nil)
}

// seal makes the cookie that says x.
func (k *CookieKey) seal(x *cookie, now int64) []byte {
	b := make([]byte, 0, cookieHead+len(x.hash)+len(x.data)+cookieTail)
	b = binary.BigEndian.AppendUint16(b, uint16(x.suite.ID))
	b = binary.BigEndian.AppendUint16(b, uint16(x.group))
	share := byte(0)
	if x.share {
		share = 1
	}
	b = append(b, share)
	b = binary.BigEndian.AppendUint64(b, uint64(now))
	b = append(append(b, byte(len(x.hash))), x.hash...)
	b = append(b, x.data...)
	return append(b, k.mac(b)...)
}

// open is what a client's cookie says; nil if it is too old. Nothing of it is
// looked at before it is known to be a server's.
func (k *CookieKey) open(b []byte, now int64) (*cookie, error) {
	if len(b) < cookieHead+cookieTail {
		return nil, failure(KindBadCookie, "too short")
	}
	b, mac := b[:len(b)-cookieTail], b[len(b)-cookieTail:]
	if !keys.Equal(mac, k.mac(b)) {
		return nil, failure(KindBadCookie, "not this server's")
	}
	made, n := int64(binary.BigEndian.Uint64(b[5:])), int(b[cookieHead-1])
	x := &cookie{suite: suite.Lookup(iana.CipherSuite(binary.BigEndian.Uint16(b))),
		group: iana.NamedGroup(binary.BigEndian.Uint16(b[2:])), share: b[4] != 0}
	if b = b[cookieHead:]; x.suite == nil || len(b) < n {
		return nil, failure(KindBadCookie, "of another form")
	}
	x.hash, x.data = b[:n:n], b[n:]
	if now < made || now-made > cookieLifetime {
		return nil, nil
	}
	return x, nil
}

// askCookie answers a hello without a good cookie by a HelloRetryRequest with one.
func (c *Conn) askCookie(chosen *suite.Suite, group iana.NamedGroup, share bool) (state, Wait, error) {
	return &server13MakeCookie{cookie: cookie{suite: chosen, group: group, share: share}}, WaitNone, nil
}

// server13MakeCookie asks for the owner's data and sends the HelloRetryRequest.
type server13MakeCookie struct {
	cookie cookie
	done   bool
}

func (s *server13MakeCookie) step(c *Conn) (state, Wait, error) {
	if c.cfg.Ask&AskCookie != 0 && !s.done {
		return s, WaitCookie, nil
	}
	h := c.cfg.Provider.NewHash(s.cookie.suite.Hash)
	h.Reset()
	h.Write(c.hs.hello.Raw)
	s.cookie.hash = h.Sum(nil)
	sealed := c.params.Cookies.seal(&s.cookie, c.cfg.Now().Unix())
	return c.sendRetry(&server13Retry{suite: s.cookie.suite, group: s.cookie.group, cookie: sealed, kept: !s.cookie.share}, nil)
}

func (s *server13MakeCookie) answerCookie(c *Conn, data []byte) (state, error) {
	if s.done {
		return s, ErrNoQuestion
	}
	if len(data) > MaxCookieData {
		return nil, failure(KindInternal, "the cookie is too long")
	}
	s.cookie.data, s.done = slices.Clone(data), true
	return s, nil
}

// takeCookie looks for a good cookie in the hello; nil if there is none.
func (c *Conn) takeCookie() (*cookie, error) {
	hello := c.hs.hello
	if c.params.Cookies == nil || len(hello.Cookie) == 0 {
		return nil, nil
	}
	return c.params.Cookies.open(hello.Cookie, c.cfg.Now().Unix())
}

// server13TakeCookie asks the owner about its data in the client's cookie and
// goes on behind the HelloRetryRequest that somebody has sent.
type server13TakeCookie struct {
	cookie
	done bool
}

func (s *server13TakeCookie) step(c *Conn) (state, Wait, error) {
	if c.cfg.Ask&AskCookie != 0 && !s.done {
		return s, WaitCookie, nil
	}
	hello := c.hs.hello
	// Who has chosen may have had other settings.
	if !hello.OffersSuite(s.suite.ID) || !slices.Contains(c.cfg.suites13, s.suite) ||
		s.group != 0 && (!slices.Contains(hello.Groups, s.group) || !slices.Contains(c.cfg.Groups, s.group)) {
		return nil, WaitNone, failure(KindBadCookie, "for what is not offered")
	}
	retry := server13Retry{suite: s.suite, group: s.group, cookie: hello.Cookie, kept: !s.share}
	share, err := retry.share(hello)
	if err != nil {
		return nil, WaitNone, err
	}
	c.hs.transcript.buf = wire.AppendMessageHash(c.hs.transcript.buf[:0], s.hash)
	c.hs.transcript.add(wire.AppendServerHello(nil, retry.request(hello)))
	c.retry = RetryCookie
	return startResume13(c, server13{suite: s.suite, group: s.group, share: share, retried: true, alone: s.group == 0}), WaitNone, nil
}

func (s *server13TakeCookie) answerCookie(c *Conn, _ []byte) (state, error) {
	if s.done {
		return s, ErrNoQuestion
	}
	s.done = true
	return s, nil
}
