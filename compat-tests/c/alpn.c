/* ALPN: selection, refusal, and the list functions. Also NPN's leftovers. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

#define LIST(s) (const unsigned char *)(s), (unsigned)sizeof(s) - 1

static void print_proto(const char *what, const unsigned char *p, unsigned n)
{
    kit_say("%s: %s%.*s (%u)", what, p == NULL ? "NULL" : "", p == NULL ? 0 : (int)n, p == NULL ? "" : (const char *)p, n);
}

static void selected(const char *when, kit_pair *p)
{
    const unsigned char *c, *s;
    unsigned cn = 9, sn = 9;

    SSL_get0_alpn_selected(p->c, &c, &cn);
    SSL_get0_alpn_selected(p->s, &s, &sn);
    kit_say("%s", when);
    print_proto("client", c, cn);
    print_proto("server", s, sn);
}

typedef struct {
    int ret;
    const unsigned char *choice;
    unsigned len;
    int calls, see_selected;
} plan;

static int choose(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    plan *p = arg;
    char hex[400] = "";
    unsigned i;

    for (i = 0; i < inlen && i < 100; i++)
        sprintf(hex + 3 * i, "%02x ", in[i]);
    p->calls++;
    kit_say("callback: %sversion %s, servername %s, cipher %s, reused %d", hex, SSL_get_version(ssl),
            SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL ? "set" : "NULL",
            SSL_get_current_cipher(ssl) != NULL ? "set" : "NULL", SSL_session_reused(ssl));
    if (p->choice != NULL) {
        *out = p->choice;
        *outlen = (unsigned char)p->len;
    }
    return p->ret;
}

static void one(const char *what, int version, const unsigned char *offer, unsigned offer_len, plan *pl)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    kit_say("%s, %s", kit_version_name(version), what);
    kit_version(c, version);
    if (offer != NULL)
        SHOW(SSL_CTX_set_alpn_protos(c, offer, offer_len)); /* 0 is success */
    if (pl != NULL)
        SSL_CTX_set_alpn_select_cb(s, choose, pl);
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    selected("after", &p);
    if (SSL_get_session(p.c) != NULL) {
        const unsigned char *a;
        size_t n = 9;

        SSL_SESSION_get0_alpn_selected(SSL_get_session(p.c), &a, &n);
        print_proto("client's session", a, (unsigned)n);
        if (SSL_get_session(p.s) != NULL) {
            SSL_SESSION_get0_alpn_selected(SSL_get_session(p.s), &a, &n);
            print_proto("server's session", a, (unsigned)n);
        }
    }
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void selection(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        plan h2 = { SSL_TLSEXT_ERR_OK, (const unsigned char *)"h2", 2, 0, 0 },
             none = { SSL_TLSEXT_ERR_NOACK, NULL, 0, 0, 0 }, warning = { SSL_TLSEXT_ERR_ALERT_WARNING, NULL, 0, 0, 0 },
             fatal = { SSL_TLSEXT_ERR_ALERT_FATAL, NULL, 0, 0, 0 }, odd = { 99, NULL, 0, 0, 0 },
             foreign = { SSL_TLSEXT_ERR_OK, (const unsigned char *)"spdy", 4, 0, 0 };

        one("selects h2", versions[v], LIST("\x08http/1.1\x02h2"), &h2);
        one("no callback", versions[v], LIST("\x08http/1.1\x02h2"), NULL);
        one("no offer", versions[v], NULL, 0, &h2);
        one("NOACK", versions[v], LIST("\x08http/1.1\x02h2"), &none);
        one("ALERT_WARNING", versions[v], LIST("\x08http/1.1\x02h2"), &warning);
        one("ALERT_FATAL", versions[v], LIST("\x08http/1.1\x02h2"), &fatal);
        one("99", versions[v], LIST("\x08http/1.1\x02h2"), &odd);
        one("something not offered", versions[v], LIST("\x08http/1.1\x02h2"), &foreign);
        one("one long name", versions[v], LIST("\x28" "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"), &none);
        SHOW(h2.calls);
    }
}

