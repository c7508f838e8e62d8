package core

// Secrets are overwritten when their use ends: those of a handshake with the
// state that used them, those of the connection at its failure or Free. What Go
// does not let anybody overwrite remains to its garbage collector: the key
// schedules inside ciphers, private keys of the key exchange, copies on stacks. A
// Session's secret is its owner's.

// secretHolder is a state that has secrets. States of one handshake share them by
// a pointer, so that there is one copy to wipe.
type secretHolder interface{ wipe() }

// wipeState overwrites the secrets of a state that is left for good.
func wipeState(s state) {
	if h, ok := s.(secretHolder); ok {
		h.wipe()
	}
}

func (s *client13) wipe() {
	s.master.Wipe()
	s.clientSecret.Wipe()
	s.serverSecret.Wipe()
}

func (s *client13Finish) wipe() {
	s.clientSecret.Wipe()
	s.master.Wipe()
	s.clientTraffic.Wipe()
}

func (s *server13Flight) wipe() {
	s.master.Wipe()
	s.clientSecret.Wipe()
	s.serverSecret.Wipe()
}

func (s *server13Client) wipe() {
	s.clientSecret.Wipe()
	s.master.Wipe()
	s.clientTraffic.Wipe()
}

func (s *server13Tickets) wipe() {
	s.resumption.Wipe()
	if s.rest != nil {
		s.rest.wipe()
	}
}

func (s *client12) wipe() {
	s.master.Wipe()
	s.block.Wipe()
}

func (s *server12) wipe() {
	s.exchange = nil
	s.master.Wipe()
	s.block.Wipe()
}

func (s *established13) wipe() { s.resumption.Wipe() }

func (s *customReceived) wipe() { wipeState(s.next) }

// wipeTraffic overwrites the traffic secrets of a connection that has ended. The
// exporter's remains until Free.
func (c *Conn) wipeTraffic() {
	wipeState(c.state)
	c.in.secret.Wipe()
	c.out.secret.Wipe()
	if c.early != nil {
		c.early.exporter.Wipe()
	}
}
