// callbacks_c.c: the functions that set and get callbacks. Go keeps them.

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
#include "zconsttypes.h"
#include "_cgo_export.h"

void patina_set_callback(struct patina_owner o, int id, uintptr_t fn, uintptr_t arg) {
	patina_enter();
	if (o.ctx) patina_go_ctx_set_callback(o.ctx, id, fn, arg);
	else patina_go_ssl_set_callback(o.ssl, id, fn, arg);
	patina_leave();
}

uintptr_t patina_callback(struct patina_owner o, int id, uintptr_t *arg) {
	patina_enter();
	uintptr_t fn = o.ctx ? patina_go_ctx_callback(o.ctx, id, arg) : patina_go_ssl_callback(o.ssl, id, arg);
	patina_leave();
	return fn;
}

#define CTX(ctx) PATINA_CTX((SSL_CTX *)(ctx))
#define CONN(s) PATINA_SSL((SSL *)(s))

// Sessions.
void SSL_CTX_sess_set_new_cb(SSL_CTX *ctx, int (*cb)(SSL *, SSL_SESSION *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_SESSION_NEW, (uintptr_t)cb, 0);
}
int (*SSL_CTX_sess_get_new_cb(SSL_CTX *ctx))(SSL *, SSL_SESSION *) {
	return (fn_sess_new_cb)patina_callback(CTX(ctx), PATINA_CB_SESSION_NEW, 0);
}
void SSL_CTX_sess_set_remove_cb(SSL_CTX *ctx, void (*cb)(SSL_CTX *, SSL_SESSION *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_SESSION_REMOVE, (uintptr_t)cb, 0);
}
void (*SSL_CTX_sess_get_remove_cb(SSL_CTX *ctx))(SSL_CTX *, SSL_SESSION *) {
	return (fn_sess_remove_cb)patina_callback(CTX(ctx), PATINA_CB_SESSION_REMOVE, 0);
}
void SSL_CTX_sess_set_get_cb(SSL_CTX *ctx, SSL_SESSION *(*cb)(SSL *, const unsigned char *, int, int *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_SESSION_GET, (uintptr_t)cb, 0);
}
SSL_SESSION *(*SSL_CTX_sess_get_get_cb(SSL_CTX *ctx))(SSL *, const unsigned char *, int, int *) {
	return (fn_sess_get_cb)patina_callback(CTX(ctx), PATINA_CB_SESSION_GET, 0);
}
int SSL_CTX_set_generate_session_id(SSL_CTX *ctx, GEN_SESSION_CB cb) {
	patina_set_callback(CTX(ctx), PATINA_CB_GENERATE_ID, (uintptr_t)cb, 0);
	return 1;
}
int SSL_set_generate_session_id(SSL *s, GEN_SESSION_CB cb) {
	patina_set_callback(CONN(s), PATINA_CB_GENERATE_ID, (uintptr_t)cb, 0);
	return 1;
}
void SSL_CTX_set_not_resumable_session_callback(SSL_CTX *ctx, int (*cb)(SSL *, int)) {
	patina_set_callback(CTX(ctx), PATINA_CB_NOT_RESUMABLE, (uintptr_t)cb, 0);
}
void SSL_set_not_resumable_session_callback(SSL *s, int (*cb)(SSL *, int)) {
	patina_set_callback(CONN(s), PATINA_CB_NOT_RESUMABLE, (uintptr_t)cb, 0);
}
int SSL_CTX_set_tlsext_ticket_key_evp_cb(SSL_CTX *ctx, int (*cb)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *,
                                                                   EVP_MAC_CTX *, int)) {
	patina_set_callback(CTX(ctx), PATINA_CB_TICKET_KEY_EVP, (uintptr_t)cb, 0);
	return 1;
}
int SSL_CTX_set_session_ticket_cb(SSL_CTX *ctx, SSL_CTX_generate_session_ticket_fn gen, SSL_CTX_decrypt_session_ticket_fn dec,
                                  void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_TICKET_GENERATE, (uintptr_t)gen, (uintptr_t)arg);
	patina_set_callback(CTX(ctx), PATINA_CB_TICKET_DECRYPTED, (uintptr_t)dec, (uintptr_t)arg);
	return 1;
}

