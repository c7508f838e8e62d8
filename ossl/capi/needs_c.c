// needs_c.c: what the step loop asks of the application: its callbacks, on the host's stack.

#include <openssl/err.h>

#include "loop.h"

static int retry(SSL *s, int want) {
	s->want = want;
	return -1;
}

static void answer(struct patina_step *st, int value) {
	st->answer = st->need;
	st->value = value;
}

static int client_hello(SSL *s, struct patina_step *st) {
	int alert = SSL_AD_INTERNAL_ERROR;
	int r = ((int (*)(SSL *, int *, void *))st->fn)(s, &alert, (void *)st->arg);
	OPENSSL_free(s->hello); // client_hello_c.c: good while the callback runs
	s->hello = 0;
	if (r == SSL_CLIENT_HELLO_RETRY) return retry(s, SSL_CLIENT_HELLO_CB);
	st->alert = alert;
	answer(st, r == SSL_CLIENT_HELLO_SUCCESS);
	return 1;
}

static int server_name(SSL *s, struct patina_step *st) {
	int alert = SSL_AD_UNRECOGNIZED_NAME;
	int r = ((int (*)(SSL *, int *, void *))st->fn)(s, &alert, (void *)st->arg);
	st->alert = alert;
	answer(st, r);
	return 1;
}

static int alpn(SSL *s, struct patina_step *st) {
	const unsigned char *out = 0;
	unsigned char len = 0;
	int (*cb)(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned, void *) = (void *)st->fn;
	int r = cb(s, &out, &len, st->data, (unsigned)st->data_len, (void *)st->arg);
	if (r == SSL_TLSEXT_ERR_OK) {
		st->bytes = out;
		st->bytes_len = len;
	}
	answer(st, r);
	return 1;
}

static int cert(SSL *s, struct patina_step *st) {
	int r = ((int (*)(SSL *, void *))st->fn)(s, (void *)st->arg);
	if (r < 0) return retry(s, SSL_X509_LOOKUP);
	answer(st, r);
	return 1;
}

static int client_cert(SSL *s, struct patina_step *st) {
	X509 *x509 = 0;
	EVP_PKEY *key = 0;
	int r = ((int (*)(SSL *, X509 **, EVP_PKEY **))st->fn)(s, &x509, &key);
	if (r < 0) return retry(s, SSL_X509_LOOKUP);
	if (r == 1 && (!x509 || !key)) {
		patina_raise(ERR_LIB_SSL, SSL_R_BAD_DATA_RETURNED_BY_CALLBACK, 0, 0);
		r = 0;
	}
	if (r == 1 && (!SSL_use_certificate(s, x509) || !SSL_use_PrivateKey(s, key))) r = 0;
	X509_free(x509);
	EVP_PKEY_free(key);
	answer(st, r);
	return 1;
}

static int status(SSL *s, struct patina_step *st) {
	answer(st, ((int (*)(SSL *, void *))st->fn)(s, (void *)st->arg));
	return 1;
}

static int not_resumable(SSL *s, struct patina_step *st) {
	answer(st, ((int (*)(SSL *, int))st->fn)(s, st->num));
	return 1;
}

int patina_perform(SSL *s, struct patina_step *st) {
	s->want = SSL_NOTHING;
	st->bytes = 0;
	st->bytes_len = 0;
	st->session_answer = 0;
	switch (st->need) {
	case PATINA_NEED_CLIENT_HELLO: return client_hello(s, st);
	case PATINA_NEED_SERVER_NAME: return server_name(s, st);
	case PATINA_NEED_ALPN: return alpn(s, st);
	case PATINA_NEED_CERT: return cert(s, st);
	case PATINA_NEED_CLIENT_CERT: return client_cert(s, st);
	case PATINA_NEED_STATUS: return status(s, st);
	case PATINA_NEED_SIGN: return patina_sign(s, st);
	case PATINA_NEED_VERIFY: return patina_verify(s, st);
	case PATINA_NEED_NOT_RESUMABLE: return not_resumable(s, st);
	case PATINA_NEED_SECURITY: return patina_judge(s, st);
	case PATINA_NEED_COOKIE:
	case PATINA_NEED_COOKIE_VERIFY: return patina_perform_cookie(s, st);
	case PATINA_NEED_PADDING: return patina_pad(s, st);
	case PATINA_NEED_EXTENSION_ADD:
	case PATINA_NEED_EXTENSION_PARSE: return patina_perform_extension(s, st);
	case PATINA_NEED_CT: return patina_perform_ct(s, st);
	case PATINA_NEED_EARLY_DATA:
	case PATINA_NEED_PSK_USE_SESSION:
	case PATINA_NEED_PSK_CLIENT:
	case PATINA_NEED_PSK_FIND_SESSION:
	case PATINA_NEED_PSK_SERVER: return patina_perform_psk(s, st);
	}
	return patina_perform_session(s, st);
}
