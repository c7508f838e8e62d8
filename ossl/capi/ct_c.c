// ct_c.c: certificate transparency, which this library does not check. Manual: SSL_CTX_set_ct_validation_callback(3),
// SSL_CTX_set_ctlog_list_file(3), SSL_get0_peer_scts(3).
// What would make a connection depend on it is refused, so that nobody believes to be protected.

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static int refuse(const char *function) {
	ERR_new();
	ERR_set_debug("libssl", 0, function);
	ERR_set_error(ERR_LIB_SSL, ERR_R_DISABLED, "%s: certificate transparency is not checked", function);
	return 0;
}

int SSL_set_ct_validation_callback(SSL *s, ssl_ct_validation_cb callback, void *arg) {
	(void)s;
	(void)arg;
	return callback ? refuse("SSL_set_ct_validation_callback") : 1;
}

int SSL_CTX_set_ct_validation_callback(SSL_CTX *ctx, ssl_ct_validation_cb callback, void *arg) {
	(void)ctx;
	(void)arg;
	return callback ? refuse("SSL_CTX_set_ct_validation_callback") : 1;
}

// Permissive validation lets every handshake go on: it is what happens without it.
static int enable(int mode, const char *function) {
	switch (mode) {
	case SSL_CT_VALIDATION_PERMISSIVE: return 1;
	case SSL_CT_VALIDATION_STRICT: return refuse(function);
	}
	ERR_raise(ERR_LIB_SSL, SSL_R_INVALID_CT_VALIDATION_TYPE);
	return 0;
}

int SSL_enable_ct(SSL *s, int validation_mode) {
	(void)s;
	return enable(validation_mode, "SSL_enable_ct");
}

int SSL_CTX_enable_ct(SSL_CTX *ctx, int validation_mode) {
	(void)ctx;
	return enable(validation_mode, "SSL_CTX_enable_ct");
}

// The store is the SSL_CTX's from here on; without validation it has no use.
void SSL_CTX_set0_ctlog_store(SSL_CTX *ctx, CTLOG_STORE *logs) {
	(void)ctx;
	CTLOG_STORE_free(logs);
}
