// client_hello_c.c: the parts of a ClientHello, for the client hello callback: SSL_client_hello_get0_ciphers(3). Go has
// parsed it; here it is an index of offsets (ossl/facts.go) and the message.

#include "facts.h"

enum { AT, VERSION, RANDOM, SESSION_ID = 4, CIPHERS = 6, COMPRESSION = 8, COUNT = 10, EXTENSIONS = 11 };

static const uint8_t *index_of(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	if (!s->hello) {
		const uint8_t *data;
		size_t len;
		if (patina_fact(s, PATINA_FACT_CLIENT_HELLO, &data, &len)) s->hello = OPENSSL_memdup(data, len);
	}
	return s->hello;
}

static size_t number(const uint8_t *hello, size_t i) {
	const uint8_t *b = hello + 4 * i;
	return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

static size_t part(SSL *s, size_t i, const unsigned char **out) {
	const uint8_t *hello = index_of(s);
	if (!hello) return 0;
	if (out) *out = hello + number(hello, AT) + number(hello, i);
	return number(hello, i + 1);
}

int SSL_client_hello_isv2(SSL *s) {
	(void)s;
	return 0;
}

unsigned int SSL_client_hello_get0_legacy_version(SSL *s) {
	const uint8_t *hello = index_of(s);
	return hello ? (unsigned)number(hello, VERSION) : 0;
}

size_t SSL_client_hello_get0_random(SSL *s, const unsigned char **out) { return part(s, RANDOM, out); }
size_t SSL_client_hello_get0_session_id(SSL *s, const unsigned char **out) { return part(s, SESSION_ID, out); }
size_t SSL_client_hello_get0_ciphers(SSL *s, const unsigned char **out) { return part(s, CIPHERS, out); }
size_t SSL_client_hello_get0_compression_methods(SSL *s, const unsigned char **out) { return part(s, COMPRESSION, out); }

int SSL_client_hello_get1_extensions_present(SSL *s, int **out, size_t *outlen) {
	const uint8_t *hello = index_of(s);
	if (!hello || !out || !outlen) return 0;
	size_t n = number(hello, COUNT);
	*out = 0;
	*outlen = n;
	if (!n) return 1;
	if (!(*out = OPENSSL_malloc(n * sizeof **out))) return 0;
	for (size_t i = 0; i < n; i++) (*out)[i] = (int)number(hello, EXTENSIONS + 3 * i);
	return 1;
}

int SSL_client_hello_get0_ext(SSL *s, unsigned int type, const unsigned char **out, size_t *outlen) {
	const uint8_t *hello = index_of(s);
	if (!hello) return 0;
	size_t n = number(hello, COUNT);
	for (size_t i = 0; i < n; i++) {
		size_t at = EXTENSIONS + 3 * i;
		if (number(hello, at) != type) continue;
		if (out) *out = hello + number(hello, AT) + number(hello, at + 1);
		if (outlen) *outlen = number(hello, at + 2);
		return 1;
	}
	return 0;
}
