// Command gohost is a Go program that loads a library with a Go runtime of its own, as zabbix-agent2 loads libssl.
// Usage: gohost LIBRARY SECONDS
package main

// #cgo LDFLAGS: -ldl
// #include <dlfcn.h>
// #include <stdint.h>
// #include <stdlib.h>
// static void *lib;
// static int load(const char *name) { lib = dlopen(name, RTLD_NOW | RTLD_LOCAL); return lib != 0; }
// static uint32_t work(uint32_t seed) { return ((uint32_t (*)(uint32_t))dlsym(lib, "probe_work"))(seed); }
// static int goroutines(int n) { return ((int (*)(int))dlsym(lib, "probe_goroutines"))(n); }
// static void gc(void) { ((void (*)(void))dlsym(lib, "probe_gc"))(); }
// static int panics(void) { return ((int (*)(void))dlsym(lib, "probe_panic"))(); }
import "C"

import (
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

func main() {
	if C.load(C.CString(os.Args[1])) == 0 {
		fail("dlopen")
	}
	seconds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fail(err)
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := uint32(g); time.Now().Before(end); n += 4 {
				if got, want := uint32(C.work(C.uint32_t(n))), checksum(n); got != want {
					fail("work", n, got, want)
				}
				switch n / 4 % 16 {
				case 0:
					C.gc()
				case 1:
					runtime.GC()
				case 2:
					if C.goroutines(8) != 28 {
						fail("goroutines")
					}
				case 3:
					if C.panics() != 1 {
						fail("the guest's panic was not recovered")
					}
				case 4:
					if !recovers() {
						fail("the host's panic was not recovered")
					}
				}
			}
		})
	}
	runs := 0
	for ; time.Now().Before(end); runs++ {
		if err := exec.Command("/bin/true").Run(); err != nil {
			fail(err)
		}
	}
	wg.Wait()
	fmt.Println("two runtimes: ok,", runs, "programs run")
}

var null *[4]int

func recovers() (ok bool) {
	defer func() { ok = recover() != nil }()
	_ = null[len(os.Args)&1]
	return false
}

func checksum(x uint32) uint32 {
	buf := make([]byte, 8192)
	for i := range buf {
		x = x*1664525 + 1013904223
		buf[i] = byte(x >> 24)
	}
	return crc32.ChecksumIEEE(buf)
}

func fail(what ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"FAILED:"}, what...)...)
	os.Exit(1)
}
