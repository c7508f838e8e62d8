/*
 * One measurement of libssl through its public interface, in memory: two connections joined by a BIO pair, no sockets.
 * The program is linked against libssl.so.3 and runs on whichever the dynamic linker finds.
 *
 *	bench KIND pki=DIR [version=1.3] [cert=ecdsa|rsa] [suite=NAME] [group=X25519:P-256] [resume=0|1] [size=BYTES]
 *	      [threads=N] [ms=MILLISECONDS | n=COUNT] [side=server|client]
 *
 *	handshake  server_us, client_us: CPU of the calling thread in each side's calls, per handshake, SSL_new to SSL_free;
 *	           process_us: CPU of all threads, both sides together; rate: handshakes per second of wall time
 *	bulk       send_mbs, recv_mbs: megabytes (10^6) per second of the calling thread's CPU in SSL_write and SSL_read
 *	           of `size` bytes; process_mbs: sent and received, per second of CPU of all threads; rate: of wall time
 *	ping       round_trip_us: CPU of all threads for `size` bytes there and back
 *	memory     kib: growth of the resident set per idle connection of `side`, over n connections
 *
 * Output: one "name value" per line; first "libssl PATH", the file that is mapped. Any failure prints the error queue
 * and exits 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
	PAIR_BYTES = 1 << 20,  /* buffer of each direction of a BIO pair */
	BATCH_BYTES = 1 << 18, /* sent before the other side reads; the clock is read twice per batch */
	WARM_UP = 20,          /* handshakes that are not counted */
	MAX_THREADS = 16,
};

static struct {
	const char *kind, *pki, *version, *cert, *suite, *group, *side;
	int resume, size, threads, ms, n;
} opt = {.version = "1.3", .cert = "ecdsa", .group = "X25519:P-256", .side = "server", .size = 16384, .threads = 1, .ms = 300};

static SSL_CTX *server_ctx, *client_ctx;

static void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* A link is one client and one server joined in memory, with the CPU seconds spent in each. */
struct link {
	SSL *client, *server;
	double client_cpu, server_cpu;
};

#define TIMED(sum, call)                                          \
	do {                                                      \
		double t0_ = now(CLOCK_THREAD_CPUTIME_ID);        \
		call;                                             \
		sum += now(CLOCK_THREAD_CPUTIME_ID) - t0_;        \
	} while (0)

