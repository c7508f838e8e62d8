// ctrl_c.c: SSL_CTX_ctrl and SSL_ctrl: the commands that move pointers; those with numbers go to Go's tables
// (ossl/ctrl.go). Manual: SSL_CTX_ctrl(3).

#define OPENSSL_SUPPRESS_DEPRECATED

#include <limits.h>
#include <string.h>

#include <openssl/conferr.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "callbacks.h"
#include "cert.h"
#include "gate.h"
#include "_cgo_export.h"

// Lists whose arguments are none. OpenSSL asks libcrypto to split an absent list and for memory of no bytes, which both fail.
static long no_list(int cmd, long count) {
	switch (cmd) {
	case SSL_CTRL_SET_GROUPS:
		return patina_fail(count ? ERR_R_MALLOC_FAILURE : SSL_R_BAD_LENGTH);
	case SSL_CTRL_SET_SIGALGS:
	case SSL_CTRL_SET_CLIENT_SIGALGS:
		return count & 1 ? 0 : patina_fail(ERR_R_MALLOC_FAILURE);
	}
	ERR_raise(ERR_LIB_CONF, CONF_R_LIST_CANNOT_BE_NULL);
	return 0;
}

static long list_ctrl(SSL_CTX *ctx, SSL *s, int cmd, const char *names, int *nids, long count) {
	if (names ? 0 : !nids || count <= 0) return no_list(cmd, count);
	patina_enter();
	long r = patina_go_list_ctrl(ctx, s, cmd, (char *)names, nids, count);
	patina_leave();
	return r;
}

static long ticket_keys(SSL_CTX *ctx, int set, void *keys, long size) {
	enum { TICKET_KEYS_SIZE = 80 };
	if (!keys) return TICKET_KEYS_SIZE;
	patina_enter();
	long r = patina_go_ticket_keys(ctx, set, keys, size);
	patina_leave();
	return r;
}

// The group of an EC_KEY becomes the only one.
static long set_ecdh(struct patina_owner o, EC_KEY *key) {
	const EC_GROUP *group = key ? EC_KEY_get0_group(key) : 0;
	if (!key) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	if (!group) return patina_fail(EC_R_MISSING_PARAMETERS);
	int nid = EC_GROUP_get_curve_name(group);
	return nid == NID_undef ? 0 : list_ctrl(o.ctx, o.ssl, SSL_CTRL_SET_GROUPS, 0, &nid, 1);
}

static long push_shared(struct patina_owner o) { return patina_push_slots(o); }

static long extra_chain(SSL_CTX *ctx, int cmd, long larg, void *parg) {
	struct patina_owner o = PATINA_CTX(ctx);
	if (cmd == SSL_CTRL_GET_EXTRA_CHAIN_CERTS) {
		struct patina_slot *slot = patina_slot_at(o, ctx->certs->current);
		STACK_OF(X509) *chain = ctx->certs->extra_chain;
		*(STACK_OF(X509) **)parg = chain || larg || !slot ? chain : slot->chain;
		return 1;
	}
	if (!patina_certs_own(&ctx->certs)) return patina_fail(ERR_R_MALLOC_FAILURE);
	struct patina_certs *certs = ctx->certs;
	if (cmd == SSL_CTRL_CLEAR_EXTRA_CHAIN_CERTS) {
		sk_X509_pop_free(certs->extra_chain, X509_free);
		certs->extra_chain = 0;
	} else {
		if (!certs->extra_chain && !(certs->extra_chain = sk_X509_new_null())) return patina_fail(ERR_R_MALLOC_FAILURE);
		if (!sk_X509_push(certs->extra_chain, parg)) return patina_fail(ERR_R_MALLOC_FAILURE);
	}
	return push_shared(o);
}

