/* Sessions: caches and their callbacks, tickets, serialized forms, timeouts, context ids, statistics. */
#include "kit.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <time.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* One connection. With resume, offers it; gives back the client's session with a reference, or NULL. */
static SSL_SESSION *connect_once(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *resume)
{
    SSL_SESSION *sess = NULL;
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (resume != NULL)
        SHOW(SSL_set_session(p.c, resume));
    if (!kit_shake(&p)) {
        kit_say("NO HANDSHAKE");
    } else {
        kit_settle(&p);
        kit_say("%s, reused: client %d, server %d", SSL_get_version(p.c), SSL_session_reused(p.c), SSL_session_reused(p.s));
        sess = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        SSL_shutdown(p.c);
    }
    kit_pair_free(&p);
    return sess;
}

/* Connects twice, the second time offering the first's session; says how it went. */
static void twice(SSL_CTX *c, SSL_CTX *s)
{
    SSL_SESSION *a = connect_once(c, s, NULL), *b = connect_once(c, s, a);

    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
}

static void contexts(SSL_CTX **c, SSL_CTX **s, int version)
{
    *c = kit_client();
    *s = kit_server("server-ec");
    kit_version(*c, version);
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"compat", 6));
    kit_say("%s", kit_version_name(version));
}

static void release(SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void statistics(const char *who, SSL_CTX *ctx)
{
    kit_say("%s: number %ld connect %ld good %ld renegotiate %ld accept %ld good %ld renegotiate %ld hits %ld cb_hits %ld "
            "misses %ld timeouts %ld full %ld",
            who, SSL_CTX_sess_number(ctx), SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx),
            SSL_CTX_sess_connect_renegotiate(ctx), SSL_CTX_sess_accept(ctx), SSL_CTX_sess_accept_good(ctx),
            SSL_CTX_sess_accept_renegotiate(ctx), SSL_CTX_sess_hits(ctx), SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx),
            SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

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

                contexts(&c, &s, versions[v]);
                kit_say("tickets %d, cache mode %d", tickets, modes[m]);
                if (!tickets)
                    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                SSL_CTX_set_session_cache_mode(s, modes[m]);
                twice(c, s);
                statistics("client", c);
                statistics("server", s);
                release(c, s);
            }
}

static void client_refuses_tickets(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        contexts(&c, &s, versions[v]);
        SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
        twice(c, s);
        statistics("server", s);
        release(c, s);
    }
}

static void describe(const char *what, SSL_SESSION *x)
{
    unsigned idlen = 0, ctxlen = 0;
    const unsigned char *tick = NULL;
    size_t ticklen = 0;
    time_t now = time(NULL);

    kit_say("%s", what);
    if (x == NULL) {
        kit_say("NULL");
        return;
    }
    SSL_SESSION_get_id(x, &idlen);
    SSL_SESSION_get0_id_context(x, &ctxlen);
    SSL_SESSION_get0_ticket(x, &tick, &ticklen);
    kit_say("version %s, cipher %s, id %u, context %u, ticket %d %d, lifetime %lu, resumable %d, timeout %ld, recent %d",
            kit_version_name(SSL_SESSION_get_protocol_version(x)),
            SSL_SESSION_get0_cipher(x) != NULL ? SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(x)) : "NULL", idlen, ctxlen,
            SSL_SESSION_has_ticket(x), ticklen > 0, SSL_SESSION_get_ticket_lifetime_hint(x), SSL_SESSION_is_resumable(x),
            SSL_SESSION_get_timeout(x), now - SSL_SESSION_get_time(x) >= 0 && now - SSL_SESSION_get_time(x) < 60);
    kit_say("master key %zu, max_fragment_length %d, early data %u, compress %u, peer %s", SSL_SESSION_get_master_key(x, NULL, 0),
            SSL_SESSION_get_max_fragment_length(x), SSL_SESSION_get_max_early_data(x), SSL_SESSION_get_compress_id(x),
            SSL_SESSION_get0_peer(x) != NULL ? "set" : "NULL");
}

