// cipherlist_c.c: lists of SSL_CIPHER. Manual: SSL_get_ciphers(3).
// Go says which suites; a list that programs do not free is kept at the handle and replaced only when it has changed.

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>

#include "cipher.h"
#include "facts.h"
#include "gate.h"
#include "loop.h"
#include "_cgo_export.h"

// More suites than there are.
enum { MAX_SUITES = 64 };

static pthread_mutex_t lists_lock = PTHREAD_MUTEX_INITIALIZER;

static int same(const STACK_OF(SSL_CIPHER) *list, const uint16_t *ids, int n) {
	if (!list || sk_SSL_CIPHER_num(list) != n) return 0;
	for (int i = 0; i < n; i++)
		if (sk_SSL_CIPHER_value(list, i)->id != ids[i]) return 0;
	return 1;
}

static STACK_OF(SSL_CIPHER) *make(const uint16_t *ids, int n) {
	STACK_OF(SSL_CIPHER) *list = sk_SSL_CIPHER_new_reserve(NULL, n);
	for (int i = 0; list && i < n; i++) {
		const SSL_CIPHER *c = patina_cipher(ids[i]);
		if (c) sk_SSL_CIPHER_push(list, c);
	}
	return list;
}

// The list at *kept, made again if it is not of these suites.
static STACK_OF(SSL_CIPHER) *keep(STACK_OF(SSL_CIPHER) **kept, const uint16_t *ids, int n) {
	pthread_mutex_lock(&lists_lock);
	if (!same(*kept, ids, n)) {
		STACK_OF(SSL_CIPHER) *list = make(ids, n);
		if (list) {
			sk_SSL_CIPHER_free(*kept);
			*kept = list;
		}
	}
	STACK_OF(SSL_CIPHER) *now = *kept;
	pthread_mutex_unlock(&lists_lock);
	return now;
}

static int suites(SSL_CTX *ctx, SSL *s, int supported, uint16_t *ids) {
	patina_enter();
	int n = patina_go_cipher_ids(ctx, s, supported, ids, MAX_SUITES);
	patina_leave();
	return n;
}

STACK_OF(SSL_CIPHER) *SSL_CTX_get_ciphers(const SSL_CTX *ctx) {
	uint16_t ids[MAX_SUITES];
	if (!patina_is_ctx(ctx)) return NULL;
	SSL_CTX *c = (SSL_CTX *)ctx;
	return keep(&c->ciphers, ids, suites(c, NULL, 0, ids));
}

// The SSL_CTX's own list, as long as the SSL has the same suites.
STACK_OF(SSL_CIPHER) *SSL_get_ciphers(const SSL *s) {
	uint16_t ids[MAX_SUITES];
	if (!patina_is_ssl(s)) return NULL;
	SSL *ssl = (SSL *)s;
	int n = suites(NULL, ssl, 0, ids);
	STACK_OF(SSL_CIPHER) *of_ctx = SSL_CTX_get_ciphers(s->ctx);
	return same(of_ctx, ids, n) ? of_ctx : keep(&ssl->ciphers, ids, n);
}

const char *SSL_get_cipher_list(const SSL *s, int n) {
	STACK_OF(SSL_CIPHER) *list = SSL_get_ciphers(s);
	if (n < 0 || n >= sk_SSL_CIPHER_num(list)) return NULL;
	return sk_SSL_CIPHER_value(list, n)->name;
}

STACK_OF(SSL_CIPHER) *SSL_get1_supported_ciphers(SSL *s) {
	uint16_t ids[MAX_SUITES];
	if (!patina_is_ssl(s)) return NULL;
	struct patina_question asked[2 * MAX_SUITES];
	uint8_t answers[2 * MAX_SUITES];
	patina_enter();
	int questions = patina_go_supported_questions(s, asked, 2 * MAX_SUITES);
	patina_leave();
	if (questions) patina_ask_security(s, asked, (size_t)questions, answers);
	patina_enter();
	int n = questions ? patina_go_supported_by(s, answers, (size_t)questions, ids, MAX_SUITES)
	                  : patina_go_cipher_ids(NULL, s, 1, ids, MAX_SUITES);
	patina_leave();
	return n ? make(ids, n) : NULL;
}

// Suites of a fact, those that this library has; their number, and -1 if there is no such fact.
static int told(const SSL *s, int fact, uint16_t *ids) {
	const uint8_t *b;
	size_t len;
	int n = 0;
	if (!patina_is_ssl(s) || !patina_fact(s, fact, &b, &len)) return -1;
	for (size_t i = 0; i + 1 < len && n < MAX_SUITES; i += 2) {
		uint16_t id = (uint16_t)(b[i] << 8 | b[i + 1]);
		if (patina_cipher(id)) ids[n++] = id;
	}
	return n;
}

STACK_OF(SSL_CIPHER) *SSL_get_client_ciphers(const SSL *s) {
	uint16_t ids[MAX_SUITES];
	int n = told(s, PATINA_FACT_CLIENT_SUITES, ids);
	return n < 0 ? NULL : keep(&((SSL *)s)->client_ciphers, ids, n);
}

// The names with colons between, as many as fit whole.
char *SSL_get_shared_ciphers(const SSL *s, char *buf, int size) {
	uint16_t ids[MAX_SUITES];
	if (size < 2) return NULL;
	int n = told(s, PATINA_FACT_SHARED_SUITES, ids);
	if (n < 0) return NULL;
	char *p = buf;
	for (int i = 0; i < n; i++) {
		const char *name = patina_cipher(ids[i])->name;
		size_t len = strlen(name), room = (size_t)(size - (p - buf));
		if (len + 1 > room) break;
		memcpy(p, name, len);
		p += len;
		*p++ = ':';
	}
	if (p > buf) p--;
	*p = 0;
	return buf;
}

int SSL_bytes_to_cipher_list(SSL *s, const unsigned char *bytes, size_t len, int isv2format, STACK_OF(SSL_CIPHER) **sk,
                             STACK_OF(SSL_CIPHER) **scsvs) {
	uint16_t ids[MAX_SUITES];
	(void)s;
	patina_enter();
	int n = patina_go_suites_of((unsigned char *)bytes, len, isv2format, ids, MAX_SUITES);
	patina_leave();
	if (n < 0) return 0;
	STACK_OF(SSL_CIPHER) *known = sk_SSL_CIPHER_new_null(), *signals = sk_SSL_CIPHER_new_null();
	int ok = known && signals;
	for (int i = 0; ok && i < n; i++) {
		const SSL_CIPHER *c = patina_cipher(ids[i]);
		if (c) ok = sk_SSL_CIPHER_push(c->cipher_nid ? known : signals, c) > 0;
	}
	if (!ok) ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
	if (ok && sk) *sk = known;
	else sk_SSL_CIPHER_free(known);
	if (ok && scsvs) *scsvs = signals;
	else sk_SSL_CIPHER_free(signals);
	return ok;
}
