// dane_c.c: DANE, where libcrypto's objects are asked for or set. Manual: SSL_CTX_dane_enable(3).

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "dane.h"
#include "facts.h"
#include "gate.h"
#include "peer.h"
#include "topics.h"
#include "_cgo_export.h"

// What has been handed out, and lives until the next verification.
struct patina_dane {
	X509 *cert;
	EVP_PKEY *key;
	unsigned char *data;
	size_t len;
};

static struct patina_dane *handed_out(SSL *s) {
	if (!s->dane) s->dane = OPENSSL_zalloc(sizeof *s->dane);
	return s->dane;
}

void patina_dane_forget(SSL *s) {
	struct patina_dane *d = s->dane;
	if (!d) return;
	X509_free(d->cert);
	EVP_PKEY_free(d->key);
	OPENSSL_free(d->data);
	*d = (struct patina_dane){0};
}

void patina_dane_free(SSL *s) {
	patina_dane_forget(s);
	OPENSSL_free(s->dane);
	s->dane = 0;
	patina_dane_object_free(s->dane_object);
	s->dane_object = 0;
}

// The name is what the server is asked for, unless there is such a name, and what its certificate must have.
int SSL_dane_enable(SSL *s, const char *basedomain) {
	if (!patina_is_ssl(s)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	patina_enter();
	int may = patina_go_dane_may_enable(s);
	patina_leave();
	if (!may) return 0;
	if ((may == 1 && !SSL_set_tlsext_host_name(s, basedomain)) || !X509_VERIFY_PARAM_set1_host(s->param, basedomain, 0)) {
		patina_fail(SSL_R_ERROR_SETTING_TLSA_BASE_DOMAIN);
		return -1;
	}
	patina_enter();
	int ok = patina_go_dane_enable(s);
	patina_leave();
	return ok;
}

// What has matched, if there are records and the peer has been accepted: its depth, else -1.
static int match_of(SSL *s, struct patina_dane_match *m) {
	*m = (struct patina_dane_match){0};
	if (!patina_is_ssl(s) || !s->view.dane || s->view.verify_result != X509_V_OK) return -1;
	patina_enter();
	int depth = patina_go_dane_match(s, m);
	patina_leave();
	return depth;
}

static X509 *cert_of(SSL *s) {
	const uint8_t *blob;
	size_t len;
	struct patina_dane *d = handed_out(s);
	if (!d || d->cert || !patina_fact(s, PATINA_FACT_DANE_CERT, &blob, &len)) return d ? d->cert : 0;
	STACK_OF(X509) *one = patina_chain_of(blob, len);
	d->cert = one ? sk_X509_shift(one) : 0;
	sk_X509_pop_free(one, X509_free);
	return d->cert;
}

static EVP_PKEY *key_of(SSL *s) {
	const uint8_t *der;
	size_t len;
	struct patina_dane *d = handed_out(s);
	if (d && !d->key && patina_fact(s, PATINA_FACT_DANE_KEY, &der, &len)) {
		const unsigned char *at = der;
		d->key = d2i_PUBKEY(0, &at, (long)len);
	}
	return d ? d->key : 0;
}

int SSL_get0_dane_authority(SSL *s, X509 **mcert, EVP_PKEY **mspki) {
	struct patina_dane_match m;
	int depth = match_of(s, &m);
	if (!m.found) return depth;
	X509 *cert = cert_of(s);
	if (mcert) *mcert = cert;
	if (mspki) *mspki = cert ? 0 : key_of(s);
	return depth;
}

int SSL_get0_dane_tlsa(SSL *s, uint8_t *usage, uint8_t *selector, uint8_t *mtype, const unsigned char **data, size_t *dlen) {
	struct patina_dane_match m;
	int depth = match_of(s, &m);
	if (!m.found) return depth;
	const uint8_t *bytes;
	size_t len;
	struct patina_dane *d = handed_out(s);
	if (d && !d->data && patina_fact(s, PATINA_FACT_DANE_DATA, &bytes, &len) && (d->data = OPENSSL_memdup(bytes, len))) d->len = len;
	if (!d || !d->data) return -1;
	if (usage) *usage = m.usage;
	if (selector) *selector = m.selector;
	if (mtype) *mtype = m.mtype;
	if (data) *data = d->data;
	if (dlen) *dlen = d->len;
	return depth;
}