// Certificates of the current slot's chain.
static long chain_ctrl(struct patina_owner o, int cmd, long copy, void *parg) {
	int index = (*patina_owner_certs(o))->current;
	if (cmd == SSL_CTRL_GET_CHAIN_CERTS) {
		struct patina_slot *slot = patina_slot_at(o, index);
		*(STACK_OF(X509) **)parg = slot ? slot->chain : 0;
		return 1;
	}
	if (cmd == SSL_CTRL_CHAIN) {
		STACK_OF(X509) *chain = parg;
		for (int i = 0; i < sk_X509_num(chain); i++)
			if (!patina_certificate_allowed(o, sk_X509_value(chain, i), 0)) return 0;
		if (copy && chain && !(chain = X509_chain_up_ref(chain))) return 0;
		return patina_use_chain(o, index, chain);
	}
	struct patina_slot *slot = patina_own_slot(o, index);
	if (!slot || !patina_certificate_allowed(o, parg, 0) || !parg) return 0;
	if (!slot->chain && !(slot->chain = sk_X509_new_null())) return 0;
	if (!sk_X509_push(slot->chain, parg)) return 0;
	if (copy) X509_up_ref(parg);
	return patina_push_slot(o, index);
}

// The slot that the functions about "the certificate" mean.
static long select_certificate(struct patina_owner o, X509 *x) {
	if (!x) return 0;
	for (int exact = 1; exact >= 0; exact--) {
		for (int i = 0; i < PATINA_SLOTS; i++) {
			struct patina_slot *slot = patina_slot_at(o, i);
			if (!slot || !slot->x509 || (exact ? slot->x509 != x : !slot->key || X509_cmp(slot->x509, x))) continue;
			if (!patina_certs_own(patina_owner_certs(o))) return 0;
			(*patina_owner_certs(o))->current = i;
			return patina_push_slot(o, i);
		}
	}
	return 0;
}

static long set_current(struct patina_owner o, long op) {
	int from = 0;
	if (op == SSL_CERT_SET_NEXT) from = (*patina_owner_certs(o))->current + 1;
	else if (op != SSL_CERT_SET_FIRST) return 0;
	for (int i = from; i < PATINA_SLOTS; i++) {
		struct patina_slot *slot = patina_slot_at(o, i);
		if (!slot || !slot->x509 || !slot->key) continue;
		if (!patina_certs_own(patina_owner_certs(o))) return 0;
		(*patina_owner_certs(o))->current = i;
		return patina_push_slot(o, i);
	}
	return 0;
}

static long set_store(struct patina_owner o, int cmd, X509_STORE *store, long copy) {
	if (!patina_certs_own(patina_owner_certs(o))) return 0;
	struct patina_certs *certs = *patina_owner_certs(o);
	X509_STORE **at = cmd == SSL_CTRL_SET_CHAIN_CERT_STORE ? &certs->chain_store : &certs->verify_store;
	// First the new reference: it may be the store that is there.
	if (copy && store && !X509_STORE_up_ref(store)) return 0;
	X509_STORE_free(*at);
	*at = store;
	return cmd == SSL_CTRL_SET_CHAIN_CERT_STORE ? push_shared(o) : 1;
}

// The commands that SSL_CTX and SSL have in common. *known is 0 if cmd is none of them.
static long owner_ctrl(struct patina_owner o, int cmd, long larg, void *parg, int *known) {
	*known = 1;
	switch (cmd) {
	case SSL_CTRL_SET_TMP_DH:
		return patina_set_tmp_dh(o, parg);
	case SSL_CTRL_SET_TMP_DH_CB:
		return patina_fail(ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED);
	case SSL_CTRL_SET_TMP_ECDH:
		return set_ecdh(o, parg);
	case SSL_CTRL_SET_GROUPS:
	case SSL_CTRL_SET_SIGALGS:
	case SSL_CTRL_SET_CLIENT_SIGALGS:
		return list_ctrl(o.ctx, o.ssl, cmd, 0, parg, larg);
	case SSL_CTRL_SET_GROUPS_LIST:
	case SSL_CTRL_SET_SIGALGS_LIST:
	case SSL_CTRL_SET_CLIENT_SIGALGS_LIST:
		return list_ctrl(o.ctx, o.ssl, cmd, parg, 0, 0);
	case SSL_CTRL_CHAIN:
	case SSL_CTRL_CHAIN_CERT:
	case SSL_CTRL_GET_CHAIN_CERTS:
		return chain_ctrl(o, cmd, larg, parg);
	case SSL_CTRL_SELECT_CURRENT_CERT:
		return select_certificate(o, parg);
	case SSL_CTRL_SET_CURRENT_CERT:
		if (o.ssl && larg == SSL_CERT_SET_SERVER) return o.ssl->view.role == 2 && (o.ssl->view.cipher || o.ssl->view.pending);
		return set_current(o, larg);
	case SSL_CTRL_BUILD_CERT_CHAIN:
		return patina_build_chain(o, larg);
	case SSL_CTRL_SET_VERIFY_CERT_STORE:
	case SSL_CTRL_SET_CHAIN_CERT_STORE:
		return set_store(o, cmd, parg, larg);
	case SSL_CTRL_GET_VERIFY_CERT_STORE:
		*(X509_STORE **)parg = (*patina_owner_certs(o))->verify_store;
		return 1;
	case SSL_CTRL_GET_CHAIN_CERT_STORE:
		*(X509_STORE **)parg = (*patina_owner_certs(o))->chain_store;
		return 1;
	case SSL_CTRL_SET_CLIENT_CERT_TYPES:
		return !o.ssl || SSL_is_server(o.ssl); // the types asked for follow from the signature algorithms
	case SSL_CTRL_SET_MSG_CALLBACK_ARG:
		patina_set_callback(o, PATINA_CB_MESSAGE_ARG, (uintptr_t)parg, 0);
		return 1;
	}
	*known = 0;
	return 0;
}

