// security_c.c: security callbacks, and the one that stands for the security level.
// Manual: SSL_CTX_set_security_level(3), SSL_CTX_set_security_callback(3).

#include <openssl/err.h>

#include "callbacks.h"
#include "cert.h"
#include "cipher.h"
#include "loop.h"

#define CTX(ctx) PATINA_CTX((SSL_CTX *)(ctx))
#define CONN(s) PATINA_SSL((SSL *)(s))

typedef int (*security_callback)(const SSL *, const SSL_CTX *, int, int, int, void *, void *);

// Bits of security that each security level asks for.
static int bits_of_level(int level) {
	static const int bits[] = {0, 80, 112, 128, 192, 256};
	return bits[level < 0 ? 0 : level > 5 ? 5 : level];
}

// At any level.
enum { LEAST_DH_BITS = 80 };

// The callback of those who have set none. Programs get it, and call it from their own.
static int by_level(const SSL *s, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex) {
	(void)ex;
	int level = s ? SSL_get_security_level(s) : SSL_CTX_get_security_level(ctx);
	if (level <= 0) return op != SSL_SECOP_TMP_DH || bits >= LEAST_DH_BITS;
	switch (op) {
	case SSL_SECOP_VERSION: return nid > (level < 2 ? 0 : level == 2 ? SSL3_VERSION : level == 3 ? TLS1_VERSION : TLS1_1_VERSION);
	case SSL_SECOP_COMPRESSION: return level < 2;
	case SSL_SECOP_TICKET: return level < 3;
	case SSL_SECOP_CIPHER_SUPPORTED:
	case SSL_SECOP_CIPHER_SHARED:
	case SSL_SECOP_CIPHER_CHECK:
		if (SSL_CIPHER_get_auth_nid(other) == NID_auth_null) return 0;
	}
	return bits >= bits_of_level(level);
}

static security_callback callback_of(struct patina_owner o) {
	security_callback cb = (security_callback)patina_callback(o, PATINA_CB_SECURITY, 0);
	return cb ? cb : by_level;
}

static void set(struct patina_owner o, security_callback cb) {
	patina_set_callback(o, PATINA_CB_SECURITY, cb == by_level ? 0 : (uintptr_t)cb, 0);
}

static void *data_of(struct patina_owner o) {
	uintptr_t arg = 0;
	patina_callback(o, PATINA_CB_SECURITY, &arg);
	return (void *)arg;
}

void SSL_CTX_set_security_callback(SSL_CTX *ctx, security_callback cb) { set(CTX(ctx), cb); }
void SSL_set_security_callback(SSL *s, security_callback cb) { set(CONN(s), cb); }
int (*SSL_CTX_get_security_callback(const SSL_CTX *ctx))(const SSL *, const SSL_CTX *, int, int, int, void *, void *) {
	return callback_of(CTX(ctx));
}
int (*SSL_get_security_callback(const SSL *s))(const SSL *, const SSL_CTX *, int, int, int, void *, void *) {
	return callback_of(CONN(s));
}
void SSL_CTX_set0_security_ex_data(SSL_CTX *ctx, void *ex) { patina_set_callback(CTX(ctx), PATINA_CB_SECURITY_ARG, (uintptr_t)ex, 0); }
void SSL_set0_security_ex_data(SSL *s, void *ex) { patina_set_callback(CONN(s), PATINA_CB_SECURITY_ARG, (uintptr_t)ex, 0); }
void *SSL_CTX_get0_security_ex_data(const SSL_CTX *ctx) { return data_of(CTX(ctx)); }
void *SSL_get0_security_ex_data(const SSL *s) { return data_of(CONN(s)); }

int patina_security(struct patina_owner o, int op, int bits, int nid, void *other) {
	uintptr_t ex = 0;
	security_callback cb = (security_callback)patina_callback(o, PATINA_CB_SECURITY, &ex);
	return (cb ? cb : by_level)(o.ssl, o.ctx, op, bits, nid, other, (void *)ex);
}

// What a question is about, as the callback sees it; bytes is room for it.
static void *other_of(const struct patina_question *q, unsigned char bytes[2]) {
	switch (q->op & SSL_SECOP_OTHER_TYPE) {
	case SSL_SECOP_OTHER_CIPHER: return (void *)patina_cipher(q->id);
	case SSL_SECOP_OTHER_CURVE:
	case SSL_SECOP_OTHER_SIGALG:
		bytes[0] = (unsigned char)(q->id >> 8);
		bytes[1] = (unsigned char)q->id;
		return bytes;
	}
	return 0;
}

void patina_ask_security(SSL *s, const struct patina_question *q, size_t n, uint8_t *answers) {
	uint8_t settled[256] = {0};
	uintptr_t ex = 0;
	security_callback cb = (security_callback)patina_callback(CONN(s), PATINA_CB_SECURITY, &ex);
	if (!cb) cb = by_level;
	for (size_t i = 0; i < n; i++) {
		unsigned char bytes[2];
		answers[i] = PATINA_ANSWER_NONE;
		if (settled[q[i].any] && q[i].any) continue;
		if ((q[i].flags & PATINA_QUESTION_FOLLOWS) && (!i || answers[i - 1] != PATINA_ANSWER_ALLOWED)) continue;
		int ok = cb(s, 0, q[i].op, q[i].bits, q[i].nid, other_of(&q[i], bytes), (void *)ex) != 0;
		answers[i] = ok ? PATINA_ANSWER_ALLOWED : PATINA_ANSWER_DENIED;
		if (ok && (q[i].flags & PATINA_QUESTION_SETTLES)) settled[q[i].any] = 1;
	}
}

int patina_judge(SSL *s, struct patina_step *st) {
	size_t n = st->data_len / sizeof(struct patina_question);
	uint8_t *answers = OPENSSL_malloc(n ? n : 1);
	if (answers) patina_ask_security(s, (const struct patina_question *)st->data, n, answers);
	OPENSSL_free(s->answer);
	s->answer = answers;
	st->answer = st->need;
	st->bytes = answers;
	st->bytes_len = answers ? n : 0; // without an answer all is denied
	return 1;
}
