// guest.h: what the C files of this package share.

#ifndef PATINA_GUEST_H
#define PATINA_GUEST_H

#include <pthread.h>
#include <stdint.h>

#define PATINA_HIDDEN __attribute__((visibility("hidden")))

// Says what went wrong on standard error and aborts. Async-signal-safe.
PATINA_HIDDEN void patina_fatal(const char *what) __attribute__((noreturn, cold));

// Starts the Go runtime if it has not been started, or puts the child of a fork in order, and opens the gate.
PATINA_HIDDEN void patina_start(void);

// The gate's writer. patina_gate_shut returns when no thread is inside Go and none can enter.
PATINA_HIDDEN void patina_gate_shut(void);
PATINA_HIDDEN void patina_gate_open(void);
// In the child of a fork: the cells of the threads that were not copied are free, and the gate asks for a revival.
PATINA_HIDDEN void patina_gate_forked(void);
// Has the kernel wipe the gate's word in every forked child. Called once, with the gate not yet open.
PATINA_HIDDEN void patina_gate_wipe_on_fork(void);
// Whether the calling thread is inside Go.
PATINA_HIDDEN int patina_is_inside(void);

// fork.c
PATINA_HIDDEN void patina_fork_prepare_stack(void); // once, when the runtime starts
PATINA_HIDDEN void *patina_world_stopped_address(void);

// start.c: serialises the start, the revival and forks.
PATINA_HIDDEN extern pthread_mutex_t patina_start_lock;
PATINA_HIDDEN extern int patina_started; // the Go runtime runs (under patina_start_lock)
enum patina_child {
	PATINA_NOT_FORKED = 0,
	PATINA_FORKED,  // the runtime is in order, its threads have not been started yet
	PATINA_ORPHAN,  // forked while this thread was inside Go: Go cannot be used here
};
PATINA_HIDDEN extern enum patina_child patina_child;

#endif
