// Threads of the host in the scheduler of a guest.

package runtime

// patinaStealP takes the P of some thread that has gone back to C, for a thread that has come from there and finds no
// P idle. It must run on the system stack.
//
//go:systemstack
func patinaStealP() *p {
	for _, pp := range allp {
		if thread, ok := setBlockOnExitSyscall(pp); ok {
			thread.takeP()
			thread.resume()
			decGSyscallNoP(getg().m)
			return pp
		}
	}
	return nil
}

// patinaAskStackBound reports whether the bounds of the thread's stack are worth asking for: once per thread.
//
//go:nosplit
func patinaAskStackBound(mp *m) bool {
	asked := mp.patinaStackAsked
	mp.patinaStackAsked = true
	return !asked
}
