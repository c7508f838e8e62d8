// bio_ssl_c.c: an SSL as a filter BIO. Manual: BIO_f_ssl(3).
//
// The BIO owns its SSL (with BIO_CLOSE) and stands on the SSL's read BIO, which is the next of its chain. It calls the
// public functions only, so whatever the SSL needs is done by the step loop, on the caller's stack.

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "gate.h"
#include "handle.h"

// Limits of BIO_set_ssl_renegotiate_timeout and BIO_set_ssl_renegotiate_bytes.
enum { LEAST_SECONDS = 60, LEAST_SECONDS_INSTEAD = 5, LEAST_BYTES = 512 };

struct bio_ssl {
	SSL *ssl;
	// What an application asked about renegotiation. Without renegotiation it is kept and answered, no more.
	int renegotiations;
	unsigned long bytes, seconds;
};

static int bio_create(BIO *b) {
	struct bio_ssl *x = OPENSSL_zalloc(sizeof(*x));
	if (!x) {
		ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
		return 0;
	}
	BIO_set_init(b, 0);
	BIO_set_data(b, x);
	BIO_clear_flags(b, ~0);
	return 1;
}

static int bio_destroy(BIO *b) {
	if (!b) return 0;
	struct bio_ssl *x = BIO_get_data(b);
	if (x->ssl && !SSL_in_init(x->ssl)) SSL_shutdown(x->ssl);
	if (BIO_get_shutdown(b)) {
		if (BIO_get_init(b)) SSL_free(x->ssl);
		BIO_clear_flags(b, ~0);
		BIO_set_init(b, 0);
	}
	OPENSSL_free(x);
	return 1;
}

// Tells in the BIO's flags what an SSL operation that returned r waits for.
static void set_retry(BIO *b, SSL *s, int r) {
	switch (SSL_get_error(s, r)) {
	case SSL_ERROR_WANT_READ: BIO_set_retry_read(b); break;
	case SSL_ERROR_WANT_WRITE: BIO_set_retry_write(b); break;
	case SSL_ERROR_WANT_X509_LOOKUP:
		BIO_set_retry_special(b);
		BIO_set_retry_reason(b, BIO_RR_SSL_X509_LOOKUP);
		break;
	case SSL_ERROR_WANT_ACCEPT:
		BIO_set_retry_special(b);
		BIO_set_retry_reason(b, BIO_RR_ACCEPT);
		break;
	case SSL_ERROR_WANT_CONNECT:
		BIO_set_retry_special(b);
		BIO_set_retry_reason(b, BIO_RR_CONNECT);
		break;
	}
}

static int bio_read(BIO *b, char *buf, size_t size, size_t *moved) {
	struct bio_ssl *x = BIO_get_data(b);
	*moved = 0;
	if (!buf || !x->ssl) return 0;
	BIO_clear_retry_flags(b);
	BIO_set_retry_reason(b, 0);
	int r = SSL_read(x->ssl, buf, size > INT_MAX ? INT_MAX : (int)size);
	set_retry(b, x->ssl, r);
	if (r <= 0) return r;
	*moved = (size_t)r;
	return 1;
}

static int bio_write(BIO *b, const char *buf, size_t size, size_t *moved) {
	struct bio_ssl *x = BIO_get_data(b);
	*moved = 0;
	if (!buf || !x->ssl) return 0;
	BIO_clear_retry_flags(b);
	BIO_set_retry_reason(b, 0);
	int r = SSL_write(x->ssl, buf, size > INT_MAX ? INT_MAX : (int)size);
	set_retry(b, x->ssl, r);
	if (r <= 0) return r;
	*moved = (size_t)r;
	return 1;
}

static int bio_puts(BIO *b, const char *text) { return BIO_write(b, text, (int)strlen(text)); }

