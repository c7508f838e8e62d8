/* Certificate verification: modes, callbacks and their sequence, results, names, depths, and the alerts. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* The callback prints what it is told; answers from a small plan. */
static int answer;       /* 0: no, 1: yes, 2: as told, 3: clear the error and yes, 4: set another error and no */
static int other_error = X509_V_ERR_APPLICATION_VERIFICATION;

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *x = X509_STORE_CTX_get_current_cert(ctx);
    char subject[200] = "none";

    if (x != NULL) {
        int at = X509_NAME_get_index_by_NID(X509_get_subject_name(x), NID_commonName, -1);

        if (at >= 0) {
            ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(x), at));

            snprintf(subject, sizeof(subject), "%.*s", ASN1_STRING_length(s), ASN1_STRING_get0_data(s));
        }
    }
    kit_say("verify: ok %d, error %d (%s), depth %d, subject %s, SSL %s, chain %d", ok, X509_STORE_CTX_get_error(ctx),
            X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)), X509_STORE_CTX_get_error_depth(ctx), subject,
            ssl != NULL ? "set" : "NULL", sk_X509_num(X509_STORE_CTX_get0_chain(ctx)));
    switch (answer) {
    case 0: return 0;
    case 1: return 1;
    case 3:
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    case 4:
        X509_STORE_CTX_set_error(ctx, other_error);
        return 0;
    default: return ok;
    }
}

static void chain_of(const char *who, SSL *ssl)
{
    X509 *x = SSL_get0_peer_certificate(ssl);
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl), *good = SSL_get0_verified_chain(ssl);

    kit_say("%s: peer %s, sent chain %d, verified chain %d, result %ld", who, x != NULL ? "set" : "NULL", sent != NULL ? sk_X509_num(sent) : -1,
            good != NULL ? sk_X509_num(good) : -1, SSL_get_verify_result(ssl));
}

static void run(SSL_CTX *c, SSL_CTX *s, const char *host)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (host != NULL)
        SHOW(SSL_set1_host(p.c, host));
    kit_shake_say(&p);
    chain_of("client", p.c);
    chain_of("server", p.s);
    if (host != NULL)
        STR(SSL_get0_peername(p.c));
    kit_pair_free(&p);
}

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
            answer = 2;
            kit_say("%s, %s", server_certs[i], mode == 0 ? "not verified" : mode == 1 ? "verified" : "with a callback");
            SSL_CTX_set_verify(c, mode == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, mode == 2 ? on_verify : NULL);
            run(c, s, NULL);
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
            for (answer = 0; answer < 5; answer++) {
                SSL_CTX *c = kit_client(), *s = kit_server(certs[i]);

                kit_say("%s, %s, answer %d", kit_version_name(versions[v]), certs[i], answer);
                kit_version(c, versions[v]);
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
                run(c, s, NULL);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
    answer = 2;
}

