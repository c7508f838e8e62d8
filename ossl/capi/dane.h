// dane.h: DANE (SSL_CTX_dane_enable(3)). What records mean is Go's.

#ifndef PATINA_DANE_H
#define PATINA_DANE_H

#include "handle.h"

// What view.dane says: the numbers of ossl.DANE.
enum { PATINA_DANE_NONE, PATINA_DANE_CHAIN, PATINA_DANE_LEAF };

// The record that has matched, for SSL_get0_dane_tlsa.
struct patina_dane_match {
	int32_t found;
	uint8_t usage, selector, mtype;
};

// dane_c.c: what has been handed out of the last verification goes; likewise of the SSL itself.
PATINA_HIDDEN void patina_dane_forget(SSL *s);
PATINA_HIDDEN void patina_dane_free(SSL *s);

// dane_object_c.c: what SSL_get0_dane returns; the matching types of an SSL_CTX for it. 0: memory is out.
PATINA_HIDDEN void patina_dane_object_free(SSL_DANE *d);
PATINA_HIDDEN int patina_dane_type(SSL_CTX *c, const EVP_MD *md, uint8_t mtype, uint8_t ordinal);
PATINA_HIDDEN int patina_dane_default_types(SSL_CTX *c);

#endif
