package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
)

// SSL_stateless(3): a server that answers each new client by a HelloRetryRequest
// with a cookie and forgets it. The cookie is the engine's, authenticated by a key
// of the SSL_CTX; callbacks give what the program wants to find in it again.

// cookies is the key of the cookies for a connection that is begun so.
func (s *SSL) cookies() *core.CookieKey {
	if !s.stateless || s.role != RoleServer {
		return nil
	}
	return s.sessionCtx.cookies
}

// turnedAway ends SSL_stateless where the client is to come again, or has come
// again with a good cookie and been answered.
func (s *SSL) turnedAway(w core.Wait) bool {
	if w != core.WaitRead || s.conn.Retry() == core.RetryNone {
		return false
	}
	s.pause() // as if it were for early data
	again := 0
	if s.conn.Retry() == core.RetryCookie {
		again = 1
	}
	s.finish(1, again)
	return true
}

func (s *SSL) decideCookie() bool {
	shared := s.ctx.snap.Load()
	data, verify := s.conn.Cookie()
	switch {
	case verify && shared.statelessVerify != 0:
		s.ask(NeedCookieVerify, Callback{Fn: shared.statelessVerify})
		s.step.Data = data
	case verify:
		s.refuse(iana.AlertIllegalParameter, fail(ReasonCookieMismatch))
	case shared.statelessGenerate == 0:
		s.refuse(iana.AlertInternalError, fail(ReasonNoCookieCallbackSet))
	default:
		s.ask(NeedCookie, Callback{Fn: shared.statelessGenerate})
	}
	return false
}

func (s *SSL) answerCookie(a *Answer) {
	switch {
	case a.Need == NeedCookie && a.Value == 0:
		s.refuse(iana.AlertInternalError, fail(ReasonCookieGenCallbackFailure))
	case a.Value == 0:
		s.refuse(iana.AlertIllegalParameter, fail(ReasonCookieMismatch))
	default:
		s.settled(s.conn.AnswerCookie(slices.Clone(a.Bytes)))
	}
}