static void callback_with_none(void)
{
    /* VERIFY_NONE calls the callback too, but ignores its answer */
    static const char *const certs[] = { "server-ec", "server-untrusted" };
    size_t i;

    for (i = 0; i < COUNT(certs); i++)
        for (answer = 0; answer < 3; answer++) {
            SSL_CTX *c = kit_client(), *s = kit_server(certs[i]);

            kit_say("%s, answer %d", certs[i], answer);
            SSL_CTX_set_verify(c, SSL_VERIFY_NONE, on_verify);
            run(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    answer = 2;
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
        SSL_CTX_set_verify(ctx, all[i], i % 2 ? on_verify : NULL);
        SHOW(SSL_CTX_get_verify_mode(ctx));
        kit_say("the callback %d", SSL_CTX_get_verify_callback(ctx) == on_verify);
        ssl = SSL_new(ctx);
        SHOW(SSL_get_verify_mode(ssl));
        kit_say("the callback %d", SSL_get_verify_callback(ssl) == on_verify);
        /* NULL leaves the old callback in place */
        SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
        kit_say("the callback %d", SSL_get_verify_callback(ssl) == on_verify);
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

    answer = 2;
    for (v = 0; v < COUNT(versions); v++)
        for (h = 0; h < COUNT(how); h++)
            for (i = 0; i < COUNT(client_certs); i++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

                kit_say("%s, mode %d, %s", kit_version_name(versions[v]), how[h], client_certs[i] != NULL ? client_certs[i] : "no certificate");
                kit_version(c, versions[v]);
                kit_trust(s, "ca");
                SSL_CTX_set_verify(s, how[h], on_verify);
                if (client_certs[i] != NULL)
                    kit_use(c, client_certs[i]);
                run(c, s, NULL);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

static void client_callback_answers(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++)
        for (answer = 0; answer < 5; answer++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

            kit_say("%s, answer %d", kit_version_name(versions[v]), answer);
            kit_version(c, versions[v]);
            kit_trust(s, "ca");
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER, on_verify);
            kit_use(c, "client-untrusted");
            run(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    answer = 2;
}

static void names(void)
{
    static const char *const hosts[] = {
        "server.test", "SERVER.TEST", "server.test.", "other.test", "a.wild.test", "a.b.wild.test", "wild.test", ".wild.test", "x.WILD.test",
        "127.0.0.1", "127.0.0.2", "::1", "0:0:0:0:0:0:0:1", "*.wild.test", "server", "", "xn--a.wild.test",
    };
    size_t i;
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec"), *cn = kit_server("server-cn"), *other = kit_server("server-other");

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    for (i = 0; i < COUNT(hosts); i++) {
        kit_say("\"%s\"", hosts[i]);
        run(c, s, hosts[i]);
    }
    kit_say("a common name, no alternative names");
    run(c, cn, "cnonly.test");
    run(c, cn, "server.test");
    kit_say("a common name that the alternative names do not repeat");
    run(c, other, "server.test");
    run(c, other, "other.test");
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_CTX_free(cn);
    SSL_CTX_free(other);
}

static void several_hosts(void)
{
    SSL_CTX *c = kit_client();
    kit_pair p;

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(SSL_set1_host(p.c, "nowhere.test"));
    SHOW(SSL_add1_host(p.c, "a.wild.test"));
    kit_shake_say(&p);
    STR(SSL_get0_peername(p.c));
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SSL_set_hostflags(p.c, X509_CHECK_FLAG_NO_WILDCARDS);
    SHOW(SSL_set1_host(p.c, "a.wild.test"));
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(SSL_set1_host(p.c, "nowhere.test"));
    SHOW(SSL_set1_host(p.c, NULL)); /* takes it back */
    kit_shake_say(&p);
    kit_pair_free(&p);
    /* through the parameters, as curl and nginx do */
    kit_pair_new(&p, c, NULL, 0);
    {
        X509_VERIFY_PARAM *param = SSL_get0_param(p.c);

        SHOW(X509_VERIFY_PARAM_set1_host(param, "bad.test", 0));
    }
    kit_shake_say(&p);
    SHOW(SSL_get_verify_result(p.c));
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(p.c), "127.0.0.1"));
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(p.c), "10.0.0.1"));
    kit_shake_say(&p);
    SHOW(SSL_get_verify_result(p.c));
    kit_pair_free(&p);
    /* with the callback the wrong name is a call like any other */
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    for (answer = 1; answer < 3; answer++) {
        kit_pair_new(&p, c, NULL, 0);
        SHOW(SSL_set1_host(p.c, "nowhere.test"));
        kit_shake_say(&p);
        SHOW(SSL_get_verify_result(p.c));
        kit_pair_free(&p);
    }
    SSL_CTX_free(c);
}

