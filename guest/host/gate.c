// gate.c: the slow side of the gate: a thread's first entry, the waits, and what may not happen.

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "guest.h"

struct patina_gate patina_gate;
__thread struct patina_cell *patina_self;

unsigned long ERR_peek_error(void) __attribute__((weak)); // the probe has no libcrypto

static _Atomic(struct patina_cell *) cells;
static pthread_key_t cell_key;
static pthread_once_t cell_key_once = PTHREAD_ONCE_INIT;
static _Atomic(pthread_t) writer; // who shut the gate
static _Atomic(uint32_t) waiting; // how many threads sleep before it

void patina_fatal(const char *what) {
	static const char prefix[] = "libssl.so.3 (Patina): ";
	// write, not stdio: the caller may be a signal handler, or hold stdio's lock.
	ssize_t ignored = write(STDERR_FILENO, prefix, sizeof prefix - 1);
	ignored = write(STDERR_FILENO, what, strlen(what));
	ignored = write(STDERR_FILENO, "\n", 1);
	(void)ignored;
	abort();
}

// A thread ends: its cell goes back for another to use. libcrypto's own clean-up for the thread takes a lock of all
// threads; so the first round of destructors only begins a section that fork waits for (this key was made before
// libcrypto's, and comes first), and the second round, after libcrypto, ends it. A destructor that runs later and calls
// the library again simply gets a cell again, and this destructor another turn.
static void release_cell(void *p) {
	struct patina_cell *cell = p;
	if (atomic_load(&cell->inside)) patina_fatal("a thread ended while it was inside the library");
	if (!cell->ending) {
		cell->ending = 1;
		patina_crypto_enter();
		if (pthread_setspecific(cell_key, cell) == 0) return;
	}
	cell->ending = 0;
	patina_self = 0;
	atomic_store(&cell->crypto, 0);
	atomic_store_explicit(&cell->owned, 0, memory_order_release);
}

static void make_cell_key(void) {
	if (pthread_key_create(&cell_key, release_cell) != 0) patina_fatal("cannot create a thread key");
}

__attribute__((constructor)) static void make_cell_key_early(void) { pthread_once(&cell_key_once, make_cell_key); }

// Gives the calling thread its cell. Cells live for ever: the thread that forks walks the list without a lock.
static struct patina_cell *own_cell(void) {
	pthread_once(&cell_key_once, make_cell_key);
	struct patina_cell *cell;
	for (cell = atomic_load(&cells); cell; cell = cell->next) {
		uint32_t free_cell = 0;
		if (atomic_load_explicit(&cell->owned, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&cell->owned, &free_cell, 1)) break;
	}
	if (!cell) {
		cell = aligned_alloc(sizeof *cell, sizeof *cell);
		if (!cell) patina_fatal("out of memory");
		memset(cell, 0, sizeof *cell);
		atomic_store(&cell->owned, 1);
		cell->next = atomic_load(&cells);
		while (!atomic_compare_exchange_weak(&cells, &cell->next, cell)) {
		}
	}
	if (pthread_setspecific(cell_key, cell) != 0) patina_fatal("out of memory");
	patina_self = cell;
	// libcrypto registers the thread when it first asks for its error queue, under the same lock.
	if (ERR_peek_error) {
		patina_crypto_enter();
		ERR_peek_error();
		patina_crypto_leave();
	}
	return cell;
}

static void wait_open(void) {
	atomic_store(&patina_self->parked, 1);
	atomic_fetch_add(&waiting, 1);
	syscall(SYS_futex, &patina_gate.word, FUTEX_WAIT_PRIVATE, PATINA_GATE_SHUT, 0, 0, 0);
	atomic_fetch_sub(&waiting, 1);
	atomic_store(&patina_self->parked, 0);
}

void patina_crypto_enter_slowly(void) {
	struct patina_cell *cell = patina_self;
	if (!cell) cell = own_cell();
	for (;;) {
		atomic_exchange(&cell->crypto, 1);
		if (atomic_load(&patina_gate.word) != PATINA_GATE_SHUT) return;
		atomic_store(&cell->crypto, 0);
		if (pthread_equal(atomic_load(&writer), pthread_self())) return; // its own fork handlers do as they like
		wait_open();
	}
}

