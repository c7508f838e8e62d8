// padding_c.c: record padding and the maximum fragment length extension.
// Manual: SSL_CTX_set_record_padding_callback(3), SSL_CTX_set_split_send_fragment(3).

#include <openssl/err.h>
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

// A client of this library does not ask for shorter fragments: turning the extension off is what it does anyway.
static int fragment(uint8_t mode) {
	if (mode == TLSEXT_max_fragment_length_DISABLED) return 1;
	if (mode <= TLSEXT_max_fragment_length_4096)
		ERR_raise_data(ERR_LIB_SSL, ERR_R_DISABLED, "the maximum fragment length extension is not offered");
	else
		ERR_raise(ERR_LIB_SSL, SSL_R_SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH);
	return 0;
}

int SSL_CTX_set_tlsext_max_fragment_length(SSL_CTX *ctx, uint8_t mode) {
	(void)ctx;
	return fragment(mode);
}

int SSL_set_tlsext_max_fragment_length(SSL *s, uint8_t mode) {
	(void)s;
	return fragment(mode);
}
