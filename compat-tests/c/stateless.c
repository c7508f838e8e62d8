/* SSL_stateless: a server that forgets its client until it comes back with a cookie.
 * Not with a session: OpenSSL 3.0 then refuses its own client (binder does not verify); core/cookie_test.go has it. */
#include "kit.h"

static const char *cookie = "a cookie of the program's";
static int make_fails, verify_fails;
static size_t claimed;

static int on_make(SSL *ssl, unsigned char *out, size_t *len)
{
    kit_say("make: state \"%s\", version %s", SSL_state_string_long(ssl), SSL_get_version(ssl));
    if (make_fails)
        return 0;
    memcpy(out, cookie, strlen(cookie));
    *len = claimed != 0 ? claimed : strlen(cookie);
    return 1;
}

static int on_verify(SSL *ssl, const unsigned char *in, size_t len)
{
    kit_say("verify: %.*s, state \"%s\"", (int)len, (const char *)in, SSL_state_string_long(ssl));
    return !verify_fails && len == strlen(cookie) && memcmp(in, cookie, len) == 0;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    if (where & (SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE | SSL_CB_EXIT))
        kit_say("info %#x %d: %s", where, ret, SSL_state_string_long(ssl));
}

static void contexts(SSL_CTX **c, SSL_CTX **s)
{
    make_fails = verify_fails = 0;
    claimed = 0;
    *c = kit_client();
    *s = kit_server("server-ec");
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"cookie", 6));
    SSL_CTX_set_stateless_cookie_generate_cb(*s, on_make);
    SSL_CTX_set_stateless_cookie_verify_cb(*s, on_verify);
}

/* OpenSSL may need a call for the client's dummy change_cipher_spec */
static int again(SSL *ssl)
{
    int r = SSL_stateless(ssl);

    return r == -1 && ERR_peek_error() == 0 && BIO_ctrl_pending(SSL_get_rbio(ssl)) > 0 ? SSL_stateless(ssl) : r;
}

/* the two hellos, of which one SSL takes both */
static void come_twice(kit_pair *p)
{
    int r;

    IO(p->s, SSL_stateless(p->s)); /* nothing has come */
    IO(p->c, SSL_connect(p->c));
    r = SSL_stateless(p->s);
    kit_io("SSL_stateless(p->s)", p->s, r);
    kit_queue();
    SHOW(SSL_in_init(p->s));
    if (r != 0)
        return;
    IO(p->c, SSL_connect(p->c));
    r = again(p->s);
    kit_io("SSL_stateless(p->s)", p->s, r);
    kit_queue();
    SHOW(SSL_in_init(p->s));
    kit_str("state", SSL_state_string_long(p->s));
}

static void run(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_watch_alerts(&p);
    come_twice(&p);
    if (kit_shake_say(&p)) {
        kit_negotiated(&p);
        kit_settle(&p);
        kit_echo(&p, 3000);
    }
    kit_alerts(&p);
    kit_pair_free(&p);
}

static void twice(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    run(c, s);
    kit_say("another group");
    MUST(SSL_CTX_set1_groups_list(s, "P-384"));
    run(c, s);
    kit_say("without the dummy change_cipher_spec");
    SSL_CTX_clear_options(c, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void events(void)
{
    SSL_CTX *c, *s;
    kit_pair p;

    contexts(&c, &s);
    SSL_CTX_clear_options(c, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    kit_pair_new(&p, c, s, 0);
    SSL_set_info_callback(p.s, on_info);
    come_twice(&p);
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void callbacks(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    kit_say("none to make it");
    SSL_CTX_set_stateless_cookie_generate_cb(s, NULL);
    run(c, s);
    kit_say("which fails");
    SSL_CTX_set_stateless_cookie_generate_cb(s, on_make);
    make_fails = 1;
    run(c, s);
    make_fails = 0;
    kit_say("which verifies and fails");
    verify_fails = 1;
    run(c, s);
    verify_fails = 0;
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void tls12(void)
{
    SSL_CTX *c, *s;
    kit_pair p;

    contexts(&c, &s);
    kit_version(c, TLS1_2_VERSION);
    kit_pair_new(&p, c, s, 0);
    IO(p.c, SSL_connect(p.c));
    IO(p.s, SSL_stateless(p.s));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* what comes is no hello */
static void rubbish(void)
{
    SSL_CTX *c, *s;
    kit_pair p;

    contexts(&c, &s);
    kit_pair_new(&p, c, s, 0);
    MUST(BIO_write(p.cbio, "GET / HTTP/1.0\r\n\r\n", 18) == 18);
    IO(p.s, SSL_stateless(p.s));
    kit_queue();
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* the second hello comes to another SSL */
static void forgotten(void)
{
    SSL_CTX *c, *s;
    kit_pair p;
    SSL *next;
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    contexts(&c, &s);
    kit_pair_new(&p, c, s, 0);
    BIO_up_ref(in);
    BIO_up_ref(out);
    SSL_set_bio(p.c, in, out);
    BIO_up_ref(in);
    BIO_up_ref(out);
    SSL_set_bio(p.s, out, in);
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    IO(p.c, SSL_connect(p.c));
    IO(p.s, SSL_stateless(p.s));
    next = SSL_new(s);
    SSL_set_accept_state(next);
    BIO_up_ref(in);
    BIO_up_ref(out);
    SSL_set_bio(next, out, in);
    SSL_free(p.s);
    p.s = next;
    IO(p.c, SSL_connect(p.c));
    IO(p.s, again(p.s));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_echo(&p, 100);
    kit_pair_free(&p);
    BIO_free(in);
    BIO_free(out);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(twice), CASE(events), CASE(callbacks), CASE(tls12), CASE(rubbish), CASE(forgotten),
};

KIT_MAIN(cases)
