package ossl

import (
	"errors"

	"patina/core"
	"patina/core/iana"
)

// read is SSL_read and SSL_peek.
func (s *SSL) read(buf []byte, peek bool) {
	switch {
	case s.midEarly() && !peek:
		s.notNow(0)
		return
	case s.early == earlyReading:
		s.readEarly(false, buf) // what comes now is early data
		if s.early == earlyReading || s.step.Need != NeedNothing {
			return
		}
	case s.early == earlyWriting && s.readServed(buf, peek):
		return
	}
	if !s.handshake() {
		return
	}
	for {
		read := s.conn.Read
		if peek {
			read = s.conn.Peek
		}
		n, w, err := read(buf)
		if s.postAuth.state == postAuthRequested && err == nil {
			if s.postAuthAnswered(); s.extra.due() && !s.sendExtra() {
				return
			}
		}
		if n > 0 {
			s.finish(1, n)
			return
		}
		if err != nil {
			if isEOF(err) {
				s.eof(err, 0, 0)
			} else {
				ret := -1
				if isAlert(err) {
					ret = 0
				}
				s.failed(err, ret)
			}
			return
		}
		if w == 0 { // nothing asked for, nothing read
			s.finish(0, 0)
			return
		}
		if w == core.WaitRead && s.sawMessage && s.mode&modeAutoRetry == 0 && !s.postAuth.answering && s.conn.Unprocessed() == 0 && !s.deliver() {
			// Without SSL_MODE_AUTO_RETRY a record without data ends the call.
			s.sawMessage = false
			s.step.Need = NeedRead
			return
		}
		if !s.turn(w) {
			return
		}
	}
}

// pendingWrite is a write that the program has begun and not yet been told the
// end of. A program repeats such a call with the same buffer (SSL_write(3)).
type pendingWrite struct {
	active bool
	at     Ptr  // the program's buffer
	sealed int  // bytes of it that are in records already
	fresh  bool // this call has sealed some of them
}

// doWrite is SSL_write.
func (s *SSL) doWrite(start bool, buf []byte, at Ptr) {
	if s.midEarly() || s.early == earlyReading {
		s.notNow(0)
		return
	}
	if s.handshake() {
		s.writeOut(start, buf, at, false)
	}
}

// writeOut writes data, or early data.
func (s *SSL) writeOut(start bool, buf []byte, at Ptr, early bool) {
	pending := &s.write
	if start && pending.active {
		if len(buf) < pending.sealed {
			s.misused(ReasonBadLength)
			return
		}
		if at != pending.at && s.mode&modeMovingBuffer == 0 {
			s.misused(ReasonBadWriteRetry)
			return
		}
	}
	if start {
		pending.fresh = false
		if s.maxSendFragment != s.fragmentSet {
			s.fragmentSet = s.maxSendFragment
			s.conn.SetMaxFragment(s.maxSendFragment)
		}
	}
	if !pending.active {
		*pending = pendingWrite{active: true, at: at}
	}
	partial := s.mode&modePartialWrite != 0 && !early
	write := s.conn.Write
	switch {
	case early && s.conn.EarlyStatus() == core.EarlyRejected, early && s.earlyUnsent:
		// Nobody reads it, as the program learns at the end.
		write = func(p []byte) (int, core.Wait, error) { return len(p), core.WaitNone, nil }
	case early:
		write = s.conn.WriteEarly
	}
	for {
		// A partial write is one that has made a record; the rest of an earlier
		// one does not count.
		ended := pending.sealed == len(buf) || partial && pending.fresh
		if out := s.conn.Output(); len(out) > 0 {
			if s.deliver() {
				return
			}
			s.needWrite(early)
			if ended {
				s.step.Final, s.step.Ret, s.step.Moved = true, 1, pending.sealed
			}
			return
		}
		if ended {
			moved := pending.sealed
			*pending = pendingWrite{}
			s.finish(1, moved)
			return
		}
		rest := buf[pending.sealed:]
		if partial {
			rest = rest[:min(len(rest), s.fragment())]
		}
		rest, asked := s.pad(rest)
		if asked {
			return
		}
		n, w, err := write(rest)
		if err != nil {
			s.failed(err, -1)
			return
		}
		pending.sealed += n
		pending.fresh = pending.fresh || n > 0
		s.keyUpdate = keyUpdateNone
		if n == 0 && !s.turn(w) {
			return
		}
	}
}

// fragment is how much data goes into one record.
func (s *SSL) fragment() int {
	if s.maxSendFragment > 0 {
		return s.maxSendFragment
	}
	return defaultFragment
}

// misused ends the connection for a repeated write that is not the same.
func (s *SSL) misused(r Reason) {
	s.conn.Abort(iana.AlertInternalError, fail(r))
	s.failed(s.conn.Err(), -1)
}

// doShutdown is SSL_shutdown: it sends our close_notify at the first call and
// waits for the peer's at the second.
func (s *SSL) doShutdown() {
	if s.conn == nil || s.inInit() {
		s.step.Err = fail(ReasonShutdownWhileInInit)
		s.finish(-1, 0)
		return
	}
	const both = SentShutdown | ReceivedShutdown
	if s.quiet {
		s.shutdown = both
		s.finish(1, 0)
		return
	}
	if s.shutdown&SentShutdown == 0 {
		s.shutdown |= SentShutdown
		if _, err := s.conn.CloseNotify(); err != nil {
			s.failed(err, -1)
			return
		}
		s.sendClose()
		return
	}
	if len(s.conn.Output()) > 0 {
		s.sendClose()
		return
	}
	if s.shutdown&ReceivedShutdown != 0 {
		s.finish(1, 0)
		return
	}
	s.awaitClose()
}

// sendClose writes the close_notify that waits in the output.
func (s *SSL) sendClose() {
	if s.deliver() {
		return
	}
	s.needWrite(true)
	s.step.Final = true
	if s.shutdown == SentShutdown|ReceivedShutdown {
		s.step.Ret = 1
	}
	s.alertFollows(s.step.Ret)
}

// awaitClose reads up to the peer's close_notify. Data before it is an error.
func (s *SSL) awaitClose() {
	for {
		var one [1]byte
		n, w, err := s.conn.Peek(one[:])
		switch {
		case n > 0:
			s.conn.Abort(iana.AlertUnexpectedMessage, fail(ReasonApplicationDataAfterCloseNotify))
			s.failed(s.conn.Err(), -1)
			return
		case isEOF(err):
			s.eof(err, 1, -1)
			return
		case err != nil:
			s.failed(err, -1)
			return
		}
		if !s.turn(w) {
			return
		}
	}
}

func isAlert(err error) bool {
	var alert core.AlertError
	return errors.As(err, &alert)
}
