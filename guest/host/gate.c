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

static _Atomic(struct patina_cell *) cells;
static pthread_key_t cell_key;
static pthread_once_t cell_key_once = PTHREAD_ONCE_INIT;

void patina_fatal(const char *what) {
	static const char prefix[] = "libssl.so.3 (Patina): ";
	// write, not stdio: the caller may be a signal handler, or hold stdio's lock.
	ssize_t ignored = write(STDERR_FILENO, prefix, sizeof prefix - 1);
	ignored = write(STDERR_FILENO, what, strlen(what));
	ignored = write(STDERR_FILENO, "\n", 1);
	(void)ignored;
	abort();
}

// A thread ends: its cell goes back for another to use. A destructor that runs later and calls the library again
// simply gets a cell again, and this destructor another turn.
static void release_cell(void *p) {
	struct patina_cell *cell = p;
	patina_self = 0;
	atomic_store_explicit(&cell->owned, 0, memory_order_release);
}

static void make_cell_key(void) {
	if (pthread_key_create(&cell_key, release_cell) != 0) patina_fatal("cannot create a thread key");
}

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
	return cell;
}

void patina_enter_slowly(void) {
	struct patina_cell *cell = patina_self;
	if (!cell) cell = own_cell();
	if (atomic_load_explicit(&cell->inside, memory_order_relaxed) != 0) {
		patina_fatal("a thread entered the library while it was inside it: a signal handler called an SSL function "
		             "that it had interrupted, or left one by siglongjmp");
	}
	for (;;) {
		uint32_t word = atomic_load(&patina_gate.word);
		if (word == PATINA_GATE_WIPED) patina_start();
		if (word == PATINA_GATE_SHUT) patina_gate_wait();
		atomic_exchange(&cell->inside, 1);
		if (atomic_load(&patina_gate.word) == PATINA_GATE_OPEN) return;
		atomic_store(&cell->inside, 0);
	}
}

void patina_gate_wait(void) {
	syscall(SYS_futex, &patina_gate.word, FUTEX_WAIT_PRIVATE, PATINA_GATE_SHUT, 0, 0, 0);
}
