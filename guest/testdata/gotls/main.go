// Command gotls is a Go program that links libssl, as zabbix-agent2 does: with ours there are two Go runtimes in the
// process. Usage: gotls SECONDS
package main

// #cgo CFLAGS: -DTLS -I${SRCDIR}/../hosts -Wno-deprecated-declarations
// #cgo LDFLAGS: -lssl -lcrypto -ldl -lpthread
// #include "vehicle_tls.c"
import "C"

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

func main() {
	seconds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fail(err)
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := g; time.Now().Before(end); n += 4 {
				C.work(C.uint32_t(n))
				switch n / 4 % 8 {
				case 0:
					runtime.GC()
				case 1:
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

func fail(what ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"FAILED:"}, what...)...)
	os.Exit(1)
}
