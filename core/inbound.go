package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/record"
	"patina/core/suite"
)

// inbound is the receiving half: bytes of the transport become records, and
// these handshake messages or application data.
type inbound struct {
	opener record.Opener
	secret keys.Secret // the traffic secret in use, TLS 1.3

	buf  []byte // lent; nil when there is none
	own  bool   // buf is the owner's, by Lend, until settle
	size int    // of the next buf, if more than a record
	r, w int    // received and not yet opened: buf[r:w]

	// app and frag are what is left of the last record, within buf.
	app  []byte
	frag []byte
	// asm is a handshake message whose records do not lie together.
	asm     []byte
	asmDone bool // it has been handed out
	// held is a message that has been put back.
	held message
	// rec is the record opened last. hasAhead: NextData has opened it, and Read is to
	// handle it; its bytes still lie at buf[r:].
	rec      record.Record
	hasAhead bool
	// gotData: NextData has handed out data.
	gotData bool

	helloRequests int // skipped

	eof      bool
	freed    bool
	material keyMaterial
}

// keyMaterial is where keys lie for the moment between schedule and cipher.
type keyMaterial [32 + 12]byte

const headerLen = 4 // of a handshake message

// nextMessage takes the next handshake message out of the records.
func (in *inbound) nextMessage(c *Conn) (m message, ok bool, err error) {
	if err := in.checkTurn(c); err != nil {
		return m, false, err
	}
	if in.held.raw != nil {
		m, in.held = in.held, message{}
		return m, true, nil
	}
	if in.asmDone {
		in.asm, in.asmDone = in.asm[:0], false
	}
	for {
		if len(in.asm) == 0 && len(in.frag) >= headerLen {
			n, err := messageLen(c, in.frag)
			if err != nil {
				return m, false, err
			}
			if len(in.frag) >= n {
				raw := in.frag[:n:n]
				in.frag = in.frag[n:]
				if skip, err := in.helloRequest(c, raw); err != nil {
					return m, false, err
				} else if skip {
					continue
				}
				return in.deliver(c, raw), true, nil
			}
		}
		if len(in.frag) > 0 {
			if done, err := in.assemble(c); err != nil {
				return m, false, err
			} else if done {
				if skip, err := in.helloRequest(c, in.asm); err != nil {
					return m, false, err
				} else if skip {
					in.asm = in.asm[:0]
					continue
				}
				in.asmDone = true
				return in.deliver(c, in.asm), true, nil
			}
		}
		if c.quic != nil {
			if !c.quic.next(in) {
				return m, false, nil
			}
			continue
		}
		typ, content, ok, err := in.open(c)
		if !ok || err != nil {
			return m, false, err
		}
		switch typ {
		case iana.ContentHandshake:
			in.frag = content
			continue
		case iana.ContentChangeCipherSpec:
			return m, false, failure(KindUnexpectedCCS, "")
		}
		if len(in.asm) > 0 {
			return m, false, failure(KindInterleaved, typ.String())
		}
		if !c.takesData() {
			return m, false, failure(KindDataInHandshake, "")
		}
		in.app = content
		return m, false, nil
	}
}

// checkEnd refuses bytes of a message behind the one that this side answers.
func (in *inbound) checkEnd() error {
	if in.midMessage() {
		return failure(KindExcessHandshakeData, "before the flight it answers")
	}
	return nil
}

// checkTurn refuses bytes of a message that came before this side's flight, to
// which it would have to be the answer.
func (in *inbound) checkTurn(c *Conn) error {
	if c.hs == nil || !c.hs.spoken {
		return nil
	}
	c.hs.spoken = false
	return in.checkEnd()
}

// messageLen is the length of the message that begins with the header b, which
// is checked against its limit.
func messageLen(c *Conn, b []byte) (int, error) {
	n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	typ := iana.HandshakeType(b[0])
	c.serverSpoke = c.serverSpoke || c.client && typ == iana.TypeServerHello
	if n > c.messageLimit(typ) {
		if !c.receivable(typ) {
			return 0, unexpected(typ)
		}
		return 0, failure(KindExcessiveMessage, typ.String())
	}
	return headerLen + n, nil
}

