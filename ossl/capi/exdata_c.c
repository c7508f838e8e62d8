// exdata_c.c: what applications keep on our objects. Manual: BIO_get_ex_new_index(3),
// SSL_get_ex_data_X509_STORE_CTX_idx(3).

#include <pthread.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "gate.h"
#include "handle.h"
#include "_cgo_export.h"

int SSL_set_ex_data(SSL *s, int idx, void *data) {
	return patina_is_ssl(s) && CRYPTO_set_ex_data(&s->ex_data, idx, data);
}

void *SSL_get_ex_data(const SSL *s, int idx) { return patina_is_ssl(s) ? CRYPTO_get_ex_data(&s->ex_data, idx) : NULL; }

int SSL_CTX_set_ex_data(SSL_CTX *ctx, int idx, void *data) {
	return patina_is_ctx(ctx) && CRYPTO_set_ex_data(&ctx->ex_data, idx, data);
}

void *SSL_CTX_get_ex_data(const SSL_CTX *ctx, int idx) {
	return patina_is_ctx(ctx) ? CRYPTO_get_ex_data(&ctx->ex_data, idx) : NULL;
}

int SSL_SESSION_set_ex_data(SSL_SESSION *session, int idx, void *data) {
	if (!patina_is_session(session) || !CRYPTO_set_ex_data(&session->ex_data, idx, data)) return 0;
	// A cache that holds the session holds its data, too.
	patina_enter();
	patina_go_session_has_data(session);
	patina_leave();
	return 1;
}

void *SSL_SESSION_get_ex_data(const SSL_SESSION *session, int idx) {
	return patina_is_session(session) ? CRYPTO_get_ex_data(&session->ex_data, idx) : NULL;
}

static int store_ctx_index = -1;

static void get_store_ctx_index(void) {
	store_ctx_index = X509_STORE_CTX_get_ex_new_index(0, "SSL for verify callback", NULL, NULL, NULL);
}

// Where a verify callback finds its SSL: X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()).
int SSL_get_ex_data_X509_STORE_CTX_idx(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, get_store_ctx_index);
	return store_ctx_index;
}
