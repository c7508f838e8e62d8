// cipher.h: SSL_CIPHER objects. They are constant data, made from package ossl's table (zciphers.c), and never freed.

#ifndef PATINA_CIPHER_H
#define PATINA_CIPHER_H

#include <stdint.h>

#include <openssl/ssl.h>

struct ssl_cipher_st {
	uint16_t id; // IANA's number
	const char *name, *standard_name, *version;
	const char *description;    // the line of SSL_CIPHER_description, its newline included
	int strength_bits, alg_bits;
	int cipher_nid, kx_nid, auth_nid, handshake_digest_nid;
	int digest_nid; // of a suite that is no AEAD
};

// All suites, in order of preference; an entry without a name ends the table.
extern const SSL_CIPHER patina_ciphers[] __attribute__((visibility("hidden")));

// Suites that programs may only look up, likewise (cipher_known_c.c).
extern const SSL_CIPHER patina_known_ciphers[] __attribute__((visibility("hidden")));

// The suite of an IANA number, a signalling suite too (those have no cipher_nid); NULL if this library has none.
const SSL_CIPHER *patina_cipher(uint16_t id) __attribute__((visibility("hidden")));

// Groups as SSL_group_to_name knows them; an entry without a name ends the table.
struct patina_group_name {
	int nid; // or TLSEXT_nid_unknown | IANA's number
	const char *name;
};
extern const struct patina_group_name patina_group_names[] __attribute__((visibility("hidden")));

#endif