static void properties(void)
{
    size_t v;
    int tickets;

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++) {
            SSL_CTX *c, *s;
            kit_pair p;

            contexts(&c, &s, versions[v]);
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            kit_pair_new(&p, c, s, 0);
            describe("before", SSL_get_session(p.c));
            MUST(kit_shake(&p));
            describe("client, handshake done", SSL_get_session(p.c));
            describe("server, handshake done", SSL_get_session(p.s));
            kit_settle(&p);
            describe("client, later", SSL_get_session(p.c));
            kit_pair_free(&p);
            release(c, s);
        }
}

static void setters(void)
{
    SSL_SESSION *x = SSL_SESSION_new();
    static const unsigned char id[33] = "0123456789abcdef0123456789abcdef";
    unsigned n = 0;
    const unsigned char *got;

    describe("new", x);
    SHOW(SSL_SESSION_set1_id(x, id, 32));
    got = SSL_SESSION_get_id(x, &n);
    kit_say("%u %.*s", n, (int)n, got);
    SHOW(SSL_SESSION_set1_id(x, id, 33));
    SHOW(SSL_SESSION_set1_id(x, id, 0));
    SHOW(SSL_SESSION_set1_id_context(x, id, 32));
    SHOW(SSL_SESSION_set1_id_context(x, id, 33));
    got = SSL_SESSION_get0_id_context(x, &n);
    kit_say("%u %.*s", n, (int)n, got);
    SHOW(SSL_SESSION_set_protocol_version(x, TLS1_3_VERSION));
    SHOW(SSL_SESSION_get_protocol_version(x));
    SHOW(SSL_SESSION_set_time(x, 1000));
    SHOW(SSL_SESSION_get_time(x));
    SHOW(SSL_SESSION_set_timeout(x, 77));
    SHOW(SSL_SESSION_get_timeout(x));
    SHOW(SSL_SESSION_set_timeout(x, 0));
    SHOW(SSL_SESSION_get_timeout(x));
    SHOW(SSL_SESSION_set1_hostname(x, "a.test"));
    STR(SSL_SESSION_get0_hostname(x));
    SHOW(SSL_SESSION_set1_hostname(x, NULL));
    STR(SSL_SESSION_get0_hostname(x));
    SHOW(SSL_SESSION_set_max_early_data(x, 5));
    SHOW(SSL_SESSION_get_max_early_data(x));
    SHOW(SSL_SESSION_set1_master_key(x, id, 32));
    SHOW(SSL_SESSION_get_master_key(x, NULL, 0));
    SHOW(SSL_SESSION_set1_ticket_appdata(x, "data", 4));
    {
        void *data = NULL;
        size_t len = 0;

        SHOW(SSL_SESSION_get0_ticket_appdata(x, &data, &len));
        kit_say("%.*s", (int)len, (char *)data);
    }
    SHOW(SSL_SESSION_is_resumable(x));
    SHOW(SSL_SESSION_set_time(NULL, 1));
    SHOW(SSL_SESSION_get_time(NULL));
    SHOW(SSL_SESSION_set_timeout(NULL, 1));
    SHOW(SSL_SESSION_get_timeout(NULL));
    SSL_SESSION_free(x);
}

static void duplicate(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a, *b;

    contexts(&c, &s, TLS1_3_VERSION);
    a = connect_once(c, s, NULL);
    b = SSL_SESSION_dup(a);
    PTR(b);
    describe("copy", b);
    SSL_SESSION_free(connect_once(c, s, b));
    SHOW(SSL_SESSION_up_ref(a));
    SSL_SESSION_free(a);
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    release(c, s);
}

