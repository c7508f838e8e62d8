// serverinfo_c.c: extensions that a server sends from a file, certificate by certificate. Manual: SSL_CTX_use_serverinfo(3).

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "cert.h"
#include "gate.h"
#include "zconsttypes.h"
#include "_cgo_export.h"

// What an extension of version 1 stands for: one of SSL_CTX_add_server_custom_ext.
#define V1_CONTEXT \
	(SSL_EXT_TLS1_2_AND_BELOW_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_IGNORE_ON_RESUMPTION)

// An extension of a serverinfo.
struct info {
	unsigned context, type;
	const unsigned char *data;
	size_t len;
};

static unsigned be(const unsigned char *p, int n) {
	unsigned v = 0;
	while (n--) v = v << 8 | *p++;
	return v;
}

// Takes the next extension of a list. 0 if it is cut short.
static int next(const unsigned char **p, size_t *left, struct info *x) {
	if (*left < 8) return 0;
	x->context = be(*p, 4);
	x->type = be(*p + 4, 2);
	x->len = be(*p + 6, 2);
	x->data = *p + 8;
	if (x->len > *left - 8) return 0;
	*p += 8 + x->len;
	*left -= 8 + x->len;
	return 1;
}

// 1: the certificate in use has one of that type; 0: it has none; below 0: what it has is not a serverinfo.
static int find(SSL *s, unsigned type, const unsigned char **out, size_t *len) {
	patina_enter();
	int index = patina_go_credential_slot(s);
	patina_leave();
	struct patina_slot *slot = patina_slot_at(PATINA_SSL(s), index);
	if (!slot || !slot->serverinfo) return 0;
	const unsigned char *p = slot->serverinfo;
	size_t left = slot->serverinfo_len;
	struct info x;
	while (left) {
		if (!next(&p, &left, &x)) return -1;
		if (x.type != type) continue;
		*out = x.data;
		*len = x.len;
		return 1;
	}
	return 0;
}

static int add_one(SSL *s, unsigned type, const unsigned char **out, size_t *len, int *alert, void *arg) {
	(void)arg;
	int r = find(s, type, out, len);
	if (r < 0) *alert = SSL_AD_INTERNAL_ERROR;
	return r;
}

static int parse_one(SSL *s, unsigned type, const unsigned char *in, size_t len, int *alert, void *arg) {
	(void)s, (void)type, (void)in, (void)arg;
	if (len) *alert = SSL_AD_DECODE_ERROR; // a client asks by an empty one
	return !len;
}

static int add_any(SSL *s, unsigned type, unsigned context, const unsigned char **out, size_t *len, X509 *x, size_t index,
                   int *alert, void *arg) {
	(void)x;
	if (context & SSL_EXT_TLS1_3_CERTIFICATE && index > 0) return 0;
	return add_one(s, type, out, len, alert, arg);
}

static int parse_any(SSL *s, unsigned type, unsigned context, const unsigned char *in, size_t len, X509 *x, size_t index, int *alert,
                     void *arg) {
	(void)context, (void)x, (void)index;
	return parse_one(s, type, in, len, alert, arg);
}

// Goes through a list; with a ctx its extensions are added. 0 if it is no list, or they cannot be.
static int each(SSL_CTX *ctx, const unsigned char *p, size_t left) {
	struct info x;
	while (left) {
		if (!next(&p, &left, &x)) return 0;
		if (!ctx) continue;
		int ok = x.context == V1_CONTEXT ? SSL_CTX_add_server_custom_ext(ctx, x.type, add_one, 0, 0, parse_one, 0) :
		                                   SSL_CTX_add_custom_ext(ctx, x.type, x.context, add_any, 0, 0, parse_any, 0);
		if (!ok) return 0;
	}
	return 1;
}

// Appends an extension, with its context, to a list. 0 if memory is out.
static int append(unsigned char **list, size_t *len, unsigned context, const unsigned char *rest, size_t n) {
	unsigned char *grown = OPENSSL_realloc(*list, *len + 4 + n);
	if (!grown) return 0;
	*list = grown;
	for (int i = 0; i < 4; i++) grown[*len + i] = (unsigned char)(context >> (24 - 8 * i));
	memcpy(grown + *len + 4, rest, n);
	*len += 4 + n;
	return 1;
}

