/* Early data (0-RTT) under way: SSL_read_early_data, SSL_write_early_data, states, limits, misuse. */
#include "kit_early.h"

static void on_info(const SSL *ssl, int where, int ret)
{
    kit_say("%s info: where %#x, ret %d, state \"%s\", in init %d", SSL_is_server(ssl) ? "server" : "client", (unsigned)where, ret,
            SSL_state_string_long(ssl), SSL_in_init(ssl));
}

static void settings(void)
{
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl;
    SSL_SESSION *x = SSL_SESSION_new();

    SHOW(SSL_CTX_get_max_early_data(ctx));
    SHOW(SSL_CTX_get_recv_max_early_data(ctx));
    SHOW(SSL_CTX_set_max_early_data(ctx, 1000));
    SHOW(SSL_CTX_set_recv_max_early_data(ctx, 2000));
    ssl = SSL_new(ctx);
    SHOW(SSL_get_max_early_data(ssl));
    SHOW(SSL_get_recv_max_early_data(ssl));
    SHOW(SSL_set_max_early_data(ssl, 0xffffffff));
    SHOW(SSL_set_recv_max_early_data(ssl, 0));
    SHOW(SSL_get_max_early_data(ssl));
    SHOW(SSL_get_recv_max_early_data(ssl));
    SHOW(SSL_CTX_get_max_early_data(ctx));
    SHOW(SSL_get_early_data_status(ssl));
    SHOW(SSL_SESSION_get_max_early_data(x));
    SHOW(SSL_SESSION_set_max_early_data(x, 77));
    SHOW(SSL_SESSION_get_max_early_data(x));
    SSL_SESSION_free(x);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void accepted(void)
{
    static const uint64_t options[] = { 0, SSL_OP_NO_ANTI_REPLAY, SSL_OP_NO_TICKET };
    size_t i;

    for (i = 0; i < COUNT(options); i++) {
        kit_early t;
        kit_pair p;

        kit_early_begin(&t, 1000, options[i]);
        kit_say("options %zu", i);
        SHOW(SSL_SESSION_get_max_early_data(kit_early_session(&t)));
        SHOW(SSL_CTX_sess_number(t.s));
        kit_early_pair(&p, &t);
        kit_early_look("client", p.c);
        kit_early_write(p.c, "first");
        kit_early_look("client", p.c);
        kit_early_write(p.c, "second");
        kit_early_look("server", p.s);
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        kit_early_read(p.s);
        kit_early_read(p.s); /* nothing there yet */
        kit_early_look("server", p.s);
        kit_early_write(p.s, "to an unauthenticated client");
        IO(p.c, SSL_do_handshake(p.c));
        kit_early_look("client", p.c);
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        kit_early_write(p.s, "again");
        kit_early_finish(&p);
        kit_early_write(p.c, "too late");
        kit_early_read(p.s);
        SHOW(SSL_CTX_sess_number(t.s));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
        /* replayed, in a way */
        kit_early_pair(&p, &t);
        kit_early_write(p.c, "replay");
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static void info_callback(void)
{
    kit_early t;
    kit_pair p;

    kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    kit_early_pair(&p, &t);
    SSL_set_info_callback(p.c, on_info);
    SSL_set_info_callback(p.s, on_info);
    kit_early_write(p.c, "data");
    kit_early_read(p.s);
    kit_early_read(p.s);
    IO(p.c, SSL_do_handshake(p.c));
    kit_early_read(p.s);
    IO(p.s, SSL_do_handshake(p.s));
    kit_pair_free(&p);
    /* a server that gets none */
    kit_pair_new(&p, t.c, t.s, 0);
    SSL_set_info_callback(p.s, on_info);
    IO(p.c, SSL_do_handshake(p.c));
    kit_early_read(p.s);
    IO(p.c, SSL_do_handshake(p.c));
    IO(p.s, SSL_do_handshake(p.s));
    kit_pair_free(&p);
    kit_early_end(&t);
}

static void limits(void)
{
    kit_early t;
    kit_pair p;

    kit_early_begin(&t, 10, SSL_OP_NO_ANTI_REPLAY);
    kit_early_pair(&p, &t);
    kit_early_write(p.c, "12345");
    kit_early_write(p.c, "67890");
    kit_early_read(p.s);
    kit_early_read(p.s);
    kit_early_finish(&p);
    kit_pair_free(&p);
    kit_say("the client over the session's limit");
    kit_early_pair(&p, &t);
    kit_watch_alerts(&p);
    kit_early_write(p.c, "12345");
    kit_early_write(p.c, "678901");
    kit_early_look("client", p.c);
    kit_early_read(p.s);
    kit_early_read(p.s);
    kit_alerts(&p);
    kit_pair_free(&p);
    kit_say("at once");
    kit_early_pair(&p, &t);
    kit_early_write(p.c, "12345678901");
    kit_early_look("client", p.c);
    kit_pair_free(&p);
    kit_say("over the server's limit");
    kit_early_pair(&p, &t);
    kit_watch_alerts(&p);
    SSL_set_recv_max_early_data(p.s, 6);
    kit_early_write(p.c, "12345");
    kit_early_write(p.c, "67");
    kit_early_read(p.s);
    kit_early_read(p.s);
    kit_alerts(&p);
    kit_early_look("server", p.s);
    kit_pair_free(&p);
    kit_early_end(&t);
}

static void misuse(void)
{
    kit_early t;
    kit_pair p;
    char buf[16];

    kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    kit_say("without a session");
    kit_pair_new(&p, t.c, t.s, 0);
    kit_early_write(p.c, "x");
    kit_early_read(p.c);
    kit_early_write(p.s, "x");
    MUST(kit_shake(&p));
    kit_early_write(p.c, "x");
    kit_early_read(p.s);
    kit_pair_free(&p);
    kit_say("after the handshake has begun");
    kit_early_pair(&p, &t);
    IO(p.c, SSL_do_handshake(p.c));
    kit_early_write(p.c, "x");
    IO(p.s, SSL_do_handshake(p.s));
    kit_early_read(p.s);
    kit_pair_free(&p);
    kit_say("a server that does not read it");
    kit_early_pair(&p, &t);
    kit_watch_alerts(&p);
    kit_early_write(p.c, "not read");
    kit_early_read(p.s);
    kit_early_write(p.c, "unread");
    IO(p.s, SSL_write(p.s, "x", 1));
    IO(p.s, SSL_do_handshake(p.s));
    kit_alerts(&p);
    kit_early_look("server", p.s);
    kit_pair_free(&p);
    kit_say("a client that writes plainly");
    kit_early_pair(&p, &t);
    kit_early_write(p.c, "early");
    IO(p.c, SSL_write(p.c, "x", 1));
    kit_early_look("client", p.c);
    kit_early_write(p.c, "late");
    kit_early_read(p.s);
    kit_early_read(p.s);
    IO(p.c, SSL_write(p.c, "x", 1));
    kit_early_read(p.s);
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    kit_early_look("server", p.s);
    kit_pair_free(&p);
    kit_say("a name that is not the session's");
    {
        kit_early_pair(&p, &t);
        SHOW(SSL_SESSION_set1_hostname(t.session, "server.test"));
        kit_watch_alerts(&p);
        kit_early_write(p.c, "x");
        kit_early_look("client", p.c);
        kit_alerts(&p);
        kit_pair_free(&p);
        kit_early_pair(&p, &t);
        SHOW(SSL_SESSION_set1_alpn_selected(t.session, (const unsigned char *)"h2", 2));
        kit_early_write(p.c, "x");
        kit_pair_free(&p);
        kit_early_pair(&p, &t);
        SHOW(SSL_SESSION_set1_alpn_selected(t.session, (const unsigned char *)"h2", 2));
        SSL_set_alpn_protos(p.c, (const unsigned char *)"\x08http/1.1", 9);
        kit_early_write(p.c, "x");
        kit_pair_free(&p);
    }
    kit_early_end(&t);
}

static void exporter(void)
{
    kit_early t;
    kit_pair p;
    unsigned char a[32], b[32];

    kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    kit_early_pair(&p, &t);
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    kit_early_write(p.c, "data");
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_early_read(p.s);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, NULL, 0));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    kit_early_finish(&p);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    kit_pair_free(&p);
    kit_shaken(&p, t.c, t.s);
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_pair_free(&p);
    kit_early_end(&t);
}

static void small_transport(void)
{
    /* each operation in pieces */
    kit_early t;
    kit_pair p;
    static unsigned char data[4000], got[4000];
    size_t n, have = 0;
    int i, r, wrote = 0, finished = 0;

    kit_early_begin(&t, 1u << 30, SSL_OP_NO_ANTI_REPLAY);
    kit_pair_new(&p, t.c, t.s, 700);
    MUST(SSL_set_session(p.c, kit_early_session(&t)));
    kit_fill(data, sizeof(data), 0);
    for (i = 0; i < 1000 && !(wrote && finished); i++) {
        if (!wrote && SSL_write_early_data(p.c, data, sizeof(data), &n)) {
            wrote = 1;
            kit_say("written %zu", n);
        }
        if (wrote)
            SSL_do_handshake(p.c);
        if (!finished) {
            r = SSL_read_early_data(p.s, got + have, sizeof(got) - have, &n);
            if (r == SSL_READ_EARLY_DATA_SUCCESS)
                have += n;
            if (r == SSL_READ_EARLY_DATA_FINISH)
                finished = 1;
        }
        ERR_clear_error();
    }
    kit_say("read %zu, as written %d, finished %d", have, memcmp(data, got, sizeof(data)) == 0, finished);
    kit_early_finish(&p);
    kit_pair_free(&p);
    kit_early_end(&t);
}

static const kit_case cases[] = {
    CASE(settings), CASE(accepted), CASE(info_callback), CASE(limits), CASE(misuse), CASE(exporter),
    CASE(small_transport),
};

KIT_MAIN(cases)