static void depth(void)
{
    int d;

    answer = 2;
    for (d = -1; d < 6; d++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-deep");

        kit_say("depth %d", d);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        SSL_CTX_set_verify_depth(c, d);
        run(c, s, NULL);
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

    answer = 2;
    for (flag = 0; flag < 2; flag++) {
        kit_say("only the intermediate is trusted, partial chain %d", flag);
        c = SSL_CTX_new(TLS_client_method());
        kit_trust(c, "int");
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        if (flag)
            SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN));
        run(c, s, NULL);
        SSL_CTX_free(c);
        kit_say("only the leaf is trusted, partial chain %d", flag);
        c = SSL_CTX_new(TLS_client_method());
        x = kit_cert("server-ec");
        SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x));
        X509_free(x);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        if (flag)
            SHOW(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_PARTIAL_CHAIN));
        run(c, s, NULL);
        SSL_CTX_free(c);
    }
    kit_say("no roots");
    c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("an expired root");
    c = SSL_CTX_new(TLS_client_method());
    kit_trust(c, "expired-ca");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    run(c, s, NULL);
    kit_say("beside a good one");
    kit_trust(c, "ca");
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("no check of time");
    c = SSL_CTX_new(TLS_client_method());
    kit_trust(c, "expired-ca");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_NO_CHECK_TIME));
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("a time of its own");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(c), 1000000000);
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("CRLs asked for, none there");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_CRL_CHECK));
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("purpose and trust");
    c = kit_client();
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    SHOW(SSL_CTX_set_purpose(c, X509_PURPOSE_SSL_CLIENT));
    run(c, s, NULL);
    SHOW(SSL_CTX_set_purpose(c, X509_PURPOSE_SSL_SERVER));
    SHOW(SSL_CTX_set_purpose(c, 99));
    SHOW(SSL_CTX_set_trust(c, X509_TRUST_SSL_SERVER));
    run(c, s, NULL);
    SSL_CTX_free(c);
    kit_say("another store");
    c = SSL_CTX_new(TLS_client_method());
    {
        X509_STORE *store = X509_STORE_new();

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        SHOW(X509_STORE_load_file(store, kit_file("ca.pem")));
        SSL_CTX_set_cert_store(c, store);
        kit_say("the same %d", SSL_CTX_get_cert_store(c) == store);
        run(c, s, NULL);
    }
    SSL_CTX_free(c);
    kit_say("a verify store apart");
    c = SSL_CTX_new(TLS_client_method());
    {
        X509_STORE *store = X509_STORE_new(), *got = NULL;

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        SHOW(X509_STORE_load_file(store, kit_file("ca.pem")));
        SHOW(SSL_CTX_set1_verify_cert_store(c, store));
        SHOW(SSL_CTX_get0_verify_cert_store(c, &got));
        kit_say("the same %d", got == store);
        run(c, s, NULL);
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
    run(c, s, NULL);
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), ca));
    run(c, s, NULL);
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
            run(c, s, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void ca_names(void)
{
    /* what a server asks for and what the client sees */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        X509 *x = kit_cert("otherca");
        STACK_OF(X509_NAME) *names;
        kit_pair p;

        kit_version(c, versions[v]);
        kit_trust(s, "ca");
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        names = SSL_load_client_CA_file(kit_file("ca.pem"));
        kit_say("loaded %d", sk_X509_NAME_num(names));
        SSL_CTX_set_client_CA_list(s, names);
        SHOW(SSL_CTX_add_client_CA(s, x));
        SHOW(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(s)));
        kit_pair_new(&p, c, s, 0);
        PTR(SSL_get_client_CA_list(p.c));
        SHOW(sk_X509_NAME_num(SSL_get_client_CA_list(p.s)));
        kit_shake_say(&p);
        names = SSL_get_client_CA_list(p.c);
        kit_say("the client sees %d", sk_X509_NAME_num(names));
        if (sk_X509_NAME_num(names) > 1)
            kit_say("in order: %d", X509_NAME_cmp(sk_X509_NAME_value(names, 1), X509_get_subject_name(x)) == 0);
        {
            const STACK_OF(X509_NAME) *peer = SSL_get0_peer_CA_list(p.c);

            kit_say("peer's list %d", peer != NULL ? sk_X509_NAME_num(peer) : -1);
        }
        kit_pair_free(&p);
        X509_free(x);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    PTR(SSL_load_client_CA_file(kit_file("nosuch.pem")));
}

static void names_on_both(void)
{
    X509 *x = kit_cert("ca");
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    PTR(SSL_CTX_get_client_CA_list(ctx));
    PTR(SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_CTX_add1_to_CA_list(ctx, x));
    SHOW(sk_X509_NAME_num(SSL_CTX_get0_CA_list(ctx)));
    SHOW(SSL_add_client_CA(ssl, x));
    SHOW(sk_X509_NAME_num(SSL_get_client_CA_list(ssl)));
    SHOW(SSL_add1_to_CA_list(ssl, x));
    SHOW(sk_X509_NAME_num(SSL_get0_CA_list(ssl)));
    SHOW(SSL_CTX_add_client_CA(ctx, NULL));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    X509_free(x);
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
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
        answer = 2;
        run(c, s, "server.test");
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    X509_free(root);
    X509_free(leaf);
    X509_NAME_free(name);
    EVP_PKEY_free(rk);
    EVP_PKEY_free(lk);
}

static void post_handshake(void)
{
    int allow;

    for (allow = 0; allow < 2; allow++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;
        char buf[8];

        kit_version(c, TLS1_3_VERSION);
        kit_trust(s, "ca");
        kit_use(c, "client-ec");
        MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
        SSL_CTX_set_post_handshake_auth(c, allow);
        kit_shaken(&p, c, s);
        kit_say("allowed %d", allow);
        SHOW(SSL_verify_client_post_handshake(p.c));
        SHOW(SSL_verify_client_post_handshake(p.s)); /* verification not asked for */
        SSL_set_verify(p.s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SHOW(SSL_verify_client_post_handshake(p.s));
        if (allow) {
            IO(p.s, SSL_do_handshake(p.s));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            chain_of("server", p.s);
            kit_echo(&p, 100);
        }
        kit_pair_free(&p);
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
    CASE(servers), CASE(callback_answers), CASE(callback_with_none), CASE(modes), CASE(clients), CASE(client_callback_answers),
    CASE(names), CASE(several_hosts), CASE(depth), CASE(trust_settings), CASE(added_later), CASE(own_verification),
    CASE(ca_names), CASE(names_on_both), CASE(version_one_root), CASE(post_handshake), CASE(peer_certificate),
};

KIT_MAIN(cases)
