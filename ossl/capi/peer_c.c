// peer_c.c: the peer's certificates: SSL_get_peer_certificate(3), SSL_get_peer_cert_chain(3), SSL_get_verify_result(3).

#include "facts.h"
#include "peer.h"

STACK_OF(X509) *patina_peer_chain(const SSL *cs) {
	SSL *s = (SSL *)cs;
	if (!patina_is_ssl(s)) return 0;
	if (!s->peer_chain && s->view.peer == PATINA_PEER_ABSENT) s->peer_chain = sk_X509_new_null();
	if (!s->peer_chain) {
		const uint8_t *blob;
		size_t len;
		if (patina_fact(s, PATINA_FACT_PEER_CHAIN, &blob, &len)) s->peer_chain = patina_chain_of(blob, len);
	}
	return s->peer_chain;
}

X509 *SSL_get0_peer_certificate(const SSL *s) {
	STACK_OF(X509) *certs = patina_is_ssl(s) && s->view.peer == PATINA_PEER_ACCEPTED ? patina_peer_chain(s) : 0;
	return certs && sk_X509_num(certs) > 0 ? sk_X509_value(certs, 0) : 0;
}

X509 *SSL_get1_peer_certificate(const SSL *s) {
	X509 *x509 = SSL_get0_peer_certificate(s);
	if (x509 && !X509_up_ref(x509)) return 0;
	return x509;
}

// A server is shown its client's chain without the leaf.
STACK_OF(X509) *SSL_get_peer_cert_chain(const SSL *cs) {
	SSL *s = (SSL *)cs;
	STACK_OF(X509) *certs = patina_is_ssl(s) && s->view.peer ? patina_peer_chain(s) : 0;
	if (certs && s->view.leaf_only) return 0;
	if (!certs || s->view.role != 2) return certs;
	if (!s->peer_rest && (s->peer_rest = X509_chain_up_ref(certs))) X509_free(sk_X509_shift(s->peer_rest));
	return s->peer_rest;
}

STACK_OF(X509) *SSL_get0_verified_chain(const SSL *cs) {
	SSL *s = (SSL *)cs;
	if (!patina_is_ssl(s)) return 0;
	const uint8_t *blob;
	size_t len;
	if (!s->verified_chain && patina_fact(s, PATINA_FACT_VERIFIED_CHAIN, &blob, &len))
		s->verified_chain = patina_chain_of(blob, len);
	return s->verified_chain;
}

long SSL_get_verify_result(const SSL *s) { return patina_is_ssl(s) ? s->view.verify_result : X509_V_OK; }

const char *SSL_get0_peername(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	const uint8_t *name;
	size_t len;
	if (!s->peer_name && patina_fact(s, PATINA_FACT_PEER_NAME, &name, &len)) s->peer_name = OPENSSL_strdup((const char *)name);
	return s->peer_name ? s->peer_name : X509_VERIFY_PARAM_get0_peername(s->param);
}
