/* Info, certificate and ClientHello callbacks; who is called when, in which state, and pausing. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void on_info(const SSL *ssl, int where, int ret)
{
    const char *who = SSL_is_server((SSL *)ssl) ? "server" : "client";

    if (where & SSL_CB_ALERT)
        kit_say("%s 0x%x: alert %s %s", who, where, SSL_alert_type_string(ret), SSL_alert_desc_string(ret));
    else
        kit_say("%s 0x%x ret %d: %s, %s, in init %d", who, where, where & SSL_CB_EXIT ? ret : 1, SSL_state_string(ssl),
                SSL_state_string_long(ssl), SSL_in_init(ssl));
}

static void info_sequence(void)
{
    /* a pump that lets each side go as far as it can, so the order is fixed by the protocol */
    size_t v;
    int resumed;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        SSL_SESSION *sess = NULL;

        kit_version(c, versions[v]);
        for (resumed = 0; resumed < 2; resumed++) {
            kit_pair p;

            kit_say("%s, %s", kit_version_name(versions[v]), resumed ? "resumed" : "full");
            kit_pair_new(&p, c, s, 0);
            if (sess != NULL)
                SSL_set_session(p.c, sess);
            SSL_set_info_callback(p.c, on_info);
            SSL_set_info_callback(p.s, on_info);
            kit_say("the same %d", SSL_get_info_callback(p.c) == on_info);
            MUST(kit_shake(&p));
            kit_say("after the handshake");
            kit_settle(&p);
            kit_say("data");
            SSL_write(p.c, "x", 1);
            kit_settle(&p);
            SSL_free(NULL);
            SSL_SESSION_free(sess);
            sess = SSL_get1_session(p.c);
            kit_say("shutdown");
            SSL_shutdown(p.c);
            SSL_shutdown(p.s);
            SSL_shutdown(p.s);
            SSL_shutdown(p.c);
            ERR_clear_error();
            kit_pair_free(&p);
        }
        SSL_SESSION_free(sess);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void info_of_failure(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-untrusted");
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_info_callback(c, on_info);
        SSL_CTX_set_info_callback(s, on_info);
        kit_say("the same %d", SSL_CTX_get_info_callback(c) == on_info);
        kit_pair_new(&p, c, s, 0);
        kit_shake(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* cert_cb */

static int cert_calls, cert_pauses, cert_result;

static int on_cert(SSL *ssl, void *arg)
{
    cert_calls++;
    kit_say("cert callback: %s, call %d, arg %s, state %s, name %s", SSL_is_server(ssl) ? "server" : "client", cert_calls, (char *)arg,
            SSL_state_string_long(ssl), SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL ? "set" : "NULL");
    if (cert_pauses-- > 0)
        return -1;
    if (cert_result == 2) {
        SHOW(SSL_use_certificate_chain_file(ssl, kit_file("server-rsa.pem")));
        SHOW(SSL_use_PrivateKey_file(ssl, kit_file("server-rsa.key"), SSL_FILETYPE_PEM));
        return 1;
    }
    return cert_result;
}

static void cert_callback_server(void)
{
    size_t v;
    int pauses;

    for (v = 0; v < COUNT(versions); v++) {
        for (pauses = 0; pauses < 3; pauses++)
            for (cert_result = 0; cert_result < 3; cert_result++) {
                SSL_CTX *c = kit_client(), *s = kit_server(cert_result == 2 ? NULL : "server-ec");
                kit_pair p;

                kit_say("%s, pauses %d, result %d", kit_version_name(versions[v]), pauses, cert_result);
                kit_version(c, versions[v]);
                SSL_CTX_set_cert_cb(s, on_cert, (void *)"argument");
                cert_calls = 0;
                cert_pauses = pauses;
                kit_pair_new(&p, c, s, 0);
                if (pauses > 0) {
                    SSL_do_handshake(p.c);
                    IO(p.s, SSL_do_handshake(p.s));
                    SHOW(SSL_want(p.s));
                    SHOW(SSL_want_x509_lookup(p.s));
                    STR(SSL_state_string_long(p.s));
                }
                kit_shake_say(&p);
                SHOW(cert_calls);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
    }
}

static int client_cert_on;

static int on_client_cert(SSL *ssl, X509 **x, EVP_PKEY **k)
{
    (void)ssl;
    kit_say("client certificate callback");
    if (client_cert_on == 2) {
        client_cert_on = 1;
        return -1;
    }
    if (!client_cert_on)
        return 0;
    *x = kit_cert("client-ec");
    *k = kit_key("client-ec");
    return 1;
}

static void cert_callback_client(void)
{
    size_t v;
    int pauses, plan;

    for (v = 0; v < COUNT(versions); v++) {
        for (pauses = 0; pauses < 2; pauses++)
            for (cert_result = 0; cert_result < 2; cert_result++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                kit_pair p;

                kit_say("%s, pauses %d, result %d", kit_version_name(versions[v]), pauses, cert_result);
                kit_version(c, versions[v]);
                kit_trust(s, "ca");
                SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
                SSL_CTX_set_cert_cb(c, on_cert, (void *)"argument");
                cert_calls = 0;
                cert_pauses = pauses;
                kit_pair_new(&p, c, s, 0);
                kit_shake_say(&p);
                SHOW(cert_calls);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
        for (plan = 0; plan < 3; plan++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            kit_pair p;

            client_cert_on = plan;
            kit_say("client_cert_cb, %d", plan);
            kit_version(c, versions[v]);
            kit_trust(s, "ca");
            kit_trust(s, "int");
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(s), X509_V_FLAG_PARTIAL_CHAIN);
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
            SSL_CTX_set_client_cert_cb(c, on_client_cert);
            kit_say("the same %d", SSL_CTX_get_client_cert_cb(c) == on_client_cert);
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            PTR(SSL_get0_peer_certificate(p.s));
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

/* client_hello_cb */

static int hello_calls, hello_pauses, hello_result, hello_alert;

static int on_hello(SSL *ssl, int *alert, void *arg)
{
    const unsigned char *p;
    size_t n;
    int *exts = NULL, i, has_sni = 0, has_versions = 0;
    size_t exts_n = 0;

    hello_calls++;
    kit_say("hello callback: call %d, arg %s, alert %d, state %s", hello_calls, (char *)arg, *alert, SSL_state_string_long(ssl));
    if (hello_pauses-- > 0)
        return SSL_CLIENT_HELLO_RETRY;
    SHOW(SSL_client_hello_isv2(ssl));
    SHOW(SSL_client_hello_get0_legacy_version(ssl));
    n = SSL_client_hello_get0_random(ssl, &p);
    kit_say("random %zu", n);
    n = SSL_client_hello_get0_session_id(ssl, &p);
    kit_say("session id %zu", n);
    n = SSL_client_hello_get0_ciphers(ssl, &p);
    kit_say("ciphers %d", n > 0);
    n = SSL_client_hello_get0_compression_methods(ssl, &p);
    kit_say("compression %zu %d", n, p[0]);
    SHOW(SSL_client_hello_get1_extensions_present(ssl, &exts, &exts_n));
    for (i = 0; i < (int)exts_n; i++) {
        has_sni |= exts[i] == TLSEXT_TYPE_server_name;
        has_versions |= exts[i] == TLSEXT_TYPE_supported_versions;
    }
    kit_say("server_name %d, supported_versions %d", has_sni, has_versions);
    OPENSSL_free(exts);
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n))
        kit_say("server_name %zu: %.*s", n, n > 5 ? (int)n - 5 : 0, p + 5);
    SHOW(SSL_client_hello_get0_ext(ssl, 0x4a4a, &p, &n));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    if (hello_alert)
        *alert = hello_alert;
    return hello_result;
}

static void hello_callback(void)
{
    static const int results[] = { SSL_CLIENT_HELLO_SUCCESS, SSL_CLIENT_HELLO_ERROR };
    size_t v, r;
    int pauses;

    for (v = 0; v < COUNT(versions); v++)
        for (r = 0; r < COUNT(results); r++)
            for (pauses = 0; pauses < 2; pauses++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                kit_pair p;

                kit_say("%s, result %d, pauses %d", kit_version_name(versions[v]), results[r], pauses);
                kit_version(c, versions[v]);
                SSL_CTX_set_client_hello_cb(s, on_hello, (void *)"argument");
                hello_calls = 0;
                hello_pauses = pauses;
                hello_result = results[r];
                hello_alert = v == 0 ? SSL_AD_ACCESS_DENIED : 0;
                kit_pair_new(&p, c, s, 0);
                SSL_set_tlsext_host_name(p.c, "hello.test");
                if (pauses) {
                    SSL_do_handshake(p.c);
                    IO(p.s, SSL_do_handshake(p.s));
                    SHOW(SSL_want(p.s));
                    SHOW(SSL_want_client_hello_cb(p.s));
                }
                kit_shake_say(&p);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

static void hello_outside(void)
{
    /* the hello functions outside the callback */
    kit_pair p;
    const unsigned char *q;
    size_t n;

    kit_shaken(&p, NULL, NULL);
    SHOW(SSL_client_hello_isv2(p.s));
    SHOW(SSL_client_hello_get0_legacy_version(p.s));
    SHOW(SSL_client_hello_get0_random(p.s, &q));
    SHOW(SSL_client_hello_get0_ext(p.s, 0, &q, &n));
    kit_pair_free(&p);
}

static const kit_case cases[] = {
    CASE(info_sequence), CASE(info_of_failure), CASE(cert_callback_server),
    CASE(cert_callback_client), CASE(hello_callback), CASE(hello_outside),
};

KIT_MAIN(cases)