long SSL_CTX_ctrl(SSL_CTX *ctx, int cmd, long larg, void *parg) {
	if (!ctx) {
		// Without an SSL_CTX these say whether a list is good.
		if (cmd == SSL_CTRL_SET_GROUPS_LIST || cmd == SSL_CTRL_SET_SIGALGS_LIST || cmd == SSL_CTRL_SET_CLIENT_SIGALGS_LIST)
			return list_ctrl(0, 0, cmd, parg, 0, 0);
		return 0;
	}
	if (!patina_is_ctx(ctx)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	struct patina_owner o = PATINA_CTX(ctx);
	int known;
	long r = owner_ctrl(o, cmd, larg, parg, &known);
	if (known) return r;
	switch (cmd) {
	case SSL_CTRL_EXTRA_CHAIN_CERT:
	case SSL_CTRL_GET_EXTRA_CHAIN_CERTS:
	case SSL_CTRL_CLEAR_EXTRA_CHAIN_CERTS:
		return extra_chain(ctx, cmd, larg, parg);
	case SSL_CTRL_SET_TLSEXT_TICKET_KEYS:
	case SSL_CTRL_GET_TLSEXT_TICKET_KEYS:
		return ticket_keys(ctx, cmd == SSL_CTRL_SET_TLSEXT_TICKET_KEYS, parg, larg);
	case SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG:
		patina_set_callback(o, PATINA_CB_SERVER_NAME_ARG, (uintptr_t)parg, 0);
		return 1;
	case SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG:
		patina_set_callback(o, PATINA_CB_STATUS_ARG, (uintptr_t)parg, 0);
		return 1;
	case SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB:
		*(uintptr_t *)parg = patina_callback(o, PATINA_CB_STATUS, 0);
		return 1;
	case SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB_ARG:
		*(uintptr_t *)parg = patina_callback(o, PATINA_CB_STATUS_ARG, 0);
		return 1;
	}
	patina_enter();
	r = patina_go_ctx_ctrl(ctx, cmd, larg);
	patina_leave();
	return r;
}

static long set_host_name(SSL *s, long type, const char *name) {
	if (type != TLSEXT_NAMETYPE_host_name) return patina_fail(SSL_R_SSL3_EXT_INVALID_SERVERNAME_TYPE);
	patina_enter();
	long r = patina_go_set_host_name(s, (char *)name);
	patina_leave();
	return r;
}

long SSL_ctrl(SSL *s, int cmd, long larg, void *parg) {
	if (!patina_is_ssl(s)) return patina_fail(ERR_R_PASSED_NULL_PARAMETER);
	int known;
	long r = owner_ctrl(PATINA_SSL(s), cmd, larg, parg, &known);
	if (known) return r;
	if (cmd == SSL_CTRL_SET_TLSEXT_HOSTNAME) return set_host_name(s, larg, parg);
	r = patina_connection_ctrl(s, cmd, larg, parg, &known);
	if (known) return r;
	patina_enter();
	r = patina_go_ssl_ctrl(s, cmd, larg);
	patina_leave();
	return r;
}
