//go:build patina_guest

package host

// #include "guest.h"
import "C"

import "unsafe"

// forkWithWorldStopped is runtime.patinaFork: it calls the C function fn with the world stopped and returns what that
// returned: 0 in the process it was called in, 1 in the child of a fork that happened meanwhile.
func forkWithWorldStopped(fn unsafe.Pointer) int32

// revive is runtime.patinaRevive: it starts the threads that a forked child needs.
func revive()

// patinaGoReady returns when the runtime has started and every package is initialised.
//
//export patinaGoReady
func patinaGoReady() {}

//export patinaGoFork
func patinaGoFork() {
	forkWithWorldStopped(C.patina_world_stopped_address())
}

//export patinaGoRevive
func patinaGoRevive() { revive() }
