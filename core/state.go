package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
)

//go:generate go run patina/internal/stategraph -core . -o ../docs/states.md

// state is one moment of a connection. It holds the data of that moment.
//
// step goes on as far as it can: it returns the next state with WaitNone when
// it has made progress, itself with another Wait when it needs something, or
// an error, which ends the connection for good. While it runs the connection
// has no state, so that a panic in it leaves a connection that fails.
//
// A state asks a question by returning a Wait of a decision, again on every
// step until the answer has come; it takes the answer by a method of one of
// the answer interfaces (answers.go).
//
// Handshake bytes to be sent are queued (Conn.queue); the driver seals and
// flushes them before it reports WaitRead and before the handshake ends.
type state interface {
	step(c *Conn) (next state, w Wait, err error)
}

// message is one whole handshake message received. It lies in the input
// buffer or in the reassembly buffer and is good until the next nextMessage.
type message struct {
	typ  iana.HandshakeType
	raw  []byte // header included
	body []byte
}

// nextMessage returns the next handshake message, opening records for it. With
// ok false and no error the state returns itself with WaitRead. It does not
// touch the transcript: states add m.raw when its moment has come.
func (c *Conn) nextMessage() (m message, ok bool, err error) { return c.in.nextMessage(c) }

// expect is nextMessage for a message of one type; any other is
// KindUnexpectedMessage.
func (c *Conn) expect(typ iana.HandshakeType) (m message, ok bool, err error) {
	m, ok, err = c.nextMessage()
	if ok && m.typ != typ {
		return message{}, false, unexpected(m.typ)
	}
	return m, ok, err
}

func unexpected(typ iana.HandshakeType) error {
	return failure(KindUnexpectedMessage, typ.String())
}

// expectCCS waits for the change_cipher_spec of TLS 1.2. TLS 1.3 states never
// ask for one: once the version is 1.3 the record layer drops them, as RFC
// 8446, section 5, allows.
func (c *Conn) expectCCS() (ok bool, err error) { return c.in.expectCCS(c) }

// messageBuffer is where a handshake message is appended to be sent:
//
//	b := c.messageBuffer()
//	b = wire.AppendFinished(b, mac)
//	c.queue(b)
//
// Nothing else may be done with c between the two calls.
func (c *Conn) messageBuffer() []byte {
	c.out.borrowFlight()
	return c.out.flight
}

// queue takes messageBuffer back with exactly one message appended, shows it
// to the observer and adds it to the transcript.
func (c *Conn) queue(b []byte) { c.queueAs(b, b[len(c.out.flight):]) }

// queueAs is queue for a message in whose place another goes into the
// transcript.
func (c *Conn) queueAs(b, transcribed []byte) {
	msg := b[len(c.out.flight):]
	c.out.flight = b
	c.started = true
	if c.hs != nil {
		c.hs.transcript.add(transcribed)
		c.hs.spoken = true
	}
	if c.out.messageRecords {
		// What cannot be sealed now fails what seals next.
		_ = c.out.sealMessages(c)
	}
	if c.obs != nil {
		c.obs.Message(true, c.wireVersion(), iana.ContentHandshake, msg)
	}
}

// queueCCS queues a change_cipher_spec after what has been queued so far: the
// real one of TLS 1.2, or TLS 1.3's dummy (RFC 8446, appendix D.4).
func (c *Conn) queueCCS() error { return c.out.queueCCS(c) }

// setVersion settles the version, on the record layer too. From then on TLS
// 1.3 drops change_cipher_spec records.
func (c *Conn) setVersion(v iana.ProtocolVersion) {
	c.version = v
	c.in.opener.Version = v
	c.in.opener.DropCCS = v == iana.VersionTLS13
	c.in.opener.PlainAlerts = v == iana.VersionTLS13 && !c.client
}

// setSuite settles the suite and starts the transcript's hash and the KDF.
func (c *Conn) setSuite(s *suite.Suite) {
	c.suite = s
	c.hs.transcript.start(c.cfg.Provider.NewHash(s.Hash))
	c.useKDF(s.Hash)
}

// setReadSecret starts opening records with the keys of a TLS 1.3 traffic
// secret. Handshake bytes already received beyond the current message are
// KindExcessHandshakeData.
func (c *Conn) setReadSecret(s *keys.Secret) error { return c.in.setSecret(c, s) }

// setWriteSecret seals what is queued with the keys so far, and everything
// after it with the keys of a TLS 1.3 traffic secret.
func (c *Conn) setWriteSecret(s *keys.Secret) error { return c.out.setSecret(c, s) }

// setReadKeys and setWriteKeys do the same for the halves of a TLS 1.2 key block.
func (c *Conn) setReadKeys(key, iv []byte) error  { return c.in.setKeys(c, key, iv) }
func (c *Conn) setWriteKeys(key, iv []byte) error { return c.out.setKeys(c, key, iv) }

// complete ends the handshake: its working memory is dropped, and rest is the
// state from now on. What is queued is flushed by the driver.
func (c *Conn) complete(rest state) (state, Wait, error) {
	c.dropHandshake()
	c.done = true
	c.in.opener.DropCCS, c.in.opener.PlainAlerts = false, false
	c.in.asm, c.in.asmDone = nil, false
	return rest, WaitNone, nil
}

// dropHandshake lets the handshake's memory go, its secrets wiped.
func (c *Conn) dropHandshake() {
	if c.hs != nil {
		c.hs.handshakeKDF.drop()
		c.hs = nil
	}
}

// logSecret shows a secret to the observer under its SSLKEYLOGFILE label.
func (c *Conn) logSecret(label string, secret *keys.Secret) {
	if c.obs == nil {
		return
	}
	// A copy: what goes through the interface would force every secret onto the heap.
	shown := &c.hs.shown
	*shown = *secret
	c.obs.Secret(label, c.clientRandom[:], shown.Bytes())
	shown.Wipe()
}

// wireVersion is the version to tell the observer of a message: the agreed
// one, or TLS 1.2 as long as there is none.
func (c *Conn) wireVersion() iana.ProtocolVersion {
	if c.version == 0 {
		return iana.VersionTLS12
	}
	return c.version
}
