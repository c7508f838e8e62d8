// verify_store_c.c: what Go needs to verify a chain: parameters, and the certificates and revocation lists that an X509_STORE
// holds, found name by name. What Go has found for it in its directories is added to it. Where it looks in other places,
// libcrypto looks. All these are the application's, not the peer's; of the peer's, C sees the name of a missing issuer, in DER
// that Go has accepted.

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "dane.h"
#include "facts.h"
#include "gate.h"
#include "topics.h"
#include "verify.h"
#include "_cgo_export.h"

// Flags that Go knows; with any other, libcrypto verifies.
enum {
	FLAGS_IN_GO = X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_NO_ALT_CHAINS |
	              X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL,
};

// Where an X509_VERIFY_PARAM keeps an int that has a setter but no getter: found by setting it, so that a libcrypto laid
// out differently leads to libcrypto's verification and not to a wrong guess.
enum { PARAM_LOOK = 64, NOT_FOUND = -1 };

static int offset_of(int (*set)(X509_VERIFY_PARAM *, int), int a, int b) {
	unsigned char before[PARAM_LOOK], after[PARAM_LOOK];
	X509_VERIFY_PARAM *p = X509_VERIFY_PARAM_new();
	int at = NOT_FOUND;
	if (p && set(p, a)) {
		memcpy(before, p, PARAM_LOOK);
		if (set(p, b)) {
			memcpy(after, p, PARAM_LOOK);
			for (int i = 0; i + (int)sizeof(int) <= PARAM_LOOK; i += (int)sizeof(int)) {
				int was, is;
				memcpy(&was, before + i, sizeof was);
				memcpy(&is, after + i, sizeof is);
				if (was == is) continue;
				if (was != a || is != b || at != NOT_FOUND) {
					at = NOT_FOUND;
					break;
				}
				at = i;
			}
		}
	}
	X509_VERIFY_PARAM_free(p);
	return at;
}

static int purpose_at, trust_at, seen_index;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

// What Go has seen of a store hangs on it as ex_data, and goes with it.
struct seen {
	uint64_t token;
	_Atomic uint64_t places; // that Go has been told of, plus one
};

static void forget(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
	(void)parent, (void)ad, (void)index, (void)argl, (void)argp;
	struct seen *seen = ptr;
	if (!seen) return;
	patina_enter();
	patina_go_store_drop(seen->token);
	patina_leave();
	OPENSSL_free(seen);
}

static void prepare(void) {
	purpose_at = offset_of(X509_VERIFY_PARAM_set_purpose, X509_PURPOSE_OCSP_HELPER, X509_PURPOSE_TIMESTAMP_SIGN);
	trust_at = offset_of(X509_VERIFY_PARAM_set_trust, X509_TRUST_OCSP_SIGN, X509_TRUST_TSA);
	seen_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, 0, 0, 0, forget);
}

static struct seen *seen_of(X509_STORE *store) {
	struct seen *seen = X509_STORE_get_ex_data(store, seen_index);
	if (seen) return seen;
	struct seen *made = OPENSSL_zalloc(sizeof *made);
	if (!made) return 0;
	patina_enter();
	made->token = patina_go_store_new();
	patina_leave();
	X509_STORE_lock(store);
	seen = X509_STORE_get_ex_data(store, seen_index);
	if (!seen && made->token && X509_STORE_set_ex_data(store, seen_index, made)) {
		seen = made;
		made = 0;
	}
	X509_STORE_unlock(store);
	forget(0, made, 0, 0, 0, 0);
	return seen;
}

// Objects are added to a store and never taken out, so that their number is its version.
static uint64_t object_count(X509_STORE *store) {
	X509_STORE_lock(store);
	int n = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
	X509_STORE_unlock(store);
	return (uint64_t)n;
}

// A store without functions of the application's own, but for the callback.
static int is_plain(X509_STORE *store) {
	return !X509_STORE_get_verify(store) && !X509_STORE_get_get_issuer(store) &&
	       !X509_STORE_get_check_issued(store) && !X509_STORE_get_check_revocation(store) && !X509_STORE_get_get_crl(store) &&
	       !X509_STORE_get_check_crl(store) && !X509_STORE_get_cert_crl(store) && !X509_STORE_get_check_policy(store) &&
	       !X509_STORE_get_lookup_certs(store) && !X509_STORE_get_lookup_crls(store) && !X509_STORE_get_cleanup(store);
}

