// cipher_c.c: one cipher suite. Manual: SSL_CIPHER_get_name(3), SSL_group_to_name(3).
// A table of constants: nothing here enters Go.

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "cipher.h"

// What SSL_CIPHER_description needs of its caller's buffer.
enum { DESCRIPTION_SIZE = 128 };

static const char none[] = "(NONE)";

#define SCSV_DETAILS " unknown Kx=any      Au=any   Enc=unknown                Mac=unknown\n"
#define SCSV(id, name, padded)                                                                                             \
	{id, name, name, "unknown", padded SCSV_DETAILS, 0, 0, NID_undef, NID_kx_any, NID_auth_any, NID_md5, NID_md5_sha1}

// Signalling suites: known by number and name, in no list.
static const SSL_CIPHER scsvs[] = {
	SCSV(SSL3_CK_SCSV & 0xffff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
	SCSV(SSL3_CK_FALLBACK_SCSV & 0xffff, "TLS_FALLBACK_SCSV", "TLS_FALLBACK_SCSV             "),
};

enum { SCSVS = sizeof(scsvs) / sizeof(scsvs[0]) };

const SSL_CIPHER *patina_cipher(uint16_t id) {
	for (const SSL_CIPHER *c = patina_ciphers; c->name; c++)
		if (c->id == id) return c;
	for (int i = 0; i < SCSVS; i++)
		if (scsvs[i].id == id) return &scsvs[i];
	return NULL;
}

// All that OpenSSL knows, whether it can be negotiated or not.
const SSL_CIPHER *SSL_CIPHER_find(SSL *s, const unsigned char *ptr) {
	uint16_t id = (uint16_t)(ptr[0] << 8 | ptr[1]);
	const SSL_CIPHER *found = patina_cipher(id);
	(void)s;
	if (found) return found;
	for (const SSL_CIPHER *c = patina_known_ciphers; c->name; c++)
		if (c->id == id) return c;
	return NULL;
}

static const char *name_in(const SSL_CIPHER *table, const char *rfc_name) {
	for (const SSL_CIPHER *c = table; c->name; c++)
		if (c->standard_name && !strcmp(c->standard_name, rfc_name)) return c->name;
	return NULL;
}

const char *OPENSSL_cipher_name(const char *rfc_name) {
	const char *name;
	if (!rfc_name) return none;
	if ((name = name_in(patina_ciphers, rfc_name)) || (name = name_in(patina_known_ciphers, rfc_name))) return name;
	for (int i = 0; i < SCSVS; i++)
		if (!strcmp(scsvs[i].name, rfc_name)) return scsvs[i].name;
	return none;
}

const char *SSL_CIPHER_get_name(const SSL_CIPHER *c) { return c ? c->name : none; }

const char *SSL_CIPHER_standard_name(const SSL_CIPHER *c) { return c ? c->standard_name : none; }

const char *SSL_CIPHER_get_version(const SSL_CIPHER *c) { return c ? c->version : none; }

int SSL_CIPHER_get_bits(const SSL_CIPHER *c, int *alg_bits) {
	if (!c) return 0;
	if (alg_bits) *alg_bits = c->alg_bits;
	return c->strength_bits;
}

uint32_t SSL_CIPHER_get_id(const SSL_CIPHER *c) { return 0x03000000u | c->id; }

uint16_t SSL_CIPHER_get_protocol_id(const SSL_CIPHER *c) { return c->id; }

int SSL_CIPHER_get_kx_nid(const SSL_CIPHER *c) { return c ? c->kx_nid : NID_undef; }

int SSL_CIPHER_get_auth_nid(const SSL_CIPHER *c) { return c ? c->auth_nid : NID_undef; }

int SSL_CIPHER_get_cipher_nid(const SSL_CIPHER *c) { return c ? c->cipher_nid : NID_undef; }

int SSL_CIPHER_get_digest_nid(const SSL_CIPHER *c) { return c ? c->digest_nid : NID_undef; }

int SSL_CIPHER_is_aead(const SSL_CIPHER *c) { return c && c->cipher_nid != NID_undef && c->digest_nid == NID_undef; }

const EVP_MD *SSL_CIPHER_get_handshake_digest(const SSL_CIPHER *c) {
	return c && c->handshake_digest_nid != NID_undef ? EVP_get_digestbynid(c->handshake_digest_nid) : NULL;
}

char *SSL_CIPHER_description(const SSL_CIPHER *c, char *buf, int size) {
	size_t n = strlen(c->description) + 1;
	if (!buf) {
		size = DESCRIPTION_SIZE;
		if (!(buf = OPENSSL_malloc(DESCRIPTION_SIZE))) {
			ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
			return NULL;
		}
	} else if (size < DESCRIPTION_SIZE) {
		return NULL;
	}
	if (n > (size_t)size) n = (size_t)size;
	memcpy(buf, c->description, n);
	buf[n - 1] = 0;
	return buf;
}

const char *OSSL_default_cipher_list(void) { return SSL_DEFAULT_CIPHER_LIST; }

const char *OSSL_default_ciphersuites(void) { return TLS_DEFAULT_CIPHERSUITES; }

const char *SSL_group_to_name(SSL *s, int id) {
	(void)s;
	for (const struct patina_group_name *g = patina_group_names; g->name; g++)
		if (g->nid == id) return g->name;
	return NULL;
}
