package core

import (
	"hash"

	"patina/core/keys"
	"patina/core/wire"
)

// transcript is the hash over the handshake's messages (RFC 8446, section
// 4.4.1; RFC 5246, section 7.4.9). Until the hash is known it keeps the
// messages themselves.
type transcript struct {
	h   hash.Hash // nil until start
	buf []byte    // the messages until start; after it only if keep
	// keep makes it go on keeping messages: a TLS 1.2 CertificateVerify signs
	// them under a hash of its own. To be set before start.
	keep bool
	out  [64]byte // what sum returns
}

// add takes a whole message.
func (t *transcript) add(msg []byte) {
	if t.h != nil {
		t.h.Write(msg)
	}
	if t.h == nil || t.keep {
		t.buf = append(t.buf, msg...)
	}
}

// start goes over to h. What is kept is dropped unless keep is set.
func (t *transcript) start(h hash.Hash) {
	h.Reset()
	h.Write(t.buf)
	t.h = h
	if !t.keep {
		t.buf = nil
	}
}

// drop stops keeping messages.
func (t *transcript) drop() {
	t.keep = false
	if t.h != nil {
		t.buf = nil
	}
}

// messages are all messages so far, while they are kept.
func (t *transcript) messages() []byte { return t.buf }

// sum is the hash of all messages so far, good until the next sum or sumWith.
// t must have been started.
func (t *transcript) sum() []byte { return t.h.Sum(t.out[:0]) }

// replaceHello puts the message_hash in the place of the first ClientHello
// (RFC 8446, section 4.4.1). To be called before start, with the hash of the
// suite of the HelloRetryRequest, when buf is the first ClientHello.
func (t *transcript) replaceHello(k *keys.KDF) {
	t.buf = wire.AppendMessageHash(t.buf[:0:0], k.Hash(t.buf))
}

// sumWith is the hash by k's of the messages so far and of part of one more, for
// PSK binders (RFC 8446, section 4.2.11.2). To be called before start.
func (t *transcript) sumWith(k *keys.KDF, part []byte) []byte {
	return append(t.out[:0], k.Hash(t.buf, part)...)
}