static void serialized(void)
{
    size_t v;
    int tickets, form;
    static const char *const forms[] = { "DER", "PEM", "BIO of ASN.1" };

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++)
            for (form = 0; form < 3; form++) {
                SSL_CTX *c, *s;
                SSL_SESSION *a, *b = NULL, *after;
                BIO *mem = BIO_new(BIO_s_mem());

                contexts(&c, &s, versions[v]);
                if (!tickets)
                    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                kit_say("tickets %d, %s", tickets, forms[form]);
                a = connect_once(c, s, NULL);
                if (form == 0) {
                    int n = i2d_SSL_SESSION(a, NULL), n2;
                    unsigned char *der = malloc((size_t)n + 1), *w = der, *again, *w2;
                    const unsigned char *r = der;

                    n2 = i2d_SSL_SESSION(a, &w);
                    kit_say("lengths agree %d, pointer moved %d, begins with %02x", n == n2, w == der + n, der[0]);
                    b = d2i_SSL_SESSION(NULL, &r, n);
                    kit_say("all taken %d", r == der + n);
                    PTR(b);
                    again = malloc((size_t)n + 1);
                    w2 = again;
                    kit_say("encodes to the same %d", b != NULL && i2d_SSL_SESSION(b, &w2) == n && memcmp(der, again, (size_t)n) == 0);
                    r = der;
                    PTR(d2i_SSL_SESSION(NULL, &r, n - 1));
                    ERR_clear_error();
                    free(again);
                    free(der);
                } else if (form == 1) {
                    char *text;
                    long n;

                    SHOW(PEM_write_bio_SSL_SESSION(mem, a));
                    n = BIO_get_mem_data(mem, &text);
                    kit_say("%.*s", n > 37 ? 37 : (int)n, text);
                    b = PEM_read_bio_SSL_SESSION(mem, NULL, NULL, NULL);
                } else {
                    SHOW(i2d_SSL_SESSION_bio(mem, a) > 0);
                    b = d2i_SSL_SESSION_bio(mem, NULL);
                }
                PTR(b);
                describe("original", a);
                describe("read back", b);
                after = connect_once(c, s, b);
                SSL_SESSION_free(after);
                SSL_SESSION_free(a);
                SSL_SESSION_free(b);
                BIO_free(mem);
                release(c, s);
            }
}

static void bad_serialized(void)
{
    static const unsigned char bad[][8] = {
        { 0 }, { 0x30, 0x00 }, { 0x30, 0x80, 0, 0 }, { 0x30, 0x03, 2, 1, 9 }, { 0x30, 0x06, 2, 1, 1, 2, 1, 3 }, { 0x04, 0x01, 0x41 },
    };
    static const long lens[] = { 1, 2, 4, 5, 8, 3 };
    size_t i;
    const unsigned char *p;

    for (i = 0; i < COUNT(bad); i++) {
        SSL_SESSION *x;

        p = bad[i];
        x = d2i_SSL_SESSION(NULL, &p, lens[i]);
        kit_say("%zu: %s", i, x == NULL ? "NULL" : "set");
        kit_say("an error on the queue: %d", ERR_peek_error() != 0);
        ERR_clear_error();
    }
    p = bad[0];
    PTR(d2i_SSL_SESSION(NULL, &p, 0) == NULL ? NULL : "set");
    ERR_clear_error();
    SHOW(i2d_SSL_SESSION(NULL, NULL));
}

/* Callbacks of an external cache */

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

            contexts(&c, &s, versions[v]);
            keep_reference = keep;
            SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
            SSL_CTX_sess_set_new_cb(c, on_new);
            SSL_CTX_sess_set_remove_cb(c, on_remove);
            kit_say("get callbacks back: %d %d", SSL_CTX_sess_get_new_cb(c) == on_new, SSL_CTX_sess_get_remove_cb(c) == on_remove);
            SSL_SESSION_free(connect_once(c, s, NULL));
            kit_say("new %d, removed %d", news, removes);
            if (kept_n > 0) {
                SSL_SESSION_free(connect_once(c, s, kept[kept_n - 1]));
                kit_say("new %d, removed %d", news, removes);
            }
            statistics("client", c);
            release(c, s);
            reset();
        }
}

