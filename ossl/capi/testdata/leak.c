// leak.c: does everything that makes and frees objects, many times, and looks whether memory and the slots of handles come
// back. Prints a line for each kind; the exit status is 1 if one has grown. The argument is how many times.

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "certificate.h"
#include "handle.h"

// What may remain of all rounds after the first tenth. The heap of C is exact but for caches; the resident size has Go's heap
// in it, which its collector lets grow and shrink.
enum { HEAP_SLACK = 96 << 10, RESIDENT_SLACK = 24 << 20, MAX_SLOT = 64 };

static EVP_PKEY *key;
static X509 *cert;
static SSL_CTX *client, *server, *verifying;
static unsigned highest; // slot of a handle

#define MUST(e) do { if (!(e)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #e); ERR_print_errors_fp(stderr); exit(2); } } while (0)

static void slot(uint64_t token) {
	if ((unsigned)token > highest) highest = (unsigned)token;
}

static void credentials(void) {
	MUST(key = EVP_EC_gen("P-256"));
	MUST(cert = self_signed(key));
}

static int all_right(int ok, X509_STORE_CTX *ctx) {
	(void)ctx;
	return ok;
}

static SSL_CTX *context(const SSL_METHOD *method) {
	SSL_CTX *ctx = SSL_CTX_new(method);
	MUST(ctx && SSL_CTX_use_certificate(ctx, cert) && SSL_CTX_use_PrivateKey(ctx, key));
	MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert));
	MUST(SSL_CTX_set_cipher_list(ctx, "HIGH") && SSL_CTX_set1_groups_list(ctx, "X25519:P-256"));
	slot(((struct ssl_ctx_st *)ctx)->token);
	return ctx;
}

static void shake(SSL *c, SSL *s) {
	int a = -1, b = -1;
	for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
		if (a != 1) a = SSL_do_handshake(c);
		if (b != 1) b = SSL_do_handshake(s);
	}
}

static void join(SSL_CTX *cctx, SSL_CTX *sctx, SSL **c, SSL **s) {
	BIO *a, *b;
	MUST((*c = SSL_new(cctx)) && (*s = SSL_new(sctx)) && BIO_new_bio_pair(&a, 0, &b, 0));
	SSL_set_bio(*c, a, a);
	SSL_set_bio(*s, b, b);
	SSL_set_connect_state(*c);
	SSL_set_accept_state(*s);
	slot((*c)->token);
	slot((*s)->token);
}

static void connection(SSL_CTX *cctx, SSL_SESSION **resume) {
	SSL *c, *s;
	char buf[100];
	join(cctx, server, &c, &s);
	if (*resume) SSL_set_session(c, *resume);
	shake(c, s);
	MUST(SSL_is_init_finished(c) && SSL_is_init_finished(s));
	MUST(SSL_write(s, "hello", 5) == 5 && SSL_read(c, buf, sizeof buf) == 5);
	MUST(SSL_write(c, "hello", 5) == 5 && SSL_read(s, buf, sizeof buf) == 5);
	SSL_SESSION_free(*resume);
	*resume = SSL_get1_session(c);
	slot(((struct ssl_session_st *)*resume)->token);
	X509_free(SSL_get1_peer_certificate(c));
	SSL_get_peer_cert_chain(c);
	SSL_shutdown(c);
	SSL_shutdown(s);
	SSL_free(c);
	SSL_free(s);
}

static void full(void) {
	SSL_SESSION *none = 0;
	connection(client, &none);
	SSL_SESSION_free(none);
}

static void resumed(void) {
	static SSL_SESSION *last;
	connection(client, &last);
}

static void verified(void) {
	SSL_SESSION *none = 0;
	connection(verifying, &none);
	SSL_SESSION_free(none);
}

static void refused(void) {
	static SSL_CTX *strict;
	SSL *c, *s;
	if (!strict) {
		strict = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_verify(strict, SSL_VERIFY_PEER, 0);
	}
	join(strict, server, &c, &s);
	shake(c, s);
	MUST(!SSL_is_init_finished(c));
	SSL_free(c);
	SSL_free(s);
	ERR_clear_error();
}

static void abandoned(void) {
	SSL *c, *s;
	join(client, server, &c, &s);
	SSL_do_handshake(c);
	SSL_do_handshake(s);
	SSL_free(s);
	SSL_free(c);
	ERR_clear_error();
}

static void contexts(void) {
	SSL_CTX *ctx = context(TLS_method());
	SSL *s = SSL_new(ctx);
	SSL_CTX_free(ctx);
	MUST(s);
	SSL_free(s);
}

static void sessions(void) {
	static SSL_SESSION *from;
	if (!from) connection(client, &from);
	unsigned char *der = 0;
	int n = i2d_SSL_SESSION(from, &der);
	const unsigned char *at = der;
	SSL_SESSION *copy = d2i_SSL_SESSION(0, &at, n), *twice = SSL_SESSION_dup(from);
	MUST(copy && twice);
	slot(((struct ssl_session_st *)twice)->token);
	SSL_SESSION_free(copy);
	SSL_SESSION_free(twice);
	OPENSSL_free(der);
}

static void bios(void) {
	BIO *b = BIO_new_ssl_connect(client), *f = BIO_new_ssl(server, 0);
	MUST(b && f);
	BIO_free_all(b);
	BIO_free_all(f);
}

static long resident(void) {
	long size, pages;
	FILE *f = fopen("/proc/self/statm", "r");
	MUST(f && fscanf(f, "%ld %ld", &size, &pages) == 2);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static int grown;

static void repeat(const char *what, void (*f)(void), int times) {
	for (int i = 0; i < times / 10 + 1; i++) f();
	malloc_trim(0);
	size_t heap = mallinfo2().uordblks;
	long rss = resident();
	for (int i = 0; i < times; i++) f();
	malloc_trim(0);
	long more = (long)(mallinfo2().uordblks - heap), more_rss = resident() - rss;
	int bad = more > HEAP_SLACK || more_rss > RESIDENT_SLACK || highest > MAX_SLOT;
	printf("%s: %d times, heap %+ld KiB, resident %+ld KiB, highest slot %u%s\n", what, times, more >> 10, more_rss >> 10, highest,
	       bad ? ": GROWN" : "");
	grown |= bad;
}

int main(int argc, char **argv) {
	int times = argc > 1 ? atoi(argv[1]) : 10000;
	credentials();
	client = context(TLS_client_method());
	server = context(TLS_server_method());
	verifying = context(TLS_client_method());
	SSL_CTX_sess_set_cache_size(server, 10);
	SSL_CTX_set_verify(verifying, SSL_VERIFY_PEER, all_right);
	repeat("full handshakes", full, times);
	SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
	repeat("full handshakes of TLS 1.2", full, times);
	SSL_CTX_set_max_proto_version(client, 0);
	repeat("resumed handshakes", resumed, times);
	repeat("verified with a callback", verified, times);
	repeat("refused", refused, times);
	repeat("abandoned", abandoned, times);
	repeat("contexts", contexts, times);
	repeat("sessions", sessions, times);
	repeat("BIOs", bios, times);
	return grown;
}