static int int_at(const X509_VERIFY_PARAM *param, int offset) {
	int v;
	memcpy(&v, (const unsigned char *)param + offset, sizeof v);
	return v;
}

// The purpose, if purpose and trust are those of TLS; else 0. Which trust it is makes no difference to certificates
// without settings of their own.
static int tls_purpose(const X509_VERIFY_PARAM *param) {
	if (purpose_at == NOT_FOUND || trust_at == NOT_FOUND) return 0;
	int purpose = int_at(param, purpose_at), trust = int_at(param, trust_at);
	int known = (purpose == X509_PURPOSE_SSL_CLIENT || purpose == X509_PURPOSE_SSL_SERVER) &&
	            (trust == X509_TRUST_SSL_CLIENT || trust == X509_TRUST_SSL_SERVER);
	return known ? purpose : 0;
}

// The name of whom Go misses something.
static X509_NAME *missing_name(SSL *s, int fact) {
	const uint8_t *der;
	size_t len;
	return patina_fact(s, fact, &der, &len) ? d2i_X509_NAME(0, &der, (long)len) : 0;
}

// What a store has is of one version if the number of its objects is the same before and after it was looked at. A lookup
// that adds what it finds changes it once.
enum { MAX_CHANGES = 8 };

// Tells Go where the store looks for what it does not hold, once, and when there is another place.
enum { MAX_PLACES = 64 };

static int tell_places(X509_STORE *store, struct seen *seen) {
	struct patina_place places[MAX_PLACES];
	uint64_t count = 0;
	int n = patina_places(store, places, MAX_PLACES, &count);
	if (atomic_load_explicit(&seen->places, memory_order_acquire) == count + 1) return 1;
	patina_enter();
	int told = patina_go_store_places(seen->token, places, n);
	patina_leave();
	if (told) atomic_store_explicit(&seen->places, count + 1, memory_order_release);
	return told;
}

STACK_OF(X509) *patina_held_certs(X509_STORE *store, const X509_NAME *name, uint64_t *version) {
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509_STORE_lock(store);
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	*version = (uint64_t)sk_X509_OBJECT_num(all);
	for (int i = X509_OBJECT_idx_by_subject(all, X509_LU_X509, name); i >= 0 && i < sk_X509_OBJECT_num(all); i++) {
		X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		if (!x || X509_NAME_cmp(X509_get_subject_name(x), name) || !certs || !sk_X509_push(certs, x)) break;
		X509_up_ref(x);
	}
	X509_STORE_unlock(store);
	return certs;
}

static STACK_OF(X509_CRL) *held_lists(X509_STORE *store, X509_NAME *name, uint64_t *version) {
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
	X509_STORE_lock(store);
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	*version = (uint64_t)sk_X509_OBJECT_num(all);
	for (int i = X509_OBJECT_idx_by_subject(all, X509_LU_CRL, name); i >= 0 && i < sk_X509_OBJECT_num(all); i++) {
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));
		if (!crl || X509_NAME_cmp(X509_CRL_get_issuer(crl), name) || !crls || !sk_X509_CRL_push(crls, crl)) break;
		X509_CRL_up_ref(crl);
	}
	X509_STORE_unlock(store);
	return crls;
}

// The next of what Go has found for the store, each after its length in four bytes: 1, and the rest in *blob; 0 at the end.
static int next_found(const uint8_t **blob, size_t *len, const uint8_t **der, size_t *size) {
	if (*len < 4) return 0;
	*size = (size_t)(*blob)[0] << 24 | (size_t)(*blob)[1] << 16 | (size_t)(*blob)[2] << 8 | (*blob)[3];
	if (*size > *len - 4) return 0;
	*der = *blob + 4;
	*blob += 4 + *size;
	*len -= 4 + *size;
	return 1;
}

