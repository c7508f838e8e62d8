package core

import (
	"bytes"
	"errors"

	"patina/core/iana"
	"patina/core/keys"
)

// QUIC (RFC 9001): the states of TLS 1.3 without a record layer. QUIC carries
// the handshake's bytes in CRYPTO frames, protects its packets with keys from
// this side's secrets, and tells the peer of failures itself.
//
// In a Conn that QUIC carries, the field quic takes the place of the record
// layer at the five points where the states meet it: bytes in (inbound.nextMessage),
// a flight out (outbound.sealFlight), new secrets of either direction, alerts,
// and change_cipher_spec, of which there is none.

// QUICLevel is an encryption level (RFC 9001, section 2.1).
type QUICLevel uint8

// QUICLevel values.
const (
	QUICInitial QUICLevel = iota
	QUICEarly             // 0-RTT
	QUICHandshake
	QUICApplication // 1-RTT
)

var quicLevelNames = [...]string{"initial", "0-RTT", "handshake", "1-RTT"}

func (l QUICLevel) String() string {
	if int(l) < len(quicLevelNames) {
		return quicLevelNames[l]
	}
	return "unknown"
}

// QUICEventKind says what a QUICEvent is.
type QUICEventKind uint8

// QUICEventKind values.
const (
	// QUICNoEvent: nothing more, until Advance has been called again.
	QUICNoEvent QUICEventKind = iota
	// QUICCrypto: Data is to be sent in CRYPTO frames of Level.
	QUICCrypto
	// QUICReadSecret: Data is the secret that packets of Level are opened with,
	// for the AEAD and hash of Suite; RFC 9001, section 5.1.
	QUICReadSecret
	// QUICWriteSecret: the same for packets to be sent.
	QUICWriteSecret
	// QUICTransportParameters: Data are the peer's, not authenticated before the
	// handshake is complete (RFC 9001, section 8.2).
	QUICTransportParameters
)

// QUICEvent is something QUIC has to do, in the order in which it is told.
type QUICEvent struct {
	Kind  QUICEventKind
	Level QUICLevel
	Suite iana.CipherSuite
	Data  []byte // the receiver's own
}

// ErrQUIC: QUIC carries the connection: it has no data of its own, no
// close_notify and no KeyUpdate.
var ErrQUIC = errors.New("tls: QUIC carries this connection")

// maxQUICPending limits the bytes of handshake messages that have been received
// and not yet looked at: the longest message and as much again.
const maxQUICPending = 2 * maxHello

// QUIC is a TLS 1.3 connection whose messages QUIC carries. Its owner gives it
// what comes in CRYPTO frames, in order, calls Advance, answers what it asks, and
// does what the events say:
//
//	for {
//		w, err := q.Advance()
//		for e := q.NextEvent(); e.Kind != core.QUICNoEvent; e = q.NextEvent() {
//			// send, install keys
//		}
//		// err: CONNECTION_CLOSE with QUICErrorCode(err)
//		// w: answer, or receive
//	}
//
// The handshake is complete when Conn().HandshakeComplete() says so. Advance
// remains to be called for what comes after it: tickets.
type QUIC struct {
	c *Conn
	quicTransport
}

// quicTransport is what stands in a Conn in place of its record layer.
type quicTransport struct {
	pending []byte // received, in the level readLevel
	reads   QUICLevel
	writes  QUICLevel
	events  []QUICEvent
	peer    []byte // transport parameters
}

// NewQUICClient makes the client's side of a connection of QUIC, with
// p.QUICTransportParameters for the server.
func NewQUICClient(cfg *Config, p Params) *QUIC { return newQUIC(NewClient(cfg, p)) }

// NewQUICServer makes the server's side. Its QUICTransportParameters may be
// changed like all Params, after the client's are known.
func NewQUICServer(cfg *Config, p Params) *QUIC { return newQUIC(NewServer(cfg, p)) }

func newQUIC(c *Conn) *QUIC {
	q := &QUIC{c: c}
	c.quic = &q.quicTransport
	c.setParams(c.params)
	return q
}

// setParams changes the Params to p, as far as the transport allows.
func (c *Conn) setParams(p Params) {
	c.params = p.withDefaults()
	if c.quic == nil {
		return
	}
	c.params.MinVersion, c.params.MaxVersion = iana.VersionTLS13, iana.VersionTLS13
	c.params.NoMiddleboxCompat = true  // RFC 9001, section 8.4
	c.params.PostHandshakeAuth = false // RFC 9001, section 4.4
	c.params.MaxFragmentLength, c.params.RecordSizeLimit = 0, 0
	if c.params.MaxEarlyData > 0 {
		c.params.MaxEarlyData = quicMaxEarlyData
	}
}

// quicMaxEarlyData is the max_early_data_size of every ticket for QUIC, which
// limits early data in its own way (RFC 9001, section 4.6.1).
const quicMaxEarlyData = 1<<32 - 1

// Conn is the connection: for questions and answers, and for what has been
// agreed. What it has for data and for a transport is not used; it is ErrQUIC
// or does nothing.
func (q *QUIC) Conn() *Conn { return q.c }

// Receive takes the next bytes of the CRYPTO frames of a level, whose order QUIC
// has restored. At a level whose keys are no longer, or not yet, in use for the
// handshake they are KindUnexpectedMessage.
func (q *QUIC) Receive(level QUICLevel, data []byte) error {
	if q.c.err != nil {
		return q.c.err
	}
	if len(data) == 0 {
		return nil
	}
	if level != q.reads {
		q.c.fail(failure(KindUnexpectedMessage, "handshake data of the level "+level.String()))
		return q.c.err
	}
	if len(q.pending)+len(data) > maxQUICPending {
		q.c.fail(failure(KindExcessiveMessage, "handshake data that nobody has looked at"))
		return q.c.err
	}
	q.pending = append(q.pending, data...)
	return nil
}

