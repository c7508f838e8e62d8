/* X509_VERIFY_PARAM, purposes, trust, and the stores of contexts, applied to handshakes. */
#include "kit.h"

static void verified(SSL_CTX *c, SSL_CTX *s, int server_verifies, void (*change)(SSL *, void *), void *arg)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (server_verifies)
        SSL_set_verify(p.s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    else
        SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
    if (change != NULL)
        change(server_verifies ? p.s : p.c, arg);
    kit_shake_say(&p);
    kit_say("verify result %ld", SSL_get_verify_result(server_verifies ? p.s : p.c));
    kit_pair_free(&p);
}

static void with_param(SSL *ssl, void *param)
{
    SHOW(SSL_set1_param(ssl, param));
    SHOW(X509_VERIFY_PARAM_get_depth(SSL_get0_param(ssl)));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
}

static void set1_param(void)
{
    static const char *const hosts[] = { "server.test", "wrong.test", NULL };
    SSL_CTX *c = kit_client();
    SSL_CTX *s = kit_server("server-ec");
    size_t i;

    for (i = 0; i < COUNT(hosts); i++) {
        X509_VERIFY_PARAM *vp = X509_VERIFY_PARAM_new();

        kit_say("host %s", hosts[i] ? hosts[i] : "NULL");
        if (hosts[i] != NULL)
            MUST(X509_VERIFY_PARAM_set1_host(vp, hosts[i], 0));
        X509_VERIFY_PARAM_set_depth(vp, (int)i);
        verified(c, s, 0, with_param, vp);
        X509_VERIFY_PARAM_free(vp);
    }
    kit_say("on the context");
    for (i = 0; i < COUNT(hosts); i++) {
        X509_VERIFY_PARAM *vp = X509_VERIFY_PARAM_new();
        SSL_CTX *own = kit_client();

        if (hosts[i] != NULL)
            MUST(X509_VERIFY_PARAM_set1_host(vp, hosts[i], 0));
        SHOW(SSL_CTX_set1_param(own, vp));
        STR(X509_VERIFY_PARAM_get0_host(SSL_CTX_get0_param(own), 0));
        verified(own, s, 0, NULL, NULL);
        SSL_CTX_free(own);
        X509_VERIFY_PARAM_free(vp);
    }
    kit_say("a parameter that changes afterwards is another one");
    {
        X509_VERIFY_PARAM *vp = X509_VERIFY_PARAM_new();
        SSL *ssl = SSL_new(c);

        SHOW(SSL_set1_param(ssl, vp));
        X509_VERIFY_PARAM_set_depth(vp, 55);
        SHOW(SSL_get_verify_depth(ssl));
        SHOW(SSL_set1_param(ssl, NULL));
        SSL_free(ssl);
        X509_VERIFY_PARAM_free(vp);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void with_purpose(SSL *ssl, void *arg)
{
    SHOW(SSL_set_purpose(ssl, *(int *)arg));
    SHOW(X509_VERIFY_PARAM_get_flags(SSL_get0_param(ssl)) != 0);
}

static void with_trust(SSL *ssl, void *arg)
{
    SHOW(SSL_set_trust(ssl, *(int *)arg));
}

static void purposes(void)
{
    static int all[] = { X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER, X509_PURPOSE_ANY, X509_PURPOSE_SMIME_SIGN, 0, -1, 99 };
    static const char *const names[] = { "server-ec", "server-clientonly", "server-noeku" };
    SSL_CTX *c = kit_client();
    size_t i, n;

    for (n = 0; n < COUNT(names); n++) {
        SSL_CTX *s = kit_server(names[n]);

        for (i = 0; i < COUNT(all); i++) {
            kit_say("%s, purpose %d", names[n], all[i]);
            verified(c, s, 0, with_purpose, &all[i]);
        }
        SSL_CTX_free(s);
    }
    for (i = 0; i < COUNT(all); i++) {
        SSL_CTX *own = kit_client(), *s = kit_server("server-clientonly");

        kit_say("on the context, purpose %d", all[i]);
        SHOW(SSL_CTX_set_purpose(own, all[i]));
        verified(own, s, 0, NULL, NULL);
        SSL_CTX_free(own);
        SSL_CTX_free(s);
    }
    SSL_CTX_free(c);
}

static void trusts(void)
{
    static int all[] = { X509_TRUST_SSL_SERVER, X509_TRUST_SSL_CLIENT, X509_TRUST_EMAIL, X509_TRUST_COMPAT, 0, -1, 99 };
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        SSL_CTX *own = kit_client();

        kit_say("trust %d", all[i]);
        verified(c, s, 0, with_trust, &all[i]);
        SHOW(SSL_CTX_set_trust(own, all[i]));
        verified(own, s, 0, NULL, NULL);
        SSL_CTX_free(own);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* A root that says what it is trusted for. */
static void trusted_roots(void)
{
    static const int nids[] = { NID_server_auth, NID_client_auth, NID_anyExtendedKeyUsage };
    SSL_CTX *s = kit_server("server-ec");
    size_t i;
    int reject;

    for (i = 0; i < COUNT(nids); i++) {
        for (reject = 0; reject < 2; reject++) {
            SSL_CTX *c = SSL_CTX_new(TLS_client_method());
            X509 *ca = kit_cert("ca");
            ASN1_OBJECT *obj = OBJ_nid2obj(nids[i]);

            kit_say("%s %s", reject ? "rejected for" : "trusted for", OBJ_nid2sn(nids[i]));
            MUST(reject ? X509_add1_reject_object(ca, obj) : X509_add1_trust_object(ca, obj));
            MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca));
            verified(c, s, 0, NULL, NULL);
            X509_free(ca);
            SSL_CTX_free(c);
        }
    }
    SSL_CTX_free(s);
}

static void stores(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method()), *s = kit_server("server-ec");
    X509_STORE *store = X509_STORE_new();
    X509 *ca = kit_cert("ca");

    MUST(X509_STORE_add_cert(store, ca));
    kit_say("an empty store");
    verified(c, s, 0, NULL, NULL);
    SSL_CTX_set1_cert_store(c, store);
    SHOW(SSL_CTX_get_cert_store(c) == store);
    kit_say("the program's");
    verified(c, s, 0, NULL, NULL);
    X509_STORE_free(store); /* the context has a reference of its own */
    verified(c, s, 0, NULL, NULL);
    SSL_CTX_set1_cert_store(c, X509_STORE_new());
    kit_say("another");
    verified(c, s, 0, NULL, NULL);
    {
        X509_STORE *again = SSL_CTX_get_cert_store(c);

        X509_STORE_free(again); /* the reference from X509_STORE_new */
        MUST(X509_STORE_add_cert(again, ca));
    }
    kit_say("with a root added later");
    verified(c, s, 0, NULL, NULL);
    X509_free(ca);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void store_uris(void)
{
    SSL_CTX *s = kit_server("server-ec");
    static const char *const files[] = { "ca.pem", "otherca.pem", "nosuch.pem" };
    size_t i;

    for (i = 0; i < COUNT(files); i++) {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method());
        char uri[1200];

        snprintf(uri, sizeof(uri), "file:%s", kit_file(files[i]));
        kit_say("%s", files[i]);
        SHOW(SSL_CTX_load_verify_store(c, uri));
        verified(c, s, 0, NULL, NULL);
        SHOW(SSL_CTX_load_verify_store(c, kit_file(files[i])));
        SSL_CTX_free(c);
    }
    {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method());

        SHOW(SSL_CTX_set_default_verify_store(c));
        SHOW(SSL_CTX_set_default_verify_file(c));
        SHOW(SSL_CTX_set_default_verify_dir(c));
        verified(c, s, 0, NULL, NULL);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(set1_param), CASE(purposes), CASE(trusts), CASE(trusted_roots), CASE(stores), CASE(store_uris),
};

KIT_MAIN(cases)
