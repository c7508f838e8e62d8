package pki

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Cache is what has been found so far in a set of trusted certificates that lies
// elsewhere and is asked by name. A name it has not met ends a verification with
// [Error].Missing; the caller finds its certificates, adds them, and verifies
// again. Reading takes no lock.
type Cache struct {
	mu      sync.Mutex // for Add and Reset
	known   atomic.Pointer[map[string][]*Cert]
	current atomic.Uint64
}

// Add takes what was found under one name. Certificates that cannot be read are
// left out. It reports whether there are any.
func (k *Cache) Add(ders [][]byte) bool {
	found := make(map[string][]*Cert)
	for _, der := range ders {
		if c, err := Parse(der); err == nil {
			found[c.subject] = append(found[c.subject], c)
		}
	}
	if len(found) == 0 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	next := make(map[string][]*Cert, len(found))
	if now := k.known.Load(); now != nil {
		maps.Copy(next, *now)
	}
	maps.Copy(next, found)
	k.known.Store(&next)
	return true
}

// Reset forgets what was found when the set is no longer as of version.
func (k *Cache) Reset(version uint64) {
	if k.current.Load() == version {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known.Store(nil)
	k.current.Store(version)
}

func (k *Cache) named(subject string) (certs []*Cert, known bool) {
	if now := k.known.Load(); now != nil {
		certs, known = (*now)[subject]
	}
	return certs, known
}