// helloRequest reports that raw is a HelloRequest during a client's handshake,
// which means nothing and is no part of it (RFC 5246, section 7.4.1.1).
func (in *inbound) helloRequest(c *Conn, raw []byte) (skip bool, err error) {
	if !c.client || c.done || c.version == iana.VersionTLS13 || len(raw) != headerLen || iana.HandshakeType(raw[0]) != iana.TypeHelloRequest {
		return false, nil
	}
	if in.helloRequests++; in.helloRequests > maxHelloRequests {
		return false, failure(KindTooManyMessages, iana.TypeHelloRequest.String())
	}
	if c.obs != nil {
		c.obs.Message(false, c.wireVersion(), iana.ContentHandshake, raw)
	}
	return true, nil
}

// assemble moves what belongs to the present message from frag to asm.
func (in *inbound) assemble(c *Conn) (done bool, err error) {
	if n := headerLen - len(in.asm); n > 0 {
		n = min(n, len(in.frag))
		in.asm = append(in.asm, in.frag[:n]...)
		in.frag = in.frag[n:]
		if len(in.asm) < headerLen {
			return false, nil
		}
	}
	total, err := messageLen(c, in.asm)
	if err != nil {
		return false, err
	}
	n := min(total-len(in.asm), len(in.frag))
	in.asm = append(in.asm, in.frag[:n]...)
	in.frag = in.frag[n:]
	return len(in.asm) == total, nil
}

// putBack makes m, the last message taken, the next one again.
func (in *inbound) putBack(m message) { in.held = m }

func (in *inbound) deliver(c *Conn, raw []byte) message {
	if c.obs != nil {
		c.obs.Message(false, c.wireVersion(), iana.ContentHandshake, raw)
	}
	return message{typ: iana.HandshakeType(raw[0]), raw: raw, body: raw[headerLen:]}
}

// midMessage reports that there are handshake bytes no message was made of.
func (in *inbound) midMessage() bool {
	return len(in.frag) > 0 || in.held.raw != nil || len(in.asm) > 0 && !in.asmDone
}

// expectCCS takes a change_cipher_spec and nothing else.
func (in *inbound) expectCCS(c *Conn) (ok bool, err error) {
	if err := in.checkTurn(c); err != nil {
		return false, err
	}
	if in.midMessage() {
		return false, failure(KindUnexpectedMessage, "before change_cipher_spec")
	}
	typ, _, ok, err := in.open(c)
	if !ok || err != nil {
		return false, err
	}
	switch typ {
	case iana.ContentChangeCipherSpec:
		return true, nil
	case iana.ContentApplicationData:
		return false, failure(KindDataInHandshake, "")
	}
	return false, failure(KindUnexpectedMessage, "instead of change_cipher_spec")
}

// open opens records until one has content for the caller. Without one, ok is
// false: bytes are missing or, after the handshake, the peer has closed.
func (in *inbound) open(c *Conn) (typ iana.ContentType, content []byte, ok bool, err error) {
	if c.peerClosed {
		return 0, nil, false, nil
	}
	for {
		header := in.buf[in.r:min(in.r+record.HeaderLen, in.w)]
		if !in.hasAhead {
			in.rec = in.opener.Open(in.buf[in.r:in.w])
		}
		in.hasAhead = false
		rec := &in.rec
		if c.client && rec.Outcome == record.Failed && rec.Err == record.ErrSSLv2 {
			rec.Err = record.ErrNotTLS // only a client sends such a hello
		}
		if rec.Outcome == record.More {
			if in.eof {
				return 0, nil, false, c.transportEnded()
			}
			return 0, nil, false, nil
		}
		in.r += rec.Consumed
		if rec.Outcome != record.Failed {
			c.started = true
		}
		if !c.client && c.version == 0 && rec.IsAlert() {
			// A peer that begins with an alert, whatever it says, has not begun TLS.
			if c.obs != nil {
				c.obs.RecordHeader(false, header)
			}
			return 0, nil, false, failure(KindUnexpectedMessage, "an alert instead of a ClientHello")
		}
		if c.obs != nil {
			in.observe(c, header, rec)
		}
		switch rec.Outcome {
		case record.Success:
			return rec.Type, rec.Content, true, nil
		case record.Empty:
			if rec.Type == iana.ContentApplicationData && !c.done && !c.served() {
				return 0, nil, false, failure(KindDataInHandshake, "an empty record")
			}
		case record.Closed:
			c.peerClosed = true
			if !c.done && !c.served() {
				return 0, nil, false, errPeerClosed
			}
			return 0, nil, false, nil
		case record.Warning:
			if rec.Alert == iana.AlertNoRenegotiation {
				// It refuses what this side never asks for.
				return 0, nil, false, failure(KindNoRenegotiation, "")
			}
		case record.PeerFailed:
			return 0, nil, false, AlertError(rec.Alert)
		case record.Failed:
			return 0, nil, false, recordFailure(rec.Err)
		}
	}
}

