// tmpkey_c.c: finite-field Diffie-Hellman keys, which no suite of this library uses. Programs give theirs and check the result,
// so what OpenSSL takes is taken, and let go.
// Manual: SSL_CTX_set_tmp_dh_callback(3).

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "callbacks.h"
#include "cert.h"
#include "topics.h"

static int take(struct patina_owner o, EVP_PKEY *key) {
	if (!patina_security(o, SSL_SECOP_TMP_DH, EVP_PKEY_get_security_bits(key), 0, key)) return patina_fail(SSL_R_DH_KEY_TOO_SMALL);
	EVP_PKEY_free(key);
	return 1;
}

int SSL_CTX_set0_tmp_dh_pkey(SSL_CTX *ctx, EVP_PKEY *dhpkey) { return take(PATINA_CTX(ctx), dhpkey); }

int SSL_set0_tmp_dh_pkey(SSL *s, EVP_PKEY *dhpkey) { return take(PATINA_SSL(s), dhpkey); }

int patina_set_tmp_dh(struct patina_owner o, DH *dh) {
	if (!dh) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	EVP_PKEY *key = EVP_PKEY_new();
	if (key && EVP_PKEY_set1_DH(key, dh) && take(o, key)) return 1;
	EVP_PKEY_free(key);
	return 0;
}
