// sesscache_c.c: the session of an SSL and the session cache of an SSL_CTX. Manual: SSL_get_session(3), SSL_set_session(3),
// SSL_CTX_add_session(3), SSL_CTX_flush_sessions(3).

#include <pthread.h>
#include <string.h>

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
	if (!bad) {
		patina_session_release();
		return;
	}
	void (*cb)(SSL_CTX *, SSL_SESSION *) = (void *)patina_callback(PATINA_CTX(s->session_ctx), PATINA_CB_SESSION_REMOVE, 0);
	if (cb) cb(s->session_ctx, bad);
	SSL_SESSION_free(bad);
	patina_session_release();
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
	patina_session_release();
}

static unsigned long hash_of(const void *p) {
	unsigned len = 0;
	const unsigned char *id = SSL_SESSION_get_id(p, &len);
	unsigned long h = 0;
	for (unsigned i = 0; i < len && i < 4; i++) h |= (unsigned long)id[i] << (8 * i);
	return h;
}

static int compare(const void *a, const void *b) {
	unsigned alen = 0, blen = 0;
	const unsigned char *aid = SSL_SESSION_get_id(a, &alen), *bid = SSL_SESSION_get_id(b, &blen);
	if (alen != blen || SSL_SESSION_get_protocol_version(a) != SSL_SESSION_get_protocol_version(b)) return 1;
	return alen ? memcmp(aid, bid, alen) : 0;
}

static void free_session(void *p) { SSL_SESSION_free(p); }

void patina_free_sessions(OPENSSL_LHASH *table) {
	if (!table) return;
	OPENSSL_LH_doall(table, free_session);
	OPENSSL_LH_free(table);
}

// The cache is Go's: the table holds what was in it at the last call, or at the last change by SSL_CTX_add_session and the
// like after it.
LHASH_OF(SSL_SESSION) *SSL_CTX_sessions(SSL_CTX *ctx) {
	static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;
	if (!patina_is_ctx(ctx)) return 0;
	SSL_SESSION **list = 0;
	patina_enter();
	int n = patina_go_ctx_sessions(ctx, &list);
	patina_leave();
	pthread_mutex_lock(&filling);
	if (!ctx->sessions) {
		ctx->sessions = OPENSSL_LH_new(hash_of, compare);
	} else {
		OPENSSL_LH_doall(ctx->sessions, free_session);
		OPENSSL_LH_flush(ctx->sessions);
	}
	for (int i = 0; i < n; i++) {
		SSL_SESSION *old = ctx->sessions ? OPENSSL_LH_insert(ctx->sessions, list[i]) : list[i];
		SSL_SESSION_free(old);
	}
	OPENSSL_LHASH *table = ctx->sessions;
	pthread_mutex_unlock(&filling);
	OPENSSL_free(list);
	return (LHASH_OF(SSL_SESSION) *)table;
}

int SSL_CTX_add_session(SSL_CTX *ctx, SSL_SESSION *session) {
	if (!patina_is_ctx(ctx)) return 0;
	SSL_SESSION **removed = 0;
	int n = 0;
	patina_enter();
	int added = patina_go_ctx_add_session(ctx, session, &removed, &n);
	patina_leave();
	show_removed(ctx, removed, n);
	if (ctx->sessions) SSL_CTX_sessions(ctx);
	return added;
}

int SSL_CTX_remove_session(SSL_CTX *ctx, SSL_SESSION *session) {
	unsigned len = 0;
	if (!patina_is_ctx(ctx) || !session || (SSL_SESSION_get_id(session, &len), !len)) return 0;
	patina_enter();
	int found = patina_go_ctx_remove_session(ctx, session);
	patina_leave();
	void (*cb)(SSL_CTX *, SSL_SESSION *) = (void *)patina_callback(PATINA_CTX(ctx), PATINA_CB_SESSION_REMOVE, 0);
	if (cb) cb(ctx, session);
	if (ctx->sessions) SSL_CTX_sessions(ctx);
	patina_session_release();
	return found;
}

void SSL_CTX_flush_sessions(SSL_CTX *ctx, long t) {
	if (!patina_is_ctx(ctx)) return;
	SSL_SESSION **removed = 0;
	patina_enter();
	int n = patina_go_ctx_flush(ctx, t, &removed);
	patina_leave();
	show_removed(ctx, removed, n);
	if (ctx->sessions) SSL_CTX_sessions(ctx);
}