func (in *inbound) observe(c *Conn, header []byte, rec *record.Record) {
	c.obs.RecordHeader(false, header)
	if rec.Outcome == record.Failed {
		return
	}
	// What is discarded has not been opened.
	if c.version == iana.VersionTLS13 && in.opener.Protected() && rec.Outcome != record.Discard && iana.ContentType(header[0]) == iana.ContentApplicationData {
		c.obs.InnerContentType(false, rec.Type)
	}
	if (rec.Type == iana.ContentAlert || rec.Type == iana.ContentChangeCipherSpec) && len(rec.Content) > 0 {
		c.obs.Message(false, c.wireVersion(), rec.Type, rec.Content)
	}
}

// transportEnded is what the transport's end means.
func (c *Conn) transportEnded() error {
	if !c.params.EOFIsClose {
		if c.params.AlertTruncation {
			return failureOf(KindTruncated, ErrUnexpectedEOF)
		}
		return ErrUnexpectedEOF
	}
	c.peerClosed = true
	if !c.done {
		return errPeerClosed
	}
	return nil
}

// recordFailure gives a record layer's error its kind.
func recordFailure(e record.Error) error {
	k := KindInternal
	switch e {
	case record.ErrHTTP:
		k = KindHTTPRequest
	case record.ErrHTTPProxy:
		k = KindHTTPSProxyRequest
	case record.ErrSSLv2:
		k = KindSSLv2
	case record.ErrNotTLS:
		k = KindNotTLS
	case record.ErrVersion:
		k = KindWrongVersionNumber
	case record.ErrType:
		k = KindBadRecordType
	case record.ErrHeader:
		k = KindBadRecordHeader
	case record.ErrOverflow:
		k = KindRecordOverflow
	case record.ErrLength:
		k = KindRecordLength
	case record.ErrContent:
		k = KindContentOverflow
	case record.ErrMAC:
		k = KindBadRecordMAC
	case record.ErrEmpty:
		k = KindTooManyEmpty
	case record.ErrWarnings:
		k = KindTooManyWarnings
	case record.ErrDropped, record.ErrCCS:
		k = KindBadChangeCipherSpec
	case record.ErrAlert:
		k = KindBadAlert
	case record.ErrAlertLevel:
		k = KindBadAlertLevel
	case record.ErrEarly:
		k = KindTooMuchEarlyData
	case record.ErrLimit:
		k = KindRecordLimit
	}
	return &Error{Kind: k}
}

// setSecret opens with the keys of a TLS 1.3 traffic secret from now on.
func (in *inbound) setSecret(c *Conn, s *keys.Secret) error {
	if in.midMessage() {
		return failure(KindExcessHandshakeData, "")
	}
	if c.quic != nil {
		return c.quic.readSecret(c.suite.ID, s)
	}
	p, err := c.protection(c.suite, s, &in.material)
	if err != nil {
		return err
	}
	in.secret = *s
	in.opener.MaxInner = int(c.recordLimits[0])
	in.opener.Protect(p)
	clear(in.material[:])
	return nil
}

