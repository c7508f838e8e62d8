/* Stapled OCSP responses: SSL_CTX_set_tlsext_status_cb(3). */
#include "kit.h"

#include <openssl/ocsp.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static int status_calls, status_result;

static int on_status_server(SSL *ssl, void *arg)
{
    status_calls++;
    kit_say("server's status callback: arg %s", (char *)arg);
    if (status_result == SSL_TLSEXT_ERR_OK) {
        unsigned char *r = OPENSSL_malloc(6);

        memcpy(r, "staple", 6);
        SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, r, 6));
    }
    return status_result;
}

static int client_status_result;

static int on_status_client(SSL *ssl, void *arg)
{
    const unsigned char *p;
    long n = SSL_get_tlsext_status_ocsp_resp(ssl, &p);

    (void)arg;
    kit_say("client's status callback: %ld %.*s", n, n > 0 ? (int)n : 0, n > 0 ? (const char *)p : "");
    return client_status_result;
}

static void stapling(void)
{
    static const int results[] = { SSL_TLSEXT_ERR_OK, SSL_TLSEXT_ERR_NOACK, SSL_TLSEXT_ERR_ALERT_FATAL };
    size_t v, r;
    int ask;

    for (v = 0; v < COUNT(versions); v++)
        for (r = 0; r < COUNT(results); r++)
            for (ask = 0; ask < 2; ask++)
                for (client_status_result = 1; client_status_result >= -1; client_status_result--) {
                    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                    kit_pair p;
                    const unsigned char *q;

                    kit_say("%s, server's %d, asked %d, client's %d", kit_version_name(versions[v]), results[r], ask, client_status_result);
                    kit_version(c, versions[v]);
                    status_calls = 0;
                    status_result = results[r];
                    SHOW(SSL_CTX_set_tlsext_status_cb(s, on_status_server));
                    SHOW(SSL_CTX_set_tlsext_status_arg(s, (void *)"argument"));
                    SHOW(SSL_CTX_set_tlsext_status_cb(c, on_status_client));
                    kit_pair_new(&p, c, s, 0);
                    if (ask)
                        SHOW(SSL_set_tlsext_status_type(p.c, TLSEXT_STATUSTYPE_ocsp));
                    SHOW(SSL_get_tlsext_status_type(p.c));
                    kit_shake_say(&p);
                    SHOW(status_calls);
                    SHOW(SSL_get_tlsext_status_type(p.s));
                    SHOW(SSL_get_tlsext_status_ocsp_resp(p.c, &q));
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static void getters(void)
{
    SSL_CTX *c = kit_client();
    SSL *ssl;
    int (*cb)(SSL *, void *) = NULL;
    void *arg = NULL;

    SHOW(SSL_CTX_get_tlsext_status_type(c));
    SHOW(SSL_CTX_set_tlsext_status_type(c, TLSEXT_STATUSTYPE_ocsp));
    SHOW(SSL_CTX_get_tlsext_status_type(c));
    SHOW(SSL_CTX_get_tlsext_status_cb(c, &cb));
    kit_say("callback %s", cb != NULL ? "set" : "NULL");
    SHOW(SSL_CTX_set_tlsext_status_cb(c, on_status_client));
    SHOW(SSL_CTX_set_tlsext_status_arg(c, (void *)"argument"));
    SHOW(SSL_CTX_get_tlsext_status_cb(c, &cb));
    SHOW(SSL_CTX_get_tlsext_status_arg(c, &arg));
    kit_say("the same %d, %s", cb == on_status_client, (const char *)arg);
    ssl = SSL_new(c);
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_set_tlsext_status_type(ssl, -1));
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_set_tlsext_status_type(ssl, 77));
    SHOW(SSL_get_tlsext_status_type(ssl));
    {
        STACK_OF(OCSP_RESPID) *ids = NULL;
        STACK_OF(X509_EXTENSION) *exts = NULL;
        const unsigned char *p = NULL;

        SHOW(SSL_get_tlsext_status_ids(ssl, &ids));
        PTR(ids);
        SHOW(SSL_get_tlsext_status_exts(ssl, &exts));
        PTR(exts);
        SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &p));
        SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup("abc", 3), 3));
        SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &p));
        SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, NULL, 0));
        SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &p));
        PTR(p);
    }
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static size_t staple_len;

