#include "kit_sessions.h"

#include <time.h>

SSL_SESSION *kit_connect(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *resume)
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

void kit_twice(SSL_CTX *c, SSL_CTX *s)
{
    SSL_SESSION *a = kit_connect(c, s, NULL), *b = kit_connect(c, s, a);

    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
}

void kit_full_and_resumed(SSL_CTX *c, SSL_CTX *s, int version, void (*after)(kit_pair *p))
{
    SSL_SESSION *session = NULL;
    int n;

    for (n = 0; n < 2; n++) {
        kit_pair p;

        kit_say("%s, %s", kit_version_name(version), n ? "resumed" : "full");
        kit_pair_new(&p, c, s, 0);
        if (session != NULL)
            MUST(SSL_set_session(p.c, session));
        kit_shake_say(&p);
        kit_settle(&p);
        kit_negotiated(&p);
        if (after != NULL)
            after(&p);
        if (session == NULL)
            session = SSL_get1_session(p.c);
        kit_pair_free(&p);
    }
    SSL_SESSION_free(session);
}

void kit_resuming(SSL_CTX **c, SSL_CTX **s, int version)
{
    *c = kit_client();
    *s = kit_server("server-ec");
    kit_version(*c, version);
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"compat", 6));
    kit_say("%s", kit_version_name(version));
}

void kit_release(SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

void kit_statistics(const char *who, SSL_CTX *ctx)
{
    kit_say("%s: number %ld connect %ld good %ld renegotiate %ld accept %ld good %ld renegotiate %ld hits %ld cb_hits %ld "
            "misses %ld timeouts %ld full %ld",
            who, SSL_CTX_sess_number(ctx), SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx),
            SSL_CTX_sess_connect_renegotiate(ctx), SSL_CTX_sess_accept(ctx), SSL_CTX_sess_accept_good(ctx),
            SSL_CTX_sess_accept_renegotiate(ctx), SSL_CTX_sess_hits(ctx), SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx),
            SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

void kit_describe(const char *what, SSL_SESSION *x)
{
    unsigned idlen = 0, ctxlen = 0;
    const unsigned char *tick = NULL;
    size_t ticklen = 0;
    time_t now = time(NULL) + 1; /* the clock of time() may be some milliseconds behind the precise one */

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
