// verify_c.c: the peer's chain as X509 objects, made from DER that Go has accepted; its verification, in Go or by libcrypto,
// with the application's callbacks on the host's stack. Without a result of a verifier nothing is accepted.

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "facts.h"
#include "gate.h"
#include "loop.h"
#include "peer.h"
#include "verify.h"

STACK_OF(X509) *patina_chain_of(const uint8_t *blob, size_t len) {
	PATINA_CRYPTO_SECTION;
	STACK_OF(X509) *chain = sk_X509_new_null();
	while (chain && len > 0) {
		if (len < 4) goto fail;
		size_t n = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 | blob[3];
		if (n > len - 4) goto fail;
		const unsigned char *der = blob + 4;
		X509 *x509 = d2i_X509(0, &der, (long)n);
		if (!x509 || !sk_X509_push(chain, x509)) {
			X509_free(x509);
			goto fail;
		}
		blob += 4 + n;
		len -= 4 + n;
	}
	return chain;
fail:
	sk_X509_pop_free(chain, X509_free);
	return 0;
}

// Verifies the peer's chain. What X509_verify_cert or the application's replacement of it returns.
static int verify(SSL *s, struct patina_step *st) {
	X509_STORE *store = s->certs && s->certs->verify_store ? s->certs->verify_store : s->ctx->store;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(s->ctx->libctx, s->ctx->propq);
	int r = 0;
	st->result = X509_V_ERR_OUT_OF_MEM;
	if (!ctx || !X509_STORE_CTX_init(ctx, store, 0, 0)) goto end;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_auth_level(param, st->num);
	if (!X509_STORE_CTX_set_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx(), s)) goto end;
	if (!X509_STORE_CTX_set_default(ctx, s->view.role == 2 ? "ssl_client" : "ssl_server")) goto end;
	if (!X509_VERIFY_PARAM_set1(param, s->param)) goto end;
	X509_STORE_CTX_verify_cb cb = (X509_STORE_CTX_verify_cb)st->object;
	if (!cb) cb = X509_STORE_get_verify_cb(store);
	int from_peer = 0, dane = s->view.dane, asks = dane && cb;
	enum patina_verdict verdict = PATINA_VERDICT_UNDECIDED;
	if (!st->fn && !asks) verdict = patina_verify_in_go(s, store, ctx, st, 0, &from_peer);
	// What is wrong is shown to a callback, which may let it pass: libcrypto verifies then, from the start.
	if (verdict == PATINA_VERDICT_REJECTED && !cb) {
		if (st->result == X509_V_ERR_CERT_SIGNATURE_FAILURE || st->result == X509_V_ERR_CRL_SIGNATURE_FAILURE)
			ERR_raise(ERR_LIB_ASN1, ERR_R_EVP_LIB); // what libcrypto says of a wrong signature
		goto end;
	}
	if (verdict == PATINA_VERDICT_ACCEPTED && !cb) {
		r = 1;
		goto end;
	}
	STACK_OF(X509) *chain = patina_peer_chain(s);
	st->result = X509_V_ERR_UNSPECIFIED;
	if (!chain || sk_X509_num(chain) == 0) goto end;
	X509_STORE_CTX_set_cert(ctx, sk_X509_value(chain, 0));
	X509_STORE_CTX_set0_untrusted(ctx, chain);
	if (cb) X509_STORE_CTX_set_verify_cb(ctx, cb);
	if (st->fn && dane) r = patina_verify_inside(s, ctx, st);
	else if (st->fn) r = ((int (*)(X509_STORE_CTX *, void *))st->fn)(ctx, (void *)st->arg);
	else if (asks) r = patina_verify_in_go(s, store, ctx, st, cb, &from_peer) == PATINA_VERDICT_ACCEPTED;
	else if (verdict == PATINA_VERDICT_ACCEPTED) r = patina_verify_show(s, ctx, cb, from_peer);
	else if (!dane) r = X509_verify_cert(ctx);
	// libcrypto does not know of TLSA records: what Go has no word on is refused.
	if (dane && r <= 0 && X509_STORE_CTX_get_error(ctx) == X509_V_OK) X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
	st->result = X509_STORE_CTX_get_error(ctx);
	s->verified_chain = X509_STORE_CTX_get0_chain(ctx) ? X509_STORE_CTX_get1_chain(ctx) : 0;
	if (!dane) X509_VERIFY_PARAM_move_peername(s->param, param);
end:
	X509_STORE_CTX_free(ctx);
	return r;
}

int patina_verify(SSL *s, struct patina_step *st) {
	PATINA_CRYPTO_SECTION;
	st->answer = st->need;
	st->value = 0;
	patina_ssl_drop_peer(s);
	s->want = SSL_NOTHING;
	int r = verify(s, st);
	// SSL_set_retry_verify: clients alone wait.
	if (r > 0 && s->want == SSL_RETRY_VERIFY && s->view.role == 1) {
		st->answer = PATINA_NEED_NOTHING;
		return -1;
	}
	s->want = SSL_NOTHING;
	st->value = r > 0;
	if (r > 0) ERR_clear_error();
	return 1;
}
