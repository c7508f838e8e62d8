// checkchain_c.c: whether a certificate with its key and chain suits the peer. Manual: SSL_check_chain(3).

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "gate.h"
#include "method.h"
#include "_cgo_export.h"

// What SSL_check_chain judges by.
struct peer {
	SSL *s;
	int server;
	int tls13;     // that version has been agreed on
	int silent;    // the peer has named no signature algorithms
	int slot;
	int legacy;    // NID of the signature that a silent peer takes (RFC 5246, section 7.4.1.4.1), 0: any
	int nothing;   // no signature at all suits
};

enum { SHARED = 1, FOR_CERTIFICATES = 2 };

static int scheme_at(const struct peer *p, int list, int i, uint16_t *scheme, int *key, int *digest) {
	patina_enter();
	int n = patina_go_sigalg(p->s, list, i, scheme, key, digest);
	patina_leave();
	return n;
}

// The NID of a signature by both, where libcrypto has one name for them; of PSS and EdDSA it has not.
static int signature_nid(int key, int digest) {
	int nid = NID_undef;
	if (key == EVP_PKEY_RSA || key == EVP_PKEY_EC || key == EVP_PKEY_DSA) OBJ_find_sigid_by_algs(&nid, digest, key);
	return nid;
}

// The peer can verify the signature on x.
static int signature_suits(const struct peer *p, X509 *x) {
	if (p->nothing) return 0;
	if (p->silent && !p->legacy) return 1;
	int nid = X509_get_signature_nid(x);
	if (p->silent) return nid == p->legacy;
	uint16_t scheme;
	int key, digest, list = p->tls13 && scheme_at(p, FOR_CERTIFICATES, -1, &scheme, &key, &digest) ? FOR_CERTIFICATES : SHARED;
	int n = scheme_at(p, list, -1, &scheme, &key, &digest);
	for (int i = 0; i < n; i++) {
		scheme_at(p, list, i, &scheme, &key, &digest);
		if (signature_nid(key, digest) == nid && nid != NID_undef) return 1;
	}
	return 0;
}

// TLS 1.3: key can sign with a scheme of both sides, and its certificate is signed as the peer wants it.
static int can_sign13(const struct peer *p, X509 *x, EVP_PKEY *pkey) {
	uint16_t scheme;
	int key, digest, md = NID_undef, by = NID_undef;
	int named = scheme_at(p, FOR_CERTIFICATES, -1, &scheme, &key, &digest), ok = !named;
	X509_get_signature_info(x, &md, &by, NULL, NULL);
	for (int i = 0; i < named && !ok; i++) {
		scheme_at(p, FOR_CERTIFICATES, i, &scheme, &key, &digest);
		ok = key == by && digest == md;
	}
	patina_enter();
	ok = ok && patina_go_can_sign13(p->s, p->slot, EVP_PKEY_get_bits(pkey), patina_curve_of(pkey));
	patina_leave();
	return ok;
}

// The peer can use the key in x: its curve, and the form of its point.
static int parameters_suit(const struct peer *p, X509 *x) {
	EVP_PKEY *key = X509_get0_pubkey(x);
	if (!key || !EVP_PKEY_is_a(key, "EC")) return key != 0;
	char form[32];
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, sizeof form, NULL) &&
	    OPENSSL_strcasecmp(form, "uncompressed"))
		return 0;
	patina_enter();
	int ok = patina_go_curve_suits(p->s, p->server, patina_curve_of(key));
	patina_leave();
	return ok;
}

static int issued_by_one_of(const STACK_OF(X509_NAME) *names, X509 *x) {
	const X509_NAME *issuer = X509_get_issuer_name(x);
	for (int i = 0; i < sk_X509_NAME_num(names); i++)
		if (!X509_NAME_cmp(issuer, sk_X509_NAME_value(names, i))) return 1;
	return 0;
}

