/* Session caches: the internal one of an SSL_CTX, an external one behind callbacks, size, timeout, statistics. */
#include "kit_sessions.h"

#include <time.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static SSL_SESSION *kept[8];
static int kept_n, news, gets, removes, keep_reference, found;
static unsigned char *external; /* one session, as DER */
static int external_len;

static int on_new(SSL *ssl, SSL_SESSION *x)
{
    news++;
    kit_say("new: %s, session of the connection %d, resumable %d, id %s, ticket %d", SSL_is_server(ssl) ? "server" : "client",
            SSL_get_session(ssl) == x, SSL_SESSION_is_resumable(x), SSL_SESSION_get_id(x, NULL) != NULL ? "set" : "NULL",
            SSL_SESSION_has_ticket(x));
    if (keep_reference) {
        if (kept_n < (int)COUNT(kept))
            kept[kept_n++] = x;
        else
            return 0;
        return 1;
    }
    return 0;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *x)
{
    (void)ctx;
    (void)x;
    removes++;
    kit_say("removed");
}

static int on_new_external(SSL *ssl, SSL_SESSION *x)
{
    unsigned char *w;

    news++;
    kit_say("new: %s", SSL_is_server(ssl) ? "server" : "client");
    free(external);
    external_len = i2d_SSL_SESSION(x, NULL);
    external = w = malloc((size_t)external_len);
    i2d_SSL_SESSION(x, &w);
    return 0;
}

static SSL_SESSION *on_get_external(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    const unsigned char *p = external;
    SSL_SESSION *x = NULL;
    unsigned n = 0;

    (void)ssl;
    gets++;
    kit_say("get: id of %d, copy %d", len, *copy);
    *copy = 0;
    if (external != NULL)
        x = d2i_SSL_SESSION(NULL, &p, external_len);
    if (x != NULL && (memcmp(SSL_SESSION_get_id(x, &n), id, (size_t)len) != 0 || n != (unsigned)len)) {
        SSL_SESSION_free(x);
        x = NULL;
    }
    found += x != NULL;
    return x;
}

static void reset(void)
{
    while (kept_n > 0)
        SSL_SESSION_free(kept[--kept_n]);
    free(external);
    external = NULL;
    news = gets = removes = found = keep_reference = 0;
}

static void client_callback(void)
{
    size_t v;
    int keep;

    for (v = 0; v < COUNT(versions); v++)
        for (keep = 0; keep < 2; keep++) {
            SSL_CTX *c, *s;

            kit_resuming(&c, &s, versions[v]);
            keep_reference = keep;
            SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
            SSL_CTX_sess_set_new_cb(c, on_new);
            SSL_CTX_sess_set_remove_cb(c, on_remove);
            kit_say("get callbacks back: %d %d", SSL_CTX_sess_get_new_cb(c) == on_new, SSL_CTX_sess_get_remove_cb(c) == on_remove);
            SSL_SESSION_free(kit_connect(c, s, NULL));
            kit_say("new %d, removed %d", news, removes);
            if (kept_n > 0) {
                SSL_SESSION_free(kit_connect(c, s, kept[kept_n - 1]));
                kit_say("new %d, removed %d", news, removes);
            }
            kit_statistics("client", c);
            kit_release(c, s);
            reset();
        }
}

static void client_cache(void)
{
    /* the internal cache of a client stores but does not look up */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        kit_resuming(&c, &s, versions[v]);
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_remove_cb(c, on_remove);
        SSL_SESSION_free(kit_connect(c, s, NULL));
        kit_statistics("client", c);
        SSL_SESSION_free(kit_connect(c, s, NULL));
        kit_statistics("client", c);
        kit_release(c, s);
        reset();
    }
}

static void external_cache(void)
{
    static const int modes[] = { SSL_SESS_CACHE_SERVER, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL,
                                 SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE,
                                 SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP };
    size_t v, m;

    for (v = 0; v < COUNT(versions); v++)
        for (m = 0; m < COUNT(modes); m++) {
            SSL_CTX *c, *s, *s2;
            SSL_SESSION *a;

            kit_resuming(&c, &s, versions[v]);
            kit_say("mode 0x%x", modes[m]);
            s2 = kit_server("server-ec");
            MUST(SSL_CTX_set_session_id_context(s2, (const unsigned char *)"compat", 6));
            SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            SSL_CTX_set_options(s2, SSL_OP_NO_TICKET);
            SSL_CTX_set_session_cache_mode(s, modes[m]);
            SSL_CTX_set_session_cache_mode(s2, modes[m]);
            SSL_CTX_set_num_tickets(s, 1);
            SSL_CTX_sess_set_new_cb(s, on_new_external);
            SSL_CTX_sess_set_get_cb(s, on_get_external);
            SSL_CTX_sess_set_remove_cb(s, on_remove);
            SSL_CTX_sess_set_get_cb(s2, on_get_external);
            kit_say("get callback back: %d", SSL_CTX_sess_get_get_cb(s) == on_get_external);
            a = kit_connect(c, s, NULL);
            kit_statistics("first", s);
            /* in another context, as in another process: only the external cache can know it */
            SSL_SESSION_free(kit_connect(c, s2, a));
            kit_statistics("other", s2);
            kit_say("new %d, get %d, found %d, removed %d", news, gets, found, removes);
            SSL_SESSION_free(kit_connect(c, s, a));
            kit_statistics("first", s);
            kit_say("new %d, get %d, found %d, removed %d", news, gets, found, removes);
            SSL_SESSION_free(a);
            SSL_CTX_free(s2);
            kit_release(c, s);
            reset();
        }
}

