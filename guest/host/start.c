// start.c: the Go runtime starts when the library is first used.
//
// A stock library of Go's starts its runtime in a constructor: every program that loads it pays, and a program that forks
// before its first call hangs in the child. Ours is linked with the constructor's section renamed (guest/mklib), so that
// the function waits between the two symbols below until somebody needs it.

#define _GNU_SOURCE

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "gate.h"
#include "guest.h"

// Recursive locking is told apart: a signal handler that enters the library while its thread starts it.
pthread_mutex_t patina_start_lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
int patina_started;
enum patina_child patina_child;

#ifdef PATINA_GUEST

#include "_cgo_export.h"

typedef void (*go_init)(int argc, char **argv, char **envp);
extern go_init const __start_patina_go_init[] __attribute__((weak, visibility("hidden")));
extern go_init const __stop_patina_go_init[] __attribute__((weak, visibility("hidden")));

// The arguments, environment and auxiliary vector that Go sees. They are not the host's: Go keeps pointers into them, and
// hosts overwrite theirs to change the name shown by ps; and GOGC or GODEBUG in the environment of a host that is itself
// a Go program, or starts some, is not meant for us. What PATINA_GODEBUG and its like say is.
//
// Settings of the guest: no cgroup files are opened to watch limits, and a crash aborts, as a C library's would.
static const char settings[] = "GODEBUG=containermaxprocs=0,updatemaxprocs=0,asyncpreemptoff=1";
static const struct {
	const char *from, *to;
} passed[] = {{"PATINA_GOGC", "GOGC"}, {"PATINA_GOMAXPROCS", "GOMAXPROCS"}, {"PATINA_GOMEMLIMIT", "GOMEMLIMIT"}};

static const unsigned long aux_types[] = {AT_PAGESZ, AT_HWCAP, AT_HWCAP2, AT_PLATFORM, AT_RANDOM, AT_SECURE, AT_SYSINFO_EHDR};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char *join(const char *name, const char *middle, const char *value) {
	char *s = malloc(strlen(name) + strlen(middle) + strlen(value) + 1);
	if (!s) patina_fatal("out of memory");
	strcpy(s, name);
	strcat(s, middle);
	return strcat(s, value);
}

static char **arguments(void) {
	// argv[0], 0, environment, 0, pairs of the auxiliary vector, a pair of zeros
	char **v = calloc(2 + 3 + COUNT(passed) + 2 * COUNT(aux_types) + 2, sizeof *v);
	if (!v) patina_fatal("out of memory");
	size_t n = 0;
	v[n++] = (char *)"libssl.so.3";
	v[n++] = 0;
	const char *debug = secure_getenv("PATINA_GODEBUG");
	v[n++] = debug ? join(settings, ",", debug) : (char *)settings;
	v[n++] = (char *)"GOTRACEBACK=crash";
	for (size_t i = 0; i < COUNT(passed); i++) {
		const char *value = secure_getenv(passed[i].from);
		if (value) v[n++] = join(passed[i].to, "=", value);
	}
	v[n++] = 0;
	for (size_t i = 0; i < COUNT(aux_types); i++) {
		unsigned long value = getauxval(aux_types[i]);
		if (value == 0) continue;
		v[n++] = (char *)aux_types[i];
		v[n++] = (char *)value;
	}
	return v;
}

static void start_runtime(void) {
	char **argv = arguments();
	for (go_init const *f = __start_patina_go_init; f < __stop_patina_go_init; f++) (*f)(1, argv, argv + 2);
	patinaGoReady();
	patina_fork_prepare_stack();
	patina_gate_wipe_on_fork();
}

static void revive(void) { patinaGoRevive(); }

#else

static void start_runtime(void) {} // a Go program: its runtime runs
static void revive(void) {}

#endif

void patina_start(void) {
	// No handler runs until the lock is free again: one that leaves by siglongjmp would leave it held. And threads inherit
	// the mask of their creator: Go's take none of the host's signals.
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_mutex_lock(&patina_start_lock) != 0) {
		patina_fatal("a signal handler called an SSL function while its thread was starting the library");
	}
	if (atomic_load(&patina_gate.word) == PATINA_GATE_WIPED) {
		if (!patina_started) {
			start_runtime();
			patina_started = 1;
		} else if (patina_child == PATINA_FORKED) {
			revive();
			patina_child = PATINA_NOT_FORKED;
		} else if (patina_child == PATINA_ORPHAN) {
			patina_fatal("this process was forked by a signal handler that had interrupted an SSL function: it may "
			             "call exec or _exit, but not the library");
		} else {
			patina_fatal("this process was forked behind the back of libc (_Fork or a bare clone): it may call exec or "
			             "_exit, but not the library");
		}
		patina_gate_open();
	}
	pthread_mutex_unlock(&patina_start_lock);
	pthread_sigmask(SIG_SETMASK, &before, 0);
}
