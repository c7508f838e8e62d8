/* IDs of sessions by a program's choice, in TLS 1.3: SSL_CTX_set_generate_session_id(3); what a program is told of an empty ticket. */
#include "kit.h"

static int made;
static SSL_SESSION *last;

static int on_new_client(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(last);
    last = session;
    return 1;
}

static void say_id(const char *who, const SSL_SESSION *session)
{
    unsigned int len = 0, i, zeros = 0;
    const unsigned char *id = SSL_SESSION_get_id(session, &len);

    for (i = 0; i < len; i++)
        zeros += id[i] == 0;
    if (len > 0 && id[0] == 0xed)
        kit_say("%s: %u bytes, session %d", who, len, id[len - 1]);
    else
        kit_say("%s: %u bytes, not of the program's choice, all zero %d", who, len, zeros == len);
}

static int on_new_server(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    say_id("new in the server", session);
    return 0;
}

static int own_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    kit_say("generate an ID of %u, state \"%s\", in init %d", *len, SSL_state_string_long(ssl), SSL_in_init(ssl));
    say_id("the session so far", SSL_get_session(ssl));
    memset(id, 0xed, *len);
    id[*len - 1] = (unsigned char)++made;
    return 1;
}

static int short_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    *len = 9;
    (void)ssl;
    memset(id, 0xed, *len);
    id[*len - 1] = (unsigned char)++made;
    return 1;
}

static int no_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    (void)ssl;
    (void)id;
    (void)len;
    return 0;
}

static int empty_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    (void)ssl;
    (void)id;
    *len = 0;
    return 1;
}

static int long_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    memset(id, 7, *len);
    *len += 1;
    (void)ssl;
    return 1;
}

static int same_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    (void)ssl;
    memset(id, 0xed, *len);
    return 1;
}

static void contexts(SSL_CTX **c, SSL_CTX **s)
{
    made = 0;
    *c = kit_client();
    *s = kit_server("server-ec");
    kit_version(*c, TLS1_3_VERSION);
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"ids", 3));
    SSL_CTX_set_session_cache_mode(*c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(*c, on_new_client);
}

static void release(SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_SESSION_free(last);
    last = NULL;
}

/* A handshake, one ticket more after it, and twice more with the last ticket. */
static void chosen_of(uint64_t options, uint32_t early)
{
    SSL_CTX *c, *s;
    size_t len;
    const unsigned char *ticket;
    int i;

    contexts(&c, &s);
    SSL_CTX_set_options(s, options);
    SSL_CTX_set_max_early_data(s, early);
    SSL_CTX_sess_set_new_cb(s, on_new_server);
    SHOW(SSL_CTX_set_generate_session_id(s, own_id));
    for (i = 0; i < 3; i++) {
        kit_pair p;

        kit_pair_new(&p, c, s, 0);
        if (last != NULL)
            MUST(SSL_set_session(p.c, last));
        kit_shake_say(&p);
        kit_settle(&p);
        kit_say("reused %d", SSL_session_reused(p.s));
        say_id("the server's", SSL_get_session(p.s));
        SHOW(SSL_new_session_ticket(p.s));
        IO(p.s, SSL_do_handshake(p.s));
        kit_settle(&p);
        say_id("the server's", SSL_get_session(p.s));
        SSL_SESSION_get0_ticket(last, &ticket, &len);
        kit_say("a ticket of %zu bytes, the ID of the program's choice %d", len, len == 32 && ticket[0] == 0xed);
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
    }
    release(c, s);
}

static void chosen(void) { chosen_of(0, 0); }
static void chosen_kept(void) { chosen_of(SSL_OP_NO_TICKET, 0); }
static void chosen_early(void) { chosen_of(0, 1000); }

static void bad(void)
{
    static const struct {
        const char *what;
        GEN_SESSION_CB cb;
    } all[] = { { "failed", (GEN_SESSION_CB)no_id }, { "empty", (GEN_SESSION_CB)empty_id }, { "too long", (GEN_SESSION_CB)long_id },
                { "short", (GEN_SESSION_CB)short_id }, { "twice the same", (GEN_SESSION_CB)same_id } };
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        SSL_CTX *c, *s;
        kit_pair p;

        kit_say("-- %s", all[i].what);
        contexts(&c, &s);
        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_generate_session_id(p.s, all[i].cb));
        kit_shake_say(&p);
        kit_settle(&p);
        if (SSL_is_init_finished(p.s))
            say_id("the server's", SSL_get_session(p.s));
        kit_pair_free(&p);
        release(c, s);
    }
}

static int on_generate(SSL *ssl, void *arg)
{
    (void)ssl;
    kit_say("generate, arg %s", (char *)arg);
    return 1;
}

static int decision;

static SSL_TICKET_RETURN on_decrypt(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl;
    (void)name;
    kit_say("decrypt: session %d, name of %zu bytes, status %d, arg %s, decides %d", session != NULL, len, status, (char *)arg, decision);
    return decision;
}

static void empty_ticket(void)
{
    static const int decisions[] = { SSL_TICKET_RETURN_ABORT, SSL_TICKET_RETURN_IGNORE, SSL_TICKET_RETURN_IGNORE_RENEW,
                                     SSL_TICKET_RETURN_USE, SSL_TICKET_RETURN_USE_RENEW };
    size_t i, none;

    for (i = 0; i < COUNT(decisions); i++) {
        for (none = 0; none < 2; none++) {
            SSL_CTX *c, *s;
            kit_pair p;

            contexts(&c, &s);
            kit_version(c, TLS1_2_VERSION);
            decision = decisions[i];
            if (none)
                SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
            SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, (void *)"argument"));
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            kit_settle(&p);
            kit_say("a ticket %d", last != NULL && SSL_SESSION_has_ticket(last));
            kit_pair_free(&p);
            release(c, s);
        }
    }
}

static const kit_case cases[] = {
    CASE(chosen), CASE(chosen_kept), CASE(chosen_early), CASE(bad), CASE(empty_ticket),
};

KIT_MAIN(cases)