// Advance goes on as far as it can. WaitRead: bytes of the peer are needed for
// more; other Waits are questions, put to Conn(). It is never WaitWrite: what is
// to be sent is an event. An error is permanent.
func (q *QUIC) Advance() (Wait, error) {
	c := q.c
	if !c.done {
		if w, err := c.Handshake(); w != WaitNone || err != nil {
			return w, err
		}
	}
	for {
		w, err := c.step()
		if err != nil {
			return WaitNone, err
		}
		if w == WaitRead {
			return c.flushOr(w)
		}
		if w != WaitNone {
			return w, nil
		}
	}
}

// NextEvent is the next thing to be done.
func (q *QUIC) NextEvent() QUICEvent {
	if len(q.events) == 0 {
		return QUICEvent{}
	}
	e := q.events[0]
	q.events[0] = QUICEvent{}
	if q.events = q.events[1:]; len(q.events) == 0 {
		q.events = nil
	}
	return e
}

// PeerTransportParameters are the peer's, nil until they have come.
func (q *QUIC) PeerTransportParameters() []byte { return q.peer }

// QUICErrorCode is the code a CONNECTION_CLOSE frame tells the peer of err with
// (RFC 9001, section 4.8). ok is false where there is none to tell.
func QUICErrorCode(err error) (code uint64, ok bool) {
	alert, ok := AlertOf(err)
	return 0x100 + uint64(alert), ok
}

// next gives what has been received to in; false if there is nothing.
func (q *quicTransport) next(in *inbound) bool {
	if len(q.pending) == 0 {
		return false
	}
	in.frag, q.pending = q.pending, nil
	return true
}

// crypto takes a flight.
func (q *quicTransport) crypto(flight []byte) {
	if n := len(q.events); n > 0 && q.events[n-1].Kind == QUICCrypto && q.events[n-1].Level == q.writes {
		q.events[n-1].Data = append(q.events[n-1].Data, flight...)
		return
	}
	q.events = append(q.events, QUICEvent{Kind: QUICCrypto, Level: q.writes, Data: bytes.Clone(flight)})
}

// readSecret goes over to the next level of what is received.
func (q *quicTransport) readSecret(suite iana.CipherSuite, s *keys.Secret) error {
	if len(q.pending) > 0 {
		return failure(KindExcessHandshakeData, "")
	}
	q.reads = q.reads.next()
	q.events = append(q.events, QUICEvent{QUICReadSecret, q.reads, suite, bytes.Clone(s.Bytes())})
	return nil
}

// writeSecret goes over to the next level of what is sent.
func (q *quicTransport) writeSecret(suite iana.CipherSuite, s *keys.Secret) {
	q.writes = q.writes.next()
	q.events = append(q.events, QUICEvent{QUICWriteSecret, q.writes, suite, bytes.Clone(s.Bytes())})
}

// earlySecret tells of 0-RTT, whose packets carry no handshake messages.
func (q *quicTransport) earlySecret(kind QUICEventKind, suite iana.CipherSuite, s *keys.Secret) {
	q.events = append(q.events, QUICEvent{kind, QUICEarly, suite, bytes.Clone(s.Bytes())})
}

// next is the level of handshake messages after l.
func (l QUICLevel) next() QUICLevel {
	if l == QUICInitial {
		return QUICHandshake
	}
	return QUICApplication
}

// takeTransportParameters takes the peer's.
func (q *quicTransport) takeTransportParameters(b []byte) {
	q.peer = bytes.Clone(b)
	q.events = append(q.events, QUICEvent{Kind: QUICTransportParameters, Data: bytes.Clone(b)})
}

func (q *quicTransport) wipe() {
	for i := range q.events {
		clear(q.events[i].Data)
	}
	q.events, q.pending = nil, nil
}

// checkTransport checks that the ClientHello in force is for the transport the
// connection has (RFC 9001, sections 8.2 and 8.4).
func (c *Conn) checkTransport() error {
	hello := c.hs.hello
	has := hello.Has(iana.ExtQUICTransportParameters)
	switch {
	case c.quic == nil && has:
		return failure(KindUnsolicitedExtension, "quic_transport_parameters without QUIC")
	case c.quic == nil:
		return nil
	case !has:
		return failure(KindMissingExtension, "quic_transport_parameters")
	case len(hello.SessionID) > 0:
		return failure(KindBadSessionID, "one in QUIC")
	}
	c.quic.takeTransportParameters(hello.QUICTransportParameters)
	return nil
}

// maxTransportParameters is how long this side's may be, in bytes: with other
// extensions they make a message that peers limit, as maxMessage does here.
const maxTransportParameters = 4 << 10

// ownTransportParameters are this side's for its hello or EncryptedExtensions;
// nil without QUIC, never nil with it.
func (c *Conn) ownTransportParameters() ([]byte, error) {
	if c.quic == nil {
		return nil, nil
	}
	if len(c.params.QUICTransportParameters) > maxTransportParameters {
		return nil, failure(KindInternal, "the transport parameters are too long")
	}
	return append([]byte{}, c.params.QUICTransportParameters...), nil
}

// checkQUICProtocol demands that an application protocol has been agreed (RFC
// 9001, section 8.1).
func (c *Conn) checkQUICProtocol() error {
	if c.quic != nil && c.alpn == "" {
		return failure(KindNoApplicationProtocol, "QUIC needs one")
	}
	return nil
}
