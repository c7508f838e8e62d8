/* Session tickets: those a server sends after the handshake, and what the callbacks of SSL_CTX_set_session_ticket_cb decide. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static int news;
static SSL_SESSION *last;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    news++;
    SSL_SESSION_free(last);
    last = session;
    return 1;
}

static void forget(void)
{
    SSL_SESSION_free(last);
    last = NULL;
    news = 0;
}

static void contexts(SSL_CTX **c, SSL_CTX **s, int version)
{
    *c = kit_client();
    *s = kit_server("server-ec");
    kit_version(*c, version);
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"compat", 6));
    SSL_CTX_set_session_cache_mode(*c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(*c, on_new);
    kit_say("%s", kit_version_name(version));
}

static void release(kit_pair *p, SSL_CTX *c, SSL_CTX *s)
{
    kit_pair_free(p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    forget();
}

static void on_info(const SSL *ssl, int where, int ret)
{
    kit_say("info: where %#x, ret %d, state \"%s\", in init %d", (unsigned)where, ret, SSL_state_string_long(ssl), SSL_in_init(ssl));
}

/* What the server says of itself. */
static void look(SSL *s)
{
    kit_say("in init %d, finished %d, before %d, state \"%s\", pending %d", SSL_in_init(s), SSL_is_init_finished(s), SSL_in_before(s),
            SSL_state_string_long(s), SSL_pending(s));
}

static void numbers(void)
{
    static const size_t counts[] = { 0, 1, 2, 3, 10 };
    size_t i;

    for (i = 0; i < COUNT(counts); i++) {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(&c, &s, TLS1_3_VERSION);
        kit_say("%zu", counts[i]);
        SHOW(SSL_CTX_get_num_tickets(s));
        SHOW(SSL_CTX_set_num_tickets(s, counts[i]));
        SHOW(SSL_CTX_get_num_tickets(s));
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_get_num_tickets(p.s));
        MUST(kit_shake(&p));
        kit_settle(&p);
        kit_say("tickets received: %d", news);
        SHOW(SSL_SESSION_is_resumable(SSL_get_session(p.c)));
        kit_say("more");
        SHOW(SSL_new_session_ticket(p.s));
        SHOW(SSL_new_session_ticket(p.s));
        SHOW(SSL_write(p.s, "x", 1));
        kit_settle(&p);
        kit_say("tickets received: %d", news);
        IO(p.s, SSL_do_handshake(p.s));
        SHOW(SSL_new_session_ticket(p.c));
        release(&p, c, s);
    }
    {
        kit_pair p;
        SSL_CTX *c, *s;

        contexts(&c, &s, TLS1_2_VERSION);
        kit_shaken(&p, c, s);
        SHOW(SSL_set_num_tickets(p.s, 4));
        SHOW(SSL_get_num_tickets(p.s));
        SHOW(SSL_new_session_ticket(p.s));
        release(&p, c, s);
    }
}

static void each_operation(void)
{
    /* the tickets go with whatever the server does next */
    static const char *const names[] = { "handshake", "accept", "write", "read", "peek", "key update", "shutdown" };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        SSL_CTX *c, *s;
        kit_pair p;
        char buf[16];

        contexts(&c, &s, TLS1_3_VERSION);
        kit_shaken(&p, c, s);
        kit_settle(&p);
        kit_say("%s, tickets so far %d", names[i], news);
        SSL_set_info_callback(p.s, on_info);
        SHOW(SSL_new_session_ticket(p.s));
        look(p.s);
        SHOW(SSL_new_session_ticket(p.s));
        look(p.s);
        switch (i) {
        case 0: IO(p.s, SSL_do_handshake(p.s)); break;
        case 1: IO(p.s, SSL_accept(p.s)); break;
        case 2: IO(p.s, SSL_write(p.s, "data", 4)); break;
        case 3: IO(p.s, SSL_read(p.s, buf, sizeof(buf))); break;
        case 4: IO(p.s, SSL_peek(p.s, buf, sizeof(buf))); break;
        case 5: SHOW(SSL_key_update(p.s, SSL_KEY_UPDATE_NOT_REQUESTED)); break;
        case 6: IO(p.s, SSL_shutdown(p.s)); break;
        }
        look(p.s);
        SSL_set_info_callback(p.s, NULL);
        kit_settle(&p);
        kit_say("tickets %d", news);
        kit_echo(&p, 100);
        kit_say("tickets %d", news);
        release(&p, c, s);
    }
}

