// cert_c.c: certificates and keys of SSL_CTX and SSL. Manual: SSL_CTX_use_certificate(3).
//
// What the application gives stays here, in libcrypto's objects; Go is told the DER of the certificates and the facts of
// the key (patina_push_slot) and asks for signatures by the number of the slot.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
#include "_cgo_export.h"

int patina_slot_for(EVP_PKEY *key) {
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA: return PATINA_SLOT_RSA;
	case EVP_PKEY_RSA_PSS: return PATINA_SLOT_RSA_PSS;
	case EVP_PKEY_EC: return PATINA_SLOT_ECC;
	case EVP_PKEY_ED25519: return PATINA_SLOT_ED25519;
	}
	// A key of a provider has no number.
	if (EVP_PKEY_is_a(key, "RSA")) return PATINA_SLOT_RSA;
	if (EVP_PKEY_is_a(key, "RSA-PSS")) return PATINA_SLOT_RSA_PSS;
	if (EVP_PKEY_is_a(key, "EC")) return PATINA_SLOT_ECC;
	if (EVP_PKEY_is_a(key, "ED25519")) return PATINA_SLOT_ED25519;
	return -1;
}

struct patina_slot *patina_slot_at(struct patina_owner o, int index) {
	struct patina_certs *certs = *patina_owner_certs(o);
	return certs && index >= 0 ? certs->slot[index] : 0;
}

int patina_curve_of(EVP_PKEY *key) {
	char name[64];
	if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, name, sizeof name, 0)) return NID_undef;
	int nid = EC_curve_nist2nid(name);
	return nid != NID_undef ? nid : OBJ_txt2nid(name);
}

// What follows the leaf in the chain that a slot presents. *built is set if the caller frees it.
static STACK_OF(X509) *issuers_of(struct patina_owner o, struct patina_slot *slot, int *built) {
	*built = 0;
	if (slot->chain) return slot->chain;
	SSL_CTX *ctx = patina_owner_ctx(o);
	if (ctx->certs->extra_chain) return ctx->certs->extra_chain;
	STACK_OF(X509) *chain = patina_complete_chain(o, slot->x509);
	*built = chain != 0;
	return chain;
}

int patina_chain_refused(SSL *s, struct patina_slot *slot) {
	struct patina_owner o = PATINA_SSL(s);
	// What the level says of a chain does not change; what a callback says may.
	int level = patina_callback(o, PATINA_CB_SECURITY, 0) ? -1 : SSL_get_security_level(s);
	if (level >= 0 && slot->passed == level + 1) return 0;
	int built, reason = patina_certificate_refused(o, slot->x509, 1);
	STACK_OF(X509) *chain = reason ? 0 : issuers_of(o, slot, &built);
	for (int i = 0; !reason && i < sk_X509_num(chain); i++) reason = patina_certificate_refused(o, sk_X509_value(chain, i), 0);
	if (chain && built) sk_X509_pop_free(chain, X509_free);
	if (level >= 0 && !reason) slot->passed = level + 1;
	return reason;
}

// The parameters of a key of type RSA-PSS may name the digest that it is for (RFC 4055, section 1.2).
static const char *only_digest(struct patina_owner o, EVP_PKEY *key) {
	static const char *const names[] = {"SHA256", "SHA384", "SHA512"};
	const char *only = "none of them";
	int supported = 0;
	SSL_CTX *ctx = o.ctx ? o.ctx : o.ssl->ctx;
	ERR_set_mark();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (EVP_PKEY_digestsign_supports_digest(key, ctx->libctx, names[i], ctx->propq) <= 0) continue;
		supported++;
		only = names[i];
	}
	ERR_pop_to_mark();
	return supported > 1 ? 0 : only;
}

int patina_push_slot(struct patina_owner o, int index) {
	struct patina_slot *slot = patina_slot_at(o, index);
	struct patina_facts facts = {.slot = index, .current = (*patina_owner_certs(o))->current};
	STACK_OF(X509) *issuers = 0;
	int built = 0, ok = 1, n = 0;
	if (slot) slot->passed = 0;
	if (slot && slot->x509) {
		issuers = issuers_of(o, slot, &built);
		n = 1 + (issuers ? sk_X509_num(issuers) : 0);
		facts.chain = OPENSSL_zalloc(sizeof *facts.chain * (size_t)n);
		ok = facts.chain != 0;
		for (int i = 0; ok && i < n; i++) {
			X509 *x = i ? sk_X509_value(issuers, i - 1) : slot->x509;
			int len = i2d_X509(x, &facts.chain[i].data);
			ok = len > 0;
			facts.chain[i].len = ok ? (size_t)len : 0;
		}
		facts.chain_len = n;
		EVP_PKEY *key = X509_get0_pubkey(slot->x509);
		if (key) {
			facts.bits = EVP_PKEY_get_bits(key);
			facts.curve = patina_curve_of(key);
		}
	}
	facts.has_key = slot && slot->key;
	if (index == PATINA_SLOT_RSA_PSS && facts.has_key) facts.digest = only_digest(o, slot->key);
	if (ok) {
		patina_enter();
		if (o.ctx) patina_go_ctx_set_slot(o.ctx, &facts);
		else patina_go_ssl_set_slot(o.ssl, &facts);
		patina_leave();
	}
	for (int i = 0; facts.chain && i < n; i++) OPENSSL_free(facts.chain[i].data);
	OPENSSL_free(facts.chain);
	if (built) sk_X509_pop_free(issuers, X509_free);
	return ok ? 1 : patina_fail(ERR_R_MALLOC_FAILURE);
}

