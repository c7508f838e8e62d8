package core

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"hash"
	"io"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// requestContext is the length of a certificate_request_context in bytes:
// random, so that nobody can have an answer made beforehand (RFC 8446, section
// 4.3.2).
const requestContext = 32

// postServer is the server's side of post-handshake authentication.
type postServer struct {
	requests []postRequest      // not yet answered
	answer   *postAnswer        // being received, or to be judged
	next     iana.HandshakeType // of the message that must follow
	judged   Verified           // the answer's chain
}

// postRequest is a request not yet answered.
type postRequest struct {
	context    []byte
	transcript hash.Hash // ends with the request
	auth       ClientAuth
}

// postAnswer is a client's answer.
type postAnswer struct {
	chain      []*x509.Certificate // empty if it has none
	raw        *rawKey             // in the place of a chain
	staple     []byte
	scts       [][]byte
	transcript hash.Hash
	scheme     iana.SignatureScheme
	signed     []byte // what the signature is to be of
	signature  []byte
}

// key is the key the client has to prove it has.
func (a *postAnswer) key() crypto.PublicKey {
	if a.raw != nil {
		return a.raw.key
	}
	return a.chain[0].PublicKey
}

// request sends a CertificateRequest.
func (p *postServer) request(c *Conn, post *postAuth, auth ClientAuth) ([]byte, error) {
	list, ask := c.customFor(wire.InCertificateRequest, 0, nil)
	if ask {
		return nil, ErrExtensionsWanted
	}
	context := make([]byte, requestContext)
	if _, err := io.ReadFull(c.cfg.Rand, context); err != nil {
		return nil, failureOf(KindInternal, err)
	}
	msg := wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{
		Context:          context,
		SignatureSchemes: c.cfg.SignatureSchemes,
		Authorities:      c.cfg.ClientCAs,
		StatusRequest:    c.params.RequestStaple,
		SCT:              c.params.RequestSCT,
		CertCompression:  c.cfg.decompress,
		Custom:           list,
	})
	h, err := post.context(msg)
	if err != nil {
		return nil, err
	}
	p.requests = append(p.requests, postRequest{context, h, auth})
	c.queue(append(c.messageBuffer(), msg...))
	post.flush = true
	return context, c.out.sealFlight(c)
}

// receiving reports that part of an answer has come.
func (p *postServer) receiving() bool { return p.answer != nil && p.next != 0 }

// take takes a message of an answer.
func (p *postServer) take(c *Conn, post *postAuth, m message) error {
	switch {
	case !p.receiving():
		return p.takeCertificate(c, m)
	case m.typ != p.next:
		return unexpected(m.typ)
	case m.typ == iana.TypeCertificateVerify:
		return p.takeVerify(c, m)
	}
	return p.takeFinished(c, post, m)
}

// takeCertificate finds the request that is answered.
func (p *postServer) takeCertificate(c *Conn, m message) error {
	msg := wire.Certificate{Known: c.cfg.customTypes}
	chain, raw, err := c.parseCertificate13(&msg, m, c.params.requested())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.requests, func(r postRequest) bool { return bytes.Equal(r.context, msg.Context) })
	if i < 0 {
		return failure(KindBadRequestContext, "of no request")
	}
	r := p.requests[i]
	p.requests = slices.Delete(p.requests, i, i+1)
	p.next = iana.TypeCertificateVerify
	if len(msg.Entries) == 0 {
		if r.auth == RequireClientCert {
			return failure(KindCertificateRequired, "")
		}
		p.next = iana.TypeFinished
	}
	p.answer = &postAnswer{chain: chain, raw: raw, transcript: r.transcript}
	if len(msg.Entries) > 0 {
		p.answer.staple, p.answer.scts = bytes.Clone(msg.Entries[0].Staple), cloneList(msg.Entries[0].SCTs)
	}
	r.transcript.Write(m.raw)
	for i := range msg.Entries {
		e := &msg.Entries[i]
		if err := c.takeCustom(wire.InCertificate, i, e.Cert, e.Custom); err != nil {
			return err
		}
	}
	return nil
}

// takeVerify keeps the CertificateVerify until the chain has been judged.
func (p *postServer) takeVerify(c *Conn, m message) error {
	a := p.answer
	scheme, signature, err := c.parseCertificateVerify13(m)
	if err != nil {
		return err
	}
	a.scheme, a.signature = scheme, bytes.Clone(signature)
	a.signed = signedContent(clientContext, a.transcript.Sum(nil))
	a.transcript.Write(m.raw)
	p.next = iana.TypeFinished
	return nil
}

// takeFinished ends the answer. The client's traffic secret of now is the one
// the Finished was made with.
func (p *postServer) takeFinished(c *Conn, post *postAuth, m message) error {
	got, err := wire.ParseFinished(m.raw, c.suite.HashLen)
	if err != nil {
		return fromWire(err)
	}
	var mac [keys.MaxHash]byte
	k := c.kdf()
	want := keys.FinishedMAC(k, mac[:0], &c.in.secret, p.answer.transcript.Sum(nil))
	c.doneKDF(k)
	if !keys.Equal(want, got) {
		return failure(KindBadDigest, "")
	}
	p.next = 0
	if len(p.answer.chain) > 0 || p.answer.raw != nil {
		post.ask(WaitVerify)
		return nil
	}
	p.accept(c)
	return nil
}

// step goes on with a chain that has been accepted: the client must have proved
// that it has its key.
func (p *postServer) step(c *Conn, post *postAuth) error {
	if p.judged.check() != nil {
		return nil
	}
	a := p.answer
	p.judged = Verified{}
	if err := c.cfg.verify(a.key(), a.scheme, true, a.signed, a.signature); err != nil {
		return err
	}
	c.peerScheme = a.scheme
	p.accept(c)
	return nil
}

// accept makes the answer's chain the peer's, for later sessions too.
func (p *postServer) accept(c *Conn) {
	c.peerChain = nil
	s := c.session.Clone()
	s.PeerChain = nil
	if len(p.answer.chain) > 0 {
		c.peerChain = p.answer.chain
	}
	c.peerRaw, s.PeerRawPublicKey = p.answer.raw, p.answer.raw.info()
	c.peerStaple, c.peerSCTs = p.answer.staple, p.answer.scts
	s.PeerStaple, s.PeerSCTs = c.peerStaple, c.peerSCTs
	p.answer = nil
	for _, cert := range c.peerChain {
		s.PeerChain = append(s.PeerChain, cert.Raw)
	}
	c.session = s
}
