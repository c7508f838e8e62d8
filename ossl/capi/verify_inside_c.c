// verify_inside_c.c: where the application verifies by a function of its own (SSL_CTX_set_cert_verify_callback(3)), and that
// calls X509_verify_cert, libcrypto knows nothing of the TLSA records. So it is kept from judging: whatever it reports is
// passed over in silence, and where it would check signatures and times the whole verification is made here.

#include <openssl/x509_vfy.h>

#include "verify.h"

struct inside {
	SSL *s;
	struct patina_step *st;
	X509_STORE_CTX_verify_cb cb;
	int done, error;
};

static struct inside *inside_of(X509_STORE_CTX *ctx) {
	SSL *s = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	return patina_is_ssl(s) ? s->verifying : 0;
}

static int silent(int ok, X509_STORE_CTX *ctx) {
	(void)ok;
	struct inside *in = inside_of(ctx);
	X509_STORE_CTX_set_error(ctx, in && in->done ? in->error : X509_V_OK);
	return in != 0;
}

static int instead(X509_STORE_CTX *ctx) {
	struct inside *in = inside_of(ctx);
	X509_STORE_CTX_verify_cb cb = X509_STORE_CTX_get_verify_cb(ctx);
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	int r = 0;
	if (in) {
		struct patina_step st = *in->st;
		int from_peer;
		r = patina_verify_in_go(in->s, X509_STORE_CTX_get0_store(ctx), ctx, &st, cb == silent ? in->cb : cb, &from_peer) == PATINA_VERDICT_ACCEPTED;
	}
	if (!r && X509_STORE_CTX_get_error(ctx) == X509_V_OK) X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
	if (in) {
		in->done = 1;
		in->error = X509_STORE_CTX_get_error(ctx);
	}
	return r;
}

int patina_verify_inside(SSL *s, X509_STORE_CTX *ctx, struct patina_step *st) {
	struct inside in = {.s = s, .st = st, .cb = X509_STORE_CTX_get_verify_cb(ctx)};
	X509_STORE_CTX_set_verify_cb(ctx, silent);
	X509_STORE_CTX_set_verify(ctx, instead);
	s->verifying = &in;
	int r = ((int (*)(X509_STORE_CTX *, void *))st->fn)(ctx, (void *)st->arg);
	s->verifying = 0;
	return r;
}
