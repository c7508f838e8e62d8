// calist_c.c: lists of CA names from files, directories and stores. Manual: SSL_load_client_CA_file(3).
// The files are the application's own; libcrypto reads them.

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/x509.h>

// The longest path of a file in a directory of certificates.
enum { PATH_SIZE = 1024 };

static int compare_names(const X509_NAME *const *a, const X509_NAME *const *b) { return X509_NAME_cmp(*a, *b); }

// Puts a copy of the subject of x in names unless it is there; names has a compare function.
static int add_subject(STACK_OF(X509_NAME) *names, X509 *x) {
	X509_NAME *subject = X509_get_subject_name(x);
	if (!subject) return 0;
	if (sk_X509_NAME_find(names, subject) >= 0) return 1;
	X509_NAME *copy = X509_NAME_dup(subject);
	if (!copy) return 0;
	if (sk_X509_NAME_push(names, copy)) return 1;
	X509_NAME_free(copy);
	return 0;
}

static int add_file(STACK_OF(X509_NAME) *names, const char *file) {
	int ok = 0;
	X509 *x = NULL;
	BIO *in = BIO_new(BIO_s_file());
	if (!in) {
		ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
		return 0;
	}
	if (BIO_read_filename(in, file) > 0) {
		ok = 1;
		while (ok && PEM_read_bio_X509(in, &x, NULL, NULL)) ok = add_subject(names, x);
		if (ok) ERR_clear_error(); // what ended the loop: no more certificates
	}
	BIO_free(in);
	X509_free(x);
	return ok;
}

int SSL_add_file_cert_subjects_to_stack(STACK_OF(X509_NAME) *stack, const char *file) {
	sk_X509_NAME_compfunc before = sk_X509_NAME_set_cmp_func(stack, compare_names);
	int ok = add_file(stack, file);
	(void)sk_X509_NAME_set_cmp_func(stack, before);
	return ok;
}

int SSL_add_dir_cert_subjects_to_stack(STACK_OF(X509_NAME) *stack, const char *dir) {
	DIR *d = 0;
	if (dir) d = opendir(dir);
	else errno = EINVAL;
	if (!d) {
		ERR_raise_data(ERR_LIB_SYS, errno, "calling OPENSSL_dir_read(%s)", dir ? dir : "<NULL>");
		ERR_raise(ERR_LIB_SSL, ERR_R_SYS_LIB);
		return 0;
	}
	int ok = 1;
	for (struct dirent *e; ok && (errno = 0, e = readdir(d));) {
		char path[PATH_SIZE];
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || e->d_type == DT_DIR) continue;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (n <= 0 || n >= (int)sizeof(path)) {
			ERR_raise(ERR_LIB_SSL, SSL_R_PATH_TOO_LONG);
			ok = 0;
		} else {
			ok = SSL_add_file_cert_subjects_to_stack(stack, path);
		}
	}
	if (ok && errno) {
		ERR_raise_data(ERR_LIB_SYS, errno, "calling OPENSSL_dir_read(%s)", dir);
		ERR_raise(ERR_LIB_SSL, ERR_R_SYS_LIB);
		ok = 0;
	}
	closedir(d);
	return ok;
}

// A store may name others, as a directory does: those are followed to this depth.
enum { STORE_DEPTH = 1 };

static int add_store(STACK_OF(X509_NAME) *names, const char *uri, int depth) {
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	if (!store) return 0;
	int ok = 1;
	while (ok && !OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		if (!info) continue;
		switch (OSSL_STORE_INFO_get_type(info)) {
		case OSSL_STORE_INFO_NAME:
			// A name that does not open is left out, as is one too deep.
			if (depth > 0) ok = add_store(names, OSSL_STORE_INFO_get0_NAME(info), depth - 1);
			break;
		case OSSL_STORE_INFO_CERT:
			ok = add_subject(names, OSSL_STORE_INFO_get0_CERT(info));
			break;
		}
		OSSL_STORE_INFO_free(info);
	}
	ERR_clear_error();
	OSSL_STORE_close(store);
	return ok;
}

int SSL_add_store_cert_subjects_to_stack(STACK_OF(X509_NAME) *stack, const char *uri) {
	sk_X509_NAME_compfunc before = sk_X509_NAME_set_cmp_func(stack, compare_names);
	int ok = add_store(stack, uri, STORE_DEPTH);
	(void)sk_X509_NAME_set_cmp_func(stack, before);
	return ok;
}

// The names in the order of the file; each once.
STACK_OF(X509_NAME) *SSL_load_client_CA_file_ex(const char *file, OSSL_LIB_CTX *libctx, const char *propq) {
	STACK_OF(X509_NAME) *names = NULL, *seen = sk_X509_NAME_new(compare_names);
	X509 *x = X509_new_ex(libctx, propq);
	BIO *in = BIO_new(BIO_s_file());
	int ok = seen && x && in;
	if (!ok) ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
	if (ok) ok = BIO_read_filename(in, file) > 0;
	while (ok && PEM_read_bio_X509(in, &x, NULL, NULL)) {
		X509_NAME *subject = X509_get_subject_name(x), *copy;
		ok = subject && (names || (names = sk_X509_NAME_new_null()));
		if (!ok || sk_X509_NAME_find(seen, subject) >= 0) continue;
		copy = X509_NAME_dup(subject);
		ok = copy && sk_X509_NAME_push(names, copy);
		if (!ok) X509_NAME_free(copy);
		else ok = sk_X509_NAME_push(seen, copy);
	}
	if (!ok) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		names = NULL;
	}
	if (names) ERR_clear_error(); // what ended the loop: no more certificates
	sk_X509_NAME_free(seen);
	X509_free(x);
	BIO_free(in);
	return names;
}

STACK_OF(X509_NAME) *SSL_load_client_CA_file(const char *file) { return SSL_load_client_CA_file_ex(file, NULL, NULL); }

STACK_OF(X509_NAME) *SSL_dup_CA_list(const STACK_OF(X509_NAME) *sk) {
	const int n = sk_X509_NAME_num(sk);
	STACK_OF(X509_NAME) *copy = sk_X509_NAME_new_reserve(NULL, n);
	if (!copy) {
		ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		X509_NAME *name = X509_NAME_dup(sk_X509_NAME_value(sk, i));
		if (!name) {
			sk_X509_NAME_pop_free(copy, X509_NAME_free);
			return NULL;
		}
		sk_X509_NAME_push(copy, name);
	}
	return copy;
}