static void bad_lists(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);

    SHOW(SSL_CTX_set_alpn_protos(ctx, LIST("\x02h2")));
    SHOW(SSL_CTX_set_alpn_protos(ctx, LIST("\x03h2")));
    SHOW(SSL_CTX_set_alpn_protos(ctx, LIST("\x02h2\x00")));
    SHOW(SSL_CTX_set_alpn_protos(ctx, LIST("\x00")));
    SHOW(SSL_CTX_set_alpn_protos(ctx, LIST("h2")));
    SHOW(SSL_CTX_set_alpn_protos(ctx, NULL, 0));
    SHOW(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"x", 0));
    SHOW(SSL_set_alpn_protos(ssl, LIST("\x02h2")));
    SHOW(SSL_set_alpn_protos(ssl, LIST("\x03h2")));
    SHOW(SSL_set_alpn_protos(ssl, NULL, 0));
    {
        const unsigned char *p;
        unsigned n = 9;

        SSL_get0_alpn_selected(ssl, &p, &n);
        print_proto("before", p, n);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void per_connection(void)
{
    /* the connection's list goes before the context's; a bad list leaves the old one */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    plan pl = { SSL_TLSEXT_ERR_NOACK, NULL, 0, 0, 0 };
    kit_pair p;

    SHOW(SSL_CTX_set_alpn_protos(c, LIST("\x03one")));
    SSL_CTX_set_alpn_select_cb(s, choose, &pl);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_alpn_protos(p.c, LIST("\x03two")));
    SHOW(SSL_set_alpn_protos(p.c, LIST("\x09two")));
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_alpn_protos(p.c, NULL, 0));
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void select_next(const char *what, const unsigned char *server, unsigned sn, const unsigned char *client, unsigned cn)
{
    unsigned char *out = NULL, len = 77;
    int r = SSL_select_next_proto(&out, &len, server, sn, client, cn);

    kit_say("%s: %d", what, r);
    print_proto("chosen", out, len);
    kit_queue();
}

static void next_proto(void)
{
    select_next("both", LIST("\x02h2\x08http/1.1"), LIST("\x08http/1.1\x02h2"));
    select_next("the server's order", LIST("\x08http/1.1\x02h2"), LIST("\x02h2\x08http/1.1"));
    select_next("none in common", LIST("\x02h2"), LIST("\x08http/1.1"));
    select_next("none in common, two", LIST("\x02h2"), LIST("\x03one\x03two"));
    select_next("prefix only", LIST("\x02h2"), LIST("\x03h2c"));
    select_next("empty server list", LIST(""), LIST("\x02h2"));
    select_next("empty client list", LIST("\x02h2"), LIST(""));
    select_next("bad server list", LIST("\x05h2"), LIST("\x02h2"));
    select_next("bad client list", LIST("\x02h2"), LIST("\x05h2"));
    select_next("bad client list behind a match", LIST("\x02h2"), LIST("\x02h2\x09x"));
}

static int select_with_helper(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    static const unsigned char mine[] = "\x02h2\x08http/1.1";

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto((unsigned char **)out, outlen, mine, sizeof(mine) - 1, in, inlen) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

static void as_nginx_does(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    size_t v;

    SSL_CTX_set_alpn_select_cb(s, select_with_helper, NULL);
    for (v = 0; v < COUNT(versions); v++) {
        kit_pair p;

        kit_pair_new(&p, c, s, 0);
        SSL_set_max_proto_version(p.c, versions[v]);
        SSL_set_alpn_protos(p.c, LIST("\x08http/1.1\x02h2"));
        kit_shake_say(&p);
        selected("both", &p);
        kit_pair_free(&p);
        kit_pair_new(&p, c, s, 0);
        SSL_set_max_proto_version(p.c, versions[v]);
        SSL_set_alpn_protos(p.c, LIST("\x04imap"));
        kit_shake_say(&p);
        selected("neither", &p);
        kit_pair_free(&p);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void resumed(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        plan h2 = { SSL_TLSEXT_ERR_OK, (const unsigned char *)"h2", 2, 0, 0 };
        SSL_SESSION *sess;
        const unsigned char *a;
        size_t n;
        kit_pair p;

        kit_version(c, versions[v]);
        SSL_CTX_set_alpn_select_cb(s, choose, &h2);
        kit_pair_new(&p, c, s, 0);
        SSL_set_alpn_protos(p.c, LIST("\x02h2\x03two"));
        MUST(kit_shake(&p));
        kit_settle(&p);
        sess = SSL_get1_session(p.c);
        SSL_SESSION_get0_alpn_selected(sess, &a, &n);
        print_proto("session", a, (unsigned)n);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        kit_pair_new(&p, c, s, 0);
        SSL_set_alpn_protos(p.c, LIST("\x02h2\x03two"));
        SHOW(SSL_set_session(p.c, sess));
        kit_shake_say(&p);
        kit_negotiated(&p);
        selected("resumed", &p);
        kit_pair_free(&p);
        kit_pair_new(&p, c, s, 0);
        SHOW(SSL_set_session(p.c, sess));
        kit_shake_say(&p);
        selected("resumed without an offer", &p);
        kit_pair_free(&p);
        SHOW(SSL_SESSION_set1_alpn_selected(sess, (const unsigned char *)"new", 3));
        SSL_SESSION_get0_alpn_selected(sess, &a, &n);
        print_proto("set", a, (unsigned)n);
        SHOW(SSL_SESSION_set1_alpn_selected(sess, NULL, 0));
        SSL_SESSION_get0_alpn_selected(sess, &a, &n);
        print_proto("unset", a, (unsigned)n);
        SSL_SESSION_free(sess);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(selection), CASE(bad_lists), CASE(per_connection), CASE(next_proto), CASE(as_nginx_does), CASE(resumed),
};

KIT_MAIN(cases)
