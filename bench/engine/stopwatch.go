package main

import (
	"crypto"
	"crypto/cipher"
	"hash"
	"io"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider"
)

// stopwatch adds up what primitives take.
type stopwatch struct {
	used  time.Duration
	calls int
	// each is what timing one call costs by itself.
	each time.Duration
}

func newStopwatch() *stopwatch {
	w := new(stopwatch)
	const n, tries = 2_000, 50
	least := time.Duration(1 << 62) // of several, since others use the machine too
	for range tries {
		begin := time.Now()
		for range n {
			w.stop(time.Now())
		}
		least = min(least, time.Since(begin))
	}
	// Half of it lies inside what is timed.
	return &stopwatch{each: least / n / 2}
}

func (w *stopwatch) stop(begin time.Time) {
	w.used += time.Since(begin)
	w.calls++
}

// read returns what has been added up since the last read, and what timing it has
// cost.
func (w *stopwatch) read() (used, cost time.Duration) {
	cost = time.Duration(w.calls) * w.each * 2
	used = max(w.used-cost/2, 0)
	w.used, w.calls = 0, 0
	return used, cost
}

// timed is a provider that keeps time.
type timed struct {
	provider.Provider
	w *stopwatch
}

func (t *timed) NewAEAD(a provider.AEAD, key []byte) (cipher.AEAD, error) {
	defer t.w.stop(time.Now())
	aead, err := t.Provider.NewAEAD(a, key)
	return &timedAEAD{aead, t.w}, err
}

func (t *timed) NewHash(h crypto.Hash) hash.Hash { return &timedHash{t.Provider.NewHash(h), t.w} }

func (t *timed) Group(g iana.NamedGroup) provider.Group {
	inner := t.Provider.Group(g)
	if inner == nil {
		return nil
	}
	return &timedGroup{inner, t.w}
}

func (t *timed) Verify(pub crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	defer t.w.stop(time.Now())
	return t.Provider.Verify(pub, scheme, bindCurve, message, signature)
}

type timedAEAD struct {
	cipher.AEAD
	w *stopwatch
}

func (t *timedAEAD) Seal(dst, nonce, plaintext, data []byte) []byte {
	defer t.w.stop(time.Now())
	return t.AEAD.Seal(dst, nonce, plaintext, data)
}

func (t *timedAEAD) Open(dst, nonce, ciphertext, data []byte) ([]byte, error) {
	defer t.w.stop(time.Now())
	return t.AEAD.Open(dst, nonce, ciphertext, data)
}

type timedHash struct {
	hash.Hash
	w *stopwatch
}

func (t *timedHash) Write(b []byte) (int, error) {
	defer t.w.stop(time.Now())
	return t.Hash.Write(b)
}

func (t *timedHash) Sum(b []byte) []byte {
	defer t.w.stop(time.Now())
	return t.Hash.Sum(b)
}

func (t *timedHash) Clone() (hash.Cloner, error) {
	defer t.w.stop(time.Now())
	c, err := t.Hash.(hash.Cloner).Clone()
	return &timedHash{c, t.w}, err
}

type timedGroup struct {
	provider.Group
	w *stopwatch
}

func (t *timedGroup) Generate(rand io.Reader) (provider.PrivateKey, error) {
	defer t.w.stop(time.Now())
	k, err := t.Group.Generate(rand)
	return &timedKey{k, t.w}, err
}

func (t *timedGroup) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	defer t.w.stop(time.Now())
	return t.Group.Respond(rand, peer)
}

type timedKey struct {
	provider.PrivateKey
	w *stopwatch
}

func (t *timedKey) Secret(peer []byte) ([]byte, error) {
	defer t.w.stop(time.Now())
	return t.PrivateKey.Secret(peer)
}

type timedSigner struct {
	core.Signer
	w *stopwatch
}

func (t *timedSigner) Sign(rand io.Reader, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
	defer t.w.stop(time.Now())
	return t.Signer.Sign(rand, scheme, message)
}
