/* Early data (0-RTT): SSL_read_early_data, SSL_write_early_data, limits, replay, callbacks. */
#include "kit.h"

static SSL_SESSION *last;
static int removed;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(last);
    last = session;
    return 1;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx;
    (void)session;
    removed++;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    kit_say("%s info: where %#x, ret %d, state \"%s\", in init %d", SSL_is_server(ssl) ? "server" : "client", (unsigned)where, ret,
            SSL_state_string_long(ssl), SSL_in_init(ssl));
}

typedef struct {
    SSL_CTX *c, *s;
    SSL_SESSION *session; /* as it was: none that a connection has used up */
    unsigned char *der;
    int len;
} setup;

static void keep(setup *t)
{
    MUST(last != NULL);
    t->der = NULL;
    t->len = i2d_SSL_SESSION(last, &t->der);
    MUST(t->len > 0);
    SSL_SESSION_free(last);
    last = t->session = NULL;
}

static SSL_SESSION *fresh(setup *t)
{
    const unsigned char *at = t->der;

    SSL_SESSION_free(t->session);
    MUST((t->session = d2i_SSL_SESSION(NULL, &at, t->len)) != NULL);
    return t->session;
}

/* Contexts whose server allows max bytes, and a session of theirs. */
static void begin(setup *t, uint32_t max, uint64_t options)
{
    kit_pair p;

    t->session = NULL;
    t->c = kit_client();
    t->s = kit_server("server-ec");
    kit_version(t->c, TLS1_3_VERSION);
    MUST(SSL_CTX_set_session_id_context(t->s, (const unsigned char *)"early", 5));
    SSL_CTX_set_session_cache_mode(t->c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(t->c, on_new);
    SSL_CTX_set_options(t->s, options);
    MUST(SSL_CTX_set_max_early_data(t->s, max));
    kit_shaken(&p, t->c, t->s);
    kit_settle(&p);
    keep(t);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
}

static void end(setup *t)
{
    SSL_SESSION_free(t->session);
    OPENSSL_free(t->der);
    SSL_SESSION_free(last);
    last = NULL;
    SSL_CTX_free(t->c);
    SSL_CTX_free(t->s);
    ERR_clear_error();
}

static void open_pair(kit_pair *p, setup *t)
{
    kit_pair_new(p, t->c, t->s, 0);
    MUST(SSL_set_session(p->c, fresh(t)));
}

static void look(const char *who, SSL *s)
{
    kit_say("%s: in init %d, finished %d, before %d, state \"%s\", early data status %d, reused %d", who, SSL_in_init(s),
            SSL_is_init_finished(s), SSL_in_before(s), SSL_state_string_long(s), SSL_get_early_data_status(s), SSL_session_reused(s));
}

/* A call of SSL_read_early_data with its data. */
static int read_early(SSL *s)
{
    unsigned char buf[64];
    size_t n = 99;
    int r = SSL_read_early_data(s, buf, sizeof(buf), &n), e = r == SSL_READ_EARLY_DATA_ERROR ? SSL_get_error(s, 0) : 0;

    kit_say("SSL_read_early_data = %d, %zu bytes \"%.*s\"%s%s", r, n, r == SSL_READ_EARLY_DATA_SUCCESS ? (int)n : 0, buf,
            r == SSL_READ_EARLY_DATA_ERROR ? ", " : "", r == SSL_READ_EARLY_DATA_ERROR ? kit_error_name(e) : "");
    kit_queue();
    return r;
}

static int write_early(SSL *s, const char *data)
{
    size_t n = 99;
    int r = SSL_write_early_data(s, data, strlen(data), &n), e = r ? 0 : SSL_get_error(s, 0);

    kit_say("SSL_write_early_data(\"%s\") = %d, %zu bytes%s%s", data, r, n, r ? "" : ", ", r ? "" : kit_error_name(e));
    kit_queue();
    return r;
}

static void finish(kit_pair *p)
{
    kit_shake_say(p);
    look("client", p->c);
    look("server", p->s);
    if (SSL_is_init_finished(p->c) && SSL_is_init_finished(p->s)) {
        kit_negotiated(p);
        kit_echo(p, 100);
    }
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
        setup t;
        kit_pair p;

        begin(&t, 1000, options[i]);
        kit_say("options %zu", i);
        SHOW(SSL_SESSION_get_max_early_data(fresh(&t)));
        SHOW(SSL_CTX_sess_number(t.s));
        open_pair(&p, &t);
        look("client", p.c);
        write_early(p.c, "first");
        look("client", p.c);
        write_early(p.c, "second");
        look("server", p.s);
        read_early(p.s);
        look("server", p.s);
        read_early(p.s);
        read_early(p.s); /* nothing there yet */
        look("server", p.s);
        write_early(p.s, "to an unauthenticated client");
        IO(p.c, SSL_do_handshake(p.c));
        look("client", p.c);
        read_early(p.s);
        look("server", p.s);
        write_early(p.s, "again");
        finish(&p);
        write_early(p.c, "too late");
        read_early(p.s);
        SHOW(SSL_CTX_sess_number(t.s));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
        /* replayed, in a way */
        open_pair(&p, &t);
        write_early(p.c, "replay");
        read_early(p.s);
        look("server", p.s);
        finish(&p);
        kit_pair_free(&p);
        end(&t);
    }
}

