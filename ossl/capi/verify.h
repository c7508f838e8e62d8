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
};

// What the parameters and the store in force say, for Go.
struct patina_verification {
	uint64_t roots; // token of what Go has seen of the store
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
};

// Verifies in Go where parameters and store ask for nothing that only libcrypto does. 1: st->result is the verdict; 0:
// libcrypto has to verify. ctx is initialised with store, without a certificate.
PATINA_HIDDEN int patina_verify_in_go(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_step *st);

#endif
