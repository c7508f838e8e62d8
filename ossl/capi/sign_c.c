// sign_c.c: the signature of a handshake, by the EVP_PKEY of the certificate in use, which may live in an engine or
// provider.

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

static int make(SSL *s, struct patina_step *st, EVP_PKEY *key, const struct scheme *scheme) {
	int ok = 0;
	EVP_PKEY_CTX *pctx = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = (size_t)EVP_PKEY_get_size(key);
	uint8_t *signature = OPENSSL_malloc(size);
	if (!ctx || !signature) goto end;
	if (EVP_DigestSignInit_ex(ctx, &pctx, scheme->digest, s->ctx->libctx, s->ctx->propq, key, 0) <= 0) goto end;
	if (scheme->pss && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
	                    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) <= 0)) goto end;
	if (EVP_DigestSign(ctx, signature, &size, st->data, st->data_len) <= 0) goto end;
	OPENSSL_free(st->held);
	st->held = signature;
	st->bytes = signature;
	st->bytes_len = size;
	signature = 0;
	ok = 1;
end:
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int sign(SSL *s, struct patina_step *st, EVP_PKEY *key) {
	PATINA_CRYPTO_SECTION;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (schemes[i].number != st->scheme) continue;
		int ok = make(s, st, key, &schemes[i]);
		if (!ok) patina_raise(ERR_LIB_SSL, ERR_R_EVP_LIB, 0, 0);
		return ok;
	}
	patina_raise(ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, 0, 0);
	return 0;
}

int patina_sign(SSL *s, struct patina_step *st) {
	struct patina_slot *slot = s->certs && st->num >= 0 && st->num < PATINA_SLOTS ? s->certs->slot[st->num] : 0;
	st->answer = st->need;
	st->value = st->result = 0;
	if (!slot || !slot->key) patina_raise(ERR_LIB_SSL, SSL_R_NO_PRIVATE_KEY_ASSIGNED, 0, 0);
	// The certificate that the signature is for has only now been chosen.
	else if (!(st->result = patina_chain_refused(s, slot))) st->value = sign(s, st, slot->key);
	return 1;
}
