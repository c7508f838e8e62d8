// session_c.c: SSL_SESSION. Manual: SSL_SESSION_free(3), SSL_SESSION_get_time(3), d2i_SSL_SESSION(3) and others.

#include <string.h>

#include <openssl/asn1err.h>
#include <openssl/err.h>

#include "cipher.h"
#include "gate.h"
#include "session.h"
#include "topics.h"
#include "_cgo_export.h"

// A part of a session that C has handed out.
struct patina_part {
	size_t len;
	unsigned char *data;
};

SSL_SESSION *patina_session_alloc(void) {
	SSL_SESSION *s = OPENSSL_zalloc(sizeof *s);
	if (!s) return 0;
	s->magic = PATINA_MAGIC_SESSION;
	s->refs = 1;
	return s;
}

int patina_session_hold(SSL_SESSION *s) {
	int refs = atomic_load_explicit(&s->refs, memory_order_relaxed);
	while (refs > 0)
		if (atomic_compare_exchange_weak_explicit(&s->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed)) return 1;
	return 0;
}

// Those that have left a cache and are still to be freed, the last first.
_Atomic(SSL_SESSION *) patina_session_released;

void patina_session_release_later(SSL_SESSION *s) {
	s->next_released = atomic_load_explicit(&patina_session_released, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&patina_session_released, &s->next_released, s, memory_order_release,
	                                              memory_order_relaxed)) {}
}

void patina_session_release_now(void) {
	SSL_SESSION *s = atomic_exchange_explicit(&patina_session_released, 0, memory_order_acquire);
	while (s) {
		SSL_SESSION *next = s->next_released;
		SSL_SESSION_free(s);
		s = next;
	}
}

static void drop_part(SSL_SESSION *s, int part) {
	struct patina_part *p = atomic_exchange_explicit(&s->part[part], 0, memory_order_acq_rel);
	if (!p) return;
	OPENSSL_clear_free(p->data, p->len);
	OPENSSL_free(p);
}

void patina_session_dispose(SSL_SESSION *s) {
	for (int i = 0; i < PATINA_SESSION_PARTS; i++) drop_part(s, i);
	s->magic = PATINA_MAGIC_FREED;
	OPENSSL_free(s);
}

SSL_SESSION *SSL_SESSION_new(void) {
	PATINA_CRYPTO_SECTION;
	if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL)) return 0;
	patina_enter();
	SSL_SESSION *s = patina_go_session_new();
	patina_leave();
	if (!s) {
		patina_fail(ERR_R_MALLOC_FAILURE);
		return 0;
	}
	if (!CRYPTO_new_ex_data(CRYPTO_EX_INDEX_SSL_SESSION, s, &s->ex_data)) {
		SSL_SESSION_free(s);
		return 0;
	}
	return s;
}

SSL_SESSION *SSL_SESSION_dup(const SSL_SESSION *from) {
	PATINA_CRYPTO_SECTION;
	patina_enter();
	SSL_SESSION *s = patina_go_session_dup((SSL_SESSION *)from);
	patina_leave();
	if (s && (!CRYPTO_new_ex_data(CRYPTO_EX_INDEX_SSL_SESSION, s, &s->ex_data) ||
	          !CRYPTO_dup_ex_data(CRYPTO_EX_INDEX_SSL_SESSION, &s->ex_data, &from->ex_data))) {
		SSL_SESSION_free(s);
		return 0;
	}
	return s;
}

int SSL_SESSION_up_ref(SSL_SESSION *s) { return patina_is_session(s) && patina_session_hold(s); }

void SSL_SESSION_free(SSL_SESSION *s) {
	if (!patina_is_session(s) || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1) return;
	PATINA_CRYPTO_SECTION;
	CRYPTO_free_ex_data(CRYPTO_EX_INDEX_SSL_SESSION, s, &s->ex_data);
	X509_free(s->peer);
	sk_X509_pop_free(s->chain, X509_free);
	patina_enter();
	patina_go_session_drop(s);
	patina_leave();
	patina_session_dispose(s);
}

// The part as handed out, fetched from Go once.
static const struct patina_part *part_of(const SSL_SESSION *from, int which) {
	SSL_SESSION *s = (SSL_SESSION *)from;
	if (!patina_is_session(s)) return 0;
	struct patina_part *p = atomic_load_explicit(&s->part[which], memory_order_acquire);
	if (p) return p;
	struct patina_part *fresh = OPENSSL_zalloc(sizeof *fresh);
	if (!fresh) return 0;
	patina_enter();
	fresh->data = patina_go_session_bytes(s, which, &fresh->len);
	patina_leave();
	if (!fresh->data) { // the session of a handshake under way may get it yet
		OPENSSL_free(fresh);
		return 0;
	}
	if (atomic_compare_exchange_strong_explicit(&s->part[which], &p, fresh, memory_order_acq_rel, memory_order_acquire)) return fresh;
	OPENSSL_free(fresh->data);
	OPENSSL_free(fresh);
	return p;
}

