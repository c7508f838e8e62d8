// customext_c.c: extensions of the application's own. Manual: SSL_CTX_add_custom_ext(3). Go keeps them (ossl/customext.go).

#include <limits.h>
#include <string.h>

#include "cert.h"
#include "gate.h"
#include "loop.h"
#include "zconsttypes.h"
#include "_cgo_export.h"

enum { BOTH, CLIENT, SERVER }; // as ossl.RoleNone and so on

static int add(SSL_CTX *ctx, int role, unsigned type, unsigned context, uintptr_t add_cb, uintptr_t free_cb, void *add_arg,
               uintptr_t parse_cb, void *parse_arg) {
	if (SSL_extension_supported(type) && type != TLSEXT_TYPE_signed_certificate_timestamp) return 0;
	patina_enter();
	int r = patina_go_add_custom_ext(ctx, role, type, context, add_cb, free_cb, (uintptr_t)add_arg, parse_cb, (uintptr_t)parse_arg);
	patina_leave();
	return r;
}

int SSL_CTX_add_client_custom_ext(SSL_CTX *ctx, unsigned int type, custom_ext_add_cb add_cb, custom_ext_free_cb free_cb,
                                  void *add_arg, custom_ext_parse_cb parse_cb, void *parse_arg) {
	return add(ctx, CLIENT, type, 0, (uintptr_t)add_cb, (uintptr_t)free_cb, add_arg, (uintptr_t)parse_cb, parse_arg);
}

int SSL_CTX_add_server_custom_ext(SSL_CTX *ctx, unsigned int type, custom_ext_add_cb add_cb, custom_ext_free_cb free_cb,
                                  void *add_arg, custom_ext_parse_cb parse_cb, void *parse_arg) {
	return add(ctx, SERVER, type, 0, (uintptr_t)add_cb, (uintptr_t)free_cb, add_arg, (uintptr_t)parse_cb, parse_arg);
}

int SSL_CTX_add_custom_ext(SSL_CTX *ctx, unsigned int type, unsigned int context, SSL_custom_ext_add_cb_ex add_cb,
                           SSL_custom_ext_free_cb_ex free_cb, void *add_arg, SSL_custom_ext_parse_cb_ex parse_cb, void *parse_arg) {
	return add(ctx, BOTH, type, context, (uintptr_t)add_cb, (uintptr_t)free_cb, add_arg, (uintptr_t)parse_cb, parse_arg);
}

int SSL_CTX_has_client_custom_ext(const SSL_CTX *ctx, unsigned int type) {
	patina_enter();
	int r = patina_go_has_client_custom_ext((SSL_CTX *)ctx, type);
	patina_leave();
	return r;
}

static int encodes(X509 *x, const uint8_t *der, size_t len) {
	unsigned char *own = 0;
	int n = x ? i2d_X509(x, &own) : 0;
	int same = n > 0 && (size_t)n == len && memcmp(own, der, len) == 0;
	OPENSSL_free(own);
	return same;
}

// The certificate an extension goes with, a reference; 0 for none. What this side sends is the application's own object,
// where there is one.
static X509 *certificate(SSL *s, struct patina_step *st) {
	if (!st->cert) return 0;
	struct patina_slot *slot = st->need == PATINA_NEED_EXTENSION_ADD ? patina_slot_at(PATINA_SSL(s), st->num) : 0;
	if (slot) {
		STACK_OF(X509) *chain = slot->chain ? slot->chain : s->certs->extra_chain;
		X509 *x = st->ext_index ? sk_X509_value(chain, (int)st->ext_index - 1) : slot->x509;
		if (encodes(x, st->cert, st->cert_len) && X509_up_ref(x)) return x;
	}
	const unsigned char *der = st->cert;
	return d2i_X509(0, &der, (long)st->cert_len);
}

static int call_add(SSL *s, struct patina_step *st, X509 *x) {
	const unsigned char *out = 0;
	size_t len = 0;
	int alert = SSL_AD_INTERNAL_ERROR, r = 1;
	void *arg = (void *)st->arg;
	if (st->fn)
		r = st->ext_old ? ((custom_ext_add_cb)st->fn)(s, st->ext_type, &out, &len, &alert, arg) :
		                  ((SSL_custom_ext_add_cb_ex)st->fn)(s, st->ext_type, st->ext_context, &out, &len, x, st->ext_index, &alert, arg);
	st->alert = alert;
	if (r <= 0) return r;
	if (out && len && !(s->answer = OPENSSL_memdup(out, len))) r = -1;
	st->bytes = s->answer;
	st->bytes_len = s->answer ? len : 0;
	if (st->object && st->ext_old) ((custom_ext_free_cb)st->object)(s, st->ext_type, out, arg);
	else if (st->object) ((SSL_custom_ext_free_cb_ex)st->object)(s, st->ext_type, st->ext_context, out, arg);
	return r;
}

static int call_parse(SSL *s, struct patina_step *st, X509 *x) {
	int alert = SSL_AD_INTERNAL_ERROR;
	// Without data there is still a place where it would be.
	const unsigned char *in = st->data ? st->data : (const unsigned char *)"";
	void *arg = (void *)st->arg;
	int r = st->ext_old ? ((custom_ext_parse_cb)st->fn)(s, st->ext_type, in, st->data_len, &alert, arg) :
	                      ((SSL_custom_ext_parse_cb_ex)st->fn)(s, st->ext_type, st->ext_context, in, st->data_len, x, st->ext_index,
	                                                           &alert, arg);
	st->alert = alert;
	return r;
}

int patina_perform_extension(SSL *s, struct patina_step *st) {
	OPENSSL_free(s->answer);
	s->answer = 0;
	X509 *x = certificate(s, st);
	st->answer = st->need;
	st->value = st->need == PATINA_NEED_EXTENSION_ADD ? call_add(s, st, x) : call_parse(s, st, x);
	X509_free(x);
	return 1;
}