static void client_cache(void)
{
    /* the internal cache of a client stores but does not look up */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        contexts(&c, &s, versions[v]);
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_remove_cb(c, on_remove);
        SSL_SESSION_free(connect_once(c, s, NULL));
        statistics("client", c);
        SSL_SESSION_free(connect_once(c, s, NULL));
        statistics("client", c);
        release(c, s);
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

            contexts(&c, &s, versions[v]);
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
            a = connect_once(c, s, NULL);
            statistics("first", s);
            /* in another context, as in another process: only the external cache can know it */
            SSL_SESSION_free(connect_once(c, s2, a));
            statistics("other", s2);
            kit_say("new %d, get %d, found %d, removed %d", news, gets, found, removes);
            SSL_SESSION_free(connect_once(c, s, a));
            statistics("first", s);
            kit_say("new %d, get %d, found %d, removed %d", news, gets, found, removes);
            SSL_SESSION_free(a);
            SSL_CTX_free(s2);
            release(c, s);
            reset();
        }
}

static void server_callbacks(void)
{
    /* stateless tickets: what is stored and looked up all the same */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        contexts(&c, &s, versions[v]);
        SSL_CTX_sess_set_new_cb(s, on_new);
        SSL_CTX_sess_set_get_cb(s, on_get_external);
        SSL_CTX_sess_set_remove_cb(s, on_remove);
        twice(c, s);
        statistics("server", s);
        kit_say("new %d, get %d, removed %d", news, gets, removes);
        release(c, s);
        kit_say("removed %d", removes);
        reset();
    }
}

