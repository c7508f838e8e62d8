/* One X509_STORE that many threads verify against, while it grows. */
#include "kit.h"

#include <pthread.h>
#include <sys/stat.h>

#define THREADS 6
#define HANDSHAKES 15 /* per thread */
#define MORE 30       /* roots that come meanwhile */

typedef struct {
    SSL_CTX *c, *s;
    int good, shown, wrong;
} worker;

static pthread_key_t shown;

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    int *n = pthread_getspecific(shown);

    if (n != NULL && X509_STORE_CTX_get_current_cert(ctx) != NULL)
        (*n)++;
    return ok;
}

static void *work(void *arg)
{
    worker *w = arg;
    int i, j;

    pthread_setspecific(shown, &w->shown);
    for (i = 0; i < HANDSHAKES; i++) {
        SSL *c = SSL_new(w->c), *s = SSL_new(w->s);
        BIO *a, *b;
        int rc = -1, rs = -1;

        BIO_new_bio_pair(&a, 0, &b, 0);
        SSL_set_bio(c, a, a);
        SSL_set_bio(s, b, b);
        SSL_set_connect_state(c);
        SSL_set_accept_state(s);
        for (j = 0; j < 50 && (rc != 1 || rs != 1); j++) {
            if (rc != 1)
                rc = SSL_do_handshake(c);
            if (rs != 1)
                rs = SSL_do_handshake(s);
        }
        if (rc == 1 && rs == 1 && SSL_get_verify_result(c) == X509_V_OK && sk_X509_num(SSL_get0_verified_chain(c)) == 3)
            w->good++;
        else
            w->wrong++;
        SSL_free(c);
        SSL_free(s);
    }
    OPENSSL_thread_stop();
    return NULL;
}

static void put(const char *dir, X509 *x, X509_CRL *crl, const char *suffix)
{
    char path[300];
    FILE *f;

    X509_NAME *name = x != NULL ? X509_get_subject_name(x) : X509_CRL_get_issuer(crl);

    snprintf(path, sizeof(path), "%s/%08lx.%s", dir, X509_NAME_hash_ex(name, NULL, NULL, NULL), suffix);
    f = fopen(path, "w");
    MUST(f != NULL && (x != NULL ? PEM_write_X509(f, x) : PEM_write_X509_CRL(f, crl)));
    fclose(f);
}

static X509_CRL *list_of(const char *issuer)
{
    X509_CRL *crl = X509_CRL_new();
    X509 *ca = kit_cert(issuer);
    EVP_PKEY *key = kit_key(issuer);
    ASN1_TIME *t = ASN1_TIME_new();

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
    X509_gmtime_adj(t, -1000);
    X509_CRL_set1_lastUpdate(crl, t);
    X509_gmtime_adj(t, 100000);
    X509_CRL_set1_nextUpdate(crl, t);
    MUST(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    ASN1_TIME_free(t);
    X509_free(ca);
    EVP_PKEY_free(key);
    return crl;
}

/* A root that nobody needs. */
static X509 *other_root(int i)
{
    X509 *x = X509_new();
    EVP_PKEY *key = kit_key("otherca");
    X509_NAME *name = X509_NAME_new();
    char cn[30];

    snprintf(cn, sizeof(cn), "root %d", i);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -1000);
    X509_gmtime_adj(X509_getm_notAfter(x), 100000);
    X509_set_subject_name(x, name);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    MUST(X509_sign(x, key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    return x;
}

static void all(SSL_CTX *c, const char *what)
{
    worker w[THREADS];
    pthread_t t[THREADS];
    SSL_CTX *s = kit_server("server-ec");
    int i, good = 0, wrong = 0, calls = 0;

    MUST(pthread_key_create(&shown, NULL) == 0);
    for (i = 0; i < THREADS; i++) {
        memset(&w[i], 0, sizeof(w[i]));
        w[i].c = c;
        w[i].s = s;
        MUST(pthread_create(&t[i], NULL, work, &w[i]) == 0);
    }
    for (i = 0; i < MORE; i++) {
        X509 *x = other_root(i);

        MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x));
        X509_free(x);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        good += w[i].good;
        wrong += w[i].wrong;
        calls += w[i].shown;
    }
    kit_say("%s: good %d, wrong %d, callbacks %d, objects in the store %d", what, good, wrong, calls,
            sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(c))));
    pthread_key_delete(shown);
    SSL_CTX_free(s);
    SSL_CTX_free(c);
}

static void growing(void)
{
    SSL_CTX *c = kit_client();

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    all(c, "a file");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    all(c, "a file, with a callback");
}

static void directory(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    X509 *ca = kit_cert("ca");
    X509_CRL *crl = list_of("int");

    MUST(mkdir("shared", 0700) == 0);
    put("shared", ca, NULL, "0");
    put("shared", NULL, crl, "r0");
    MUST(SSL_CTX_load_verify_dir(c, "shared") == 1);
    MUST(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK));
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    all(c, "a directory with a list");
    X509_free(ca);
    X509_CRL_free(crl);
}

static const kit_case cases[] = { CASE(growing), CASE(directory) };
KIT_MAIN(cases)
