package overlay

// Guest is the plan that makes Go's runtime a guest. Every edit says what would go wrong without it.
var Guest = Plan{
	Edits: []Edit{
		// Signals: the host's handlers run on whatever stack the thread is on.
		{
			File: "runtime/stack.go",
			Old:  "goos.IsIos*goarch.IsArm64*1024\n",
			New:  "goos.IsIos*goarch.IsArm64*1024 + patinaSignalReserve\n",
			Why: "a handler that the host installed without SA_ONSTACK runs on the goroutine's stack; without a reserve " +
				"below every stack its frame overwrites what lies beneath",
		},
		{
			File: "runtime/cgocall.go",
			Old:  "\tg0.stackguard0 = g0.stack.lo + stackGuard\n",
			New:  "\tg0.stackguard0 = g0.stack.lo + stackGuard - stackSystem\n",
			Why: "the stack of a host's thread is a C stack, on which a handler's frame simply comes next: a reserve there " +
				"would be taken from the 32 KiB that Go assumes, or from a thread with a small stack",
		},
		{
			File: "runtime/cgocall.go",
			Old:  "\tgp.m.g0.stackguard0 = oldStack.lo + stackGuard\n",
			New:  "\tgp.m.g0.stackguard0 = oldStack.lo + stackGuard - stackSystem\n",
			Why:  "as above, on the way back to C",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\tgp.m.gsignal.stackguard0 = stsp + stackGuard\n\tgp.m.gsignal.stackguard1 = stsp + stackGuard\n",
			New:  "\tgp.m.gsignal.stackguard0 = stsp + stackGuard - stackSystem\n\tgp.m.gsignal.stackguard1 = stsp + stackGuard - stackSystem\n",
			Why:  "an alternate signal stack of the host's has 8 KiB or so",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\tif sp >= mp.g0.stack.lo && sp < mp.g0.stack.hi {\n\t\t// The signal was delivered on the g0 stack.\n",
			New:  "\tif patinaOnGoroutine(mp, sp, &st) {\n\t\tsetGsignalStack(&st, gsigStack)\n\t\treturn true\n\t}\n\n\tif sp >= mp.g0.stack.lo && sp < mp.g0.stack.hi {\n",
			Why: "a host's handler without SA_ONSTACK that hands a fault on to ours (crash reporters do) does so on the " +
				"goroutine's stack",
		},
		{
			File: "runtime/cgocall.go",
			Old:  "if !signal && _cgo_getstackbound != nil {\n",
			New:  "if false {\n",
			Why: "asking for the bounds of a thread's stack allocates, and for the main thread it reads /proc/self/maps (on every " +
				"call, where a host switches stacks or has no /proc); the 32 KiB that Go assumes without asking are enough",
		},
		{
			File: "runtime/os_linux.go",
			Old:  "physHugePageSize = getHugePageSize()\n",
			New:  "physHugePageSize = 2 << 20\n",
			Why:  "reads a file of /sys, which a host in a sandbox may be killed for; on amd64 it says 2 MiB",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "t.flags&_SigPanic == 0 && sig != _SIGPIPE && sig != sigPreempt {\n",
			New:  "t.flags&_SigPanic == 0 {\n",
			Why:  "the host's SIGPIPE and SIGURG are the host's: only faults, which become panics, are handled",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "fwdSig[i] = getsig(i)\n",
			New:  "fwdSig[i] = patinaSaveAction(i)\n",
			Why:  "a fault that is not ours goes to the host's handler under the mask and flags the host asked for",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\t\t\tif fwdSig[i] != _SIG_DFL && fwdSig[i] != _SIG_IGN {\n\t\t\t\tsetsigstack(i)\n",
			New:  "\t\t\tif fwdSig[i] != _SIG_DFL && fwdSig[i] != _SIG_IGN {\n",
			Why:  "SA_ONSTACK would be added to every handler of the host; the reserve makes it needless",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\t// If there is no handler to forward to, no need to forward.\n",
			New:  "\tif true {\n\t\treturn patinaForward(sig, info, ctx, fwdFn)\n\t}\n\n",
			Why:  "a fault in the host's code must end as it would without us: the default action, not a Go traceback",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\tnmask := getg().m.sigmask\n",
			New:  "\tnmask := getg().m.sigmask\n\tif getg().m.isextra {\n\t\tsigprocmask(_SIG_SETMASK, &nmask, nil)\n\t\treturn\n\t}\n",
			Why:  "a thread of the host keeps its signal mask",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\tif flags&_SigUnblock != 0 {\n\t\treturn false\n",
			New:  "\tif flags&(_SigPanic|_SigSetStack) != 0 {\n\t\treturn false\n",
			Why: "our own threads take no signal meant for the host (SIGPROF among them), only faults and the two by which " +
				"glibc talks to its threads",
		},
		{
			File: "runtime/proc.go",
			Old:  "\tsigmask := mp.sigmask\n\tsigblock(false)\n\tunminit()\n",
			New:  "\tvar sigmask sigset\n\tsigsave(&sigmask)\n\tsigblock(false)\n\tunminit()\n",
			Why:  "a thread that ends keeps the mask it has now, not the one of its first call",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "const preemptMSupported = true\n",
			New:  "const preemptMSupported = false\n",
			Why:  "the signal of asynchronous preemption interrupts the host's system calls with EINTR",
		},
		{
			File: "runtime/signal_unix.go",
			Old:  "\t\tvar crashSleepMicros uint32 = 5000\n",
			New:  "\t\tcrash()\n\t\tvar crashSleepMicros uint32 = 5000\n",
			Why:  "a crash aborts at once: it sends no SIGQUIT to the host's threads",
		},

		// Threads that call in, more of them than processors.
		{
			File: "runtime/proc.go",
			Old:  "\t\t\tdecGSyscallNoP(getg().m) // We got a P for ourselves.\n\t\t\treturn pp\n\t\t}\n\t}\n\treturn nil\n",
			New:  "\t\t\tdecGSyscallNoP(getg().m) // We got a P for ourselves.\n\t\t\treturn pp\n\t\t}\n\t}\n\treturn patinaStealP()\n",
			Why: "a thread that goes back to C keeps its P until sysmon takes it, up to 10 ms later; a thread that calls in " +
				"takes it itself",
		},
		{
			File: "runtime/cgocall.go",
			Old:  "\treentersyscall(savedpc, uintptr(savedsp), uintptr(savedbp))\n\n\tgp.m.winsyscall",
			New: "\tgive := patinaWorkWaits(gp.m.p.ptr())\n" +
				"\treentersyscall(savedpc, uintptr(savedsp), uintptr(savedbp))\n" +
				"\tif give {\n\t\tsystemstack(patinaGiveWay)\n" +
				"\t\tsave(savedpc, uintptr(savedsp), uintptr(savedbp))\n\t}\n\n\tgp.m.winsyscall",
			Why: "a thread that goes back to C gives its P to who waits for one, instead of leaving that to sysmon",
		},
		{
			File: "runtime/proc.go",
			Old:  "\t// need to wakeup another M to poll network.\n\tif sched.npidle.Load() == gomaxprocs-1 ",
			New:  "\t// need to wakeup another M to poll network.\n\tif netpollAnyWaiters() && sched.npidle.Load() == gomaxprocs-1 ",
			Why:  "there is no network to poll: the M would be woken for nothing each time a P is taken from a thread in C",
		},
		{
			File: "runtime/proc.go",
			Old:  "\t\tif idle == 0 { // start with 20us sleep...\n\t\t\tdelay = 20\n",
			New:  "\t\tif idle == 0 {\n\t\t\tdelay = 10 * 1000\n",
			Why: "sysmon need not look every 20 microseconds: who waits for a P is served by threads that enter and leave; its " +
				"wake-ups cost the host and slow its forks",
		},

		// A thread that will never come out of Go must not hang the others quietly.
		{
			File: "runtime/proc.go",
			Old:  "\tsched.stopwait = gomaxprocs\n",
			New:  "\tpatinaLooks = 0\n\tsched.stopwait = gomaxprocs\n",
			Why:  "counts how long the world takes to stop",
		},
		{
			File: "runtime/proc.go",
			Old:  "if notetsleep(&sched.stopnote, 100*1000) {\n",
			New:  "if notetsleep(&sched.stopnote, patinaLook()) {\n",
			Why:  "a thread that left Go by siglongjmp never stops: say so",
		},
		{
			File: "runtime/proc.go",
			Old:  "\tsched.safePointWait = gomaxprocs - 1\n",
			New:  "\tpatinaLooks = 0\n\tsched.safePointWait = gomaxprocs - 1\n",
			Why:  "counts how long the Ps take to reach a safe point",
		},
		{
			File: "runtime/proc.go",
			Old:  "if notetsleep(&sched.safePointNote, 100*1000) {\n",
			New:  "if notetsleep(&sched.safePointNote, patinaLook()) {\n",
			Why:  "as above",
		},

		// Threads of our own: as few as can be.
		{
			File: "runtime/proc.go",
			Old:  "\tmainStarted = true\n",
			New:  "\tmainStarted = true\n\tsched.nmspinning.Add(1)\n",
			Why:  "initialisation starts no thread to help with it",
		},
		{
			File: "runtime/proc.go",
			Old:  "\tclose(main_init_done)\n\n\tneedUnlock = false\n\tunlockOSThread()\n",
			New:  "\tsched.nmspinning.Add(-1)\n\tclose(main_init_done)\n\n\tneedUnlock = false\n",
			Why:  "after initialisation threads start when there is work",
		},
		{
			File: "runtime/proc.go",
			Old:  "\tlockOSThread()\n\n\tif mp != &m0 {\n",
			New:  "\tif mp != &m0 {\n",
			Why:  "a main goroutine bound to its thread needs a second thread for whatever it waits for",
		},
		{
			File: "runtime/proc.go",
			Old:  "\tneedUnlock := true\n",
			New:  "\tneedUnlock := false\n",
			Why:  "the main goroutine is not bound to its thread",
		},
		{
			File: "runtime/cgo/gcc_util.c",
			Old:  "/* Stub for creating a new thread */\n",
			New: "static struct { ThreadStart start; int used; } patina_pool[32];\n\n" +
				"static ThreadStart *patina_take(void) {\n" +
				"\tfor (int i = 0; i < 32; i++) {\n" +
				"\t\tif (!__atomic_exchange_n(&patina_pool[i].used, 1, __ATOMIC_ACQUIRE)) return &patina_pool[i].start;\n" +
				"\t}\n\treturn malloc(sizeof(ThreadStart));\n}\n\n" +
				"void patina_give(void *p) {\n" +
				"\tfor (int i = 0; i < 32; i++) {\n" +
				"\t\tif (p == &patina_pool[i].start) {\n" +
				"\t\t\t__atomic_store_n(&patina_pool[i].used, 0, __ATOMIC_RELEASE);\n\t\t\treturn;\n\t\t}\n" +
				"\t}\n\tfree(p);\n}\n\n/* Stub for creating a new thread */\n",
			Why: "as below",
		},
		{
			File: "runtime/cgo/gcc_util.c",
			Old:  "\tts = malloc(sizeof *ts);\n",
			New:  "\tts = patina_take();\n",
			Why:  "as below",
		},
		{
			File: "runtime/cgo/gcc_linux_amd64.c",
			Old:  "static void* threadentry(void*);\n",
			New:  "static void* threadentry(void*);\nvoid patina_give(void*);\n",
			Why:  "as below",
		},
		{
			File: "runtime/cgo/gcc_linux_amd64.c",
			Old:  "\tfree(v);\n",
			New:  "\tpatina_give(v);\n",
			Why: "a new thread whose first act is free gets a malloc arena of its own: 64 MiB of addresses, two mappings and a page " +
				"that every fork has to copy, for threads that never allocate with malloc again",
		},

		// fork
		{
			File: "runtime/proc.go",
			Old:  "\t\t\tthrow(\"on a locked thread with no template thread\")\n",
			New:  "\t\t\tunlock(&newmHandoff.lock)\n\t\t\tnewm1(mp)\n\t\t\treleasem(getg().m)\n\t\t\treturn\n",
			Why:  "in the child of a fork threads are started from the thread that forked until there is a template again",
		},
	},
	Replacements: []Replacement{{
		File:   "runtime/netpoll_epoll.go",
		Funcs:  []string{"netpollinit", "netpollIsPollDescriptor", "netpollopen", "netpollclose", "netpollarm", "netpollBreak", "netpoll"},
		Source: "netpoll.go",
		Why:    "the poller's descriptors appear in the host's table and are closed by hosts that close all they do not know",
	}},
	Additions: []Addition{
		{File: "runtime/patina_fork.go", Source: "fork.go"},
		{File: "runtime/patina_signal.go", Source: "signal.go"},
		{File: "runtime/patina_proc.go", Source: "proc.go"},
	},
}
