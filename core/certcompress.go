package core

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"patina/core/certcomp"
	"patina/core/iana"
	"patina/core/wire"
)

// Certificate compression (RFC 8879) in TLS 1.3: what is offered is a peer's to
// use, in a ClientHello and in a CertificateRequest.

// compressed keeps the last Certificate messages of a Config in compressed form:
// compressing takes far longer than a handshake, and a server sends the same few.
// As with certCache, no lock is taken, and an entry is only ever that of exactly
// these bytes.
type compressed struct {
	seed  maphash.Seed
	slots [compressedSlots]atomic.Pointer[compressedMessage]
}

type compressedMessage struct {
	algorithm iana.CertificateCompressionAlgorithm
	message   []byte // Certificate
	packed    []byte // CompressedCertificate, nil where that failed
}

const (
	compressedSlots = 16
	// compressedWays is how many slots a message may lie in, so that the few that
	// are in use do not drive each other out.
	compressedWays = 4
	// maxCompressed is how long, in bytes, a Certificate may be to be compressed.
	maxCompressed = 64 << 10
)

// message is msg, a Certificate, as a CompressedCertificate; nil if it cannot be.
func (cc *compressed) message(a *certcomp.Algorithm, msg []byte) []byte {
	if len(msg) > maxCompressed {
		return nil
	}
	hash := maphash.Bytes(cc.seed, msg) + uint64(a.ID)
	set := cc.slots[hash%(compressedSlots/compressedWays)*compressedWays:][:compressedWays]
	slot := &set[hash>>32%compressedWays]
	for i := range set {
		e := set[i].Load()
		if e != nil && e.algorithm == a.ID && bytes.Equal(e.message, msg) {
			return e.packed
		}
		if e == nil {
			slot = &set[i]
		}
	}
	e := &compressedMessage{algorithm: a.ID, message: bytes.Clone(msg)}
	body := e.message[wire.HeaderLen:]
	if data, err := a.Compress(body); err == nil && len(data) > 0 && len(data) < 1<<24 {
		e.packed = wire.AppendCompressedCertificate(nil, &wire.CompressedCertificate{Algorithm: a.ID, Length: len(body), Data: data})
	}
	slot.Store(e)
	return e.packed
}

// compileCompression checks the algorithms and lists those that are offered.
func (cfg *Config) compileCompression() error {
	cfg.CertCompression = slices.Clone(cfg.CertCompression)
	for i, a := range cfg.CertCompression {
		if a.Compress == nil && a.Decompress == nil {
			return badSettings("certificate compression %v does nothing", a.ID)
		}
		if slices.ContainsFunc(cfg.CertCompression[:i], func(b certcomp.Algorithm) bool { return a.ID == b.ID }) {
			return badSettings("certificate compression %v twice", a.ID)
		}
		if a.Decompress != nil {
			cfg.decompress = append(cfg.decompress, a.ID)
		}
	}
	if len(cfg.decompress) > maxCompressions {
		return badSettings("too many certificate compressions")
	}
	return nil
}

// maxCompressions is how many algorithms one list holds (RFC 8879, section 3).
const maxCompressions = 127

// compressor is the first algorithm of this side's that the peer has offered.
func (cfg *Config) compressor(offered []iana.CertificateCompressionAlgorithm) *certcomp.Algorithm {
	for i := range cfg.CertCompression {
		if a := &cfg.CertCompression[i]; a.Compress != nil && slices.Contains(offered, a.ID) {
			return a
		}
	}
	return nil
}

// queueCertificate13 queues the Certificate of cred, compressed if the peer has
// offered to take it so.
func (c *Conn) queueCertificate13(cred *Credential, staple []byte, withSCTs bool, offered []iana.CertificateCompressionAlgorithm) error {
	before := c.messageBuffer()
	b, err := c.appendCertificate13(before, cred, staple, withSCTs)
	if err != nil {
		return err
	}
	if a := c.cfg.compressor(offered); a != nil {
		if packed := c.cfg.compressed.message(a, b[len(before):]); packed != nil {
			b = append(before, packed...)
			c.certSent = a.ID
		}
	}
	c.queue(b)
	return nil
}

// takesCertificate13 reports whether t is a Certificate, or a compressed one that
// this side has offered to take.
func (c *Conn) takesCertificate13(t iana.HandshakeType) bool {
	return t == iana.TypeCertificate || t == iana.TypeCompressedCertificate && len(c.cfg.decompress) > 0
}

// decompress makes the Certificate of a CompressedCertificate.
func (c *Conn) decompress(m message) ([]byte, error) {
	var packed wire.CompressedCertificate
	if err := wire.ParseCompressedCertificate(&packed, m.raw); err != nil {
		return nil, fromWire(err)
	}
	i := slices.IndexFunc(c.cfg.CertCompression, func(a certcomp.Algorithm) bool { return a.ID == packed.Algorithm })
	if i < 0 || c.cfg.CertCompression[i].Decompress == nil {
		return nil, failure(KindIllegalParameter, packed.Algorithm.String()+" was not offered")
	}
	if packed.Length > c.params.MaxCertificateBytes {
		return nil, failure(KindExcessiveMessage, "uncompressed certificate")
	}
	n := packed.Length
	raw := make([]byte, wire.HeaderLen+n)
	copy(raw, []byte{byte(iana.TypeCertificate), byte(n >> 16), byte(n >> 8), byte(n)})
	if err := c.cfg.CertCompression[i].Decompress(raw[wire.HeaderLen:len(raw):len(raw)], packed.Data); err != nil {
		return nil, failureOf(KindBadCertCompression, err)
	}
	c.certReceived = packed.Algorithm
	return raw, nil
}

// CertCompression is how the last certificates of both sides were compressed (RFC
// 8879); zero: not at all.
func (c *Conn) CertCompression() (sent, received iana.CertificateCompressionAlgorithm) {
	return c.certSent, c.certReceived
}
