// param_c.c: what the peer's certificate must be: SSL_set1_host(3), SSL_CTX_get0_param(3), SSL_CTX_set_purpose in
// X509_VERIFY_PARAM's terms.

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "handle.h"

X509_VERIFY_PARAM *SSL_get0_param(SSL *s) { return patina_is_ssl(s) ? s->param : 0; }
X509_VERIFY_PARAM *SSL_CTX_get0_param(SSL_CTX *c) { return patina_is_ctx(c) ? c->param : 0; }
int SSL_set1_param(SSL *s, X509_VERIFY_PARAM *p) { return patina_is_ssl(s) && X509_VERIFY_PARAM_set1(s->param, p); }
int SSL_CTX_set1_param(SSL_CTX *c, X509_VERIFY_PARAM *p) {
	return patina_is_ctx(c) && X509_VERIFY_PARAM_set1(c->param, p);
}
int SSL_set_purpose(SSL *s, int purpose) { return patina_is_ssl(s) && X509_VERIFY_PARAM_set_purpose(s->param, purpose); }
int SSL_CTX_set_purpose(SSL_CTX *c, int purpose) {
	return patina_is_ctx(c) && X509_VERIFY_PARAM_set_purpose(c->param, purpose);
}
int SSL_set_trust(SSL *s, int trust) { return patina_is_ssl(s) && X509_VERIFY_PARAM_set_trust(s->param, trust); }
int SSL_CTX_set_trust(SSL_CTX *c, int trust) {
	return patina_is_ctx(c) && X509_VERIFY_PARAM_set_trust(c->param, trust);
}
void SSL_set_verify_depth(SSL *s, int depth) {
	if (patina_is_ssl(s)) X509_VERIFY_PARAM_set_depth(s->param, depth);
}
int SSL_get_verify_depth(const SSL *s) { return patina_is_ssl(s) ? X509_VERIFY_PARAM_get_depth(s->param) : -1; }
void SSL_set_hostflags(SSL *s, unsigned int flags) {
	if (patina_is_ssl(s)) X509_VERIFY_PARAM_set_hostflags(s->param, flags);
}

// A name that is an IP address is compared with the addresses in the certificate.
int SSL_set1_host(SSL *s, const char *hostname) {
	if (!patina_is_ssl(s)) return 0;
	if (hostname && X509_VERIFY_PARAM_set1_ip_asc(s->param, hostname) == 1) return 1;
	return X509_VERIFY_PARAM_set1_host(s->param, hostname, 0);
}

int SSL_add1_host(SSL *s, const char *hostname) {
	if (!patina_is_ssl(s)) return 0;
	ASN1_OCTET_STRING *ip = hostname ? a2i_IPADDRESS(hostname) : 0;
	if (!ip) return X509_VERIFY_PARAM_add1_host(s->param, hostname, 0);
	ASN1_OCTET_STRING_free(ip);
	ERR_set_mark();
	char *old = X509_VERIFY_PARAM_get1_ip_asc(s->param);
	ERR_pop_to_mark();
	if (old) { // there can be one address only
		OPENSSL_free(old);
		return 0;
	}
	return X509_VERIFY_PARAM_set1_ip_asc(s->param, hostname);
}
