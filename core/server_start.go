package core

// startServer is the first state of a server: it waits for a ClientHello.
func startServer(c *Conn) state { panic("unwritten") }
