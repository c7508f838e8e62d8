// fork.c: hosts that fork. Usage: fork SCENARIO [COUNT]

#include "vehicle.h"

#include <spawn.h>

#ifndef TLS
#include "probe.h"
#endif

static atomic_int stop;

static void *worker(void *arg) {
	for (uint32_t n = (uint32_t)(uintptr_t)arg; !atomic_load(&stop); n += 16) {
		work(n);
		if (n / 16 % 32 == 0) work_hard();
	}
	return 0;
}

static void *one_job(void *arg) {
	work((uint32_t)(uintptr_t)arg);
	work_hard();
	return 0;
}

// What a child does: the same work as its parent's, threads of its own, and children.
__attribute__((noreturn)) static void child(int i, int depth) {
	work(i);
	if (i % 2 == 0) work_hard();
	if (i % 4 == 0) {
		pthread_t a = must_thread(one_job, (void *)(uintptr_t)(i + 1)), b = must_thread(one_job, (void *)(uintptr_t)(i + 2));
		work(i + 3);
		pthread_join(a, 0);
		pthread_join(b, 0);
	}
	if (depth > 0 && i % 5 == 0) {
		pid_t pid = must_fork();
		if (pid == 0) child(i, depth - 1);
		work(i + 4);
		reap(pid, "grandchild");
	}
	_exit(0);
}

enum { WORKERS = 3 };

static pthread_t workers[WORKERS];

static void start_workers(void) {
	for (int i = 0; i < WORKERS; i++) workers[i] = must_thread(worker, (void *)(uintptr_t)i);
}

static void stop_workers(void) {
	atomic_store(&stop, 1);
	for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], 0);
}

static int count = 200;

// Forks while three threads work.
static void storm(void) {
	start_workers();
	for (int i = 0; i < count; i++) {
		pid_t pid = must_fork();
		if (pid == 0) child(i, 2);
		if (i % 3 == 0) work(i);
		reap(pid, "storm");
	}
	stop_workers();
}

// A chain of forks, each by the child of the last; some of them use the library and some do not.
static void nested(void) {
	work(1);
	for (int round = 0; round < count / 20 + 1; round++) {
		pid_t top = must_fork();
		if (top == 0) {
			for (int depth = 0; depth < 12; depth++) {
				if (depth % 3 == round % 3) work(depth);
				pid_t pid = must_fork();
				if (pid != 0) {
					if (depth % 4 == 0) work_hard();
					reap(pid, "nested");
					_exit(0);
				}
			}
			work(99);
			work_hard();
			_exit(0);
		}
		reap(top, "nested");
	}
	work(2);
}

// Forks before the library has been used, in both orders of the first use.
static void before_first_use(void) {
	for (int i = 0; i < 5; i++) {
		pid_t pid = must_fork();
		if (pid == 0) child(i * 20, 2);
		reap(pid, "before first use");
	}
	work(1);
	pid_t pid = must_fork();
	if (pid == 0) child(0, 2);
	reap(pid, "after first use");
}

// Forks while another thread is in the middle of the start.
static void *first_use(void *arg) {
	(void)arg;
	work(3);
	return 0;
}

// With TLS the thread does not go on to work: what an application does to its certificates takes locks of libcrypto that
// no fork survives, ours or OpenSSL's.
static void *start_only(void *arg) {
#ifdef TLS
	touch();
	return arg;
#else
	return first_use(arg);
#endif
}

static void during_start(void) {
	for (int i = 0; i < count / 10 + 1; i++) {
		pid_t fresh = must_fork(); // a process that has not used the library
		if (fresh == 0) {
			pthread_t t = must_thread(start_only, 0);
			usleep(i * 37 % 1500);
			pid_t pid = must_fork();
			if (pid == 0) child(20, 1);
			pthread_join(t, 0);
			reap(pid, "during the start");
			work(4);
			_exit(0);
		}
		reap(fresh, "during the start");
	}
}

// What daemon(3) and its relatives do: fork, setsid, fork, close every descriptor; then the daemon works. It tells by
// way of a file that it did, for it has no other way left.
static void daemonise(void) {
	char name[] = "daemon-told.XXXXXX";
	int fd = mkstemp(name);
	if (fd < 0) die("mkstemp: %s", strerror(errno));
	close(fd);
	work(1);
	pid_t pid = must_fork();
	if (pid == 0) {
		setsid();
		if (must_fork() != 0) _exit(0);
		for (int i = 0; i < 4096; i++) close(i);
		for (int i = 0; i < 50; i++) {
			work(i);
			work_hard();
		}
		fd = open(name, O_WRONLY);
		_exit(write(fd, "told", 4) == 4 ? 0 : 1);
	}
	reap(pid, "daemon");
	char told[5] = "";
	for (double deadline = now() + CHILD_SECONDS; strcmp(told, "told") != 0;) {
		if (now() > deadline) die("the daemon did not work");
		usleep(1000);
		fd = open(name, O_RDONLY);
		if (read(fd, told, 4) < 0) die("read: %s", strerror(errno));
		close(fd);
	}
	unlink(name);
}

// The process that used the library closes every descriptor itself.
static void close_all(void) {
	work(1);
	for (int i = 3; i < 4096; i++) close(i);
	for (int i = 0; i < 20; i++) {
		work(i);
		work_hard();
	}
}

// Threads that are not the main one fork, two at a time.
static void *forker(void *arg) {
	for (int i = 0; i < count / 2; i++) {
		pid_t pid = must_fork();
		if (pid == 0) child(i + 1000 * (int)(uintptr_t)arg, 1);
		reap(pid, "thread");
		work(i);
	}
	return 0;
}