// Adds to the store what Go has found for it. 0 if it cannot be read, or not be added: libcrypto reads it then.
static int add_found(SSL *s, X509_STORE *store, struct patina_verification *v, int lists) {
	const uint8_t *blob = 0, *der;
	size_t len = 0, size;
	int ok = 1;
	patina_fact(s, PATINA_FACT_FOUND, &blob, &len); // nothing, where files could not be read
	ERR_set_mark();
	while (ok && next_found(&blob, &len, &der, &size)) {
		if (lists) {
			X509_CRL *crl = d2i_X509_CRL(0, &der, (long)size);
			ok = crl && X509_STORE_add_crl(store, crl);
			X509_CRL_free(crl);
		} else {
			X509 *x = X509_new_ex(s->ctx->libctx, s->ctx->propq);
			ok = x && d2i_X509(&x, &der, (long)size) && X509_STORE_add_cert(store, x);
			X509_free(x);
		}
	}
	ERR_pop_to_mark();
	v->version = object_count(store);
	return ok;
}

// Looks for certificates that Go misses: among those that the store holds, or, with ctx, wherever it may look. 1: found; 0: not
// there; -1: what was found has trust settings of its own, or the store does not come to rest; GO_FAILED: Go has failed.
enum { GO_FAILED = -2 };

static int look(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_verification *v) {
	X509_NAME *name = missing_name(s, PATINA_FACT_MISSING_ISSUER);
	if (!name) return -1;
	STACK_OF(X509) *certs = 0;
	int settled = !ctx, found = 0;
	ERR_set_mark();
	if (!ctx) certs = patina_held_certs(store, name, &v->version);
	for (int i = 0; i < MAX_CHANGES && !settled; i++) {
		sk_X509_pop_free(certs, X509_free);
		v->version = object_count(store);
		certs = X509_STORE_CTX_get1_certs(ctx, name);
		settled = object_count(store) == v->version;
	}
	ERR_pop_to_mark();
	X509_NAME_free(name);
	int n = certs ? sk_X509_num(certs) : 0;
	if (!settled) found = -1;
	for (int i = 0; i < n && found >= 0; i++) {
		X509 *x = sk_X509_value(certs, i);
		if (X509_get0_trust_objects(x) || X509_get0_reject_objects(x)) found = -1;
	}
	struct patina_der *ders = n > 0 && found == 0 ? OPENSSL_zalloc(sizeof *ders * (size_t)n) : 0;
	for (int i = 0; ders && i < n; i++) {
		int size = i2d_X509(sk_X509_value(certs, i), &ders[i].data);
		ders[i].len = size > 0 ? (size_t)size : 0;
	}
	if (n <= 0 || ders) {
		if (found == 0) {
			patina_enter();
			found = patina_go_roots_add(s, v, ders, n > 0 ? n : 0);
			patina_leave();
		}
	}
	for (int i = 0; ders && i < n; i++) OPENSSL_free(ders[i].data);
	OPENSSL_free(ders);
	sk_X509_pop_free(certs, X509_free);
	return found;
}

// Tells Go of an issuer's revocation lists: by address, and in DER those that it has not read yet. 0: it cannot be done.
static int tell_lists(SSL *s, struct patina_verification *v, STACK_OF(X509_CRL) *crls) {
	int n = crls ? sk_X509_CRL_num(crls) : 0, known = 0;
	struct patina_list *lists = OPENSSL_zalloc(sizeof *lists * (size_t)(n + 1));
	if (!lists) return 0;
	for (int i = 0; i < n; i++) lists[i].at = (uintptr_t)sk_X509_CRL_value(crls, i);
	patina_enter();
	known = patina_go_lists_add(s, v, lists, n, 0);
	patina_leave();
	if (!known) {
		for (int i = 0; i < n; i++) {
			int size = i2d_X509_CRL(sk_X509_CRL_value(crls, i), &lists[i].der);
			lists[i].len = size > 0 ? (size_t)size : 0;
		}
		patina_enter();
		known = patina_go_lists_add(s, v, lists, n, 1);
		patina_leave();
		for (int i = 0; i < n; i++) OPENSSL_free(lists[i].der);
	}
	OPENSSL_free(lists);
	return known;
}

// Looks for revocation lists that Go misses, likewise. libcrypto looks each time: a directory may have got newer ones.
static int look_for_lists(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_verification *v) {
	X509_NAME *name = missing_name(s, PATINA_FACT_MISSING_CRLS);
	if (!name) return 0;
	STACK_OF(X509_CRL) *crls = 0;
	uint64_t version = 0;
	int settled = !ctx;
	ERR_set_mark();
	if (!ctx) crls = held_lists(store, name, &version);
	for (int i = 0; i < MAX_CHANGES && !settled; i++) {
		sk_X509_CRL_pop_free(crls, X509_CRL_free);
		version = object_count(store);
		crls = X509_STORE_CTX_get1_crls(ctx, name);
		settled = object_count(store) == version;
	}
	ERR_pop_to_mark();
	X509_NAME_free(name);
	v->version = version;
	int told = settled && tell_lists(s, v, crls);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return told;
}