// BIO_set_ssl: the BIO takes the SSL's read BIO for its next; a chain it had goes behind that.
static int set_ssl(BIO *b, SSL *s, int close) {
	struct bio_ssl *x = BIO_get_data(b);
	if (x->ssl) {
		bio_destroy(b);
		if (!bio_create(b)) return 0;
		x = BIO_get_data(b);
	}
	BIO_set_shutdown(b, close);
	x->ssl = s;
	BIO *below = SSL_get_rbio(s), *next = BIO_next(b);
	if (below) {
		if (next) BIO_push(below, next);
		BIO_set_next(b, below);
		BIO_up_ref(below);
	}
	BIO_set_init(b, 1);
	return 1;
}

static long handshake(BIO *b, SSL *s) {
	BIO_clear_retry_flags(b);
	BIO_set_retry_reason(b, 0);
	int r = SSL_do_handshake(s);
	if (SSL_get_error(s, r) == SSL_ERROR_WANT_CONNECT) {
		BIO_set_flags(b, BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY);
		BIO_set_retry_reason(b, BIO_get_retry_reason(BIO_next(b)));
	} else {
		set_retry(b, s, r);
	}
	return r;
}

// BIO_reset: the SSL is ready for another connection in the same role.
static long reset(BIO *b, SSL *s, long num, void *ptr) {
	SSL_shutdown(s);
	switch (s->view.role) {
	case 1: SSL_set_connect_state(s); break;
	case 2: SSL_set_accept_state(s); break;
	}
	if (!SSL_clear(s)) return 0;
	if (BIO_next(b)) return BIO_ctrl(BIO_next(b), BIO_CTRL_RESET, num, ptr);
	if (SSL_get_rbio(s)) return BIO_ctrl(SSL_get_rbio(s), BIO_CTRL_RESET, num, ptr);
	return 1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr) {
	struct bio_ssl *x = BIO_get_data(b);
	SSL *s = x->ssl;
	long old;
	if (!s && cmd != BIO_C_SET_SSL) return 0;
	switch (cmd) {
	case BIO_C_SET_SSL: return set_ssl(b, ptr, (int)num);
	case BIO_C_GET_SSL:
		if (!ptr) return 0;
		*(SSL **)ptr = s;
		return 1;
	case BIO_C_SSL_MODE:
		if (num) SSL_set_connect_state(s);
		else SSL_set_accept_state(s);
		return 1;
	case BIO_C_DO_STATE_MACHINE: return handshake(b, s);
	case BIO_CTRL_RESET: return reset(b, s, num, ptr);
	case BIO_CTRL_INFO: return 0;
	case BIO_C_SET_SSL_RENEGOTIATE_TIMEOUT:
		old = (long)x->seconds;
		x->seconds = num < LEAST_SECONDS ? LEAST_SECONDS_INSTEAD : (unsigned long)num;
		return old;
	case BIO_C_SET_SSL_RENEGOTIATE_BYTES:
		old = (long)x->bytes;
		if (num >= LEAST_BYTES) x->bytes = (unsigned long)num;
		return old;
	case BIO_C_GET_SSL_NUM_RENEGOTIATES: return x->renegotiations;
	case BIO_CTRL_GET_CLOSE: return BIO_get_shutdown(b);
	case BIO_CTRL_SET_CLOSE: BIO_set_shutdown(b, (int)num); return 1;
	case BIO_CTRL_WPENDING: return BIO_ctrl(SSL_get_wbio(s), cmd, num, ptr);
	case BIO_CTRL_PENDING:
		old = SSL_pending(s);
		return old ? old : (long)BIO_pending(SSL_get_rbio(s));
	case BIO_CTRL_FLUSH:
		BIO_clear_retry_flags(b);
		old = BIO_ctrl(SSL_get_wbio(s), cmd, num, ptr);
		BIO_copy_next_retry(b);
		return old;
	case BIO_CTRL_PUSH:
		if (BIO_next(b) && BIO_next(b) != SSL_get_rbio(s)) {
			// SSL_set_bio takes a reference; the chain has its own.
			BIO_up_ref(BIO_next(b));
			SSL_set_bio(s, BIO_next(b), BIO_next(b));
		}
		return 1;
	case BIO_CTRL_POP:
		// Only when it is this BIO that leaves; the SSL gives up the chain below.
		if (b == ptr) SSL_set_bio(s, NULL, NULL);
		return 1;
	case BIO_CTRL_DUP: {
		struct bio_ssl *copy = BIO_get_data((BIO *)ptr);
		SSL_free(copy->ssl);
		*copy = *x;
		copy->ssl = SSL_dup(s);
		return copy->ssl != NULL;
	}
	case BIO_CTRL_SET_CALLBACK: return 0;
	}
	return BIO_ctrl(SSL_get_rbio(s), cmd, num, ptr);
}

