package dane

import (
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"maps"
)

// Digest is the hash of a matching type.
type Digest struct {
	Size int // bytes
	// Sum returns the hash of data, or nil if it cannot be made: then nothing is
	// matched.
	Sum func(data []byte) []byte
}

// Types are the matching types a Set knows, and which of them are preferred. It is
// immutable.
type Types struct {
	digests map[Matching]ranked
}

type ranked struct {
	Digest
	ordinal uint8
}

// DefaultTypes are SHA2-256 and SHA2-512, with ordinals 1 and 2. Unhashed data has
// ordinal 0.
var DefaultTypes = &Types{map[Matching]ranked{
	SHA256: {Digest{sha256.Size, func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }}, 1},
	SHA512: {Digest{sha512.Size, func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }}, 2},
}}

// ErrFull: Full is unhashed data and can be nothing else.
var ErrFull = errors.New("dane: matching type 0 has no digest")

// With is t, where m is d with an ordinal: the higher, the more preferred. A nil d
// takes m away.
func (t *Types) With(m Matching, d *Digest, ordinal uint8) (*Types, error) {
	if m == Full && d != nil {
		return nil, ErrFull
	}
	var next Types
	if t != nil {
		next.digests = maps.Clone(t.digests)
	}
	if d == nil {
		delete(next.digests, m)
		return &next, nil
	}
	if next.digests == nil {
		next.digests = make(map[Matching]ranked)
	}
	next.digests[m] = ranked{*d, ordinal}
	return &next, nil
}

func (t *Types) of(m Matching) (r ranked, known bool) {
	if t != nil {
		r, known = t.digests[m]
	}
	return r, known
}
