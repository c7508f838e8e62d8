#include <errno.h>
#include <unistd.h>

#include "gate.h"
#include "probe.h"
#include "_cgo_export.h"

#define ENTER(type, call) \
	patina_enter();       \
	type r = call;        \
	patina_leave();       \
	return r
#define ENTER_VOID(call) \
	patina_enter();      \
	call;                \
	patina_leave()

int probe_add(int a, int b) { ENTER(int, goProbeAdd(a, b)); }
uint32_t probe_work(uint32_t seed) { ENTER(uint32_t, goProbeWork(seed)); }
uint32_t probe_deep(int kib) { ENTER(uint32_t, goProbeDeep(kib)); }
void probe_gc(void) { ENTER_VOID(goProbeGC()); }
int probe_goroutines(int n) { ENTER(int, goProbeGoroutines(n)); }
void probe_sleep(int microseconds) { ENTER_VOID(goProbeSleep(microseconds)); }
uint32_t probe_spin(int microseconds) { ENTER(uint32_t, goProbeSpin(microseconds)); }
int probe_panic(void) { ENTER(int, goProbePanic()); }
void probe_random(char *p, int n) { ENTER_VOID(goProbeRandom(p, n)); }

// As SSL_read on a blocking socket: the system call is made with no Go frame on the stack.
int probe_read(int fd, char *p, int n) {
	probe_add(1, 1);
	int r = read(fd, p, n);
	int saved = errno;
	probe_add(1, 1);
	errno = saved;
	return r;
}
