package core

import (
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
	"patina/core/wire"
)

// maxIdentities is how many of a client's PSKs are looked at.
const maxIdentities = 4

// server13Resume looks for a session among the client's PSKs (RFC 8446,
// section 4.2.11), asking what each identity stands for.
type server13Resume struct {
	server13
	next  int // the identity looked at
	asked Wait
}

func startResume13(c *Conn, chosen server13) state {
	hello := c.hs.hello
	if !hello.Has(iana.ExtPreSharedKey) || c.params.NoResumption ||
		!slices.Contains(hello.PSKModes, wire.PSKModeDHEKE) {
		return &server13Select{server13: chosen}
	}
	return &server13Resume{server13: chosen}
}

func (s *server13Resume) step(c *Conn) (state, Wait, error) {
	identities := c.hs.hello.Identities
	for s.key.none() && s.next < min(len(identities), maxIdentities) {
		identity := identities[s.next].Identity
		switch {
		case s.asked != WaitNone:
			return s, s.asked, nil
		case c.params.NoTickets && c.cfg.Ask&AskSession != 0 && len(identity) <= maxSessionID:
			s.asked, c.hs.askSessionID = WaitSessionLookup, identity
		case c.params.NoTickets:
			s.next++
		case c.cfg.Ask&AskTicket != 0:
			s.asked, c.hs.askTicket = WaitTicketOpen, identity
		default:
			found, _ := c.cfg.TicketKeys.open(c, identity)
			s.consider(c, found)
		}
	}
	if !s.key.none() {
		if err := s.checkBinder(c); err != nil {
			return nil, WaitNone, err
		}
	}
	return &server13Select{server13: s.server13}, WaitNone, nil
}

// maxSessionID is the longest session ID (RFC 5246, section 7.4.1.2).
const maxSessionID = 32

func (s *server13Resume) answerSession(c *Conn, found *Session) (state, error) {
	if s.asked != WaitSessionLookup {
		return s, ErrNoQuestion
	}
	s.asked, c.hs.askSessionID = WaitNone, nil
	s.consider(c, found)
	return s, nil
}

func (s *server13Resume) answerTicket(c *Conn, found *Session, renew bool) (state, error) {
	if s.asked != WaitTicketOpen {
		return s, ErrNoQuestion
	}
	s.asked, c.hs.askTicket = WaitNone, nil
	s.consider(c, found)
	return s, nil
}

// consider takes the session of the identity looked at, or goes on to the next.
func (s *server13Resume) consider(c *Conn, found *Session) {
	if found != nil && c.canResume13(found, s.suite) {
		s.key.session, s.index = found, uint16(s.next)
		c.session, c.resumed = found, true // as WaitSelect shows it
	}
	s.next++
}

// canResume13 judges a session, whoever gave it, by what has been chosen.
func (c *Conn) canResume13(found *Session, chosen *suite.Suite) bool {
	own := suite.Lookup(found.Suite)
	return found.Version == iana.VersionTLS13 && own != nil && own.Version == iana.VersionTLS13 &&
		own.Hash == chosen.Hash && len(found.Secret) == chosen.HashLen &&
		!found.expired(c.cfg) && found.ServerName == c.serverName &&
		(c.params.ClientAuth != RequireClientCert || len(found.PeerChain) > 0)
}

// checkBinder checks the client's proof that it has the session's secret. A
// wrong one ends the handshake (RFC 8446, section 4.2.11).
func (s *server13Resume) checkBinder(c *Conn) error {
	hello := c.hs.hello
	covered := hello.Raw[:len(hello.Raw)-hello.BindersLen()]
	hash := c.hs.transcript.sumWith(c.cfg.Provider.NewHash(s.key.hash()), covered)
	if !keys.Equal(c.binder(s.key, hash), hello.Binders[s.index]) {
		return failure(KindBadBinder, "")
	}
	return nil
}
