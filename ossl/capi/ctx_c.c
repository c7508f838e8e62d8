// ctx_c.c: SSL_CTX objects. Manual: SSL_CTX_new(3), SSL_CTX_free(3).

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/lhash.h>

#include "conf.h"
#include "gate.h"
#include "method.h"
#include "topics.h"
#include "_cgo_export.h"

// ciphers_are_there tells whether the library context's providers, under the property query and the default properties, offer
// any of our suites' ciphers. What we compute ourselves is not theirs, but who asks for fips=yes must not get less in silence.
static int ciphers_are_there(OSSL_LIB_CTX *libctx, const char *propq) {
	static const char *const names[] = {"AES-256-GCM", "AES-128-GCM", "ChaCha20-Poly1305"};
	int found = 0;
	ERR_set_mark();
	for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, names[i], propq);
		found = cipher != 0;
		EVP_CIPHER_free(cipher);
	}
	ERR_pop_to_mark();
	return found;
}

SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *libctx, const char *propq, const SSL_METHOD *method) {
	if (!method) {
		patina_fail(SSL_R_NULL_SSL_METHOD_PASSED);
		return 0;
	}
	if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL)) return 0;
	PATINA_CRYPTO_SECTION;
	if (!ciphers_are_there(libctx, propq)) {
		patina_fail(SSL_R_LIBRARY_HAS_NO_CIPHERS);
		return 0;
	}
	SSL_CTX *ctx = OPENSSL_zalloc(sizeof *ctx);
	if (!ctx) {
		patina_fail(ERR_R_MALLOC_FAILURE);
		return 0;
	}
	ctx->magic = PATINA_MAGIC_CTX;
	ctx->refs = 1;
	ctx->method = method;
	ctx->libctx = libctx;
	ctx->certs = patina_certs_new();
	ctx->store = X509_STORE_new();
	ctx->param = X509_VERIFY_PARAM_new();
	ctx->ctlogs = CTLOG_STORE_new_ex(libctx, propq);
	ctx->ca_names = sk_X509_NAME_new_null();
	ctx->client_ca_names = sk_X509_NAME_new_null();
	int ok = ctx->certs && ctx->store && ctx->param && ctx->ctlogs && ctx->ca_names && ctx->client_ca_names &&
	         (!propq || (ctx->propq = OPENSSL_strdup(propq))) &&
	         CRYPTO_new_ex_data(CRYPTO_EX_INDEX_SSL_CTX, ctx, &ctx->ex_data);
	if (ok) {
		patina_enter();
		ctx->token = patina_go_ctx_new(method->kind);
		patina_leave();
		if (ctx->token) {
			patina_conf_system_default(ctx);
			return ctx;
		}
	} else {
		patina_fail(ERR_R_MALLOC_FAILURE);
	}
	SSL_CTX_free(ctx);
	return 0;
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method) { return SSL_CTX_new_ex(0, 0, method); }

int SSL_CTX_up_ref(SSL_CTX *ctx) {
	if (!patina_is_ctx(ctx)) return 0;
	return atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed) > 0;
}

void SSL_CTX_free(SSL_CTX *ctx) {
	if (!patina_is_ctx(ctx) || atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) > 1) return;
	PATINA_CRYPTO_SECTION;
	// The remove callback still sees a whole SSL_CTX; ex_data goes next, as its free functions may look at it too.
	if (ctx->token) SSL_CTX_flush_sessions(ctx, 0);
	CRYPTO_free_ex_data(CRYPTO_EX_INDEX_SSL_CTX, ctx, &ctx->ex_data);
	if (ctx->token) {
		patina_enter();
		patina_go_ctx_free(ctx->token);
		patina_leave();
	}
	patina_certs_free(ctx->certs);
	X509_STORE_free(ctx->store);
	X509_VERIFY_PARAM_free(ctx->param);
	CTLOG_STORE_free(ctx->ctlogs);
	sk_X509_NAME_pop_free(ctx->ca_names, X509_NAME_free);
	sk_X509_NAME_pop_free(ctx->client_ca_names, X509_NAME_free);
	sk_SSL_CIPHER_free(ctx->ciphers);
	patina_engine_free(ctx);
	patina_free_sessions(ctx->sessions);
	OPENSSL_free(ctx->propq);
	OPENSSL_free(ctx->dane_types);
	ctx->magic = PATINA_MAGIC_FREED;
	OPENSSL_free(ctx);
}

const SSL_METHOD *SSL_CTX_get_ssl_method(const SSL_CTX *ctx) { return patina_is_ctx(ctx) ? ctx->method : 0; }

int SSL_CTX_set_ssl_version(SSL_CTX *ctx, const SSL_METHOD *method) {
	if (!patina_is_ctx(ctx) || !method) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	ctx->method = method;
	patina_enter();
	patina_go_ctx_set_method(ctx, method->kind);
	patina_leave();
	return 1;
}

static int is_fixed(const SSL_METHOD *method) { return method->kind >= PATINA_METHOD_TLS12; }

// As in OpenSSL, what a handshake negotiates stays with the method of the SSL_CTX, to which the SSL returns when it begins.
int SSL_set_ssl_method(SSL *s, const SSL_METHOD *method) {
	if (!patina_is_ssl(s) || !method) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	// Until a handshake begins, the version is the method's.
	if (is_fixed(s->method) != is_fixed(method)) s->view.version = is_fixed(method) ? TLS1_2_VERSION : TLS1_3_VERSION;
	s->method = method;
	return 1;
}

void SSL_CTX_set_verify_depth(SSL_CTX *ctx, int depth) {
	if (patina_is_ctx(ctx)) X509_VERIFY_PARAM_set_depth(ctx->param, depth);
}

int SSL_CTX_get_verify_depth(const SSL_CTX *ctx) {
	return patina_is_ctx(ctx) ? X509_VERIFY_PARAM_get_depth(ctx->param) : -1;
}

// Passwords of private keys in files.

void SSL_CTX_set_default_passwd_cb(SSL_CTX *ctx, pem_password_cb *cb) { ctx->password_cb = cb; }

void SSL_CTX_set_default_passwd_cb_userdata(SSL_CTX *ctx, void *arg) { ctx->password_arg = arg; }

pem_password_cb *SSL_CTX_get_default_passwd_cb(SSL_CTX *ctx) { return ctx->password_cb; }

void *SSL_CTX_get_default_passwd_cb_userdata(SSL_CTX *ctx) { return ctx->password_arg; }

void SSL_set_default_passwd_cb(SSL *s, pem_password_cb *cb) { s->password_cb = cb; }

void SSL_set_default_passwd_cb_userdata(SSL *s, void *arg) { s->password_arg = arg; }

pem_password_cb *SSL_get_default_passwd_cb(SSL *s) { return s->password_cb; }

void *SSL_get_default_passwd_cb_userdata(SSL *s) { return s->password_arg; }
