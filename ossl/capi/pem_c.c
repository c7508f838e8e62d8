// pem_c.c: sessions in PEM. Manual: PEM_read_SSL_SESSION(3). libcrypto does the PEM, d2i_SSL_SESSION the ASN.1.

#include <openssl/pem.h>
#include <openssl/ssl.h>

SSL_SESSION *PEM_read_bio_SSL_SESSION(BIO *in, SSL_SESSION **x, pem_password_cb *cb, void *u) {
	return PEM_ASN1_read_bio((d2i_of_void *)d2i_SSL_SESSION, PEM_STRING_SSL_SESSION, in, (void **)x, cb, u);
}

SSL_SESSION *PEM_read_SSL_SESSION(FILE *in, SSL_SESSION **x, pem_password_cb *cb, void *u) {
	return PEM_ASN1_read((d2i_of_void *)d2i_SSL_SESSION, PEM_STRING_SSL_SESSION, in, (void **)x, cb, u);
}

int PEM_write_bio_SSL_SESSION(BIO *out, const SSL_SESSION *x) {
	return PEM_ASN1_write_bio((i2d_of_void *)i2d_SSL_SESSION, PEM_STRING_SSL_SESSION, out, x, NULL, NULL, 0, NULL, NULL);
}

int PEM_write_SSL_SESSION(FILE *out, const SSL_SESSION *x) {
	return PEM_ASN1_write((i2d_of_void *)i2d_SSL_SESSION, PEM_STRING_SSL_SESSION, out, x, NULL, NULL, 0, NULL, NULL);
}