static const unsigned char *bytes_of(const SSL_SESSION *s, int which, size_t *len) {
	const struct patina_part *p = part_of(s, which);
	if (len) *len = p ? p->len : 0;
	return p ? p->data : 0;
}

static int set_part(SSL_SESSION *s, int which, const void *data, size_t len) {
	if (!patina_is_session(s)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	patina_enter();
	int r = patina_go_session_set_bytes(s, which, (void *)data, len);
	patina_leave();
	if (r && which < PATINA_SESSION_PARTS) drop_part(s, which);
	return r;
}

long patina_session_number(const SSL_SESSION *s, int which) {
	patina_enter();
	long r = patina_go_session_number((SSL_SESSION *)s, which);
	patina_leave();
	return r;
}

static int set_number(SSL_SESSION *s, int which, long v) {
	patina_enter();
	int r = patina_go_session_set_number(s, which, v);
	patina_leave();
	return r;
}

// An ID is never a null pointer, as programs copy it without a look at its length.
static const unsigned char no_bytes[1];

const unsigned char *SSL_SESSION_get_id(const SSL_SESSION *s, unsigned int *len) {
	size_t n;
	const unsigned char *id = bytes_of(s, PATINA_SESSION_ID, &n);
	if (len) *len = (unsigned)n;
	return id ? id : no_bytes;
}

int SSL_SESSION_set1_id(SSL_SESSION *s, const unsigned char *id, unsigned int len) {
	return set_part(s, PATINA_SESSION_ID, id, len);
}

const unsigned char *SSL_SESSION_get0_id_context(const SSL_SESSION *s, unsigned int *len) {
	size_t n;
	const unsigned char *ctx = bytes_of(s, PATINA_SESSION_CONTEXT, &n);
	if (len) *len = (unsigned)n;
	return ctx ? ctx : no_bytes;
}

int SSL_SESSION_set1_id_context(SSL_SESSION *s, const unsigned char *ctx, unsigned int len) {
	return set_part(s, PATINA_SESSION_CONTEXT, ctx, len);
}

const char *SSL_SESSION_get0_hostname(const SSL_SESSION *s) {
	return (const char *)bytes_of(s, PATINA_SESSION_HOSTNAME, 0);
}

int SSL_SESSION_set1_hostname(SSL_SESSION *s, const char *name) {
	return set_part(s, PATINA_SESSION_HOSTNAME, name, name ? strlen(name) : 0);
}

void SSL_SESSION_get0_ticket(const SSL_SESSION *s, const unsigned char **ticket, size_t *len) {
	const unsigned char *data = bytes_of(s, PATINA_SESSION_TICKET, len);
	if (ticket) *ticket = data;
}

void SSL_SESSION_get0_alpn_selected(const SSL_SESSION *s, const unsigned char **alpn, size_t *len) {
	*alpn = bytes_of(s, PATINA_SESSION_ALPN, len);
}

int SSL_SESSION_set1_alpn_selected(SSL_SESSION *s, const unsigned char *alpn, size_t len) {
	return set_part(s, PATINA_SESSION_ALPN, alpn, alpn ? len : 0);
}

int SSL_SESSION_get0_ticket_appdata(SSL_SESSION *s, void **data, size_t *len) {
	*data = (void *)bytes_of(s, PATINA_SESSION_APPDATA, len);
	return 1;
}

int SSL_SESSION_set1_ticket_appdata(SSL_SESSION *s, const void *data, size_t len) {
	return set_part(s, PATINA_SESSION_APPDATA, data, data ? len : 0);
}

size_t SSL_SESSION_get_master_key(const SSL_SESSION *s, unsigned char *out, size_t room) {
	size_t len = 0;
	patina_enter();
	unsigned char *key = patina_go_session_bytes((SSL_SESSION *)s, PATINA_SESSION_SECRET, &len);
	patina_leave();
	size_t n = room && room < len ? room : len;
	if (room && key) memcpy(out, key, n);
	OPENSSL_clear_free(key, len);
	return n;
}

int SSL_SESSION_set1_master_key(SSL_SESSION *s, const unsigned char *key, size_t len) {
	return set_part(s, PATINA_SESSION_SECRET, key, len);
}

X509 *SSL_SESSION_get0_peer(SSL_SESSION *s) {
	if (!patina_is_session(s) || s->peer) return patina_is_session(s) ? s->peer : 0;
	size_t len = 0;
	patina_enter();
	unsigned char *der = patina_go_session_bytes(s, PATINA_SESSION_PEER, &len);
	patina_leave();
	const unsigned char *at = der;
	X509 *x = der ? d2i_X509(NULL, &at, (long)len) : 0, *none = 0;
	OPENSSL_free(der);
	if (x && !atomic_compare_exchange_strong((_Atomic(X509 *) *)&s->peer, &none, x)) X509_free(x);
	return s->peer;
}

long SSL_SESSION_get_time(const SSL_SESSION *s) { return s ? patina_session_number(s, PATINA_SESSION_TIME) : 0; }

long SSL_SESSION_set_time(SSL_SESSION *s, long t) { return s && set_number(s, PATINA_SESSION_TIME, t) ? t : 0; }

long SSL_SESSION_get_timeout(const SSL_SESSION *s) { return s ? patina_session_number(s, PATINA_SESSION_TIMEOUT) : 0; }

long SSL_SESSION_set_timeout(SSL_SESSION *s, long t) { return s && t >= 0 && set_number(s, PATINA_SESSION_TIMEOUT, t); }

int SSL_SESSION_get_protocol_version(const SSL_SESSION *s) { return (int)patina_session_number(s, PATINA_SESSION_VERSION); }

int SSL_SESSION_set_protocol_version(SSL_SESSION *s, int version) { return set_number(s, PATINA_SESSION_VERSION, version); }

const SSL_CIPHER *SSL_SESSION_get0_cipher(const SSL_SESSION *s) {
	return patina_cipher((uint16_t)patina_session_number(s, PATINA_SESSION_CIPHER));
}

int SSL_SESSION_set_cipher(SSL_SESSION *s, const SSL_CIPHER *c) { return set_number(s, PATINA_SESSION_CIPHER, c ? c->id : 0); }

unsigned long SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION *s) {
	return (unsigned long)patina_session_number(s, PATINA_SESSION_HINT);
}

