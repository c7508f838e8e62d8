// npn_c.c: next protocol negotiation, which ALPN replaced and this library does not offer.
// Manual: SSL_CTX_set_next_proto_select_cb(3).

#include <stddef.h>

#include <openssl/ssl.h>

void SSL_get0_next_proto_negotiated(const SSL *s, const unsigned char **data, unsigned *len) {
	(void)s;
	*data = NULL;
	*len = 0;
}
