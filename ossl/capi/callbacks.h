// callbacks.h: the callbacks of SSL_CTX and SSL. Go keeps them (ossl/ctx_callbacks.go, whose numbers these are).

#ifndef PATINA_CALLBACKS_H
#define PATINA_CALLBACKS_H

#include "topics.h"

enum patina_callback_id {
	PATINA_CB_INFO,
	PATINA_CB_MESSAGE,
	PATINA_CB_MESSAGE_ARG,
	PATINA_CB_KEYLOG,
	PATINA_CB_SESSION_NEW,
	PATINA_CB_SESSION_GET,
	PATINA_CB_SESSION_REMOVE,
	PATINA_CB_CLIENT_HELLO,
	PATINA_CB_SERVER_NAME,
	PATINA_CB_SERVER_NAME_ARG,
	PATINA_CB_ALPN_SELECT,
	PATINA_CB_CERT,
	PATINA_CB_CLIENT_CERT,
	PATINA_CB_STATUS,
	PATINA_CB_STATUS_ARG,
	PATINA_CB_TICKET_KEY,
	PATINA_CB_TICKET_KEY_EVP,
	PATINA_CB_TICKET_GENERATE,
	PATINA_CB_TICKET_DECRYPTED,
	PATINA_CB_CERT_VERIFY,
	PATINA_CB_NEXT_PROTO_ADVERT,
	PATINA_CB_NEXT_PROTO_SELECT,
	PATINA_CB_COOKIE_GENERATE,
	PATINA_CB_COOKIE_VERIFY,
	PATINA_CB_ALLOW_EARLY_DATA,
	PATINA_CB_PSK_CLIENT,
	PATINA_CB_PSK_SERVER,
	PATINA_CB_PSK_FIND_SESSION,
	PATINA_CB_PSK_USE_SESSION,
	PATINA_CB_NOT_RESUMABLE,
	PATINA_CB_GENERATE_ID,
	PATINA_CB_SECURITY,
	PATINA_CB_PADDING,
	PATINA_CB_PADDING_ARG,
	PATINA_CB_SECURITY_ARG,
	PATINA_CB_EXTENSION_DEBUG,
	PATINA_CB_EXTENSION_DEBUG_ARG,
	PATINA_CB_STATELESS_GENERATE,
	PATINA_CB_STATELESS_VERIFY,
	PATINA_CB_CT,
};

// callbacks_c.c. An argument that is set apart, ..._ARG, goes in fn.
PATINA_HIDDEN void patina_set_callback(struct patina_owner o, int id, uintptr_t fn, uintptr_t arg);
PATINA_HIDDEN uintptr_t patina_callback(struct patina_owner o, int id, uintptr_t *arg);

// security_c.c: what the security callback in force says, or the level.
PATINA_HIDDEN int patina_security(struct patina_owner o, int op, int bits, int nid, void *other);

// chain_c.c: SSL_CTX_build_cert_chain.
PATINA_HIDDEN int patina_build_chain(struct patina_owner o, long flags);

// connctrl_c.c: the commands of SSL_ctrl about the connection.
PATINA_HIDDEN long patina_connection_ctrl(SSL *s, int cmd, long larg, void *parg, int *known);

#endif