int patina_push_slots(struct patina_owner o) {
	int ok = 1;
	for (int i = 0; i < PATINA_SLOTS; i++)
		if (patina_slot_at(o, i)) ok &= patina_push_slot(o, i);
	return ok;
}

// A slot to change; its certificates belong to o alone then.
struct patina_slot *patina_own_slot(struct patina_owner o, int index) {
	struct patina_certs **certs = patina_owner_certs(o);
	struct patina_slot *slot = patina_certs_own(certs) ? patina_slot_own(*certs, index) : 0;
	if (!slot) patina_fail(ERR_R_MALLOC_FAILURE);
	return slot;
}

int patina_use_certificate(struct patina_owner o, X509 *x) {
	PATINA_CRYPTO_SECTION;
	if (!x) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	if (!patina_certificate_allowed(o, x, 1)) return 0;
	EVP_PKEY *public = X509_get0_pubkey(x);
	if (!public) return patina_fail(SSL_R_X509_LIB);
	int index = patina_slot_for(public);
	if (index < 0) return patina_fail(SSL_R_UNKNOWN_CERTIFICATE_TYPE);
	if (index == PATINA_SLOT_ECC && !EVP_PKEY_can_sign(public)) return patina_fail(SSL_R_ECC_CERT_NOT_FOR_SIGNING);
	struct patina_slot *slot = patina_own_slot(o, index);
	if (!slot) return 0;
	if (slot->key) {
		// The return value does not matter: parameters are there or not needed.
		EVP_PKEY_copy_parameters(public, slot->key);
		ERR_clear_error();
		if (!X509_check_private_key(x, slot->key)) {
			// A key set before is replaced by one that is still to come.
			EVP_PKEY_free(slot->key);
			slot->key = 0;
			ERR_clear_error();
		}
	}
	X509_free(slot->x509);
	X509_up_ref(x);
	slot->x509 = x;
	(*patina_owner_certs(o))->current = index;
	return patina_push_slot(o, index);
}

int patina_use_key(struct patina_owner o, EVP_PKEY *key) {
	PATINA_CRYPTO_SECTION;
	if (!key) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	int index = patina_slot_for(key);
	if (index < 0) return patina_fail(SSL_R_UNKNOWN_CERTIFICATE_TYPE);
	struct patina_slot *old = patina_slot_at(o, index);
	if (old && old->x509 && !X509_check_private_key(old->x509, key)) return 0;
	struct patina_slot *slot = patina_own_slot(o, index);
	if (!slot) return 0;
	EVP_PKEY_free(slot->key);
	EVP_PKEY_up_ref(key);
	slot->key = key;
	(*patina_owner_certs(o))->current = index;
	return patina_push_slot(o, index);
}

static int use_rsa(struct patina_owner o, RSA *rsa) {
	if (!rsa) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	EVP_PKEY *key = EVP_PKEY_new();
	if (!key) return patina_fail(ERR_R_EVP_LIB);
	RSA_up_ref(rsa);
	if (EVP_PKEY_assign_RSA(key, rsa) <= 0) {
		RSA_free(rsa);
		EVP_PKEY_free(key);
		return 0;
	}
	int ok = patina_use_key(o, key);
	EVP_PKEY_free(key);
	return ok;
}

int patina_use_chain(struct patina_owner o, int index, STACK_OF(X509) *chain) {
	struct patina_slot *slot = index < 0 ? 0 : patina_own_slot(o, index);
	if (!slot) return 0;
	sk_X509_pop_free(slot->chain, X509_free);
	slot->chain = chain;
	return patina_push_slot(o, index);
}

