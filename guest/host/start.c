// start.c: the Go runtime starts when the library is first used.

#define _GNU_SOURCE

#include <pthread.h>

#include "gate.h"
#include "guest.h"

static pthread_mutex_t start_lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

void patina_start(void) {
	if (pthread_mutex_lock(&start_lock) != 0) {
		patina_fatal("a signal handler called an SSL function while its thread was starting the library");
	}
	if (atomic_load(&patina_gate.word) == PATINA_GATE_WIPED) atomic_store(&patina_gate.word, PATINA_GATE_OPEN);
	pthread_mutex_unlock(&start_lock);
}
