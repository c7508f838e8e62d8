package tlsnet

import (
	"crypto/x509"

	"patina/core"
	"patina/core/iana"
)

// State is what a handshake has agreed on.
type State struct {
	Version iana.ProtocolVersion
	Suite   iana.CipherSuite
	Group   iana.NamedGroup
	// ALPN is the application protocol, "" for none.
	ALPN string
	// ServerName is the name the client has sent.
	ServerName string
	// Resumed: an earlier session goes on.
	Resumed bool
	// PeerChain is what the peer has sent, now or when the session that is resumed
	// was made, the leaf first.
	PeerChain []*x509.Certificate
	// VerifiedChain leads from the leaf to a root; nil where nothing was verified
	// and on resumed sessions.
	VerifiedChain []*x509.Certificate
	// Staple is the OCSP response for the peer's leaf.
	Staple []byte
	// PeerScheme is what the peer, Scheme what this side has signed with; 0 for
	// nothing.
	PeerScheme, Scheme iana.SignatureScheme
	// ECH tells what has become of Encrypted Client Hello (RFC 9849).
	ECH core.ECHStatus
	// Early tells what has become of early data.
	Early core.EarlyStatus
	// Unique is the tls-unique channel binding (RFC 5929), TLS 1.2 with
	// extended_master_secret only.
	Unique []byte
}

func stateOf(c *Conn) State {
	e := c.eng
	s := State{
		Version: e.Version(), Suite: e.Suite(), Group: e.Group(), ALPN: e.ALPN(), ServerName: e.ServerName(),
		Resumed: e.Resumed(), PeerChain: e.PeerChain(), Staple: e.PeerStaple(),
		PeerScheme: e.PeerSignatureScheme(), Scheme: e.SignatureScheme(), ECH: e.ECH(), Early: e.EarlyStatus(),
	}
	if c.verified != nil {
		s.VerifiedChain = c.verified.Verified
	}
	if s.Version == iana.VersionTLS12 && e.EMS() {
		// The first Finished of the handshake.
		if s.Resumed {
			s.Unique = e.ServerFinished()
		} else {
			s.Unique = e.ClientFinished()
		}
	}
	return s
}

// State is what has been agreed on; zero before the handshake.
func (c *Conn) State() State {
	if !c.shaken.Load() {
		return State{}
	}
	return c.state
}

// ExportKeyingMaterial is core.Conn's (RFC 5705; RFC 8446, section 7.5).
func (c *Conn) ExportKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eng.ExportKeyingMaterial(label, context, n)
}

// KeyUpdate changes this side's keys with the next Write and, if request is set,
// asks the peer to change its own (RFC 8446, section 4.6.3).
func (c *Conn) KeyUpdate(request bool) error {
	if !c.shaken.Load() {
		return core.ErrHandshake
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.eng.KeyUpdate(request)
}
