// facts_c.c: what has been agreed: SSL_get_servername(3), SSL_get0_alpn_selected(3), SSL_get_client_random(3),
// SSL_get_finished(3).

#include <string.h>

#include "cipher.h"
#include "facts.h"
#include "gate.h"
#include "_cgo_export.h"

int patina_fact(const SSL *s, int fact, const uint8_t **data, size_t *len) {
	*data = 0;
	*len = 0;
	if (!patina_is_ssl(s)) return 0;
	patina_enter();
	int ok = patina_go_fact((SSL *)s, fact, len);
	patina_leave();
	if (ok) *data = s->scratch;
	return ok;
}

// Names of hosts and protocols are kept in the SSL, as programs keep the pointers. Without const: what is remembered is
// not part of what an SSL means.
const char *SSL_get_servername(const SSL *cs, const int type) {
	SSL *s = (SSL *)cs;
	const uint8_t *name;
	size_t len;
	if (type != TLSEXT_NAMETYPE_host_name || !patina_fact(s, PATINA_FACT_SERVER_NAME, &name, &len)) return 0;
	if (!s->server_name || strcmp(s->server_name, (const char *)name) != 0) {
		OPENSSL_free(s->server_name);
		s->server_name = OPENSSL_strdup((const char *)name);
	}
	return s->server_name;
}

int SSL_get_servername_type(const SSL *s) {
	return SSL_get_servername(s, TLSEXT_NAMETYPE_host_name) ? TLSEXT_NAMETYPE_host_name : -1;
}

void SSL_get0_alpn_selected(const SSL *cs, const unsigned char **data, unsigned int *len) {
	SSL *s = (SSL *)cs;
	const uint8_t *name;
	size_t n;
	*data = 0;
	*len = 0;
	if (!patina_fact(s, PATINA_FACT_ALPN, &name, &n)) return;
	if (s->alpn_len != n || !s->alpn || memcmp(s->alpn, name, n) != 0) {
		OPENSSL_free(s->alpn);
		s->alpn = OPENSSL_memdup(name, n);
		s->alpn_len = s->alpn ? n : 0;
	}
	*data = s->alpn;
	*len = (unsigned)s->alpn_len;
}

// Copies as much of a fact as fits. How much there is if out is empty, else how much was copied.
static size_t copied(const SSL *s, int fact, void *out, size_t size, int all) {
	const uint8_t *data;
	size_t len;
	if (!patina_fact(s, fact, &data, &len)) return 0;
	size_t n = len < size ? len : size;
	if (n) memcpy(out, data, n);
	return all || !size ? len : n;
}

static size_t copied_random(const SSL *s, int fact, unsigned char *out, size_t size) {
	if (!size) return SSL3_RANDOM_SIZE;
	static const unsigned char none[SSL3_RANDOM_SIZE];
	if (size > SSL3_RANDOM_SIZE) size = SSL3_RANDOM_SIZE;
	memcpy(out, none, size);
	copied(s, fact, out, size, 0);
	return size;
}

size_t SSL_get_client_random(const SSL *s, unsigned char *out, size_t size) {
	return copied_random(s, PATINA_FACT_CLIENT_RANDOM, out, size);
}

size_t SSL_get_server_random(const SSL *s, unsigned char *out, size_t size) {
	return copied_random(s, PATINA_FACT_SERVER_RANDOM, out, size);
}

size_t SSL_get_finished(const SSL *s, void *buf, size_t count) {
	return copied(s, PATINA_FACT_FINISHED, buf, count, 1);
}

size_t SSL_get_peer_finished(const SSL *s, void *buf, size_t count) {
	return copied(s, PATINA_FACT_PEER_FINISHED, buf, count, 1);
}

const SSL_CIPHER *SSL_get_current_cipher(const SSL *s) {
	return patina_is_ssl(s) && s->view.cipher ? patina_cipher(s->view.cipher) : 0;
}

const SSL_CIPHER *SSL_get_pending_cipher(const SSL *s) {
	return patina_is_ssl(s) && s->view.pending ? patina_cipher(s->view.pending) : 0;
}

// The length of the protocol at offset i of a list, 0 if there is none that is whole.
static unsigned protocol_at(const unsigned char *list, unsigned len, unsigned i) {
	return i < len && list[i] && list[i] <= len - i - 1 ? list[i] : 0;
}

// The first protocol of the server's list that is in the client's too; without one, the client's first.
int SSL_select_next_proto(unsigned char **out, unsigned char *outlen, const unsigned char *server, unsigned int server_len,
                          const unsigned char *client, unsigned int client_len) {
	unsigned n, m;
	*out = 0;
	*outlen = 0;
	if (!(n = protocol_at(client, client_len, 0))) return OPENSSL_NPN_NO_OVERLAP;
	*out = (unsigned char *)client + 1;
	*outlen = (unsigned char)n;
	for (unsigned i = 0; (n = protocol_at(server, server_len, i)); i += 1 + n) {
		for (unsigned j = 0; (m = protocol_at(client, client_len, j)); j += 1 + m) {
			if (n != m || memcmp(server + i + 1, client + j + 1, n) != 0) continue;
			*out = (unsigned char *)server + i + 1;
			*outlen = (unsigned char)n;
			return OPENSSL_NPN_NEGOTIATED;
		}
	}
	return OPENSSL_NPN_NO_OVERLAP;
}