static void usable(void)
{
    /* every one of them resumes */
    SSL_CTX *c, *s;
    kit_pair p, q;
    int i;

    contexts(&c, &s, TLS1_3_VERSION);
    MUST(SSL_CTX_set_num_tickets(s, 0));
    kit_shaken(&p, c, s);
    kit_settle(&p);
    kit_say("tickets %d", news);
    for (i = 0; i < 3; i++) {
        SHOW(SSL_new_session_ticket(p.s));
        IO(p.s, SSL_do_handshake(p.s));
        kit_settle(&p);
        kit_say("tickets %d", news);
        kit_pair_new(&q, c, s, 0);
        SHOW(SSL_set_session(q.c, last));
        kit_shake_say(&q);
        kit_negotiated(&q);
        kit_settle(&q);
        /* after a resumption too */
        SHOW(SSL_new_session_ticket(q.s));
        kit_echo(&q, 10);
        kit_say("tickets %d", news);
        SHOW(SSL_shutdown(q.s));
        SHOW(SSL_shutdown(q.c));
        kit_pair_free(&q);
    }
    release(&p, c, s);
}

static void before_and_after(void)
{
    SSL_CTX *c, *s;
    kit_pair p;

    contexts(&c, &s, TLS1_3_VERSION);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_new_session_ticket(p.s));
    SHOW(SSL_new_session_ticket(p.c));
    MUST(kit_shake(&p));
    kit_settle(&p);
    SHOW(SSL_new_session_ticket(p.c));
    IO(p.s, SSL_shutdown(p.s));
    SHOW(SSL_new_session_ticket(p.s));
    look(p.s);
    IO(p.s, SSL_do_handshake(p.s));
    kit_settle(&p);
    kit_say("tickets %d", news);
    release(&p, c, s);
}

static void blocked(void)
{
    /* a ticket that cannot be written yet, and one behind data that cannot */
    SSL_CTX *c, *s;
    kit_pair p;
    static unsigned char data[16384];
    char buf[16384];
    int n, total = 0, tries;

    contexts(&c, &s, TLS1_3_VERSION);
    kit_pair_new(&p, c, s, 2048);
    MUST(kit_shake(&p));
    kit_settle(&p);
    news = 0;
    kit_fill(data, sizeof(data), 0);
    IO(p.s, SSL_write(p.s, data, sizeof(data)));
    SHOW(SSL_new_session_ticket(p.s));
    look(p.s);
    for (tries = 0; tries < 1000; tries++) {
        n = SSL_read(p.c, buf, sizeof(buf));
        if (n > 0)
            total += n;
        ERR_clear_error();
        if (SSL_write(p.s, data, sizeof(data)) == (int)sizeof(data))
            break;
        ERR_clear_error();
    }
    kit_say("written %d", tries < 1000);
    for (tries = 0; tries < 1000 && total < (int)sizeof(data); tries++) {
        n = SSL_read(p.c, buf, sizeof(buf));
        if (n > 0)
            total += n;
    }
    ERR_clear_error();
    kit_say("read %d, tickets %d", total, news);
    SHOW(SSL_do_handshake(p.s));
    kit_settle(&p);
    kit_say("tickets %d", news);
    release(&p, c, s);
}

static void stateful(void)
{
    /* without tickets they name sessions of the cache */
    SSL_CTX *c, *s;
    kit_pair p, q;

    contexts(&c, &s, TLS1_3_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    kit_shaken(&p, c, s);
    kit_settle(&p);
    SHOW(SSL_CTX_sess_number(s));
    SHOW(SSL_new_session_ticket(p.s));
    IO(p.s, SSL_do_handshake(p.s));
    kit_settle(&p);
    kit_say("tickets %d", news);
    SHOW(SSL_CTX_sess_number(s));
    kit_pair_new(&q, c, s, 0);
    SHOW(SSL_set_session(q.c, last));
    kit_shake_say(&q);
    kit_negotiated(&q);
    kit_pair_free(&q);
    release(&p, c, s);
}

static int generate_result, decrypt_good, decrypt_other;

static int on_generate(SSL *ssl, void *arg)
{
    void *data = NULL;
    size_t n = 0;

    (void)arg;
    SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &n);
    kit_say("generate: had %.*s", (int)n, n ? (char *)data : "");
    SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "mine", 4);
    return generate_result;
}

