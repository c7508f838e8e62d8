package ossl

import (
	"encoding/hex"

	"patina/core"
	"patina/core/iana"
)

// Where an info callback is called from (SSL_CTX_set_info_callback(3)).
const (
	cbLoop           = 0x01
	cbExit           = 0x02
	cbRead           = 0x04
	cbWrite          = 0x08
	cbHandshakeStart = 0x10
	cbHandshakeDone  = 0x20
	cbAlert          = 0x4000
	cbConnect        = 0x1000
	cbAccept         = 0x2000
)

// events are the notifications that wait to be delivered, in order. They are
// gathered while the engine works.
type events struct {
	list []Event
	data []byte // what the events' Data point into
	// mark is how many of list came before a client's servername callback.
	mark int
	// alert are those of an alert, for behind its record: it is told of when the
	// transport has taken that.
	alert []Event
}

func (e *events) waiting() bool { return len(e.list) > 0 }

func (e *events) reset() { e.list, e.data, e.alert = e.list[:0], e.data[:0], nil }

// add queues an event as of now.
func (s *SSL) add(e Event) {
	e.Failed, e.Shutdown = s.dead || s.conn != nil && s.conn.Err() != nil, s.shutdown
	e.InInit = e.InInit || e.Failed
	s.events.list = append(s.events.list, e)
}

// behindRecord moves the events from list[from] on, of an alert, behind its record.
func (e *events) behindRecord(from int) {
	e.alert = append(e.alert, e.list[from:]...)
	e.list = e.list[:from]
}

// recordWritten queues what was to come behind an alert's record. OpenSSL buffers
// what a handshake writes: whether the transport takes it is found out later.
func (s *SSL) recordWritten(tried bool) {
	if len(s.events.alert) > 0 && (len(s.conn.Output()) == 0 || tried && !s.complete) {
		s.events.list = append(s.events.list, s.events.alert...)
		s.events.alert = nil
	}
}

// taken gives the waiting events away; the next reset makes room for others.
func (e *events) taken() []Event {
	list := e.list
	e.list, e.data, e.mark = nil, nil, 0
	return list
}

// takenToMark gives away those before the mark.
func (e *events) takenToMark() []Event {
	list := e.list[:e.mark:e.mark]
	e.list, e.mark = e.list[e.mark:], 0
	return list
}

// keep copies what an event shows.
func (e *events) keep(b []byte) []byte {
	from := len(e.data)
	e.data = append(e.data, b...)
	return e.data[from:len(e.data):len(e.data)]
}

// info is the info callback in force: the connection's own, or that of its
// SSL_CTX.
func (s *SSL) info() Ptr {
	if s.infoCallback != 0 {
		return s.infoCallback
	}
	return s.ctx.snap.Load().infoCallback
}

// tell queues a call of the info callback, as of now.
func (s *SSL) tell(where, ret int) { s.tellOf(s.state, s.inInit(), where, ret) }

func (s *SSL) tellOf(state State, inInit bool, where, ret int) {
	if cb := s.info(); cb != 0 {
		s.add(Event{Kind: EventInfo, State: state, InInit: inInit, Callback: Callback{Fn: cb}, Where: where, Ret: ret})
	}
}

// side is the part of a callback's place that tells the role.
func (s *SSL) side() int {
	if s.role == RoleServer {
		return cbAccept
	}
	return cbConnect
}

// OpenSSL's state machine calls the info callback before each step it makes: for
// each message written or read, and once more where it finds that there is
// nothing left to write. flight is what has been told of the latter.
type flight uint8

const (
	flightOpen      flight = iota // the end of what is written has not been told
	flightConcluded               // it has
)

func (s *SSL) tellStart() {
	s.tell(cbHandshakeStart, 1)
	s.flight = flightConcluded
	if s.role == RoleServer {
		s.flight = flightOpen
	}
}

// tellLoop tells of a step about to be made.
func (s *SSL) tellLoop() { s.tell(s.side()|cbLoop, 1) }

// conclude tells, once, that there is nothing left to write.
func (s *SSL) conclude() {
	if s.flight == flightOpen && !s.complete {
		s.flight = flightConcluded
		s.tellLoop()
	}
}

func (s *SSL) tellDone() {
	if !s.toldDone {
		s.toldDone = true
		s.tellOf(s.state, false, cbHandshakeDone, 1)
	}
}

