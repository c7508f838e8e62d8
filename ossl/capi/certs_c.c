// certs_c.c: references on certificates and keys, shared between an SSL_CTX and its SSLs until one of them changes.

#include "cert.h"

struct patina_certs *patina_certs_new(void) {
	struct patina_certs *certs = OPENSSL_zalloc(sizeof *certs);
	if (!certs) return 0;
	certs->refs = 1;
	certs->current = PATINA_SLOT_RSA; // as in OpenSSL, where nothing has been set
	return certs;
}

struct patina_certs *patina_certs_ref(struct patina_certs *certs) {
	if (certs) atomic_fetch_add_explicit(&certs->refs, 1, memory_order_relaxed);
	return certs;
}

void patina_slot_free(struct patina_slot *slot) {
	if (!slot || atomic_fetch_sub_explicit(&slot->refs, 1, memory_order_acq_rel) > 1) return;
	X509_free(slot->x509);
	EVP_PKEY_free(slot->key);
	sk_X509_pop_free(slot->chain, X509_free);
	OPENSSL_free(slot->serverinfo);
	OPENSSL_free(slot);
}

void patina_certs_free(struct patina_certs *certs) {
	if (!certs || atomic_fetch_sub_explicit(&certs->refs, 1, memory_order_acq_rel) > 1) return;
	for (int i = 0; i < PATINA_SLOTS; i++) patina_slot_free(certs->slot[i]);
	sk_X509_pop_free(certs->extra_chain, X509_free);
	X509_STORE_free(certs->chain_store);
	X509_STORE_free(certs->verify_store);
	OPENSSL_free(certs);
}

int patina_certs_own(struct patina_certs **certs) {
	struct patina_certs *old = *certs;
	if (old && atomic_load_explicit(&old->refs, memory_order_acquire) == 1) return 1;
	struct patina_certs *own = patina_certs_new();
	if (!own) return 0;
	if (old) {
		if (old->extra_chain && !(own->extra_chain = X509_chain_up_ref(old->extra_chain))) {
			patina_certs_free(own);
			return 0;
		}
		own->current = old->current;
		for (int i = 0; i < PATINA_SLOTS; i++) {
			if (!old->slot[i]) continue;
			atomic_fetch_add_explicit(&old->slot[i]->refs, 1, memory_order_relaxed);
			own->slot[i] = old->slot[i];
		}
		if (old->chain_store && X509_STORE_up_ref(old->chain_store)) own->chain_store = old->chain_store;
		if (old->verify_store && X509_STORE_up_ref(old->verify_store)) own->verify_store = old->verify_store;
	}
	patina_certs_free(old);
	*certs = own;
	return 1;
}

struct patina_slot *patina_slot_own(struct patina_certs *certs, int index) {
	if (index < 0 || index >= PATINA_SLOTS) return 0;
	struct patina_slot *old = certs->slot[index];
	if (old && atomic_load_explicit(&old->refs, memory_order_acquire) == 1) return old;
	struct patina_slot *own = OPENSSL_zalloc(sizeof *own);
	if (!own) return 0;
	own->refs = 1;
	if (old) {
		if (old->chain && !(own->chain = X509_chain_up_ref(old->chain))) {
			OPENSSL_free(own);
			return 0;
		}
		if (old->serverinfo && (own->serverinfo = OPENSSL_memdup(old->serverinfo, old->serverinfo_len)))
			own->serverinfo_len = old->serverinfo_len;
		if (old->x509 && X509_up_ref(old->x509)) own->x509 = old->x509;
		if (old->key && EVP_PKEY_up_ref(old->key)) own->key = old->key;
	}
	patina_slot_free(old);
	certs->slot[index] = own;
	return own;
}

struct patina_slot *patina_slot_of(struct patina_certs *certs, const void *slot) {
	for (int i = 0; certs && slot && i < PATINA_SLOTS; i++)
		if (certs->slot[i] == slot) return certs->slot[i];
	return 0;
}
