// ops_c.c: the operations, as programs call them: handshake, read, write, shutdown.

#include <limits.h>

#include <openssl/err.h>

#include "loop.h"

static int refused(int reason) {
	patina_raise(ERR_LIB_SSL, reason, 0, 0);
	return -1;
}

static int handshake(SSL *s) {
	if (s->renegotiation_refused) {
		s->renegotiation_refused = 0;
		return refused(SSL_R_NO_RENEGOTIATION);
	}
	if (!s->view.in_init && !s->view.paused && s->view.key_update == SSL_KEY_UPDATE_NONE) return 1;
	return patina_run(s, PATINA_OP_HANDSHAKE, 0, 0, 0);
}

int SSL_do_handshake(SSL *s) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) return refused(SSL_R_CONNECTION_TYPE_NOT_SET);
	return handshake(s);
}

int SSL_connect(SSL *s) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) SSL_set_connect_state(s);
	return SSL_do_handshake(s);
}

int SSL_accept(SSL *s) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) SSL_set_accept_state(s);
	return SSL_do_handshake(s);
}

static int read_some(SSL *s, int op, void *buf, size_t len, size_t *moved) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) return refused(SSL_R_UNINITIALIZED);
	if (s->view.shutdown & SSL_RECEIVED_SHUTDOWN) {
		s->want = SSL_NOTHING;
		return 0;
	}
	return patina_run(s, op, buf, len, moved);
}

static int read_int(SSL *s, int op, void *buf, int num) {
	if (num < 0) return refused(SSL_R_BAD_LENGTH);
	size_t moved = 0;
	int r = read_some(s, op, buf, (size_t)num, &moved);
	return r > 0 ? (int)moved : r;
}

static int read_size(SSL *s, int op, void *buf, size_t num, size_t *readbytes) {
	size_t moved = 0;
	int r = read_some(s, op, buf, num, &moved);
	if (r > 0 && readbytes) *readbytes = moved;
	return r > 0;
}

int SSL_read(SSL *s, void *buf, int num) { return read_int(s, PATINA_OP_READ, buf, num); }

int SSL_read_ex(SSL *s, void *buf, size_t num, size_t *readbytes) {
	return read_size(s, PATINA_OP_READ, buf, num, readbytes);
}

int SSL_peek(SSL *s, void *buf, int num) { return read_int(s, PATINA_OP_PEEK, buf, num); }

int SSL_peek_ex(SSL *s, void *buf, size_t num, size_t *readbytes) {
	return read_size(s, PATINA_OP_PEEK, buf, num, readbytes);
}

static int write_some(SSL *s, const void *buf, size_t len, size_t *moved) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) return refused(SSL_R_UNINITIALIZED);
	if (s->view.shutdown & SSL_SENT_SHUTDOWN) {
		s->want = SSL_NOTHING;
		return refused(SSL_R_PROTOCOL_IS_SHUTDOWN);
	}
	return patina_run(s, PATINA_OP_WRITE, (uint8_t *)buf, len, moved);
}

int SSL_write(SSL *s, const void *buf, int num) {
	if (num < 0) return refused(SSL_R_BAD_LENGTH);
	size_t moved = 0;
	int r = write_some(s, buf, (size_t)num, &moved);
	return r > 0 ? (int)moved : r;
}

int SSL_write_ex(SSL *s, const void *buf, size_t num, size_t *written) {
	size_t moved = 0;
	int r = write_some(s, buf, num, &moved);
	if (r > 0 && written) *written = moved;
	return r > 0;
}

int SSL_shutdown(SSL *s) {
	if (!patina_is_ssl(s)) return refused(ERR_R_PASSED_NULL_PARAMETER);
	if (!s->view.role) return refused(SSL_R_UNINITIALIZED);
	if (s->view.in_init) return refused(SSL_R_SHUTDOWN_WHILE_IN_INIT);
	return patina_run(s, PATINA_OP_SHUTDOWN, 0, 0, 0);
}