int SSL_SESSION_has_ticket(const SSL_SESSION *s) { return (int)patina_session_number(s, PATINA_SESSION_HAS_TICKET); }

int SSL_SESSION_is_resumable(const SSL_SESSION *s) { return (int)patina_session_number(s, PATINA_SESSION_RESUMABLE); }

uint32_t SSL_SESSION_get_max_early_data(const SSL_SESSION *s) {
	return (uint32_t)patina_session_number(s, PATINA_SESSION_EARLY_DATA);
}

int SSL_SESSION_set_max_early_data(SSL_SESSION *s, uint32_t n) { return set_number(s, PATINA_SESSION_EARLY_DATA, n); }

uint8_t SSL_SESSION_get_max_fragment_length(const SSL_SESSION *s) {
	return (uint8_t)patina_session_number(s, PATINA_SESSION_FRAGMENT);
}

unsigned int SSL_SESSION_get_compress_id(const SSL_SESSION *s) {
	(void)s;
	return 0; // there is no compression
}

int i2d_SSL_SESSION(const SSL_SESSION *s, unsigned char **out) {
	if (!s) return 0;
	size_t len = 0;
	patina_enter();
	unsigned char *der = patina_go_session_bytes((SSL_SESSION *)s, PATINA_SESSION_DER, &len);
	patina_leave();
	if (!der) return 0;
	if (out && *out) {
		memcpy(*out, der, len);
		*out += len;
	} else if (out) {
		*out = der;
		return (int)len;
	}
	OPENSSL_clear_free(der, len);
	return (int)len;
}

// The errors that libcrypto's decoder leaves, the outermost header looked at.
static SSL_SESSION *not_a_session(const unsigned char *in, long len) {
	if (len <= 0) {
		patina_raise(ERR_LIB_ASN1, ASN1_R_TOO_SMALL, 0, 0);
		return 0;
	}
	long body;
	int tag, class;
	static const char type[] = "Type=SSL_SESSION_ASN1", missing[] = "Field=version, Type=SSL_SESSION_ASN1";
	int form = ASN1_get_object(&in, &body, &tag, &class, len);
	if (form & 0x80) {
		patina_raise(ERR_LIB_ASN1, ASN1_R_BAD_OBJECT_HEADER, 0, 0);
	} else if (tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL) {
		patina_raise(ERR_LIB_ASN1, ASN1_R_WRONG_TAG, 0, 0);
	} else if (!body) {
		patina_raise(ERR_LIB_ASN1, ASN1_R_FIELD_MISSING, missing, sizeof missing - 1);
		return 0;
	}
	patina_raise(ERR_LIB_ASN1, ERR_R_NESTED_ASN1_ERROR, type, sizeof type - 1);
	return 0;
}

SSL_SESSION *d2i_SSL_SESSION(SSL_SESSION **old, const unsigned char **in, long len) {
	PATINA_CRYPTO_SECTION;
	long used = 0;
	patina_enter();
	SSL_SESSION *s = patina_go_session_parse((void *)*in, len, &used);
	patina_leave();
	if (!s) return used < 0 ? 0 : not_a_session(*in, len);
	CRYPTO_new_ex_data(CRYPTO_EX_INDEX_SSL_SESSION, s, &s->ex_data);
	*in += used;
	if (old) {
		SSL_SESSION_free(*old);
		*old = s;
	}
	return s;
}
