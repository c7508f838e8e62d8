package ossl

import (
	"encoding/hex"

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
}

func (e *events) waiting() bool { return len(e.list) > 0 }

func (e *events) reset() { e.list, e.data = e.list[:0], e.data[:0] }

// taken gives the waiting events away; the next reset makes room for others.
func (e *events) taken() []Event {
	list := e.list
	e.list, e.data = nil, nil
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

func (s *SSL) tell(where, ret int) {
	if cb := s.info(); cb != 0 {
		s.events.list = append(s.events.list, Event{Kind: EventInfo, State: s.state, Callback: Callback{Fn: cb},
			Where: where, Ret: ret})
	}
}

// side is the part of a callback's place that tells the role.
func (s *SSL) side() int {
	if s.role == RoleServer {
		return cbAccept
	}
	return cbConnect
}

func (e *events) start(s *SSL) {
	s.tell(cbHandshakeStart, 1)
	s.tell(s.side()|cbLoop, 1)
}

func (e *events) completed(s *SSL) {
	s.tell(cbHandshakeDone, 1)
	s.tell(s.side()|cbExit, 1)
}

// Message, RecordHeader, InnerContentType and Secret make an SSL the observer of
// its engine.

// Message moves the state and queues notifications.
func (s *SSL) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	s.message(sent, int(v), int(typ), data)
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
		}
	case iana.ContentChangeCipherSpec:
		s.reached(s.changeState(sent))
	case iana.ContentHandshake:
		s.sawMessage = s.complete && !sent
		if len(data) > 0 {
			s.reached(s.messageState(sent, iana.HandshakeType(data[0])))
		}
	}
}

// Pseudo content types of message callbacks (SSL_CTX_set_msg_callback(3)).
const (
	contentHeader = 0x100
	contentInner  = 0x101
)

// RecordHeader shows a record's header to the message callback.
func (s *SSL) RecordHeader(sent bool, header []byte) { s.message(sent, 0, contentHeader, header) }

// InnerContentType shows a protected record's type to the message callback.
func (s *SSL) InnerContentType(sent bool, typ iana.ContentType) {
	if s.messageCallback.Set() {
		s.message(sent, int(iana.VersionTLS13), contentInner, []byte{byte(typ)})
	}
}

func (s *SSL) message(sent bool, version, typ int, data []byte) {
	if s.messageCallback.Set() {
		s.events.list = append(s.events.list, Event{Kind: EventMessage, Sent: sent, State: s.state,
			Callback: s.messageCallback, Version: version, Type: typ, Data: s.events.keep(data)})
	}
}

// Secret makes a line for the keylog callback (RFC 9850).
func (s *SSL) Secret(label string, clientRandom, secret []byte) {
	cb := s.ctx.snap.Load().keylog
	if cb == 0 {
		return
	}
	line := make([]byte, 0, len(label)+2+2*len(clientRandom)+2*len(secret))
	line = append(append(line, label...), ' ')
	line = append(hex.AppendEncode(line, clientRandom), ' ')
	line = hex.AppendEncode(line, secret)
	s.events.list = append(s.events.list, Event{Kind: EventKeylog, State: s.state, Callback: Callback{Fn: cb}, Data: line})
}

// reached moves the state. After the handshake it stays what it is, as messages
// then are no handshake's.
func (s *SSL) reached(st State) {
	if st == StateBefore || s.complete {
		return
	}
	s.state = st
	s.tell(s.side()|cbLoop, 1)
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
