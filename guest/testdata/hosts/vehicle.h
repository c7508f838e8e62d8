// vehicle.h: what the hosts drive. The same programs test the probe library and libssl.so.3: compiled with -DTLS the
// vehicle is OpenSSL's public API and a unit of work is a TLS connection with data, else it is the probe.

#ifndef VEHICLE_H
#define VEHICLE_H

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// One checked unit of work; the program ends when its result is wrong.
void work(uint32_t seed);
// What is hard for the runtime: collection, goroutines, timers, deep stacks.
void work_hard(void);
// Calls the library once, in the cheapest way.
void touch(void);
// A connection within the process whose reader blocks in a read through the library.
struct line;
struct line *open_line(void);
// One byte read: 1, or what read(2) or SSL_read returns otherwise. interrupted says that a signal was the reason.
int blocking_read(struct line *, char *c, int *interrupted);
void write_byte(struct line *);

#ifdef TLS
// Both ends of a TLS connection, over sockets or over memory.
struct live;
struct live *open_live(int sockets);
void use_both_ends(struct live *, uint32_t seed);
// One end each, in two processes: the client sends and wants everything back.
void use_client(struct live *, uint32_t seed);
void use_server(struct live *);
#endif

static inline void die(const char *format, ...) {
	va_list args;
	va_start(args, format);
	fprintf(stderr, "FAILED [%d]: ", getpid());
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	fflush(stderr);
	_exit(1);
}

static inline double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

// A child may take this long. What takes longer hangs.
enum { CHILD_SECONDS = 10 };

// Waits for a child that must exit with 0 in time.
static inline void reap(pid_t pid, const char *what) {
	double deadline = now() + CHILD_SECONDS;
	for (;;) {
		int status;
		pid_t r = waitpid(pid, &status, WNOHANG);
		if (r < 0) die("%s: waitpid: %s", what, strerror(errno));
		if (r == pid) {
			if (status != 0) die("%s: child %d ended with status %#x", what, pid, status);
			return;
		}
		if (now() > deadline) {
			kill(pid, SIGABRT);
			die("%s: child %d hangs", what, pid);
		}
		usleep(200);
	}
}

static inline pid_t must_fork(void) {
	pid_t pid = fork();
	if (pid < 0) die("fork: %s", strerror(errno));
	return pid;
}

static inline pthread_t must_thread(void *(*f)(void *), void *arg) {
	pthread_t t;
	int err = pthread_create(&t, 0, f, arg);
	if (err) die("pthread_create: %s", strerror(err));
	return t;
}

#endif
