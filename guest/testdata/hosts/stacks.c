// stacks.c: hosts whose threads have small stacks, and hosts that switch stacks (coroutines).

#include "vehicle.h"

#include <sys/mman.h>
#include <ucontext.h>

static void *job(void *arg) {
	for (uint32_t i = 0; i < 10; i++) {
		work(i);
		work_hard();
	}
	return arg;
}

enum { COROUTINES = 3, SWITCHES = 40 };

static ucontext_t scheduler, coroutines[COROUTINES];
static int switches[COROUTINES];

// A coroutine that gives way between units of work, so that the thread enters the library from ever other stacks.
static void coroutine(int self) {
	for (int i = 0; i < SWITCHES; i++) {
		work(i);
		if (i % 8 == 0) work_hard();
		switches[self]++;
		swapcontext(&coroutines[self], &scheduler);
	}
}

static void run_coroutines(size_t size) {
	for (int i = 0; i < COROUTINES; i++) {
		getcontext(&coroutines[i]);
		coroutines[i].uc_stack.ss_sp = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		coroutines[i].uc_stack.ss_size = size;
		coroutines[i].uc_link = &scheduler;
		switches[i] = 0;
		makecontext(&coroutines[i], (void (*)(void))coroutine, 1, i);
	}
	for (int round = 0; round < SWITCHES; round++) {
		for (int i = 0; i < COROUTINES; i++) swapcontext(&scheduler, &coroutines[i]);
		work(round);
	}
	for (int i = 0; i < COROUTINES; i++) {
		if (switches[i] != SWITCHES) die("coroutine %d: %d switches", i, switches[i]);
	}
}

int main(void) {
	// OpenSSL itself needs tens of KiB for a handshake; the probe shows what the runtime needs.
#ifdef TLS
	static const int sizes[] = {64, 128, 256};
#else
	static const int sizes[] = {16, 32, 64, 128};
#endif
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		pthread_attr_t attr;
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, sizes[i] << 10);
		pthread_t t;
		if (pthread_create(&t, &attr, job, 0) != 0) die("pthread_create");
		pthread_join(t, 0);
		run_coroutines(sizes[i] << 10);
	}
	printf("stacks: ok\n");
	return 0;
}
