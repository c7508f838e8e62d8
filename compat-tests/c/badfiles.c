/* Files that are not what they should be, given to every function that reads one; DER that is none; passwords. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit.h"

#include <sys/stat.h>
#include <unistd.h>

static void put(const char *name, const void *data, size_t n)
{
    FILE *f = fopen(name, "w");

    MUST(f != NULL && fwrite(data, 1, n, f) == n);
    fclose(f);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

/* name is made of fixtures and of what stands behind them. */
static void join(const char *name, const char *one, const char *two, const char *behind)
{
    size_t n, m;
    char *a = kit_slurp(kit_file(one), &n), *b = two != NULL ? kit_slurp(kit_file(two), &m) : NULL;
    FILE *f = fopen(name, "w");

    MUST(f != NULL);
    fprintf(f, "%s%s%s", a, b != NULL ? b : "", behind);
    fclose(f);
    free(a);
    free(b);
}

static const char *const names[] = {
    "empty", "rubbish", "cert+baddata", "cert+badbase64", "cert+part", "cert+text", "key+cert", "twice", "badcert", "othername", "badkey",
    "badeckey", "shortder", "longder", "directory", "trusted", "public", "nosuch", "nodirectory/nosuch", "",
};

static void make_files(void)
{
    EVP_PKEY *key = kit_key("server-ec");
    X509 *x = kit_cert("server-ec");
    size_t n;
    char *der = kit_slurp(kit_file("server-ec.der"), &n);
    BIO *out;

    put_text("empty", "");
    put_text("rubbish", "this is no certificate\n");
    join("cert+baddata", "server-ec.pem", NULL, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    join("cert+badbase64", "server-ec.pem", NULL, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    join("cert+part", "server-ec.pem", NULL, "-----BEGIN CERTIFICATE-----\nMIIB\n");
    join("cert+text", "server-ec.pem", NULL, "text behind it\n");
    join("key+cert", "server-ec.key", "server-ec.pem", "");
    join("twice", "ca.pem", "ca.pem", "");
    put_text("badcert", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    put_text("othername", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END X509 CRL-----\n");
    put_text("badkey", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    put_text("badeckey", "-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----\n");
    put("shortder", der, n - 5);
    memcpy(der + n, "0123456789", 10);
    put("longder", der, n + 10);
    mkdir("directory", 0700);
    MUST((out = BIO_new_file("trusted", "w")) != NULL && X509_alias_set1(x, (unsigned char *)"alias", 5) && PEM_write_bio_X509_AUX(out, x));
    BIO_free(out);
    MUST((out = BIO_new_file("public", "w")) != NULL && PEM_write_bio_PUBKEY(out, key));
    BIO_free(out);
    free(der);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void remove_files(void)
{
    size_t i;

    for (i = 0; i < COUNT(names); i++)
        if (names[i][0] != '\0')
            remove(names[i]);
}

static void certificates(void)
{
    size_t i;

    make_files();
    for (i = 0; i < COUNT(names); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        SSL *ssl = SSL_new(ctx);
        const char *f = names[i];

        kit_say("%s", f);
        SHOW(SSL_CTX_use_certificate_file(ctx, f, SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_certificate_file(ctx, f, SSL_FILETYPE_ASN1));
        SHOW(SSL_CTX_use_certificate_file(ctx, f, -1));
        SHOW(SSL_CTX_use_certificate_chain_file(ctx, f));
        PTR(SSL_CTX_get0_certificate(ctx));
        SHOW(SSL_use_certificate_file(ssl, f, SSL_FILETYPE_PEM));
        SHOW(SSL_use_certificate_file(ssl, f, SSL_FILETYPE_ASN1));
        SHOW(SSL_use_certificate_file(ssl, f, 0));
        SHOW(SSL_use_certificate_chain_file(ssl, f));
        PTR(SSL_get_certificate(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    remove_files();
}

static void keys(void)
{
    size_t i;

    make_files();
    for (i = 0; i < COUNT(names); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        SSL *ssl = SSL_new(ctx);
        const char *f = names[i];

        kit_say("%s", f);
        SHOW(SSL_CTX_use_PrivateKey_file(ctx, f, SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_PrivateKey_file(ctx, f, SSL_FILETYPE_ASN1));
        SHOW(SSL_use_PrivateKey_file(ssl, f, SSL_FILETYPE_PEM));
        SHOW(SSL_use_PrivateKey_file(ssl, f, SSL_FILETYPE_ASN1));
        SHOW(SSL_use_PrivateKey_file(ssl, f, -1));
        SHOW(SSL_CTX_use_RSAPrivateKey_file(ctx, f, SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_RSAPrivateKey_file(ctx, f, SSL_FILETYPE_ASN1));
        SHOW(SSL_use_RSAPrivateKey_file(ssl, f, SSL_FILETYPE_PEM));
        SHOW(SSL_use_RSAPrivateKey_file(ssl, f, SSL_FILETYPE_ASN1));
        PTR(SSL_CTX_get0_privatekey(ctx));
        PTR(SSL_get_privatekey(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    remove_files();
}

static void roots(void)
{
    size_t i;

    make_files();
    for (i = 0; i < COUNT(names); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        const char *f = names[i];

        kit_say("%s", f);
        SHOW(SSL_CTX_load_verify_locations(ctx, f, NULL));
        SHOW(SSL_CTX_load_verify_locations(ctx, NULL, f));
        SHOW(SSL_CTX_load_verify_locations(ctx, f, f));
        SHOW(SSL_CTX_load_verify_file(ctx, f));
        SHOW(SSL_CTX_load_verify_dir(ctx, f));
        SHOW(SSL_CTX_load_verify_store(ctx, f));
        SHOW(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx))));
        SHOW(SSL_CTX_use_serverinfo_file(ctx, f));
        SSL_CTX_free(ctx);
    }
    remove_files();
}

static void subjects(void)
{
    size_t i;

    make_files();
    for (i = 0; i < COUNT(names); i++) {
        STACK_OF(X509_NAME) *list = SSL_load_client_CA_file(names[i]);

        kit_say("%s: %d", names[i], list != NULL ? sk_X509_NAME_num(list) : -1);
        kit_queue();
        sk_X509_NAME_pop_free(list, X509_NAME_free);
        list = SSL_load_client_CA_file_ex(names[i], NULL, "provider=default");
        kit_say("for a provider: %d", list != NULL ? sk_X509_NAME_num(list) : -1);
        kit_queue();
        sk_X509_NAME_pop_free(list, X509_NAME_free);
        list = sk_X509_NAME_new_null();
        SHOW(SSL_add_file_cert_subjects_to_stack(list, names[i]));
        SHOW(sk_X509_NAME_num(list));
        SHOW(SSL_add_dir_cert_subjects_to_stack(list, names[i]));
        SHOW(sk_X509_NAME_num(list));
        SHOW(SSL_add_store_cert_subjects_to_stack(list, names[i]));
        SHOW(sk_X509_NAME_num(list));
        sk_X509_NAME_pop_free(list, X509_NAME_free);
    }
    remove_files();
}

static void der(void)
{
    static const int types[] = { EVP_PKEY_EC, EVP_PKEY_RSA, EVP_PKEY_ED25519, EVP_PKEY_DSA, 0, -1, 99999 }, lengths[] = { 0, -1, 1, 10 };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    EVP_PKEY *key = kit_key("server-ec");
    unsigned char *k = NULL, *c;
    int n = i2d_PrivateKey(key, &k);
    size_t m, i;

    c = (unsigned char *)kit_slurp(kit_file("server-ec.der"), &m);
    for (i = 0; i < COUNT(types); i++) {
        kit_say("type %d", types[i]);
        SHOW(SSL_CTX_use_PrivateKey_ASN1(types[i], ctx, k, n));
        SHOW(SSL_use_PrivateKey_ASN1(types[i], ssl, k, n));
    }
    for (i = 0; i < COUNT(lengths); i++) {
        kit_say("length %d", lengths[i]);
        SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, k, lengths[i]));
        SHOW(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, ssl, k, lengths[i]));
        SHOW(SSL_CTX_use_certificate_ASN1(ctx, lengths[i], c));
        SHOW(SSL_use_certificate_ASN1(ssl, c, lengths[i]));
        SHOW(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, k, lengths[i]));
        SHOW(SSL_use_RSAPrivateKey_ASN1(ssl, k, lengths[i]));
    }
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, (int)m - 1, c));
    SHOW(SSL_use_certificate_ASN1(ssl, c, (int)m - 1));
    SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, k, n - 1));
    free(c);
    OPENSSL_free(k);
    EVP_PKEY_free(key);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static int on_password(char *buf, int size, int rw, void *arg)
{
    kit_say("asked: room %d, rw %d, argument %s", size, rw, arg != NULL ? (const char *)arg : "NULL");
    if (arg == NULL)
        return -1;
    strcpy(buf, arg);
    return (int)strlen(arg);
}

static void passwords(void)
{
    static const char *const answers[] = { "secret", "wrong", NULL };
    EVP_PKEY *key = kit_key("server-ec");
    size_t i;
    int pkcs8;

    for (pkcs8 = 0; pkcs8 < 2; pkcs8++) {
        kit_lock("locked", key, pkcs8, "secret");
        for (i = 0; i < COUNT(answers); i++) {
            SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
            SSL *ssl;

            kit_say("%s, %s", pkcs8 ? "PKCS #8" : "the old form", answers[i] != NULL ? answers[i] : "NULL");
            SSL_CTX_set_default_passwd_cb(ctx, on_password);
            SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)answers[i]);
            ssl = SSL_new(ctx);
            SHOW(SSL_CTX_use_PrivateKey_file(ctx, "locked", SSL_FILETYPE_PEM));
            SHOW(SSL_use_PrivateKey_file(ssl, "locked", SSL_FILETYPE_PEM));
            SHOW(SSL_CTX_use_PrivateKey_file(ctx, "locked", SSL_FILETYPE_ASN1));
            SHOW(SSL_CTX_use_certificate_file(ctx, "locked", SSL_FILETYPE_PEM));
            SHOW(SSL_CTX_use_certificate_chain_file(ctx, "locked"));
            SSL_free(ssl);
            SSL_CTX_free(ctx);
        }
    }
    remove("locked");
    EVP_PKEY_free(key);
}

static const kit_case cases[] = {
    CASE(certificates), CASE(keys), CASE(roots), CASE(subjects), CASE(der), CASE(passwords),
};

KIT_MAIN(cases)
