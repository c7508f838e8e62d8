/* DANE and who verifies: servers, functions of the application's own, the store's callback, libcrypto alone. */
#include "kit_dane.h"

/* A server verifies its client. */
static void servers(void)
{
    static const char *const client[] = { "client-ec", "client-untrusted", "client-expired", "client-serveronly" };
    int usage;
    size_t i;

    for (i = 0; i < COUNT(client); i++)
        for (usage = 0; usage < 4; usage++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            kit_pair p;

            kit_say("%s, usage %d", client[i], usage);
            kit_trust(s, "ca");
            kit_use(c, client[i]);
            MUST(SSL_CTX_dane_enable(s) == 1);
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, dane_callback);
            kit_pair_new(&p, c, s, 0);
            SHOW(SSL_dane_enable(p.s, NULL));
            MUST(dane_add(p.s, usage, 1, 1, usage % 2 ? client[i] : i == 1 ? "otherca" : "int") == 1);
            kit_shake_say(&p);
            dane_what("server", p.s);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* A verification of the application's own, which asks X509_verify_cert or does not. */
static int calls;

static int own_verify(X509_STORE_CTX *ctx, void *arg)
{
    int r = calls == 0 ? 1 : X509_verify_cert(ctx);

    if (calls == 2)
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
    kit_say("own: %d, error %d, depth %d, arg %s", r, X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx), (const char *)arg);
    return r;
}

static void own(void)
{
    static const char *const server[] = { "server-ec", "server-untrusted", "server-expired", "server-other", "server-self", "server-notca" };
    int usage, callback;
    size_t i;

    for (calls = 0; calls < 3; calls++)
        for (i = 0; i < COUNT(server); i++)
            for (usage = 0; usage < 4; usage++)
                for (callback = 0; callback < 2; callback++) {
                    SSL_CTX *c = dane_client(), *s = kit_server(server[i]);
                    kit_pair p;

                    kit_say("%s, usage %d, calls %d, callback %d", server[i], usage, calls, callback);
                    if (!callback)
                        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
                    SSL_CTX_set_cert_verify_callback(c, own_verify, "argument");
                    dane_begin(&p, c, s, "server.test");
                    MUST(dane_add(p.c, usage, 1, 1, usage % 2 ? server[i] : i == 1 ? "otherca" : i == 5 ? "notca" : "int") == 1);
                    if ((i + (size_t)usage) % 3 == 0)
                        MUST(dane_add_bad(p.c, 3, 1, 1, server[i]) == 1);
                    dane_tell(&p);
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

/* The callback of the store, where there is no other. */
static void store_callback(void)
{
    static const char *const server[] = { "server-ec", "server-untrusted" };
    size_t i;

    for (i = 0; i < COUNT(server); i++) {
        SSL_CTX *c = dane_client(), *s = kit_server(server[i]);
        kit_pair p;

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(c), dane_callback);
        kit_say("%s", server[i]);
        dane_begin(&p, c, s, "server.test");
        SHOW(dane_add(p.c, 1, 1, 1, server[i]));
        dane_tell(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* The records given to libcrypto, which verifies a chain that no connection has brought: as ldns does. */
static void handed(void)
{
    static const char *const named[] = { "server-ec", "int", "ca", "otherca", "server-self" }, *const server[] = { "server-ec", "server-nochain", "server-untrusted" };
    int usage, selector, mtype, again;
    size_t i, k;

    for (k = 0; k < COUNT(server); k++)
        for (usage = 0; usage < 4; usage++)
            for (selector = 0; selector < 2; selector++)
                for (mtype = 0; mtype < 3; mtype++)
                    for (i = 0; i < COUNT(named); i++) {
                        SSL_CTX *c = dane_client();
                        SSL *ssl = SSL_new(c);
                        X509 *leaf = kit_cert(server[k]), *middle = kit_cert("int");
                        STACK_OF(X509) *sent = sk_X509_new_null();

                        kit_say("%s, %d %d %d %s", server[k], usage, selector, mtype, named[i]);
                        if (k == 0)
                            MUST(sk_X509_push(sent, middle));
                        SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
                        MUST(SSL_dane_enable(ssl, NULL) == 1 && dane_add(ssl, usage, selector, mtype, named[i]) == 1);
                        for (again = 0; again < 2; again++) {
                            X509_STORE_CTX *ctx = X509_STORE_CTX_new();
                            SSL_DANE *dane;

                            MUST(ctx != NULL && X509_STORE_CTX_init(ctx, SSL_CTX_get_cert_store(c), leaf, sent));
                            MUST(X509_STORE_CTX_set_default(ctx, "ssl_server"));
                            MUST(X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(ctx), SSL_get0_param(ssl)));
                            PTR(dane = SSL_get0_dane(ssl));
                            X509_STORE_CTX_set0_dane(ctx, dane);
                            SHOW(X509_verify_cert(ctx));
                            SHOW(X509_STORE_CTX_get_error(ctx));
                            SHOW(X509_STORE_CTX_get_error_depth(ctx));
                            ERR_clear_error();
                            X509_STORE_CTX_free(ctx);
                            MUST(dane_add(ssl, 3, 1, 2, server[k]) == 1);
                        }
                        SSL_free(ssl);
                        SSL_CTX_free(c);
                        X509_free(leaf);
                        X509_free(middle);
                        sk_X509_free(sent);
                    }
}

/* A parameter that only libcrypto knows of: of no interest where the leaf is all that counts, else the peer is refused. */
static void unknown_flags(void)
{
    int usage;

    for (usage = 3; usage > 0; usage -= 2) {
        SSL_CTX *c = dane_client(), *s = kit_server(usage == 3 ? "server-untrusted" : "server-ec");
        kit_pair p;

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_POLICY_CHECK);
        kit_say("usage %d", usage);
        dane_begin(&p, c, s, "server.test");
        SHOW(dane_add(p.c, usage, 1, 1, usage == 3 ? "server-untrusted" : "server-ec"));
        kit_shake_say(&p);
        SHOW(SSL_get_verify_result(p.c));
        SHOW(SSL_get0_dane_authority(p.c, NULL, NULL));
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(servers), CASE(own), CASE(store_callback), CASE(handed), CASE(unknown_flags),
};

KIT_MAIN(cases)
