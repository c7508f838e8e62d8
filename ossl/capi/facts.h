// facts.h: what C asks Go about a connection. The numbers are those of ossl/facts.go.

#ifndef PATINA_FACTS_H
#define PATINA_FACTS_H

#include "handle.h"

enum patina_fact {
	PATINA_FACT_SERVER_NAME,
	PATINA_FACT_ALPN,
	PATINA_FACT_CLIENT_RANDOM,
	PATINA_FACT_SERVER_RANDOM,
	PATINA_FACT_FINISHED,
	PATINA_FACT_PEER_FINISHED,
	PATINA_FACT_PEER_CHAIN,
	PATINA_FACT_CLIENT_HELLO,
	PATINA_FACT_CLIENT_SUITES,
	PATINA_FACT_SHARED_SUITES,
	PATINA_FACT_STAPLE,
	PATINA_FACT_PEER_CAS,
	PATINA_FACT_VERIFIED_CHAIN,
	PATINA_FACT_PEER_NAME,
	PATINA_FACT_MISSING_ISSUER,
	PATINA_FACT_MISSING_CRLS,
	PATINA_FACT_DANE_DATA,
	PATINA_FACT_DANE_CERT,
	PATINA_FACT_DANE_KEY,
	PATINA_FACT_POINT_FORMATS,
	PATINA_FACT_DANE_RECORDS,
};

// Asks for a fact. It lies in *data, good until s is used again; *len bytes of it and a NUL. 0 if there is none.
PATINA_HIDDEN int patina_fact(const SSL *s, int fact, const uint8_t **data, size_t *len);

#endif
