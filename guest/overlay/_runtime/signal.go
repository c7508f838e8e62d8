// Signals in a guest. The host's dispositions are the host's. Go handles the faults of its own code (SIGSEGV, SIGBUS,
// SIGFPE), which become panics and are recovered by the export that was called; every other fault goes where it
// would have gone without us.

package runtime

import "unsafe"

// patinaSignalReserve is the room kept below every goroutine's stack, in bytes, for a handler that the host installed
// without SA_ONSTACK: the kernel's frame (about 1 KiB, 3.5 KiB with AVX-512 state) and the handler's own frames. With
// stackMin (2 KiB) it makes exactly 32 KiB, the size that the smallest stack would be rounded up to from 15 KiB on.
const patinaSignalReserve = 30 << 10

// patinaHostAction holds the host's action for each signal at the time the runtime started.
var patinaHostAction [_NSIG]sigactiont

const (
	patinaSA_NODEFER   = 0x40000000
	patinaSA_RESETHAND = 0x80000000
)

//go:nosplit
//go:nowritebarrierrec
func patinaSaveAction(sig uint32) uintptr {
	sigaction(sig, nil, &patinaHostAction[sig])
	return patinaHostAction[sig].sa_handler
}

// patinaForward decides whose fault it is. It returns false for a fault in Go code, which becomes a panic, and true
// when the signal has been dealt with: by the host's handler, called under the mask that the host asked for, or by
// putting the default action back.
//
//go:nosplit
//go:nowritebarrierrec
func patinaForward(sig uint32, info *siginfo, ctx unsafe.Pointer, host uintptr) bool {
	c := &sigctxt{info, ctx}
	if !c.sigFromUser() {
		gp := sigFetchG(c)
		if gp != nil && gp.m != nil && gp.m.curg != nil && !gp.m.isExtraInC && !gp.m.incgo {
			return false
		}
	}
	switch {
	case host == _SIG_IGN && c.sigFromUser():
		return true
	case host == _SIG_DFL || host == _SIG_IGN:
		setsig(sig, _SIG_DFL)
		if c.sigFromUser() {
			raise(sig) // pending until the handler returns
		}
		// Else the instruction faults again and the kernel does what it always does.
		return true
	}
	action := &patinaHostAction[sig]
	if action.sa_flags&patinaSA_RESETHAND != 0 {
		fwdSig[sig] = _SIG_DFL
	}
	mask := *(*sigset)(unsafe.Pointer(&(*ucontext)(ctx).uc_sigmask))
	for i := range mask {
		mask[i] |= uint32(action.sa_mask >> (32 * i))
	}
	if action.sa_flags&patinaSA_NODEFER == 0 {
		sigaddset(&mask, int(sig))
	}
	sigprocmask(_SIG_SETMASK, &mask, nil)
	sigfwd(host, sig, info, ctx)
	return true
}

// patinaOnGoroutine reports whether a signal handler runs on the stack of m's goroutine, and describes that stack.
//
//go:nosplit
//go:nowritebarrierrec
func patinaOnGoroutine(m *m, sp uintptr, st *stackt) bool {
	gp := m.curg
	if gp == nil || sp < gp.stack.lo || sp >= gp.stack.hi {
		return false
	}
	st.ss_size = gp.stack.hi - gp.stack.lo
	setSignalstackSP(st, gp.stack.lo)
	return true
}
