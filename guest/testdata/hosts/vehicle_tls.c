// vehicle_tls.c: libssl.so.3 as the vehicle. A unit of work is a whole connection: handshake, data both ways that is
// checked byte for byte, shutdown. The contexts are made once, so that the children of a fork use their parent's.

#include "vehicle.h"

#include <dlfcn.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// The application's own calls of libcrypto, whose locks do not survive a fork in another thread, are made before there is
// any (make_key); units of work call the library only.
static SSL_CTX *server_ctx, *client_ctx;
static EVP_PKEY *key;
static X509 *cert;
static pthread_once_t made = PTHREAD_ONCE_INIT;

__attribute__((noreturn)) static void fail(const char *what) {
	char text[256] = "no error queued";
	unsigned long e = ERR_get_error();
	if (e) ERR_error_string_n(e, text, sizeof text);
	die("%s: %s", what, text);
	abort();
}

// The test says which library it means, so that no other is tested by mistake.
__attribute__((constructor)) static void check_library(void) {
	const char *want = getenv("EXPECT_LIBSSL");
	Dl_info info;
	if (!dladdr((void *)SSL_new, &info)) die("dladdr");
	char *got = realpath(info.dli_fname, 0);
	if (want && strcmp(got, want) != 0) die("SSL_new comes from %s, not %s", got, want);
	free(got);
}

__attribute__((constructor)) static void make_key(void) {
	key = EVP_PKEY_Q_keygen(0, 0, "EC", "P-256");
	cert = X509_new();
	if (!key || !cert) fail("key");
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	if (!X509_sign(cert, key, EVP_sha256())) fail("certificate");
}

static void make_contexts(void) {
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (!server_ctx || !client_ctx) fail("SSL_CTX_new");
	if (SSL_CTX_use_certificate(server_ctx, cert) != 1) fail("SSL_CTX_use_certificate");
	if (SSL_CTX_use_PrivateKey(server_ctx, key) != 1) fail("SSL_CTX_use_PrivateKey");
	if (X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), cert) != 1) fail("X509_STORE_add_cert");
	SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, 0);
}

struct live {
	SSL *client, *server;
	int fds[2]; // over sockets
};

static void handshake(struct live *l) {
	for (int client_done = 0, server_done = 0, turns = 0; !client_done || !server_done; turns++) {
		if (turns > 10000) die("the handshake does not end");
		SSL *both[2] = {l->client, l->server};
		int *done[2] = {&client_done, &server_done};
		for (int i = 0; i < 2; i++) {
			if (*done[i]) continue;
			int r = SSL_do_handshake(both[i]);
			if (r == 1) {
				*done[i] = 1;
				continue;
			}
			int e = SSL_get_error(both[i], r);
			if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) fail(i ? "SSL_accept" : "SSL_connect");
		}
	}
	if (SSL_get_verify_result(l->client) != X509_V_OK) die("verify result %ld", SSL_get_verify_result(l->client));
}

static struct live *new_live(int sockets, uint32_t seed) {
	pthread_once(&made, make_contexts);
	struct live *l = malloc(sizeof *l);
	l->client = SSL_new(client_ctx);
	l->server = SSL_new(server_ctx);
	if (!l->client || !l->server) fail("SSL_new");
	if (seed % 2) SSL_set_max_proto_version(l->client, TLS1_2_VERSION);
	if (sockets) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, l->fds) != 0) die("socketpair: %s", strerror(errno));
		if (SSL_set_fd(l->client, l->fds[0]) != 1 || SSL_set_fd(l->server, l->fds[1]) != 1) fail("SSL_set_fd");
	} else {
		BIO *a, *b;
		if (BIO_new_bio_pair(&a, 0, &b, 0) != 1) fail("BIO_new_bio_pair");
		SSL_set_bio(l->client, a, a);
		SSL_set_bio(l->server, b, b);
	}
	SSL_set_connect_state(l->client);
	SSL_set_accept_state(l->server);
	handshake(l);
	return l;
}

struct live *open_live(int sockets) {
	struct live *l = new_live(sockets, 0);
	return l;
}

static void fill(unsigned char *p, int n, uint32_t seed) {
	for (int i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = seed >> 24;
	}
}

enum { CHUNK = 20000 };

