// ct_c.c: certificate transparency (RFC 6962), by libcrypto's CT functions: whether the peer's certificate has timestamps of
// known logs. Manual: SSL_CTX_set_ct_validation_callback(3), SSL_CTX_set_ctlog_list_file(3), SSL_get0_peer_scts(3).

#include <time.h>

#include <openssl/ct.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "callbacks.h"
#include "cert.h"
#include "facts.h"
#include "gate.h"
#include "loop.h"
#include "peer.h"

// The callback of SSL_CT_VALIDATION_PERMISSIVE: the timestamps are judged, and nothing depends on it.
static int permissive(const CT_POLICY_EVAL_CTX *ctx, const STACK_OF(SCT) *scts, void *arg) {
	(void)ctx, (void)scts, (void)arg;
	return 1;
}

// The callback of SSL_CT_VALIDATION_STRICT: one of them must be valid.
static int strict(const CT_POLICY_EVAL_CTX *ctx, const STACK_OF(SCT) *scts, void *arg) {
	(void)ctx, (void)arg;
	for (int i = 0; scts && i < sk_SCT_num(scts); i++)
		if (SCT_get_validation_status(sk_SCT_value(scts, i)) == SCT_VALIDATION_STATUS_VALID) return 1;
	return patina_fail(SSL_R_NO_VALID_SCTS);
}

static int set(struct patina_owner o, ssl_ct_validation_cb callback, void *arg) {
	if (callback && SSL_CTX_has_client_custom_ext(patina_owner_ctx(o), TLSEXT_TYPE_signed_certificate_timestamp))
		return patina_fail(SSL_R_CUSTOM_EXT_HANDLER_ALREADY_INSTALLED);
	// They may come with an OCSP response, which is asked for then.
	if (callback && o.ssl && !SSL_set_tlsext_status_type(o.ssl, TLSEXT_STATUSTYPE_ocsp)) return 0;
	patina_set_callback(o, PATINA_CB_CT, (uintptr_t)callback, (uintptr_t)arg);
	return 1;
}

int SSL_set_ct_validation_callback(SSL *s, ssl_ct_validation_cb callback, void *arg) { return set(PATINA_SSL(s), callback, arg); }

int SSL_CTX_set_ct_validation_callback(SSL_CTX *ctx, ssl_ct_validation_cb callback, void *arg) {
	return set(PATINA_CTX(ctx), callback, arg);
}

static int enable(struct patina_owner o, int mode) {
	switch (mode) {
	case SSL_CT_VALIDATION_PERMISSIVE: return set(o, permissive, 0);
	case SSL_CT_VALIDATION_STRICT: return set(o, strict, 0);
	}
	return patina_fail(SSL_R_INVALID_CT_VALIDATION_TYPE);
}

int SSL_enable_ct(SSL *s, int mode) { return enable(PATINA_SSL(s), mode); }
int SSL_CTX_enable_ct(SSL_CTX *ctx, int mode) { return enable(PATINA_CTX(ctx), mode); }

int SSL_ct_is_enabled(const SSL *s) { return patina_callback(PATINA_SSL((SSL *)s), PATINA_CB_CT, 0) != 0; }
int SSL_CTX_ct_is_enabled(const SSL_CTX *ctx) { return patina_callback(PATINA_CTX((SSL_CTX *)ctx), PATINA_CB_CT, 0) != 0; }

void SSL_CTX_set0_ctlog_store(SSL_CTX *ctx, CTLOG_STORE *logs) {
	if (!patina_is_ctx(ctx)) return;
	CTLOG_STORE_free(ctx->ctlogs);
	ctx->ctlogs = logs;
}

const CTLOG_STORE *SSL_CTX_get0_ctlog_store(const SSL_CTX *ctx) { return patina_is_ctx(ctx) ? ctx->ctlogs : 0; }
int SSL_CTX_set_ctlog_list_file(SSL_CTX *ctx, const char *path) { return CTLOG_STORE_load_file(ctx->ctlogs, path); }
int SSL_CTX_set_default_ctlog_list_file(SSL_CTX *ctx) { return CTLOG_STORE_load_default_file(ctx->ctlogs); }

