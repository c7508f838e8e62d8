package core

import (
	"crypto/x509"
)

// Clone copies s; what its slices point to is shared.
func (s *Session) Clone() *Session {
	t := *s
	return &t
}

// PeerChain is the peer's chain, the leaf first, as parsed; nil if it sent
// none. Of a resumed session only after the handshake, from the session. While a
// post-handshake WaitVerify stands, it is the one to be judged.
func (c *Conn) PeerChain() []*x509.Certificate {
	if c.post != nil && c.post.asked == WaitVerify {
		return c.post.server.answer.chain
	}
	if c.peerChain == nil && c.done && c.resumed && c.session != nil {
		for _, der := range c.session.PeerChain {
			cert, err := c.cfg.certs.parse(der)
			if err != nil {
				c.peerChain = nil
				break
			}
			c.peerChain = append(c.peerChain, cert)
		}
	}
	return c.peerChain
}