// Sends n bytes from one end and takes them at the other, in whatever pieces they go.
static void transfer(SSL *from, SSL *to, int n, uint32_t seed) {
	unsigned char *out = malloc(n), *in = malloc(n);
	fill(out, n, seed);
	int sent = 0, got = 0;
	for (long idle = 0; got < n;) {
		int moved = 0, r;
		if (sent < n) {
			r = SSL_write(from, out + sent, n - sent < CHUNK ? n - sent : CHUNK);
			if (r > 0) sent += r, moved = 1;
			else if (SSL_get_error(from, r) != SSL_ERROR_WANT_WRITE && SSL_get_error(from, r) != SSL_ERROR_WANT_READ) fail("SSL_write");
		}
		r = SSL_read(to, in + got, n - got);
		if (r > 0) got += r, moved = 1;
		else if (SSL_get_error(to, r) != SSL_ERROR_WANT_READ) fail("SSL_read");
		if (!moved && ++idle > 100000) die("the transfer does not end");
	}
	if (memcmp(in, out, n) != 0) die("the data changed on its way");
	free(in);
	free(out);
}

void use_both_ends(struct live *l, uint32_t seed) {
	transfer(l->client, l->server, 10000 + seed % 30000, seed);
	transfer(l->server, l->client, 20000 + seed % 10000, seed + 1);
}

static void close_live(struct live *l) {
	SSL_shutdown(l->client);
	SSL_shutdown(l->server);
	char c;
	int r = SSL_read(l->client, &c, 1);
	if (r > 0 || SSL_get_error(l->client, r) != SSL_ERROR_ZERO_RETURN) die("no close_notify");
	SSL_free(l->client);
	SSL_free(l->server);
	close(l->fds[0]);
	close(l->fds[1]);
	free(l);
}

void touch(void) {
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	if (!ctx) fail("SSL_CTX_new");
	SSL_CTX_free(ctx);
}

void work(uint32_t seed) {
	struct live *l = new_live(1, seed);
	use_both_ends(l, seed);
	close_live(l);
}

void work_hard(void) {
	struct live *l = new_live(1, 2);
	transfer(l->client, l->server, 100000, 7);
	transfer(l->server, l->client, 100000, 8);
	close_live(l);
}

// One end, blocking: the other is in another process.
static void blocking(SSL *ssl) {
	int flags = fcntl(SSL_get_fd(ssl), F_GETFL);
	fcntl(SSL_get_fd(ssl), F_SETFL, flags & ~O_NONBLOCK);
}

static void write_all(SSL *ssl, const unsigned char *p, int n) {
	for (int r; n > 0; p += r, n -= r) {
		if ((r = SSL_write(ssl, p, n)) <= 0) fail("SSL_write");
	}
}

static void read_all(SSL *ssl, unsigned char *p, int n) {
	for (int r; n > 0; p += r, n -= r) {
		if ((r = SSL_read(ssl, p, n)) <= 0) fail("SSL_read");
	}
}

enum { MESSAGE = 30000 };

void use_client(struct live *l, uint32_t seed) {
	blocking(l->client);
	unsigned char out[MESSAGE], in[MESSAGE];
	fill(out, MESSAGE, seed);
	write_all(l->client, out, MESSAGE);
	read_all(l->client, in, MESSAGE);
	if (memcmp(in, out, MESSAGE) != 0) die("the data changed on its way");
}

void use_server(struct live *l) {
	blocking(l->server);
	unsigned char p[MESSAGE];
	read_all(l->server, p, MESSAGE);
	write_all(l->server, p, MESSAGE);
}

struct line {
	struct live *live;
};

struct line *open_line(void) {
	struct line *line = malloc(sizeof *line);
	line->live = new_live(1, 0);
	blocking(line->live->client);
	return line;
}

int blocking_read(struct line *line, char *c, int *interrupted) {
	errno = 0;
	int r = SSL_read(line->live->client, c, 1);
	// A socket BIO takes EINTR for a reason to try again.
	*interrupted = r < 0 && errno == EINTR && SSL_get_error(line->live->client, r) == SSL_ERROR_WANT_READ;
	return r;
}

void write_byte(struct line *line) {
	if (SSL_write(line->live->server, "x", 1) != 1) fail("SSL_write");
}
