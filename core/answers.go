package core

import (
	"bytes"

	"crypto"
)

// The answers a state can take. A Conn's Answer method looks whether its
// state is one of these and, if not, returns ErrNoQuestion; the state returned
// replaces the one that asked. A state that asks one question after another
// implements several and returns ErrNoQuestion, with itself, for those that do
// not stand now.
type (
	clientHelloAsker interface {
		answerClientHello(c *Conn, cfg *Config, p *Params) (state, error)
	}
	sessionAsker interface {
		answerSession(c *Conn, s *Session) (state, error)
	}
	ticketAsker interface {
		answerTicket(c *Conn, s *Session, renew bool) (state, error)
	}
	selectAsker interface {
		answerSelect(c *Conn, s Selection) (state, error)
	}
	stapleAsker interface {
		answerStaple(c *Conn, response []byte) (state, error)
	}
	certificateAsker interface {
		answerCertificate(c *Conn, cred *Credential) (state, error)
	}
	signAsker interface {
		answerSign(c *Conn, signature []byte) (state, error)
	}
	verifyAsker interface {
		answerVerify(c *Conn, v Verified) (state, error)
	}
	earlyAsker interface {
		answerEarlyData(c *Conn, accept bool) (state, error)
	}
	pskAsker interface {
		answerPSK(c *Conn, p *PSK) (state, error)
	}
	storeAsker interface {
		answerStored(c *Conn, stored bool) (state, error)
	}
	cookieAsker interface {
		answerCookie(c *Conn, data []byte) (state, error)
	}
	sealAsker interface {
		answerSealed(c *Conn, ticket []byte, hint uint32) (state, error)
	}
)

// answered takes what an answer led to. ErrNoQuestion changes nothing; any
// other error ends the connection.
func (c *Conn) answered(next state, err error) error {
	if err == ErrNoQuestion {
		return err
	}
	if err != nil {
		c.fail(err)
		return err
	}
	c.state = next
	return nil
}

// AnswerClientHello goes on with cfg (nil: unchanged) and p (nil: unchanged).
// To refuse, use Abort.
func (c *Conn) AnswerClientHello(cfg *Config, p *Params) error {
	if s, ok := c.state.(clientHelloAsker); ok {
		return c.answered(s.answerClientHello(c, cfg, p))
	}
	return ErrNoQuestion
}

// SessionID is the ID of WaitSessionLookup.
func (c *Conn) SessionID() []byte {
	if c.hs == nil {
		return nil
	}
	return c.hs.askSessionID
}

// AnswerSession gives the session of the ID, nil if there is none.
func (c *Conn) AnswerSession(s *Session) error {
	if a, ok := c.state.(sessionAsker); ok {
		return c.answered(a.answerSession(c, s))
	}
	return ErrNoQuestion
}

// Ticket is the ticket of WaitTicketOpen.
func (c *Conn) Ticket() []byte {
	if c.hs == nil {
		return nil
	}
	return c.hs.askTicket
}

// AnswerTicket gives the session of the ticket, nil if it cannot be opened;
// renew asks that a fresh ticket be issued though the session is resumed
// (TLS 1.2; TLS 1.3 always issues one).
func (c *Conn) AnswerTicket(s *Session, renew bool) error {
	if a, ok := c.state.(ticketAsker); ok {
		return c.answered(a.answerTicket(c, s, renew))
	}
	return ErrNoQuestion
}

// Selection answers WaitSelect.
type Selection struct {
	// Config to go on with; nil: unchanged. Its Credentials are the ones to
	// choose from. It must lend from the same Buffers. In TLS 1.3 suite and group
	// stay those of the Config before.
	Config *Config
	Params *Params // nil: unchanged
	// ALPN is the protocol selected, up to 255 bytes; "" leaves ALPN out of the
	// answer. It should be one that the client has offered (RFC 7301, section 3.2):
	// the owner has seen the offer, and the client judges. Only looked at when
	// ALPNDecided, else the Config's list decides.
	ALPN        string
	ALPNDecided bool
	// AckServerName answers the client's server_name extension (RFC 6066,
	// section 3).
	AckServerName bool
	// NoResume drops the session that was found: a full handshake follows.
	NoResume bool
	// SessionID is the ID of a new TLS 1.2 session, up to 32 bytes; nil: random.
	SessionID []byte
}

