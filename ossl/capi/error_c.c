// error_c.c: libcrypto's error queue, and SSL_get_error from it.

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "handle.h"

void patina_raise(int lib, int reason, const char *data, size_t len) {
	ERR_new();
	ERR_set_debug("patina", 0, "");
	if (len) ERR_set_error(lib, reason, "%.*s", (int)len, data);
	else ERR_set_error(lib, reason, NULL);
}

// What a BIO that did not finish was about to do.
static int bio_wish(BIO *bio, int first) {
	if (!bio) return SSL_ERROR_SYSCALL;
	if (first == SSL_ERROR_WANT_READ ? BIO_should_read(bio) : BIO_should_write(bio)) return first;
	if (BIO_should_write(bio)) return SSL_ERROR_WANT_WRITE;
	if (BIO_should_read(bio)) return SSL_ERROR_WANT_READ;
	if (BIO_should_io_special(bio)) {
		switch (BIO_get_retry_reason(bio)) {
		case BIO_RR_CONNECT: return SSL_ERROR_WANT_CONNECT;
		case BIO_RR_ACCEPT: return SSL_ERROR_WANT_ACCEPT;
		}
		return SSL_ERROR_SYSCALL;
	}
	return SSL_ERROR_NONE;
}

int SSL_get_error(const SSL *s, int ret) {
	if (ret > 0) return SSL_ERROR_NONE;
	if (!patina_is_ssl(s)) return SSL_ERROR_SSL;
	unsigned long e = ERR_peek_error();
	if (e) return ERR_GET_LIB(e) == ERR_LIB_SYS ? SSL_ERROR_SYSCALL : SSL_ERROR_SSL;
	int wish;
	switch (s->want) {
	case SSL_READING:
		if ((wish = bio_wish(s->rbio, SSL_ERROR_WANT_READ)) != SSL_ERROR_NONE) return wish;
		break;
	case SSL_WRITING:
		if ((wish = bio_wish(s->wbio, SSL_ERROR_WANT_WRITE)) != SSL_ERROR_NONE) return wish;
		break;
	case SSL_X509_LOOKUP: return SSL_ERROR_WANT_X509_LOOKUP;
	case SSL_RETRY_VERIFY: return SSL_ERROR_WANT_RETRY_VERIFY;
	case SSL_ASYNC_PAUSED: return SSL_ERROR_WANT_ASYNC;
	case SSL_ASYNC_NO_JOBS: return SSL_ERROR_WANT_ASYNC_JOB;
	case SSL_CLIENT_HELLO_CB: return SSL_ERROR_WANT_CLIENT_HELLO_CB;
	}
	if ((s->view.shutdown & SSL_RECEIVED_SHUTDOWN) && s->view.close_notify) return SSL_ERROR_ZERO_RETURN;
	return SSL_ERROR_SYSCALL;
}

int SSL_want(const SSL *s) { return patina_is_ssl(s) ? s->want : SSL_NOTHING; }
