// bio_c.c: the BIOs of a connection: SSL_set_bio(3), SSL_get_rbio(3), SSL_set_fd(3), SSL_get_fd(3).

#include <openssl/bio.h>
#include <openssl/err.h>

#include "gate.h"
#include "handle.h"

BIO *SSL_get_rbio(const SSL *s) { return patina_is_ssl(s) ? s->rbio : 0; }
BIO *SSL_get_wbio(const SSL *s) { return patina_is_ssl(s) ? s->wbio : 0; }

void SSL_set0_rbio(SSL *s, BIO *bio) {
	if (!patina_is_ssl(s)) return;
	BIO_free_all(s->rbio);
	s->rbio = bio;
}

void SSL_set0_wbio(SSL *s, BIO *bio) {
	if (!patina_is_ssl(s)) return;
	BIO_free_all(s->wbio);
	s->wbio = bio;
}

// The caller gives one reference for each BIO that changes, but a BIO given for both sides comes with one only; and
// where the read side alone changes and both were one BIO before, the other argument brings a reference too.
void SSL_set_bio(SSL *s, BIO *rbio, BIO *wbio) {
	if (!patina_is_ssl(s)) return;
	int same_read = rbio == s->rbio, same_write = wbio == s->wbio;
	if (same_read && same_write) return;
	if (rbio && rbio == wbio) BIO_up_ref(rbio);
	if (same_read) {
		SSL_set0_wbio(s, wbio);
	} else if (same_write && s->rbio != s->wbio) {
		SSL_set0_rbio(s, rbio);
	} else {
		SSL_set0_rbio(s, rbio);
		SSL_set0_wbio(s, wbio);
	}
}

static BIO *socket_bio(int fd) {
	PATINA_CRYPTO_SECTION;
	BIO *bio = BIO_new(BIO_s_socket());
	if (!bio) {
		patina_raise(ERR_LIB_SSL, ERR_R_BUF_LIB, 0, 0);
		return 0;
	}
	BIO_set_fd(bio, fd, BIO_NOCLOSE);
	return bio;
}

int SSL_set_fd(SSL *s, int fd) {
	BIO *bio = socket_bio(fd);
	if (!bio) return 0;
	SSL_set_bio(s, bio, bio);
	return 1;
}

// A BIO for fd, shared with that of the other side if it is a socket of the same descriptor.
static BIO *shared_bio(BIO *other, int fd) {
	if (other && BIO_method_type(other) == BIO_TYPE_SOCKET && (int)BIO_get_fd(other, 0) == fd) {
		BIO_up_ref(other);
		return other;
	}
	return socket_bio(fd);
}

int SSL_set_rfd(SSL *s, int fd) {
	if (!patina_is_ssl(s)) return 0;
	BIO *bio = shared_bio(s->wbio, fd);
	if (!bio) return 0;
	SSL_set0_rbio(s, bio);
	return 1;
}

int SSL_set_wfd(SSL *s, int fd) {
	if (!patina_is_ssl(s)) return 0;
	BIO *bio = shared_bio(s->rbio, fd);
	if (!bio) return 0;
	SSL_set0_wbio(s, bio);
	return 1;
}

static int descriptor(BIO *bio) {
	BIO *found = BIO_find_type(bio, BIO_TYPE_DESCRIPTOR);
	int fd = -1;
	if (found) BIO_get_fd(found, &fd);
	return fd;
}

int SSL_get_rfd(const SSL *s) { return descriptor(SSL_get_rbio(s)); }
int SSL_get_wfd(const SSL *s) { return descriptor(SSL_get_wbio(s)); }
int SSL_get_fd(const SSL *s) { return SSL_get_rfd(s); }