static SSL_TICKET_RETURN on_decrypt(SSL *ssl, SSL_SESSION *x, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl;
    (void)name;
    (void)arg;
    kit_say("decrypt: session %s, name of %zu, status %d", x != NULL ? "set" : "NULL", len, status);
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? decrypt_good : decrypt_other;
}

static void connect_with(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *resume)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (resume != NULL)
        SHOW(SSL_set_session(p.c, resume));
    news = 0;
    if (kit_shake_say(&p)) {
        kit_negotiated(&p);
        kit_settle(&p);
        kit_say("tickets %d", news);
        SHOW(SSL_SESSION_has_ticket(SSL_get_session(p.c)));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
    }
    kit_pair_free(&p);
}

static void after_resumption(void)
{
    /* a resumed handshake gives one ticket, and a ticket may be used more than once */
    SSL_CTX *c, *s;
    kit_pair none = { 0 };
    SSL_SESSION *first;

    contexts(&c, &s, TLS1_3_VERSION);
    kit_say("a full handshake");
    connect_with(c, s, NULL);
    MUST(last != NULL);
    first = last;
    last = NULL;
    kit_say("a resumed one");
    connect_with(c, s, first);
    kit_say("the same ticket again");
    connect_with(c, s, first);
    kit_say("the one that came with it");
    connect_with(c, s, last);
    SSL_SESSION_free(first);
    release(&none, c, s);
}

static void decisions(void)
{
    /* each answer of the decrypt callback, to a client without a ticket, with a good one, and with one of other keys */
    size_t v;
    int r;

    generate_result = 1;
    for (v = 0; v < COUNT(versions); v++)
        for (r = SSL_TICKET_RETURN_ABORT; r <= SSL_TICKET_RETURN_USE_RENEW; r++) {
            SSL_CTX *c, *s, *other = kit_server("server-ec");
            kit_pair none = { 0 };
            SSL_SESSION *good;

            contexts(&c, &s, versions[v]);
            kit_say("answer %d", r);
            MUST(SSL_CTX_set_session_id_context(other, (const unsigned char *)"compat", 6));
            SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, NULL));
            decrypt_good = SSL_TICKET_RETURN_USE;
            decrypt_other = SSL_TICKET_RETURN_IGNORE_RENEW;
            connect_with(c, s, NULL);
            good = last;
            last = NULL;
            MUST(good != NULL);
            decrypt_good = r;
            kit_say("with a good ticket");
            connect_with(c, s, good);
            connect_with(c, other, NULL);
            if (last != NULL && (r < SSL_TICKET_RETURN_USE)) {
                SSL_SESSION *bad = last;

                last = NULL;
                decrypt_other = r;
                kit_say("with one of other keys");
                connect_with(c, s, bad);
                SSL_SESSION_free(bad);
                kit_say("without");
                connect_with(c, s, NULL);
            }
            SSL_SESSION_free(good);
            SSL_CTX_free(other);
            release(&none, c, s);
        }
}

static void generating_fails(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(&c, &s, versions[v]);
        generate_result = 0;
        decrypt_other = SSL_TICKET_RETURN_IGNORE_RENEW;
        SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, NULL));
        kit_pair_new(&p, c, s, 0);
        kit_watch_alerts(&p);
        kit_shake_say(&p);
        kit_alerts(&p);
        release(&p, c, s);
    }
    /* after the handshake */
    {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(&c, &s, TLS1_3_VERSION);
        generate_result = 1;
        SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, NULL));
        kit_shaken(&p, c, s);
        kit_settle(&p);
        SHOW(SSL_new_session_ticket(p.s));
        IO(p.s, SSL_do_handshake(p.s));
        generate_result = 0;
        SHOW(SSL_new_session_ticket(p.s));
        IO(p.s, SSL_write(p.s, "x", 1));
        look(p.s);
        release(&p, c, s);
    }
}

static const kit_case cases[] = {
    CASE(numbers), CASE(each_operation), CASE(usable), CASE(before_and_after), CASE(blocked), CASE(stateful),
    CASE(after_resumption), CASE(decisions), CASE(generating_fails),
};

KIT_MAIN(cases)
