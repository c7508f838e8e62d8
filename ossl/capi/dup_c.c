// dup_c.c: a second SSL with the same settings. Manual: SSL_dup(3).

#include <openssl/err.h>

#include "gate.h"
#include "handle.h"
#include "_cgo_export.h"

static int copy_names(STACK_OF(X509_NAME) **to, STACK_OF(X509_NAME) *from) {
	return !from || (*to = SSL_dup_CA_list(from)) != NULL;
}

// Once the handshake has begun there are no two: the caller gets another reference.
SSL *SSL_dup(SSL *s) {
	if (!patina_is_ssl(s)) return NULL;
	if (!SSL_in_before(s)) return SSL_up_ref(s) ? s : NULL;
	SSL *copy = SSL_new(s->ctx);
	if (!copy) return NULL;
	copy->method = s->method;
	copy->password_cb = s->password_cb;
	copy->password_arg = s->password_arg;
	patina_certs_free(copy->certs);
	copy->certs = patina_certs_ref(s->certs);
	patina_enter();
	int ok = patina_go_dup(copy, s);
	patina_leave();
	PATINA_CRYPTO_SECTION;
	if (ok && s->session && (ok = SSL_SESSION_up_ref(s->session))) copy->session = s->session;
	ok = ok && CRYPTO_dup_ex_data(CRYPTO_EX_INDEX_SSL, &copy->ex_data, &s->ex_data) &&
	     X509_VERIFY_PARAM_inherit(copy->param, s->param) && copy_names(&copy->ca_names, s->ca_names) &&
	     copy_names(&copy->client_ca_names, s->client_ca_names);
	if (ok) return copy;
	SSL_free(copy);
	return NULL;
}
