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

// Where an X509_STORE_CTX keeps what a verify callback may ask for and nobody but libcrypto may set: the issuer of the
// current certificate, beside that certificate, and the number of certificates that came from the peer, beside the chain.
// Found by setting the neighbour, and believed if the getter shows what is written there.
enum { CTX_LOOK = 32, NOT_FOUND = -1 };
static int issuer_at, untrusted_at;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static int index_of(X509_STORE_CTX *ctx, const void *p) {
	for (int i = 0; i < CTX_LOOK; i++)
		if (!memcmp((char *)ctx + (size_t)i * sizeof p, &p, sizeof p)) return i;
	return NOT_FOUND;
}

static void find_places(void) {
	issuer_at = untrusted_at = NOT_FOUND;
	static char mark, other;
	X509 *x = (X509 *)&mark;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	if (!ctx || !chain || !X509_STORE_CTX_init(ctx, 0, 0, 0)) goto end;
	X509_STORE_CTX_set_current_cert(ctx, x);
	int at = index_of(ctx, x);
	if (at != NOT_FOUND && X509_STORE_CTX_get0_current_issuer(ctx) == 0) {
		void **place = (void **)ctx + at + 1, *was = *place;
		*place = &other;
		if (X509_STORE_CTX_get0_current_issuer(ctx) == (X509 *)&other) issuer_at = at + 1;
		*place = was;
	}
	X509_STORE_CTX_set_current_cert(ctx, 0);
	X509_STORE_CTX_set0_verified_chain(ctx, chain);
	at = index_of(ctx, chain);
	if (at > 0) {
		int *place = (int *)((void **)ctx + at) - 1, was = *place;
		*place = 7;
		if (X509_STORE_CTX_get_num_untrusted(ctx) == 7) untrusted_at = (int)(place - (int *)ctx);
		*place = was;
	}
	chain = 0;
end:
	sk_X509_free(chain);
	X509_STORE_CTX_free(ctx);
}

// The chain that Go has verified, with the peer's own objects for the first from_peer.
static STACK_OF(X509) *verified_chain(SSL *s, STACK_OF(X509) *peer, int from_peer) {
	const uint8_t *blob;
	size_t len;
	STACK_OF(X509) *chain = patina_fact(s, PATINA_FACT_VERIFIED_CHAIN, &blob, &len) ? patina_chain_of(blob, len) : 0;
	for (int i = 0; chain && i < from_peer && i < sk_X509_num(chain); i++) {
		for (int j = 0; j < sk_X509_num(peer); j++) {
			X509 *x = sk_X509_value(peer, j);
			if (X509_cmp(sk_X509_value(chain, i), x) || !X509_up_ref(x)) continue;
			X509_free(sk_X509_value(chain, i));
			(void)sk_X509_set(chain, i, x);
			break;
		}
	}
	return chain;
}

// Shows the application's callback a chain that Go has accepted, as X509_verify_cert shows it one that is in order.
static int show(SSL *s, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_cb cb, STACK_OF(X509) *peer, int from_peer) {
	STACK_OF(X509) *chain = verified_chain(s, peer, from_peer);
	if (!chain) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	X509_STORE_CTX_set0_verified_chain(ctx, chain);
	if (untrusted_at != NOT_FOUND) ((int *)ctx)[untrusted_at] = from_peer;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	int top = sk_X509_num(chain) - 1;
	for (int i = top; i >= 0; i--) {
		X509_STORE_CTX_set_error_depth(ctx, i);
		X509_STORE_CTX_set_current_cert(ctx, sk_X509_value(chain, i));
		if (issuer_at != NOT_FOUND) ((void **)ctx)[issuer_at] = sk_X509_value(chain, i < top ? i + 1 : top);
		if (!cb(1, ctx)) {
			if (X509_STORE_CTX_get_error(ctx) == X509_V_OK) X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
			return 0;
		}
	}
	return 1;
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
	int from_peer = 0;
	enum patina_verdict verdict = st->fn ? PATINA_VERDICT_UNDECIDED : patina_verify_in_go(s, store, ctx, st, &from_peer);
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
	if (!chain || sk_X509_num(chain) == 0 || !CRYPTO_THREAD_run_once(&once, find_places)) goto end;
	X509_STORE_CTX_set_cert(ctx, sk_X509_value(chain, 0));
	X509_STORE_CTX_set0_untrusted(ctx, chain);
	if (cb) X509_STORE_CTX_set_verify_cb(ctx, cb);
	if (st->fn) r = ((int (*)(X509_STORE_CTX *, void *))st->fn)(ctx, (void *)st->arg);
	else if (verdict == PATINA_VERDICT_ACCEPTED) r = show(s, ctx, cb, chain, from_peer);
	else r = X509_verify_cert(ctx);
	st->result = X509_STORE_CTX_get_error(ctx);
	s->verified_chain = X509_STORE_CTX_get0_chain(ctx) ? X509_STORE_CTX_get1_chain(ctx) : 0;
	X509_VERIFY_PARAM_move_peername(s->param, param);
end:
	X509_STORE_CTX_free(ctx);
	return r;
}

int patina_verify(SSL *s, struct patina_step *st) {
	PATINA_CRYPTO_SECTION;
	st->answer = st->need;
	st->value = 0;
	patina_ssl_drop_peer(s);
	int r = verify(s, st);
	if (r > 0 && s->want == SSL_RETRY_VERIFY) {
		st->answer = PATINA_NEED_NOTHING;
		return -1;
	}
	s->want = SSL_NOTHING;
	st->value = r > 0;
	if (r > 0) ERR_clear_error();
	return 1;
}
