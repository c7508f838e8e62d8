/* SSL_shutdown's 0, 1 and -1, both directions; what is left of a connection then. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void pair_of(kit_pair *p, int version)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    kit_version(c, version);
    kit_shaken(p, c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    kit_say("%s", kit_version_name(version));
}

static void flags(kit_pair *p)
{
    kit_say("client %d, server %d", SSL_get_shutdown(p->c), SSL_get_shutdown(p->s));
}

static void both_ways(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        char buf[8];
        kit_pair p;

        pair_of(&p, versions[v]);
        kit_watch_alerts(&p);
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_want(p.c));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        flags(&p);
        IO(p.s, SSL_shutdown(p.s));
        flags(&p);
        IO(p.s, SSL_shutdown(p.s));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_write(p.c, "x", 1));
        IO(p.s, SSL_write(p.s, "x", 1));
        IO(p.s, SSL_do_handshake(p.s));
        kit_alerts(&p);
        kit_pair_free(&p);
    }
}

static void server_first(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        char buf[8];
        kit_pair p;

        pair_of(&p, versions[v]);
        IO(p.s, SSL_shutdown(p.s));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        flags(&p);
        kit_pair_free(&p);
    }
}

static void data_waiting(void)
{
    /* application data before the peer's close_notify: SSL_shutdown does not lose it silently */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        char buf[8];
        kit_pair p;

        pair_of(&p, versions[v]);
        MUST(SSL_write(p.s, "data", 4) == 4);
        MUST(SSL_shutdown(p.s) == 0);
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        kit_pair_free(&p);

        kit_say("read only in part");
        pair_of(&p, versions[v]);
        MUST(SSL_write(p.s, "data", 4) == 4);
        MUST(SSL_shutdown(p.s) == 0);
        IO(p.c, SSL_read(p.c, buf, 1));
        SHOW(SSL_pending(p.c));
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_pending(p.c));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_shutdown(p.c));
        kit_pair_free(&p);
    }
}

