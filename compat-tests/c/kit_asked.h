/*
 * kit_asked.h: verifications, and how often libcrypto is asked to do them.
 *
 * X509_verify_cert, X509_STORE_CTX_get1_certs and X509_STORE_CTX_get1_crls are the programs' own, which count and call
 * libcrypto's. The counts are not printed, since a library may well verify by itself; with KIT_VERIFIED they go to that file, a
 * line for each verification: what it was, its callback, its result, how often libcrypto was asked to verify, and to look
 * something up.
 */
#ifndef COMPAT_KIT_ASKED_H
#define COMPAT_KIT_ASKED_H

#include "kit.h"

/* kit_asked has the client verify without a callback, with one that says what it is told, and with one that lets all pass. */
void kit_asked(const char *label, SSL_CTX *c, SSL_CTX *s);
/* kit_asked_back is that callback. */
int kit_asked_back(int ok, X509_STORE_CTX *ctx);

/* kit_hashed puts a fixture into a hashed directory, under its name and this suffix; trusted: with that purpose. */
void kit_hashed(const char *dir, const char *cert, const char *suffix, int trusted);
/* kit_hashed_list does so with a list of kit_crl.h. */
void kit_hashed_list(const char *dir, const char *issuer, const char *suffix, int how, const char *const *revoked);

#endif
