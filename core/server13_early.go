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
	c.in.opener.SkipEarly = 1 + earlySkipFactor*int(min(c.params.EarlyDataLimit, maxEarlyDataLimit))
}

// maxEarlyDataLimit is the most EarlyDataLimit counts for what is skipped.
const maxEarlyDataLimit = 1 << 30

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

// age is how old the client says its ticket is.
func (s *server13Select) age(c *Conn) time.Duration {
	return time.Duration(c.hs.hello.Identities[0].ObfuscatedAge-s.key.session.AgeAdd) * time.Millisecond
}

// created is when the ticket was made.
func (s *Session) created() time.Time {
	return time.Unix(s.Created, int64(s.CreatedMilli)*int64(time.Millisecond))
}

// fresh reports whether the ticket is as old as the client says: a hello that
// was kept for later is not (RFC 8446, section 8.3).
func (s *server13Select) fresh(c *Conn) bool {
	skew := c.cfg.Now().Sub(s.key.session.created()) - s.age(c)
	return skew.Abs() <= EarlyDataWindow
}

// replay is what tells the ClientHello from others.
func (s *server13Select) replay(c *Conn) ReplayCheck {
	created := s.key.session.created()
	// Where it was first sent, as the client's clock and this server's tell.
	sent := created.Add(s.age(c))
	return ReplayCheck{
		ID:      sha256.Sum256(c.hs.hello.Binders[0]),
		Created: created,
		Now:     c.cfg.Now(),
		Until:   sent.Add(EarlyDataWindow),
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
type server13EarlyData struct{ server13Client }

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
