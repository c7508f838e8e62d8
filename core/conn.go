package core

import (
	"io"

	"patina/core/iana"
	"patina/core/suite"
	"patina/core/wire"
)

// Conn is one TLS connection, without I/O. It is used by one goroutine at a time;
// once established by two, of which one receives and one sends, as is said at the
// methods that belong to a half.
type Conn struct {
	cfg    *Config
	params Params
	client bool
	obs    Observer

	state state // nil only while it steps
	err   error // the permanent failure
	hs    *handshake
	done  bool // the handshake is complete

	started     bool // a byte of the handshake has been made or taken
	serverSpoke bool // client: a ServerHello has begun to come
	peerClosed  bool // the peer's close_notify has come
	closed      bool // ours has been queued

	version iana.ProtocolVersion
	suite   *suite.Suite
	facts

	in  inbound
	out outbound

	// Limits agreed on, 0 for none: of max_fragment_length; of record_size_limit,
	// own and peer's; and what follows of either for the content sent.
	fragmentLimit int
	recordLimits  [2]uint16
	contentLimit  int

	quic *quicTransport // nil: records carry the connection

	early *early // nil where the client offers no early data

	post *postAuth // nil: the client has not offered post-handshake authentication

	custom *custom // nil: none of the owner's extensions has been sent or received

	newSession *Session // the question of WaitSessionStore and WaitTicketSeal
}

// errPeerClosed: the peer's close_notify has come before the handshake's end.
var errPeerClosed = io.EOF

// NewClient makes a client's connection.
func NewClient(cfg *Config, p Params) *Conn {
	c := &Conn{cfg: cfg, params: p.withDefaults(), client: true, hs: new(handshake)}
	c.state = startClient(c)
	return c
}

// NewServer makes a server's connection.
func NewServer(cfg *Config, p Params) *Conn {
	c := &Conn{cfg: cfg, params: p.withDefaults(), hs: new(handshake)}
	c.state = startServer(c)
	return c
}

// SetObserver makes o see what passes. To be called before the first operation.
func (c *Conn) SetObserver(o Observer) { c.obs = o }

// SetMessageRecords has each handshake message begin a record of its own, which is
// sealed at once, so that an observer sees records and messages in turn. Otherwise
// a record has as many as it can take.
func (c *Conn) SetMessageRecords(on bool) { c.out.messageRecords = on }

// Operations. Each goes on until it is done (WaitNone) or something is needed.
// An error is permanent, except io.EOF of Read.

// Handshake advances the handshake; WaitNone when it is complete and
// everything it had to send has been sent. A peer that closes instead is
// io.EOF.
func (c *Conn) Handshake() (Wait, error) {
	if c.early != nil {
		c.early.hold = false
	}
	for !c.done {
		w, err := c.step()
		if err != nil {
			return WaitNone, err
		}
		if w == WaitRead || w == WaitEarlyData {
			return c.flushOr(w)
		}
		if w != WaitNone {
			return w, nil
		}
	}
	if c.err != nil {
		return WaitNone, c.err
	}
	return c.flushOr(WaitNone)
}

// step lets the state make one step.
func (c *Conn) step() (Wait, error) {
	if c.err != nil {
		return WaitNone, c.err
	}
	s := c.state
	if s == nil {
		c.fail(failure(KindInternal, "a step did not end"))
		return WaitNone, c.err
	}
	c.state = nil
	shaking := c.hs != nil
	next, w, err := s.step(c)
	if err != nil || shaking && c.hs == nil {
		wipeState(s)
	}
	if err != nil {
		c.fail(err)
		return WaitNone, c.err
	}
	if w == WaitNone && c.custom != nil && len(c.custom.received) > 0 {
		next = &customReceived{next}
	}
	c.state = next
	return w, nil
}

// flushOr seals the flight and is WaitWrite as long as there is output, w
// after it.
func (c *Conn) flushOr(w Wait) (Wait, error) {
	if err := c.out.sealFlight(c); err != nil {
		c.fail(err)
		return WaitNone, c.err
	}
	if len(c.Output()) > 0 {
		return WaitWrite, nil
	}
	return w, nil
}

// fail puts the connection in the failed state with err, the first of which
// stays, and queues the alert that tells the peer, behind what waits to be
// sent.
func (c *Conn) fail(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if alert, ok := AlertOf(err); ok && !c.closed {
		if c.hs != nil && c.hs.ccsDue {
			_ = c.queueCompatCCS() // where it cannot be sealed, nor can the alert
		}
		c.out.alert(c, iana.LevelFatal, alert)
	}
	c.wipeTraffic()
	c.state = nil
	c.dropHandshake()
	c.post = nil
}