static void server_callbacks(void)
{
    /* stateless tickets: what is stored and looked up all the same */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        kit_resuming(&c, &s, versions[v]);
        SSL_CTX_sess_set_new_cb(s, on_new);
        SSL_CTX_sess_set_get_cb(s, on_get_external);
        SSL_CTX_sess_set_remove_cb(s, on_remove);
        kit_twice(c, s);
        kit_statistics("server", s);
        kit_say("new %d, get %d, removed %d", news, gets, removes);
        kit_release(c, s);
        kit_say("removed %d", removes);
        reset();
    }
}

static void add_and_remove(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;

    kit_resuming(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_remove_cb(s, on_remove);
    a = kit_connect(c, s, NULL);
    kit_statistics("server", s);
    SHOW(SSL_CTX_remove_session(s, a)); /* found by its id although another object */
    kit_statistics("server", s);
    SHOW(SSL_CTX_remove_session(s, a));
    SSL_SESSION_free(kit_connect(c, s, a));
    SHOW(SSL_CTX_add_session(c, a));
    SHOW(SSL_CTX_add_session(c, a));
    kit_statistics("client", c);
    SHOW(SSL_CTX_remove_session(c, a));
    SHOW(SSL_CTX_remove_session(c, NULL));
    kit_statistics("client", c);
    SHOW(SSL_SESSION_is_resumable(a));
    SSL_SESSION_free(a);
    kit_release(c, s);
    reset();
}

static void flush(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;

    kit_resuming(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_remove_cb(s, on_remove);
    SHOW(SSL_CTX_get_timeout(s));
    SHOW(SSL_CTX_set_timeout(s, 1000));
    SHOW(SSL_CTX_get_timeout(s));
    a = kit_connect(c, s, NULL);
    SHOW(SSL_SESSION_get_timeout(a));
    kit_statistics("server", s);
    SSL_CTX_flush_sessions(s, (long)time(NULL) + 100);
    kit_statistics("not yet", s);
    SSL_CTX_flush_sessions(s, (long)time(NULL) + 1100);
    kit_statistics("expired", s);
    SSL_SESSION_free(a);
    SSL_SESSION_free(kit_connect(c, s, NULL));
    SSL_SESSION_free(kit_connect(c, s, NULL));
    kit_statistics("two more", s);
    SSL_CTX_flush_sessions(s, 0);
    kit_statistics("all", s);
    kit_release(c, s);
    reset();
}

static void expired(void)
{
    size_t v;
    int tickets;

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++) {
            SSL_CTX *c, *s;
            SSL_SESSION *a, *b;

            kit_resuming(&c, &s, versions[v]);
            kit_say("tickets %d", tickets);
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            SSL_CTX_set_timeout(s, 1);
            a = kit_connect(c, s, NULL);
            SHOW(SSL_SESSION_get_ticket_lifetime_hint(a));
            /* the client looks too: an old session is not offered */
            SHOW(SSL_SESSION_set_time(a, (long)time(NULL) - 100000) > 0);
            b = kit_connect(c, s, a);
            SSL_SESSION_free(b);
            kit_statistics("server", s);
            SSL_SESSION_free(a);
            kit_release(c, s);
        }
}

static void cache_sizes(void)
{
    static const long sizes[] = { 0, 1, 2, 20480, -1 };
    size_t i;

    for (i = 0; i < COUNT(sizes); i++) {
        SSL_CTX *c, *s;
        int n;

        kit_resuming(&c, &s, TLS1_2_VERSION);
        kit_say("size %ld", sizes[i]);
        SHOW(SSL_CTX_sess_get_cache_size(s));
        SHOW(SSL_CTX_sess_set_cache_size(s, sizes[i]));
        SHOW(SSL_CTX_sess_get_cache_size(s));
        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
        SSL_CTX_sess_set_remove_cb(s, on_remove);
        for (n = 0; n < 4; n++)
            SSL_SESSION_free(kit_connect(c, s, NULL));
        kit_statistics("server", s);
        kit_release(c, s);
        reset();
    }
    {
        SSL_CTX *ctx = kit_server("server-ec");

        SHOW(SSL_CTX_get_session_cache_mode(ctx));
        SHOW(SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_AUTO_CLEAR));
        SHOW(SSL_CTX_get_session_cache_mode(ctx));
        SHOW(SSL_CTX_set_timeout(ctx, 0));
        SHOW(SSL_CTX_get_timeout(ctx));
        SHOW(SSL_CTX_set_timeout(ctx, 7200));
        SHOW(SSL_CTX_get_timeout(ctx));
        PTR(SSL_CTX_sessions(ctx));
        SSL_CTX_free(ctx);
    }
}

static const kit_case cases[] = {
    CASE(client_callback), CASE(client_cache), CASE(external_cache), CASE(server_callbacks), CASE(add_and_remove),
    CASE(flush), CASE(expired), CASE(cache_sizes),
};

KIT_MAIN(cases)
