package core

import (
	"crypto/sha256"
	"time"

	"patina/core/iana"
	"patina/core/wire"
)

// Early data of a server (RFC 8446, sections 4.2.10 and 8).

// skipEarly skips early data until the client's next flight (RFC 8446, section
// 4.2.10): it is rejected until a PSK, and who decides, say otherwise.
func (c *Conn) skipEarly() {
	if c.early == nil {
		c.early = &early{status: EarlyRejected}
	}
	c.in.opener.SkipEarly = c.earlySkipped()
}

// earlySkipped is how many bytes of records of early data are skipped.
func (c *Conn) earlySkipped() int {
	return 1 + earlySkipFactor*int(min(c.params.EarlyDataLimit, maxEarlyDataLimit))
}

// maxEarlyDataLimit is the most EarlyDataLimit counts for what is skipped: twice as much
// and one is an int everywhere.
const maxEarlyDataLimit = 1<<30 - 1

// decideEarly decides whether early data is accepted, asking the owner if it
// wants to say. What the protocol demands comes first.
func (s *server13Select) decideEarly(c *Conn) (Wait, error) {
	if c.early == nil || c.early.open {
		return WaitNone, nil
	}
	c.skipEarly() // the Params may have changed
	if s.answered || !s.allowsEarly(c) {
		return WaitNone, nil
	}
	if c.cfg.Ask&AskEarlyData != 0 {
		s.early = WaitEarlyAccept
		return WaitEarlyAccept, nil
	}
	if s.key.session != nil && c.cfg.AntiReplay != nil && c.cfg.AntiReplay.First(s.replay(c)) {
		s.acceptEarly(c)
	}
	return WaitNone, nil
}

// allowsEarly reports whether RFC 8446, section 4.2.10, allows early data with
// what has been chosen: the client's first PSK, in its first hello, with the
// suite and the application protocol that belong to it, and fresh.
func (s *server13Select) allowsEarly(c *Conn) bool {
	if c.params.MaxEarlyData == 0 || s.key.none() || s.index != 0 || s.retried {
		return false
	}
	id, alpn, limit := s.key.early()
	return limit > 0 && id == s.suite.ID && alpn == c.alpn && (s.key.session == nil || s.fresh(c))
}

// skew is by how much the age the client gives its ticket is more than the one
// this server knows (RFC 8446, section 8.3).
func (s *server13Select) skew(c *Conn) time.Duration {
	said := c.hs.hello.Identities[s.index].ObfuscatedAge - s.key.session.AgeAdd
	return time.Duration(int32(said-s.key.session.ageMilli(c.cfg))) * time.Millisecond
}

// fresh reports whether the ticket is as old as the client says: a hello that
// was kept for later is not.
func (s *server13Select) fresh(c *Conn) bool { return c.ageSkew.Abs() <= c.params.EarlyDataWindow }

// replay is what tells the ClientHello from others. It was sent when the ticket
// was as old as the client says.
func (s *server13Select) replay(c *Conn) ReplayCheck {
	now := c.cfg.Now()
	return ReplayCheck{
		ID:      sha256.Sum256(c.hs.hello.Binders[0]),
		Created: time.Unix(s.key.session.Created, int64(s.key.session.CreatedMilli)*int64(time.Millisecond)),
		Now:     now,
		Until:   now.Add(c.ageSkew + c.params.EarlyDataWindow),
	}
}

func (s *server13Select) acceptEarly(c *Conn) {
	_, _, limit := s.key.early()
	c.early.status, c.early.open = EarlyAccepted, true
	c.early.left = min(limit, c.params.EarlyDataLimit)
	c.early.hash = s.suite.Hash
	c.in.opener.SkipEarly = 0
}

func (s *server13Select) answerEarlyData(c *Conn, accept bool) (state, error) {
	if s.early != WaitEarlyAccept {
		return s, ErrNoQuestion
	}
	s.early, s.answered = WaitNone, true
	if accept {
		s.acceptEarly(c)
	}
	return s, nil
}

// server13EarlyData reads early data up to the EndOfEarlyData.
type server13EarlyData struct{ *server13Client }

func (s *server13EarlyData) step(c *Conn) (state, Wait, error) {
	if len(c.in.app) > 0 {
		return s, WaitEarlyData, nil
	}
	m, ok, err := c.expect(iana.TypeEndOfEarlyData)
	if err != nil {
		return nil, WaitNone, err
	}
	if !ok {
		n := uint32(len(c.in.app))
		switch {
		case n == 0:
			return s, WaitRead, nil
		case n > c.early.left:
			c.in.app = nil
			return nil, WaitNone, failure(KindTooMuchEarlyData, "")
		}
		c.early.left -= n
		return s, WaitEarlyData, nil
	}
	if err := wire.ParseEmpty(m.raw, iana.TypeEndOfEarlyData); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	c.hs.transcript.add(m.raw)
	c.early.open = false
	return &server13Finished{s.server13Client}, WaitNone, c.setReadSecret(&s.clientSecret)
}
