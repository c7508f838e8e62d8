// ssl_c.c: birth and death of an SSL.

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "dane.h"
#include "gate.h"
#include "topics.h"
#include "_cgo_export.h"

SSL *SSL_new(SSL_CTX *ctx) {
	if (!ctx) {
		patina_raise(ERR_LIB_SSL, SSL_R_NULL_SSL_CTX, 0, 0);
		return 0;
	}
	if (!patina_is_ctx(ctx)) {
		patina_raise(ERR_LIB_SSL, ERR_R_PASSED_NULL_PARAMETER, 0, 0);
		return 0;
	}
	if (!patina_ctx_sync(ctx)) return 0;
	PATINA_CRYPTO_SECTION;
	SSL *s = OPENSSL_zalloc(sizeof *s);
	if (!s) return 0;
	s->refs = 1;
	s->want = SSL_NOTHING;
	s->method = ctx->method;
	s->password_cb = ctx->password_cb;
	s->password_arg = ctx->password_arg;
	if (!SSL_CTX_up_ref(ctx)) goto fail;
	s->ctx = ctx;
	if (!SSL_CTX_up_ref(ctx)) goto fail;
	s->session_ctx = ctx;
	s->certs = patina_certs_ref(ctx->certs);
	if (!(s->param = X509_VERIFY_PARAM_new()) || !X509_VERIFY_PARAM_inherit(s->param, ctx->param)) goto fail;
	if (!CRYPTO_new_ex_data(CRYPTO_EX_INDEX_SSL, s, &s->ex_data)) goto fail;
	s->magic = PATINA_MAGIC_SSL;
	if (ctx->async_cb && !patina_async_inherit(s, ctx)) goto fail;
	patina_enter();
	int ok = patina_go_new_ssl(s, ctx);
	patina_leave();
	if (!ok) goto fail;
	return s;
fail:
	s->magic = PATINA_MAGIC_SSL;
	SSL_free(s);
	return 0;
}

int SSL_up_ref(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	return atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed) > 0;
}

void patina_ssl_drop_peer(SSL *s) {
	sk_X509_pop_free(s->peer_chain, X509_free);
	s->peer_chain = 0;
	sk_X509_pop_free(s->peer_rest, X509_free);
	s->peer_rest = 0;
	sk_X509_pop_free(s->verified_chain, X509_free);
	s->verified_chain = 0;
	OPENSSL_free(s->peer_name);
	s->peer_name = 0;
	sk_X509_NAME_pop_free(s->peer_ca_names, X509_NAME_free);
	s->peer_ca_names = 0;
	patina_dane_forget(s);
}

// What C has kept of a connection that SSL_clear has ended, when another begins.
void patina_ssl_begin(SSL *s) {
	sk_X509_pop_free(s->peer_chain, X509_free);
	sk_X509_pop_free(s->peer_rest, X509_free);
	s->peer_chain = s->peer_rest = 0;
	if (s->view.role != 2) {
		OPENSSL_free(s->ocsp);
		s->ocsp = 0;
	}
}

void SSL_free(SSL *s) {
	if (!patina_is_ssl(s)) return;
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1) return;
	if (s->token && !(s->view.shutdown & SSL_SENT_SHUTDOWN) && !s->view.in_init) patina_clear_bad_session(s);
	PATINA_CRYPTO_SECTION;
	X509_VERIFY_PARAM_free(s->param);
	CRYPTO_free_ex_data(CRYPTO_EX_INDEX_SSL, s, &s->ex_data);
	BIO_free_all(s->wbio);
	BIO_free_all(s->rbio);
	if (s->token) {
		patina_enter();
		patina_go_free_ssl(s);
		patina_leave();
	}
	s->magic = PATINA_MAGIC_FREED;
	SSL_SESSION_free(s->session);
	patina_ssl_drop_peer(s);
	patina_dane_free(s);
	patina_async_free(s);
	patina_drop_scts(s);
	OPENSSL_free(s->server_name);
	OPENSSL_free(s->psk_identity);
	OPENSSL_free(s->psk_hint);
	OPENSSL_free(s->alpn);
	OPENSSL_free(s->point_formats);
	OPENSSL_free(s->hello);
	patina_certs_free(s->certs);
	sk_X509_NAME_pop_free(s->ca_names, X509_NAME_free);
	sk_X509_NAME_pop_free(s->client_ca_names, X509_NAME_free);
	sk_SSL_CIPHER_free(s->ciphers);
	sk_SSL_CIPHER_free(s->client_ciphers);
	OPENSSL_free(s->ocsp);
	OPENSSL_free(s->answer);
	SSL_SESSION_free(s->answer_session);
	SSL_CTX_free(s->ctx);
	SSL_CTX_free(s->session_ctx);
	OPENSSL_clear_free(s->scratch, s->scratch_size);
	OPENSSL_free(s);
}

int SSL_clear(SSL *s) {
	if (!patina_is_ssl(s)) {
		patina_raise(ERR_LIB_SSL, SSL_R_NO_METHOD_SPECIFIED, 0, 0);
		return 0;
	}
	if (!(s->view.shutdown & SSL_SENT_SHUTDOWN) && !s->view.in_init) patina_clear_bad_session(s);
	const uint8_t *staple; // a client's stays as well: kept in C
	if (s->view.role == 1 && s->view.begun) SSL_get_tlsext_status_ocsp_resp(s, &staple);
	s->renegotiation_refused = 0;
	s->past_version = s->view.pending ? s->view.version : 0;
	patina_enter();
	patina_go_clear(s);
	patina_leave();
	s->want = SSL_NOTHING;
	s->sent = 0;
	s->ended = s->flush = 0;
	STACK_OF(X509) *verified = s->verified_chain; // stays until there is another
	s->verified_chain = 0;
	patina_ssl_drop_peer(s);
	s->verified_chain = verified;
	patina_drop_scts(s);
	return 1;
}

uint8_t *patina_scratch(SSL *s, size_t size) {
	if (s->scratch_size < size) {
		OPENSSL_clear_free(s->scratch, s->scratch_size);
		size_t room = size < 512 ? 512 : size;
		s->scratch = OPENSSL_malloc(room);
		s->scratch_size = s->scratch ? room : 0;
	}
	return s->scratch;
}

SSL_CTX *SSL_get_SSL_CTX(const SSL *s) { return patina_is_ssl(s) ? s->ctx : 0; }

SSL_CTX *SSL_set_SSL_CTX(SSL *s, SSL_CTX *ctx) {
	if (!patina_is_ssl(s)) return 0;
	if (s->ctx == ctx) return s->ctx;
	if (!ctx) ctx = s->session_ctx;
	if (!patina_is_ctx(ctx)) return 0;
	patina_enter();
	int ok = patina_go_set_ctx(s, ctx);
	patina_leave();
	if (!ok || !SSL_CTX_up_ref(ctx)) return 0;
	struct patina_certs *certs = patina_certs_ref(ctx->certs);
	patina_certs_free(s->certs);
	s->certs = certs;
	SSL_CTX_free(s->ctx);
	return s->ctx = ctx;
}

const SSL_METHOD *SSL_get_ssl_method(const SSL *s) { return patina_is_ssl(s) ? s->method : 0; }
