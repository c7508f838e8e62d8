package core

import (
	"crypto"

	"patina/core/keys"
	"patina/core/wire"
)

// Encrypted Client Hello (RFC 9849): what both roles have in common. A client's
// hello is made in ech_client.go, a server's taken in ech_server.go; the states
// of the handshake only see the hello that is in force.

// ECHStatus is what has become of an encrypted ClientHello.
type ECHStatus uint8

// ECHStatus values.
const (
	// ECHNone: none has been sent, or a server without keys has not looked.
	ECHNone ECHStatus = iota
	// ECHGreased (client): what has been sent means nothing.
	ECHGreased
	// ECHOffered (client): the server has not answered yet.
	ECHOffered
	// ECHAccepted: the handshake is that of the inner ClientHello.
	ECHAccepted
	// ECHRejected: the handshake is that of the outer ClientHello. A client's
	// never completes; a server cannot tell a client with an old configuration
	// from one that sends GREASE.
	ECHRejected
)

var echStatusNames = [...]string{"none", "grease", "offered", "accepted", "rejected"}

func (s ECHStatus) String() string {
	if int(s) < len(echStatusNames) {
		return echStatusNames[s]
	}
	return "unknown"
}

// ECH is what has become of the encrypted ClientHello.
func (c *Conn) ECH() ECHStatus { return c.ech }

// ECHRejectedError is the cause of the Error, of KindECHRequired, with which a
// client's connection ends whose server has proved to be the one of the public
// name and has not accepted the encrypted ClientHello (RFC 9849, section 6.1.6).
type ECHRejectedError struct {
	// PublicName is the name the server has been authenticated for.
	PublicName string
	// RetryConfigs is the ECHConfigList to retry with on a new connection, once;
	// empty if the server wants ECH to be switched off, as it does where none
	// of the list is usable.
	RetryConfigs []byte
}

func (e *ECHRejectedError) Error() string {
	if len(e.RetryConfigs) == 0 {
		return "tls: " + e.PublicName + " does not accept ECH"
	}
	return "tls: " + e.PublicName + " wants ECH by another configuration"
}

// Labels of the confirmations (RFC 9849, section 7.2).
const (
	labelECHAccept = "ech accept confirmation"
	labelECHRetry  = "hrr ech accept confirmation"
)

// echConfirmation is what tells the client that its inner ClientHello, which
// has this Random, is in force. transcript is a hash, by h, that ends with the
// server's message with zeros in the confirmation's place.
func (c *Conn) echConfirmation(h crypto.Hash, label string, random, transcript []byte) (confirmation [wire.ECHConfirmationLen]byte) {
	keys.ECHConfirmation(c.useKDF(h), confirmation[:], label, random, transcript)
	return confirmation
}

// echRandomTail is where in ServerHello.random the confirmation stands.
const echRandomTail = 32 - wire.ECHConfirmationLen