static void info_callback(void)
{
    setup t;
    kit_pair p;

    begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    open_pair(&p, &t);
    SSL_set_info_callback(p.c, on_info);
    SSL_set_info_callback(p.s, on_info);
    write_early(p.c, "data");
    read_early(p.s);
    read_early(p.s);
    IO(p.c, SSL_do_handshake(p.c));
    read_early(p.s);
    IO(p.s, SSL_do_handshake(p.s));
    kit_pair_free(&p);
    /* a server that gets none */
    kit_pair_new(&p, t.c, t.s, 0);
    SSL_set_info_callback(p.s, on_info);
    IO(p.c, SSL_do_handshake(p.c));
    read_early(p.s);
    IO(p.c, SSL_do_handshake(p.c));
    IO(p.s, SSL_do_handshake(p.s));
    kit_pair_free(&p);
    end(&t);
}

static void none_offered(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        setup t;
        kit_pair p;

        begin(&t, 1000, 0);
        kit_version(t.c, versions[v]);
        kit_say("%s", kit_version_name(versions[v]));
        kit_pair_new(&p, t.c, t.s, 0);
        read_early(p.s);
        look("server", p.s);
        IO(p.s, SSL_read(p.s, (char[8]) { 0 }, 8));
        IO(p.s, SSL_write(p.s, "x", 1));
        write_early(p.s, "x");
        IO(p.c, SSL_do_handshake(p.c));
        read_early(p.s);
        look("server", p.s);
        IO(p.c, SSL_do_handshake(p.c));
        read_early(p.s);
        look("server", p.s);
        finish(&p);
        kit_pair_free(&p);
        end(&t);
    }
}

static void rejected(void)
{
    /* the server does a plain handshake, or allows none, or takes the session but not the data */
    int how;

    for (how = 0; how < 4; how++) {
        setup t;
        kit_pair p;

        begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        kit_say("how %d", how);
        open_pair(&p, &t);
        if (how == 1)
            SSL_set_max_early_data(p.s, 0);
        if (how == 2)
            MUST(SSL_CTX_set1_groups_list(t.s, "P-384"));
        if (how == 3)
            MUST(SSL_set_ciphersuites(p.s, "TLS_AES_128_GCM_SHA256"));
        if (how == 2) {
            kit_pair_free(&p);
            open_pair(&p, &t);
        }
        write_early(p.c, "unwanted");
        if (how > 0)
            read_early(p.s);
        look("server", p.s);
        finish(&p);
        kit_pair_free(&p);
        end(&t);
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
        setup t;
        kit_pair p;

        begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_allow_early_data_cb(t.s, on_early, (void *)"of the context");
        open_pair(&p, &t);
        if (allow)
            SSL_set_allow_early_data_cb(p.s, on_early, (void *)"of the connection");
        write_early(p.c, "data");
        read_early(p.s);
        finish(&p);
        kit_pair_free(&p);
        /* not asked if nobody reads it, nor if there is none */
        open_pair(&p, &t);
        write_early(p.c, "data");
        finish(&p);
        kit_pair_free(&p);
        open_pair(&p, &t);
        read_early(p.s);
        IO(p.c, SSL_do_handshake(p.c));
        read_early(p.s);
        finish(&p);
        kit_pair_free(&p);
        end(&t);
    }
}

static void limits(void)
{
    setup t;
    kit_pair p;

    begin(&t, 10, SSL_OP_NO_ANTI_REPLAY);
    open_pair(&p, &t);
    write_early(p.c, "12345");
    write_early(p.c, "67890");
    read_early(p.s);
    read_early(p.s);
    finish(&p);
    kit_pair_free(&p);
    kit_say("the client over the session's limit");
    open_pair(&p, &t);
    kit_watch_alerts(&p);
    write_early(p.c, "12345");
    write_early(p.c, "678901");
    look("client", p.c);
    read_early(p.s);
    read_early(p.s);
    kit_alerts(&p);
    kit_pair_free(&p);
    kit_say("at once");
    open_pair(&p, &t);
    write_early(p.c, "12345678901");
    look("client", p.c);
    kit_pair_free(&p);
    kit_say("over the server's limit");
    open_pair(&p, &t);
    kit_watch_alerts(&p);
    SSL_set_recv_max_early_data(p.s, 6);
    write_early(p.c, "12345");
    write_early(p.c, "67");
    read_early(p.s);
    read_early(p.s);
    kit_alerts(&p);
    look("server", p.s);
    kit_pair_free(&p);
    end(&t);
}

