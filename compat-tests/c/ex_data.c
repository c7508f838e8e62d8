/* Application data on SSL, SSL_CTX and SSL_SESSION: indices, callbacks, copies, and being freed in time. */
#include "kit.h"

static int made, freed, dupped, quiet;

static void on_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ad;
    (void)idx;
    made++;
    if (!quiet)
        kit_say("new: parent %d, value %d, argl %ld, argp %s", parent != NULL, ptr != NULL, argl, (char *)argp);
}

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ad;
    (void)idx;
    freed++;
    if (!quiet)
        kit_say("free: parent %d, value %s, argl %ld, argp %s", parent != NULL, ptr != NULL ? (char *)ptr : "NULL", argl, (char *)argp);
}

static int on_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
    (void)to;
    (void)from;
    (void)idx;
    dupped++;
    if (!quiet)
        kit_say("dup: value %s, argl %ld, argp %s", *from_d != NULL ? (char *)*from_d : "NULL", argl, (char *)argp);
    return 1;
}

static void context(void)
{
    SSL_CTX *before = SSL_CTX_new(TLS_method()), *ctx;
    int a = SSL_CTX_get_ex_new_index(7, (void *)"ctx", on_new, on_dup, on_free), b = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);

    kit_say("indices differ %d, not the app data's %d", a != b, a > 0);
    ctx = SSL_CTX_new(TLS_method());
    STR(SSL_CTX_get_ex_data(ctx, a));
    SHOW(SSL_CTX_set_ex_data(ctx, a, (void *)"one"));
    STR(SSL_CTX_get_ex_data(ctx, a));
    SHOW(SSL_CTX_set_ex_data(ctx, b, (void *)"two"));
    SHOW(SSL_CTX_set_app_data(ctx, "app"));
    STR(SSL_CTX_get_app_data(ctx));
    STR(SSL_CTX_get_ex_data(ctx, 0));
    STR(SSL_CTX_get_ex_data(ctx, b));
    STR(SSL_CTX_get_ex_data(ctx, 500));
    STR(SSL_CTX_get_ex_data(ctx, -1));
    SHOW(SSL_CTX_set_ex_data(ctx, -1, NULL));
    SSL_CTX_up_ref(ctx);
    SSL_CTX_free(ctx);
    kit_say("still held: freed %d", freed);
    SSL_CTX_free(ctx);
    kit_say("freed %d", freed);
    SHOW(SSL_CTX_set_ex_data(before, a, (void *)"older"));
    STR(SSL_CTX_get_ex_data(before, a));
    SSL_CTX_free(before);
    kit_say("new %d, dup %d, free %d", made, dupped, freed);
}

static void connection(void)
{
    SSL_CTX *ctx = kit_client();
    int a = SSL_get_ex_new_index(3, (void *)"ssl", on_new, on_dup, on_free);
    SSL *ssl = SSL_new(ctx), *copy;

    made = freed = dupped = 0;
    STR(SSL_get_ex_data(ssl, a));
    SHOW(SSL_set_ex_data(ssl, a, (void *)"value"));
    SHOW(SSL_set_app_data(ssl, (void *)"app"));
    STR(SSL_get_app_data(ssl));
    STR(SSL_get_ex_data(ssl, a));
    SHOW(SSL_clear(ssl));
    STR(SSL_get_ex_data(ssl, a));
    copy = SSL_dup(ssl);
    PTR(copy);
    if (copy != NULL) {
        kit_say("another object %d", copy != ssl);
        STR(SSL_get_ex_data(copy, a));
        SSL_free(copy);
    }
    SSL_free(ssl);
    kit_say("new %d, dup %d, free %d", made, dupped, freed);
    SSL_CTX_free(ctx);
}

static void session(void)
{
    int a = SSL_SESSION_get_ex_new_index(5, (void *)"session", on_new, on_dup, on_free);
    SSL_SESSION *x = SSL_SESSION_new(), *y;

    made = freed = dupped = 0;
    SHOW(SSL_SESSION_set_ex_data(x, a, (void *)"value"));
    STR(SSL_SESSION_get_ex_data(x, a));
    SHOW(SSL_SESSION_set_app_data(x, (void *)"app"));
    STR(SSL_SESSION_get_app_data(x));
    y = SSL_SESSION_dup(x);
    PTR(y);
    if (y != NULL)
        STR(SSL_SESSION_get_ex_data(y, a));
    SSL_SESSION_free(x);
    SSL_SESSION_free(y);
    kit_say("new %d, dup %d, free %d", made, dupped, freed);
}

static int session_index = -1;

static void on_session_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent;
    (void)ad;
    (void)idx;
    (void)argl;
    (void)argp;
    if (ptr != NULL)
        kit_say("data freed: %s", (char *)ptr);
}

static int on_session_new(SSL *ssl, SSL_SESSION *x)
{
    (void)ssl;
    SHOW(SSL_SESSION_set_ex_data(x, session_index, (void *)"of the new callback"));
    return 0;
}

