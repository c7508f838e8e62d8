// init_c.c: the start of the library. Manual: OPENSSL_init_ssl(3), ERR_load_strings(3).
// None of this enters Go: the runtime starts with the first object.

#define OPENSSL_SUPPRESS_DEPRECATED
#include <pthread.h>

#include <openssl/ssl.h>

#include "gate.h"
#include "init.h"

static void load_reasons(void) { ERR_load_strings_const(patina_reasons); }

int ERR_load_SSL_strings(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load_reasons);
	return 1;
}

// libcrypto gets the options that concern it, with all ciphers and digests and, unless the caller says otherwise, the
// configuration file. It refuses after OPENSSL_cleanup().
int OPENSSL_init_ssl(uint64_t opts, const OPENSSL_INIT_SETTINGS *settings) {
	PATINA_CRYPTO_SECTION;
	opts |= OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS;
	if (!(opts & OPENSSL_INIT_NO_LOAD_CONFIG)) opts |= OPENSSL_INIT_LOAD_CONFIG;
	if (!OPENSSL_init_crypto(opts, settings)) {
		ERR_raise(ERR_LIB_SSL, ERR_R_INIT_FAIL);
		return 0;
	}
	if (!(opts & OPENSSL_INIT_NO_LOAD_SSL_STRINGS)) ERR_load_SSL_strings();
	return 1;
}

// libcrypto has the ssl_conf module of configuration files built in: there is nothing to add.
void SSL_add_ssl_module(void) {}