void patina_enter_slowly(void) {
	struct patina_cell *cell = patina_self;
	if (!cell) cell = own_cell();
	if (atomic_load_explicit(&cell->inside, memory_order_relaxed) != 0) {
		patina_fatal("a thread entered the library while it was inside it: a signal handler called an SSL function "
		             "that it had interrupted, or left one by siglongjmp");
	}
	// The thread that forks may run handlers of other libraries between our prepare and the copy, or between the copy and our
	// parent or child.
	if (pthread_equal(atomic_load(&writer), pthread_self())) {
		patina_fatal("a fork handler of this process called an SSL function while the process was being copied");
	}
	for (;;) {
		uint32_t word = atomic_load(&patina_gate.word);
		if (word == PATINA_GATE_WIPED) patina_start();
		if (word == PATINA_GATE_SHUT) wait_open();
		atomic_exchange(&cell->inside, 1);
		if (atomic_load(&patina_gate.word) == PATINA_GATE_OPEN) return;
		atomic_store(&cell->inside, 0);
	}
}

// How long the writer waits, in looks of 50 microseconds and more (not by the clock: a process that was stopped for a
// while must not take that for waiting). For a thread to come out of Go, a minute or so: nothing in there blocks, and a
// thread that is in for longer has left by siglongjmp, or was ended in there. For one to come out of libcrypto, where
// it may be waiting for a device, half a second: then the fork goes on as with a library that does not wait at all.
enum { PATIENCE = 600000, CRYPTO_PATIENCE = 5000, SPINS = 200 };

static int busy(struct patina_cell *cell) {
	return atomic_load(&cell->inside) != 0 || (atomic_load(&cell->crypto) != 0 && atomic_load(&cell->parked) == 0);
}

void patina_gate_shut(void) {
	atomic_store(&writer, pthread_self());
	atomic_store(&patina_gate.word, PATINA_GATE_SHUT);
	unsigned looks = 0;
	for (struct patina_cell *cell = atomic_load(&cells); cell; cell = cell->next) {
		if (cell == patina_self) continue;
		for (unsigned n = 0; busy(cell); n++) {
			if (n < SPINS) {
				__builtin_ia32_pause();
				continue;
			}
			// The reader wakes nobody, which keeps leaving cheap.
			nanosleep(&(struct timespec){.tv_nsec = 50000}, 0);
			looks++;
			if (looks > CRYPTO_PATIENCE && !atomic_load(&cell->inside)) atomic_store(&cell->crypto, 0);
			if (looks > PATIENCE) {
				patina_fatal("fork waited a minute for a thread to come out of the library: it was left by siglongjmp, "
				             "or the thread was ended inside");
			}
		}
	}
}

void patina_gate_open(void) {
	atomic_store(&writer, (pthread_t)0);
	// A fork before the start, or in a child that has not used the library, leaves the next entry the slow way.
	int ready = patina_started && patina_child == PATINA_NOT_FORKED;
	atomic_store(&patina_gate.word, ready ? PATINA_GATE_OPEN : PATINA_GATE_WIPED);
	if (atomic_load(&waiting)) syscall(SYS_futex, &patina_gate.word, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}

void patina_gate_forked(void) {
	for (struct patina_cell *cell = atomic_load(&cells); cell; cell = cell->next) {
		if (cell == patina_self) continue;
		atomic_store(&cell->inside, 0);
		atomic_store(&cell->crypto, 0);
		atomic_store(&cell->parked, 0);
		cell->ending = 0;
		atomic_store(&cell->owned, 0);
	}
	atomic_store(&writer, (pthread_t)0);
	atomic_store(&waiting, 0);
	atomic_store(&patina_gate.word, PATINA_GATE_WIPED);
}

int patina_is_inside(void) { return patina_self && atomic_load(&patina_self->inside) != 0; }

// Without this a child made behind libc's back would take its copy of the gate for an open one.
void patina_gate_wipe_on_fork(void) { madvise(&patina_gate, sizeof patina_gate, MADV_WIPEONFORK); }
