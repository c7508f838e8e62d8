package core

import (
	"bytes"
	"errors"
	"hash"

	"patina/core/iana"
)

// Post-handshake client authentication (RFC 8446, section 4.6.2): a server asks
// on an established connection, the client answers with Certificate,
// CertificateVerify and Finished over the transcript of the handshake and the
// request, and application data flows on both sides of that.

// maxOutstandingRequests is how many CertificateRequests may be unanswered on
// one connection: a server makes no more, a client takes no more.
const maxOutstandingRequests = 8

// Errors of RequestCertificate.
var (
	// ErrNoPostHandshakeAuth: the client has not offered post_handshake_auth, or
	// the server's Params have left it out.
	ErrNoPostHandshakeAuth = errors.New("tls: the client has not offered post-handshake authentication")
	// ErrTooManyRequests: as many requests as may be are not answered yet.
	ErrTooManyRequests = errors.New("tls: too many unanswered certificate requests")
	// ErrExtensionsWanted: the owner's extensions of the request are wanted first, as
	// WaitExtensions does it: AnswerExtensions, then RequestCertificate again.
	ErrExtensionsWanted = errors.New("tls: the extensions of the certificate request are wanted first")
)

// postAuth is what a connection keeps for it. Exactly one of client and server
// is in use.
type postAuth struct {
	base hash.Cloner // the transcript up to the client's Finished
	questions
	asked     Wait // the question that stands
	postponed bool // and is to be answered while Read goes on
	flush     bool // a request or answer is to be sent before Read goes on
	client    postClient
	server    postServer
}

// keepTranscript keeps what post-handshake authentication is bound to, if the
// client has offered it: the transcript ends with the client's Finished.
func (c *Conn) keepTranscript() {
	if !c.params.PostHandshakeAuth || !c.hs.hello.PostHandshakeAuth {
		return
	}
	if h, ok := c.hs.transcript.h.(hash.Cloner); ok {
		if base, err := h.Clone(); err == nil {
			c.post = &postAuth{base: base}
		}
	}
}

// context is the transcript of the handshake and of one request.
func (p *postAuth) context(request []byte) (hash.Hash, error) {
	h, err := p.base.Clone()
	if err != nil {
		return nil, failureOf(KindInternal, err)
	}
	h.Write(request)
	return h, nil
}

// ask makes w the question that stands.
func (p *postAuth) ask(w Wait) { p.asked, p.postponed = w, false }

// step goes on, before anything is read, with what has been answered and what
// is to be asked.
func (p *postAuth) step(c *Conn) (Wait, error) {
	half := p.server.step
	if c.client {
		half = p.client.step
	}
	if err := half(c, p); err != nil {
		return WaitNone, err
	}
	if p.flush {
		if w, err := c.flushOr(WaitNone); w != WaitNone || err != nil {
			return w, err
		}
		p.flush = false
	}
	if p.asked != WaitNone && !p.postponed {
		return p.asked, nil
	}
	return WaitNone, nil
}

// take takes m if it belongs to post-handshake authentication.
func (p *postAuth) take(c *Conn, m message) (taken bool, w Wait, err error) {
	if c.client {
		if m.typ != iana.TypeCertificateRequest {
			return false, WaitNone, nil
		}
		return true, WaitNone, p.client.take(c, m)
	}
	switch {
	case c.takesCertificate13(m.typ) && p.asked == WaitVerify:
		c.in.putBack(m) // one answer after the other
		p.postponed = false
		return true, WaitVerify, nil
	case c.takesCertificate13(m.typ) && len(p.server.requests) > 0, p.server.receiving():
		return true, WaitNone, p.server.take(c, p, m)
	}
	return false, WaitNone, nil
}

// data is told that application data has come.
func (p *postAuth) data() error {
	if p.server.receiving() {
		return failure(KindDataInHandshake, "inside the answer to a certificate request")
	}
	p.client.inARow = 0
	return nil
}

// PostHandshakeAuth reports that post-handshake client authentication is
// possible: the client has offered post_handshake_auth, the handshake of TLS 1.3
// is complete, and the Params of this side allow it.
func (c *Conn) PostHandshakeAuth() bool { return c.post != nil }

// CertificateRequests is the number of post-handshake requests for a certificate
// that are not answered yet.
func (c *Conn) CertificateRequests() int {
	switch {
	case c.post == nil:
		return 0
	case c.client:
		return len(c.post.client.requests)
	}
	return len(c.post.server.requests)
}

// Postpone lets Read go on though a question of post-handshake authentication
// (WaitCertificate, WaitSign, WaitVerify) stands: application data flows until
// it is answered. It is asked again if the peer has sent what cannot be taken
// before that, and cannot be postponed then. ErrNoQuestion if there is nothing
// to postpone.
func (c *Conn) Postpone() error {
	if c.post == nil || c.post.asked == WaitNone || c.in.held.raw != nil {
		return ErrNoQuestion
	}
	c.post.postponed = true
	return nil
}

// RequestCertificate makes a server ask its client for a certificate on an
// established TLS 1.3 connection (RFC 8446, section 4.6.2). The message is in
// Output at once. The answer comes in the course of Read: WaitVerify for the
// chain, which PeerChain shows from then on; or, at once, that the client has
// none, which empties PeerChain, or with RequireClientCert ends the connection
// with certificate_required. context is what tells this request from others.
//
// ErrHandshake if this is no server's established TLS 1.3 connection,
// ErrNoPostHandshakeAuth if the client has not offered it, ErrTooManyRequests if
// too many have not been answered, ErrClosed after CloseNotify, ErrSettings for
// NoClientCert, ErrExtensionsWanted where Ask has AskExtensions and some may be sent.
func (c *Conn) RequestCertificate(auth ClientAuth) (context []byte, err error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case c.client || !c.done || !c.ofTLS13():
		return nil, ErrHandshake
	case c.closed:
		return nil, ErrClosed
	case c.post == nil:
		return nil, ErrNoPostHandshakeAuth
	case auth != RequestClientCert && auth != RequireClientCert:
		return nil, badSettings("a request for no certificate")
	case len(c.post.server.requests) >= maxOutstandingRequests:
		return nil, ErrTooManyRequests
	}
	context, err = c.post.server.request(c, c.post, auth)
	if err == ErrExtensionsWanted {
		return nil, err
	}
	if err != nil {
		c.fail(err)
		return nil, c.err
	}
	return bytes.Clone(context), nil
}

// The answers, on the states of an established connection.

func (s *established13) answerCertificate(c *Conn, cred *Credential) (state, error) {
	if c.post == nil || c.post.asked != WaitCertificate {
		return s, ErrNoQuestion
	}
	return s, c.post.client.choose(c, c.post, cred)
}

func (s *established13) answerSign(c *Conn, signature []byte) (state, error) {
	if c.post == nil || c.post.asked != WaitSign {
		return s, ErrNoQuestion
	}
	return s, c.post.client.sign(c, c.post, signature)
}

func (s *established13) answerVerify(c *Conn, v Verified) (state, error) {
	if c.post == nil || c.post.asked != WaitVerify {
		return s, ErrNoQuestion
	}
	c.post.asked, c.post.server.judged = WaitNone, v
	return s, nil
}
