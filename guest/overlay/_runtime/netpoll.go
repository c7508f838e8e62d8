// The network poller of a guest: none. What is left of the interface is its sleep, which Go's scheduler uses to wait for
// the next timer; it is a futex, so there is no descriptor.

//go:build linux

package runtime

import "internal/runtime/atomic"

const patinaEPERM = 1

var (
	// patinaPollNote wakes the one thread that sleeps in netpoll; patinaPollWoken keeps it from being woken twice.
	patinaPollNote  note
	patinaPollWoken atomic.Uint32
)

func netpollinit() {}

func netpollIsPollDescriptor(fd uintptr) bool { return false }

// netpollopen refuses, as epoll refuses a regular file: a descriptor that Go code opens all the same is used blocking.
func netpollopen(fd uintptr, pd *pollDesc) uintptr { return patinaEPERM }

func netpollclose(fd uintptr) uintptr { return 0 }

func netpollarm(pd *pollDesc, mode int) { throw("runtime: unused") }

func netpollBreak() {
	if patinaPollWoken.CompareAndSwap(0, 1) {
		notewakeup(&patinaPollNote)
	}
}

// netpoll sleeps for delay nanoseconds, for ever if delay is negative, or until netpollBreak.
// The scheduler lets one thread at a time sleep here.
func netpoll(delay int64) (gList, int32) {
	if delay != 0 {
		notetsleep(&patinaPollNote, delay)
		// In this order: a break between the two finds the flag still set and needs no wake-up, for we are awake.
		noteclear(&patinaPollNote)
		patinaPollWoken.Store(0)
	}
	return gList{}, 0
}