// Message, RecordHeader, InnerContentType and Secret make an SSL the observer of
// its engine.

// Message moves the state and queues notifications.
func (s *SSL) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	before := len(s.events.list)
	if sent || typ != iana.ContentChangeCipherSpec {
		version := v
		if s.conn.Version() == 0 {
			version = s.highest // as long as none is agreed on
		}
		s.message(sent, int(version), int(typ), data)
	}
	switch typ {
	case iana.ContentAlert:
		if len(data) == 2 {
			if !sent && data[0] == 1 {
				s.warning = iana.AlertDescription(data[1])
			}
			where := cbAlert | cbRead
			if sent {
				where = cbAlert | cbWrite
			}
			s.tell(where, int(data[0])<<8|int(data[1]))
			if sent && (data[0] == byte(iana.LevelFatal) || data[1] == byte(iana.AlertCloseNotify)) {
				s.events.behindRecord(before) // a warning in a flight keeps its place
			}
		}
	case iana.ContentChangeCipherSpec:
		s.changed = s.changed || sent
		// One before the alert of a failure is no step of the handshake.
		if (sent || v != iana.VersionTLS13) && s.conn.Err() == nil {
			s.reached(sent, s.changeState(sent))
		}
	case iana.ContentHandshake:
		s.sawMessage = s.sawMessage || s.complete && !sent
		if len(data) > 0 {
			if !sent {
				s.unpause()
				s.extensionsRead = s.extensionsRead || iana.HandshakeType(data[0]) == iana.TypeEncryptedExtensions
			} else if iana.HandshakeType(data[0]) == iana.TypeEndOfEarlyData {
				if s.state != StateEarlyDataEnd {
					s.tellLoop()
					s.state = StateEarlyDataEnd
				}
			}
			if t := iana.HandshakeType(data[0]); t != iana.TypeHelloRequest || s.complete {
				s.reached(sent, s.messageState(sent, t)) // a HelloRequest in a handshake is passed over
			}
			if !sent {
				s.showExtensions(data)
				if t := iana.HandshakeType(data[0]); t == iana.TypeServerHello || t == iana.TypeEncryptedExtensions {
					s.events.mark = len(s.events.list)
				}
			}
			if sent && iana.HandshakeType(data[0]) == iana.TypeCertificateRequest {
				s.postAuth.requests++
			}
			if s.role == RoleServer && sent && v == iana.VersionTLS13 && !s.complete {
				s.sent13(iana.HandshakeType(data[0]))
			}
		}
	}
}

// Pseudo content types of message callbacks (SSL_CTX_set_msg_callback(3)).
const (
	contentHeader = 0x100
	contentInner  = 0x101
)

// watchRecords packs handshake messages into records as OpenSSL does, each into its
// own, where the program sees records.
func (s *SSL) watchRecords() {
	if s.conn != nil {
		s.conn.SetMessageRecords(s.messageCallback.Set())
	}
}

// RecordHeader shows a record's header to the message callback, with the version in it.
func (s *SSL) RecordHeader(sent bool, header []byte) {
	s.message(sent, int(header[1])<<8|int(header[2]), contentHeader, header)
}

// InnerContentType shows a protected record's type to the message callback. As in OpenSSL, one that is sent counts as of
// the version in its header.
func (s *SSL) InnerContentType(sent bool, typ iana.ContentType) {
	if s.messageCallback.Set() {
		version := iana.VersionTLS13
		if sent {
			version = iana.VersionTLS12
		}
		s.message(sent, int(version), contentInner, []byte{byte(typ)})
	}
}

func (s *SSL) message(sent bool, version, typ int, data []byte) {
	if s.messageCallback.Set() {
		s.add(Event{Kind: EventMessage, Sent: sent, State: s.state, InInit: s.inInit(),
			Callback: s.messageCallback, Version: version, Type: typ, Data: s.events.keep(data)})
	}
}

// Secret makes a line for the keylog callback (RFC 9850).
func (s *SSL) Secret(label string, clientRandom, secret []byte) {
	if label == core.LabelMaster && len(secret) == len(s.master) {
		copy(s.master[:], secret) // SSL_SESSION_get_master_key before the handshake ends
	}
	cb := s.ctx.snap.Load().keylog
	if cb == 0 {
		return
	}
	line := make([]byte, 0, len(label)+2+2*len(clientRandom)+2*len(secret))
	line = append(append(line, label...), ' ')
	line = append(hex.AppendEncode(line, clientRandom), ' ')
	line = hex.AppendEncode(line, secret)
	s.add(Event{Kind: EventKeylog, State: s.state, InInit: s.inInit(), Callback: Callback{Fn: cb}, Data: line})
}