// Read opens records until there is application data, and copies it to p.
// Messages after the handshake are handled on the way. n > 0 goes with
// WaitNone. The peer's close_notify is io.EOF; the transport's end without it
// ErrUnexpectedEOF.
func (c *Conn) Read(p []byte) (n int, w Wait, err error) {
	if c.quic != nil {
		return 0, WaitNone, ErrQUIC
	}
	w, err = c.fill()
	if w != WaitNone || err != nil {
		return 0, w, err
	}
	n = copy(p, c.in.app)
	c.in.consumeApp(n)
	return n, WaitNone, nil
}

// Peek is Read without taking the data.
func (c *Conn) Peek(p []byte) (n int, w Wait, err error) {
	if c.quic != nil {
		return 0, WaitNone, ErrQUIC
	}
	w, err = c.fill()
	if w != WaitNone || err != nil {
		return 0, w, err
	}
	return copy(p, c.in.app), WaitNone, nil
}

// fill goes on until there is application data.
func (c *Conn) fill() (Wait, error) {
	if !c.done {
		if w, err := c.Handshake(); w != WaitNone || err != nil {
			return w, err
		}
	}
	for len(c.in.app) == 0 {
		if c.err == nil && c.peerClosed {
			return WaitNone, io.EOF
		}
		w, err := c.step()
		if err != nil {
			return WaitNone, err
		}
		if w != WaitNone && len(c.in.app) == 0 && !c.peerClosed {
			return w, nil
		}
	}
	return WaitNone, nil
}

// Write seals as much of p as the output buffer takes and tells how much that
// was, with WaitWrite: what it took is in Output and must not be written again.
// With an empty p it returns (0, WaitNone) or the wait that stands.
func (c *Conn) Write(p []byte) (n int, w Wait, err error) {
	if c.quic != nil {
		return 0, WaitNone, ErrQUIC
	}
	if !c.done {
		if w, err := c.Handshake(); w != WaitNone || err != nil {
			return 0, w, err
		}
	}
	if c.err != nil {
		return 0, WaitNone, c.err
	}
	if len(c.Output()) > 0 {
		return 0, WaitWrite, nil
	}
	if c.closed {
		return 0, WaitNone, ErrClosed
	}
	if n, err = c.out.write(c, p); err != nil {
		c.fail(err)
		return 0, WaitNone, c.err
	}
	w, err = c.flushOr(WaitNone)
	return n, w, err
}

// CloseNotify queues the alert that ends this side (RFC 8446, section 6.1) once;
// WaitWrite until it has been sent.
func (c *Conn) CloseNotify() (Wait, error) {
	if c.err != nil {
		return WaitNone, c.err
	}
	if !c.closed {
		if err := c.out.sealFlight(c); err != nil {
			c.fail(err)
			return WaitNone, c.err
		}
		c.out.alert(c, iana.LevelWarning, iana.AlertCloseNotify)
		c.closed = true
	}
	return c.flushOr(WaitNone)
}

// KeyUpdate queues a KeyUpdate (RFC 8446, section 4.6.3), sent with the next
// write, that asks the peer for one of its own if request is set.
func (c *Conn) KeyUpdate(request bool) error {
	if c.err != nil {
		return c.err
	}
	if c.quic != nil {
		return ErrQUIC // RFC 9001, section 6
	}
	if !c.done || !c.ofTLS13() {
		return ErrHandshake
	}
	c.out.wantKeyUpdate(request)
	return nil
}

// SetMaxFragment changes Params.MaxFragment for what is written from now on; a
// limit the peer has asked for stays.
func (c *Conn) SetMaxFragment(n int) {
	c.params.MaxFragment = n
	c.params = c.params.withDefaults()
	if c.contentLimit != 0 {
		c.params.MaxFragment = min(c.params.MaxFragment, c.contentLimit)
	}
}

// SetEOFIsClose changes Params.EOFIsClose.
func (c *Conn) SetEOFIsClose(on bool) { c.params.EOFIsClose = on }

// Warn queues a warning alert, in TLS 1.2 only; the handshake goes on.
func (c *Conn) Warn(alert iana.AlertDescription) {
	if c.err == nil && !c.closed && c.version != iana.VersionTLS13 {
		c.out.alert(c, iana.LevelWarning, alert)
	}
}

// Abort ends the connection with a fatal alert, which is left in Output, and
// puts it in the failed state with err.
func (c *Conn) Abort(alert iana.AlertDescription, err error) {
	c.fail(&AbortError{Alert: alert, Err: err})
}

// Free wipes secrets and gives all buffers back; c fails from then on.
func (c *Conn) Free() {
	c.err = ErrFreed
	c.wipeTraffic()
	c.state = nil
	c.dropHandshake()
	c.post = nil
	c.in.free(c)
	c.out.free(c)
	c.exporter.Wipe()
	if c.quic != nil {
		c.quic.wipe()
	}
	if c.early != nil {
		c.early.exporter.Wipe()
	}
}

// ClientHello is the client's first or, after a HelloRetryRequest, second
// message; on servers from WaitClientHello until the handshake completes.
func (c *Conn) ClientHello() *wire.ClientHello {
	if c.hs == nil {
		return nil
	}
	return c.hs.hello
}