// The handshake.
void SSL_CTX_set_info_callback(SSL_CTX *ctx, void (*cb)(const SSL *, int, int)) {
	patina_set_callback(CTX(ctx), PATINA_CB_INFO, (uintptr_t)cb, 0);
}
void (*SSL_CTX_get_info_callback(SSL_CTX *ctx))(const SSL *, int, int) {
	return (fn_info_callback)patina_callback(CTX(ctx), PATINA_CB_INFO, 0);
}
void SSL_set_info_callback(SSL *s, void (*cb)(const SSL *, int, int)) {
	patina_set_callback(CONN(s), PATINA_CB_INFO, (uintptr_t)cb, 0);
}
void (*SSL_get_info_callback(const SSL *s))(const SSL *, int, int) {
	return (fn_info_callback)patina_callback(CONN(s), PATINA_CB_INFO, 0);
}
void SSL_CTX_set_msg_callback(SSL_CTX *ctx, void (*cb)(int, int, int, const void *, size_t, SSL *, void *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_MESSAGE, (uintptr_t)cb, 0);
}
void SSL_set_msg_callback(SSL *s, void (*cb)(int, int, int, const void *, size_t, SSL *, void *)) {
	patina_set_callback(CONN(s), PATINA_CB_MESSAGE, (uintptr_t)cb, 0);
}
void SSL_CTX_set_keylog_callback(SSL_CTX *ctx, SSL_CTX_keylog_cb_func cb) { patina_set_callback(CTX(ctx), PATINA_CB_KEYLOG, (uintptr_t)cb, 0); }
SSL_CTX_keylog_cb_func SSL_CTX_get_keylog_callback(const SSL_CTX *ctx) {
	return (SSL_CTX_keylog_cb_func)patina_callback(CTX(ctx), PATINA_CB_KEYLOG, 0);
}
void SSL_CTX_set_client_hello_cb(SSL_CTX *ctx, SSL_client_hello_cb_fn cb, void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_CLIENT_HELLO, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_CTX_set_alpn_select_cb(SSL_CTX *ctx, SSL_CTX_alpn_select_cb_func cb, void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_ALPN_SELECT, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_CTX_set_cert_cb(SSL_CTX *ctx, int (*cb)(SSL *, void *), void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_CERT, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_set_cert_cb(SSL *s, int (*cb)(SSL *, void *), void *arg) {
	patina_set_callback(CONN(s), PATINA_CB_CERT, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_CTX_set_cert_verify_callback(SSL_CTX *ctx, int (*cb)(X509_STORE_CTX *, void *), void *arg) {
	patina_set_callback(CTX(ctx), PATINA_CB_CERT_VERIFY, (uintptr_t)cb, (uintptr_t)arg);
}
void SSL_CTX_set_cookie_generate_cb(SSL_CTX *ctx, int (*cb)(SSL *, unsigned char *, unsigned int *)) {
	patina_set_callback(CTX(ctx), PATINA_CB_COOKIE_GENERATE, (uintptr_t)cb, 0);
}
void SSL_CTX_set_cookie_verify_cb(SSL_CTX *ctx, int (*cb)(SSL *, const unsigned char *, unsigned int)) {
	patina_set_callback(CTX(ctx), PATINA_CB_COOKIE_VERIFY, (uintptr_t)cb, 0);
}

// Those that SSL_CTX_callback_ctrl and SSL_callback_ctrl set.
long SSL_CTX_callback_ctrl(SSL_CTX *ctx, int cmd, void (*cb)(void)) {
	static const struct {
		int cmd, id;
	} known[] = {
		{SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, PATINA_CB_SERVER_NAME},
		{SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, PATINA_CB_STATUS},
		{SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB, PATINA_CB_TICKET_KEY},
		{SSL_CTRL_SET_NOT_RESUMABLE_SESS_CB, PATINA_CB_NOT_RESUMABLE},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].cmd != cmd) continue;
		patina_set_callback(CTX(ctx), known[i].id, (uintptr_t)cb, 0);
		return 1;
	}
	return 0;
}

long SSL_callback_ctrl(SSL *s, int cmd, void (*cb)(void)) {
	switch (cmd) {
	case SSL_CTRL_SET_NOT_RESUMABLE_SESS_CB:
		patina_set_callback(CONN(s), PATINA_CB_NOT_RESUMABLE, (uintptr_t)cb, 0);
		return 1;
	case SSL_CTRL_SET_TLSEXT_DEBUG_CB:
		patina_set_callback(CONN(s), PATINA_CB_EXTENSION_DEBUG, (uintptr_t)cb, 0);
		return 1;
	}
	return 0;
}
