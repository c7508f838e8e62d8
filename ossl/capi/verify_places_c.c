// verify_places_c.c: the places where an X509_STORE looks for what it does not hold. libcrypto tells nobody what it was given
// (X509_STORE_load_path and friends), so it is looked for in its structures, where a store made to find out shows it to be.
// Where they are otherwise, or hold something else than what is known here, libcrypto looks, and not Go.

#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "verify.h"

// Of an X509_STORE: the word that is the stack of its lookups, between those of its objects and its parameters. Of a lookup: that
// of its method. Of the data of a hash_dir lookup: the stack of its directories, each a path and its files' type. The data of a
// lookup of stores is the stack of them, each a URI first.
enum { STORE_WORDS = 8, LOOKUP_WORDS = 4, DIR_WORDS = 3, UNKNOWN = -1 };

struct directory {
	char *path;
	int type;
};

static int lookups_at, method_at, dirs_at, uris_first;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void *word(const void *at, int i) {
	void *p;
	memcpy(&p, (const char *)at + (size_t)i * sizeof p, sizeof p);
	return p;
}

static int index_of(const void *in, int words, const void *p) {
	for (int i = 0; i < words; i++)
		if (word(in, i) == p) return i;
	return UNKNOWN;
}

// Whether p may be an address in the heap, as known is one: aligned, and not further away than a heap is large.
static const intptr_t FAR = (intptr_t)1 << 40;

static int near(const void *p, const void *known) {
	intptr_t far = (intptr_t)p - (intptr_t)known;
	return p && (uintptr_t)p % sizeof(void *) == 0 && far > -FAR && far < FAR;
}

static int is_dir(const void *entry, const void *known, const char *path, int type) {
	const struct directory *d = entry;
	return near(d, known) && near(d->path, known) && !strcmp(d->path, path) && d->type == type;
}

// Whether stores are kept as is thought here. One that is there anywhere is opened for it.
static int finds_uris(X509_STORE *store) {
	static const char uri[] = "/";
	X509_LOOKUP *l = X509_STORE_add_lookup(store, X509_LOOKUP_store());
	if (!l || !X509_LOOKUP_add_store(l, uri)) return 0;
	const OPENSSL_STACK *stores = X509_LOOKUP_get_method_data(l);
	if (!near(stores, l) || OPENSSL_sk_num(stores) != 1) return 0;
	const void *entry = OPENSSL_sk_value(stores, 0);
	return near(entry, l) && near(word(entry, 0), l) && !strcmp(word(entry, 0), uri);
}

static void find_places(void) {
	lookups_at = method_at = dirs_at = UNKNOWN;
	X509_STORE *store = X509_STORE_new();
	X509_LOOKUP *l = store ? X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir()) : 0;
	if (!l || !X509_LOOKUP_add_dir(l, "patina-1:patina-2", X509_FILETYPE_PEM) || !X509_LOOKUP_add_dir(l, "patina-3", X509_FILETYPE_ASN1)) goto end;
	int objects = index_of(store, STORE_WORDS, X509_STORE_get0_objects(store));
	if (objects == UNKNOWN || word(store, objects + 2) != (void *)X509_STORE_get0_param(store)) goto end;
	const OPENSSL_STACK *lookups = word(store, objects + 1);
	if (!near(lookups, store) || OPENSSL_sk_num(lookups) != 1 || OPENSSL_sk_value(lookups, 0) != l) goto end;
	int method = index_of(l, LOOKUP_WORDS, X509_LOOKUP_hash_dir());
	const void *data = X509_LOOKUP_get_method_data(l);
	if (method == UNKNOWN || !data) goto end;
	for (int i = 0; i < DIR_WORDS && dirs_at == UNKNOWN; i++) {
		const OPENSSL_STACK *dirs = word(data, i);
		if (near(dirs, data) && OPENSSL_sk_num(dirs) == 3 && is_dir(OPENSSL_sk_value(dirs, 0), data, "patina-1", X509_FILETYPE_PEM) &&
		    is_dir(OPENSSL_sk_value(dirs, 1), data, "patina-2", X509_FILETYPE_PEM) &&
		    is_dir(OPENSSL_sk_value(dirs, 2), data, "patina-3", X509_FILETYPE_ASN1))
			dirs_at = i;
	}
	if (dirs_at == UNKNOWN) goto end;
	lookups_at = objects + 1;
	method_at = method;
	ERR_set_mark();
	uris_first = finds_uris(store);
	ERR_pop_to_mark();
end:
	X509_STORE_free(store);
}

int patina_places(X509_STORE *store, struct patina_place *places, int max, uint64_t *count) {
	if (!CRYPTO_THREAD_run_once(&once, find_places) || lookups_at == UNKNOWN) return -1;
	const OPENSSL_STACK *lookups = word(store, lookups_at);
	int n = 0, known = 1, all = OPENSSL_sk_num(lookups);
	*count = (uint64_t)(all > 0 ? all : 0);
	for (int i = 0; i < all; i++) {
		const X509_LOOKUP *l = OPENSSL_sk_value(lookups, i);
		const X509_LOOKUP_METHOD *method = word(l, method_at);
		int dirs = method == X509_LOOKUP_hash_dir(), scans = method == X509_LOOKUP_store();
		if (method == X509_LOOKUP_file()) continue; // it is read when it is named
		if (!dirs && !(scans && uris_first)) {
			known = 0;
			continue;
		}
		const void *data = X509_LOOKUP_get_method_data(l);
		const OPENSSL_STACK *of = dirs && data ? word(data, dirs_at) : data;
		int num = of ? OPENSSL_sk_num(of) : 0;
		*count += (uint64_t)(num > 0 ? num : 0) << 16;
		for (int k = 0; k < num; k++) {
			const void *entry = OPENSSL_sk_value(of, k);
			const struct directory *d = entry;
			if (n == max || (dirs && d->type != X509_FILETYPE_PEM)) known = 0;
			else places[n++] = (struct patina_place){dirs ? d->path : word(entry, 0), scans};
		}
	}
	return known ? n : -1;
}
