// faults.c: SIGSEGV, SIGBUS and SIGFPE. A fault in Go code is a panic; a fault anywhere else is the host's.
// Usage: faults SCENARIO

#include "vehicle.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "probe.h"

static volatile sig_atomic_t handled;
static sigjmp_buf back;
static char *bad;
static sigset_t mask_inside;

static void fault(void) { *(volatile char *)bad = 1; }

static void jumping(int sig, siginfo_t *info, void *context) {
	(void)context;
	if (sig == SIGSEGV && info->si_addr != bad && info->si_code > 0) die("the fault's address is %p", info->si_addr);
	handled++;
	pthread_sigmask(SIG_BLOCK, 0, &mask_inside);
	siglongjmp(back, 1);
}

static void counting(int sig) {
	(void)sig;
	handled++;
}

static void install(int flags) {
	struct sigaction sa = {.sa_sigaction = jumping, .sa_flags = SA_SIGINFO | flags};
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGSEGV, &sa, 0);
}

static void expect_fault_handled(int times) {
	for (volatile int i = 0; i < 5; i++) {
		handled = 0;
		if (sigsetjmp(back, 1) == 0) {
			fault();
			die("no fault");
		}
		if (handled != times) die("handled %d times", (int)handled);
		work(i);
	}
}

static void expect_panics_recovered(void) {
	for (int i = 0; i < 5; i++) {
		if (probe_panic() != 1) die("no panic");
		work_hard();
	}
}

static void host_first(void) {
	install(0);
	expect_panics_recovered();
	expect_fault_handled(1);
	if (!sigismember(&mask_inside, SIGUSR2) || !sigismember(&mask_inside, SIGSEGV)) die("the handler's mask is not the host's");
	if (sigismember(&mask_inside, SIGTERM)) die("the handler ran with more blocked than the host asked for");
	expect_panics_recovered();
}

// The host comes second and chains to what it finds, as crash reporters do.
static struct sigaction previous;

static void chaining(int sig, siginfo_t *info, void *context) {
	if (info->si_addr == bad) jumping(sig, info, context);
	previous.sa_sigaction(sig, info, context);
}

static void host_second(void) {
	touch();
	struct sigaction sa = {.sa_sigaction = chaining, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &sa, &previous);
	expect_fault_handled(1);
	expect_panics_recovered();
	expect_fault_handled(1);
}

// On an alternate stack of the host's, which a stack overflow needs.
static void host_altstack(void) {
	stack_t st = {.ss_sp = malloc(64 << 10), .ss_size = 64 << 10};
	sigaltstack(&st, 0);
	install(SA_ONSTACK);
	expect_panics_recovered();
	expect_fault_handled(1);
	stack_t now_set;
	sigaltstack(0, &now_set);
	if (now_set.ss_sp != st.ss_sp) die("the alternate stack is not the host's");
}

// No handler: the process dies of the signal itself, in the parent's eyes, with nothing on standard error.
static void dies_of(void (*f)(void), int sig, const char *what) {
	int fds[2];
	if (pipe(fds) != 0) die("pipe");
	pid_t pid = must_fork();
	if (pid == 0) {
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		dup2(fds[1], 2);
		touch();
		f();
		_exit(0);
	}
	close(fds[1]);
	char c;
	if (read(fds[0], &c, 1) != 0) die("%s: something was written", what);
	int status;
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != sig) die("%s: status %#x", what, status);
}

static void kill_segv(void) {
	kill(getpid(), SIGSEGV);
	pause();
}
static void raise_bus(void) { raise(SIGBUS); }
static void abort_now(void) { abort(); }
static void ignore_segv(void) {
	signal(SIGSEGV, SIG_IGN); // before a fault of the host's own: the kernel kills all the same
	fault();
}

static void no_handler(void) {
	dies_of(fault, SIGSEGV, "fault");
	dies_of(kill_segv, SIGSEGV, "kill");
	dies_of(raise_bus, SIGBUS, "raise");
	dies_of(abort_now, SIGABRT, "abort");
	dies_of(ignore_segv, SIGSEGV, "ignored");
}

// A SIGSEGV that was sent, not raised by a fault, is the host's too.
static void sent(void) {
	struct sigaction sa = {.sa_handler = counting};
	sigaction(SIGSEGV, &sa, 0);
	touch();
	kill(getpid(), SIGSEGV); // any thread may take it, also after kill has returned
	for (int i = 0; i < 5000 && handled < 1; i++) usleep(1000);
	raise(SIGSEGV);
	if (handled != 2) die("handled %d", (int)handled);
	expect_panics_recovered();
}

static void *in_thread(void *arg) {
	((void (*)(void))arg)();
	return 0;
}

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*run)(void);
	} scenarios[] = {
		{"host-first", host_first}, {"host-second", host_second}, {"host-altstack", host_altstack},
		{"no-handler", no_handler}, {"sent", sent},
	};
	bad = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; argc > 1 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			// In the main thread and in another, each in a process that has not used the library.
			for (int other = 0; other < 2; other++) {
				pid_t pid = must_fork();
				if (pid == 0) {
					if (other) pthread_join(must_thread(in_thread, (void *)scenarios[i].run), 0);
					else scenarios[i].run();
					exit(0);
				}
				reap(pid, other ? "in another thread" : "in the main thread");
			}
			printf("%s: ok\n", argv[1]);
			return 0;
		}
	}
	die("no such scenario");
}
