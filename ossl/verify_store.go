package ossl

import (
	"sync"
	"sync/atomic"

	"patina/core/pki"
)

// Store is what Go has seen of an X509_STORE: certificates and revocation lists,
// converted once for each of its versions, and the signatures that were found
// right. It is shared by all connections that verify against that store.
type Store struct {
	roots pki.Cache
	memo  pki.Memo

	mu    sync.Mutex // for keepLists
	lists atomic.Pointer[storeLists]
}

// storeLists are the revocation lists seen in one version of a store, by the
// address of their X509_CRL, which a store keeps. It is immutable.
type storeLists struct {
	version uint64
	known   map[Ptr]*pki.CRL
}

// AddRoots takes what was found in a version of the store under one name, DER; it
// reports whether there is anything.
func (k *Store) AddRoots(version uint64, ders [][]byte) bool { return k.roots.Add(version, ders) }

// listsOf are the lists of these addresses, nil if not all are known in version.
func (k *Store) listsOf(version uint64, at []Ptr) []*pki.CRL {
	now := k.lists.Load()
	lists := make([]*pki.CRL, 0, len(at))
	for _, p := range at {
		if now == nil || now.version != version || now.known[p] == nil {
			return nil
		}
		lists = append(lists, now.known[p])
	}
	return lists
}

// keepLists reads lists in DER, and keeps them for the version. One that cannot be
// read leaves the verdict to libcrypto.
func (k *Store) keepLists(version uint64, at []Ptr, ders [][]byte) []*pki.CRL {
	lists := make([]*pki.CRL, len(at))
	for i, der := range ders {
		l, err := pki.ParseCRL(der)
		if err != nil {
			l = pki.UnreadCRL
		}
		lists[i] = l
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.lists.Load()
	if now != nil && now.version > version {
		return lists
	}
	next := &storeLists{version, make(map[Ptr]*pki.CRL, len(at))}
	if now != nil && now.version == version {
		for p, l := range now.known {
			next.known[p] = l
		}
	}
	for i, p := range at {
		next.known[p] = lists[i]
	}
	k.lists.Store(next)
	return lists
}

// FoundCRLs answers [VerdictMissingCRLs]: the addresses of the issuer's
// X509_CRLs in the store, and their DER; nil for those where the store may know
// them by their addresses alone. It reports whether it does.
func (s *SSL) FoundCRLs(k *Store, version uint64, at []Ptr, ders [][]byte) bool {
	lists := k.listsOf(version, at)
	if lists == nil && ders == nil && len(at) > 0 || s.verifying.missingCRLs == nil {
		return false
	}
	if lists == nil && len(ders) == len(at) {
		lists = k.keepLists(version, at, ders)
	}
	s.verifying.lists.Add(s.verifying.missingCRLs, lists)
	return true
}
