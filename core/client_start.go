package core

// startClient is the first state of a client: it sends the ClientHello.
func startClient(c *Conn) state { panic("unwritten") }
