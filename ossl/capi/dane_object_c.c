// dane_object_c.c: SSL_get0_dane, whose result programs such as ldns give to X509_STORE_CTX_set0_dane(3) to verify chains
// without a connection. libcrypto takes it for a struct that libssl and libcrypto of OpenSSL 3 share and that has no
// functions. So it is made here as libcrypto 3.0 to 3.6 reads it, from what Go knows, when a program asks for it, and for
// no other purpose: what verifies the peers of connections does not depend on it.

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include "dane.h"
#include "facts.h"
#include "gate.h"
#include "topics.h"

enum { LATEST_MINOR = 6, TYPES = 256 };

// A record, as libcrypto reads it.
struct record {
	uint8_t usage, selector, mtype;
	unsigned char *data;
	size_t len;
	EVP_PKEY *key; // of a DANE-TA record with a whole key
};

// The matching types of an SSL_CTX, likewise.
struct patina_dane_types {
	const EVP_MD **mds;
	uint8_t *ordinals, max;
	unsigned long flags;
	const EVP_MD *md[TYPES];
	uint8_t ordinal[TYPES];
};

// The records of an SSL and what has matched, likewise.
struct ssl_dane_st {
	struct patina_dane_types *types;
	OPENSSL_STACK *records;
	STACK_OF(X509) *anchors;
	struct record *matched;
	X509 *cert; // a reference
	uint32_t usages;
	int match_depth, pkix_depth;
	unsigned long flags;
};

int patina_dane_type(SSL_CTX *c, const EVP_MD *md, uint8_t mtype, uint8_t ordinal) {
	struct patina_dane_types *t = c->dane_types;
	if (!t) {
		if (!(t = OPENSSL_zalloc(sizeof *t))) return 0;
		t->mds = t->md;
		t->ordinals = t->ordinal;
		c->dane_types = t;
	}
	t->md[mtype] = md;
	t->ordinal[mtype] = md ? ordinal : 0;
	if (mtype > t->max) t->max = mtype;
	return 1;
}

int patina_dane_default_types(SSL_CTX *c) {
	if (c->dane_types) return 1;
	return patina_dane_type(c, EVP_sha256(), 1, 1) && patina_dane_type(c, EVP_sha512(), 2, 2);
}

static void free_record(void *p) {
	struct record *r = p;
	if (!r) return;
	OPENSSL_free(r->data);
	EVP_PKEY_free(r->key);
	OPENSSL_free(r);
}

static void empty(struct ssl_dane_st *d) {
	OPENSSL_sk_pop_free(d->records, free_record);
	sk_X509_pop_free(d->anchors, X509_free);
	X509_free(d->cert);
	*d = (struct ssl_dane_st){.match_depth = -1, .pkix_depth = -1};
}

void patina_dane_object_free(SSL_DANE *d) {
	if (d) empty(d);
	OPENSSL_free(d);
}

// The next of the records that Go has told of: usage, selector, matching type, the length of the data in four bytes, data.
static struct record *next_record(const uint8_t **at, size_t *len) {
	if (*len < 7) return 0;
	const uint8_t *p = *at;
	size_t n = (size_t)p[3] << 24 | (size_t)p[4] << 16 | (size_t)p[5] << 8 | p[6];
	if (n > *len - 7) return 0;
	struct record *r = OPENSSL_zalloc(sizeof *r);
	if (!r || !(r->data = OPENSSL_memdup(p + 7, n))) {
		free_record(r);
		return 0;
	}
	r->usage = p[0];
	r->selector = p[1];
	r->mtype = p[2];
	r->len = n;
	*at += 7 + n;
	*len -= 7 + n;
	return r;
}

// What libcrypto wants of a record that holds a whole certificate or key of an authority.
static int unpack(struct ssl_dane_st *d, struct record *r) {
	const unsigned char *der = r->data;
	if (r->mtype != 0 || (r->usage != 0 && r->usage != 2)) return 1;
	if (r->selector == 1) return r->usage != 2 || (r->key = d2i_PUBKEY(0, &der, (long)r->len)) != 0;
	X509 *x = d2i_X509(0, &der, (long)r->len);
	if (x && (d->anchors || (d->anchors = sk_X509_new_null())) && sk_X509_push(d->anchors, x)) return 1;
	X509_free(x);
	return 0;
}

static int fill(SSL *s, struct ssl_dane_st *d) {
	const uint8_t *at;
	size_t len;
	empty(d);
	d->types = s->session_ctx->dane_types; // it lives as long as s
	d->flags = SSL_dane_set_flags(s, 0);
	if (!patina_fact(s, PATINA_FACT_DANE_RECORDS, &at, &len)) return 1;
	if (!d->types || !(d->records = OPENSSL_sk_new_null())) return 0;
	while (len > 0) {
		struct record *r = next_record(&at, &len);
		if (!r || !OPENSSL_sk_push(d->records, r)) {
			free_record(r);
			return 0;
		}
		if (!unpack(d, r)) return 0;
		d->usages |= (uint32_t)1 << r->usage;
	}
	return 1;
}

SSL_DANE *SSL_get0_dane(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	if (OPENSSL_version_major() != 3 || OPENSSL_version_minor() > LATEST_MINOR) {
		patina_fail(ERR_R_UNSUPPORTED);
		return 0;
	}
	if (!s->dane_object) s->dane_object = OPENSSL_zalloc(sizeof *s->dane_object);
	if (s->dane_object && !fill(s, s->dane_object)) {
		patina_dane_object_free(s->dane_object);
		s->dane_object = 0;
	}
	if (!s->dane_object) patina_fail(ERR_R_MALLOC_FAILURE);
	return s->dane_object;
}
