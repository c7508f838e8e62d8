// sesscache_c.c: the session of an SSL and the session cache of an SSL_CTX. Manual: SSL_get_session(3), SSL_set_session(3),
// SSL_CTX_add_session(3), SSL_CTX_flush_sessions(3).

#include <openssl/lhash.h>

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
#include "session.h"
#include "_cgo_export.h"

SSL_SESSION *SSL_get_session(const SSL *from) {
	SSL *s = (SSL *)from;
	if (!patina_is_ssl(s)) return 0;
	patina_enter();
	SSL_SESSION *now = patina_go_ssl_session(s);
	patina_leave();
	// The reference that comes with it is the SSL's.
	SSL_SESSION *was = s->session;
	s->session = now;
	SSL_SESSION_free(was);
	return now;
}

SSL_SESSION *SSL_get1_session(SSL *s) {
	SSL_SESSION *session = SSL_get_session(s);
	if (session) SSL_SESSION_up_ref(session);
	return session;
}

int SSL_set_session(SSL *s, SSL_SESSION *session) {
	if (!patina_is_ssl(s)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	if (!(s->view.shutdown & SSL_SENT_SHUTDOWN) && !s->view.in_init) patina_clear_bad_session(s);
	patina_enter();
	int ok = patina_go_ssl_set_session(s, session);
	patina_leave();
	if (!ok) return 0;
	if (session) SSL_SESSION_up_ref(session);
	SSL_SESSION_free(s->session);
	s->session = session;
	return 1;
}

void patina_clear_bad_session(SSL *s) {
	SSL_SESSION *bad = 0;
	patina_enter();
	patina_go_ssl_bad_session(s, &bad);
	patina_leave();
	if (!bad) return;
	void (*cb)(SSL_CTX *, SSL_SESSION *) = (void *)patina_callback(PATINA_CTX(s->session_ctx), PATINA_CB_SESSION_REMOVE, 0);
	if (cb) cb(s->session_ctx, bad);
	SSL_SESSION_free(bad);
}

int SSL_has_matching_session_id(const SSL *s, const unsigned char *id, unsigned int len) {
	patina_enter();
	int found = patina_go_ssl_has_session((SSL *)s, (unsigned char *)id, len);
	patina_leave();
	return found;
}

int SSL_copy_session_id(SSL *to, const SSL *from) {
	if (!SSL_set_session(to, SSL_get_session(from))) return 0;
	to->certs = (patina_certs_free(to->certs), patina_certs_ref(from->certs));
	if (!patina_push_slots(PATINA_SSL(to))) return 0;
	patina_enter();
	int ok = patina_go_copy_context(to, (SSL *)from);
	patina_leave();
	return ok;
}

// Sessions that have left the cache, a reference each.
static void show_removed(SSL_CTX *ctx, SSL_SESSION **removed, int n) {
	void (*cb)(SSL_CTX *, SSL_SESSION *) = n ? (void *)patina_callback(PATINA_CTX(ctx), PATINA_CB_SESSION_REMOVE, 0) : 0;
	for (int i = 0; i < n; i++) {
		if (cb) cb(ctx, removed[i]);
		SSL_SESSION_free(removed[i]);
	}
	OPENSSL_free(removed);
}

// The cache is Go's: the table that programs may look into has nothing in it. How many sessions there are is told by
// SSL_CTX_sess_number.
LHASH_OF(SSL_SESSION) *SSL_CTX_sessions(SSL_CTX *ctx) {
	if (!patina_is_ctx(ctx)) return 0;
	OPENSSL_LHASH *table = ctx->sessions;
	if (!table) {
		OPENSSL_LHASH *fresh = OPENSSL_LH_new(0, 0);
		if (atomic_compare_exchange_strong(&ctx->sessions, &table, fresh)) table = fresh;
		else OPENSSL_LH_free(fresh);
	}
	return (LHASH_OF(SSL_SESSION) *)table;
}

int SSL_CTX_add_session(SSL_CTX *ctx, SSL_SESSION *session) {
	SSL_SESSION **removed = 0;
	int n = 0;
	patina_enter();
	int added = patina_go_ctx_add_session(ctx, session, &removed, &n);
	patina_leave();
	show_removed(ctx, removed, n);
	return added;
}

int SSL_CTX_remove_session(SSL_CTX *ctx, SSL_SESSION *session) {
	unsigned len = 0;
	if (!session || (SSL_SESSION_get_id(session, &len), !len)) return 0;
	patina_enter();
	int found = patina_go_ctx_remove_session(ctx, session);
	patina_leave();
	void (*cb)(SSL_CTX *, SSL_SESSION *) = (void *)patina_callback(PATINA_CTX(ctx), PATINA_CB_SESSION_REMOVE, 0);
	if (cb) cb(ctx, session);
	return found;
}

void SSL_CTX_flush_sessions(SSL_CTX *ctx, long t) {
	SSL_SESSION **removed = 0;
	patina_enter();
	int n = patina_go_ctx_flush(ctx, t, &removed);
	patina_leave();
	show_removed(ctx, removed, n);
}