static long bio_callback_ctrl(BIO *b, int cmd, BIO_info_cb *fp) {
	struct bio_ssl *x = BIO_get_data(b);
	return cmd == BIO_CTRL_SET_CALLBACK && x->ssl ? BIO_callback_ctrl(SSL_get_rbio(x->ssl), cmd, fp) : 0;
}

static BIO_METHOD *method;

static void make_method(void) {
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SSL, "ssl");
	if (m && BIO_meth_set_create(m, bio_create) && BIO_meth_set_destroy(m, bio_destroy) &&
	    BIO_meth_set_read_ex(m, bio_read) && BIO_meth_set_write_ex(m, bio_write) && BIO_meth_set_puts(m, bio_puts) &&
	    BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_callback_ctrl(m, bio_callback_ctrl))
		method = m;
	else
		BIO_meth_free(m);
}

const BIO_METHOD *BIO_f_ssl(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_method);
	return method;
}

BIO *BIO_new_ssl(SSL_CTX *ctx, int client) {
	PATINA_CRYPTO_SECTION;
	BIO *b = BIO_new(BIO_f_ssl());
	SSL *s = b ? SSL_new(ctx) : NULL;
	if (!s) {
		BIO_free(b);
		return NULL;
	}
	if (client) SSL_set_connect_state(s);
	else SSL_set_accept_state(s);
	BIO_set_ssl(b, s, BIO_CLOSE);
	return b;
}

BIO *BIO_new_ssl_connect(SSL_CTX *ctx) {
	PATINA_CRYPTO_SECTION;
	BIO *con = BIO_new(BIO_s_connect());
	BIO *ssl = con ? BIO_new_ssl(ctx, 1) : NULL;
	BIO *chain = ssl ? BIO_push(ssl, con) : NULL;
	if (!chain) {
		BIO_free(ssl);
		BIO_free(con);
	}
	return chain;
}

BIO *BIO_new_buffer_ssl_connect(SSL_CTX *ctx) {
	PATINA_CRYPTO_SECTION;
	BIO *buf = BIO_new(BIO_f_buffer());
	BIO *ssl = buf ? BIO_new_ssl_connect(ctx) : NULL;
	BIO *chain = ssl ? BIO_push(buf, ssl) : NULL;
	if (!chain) {
		BIO_free(buf);
		BIO_free(ssl);
	}
	return chain;
}

// The SSL of the first SSL BIO of a chain.
static SSL *ssl_of(BIO *b) {
	b = BIO_find_type(b, BIO_TYPE_SSL);
	struct bio_ssl *x = b ? BIO_get_data(b) : NULL;
	return x ? x->ssl : NULL;
}

int BIO_ssl_copy_session_id(BIO *to, BIO *from) {
	SSL *t = ssl_of(to), *f = ssl_of(from);
	return t && f && SSL_copy_session_id(t, f);
}

void BIO_ssl_shutdown(BIO *b) {
	for (; b; b = BIO_next(b)) {
		if (BIO_method_type(b) != BIO_TYPE_SSL) continue;
		struct bio_ssl *x = BIO_get_data(b);
		if (x->ssl) SSL_shutdown(x->ssl);
		break;
	}
}
