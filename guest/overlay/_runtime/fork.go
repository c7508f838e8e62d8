// fork in a guest. POSIX copies one thread: the child's runtime would wait for ever for the others. So the process is
// copied while the world is stopped and the few locks that a thread without a P may hold are ours; in the child the
// bookkeeping of threads is then set to what is true there: this one and no other.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// patinaAlone is set in the child of a fork until patinaRevive: whatever work waits, no thread is started for it.
var patinaAlone bool

// patinaFork calls the C function fn with the world stopped. fn returns 0 in the process that it was called in and 1
// in the child of a fork that happened meanwhile; there may be any number of forks between. patinaFork returns the same,
// with the world running again. In the child no thread but the caller's exists until patinaRevive or the scheduler's own
// need starts one.
//
//go:linkname patinaFork patina/guest/host.forkWithWorldStopped
func patinaFork(fn unsafe.Pointer) int32 {
	// No collection is in flight and every P is stopped: what a thread must have a P for, none is doing.
	stw := stopTheWorldGC(stwUnknown)
	var outcome int32
	systemstack(func() { outcome = patinaForkStopped(fn) })
	// Starting the world starts or wakes no thread unless there is work for it: a count of spinning threads above zero
	// keeps the scheduler from it. In the parent a woken thread would run on another processor just when every page
	// written to is copied, and each copy would have to interrupt it; in the child, which may only call exec, there
	// would be a thread to create.
	sched.nmspinning.Add(1)
	startTheWorldGC(stw)
	sched.nmspinning.Add(-1)
	if outcome == 0 && (sched.runq.size > 0 || !runqempty(getg().m.p.ptr())) {
		wakep()
	}
	return outcome
}

// patinaForkStopped takes the locks that may be held by a thread without a P, in the order of their ranks, calls fn,
// and lets them go. In the child it puts the scheduler in order before. On the system stack.
func patinaForkStopped(fn unsafe.Pointer) int32 {
	mp := getg().m
	lock(&sched.sysmonlock) // sysmon sleeps or waits
	lock(&sched.lock)
	lock(&allpLock)
	extra := lockextra(true)

	// The M keeps its P (there is no entersyscall). incgo says that a fault from here on is not Go's.
	incgo := mp.incgo
	mp.incgo = true
	outcome := asmcgocall(fn, nil)
	mp.incgo = incgo

	if outcome != 0 {
		extra = patinaForked(mp, extra)
	}
	unlockextra(extra, 0)
	unlock(&allpLock)
	unlock(&sched.lock)
	unlock(&sched.sysmonlock)
	return outcome
}

// patinaForked describes a process whose only thread is mp. The caller holds the locks of patinaForkStopped; extra is
// the list of spare Ms, and the list to put in its place is returned.
func patinaForked(mp *m, extra *m) *m {
	// Others may have queued for the locks we hold: nobody does here.
	sched.sysmonlock.key = mutexLocked
	sched.lock.key = mutexLocked
	allpLock.key = mutexLocked
	extraMWaiters.Store(0)

	mp.procid = uint64(gettid())
	patinaAlone = true

	// Idle Ms: their threads are gone.
	for mget() != nil {
	}
	sched.nmidlelocked = 0
	sched.nmsys = 0
	sched.freem = nil
	sched.nmspinning.Store(0)
	sched.needspinning.Store(0)
	sched.nGsyscallNoP.Store(0)

	// The notes that vanished threads slept on, and the lists of work for them.
	sched.sysmonwait.Store(false)
	noteclear(&sched.sysmonnote)
	noteclear(&sched.stopnote)
	newmHandoff.lock.key = 0
	newmHandoff.newm = 0
	newmHandoff.waiting = false
	noteclear(&newmHandoff.wake)
	atomic.Store(&newmHandoff.haveTemplateThread, 0)
	noteclear(&patinaPollNote)
	patinaPollWoken.Store(0)
	sched.lastpoll.Store(nanotime()) // nobody sleeps in the poller
	sched.pollUntil.Store(0)
	sched.pollingNet.Store(0)
	// A thread without a P may have been creating another, which reads these locks.
	execLock.readerCount.Store(0)
	allocmLock.readerCount.Store(0)

	// What waits in the queue of a P goes to the global one, so that no thread has to be started for that P.
	for _, pp := range allp {
		if pp != mp.p.ptr() {
			queue := runqdrain(pp)
			globrunqputbatch(&queue)
		}
	}

	// An M that was bound to a thread of the host is free for another. The Ms of Go's own threads stay in allm, where the
	// collector finds them and nobody else looks; they count as freed.
	var spare uint32
	for m := extra; m != nil; m = m.schedlink.ptr() {
		spare++
	}
	for m := allm; m != nil; m = m.alllink {
		if m != mp && m.isextra && readgstatus(m.curg) == _Gsyscall {
			patinaUnbind(m)
			m.schedlink.set(extra)
			extra = m
			spare++
		}
	}
	extraMLength.Store(spare)
	live := int64(spare) + 1
	if mp.isextra {
		extraMInUse.Store(1)
	} else {
		extraMInUse.Store(0)
	}
	sched.nmfreed = sched.mnext - live
	return extra
}

// patinaUnbind does for the M of a thread that no longer exists what the thread's end would have done (dropm).
func patinaUnbind(m *m) {
	casgstatus(m.curg, _Gsyscall, _Gdeadextra)
	m.curg.preemptStop = false
	sched.ngsys.Add(1)
	m.oldp.set(nil)
	m.procid = 0
	if !m.newSigstack {
		m.gsignal.stack = m.goSigStack.stack
		m.gsignal.stackguard0 = m.goSigStack.stackguard0
		m.gsignal.stackguard1 = m.goSigStack.stackguard1
		m.gsignal.stktopsp = m.goSigStack.stktopsp
	}
	m.g0.stack = stack{}
	m.g0.stackguard0 = 0
	m.g0.stackguard1 = 0
	m.g0StackAccurate = false
	m.isExtraInC = true
}

// patinaRevive starts the threads that a runtime has beside those at work: the one that starts others, and sysmon. The
// child of a fork calls it once, when it first uses the library.
//
//go:linkname patinaRevive patina/guest/host.revive
func patinaRevive() {
	patinaAlone = false
	systemstack(func() {
		newm(templateThread, nil, -1)
		atomic.Store(&newmHandoff.haveTemplateThread, 1)
		newm(sysmon, nil, -1)
	})
	if sched.runq.size > 0 {
		wakep()
	}
}
