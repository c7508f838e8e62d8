package core

import (
	"crypto"
	"sync"

	"patina/core/keys"
)

// kdfPool lends a configuration's connections key derivations with their working
// memory, wiped and with the constants of their hash kept.
type kdfPool struct{ sha256, sha384 sync.Pool }

func (cfg *Config) kdfsOf(h crypto.Hash) *sync.Pool {
	if h == crypto.SHA384 {
		return &cfg.kdfs.sha384
	}
	return &cfg.kdfs.sha256
}

func (cfg *Config) borrowKDF(h crypto.Hash) *keys.KDF {
	if k, ok := cfg.kdfsOf(h).Get().(*keys.KDF); ok {
		return k
	}
	k := new(keys.KDF)
	k.Init(cfg.Provider.NewHash(h))
	return k
}

func (cfg *Config) returnKDF(h crypto.Hash, k *keys.KDF) {
	k.Wipe()
	cfg.kdfsOf(h).Put(k)
}

// handshakeKDF is the handshake's key derivation, and whose it is: its connection's
// configuration may change.
type handshakeKDF struct {
	kdf *keys.KDF // nil until there is a hash
	of  crypto.Hash
	cfg *Config
}

// useKDF makes the handshake's key derivation that of h, in place of another's.
func (c *Conn) useKDF(h crypto.Hash) *keys.KDF {
	l := &c.hs.handshakeKDF
	if l.kdf == nil || l.of != h || l.cfg != c.cfg {
		l.drop()
		*l = handshakeKDF{c.cfg.borrowKDF(h), h, c.cfg}
	}
	return l.kdf
}

func (l *handshakeKDF) drop() {
	if l.kdf != nil {
		l.cfg.returnKDF(l.of, l.kdf)
		l.kdf = nil
	}
}

// kdf is the handshake's, or one for the moment after it; doneKDF ends its use.
func (c *Conn) kdf() *keys.KDF {
	if c.hs != nil && c.hs.kdf != nil {
		return c.hs.kdf
	}
	return c.cfg.borrowKDF(c.suite.Hash)
}

func (c *Conn) doneKDF(k *keys.KDF) {
	if c.hs == nil || k != c.hs.kdf {
		c.cfg.returnKDF(c.suite.Hash, k)
	}
}
