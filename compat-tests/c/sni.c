/* Server name indication: the callback's return codes, changing the context inside it, and who sees which name when. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

typedef struct {
    int ret, alert, calls, set_alert;
    SSL_CTX *other;
} plan;

static int on_name(SSL *ssl, int *alert, void *arg)
{
    plan *p = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    p->calls++;
    kit_say("callback: name %s, type %d, alert %d, version %s, reused %d, state \"%s\"", name != NULL ? name : "NULL",
            SSL_get_servername_type(ssl), *alert, SSL_get_version(ssl), SSL_session_reused(ssl), SSL_state_string_long(ssl));
    PTR(SSL_get_current_cipher(ssl));
    if (p->set_alert)
        *alert = p->alert;
    if (p->other != NULL) {
        SSL_CTX *back = SSL_set_SSL_CTX(ssl, p->other);

        kit_say("SSL_set_SSL_CTX gives the new one: %d, SSL_get_SSL_CTX too: %d", back == p->other,
                SSL_get_SSL_CTX(ssl) == p->other);
    }
    return p->ret;
}

static void names_of(const char *when, kit_pair *p)
{
    const char *c = SSL_get_servername(p->c, TLSEXT_NAMETYPE_host_name),
               *s = SSL_get_servername(p->s, TLSEXT_NAMETYPE_host_name);

    kit_say("%s: client %s (%d), server %s (%d)", when, c != NULL ? c : "NULL", SSL_get_servername_type(p->c),
            s != NULL ? s : "NULL", SSL_get_servername_type(p->s));
}

static void return_codes(void)
{
    static const int codes[] = { SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_ALERT_WARNING, SSL_TLSEXT_ERR_ALERT_FATAL, 77 };
    static const char *const names[] = { "OK", "NOACK", "ALERT_WARNING", "ALERT_FATAL", "77" };
    size_t v, i;
    int with_name, set;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(codes); i++)
            for (with_name = 0; with_name < 2; with_name++)
                for (set = 0; set < 2; set++) {
                    SSL_CTX *c, *s;
                    plan pl = { codes[i], SSL_AD_ACCESS_DENIED, 0, set, NULL };
                    kit_pair p;

                    if (codes[i] == SSL_TLSEXT_ERR_OK && set)
                        continue;
                    c = kit_client();
                    s = kit_server("server-ec");
                    kit_say("%s, returns %s, %s name%s", kit_version_name(versions[v]), names[i], with_name ? "with a" : "no",
                            set ? ", own alert" : "");
                    kit_version(c, versions[v]);
                    SSL_CTX_set_tlsext_servername_callback(s, on_name);
                    SSL_CTX_set_tlsext_servername_arg(s, &pl);
                    kit_pair_new(&p, c, s, 0);
                    if (with_name)
                        SHOW(SSL_set_tlsext_host_name(p.c, "server.test"));
                    names_of("before", &p);
                    kit_shake_say(&p);
                    names_of("after", &p);
                    SHOW(pl.calls);
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static void no_callback(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_version(c, versions[v]);
        kit_pair_new(&p, c, NULL, 0);
        SHOW(SSL_set_tlsext_host_name(p.c, "some.test"));
        SSL_do_handshake(p.c);
        names_of("client hello sent", &p);
        SSL_do_handshake(p.s);
        names_of("client hello read", &p);
        kit_shake_say(&p);
        names_of("after", &p);
        STR(SSL_SESSION_get0_hostname(SSL_get_session(p.c)));
        STR(SSL_SESSION_get0_hostname(SSL_get_session(p.s)));
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

static void odd_names(void)
{
    static char longest[256], toolong[257];
    static const char *const names[] = {
        "", "a", "UPPER.Test", "127.0.0.1", "::1", "trailing.dot.", "under_score.test", "with space", "*.test", "xn--bcher-kva.test",
    };
    SSL_CTX *c = kit_client();
    SSL *ssl = SSL_new(c);
    size_t i;

    memset(longest, 'a', 255);
    memset(toolong, 'a', 256);
    for (i = 0; i < COUNT(names); i++) {
        kit_pair p;

        kit_say("\"%s\"", names[i]);
        kit_pair_new(&p, c, NULL, 0);
        SHOW(SSL_set_tlsext_host_name(p.c, names[i]));
        kit_shake_say(&p);
        names_of("after", &p);
        kit_pair_free(&p);
    }
    SHOW(SSL_set_tlsext_host_name(ssl, longest));
    SHOW(SSL_set_tlsext_host_name(ssl, toolong));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_set_tlsext_host_name(ssl, "first"));
    SHOW(SSL_set_tlsext_host_name(ssl, "second"));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    STR(SSL_get_servername(ssl, 1));
    SHOW(SSL_set_tlsext_host_name(ssl, NULL));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_get_servername_type(ssl));
    SHOW(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 1, (void *)"other type"));
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static void change_context(void)
{
    /* what a connection takes from the context it is given in the callback: certificate, verification, options, ALPN? */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec"), *other = kit_server("server-other");
        plan pl = { SSL_TLSEXT_ERR_OK, 0, 0, 0, other };
        kit_pair p;
        X509 *x;
        char name[100] = "";
        int marker = 0;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        SSL_CTX_set_tlsext_servername_callback(s, on_name);
        SSL_CTX_set_tlsext_servername_arg(s, &pl);
        SSL_CTX_set_verify(other, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_mode(other, SSL_MODE_ENABLE_PARTIAL_WRITE);
        SSL_CTX_set_app_data(other, &marker);
        MUST(SSL_CTX_set_cipher_list(other, "ECDHE-ECDSA-AES128-GCM-SHA256"));
        MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"first", 5));
        MUST(SSL_CTX_set_session_id_context(other, (const unsigned char *)"other", 5));
        kit_pair_new(&p, c, s, 0);
        SSL_set_tlsext_host_name(p.c, "other.test");
        kit_shake_say(&p);
        kit_negotiated(&p);
        x = SSL_get1_peer_certificate(p.c);
        if (x != NULL) {
            ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(x),
                                                        X509_NAME_get_index_by_NID(X509_get_subject_name(x), NID_organizationName, -1)));

            snprintf(name, sizeof(name), "%.*s", ASN1_STRING_length(cn), ASN1_STRING_get0_data(cn));
            kit_say("%s, is other.test: %d", name, X509_check_host(x, "other.test", 0, 0, NULL));
            X509_free(x);
        }
        SHOW(SSL_get_verify_mode(p.s));
        SHOW(SSL_get_mode(p.s) & SSL_MODE_ENABLE_PARTIAL_WRITE);
        kit_say("context's: data %d, connection's context is other: %d", SSL_CTX_get_app_data(SSL_get_SSL_CTX(p.s)) == &marker,
                SSL_get_SSL_CTX(p.s) == other);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        SSL_CTX_free(other);
    }
}

