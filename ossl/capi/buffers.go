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
	p := C.malloc(C.size_t((i + 1) * classSize))
	if p == nil {
		panic("out of memory")
	}
	return unsafe.Slice((*byte)(p), size)
}

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
	C.free(p)
}
