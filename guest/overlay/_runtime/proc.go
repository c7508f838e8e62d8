// Threads of the host in the scheduler of a guest.

package runtime

import "internal/runtime/atomic"

// patinaYieldInterval is how often, in nanoseconds, threads that go back to C give their P to one that waits. Without a
// limit every entry of every thread would end in a wait and a wake-up as soon as there is one thread more than Ps.
const patinaYieldInterval = 100_000

var patinaLastYield atomic.Int64

// patinaWorkWaits reports whether a thread that leaves for C should not keep its P: goroutines wait, or the collector
// has use for it.
//
//go:nosplit
func patinaWorkWaits(pp *p) bool {
	return !patinaAlone && (sched.runq.size > 0 || pp.runnext != 0 || atomic.Load(&pp.runqhead) != atomic.Load(&pp.runqtail) ||
		atomic.Load(&gcBlackenEnabled) != 0)
}

// patinaGiveWay runs on the system stack of a thread that is about to be in C, when others have use for its P. It hands it
// over: to the thread of the goroutine that waits longest if that is bound to one, as those are that come from C.
//
//go:systemstack
func patinaGiveWay() {
	pp := getg().m.p.ptr()
	if pp == nil {
		return
	}
	if runqempty(pp) { // else these goroutines have nobody else
		now := nanotime()
		last := patinaLastYield.Load()
		if now-last < patinaYieldInterval || !patinaLastYield.CompareAndSwap(last, now) {
			return
		}
	}
	thread, ok := setBlockOnExitSyscall(pp)
	if !ok {
		return
	}
	if thread.mp != getg().m {
		thread.resume()
		return
	}
	thread.takeP()

	var waiting *m
	lock(&sched.lock)
	if gp := sched.runq.head.ptr(); gp != nil && gp.lockedm != 0 && schedEnabled(gp) &&
		!sched.gcwaiting.Load() && pp.runSafePointFn == 0 && runqempty(pp) {
		globrunqget()
		waiting = gp.lockedm.ptr()
	}
	unlock(&sched.lock)
	if waiting != nil {
		incidlelocked(-1)
		waiting.nextp.set(pp)
		notewakeup(&waiting.park)
	} else {
		// This may create an M, for which the P is borrowed. Our goroutine looks as if it were in C with a P then: until it is
		// let go (resume) nobody can take that P from under the allocation.
		handoffp(pp)
	}
	thread.resume()
}

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

// patinaPatience is how many looks of 100 microseconds, a minute or so, a thread may take to come to a stop. Looks are
// counted, not time: a process that was stopped for a while must not take that for waiting.
const patinaPatience = 400_000

// patinaLooks counts them, for the one that stops the world or waits for safe points (it holds worldsema).
var patinaLooks uint32

// patinaLook returns how long to sleep, in nanoseconds, before looking again.
func patinaLook() int64 {
	patinaLooks++
	if patinaLooks > patinaPatience {
		throw("libssl.so.3 (Patina): a thread does not come out of the library: it was left by siglongjmp, or the thread was ended inside")
	}
	return 100 * 1000
}
