// padding_c.c: record padding. Manual: SSL_CTX_set_record_padding_callback(3).

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
#include "loop.h"
#include "zconsttypes.h"

#define CTX(ctx) PATINA_CTX((SSL_CTX *)(ctx))
#define CONN(s) PATINA_SSL((SSL *)(s))

void SSL_CTX_set_record_padding_callback(SSL_CTX *ctx, size_t (*cb)(SSL *, int, size_t, void *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_PADDING, (uintptr_t)cb, 0);
}

void SSL_CTX_set_record_padding_callback_arg(SSL_CTX *ctx, void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_PADDING_ARG, (uintptr_t)arg, 0);
}

void *SSL_CTX_get_record_padding_callback_arg(const SSL_CTX *ctx) {
	return (void *)patina_callback(CTX(ctx), PATINA_CB_PADDING_ARG, 0);
}

int SSL_set_record_padding_callback(SSL *s, size_t (*cb)(SSL *, int, size_t, void *)) {
	patina_set_callback(CONN(s), PATINA_CB_PADDING, (uintptr_t)cb, 0);
	return 1;
}

void SSL_set_record_padding_callback_arg(SSL *s, void *arg) {
	patina_set_callback(CONN(s), PATINA_CB_PADDING_ARG, (uintptr_t)arg, 0);
}

void *SSL_get_record_padding_callback_arg(const SSL *s) {
	uintptr_t arg = 0;
	patina_callback(CONN(s), PATINA_CB_PADDING_ARG, &arg);
	return (void *)arg;
}

// The callback is shown the content with its type, as in OpenSSL.
int patina_pad(SSL *s, struct patina_step *st) {
	fn_record_padding_callback cb = (fn_record_padding_callback)st->fn;
	size_t n = cb(s, SSL3_RT_APPLICATION_DATA, (size_t)st->num, (void *)st->arg);
	st->answer = st->need;
	st->value = n > SSL3_RT_MAX_PLAIN_LENGTH ? SSL3_RT_MAX_PLAIN_LENGTH : (int)n;
	return 1;
}