static int give_much(SSL *ssl, void *arg)
{
    unsigned char *r = OPENSSL_malloc(staple_len > 0 ? staple_len : 1);

    (void)arg;
    kit_fill(r, staple_len, 3);
    SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, r, (int)staple_len));
    return SSL_TLSEXT_ERR_OK;
}

static void sizes(void)
{
    /* over several records, as long as it may be, and empty */
    static const size_t all[] = { 1, 16380, 16381, 40000, 60000, 0 };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++) {
        for (i = 0; i < COUNT(all); i++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            const unsigned char *got = NULL;
            kit_pair p;
            long n;

            kit_say("%s, %zu bytes", kit_version_name(versions[v]), all[i]);
            kit_version(c, versions[v]);
            staple_len = all[i];
            SSL_CTX_set_tlsext_status_cb(s, give_much);
            kit_pair_new(&p, c, s, 1 << 17);
            SSL_set_tlsext_status_type(p.c, TLSEXT_STATUSTYPE_ocsp);
            kit_shake_say(&p);
            n = SSL_get_tlsext_status_ocsp_resp(p.c, &got);
            kit_say("got %ld, hash %016llx", n, (unsigned long long)(n > 0 ? kit_hash(KIT_HASH_START, got, (size_t)n) : 0));
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void one_sided(void)
{
    /* a client with a callback, a server without, and the other way round; a response set before the handshake */
    size_t v;
    int kind;

    for (v = 0; v < COUNT(versions); v++) {
        for (kind = 0; kind < 4; kind++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            const unsigned char *got = NULL;
            kit_pair p;

            kit_say("%s, kind %d", kit_version_name(versions[v]), kind);
            kit_version(c, versions[v]);
            client_status_result = 1;
            status_result = SSL_TLSEXT_ERR_OK;
            if (kind != 1)
                SSL_CTX_set_tlsext_status_cb(c, on_status_client);
            if (kind == 1 || kind == 3)
                SSL_CTX_set_tlsext_status_cb(s, on_status_server);
            SSL_CTX_set_tlsext_status_arg(s, (void *)"argument");
            if (kind == 3)
                SSL_CTX_set_tlsext_status_type(c, TLSEXT_STATUSTYPE_ocsp);
            kit_pair_new(&p, c, s, 0);
            if (kind != 3)
                SSL_set_tlsext_status_type(p.c, TLSEXT_STATUSTYPE_ocsp);
            if (kind == 2)
                SHOW(SSL_set_tlsext_status_ocsp_resp(p.s, OPENSSL_memdup("early", 5), 5));
            kit_shake_say(&p);
            SHOW(SSL_get_tlsext_status_ocsp_resp(p.c, &got));
            SHOW(SSL_get_tlsext_status_ocsp_resp(p.s, &got));
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void resumed(void)
{
    /* no staple goes with a resumed handshake */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        SSL_SESSION *sess;
        const unsigned char *got = NULL;
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        client_status_result = 1;
        status_result = SSL_TLSEXT_ERR_OK;
        SSL_CTX_set_tlsext_status_cb(c, on_status_client);
        SSL_CTX_set_tlsext_status_cb(s, on_status_server);
        SSL_CTX_set_tlsext_status_arg(s, (void *)"argument");
        kit_pair_new(&p, c, s, 0);
        SSL_set_tlsext_status_type(p.c, TLSEXT_STATUSTYPE_ocsp);
        kit_shake_say(&p);
        kit_settle(&p);
        sess = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        status_calls = 0;
        kit_pair_new(&p, c, s, 0);
        MUST(SSL_set_session(p.c, sess));
        SSL_set_tlsext_status_type(p.c, TLSEXT_STATUSTYPE_ocsp);
        kit_shake_say(&p);
        kit_say("reused %d, calls %d", SSL_session_reused(p.c), status_calls);
        SHOW(SSL_get_tlsext_status_ocsp_resp(p.c, &got));
        kit_pair_free(&p);
        SSL_SESSION_free(sess);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = { CASE(stapling), CASE(getters), CASE(sizes), CASE(one_sided), CASE(resumed) };

KIT_MAIN(cases)
