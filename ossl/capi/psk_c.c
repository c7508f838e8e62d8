// psk_c.c: pre-shared keys of TLS 1.3. Manual: SSL_CTX_set_psk_client_callback(3), SSL_CTX_use_psk_identity_hint(3).

#include <string.h>

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
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
void SSL_CTX_set_psk_use_session_callback(SSL_CTX *ctx, SSL_psk_use_session_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_USE_SESSION, (uintptr_t)cb, 0);
}
void SSL_set_psk_use_session_callback(SSL *s, SSL_psk_use_session_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_USE_SESSION, (uintptr_t)cb, 0);
}
void SSL_CTX_set_psk_find_session_callback(SSL_CTX *ctx, SSL_psk_find_session_cb_func cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_PSK_FIND_SESSION, (uintptr_t)cb, 0);
}
void SSL_set_psk_find_session_callback(SSL *s, SSL_psk_find_session_cb_func cb) {
	patina_set_callback(CONN(s), PATINA_CB_PSK_FIND_SESSION, (uintptr_t)cb, 0);
}

enum { CLIENT = 1 }; // st->num

// The reference that a callback gives with a session is ours.
static int give_session(SSL *s, struct patina_step *st) {
	SSL_SESSION *session = 0;
	if (st->num == CLIENT) {
		const unsigned char *id = 0;
		size_t len = 0;
		st->value = ((SSL_psk_use_session_cb_func)st->fn)(s, 0, &id, &len, &session) != 0;
		if (session && len && (s->answer = OPENSSL_memdup(id, len))) {
			st->bytes = s->answer;
			st->bytes_len = len;
		}
	} else {
		st->value = ((SSL_psk_find_session_cb_func)st->fn)(s, st->data, st->data_len, &session) != 0;
	}
	s->answer_session = session;
	st->session_answer = session;
	return 1;
}

// A server's callback sees the identity as a string.
static unsigned ask_server(SSL *s, struct patina_step *st, unsigned char *key) {
	char identity[PSK_MAX_IDENTITY_LEN + 1];
	if (st->data_len >= sizeof identity) return 0;
	memcpy(identity, st->data, st->data_len);
	identity[st->data_len] = 0;
	return ((SSL_psk_server_cb_func)st->fn)(s, identity, key, PSK_MAX_PSK_LEN);
}

static int give_key(SSL *s, struct patina_step *st) {
	unsigned char key[PSK_MAX_PSK_LEN];
	char identity[PSK_MAX_IDENTITY_LEN + 1] = {0};
	size_t id_len = 0;
	unsigned len = st->num == CLIENT ? ((SSL_psk_client_cb_func)st->fn)(s, 0, identity, sizeof identity - 1, key, sizeof key)
	                                 : ask_server(s, st, key);
	if (len > sizeof key) {
		st->value = -1;
		return 1;
	}
	if (st->num == CLIENT) id_len = strnlen(identity, sizeof identity - 1);
	if (len && !(s->answer = OPENSSL_malloc(id_len + len))) {
		st->value = -1;
		return 1;
	}
	if (len) {
		memcpy(s->answer, identity, id_len);
		memcpy(s->answer + id_len, key, len);
	}
	OPENSSL_cleanse(key, sizeof key);
	st->bytes = s->answer;
	st->bytes_len = len ? id_len + len : 0;
	st->result = (int32_t)id_len;
	st->value = (int32_t)len;
	return 1;
}

int patina_psk(SSL *s, struct patina_step *st) {
	return st->need == PATINA_NEED_PSK_SESSION ? give_session(s, st) : give_key(s, st);
}
