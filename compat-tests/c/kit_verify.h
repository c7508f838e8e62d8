/*
 * kit_verify.h: what the programs about certificate verification share.
 */
#ifndef COMPAT_KIT_VERIFY_H
#define COMPAT_KIT_VERIFY_H

#include "kit.h"

/* kit_on_verify is a verify callback that prints what it is told and answers what kit_verify_answer says:
 * 0: no, 1: yes, 2: as told, 3: clear the error and yes, 4: set kit_verify_error and no. */
int kit_on_verify(int ok, X509_STORE_CTX *ctx);
extern int kit_verify_answer, kit_verify_error;

/* kit_chain_of prints what a side knows of its peer's chain. */
void kit_chain_of(const char *who, SSL *ssl);
/* kit_verified makes one connection, the client for that host unless it is NULL, and prints what both sides found. */
void kit_verified(SSL_CTX *c, SSL_CTX *s, const char *host);

#endif