static void check_step(SSL *s, int r, const char *who)
{
	int e = SSL_get_error(s, r);
	if (r != 1 && e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		die("%s: handshake failed: SSL_get_error %d", who, e);
}

static SSL *new_client(SSL_SESSION *session)
{
	SSL *s = SSL_new(client_ctx);
	if (!s || SSL_set_tlsext_host_name(s, "a.test") != 1 || SSL_set1_host(s, "a.test") != 1)
		die("SSL_new");
	if (session && SSL_set_session(s, session) != 1)
		die("SSL_set_session");
	SSL_set_connect_state(s);
	return s;
}

static SSL *new_server(void)
{
	SSL *s = SSL_new(server_ctx);
	if (!s)
		die("SSL_new");
	SSL_set_accept_state(s);
	return s;
}

/* open_link makes both sides and runs the handshake to its end, session tickets included. */
static void open_link(struct link *l, SSL_SESSION *session)
{
	BIO *cb, *sb;
	int c = 0, s = 0;
	char byte;

	if (BIO_new_bio_pair(&cb, PAIR_BYTES, &sb, PAIR_BYTES) != 1)
		die("BIO_new_bio_pair");
	TIMED(l->client_cpu, l->client = new_client(session); SSL_set_bio(l->client, cb, cb));
	TIMED(l->server_cpu, l->server = new_server(); SSL_set_bio(l->server, sb, sb));
	for (int turns = 0; c != 1 || s != 1; turns++) {
		if (turns > 20)
			die("the handshake does not end");
		if (c != 1) {
			TIMED(l->client_cpu, c = SSL_do_handshake(l->client));
			check_step(l->client, c, "client");
		}
		if (s != 1) {
			TIMED(l->server_cpu, s = SSL_do_handshake(l->server));
			check_step(l->server, s, "server");
		}
	}
	/* TLS 1.3 tickets arrive after the handshake; taking them in is the client's work. */
	TIMED(l->client_cpu, c = SSL_read(l->client, &byte, 1));
	if (c > 0 || SSL_get_error(l->client, c) != SSL_ERROR_WANT_READ)
		die("data where none was sent");
	if (SSL_session_reused(l->client) != (session != NULL) || SSL_session_reused(l->server) != (session != NULL))
		die("session reused: client %d, server %d; wanted %d", SSL_session_reused(l->client),
		    SSL_session_reused(l->server), session != NULL);
}

static void close_link(struct link *l)
{
	/* Without close_notify a session counts as broken and is not resumed. */
	TIMED(l->client_cpu, SSL_shutdown(l->client); SSL_free(l->client));
	TIMED(l->server_cpu, SSL_shutdown(l->server); SSL_free(l->server));
}

static void write_all(SSL *s, const char *b, int n)
{
	int r = SSL_write(s, b, n);
	if (r != n)
		die("SSL_write of %d: %d, SSL_get_error %d", n, r, SSL_get_error(s, r));
}

static void read_all(SSL *s, char *b, int n, int step)
{
	for (int got = 0, r; got < n; got += r) {
		r = SSL_read(s, b + got, n - got < step ? n - got : step);
		if (r <= 0)
			die("SSL_read after %d of %d: %d, SSL_get_error %d", got, n, r, SSL_get_error(s, r));
	}
}

static SSL_CTX *new_ctx(int is_server)
{
	SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
	int version = strcmp(opt.version, "1.2") ? TLS1_3_VERSION : TLS1_2_VERSION;
	char file[4096];

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, version) != 1 || SSL_CTX_set_max_proto_version(ctx, version) != 1)
		die("SSL_CTX_new");
	if (strcmp(opt.group, "default") && SSL_CTX_set1_groups_list(ctx, opt.group) != 1)
		die("group %s", opt.group);
	if (opt.suite && (version == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(ctx, opt.suite)
						    : SSL_CTX_set_cipher_list(ctx, opt.suite)) != 1)
		die("suite %s", opt.suite);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* as nginx does */
	if (is_server) {
		static const unsigned char id[] = "bench";
		if (SSL_CTX_set_session_id_context(ctx, id, sizeof id) != 1)
			die("session id context");
		snprintf(file, sizeof file, "%s/a-%s.pem", opt.pki, opt.cert);
		if (SSL_CTX_use_certificate_chain_file(ctx, file) != 1)
			die("%s", file);
		snprintf(file, sizeof file, "%s/a-%s.key", opt.pki, opt.cert);
		if (SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) != 1)
			die("%s", file);
	} else {
		snprintf(file, sizeof file, "%s/ca.pem", opt.pki);
		if (SSL_CTX_load_verify_locations(ctx, file, NULL) != 1)
			die("%s", file);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	}
	return ctx;
}

struct work {
	pthread_t thread;
	struct link sum;
	long count;
	double send_cpu, recv_cpu, bytes;
};

static pthread_barrier_t barrier;

static SSL_SESSION *make_session(void)
{
	struct link l = {0};
	open_link(&l, NULL);
	SSL_SESSION *session = SSL_get1_session(l.client);
	if (!session || !SSL_SESSION_is_resumable(session))
		die("no session that can be resumed");
	close_link(&l);
	return session;
}

static int enough(long count, double begin)
{
	return opt.n ? count >= opt.n : now(CLOCK_MONOTONIC) - begin >= opt.ms * 1e-3;
}

