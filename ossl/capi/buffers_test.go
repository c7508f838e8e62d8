package capi

import (
	"testing"
	"unsafe"
)

// TestBuffersPlace holds a buffer's place to what type buffers says of it, for kept sizes and for larger ones, and its
// memory to the size asked for.
func TestBuffersPlace(t *testing.T) {
	b := new(buffers)
	var all [][]byte
	for size := 1; size <= maxClass*classSize+8*classSize; size += 509 {
		buf := b.Get(size)
		if len(buf) != size {
			t.Fatalf("Get(%d) has %d bytes", size, len(buf))
		}
		for i := range buf {
			buf[i] = byte(size)
		}
		at := uintptr(unsafe.Pointer(unsafe.SliceData(buf)))
		if at%lineSize != 0 || at%pageSize < fromPage {
			t.Errorf("Get(%d) lies %d bytes into its page", size, at%pageSize)
		}
		all = append(all, buf)
	}
	for _, buf := range all {
		for _, v := range buf {
			if v != byte(len(buf)) {
				t.Fatalf("a buffer of %d bytes shares some with another", len(buf))
			}
		}
		b.Put(buf)
	}
}

// TestBuffersKept asks for a size again that has been given back.
func TestBuffersKept(t *testing.T) {
	b := new(buffers)
	first := b.Get(5000)
	b.Put(first)
	if again := b.Get(5100); unsafe.SliceData(again) != unsafe.SliceData(first) {
		t.Error("memory of the same class was not kept")
	}
}
