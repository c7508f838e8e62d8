// padding_c.c: record padding. Manual: SSL_CTX_set_record_padding_callback(3).

#include <openssl/ssl.h>

// Padding is the sender's choice (RFC 8446, section 5.4); this library sends none. What is out of range fails.
static int padding(size_t block_size) { return block_size <= SSL3_RT_MAX_PLAIN_LENGTH; }

int SSL_CTX_set_block_padding(SSL_CTX *ctx, size_t block_size) {
	(void)ctx;
	return padding(block_size);
}

int SSL_set_block_padding(SSL *s, size_t block_size) {
	(void)s;
	return padding(block_size);
}