// A server has asked a client for certificates of a type, and of issuers.
static int asked_for(const struct peer *p, X509 *x, EVP_PKEY *key, STACK_OF(X509) *chain) {
	int flags = 0, type = EVP_PKEY_is_a(key, "RSA") ? TLS_CT_RSA_SIGN : EVP_PKEY_is_a(key, "EC") ? TLS_CT_ECDSA_SIGN : 0;
	const unsigned char *types = 0;
	size_t n = SSL_get0_certificate_types(p->s, &types);
	if (!type) flags = CERT_PKEY_CERT_TYPE;
	for (size_t i = 0; i < n; i++)
		if (types[i] == type) flags |= CERT_PKEY_CERT_TYPE;
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(p->s);
	int known = sk_X509_NAME_num(names) <= 0 || issued_by_one_of(names, x);
	for (int i = 0; i < sk_X509_num(chain) && !known; i++) known = issued_by_one_of(names, sk_X509_value(chain, i));
	return flags | (known ? CERT_PKEY_ISSUER_NAME : 0);
}

// The peer's algorithms have one, or for a silent one may have one, for keys of the slot.
static int signing(const struct peer *p) {
	if (p->silent) return p->legacy && !SSL_in_before(p->s) && p->server ? CERT_PKEY_SIGN : 0;
	patina_enter();
	int ok = patina_go_slot_shared(p->s, p->slot);
	patina_leave();
	return ok ? CERT_PKEY_SIGN | CERT_PKEY_EXPLICIT_SIGN : 0;
}

int SSL_check_chain(SSL *s, X509 *x, EVP_PKEY *pkey, STACK_OF(X509) *chain) {
	if (!patina_is_ssl(s) || !x || !pkey) return 0;
	struct peer p = {.s = s, .slot = patina_slot_for(pkey)};
	if (p.slot < 0) return 0;
	OSSL_HANDSHAKE_STATE state = SSL_get_state(s);
	p.server = s->view.role ? s->view.role == 2 : s->method->kind != PATINA_METHOD_TLS_CLIENT && s->method->kind != PATINA_METHOD_TLS12_CLIENT;
	p.tls13 = s->view.version == TLS1_3_VERSION && state != TLS_ST_BEFORE && state != TLS_ST_CW_CLNT_HELLO;
	uint16_t scheme;
	int key, digest;
	p.silent = !scheme_at(&p, 0, -1, &scheme, &key, &digest);
	if (p.silent) p.legacy = p.slot == PATINA_SLOT_RSA ? NID_sha1WithRSAEncryption : p.slot == PATINA_SLOT_ECC ? NID_ecdsa_with_SHA1 : 0;

	int flags = CERT_PKEY_CA_SIGNATURE;
	// What is set here has no SHA-1: a silent peer and we have nothing in common.
	patina_enter();
	if (p.legacy && patina_go_sets_sigalgs(s)) p.nothing = 1;
	patina_leave();
	if (p.tls13 ? can_sign13(&p, x, pkey) : signature_suits(&p, x)) flags |= CERT_PKEY_EE_SIGNATURE;
	if (p.nothing) flags = 0;
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!signature_suits(&p, sk_X509_value(chain, i))) flags &= ~CERT_PKEY_CA_SIGNATURE;
	if (parameters_suit(&p, x)) flags |= CERT_PKEY_EE_PARAM;
	flags |= CERT_PKEY_CA_PARAM;
	for (int i = 0; i < sk_X509_num(chain) && p.server; i++)
		if (!parameters_suit(&p, sk_X509_value(chain, i))) flags &= ~CERT_PKEY_CA_PARAM;
	flags |= p.server ? CERT_PKEY_ISSUER_NAME | CERT_PKEY_CERT_TYPE : asked_for(&p, x, pkey, chain);

	int wanted = CERT_PKEY_EE_SIGNATURE | CERT_PKEY_EE_PARAM;
	if (SSL_set_cert_flags(s, 0) & SSL_CERT_FLAG_TLS_STRICT)
		wanted |= CERT_PKEY_CA_SIGNATURE | CERT_PKEY_CA_PARAM | CERT_PKEY_ISSUER_NAME | CERT_PKEY_CERT_TYPE;
	if ((flags & wanted) == wanted) flags |= CERT_PKEY_VALID;
	return flags | signing(&p);
}