// Moves timestamps to *to, the last first, and frees from. 0 if memory is out.
static int move(STACK_OF(SCT) **to, STACK_OF(SCT) *from, sct_source_t source) {
	SCT *sct = 0;
	int ok = *to || (*to = sk_SCT_new_null());
	while (ok && from && (sct = sk_SCT_pop(from)))
		if (!(ok = SCT_set_source(sct, source) == 1 && sk_SCT_push(*to, sct) > 0)) SCT_free(sct);
	SCT_LIST_free(from);
	return ok;
}

static int of_extension(SSL *s) {
	const uint8_t *list;
	size_t len;
	if (!patina_fact(s, PATINA_FACT_SCTS, &list, &len)) return 1;
	const unsigned char *p = list;
	return move(&s->scts, o2i_SCT_LIST(0, &p, len), SCT_SOURCE_TLS_EXTENSION);
}

static int of_response(SSL *s) {
	unsigned char *der = 0;
	long len = SSL_get_tlsext_status_ocsp_resp(s, &der);
	if (!der || len <= 0) return 1;
	const unsigned char *p = der;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(0, &p, len);
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : 0;
	int ok = 1;
	for (int i = 0; basic && ok && i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		ok = !single || move(&s->scts, OCSP_SINGLERESP_get1_ext_d2i(single, NID_ct_cert_scts, 0, 0), SCT_SOURCE_OCSP_STAPLED_RESPONSE);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return ok;
}

static int of_certificate(SSL *s, X509 *x) {
	return !x || move(&s->scts, X509_get_ext_d2i(x, NID_ct_precert_scts, 0, 0), SCT_SOURCE_X509V3_EXTENSION);
}

// The peer's certificate as far as it is known, accepted or not.
static X509 *peer(SSL *s) {
	STACK_OF(X509) *chain = s->view.peer >= PATINA_PEER_SHOWN ? patina_peer_chain(s) : 0;
	return chain && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : 0;
}

const STACK_OF(SCT) *SSL_get0_peer_scts(SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	if (s->scts_parsed) return s->scts;
	PATINA_CRYPTO_SECTION;
	if (!of_extension(s) || !of_response(s) || !of_certificate(s, peer(s))) return 0;
	s->scts_parsed = 1;
	return s->scts;
}

void patina_drop_scts(SSL *s) {
	SCT_LIST_free(s->scts);
	s->scts = 0;
	s->scts_parsed = 0;
}

// Asks the callback about the timestamps of a certificate that has been verified. What it returns; 1 where there is
// nothing to be judged; below 0 if that is not possible.
static int judge(SSL *s, struct patina_step *st) {
	STACK_OF(X509) *chain = SSL_get0_verified_chain(s);
	X509 *x = peer(s);
	if (!x || !chain || sk_X509_num(chain) <= 1) return 1;
	CT_POLICY_EVAL_CTX *ctx = CT_POLICY_EVAL_CTX_new_ex(s->ctx->libctx, s->ctx->propq);
	if (!ctx) return -1;
	int r = -1;
	if (CT_POLICY_EVAL_CTX_set1_cert(ctx, x) && CT_POLICY_EVAL_CTX_set1_issuer(ctx, sk_X509_value(chain, 1))) {
		CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(ctx, s->ctx->ctlogs);
		CT_POLICY_EVAL_CTX_set_time(ctx, (uint64_t)time(0) * 1000);
		const STACK_OF(SCT) *scts = SSL_get0_peer_scts(s);
		if (SCT_LIST_validate(scts, ctx) >= 0) r = ((ssl_ct_validation_cb)st->fn)(ctx, scts, (void *)st->arg) > 0;
	}
	CT_POLICY_EVAL_CTX_free(ctx);
	return r;
}

int patina_perform_ct(SSL *s, struct patina_step *st) {
	st->answer = st->need;
	st->value = judge(s, st);
	return 1;
}
