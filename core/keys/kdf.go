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
	pad  [maxBlock]byte
	sum  [64]byte  // inner hashes
	out  [64]byte  // blocks of output
	ctr  [1]byte   // the number of the block
	tmp  [256]byte // what is written, on its way through the hash's interface
	info [2 + 1 + 255 + 1 + 255]byte

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

// write hashes b by way of k's own memory: what goes through an interface
// would otherwise force every caller's buffer onto the heap.
func (k *KDF) write(b []byte) {
	for len(b) > 0 {
		n := copy(k.tmp[:], b)
		k.h.Write(k.tmp[:n])
		b = b[n:]
	}
}

func (k *KDF) writeString(s string) {
	k.h.Write(append(k.tmp[:0], s...))
}

// begin starts an HMAC with key, which ends with end.
func (k *KDF) begin(key []byte) {
	block := k.h.BlockSize()
	k.h.Reset()
	if len(key) > block {
		k.write(key)
		key = k.h.Sum(k.sum[:0])
		k.h.Reset()
	}
	if len(key) == k.keyLen && subtle.ConstantTimeCompare(key, k.key[:k.keyLen]) == 1 {
		k.inner.restore(k.saver)
		return
	}
	pad := k.pad[:block]
	clear(pad[copy(pad, key):])
	for i := range pad {
		pad[i] ^= 0x36
	}
	k.h.Write(pad)
	if k.saver != nil {
		k.keep(key)
	}
}

// keep keeps the states after key; the inner hash has just begun with it.
func (k *KDF) keep(key []byte) {
	k.keyLen = -1
	if !k.inner.save(k.saver) {
		return
	}
	k.h.Reset()
	k.writeOuterPad()
	if k.outer.save(k.saver) {
		k.keyLen = copy(k.key[:], key)
	}
	k.inner.restore(k.saver)
}

// writeOuterPad turns the inner pad into the outer one and hashes it.
func (k *KDF) writeOuterPad() {
	pad := k.pad[:k.h.BlockSize()]
	for i := range pad {
		pad[i] ^= 0x36 ^ 0x5c
	}
	k.h.Write(pad)
}

// end returns the HMAC, good until the next one.
func (k *KDF) end() []byte {
	inner := k.h.Sum(k.sum[:0])
	if k.keyLen >= 0 {
		k.outer.restore(k.saver)
	} else {
		k.h.Reset()
		k.writeOuterPad()
	}
	k.h.Write(inner)
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
	var prev []byte
	for i := byte(1); len(dst) > 0; i++ {
		k.begin(secret.Bytes())
		k.h.Write(prev)
		k.h.Write(info)
		k.ctr[0] = i
		k.h.Write(k.ctr[:])
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
		k.h.Reset()
		k.empty = MakeSecret(k.h.Sum(k.out[:0]))
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
