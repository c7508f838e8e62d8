// start.c: what a host sees of the library: nothing until it is used, little afterwards. Usage: start SCENARIO [LIBRARY]

#include "vehicle.h"

#include <dirent.h>
#include <dlfcn.h>

static int entries(const char *dir) {
	DIR *d = opendir(dir);
	int n = 0;
	while (readdir(d)) n++;
	closedir(d);
	return n - 2;
}

struct picture {
	int threads, descriptors;
	struct sigaction actions[65];
	sigset_t mask;
	stack_t altstack;
};

static void look(struct picture *p) {
	memset(p, 0, sizeof *p);
	p->threads = entries("/proc/self/task");
	p->descriptors = entries("/proc/self/fd");
	for (int s = 1; s < 65; s++) sigaction(s, 0, &p->actions[s]);
	pthread_sigmask(SIG_BLOCK, 0, &p->mask);
	sigaltstack(0, &p->altstack);
}

static void ignored(int sig) { (void)sig; }

// argv[0] and the environment may be overwritten, as programs do that change their name.
static char **saved_argv;

static void first_use(void) {
	// A host with dispositions of its own.
	struct sigaction sa = {.sa_handler = ignored};
	sigaction(SIGUSR1, &sa, 0);
	sigaction(SIGPROF, &sa, 0);
	signal(SIGPIPE, SIG_IGN);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGPROF);
	pthread_sigmask(SIG_BLOCK, &set, 0);

	struct picture before, after;
	look(&before);
	if (before.threads != 1) die("%d threads before the first use", before.threads);
	for (int s = 1; s < 65; s++) {
		if (s == SIGUSR1 || s == SIGPROF || s == SIGPIPE) continue;
		// Who starts the tests may have a signal ignored (nohup: SIGHUP), and that is inherited.
		if (before.actions[s].sa_handler != SIG_DFL && before.actions[s].sa_handler != SIG_IGN) die("a handler for signal %d before the first use", s);
	}
	touch();
	look(&after);
	if (after.descriptors != before.descriptors) die("%d descriptors more", after.descriptors - before.descriptors);
	if (after.threads > 6) die("%d threads after the first use", after.threads);
	for (int i = 0; i < 300; i++) work(i);
	work_hard();
	memset(saved_argv[0], 'x', strlen(saved_argv[0]));
	look(&after);
	if (after.descriptors != before.descriptors) die("%d descriptors more after work", after.descriptors - before.descriptors);
	for (int s = 1; s < 65; s++) {
		int fault = s == SIGSEGV || s == SIGBUS || s == SIGFPE;
		int same = before.actions[s].sa_handler == after.actions[s].sa_handler &&
		           before.actions[s].sa_flags == after.actions[s].sa_flags;
		// Faults in Go code become panics.
		if (same == fault) die("signal %d: handler %p flags %#x, before %p %#x", s, (void *)after.actions[s].sa_handler,
		                       after.actions[s].sa_flags, (void *)before.actions[s].sa_handler, before.actions[s].sa_flags);
	}
	for (int s = 1; s < 65; s++) {
		if (sigismember(&before.mask, s) != sigismember(&after.mask, s)) die("signal %d: the mask changed", s);
	}
	printf("threads %d, descriptors %d\n", after.threads, after.descriptors);
}

// The runtime's threads take no signal meant for the host: one blocked in every thread of the host stays pending.
static atomic_int taken;

static void take(int sig) {
	(void)sig;
	atomic_fetch_add(&taken, 1);
}

static void signals_are_the_hosts(void) {
	struct sigaction sa = {.sa_handler = take};
	for (int s = 1; s < 32; s++) {
		if (s != SIGKILL && s != SIGSTOP && s != SIGSEGV && s != SIGBUS && s != SIGFPE) sigaction(s, &sa, 0);
	}
	touch(); // with nothing blocked
	work_hard();
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, 0);
	for (int s = 1; s < 32; s++) {
		if (s != SIGKILL && s != SIGSTOP && s != SIGSEGV && s != SIGBUS && s != SIGFPE) kill(getpid(), s);
	}
	for (int i = 0; i < 20; i++) {
		work(i);
		usleep(1000);
	}
	if (atomic_load(&taken) != 0) die("%d signals were taken by threads that are not the host's", atomic_load(&taken));
}

// setuid(2) is made in every thread by glibc, which talks to each by a signal: Go's threads must listen.
static void change_user(void) {
	touch();
	work_hard();
	if (setgid(65534) != 0 || setuid(65534) != 0) die("setuid: %s", strerror(errno));
	DIR *d = opendir("/proc/self/task");
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.') continue;
		char name[300], line[200];
		unsigned uid = 0;
		snprintf(name, sizeof name, "/proc/self/task/%s/status", e->d_name);
		FILE *f = fopen(name, "r");
		while (f && fgets(line, sizeof line, f)) sscanf(line, "Uid: %u", &uid);
		if (f) fclose(f);
		if (f && uid != 65534) die("thread %s is still user %u", e->d_name, uid);
	}
	closedir(d);
	work(1);
}

// dlopen, use, dlclose, and again; the names stay out of the program's (RTLD_LOCAL), as Python's _ssl loads it.
static void reload(const char *library, const char *symbol) {
	if (dlsym(RTLD_DEFAULT, symbol)) die("%s is there before dlopen", symbol);
	void *first = 0;
	for (int i = 0; i < 3; i++) {
		void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
		if (!handle) die("dlopen: %s", dlerror());
		void *f = dlsym(handle, symbol);
		if (!f) die("dlsym: %s", dlerror());
		if (first && f != first) die("%s moved: the library was unloaded", symbol);
		first = f;
		if (dlsym(RTLD_DEFAULT, symbol)) die("%s became global", symbol);
#ifdef TLS
		if (((uint64_t(*)(uint64_t, void *))dlsym(handle, "OPENSSL_init_ssl"))(0, 0) != 1) die("OPENSSL_init_ssl");
		void *method = ((void *(*)(void))f)();
		void *ctx = ((void *(*)(void *))dlsym(handle, "SSL_CTX_new"))(method);
		if (!ctx) die("SSL_CTX_new");
		((void (*)(void *))dlsym(handle, "SSL_CTX_free"))(ctx);
#else
		if (((int (*)(int, int))f)(i, 2) != i + 2) die("%s", symbol);
#endif
		pid_t pid = must_fork();
		if (pid == 0) {
#ifndef TLS
			if (((int (*)(int))dlsym(handle, "probe_goroutines"))(5) != 10) _exit(1);
#endif
			_exit(0);
		}
		reap(pid, "fork after dlopen");
		if (dlclose(handle) != 0) die("dlclose: %s", dlerror());
	}
	printf("dlopen: ok\n");
}

int main(int argc, char **argv) {
	saved_argv = argv;
	if (argc > 3 && strcmp(argv[1], "reload") == 0) {
		reload(argv[2], argv[3]);
		return 0;
	}
#ifndef NO_VEHICLE
	if (argc > 1 && strcmp(argv[1], "first-use") == 0) {
		first_use();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "setuid") == 0) {
		change_user();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "signals") == 0) {
		signals_are_the_hosts();
		return 0;
	}
#endif
	die("no such scenario");
}
