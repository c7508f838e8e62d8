/* Early data with reads, peeks and writes in between: what ends it, and what is read before the handshake's end. */
#include "kit_early.h"

static kit_early t;

static void client_read(kit_pair *p)
{
    char buf[64];
    int r = SSL_read(p->c, buf, sizeof(buf)), e = SSL_get_error(p->c, r);

    kit_say("SSL_read(client) = %d \"%.*s\", %s", r, r > 0 ? r : 0, buf, kit_error_name(e));
    kit_queue();
}

static void server_read(kit_pair *p)
{
    char buf[64];
    int r = SSL_read(p->s, buf, sizeof(buf)), e = SSL_get_error(p->s, r);

    kit_say("SSL_read(server) = %d \"%.*s\", %s", r, r > 0 ? r : 0, buf, kit_error_name(e));
    kit_queue();
}

/* One step for each letter. */
static void play(const char *steps, int watch)
{
    kit_pair p;
    char buf[16];

    kit_say("-- %s", steps);
    kit_early_pair(&p, &t);
    if (watch)
        kit_watch_alerts(&p);
    for (; *steps != '\0'; steps++) {
        switch (*steps) {
        case 'e': kit_early_write(p.c, "early"); break;
        case 'r': client_read(&p); break;
        case 'k': IO(p.c, SSL_peek(p.c, buf, sizeof(buf))); break;
        case 'w': IO(p.c, SSL_write(p.c, "plain", 5)); break;
        case 'h': IO(p.c, SSL_do_handshake(p.c)); break;
        case 'z': IO(p.c, SSL_shutdown(p.c)); break;
        case 'E': kit_early_read(p.s); break;
        case 'W': kit_early_write(p.s, "half"); break;
        case 'K': IO(p.s, SSL_peek(p.s, buf, sizeof(buf))); break;
        case 'p': SHOW(SSL_pending(p.c)); SHOW(SSL_pending(p.s)); SHOW(SSL_has_pending(p.c)); break;
        case '1': IO(p.c, SSL_read(p.c, buf, 1)); break;
        case 'H': IO(p.s, SSL_do_handshake(p.s)); break;
        case 'R': server_read(&p); break;
        case 'N': SSL_set_max_early_data(p.s, 0); break;
        case '?': kit_early_look("client", p.c); kit_early_look("server", p.s); break;
        }
    }
    kit_early_look("client", p.c);
    kit_early_look("server", p.s);
    kit_alerts(&p);
    if (steps[-1] != '.')
        kit_early_finish(&p);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    kit_say("info: where %#x, ret %d, state \"%s\", in init %d", (unsigned)where, ret, SSL_state_string_long(ssl), SSL_in_init(ssl));
}

static void all(const char *const *steps, size_t n)
{
    size_t i;

    kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    for (i = 0; i < n; i++)
        play(steps[i], 1);
    kit_early_end(&t);
}

static void reads(void)
{
    static const char *const steps[] = {
        "er?e", "erEr?e", "eEr?eE", "eEWr?eEEr", "eEWrreEE", "eEWer?", "eEr?w.", "eEWr?h", "eEWrz.", "eErEhER",
        "eEr?rrh", "eErerererEEEE", "eEr?eEweER", "eEWrErwER", "eEW1p1rEeE", "eEW1wrER",
    };

    all(steps, COUNT(steps));
}

static void peeks(void)
{
    static const char *const steps[] = { "ek?ek", "eErWk?er", "eErWkkreEk", "eEKKER", "eEKhKR" };

    all(steps, COUNT(steps));
}

static void before(void)
{
    static const char *const steps[] = { "re", "ke", "we", "r?Ere", "eze.", "eEze.", "weE", "ewe", "ehe", "eEhe", "eEwe." };

    all(steps, COUNT(steps));
}

static void refused(void)
{
    static const char *const steps[] = { "NeEr?e", "NeEr?eE", "NeErw.", "eHr?e", "eHr?eH", "NeErh" };

    all(steps, COUNT(steps));
}

/* A session of a suite that is offered no more, of the same hash and of another; and one that cannot be offered at all. */
static void other_suites(void)
{
    static const char *const lists[][3] = {
        { "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256" },
        { "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "" },
        { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "" },
        { "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "" },
        { "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384" },
    };
    size_t i;

    for (i = 0; i < COUNT(lists); i++) {
        kit_pair p;

        kit_say("session of %s, then %s, server %s", lists[i][0], lists[i][1], lists[i][2]);
        kit_early_contexts(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        MUST(SSL_CTX_set_ciphersuites(t.c, lists[i][0]));
        kit_early_connect(&t);
        MUST(SSL_CTX_set_ciphersuites(t.c, lists[i][1]));
        if (lists[i][2][0] != '\0')
            MUST(SSL_CTX_set_ciphersuites(t.s, lists[i][2]));
        kit_early_pair(&p, &t);
        kit_early_write(p.c, "early");
        kit_early_write(p.c, "again");
        kit_early_look("client", p.c);
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        while (SSL_get_early_data_status(p.s) == SSL_EARLY_DATA_ACCEPTED && kit_early_read(p.s) == SSL_READ_EARLY_DATA_SUCCESS)
            ;
        kit_early_finish(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static void no_session(void)
{
    int how;

    for (how = 0; how < 4; how++) {
        kit_pair p;

        kit_say("how %d", how);
        kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
        kit_early_pair(&p, &t);
        kit_watch_alerts(&p);
        if (how == 0)
            MUST(SSL_set_max_proto_version(p.c, TLS1_2_VERSION) && SSL_set_min_proto_version(p.c, TLS1_2_VERSION));
        if (how == 1)
            SSL_SESSION_set_time(SSL_get_session(p.c), 1000);
        if (how == 2)
            SSL_SESSION_set_timeout(SSL_get_session(p.c), 0);
        if (how == 3)
            SSL_SESSION_set_max_early_data(SSL_get_session(p.c), 0);
        kit_early_write(p.c, "early");
        kit_early_look("client", p.c);
        kit_early_write(p.c, "again");
        if (how == 0) {
            kit_alerts(&p);
            kit_pair_free(&p);
            kit_early_end(&t);
            continue;
        }
        kit_early_read(p.s);
        kit_early_look("server", p.s);
        while (SSL_get_early_data_status(p.s) == SSL_EARLY_DATA_ACCEPTED && kit_early_read(p.s) == SSL_READ_EARLY_DATA_SUCCESS)
            ;
        if (how < 3)
            kit_early_finish(&p);
        kit_alerts(&p);
        kit_pair_free(&p);
        kit_early_end(&t);
    }
}

static void info(void)
{
    static const char *const steps[] = { "er", "eEr", "eErehE", "eEWrehER", "eErw", "NeErehE", "eHreh" };
    size_t i;

    kit_early_begin(&t, 1000, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_info_callback(t.c, on_info);
    for (i = 0; i < COUNT(steps); i++)
        play(steps[i], 0);
    kit_early_end(&t);
}

/* What differs on purpose. */
static void on_the_way(void)
{
    static const char *const steps[] = { "erEe.", "eEk." };

    all(steps, COUNT(steps));
}

static const kit_case cases[] = { CASE(on_the_way), CASE(info), CASE(reads), CASE(peeks), CASE(before), CASE(refused), CASE(other_suites), CASE(no_session) };

KIT_MAIN(cases)
