// Command probe is a small library on the guest runtime, built as the real one is (guest/mklib). Its functions do what is
// hard for a guest: they allocate, collect, start goroutines, recurse, lock, sleep, panic. The tests of patina/guest drive
// it from C programs (probe.h).
package main

// #cgo CFLAGS: -I${SRCDIR}/../host -O2 -Wall -Wextra
// #include <stdint.h>
import "C"

import (
	"crypto/rand"
	"hash/crc32"
	"runtime"
	"sync"
	"time"
	"unsafe"

	_ "patina/guest/host"
)

func main() {}

//export goProbeAdd
func goProbeAdd(a, b C.int) C.int { return a + b }

var (
	mu    sync.Mutex
	table = map[uint32][]byte{}
)

// goProbeWork does one unit of everything and returns a checksum that depends on seed only.
//
//export goProbeWork
func goProbeWork(seed C.uint32_t) C.uint32_t {
	buf := make([]byte, 8192)
	x := uint32(seed)
	for i := range buf {
		x = x*1664525 + 1013904223
		buf[i] = byte(x >> 24)
	}
	sum := crc32.ChecksumIEEE(buf)
	mu.Lock()
	table[sum%512] = buf
	mu.Unlock()
	return C.uint32_t(sum) + C.uint32_t(recurse(40, x))*0
}

// recurse uses about n KiB of stack.
//
//go:noinline
func recurse(n int, x uint32) uint32 {
	var frame [1024]byte
	frame[x%1024] = byte(n)
	if n == 0 {
		return uint32(frame[x%1024])
	}
	return recurse(n-1, x*7+1) + uint32(frame[(x+1)%1024])
}

//export goProbeDeep
func goProbeDeep(kib C.int) C.uint32_t { return C.uint32_t(recurse(int(kib), 1)) }

//export goProbeGC
func goProbeGC() { runtime.GC() }

// goProbeGoroutines starts n goroutines that work and returns the sum of their results.
//
//export goProbeGoroutines
func goProbeGoroutines(n C.int) C.int {
	results := make(chan int, n)
	for i := range int(n) {
		go func() {
			b := make([]byte, 4096)
			for k := range b {
				b[k] = byte(i + k)
			}
			results <- int(b[0])*0 + i
		}()
	}
	sum := 0
	for range int(n) {
		sum += <-results
	}
	return C.int(sum)
}

// goProbeSleep waits for a timer, which needs the runtime's poller.
//
//export goProbeSleep
func goProbeSleep(microseconds C.int) { time.Sleep(time.Duration(microseconds) * time.Microsecond) }

// goProbeSpin stays in Go, computing, for the given time.
//
//export goProbeSpin
func goProbeSpin(microseconds C.int) C.uint32_t {
	var x uint32
	for end := time.Now().Add(time.Duration(microseconds) * time.Microsecond); time.Now().Before(end); {
		x = x*1664525 + recurse(4, x)
	}
	return C.uint32_t(x)
}

// goProbePanic dereferences nil, recovers, and returns 1 for a recovered panic.
//
//export goProbePanic
func goProbePanic() (recovered C.int) {
	defer func() {
		if recover() != nil {
			recovered = 1
		}
	}()
	var p *[4]int
	return C.int(p[sink&3])
}

var sink int

//export goProbeRandom
func goProbeRandom(p *C.char, n C.int) { rand.Read(unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n))) }
