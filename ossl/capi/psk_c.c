// psk_c.c: external PSKs, and the callback that says whether early data is accepted.
// Manual: SSL_CTX_set_psk_client_callback(3), SSL_CTX_use_psk_identity_hint(3), SSL_read_early_data(3).

#include <string.h>

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "cipher.h"
#include "facts.h"
#include "gate.h"
#include "loop.h"
#include "_cgo_export.h"

#define CTX(ctx) PATINA_CTX((SSL_CTX *)(ctx))
#define CONN(s) PATINA_SSL((SSL *)(s))

void SSL_CTX_set_psk_client_callback(SSL_CTX *ctx, SSL_psk_client_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_CLIENT, (uintptr_t)cb, 0);
}
void SSL_set_psk_client_callback(SSL *s, SSL_psk_client_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_CLIENT, (uintptr_t)cb, 0);
}
void SSL_CTX_set_psk_server_callback(SSL_CTX *ctx, SSL_psk_server_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_SERVER, (uintptr_t)cb, 0);
}
void SSL_set_psk_server_callback(SSL *s, SSL_psk_server_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_SERVER, (uintptr_t)cb, 0);
}
void SSL_CTX_set_psk_find_session_callback(SSL_CTX *ctx, SSL_psk_find_session_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_FIND_SESSION, (uintptr_t)cb, 0);
}
void SSL_set_psk_find_session_callback(SSL *s, SSL_psk_find_session_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_FIND_SESSION, (uintptr_t)cb, 0);
}
void SSL_CTX_set_psk_use_session_callback(SSL_CTX *ctx, SSL_psk_use_session_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_USE_SESSION, (uintptr_t)cb, 0);
}
void SSL_set_psk_use_session_callback(SSL *s, SSL_psk_use_session_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_USE_SESSION, (uintptr_t)cb, 0);
}
void SSL_CTX_set_allow_early_data_cb(SSL_CTX *ctx, SSL_allow_early_data_cb_fn cb, void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_ALLOW_EARLY_DATA, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_set_allow_early_data_cb(SSL *s, SSL_allow_early_data_cb_fn cb, void *arg) {
	patina_set_callback(CONN(s), PATINA_CB_ALLOW_EARLY_DATA, (uintptr_t)cb, (uintptr_t)arg);
}

int SSL_use_psk_identity_hint(SSL *s, const char *hint) {
	if (!s) return 0;
	patina_enter();
	int r = patina_go_use_psk_identity_hint(s, (char *)hint);
	patina_leave();
	return r;
}

// Kept in the SSL, as programs keep the pointers.
static const char *name_of(SSL *s, int fact, char **kept) {
	const uint8_t *name;
	size_t len;
	if (!patina_fact(s, fact, &name, &len)) return 0;
	if (!*kept || strcmp(*kept, (const char *)name) != 0) {
		OPENSSL_free(*kept);
		*kept = OPENSSL_strdup((const char *)name);
	}
	return *kept;
}

const char *SSL_get_psk_identity(const SSL *cs) {
	SSL *s = (SSL *)cs;
	return name_of(s, PATINA_FACT_PSK_IDENTITY, &s->psk_identity);
}

const char *SSL_get_psk_identity_hint(const SSL *cs) {
	SSL *s = (SSL *)cs;
	return name_of(s, PATINA_FACT_PSK_HINT, &s->psk_hint);
}

// The session of a key that has no more to it: of SHA-256 (RFC 8446, section 4.2.11).
static SSL_SESSION *session_of_key(const unsigned char *key, size_t len) {
	SSL_SESSION *x = SSL_SESSION_new();
	if (x && SSL_SESSION_set1_master_key(x, key, len) && SSL_SESSION_set_cipher(x, patina_cipher(0x1301)) &&
	    SSL_SESSION_set_protocol_version(x, TLS1_3_VERSION))
		return x;
	SSL_SESSION_free(x);
	return 0;
}

// A key of TLS 1.2 in st, with a client's identity behind it. Its length, 0 for none; below 0: it is too long.
static int take_key12(struct patina_step *st, const unsigned char *key, unsigned n, const unsigned char *identity) {
	size_t len = identity ? strlen((const char *)identity) : 0;
	if (n > PSK_MAX_PSK_LEN || !(st->held = OPENSSL_malloc(n + len + 1))) return -1;
	memcpy(st->held, key, n);
	if (len) memcpy(st->held + n, identity, len);
	st->secret = n;
	st->bytes = st->held;
	st->bytes_len = n + len;
	return (int)n;
}

// What a callback of the older kind has returned. 1: there is no key, or it is in st; below 0: it is too long.
static int take_key(SSL *s, struct patina_step *st, unsigned char *key, unsigned n) {
	int ok = n <= PSK_MAX_PSK_LEN ? 1 : -1;
	if (st->num) {
		ok = take_key12(st, key, n, s->answer);
	} else if (ok > 0 && n) {
		s->answer_session = st->session_answer = session_of_key(key, n);
		ok = s->answer_session ? 1 : -1;
	}
	OPENSSL_cleanse(key, PSK_MAX_PSK_LEN);
	return ok;
}

static int use_session(SSL *s, struct patina_step *st) {
	SSL_SESSION *x = 0;
	const unsigned char *id = 0;
	size_t len = 0;
	int ok = ((SSL_psk_use_session_cb_func)st->fn)(s, 0, &id, &len, &x);
	s->answer_session = st->session_answer = x;
	st->bytes = id;
	st->bytes_len = x && id ? len : 0;
	return ok != 0;
}

static int client(SSL *s, struct patina_step *st) {
	unsigned char key[PSK_MAX_PSK_LEN];
	char *hint = st->data_len ? OPENSSL_strndup((const char *)st->data, st->data_len) : 0;
	if (!(s->answer = OPENSSL_zalloc(PSK_MAX_IDENTITY_LEN + 1)) || (st->data_len && !hint)) return 0;
	unsigned n = ((SSL_psk_client_cb_func)st->fn)(s, hint, (char *)s->answer, PSK_MAX_IDENTITY_LEN, key, sizeof key);
	OPENSSL_free(hint);
	s->answer[PSK_MAX_IDENTITY_LEN] = 0;
	st->bytes = s->answer;
	st->bytes_len = strlen((char *)s->answer);
	return take_key(s, st, key, n);
}

static int find_session(SSL *s, struct patina_step *st) {
	SSL_SESSION *x = 0;
	int ok = ((SSL_psk_find_session_cb_func)st->fn)(s, st->data, st->data_len, &x);
	s->answer_session = st->session_answer = x;
	return ok != 0;
}

static int server(SSL *s, struct patina_step *st) {
	unsigned char key[PSK_MAX_PSK_LEN];
	char *identity = OPENSSL_strndup(st->data ? (const char *)st->data : "", st->data_len); // it may be empty
	if (!identity) return 0;
	unsigned n = ((SSL_psk_server_cb_func)st->fn)(s, identity, key, sizeof key);
	OPENSSL_free(identity);
	return take_key(s, st, key, n);
}

int patina_perform_psk(SSL *s, struct patina_step *st) {
	OPENSSL_free(s->answer);
	s->answer = 0;
	SSL_SESSION_free(s->answer_session);
	s->answer_session = 0;
	st->answer = st->need;
	switch (st->need) {
	case PATINA_NEED_EARLY_DATA:
		st->value = ((SSL_allow_early_data_cb_fn)st->fn)(s, (void *)st->arg);
		break;
	case PATINA_NEED_PSK_USE_SESSION: st->value = use_session(s, st); break;
	case PATINA_NEED_PSK_CLIENT: st->value = client(s, st); break;
	case PATINA_NEED_PSK_FIND_SESSION: st->value = find_session(s, st); break;
	case PATINA_NEED_PSK_SERVER: st->value = server(s, st); break;
	}
	return 1;
}