static void quiet(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        char buf[8];
        kit_pair p;

        pair_of(&p, versions[v]);
        kit_watch_alerts(&p);
        SHOW(SSL_get_quiet_shutdown(p.c));
        SSL_set_quiet_shutdown(p.c, 1);
        SHOW(SSL_get_quiet_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_write(p.c, "x", 1));
        kit_alerts(&p);
        kit_pair_free(&p);
    }
    {
        SSL_CTX *ctx = kit_client();
        SSL *ssl;

        SHOW(SSL_CTX_get_quiet_shutdown(ctx));
        SSL_CTX_set_quiet_shutdown(ctx, 1);
        SHOW(SSL_CTX_get_quiet_shutdown(ctx));
        ssl = SSL_new(ctx);
        SHOW(SSL_get_quiet_shutdown(ssl));
        /* quiet works before any handshake */
        SSL_set_connect_state(ssl);
        IO(ssl, SSL_shutdown(ssl));
        SHOW(SSL_get_shutdown(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void set_shutdown(void)
{
    static const int values[] = { 0, SSL_SENT_SHUTDOWN, SSL_RECEIVED_SHUTDOWN, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN, 4 };
    size_t i;

    for (i = 0; i < COUNT(values); i++) {
        char buf[8];
        kit_pair p;

        pair_of(&p, TLS1_3_VERSION);
        kit_watch_alerts(&p);
        SSL_set_shutdown(p.c, values[i]);
        kit_say("set %d", values[i]);
        SHOW(SSL_get_shutdown(p.c));
        IO(p.c, SSL_write(p.c, "x", 1));
        MUST(SSL_write(p.s, "abc", 3) == 3);
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_get_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        kit_alerts(&p);
        kit_pair_free(&p);
    }
}

static void before_and_during(void)
{
    size_t v;
    kit_pair p;

    kit_pair_new(&p, NULL, NULL, 0);
    IO(p.c, SSL_shutdown(p.c));
    IO(p.s, SSL_shutdown(p.s));
    flags(&p);
    MUST(kit_shake(&p));
    IO(p.c, SSL_shutdown(p.c));
    kit_pair_free(&p);

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

        kit_version(c, versions[v]);
        kit_pair_new(&p, c, s, 0);
        IO(p.c, SSL_do_handshake(p.c));
        IO(p.c, SSL_shutdown(p.c));
        IO(p.s, SSL_do_handshake(p.s));
        IO(p.s, SSL_shutdown(p.s));
        flags(&p);
        /* it goes on as if nothing had been asked */
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void blocked(void)
{
    /* a close_notify that does not fit waits with WANT_WRITE and is sent once */
    static unsigned char data[3000];
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        int overhead = versions[v] == TLS1_2_VERSION ? 29 : 22, r;
        kit_pair p;
        char in[4000];

        kit_version(c, versions[v]);
        kit_pair_new(&p, c, s, 2000);
        MUST(kit_shake(&p));
        kit_settle(&p);
        kit_watch_alerts(&p);
        /* leaves 10 bytes */
        MUST(SSL_write(p.c, data, 2000 - overhead - 10) > 0);
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_want(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        MUST(SSL_read(p.s, in, sizeof(in)) > 0);
        IO(p.s, SSL_read(p.s, in, sizeof(in)));
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        r = SSL_read(p.s, in, sizeof(in));
        kit_io("the end", p.s, r);
        kit_say("left over: %d", (int)BIO_ctrl_pending(p.sbio));
        IO(p.s, SSL_shutdown(p.s));
        IO(p.c, SSL_shutdown(p.c));
        flags(&p);
        kit_alerts(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void behind_a_blocked_write(void)
{
    /* a write waits: a close_notify may not overtake it */
    static unsigned char data[3000];
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;
        char in[4000];
        int r, i;

        kit_version(c, versions[v]);
        kit_pair_new(&p, c, s, 2000);
        MUST(kit_shake(&p));
        kit_settle(&p);
        kit_watch_alerts(&p);
        for (i = 0; i < 100; i++)
            if ((r = SSL_write(p.c, data, 61)) <= 0)
                break;
        kit_io("the last write", p.c, r);
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_want(p.c));
        flags(&p);
        IO(p.c, SSL_shutdown(p.c));
        while (SSL_read(p.s, in, sizeof(in)) > 0)
            ;
        ERR_clear_error();
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        while ((r = SSL_read(p.s, in, sizeof(in))) > 0)
            ;
        kit_io("the end", p.s, r);
        flags(&p);
        kit_alerts(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void after_fatal(void)
{
    /* a connection that died in the handshake */
    kit_pair p;

    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_version(c, TLS1_2_VERSION);
    kit_version(s, TLS1_3_VERSION);
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    IO(p.c, SSL_shutdown(p.c));
    IO(p.s, SSL_shutdown(p.s));
    flags(&p);
    /* and SSL_clear makes it new */
    SHOW(SSL_clear(p.c));
    SHOW(SSL_clear(p.s));
    flags(&p);
    STR(SSL_state_string(p.c));
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void clear_and_again(void)
{
    /* one SSL object for two connections */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        kit_pair p;
        BIO *a, *b;

        pair_of(&p, versions[v]);
        SHOW(SSL_clear(p.s)); /* with a live connection: the session is not resumable then */
        SHOW(SSL_is_server(p.s));
        SHOW(SSL_in_init(p.s));
        SHOW(SSL_in_before(p.s));
        STR(SSL_get_version(p.s));
        PTR(SSL_get_current_cipher(p.s));
        SHOW(SSL_clear(p.c));
        MUST(BIO_new_bio_pair(&a, 0, &b, 0) == 1);
        SSL_set_bio(p.c, a, a);
        SSL_set_bio(p.s, b, b);
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_echo(&p, 100);
        /* after an orderly end */
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        SSL_shutdown(p.c);
        SHOW(SSL_clear(p.s));
        SHOW(SSL_clear(p.c));
        flags(&p);
        MUST(BIO_new_bio_pair(&a, 0, &b, 0) == 1);
        SSL_set_bio(p.c, a, a);
        SSL_set_bio(p.s, b, b);
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_echo(&p, 100);
        kit_pair_free(&p);
    }
}

static const kit_case cases[] = {
    CASE(both_ways), CASE(server_first), CASE(data_waiting), CASE(quiet), CASE(set_shutdown), CASE(before_and_during),
    CASE(blocked), CASE(behind_a_blocked_write),
    CASE(after_fatal), CASE(clear_and_again),
};

KIT_MAIN(cases)
