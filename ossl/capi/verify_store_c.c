// verify_store_c.c: what Go needs to verify a chain: parameters, and the certificates of an X509_STORE, found name by name
// as libcrypto finds them, hashed directories and other lookups included. Both are the application's, not the peer's;
// of the peer's, C sees the name of a missing issuer, in DER that Go has accepted.

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "facts.h"
#include "gate.h"
#include "topics.h"
#include "verify.h"
#include "_cgo_export.h"

// Flags that Go knows; with any other, libcrypto verifies.
enum {
	FLAGS_IN_GO = X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_NO_ALT_CHAINS |
	              X509_V_FLAG_USE_CHECK_TIME,
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

static int purpose_at, trust_at, roots_index;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

// What Go has seen of a store hangs on it as ex_data, and goes with it.
struct seen {
	uint64_t token;
};

static void forget(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
	(void)parent, (void)ad, (void)index, (void)argl, (void)argp;
	struct seen *seen = ptr;
	if (!seen) return;
	patina_enter();
	patina_go_roots_drop(seen->token);
	patina_leave();
	OPENSSL_free(seen);
}

static void prepare(void) {
	purpose_at = offset_of(X509_VERIFY_PARAM_set_purpose, X509_PURPOSE_OCSP_HELPER, X509_PURPOSE_TIMESTAMP_SIGN);
	trust_at = offset_of(X509_VERIFY_PARAM_set_trust, X509_TRUST_OCSP_SIGN, X509_TRUST_TSA);
	roots_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, 0, 0, 0, forget);
}

static struct seen *seen_of(X509_STORE *store) {
	struct seen *seen = X509_STORE_get_ex_data(store, roots_index);
	if (seen) return seen;
	struct seen *made = OPENSSL_zalloc(sizeof *made);
	if (!made) return 0;
	patina_enter();
	made->token = patina_go_roots_new();
	patina_leave();
	X509_STORE_lock(store);
	seen = X509_STORE_get_ex_data(store, roots_index);
	if (!seen && made->token && X509_STORE_set_ex_data(store, roots_index, made)) {
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

// A store without functions of the application's own.
static int is_plain(X509_STORE *store) {
	return !X509_STORE_get_verify(store) && !X509_STORE_get_verify_cb(store) && !X509_STORE_get_get_issuer(store) &&
	       !X509_STORE_get_check_issued(store) && !X509_STORE_get_check_revocation(store) && !X509_STORE_get_get_crl(store) &&
	       !X509_STORE_get_check_crl(store) && !X509_STORE_get_cert_crl(store) && !X509_STORE_get_check_policy(store) &&
	       !X509_STORE_get_lookup_certs(store) && !X509_STORE_get_lookup_crls(store) && !X509_STORE_get_cleanup(store);
}

static int int_at(const X509_VERIFY_PARAM *param, int offset) {
	int v;
	memcpy(&v, (const unsigned char *)param + offset, sizeof v);
	return v;
}

// Purpose and trust are those of TLS.
static int is_tls(const SSL *s, const X509_VERIFY_PARAM *param) {
	int server = s->view.role == 2; // it verifies a client
	return purpose_at != NOT_FOUND && trust_at != NOT_FOUND &&
	       int_at(param, purpose_at) == (server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) &&
	       int_at(param, trust_at) == (server ? X509_TRUST_SSL_CLIENT : X509_TRUST_SSL_SERVER);
}

// Looks for what Go misses and adds it. 1: found; 0: not there; -1: what was found has trust settings of its own.
static int look(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_verification *v) {
	const uint8_t *der;
	size_t len;
	if (!patina_fact(s, PATINA_FACT_MISSING_ISSUER, &der, &len)) return -1;
	X509_NAME *name = d2i_X509_NAME(0, &der, (long)len);
	if (!name) return -1;
	ERR_set_mark();
	STACK_OF(X509) *certs = X509_STORE_CTX_get1_certs(ctx, name);
	ERR_pop_to_mark();
	X509_NAME_free(name);
	int n = certs ? sk_X509_num(certs) : 0, found = 0;
	for (int i = 0; i < n && found >= 0; i++) {
		X509 *x = sk_X509_value(certs, i);
		if (X509_get0_trust_objects(x) || X509_get0_reject_objects(x)) found = -1;
	}
	struct patina_der *ders = n > 0 && found == 0 ? OPENSSL_zalloc(sizeof *ders * (size_t)n) : 0;
	for (int i = 0; ders && i < n; i++) {
		int size = i2d_X509(sk_X509_value(certs, i), &ders[i].data);
		ders[i].len = size > 0 ? (size_t)size : 0;
	}
	v->version = object_count(store); // a lookup may have added what it found
	if (ders) {
		patina_enter();
		found = patina_go_roots_add(v, ders, n);
		patina_leave();
	}
	for (int i = 0; ders && i < n; i++) OPENSSL_free(ders[i].data);
	OPENSSL_free(ders);
	sk_X509_pop_free(certs, X509_free);
	return found;
}

// A chain names no more issuers than this.
enum { MAX_LOOKS = 128, MAX_HOSTS = 64 };

int patina_verify_in_go(SSL *s, X509_STORE *store, X509_STORE_CTX *ctx, struct patina_step *st) {
	if (!CRYPTO_THREAD_run_once(&once, prepare) || roots_index < 0 || !is_plain(store)) return 0;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_VERIFY_PARAM_get_flags(param);
	struct seen *seen;
	if ((flags & ~(unsigned long)FLAGS_IN_GO) || !(flags & X509_V_FLAG_TRUSTED_FIRST) || !is_tls(s, param) || !(seen = seen_of(store)))
		return 0;
	const char *hosts[MAX_HOSTS];
	struct patina_verification v = {.roots = seen->token, .version = object_count(store), .first = 1, .flags = flags,
	                                .depth = X509_VERIFY_PARAM_get_depth(param), .level = st->num, .hosts = hosts,
	                                .host_flags = X509_VERIFY_PARAM_get_hostflags(param),
	                                .email = X509_VERIFY_PARAM_get0_email(param)};
	while (v.host_count < MAX_HOSTS && (hosts[v.host_count] = X509_VERIFY_PARAM_get0_host(param, (int)v.host_count)))
		v.host_count++;
	if (v.host_count == MAX_HOSTS) return 0;
	if (flags & X509_V_FLAG_USE_CHECK_TIME) v.time = X509_VERIFY_PARAM_get_time(param);
	ERR_set_mark(); // that there is no address is an error to libcrypto
	char *ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	ERR_pop_to_mark();
	v.ip = ip;
	int verdict = PATINA_VERDICT_MISSING;
	for (int i = 0; i < MAX_LOOKS && verdict == PATINA_VERDICT_MISSING; i++) {
		patina_enter();
		verdict = patina_go_verify(s, &v);
		patina_leave();
		if (verdict != PATINA_VERDICT_MISSING) break;
		v.first = 0;
		v.found = look(s, store, ctx, &v);
		if (v.found < 0) break;
	}
	OPENSSL_free(ip);
	st->result = verdict == PATINA_VERDICT_ACCEPTED ? X509_V_OK : v.code ? v.code : X509_V_ERR_UNSPECIFIED;
	return verdict == PATINA_VERDICT_ACCEPTED || verdict == PATINA_VERDICT_REJECTED;
}
