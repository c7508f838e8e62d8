// fork.c: the library's part in the host's fork().
//
// prepare shuts the gate, so that no thread is inside Go and no object of ours is half changed, and then has Go stop its
// world and take its locks (runtime/patina_fork.go). Go can do so only in a function that has not returned, and
// prepare must return to libc: so the Go function runs on a context of its own. It calls world_stopped, which switches
// back to prepare; parent or child switches to it again with the outcome, and it finishes.

#define _GNU_SOURCE

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "gate.h"
#include "guest.h"

#ifdef PATINA_GUEST

#include "_cgo_export.h"

enum { FORK_STACK = 256 << 10, GUARD = 4096 };

static char *fork_stack;
static ucontext_t host_context, go_context;
static int outcome; // of the fork: 0 parent, 1 child

static int world_stopped(void *unused) {
	(void)unused;
	swapcontext(&go_context, &host_context);
	return outcome;
}

void *patina_world_stopped_address(void) { return (void *)world_stopped; }

void patina_fork_prepare_stack(void) {
	char *p = mmap(0, FORK_STACK + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (p == MAP_FAILED || mprotect(p + GUARD, FORK_STACK, PROT_READ | PROT_WRITE) != 0) {
		patina_fatal("cannot map a stack for fork");
	}
	fork_stack = p + GUARD;
}

// What this fork() does. Written under patina_start_lock, which is held from prepare to parent or child.
static enum { INERT, COORDINATED } mode;
static __thread int lock_not_taken __attribute__((tls_model("initial-exec")));

static void prepare(void) {
	// A thread inside Go forks only from a signal handler. Waiting for itself would be for ever, and Go cannot be
	// stopped here: let the copy happen; the parent goes on, the child may not use the library.
	if (patina_is_inside() || pthread_mutex_lock(&patina_start_lock) != 0) {
		lock_not_taken = 1;
		return;
	}
	patina_gate_shut();
	if (!patina_started || patina_child == PATINA_ORPHAN) {
		mode = INERT;
		return;
	}
	mode = COORDINATED;
	getcontext(&go_context);
	go_context.uc_stack.ss_sp = fork_stack;
	go_context.uc_stack.ss_size = FORK_STACK;
	go_context.uc_link = &host_context;
	makecontext(&go_context, patinaGoFork, 0);
	swapcontext(&host_context, &go_context);
}

static void parent(void) {
	if (lock_not_taken) {
		lock_not_taken = 0;
		return;
	}
	if (mode == COORDINATED) {
		outcome = 0;
		swapcontext(&host_context, &go_context);
	}
	patina_gate_open();
	pthread_mutex_unlock(&patina_start_lock);
}

static void child(void) {
	static const pthread_mutex_t fresh = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	if (lock_not_taken) {
		lock_not_taken = 0;
		patina_child = PATINA_ORPHAN;
	} else if (mode == COORDINATED) {
		outcome = 1;
		swapcontext(&host_context, &go_context);
		patina_child = PATINA_FORKED;
	}
	patina_gate_forked();
	patina_start_lock = fresh; // its owner's thread has another number here
}

__attribute__((constructor)) static void watch_forks(void) {
	if (pthread_atfork(prepare, parent, child) != 0) patina_fatal("cannot register for fork");
}

#endif
