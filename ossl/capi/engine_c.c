// engine_c.c: client certificates that an ENGINE chooses, which goes before the callback for them.
// Manual: SSL_CTX_set_client_cert_cb(3).

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/engine.h>
#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"

typedef int (*client_cert_cb)(SSL *, X509 **, EVP_PKEY **);

// The callback of an SSL_CTX that has an engine.
static int by_engine(SSL *s, X509 **x, EVP_PKEY **key) {
	int r = ENGINE_load_ssl_client_cert(s->ctx->client_engine, s, SSL_get_client_CA_list(s), x, key, NULL, NULL, NULL);
	return r || !s->ctx->client_cert_cb ? r : s->ctx->client_cert_cb(s, x, key);
}

int SSL_CTX_set_client_cert_engine(SSL_CTX *ctx, ENGINE *e) {
	if (!ENGINE_init(e)) return patina_fail(ERR_R_ENGINE_LIB);
	if (!patina_is_ctx(ctx)) {
		ENGINE_finish(e);
		return 0;
	}
	if (!ENGINE_get_ssl_client_cert_function(e)) {
		ENGINE_finish(e);
		return patina_fail(SSL_R_NO_CLIENT_CERT_METHOD);
	}
	if (ctx->client_engine) ENGINE_finish(ctx->client_engine);
	ctx->client_engine = e;
	patina_set_callback(PATINA_CTX(ctx), PATINA_CB_CLIENT_CERT, (uintptr_t)by_engine, 0);
	return 1;
}

void patina_engine_free(SSL_CTX *ctx) {
	if (ctx->client_engine) ENGINE_finish(ctx->client_engine);
}

void SSL_CTX_set_client_cert_cb(SSL_CTX *ctx, client_cert_cb cb) {
	ctx->client_cert_cb = cb;
	if (!ctx->client_engine) patina_set_callback(PATINA_CTX(ctx), PATINA_CB_CLIENT_CERT, (uintptr_t)cb, 0);
}

int (*SSL_CTX_get_client_cert_cb(SSL_CTX *ctx))(SSL *, X509 **, EVP_PKEY **) { return ctx->client_cert_cb; }
