package core

import (
	"crypto"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// handshake is the memory that the states of one handshake share. It is
// dropped when the handshake is complete.
type handshake struct {
	transcript transcript
	handshakeKDF

	// hello is the client's last ClientHello: on servers as received, its bytes
	// our own copy; on clients what has been sent, without Raw.
	hello *wire.ClientHello

	// offer is, on clients, what stands behind the hello.
	offer offer

	// spoken: this side has sent since it last looked for a message.
	spoken bool
	// Encrypted Client Hello; nil where there is none.
	echClient    *echClient
	echServer    *echServer
	retryConfigs []byte

	// ccsDue: a TLS 1.3 client whose protected records begin still owes the
	// dummy change_cipher_spec that goes before the first of them.
	ccsDue bool

	// Questions that stand, for the Conn's methods; set by the asking state.
	askSessionID []byte
	ownID        []byte // the ID the owner has chosen for a new session
	askTicket    []byte
	askIdentity  []byte
	askHash      crypto.Hash // of the suite chosen, beside it
	questions

	finished bool // a TLS 1.3 server's Finished is queued

	shown keys.Secret // to the observer, for the moment
}

// questions are those that are asked after the handshake as well.
type questions struct {
	askCertReq CertificateRequest
	askScheme  iana.SignatureScheme
	askMessage []byte
}

// asking is where questions stand now, nil if none can.
func (c *Conn) asking() *questions {
	switch {
	case c.hs != nil:
		return &c.hs.questions
	case c.post != nil:
		return &c.post.questions
	}
	return nil
}
