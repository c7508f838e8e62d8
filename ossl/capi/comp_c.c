// comp_c.c: TLS compression, which this library does not do. Manual: SSL_COMP_add_compression_method(3).
// The list of methods exists, as in an OpenSSL without zlib, and is empty.

#include <pthread.h>

#include <openssl/comp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

struct ssl_comp_st {
	int id;
	const char *name;
};

// Compression methods of private use, RFC 3749 section 2.
enum { PRIVATE_ID_FIRST = 193, PRIVATE_ID_LAST = 255 };

static pthread_mutex_t methods_lock = PTHREAD_MUTEX_INITIALIZER;
static STACK_OF(SSL_COMP) *methods;
static int methods_made; // also set once an application has put its own, or NULL, in their place

STACK_OF(SSL_COMP) *SSL_COMP_get_compression_methods(void) {
	pthread_mutex_lock(&methods_lock);
	if (!methods_made) {
		methods = sk_SSL_COMP_new_null();
		methods_made = methods != NULL;
	}
	STACK_OF(SSL_COMP) *now = methods;
	pthread_mutex_unlock(&methods_lock);
	return now;
}

STACK_OF(SSL_COMP) *SSL_COMP_set0_compression_methods(STACK_OF(SSL_COMP) *meths) {
	pthread_mutex_lock(&methods_lock);
	STACK_OF(SSL_COMP) *old = methods;
	methods = meths;
	methods_made = 1;
	pthread_mutex_unlock(&methods_lock);
	return old;
}

// Returns 1 when it fails.
int SSL_COMP_add_compression_method(int id, COMP_METHOD *cm) {
	if (!cm || COMP_get_type(cm) == NID_undef) return 1;
	if (id < PRIVATE_ID_FIRST || id > PRIVATE_ID_LAST)
		ERR_raise(ERR_LIB_SSL, SSL_R_COMPRESSION_ID_NOT_WITHIN_PRIVATE_RANGE);
	else
		ERR_raise_data(ERR_LIB_SSL, ERR_R_DISABLED, "TLS compression is not offered");
	return 1;
}

const char *SSL_COMP_get_name(const COMP_METHOD *comp) { return comp ? COMP_get_name(comp) : NULL; }

const char *SSL_COMP_get0_name(const SSL_COMP *comp) { return comp->name; }

int SSL_COMP_get_id(const SSL_COMP *comp) { return comp->id; }

const COMP_METHOD *SSL_get_current_compression(const SSL *s) {
	(void)s;
	return NULL;
}

const COMP_METHOD *SSL_get_current_expansion(const SSL *s) {
	(void)s;
	return NULL;
}
