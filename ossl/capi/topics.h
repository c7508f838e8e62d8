// topics.h: what the C files of SSL_CTX and its topics share: the handle behind a pair of twins (SSL_CTX_use_certificate
// and SSL_use_certificate), and how what C holds is told to Go.

#ifndef PATINA_TOPICS_H
#define PATINA_TOPICS_H

#include <openssl/err.h>

#include "handle.h"

// An SSL_CTX or an SSL: exactly one is set.
struct patina_owner {
	SSL_CTX *ctx;
	SSL *ssl;
};

static inline struct patina_certs **patina_owner_certs(struct patina_owner o) {
	return o.ctx ? &o.ctx->certs : &o.ssl->certs;
}

static inline SSL_CTX *patina_owner_ctx(struct patina_owner o) { return o.ctx ? o.ctx : o.ssl->ctx; }

// Raises an error of the library ERR_LIB_SSL and returns 0.
static inline int patina_fail(int reason) {
	patina_raise(ERR_LIB_SSL, reason, 0, 0);
	return 0;
}

// An encoding for Go, for the time of one call.
struct patina_der {
	unsigned char *data;
	size_t len;
};

// tmpkey_c.c: the command SSL_CTRL_SET_TMP_DH.
PATINA_HIDDEN int patina_set_tmp_dh(struct patina_owner o, DH *dh);

// engine_c.c.
PATINA_HIDDEN void patina_engine_free(SSL_CTX *ctx);

// async_c.c.
PATINA_HIDDEN int patina_async_inherit(SSL *s, const SSL_CTX *ctx);
PATINA_HIDDEN void patina_async_free(SSL *s);

// sesscache_c.c: what becomes of the session of a connection that ends without SSL_shutdown.
PATINA_HIDDEN void patina_clear_bad_session(SSL *s);
// Frees what SSL_CTX_sessions has returned.
PATINA_HIDDEN void patina_free_sessions(OPENSSL_LHASH *table);

// names_c.c: tells Go the names a server asks for certificates of: those for clients, or those for both roles.
PATINA_HIDDEN int patina_push_names(struct patina_owner o, int client);

// cert_c.c: tells Go what is in the slot at index, or in all slots.
PATINA_HIDDEN int patina_push_slot(struct patina_owner o, int index);
PATINA_HIDDEN int patina_push_slots(struct patina_owner o);

// store_c.c: brings Go's view of the X509_STORE up to date, and chains that are completed from it. Cheap when nothing
// has changed. Called by SSL_new.
PATINA_HIDDEN int patina_ctx_sync(SSL_CTX *ctx);

#endif
