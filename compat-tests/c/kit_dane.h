/* kit_dane.h: TLSA records of the fixtures' certificates, and peers verified by them. */
#ifndef COMPAT_KIT_DANE_H
#define COMPAT_KIT_DANE_H

#include "kit.h"

/* What the callback answers: as told, or 0, 1, or by the bits of a plan, one a call. */
enum { DANE_AS_TOLD, DANE_NO, DANE_YES, DANE_PLAN };
extern int dane_answer;
extern unsigned dane_plan;
int dane_callback(int ok, X509_STORE_CTX *ctx);

/* dane_data is a record's data for a certificate; free with OPENSSL_free. damage: one bit is wrong. */
unsigned char *dane_data(const char *cert, int selector, const EVP_MD *md, int damage, size_t *len);
/* dane_add adds a record for NAME's certificate; matching types 0, 1, 2. What SSL_dane_tlsa_add returns. */
int dane_add(SSL *ssl, int usage, int selector, int mtype, const char *cert);
int dane_add_bad(SSL *ssl, int usage, int selector, int mtype, const char *cert);

/* dane_client is a client's context with DANE enabled, verifying with dane_callback. */
SSL_CTX *dane_client(void);
/* dane_begin makes a pair whose client has DANE enabled for a name. */
void dane_begin(kit_pair *p, SSL_CTX *c, SSL_CTX *s, const char *name);
/* dane_tell shakes hands and prints all that is known of the verification. */
void dane_tell(kit_pair *p);
/* dane_what prints what an SSL knows of its peer. */
void dane_what(const char *who, SSL *ssl);

#endif
