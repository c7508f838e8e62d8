// serverinfo_c.c: extensions from a file, which this library does not send. Manual: SSL_CTX_use_serverinfo(3).

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

// A file that cannot be read fails as with OpenSSL; one that can is refused.
int SSL_CTX_use_serverinfo_file(SSL_CTX *ctx, const char *file) {
	if (!ctx || !file) {
		ERR_raise(ERR_LIB_SSL, ERR_R_PASSED_NULL_PARAMETER);
		return 0;
	}
	BIO *in = BIO_new(BIO_s_file());
	if (!in || BIO_read_filename(in, file) <= 0)
		ERR_raise(ERR_LIB_SSL, in ? ERR_R_SYS_LIB : ERR_R_BUF_LIB);
	else
		ERR_raise_data(ERR_LIB_SSL, ERR_R_DISABLED, "custom extensions are not offered");
	BIO_free(in);
	return 0;
}
