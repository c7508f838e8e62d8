// names_c.c: lists of certificate authorities. Manual: SSL_CTX_set0_CA_list(3).

#include <openssl/err.h>

#include "facts.h"
#include "gate.h"
#include "topics.h"
#include "_cgo_export.h"

#define CTX(c) ((struct patina_owner){.ctx = (c)})
#define CONN(s) ((struct patina_owner){.ssl = (s)})

static STACK_OF(X509_NAME) **list_of(struct patina_owner o, int client) {
	if (o.ctx) return client ? &o.ctx->client_ca_names : &o.ctx->ca_names;
	return client ? &o.ssl->client_ca_names : &o.ssl->ca_names;
}

int patina_push_names(struct patina_owner o, int client) {
	STACK_OF(X509_NAME) *names = *list_of(o, client);
	int n = names ? sk_X509_NAME_num(names) : 0, ok = 1;
	struct patina_der *ders = n ? OPENSSL_zalloc(sizeof *ders * (size_t)n) : 0;
	if (n && !ders) return patina_fail(ERR_R_MALLOC_FAILURE);
	for (int i = 0; i < n && ok; i++) {
		int len = i2d_X509_NAME(sk_X509_NAME_value(names, i), &ders[i].data);
		if (len > 0) ders[i].len = (size_t)len;
		else ok = 0;
	}
	if (ok) {
		patina_enter();
		if (o.ctx) patina_go_ctx_set_names(o.ctx, client, ders, n);
		else patina_go_ssl_set_names(o.ssl, client, ders, n);
		patina_leave();
	}
	for (int i = 0; i < n; i++) OPENSSL_free(ders[i].data);
	OPENSSL_free(ders);
	return ok;
}

static void set_list(struct patina_owner o, int client, STACK_OF(X509_NAME) *names) {
	STACK_OF(X509_NAME) **list = list_of(o, client);
	if (*list != names) sk_X509_NAME_pop_free(*list, X509_NAME_free);
	*list = names;
	patina_push_names(o, client);
}

static int add_name(struct patina_owner o, int client, const X509 *x) {
	if (!x) return 0;
	STACK_OF(X509_NAME) **list = list_of(o, client);
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));
	if (!name) return 0;
	if ((!*list && !(*list = sk_X509_NAME_new_null())) || !sk_X509_NAME_push(*list, name)) {
		X509_NAME_free(name);
		return 0;
	}
	return patina_push_names(o, client);
}

void SSL_CTX_set_client_CA_list(SSL_CTX *ctx, STACK_OF(X509_NAME) *names) { set_list(CTX(ctx), 1, names); }
void SSL_set_client_CA_list(SSL *s, STACK_OF(X509_NAME) *names) { set_list(CONN(s), 1, names); }
void SSL_CTX_set0_CA_list(SSL_CTX *ctx, STACK_OF(X509_NAME) *names) { set_list(CTX(ctx), 0, names); }
void SSL_set0_CA_list(SSL *s, STACK_OF(X509_NAME) *names) { set_list(CONN(s), 0, names); }
int SSL_CTX_add_client_CA(SSL_CTX *ctx, X509 *x) { return add_name(CTX(ctx), 1, x); }
int SSL_add_client_CA(SSL *s, X509 *x) { return add_name(CONN(s), 1, x); }
int SSL_CTX_add1_to_CA_list(SSL_CTX *ctx, const X509 *x) { return add_name(CTX(ctx), 0, x); }
int SSL_add1_to_CA_list(SSL *s, const X509 *x) { return add_name(CONN(s), 0, x); }

STACK_OF(X509_NAME) *SSL_CTX_get_client_CA_list(const SSL_CTX *ctx) { return ctx->client_ca_names; }
const STACK_OF(X509_NAME) *SSL_CTX_get0_CA_list(const SSL_CTX *ctx) { return ctx->ca_names; }
const STACK_OF(X509_NAME) *SSL_get0_CA_list(const SSL *s) { return s->ca_names ? s->ca_names : s->ctx->ca_names; }
// The names of the server's CertificateRequest: made when first asked for, of DER that Go has parsed.
static STACK_OF(X509_NAME) *peer_names(const SSL *cs) {
	SSL *s = (SSL *)cs;
	const uint8_t *blob;
	size_t len;
	if (!patina_is_ssl(s)) return NULL;
	if (s->peer_ca_names || !patina_fact(s, PATINA_FACT_PEER_CAS, &blob, &len)) return s->peer_ca_names;
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	ERR_set_mark();
	while (names && len >= 4) {
		size_t n = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 | blob[3];
		const unsigned char *der = blob + 4;
		if (n > len - 4) break;
		X509_NAME *name = d2i_X509_NAME(NULL, &der, (long)n);
		if (name && !sk_X509_NAME_push(names, name)) X509_NAME_free(name);
		blob += 4 + n;
		len -= 4 + n;
	}
	ERR_pop_to_mark();
	return s->peer_ca_names = names;
}

const STACK_OF(X509_NAME) *SSL_get0_peer_CA_list(const SSL *s) { return peer_names(s); }

STACK_OF(X509_NAME) *SSL_get_client_CA_list(const SSL *s) {
	if (!SSL_is_server(s)) return peer_names(s);
	return s->client_ca_names ? s->client_ca_names : s->ctx->client_ca_names;
}
