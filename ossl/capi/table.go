package capi

import (
	"sync"
	"sync/atomic"
)

// table holds the Go objects behind C handles. A handle knows its object by a
// token, which is the number of a slot and the generation of its use, so that
// the token of a freed object finds nothing. Lookups take no lock.
type table[T any] struct {
	mu     sync.Mutex // for put and drop
	free   []uint32
	used   uint32
	chunks [maxChunks]atomic.Pointer[[chunkSize]entry[T]]
}

// Limits of a table: maxChunks*chunkSize objects of a kind at once.
const (
	chunkSize = 1024
	maxChunks = 4096
)

type entry[T any] struct {
	generation atomic.Uint32
	object     atomic.Pointer[T]
}

// put stores o and returns its token, which is never 0; 0 if the table is full.
func (t *table[T]) put(o *T) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var slot uint32
	if n := len(t.free); n > 0 {
		slot = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		if t.used == chunkSize*maxChunks {
			return 0
		}
		slot = t.used
		t.used++
		if slot%chunkSize == 0 {
			t.chunks[slot/chunkSize].Store(new([chunkSize]entry[T]))
		}
	}
	e := &t.chunks[slot/chunkSize].Load()[slot%chunkSize]
	generation := e.generation.Load() + 1
	if generation == 0 {
		generation = 1
	}
	e.object.Store(o)
	e.generation.Store(generation)
	return uint64(generation)<<32 | uint64(slot)
}

// get returns the object of a token, nil if it is not there any more.
func (t *table[T]) get(token uint64) *T {
	slot := uint32(token)
	if slot >= chunkSize*maxChunks {
		return nil
	}
	chunk := t.chunks[slot/chunkSize].Load()
	if chunk == nil {
		return nil
	}
	e := &chunk[slot%chunkSize]
	o := e.object.Load()
	if e.generation.Load() != uint32(token>>32) {
		return nil
	}
	return o
}

// drop forgets the object of a token.
func (t *table[T]) drop(token uint64) *T {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.get(token)
	if o == nil {
		return nil
	}
	slot := uint32(token)
	e := &t.chunks[slot/chunkSize].Load()[slot%chunkSize]
	e.generation.Add(1)
	e.object.Store(nil)
	t.free = append(t.free, slot)
	return o
}

// len is how many objects there are.
func (t *table[T]) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.used) - len(t.free)
}