static void add_and_remove(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;

    contexts(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_remove_cb(s, on_remove);
    a = connect_once(c, s, NULL);
    statistics("server", s);
    SHOW(SSL_CTX_remove_session(s, a)); /* found by its id although another object */
    statistics("server", s);
    SHOW(SSL_CTX_remove_session(s, a));
    SSL_SESSION_free(connect_once(c, s, a));
    SHOW(SSL_CTX_add_session(c, a));
    SHOW(SSL_CTX_add_session(c, a));
    statistics("client", c);
    SHOW(SSL_CTX_remove_session(c, a));
    SHOW(SSL_CTX_remove_session(c, NULL));
    statistics("client", c);
    SHOW(SSL_SESSION_is_resumable(a));
    SSL_SESSION_free(a);
    release(c, s);
    reset();
}

static void flush(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;

    contexts(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SSL_CTX_sess_set_remove_cb(s, on_remove);
    SHOW(SSL_CTX_get_timeout(s));
    SHOW(SSL_CTX_set_timeout(s, 1000));
    SHOW(SSL_CTX_get_timeout(s));
    a = connect_once(c, s, NULL);
    SHOW(SSL_SESSION_get_timeout(a));
    statistics("server", s);
    SSL_CTX_flush_sessions(s, (long)time(NULL) + 100);
    statistics("not yet", s);
    SSL_CTX_flush_sessions(s, (long)time(NULL) + 1100);
    statistics("expired", s);
    SSL_SESSION_free(a);
    SSL_SESSION_free(connect_once(c, s, NULL));
    SSL_SESSION_free(connect_once(c, s, NULL));
    statistics("two more", s);
    SSL_CTX_flush_sessions(s, 0);
    statistics("all", s);
    release(c, s);
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

            contexts(&c, &s, versions[v]);
            kit_say("tickets %d", tickets);
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            SSL_CTX_set_timeout(s, 1);
            a = connect_once(c, s, NULL);
            SHOW(SSL_SESSION_get_ticket_lifetime_hint(a));
            /* the client looks too: an old session is not offered */
            SHOW(SSL_SESSION_set_time(a, (long)time(NULL) - 100000) > 0);
            b = connect_once(c, s, a);
            SSL_SESSION_free(b);
            statistics("server", s);
            SSL_SESSION_free(a);
            release(c, s);
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
        a = connect_once(c, s, NULL);
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_session(p.c, a));
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
        SHOW(SSL_CTX_set_session_id_context(s, (const unsigned char *)"now", 3));
        /* the context has changed: a full handshake */
        SSL_SESSION_free(connect_once(c, s, a));
        SSL_SESSION_free(a);
        a = connect_once(c, s, NULL);
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
        release(c, s);
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

static void ticket_numbers(void)
{
    static const size_t numbers[] = { 0, 1, 2, 3, 10 };
    size_t i;

    for (i = 0; i < COUNT(numbers); i++) {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(&c, &s, TLS1_3_VERSION);
        kit_say("%zu", numbers[i]);
        SHOW(SSL_CTX_get_num_tickets(s));
        SHOW(SSL_CTX_set_num_tickets(s, numbers[i]));
        SHOW(SSL_CTX_get_num_tickets(s));
        keep_reference = 1;
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(c, on_new);
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
        kit_pair_free(&p);
        release(c, s);
        reset();
    }
    {
        kit_pair p;
        SSL_CTX *c, *s;

        contexts(&c, &s, TLS1_2_VERSION);
        kit_shaken(&p, c, s);
        SHOW(SSL_set_num_tickets(p.s, 4));
        SHOW(SSL_get_num_tickets(p.s));
        SHOW(SSL_new_session_ticket(p.s));
        kit_pair_free(&p);
        release(c, s);
    }
}

static void tickets_after_resumption(void)
{
    /* a resumed handshake gives one ticket */
    SSL_CTX *c, *s;

    contexts(&c, &s, TLS1_3_VERSION);
    keep_reference = 1;
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, on_new);
    SSL_SESSION_free(connect_once(c, s, NULL));
    kit_say("after a full handshake %d", news);
    news = 0;
    SSL_SESSION_free(connect_once(c, s, kept[0]));
    kit_say("after a resumed one %d", news);
    /* a ticket may be used more than once */
    SSL_SESSION_free(connect_once(c, s, kept[0]));
    SSL_SESSION_free(connect_once(c, s, kept[1]));
    release(c, s);
    reset();
}

static void ticket_keys(void)
{
    unsigned char keys[80], back[80], small[47];
    size_t v;
    SSL_CTX *ctx = kit_server("server-ec");

    memset(keys, 7, sizeof(keys));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 80));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, back, 80));
    kit_say("the same %d", memcmp(keys, back, 80) == 0);
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 48));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, small, 47));
    SSL_CTX_free(ctx);

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s, *s2;
        SSL_SESSION *a;

        contexts(&c, &s, versions[v]);
        s2 = kit_server("server-ec");
        MUST(SSL_CTX_set_session_id_context(s2, (const unsigned char *)"compat", 6));
        kit_say("other keys");
        a = connect_once(c, s, NULL);
        SSL_SESSION_free(connect_once(c, s2, a));
        SSL_SESSION_free(a);
        kit_say("the same keys");
        MUST(SSL_CTX_set_tlsext_ticket_keys(s, keys, 80));
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        a = connect_once(c, s, NULL);
        SSL_SESSION_free(connect_once(c, s2, a));
        statistics("other", s2);
        kit_say("changed keys");
        keys[20] ^= 1;
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        keys[20] ^= 1;
        SSL_SESSION_free(connect_once(c, s2, a));
        kit_say("another name");
        keys[0] ^= 1;
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        keys[0] ^= 1;
        SSL_SESSION_free(connect_once(c, s2, a));
        SSL_SESSION_free(a);
        SSL_CTX_free(s2);
        release(c, s);
    }
}

/* A ticket key callback as nginx, haproxy and Apache have one. */
static int key_ret_encrypt = 1, key_ret_decrypt = 1, key_calls[2];

static int on_key(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    static unsigned char aes[32] = "aes key", hmac[32] = "hmac key";
    OSSL_PARAM params[3];

    key_calls[enc]++;
    kit_say("key callback: %s, %s", SSL_is_server(ssl) ? "server" : "client", enc ? "encrypt" : "decrypt");
    if (enc) {
        memcpy(name, "compat key name!", 16);
        memset(iv, 3, EVP_MAX_IV_LENGTH);
    } else if (memcmp(name, "compat key name!", 16) != 0) {
        return 0;
    }
    if ((enc ? key_ret_encrypt : key_ret_decrypt) <= 0)
        return enc ? key_ret_encrypt : key_ret_decrypt;
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, hmac, 32);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_MAC_CTX_set_params(mac, params) != 1)
        return -1;
    if (enc ? EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv) != 1
            : EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv) != 1)
        return -1;
    return enc ? key_ret_encrypt : key_ret_decrypt;
}

