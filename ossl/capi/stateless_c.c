// stateless_c.c: a server that forgets each client until it comes back with a cookie.
// Manual: SSL_stateless(3), SSL_CTX_set_stateless_cookie_generate_cb(3).

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "loop.h"

void SSL_CTX_set_stateless_cookie_generate_cb(SSL_CTX *ctx, int (*cb)(SSL *, unsigned char *, size_t *)) {
	patina_set_callback(PATINA_CTX(ctx), PATINA_CB_STATELESS_GENERATE, (uintptr_t)cb, 0);
}

void SSL_CTX_set_stateless_cookie_verify_cb(SSL_CTX *ctx, int (*cb)(SSL *, const unsigned char *, size_t)) {
	patina_set_callback(PATINA_CTX(ctx), PATINA_CB_STATELESS_VERIFY, (uintptr_t)cb, 0);
}

int SSL_stateless(SSL *s) {
	if (!SSL_clear(s)) return 0;
	ERR_clear_error();
	if (!s->view.role) SSL_set_accept_state(s);
	size_t shown = 0;
	int r = patina_run(s, PATINA_OP_STATELESS, 0, 0, &shown);
	return r <= 0 ? -1 : shown ? 1 : 0;
}

int patina_perform_cookie(SSL *s, struct patina_step *st) {
	st->answer = st->need;
	if (st->need == PATINA_NEED_COOKIE_VERIFY) {
		st->value = ((int (*)(SSL *, const unsigned char *, size_t))st->fn)(s, st->data, st->data_len) != 0;
		return 1;
	}
	size_t len = SSL_COOKIE_LENGTH;
	unsigned char *cookie = OPENSSL_zalloc(len);
	st->value = cookie && ((int (*)(SSL *, unsigned char *, size_t *))st->fn)(s, cookie, &len) && len <= SSL_COOKIE_LENGTH;
	OPENSSL_free(s->answer);
	s->answer = cookie;
	st->bytes = cookie;
	st->bytes_len = st->value ? len : 0;
	return 1;
}
