// psk_c.c: external PSKs of TLS 1.3, and the callback that says whether early data is accepted.
// Manual: SSL_CTX_set_psk_client_callback(3), SSL_CTX_use_psk_identity_hint(3), SSL_read_early_data(3).

#include <string.h>

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "cipher.h"
#include "loop.h"

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

// A hint goes with the suites of TLS 1.2 that have a PSK, which are not offered: it is checked, and not sent.
static int take_hint(const char *hint) {
	if (!hint || strlen(hint) <= PSK_MAX_IDENTITY_LEN) return 1;
	patina_raise(ERR_LIB_SSL, SSL_R_DATA_LENGTH_TOO_LONG, 0, 0);
	return 0;
}

int SSL_CTX_use_psk_identity_hint(SSL_CTX *ctx, const char *identity_hint) {
	(void)ctx;
	return take_hint(identity_hint);
}

int SSL_use_psk_identity_hint(SSL *s, const char *identity_hint) { return s && take_hint(identity_hint); }

// The session of a key that has no more to it: of SHA-256 (RFC 8446, section 4.2.11).
static SSL_SESSION *session_of_key(const unsigned char *key, size_t len) {
	SSL_SESSION *x = SSL_SESSION_new();
	if (x && SSL_SESSION_set1_master_key(x, key, len) && SSL_SESSION_set_cipher(x, patina_cipher(0x1301)) &&
	    SSL_SESSION_set_protocol_version(x, TLS1_3_VERSION))
		return x;
	SSL_SESSION_free(x);
	return 0;
}

// What a callback of the older kind has returned. 1: there is no key, or it is in st; below 0: it is too long.
static int take_key(SSL *s, struct patina_step *st, unsigned char *key, unsigned n) {
	int ok = n <= PSK_MAX_PSK_LEN ? 1 : -1;
	if (ok > 0 && n) {
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
	if (!(s->answer = OPENSSL_zalloc(PSK_MAX_IDENTITY_LEN + 1))) return 0;
	unsigned n = ((SSL_psk_client_cb_func)st->fn)(s, 0, (char *)s->answer, PSK_MAX_IDENTITY_LEN, key, sizeof key);
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
	char *identity = OPENSSL_strndup((const char *)st->data, st->data_len);
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
