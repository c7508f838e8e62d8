package core

import "crypto/x509"

// A client that wants to judge its server again when a session is resumed
// (Params.VerifyResumed).

// client13Reverify asks for the verdict on the chain of the resumed session.
type client13Reverify struct{ *client13 }

func (s *client13Reverify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s *client13Reverify) answerVerify(c *Conn, v Verified) (state, error) {
	return &client13Finished{client13: s.client13}, v.check()
}

// client12Reverify does so in TLS 1.2.
type client12Reverify struct{ *client12 }

func (s client12Reverify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s client12Reverify) answerVerify(c *Conn, v Verified) (state, error) {
	return s.readTicket(), v.check()
}

// showSessionPeer makes what the session knows of the peer the peer's chain or
// raw public key.
func (c *Conn) showSessionPeer() (err error) {
	if raw := c.session.PeerRawPublicKey; len(raw) > 0 {
		c.peerRaw, err = parseRawKey(raw)
		return err
	}
	chain := make([]*x509.Certificate, len(c.session.PeerChain))
	for i, der := range c.session.PeerChain {
		if chain[i], err = c.cfg.certs.parse(der); err != nil {
			return err
		}
	}
	c.peerChain = chain
	return nil
}
