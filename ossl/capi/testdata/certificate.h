// certificate.h: what the programs here present.

#ifndef PATINA_TEST_CERTIFICATE_H
#define PATINA_TEST_CERTIFICATE_H

#include <openssl/x509.h>

// A certificate of localhost that key has signed itself, good for some days; 0 if it cannot be made.
static X509 *self_signed(EVP_PKEY *key) {
	X509 *cert = X509_new();
	if (!cert) return 0;
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 360000);
	X509_set_pubkey(cert, key);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	if (X509_sign(cert, key, EVP_sha256()) > 0) return cert;
	X509_free(cert);
	return 0;
}

#endif
