package ossl

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Lookup is one of the places where an X509_STORE looks for what it does not hold.
type Lookup struct {
	// Dir is a directory whose files are named by the hash of a subject and a number
	// (X509_LOOKUP_hash_dir(3), files in PEM); or, with Scan, one that is looked
	// through for such names (X509_LOOKUP_store of a directory).
	Dir  string
	Scan bool
}

// lookups are the places of a store, in their order. What a directory has shown is
// kept with it.
type lookups struct{ dirs []*hashedDir }

// hashedDir is a directory of a store's, and what the store has taken from it.
type hashedDir struct {
	Lookup

	mu     sync.Mutex              // for loaded and odd: taken where there is a file, and to change lists
	loaded map[string]fileIdentity // files whose certificates the store has
	odd    map[string]fileIdentity // files that libcrypto has to read
	// lists is, by hash, the number of the revocation list to be looked for next, if
	// that is not 0. It is replaced, never changed.
	lists atomic.Pointer[map[uint32]int]

	listing atomic.Pointer[dirListing] // with Scan
}

// SetLookups says where the store looks for what it does not hold. Without it, and
// after [Store.ForgetLookups], libcrypto looks.
func (k *Store) SetLookups(places []Lookup) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var old []*hashedDir
	if now := k.lookups.Load(); now != nil {
		old = now.dirs
	}
	next := &lookups{}
	for _, p := range places {
		if at := slices.IndexFunc(old, func(d *hashedDir) bool { return d.Lookup == p }); at >= 0 {
			next.dirs = append(next.dirs, old[at])
		} else {
			next.dirs = append(next.dirs, &hashedDir{Lookup: p})
		}
	}
	k.lookups.Store(next)
}

// ForgetLookups: the store looks in places that Go does not know.
func (k *Store) ForgetLookups() { k.lookups.Store(nil) }

// found is what a look into directories has come to: files with something new, or
// one that libcrypto has to read.
type found struct {
	dir   *hashedDir
	files []hashedFile
	odd   bool
	// Of revocation lists: their hash, and the number to be looked for next time.
	crls bool
	hash uint32
	next int
}

// hashedFile is a file as it was read.
type hashedFile struct {
	path string
	is   fileIdentity
	ders [][]byte
}

func (f *found) ders() (all [][]byte) {
	for i := range f.files {
		all = append(all, f.files[i].ders...)
	}
	return all
}

// taken: the store has got what was found; or, if not ok, could not take it.
func (f *found) taken(ok bool) {
	d := f.dir
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case f.crls && (ok || f.odd):
		next := map[uint32]int{}
		if now := d.lists.Load(); now != nil {
			for h, n := range *now {
				next[h] = n
			}
		}
		next[f.hash] = max(f.next, next[f.hash])
		d.lists.Store(&next)
	case ok:
		remember(&d.loaded, f.files)
	default:
		remember(&d.odd, f.files)
	}
}

// maxFiles is how many files of a directory are remembered, of either kind.
const maxFiles = 4096

func remember(known *map[string]fileIdentity, files []hashedFile) {
	if *known == nil || len(*known)+len(files) > maxFiles {
		*known = make(map[string]fileIdentity)
	}
	for i := range files {
		(*known)[files[i].path] = files[i].is
	}
}

// certificates looks for those under a subject's hash that the store has not got
// yet; nil if there are none.
func (l *lookups) certificates(hash uint32) *found {
	for _, d := range l.dirs {
		var f *found
		if d.Scan {
			f = d.scan(hash)
		} else {
			f = d.certificates(hash)
		}
		if f != nil {
			return f
		}
	}
	return nil
}

// certificates reads the files hash.0, hash.1 and so on, up to the first number that
// is not there.
func (d *hashedDir) certificates(hash uint32) *found {
	f := &found{dir: d}
	for k := 0; ; k++ {
		path := hashedPath(d.Dir, hash, "", k)
		if !isThere(path) {
			break
		}
		file, state := d.read(path, certificateBlock)
		switch state {
		case fileOdd:
			return &found{odd: true}
		case fileNew:
			f.files = append(f.files, file)
		}
	}
	if len(f.files) == 0 {
		return nil
	}
	return f
}

// revocationLists looks for those under an issuer's hash that the store has not got
// yet; nil if there are none. held: it has some of that issuer's.
func (l *lookups) revocationLists(hash uint32, held bool) *found {
	for _, d := range l.dirs {
		if d.Scan {
			if f := d.scan(hash); f != nil {
				return f
			}
			continue
		}
		f, some := d.revocationLists(hash)
		if f != nil {
			return f
		}
		if some && held {
			return nil
		}
	}
	return nil
}

// revocationLists reads hash.r0, hash.r1 and so on, from the first number that has
// not been there yet. some: there have been some, now or before.
func (d *hashedDir) revocationLists(hash uint32) (f *found, some bool) {
	first := 0
	if now := d.lists.Load(); now != nil {
		first = (*now)[hash]
	}
	f = &found{dir: d, crls: true, hash: hash, next: first}
	for ; ; f.next++ {
		path := hashedPath(d.Dir, hash, "r", f.next)
		if !isThere(path) {
			break
		}
		file, state := d.read(path, listBlock)
		switch state {
		case fileOdd:
			f.odd = true
		case fileNew:
			f.files = append(f.files, file)
		}
	}
	if f.next == first {
		return nil, first > 0
	}
	return f, true
}

// scan leaves it to libcrypto to read what a directory has under a hash.
func (d *hashedDir) scan(hash uint32) *found {
	if d.has(hash) {
		return &found{odd: true}
	}
	return nil
}
