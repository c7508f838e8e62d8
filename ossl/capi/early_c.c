// early_c.c: early data (SSL_read_early_data(3)), and what this library answers where a program asks for renegotiation or
// kernel TLS, neither of which it does: SSL_renegotiate(3), SSL_sendfile(3).

#include <openssl/err.h>

#include "loop.h"

static int refused(int reason, int value) {
	patina_raise(ERR_LIB_SSL, reason, 0, 0);
	return value;
}

// Runs an operation of early data. One that comes too late, after the handshake, fails and leaves what SSL_want says.
static int run_early(SSL *s, int op, uint8_t *buf, size_t num, size_t *moved) {
	int want = s->want;
	int r = patina_run(s, op, buf, num, moved);
	if (r <= 0 && !s->view.in_init && s->want == SSL_NOTHING) s->want = want;
	return r;
}

int SSL_read_early_data(SSL *s, void *buf, size_t num, size_t *readbytes) {
	size_t moved = 0;
	if (!patina_is_ssl(s) || !SSL_is_server(s)) return refused(ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED, SSL_READ_EARLY_DATA_ERROR);
	if (!s->view.role) SSL_set_accept_state(s);
	int reading = !s->view.early_read;
	int r = run_early(s, PATINA_OP_READ_EARLY, buf, num, &moved);
	// The end has come, whatever of the handshake behind it has.
	if (r <= 0 && reading && s->view.early_read) r = SSL_READ_EARLY_DATA_FINISH;
	if (r > 0 && readbytes) *readbytes = moved;
	return r > 0 ? r : SSL_READ_EARLY_DATA_ERROR;
}

int SSL_write_early_data(SSL *s, const void *buf, size_t num, size_t *written) {
	size_t moved = 0;
	if (!patina_is_ssl(s)) return refused(ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED, 0);
	if (!s->view.role && !SSL_is_server(s)) SSL_set_connect_state(s);
	int r = run_early(s, PATINA_OP_WRITE_EARLY, (uint8_t *)buf, num, &moved);
	if (r > 0 && written) *written = moved;
	return r > 0;
}

int SSL_get_early_data_status(const SSL *s) { return patina_is_ssl(s) ? s->view.early : SSL_EARLY_DATA_NOT_SENT; }

// Programs that do not look at this answer go on to SSL_do_handshake and then wait for the peer's ClientHello, s_server -www
// for one. Where OpenSSL would renegotiate, that call fails too, once.
static int no_renegotiation(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	s->renegotiation_refused = s->view.version != TLS1_3_VERSION && !s->view.in_init && !(SSL_get_options(s) & SSL_OP_NO_RENEGOTIATION);
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
