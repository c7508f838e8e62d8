package ossl

import (
	"patina/core/iana"
)

// past is what SSL_clear(3) leaves to be seen of the connection before. Much of what
// programs ask about a connection OpenSSL keeps in the SSL or its session, until
// the next handshake replaces it.
type past struct {
	nascent *Session           // the session of a handshake that has not been completed
	chain   [][]byte           // the peer's, of the session that has been kept
	name    string             // the rest is a server's, of the ClientHello: SSL_get_servername
	groups  []iana.NamedGroup  // SSL_get1_groups
	suites  []iana.CipherSuite // SSL_get_client_ciphers
	formats []byte             // SSL_get0_ec_point_formats
}

// leave is what the connection leaves that is cleared now. Its session is what it
// is to be afterwards.
func (s *SSL) leave() past {
	p := s.past
	if s.conn == nil {
		return p
	}
	p.nascent, p.chain = nil, nil
	if s.session == nil {
		p.nascent = s.nascent
	}
	if s.session != nil || p.nascent != nil {
		p.chain = s.PeerChain()
	}
	if s.role == RoleServer {
		p.name = ""
		if !s.resumed12() {
			p.name = s.serverNameNow()
		}
		p.groups, p.suites, p.formats = s.heardGroups(), s.heardSuites(), s.heardFormats()
	}
	return p
}

// forgetPast forgets what a new handshake replaces from its start on.
func (s *SSL) forgetPast() {
	s.past.nascent, s.past.chain, s.peer = nil, nil, PeerNone
	if s.role == RoleServer {
		s.statusType = -1 // which the ClientHello says
	}
}

// ofPast reports that lists of the ClientHello are those of the connection before:
// OpenSSL keeps none of a resumed TLS 1.2 handshake.
func (s *SSL) ofPast() bool { return s.conn == nil || s.resumed12() }

// heardGroups, heardSuites and heardFormats are the client's, on a server.
func (s *SSL) heardGroups() []iana.NamedGroup {
	if s.ofPast() {
		return s.past.groups
	}
	return s.conn.PeerGroups()
}

func (s *SSL) heardSuites() []iana.CipherSuite {
	if s.ofPast() {
		return s.past.suites
	}
	return s.clientSuites
}

func (s *SSL) heardFormats() []byte {
	switch {
	case s.ofPast():
		return s.past.formats
	case s.conn.Version() != iana.VersionTLS12:
		return nil
	}
	return s.pointFormats
}
