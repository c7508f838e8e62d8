package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
)

// Early data (SSL_read_early_data(3)). A client writes it before its handshake, a
// server reads it between its own Finished and the client's. In between the SSL
// is not in init, though its handshake is not complete: it is paused. Whatever
// else the program does goes on with the handshake.

// earlyState is what early data there may be.
type earlyState uint8

const (
	earlyNone       earlyState = iota // no operation of early data yet
	earlyConnecting                   // client: the ClientHello has not been made
	earlyWriting                      // client: there may be more
	earlyWritten                      // client: there may not
	earlyAccepting                    // server: the handshake is on its way to where early data is read
	earlyReading                      // server: there may be more
	earlyRead                         // server: there is no more
)

// antiReplay reports that a server of early data has each ticket used once only,
// as its sessions are in the cache and taken out of it when they are resumed.
func (sc *scalars) antiReplay() bool { return sc.maxEarlyData > 0 && sc.options&opNoAntiReplay == 0 }

// Results of SSL_get_early_data_status (SSL_EARLY_DATA_...), and of
// SSL_read_early_data (SSL_READ_EARLY_DATA_...).
const (
	earlyDataNotSent  = 0
	earlyDataRejected = 1
	earlyDataAccepted = 2

	readEarlyDataError   = 0
	readEarlyDataSuccess = 1
	readEarlyDataFinish  = 2
)

// EarlyDataStatus is SSL_get_early_data_status.
func (s *SSL) EarlyDataStatus() int {
	if s.conn == nil {
		return earlyDataNotSent
	}
	switch s.conn.EarlyStatus() {
	case core.EarlyNone:
		if s.earlyUnsent {
			return earlyDataRejected
		}
		return earlyDataNotSent
	case core.EarlyAccepted:
		return earlyDataAccepted
	}
	return earlyDataRejected
}

// notNow ends an operation that has no place here; the connection stays as it is.
func (s *SSL) notNow(ret int) {
	s.step.Err = fail(ReasonShouldNotBeCalled)
	s.finish(ret, 0)
}

// pause makes the connection one that is not in init before its handshake is
// complete.
func (s *SSL) pause() { s.pauseAt(StateEarlyData) }

// pauseAt is pause in a state of early data.
func (s *SSL) pauseAt(at State) {
	if s.paused {
		return
	}
	if s.role == RoleClient {
		s.tellLoop()
	}
	s.state, s.paused, s.flight = at, true, flightConcluded
	s.tell(cbHandshakeDone, 1)
	s.tell(s.side()|cbExit, 1)
}

// unpause goes on with the handshake of a connection that was paused.
func (s *SSL) unpause() {
	if s.paused {
		s.paused = false
		s.tellStart()
		s.flight = flightOpen
	}
}

// resume0RTT is unpause, and the end of what a client may write early.
func (s *SSL) resume0RTT() {
	s.unpause()
	if s.early == earlyWriting {
		s.early = earlyWritten
	}
}

// readServed is a client's read between two writes of early data: of what the server
// sends behind its Finished, while there may be more early data. It reports that
// it is the step; if not, the rest of the handshake comes first. With an empty buf
// it ends where the server's Finished has come, without a step.
func (s *SSL) readServed(buf []byte, peek bool) bool {
	if s.state == StateEarlyData && !peek {
		s.unpause()
	}
	read := s.conn.ReadEarly
	if peek {
		read = s.conn.PeekEarly
	}
	for {
		n, w, err := read(buf)
		switch {
		case err == core.ErrNoEarlyData:
			return false
		case err != nil:
			s.broken(err, -1)
			return true
		case s.judged != nil && !s.judgeChecks():
			return true
		}
		if s.state == StateCRFinished {
			s.pauseAt(StateEarlyDataEnd)
		}
		switch {
		case n > 0:
			s.finish(1, n)
			return true
		case w == core.WaitNone:
			return false
		case s.askClientServerName() || s.askResumedStatus() || !s.turn(w):
			return true
		}
	}
}

// midEarly reports that an operation of early data has stopped where only it can
// go on.
func (s *SSL) midEarly() bool { return s.early == earlyConnecting || s.early == earlyAccepting }

// readEarly is SSL_read_early_data: a server's read of early data, up to its end.
func (s *SSL) readEarly(start bool, buf []byte) {
	switch {
	case s.early == earlyNone && s.role == RoleServer && s.conn == nil:
		s.early = earlyAccepting
	case s.early == earlyRead && !start:
		s.noMoreEarly(true)
		return
	case s.early != earlyAccepting && s.early != earlyReading:
		s.notNow(readEarlyDataError)
		return
	}
	if !s.began() {
		return
	}
	for {
		n, w, err := s.conn.ReadEarly(buf)
		switch {
		case err == core.ErrNoEarlyData:
			s.noMoreEarly(s.early == earlyReading)
			return
		case err != nil:
			s.broken(err, readEarlyDataError)
			return
		}
		if s.early == earlyAccepting && (w == core.WaitRead || w == core.WaitNone) && s.conn.EarlyStatus() == core.EarlyAccepted {
			s.early = earlyReading
			s.pause()
		}
		if w == core.WaitNone {
			s.finish(readEarlyDataSuccess, n)
			return
		}
		if w == core.WaitRead && (s.state == StateSWServerHello || s.state == StateSWChange) {
			// A HelloRetryRequest has gone out: what the client has sent is not taken.
			s.noMoreEarly(false)
			return
		}
		if !s.turn(w) {
			return
		}
	}
}