static int on_key_old(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc)
{
    static unsigned char aes[32] = "aes key", hmac[32] = "hmac key";

    (void)ssl;
    kit_say("old key callback: %s", enc ? "encrypt" : "decrypt");
    if (enc) {
        memcpy(name, "compat key name!", 16);
        memset(iv, 3, EVP_MAX_IV_LENGTH);
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv);
    } else {
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv);
    }
    HMAC_Init_ex(mac, hmac, 32, EVP_sha256(), NULL);
    return 1;
}

static void ticket_key_callback(void)
{
    static const int encrypts[] = { 1, 0, -1 }, decrypts[] = { 1, 2, 0, -1 };
    size_t v, e, d;

    for (v = 0; v < COUNT(versions); v++) {
        for (e = 0; e < COUNT(encrypts); e++) {
            SSL_CTX *c, *s;
            kit_pair p;
            SSL_SESSION *a;

            contexts(&c, &s, versions[v]);
            key_ret_encrypt = encrypts[e];
            key_ret_decrypt = 1;
            kit_say("encrypt gives %d", key_ret_encrypt);
            SHOW(SSL_CTX_set_tlsext_ticket_key_evp_cb(s, on_key));
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            kit_settle(&p);
            a = SSL_get1_session(p.c);
            kit_say("a ticket %d", a != NULL && SSL_SESSION_has_ticket(a));
            SSL_shutdown(p.c);
            kit_pair_free(&p);
            if (encrypts[e] == 1)
                for (d = 0; d < COUNT(decrypts); d++) {
                    key_ret_decrypt = decrypts[d];
                    kit_say("decrypt gives %d", key_ret_decrypt);
                    kit_pair_new(&p, c, s, 0);
                    SHOW(SSL_set_session(p.c, a));
                    kit_shake_say(&p);
                    kit_negotiated(&p);
                    SSL_shutdown(p.c);
                    kit_pair_free(&p);
                }
            SSL_SESSION_free(a);
            release(c, s);
        }
        {
            SSL_CTX *c, *s;

            contexts(&c, &s, versions[v]);
            SHOW(SSL_CTX_set_tlsext_ticket_key_cb(s, on_key_old));
            twice(c, s);
            release(c, s);
        }
    }
}

static int generate_calls, decrypt_calls;

static int on_generate(SSL *ssl, void *arg)
{
    generate_calls++;
    kit_say("generate: arg %s", (char *)arg);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "app data", 8);
}

static SSL_TICKET_RETURN on_decrypt(SSL *ssl, SSL_SESSION *x, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *arg)
{
    void *data = NULL;
    size_t n = 0;

    (void)ssl;
    (void)name;
    decrypt_calls++;
    if (x != NULL)
        SSL_SESSION_get0_ticket_appdata(x, &data, &n);
    kit_say("decrypt: arg %s, status %d, name of %zu, data %.*s", (char *)arg, status, len, (int)n, n ? (char *)data : "");
    switch (status) {
    case SSL_TICKET_SUCCESS: return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_SUCCESS_RENEW: return SSL_TICKET_RETURN_USE_RENEW;
    default: return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}

static void ticket_appdata(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;
        SSL_SESSION *a;

        contexts(&c, &s, versions[v]);
        SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, (void *)"argument"));
        a = connect_once(c, s, NULL);
        SSL_SESSION_free(connect_once(c, s, a));
        kit_say("generated %d, decrypted %d", generate_calls, decrypt_calls);
        SSL_SESSION_free(a);
        release(c, s);
    }
}

