package ossl

import (
	"maps"
	"sync"
	"sync/atomic"

	"patina/core/pki"
)

// Store is what Go has seen of an X509_STORE: certificates and revocation lists,
// converted once for each of its versions, the places where it looks for more, and
// the signatures that were found right. It is shared by all connections that verify
// against that store.
type Store struct {
	roots   pki.Cache
	memo    pki.Memo
	lookups atomic.Pointer[lookups] // nil: unknown, libcrypto looks
	absent  atomic.Pointer[absentNames]
	newest  atomic.Uint64 // version, of those with something that directories have shown

	mu    sync.Mutex // for changes
	lists atomic.Pointer[storeLists]
}

// absentNames are subjects that one version of a store does not hold, by their DER,
// with their hashes. It is immutable.
type absentNames struct {
	version uint64
	hashes  map[string]uint32
}

// maxNames is how many names are remembered: they are the peers' choice.
const maxNames = 256

// isAbsent reports whether a version is known not to hold a subject, and its hash.
func (k *Store) isAbsent(version uint64, name []byte) (hash uint32, known bool) {
	if now := k.absent.Load(); now != nil && now.version == version {
		hash, known = now.hashes[string(name)]
	}
	return hash, known
}

// took: what directories have shown is in the store as of a version. Said before they
// know that it was taken, so that who finds nothing new there learns that it is in the
// store meanwhile.
func (k *Store) took(version uint64) {
	for now := k.newest.Load(); now < version && !k.newest.CompareAndSwap(now, version); {
		now = k.newest.Load()
	}
}

// setAbsent remembers that a version does not hold a subject.
func (k *Store) setAbsent(version uint64, name []byte) {
	hash, ok := pki.NameHash(name)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.absent.Load()
	if now != nil && now.version > version {
		return
	}
	next := &absentNames{version, map[string]uint32{string(name): hash}}
	if now != nil && now.version == version && len(now.hashes) < maxNames {
		maps.Copy(next.hashes, now.hashes)
	}
	k.absent.Store(next)
}

// storeLists are the revocation lists seen in one version of a store, by the
// address of their X509_CRL, which a store keeps, and by their issuer's DER. It is
// immutable.
type storeLists struct {
	version  uint64
	known    map[Ptr]*pki.CRL
	byIssuer map[string]issuerLists
}

// issuerLists are all the lists of an issuer that a version holds.
type issuerLists struct {
	hash  uint32
	lists []*pki.CRL
}

// AddRoots takes what was found in a version of the store under one name, DER; it
// reports whether there is anything.
func (k *Store) AddRoots(version uint64, ders [][]byte) bool { return k.roots.Add(version, ders) }

// FoundRoots answers [VerdictMissing] and [VerdictLookup] with the certificates
// that a version of the store has of that name, DER. It reports whether there are any.
func (s *SSL) FoundRoots(k *Store, version uint64, ders [][]byte) bool {
	if k.AddRoots(version, ders) {
		return true
	}
	if s.verifying.missing != nil && s.verifying.inStore {
		k.setAbsent(version, s.verifying.missing)
	}
	return false
}

// issued are the lists of an issuer in a version, if they are known.
func (k *Store) issued(version uint64, issuer []byte) (found issuerLists, known bool) {
	if now := k.lists.Load(); now != nil && now.version == version {
		found, known = now.byIssuer[string(issuer)]
	}
	return found, known
}

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

// readLists reads lists in DER. One that cannot be read leaves the verdict to
// libcrypto.
func readLists(ders [][]byte) []*pki.CRL {
	lists := make([]*pki.CRL, len(ders))
	for i, der := range ders {
		l, err := pki.ParseCRL(der)
		if err != nil {
			l = pki.UnreadCRL
		}
		lists[i] = l
	}
	return lists
}

// keepLists keeps lists for the version, by address, and, unless issuer is nil, as
// all that it has of that issuer.
func (k *Store) keepLists(version uint64, issuer []byte, at []Ptr, lists []*pki.CRL) {
	hash, _ := pki.NameHash(issuer)
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.lists.Load()
	if now != nil && now.version > version {
		return
	}
	next := &storeLists{version, make(map[Ptr]*pki.CRL, len(at)), make(map[string]issuerLists)}
	if now != nil && now.version == version {
		maps.Copy(next.known, now.known)
		if len(now.byIssuer) < maxNames {
			maps.Copy(next.byIssuer, now.byIssuer)
		}
	}
	for i, p := range at {
		next.known[p] = lists[i]
	}
	if issuer != nil {
		next.byIssuer[string(issuer)] = issuerLists{hash, lists}
	}
	k.lists.Store(next)
}

// FoundCRLs answers [VerdictMissingCRLs] and [VerdictLookupCRLs]: the addresses of
// the issuer's X509_CRLs in the store, and their DER; nil for those where the store
// may know them by their addresses alone. It reports whether it does.
func (s *SSL) FoundCRLs(k *Store, version uint64, at []Ptr, ders [][]byte) bool {
	issuer := s.verifying.missingCRLs
	if issuer == nil {
		return false
	}
	lists := k.listsOf(version, at)
	if lists == nil && len(ders) != len(at) {
		return false
	}
	unknown := lists == nil
	if unknown {
		lists = readLists(ders)
	}
	if s.verifying.inStore {
		k.keepLists(version, issuer, at, lists)
		return true
	}
	if unknown {
		k.keepLists(version, nil, at, lists)
	}
	s.verifying.lists.Add(issuer, lists)
	return true
}
