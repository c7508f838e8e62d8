// early_c.c: what this library answers where a program asks for 0-RTT data, renegotiation, authentication after the
// handshake or kernel TLS, none of which it does: SSL_read_early_data(3), SSL_renegotiate(3),
// SSL_verify_client_post_handshake(3), SSL_sendfile(3).

#include <openssl/err.h>

#include "handle.h"

static int refused(int reason, int value) {
	patina_raise(ERR_LIB_SSL, reason, 0, 0);
	return value;
}

// A server that accepts no early data: the handshake, and then there is none to read.
int SSL_read_early_data(SSL *s, void *buf, size_t num, size_t *readbytes) {
	(void)buf;
	(void)num;
	if (readbytes) *readbytes = 0;
	if (!patina_is_ssl(s) || s->view.role == 1 || !SSL_in_init(s)) {
		return refused(ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED, SSL_READ_EARLY_DATA_ERROR);
	}
	if (SSL_accept(s) <= 0) return SSL_READ_EARLY_DATA_ERROR;
	return SSL_READ_EARLY_DATA_FINISH;
}

int SSL_write_early_data(SSL *s, const void *buf, size_t num, size_t *written) {
	(void)s;
	(void)buf;
	(void)num;
	if (written) *written = 0;
	return refused(ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED, 0);
}

int SSL_get_early_data_status(const SSL *s) {
	(void)s;
	return SSL_EARLY_DATA_NOT_SENT;
}

static int no_renegotiation(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	return refused(s->view.version == TLS1_3_VERSION ? SSL_R_WRONG_SSL_VERSION : SSL_R_NO_RENEGOTIATION, 0);
}

int SSL_renegotiate(SSL *s) { return no_renegotiation(s); }
int SSL_renegotiate_abbreviated(SSL *s) { return no_renegotiation(s); }
int SSL_renegotiate_pending(const SSL *s) {
	(void)s;
	return 0;
}

int SSL_get_key_update_type(const SSL *s) { return patina_is_ssl(s) ? s->view.key_update : SSL_KEY_UPDATE_NONE; }

ossl_ssize_t SSL_sendfile(SSL *s, int fd, off_t offset, size_t size, int flags) {
	(void)fd;
	(void)offset;
	(void)size;
	(void)flags;
	if (!patina_is_ssl(s) || !s->view.role) return refused(SSL_R_UNINITIALIZED, -1);
	if (s->view.shutdown & SSL_SENT_SHUTDOWN) return refused(SSL_R_PROTOCOL_IS_SHUTDOWN, -1);
	return refused(SSL_R_UNINITIALIZED, -1);
}

int SSL_alloc_buffers(SSL *s) { return patina_is_ssl(s); }

// Buffers that hold data stay.
int SSL_free_buffers(SSL *s) { return patina_is_ssl(s) && !SSL_has_pending(s); }

// No client has said that it could: the extension is not offered here, and not looked for.
int SSL_verify_client_post_handshake(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	if (s->view.version != TLS1_3_VERSION) return refused(SSL_R_WRONG_SSL_VERSION, 0);
	if (s->view.role != 2) return refused(SSL_R_NOT_SERVER, 0);
	if (s->view.in_init) return refused(SSL_R_STILL_IN_INIT, 0);
	return refused(SSL_R_EXTENSION_NOT_RECEIVED, 0);
}
