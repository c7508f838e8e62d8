// certfile_c.c: certificates and keys from files and from DER. Manual: SSL_CTX_use_certificate(3).
// libcrypto reads the files; a password callback runs on the host's stack.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert.h"
#include "gate.h"

// Who a file is loaded for.
struct loader {
	struct patina_owner o;
	pem_password_cb *cb;
	void *arg;
	OSSL_LIB_CTX *libctx;
	const char *propq;
};

static struct loader loader_of(struct patina_owner o) {
	SSL_CTX *ctx = patina_owner_ctx(o);
	return (struct loader){o, o.ctx ? ctx->password_cb : o.ssl->password_cb, o.ctx ? ctx->password_arg : o.ssl->password_arg,
	                       ctx->libctx, ctx->propq};
}

BIO *patina_open_file(const char *file) {
	BIO *in = BIO_new(BIO_s_file());
	if (!in) {
		patina_fail(ERR_R_BUF_LIB);
		return 0;
	}
	if (BIO_read_filename(in, file) <= 0) {
		patina_fail(ERR_R_SYS_LIB);
		BIO_free(in);
		return 0;
	}
	return in;
}

static int use_certificate_file(struct patina_owner o, const char *file, int type) {
	BIO *in = patina_open_file(file);
	if (!in) return 0;
	struct loader l = loader_of(o);
	X509 *x = X509_new_ex(l.libctx, l.propq), *read = 0;
	int reason = ERR_R_ASN1_LIB, ok = 0;
	if (!x) {
		patina_fail(ERR_R_MALLOC_FAILURE);
	} else if (type == SSL_FILETYPE_ASN1 || type == SSL_FILETYPE_PEM) {
		if (type == SSL_FILETYPE_PEM) {
			reason = ERR_R_PEM_LIB;
			read = PEM_read_bio_X509(in, &x, l.cb, l.arg);
		} else {
			read = d2i_X509_bio(in, &x);
		}
		ok = read ? patina_use_certificate(o, x) : patina_fail(reason);
	} else {
		patina_fail(SSL_R_BAD_SSL_FILETYPE);
	}
	X509_free(x);
	BIO_free(in);
	return ok;
}

static int use_key_file(struct patina_owner o, const char *file, int type) {
	BIO *in = patina_open_file(file);
	if (!in) return 0;
	struct loader l = loader_of(o);
	EVP_PKEY *key = 0;
	int reason = ERR_R_ASN1_LIB;
	if (type == SSL_FILETYPE_PEM) {
		reason = ERR_R_PEM_LIB;
		key = PEM_read_bio_PrivateKey_ex(in, NULL, l.cb, l.arg, l.libctx, l.propq);
	} else if (type == SSL_FILETYPE_ASN1) {
		key = d2i_PrivateKey_ex_bio(in, NULL, l.libctx, l.propq);
	} else {
		reason = SSL_R_BAD_SSL_FILETYPE;
	}
	int ok = key ? patina_use_key(o, key) : patina_fail(reason);
	EVP_PKEY_free(key);
	BIO_free(in);
	return ok;
}

// The functions named RSAPrivateKey take nothing but RSA keys.
static int use_rsa_key_file(struct patina_owner o, const char *file, int type) {
	BIO *in = patina_open_file(file);
	if (!in) return 0;
	struct loader l = loader_of(o);
	RSA *rsa = 0;
	int reason = ERR_R_ASN1_LIB;
	if (type == SSL_FILETYPE_PEM) {
		reason = ERR_R_PEM_LIB;
		rsa = PEM_read_bio_RSAPrivateKey(in, NULL, l.cb, l.arg);
	} else if (type == SSL_FILETYPE_ASN1) {
		rsa = d2i_RSAPrivateKey_bio(in, NULL);
	} else {
		reason = SSL_R_BAD_SSL_FILETYPE;
	}
	int ok = !rsa ? patina_fail(reason) : o.ctx ? SSL_CTX_use_RSAPrivateKey(o.ctx, rsa) : SSL_use_RSAPrivateKey(o.ssl, rsa);
	RSA_free(rsa);
	BIO_free(in);
	return ok;
}