// As with OpenSSL version 1 has one extension: another behind it has a context, and is as in version 2.
int SSL_CTX_use_serverinfo_ex(SSL_CTX *ctx, unsigned int version, const unsigned char *info, size_t len) {
	if (!patina_is_ctx(ctx) || !info || !len) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	if (version != SSL_SERVERINFOV1 && version != SSL_SERVERINFOV2) return patina_fail(SSL_R_INVALID_SERVERINFO_DATA);
	unsigned char *own = 0;
	size_t own_len = 0;
	int ok = version == SSL_SERVERINFOV1 ? append(&own, &own_len, V1_CONTEXT, info, len) : (own = OPENSSL_memdup(info, len)) != 0;
	if (version == SSL_SERVERINFOV2) own_len = len;
	if (!ok || !each(0, own, own_len)) {
		OPENSSL_free(own);
		return patina_fail(ok ? SSL_R_INVALID_SERVERINFO_DATA : ERR_R_MALLOC_FAILURE);
	}
	int index = ctx->certs->current;
	struct patina_slot *slot = patina_own_slot(PATINA_CTX(ctx), index);
	if (!slot) {
		OPENSSL_free(own);
		return patina_fail(ERR_R_MALLOC_FAILURE);
	}
	OPENSSL_free(slot->serverinfo);
	slot->serverinfo = own;
	slot->serverinfo_len = own_len;
	return each(ctx, own, own_len) ? 1 : patina_fail(SSL_R_INVALID_SERVERINFO_DATA);
}

int SSL_CTX_use_serverinfo(SSL_CTX *ctx, const unsigned char *info, size_t len) {
	return SSL_CTX_use_serverinfo_ex(ctx, SSL_SERVERINFOV1, info, len);
}

// Appends one PEM block to a list. What is wrong with it, 0 if it is right.
static int append_block(unsigned char **list, size_t *list_len, const char *name, const unsigned char *data, size_t len) {
	static const char v1[] = "SERVERINFO FOR ", v2[] = "SERVERINFOV2 FOR ";
	size_t n = strlen(name);
	if (n < sizeof v1 - 1) return SSL_R_PEM_NAME_TOO_SHORT;
	int without = !strncmp(name, v1, sizeof v1 - 1);
	if (!without && n < sizeof v2 - 1) return SSL_R_PEM_NAME_TOO_SHORT;
	if (!without && strncmp(name, v2, sizeof v2 - 1)) return SSL_R_PEM_NAME_BAD_PREFIX;
	size_t head = without ? 4 : 8;
	if (len < head || be(data + head - 2, 2) != len - head) return SSL_R_BAD_DATA;
	unsigned context = without ? V1_CONTEXT : be(data, 4);
	return append(list, list_len, context, data + head - 4, len - head + 4) ? 0 : ERR_R_MALLOC_FAILURE;
}

int SSL_CTX_use_serverinfo_file(SSL_CTX *ctx, const char *file) {
	if (!ctx || !file) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	BIO *in = patina_open_file(file);
	if (!in) return 0;
	unsigned char *list = 0;
	size_t list_len = 0;
	int wrong = 0, r = 0;
	for (int blocks = 0; !wrong; blocks++) {
		char *name = 0, *header = 0;
		unsigned char *data = 0;
		long len = 0;
		if (!PEM_read_bio(in, &name, &header, &data, &len)) {
			if (!blocks) wrong = SSL_R_NO_PEM_EXTENSIONS;
			break;
		}
		wrong = append_block(&list, &list_len, name, data, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	if (wrong) patina_fail(wrong);
	else r = SSL_CTX_use_serverinfo_ex(ctx, SSL_SERVERINFOV2, list, list_len);
	OPENSSL_free(list);
	BIO_free(in);
	return r;
}
