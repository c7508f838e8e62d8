/* Certificate verification: modes, callbacks and their sequence, results, and the alerts. */
#include "kit_verify.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static const char *const server_certs[] = {
    "server-ec", "server-rsa", "server-ed25519", "server-p384", "server-direct", "server-nochain", "server-untrusted", "server-self",
    "server-expired", "server-future", "server-clientonly", "server-noeku", "server-cn", "server-isca", "server-notca",
    "server-pathlen", "server-deep", "server-withroot", "server-namec", "server-mustsign",
};

static void servers(void)
{
    size_t i;
    int mode;

    for (i = 0; i < COUNT(server_certs); i++)
        for (mode = 0; mode < 3; mode++) {
            SSL_CTX *c = kit_client(), *s = kit_server(server_certs[i]);

            if (strcmp(server_certs[i], "server-mustsign") == 0)
                kit_version(c, TLS1_3_VERSION);
            kit_verify_answer = 2;
            kit_say("%s, %s", server_certs[i], mode == 0 ? "not verified" : mode == 1 ? "verified" : "with a callback");
            SSL_CTX_set_verify(c, mode == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, mode == 2 ? kit_on_verify : NULL);
            kit_verified(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void callback_answers(void)
{
    static const char *const certs[] = { "server-ec", "server-untrusted", "server-expired" };
    size_t i, v;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(certs); i++)
            for (kit_verify_answer = 0; kit_verify_answer < 5; kit_verify_answer++) {
                SSL_CTX *c = kit_client(), *s = kit_server(certs[i]);

                kit_say("%s, %s, kit_verify_answer %d", kit_version_name(versions[v]), certs[i], kit_verify_answer);
                kit_version(c, versions[v]);
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
                kit_verified(c, s, NULL);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
    kit_verify_answer = 2;
}

static void callback_with_none(void)
{
    /* VERIFY_NONE calls the callback too, but ignores its kit_verify_answer */
    static const char *const certs[] = { "server-ec", "server-untrusted" };
    size_t i;

    for (i = 0; i < COUNT(certs); i++)
        for (kit_verify_answer = 0; kit_verify_answer < 3; kit_verify_answer++) {
            SSL_CTX *c = kit_client(), *s = kit_server(certs[i]);

            kit_say("%s, kit_verify_answer %d", certs[i], kit_verify_answer);
            SSL_CTX_set_verify(c, SSL_VERIFY_NONE, kit_on_verify);
            kit_verified(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    kit_verify_answer = 2;
}

static void modes(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl, *old = SSL_new(ctx);
    static const int all[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                               SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_VERIFY_POST_HANDSHAKE, 255 };
    size_t i;

    SHOW(SSL_CTX_get_verify_mode(ctx));
    SHOW(SSL_CTX_get_verify_depth(ctx));
    for (i = 0; i < COUNT(all); i++) {
        SSL_CTX_set_verify(ctx, all[i], i % 2 ? kit_on_verify : NULL);
        SHOW(SSL_CTX_get_verify_mode(ctx));
        kit_say("the callback %d", SSL_CTX_get_verify_callback(ctx) == kit_on_verify);
        ssl = SSL_new(ctx);
        SHOW(SSL_get_verify_mode(ssl));
        kit_say("the callback %d", SSL_get_verify_callback(ssl) == kit_on_verify);
        /* NULL leaves the old callback in place */
        SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
        kit_say("the callback %d", SSL_get_verify_callback(ssl) == kit_on_verify);
        SHOW(SSL_get_verify_mode(ssl));
        SSL_free(ssl);
    }
    SHOW(SSL_get_verify_mode(old));
    SSL_CTX_set_verify_depth(ctx, 3);
    SHOW(SSL_CTX_get_verify_depth(ctx));
    ssl = SSL_new(ctx);
    SHOW(SSL_get_verify_depth(ssl));
    SSL_set_verify_depth(ssl, 7);
    SHOW(SSL_get_verify_depth(ssl));
    SHOW(SSL_get_verify_result(ssl));
    SSL_set_verify_result(ssl, X509_V_ERR_CERT_REVOKED);
    SHOW(SSL_get_verify_result(ssl));
    SSL_free(ssl);
    SSL_free(old);
    SSL_CTX_free(ctx);
}

static const char *const client_certs[] = { NULL, "client-ec", "client-rsa", "client-untrusted", "client-expired", "client-serveronly" };

static void clients(void)
{
    static const int how[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                               SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    size_t v, h, i;

    kit_verify_answer = 2;
    for (v = 0; v < COUNT(versions); v++)
        for (h = 0; h < COUNT(how); h++)
            for (i = 0; i < COUNT(client_certs); i++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

                kit_say("%s, mode %d, %s", kit_version_name(versions[v]), how[h], client_certs[i] != NULL ? client_certs[i] : "no certificate");
                kit_version(c, versions[v]);
                kit_trust(s, "ca");
                SSL_CTX_set_verify(s, how[h], kit_on_verify);
                if (client_certs[i] != NULL)
                    kit_use(c, client_certs[i]);
                kit_verified(c, s, NULL);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

static void client_callback_answers(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++)
        for (kit_verify_answer = 0; kit_verify_answer < 5; kit_verify_answer++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

            kit_say("%s, kit_verify_answer %d", kit_version_name(versions[v]), kit_verify_answer);
            kit_version(c, versions[v]);
            kit_trust(s, "ca");
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER, kit_on_verify);
            kit_use(c, "client-untrusted");
            kit_verified(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    kit_verify_answer = 2;
}

/* A whole verification of the application's own. */
static int verify_all_result;

static int verify_all(X509_STORE_CTX *ctx, void *arg)
{
    kit_say("verification of its own: arg %s, certificate %s, untrusted %d, SSL %s", (char *)arg,
            X509_STORE_CTX_get0_cert(ctx) != NULL ? "set" : "NULL", sk_X509_num(X509_STORE_CTX_get0_untrusted(ctx)),
            X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()) != NULL ? "set" : "NULL");
    if (verify_all_result <= 0)
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
    return verify_all_result;
}

static void own_verification(void)
{
    size_t v;
    static const int results[] = { 1, 0 };
    size_t i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(results); i++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-untrusted");

            verify_all_result = results[i];
            kit_version(c, versions[v]);
            SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
            SSL_CTX_set_cert_verify_callback(c, verify_all, (void *)"argument");
            kit_verified(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void peer_certificate(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client();
        X509 *x, *y, *mine = kit_cert("server-ec");
        kit_pair p;

        kit_version(c, versions[v]);
        kit_pair_new(&p, c, NULL, 0);
        PTR(SSL_get0_peer_certificate(p.c));
        PTR(SSL_get1_peer_certificate(p.c));
        PTR(SSL_get_peer_cert_chain(p.c));
        MUST(kit_shake(&p));
        x = SSL_get1_peer_certificate(p.c);
        y = SSL_get0_peer_certificate(p.c);
        kit_say("the same object %d, equal to the file's %d", x == y, x != NULL && X509_cmp(x, mine) == 0);
        kit_say("own certificate %d, peer's chain begins with it %d", X509_cmp(SSL_get_certificate(p.s), mine) == 0,
                X509_cmp(sk_X509_value(SSL_get_peer_cert_chain(p.c), 0), mine) == 0);
        PTR(SSL_get_certificate(p.c));
        PTR(SSL_get_privatekey(p.s));
        PTR(SSL_get_peer_cert_chain(p.s));
        /* the certificate outlives the connection */
        kit_pair_free(&p);
        kit_say("still equal %d", X509_cmp(x, mine) == 0);
        X509_free(x);
        X509_free(mine);
        SSL_CTX_free(c);
    }
}

static const kit_case cases[] = {
    CASE(servers), CASE(callback_answers), CASE(callback_with_none), CASE(modes), CASE(clients),
    CASE(client_callback_answers), CASE(own_verification), CASE(peer_certificate),
};

KIT_MAIN(cases)
