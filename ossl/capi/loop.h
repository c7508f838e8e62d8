// loop.h: what passes between the step loop (loop.c) and Go (step.go). The numbers are those of ossl/op.go and ossl/need.go.

#ifndef PATINA_LOOP_H
#define PATINA_LOOP_H

#include <stdint.h>

#include "handle.h"

enum { PATINA_LENT = 16896 }; // core.MaxLent

enum patina_op {
	PATINA_OP_NONE,
	PATINA_OP_HANDSHAKE,
	PATINA_OP_READ,
	PATINA_OP_PEEK,
	PATINA_OP_WRITE,
	PATINA_OP_SHUTDOWN,
	PATINA_OP_READ_EARLY,
	PATINA_OP_WRITE_EARLY,
	PATINA_OP_STATELESS,
};

enum patina_need {
	PATINA_NEED_NOTHING,
	PATINA_NEED_READ,
	PATINA_NEED_WRITE,
	PATINA_NEED_EVENTS,
	PATINA_NEED_CLIENT_HELLO,
	PATINA_NEED_SERVER_NAME,
	PATINA_NEED_ALPN,
	PATINA_NEED_CERT,
	PATINA_NEED_CLIENT_CERT,
	PATINA_NEED_STATUS,
	PATINA_NEED_SIGN,
	PATINA_NEED_VERIFY,
	PATINA_NEED_SESSION_NEW,
	PATINA_NEED_SESSION_GET,
	PATINA_NEED_SESSION_REMOVE,
	PATINA_NEED_TICKET_OPEN,
	PATINA_NEED_TICKET_SEAL,
	PATINA_NEED_TICKET_APPDATA,
	PATINA_NEED_SESSION_ID,
	PATINA_NEED_PADDING,
	PATINA_NEED_NOT_RESUMABLE,
	PATINA_NEED_EARLY_DATA,
	PATINA_NEED_PSK_USE_SESSION,
	PATINA_NEED_PSK_CLIENT,
	PATINA_NEED_PSK_FIND_SESSION,
	PATINA_NEED_PSK_SERVER,
	PATINA_NEED_SECURITY,
	PATINA_NEED_COOKIE,
	PATINA_NEED_COOKIE_VERIFY,
	PATINA_NEED_EXTENSION_ADD,
	PATINA_NEED_EXTENSION_PARSE,
	PATINA_NEED_CT,
};

// A question to a security callback (ossl/judgement.go). One whose any is not 0 is not asked after one of the same any
// that settles has been allowed; one that follows is asked only if the one before was allowed.
struct patina_question {
	int32_t op, bits, nid;
	uint16_t id;
	uint8_t any, flags;
};

enum { PATINA_QUESTION_SETTLES = 1, PATINA_QUESTION_FOLLOWS = 2 };
enum { PATINA_ANSWER_DENIED, PATINA_ANSWER_ALLOWED, PATINA_ANSWER_NONE };

enum patina_event_kind { PATINA_EVENT_INFO, PATINA_EVENT_MESSAGE, PATINA_EVENT_KEYLOG, PATINA_EVENT_EXTENSION };

struct patina_event {
	int32_t kind, sent, state, in_init, failed, shutdown, where, ret, version, type;
	uintptr_t fn, arg;
	const uint8_t *data;
	size_t len;
};

struct patina_step {
	// To Go.
	int32_t op;
	int32_t ended;       // the last final write has ended its operation
	int32_t start;       // the first step of a call: op begins, or goes on after it has told the caller to retry
	uint8_t *buf;        // the caller's
	size_t len;
	size_t sent, received;
	uint8_t *lent;       // a thread's own buffer, PATINA_LENT bytes, with what has been received at view.next_lead; or 0
	struct patina_cell *lender; // that thread's
	int32_t tried;       // the last final write that events follow has been tried
	int32_t eof;
	int32_t answer;      // the need that is answered, or PATINA_NEED_NOTHING
	int32_t value, alert, result;
	const uint8_t *bytes;
	size_t bytes_len;
	SSL_SESSION *session_answer;
	uint8_t *held;       // memory that bytes or data may point into; freed after the next step
	size_t secret;       // so many bytes of it are a key
	// From Go.
	int32_t need;
	int32_t flush, final;
	int32_t attempt;     // the operation has ended even if the write would block
	int32_t more;        // events follow a final write
	int32_t spare;       // all counts as sent if the peer has gone
	int32_t ret;         // what the operation returns: 1, or 0 or less
	size_t moved;        // bytes read or written
	uint8_t *data;
	size_t data_len, min;
	int32_t num, scheme;
	uintptr_t fn, arg, object;
	uint32_t ext_type, ext_context; // of an extension of the application's
	int32_t ext_old;                // its callbacks are those of SSL_CTX_add_client_custom_ext
	size_t ext_index;               // the certificate it goes with: its place, and DER
	const uint8_t *cert;
	size_t cert_len;
	SSL_SESSION *session; // a reference that the loop owns
	const struct patina_event *events;
	size_t event_count;
};

// Runs an operation on s until it ends or would block. Returns 1, with the bytes read or written in *moved, or 0 or less.
PATINA_HIDDEN int patina_run(SSL *s, int op, uint8_t *buf, size_t len, size_t *moved);

// needs_c.c: performs a need other than reading, writing and events, on the host's stack, and puts the answer in st.
// 1: step on; 0 or less: the operation ends with this and s->want says why.
PATINA_HIDDEN int patina_perform(SSL *s, struct patina_step *st);
// Those about signing, verification, and sessions and tickets.
PATINA_HIDDEN int patina_sign(SSL *s, struct patina_step *st);
PATINA_HIDDEN int patina_verify(SSL *s, struct patina_step *st);
// security_c.c: the questions that Go has, and one list of them.
PATINA_HIDDEN void patina_ask_security(SSL *s, const struct patina_question *q, size_t n, uint8_t *answers);
PATINA_HIDDEN int patina_judge(SSL *s, struct patina_step *st);
// async_c.c: an operation begins. Makes what SSL_get_all_async_fds asks, in SSL_MODE_ASYNC.
PATINA_HIDDEN void patina_async_begin(SSL *s);
// sign_c.c: signs what is described; what comes out of it is in it too.
struct patina_signing;
PATINA_HIDDEN int patina_signature(struct patina_signing *w);
PATINA_HIDDEN struct patina_signing *patina_signing_new(SSL *s, struct patina_step *st, EVP_PKEY *key);
PATINA_HIDDEN int patina_signing_same(const struct patina_signing *w, const struct patina_step *st);
PATINA_HIDDEN void patina_signing_free(struct patina_signing *w);
PATINA_HIDDEN int patina_signed(struct patina_signing *w, struct patina_step *st);
// async_c.c: makes a signature in a job of libcrypto's, which may pause. As patina_perform.
PATINA_HIDDEN int patina_sign_async(SSL *s, struct patina_step *st, EVP_PKEY *key);
// stateless_c.c.
PATINA_HIDDEN int patina_perform_cookie(SSL *s, struct patina_step *st);
// padding_c.c.
PATINA_HIDDEN int patina_pad(SSL *s, struct patina_step *st);
PATINA_HIDDEN int patina_perform_session(SSL *s, struct patina_step *st);
// customext_c.c and ct_c.c.
PATINA_HIDDEN int patina_perform_extension(SSL *s, struct patina_step *st);
PATINA_HIDDEN int patina_perform_ct(SSL *s, struct patina_step *st);
// Those about external PSKs and early data.
PATINA_HIDDEN int patina_perform_psk(SSL *s, struct patina_step *st);

#endif
