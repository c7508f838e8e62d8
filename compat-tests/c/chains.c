/* Which chain is built and to which root: depth, trust settings, roots added later, roots of version 1. */
#include "kit_verify.h"

static void depth(void)
{
    int d;

    kit_verify_answer = 2;
    for (d = -1; d < 6; d++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-deep");

        kit_say("depth %d", d);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        SSL_CTX_set_verify_depth(c, d);
        kit_verified(c, s, NULL);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void trust_settings(void)
{
    /* partial chains, a trusted leaf, no roots at all, an expired root, trust set up in different ways */
    SSL_CTX *c, *s = kit_server("server-ec");
    X509 *x;
    int flag;

    kit_verify_answer = 2;
    for (flag = 0; flag < 2; flag++) {
        kit_say("only the intermediate is trusted, partial chain %d", flag);
        c = SSL_CTX_new(TLS_client_method());
        kit_trust(c, "int");
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        if (flag)
            SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN));
        kit_verified(c, s, NULL);
        SSL_CTX_free(c);
        kit_say("only the leaf is trusted, partial chain %d", flag);
        c = SSL_CTX_new(TLS_client_method());
        x = kit_cert("server-ec");
        SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x));
        X509_free(x);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        if (flag)
            SHOW(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_PARTIAL_CHAIN));
        kit_verified(c, s, NULL);
        SSL_CTX_free(c);
    }
    kit_say("no roots");
    c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("an expired root");
    c = SSL_CTX_new(TLS_client_method());
    kit_trust(c, "expired-ca");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    kit_verified(c, s, NULL);
    kit_say("beside a good one");
    kit_trust(c, "ca");
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("no check of time");
    c = SSL_CTX_new(TLS_client_method());
    kit_trust(c, "expired-ca");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_NO_CHECK_TIME));
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("a time of its own");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(c), 1000000000);
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("CRLs asked for, none there");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_CRL_CHECK));
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("purpose and trust");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    SHOW(SSL_CTX_set_purpose(c, X509_PURPOSE_SSL_CLIENT));
    kit_verified(c, s, NULL);
    SHOW(SSL_CTX_set_purpose(c, X509_PURPOSE_SSL_SERVER));
    SHOW(SSL_CTX_set_purpose(c, 99));
    SHOW(SSL_CTX_set_trust(c, X509_TRUST_SSL_SERVER));
    kit_verified(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("another store");
    c = SSL_CTX_new(TLS_client_method());
    {
        X509_STORE *store = X509_STORE_new();

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        SHOW(X509_STORE_load_file(store, kit_file("ca.pem")));
        SSL_CTX_set_cert_store(c, store);
        kit_say("the same %d", SSL_CTX_get_cert_store(c) == store);
        kit_verified(c, s, NULL);
    }
    SSL_CTX_free(c);
    kit_say("a verify store apart");
    c = SSL_CTX_new(TLS_client_method());
    {
        X509_STORE *store = X509_STORE_new(), *got = NULL;

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        SHOW(X509_STORE_load_file(store, kit_file("ca.pem")));
        SHOW(SSL_CTX_set1_verify_cert_store(c, store));
        SHOW(SSL_CTX_get0_verify_cert_store(c, &got));
        kit_say("the same %d", got == store);
        kit_verified(c, s, NULL);
        X509_STORE_free(store);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void added_later(void)
{
    /* a root added to the store after connections were made counts for the next one */
    SSL_CTX *c = SSL_CTX_new(TLS_client_method()), *s = kit_server("server-ec");
    X509 *ca = kit_cert("ca");
    kit_pair p;

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    kit_verified(c, s, NULL);
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca));
    kit_verified(c, s, NULL);
    /* also when the connection existed before the root */
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    kit_pair_new(&p, c, s, 0);
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca));
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca)); /* twice is no error */
    kit_shake_say(&p);
    kit_pair_free(&p);
    X509_free(ca);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void version_one_root(void)
{
    /* a root of X.509 version 1, without extensions */
    X509 *root = X509_new(), *leaf = X509_new();
    EVP_PKEY *rk = kit_key("ca"), *lk = kit_key("server-ec");
    X509_NAME *name = X509_NAME_new();
    X509V3_CTX v3;
    X509_EXTENSION *ext;
    SSL_CTX *c, *s;
    int v1;

    for (v1 = 1; v1 >= 0; v1--) {
        kit_say("version %d", v1 ? 1 : 3);
        X509_free(root);
        X509_free(leaf);
        X509_NAME_free(name);
        root = X509_new();
        leaf = X509_new();
        name = X509_NAME_new();
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"v1 root", -1, -1, 0);
        X509_set_version(root, v1 ? 0 : 2);
        ASN1_INTEGER_set(X509_get_serialNumber(root), 1);
        X509_gmtime_adj(X509_getm_notBefore(root), -1000);
        X509_gmtime_adj(X509_getm_notAfter(root), 100000);
        X509_set_subject_name(root, name);
        X509_set_issuer_name(root, name);
        X509_set_pubkey(root, rk);
        MUST(X509_sign(root, rk, EVP_sha256()) > 0);
        X509_set_version(leaf, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(leaf), 2);
        X509_gmtime_adj(X509_getm_notBefore(leaf), -1000);
        X509_gmtime_adj(X509_getm_notAfter(leaf), 100000);
        X509_set_issuer_name(leaf, name);
        X509_set_pubkey(leaf, lk);
        X509V3_set_ctx(&v3, root, leaf, NULL, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, "critical,DNS:server.test");
        X509_add_ext(leaf, ext, -1);
        X509_EXTENSION_free(ext);
        MUST(X509_sign(leaf, rk, EVP_sha256()) > 0);
        c = SSL_CTX_new(TLS_client_method());
        s = SSL_CTX_new(TLS_server_method());
        MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), root));
        SHOW(SSL_CTX_use_certificate(s, leaf));
        SHOW(SSL_CTX_use_PrivateKey(s, lk));
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
        kit_verify_answer = 2;
        kit_verified(c, s, "server.test");
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    X509_free(root);
    X509_free(leaf);
    X509_NAME_free(name);
    EVP_PKEY_free(rk);
    EVP_PKEY_free(lk);
}

static const kit_case cases[] = {
    CASE(depth), CASE(trust_settings), CASE(added_later), CASE(version_one_root),
};

KIT_MAIN(cases)
