package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
)

// maxIdentities is how many of a client's PSKs are looked at.
const maxIdentities = 4

// server13Resume looks for a key among the client's PSKs (RFC 8446, section
// 4.2.11), asking what each identity stands for: an external PSK, then a
// session.
type server13Resume struct {
	server13
	next    int  // the identity looked at
	session bool // it is no external PSK
	asked   Wait
}

func startResume13(c *Conn, chosen server13) state {
	if !c.hs.hello.Has(iana.ExtPreSharedKey) || !chosen.alone && !c.pskWithExchange() {
		return &server13Select{server13: chosen}
	}
	return &server13Resume{server13: chosen}
}

func (s *server13Resume) step(c *Conn) (state, Wait, error) {
	identities := c.hs.hello.Identities
	for s.key.none() && s.next < min(len(identities), maxIdentities) {
		identity := identities[s.next].Identity
		if s.asked != WaitNone {
			return s, s.asked, nil
		}
		if !s.session {
			s.session = true
			if p := c.cfg.psks[string(identity)]; p != nil {
				s.considerPSK(c, p)
			} else if c.cfg.Ask&AskPSK != 0 {
				s.asked, c.hs.askIdentity, c.hs.askHash = WaitPSK, identity, s.suite.Hash
			}
			continue
		}
		switch {
		case c.params.NoResumption:
			s.skip()
		case c.params.stateful13() && c.cfg.Ask&AskSession != 0 && len(identity) <= maxSessionID:
			s.asked, c.hs.askSessionID = WaitSessionLookup, identity
		case c.params.stateful13():
			s.skip()
		case c.cfg.Ask&AskTicket != 0:
			s.asked, c.hs.askTicket = WaitTicketOpen, identity
		default:
			found, _ := c.cfg.TicketKeys.open(c, identity)
			s.consider(c, found)
		}
	}
	if s.key.none() {
		return s.withoutPSK(c)
	}
	if err := s.checkBinder(c); err != nil {
		return nil, WaitNone, err
	}
	return &server13Select{server13: s.server13}, WaitNone, nil
}

// skip goes on to the next identity.
func (s *server13Resume) skip() { s.next, s.session = s.next+1, false }

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
	s.skip()
}

// canResume13 judges a session, whoever gave it, by what has been chosen.
func (c *Conn) canResume13(found *Session, chosen *suite.Suite) bool {
	own := suite.Lookup(found.Suite)
	return found.Version == iana.VersionTLS13 && own != nil && own.Version == iana.VersionTLS13 &&
		own.Hash == chosen.Hash && len(found.Secret) == chosen.HashLen &&
		!found.expired(c.cfg) && found.ServerName == c.serverName &&
		(c.params.ClientAuth != RequireClientCert || found.authenticated())
}

// checkBinder checks the client's proof that it has the session's secret. A
// wrong one ends the handshake (RFC 8446, section 4.2.11).
func (s *server13Resume) checkBinder(c *Conn) error {
	hello := c.hs.hello
	covered := hello.Raw[:len(hello.Raw)-hello.BindersLen()]
	hash := c.hs.transcript.sumWith(c.useKDF(s.key.hash()), covered)
	var mac [keys.MaxHash]byte
	if !keys.Equal(c.binder(mac[:0], s.key, hash), hello.Binders[s.index]) {
		return failure(KindBadBinder, "")
	}
	return nil
}
