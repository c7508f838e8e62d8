// Package guest makes the Go runtime a well-behaved guest in somebody else's process.
//
// A C program that loads libssl.so.3 expects a library that has no threads, opens no files, touches no signal handler and
// survives fork(). A stock -buildmode=c-shared library of Go's breaks all four. The parts that mend it:
//
//	overlay    a generator: reads the installed Go's runtime, makes a handful of exact-match edits, adds three files of
//	           our own (overlay/_runtime), and fails loudly when the sources are not the ones it knows
//	host       the C side, linked into the library: gate.c, start.c, fork.c
//	mklib      the build: overlay, go build -buildmode=c-archive, renamed constructor, link
//	probe      a small library on the same runtime, the fast vehicle of the tests
//	testdata   hosts: C programs that fork, raise signals, switch stacks, close descriptors
//
// # The law
//
// No application code runs above a Go frame. Go never calls the application: it stops and says what it needs, C does it
// with no Go frame below, and steps again. So a callback may fork, longjmp, block, switch coroutines or call the library.
//
// # The gate
//
// Every C->Go entry is wrapped in patina_enter and patina_leave (host/gate.h). A thread in Go is a reader; fork is the
// writer. A reader writes only to a cache line of its own thread (one exchange, which is the fence) and reads one shared
// word that changes only for a fork; so entering scales over threads, and a writer that has shut the gate cannot starve.
//
// # The start
//
// Nothing happens when the library is loaded but the registration of the (inert) fork handlers. The first entry starts the
// runtime, with all signals blocked, on arguments and an environment of its own (start.c): GODEBUG and GOGC of the
// host are not ours; PATINA_GODEBUG, PATINA_GOGC, PATINA_GOMAXPROCS and PATINA_GOMEMLIMIT are, unless the program is
// setuid. After that there are three to five threads of Go's, no descriptor, and about 1.4 GiB of reserved addresses (not of
// memory: `ulimit -v` below that stops the runtime from starting, as does a limit on processes that leaves no room
// for its threads; both end the process with a message).
//
// # fork
//
// prepare shuts the gate, waits until no thread is inside Go, stops Go's world, takes the locks that a thread without a
// P may hold, and returns to libc with the world still stopped (fork.c, overlay/_runtime/fork.go). In the child the
// scheduler's books are set right before the locks are let go; no thread is started there before the library is
// used and a fork before the start involves Go not at all. A child made behind libc's back (_Fork, clone) is noticed when it enters, for the gate's page is wiped in
// it: it aborts with a message. vfork, posix_spawn and system run no fork handlers and need none.
//
// libcrypto is no such guest: a child inherits its locks as other threads held them, and OpenSSL's own libssl hangs there. So
// our C code marks the sections in which it calls libcrypto functions that lock (PATINA_CRYPTO_SECTION), and
// fork waits for those too, up to half a second. What the application itself does with libcrypto in other threads while
// it forks is as (un)safe as it was.
//
// # Signals
//
// The host's dispositions and masks are untouched but for SIGSEGV, SIGBUS and SIGFPE, which Go takes at the start so that a
// nil dereference in an export can be recovered. A fault that is not in Go code, or that was sent by kill, goes to the
// handler that was there before, under its own mask, or to the default action, so that the host dies with the core
// dump it would have had. A host that installs its handler later sees the faults first; if it hands ours on, all is
// well, and if it does not, a fault in Go code is what a fault in a C library is.
//
// Handlers without SA_ONSTACK run on the stack the thread is on: every goroutine's stack keeps 30 KiB below it for them.
// Go's threads block all signals but the three faults (and the two by which glibc talks to threads); there is no SIGURG.
//
// What a handler may do while its thread is inside Go: return. What it must not, as with any library: call SSL functions,
// leave by siglongjmp, end the thread. Each of the three is noticed at once or at the next entry, and the
// process aborts with a message; it never hangs quietly. (A thread that left Go by siglongjmp and never returns stops
// the next collection, or fork; a fork says so after a minute.) siglongjmp out of a blocking SSL_read is fine: the
// system call is made with no Go frame on the stack. A handler may fork at any time; if its thread was inside
// Go, the child may exec or _exit but not use the library.
//
// # Threads and stacks
//
// A thread of the host with 16 KiB of stack can call in; so can a coroutine, or the fibre of an asynchronous job of
// libcrypto's, which has 32 KiB and no guard. Go code runs on stacks of Go's own; on the caller's run the membrane, the
// runtime's own functions, for which the bounds of the stack are found anew when a thread comes in on another, and
// libcrypto where it is asked. Measured from the start of the runtime through handshakes, data and collections: 5.3 KiB, where OpenSSL takes
// 8.2; with a key of RSA 13.4 both, since that is libcrypto's (TestStacks in ossl/capi, which allows 8 KiB). What of
// the runtime runs there never needs more than 16 KiB: that is all a thread of Go's has for it where there is no cgo. A thread's first entry costs some microseconds (an
// M is bound to it), later ones about 50 ns. There are as many Ps as processors. A thread that goes back to C keeps its P, so
// that it comes back cheaply, unless goroutines or the collector wait for one; a thread that comes from C and finds no P
// idle takes that of one that is in C. So nobody waits for sysmon, which looks only every 10 ms while the host is busy.
package guest