// AnswerSelect goes on with the selection.
func (c *Conn) AnswerSelect(s Selection) error {
	if a, ok := c.state.(selectAsker); ok {
		return c.answered(a.answerSelect(c, s))
	}
	return ErrNoQuestion
}

// AnswerStaple gives the OCSP response to staple; nil for none.
func (c *Conn) AnswerStaple(response []byte) error {
	if a, ok := c.state.(stapleAsker); ok {
		return c.answered(a.answerStaple(c, response))
	}
	return ErrNoQuestion
}

// CertificateRequest is what the server asks of WaitCertificate.
func (c *Conn) CertificateRequest() CertificateRequest {
	if q := c.asking(); q != nil {
		return q.askCertReq
	}
	return CertificateRequest{}
}

// AnswerCertificate gives the client's credential; nil sends an empty
// certificate message.
func (c *Conn) AnswerCertificate(cred *Credential) error {
	if a, ok := c.state.(certificateAsker); ok {
		return c.answered(a.answerCertificate(c, cred))
	}
	return ErrNoQuestion
}

// AnswerSign gives the signature.
func (c *Conn) AnswerSign(signature []byte) error {
	if a, ok := c.state.(signAsker); ok {
		return c.answered(a.answerSign(c, signature))
	}
	return ErrNoQuestion
}

// AnswerVerify accepts the peer's chain. To refuse it, use Abort with the
// alert and error of the verifier.
func (c *Conn) AnswerVerify(v Verified) error {
	if a, ok := c.state.(verifyAsker); ok && v.ok {
		return c.answered(a.answerVerify(c, v))
	}
	return ErrNoQuestion
}

// AnswerEarlyData accepts a client's early data or turns it down.
func (c *Conn) AnswerEarlyData(accept bool) error {
	if a, ok := c.state.(earlyAsker); ok {
		return c.answered(a.answerEarlyData(c, accept))
	}
	return ErrNoQuestion
}

// PSKIdentity is the identity a client offers, of WaitPSK on servers.
func (c *Conn) PSKIdentity() []byte {
	if c.hs == nil {
		return nil
	}
	return c.hs.askIdentity
}

// PSKHash is the hash of the suite that has been chosen before WaitPSK (servers).
// For a PSK of another hash another suite is chosen, if there is one. A PSK of TLS
// 1.2 has no hash.
func (c *Conn) PSKHash() crypto.Hash {
	if c.hs == nil {
		return 0
	}
	return c.hs.askHash
}

// AnswerPSK gives the key of PSKIdentity, nil if it is not that of a PSK, or,
// on clients, one more PSK to offer, nil for none. The PSK is of the version: in TLS
// 1.2 nil ends the handshake on servers (unknown_psk_identity), and on clients that
// have none in Params.PSKs.
func (c *Conn) AnswerPSK(p *PSK) error {
	if a, ok := c.state.(pskAsker); ok {
		return c.answered(a.answerPSK(c, p))
	}
	return ErrNoQuestion
}

// AnswerStored goes on after WaitSessionStore. stored=false on a server means
// that the session cannot be resumed by its ID.
func (c *Conn) AnswerStored(stored bool) error {
	if a, ok := c.state.(storeAsker); ok {
		return c.answered(a.answerStored(c, stored))
	}
	return ErrNoQuestion
}

// NameSession gives the session of [WaitTicketSeal] or [WaitSessionStore] on a TLS
// 1.3 server an ID of the owner's, at most 32 bytes, in place of a random one;
// where the owner keeps sessions, it is the ticket. ErrNoQuestion where neither
// has been asked.
func (c *Conn) NameSession(id []byte) error {
	s, ok := c.state.(*server13Tickets)
	if !ok || s.asked == WaitNone || len(id) == 0 || len(id) > maxSessionID {
		return ErrNoQuestion
	}
	c.newSession.ID = bytes.Clone(id)
	return nil
}

// AnswerSealed gives the ticket of WaitTicketSeal; nil issues none. hint is
// its lifetime in seconds.
func (c *Conn) AnswerSealed(ticket []byte, hint uint32) error {
	if a, ok := c.state.(sealAsker); ok {
		return c.answered(a.answerSealed(c, ticket, hint))
	}
	return ErrNoQuestion
}
