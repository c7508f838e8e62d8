/* Early data that is not accepted, and who decides so: no session, another offer, the callback, ALPN, replays. */
#include "kit_early.h"

static void none_offered(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        kit_early t;
        kit_pair p;

        kit_early_begin(&t, 1000, 0);
        kit_version(t.c, versions[v]);
        kit_say("%s", kit_version_name(versions[v]));
        kit_pair_new(&p, t.c, t.s, 0);
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        IO(p.s, SSL_read(p.s, (char[8]) { 0 }, 8));
        IO(p.s, SSL_write(p.s, "x", 1));
        kit_early_write(p.s, "x");
        IO(p.c, SSL_do_handshake(p.c));
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        IO(p.c, SSL_do_handshake(p.c));
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static void rejected(void)
{
    /* the server does a plain handshake, or allows none, or takes the session but not the data */
    int how;

    for (how = 0; how < 4; how++) {
        kit_early t;
        kit_pair p;

        kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        kit_say("how %d", how);
        kit_early_pair(&p, &t);
        if (how == 1)
            SSL_set_max_early_data(p.s, 0);
        if (how == 2)
            MUST(SSL_CTX_set1_groups_list(t.s, "P-384"));
        if (how == 3)
            MUST(SSL_set_ciphersuites(p.s, "TLS_AES_128_GCM_SHA256"));
        if (how == 2) {
            kit_pair_free(&p);
            kit_early_pair(&p, &t);
        }
        kit_early_write(p.c, "unwanted");
        if (how > 0)
            kit_early_read(p.s);
        kit_early_look("server", p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static int allow;

static int on_early(SSL *ssl, void *arg)
{
    kit_say("allow early data? arg %s, reused %d, version %s", (char *)arg, SSL_session_reused(ssl), SSL_get_version(ssl));
    return allow;
}

static void allow_callback(void)
{
    for (allow = 0; allow < 2; allow++) {
        kit_early t;
        kit_pair p;

        kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_allow_early_data_cb(t.s, on_early, (void *)"of the context");
        kit_early_pair(&p, &t);
        if (allow)
            SSL_set_allow_early_data_cb(p.s, on_early, (void *)"of the connection");
        kit_early_write(p.c, "data");
        kit_early_read(p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        /* not asked if nobody reads it, nor if there is none */
        kit_early_pair(&p, &t);
        kit_early_write(p.c, "data");
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_pair(&p, &t);
        kit_early_read(p.s);
        IO(p.c, SSL_do_handshake(p.c));
        kit_early_read(p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl;
    (void)inlen;
    (void)arg;
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void alpn(void)
{
    /* early data belongs to the protocol of its session */
    static const char *const lists[] = { "\x02h2\x08http/1.1", "\x08http/1.1\x02h2" };
    size_t i;

    for (i = 0; i < COUNT(lists); i++) {
        kit_early t;
        kit_pair p;

        kit_early_contexts(&t, 100, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_alpn_select_cb(t.s, on_alpn, NULL);
        SSL_CTX_set_alpn_protos(t.c, (const unsigned char *)lists[0], 12);
        kit_early_connect(&t);
        kit_early_pair(&p, &t);
        SSL_set_alpn_protos(p.c, (const unsigned char *)lists[i], 12);
        kit_early_write(p.c, "of h2");
        kit_early_read(p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static int removed;

static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx;
    (void)session;
    removed++;
}

static void replay(void)
{
    /* each ticket once: the cache tells */
    kit_early t;
    kit_pair p;
    int i;

    kit_early_begin(&t, 1000, 0);
    SSL_CTX_sess_set_remove_cb(t.s, on_remove);
    for (i = 0; i < 2; i++) {
        removed = 0;
        SHOW(SSL_CTX_sess_number(t.s));
        kit_early_pair(&p, &t);
        kit_early_write(p.c, "once");
        kit_early_read(p.s);
        kit_early_finish(&p);
        kit_say("removed %d", removed);
        SHOW(SSL_CTX_sess_number(t.s));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
    }
    kit_early_end(&t);
}

static const kit_case cases[] = {
    CASE(none_offered), CASE(rejected), CASE(allow_callback), CASE(alpn), CASE(replay),
};

KIT_MAIN(cases)
