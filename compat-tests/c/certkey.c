/* Certificates and keys given as objects and as RSA keys, to contexts and connections; passwords; the certificate callback. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit.h"

#include <openssl/rsa.h>

static RSA *rsa_of(const char *name)
{
    EVP_PKEY *k = kit_key(name);
    RSA *r = EVP_PKEY_get1_RSA(k);

    MUST(r != NULL);
    EVP_PKEY_free(k);
    return r;
}

static void serves(SSL_CTX *s, SSL *ssl_to_serve)
{
    /* a handshake with a client that verifies; over the SSL if there is one */
    kit_pair p;

    kit_pair_new(&p, NULL, s, 0);
    if (ssl_to_serve != NULL) {
        MUST(SSL_use_certificate(p.s, SSL_get_certificate(ssl_to_serve)));
        MUST(SSL_use_PrivateKey(p.s, SSL_get_privatekey(ssl_to_serve)));
    }
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
}

static void rsa_keys(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl;
    RSA *rsa = rsa_of("server-rsa"), *wrong = rsa_of("server-rsachain");
    unsigned char *der = NULL;
    int n = i2d_RSAPrivateKey(rsa, &der);

    SHOW(SSL_CTX_use_RSAPrivateKey(ctx, NULL));
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-rsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_RSAPrivateKey(ctx, wrong));
    SHOW(SSL_CTX_use_RSAPrivateKey(ctx, rsa));
    SHOW(SSL_CTX_check_private_key(ctx));
    serves(ctx, NULL);
    SSL_CTX_free(ctx);

    kit_say("from DER");
    ctx = SSL_CTX_new(TLS_server_method());
    SHOW(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, der, n));
    SHOW(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, der, n - 1));
    SHOW(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, (const unsigned char *)"rubbish", 7));
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-rsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    ssl = SSL_new(ctx);
    SHOW(SSL_check_private_key(ssl));
    SHOW(SSL_use_RSAPrivateKey(ssl, NULL));
    SHOW(SSL_use_RSAPrivateKey(ssl, wrong));
    SHOW(SSL_use_RSAPrivateKey(ssl, rsa));
    SHOW(SSL_use_RSAPrivateKey_ASN1(ssl, der, n));
    SHOW(SSL_use_RSAPrivateKey_ASN1(ssl, der, 3));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, kit_file("server-rsa.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, kit_file("server-ec.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, kit_file("nosuch.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, kit_file("server-rsa.key"), SSL_FILETYPE_ASN1));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, kit_file("server-rsa.key"), 9));
    SHOW(SSL_check_private_key(ssl));
    serves(ctx, ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    OPENSSL_free(der);
    RSA_free(rsa);
    RSA_free(wrong);
}

static void on_connections(void)
{
    /* what an SSL is given stays its own */
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    X509 *x = kit_cert("server-direct"), *other = kit_cert("server-rsa");
    EVP_PKEY *k = kit_key("server-direct"), *wrong = kit_key("server-ec");

    SHOW(SSL_use_certificate(ssl, NULL));
    SHOW(SSL_use_PrivateKey(ssl, NULL));
    SHOW(SSL_check_private_key(ssl));
    SHOW(SSL_use_PrivateKey(ssl, wrong));
    SHOW(SSL_use_certificate(ssl, x));
    SHOW(SSL_check_private_key(ssl));
    SHOW(SSL_use_PrivateKey(ssl, wrong));
    SHOW(SSL_use_PrivateKey(ssl, k));
    SHOW(SSL_check_private_key(ssl));
    kit_say("the same %d %d", SSL_get_certificate(ssl) == x, SSL_get_privatekey(ssl) == k);
    kit_say("the context has none: %d %d", SSL_CTX_get0_certificate(ctx) == NULL, SSL_CTX_get0_privatekey(ctx) == NULL);
    serves(ctx, ssl);
    SHOW(SSL_use_certificate(ssl, other));
    SHOW(SSL_check_private_key(ssl));
    PTR(SSL_get_privatekey(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    X509_free(x);
    X509_free(other);
    EVP_PKEY_free(k);
    EVP_PKEY_free(wrong);
}

static void cert_and_key(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *x = kit_cert("server-ec"), *i = kit_cert("int");
    EVP_PKEY *k = kit_key("server-ec"), *wrong = kit_key("client-ec");
    STACK_OF(X509) *chain = sk_X509_new_null(), *got = NULL;
    SSL *ssl;
    kit_pair p;

    sk_X509_push(chain, i);
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, wrong, chain, 0));
    PTR(SSL_CTX_get0_certificate(ctx));
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, k, chain, 0));
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, k, chain, 0));
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, k, chain, 1));
    ssl = SSL_new(ctx);
    SHOW(SSL_use_cert_and_key(ssl, x, k, chain, 0));
    SHOW(SSL_use_cert_and_key(ssl, x, wrong, NULL, 1));
    SHOW(SSL_use_cert_and_key(ssl, x, k, NULL, 1));
    SHOW(SSL_get0_chain_certs(ssl, &got));
    kit_say("its chain: %d", got != NULL ? sk_X509_num(got) : -1);
    SHOW(SSL_use_cert_and_key(ssl, x, k, chain, 1));
    SHOW(SSL_get0_chain_certs(ssl, &got));
    kit_say("its chain: %d", got != NULL ? sk_X509_num(got) : -1);
    SHOW(SSL_use_cert_and_key(ssl, x, NULL, chain, 1));
    SHOW(SSL_check_private_key(ssl));
    SSL_free(ssl);
    kit_pair_new(&p, NULL, ctx, 0);
    SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
    kit_shake_say(&p);
    kit_pair_free(&p);
    sk_X509_free(chain);
    X509_free(x);
    X509_free(i);
    EVP_PKEY_free(k);
    EVP_PKEY_free(wrong);
    SSL_CTX_free(ctx);
}

