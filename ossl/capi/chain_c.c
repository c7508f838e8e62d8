// chain_c.c: chains that are presented with certificates. Manual: SSL_CTX_add1_chain_cert(3).

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "callbacks.h"
#include "cert.h"

int patina_certificate_refused(struct patina_owner o, X509 *x, int leaf) {
	// Without a certificate there is no key that is strong enough.
	if (!x) return leaf ? SSL_R_EE_KEY_TOO_SMALL : SSL_R_CA_KEY_TOO_SMALL;
	EVP_PKEY *key = X509_get0_pubkey(x);
	if (!patina_security(o, leaf ? SSL_SECOP_EE_KEY : SSL_SECOP_CA_KEY, key ? EVP_PKEY_get_security_bits(key) : -1, 0, x))
		return leaf ? SSL_R_EE_KEY_TOO_SMALL : SSL_R_CA_KEY_TOO_SMALL;
	// The signature of a self-signed certificate proves nothing: how strong it is does not matter.
	if (X509_get_extension_flags(x) & EXFLAG_SS) return 0;
	int nid, bits;
	if (!X509_get_signature_info(x, &nid, NULL, &bits, NULL)) bits = -1;
	if (bits == -1) nid = -1;
	return patina_security(o, SSL_SECOP_CA_MD, bits, nid, x) ? 0 : SSL_R_CA_MD_TOO_WEAK;
}

int patina_certificate_allowed(struct patina_owner o, X509 *x, int leaf) {
	int reason = patina_certificate_refused(o, x, leaf);
	return reason ? patina_fail(reason) : 1;
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

int patina_build_chain(struct patina_owner o, long flags) {
	struct patina_certs *certs = *patina_owner_certs(o);
	struct patina_slot *slot = patina_slot_at(o, certs->current);
	if (!slot || !slot->x509) return patina_fail(SSL_R_NO_CERTIFICATE_SET);
	SSL_CTX *ctx = patina_owner_ctx(o);
	X509_STORE *store = 0;
	STACK_OF(X509) *untrusted = 0, *chain = 0;
	if (flags & SSL_BUILD_CHAIN_FLAG_CHECK) {
		// Nothing is trusted but what has been given as the chain.
		if (!(store = X509_STORE_new())) return patina_fail(ERR_R_MALLOC_FAILURE);
		for (int i = 0; i < sk_X509_num(slot->chain); i++) X509_STORE_add_cert(store, sk_X509_value(slot->chain, i));
		X509_STORE_add_cert(store, slot->x509);
	} else {
		store = certs->chain_store ? certs->chain_store : ctx->store;
		X509_STORE_up_ref(store);
		if (flags & SSL_BUILD_CHAIN_FLAG_UNTRUSTED) untrusted = slot->chain;
	}
	X509_STORE_CTX *build = X509_STORE_CTX_new_ex(ctx->libctx, ctx->propq);
	int ok = 0, result = 1;
	if (!build || !X509_STORE_CTX_init(build, store, slot->x509, untrusted)) {
		patina_fail(ERR_R_X509_LIB);
	} else {
		ok = X509_verify_cert(build);
		if (ok <= 0 && (flags & SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR)) {
			if (flags & SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR) ERR_clear_error();
			ok = 1;
			result = 2;
		}
		if (ok > 0) chain = X509_STORE_CTX_get1_chain(build);
		if (ok <= 0) {
			int reason = X509_STORE_CTX_get_error(build);
			const char *text = X509_verify_cert_error_string(reason);
			ERR_raise_data(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "Verify error:%s", text);
			ok = 0;
		}
	}
	X509_STORE_CTX_free(build);
	X509_STORE_free(store);
	if (!chain) return 0;
	X509_free(sk_X509_shift(chain)); // the leaf
	int last = sk_X509_num(chain) - 1;
	if ((flags & SSL_BUILD_CHAIN_FLAG_NO_ROOT) && last >= 0 &&
	    (X509_get_extension_flags(sk_X509_value(chain, last)) & EXFLAG_SS))
		X509_free(sk_X509_pop(chain));
	for (int i = 0; i < sk_X509_num(chain); i++) {
		result = 1; // as in OpenSSL: where a CA's certificate is allowed nobody is told of the error that was ignored
		if (patina_certificate_allowed(o, sk_X509_value(chain, i), 0)) continue;
		sk_X509_pop_free(chain, X509_free);
		return 0;
	}
	return patina_use_chain(o, certs->current, chain) ? result : 0;
}
