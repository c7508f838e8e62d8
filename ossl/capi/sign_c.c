// sign_c.c: the signature of a handshake, by the EVP_PKEY of the certificate in use, which may live in an engine or
// provider.

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "cert.h"
#include "gate.h"
#include "loop.h"

// Signature schemes of TLS (RFC 8446, section 4.2.3): the digest, 0 for none, and whether the padding is PSS.
static const struct scheme {
	uint16_t number;
	const char *digest;
	int pss;
} schemes[] = {
	{0x0401, "SHA256", 0}, {0x0501, "SHA384", 0}, {0x0601, "SHA512", 0},
	{0x0403, "SHA256", 0}, {0x0503, "SHA384", 0}, {0x0603, "SHA512", 0},
	{0x0804, "SHA256", 1}, {0x0805, "SHA384", 1}, {0x0806, "SHA512", 1},
	{0x0809, "SHA256", 1}, {0x080a, "SHA384", 1}, {0x080b, "SHA512", 1},
	{0x0807, 0, 0},        {0x0808, 0, 0},        {0x0201, "SHA1", 0},
	{0x0203, "SHA1", 0},
};

// A signature to be made: a copy of all it needs, since a job that makes it may pause.
struct patina_signing {
	OSSL_LIB_CTX *libctx;
	char *propq;
	EVP_PKEY *key;
	uint16_t scheme;
	uint8_t *data, *signature;
	size_t len, size;
};

static int make(OSSL_LIB_CTX *libctx, const char *propq, EVP_PKEY *key, const struct scheme *scheme, const uint8_t *data,
                size_t len, uint8_t **out, size_t *out_len) {
	int ok = 0;
	EVP_PKEY_CTX *pctx = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = (size_t)EVP_PKEY_get_size(key);
	uint8_t *signature = OPENSSL_malloc(size);
	if (!ctx || !signature) goto end;
	if (EVP_DigestSignInit_ex(ctx, &pctx, scheme->digest, libctx, propq, key, 0) <= 0) goto end;
	if (scheme->pss && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
	                    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) <= 0)) goto end;
	if (EVP_DigestSign(ctx, signature, &size, data, len) <= 0) goto end;
	*out = signature;
	*out_len = size;
	signature = 0;
	ok = 1;
end:
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int sign(OSSL_LIB_CTX *libctx, const char *propq, EVP_PKEY *key, int scheme, const uint8_t *data, size_t len, uint8_t **out,
                size_t *out_len) {
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (schemes[i].number != scheme) continue;
		int ok = make(libctx, propq, key, &schemes[i], data, len, out, out_len);
		if (!ok) patina_raise(ERR_LIB_SSL, ERR_R_EVP_LIB, 0, 0);
		return ok;
	}
	patina_raise(ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, 0, 0);
	return 0;
}

static int sign_now(SSL *s, struct patina_step *st, EVP_PKEY *key) {
	PATINA_CRYPTO_SECTION;
	uint8_t *signature;
	if (!sign(s->ctx->libctx, s->ctx->propq, key, st->scheme, st->data, st->data_len, &signature, &st->bytes_len)) return 0;
	OPENSSL_free(st->held);
	st->held = signature;
	st->bytes = signature;
	return 1;
}

struct patina_signing *patina_signing_new(SSL *s, struct patina_step *st, EVP_PKEY *key) {
	struct patina_signing *w = OPENSSL_zalloc(sizeof *w);
	if (!w) return 0;
	w->libctx = s->ctx->libctx;
	w->propq = OPENSSL_strdup(s->ctx->propq);
	w->scheme = (uint16_t)st->scheme;
	w->data = OPENSSL_memdup(st->data, st->data_len);
	w->len = st->data_len;
	if (w->data && (w->propq || !s->ctx->propq) && EVP_PKEY_up_ref(key)) {
		w->key = key;
		return w;
	}
	patina_signing_free(w);
	return 0;
}

int patina_signing_same(const struct patina_signing *w, const struct patina_step *st) {
	return w->scheme == st->scheme && w->len == st->data_len && !memcmp(w->data, st->data, w->len);
}

void patina_signing_free(struct patina_signing *w) {
	if (!w) return;
	EVP_PKEY_free(w->key);
	OPENSSL_free(w->propq);
	OPENSSL_free(w->data);
	OPENSSL_free(w->signature);
	OPENSSL_free(w);
}

int patina_signature(struct patina_signing *w) {
	return sign(w->libctx, w->propq, w->key, w->scheme, w->data, w->len, &w->signature, &w->size);
}

// Puts the signature, if there is one, into st.
int patina_signed(struct patina_signing *w, struct patina_step *st) {
	if (!w->signature) return 0;
	OPENSSL_free(st->held);
	st->held = w->signature;
	st->bytes = w->signature;
	st->bytes_len = w->size;
	w->signature = 0;
	return 1;
}

int patina_sign(SSL *s, struct patina_step *st) {
	struct patina_slot *slot = s->certs && st->num >= 0 && st->num < PATINA_SLOTS ? s->certs->slot[st->num] : 0;
	st->answer = st->need;
	st->value = st->result = 0;
	if (!slot || !slot->key) patina_raise(ERR_LIB_SSL, SSL_R_NO_PRIVATE_KEY_ASSIGNED, 0, 0);
	// The certificate that the signature is for has only now been chosen.
	else if (!(st->result = patina_chain_refused(s, slot))) {
		if (s->view.async) return patina_sign_async(s, st, slot->key);
		st->value = sign_now(s, st, slot->key);
	}
	return 1;
}
