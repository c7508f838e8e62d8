package core

import "patina/core/keys"

// newEstablished13 is the state after a TLS 1.3 handshake; resumption is empty
// on servers.
func newEstablished13(c *Conn, resumption keys.Secret) state { panic("unwritten") }

// newEstablished12 is the state after a TLS 1.2 handshake.
func newEstablished12(c *Conn) state { panic("unwritten") }