static int add_verify(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return SSL_TLSEXT_ERR_OK;
}

static int to_12(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    SHOW(SSL_set_max_proto_version(ssl, TLS1_2_VERSION));
    SHOW(SSL_use_certificate_file(ssl, kit_file("server-rsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_use_PrivateKey_file(ssl, kit_file("server-rsa.key"), SSL_FILETYPE_PEM));
    return SSL_TLSEXT_ERR_OK;
}

static void change_connection(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_version(c, versions[v]);
        SSL_CTX_set_tlsext_servername_callback(s, add_verify);
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        c = kit_client();
        if (v == 0)
            kit_version(c, TLS1_2_VERSION);
        SSL_CTX_set_tlsext_servername_callback(s, to_12);
        kit_pair_new(&p, c, s, 0);
        if (kit_shake_say(&p)) {
            X509 *x = SSL_get1_peer_certificate(p.c);

            kit_negotiated(&p);
            kit_say("key %s", OBJ_nid2sn(EVP_PKEY_get_base_id(X509_get0_pubkey(x))));
            X509_free(x);
        }
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void set_ctx_outside(void)
{
    SSL_CTX *a = kit_server("server-ec"), *b = kit_server("server-rsa");
    SSL *ssl = SSL_new(a);
    SSL_CTX *r;

    r = SSL_set_SSL_CTX(ssl, b);
    kit_say("%d %d", r == b, SSL_get_SSL_CTX(ssl) == b);
    r = SSL_set_SSL_CTX(ssl, b);
    kit_say("%d", r == b);
    r = SSL_set_SSL_CTX(ssl, NULL); /* back to the first */
    kit_say("%d %d", r == a, SSL_get_SSL_CTX(ssl) == a);
    SSL_free(ssl);
    SSL_CTX_free(a);
    SSL_CTX_free(b);
}

static void resumed_name(void)
{
    /* the name of a resumed session, and what happens when it changes */
    static const char *const second[] = { "server.test", "other.test", NULL };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(second); i++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            plan pl = { SSL_TLSEXT_ERR_OK, 0, 0, 0, NULL };
            SSL_SESSION *sess;
            kit_pair p;

            kit_version(c, versions[v]);
            SSL_CTX_set_tlsext_servername_callback(s, on_name);
            SSL_CTX_set_tlsext_servername_arg(s, &pl);
            kit_pair_new(&p, c, s, 0);
            SSL_set_tlsext_host_name(p.c, "server.test");
            MUST(kit_shake(&p));
            kit_settle(&p);
            sess = SSL_get1_session(p.c);
            STR(SSL_SESSION_get0_hostname(sess));
            SSL_shutdown(p.c);
            kit_pair_free(&p);
            kit_say("%s, then %s", kit_version_name(versions[v]), second[i] != NULL ? second[i] : "none");
            kit_pair_new(&p, c, s, 0);
            SHOW(SSL_set_session(p.c, sess));
            if (second[i] != NULL)
                SSL_set_tlsext_host_name(p.c, second[i]);
            names_of("before", &p);
            kit_shake_say(&p);
            kit_negotiated(&p);
            names_of("after", &p);
            STR(SSL_SESSION_get0_hostname(SSL_get_session(p.s)));
            kit_pair_free(&p);
            SSL_SESSION_free(sess);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static const kit_case cases[] = {
    CASE(return_codes), CASE(no_callback), CASE(odd_names), CASE(change_context), CASE(change_connection),
    CASE(set_ctx_outside), CASE(resumed_name),
};

KIT_MAIN(cases)
