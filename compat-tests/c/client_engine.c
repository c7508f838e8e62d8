/* SSL_CTX_set_client_cert_engine: an ENGINE chooses the client's certificate. */
#include "kit.h"

#include <openssl/engine.h>

static int answers, asked;

static int on_load(ENGINE *e, SSL *ssl, STACK_OF(X509_NAME) *names, X509 **x, EVP_PKEY **key, STACK_OF(X509) **others,
    UI_METHOD *ui, void *data)
{
    (void)e, (void)ui, (void)data;
    kit_say("engine: SSL %s, names %d, others %s", ssl != NULL ? "set" : "NULL", sk_X509_NAME_num(names), others != NULL ? "wanted" : "NULL");
    if (answers <= 0)
        return answers;
    *x = kit_cert("client-ec");
    *key = kit_key("client-ec");
    return 1;
}

static int on_cert(SSL *ssl, X509 **x, EVP_PKEY **key)
{
    (void)ssl;
    asked++;
    *x = kit_cert("client-rsa");
    *key = kit_key("client-rsa");
    return 1;
}

static ENGINE *engine(int able)
{
    ENGINE *e = ENGINE_new();

    MUST(ENGINE_set_id(e, "compat") && ENGINE_set_name(e, "of the test"));
    if (able)
        MUST(ENGINE_set_load_ssl_client_cert_function(e, on_load));
    return e;
}

static void unable(void)
{
    SSL_CTX *c = kit_client();
    ENGINE *e = engine(0);

    SHOW(SSL_CTX_set_client_cert_engine(c, e));
    kit_queue();
    PTR(SSL_CTX_get_client_cert_cb(c));
    SSL_CTX_free(c);
    SHOW(ENGINE_free(e));
}

static void run(int version, int answer, int callback)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    ENGINE *e = engine(1);
    kit_pair p;

    kit_say("%s, answer %d, callback %d", kit_version_name(version), answer, callback);
    answers = answer;
    asked = 0;
    kit_version(c, version);
    kit_trust(s, "ca");
    kit_trust(s, "int");
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
    if (callback == 1)
        SSL_CTX_set_client_cert_cb(c, on_cert);
    SHOW(SSL_CTX_set_client_cert_engine(c, e));
    if (callback == 2)
        SSL_CTX_set_client_cert_cb(c, on_cert);
    SHOW(SSL_CTX_get_client_cert_cb(c) == on_cert);
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    SHOW(asked);
    PTR(SSL_get0_peer_certificate(p.s));
    if (SSL_get0_peer_certificate(p.s) != NULL)
        SHOW(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(p.s))));
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SHOW(ENGINE_free(e));
}

static void able(void)
{
    run(TLS1_3_VERSION, 1, 0);
    run(TLS1_2_VERSION, 1, 1);
    run(TLS1_3_VERSION, 0, 0);
    run(TLS1_3_VERSION, 0, 1);
    run(TLS1_2_VERSION, 0, 2);
}

static const kit_case cases[] = { CASE(unable), CASE(able) };

KIT_MAIN(cases)
