/*
 * kit_crl.h: revocation lists, right ones and wrong ones.
 */
#ifndef COMPAT_KIT_CRL_H
#define COMPAT_KIT_CRL_H

#include "kit.h"

/* What may be unusual about a list. */
enum { V1 = 1, EXPIRED = 2, FUTURE = 4, BROKEN = 8, ENDLESS = 16, CRITICAL = 32, REMOVED = 64, DELTA = 128, ATTRIBUTES = 256, CAS = 512, USERS = 1024,
       ZERO = 2048, NEWER = 4096 };

/* kit_crl is a list of the fixture issuer's, signed by the key of signer, unusual as how says, that revokes the
 * certificates named, up to NULL. */
X509_CRL *kit_crl(const char *issuer, const char *signer, int how, const char *const *revoked);
/* kit_add_crl puts one into the store of an SSL_CTX. */
void kit_add_crl(SSL_CTX *c, const char *issuer, const char *signer, int how, const char *const *revoked);

#endif