// tellAhead moves the state of a client to a message that is about to be made.
func (s *SSL) tellAhead(st State) {
	if s.toldAhead != st {
		s.tellLoop()
		s.state, s.flight, s.toldAhead = st, flightOpen, st
	}
}

// reached moves the state.
func (s *SSL) reached(sent bool, st State) {
	switch {
	case st == StateBefore:
	case st == s.toldAhead:
		s.toldAhead = StateBefore
	case s.complete && s.postReached(sent, st):
	case s.complete:
		if sent && s.extra.sending && (st == StateSWSessionTicket || st == StateSWCertRequest) {
			s.extraSent(st)
		}
		if !sent {
			s.tellOf(StateOK, true, s.side()|cbLoop, 1)
			s.tellOf(StateOK, true, s.side()|cbLoop, 1)
			s.tellOf(st, true, s.side()|cbLoop, 1)
			s.tellOf(StateOK, false, s.side()|cbExit, 1)
		}
	default:
		if !sent {
			s.conclude()
		}
		s.tellLoop()
		s.state = st
		s.flight = flightOpen
		if !sent {
			s.flight = flightConcluded
		}
	}
}

// sent13 makes the steps that only a TLS 1.3 server has: after its Finished it
// waits for early data, and its tickets come after the handshake is done.
func (s *SSL) sent13(t iana.HandshakeType) {
	switch t {
	case iana.TypeFinished:
		s.tellLoop()
		s.state = StateEarlyData
	case iana.TypeNewSessionTicket:
		s.tellDone()
	}
}

func (s *SSL) changeState(sent bool) State {
	switch {
	case s.role == RoleServer && sent:
		return StateSWChange
	case s.role == RoleServer:
		return StateSRChange
	case sent:
		return StateCWChange
	}
	return StateCRChange
}

// messageStates are the states of a message: of a client that has sent and that
// has received it, of a server that has sent and that has received it.
var messageStates = map[iana.HandshakeType][4]State{
	iana.TypeHelloRequest:        {0, StateCRHelloRequest, StateSWHelloRequest, 0},
	iana.TypeClientHello:         {StateCWClientHello, 0, 0, StateSRClientHello},
	iana.TypeServerHello:         {0, StateCRServerHello, StateSWServerHello, 0},
	iana.TypeEncryptedExtensions: {0, StateCREncryptedExtensions, StateSWEncryptedExtensions, 0},
	iana.TypeCertificate:         {StateCWCert, StateCRCert, StateSWCert, StateSRCert},
	iana.TypeCertificateStatus:   {0, StateCRCertStatus, StateSWCertStatus, 0},
	iana.TypeServerKeyExchange:   {0, StateCRKeyExchange, StateSWKeyExchange, 0},
	iana.TypeCertificateRequest:  {0, StateCRCertRequest, StateSWCertRequest, 0},
	iana.TypeServerHelloDone:     {0, StateCRServerDone, StateSWServerDone, 0},
	iana.TypeClientKeyExchange:   {StateCWKeyExchange, 0, 0, StateSRKeyExchange},
	iana.TypeCertificateVerify:   {StateCWCertVerify, StateCRCertVerify, StateSWCertVerify, StateSRCertVerify},
	iana.TypeEndOfEarlyData:      {StateCWEndOfEarlyData, 0, 0, StateSREndOfEarlyData},
	iana.TypeFinished:            {StateCWFinished, StateCRFinished, StateSWFinished, StateSRFinished},
	iana.TypeNewSessionTicket:    {0, StateCRSessionTicket, StateSWSessionTicket, 0},
	iana.TypeKeyUpdate:           {StateCWKeyUpdate, StateCRKeyUpdate, StateSWKeyUpdate, StateSRKeyUpdate},
}

func (s *SSL) messageState(sent bool, t iana.HandshakeType) State {
	i := 0
	if s.role == RoleServer {
		i = 2
	}
	if !sent {
		i++
	}
	return messageStates[t][i]
}
