// verify_show_c.c: verification in Go with the application's callback. Go says what is right or wrong with which
// certificate, the X509_STORE_CTX is made to say so, and the callback is asked on the host's own stack.

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "facts.h"
#include "gate.h"
#include "peer.h"
#include "verify.h"

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

// The certificate of these that is der, with a reference of the caller's; 0 if there is none.
static X509 *find_der(const STACK_OF(X509) *certs, const uint8_t *der, size_t len) {
	X509 *found = 0;
	for (int i = 0; i < sk_X509_num(certs) && !found; i++) {
		unsigned char *own = 0;
		int n = i2d_X509(sk_X509_value(certs, i), &own);
		if (n > 0 && (size_t)n == len && !memcmp(own, der, len) && X509_up_ref(sk_X509_value(certs, i)))
			found = sk_X509_value(certs, i);
		OPENSSL_free(own);
	}
	return found;
}

// The store's certificate der, which has issued x.
static X509 *find_in_store(X509_STORE_CTX *ctx, const X509 *x, const uint8_t *der, size_t len) {
	uint64_t version;
	STACK_OF(X509) *certs = x ? patina_held_certs(X509_STORE_CTX_get0_store(ctx), X509_get_issuer_name(x), &version) : 0;
	X509 *found = find_der(certs, der, len);
	sk_X509_pop_free(certs, X509_free);
	return found;
}

// The chain that Go has come to: the objects that the application may have seen before, and the store's own. To make new
// ones costs as much as a signature.
static STACK_OF(X509) *chain_of_go(SSL *s, X509_STORE_CTX *ctx, int from_peer) {
	const uint8_t *blob;
	size_t left = 0;
	STACK_OF(X509) *chain = patina_fact(s, PATINA_FACT_VERIFIED_CHAIN, &blob, &left) ? sk_X509_new_null() : 0;
	X509 *x = 0;
	for (int i = 0; chain && left >= 4; i++) {
		size_t n = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 | blob[3];
		if (n > left - 4) break;
		const uint8_t *der = blob + 4;
		X509 *next = find_der(X509_STORE_CTX_get0_chain(ctx), der, n);
		if (!next && i >= from_peer) next = find_in_store(ctx, x, der, n);
		if (!next) next = find_der(X509_STORE_CTX_get0_untrusted(ctx), der, n);
		const unsigned char *at = der;
		if (!next) next = d2i_X509(0, &at, (long)n);
		if (!next || !sk_X509_push(chain, next)) {
			X509_free(next);
			break;
		}
		x = next;
		blob += 4 + n;
		left -= 4 + n;
	}
	if (!left) return chain;
	sk_X509_pop_free(chain, X509_free);
	return 0;
}

// Puts the chain that Go has come to into ctx. 0: it has none with a certificate at depth.
static int show_chain(SSL *s, X509_STORE_CTX *ctx, int depth, int from_peer) {
	STACK_OF(X509) *chain = chain_of_go(s, ctx, from_peer);
	if (!CRYPTO_THREAD_run_once(&once, find_places) || !chain || depth >= sk_X509_num(chain)) {
		sk_X509_pop_free(chain, X509_free);
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	X509_STORE_CTX_set0_verified_chain(ctx, chain);
	if (untrusted_at != NOT_FOUND) ((int *)ctx)[untrusted_at] = from_peer;
	return 1;
}

// Makes ctx speak of a certificate of its chain.
static void show_certificate(X509_STORE_CTX *ctx, int depth) {
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int top = sk_X509_num(chain) - 1;
	X509_STORE_CTX_set_error_depth(ctx, depth);
	X509_STORE_CTX_set_current_cert(ctx, sk_X509_value(chain, depth));
	if (issuer_at != NOT_FOUND) ((void **)ctx)[issuer_at] = sk_X509_value(chain, depth < top ? depth + 1 : top);
}

int patina_verify_show(SSL *s, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_cb cb, int from_peer) {
	if (!show_chain(s, ctx, 0, from_peer)) return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	for (int i = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1; i >= 0; i--) {
		show_certificate(ctx, i);
		if (!cb(1, ctx)) {
			if (X509_STORE_CTX_get_error(ctx) == X509_V_OK) X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
			return 0;
		}
	}
	return 1;
}

int patina_verify_ask(SSL *s, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_cb cb, const struct patina_verification *v) {
	if (!show_chain(s, ctx, v->at, v->from_peer)) return -1;
	show_certificate(ctx, v->at);
	if (!v->right) X509_STORE_CTX_set_error(ctx, v->code);
	return cb(v->right, ctx) != 0;
}