static void misuse(void)
{
    setup t;
    kit_pair p;
    char buf[16];

    begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    kit_say("without a session");
    kit_pair_new(&p, t.c, t.s, 0);
    write_early(p.c, "x");
    read_early(p.c);
    write_early(p.s, "x");
    MUST(kit_shake(&p));
    write_early(p.c, "x");
    read_early(p.s);
    kit_pair_free(&p);
    kit_say("after the handshake has begun");
    open_pair(&p, &t);
    IO(p.c, SSL_do_handshake(p.c));
    write_early(p.c, "x");
    IO(p.s, SSL_do_handshake(p.s));
    read_early(p.s);
    kit_pair_free(&p);
    kit_say("a server that does not read it");
    open_pair(&p, &t);
    kit_watch_alerts(&p);
    write_early(p.c, "not read");
    read_early(p.s);
    write_early(p.c, "unread");
    IO(p.s, SSL_write(p.s, "x", 1));
    IO(p.s, SSL_do_handshake(p.s));
    kit_alerts(&p);
    look("server", p.s);
    kit_pair_free(&p);
    kit_say("a client that writes plainly");
    open_pair(&p, &t);
    write_early(p.c, "early");
    IO(p.c, SSL_write(p.c, "x", 1));
    look("client", p.c);
    write_early(p.c, "late");
    read_early(p.s);
    read_early(p.s);
    IO(p.c, SSL_write(p.c, "x", 1));
    read_early(p.s);
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    look("server", p.s);
    kit_pair_free(&p);
    kit_say("a name that is not the session's");
    {
        open_pair(&p, &t);
        SHOW(SSL_SESSION_set1_hostname(t.session, "server.test"));
        kit_watch_alerts(&p);
        write_early(p.c, "x");
        look("client", p.c);
        kit_alerts(&p);
        kit_pair_free(&p);
        open_pair(&p, &t);
        SHOW(SSL_SESSION_set1_alpn_selected(t.session, (const unsigned char *)"h2", 2));
        write_early(p.c, "x");
        kit_pair_free(&p);
        open_pair(&p, &t);
        SHOW(SSL_SESSION_set1_alpn_selected(t.session, (const unsigned char *)"h2", 2));
        SSL_set_alpn_protos(p.c, (const unsigned char *)"\x08http/1.1", 9);
        write_early(p.c, "x");
        kit_pair_free(&p);
    }
    end(&t);
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
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        setup t = { c, s, NULL, NULL, 0 };
        kit_pair p;

        kit_version(c, TLS1_3_VERSION);
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(c, on_new);
        SSL_CTX_set_options(s, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_max_early_data(s, 100);
        SSL_CTX_set_alpn_select_cb(s, on_alpn, NULL);
        SSL_CTX_set_alpn_protos(c, (const unsigned char *)lists[0], 12);
        kit_shaken(&p, c, s);
        kit_settle(&p);
        keep(&t);
        kit_pair_free(&p);
        open_pair(&p, &t);
        SSL_set_alpn_protos(p.c, (const unsigned char *)lists[i], 12);
        write_early(p.c, "of h2");
        read_early(p.s);
        finish(&p);
        kit_pair_free(&p);
        end(&t);
    }
}

static void replay(void)
{
    /* each ticket once: the cache tells */
    setup t;
    kit_pair p;
    int i;

    begin(&t, 1000, 0);
    SSL_CTX_sess_set_remove_cb(t.s, on_remove);
    for (i = 0; i < 2; i++) {
        removed = 0;
        SHOW(SSL_CTX_sess_number(t.s));
        open_pair(&p, &t);
        write_early(p.c, "once");
        read_early(p.s);
        finish(&p);
        kit_say("removed %d", removed);
        SHOW(SSL_CTX_sess_number(t.s));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
    }
    end(&t);
}

static void exporter(void)
{
    setup t;
    kit_pair p;
    unsigned char a[32], b[32];

    begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    open_pair(&p, &t);
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    write_early(p.c, "data");
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    read_early(p.s);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, NULL, 0));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    finish(&p);
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_say("the same %d", memcmp(a, b, sizeof(a)) == 0);
    kit_pair_free(&p);
    kit_shaken(&p, t.c, t.s);
    SHOW(SSL_export_keying_material_early(p.c, a, sizeof(a), "label", 5, (const unsigned char *)"ctx", 3));
    SHOW(SSL_export_keying_material_early(p.s, b, sizeof(b), "label", 5, (const unsigned char *)"ctx", 3));
    kit_pair_free(&p);
    end(&t);
}

static void small_transport(void)
{
    /* each operation in pieces */
    setup t;
    kit_pair p;
    static unsigned char data[4000], got[4000];
    size_t n, have = 0;
    int i, r, wrote = 0, finished = 0;

    begin(&t, 1u << 30, SSL_OP_NO_ANTI_REPLAY);
    kit_pair_new(&p, t.c, t.s, 700);
    MUST(SSL_set_session(p.c, fresh(&t)));
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
    finish(&p);
    kit_pair_free(&p);
    end(&t);
}

static const kit_case cases[] = {
    CASE(settings), CASE(accepted), CASE(info_callback), CASE(none_offered), CASE(rejected), CASE(allow_callback), CASE(limits),
    CASE(misuse), CASE(alpn), CASE(replay), CASE(exporter), CASE(small_transport),
};

KIT_MAIN(cases)
