/* SSL_check_chain: does a chain suit the peer, before the handshake and within certificate callbacks. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
static const char *const names[] = { "server-ec", "server-rsa", "server-ed25519", "client-ec", "client-rsa", "server-self", "server-p384", "server-rsachain" };

static int strict;

static void check_all(SSL *ssl)
{
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        X509 *x = kit_cert(names[i]), *ca = kit_cert("int");
        EVP_PKEY *key = kit_key(names[i]);
        STACK_OF(X509) *chain = sk_X509_new_null();

        MUST(sk_X509_push(chain, ca));
        kit_say("%s: alone %#x, with chain %#x", names[i], (unsigned)SSL_check_chain(ssl, x, key, NULL),
                (unsigned)SSL_check_chain(ssl, x, key, chain));
        sk_X509_pop_free(chain, X509_free);
        EVP_PKEY_free(key);
        X509_free(x);
    }
    kit_queue();
}

static int in_callback(SSL *ssl, void *arg)
{
    (void)arg;
    check_all(ssl);
    return 1;
}

static void set_strict(SSL_CTX *ctx)
{
    if (strict)
        SSL_CTX_set_cert_flags(ctx, SSL_CERT_FLAG_TLS_STRICT);
}

static void before(void)
{
    X509 *x = kit_cert("server-ec");
    EVP_PKEY *key = kit_key("server-ec");

    for (strict = 0; strict < 2; strict++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec"), *any = SSL_CTX_new(TLS_method());
        SSL *ssl;

        set_strict(c);
        set_strict(s);
        kit_say("client, strict %d", strict);
        check_all(ssl = SSL_new(c));
        SHOW(SSL_check_chain(ssl, NULL, key, NULL));
        SHOW(SSL_check_chain(ssl, x, NULL, NULL));
        SHOW(SSL_check_chain(ssl, NULL, NULL, NULL));
        SSL_free(ssl);
        kit_say("server");
        check_all(ssl = SSL_new(s));
        SSL_free(ssl);
        kit_say("either");
        check_all(ssl = SSL_new(any));
        SSL_free(ssl);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        SSL_CTX_free(any);
    }
    X509_free(x);
    EVP_PKEY_free(key);
}

static void run(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_say("afterwards, server");
    check_all(p.s);
    kit_say("afterwards, client");
    check_all(p.c);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void server_callback(void)
{
    static const struct { const char *sigalgs, *groups; } offers[] = {
        { NULL, NULL },
        { "ECDSA+SHA256", "P-256" },
        { "ECDSA+SHA256:RSA-PSS+SHA256", "P-256:X25519" },
        { "ECDSA+SHA256:RSA+SHA256", "X25519" },
        { "ed25519:ECDSA+SHA256:RSA-PSS+SHA512", "P-384:P-256" },
    };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(offers); i++)
            for (strict = 0; strict < 2; strict++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

                kit_version(c, versions[v]);
                set_strict(s);
                if (offers[i].sigalgs != NULL) {
                    MUST(SSL_CTX_set1_sigalgs_list(c, offers[i].sigalgs));
                    MUST(SSL_CTX_set1_groups_list(c, offers[i].groups));
                }
                kit_say("%s, offer %zu, strict %d", kit_version_name(versions[v]), i, strict);
                SSL_CTX_set_cert_cb(s, in_callback, NULL);
                run(c, s);
            }
}

static void client_callback(void)
{
    static const char *const cas[] = { NULL, "ca", "int", "server-self" };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(cas); i++)
            for (strict = 0; strict < 2; strict++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

                kit_version(c, versions[v]);
                set_strict(c);
                kit_trust(s, "ca");
                SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
                if (cas[i] != NULL) {
                    X509 *x = kit_cert(cas[i]);

                    MUST(SSL_CTX_add_client_CA(s, x));
                    X509_free(x);
                }
                if (i == 1)
                    MUST(SSL_CTX_set1_sigalgs_list(s, "ECDSA+SHA256"));
                kit_say("%s, names %s, strict %d", kit_version_name(versions[v]), cas[i] ? cas[i] : "none", strict);
                SSL_CTX_set_cert_cb(c, in_callback, NULL);
                run(c, s);
            }
}

static const kit_case cases[] = { CASE(before), CASE(server_callback), CASE(client_callback) };

KIT_MAIN(cases)
