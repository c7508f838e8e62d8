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
//
// The set has a version, a number that grows with each change of it. What was
// found in one version is never taken for another's, whichever thread comes first.
type Cache struct {
	mu    sync.Mutex // for Add
	known atomic.Pointer[found]
}

// found is what has been found in one version, by canonical name. It is
// immutable.
type found struct {
	version uint64
	certs   map[string][]*Cert
}

// Add takes what was found under one name in a version. Certificates that cannot
// be read are left out. It reports whether there are any.
func (k *Cache) Add(version uint64, ders [][]byte) bool {
	certs := make(map[string][]*Cert)
	for _, der := range ders {
		if c, err := Parse(der); err == nil {
			certs[c.subject] = append(certs[c.subject], c)
		}
	}
	if len(certs) == 0 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch now := k.known.Load(); {
	case now == nil || now.version < version:
		k.known.Store(&found{version, certs})
	case now.version == version:
		next := maps.Clone(now.certs)
		maps.Copy(next, certs)
		k.known.Store(&found{version, next})
	}
	return true
}

// At is what has been found in a version of the set.
func (k *Cache) At(version uint64) Roots {
	if now := k.known.Load(); now != nil && now.version == version {
		return now
	}
	return (*found)(nil)
}

func (f *found) named(subject string) (certs []*Cert, known bool) {
	if f != nil {
		certs, known = f.certs[subject]
	}
	return certs, known
}
