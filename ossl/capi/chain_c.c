// chain_c.c: chains that are presented with certificates. Manual: SSL_CTX_add1_chain_cert(3).

#include <openssl/err.h>
#include <openssl/x509.h>

#include "cert.h"

// Bits of security that each security level asks for (SSL_CTX_set_security_level(3)).
static int bits_of_level(int level) {
	static const int bits[] = {0, 80, 112, 128, 192, 256};
	return bits[level < 0 ? 0 : level > 5 ? 5 : level];
}

int patina_certificate_allowed(struct patina_owner o, X509 *x, int leaf) {
	int level = o.ctx ? SSL_CTX_get_security_level(o.ctx) : SSL_get_security_level(o.ssl), want = bits_of_level(level);
	EVP_PKEY *key = X509_get0_pubkey(x);
	if (want && key && EVP_PKEY_get_security_bits(key) < want)
		return patina_fail(leaf ? SSL_R_EE_KEY_TOO_SMALL : SSL_R_CA_KEY_TOO_SMALL);
	// The signature of a self-signed certificate proves nothing: how strong it is does not matter.
	if (!want || (X509_get_extension_flags(x) & EXFLAG_SS)) return 1;
	int bits;
	if (X509_get_signature_info(x, NULL, NULL, &bits, NULL) && bits != -1 && bits < want) return patina_fail(SSL_R_CA_MD_TOO_WEAK);
	return 1;
}

STACK_OF(X509) *patina_complete_chain(struct patina_owner o, X509 *x) {
	SSL_CTX *ctx = patina_owner_ctx(o);
	long mode = o.ctx ? SSL_CTX_get_mode(o.ctx) : SSL_get_mode(o.ssl);
	X509_STORE *store = ctx->certs->chain_store ? ctx->certs->chain_store : ctx->store;
	if ((mode & SSL_MODE_NO_AUTO_CHAIN) || !store || !sk_X509_OBJECT_num(X509_STORE_get0_objects(store))) return 0;
	X509_STORE_CTX *build = X509_STORE_CTX_new_ex(ctx->libctx, ctx->propq);
	STACK_OF(X509) *chain = 0;
	if (build && X509_STORE_CTX_init(build, store, x, NULL)) {
		// Whether the chain verifies does not matter: what was found of it is presented.
		ERR_set_mark();
		X509_verify_cert(build);
		ERR_pop_to_mark();
		chain = X509_STORE_CTX_get1_chain(build);
		if (chain) X509_free(sk_X509_shift(chain));
	}
	X509_STORE_CTX_free(build);
	return chain;
}
