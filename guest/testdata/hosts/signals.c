// signals.c: hosts with signal handlers. Usage: signals SCENARIO [SECONDS]

#include "vehicle.h"

static atomic_int stop;
static atomic_long delivered;
static int frame = 8 << 10;

// The handler uses a frame of the size asked for and writes all of it.
static void __attribute__((noinline)) use_stack(int size) {
	char big[size];
	memset(big, 0xA5, size);
	__asm__ volatile("" ::"r"(big) : "memory");
}

static void handler(int sig) {
	(void)sig;
	int saved = errno;
	use_stack(frame);
	atomic_fetch_add(&delivered, 1);
	errno = saved;
}

static void *worker(void *arg) {
	for (uint32_t n = (uint32_t)(uintptr_t)arg; !atomic_load(&stop); n += 16) {
		work(n);
		if (n / 16 % 8 == 0) work_hard();
	}
	return 0;
}

enum { WORKERS = 4, RATE = 10000 };

// Signals at 10 kHz on the threads that work, for the given time.
static void storm_with(int flags, double seconds) {
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
	sigaction(SIGUSR1, &sa, 0);
	sigaction(SIGALRM, &sa, 0);
	pthread_t workers[WORKERS];
	for (int i = 0; i < WORKERS; i++) workers[i] = must_thread(worker, (void *)(uintptr_t)i);
	double start = now();
	for (long sent = 0; now() - start < seconds;) {
		for (long due = (now() - start) * RATE; sent < due; sent++) pthread_kill(workers[sent % WORKERS], SIGUSR1);
		usleep(200);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], 0);
	if (atomic_load(&delivered) < seconds * RATE / 20) die("only %ld signals were delivered", atomic_load(&delivered));
	printf("%ld signals in %.1f s\n", atomic_load(&delivered), now() - start);
}

static double seconds = 5;

static void storm(void) { storm_with(SA_RESTART, seconds); }

// With SA_ONSTACK the handler runs on the thread's alternate stack if it has one.
static void storm_onstack(void) { storm_with(SA_RESTART | SA_ONSTACK, seconds); }

// A storm while the process forks.
static void *storm_thread(void *arg) {
	storm_with(SA_RESTART, *(double *)arg);
	return 0;
}

static void storm_fork(void) {
	pthread_t t = must_thread(storm_thread, &seconds);
	double start = now();
	int forks = 0;
	while (now() - start < seconds) {
		pid_t pid = must_fork();
		if (pid == 0) {
			work(forks);
			work_hard();
			_exit(0);
		}
		reap(pid, "storm and fork");
		forks++;
	}
	pthread_join(t, 0);
	printf("%d forks\n", forks);
}

// Blocking calls and EINTR: with SA_RESTART the read goes on, without it the application sees EINTR.
static pthread_t main_thread;
static struct line *line;

static void *interrupter(void *arg) {
	(void)arg;
	usleep(50000);
	pthread_kill(main_thread, SIGUSR1);
	usleep(50000);
	write_byte(line);
	return 0;
}

static void eintr(void) {
	main_thread = pthread_self();
	line = open_line();
	for (int restart = 0; restart < 2; restart++) {
		struct sigaction sa = {.sa_handler = handler, .sa_flags = restart ? SA_RESTART : 0};
		sigaction(SIGUSR1, &sa, 0);
		atomic_store(&delivered, 0);
		pthread_t t = must_thread(interrupter, 0);
		char c = 0;
		int interrupted = 0;
		int r = blocking_read(line, &c, &interrupted);
		if (atomic_load(&delivered) != 1) die("%ld signals", atomic_load(&delivered));
		if (restart) {
			if (r != 1) die("SA_RESTART: read returned %d", r);
		} else {
			if (r >= 0 || !interrupted) die("no SA_RESTART: read returned %d, EINTR %d", r, interrupted);
			r = blocking_read(line, &c, &interrupted);
			if (r != 1) die("after EINTR read returned %d", r);
		}
		pthread_join(t, 0);
	}
}

// Nothing of ours makes a host's system call fail: a blocking call outside the library while others work in it.
static void quiet(void) {
	pthread_t workers[WORKERS];
	for (int i = 0; i < WORKERS; i++) workers[i] = must_thread(worker, (void *)(uintptr_t)i);
	int fds[2];
	if (pipe(fds) != 0) die("pipe");
	work(1);
	double end = now() + seconds;
	while (now() < end) {
		struct timespec t = {.tv_nsec = 20000000};
		if (nanosleep(&t, 0) != 0) die("nanosleep: %s", strerror(errno));
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], 0);
}

// A timeout by siglongjmp out of a blocking read: there is no Go frame above the application's, so it is simply fine.
static sigjmp_buf timeout;

static void jump(int sig) {
	(void)sig;
	siglongjmp(timeout, 1);
}

