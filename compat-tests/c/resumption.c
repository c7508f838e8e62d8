/* Resumption: when a session is taken up again, by ticket and by id. */
#include "kit_sessions.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void tickets_and_ids(void)
{
    /* with tickets, without, with neither; each with the cache on and off */
    size_t v;
    int tickets;
    static const int modes[] = { SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_SERVER };
    size_t m;

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++)
            for (m = 0; m < COUNT(modes); m++) {
                SSL_CTX *c, *s;

                kit_resuming(&c, &s, versions[v]);
                kit_say("tickets %d, cache mode %d", tickets, modes[m]);
                if (!tickets)
                    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                SSL_CTX_set_session_cache_mode(s, modes[m]);
                kit_twice(c, s);
                kit_statistics("client", c);
                kit_statistics("server", s);
                kit_release(c, s);
            }
}

static void client_refuses_tickets(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        kit_resuming(&c, &s, versions[v]);
        SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
        kit_twice(c, s);
        kit_statistics("server", s);
        kit_release(c, s);
    }
}

static void id_context(void)
{
    /* verifying a peer without a session id context makes resumption fail */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        SSL_SESSION *a;
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        kit_use(c, "client-ec");
        kit_trust(s, "ca");
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        a = kit_connect(c, s, NULL);
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_session(p.c, a));
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
        SHOW(SSL_CTX_set_session_id_context(s, (const unsigned char *)"now", 3));
        /* the context has changed: a full handshake */
        SSL_SESSION_free(kit_connect(c, s, a));
        SSL_SESSION_free(a);
        a = kit_connect(c, s, NULL);
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_session(p.c, a));
        kit_shake_say(&p);
        kit_negotiated(&p);
        PTR(SSL_get0_peer_certificate(p.s));
        SHOW(SSL_get_verify_result(p.s));
        PTR(SSL_get_peer_cert_chain(p.s));
        kit_pair_free(&p);
        /* per connection */
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_session_id_context(p.s, (const unsigned char *)"mine", 4));
        SHOW(SSL_set_session(p.c, a));
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
        SSL_SESSION_free(a);
        kit_release(c, s);
    }
    {
        unsigned char big[33] = { 0 };
        SSL_CTX *ctx = kit_server("server-ec");
        SSL *ssl = SSL_new(ctx);

        SHOW(SSL_CTX_set_session_id_context(ctx, big, 32));
        SHOW(SSL_CTX_set_session_id_context(ctx, big, 33));
        SHOW(SSL_set_session_id_context(ssl, big, 33));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void set_session_rules(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a, *b;
    kit_pair p;

    kit_resuming(&c, &s, TLS1_2_VERSION);
    a = kit_connect(c, s, NULL);
    /* not of this version: not offered */
    {
        SSL_CTX *c13 = kit_client();

        kit_version(c13, TLS1_3_VERSION);
        kit_pair_new(&p, c13, s, 0);
        SHOW(SSL_set_session(p.c, a));
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c13);
    }
    /* set and unset */
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_session(p.c, a));
    kit_say("the same %d", SSL_get_session(p.c) == a);
    SHOW(SSL_set_session(p.c, NULL));
    PTR(SSL_get_session(p.c));
    PTR(SSL_get1_session(p.c));
    kit_shake_say(&p);
    kit_negotiated(&p);
    /* after the handshake */
    SHOW(SSL_set_session(p.c, a));
    kit_pair_free(&p);
    /* a suite that is no longer allowed */
    MUST(SSL_CTX_set_cipher_list(c, "ECDHE+CHACHA20"));
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_session(p.c, a));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_SESSION_free(a);
    kit_release(c, s);
    /* the session of a connection that ended badly is not resumable in 1.2 */
    kit_resuming(&c, &s, TLS1_2_VERSION);
    kit_shaken(&p, c, s);
    a = SSL_get1_session(p.c);
    kit_pair_free(&p); /* without SSL_shutdown */
    SHOW(SSL_SESSION_is_resumable(a));
    b = kit_connect(c, s, a);
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    kit_release(c, s);
    /* SSL_copy_session_id */
    kit_resuming(&c, &s, TLS1_2_VERSION);
    kit_shaken(&p, c, s);
    {
        kit_pair q;

        kit_pair_new(&q, c, s, 0);
        SHOW(SSL_copy_session_id(q.c, p.c));
        kit_say("the same %d", SSL_get_session(q.c) == SSL_get_session(p.c));
        kit_shake_say(&q);
        kit_negotiated(&q);
        kit_pair_free(&q);
    }
    kit_pair_free(&p);
    kit_release(c, s);
}

static const kit_case cases[] = {
    CASE(tickets_and_ids), CASE(client_refuses_tickets), CASE(id_context), CASE(set_session_rules),
};

KIT_MAIN(cases)