static void on_session_remove(SSL_CTX *ctx, SSL_SESSION *x)
{
    (void)ctx;
    kit_say("removed: %s", SSL_SESSION_get_ex_data(x, session_index) ? (char *)SSL_SESSION_get_ex_data(x, session_index) : "no data");
}

/* Goes through SSL_CTX_sessions. */
static void on_each(SSL_SESSION *x)
{
    kit_say("in the table: version %x, data %s", SSL_SESSION_get_protocol_version(x),
            SSL_SESSION_get_ex_data(x, session_index) ? (char *)SSL_SESSION_get_ex_data(x, session_index) : "none");
}

static void table(SSL_CTX *ctx)
{
    LHASH_OF(SSL_SESSION) *t = SSL_CTX_sessions(ctx);

    PTR(t);
    SHOW(OPENSSL_LH_num_items((OPENSSL_LHASH *)t));
    OPENSSL_LH_doall((OPENSSL_LHASH *)t, (OPENSSL_LH_DOALL_FUNC)on_each);
}

static void cached(void)
{
    /* what is put on a session stays while a cache holds it, though nobody else does */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    SSL_SESSION *resume, *key;
    kit_pair p;
    unsigned len = 0;
    const unsigned char *id;

    quiet = 1;
    session_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_session_free);
    kit_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
    SSL_CTX_sess_set_new_cb(s, on_session_new);
    SSL_CTX_sess_set_remove_cb(s, on_session_remove);
    table(s);
    kit_shaken(&p, c, s);
    STR(SSL_SESSION_get_ex_data(SSL_get_session(p.s), session_index));
    table(s);
    resume = SSL_get1_session(p.c);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
    kit_say("the connection has gone");
    table(s);
    /* as the cache finds it */
    key = SSL_SESSION_new();
    id = SSL_SESSION_get_id(resume, &len);
    MUST(SSL_SESSION_set1_id(key, id, len));
    MUST(SSL_SESSION_set_protocol_version(key, TLS1_2_VERSION));
    PTR(OPENSSL_LH_retrieve((OPENSSL_LHASH *)SSL_CTX_sessions(s), key));
    MUST(SSL_SESSION_set1_id(key, (const unsigned char *)"another", 7));
    PTR(OPENSSL_LH_retrieve((OPENSSL_LHASH *)SSL_CTX_sessions(s), key));
    SSL_SESSION_free(key);
    kit_pair_new(&p, c, s, 0);
    MUST(SSL_set_session(p.c, resume));
    kit_shake_say(&p);
    kit_negotiated(&p);
    STR(SSL_SESSION_get_ex_data(SSL_get_session(p.s), session_index));
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
    SSL_SESSION_free(resume);
    kit_say("flush");
    SSL_CTX_flush_sessions(s, 0);
    table(s);
    /* one of the program's own */
    key = SSL_SESSION_new();
    MUST(SSL_SESSION_set1_id(key, (const unsigned char *)"own", 3));
    SHOW(SSL_SESSION_set_ex_data(key, session_index, (void *)"own"));
    SHOW(SSL_CTX_add_session(s, key));
    SHOW(SSL_CTX_add_session(s, key));
    SSL_SESSION_free(key);
    table(s);
    SSL_CTX_free(c);
    kit_say("the context goes");
    SSL_CTX_free(s);
}

static void in_verification(void)
{
    SHOW(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    SHOW(SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
}

static void dup_rules(void)
{
    /* SSL_dup of a connection in use is the same object with another reference */
    kit_pair p;
    SSL *copy;

    quiet = 1; /* how many sessions a handshake makes is the library's business */
    kit_shaken(&p, NULL, NULL);
    copy = SSL_dup(p.c);
    kit_say("the same %d", copy == p.c);
    SSL_free(copy);
    kit_echo(&p, 10);
    kit_pair_free(&p);
    {
        SSL_CTX *ctx = kit_client();
        SSL *a = SSL_new(ctx), *b;

        SSL_set_tlsext_host_name(a, "name.test");
        SSL_set_verify(a, SSL_VERIFY_PEER, NULL);
        SSL_set_options(a, SSL_OP_NO_TLSv1_3);
        SSL_set_max_proto_version(a, TLS1_2_VERSION);
        SSL_set_cipher_list(a, "ECDHE+CHACHA20");
        SSL_set_connect_state(a);
        b = SSL_dup(a);
        kit_say("the same %d", a == b);
        STR(SSL_get_servername(b, TLSEXT_NAMETYPE_host_name));
        SHOW(SSL_get_verify_mode(b));
        SHOW(SSL_get_options(b) == SSL_get_options(a));
        SHOW(SSL_get_max_proto_version(b));
        SHOW(SSL_is_server(b));
        SHOW(SSL_in_before(b));
        SSL_free(a);
        SSL_free(b);
        SSL_CTX_free(ctx);
    }
}

static const kit_case cases[] = { CASE(context), CASE(connection), CASE(session), CASE(cached), CASE(in_verification), CASE(dup_rules) };

KIT_MAIN(cases)
