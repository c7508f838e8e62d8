// store_c.c: the X509_STORE of an SSL_CTX. Manual: SSL_CTX_load_verify_locations(3), SSL_CTX_set_cert_store(3).

#include <openssl/err.h>

#include "gate.h"
#include "topics.h"
#include "_cgo_export.h"

X509_STORE *SSL_CTX_get_cert_store(const SSL_CTX *ctx) { return patina_is_ctx(ctx) ? ctx->store : 0; }

void SSL_CTX_set_cert_store(SSL_CTX *ctx, X509_STORE *store) {
	X509_STORE_free(ctx->store);
	ctx->store = store;
	atomic_store_explicit(&ctx->synced, 0, memory_order_release);
}

void SSL_CTX_set1_cert_store(SSL_CTX *ctx, X509_STORE *store) {
	if (store) X509_STORE_up_ref(store);
	SSL_CTX_set_cert_store(ctx, store);
}

int SSL_CTX_load_verify_file(SSL_CTX *ctx, const char *file) {
	return X509_STORE_load_file_ex(ctx->store, file, ctx->libctx, ctx->propq);
}

int SSL_CTX_load_verify_dir(SSL_CTX *ctx, const char *dir) { return X509_STORE_load_path(ctx->store, dir); }

int SSL_CTX_load_verify_store(SSL_CTX *ctx, const char *uri) {
	return X509_STORE_load_store_ex(ctx->store, uri, ctx->libctx, ctx->propq);
}

int SSL_CTX_load_verify_locations(SSL_CTX *ctx, const char *file, const char *dir) {
	if (!file && !dir) return 0;
	return (!file || SSL_CTX_load_verify_file(ctx, file)) && (!dir || SSL_CTX_load_verify_dir(ctx, dir));
}

int SSL_CTX_set_default_verify_paths(SSL_CTX *ctx) {
	return X509_STORE_set_default_paths_ex(ctx->store, ctx->libctx, ctx->propq);
}

// A default place that is not there is no error.
static int lookup_default(X509_LOOKUP *lookup, int (*add)(X509_LOOKUP *)) {
	if (!lookup) return 0;
	ERR_set_mark();
	add(lookup);
	ERR_pop_to_mark();
	return 1;
}

static int add_dir(X509_LOOKUP *l) { return X509_LOOKUP_add_dir(l, NULL, X509_FILETYPE_DEFAULT); }
static int add_file(X509_LOOKUP *l) { return X509_LOOKUP_load_file(l, NULL, X509_FILETYPE_DEFAULT); }
static int add_store(X509_LOOKUP *l) { return X509_LOOKUP_add_store(l, NULL); }

int SSL_CTX_set_default_verify_dir(SSL_CTX *ctx) {
	return lookup_default(X509_STORE_add_lookup(ctx->store, X509_LOOKUP_hash_dir()), add_dir);
}

int SSL_CTX_set_default_verify_file(SSL_CTX *ctx) {
	return lookup_default(X509_STORE_add_lookup(ctx->store, X509_LOOKUP_file()), add_file);
}

int SSL_CTX_set_default_verify_store(SSL_CTX *ctx) {
	return lookup_default(X509_STORE_add_lookup(ctx->store, X509_LOOKUP_store()), add_store);
}

// Chains that are completed from the store are made again where it has changed. Threads that see a change at once all make
// them, rather than wait for each other; one that was overtaken makes them again, so that what counts in the end is newest.
int patina_ctx_sync(SSL_CTX *ctx) {
	for (;;) {
		uint64_t seen = atomic_load_explicit(&ctx->synced, memory_order_acquire);
		uint64_t now = ctx->store ? (uint64_t)sk_X509_OBJECT_num(X509_STORE_get0_objects(ctx->store)) + 1 : 1;
		if (seen == now) return 1;
		if (!patina_push_slots((struct patina_owner){.ctx = ctx})) return 0;
		if (atomic_compare_exchange_strong_explicit(&ctx->synced, &seen, now, memory_order_acq_rel, memory_order_relaxed)) return 1;
	}
}
