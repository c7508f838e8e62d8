// tmpkey_c.c: finite-field Diffie-Hellman keys, which no suite of this library uses.
// Manual: SSL_CTX_set_tmp_dh_callback(3).

#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "handle.h"

// The least strength of DH parameters at each security level, in bits of the prime.
static int least_bits(int level) {
	static const int bits[] = {0, 1024, 2048, 3072, 7680, 15360};
	return bits[level < 0 ? 0 : level > 5 ? 5 : level];
}

// Programs give their parameters and check the result: what OpenSSL takes is taken, then let go.
static int take(EVP_PKEY *key, int level) {
	if (!key || EVP_PKEY_get_bits(key) < least_bits(level)) {
		ERR_raise(ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL);
		return 0;
	}
	EVP_PKEY_free(key);
	return 1;
}

int SSL_CTX_set0_tmp_dh_pkey(SSL_CTX *ctx, EVP_PKEY *dhpkey) { return take(dhpkey, SSL_CTX_get_security_level(ctx)); }

int SSL_set0_tmp_dh_pkey(SSL *s, EVP_PKEY *dhpkey) { return take(dhpkey, SSL_get_security_level(s)); }