static int password(char *buf, int size, int rw, void *u)
{
    kit_say("asked for a password: rw %d, argument %s", rw, u != NULL ? (const char *)u : "NULL");
    if (u == NULL || size < 7)
        return -1;
    memcpy(buf, "secret", 6);
    return strcmp(u, "right") == 0 ? 6 : 3;
}

static void passwords(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl;
    EVP_PKEY *k = kit_key("server-rsa");
    const char *path = "locked-key";

    kit_lock(path, k, 1, "secret");
    SSL_CTX_set_default_passwd_cb(ctx, password);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)"right");
    SHOW(SSL_CTX_get_default_passwd_cb(ctx) == password);
    STR(SSL_CTX_get_default_passwd_cb_userdata(ctx));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM));
    ssl = SSL_new(ctx);
    SHOW(SSL_get_default_passwd_cb(ssl) == password);
    STR(SSL_get_default_passwd_cb_userdata(ssl));
    SHOW(SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM));
    SSL_set_default_passwd_cb_userdata(ssl, (void *)"wrong");
    STR(SSL_get_default_passwd_cb_userdata(ssl));
    STR(SSL_CTX_get_default_passwd_cb_userdata(ctx));
    SHOW(SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM));
    SSL_set_default_passwd_cb_userdata(ssl, NULL);
    SHOW(SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM));
    SHOW(SSL_use_RSAPrivateKey_file(ssl, path, SSL_FILETYPE_PEM));
    SSL_set_default_passwd_cb(ssl, NULL);
    SSL_set_default_passwd_cb_userdata(ssl, (void *)"secret");
    kit_say("without a callback the argument is the password");
    SHOW(SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    EVP_PKEY_free(k);
    remove(path);
}

/* the certificate callback of a connection */
static int cert_calls;

static int choose_cert(SSL *ssl, void *arg)
{
    const char *name = arg;

    cert_calls++;
    kit_say("certificate callback: %s, server %d, state %s", name, SSL_is_server(ssl), SSL_state_string_long(ssl));
    if (strcmp(name, "later") == 0)
        return cert_calls > 2 ? SSL_use_certificate_chain_file(ssl, kit_file("server-ec.pem")) &&
                                    SSL_use_PrivateKey_file(ssl, kit_file("server-ec.key"), SSL_FILETYPE_PEM)
                              : -1;
    if (strcmp(name, "none") == 0)
        return 1;
    if (strcmp(name, "refuse") == 0)
        return 0;
    return SSL_use_certificate_chain_file(ssl, kit_file("server-ec.pem")) &&
           SSL_use_PrivateKey_file(ssl, kit_file("server-ec.key"), SSL_FILETYPE_PEM);
}

static void cert_callback(void)
{
    static const char *const kinds[] = { "give", "later", "none", "refuse" };
    size_t v, i;

    for (v = 0; v < 2; v++) {
        for (i = 0; i < COUNT(kinds); i++) {
            SSL_CTX *c = kit_client(), *s = SSL_CTX_new(TLS_server_method());
            kit_pair p;

            kit_say("%s, %s", v ? "TLSv1.3" : "TLSv1.2", kinds[i]);
            kit_version(c, v ? TLS1_3_VERSION : TLS1_2_VERSION);
            cert_calls = 0;
            kit_pair_new(&p, c, s, 0);
            SSL_set_cert_cb(p.s, choose_cert, (void *)kinds[i]);
            SSL_do_handshake(p.c);
            IO(p.s, SSL_do_handshake(p.s));
            SHOW(SSL_want(p.s));
            kit_shake_say(&p);
            SHOW(cert_calls);
            kit_pair_free(&p);
            kit_say("taken back");
            kit_pair_new(&p, c, s, 0);
            SSL_set_cert_cb(p.s, choose_cert, (void *)kinds[i]);
            SSL_set_cert_cb(p.s, NULL, NULL);
            cert_calls = 0;
            kit_shake_say(&p);
            SHOW(cert_calls);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static const kit_case cases[] = {
    CASE(rsa_keys), CASE(on_connections), CASE(cert_and_key), CASE(passwords), CASE(cert_callback),
};

KIT_MAIN(cases)
