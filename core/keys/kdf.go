package keys

import (
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"
)

const maxBlock = 128 // of SHA-384 and SHA-512

// KDF does HMAC (RFC 2104) and HKDF (RFC 5869) over one hash, in working
// memory of its own that is used again and again. It serves one connection,
// not several at once.
type KDF struct {
	h    hash.Hash
	pad  [maxBlock]byte // the key of the HMAC under way, filled up with zeros
	out  [64]byte       // blocks of output
	info [2 + 1 + 255 + 1 + 255 + 1]byte

	// What is written and not hashed yet: one call of the hash is cheaper than
	// several, and what goes through its interface would otherwise force every
	// caller's buffer onto the heap.
	buf [maxBlock + 256]byte
	n   int

	// The states of the inner and outer hash after key, so that another HMAC
	// with the same key need not hash its pads again.
	saver        saver // h, where that is worth it
	key          [maxBlock]byte
	keyLen       int // -1: no key is kept
	inner, outer savedState

	constants
}

// constants are what every connection with the same hash computes alike, kept once
// it has been.
type constants struct {
	empty      Secret // the hash of nothing
	withoutPSK Secret // "derived" of the Early Secret without a PSK
}

// saver is a hash whose state can be kept and restored.
type saver interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// savedState has room for the state of SHA-512.
type savedState struct {
	b [256]byte
	n int
}

func (s *savedState) save(h saver) bool {
	b, err := h.AppendBinary(s.b[:0])
	s.n = len(b)
	return err == nil && s.n <= len(s.b)
}

func (s *savedState) restore(h saver) {
	if err := h.UnmarshalBinary(s.b[:s.n]); err != nil {
		panic("keys: " + err.Error())
	}
}

// Init sets the hash.
func (k *KDF) Init(h hash.Hash) {
	*k = KDF{h: h, keyLen: -1}
	// Hashing a block with SHA-256 costs no more than restoring a state.
	if h.BlockSize() == maxBlock {
		k.saver, _ = h.(saver)
	}
}

// Size of the hash in bytes.
func (k *KDF) Size() int { return k.h.Size() }

// write is h.Write by way of buf.
func (k *KDF) write(b []byte) { write(k, b) }

func (k *KDF) writeString(s string) { write(k, s) }

func write[T []byte | string](k *KDF, b T) {
	for {
		n := copy(k.buf[k.n:], b)
		k.n += n
		if b = b[n:]; len(b) == 0 {
			return
		}
		k.flush()
	}
}

// flush hashes what is in buf.
func (k *KDF) flush() {
	k.h.Write(k.buf[:k.n])
	k.n = 0
}

// Hash is the hash of what the parts are together, good until the next or the next HMAC.
func (k *KDF) Hash(parts ...[]byte) []byte {
	k.h.Reset()
	k.n = 0
	for _, b := range parts {
		k.write(b)
	}
	k.flush()
	return k.h.Sum(k.out[:0])
}

// begin starts an HMAC with key, which ends with end.
func (k *KDF) begin(key []byte) {
	block := k.h.BlockSize()
	if len(key) > block {
		key = k.Hash(key)
	}
	k.n = 0
	if len(key) == k.keyLen && subtle.ConstantTimeCompare(key, k.key[:k.keyLen]) == 1 {
		k.inner.restore(k.saver)
		return
	}
	clear(k.pad[copy(k.pad[:], key):])
	k.h.Reset()
	k.n = subtle.XORBytes(k.buf[:block], k.pad[:block], innerPad[:])
	if k.saver != nil {
		k.keep(key)
	}
}

// innerPad and outerPad are ipad and opad of RFC 2104.
var innerPad, outerPad = repeat(0x36), repeat(0x5c)

func repeat(b byte) (pad [maxBlock]byte) {
	for i := range pad {
		pad[i] = b
	}
	return pad
}

// keep keeps the states after key; the inner pad is in buf.
func (k *KDF) keep(key []byte) {
	k.keyLen = -1
	k.flush()
	if !k.inner.save(k.saver) {
		return
	}
	block := k.h.BlockSize()
	k.h.Reset()
	k.n = subtle.XORBytes(k.buf[:block], k.pad[:block], outerPad[:])
	k.flush()
	if k.outer.save(k.saver) {
		k.keyLen = copy(k.key[:], key)
	}
	k.inner.restore(k.saver)
}

// end returns the HMAC, good until the next one.
func (k *KDF) end() []byte {
	k.flush()
	if k.keyLen >= 0 {
		inner := k.h.Sum(k.buf[:0])
		k.outer.restore(k.saver)
		k.h.Write(inner)
	} else {
		block := k.h.BlockSize()
		subtle.XORBytes(k.buf[:block], k.pad[:block], outerPad[:])
		outer := k.h.Sum(k.buf[:block])
		k.h.Reset()
		k.h.Write(outer)
	}
	return k.h.Sum(k.out[:0])
}

// HMAC appends the HMAC of data with key to dst.
func (k *KDF) HMAC(dst, key, data []byte) []byte {
	k.begin(key)
	k.write(data)
	return append(dst, k.end()...)
}

// Extract is HKDF-Extract.
func (k *KDF) Extract(salt, ikm []byte) (s Secret) {
	k.begin(salt)
	k.write(ikm)
	return MakeSecret(k.end())
}

// zeros stands for an absent secret or PSK.
var zeros [MaxHash]byte

// ExpandLabel is HKDF-Expand-Label (RFC 8446, section 7.1): it fills dst, of at
// most 255 hashes. label goes without "tls13 " and is at most 249 bytes long.
func (k *KDF) ExpandLabel(dst []byte, secret *Secret, label string, context []byte) {
	const prefix = "tls13 "
	if len(label) > 255-len(prefix) || len(context) > 255 || len(dst) > 255*k.Size() {
		panic("keys: label, context or output too long")
	}
	info := binary.BigEndian.AppendUint16(k.info[:0], uint16(len(dst)))
	info = append(info, byte(len(prefix)+len(label)))
	info = append(info, prefix...)
	info = append(info, label...)
	info = append(info, byte(len(context)))
	info = append(info, context...)
	info = append(info, 0) // the number of the block
	var prev []byte
	for len(dst) > 0 {
		info[len(info)-1]++
		k.begin(secret.Bytes())
		k.write(prev)
		k.write(info)
		prev = k.end()
		dst = dst[copy(dst, prev):]
	}
}

// derive is Derive-Secret with the hash of the transcript made by the caller.
func (k *KDF) derive(secret *Secret, label string, transcript []byte) (s Secret) {
	s.n = uint8(k.Size())
	k.ExpandLabel(s.Bytes(), secret, label, transcript)
	return s
}

// emptyHash is the hash of nothing.
func (k *KDF) emptyHash() []byte {
	if k.empty.Empty() {
		k.empty = MakeSecret(k.Hash())
	}
	return k.empty.Bytes()
}

// Wipe forgets what is left in the working memory; k may be used again.
func (k *KDF) Wipe() {
	h, saver, kept := k.h, k.saver, k.constants
	*k = KDF{h: h, saver: saver, keyLen: -1, constants: kept}
	if h != nil {
		// What a hash has not hashed yet it keeps until it is overwritten.
		h.Reset()
		h.Write(k.pad[:h.BlockSize()-1])
		h.Reset()
	}
}
