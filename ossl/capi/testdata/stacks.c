// stacks.c: the library on stacks that are not a thread's usual one: the fibre of an asynchronous job (ASYNC_start_job(3)),
// coroutines (makecontext(3)), threads with little stack. Each has a page below it that may not be touched, and a
// pattern in it, which shows how much of it was used. Prints that, in bytes; an overrun ends the program.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "certificate.h"

enum { FIBRE = 32768, PAGE = 4096, ROUNDS = 6, THREADS = 3, BULK = 100000, PATTERN = 0x5a };

#define MUST(e) do { if (!(e)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #e); ERR_print_errors_fp(stderr); exit(2); } } while (0)

// Stacks, each with its guard.
struct stack {
	char *base; // of what may be used
	size_t size;
};

static struct stack stack_new(size_t size) {
	char *p = mmap(0, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(p != MAP_FAILED && mprotect(p, PAGE, PROT_NONE) == 0);
	memset(p + PAGE, PATTERN, size);
	return (struct stack){p + PAGE, size};
}

static size_t used(struct stack st) {
	size_t i = 0;
	while (i < st.size && st.base[i] == PATTERN) i++;
	return st.size - i;
}

static void stack_free(struct stack st) { munmap(st.base - PAGE, st.size + PAGE); }

static _Atomic size_t deepest;

static void count(size_t n) {
	size_t now = deepest;
	while (n > now && !__atomic_compare_exchange_n((size_t *)&deepest, &now, n, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
}

// libcrypto's fibres are memory of its allocator.
enum { MAX_FIBRES = 64 };
static _Atomic(char *) fibres[MAX_FIBRES];

static void *mem_alloc(size_t n, const char *file, int line) {
	(void)file, (void)line;
	if (n != FIBRE) return malloc(n);
	char *base = stack_new(n).base;
	for (int i = 0; i < MAX_FIBRES; i++) {
		char *none = 0;
		if (__atomic_compare_exchange_n((char **)&fibres[i], &none, base, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return base;
	}
	abort();
}

static int fibre_of(const void *p) {
	int i = 0;
	while (i < MAX_FIBRES && (!p || fibres[i] != p)) i++;
	return i;
}

static void mem_free(void *p, const char *file, int line) {
	(void)file, (void)line;
	int i = fibre_of(p);
	if (i == MAX_FIBRES) {
		free(p);
		return;
	}
	struct stack st = {p, FIBRE};
	count(used(st));
	fibres[i] = 0;
	stack_free(st);
}

static void *mem_realloc(void *p, size_t n, const char *file, int line) {
	(void)file, (void)line;
	MUST(fibre_of(p) == MAX_FIBRES && n != FIBRE);
	return realloc(p, n);
}

// What is done on them.
static SSL_CTX *client, *server;

struct work {
	SSL *c, *s;
	int version;
	void (*pause)(struct work *); // gives way between calls
	ucontext_t here, caller;
	struct stack st;
	int done;
	char buf[BULK];
};

static void give_way(struct work *w) {
	if (w->pause) w->pause(w);
}

static void shake(struct work *w) {
	int a = -1, b = -1;
	for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
		if (a != 1) a = SSL_do_handshake(w->c);
		give_way(w);
		if (b != 1) b = SSL_do_handshake(w->s);
		give_way(w);
	}
	MUST(a == 1 && b == 1 && SSL_get_verify_result(w->c) == X509_V_OK);
}

static void connection(struct work *w) {
	char *buf = w->buf;
	BIO *a, *b;
	MUST((w->c = SSL_new(client)) && (w->s = SSL_new(server)) && BIO_new_bio_pair(&a, 2 * BULK, &b, 2 * BULK));
	SSL_set_bio(w->c, a, a);
	SSL_set_bio(w->s, b, b);
	SSL_set_max_proto_version(w->c, w->version);
	SSL_set_connect_state(w->c);
	SSL_set_accept_state(w->s);
	shake(w);
	MUST(SSL_write(w->s, buf, BULK) == BULK);
	give_way(w);
	for (int n = 0; n < BULK;) {
		int r = SSL_read(w->c, buf, BULK);
		MUST(r > 0);
		n += r;
		give_way(w);
	}
	if (w->version == TLS1_3_VERSION) {
		MUST(SSL_key_update(w->c, SSL_KEY_UPDATE_REQUESTED) == 1);
		MUST(SSL_write(w->c, "x", 1) == 1 && SSL_read(w->s, buf, BULK) == 1);
	}
	MUST(SSL_read(w->s, buf, BULK) <= 0);
	MUST(SSL_shutdown(w->c) == 0 && SSL_shutdown(w->s) == 0);
	give_way(w);
	SSL_free(w->c);
	SSL_free(w->s);
	ERR_clear_error();
}

static void contexts_of_ssl(void);

static void rounds(struct work *w) {
	if (!client) contexts_of_ssl();
	for (int i = 0; i < ROUNDS; i++) {
		w->version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION;
		connection(w);
	}
}

// In the fibre of a job.
static void pause_job(struct work *w) {
	(void)w;
	MUST(ASYNC_pause_job());
}

static int in_job(void *arg) {
	struct work *w = *(struct work **)arg;
	rounds(w);
	w->done = 1;
	return 1;
}

static void *jobs(void *arg) {
	(void)arg;
	enum { AT_ONCE = 3 };
	struct work *w = calloc(AT_ONCE, sizeof *w), *p;
	ASYNC_JOB *job[AT_ONCE] = {0};
	ASYNC_WAIT_CTX *wait[AT_ONCE];
	for (int i = 0; i < AT_ONCE; i++) MUST(wait[i] = ASYNC_WAIT_CTX_new());
	for (int left = AT_ONCE; left > 0;) {
		for (int i = 0; i < AT_ONCE; i++) {
			int r;
			if (w[i].done) continue;
			w[i].pause = pause_job;
			p = &w[i];
			int how = ASYNC_start_job(&job[i], wait[i], &r, in_job, &p, sizeof p);
			MUST(how == ASYNC_PAUSE || how == ASYNC_FINISH);
			if (how == ASYNC_FINISH) left--;
		}
	}
	for (int i = 0; i < AT_ONCE; i++) ASYNC_WAIT_CTX_free(wait[i]);
	free(w);
	ASYNC_cleanup_thread();
	OPENSSL_thread_stop();
	return 0;
}

// In coroutines.
static __thread struct work *current;
static size_t context_size;

static void swap_out(struct work *w) { MUST(swapcontext(&w->here, &w->caller) == 0); }

static void in_context(void) {
	struct work *w = current;
	rounds(w);
	w->done = 1;
	swapcontext(&w->here, &w->caller);
}

static void *contexts(void *arg) {
	(void)arg;
	enum { AT_ONCE = 3 };
	struct work *w = calloc(AT_ONCE, sizeof *w);
	for (int i = 0; i < AT_ONCE; i++) {
		w[i].st = stack_new(context_size);
		w[i].pause = swap_out;
		getcontext(&w[i].here);
		w[i].here.uc_stack.ss_sp = w[i].st.base;
		w[i].here.uc_stack.ss_size = w[i].st.size;
		makecontext(&w[i].here, in_context, 0);
	}
	for (int left = AT_ONCE; left > 0;) {
		for (int i = 0; i < AT_ONCE; i++) {
			if (w[i].done) continue;
			current = &w[i];
			MUST(swapcontext(&w[i].caller, &w[i].here) == 0);
			left -= w[i].done;
		}
	}
	for (int i = 0; i < AT_ONCE; i++) {
		count(used(w[i].st));
		stack_free(w[i].st);
	}
	free(w);
	OPENSSL_thread_stop();
	return 0;
}

// On a thread's own stack.
static void *plain(void *arg) {
	(void)arg;
	struct work *w = calloc(1, sizeof *w);
	rounds(w);
	free(w);
	OPENSSL_thread_stop();
	return 0;
}

static void on_threads(const char *what, void *(*f)(void *), size_t size, int threads) {
	pthread_t t[THREADS];
	struct stack st[THREADS];
	deepest = 0;
	for (int i = 0; i < threads; i++) {
		pthread_attr_t attr;
		pthread_attr_init(&attr);
		st[i] = stack_new(f == plain ? size : 256 << 10);
		MUST(pthread_attr_setstack(&attr, st[i].base, st[i].size) == 0);
		MUST(pthread_create(&t[i], &attr, f, 0) == 0);
		pthread_attr_destroy(&attr);
	}
	for (int i = 0; i < threads; i++) pthread_join(t[i], 0);
	for (int i = 0; i < threads; i++) {
		if (f == plain) count(used(st[i]));
		stack_free(st[i]);
	}
	printf("%s %zu of %zu\n", what, (size_t)deepest, size);
}

static EVP_PKEY *key;

static void contexts_of_ssl(void) {
	X509 *cert = self_signed(key);
	MUST((client = SSL_CTX_new(TLS_client_method())) && (server = SSL_CTX_new(TLS_server_method())));
	MUST(SSL_CTX_use_certificate(server, cert) && SSL_CTX_use_PrivateKey(server, key));
	MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(client), cert));
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, 0);
	X509_free(cert);
}

// usage: stacks job|context|thread ec|rsa KIB [first]. first: the library is used for the first time on such a stack.
int main(int argc, char **argv) {
	const char *what = argc > 3 ? argv[1] : "";
	size_t size = argc > 3 ? (size_t)atoi(argv[3]) << 10 : 0;
	int threads = argc > 4 ? 1 : THREADS;
	MUST(argc > 3 && CRYPTO_set_mem_functions(mem_alloc, mem_realloc, mem_free));
	key = !strcmp(argv[2], "rsa") ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	if (threads > 1) contexts_of_ssl();
	context_size = size;
	if (!strcmp(what, "job")) on_threads("job", jobs, FIBRE, threads);
	else if (!strcmp(what, "context")) on_threads("context", contexts, size, threads);
	else if (!strcmp(what, "thread")) on_threads("thread", plain, size, threads);
	else return 3;
	SSL_CTX_free(client);
	SSL_CTX_free(server);
	EVP_PKEY_free(key);
	return 0;
}