static void *handshakes(void *arg)
{
	struct work *w = arg;
	SSL_SESSION *session = opt.resume ? make_session() : NULL;
	struct link l = {0};

	for (int i = 0; i < WARM_UP; i++) {
		open_link(&l, session);
		close_link(&l);
	}
	pthread_barrier_wait(&barrier);
	double begin = now(CLOCK_MONOTONIC);
	while (!enough(w->count, begin)) {
		open_link(&w->sum, session);
		close_link(&w->sum);
		w->count++;
	}
	SSL_SESSION_free(session);
	return NULL;
}

static void *bulk(void *arg)
{
	struct work *w = arg;
	struct link l = {0};
	char *out = malloc(BATCH_BYTES), *in = malloc(BATCH_BYTES);

	for (int i = 0; i < BATCH_BYTES; i++)
		out[i] = i * 31 + (i >> 8) * 7;
	open_link(&l, NULL);
	if (opt.suite && strcmp(SSL_get_cipher_name(l.server), opt.suite))
		die("negotiated %s and not %s", SSL_get_cipher_name(l.server), opt.suite);
	for (int round = 0; round < 2; round++) { /* the first warms up */
		double begin;
		if (round == 1)
			pthread_barrier_wait(&barrier);
		begin = now(CLOCK_MONOTONIC);
		w->send_cpu = w->recv_cpu = w->bytes = 0;
		for (w->count = 0; round == 0 ? w->count < 4 : !enough(w->count, begin); w->count++) {
			TIMED(w->send_cpu, for (int at = 0; at < BATCH_BYTES; at += opt.size) write_all(l.client, out + at, opt.size));
			TIMED(w->recv_cpu, read_all(l.server, in, BATCH_BYTES, opt.size));
			w->bytes += BATCH_BYTES;
		}
		if (memcmp(in, out, BATCH_BYTES))
			die("the data that arrived is not the data that was sent");
	}
	close_link(&l);
	free(out);
	free(in);
	return NULL;
}

static void *ping(void *arg)
{
	struct work *w = arg;
	struct link l = {0};
	char *b = calloc(1, opt.size);

	open_link(&l, NULL);
	pthread_barrier_wait(&barrier);
	double begin = now(CLOCK_MONOTONIC);
	while (w->count % 64 || !enough(w->count, begin)) {
		write_all(l.client, b, opt.size);
		read_all(l.server, b, opt.size, opt.size);
		write_all(l.server, b, opt.size);
		read_all(l.client, b, opt.size, opt.size);
		w->count++;
	}
	close_link(&l);
	free(b);
	return NULL;
}

static double resident(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	malloc_trim(0);
	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		die("/proc/self/statm");
	fclose(f);
	return pages * (double)sysconf(_SC_PAGESIZE);
}

/*
 * idle leaves one connection that has served a request and been read until there was nothing, as event loops do, with
 * empty BIOs so that none of theirs is counted.
 */