// setKeys opens with keys of TLS 1.2 from now on.
func (in *inbound) setKeys(c *Conn, key, iv []byte) error {
	if in.midMessage() {
		return failure(KindExcessHandshakeData, "")
	}
	aead, err := c.cfg.Provider.NewAEAD(c.suite.AEAD, key)
	if err != nil {
		return failureOf(KindInternal, err)
	}
	in.opener.Protect(record.Protection{AEAD: aead, IV: iv})
	return nil
}

// protection makes the keys of a TLS 1.3 traffic secret of the suite su.
func (c *Conn) protection(su *suite.Suite, s *keys.Secret, m *keyMaterial) (record.Protection, error) {
	k := c.kdf()
	key, iv := m[:su.KeyLen], m[32:]
	keys.TrafficKeys(k, s, key, iv)
	aead, err := c.cfg.Provider.NewAEAD(su.AEAD, key)
	if err != nil {
		return record.Protection{}, failureOf(KindInternal, err)
	}
	clear(key)
	c.doneKDF(k)
	return record.Protection{AEAD: aead, IV: iv, TLS13: true}, nil
}

// consumeApp takes n bytes of application data.
func (in *inbound) consumeApp(n int) {
	if in.app = in.app[n:]; len(in.app) == 0 {
		in.app = nil
	}
}

// rests reports that the connection waits between two records.
func (in *inbound) rests(c *Conn) bool {
	return c.done && c.err == nil && !c.peerClosed && !in.eof && !in.freed && in.r == in.w && len(in.app) == 0 && !in.midMessage()
}

// nextRecord is the whole buffer of a connection at rest.
func (in *inbound) nextRecord(c *Conn) (buf []byte, need int) {
	if in.buf == nil || !in.rests(c) {
		return nil, 0
	}
	in.r = in.opener.Lead()
	in.w = in.r
	return in.buf[in.r:], record.HeaderLen
}

// readBuffer makes room for what is wanted next.
func (in *inbound) readBuffer(c *Conn) (buf []byte, need int) {
	if in.freed {
		return nil, 0
	}
	in.settle(c)
	if in.buf == nil {
		in.buf = c.cfg.Buffers.Get(max(inputSize, in.size))
		in.r, in.w = 0, 0
	}
	have, lead := in.w-in.r, in.opener.Lead()
	need = record.HeaderLen - have
	if need <= 0 {
		h := in.buf[in.r:]
		need = max(record.HeaderLen+(int(h[3])<<8|int(h[4]))-have, 0)
	}
	// What app and frag point to must stay where it is.
	if len(in.app) == 0 && len(in.frag) == 0 && in.held.raw == nil && !in.hasAhead && in.r != lead && (have == 0 || len(in.buf)-in.w < need) {
		copy(in.buf[lead:], in.buf[in.r:in.w])
		in.r, in.w = lead, lead+have
	}
	return in.buf[in.w:], min(need, len(in.buf)-in.w)
}

func (in *inbound) received(n int) {
	if n < 0 || n > len(in.buf)-in.w {
		panic("core: Received with more than ReadBuffer gave")
	}
	in.w += n
}

func (in *inbound) unprocessed() int { return in.w - in.r }

// release gives an empty buffer back.
func (in *inbound) release(c *Conn) {
	if in.buf != nil && in.r == in.w && len(in.app) == 0 && len(in.frag) == 0 && in.held.raw == nil {
		in.put(c)
	}
}

func (in *inbound) put(c *Conn) {
	if !in.own {
		c.cfg.Buffers.Put(in.buf)
	}
	in.own, in.buf, in.app, in.frag, in.rec.Content = false, nil, nil, nil, nil
	in.r, in.w = 0, 0
}

func (in *inbound) free(c *Conn) {
	if in.buf != nil {
		clear(in.buf[:in.w])
		in.put(c)
	}
	*in = inbound{eof: in.eof, freed: true}
}
