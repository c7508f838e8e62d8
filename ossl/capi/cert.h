// cert.h: certificates and keys, between the C files that deal with them and Go (export_cert.go).

#ifndef PATINA_CERT_H
#define PATINA_CERT_H

#include "topics.h"

// Slots that are used, as ossl.SlotRSA and so on.
enum { PATINA_SLOT_RSA = 0, PATINA_SLOT_RSA_PSS = 1, PATINA_SLOT_ECC = 3, PATINA_SLOT_ED25519 = 7 };

#define PATINA_CTX(c) ((struct patina_owner){.ctx = (c)})
#define PATINA_SSL(s) ((struct patina_owner){.ssl = (s)})

// What Go is told of a slot.
struct patina_facts {
	int slot, has_key, bits, curve, chain_len, current;
	const char *digest; // the only one a key of type RSA-PSS signs with, 0 for any
	struct patina_der *chain;
};

// The slot for keys of this type; -1 if there is none.
PATINA_HIDDEN int patina_slot_for(EVP_PKEY *key);
// The NID of an EC key's curve, 0 for other keys.
PATINA_HIDDEN int patina_curve_of(EVP_PKEY *key);
PATINA_HIDDEN struct patina_slot *patina_slot_at(struct patina_owner o, int index);
PATINA_HIDDEN struct patina_slot *patina_own_slot(struct patina_owner o, int index);
PATINA_HIDDEN int patina_use_certificate(struct patina_owner o, X509 *x);
PATINA_HIDDEN int patina_use_key(struct patina_owner o, EVP_PKEY *key);
// Makes chain, a reference of which is taken over, that of the slot; 0 takes it away.
PATINA_HIDDEN int patina_use_chain(struct patina_owner o, int index, STACK_OF(X509) *chain);

// chain_c.c: the issuers of x as found in the store, without the root... 0 if there are none, or none are to be looked for.
PATINA_HIDDEN STACK_OF(X509) *patina_complete_chain(struct patina_owner o, X509 *x);
// chain_c.c: whether the security level, or callback, lets us present x, the leaf or an issuer: 0, or the reason of the error.
PATINA_HIDDEN int patina_certificate_refused(struct patina_owner o, X509 *x, int leaf);
// The same, 1 or 0 with the error raised.
PATINA_HIDDEN int patina_certificate_allowed(struct patina_owner o, X509 *x, int leaf);
// cert_c.c: whether the security level, or callback, of s lets it present the chain of a slot; 0 or the reason of the error.
PATINA_HIDDEN int patina_chain_refused(SSL *s, struct patina_slot *slot);

// certfile_c.c: a file to read, or 0 with the error raised.
PATINA_HIDDEN BIO *patina_open_file(const char *file);

#endif
