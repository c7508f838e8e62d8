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

// stopwatch adds up what primitives take: those of many microseconds in processor
// time, the many short ones by the clock, less what the machine does in between.
type stopwatch struct {
	short, long           time.Duration
	shortCalls, longCalls int
	// eachShort and eachLong are what timing one call costs by itself.
	eachShort, eachLong time.Duration
}

// interrupted is longer than any short primitive takes: something else has run.
const interrupted = 20 * time.Microsecond

func newStopwatch() *stopwatch {
	w := new(stopwatch)
	least := func(f func()) time.Duration {
		const n, tries = 500, 50
		best := time.Duration(1 << 62) // of several, since others use the machine too
		for range tries {
			begin := time.Now()
			for range n {
				f()
			}
			best = min(best, time.Since(begin))
		}
		return best / n
	}
	short := least(func() { w.stop(time.Now()) })
	long := least(func() { w.stopLong(cpuTime()) })
	return &stopwatch{eachShort: short, eachLong: long}
}

func (w *stopwatch) stop(begin time.Time) {
	d := time.Since(begin)
	if d > interrupted && w.shortCalls > 0 {
		d = w.short / time.Duration(w.shortCalls)
	}
	w.short += d
	w.shortCalls++
}

func (w *stopwatch) stopLong(begin time.Duration) {
	w.long += cpuTime() - begin
	w.longCalls++
}

// read returns what has been added up since the last read, and what timing it has
// cost, half of which lies inside what is timed.
func (w *stopwatch) read() (used, cost time.Duration) {
	cost = time.Duration(w.shortCalls)*w.eachShort + time.Duration(w.longCalls)*w.eachLong
	used = max(w.short+w.long-cost/2, 0)
	w.short, w.long, w.shortCalls, w.longCalls = 0, 0, 0, 0
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
	defer t.w.stopLong(cpuTime())
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
	defer t.w.stopLong(cpuTime())
	k, err := t.Group.Generate(rand)
	return &timedKey{k, t.w}, err
}

func (t *timedGroup) Respond(rand io.Reader, peer []byte) (share, secret []byte, err error) {
	defer t.w.stopLong(cpuTime())
	return t.Group.Respond(rand, peer)
}

type timedKey struct {
	provider.PrivateKey
	w *stopwatch
}

func (t *timedKey) Secret(peer []byte) ([]byte, error) {
	defer t.w.stopLong(cpuTime())
	return t.PrivateKey.Secret(peer)
}

type timedSigner struct {
	core.Signer
	w *stopwatch
}

func (t *timedSigner) Sign(rand io.Reader, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
	defer t.w.stopLong(cpuTime())
	return t.Signer.Sign(rand, scheme, message)
}