static void from_threads(void) {
	start_workers();
	pthread_t a = must_thread(forker, (void *)1), b = must_thread(forker, (void *)2);
	pthread_join(a, 0);
	pthread_join(b, 0);
	stop_workers();
}

// The child's main thread is one that never entered the library, and the thread that enters first is a new one.
static void *fork_here(void *arg) {
	(void)arg;
	for (int i = 0; i < count / 5 + 1; i++) {
		pid_t pid = must_fork();
		if (pid == 0) {
			pthread_join(must_thread(one_job, (void *)5), 0);
			pid = must_fork();
			if (pid == 0) child(8, 0);
			reap(pid, "grandchild");
			work(6);
			_exit(0);
		}
		reap(pid, "fresh thread");
	}
	return 0;
}

static void from_fresh_thread(void) {
	work(1);
	start_workers();
	pthread_join(must_thread(fork_here, 0), 0);
	stop_workers();
}

// Short-lived threads come and go while the process forks.
static void *brief(void *arg) {
	while (!atomic_load(&stop)) {
		pthread_t t = must_thread(first_use, arg);
		pthread_join(t, 0);
	}
	return 0;
}

static void thread_churn(void) {
	pthread_t a = must_thread(brief, 0), b = must_thread(brief, 0);
	for (int i = 0; i < count; i++) {
		pid_t pid = must_fork();
		if (pid == 0) child(i, 1);
		reap(pid, "churn");
	}
	atomic_store(&stop, 1);
	pthread_join(a, 0);
	pthread_join(b, 0);
}

// What does not run the fork handlers: vfork, posix_spawn, system.
static void spawns(void) {
	extern char **environ;
	start_workers();
	for (int i = 0; i < count / 4 + 1; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			execl("/bin/true", "true", (char *)0);
			_exit(127);
		}
		reap(pid, "vfork");
		char *argv[] = {"true", 0};
		if (posix_spawn(&pid, "/bin/true", 0, 0, argv, environ) != 0) die("posix_spawn");
		reap(pid, "posix_spawn");
		if (system("true") != 0) die("system");
		pid = must_fork();
		if (pid == 0) {
			execl("/bin/true", "true", (char *)0);
			_exit(127);
		}
		reap(pid, "fork and exec");
		work(i);
	}
	stop_workers();
}

// A child made behind libc's back may exec, and is told when it uses the library.
static void behind_libc(void) {
	work(1);
	pid_t pid = _Fork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)0);
		_exit(127);
	}
	reap(pid, "_Fork and exec");
	pid = _Fork();
	if (pid == 0) {
		touch();
		_exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) die("a child of _Fork was not stopped: %#x", status);
	work(2);
}

#ifndef TLS
// A signal handler forks, wherever it finds its thread: the parent goes on, a child that execs is well.
static atomic_int handler_forks;

static void forking_handler(int sig) {
	(void)sig;
	int saved = errno;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)0);
		_exit(127);
	}
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	if (status != 0) die("a handler's child: %#x", status);
	atomic_fetch_add(&handler_forks, 1);
	errno = saved;
}

static void from_handler(void) {
	struct sigaction sa = {.sa_handler = forking_handler, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &sa, 0);
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, 0);
	start_workers();
	work(1);
	pid_t sender = must_fork();
	if (sender == 0) {
		for (int i = 0; i < count / 2; i++) {
			kill(getppid(), SIGUSR1);
			usleep(2000);
		}
		_exit(0);
	}
	// Not before fork has returned: a handler that forks while its thread forks waits for itself, in glibc.
	pthread_sigmask(SIG_UNBLOCK, &usr1, 0);
	int status;
	while (waitpid(sender, &status, WNOHANG) == 0) probe_spin(200);
	stop_workers();
	if (atomic_load(&handler_forks) == 0) die("no handler forked");
}
#endif

#ifdef TLS
// Connections made before a fork work after it, in both processes, for both hold the same keys.
static void live(void) {
	for (int i = 0; i < count / 20 + 1; i++) {
		// Over memory: each process has both ends of its copy.
		struct live *memory = open_live(0);
		use_both_ends(memory, i);
		pid_t pid = must_fork();
		if (pid == 0) {
			use_both_ends(memory, i + 1);
			_exit(0);
		}
		use_both_ends(memory, i + 2);
		reap(pid, "live in memory");
		use_both_ends(memory, i + 3);

		// Over sockets: one end here, the other in the child, both ways round.
		for (int server_in_child = 0; server_in_child < 2; server_in_child++) {
			struct live *sockets = open_live(1);
			use_both_ends(sockets, i);
			pid = must_fork();
			if ((pid == 0) == server_in_child) {
				for (int k = 0; k < 4; k++) use_server(sockets);
			} else {
				for (int k = 0; k < 4; k++) use_client(sockets, i + k);
			}
			if (pid == 0) _exit(0);
			reap(pid, "live over sockets");
		}
	}
}
#endif

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*run)(void);
	} scenarios[] = {
		{"storm", storm},
		{"nested", nested},
		{"before-first-use", before_first_use},
		{"during-start", during_start},
		{"daemon", daemonise},
		{"close-all", close_all},
		{"threads", from_threads},
		{"fresh-thread", from_fresh_thread},
		{"thread-churn", thread_churn},
		{"spawns", spawns},
		{"behind-libc", behind_libc},
#ifdef TLS
		{"live", live},
#else
		{"handler", from_handler},
#endif
	};
	if (argc > 2) count = atoi(argv[2]);
	for (size_t i = 0; argc > 1 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			double start = now();
			scenarios[i].run();
			printf("%s: ok, count %d, %.1f s\n", argv[1], count, now() - start);
			return 0;
		}
	}
	die("no such scenario");
}