static void jump_out_of_read(void) {
	struct sigaction sa = {.sa_handler = jump};
	sigaction(SIGALRM, &sa, 0);
	line = open_line();
	for (volatile int i = 0; i < 20; i++) {
		if (sigsetjmp(timeout, 1) == 0) {
			ualarm(20000, 0);
			char c;
			int interrupted;
			blocking_read(line, &c, &interrupted);
			die("the read returned");
		}
		work(i);
		work_hard();
		pid_t pid = must_fork();
		if (pid == 0) {
			work(i);
			_exit(0);
		}
		reap(pid, "after siglongjmp");
	}
}

#ifndef TLS
#include "probe.h"

// What cannot be made good is told: the process aborts with a message and does not hang.
static void must_abort(void (*f)(void), const char *what) {
	int fds[2];
	if (pipe(fds) != 0) die("pipe");
	pid_t pid = must_fork();
	if (pid == 0) {
		dup2(fds[1], 2);
		f();
		_exit(0);
	}
	close(fds[1]);
	char text[4096];
	int n = 0, r;
	while ((r = read(fds[0], text + n, sizeof text - 1 - n)) > 0) n += r;
	text[n] = 0;
	int status;
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) die("%s: status %#x: %s", what, status, text);
	if (!strstr(text, "libssl.so.3 (Patina): ") || !strstr(text, what)) die("%s: message %s", what, text);
	close(fds[0]);
}

static void jump_out_of_go(void) {
	struct sigaction sa = {.sa_handler = jump};
	sigaction(SIGALRM, &sa, 0);
	if (sigsetjmp(timeout, 1) == 0) {
		ualarm(20000, 0);
		probe_spin(10000000);
	}
	touch();
}

static void enter(int sig) {
	(void)sig;
	touch();
}

static void enter_from_handler(void) {
	struct sigaction sa = {.sa_handler = enter};
	sigaction(SIGALRM, &sa, 0);
	touch();
	ualarm(20000, 0);
	probe_spin(10000000);
}

static void end_thread(int sig) {
	(void)sig;
	pthread_exit(0);
}

static void end_in_go(void) {
	struct sigaction sa = {.sa_handler = end_thread};
	sigaction(SIGALRM, &sa, 0);
	touch();
	ualarm(20000, 0);
	probe_spin(10000000);
}

static void orphan(int sig) {
	(void)sig;
	pid_t pid = fork();
	if (pid == 0) {
		siglongjmp(timeout, 1);
	}
	int status;
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) die("orphan: %#x", status);
	_exit(3);
}

static void fork_in_handler(void) {
	struct sigaction sa = {.sa_handler = orphan};
	sigaction(SIGALRM, &sa, 0);
	touch();
	if (sigsetjmp(timeout, 1) == 0) {
		ualarm(20000, 0);
		probe_spin(10000000);
	}
	touch(); // in the child
}

// The thread that jumped never comes back; the others find out when they need it to stop.
static void *jump_away(void *arg) {
	struct sigaction sa = {.sa_handler = jump};
	sigaction(SIGUSR2, &sa, 0);
	if (sigsetjmp(timeout, 1) == 0) probe_spin(1000000000);
	pause();
	return arg;
}

static void stuck(void) {
	pthread_t t = must_thread(jump_away, 0);
	usleep(100000);
	pthread_kill(t, SIGUSR2);
	usleep(100000);
	for (;;) work_hard();
}

static void loud_in_the_end(void) { must_abort(stuck, "left by siglongjmp"); }

static void loud(void) {
	must_abort(jump_out_of_go, "siglongjmp");
	must_abort(enter_from_handler, "a signal handler called an SSL function");
	must_abort(end_in_go, "a thread ended while it was inside");
	pid_t pid = must_fork();
	if (pid == 0) fork_in_handler();
	int status;
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 3) die("fork in a handler: %#x", status);
	// A handler that enters when its thread is not inside is fine.
	struct sigaction sa = {.sa_handler = enter};
	sigaction(SIGALRM, &sa, 0);
	for (int i = 0; i < 50; i++) {
		raise(SIGALRM);
		work(i);
	}
}
#endif

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*run)(void);
	} scenarios[] = {
		{"storm", storm},
		{"storm-onstack", storm_onstack},
		{"storm-fork", storm_fork},
		{"eintr", eintr},
		{"quiet", quiet},
		{"jump-read", jump_out_of_read},
#ifndef TLS
		{"loud", loud},
		{"loud-in-the-end", loud_in_the_end},
#endif
	};
	if (argc > 2) seconds = atof(argv[2]);
	for (size_t i = 0; argc > 1 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			double start = now();
			scenarios[i].run();
			printf("%s: ok, %.1f s\n", argv[1], now() - start);
			return 0;
		}
	}
	die("no such scenario");
}