static int use_cert_and_key(struct patina_owner o, X509 *x, EVP_PKEY *key, STACK_OF(X509) *chain, int override) {
	if (!patina_certificate_allowed(o, x, 1)) return 0;
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!patina_certificate_allowed(o, sk_X509_value(chain, i), 0)) return 0;
	EVP_PKEY *public = X509_get0_pubkey(x);
	if (!public) return 0;
	if (key) {
		if (EVP_PKEY_missing_parameters(key) && !EVP_PKEY_missing_parameters(public)) EVP_PKEY_copy_parameters(key, public);
		if (EVP_PKEY_eq(public, key) != 1) return patina_fail(SSL_R_PRIVATE_KEY_MISMATCH);
	} else {
		key = public; // as in OpenSSL: a key that signs takes its place later
	}
	int index = patina_slot_for(public);
	if (index < 0) return patina_fail(SSL_R_UNKNOWN_CERTIFICATE_TYPE);
	struct patina_slot *old = patina_slot_at(o, index);
	if (!override && old && (old->x509 || old->key || old->chain)) return patina_fail(SSL_R_NOT_REPLACING_CERTIFICATE);
	STACK_OF(X509) *copy = chain ? X509_chain_up_ref(chain) : 0;
	if (chain && !copy) return patina_fail(ERR_R_MALLOC_FAILURE);
	struct patina_slot *slot = patina_own_slot(o, index);
	if (!slot) {
		sk_X509_pop_free(copy, X509_free);
		return 0;
	}
	sk_X509_pop_free(slot->chain, X509_free);
	slot->chain = copy;
	X509_free(slot->x509);
	X509_up_ref(x);
	slot->x509 = x;
	EVP_PKEY_up_ref(key);
	EVP_PKEY_free(slot->key);
	slot->key = key;
	(*patina_owner_certs(o))->current = index;
	return patina_push_slot(o, index);
}

static int check_key(struct patina_owner o) {
	struct patina_certs *certs = *patina_owner_certs(o);
	struct patina_slot *slot = patina_slot_at(o, certs->current);
	if (!slot || !slot->x509) return patina_fail(SSL_R_NO_CERTIFICATE_ASSIGNED);
	if (!slot->key) return patina_fail(SSL_R_NO_PRIVATE_KEY_ASSIGNED);
	return X509_check_private_key(slot->x509, slot->key);
}

int SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *x) { return patina_use_certificate(PATINA_CTX(ctx), x); }
int SSL_use_certificate(SSL *s, X509 *x) { return patina_use_certificate(PATINA_SSL(s), x); }
int SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *key) { return patina_use_key(PATINA_CTX(ctx), key); }
int SSL_use_PrivateKey(SSL *s, EVP_PKEY *key) { return patina_use_key(PATINA_SSL(s), key); }
int SSL_CTX_use_RSAPrivateKey(SSL_CTX *ctx, RSA *rsa) { return use_rsa(PATINA_CTX(ctx), rsa); }
int SSL_use_RSAPrivateKey(SSL *s, RSA *rsa) { return use_rsa(PATINA_SSL(s), rsa); }

int SSL_CTX_use_cert_and_key(SSL_CTX *ctx, X509 *x, EVP_PKEY *key, STACK_OF(X509) *chain, int override) {
	return use_cert_and_key(PATINA_CTX(ctx), x, key, chain, override);
}

int SSL_use_cert_and_key(SSL *s, X509 *x, EVP_PKEY *key, STACK_OF(X509) *chain, int override) {
	return use_cert_and_key(PATINA_SSL(s), x, key, chain, override);
}

int SSL_CTX_check_private_key(const SSL_CTX *ctx) {
	if (!patina_is_ctx(ctx)) return patina_fail(SSL_R_NO_CERTIFICATE_ASSIGNED);
	return check_key(PATINA_CTX((SSL_CTX *)ctx));
}

int SSL_check_private_key(const SSL *s) {
	if (!patina_is_ssl(s)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	return check_key(PATINA_SSL((SSL *)s));
}

static struct patina_slot *current(struct patina_owner o) {
	return patina_slot_at(o, (*patina_owner_certs(o))->current);
}

X509 *SSL_CTX_get0_certificate(const SSL_CTX *ctx) {
	struct patina_slot *slot = current(PATINA_CTX((SSL_CTX *)ctx));
	return slot ? slot->x509 : 0;
}

EVP_PKEY *SSL_CTX_get0_privatekey(const SSL_CTX *ctx) {
	struct patina_slot *slot = current(PATINA_CTX((SSL_CTX *)ctx));
	return slot ? slot->key : 0;
}

X509 *SSL_get_certificate(const SSL *s) {
	struct patina_slot *slot = current(PATINA_SSL((SSL *)s));
	return slot ? slot->x509 : 0;
}

EVP_PKEY *SSL_get_privatekey(const SSL *s) {
	struct patina_slot *slot = current(PATINA_SSL((SSL *)s));
	return slot ? slot->key : 0;
}

void SSL_certs_clear(SSL *s) {
	for (int i = 0; i < PATINA_SLOTS; i++) {
		if (!patina_slot_at(PATINA_SSL(s), i) || !patina_certs_own(&s->certs)) continue;
		patina_slot_free(s->certs->slot[i]);
		s->certs->slot[i] = 0;
		patina_push_slot(PATINA_SSL(s), i);
	}
}
