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
};

// What the parameters and the store in force say, for Go.
struct patina_verification {
	uint64_t seen; // token of what Go has seen of the store
	uint64_t version; // of the store
	int32_t first, found; // the first call; what was missing has been added
	uint64_t flags; // X509_V_FLAG_
	int64_t time;
	int32_t depth, level;
	uint32_t host_flags;
	const char **hosts;
	size_t host_count;
	const char *email, *ip;
	int32_t code; // out: an X509_V_ code
	int32_t from_peer; // out: of the chain accepted, how many are not the store's
};

// A revocation list of a store: its address, and its DER where Go asks for it.
struct patina_list {
	uintptr_t at;
	unsigned char *der;
	size_t len;
};

// Verifies in Go where parameters and store ask for nothing that only libcrypto does; else, and where Go has no word on
// something in the chain, the verdict is UNDECIDED. st->result is an X509_V_ code. ctx is initialised with store, without
// a certificate; *from_peer is how many of the chain accepted are the peer's.
PATINA_HIDDEN enum patina_verdict patina_verify_in_go(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_step *st,
                                                       int *from_peer);

#endif