// noMoreEarly ends the reading of early data. If there was some, its end is
// followed by the rest of the handshake, which is taken as far as it has come.
func (s *SSL) noMoreEarly(some bool) {
	s.early = earlyRead
	switch {
	case some:
		if !s.complete && !s.handshake() {
			return
		}
	case s.conn.HandshakeComplete(): // of TLS 1.2
		s.completed()
	default:
		s.pause()
	}
	s.finish(readEarlyDataFinish, 0)
}

// decideEarly answers whether early data is accepted: if the program reads it, and
// says so. That it is not replayed is the cache's part.
func (s *SSL) decideEarly() bool {
	if s.early != earlyAccepting || s.op != OpReadEarly {
		return s.settled(s.conn.AnswerEarlyData(false))
	}
	if s.allowEarlyData.Set() {
		s.ask(NeedEarlyData, s.allowEarlyData)
		return false
	}
	return s.settled(s.conn.AnswerEarlyData(true))
}

// writeEarly is SSL_write_early_data: a client's early data, or what a server
// sends to a client before that has finished the handshake.
func (s *SSL) writeEarly(start bool, buf []byte, at Ptr) {
	switch s.early {
	case earlyNone:
		allowed := s.pskUseSession != 0 || s.session != nil && s.session.MaxEarlyData() > 0
		if s.role != RoleClient || s.conn != nil || !allowed {
			s.notNow(0)
			return
		}
		s.early = earlyConnecting
		fallthrough
	case earlyConnecting:
		if !s.connectEarly() {
			return
		}
		fallthrough
	case earlyWriting:
		if !s.paused && s.readServed(nil, false) { // a read has begun the rest of the handshake
			return
		}
		if s.shutdown&SentShutdown != 0 {
			s.step.Err = fail(ReasonProtocolIsShutdown)
			s.finish(0, 0)
			return
		}
		if s.conn.EarlyStatus() != core.EarlyOffered && s.conn.EarlyStatus() != core.EarlyAccepted {
			break
		}
		if left := s.conn.EarlyLeft(); len(buf)-s.write.sealed > left {
			s.conn.Abort(iana.AlertInternalError, fail(ReasonTooMuchEarlyData))
			s.failed(s.conn.Err(), 0)
			return
		}
	case earlyReading, earlyRead:
	default:
		s.notNow(0)
		return
	}
	s.writeOut(start, buf, at, true)
}

// connectEarly makes the ClientHello, which goes out together with what is written
// first; if that cannot be now, the step is set. Where the session is not one to
// send early data with (of a suite that is not offered any more, expired), the
// handshake begins without, and what is written counts as rejected.
func (s *SSL) connectEarly() bool {
	if !s.began() {
		return false
	}
	for {
		var w core.Wait
		var err error
		if !s.earlyUnsent {
			_, w, err = s.conn.WriteEarly(nil)
		}
		if err == core.ErrEarlyData && s.highest >= iana.VersionTLS13 {
			s.earlyUnsent, err = true, nil
		}
		if s.earlyUnsent {
			w, err = s.conn.Handshake()
		}
		if err == core.ErrEarlyData {
			// OpenSSL finds out when the data is to be counted, and puts nothing on the queue.
			s.conn.Abort(iana.AlertInternalError, fail(ReasonTooMuchEarlyData))
			s.failed(s.conn.Err(), 0)
			s.step.Err = nil
			return false
		}
		if err != nil {
			s.failed(err, 0)
			return false
		}
		if w == core.WaitNone || w == core.WaitWrite || s.earlyUnsent && w == core.WaitRead {
			s.early = earlyWriting
			s.pause()
			return true
		}
		if !s.turn(w) {
			return false
		}
	}
}

// checkEarly looks whether a client offers the name and a protocol that early data
// of its session belongs to.
func (s *SSL) checkEarly() error {
	n := s.session
	if s.early != earlyConnecting || n == nil || n.MaxEarlyData() == 0 {
		return nil
	}
	if name := n.Hostname(); name != "" && name != s.serverName {
		return fail(ReasonInconsistentEarlyDataSNI)
	}
	if alpn := string(n.ALPN()); alpn != "" && !slices.Contains(splitProtocols(s.alpn), alpn) {
		return fail(ReasonInconsistentEarlyDataALPN)
	}
	return nil
}

// ExportEarlyKeyingMaterial is SSL_export_keying_material_early: n bytes, nil where
// there are none.
func (s *SSL) ExportEarlyKeyingMaterial(label string, context []byte, n int) []byte {
	if s.conn == nil || s.EarlyDataStatus() == earlyDataNotSent || s.role == RoleServer && s.EarlyDataStatus() != earlyDataAccepted {
		return nil
	}
	b, err := s.conn.ExportEarlyKeyingMaterial(label, context, n)
	if err != nil {
		return nil
	}
	return b
}