static int use_chain_file(struct patina_owner o, const char *file) {
	if (!o.ctx && !o.ssl) return 0;
	ERR_clear_error(); // what is found below tells the end of the file from trouble
	BIO *in = patina_open_file(file);
	if (!in) return 0;
	struct loader l = loader_of(o);
	X509 *x = X509_new_ex(l.libctx, l.propq);
	int reason = x ? ERR_R_PEM_LIB : ERR_R_MALLOC_FAILURE;
	if (!x || !PEM_read_bio_X509_AUX(in, &x, l.cb, l.arg)) { // which frees x if the DER is bad
		patina_fail(reason);
		X509_free(x);
		BIO_free(in);
		return 0;
	}
	int ok = patina_use_certificate(o, x);
	int index = ok ? (*patina_owner_certs(o))->current : -1;
	X509_free(x);
	if (ERR_peek_error()) ok = 0;
	STACK_OF(X509) *chain = 0;
	while (ok) {
		X509 *ca = X509_new_ex(l.libctx, l.propq);
		if (!ca) {
			ok = patina_fail(ERR_R_MALLOC_FAILURE);
		} else if (!PEM_read_bio_X509(in, &ca, l.cb, l.arg)) {
			X509_free(ca);
			unsigned long e = ERR_peek_last_error();
			if (ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE) ERR_clear_error();
			else ok = 0;
			break;
		} else if (!patina_certificate_allowed(o, ca, 0) || (!chain && !(chain = sk_X509_new_null())) || !sk_X509_push(chain, ca)) {
			X509_free(ca);
			ok = 0;
		}
	}
	// As far as the file could be read, also when it could not to its end.
	if (index >= 0 && !patina_use_chain(o, index, chain)) ok = 0;
	BIO_free(in);
	return ok;
}

static int use_certificate_der(struct patina_owner o, const unsigned char *d, long len) {
	PATINA_CRYPTO_SECTION;
	SSL_CTX *ctx = patina_owner_ctx(o);
	X509 *x = X509_new_ex(ctx->libctx, ctx->propq);
	if (!x) return patina_fail(ERR_R_MALLOC_FAILURE);
	int ok = d2i_X509(&x, &d, len) ? patina_use_certificate(o, x) : patina_fail(ERR_R_ASN1_LIB);
	X509_free(x);
	return ok;
}

static int use_key_der(struct patina_owner o, int type, const unsigned char *d, long len) {
	PATINA_CRYPTO_SECTION;
	SSL_CTX *ctx = patina_owner_ctx(o);
	EVP_PKEY *key = d2i_PrivateKey_ex(type, NULL, &d, len, ctx->libctx, ctx->propq);
	if (!key) return patina_fail(ERR_R_ASN1_LIB);
	int ok = patina_use_key(o, key);
	EVP_PKEY_free(key);
	return ok;
}

static int use_rsa_key_der(struct patina_owner o, const unsigned char *d, long len) {
	PATINA_CRYPTO_SECTION;
	RSA *rsa = d2i_RSAPrivateKey(NULL, &d, len);
	if (!rsa) return patina_fail(ERR_R_ASN1_LIB);
	int ok = o.ctx ? SSL_CTX_use_RSAPrivateKey(o.ctx, rsa) : SSL_use_RSAPrivateKey(o.ssl, rsa);
	RSA_free(rsa);
	return ok;
}

int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type) {
	return use_certificate_file(PATINA_CTX(ctx), file, type);
}

int SSL_use_certificate_file(SSL *s, const char *file, int type) { return use_certificate_file(PATINA_SSL(s), file, type); }

int SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type) { return use_key_file(PATINA_CTX(ctx), file, type); }

int SSL_use_PrivateKey_file(SSL *s, const char *file, int type) { return use_key_file(PATINA_SSL(s), file, type); }

int SSL_CTX_use_RSAPrivateKey_file(SSL_CTX *ctx, const char *file, int type) {
	return use_rsa_key_file(PATINA_CTX(ctx), file, type);
}

int SSL_use_RSAPrivateKey_file(SSL *s, const char *file, int type) { return use_rsa_key_file(PATINA_SSL(s), file, type); }

int SSL_CTX_use_certificate_chain_file(SSL_CTX *ctx, const char *file) { return use_chain_file(PATINA_CTX(ctx), file); }

int SSL_use_certificate_chain_file(SSL *s, const char *file) { return use_chain_file(PATINA_SSL(s), file); }

int SSL_CTX_use_certificate_ASN1(SSL_CTX *ctx, int len, const unsigned char *d) {
	return use_certificate_der(PATINA_CTX(ctx), d, len);
}

int SSL_use_certificate_ASN1(SSL *s, const unsigned char *d, int len) { return use_certificate_der(PATINA_SSL(s), d, len); }

int SSL_CTX_use_PrivateKey_ASN1(int type, SSL_CTX *ctx, const unsigned char *d, long len) {
	return use_key_der(PATINA_CTX(ctx), type, d, len);
}

int SSL_use_PrivateKey_ASN1(int type, SSL *s, const unsigned char *d, long len) {
	return use_key_der(PATINA_SSL(s), type, d, len);
}

int SSL_CTX_use_RSAPrivateKey_ASN1(SSL_CTX *ctx, const unsigned char *d, long len) {
	return use_rsa_key_der(PATINA_CTX(ctx), d, len);
}

int SSL_use_RSAPrivateKey_ASN1(SSL *s, const unsigned char *d, long len) { return use_rsa_key_der(PATINA_SSL(s), d, len); }