// A chain names no more issuers than this.
enum { MAX_LOOKS = 128, MAX_HOSTS = 64 };

enum patina_verdict patina_verify_in_go(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_step *st,
                                        X509_STORE_CTX_verify_cb ask, int *from_peer) {
	int leaf = s->view.dane == PATINA_DANE_LEAF; // the store and what is said of chains do not count
	if (!CRYPTO_THREAD_run_once(&once, prepare) || seen_index < 0 || (!leaf && !is_plain(store))) return PATINA_VERDICT_UNDECIDED;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_VERIFY_PARAM_get_flags(param);
	struct seen *seen;
	int purpose;
	if (flags & X509_V_FLAG_SUITEB_128_LOS) return PATINA_VERDICT_UNDECIDED;
	purpose = tls_purpose(param);
	if (!leaf && ((flags & ~(unsigned long)FLAGS_IN_GO) || !(flags & X509_V_FLAG_TRUSTED_FIRST) || !purpose)) return PATINA_VERDICT_UNDECIDED;
	if (!(seen = seen_of(store)) || !tell_places(store, seen)) return PATINA_VERDICT_UNDECIDED;
	const char *hosts[MAX_HOSTS];
	struct patina_verification v = {.seen = seen->token, .version = object_count(store), .first = 1, .ask = ask != 0, .purpose = purpose, .flags = flags,
	                                .depth = X509_VERIFY_PARAM_get_depth(param), .level = X509_VERIFY_PARAM_get_auth_level(param), .hosts = hosts,
	                                .host_flags = X509_VERIFY_PARAM_get_hostflags(param),
	                                .email = X509_VERIFY_PARAM_get0_email(param)};
	while (v.host_count < MAX_HOSTS && (hosts[v.host_count] = X509_VERIFY_PARAM_get0_host(param, (int)v.host_count)))
		v.host_count++;
	if (v.host_count == MAX_HOSTS) return PATINA_VERDICT_UNDECIDED;
	if (flags & X509_V_FLAG_USE_CHECK_TIME) v.time = X509_VERIFY_PARAM_get_time(param);
	ERR_set_mark(); // that there is no address is an error to libcrypto
	char *ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	ERR_pop_to_mark();
	v.ip = ip;
	int verdict = PATINA_VERDICT_UNDECIDED;
	for (int looks = 0; looks < MAX_LOOKS;) {
		patina_enter();
		verdict = patina_go_verify(s, &v);
		patina_leave();
		v.first = 0;
		if (verdict == PATINA_VERDICT_ASK) {
			if ((v.yes = patina_verify_ask(s, ctx, ask, &v)) < 0) break;
			continue;
		}
		looks++;
		if (verdict == PATINA_VERDICT_MISSING || verdict == PATINA_VERDICT_LOOKUP) {
			v.yes = look(s, store, verdict == PATINA_VERDICT_LOOKUP ? ctx : 0, &v);
			if (v.yes == GO_FAILED) verdict = PATINA_VERDICT_REJECTED;
			if (v.yes < 0) break;
		} else if (verdict == PATINA_VERDICT_MISSING_CRLS || verdict == PATINA_VERDICT_LOOKUP_CRLS) {
			if (!(v.yes = look_for_lists(s, store, verdict == PATINA_VERDICT_LOOKUP_CRLS ? ctx : 0, &v))) break;
		} else if (verdict == PATINA_VERDICT_ADD || verdict == PATINA_VERDICT_ADD_CRLS) {
			v.yes = add_found(s, store, &v, verdict == PATINA_VERDICT_ADD_CRLS);
		} else {
			break;
		}
	}
	OPENSSL_free(ip);
	st->result = verdict == PATINA_VERDICT_ACCEPTED ? X509_V_OK : v.code ? v.code : X509_V_ERR_UNSPECIFIED;
	*from_peer = v.from_peer;
	return verdict;
}