static void set_session_rules(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a, *b;
    kit_pair p;

    contexts(&c, &s, TLS1_2_VERSION);
    a = connect_once(c, s, NULL);
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
    release(c, s);
    /* the session of a connection that ended badly is not resumable in 1.2 */
    contexts(&c, &s, TLS1_2_VERSION);
    kit_shaken(&p, c, s);
    a = SSL_get1_session(p.c);
    kit_pair_free(&p); /* without SSL_shutdown */
    SHOW(SSL_SESSION_is_resumable(a));
    b = connect_once(c, s, a);
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    release(c, s);
    /* SSL_copy_session_id */
    contexts(&c, &s, TLS1_2_VERSION);
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
    release(c, s);
}

static void cache_sizes(void)
{
    static const long sizes[] = { 0, 1, 2, 20480, -1 };
    size_t i;

    for (i = 0; i < COUNT(sizes); i++) {
        SSL_CTX *c, *s;
        int n;

        contexts(&c, &s, TLS1_2_VERSION);
        kit_say("size %ld", sizes[i]);
        SHOW(SSL_CTX_sess_get_cache_size(s));
        SHOW(SSL_CTX_sess_set_cache_size(s, sizes[i]));
        SHOW(SSL_CTX_sess_get_cache_size(s));
        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
        SSL_CTX_sess_set_remove_cb(s, on_remove);
        for (n = 0; n < 4; n++)
            SSL_SESSION_free(connect_once(c, s, NULL));
        statistics("server", s);
        release(c, s);
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

static int own_id(SSL *ssl, unsigned char *id, unsigned *len)
{
    static unsigned char counter;

    (void)ssl;
    kit_say("generate an id of %u", *len);
    memset(id, 'i', *len);
    id[0] = counter++;
    return 1;
}

static int bad_id(SSL *ssl, unsigned char *id, unsigned *len)
{
    (void)ssl;
    (void)id;
    (void)len;
    return 0;
}

static void own_ids(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;
    unsigned n = 0;
    kit_pair p;

    contexts(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_set_generate_session_id(s, own_id));
    a = connect_once(c, s, NULL);
    kit_say("second byte %c", SSL_SESSION_get_id(a, &n)[1]);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_has_matching_session_id(p.s, SSL_SESSION_get_id(a, &n), n));
    SHOW(SSL_has_matching_session_id(p.s, (const unsigned char *)"no", 2));
    SHOW(SSL_set_generate_session_id(p.s, bad_id));
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_SESSION_free(connect_once(c, s, a));
    SSL_SESSION_free(a);
    release(c, s);
}

static int freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent;
    (void)ad;
    (void)idx;
    (void)argl;
    (void)argp;
    if (ptr != NULL)
        freed++;
}

static void references(void)
{
    /* every session is freed when the last owner lets go: counted by an ex_data destructor */
    int idx = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;
        SSL_SESSION *x;
        kit_pair p;

        contexts(&c, &s, versions[v]);
        freed = 0;
        kit_shaken(&p, c, s);
        x = SSL_get1_session(p.c);
        SHOW(SSL_SESSION_set_ex_data(x, idx, &freed));
        SHOW(SSL_SESSION_set_ex_data(SSL_get_session(p.s), idx, &freed));
        kit_say("held by both: %d", freed);
        kit_pair_free(&p);
        kit_say("connections freed: %d", freed);
        SSL_CTX_flush_sessions(s, 0);
        kit_say("cache flushed: %d", freed);
        SSL_SESSION_free(x);
        kit_say("reference freed: %d", freed);
        release(c, s);
    }
}

static const kit_case cases[] = {
    CASE(tickets_and_ids), CASE(client_refuses_tickets), CASE(properties), CASE(setters), CASE(duplicate), CASE(serialized),
    CASE(bad_serialized), CASE(client_callback), CASE(client_cache), CASE(external_cache), CASE(server_callbacks),
    CASE(add_and_remove), CASE(flush), CASE(expired), CASE(id_context), CASE(ticket_numbers), CASE(tickets_after_resumption),
    CASE(ticket_keys), CASE(ticket_key_callback), CASE(ticket_appdata), CASE(set_session_rules), CASE(cache_sizes),
    CASE(own_ids), CASE(references),
};

KIT_MAIN(cases)
