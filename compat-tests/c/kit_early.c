#include "kit_early.h"

static SSL_SESSION *last;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(last);
    last = session;
    return 1;
}

static void keep(kit_early *t)
{
    MUST(last != NULL);
    t->der = NULL;
    t->len = i2d_SSL_SESSION(last, &t->der);
    MUST(t->len > 0);
    SSL_SESSION_free(last);
    last = t->session = NULL;
}

void kit_early_contexts(kit_early *t, uint32_t max, uint64_t options)
{
    t->session = NULL;
    t->c = kit_client();
    t->s = kit_server("server-ec");
    kit_version(t->c, TLS1_3_VERSION);
    MUST(SSL_CTX_set_session_id_context(t->s, (const unsigned char *)"early", 5));
    SSL_CTX_set_session_cache_mode(t->c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(t->c, on_new);
    SSL_CTX_set_options(t->s, options);
    MUST(SSL_CTX_set_max_early_data(t->s, max));
}

void kit_early_connect(kit_early *t)
{
    kit_pair p;

    kit_shaken(&p, t->c, t->s);
    kit_settle(&p);
    keep(t);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
}

void kit_early_begin(kit_early *t, uint32_t max, uint64_t options)
{
    kit_early_contexts(t, max, options);
    kit_early_connect(t);
}

void kit_early_end(kit_early *t)
{
    SSL_SESSION_free(t->session);
    OPENSSL_free(t->der);
    SSL_SESSION_free(last);
    last = NULL;
    SSL_CTX_free(t->c);
    SSL_CTX_free(t->s);
    ERR_clear_error();
}

SSL_SESSION *kit_early_session(kit_early *t)
{
    const unsigned char *at = t->der;

    SSL_SESSION_free(t->session);
    MUST((t->session = d2i_SSL_SESSION(NULL, &at, t->len)) != NULL);
    return t->session;
}

void kit_early_pair(kit_pair *p, kit_early *t)
{
    kit_pair_new(p, t->c, t->s, 0);
    MUST(SSL_set_session(p->c, kit_early_session(t)));
}

void kit_early_look(const char *who, SSL *s)
{
    kit_say("%s: in init %d, finished %d, before %d, state \"%s\", early data status %d, reused %d", who, SSL_in_init(s),
            SSL_is_init_finished(s), SSL_in_before(s), SSL_state_string_long(s), SSL_get_early_data_status(s), SSL_session_reused(s));
}

int kit_early_read(SSL *s)
{
    unsigned char buf[64];
    size_t n = 99;
    int r = SSL_read_early_data(s, buf, sizeof(buf), &n), e = r == SSL_READ_EARLY_DATA_ERROR ? SSL_get_error(s, 0) : 0;

    kit_say("SSL_read_early_data = %d, %zu bytes \"%.*s\"%s%s", r, n, r == SSL_READ_EARLY_DATA_SUCCESS ? (int)n : 0, buf,
            r == SSL_READ_EARLY_DATA_ERROR ? ", " : "", r == SSL_READ_EARLY_DATA_ERROR ? kit_error_name(e) : "");
    kit_queue();
    return r;
}

int kit_early_write(SSL *s, const char *data)
{
    size_t n = 99;
    int r = SSL_write_early_data(s, data, strlen(data), &n), e = r ? 0 : SSL_get_error(s, 0);

    kit_say("SSL_write_early_data(\"%s\") = %d, %zu bytes%s%s", data, r, n, r ? "" : ", ", r ? "" : kit_error_name(e));
    kit_queue();
    return r;
}

void kit_early_finish(kit_pair *p)
{
    kit_shake_say(p);
    kit_early_look("client", p->c);
    kit_early_look("server", p->s);
    if (SSL_is_init_finished(p->c) && SSL_is_init_finished(p->s)) {
        kit_negotiated(p);
        kit_echo(p, 100);
    }
}
