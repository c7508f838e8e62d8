// Package record is the record layer of TLS 1.2 (RFC 5246, section 6) and TLS
// 1.3 (RFC 8446, section 5): it takes protection off and puts it on. Both
// directions work in memory of the caller's and allocate nothing.
//
// Opening is total: whatever the bytes are, [Opener.Open] says in one
// [Outcome] what is at their beginning and how many of them it has consumed.
package record

import (
	"crypto/cipher"
	"encoding/binary"

	"patina/core/iana"
)

// Sizes in bytes.
const (
	HeaderLen = 5
	// MaxPlaintext is the most content a record has (RFC 8446, section 5.1).
	MaxPlaintext = 1 << 14
	// MaxExpansion is the most protection may add: 256 as TLS 1.3 allows
	// (RFC 8446, section 5.2). The AEAD suites of TLS 1.2 add 24.
	MaxExpansion  = 256
	MaxCiphertext = MaxPlaintext + MaxExpansion
	// maxAnyRecord is more than any version's record, with any protection, has
	// behind its header: RFC 5246, section 6.2.3 allows an expansion of 2048.
	maxAnyRecord = MaxPlaintext + 320
	// MaxRecord is the longest record on the wire.
	MaxRecord = HeaderLen + MaxCiphertext

	nonceLen = 12
	tagLen   = 16
)

// Limits on what a peer may send without getting anywhere.
const (
	// MaxEmpty is how many records without content may follow each other.
	MaxEmpty = 32
	// MaxWarnings is how many warning alerts may follow each other.
	MaxWarnings = 4
	// MaxDropped is how many change_cipher_spec records TLS 1.3 drops.
	MaxDropped = 32
)

// Protection is what a direction's records are protected with.
type Protection struct {
	AEAD cipher.AEAD
	// IV is 12 bytes long, or 4 where the nonce's other 8 are sent (RFC 5288).
	IV []byte
	// TLS13 selects the form of TLS 1.3: a hidden content type, and the
	// record's header as additional data.
	TLS13 bool
	// Limit is how many records may be sealed or opened; zero: as many as
	// there are sequence numbers.
	Limit uint64
}

// half is what both directions have in common.
type half struct {
	aead     cipher.AEAD // nil: records are not protected
	tls13    bool
	explicit int // bytes of nonce sent with each record: 8 or none
	seq      uint64
	limit    uint64
	iv       [nonceLen]byte
	nonce    [nonceLen]byte
	aad      [16]byte // 13 are used
}

func (h *half) set(p Protection) {
	*h = half{aead: p.AEAD, tls13: p.TLS13, limit: p.Limit, explicit: nonceLen - len(p.IV)}
	if h.limit == 0 {
		h.limit = 1<<64 - 1
	}
	copy(h.iv[:], p.IV)
}

// makeNonce makes the nonce of a record: the IV with n, of 64 bits, over its end. n
// is the sequence number, or the part sent with the record: then that end of the IV
// is zero.
func (h *half) makeNonce(n uint64) []byte {
	// Each half is stored once: reading back what has just been stored in other
	// pieces would stall the processor.
	binary.NativeEndian.PutUint32(h.nonce[:4], binary.NativeEndian.Uint32(h.iv[:4]))
	binary.BigEndian.PutUint64(h.nonce[4:], binary.BigEndian.Uint64(h.iv[4:])^n)
	return h.nonce[:]
}

// makeAAD12 makes the additional data of a record of TLS 1.2, whose content has this
// length (RFC 5246, section 6.2.3.3). As with the nonce, what the cipher reads in one
// piece is stored in one.
func (h *half) makeAAD12(typ iana.ContentType, version iana.ProtocolVersion, length int) []byte {
	binary.BigEndian.PutUint64(h.aad[:8], h.seq)
	binary.BigEndian.PutUint64(h.aad[8:], uint64(typ)<<56|uint64(version)<<40|uint64(uint16(length))<<24)
	return h.aad[:13]
}

// Lead is how far into memory that begins on a cache line a record is best put:
// its content then begins on a line too, which copying and the cipher like better
// by a few per cent.
func (h *half) Lead() int { return cacheLine - HeaderLen - h.explicit }

const cacheLine = 64

// Protected reports that keys are in use.
func (h *half) Protected() bool { return h.aead != nil }

// Sequence is the number of records done with the present keys.
func (h *half) Sequence() uint64 { return h.seq }

// Error is what is wrong with a record.
type Error uint8

// Errors.
const (
	ErrHTTP       Error = iota + 1 // the first bytes are a plain HTTP request
	ErrHTTPProxy                   // the first bytes are a CONNECT request
	ErrSSLv2                       // the first bytes are an SSLv2 ClientHello
	ErrNotTLS                      // the first bytes are of no TLS record
	ErrVersion                     // the version is not the one agreed
	ErrHeader                      // the header of a protected TLS 1.3 record has another version than 0x0303
	ErrType                        // a content type that means nothing here
	ErrOverflow                    // the record is too long
	ErrLength                      // the record's length is that of none at all
	ErrContent                     // the record's content is too long
	ErrMAC                         // the record does not open
	ErrEmpty                       // too many records without content
	ErrWarnings                    // too many warning alerts
	ErrDropped                     // too many dropped change_cipher_specs
	ErrCCS                         // a malformed change_cipher_spec
	ErrAlert                       // a malformed alert
	ErrAlertLevel                  // an alert of no known level
	ErrEarly                       // too much rejected early data
	ErrLimit                       // the keys have done all they may
	ErrShortSpace                  // Seal: dst has no room
)

var errorNames = [...]string{
	ErrHTTP: "plain HTTP request", ErrHTTPProxy: "HTTP proxy request", ErrSSLv2: "SSLv2 hello",
	ErrNotTLS: "not a TLS record", ErrVersion: "wrong version", ErrType: "unexpected content type",
	ErrOverflow: "record too long", ErrLength: "no record's length", ErrContent: "content too long",
	ErrHeader: "wrong version in a header", ErrMAC: "record does not open", ErrEmpty: "too many empty records",
	ErrWarnings: "too many warning alerts", ErrDropped: "too many change_cipher_spec records",
	ErrCCS: "malformed change_cipher_spec", ErrAlert: "malformed alert", ErrAlertLevel: "unknown alert level",
	ErrEarly: "too much early data", ErrLimit: "keys exhausted", ErrShortSpace: "no room for the record",
}

func (e Error) Error() string {
	if int(e) < len(errorNames) && errorNames[e] != "" {
		return "record: " + errorNames[e]
	}
	return "record: unknown error"
}

// contentKnown reports that t is a type records of this engine's versions have.
func contentKnown(t iana.ContentType) bool {
	return t >= iana.ContentChangeCipherSpec && t <= iana.ContentApplicationData
}
