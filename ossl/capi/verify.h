// verify.h: verification of the peer's chain in Go, against an X509_STORE.

#ifndef PATINA_VERIFY_H
#define PATINA_VERIFY_H

#include "loop.h"

// The numbers are those of ossl/verify_go.go.
enum patina_verdict {
	PATINA_VERDICT_UNDECIDED,
	PATINA_VERDICT_ACCEPTED,
	PATINA_VERDICT_REJECTED,
	PATINA_VERDICT_MISSING,
	PATINA_VERDICT_MISSING_CRLS,
	PATINA_VERDICT_ASK,
	PATINA_VERDICT_LOOKUP,
	PATINA_VERDICT_LOOKUP_CRLS,
	PATINA_VERDICT_ADD,
	PATINA_VERDICT_ADD_CRLS,
};

// What the parameters and the store in force say, for Go.
struct patina_verification {
	uint64_t seen; // token of what Go has seen of the store
	uint64_t version; // of the store
	int32_t first, yes; // the first call; what the last verdict has wanted is done, or the callback says yes
	int32_t ask; // a callback is asked about every step
	int32_t purpose; // X509_PURPOSE_SSL_CLIENT or X509_PURPOSE_SSL_SERVER
	uint64_t flags; // X509_V_FLAG_
	int64_t time;
	int32_t depth, level;
	uint32_t host_flags;
	const char **hosts;
	size_t host_count;
	const char *email, *ip;
	int32_t code; // out: an X509_V_ code
	int32_t from_peer; // out: of the chain, how many are not the store's
	int32_t right, at; // out: what the callback is asked about, and at which depth
};

// A revocation list of a store: its address, and its DER where Go asks for it.
struct patina_list {
	uintptr_t at;
	unsigned char *der;
	size_t len;
};

// One of the places where a store looks for what it does not hold, as ossl.Lookup.
struct patina_place {
	const char *dir;
	int scan;
};

// verify_places_c.c: the places where a store looks, in their order: how many, and at most max of them in places; -1 if there
// are some that Go does not know. *count changes whenever there is one more.
PATINA_HIDDEN int patina_places(X509_STORE *store, struct patina_place *places, int max, uint64_t *count);

// The certificates that a store holds under a name, and its version.
PATINA_HIDDEN STACK_OF(X509) *patina_held_certs(X509_STORE *store, const X509_NAME *name, uint64_t *version);

// Verifies in Go where parameters and store ask for nothing that only libcrypto does; else, and where Go has no word on
// something in the chain, the verdict is UNDECIDED. st->result is an X509_V_ code. ctx is initialised with store;
// *from_peer is how many of the chain accepted are the peer's. ask, unless it is 0, is asked about each step, as
// X509_verify_cert would: ctx has the peer's certificates then, and tells of the step.
PATINA_HIDDEN enum patina_verdict patina_verify_in_go(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_step *st,
                                                       X509_STORE_CTX_verify_cb ask, int *from_peer);

// verify_show_c.c: shows the callback a chain that Go has accepted, as X509_verify_cert shows it one that is in order. What
// it says, at last.
PATINA_HIDDEN int patina_verify_show(SSL *s, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_cb cb, int from_peer);
// Asks it about a step: its answer, or below 0 if that cannot be done.
PATINA_HIDDEN int patina_verify_ask(SSL *s, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_cb cb, const struct patina_verification *v);

// verify_inside_c.c: the application's own function verifies a peer that there are TLSA records of.
PATINA_HIDDEN int patina_verify_inside(SSL *s, X509_STORE_CTX *ctx, struct patina_step *st);

#endif
