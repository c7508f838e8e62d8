package capi

// #include <stdlib.h>
import "C"

import (
	"sync"
	"unsafe"

	"patina/ossl"
)

// buffers lends C memory to the engine, so that BIOs read and write straight
// into and out of it while no Go code runs. Freed memory is kept by size.
//
// A buffer begins on a cache line, as the record layer likes it, and not at the
// beginning of a page. There begin the large buffers of others, a BIO's or a program's,
// and some processors copy ten times as slowly where the destination is a few bytes
// ahead of the source modulo the size of a page.
type buffers struct {
	classes [maxClass]class
}

type class struct {
	mu   sync.Mutex
	free []unsafe.Pointer
}

const (
	classSize = 1024 // bytes between size classes
	maxClass  = 128  // larger buffers are not kept
	maxFree   = 256  // buffers kept per class

	lineSize   = 64
	pageSize   = 4096
	fromPage   = 1024                             // bytes at least between a page's beginning and a buffer's
	headerSize = int(unsafe.Sizeof(uintptr(0)))   // before a buffer: what malloc has returned
	slack      = headerSize + lineSize + fromPage // more than a buffer's own bytes
)

func init() { ossl.Buffers = new(buffers) }

func (b *buffers) Get(size int) []byte {
	if size <= 0 {
		return nil
	}
	i := (size - 1) / classSize
	if i < maxClass {
		c := &b.classes[i]
		c.mu.Lock()
		if n := len(c.free); n > 0 {
			p := c.free[n-1]
			c.free = c.free[:n-1]
			c.mu.Unlock()
			return unsafe.Slice((*byte)(p), (i+1)*classSize)[:size:size]
		}
		c.mu.Unlock()
	}
	return unsafe.Slice((*byte)(allocate((i+1)*classSize)), size)
}

// allocate is C memory of size bytes, placed as said above.
func allocate(size int) unsafe.Pointer {
	base := C.malloc(C.size_t(size + slack))
	if base == nil {
		panic("out of memory")
	}
	skip := headerSize + int(-(uintptr(base)+uintptr(headerSize))%lineSize)
	if at := int((uintptr(base) + uintptr(skip)) % pageSize); at < fromPage {
		skip += fromPage - at
	}
	p := unsafe.Add(base, skip)
	*(*unsafe.Pointer)(unsafe.Add(p, -headerSize)) = base
	return p
}

func deallocate(p unsafe.Pointer) { C.free(*(*unsafe.Pointer)(unsafe.Add(p, -headerSize))) }

func (b *buffers) Put(buf []byte) {
	if cap(buf) == 0 {
		return
	}
	p := unsafe.Pointer(unsafe.SliceData(buf))
	if i := (cap(buf) - 1) / classSize; i < maxClass {
		c := &b.classes[i]
		c.mu.Lock()
		if len(c.free) < maxFree {
			c.free = append(c.free, p)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
	deallocate(p)
}