static SSL *idle(int keep_server)
{
	struct link l = {0};
	char b[512] = {0};

	open_link(&l, NULL);
	write_all(l.client, b, sizeof b);
	read_all(l.server, b, sizeof b, sizeof b);
	write_all(l.server, b, sizeof b);
	read_all(l.client, b, sizeof b, sizeof b);
	SSL *keep = keep_server ? l.server : l.client;
	if (SSL_read(keep, b, sizeof b) > 0)
		die("data where none was sent");
	SSL_free(keep_server ? l.client : l.server);
	SSL_set_bio(keep, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return keep;
}

static void memory(void)
{
	int n = opt.n ? opt.n : 1000, keep_server = !strcmp(opt.side, "server");
	SSL **all = calloc(n, sizeof *all);

	memset(all, 0, n * sizeof *all);
	for (int i = 0; i < 100; i++)
		SSL_free(idle(keep_server));
	double before = resident();
	for (int i = 0; i < n; i++)
		all[i] = idle(keep_server);
	printf("kib %.3f\n", (resident() - before) / 1024 / n);
	for (int i = 0; i < n; i++)
		SSL_free(all[i]);
	free(all);
}

static void run(void *(*body)(void *))
{
	struct work w[MAX_THREADS] = {0}, sum = {0};

	if (pthread_barrier_init(&barrier, NULL, opt.threads + 1))
		die("pthread_barrier_init");
	for (int i = 0; i < opt.threads; i++)
		if ((errno = pthread_create(&w[i].thread, NULL, body, &w[i])))
			die("pthread_create: %s", strerror(errno));
	double cpu0 = now(CLOCK_PROCESS_CPUTIME_ID);
	pthread_barrier_wait(&barrier);
	cpu0 = now(CLOCK_PROCESS_CPUTIME_ID);
	double wall = now(CLOCK_MONOTONIC);
	for (int i = 0; i < opt.threads; i++)
		pthread_join(w[i].thread, NULL);
	wall = now(CLOCK_MONOTONIC) - wall;
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu0;
	for (int i = 0; i < opt.threads; i++) {
		sum.count += w[i].count;
		sum.bytes += w[i].bytes;
		sum.send_cpu += w[i].send_cpu;
		sum.recv_cpu += w[i].recv_cpu;
		sum.sum.client_cpu += w[i].sum.client_cpu;
		sum.sum.server_cpu += w[i].sum.server_cpu;
	}
	printf("count %ld\n", sum.count);
	if (body == handshakes) {
		printf("server_us %.3f\nclient_us %.3f\nprocess_us %.3f\nrate %.3f\n", sum.sum.server_cpu / sum.count * 1e6,
		       sum.sum.client_cpu / sum.count * 1e6, cpu / sum.count * 1e6, sum.count / wall);
	} else if (body == bulk) {
		printf("send_mbs %.3f\nrecv_mbs %.3f\nprocess_mbs %.3f\nrate %.3f\n", sum.bytes / sum.send_cpu / 1e6,
		       sum.bytes / sum.recv_cpu / 1e6, sum.bytes / cpu / 1e6, sum.bytes / wall / 1e6);
	} else {
		printf("round_trip_us %.4f\nrate %.3f\n", cpu / sum.count * 1e6, sum.count / wall);
	}
}

static void option(char *arg)
{
	char *value = strchr(arg, '=');
	const struct { const char *name, **text; int *number; } known[] = {
		{"pki", &opt.pki, 0}, {"version", &opt.version, 0}, {"cert", &opt.cert, 0}, {"suite", &opt.suite, 0},
		{"group", &opt.group, 0}, {"side", &opt.side, 0}, {"resume", 0, &opt.resume}, {"size", 0, &opt.size},
		{"threads", 0, &opt.threads}, {"ms", 0, &opt.ms}, {"n", 0, &opt.n},
	};

	if (!value)
		die("%s: name=value is wanted", arg);
	*value++ = 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(arg, known[i].name)) {
			if (known[i].text)
				*known[i].text = value;
			else
				*known[i].number = atoi(value);
			return;
		}
	die("unknown option %s", arg);
}

static void show_library(void)
{
	char line[4096], last[4096] = "";
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof line, f)) {
		char *path = strchr(line, '/');
		if (path && strstr(path, "/libssl.so") && strcmp(path, last))
			printf("libssl %s", strcpy(last, path));
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("usage: bench KIND pki=DIR [name=value ...]");
	opt.kind = argv[1];
	for (int i = 2; i < argc; i++)
		option(argv[i]);
	if (!opt.pki || opt.threads < 1 || opt.threads > MAX_THREADS || opt.size < 1 || BATCH_BYTES % opt.size)
		die("pki=DIR; threads from 1 to %d; a size that divides %d", MAX_THREADS, BATCH_BYTES);
	server_ctx = new_ctx(1);
	client_ctx = new_ctx(0);
	show_library();
	if (!strcmp(opt.kind, "handshake"))
		run(handshakes);
	else if (!strcmp(opt.kind, "bulk"))
		run(bulk);
	else if (!strcmp(opt.kind, "ping"))
		run(ping);
	else if (!strcmp(opt.kind, "memory"))
		memory();
	else
		die("unknown kind %s", opt.kind);
	SSL_CTX_free(client_ctx);
	SSL_CTX_free(server_ctx);
	return 0;
}
