/* A server that asks for its client's certificate after the handshake: SSL_verify_client_post_handshake. */
#include "kit_verify.h"

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    kit_say("verify callback: ok %d, depth %d, error %d", ok, X509_STORE_CTX_get_error_depth(ctx), X509_STORE_CTX_get_error(ctx));
    return ok;
}

static int on_cert(SSL *ssl, void *arg)
{
    kit_say("certificate callback: arg %s, state \"%s\", in init %d", (char *)arg, SSL_state_string_long(ssl), SSL_in_init(ssl));
    return 1;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    kit_say("%s info: where %#x, ret %d, state \"%s\", in init %d", SSL_is_server(ssl) ? "server" : "client", (unsigned)where, ret,
            SSL_state_string_long(ssl), SSL_in_init(ssl));
}

static void begin(kit_pair *p, const char *cert, int mode)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    kit_version(c, TLS1_3_VERSION);
    kit_trust(s, "ca");
    MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
    SSL_CTX_set_verify(s, mode, NULL);
    if (cert != NULL)
        kit_use(c, cert);
    kit_pair_new(p, c, s, 0);
    SSL_set_post_handshake_auth(p->c, 1);
    MUST(kit_shake(p));
    kit_settle(p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void peer_of(SSL *s)
{
    X509 *x = SSL_get0_peer_certificate(s), *y = SSL_get_session(s) != NULL ? SSL_SESSION_get0_peer(SSL_get_session(s)) : NULL;
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s);
    char name[128] = "none";

    if (x != NULL)
        X509_NAME_oneline(X509_get_subject_name(x), name, sizeof(name));
    kit_say("peer %s, in the session %s, chain of %d, verify result %ld, pending %d, in init %d, finished %d", name,
            y != NULL ? "set" : "NULL", chain != NULL ? sk_X509_num(chain) : -1, SSL_get_verify_result(s), SSL_pending(s),
            SSL_in_init(s), SSL_is_init_finished(s));
}

/* The request, the answer, and what each side says of it. */
static void ask(kit_pair *p)
{
    char buf[8];

    SHOW(SSL_verify_client_post_handshake(p->s));
    kit_say("in init %d, finished %d", SSL_in_init(p->s), SSL_is_init_finished(p->s));
    IO(p->s, SSL_do_handshake(p->s));
    kit_say("in init %d, finished %d", SSL_in_init(p->s), SSL_is_init_finished(p->s));
    IO(p->c, SSL_read(p->c, buf, sizeof(buf)));
    peer_of(p->c);
    IO(p->s, SSL_read(p->s, buf, sizeof(buf)));
    peer_of(p->s);
}

static void answers(void)
{
    static const char *const certs[] = { "client-ec", "client-rsa", NULL, "client-untrusted", "client-expired", "client-serveronly" };
    static const int modes[] = { SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE,
                                 SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    size_t i, m;

    for (m = 0; m < COUNT(modes); m++)
        for (i = 0; i < COUNT(certs); i++) {
            kit_pair p;
            char buf[8];

            begin(&p, certs[i], modes[m]);
            kit_say("%s, mode %d", certs[i] != NULL ? certs[i] : "no certificate", modes[m]);
            peer_of(p.s);
            kit_watch_alerts(&p);
            ask(&p);
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            kit_alerts(&p);
            if (SSL_is_init_finished(p.s) && SSL_is_init_finished(p.c))
                kit_echo(&p, 100);
            kit_pair_free(&p);
        }
}

static void again(void)
{
    /* a second request, with another certificate, and what is refused */
    kit_pair p;
    int once;

    for (once = 0; once < 2; once++) {
        begin(&p, "client-ec", SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | (once ? SSL_VERIFY_CLIENT_ONCE : 0));
        kit_say("once %d", once);
        SHOW(SSL_verify_client_post_handshake(p.s));
        SHOW(SSL_verify_client_post_handshake(p.s));
        SHOW(SSL_do_handshake(p.s));
        SHOW(SSL_verify_client_post_handshake(p.s));
        kit_settle(&p);
        kit_settle(&p);
        peer_of(p.s);
        MUST(SSL_use_certificate_chain_file(p.c, kit_file("client-rsa.pem")));
        MUST(SSL_use_PrivateKey_file(p.c, kit_file("client-rsa.key"), SSL_FILETYPE_PEM));
        ask(&p);
        kit_echo(&p, 10);
        kit_pair_free(&p);
    }
}

static void not_now(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    SSL_CTX_set_post_handshake_auth(c, 1);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_verify_client_post_handshake(p.s));
    SHOW(SSL_verify_client_post_handshake(p.c));
    MUST(kit_shake(&p));
    SHOW(SSL_verify_client_post_handshake(p.c));
    SHOW(SSL_verify_client_post_handshake(p.s)); /* verification is not asked for */
    kit_pair_free(&p);
    kit_version(c, TLS1_2_VERSION);
    kit_shaken(&p, c, s);
    SHOW(SSL_verify_client_post_handshake(p.s));
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void callbacks(void)
{
    kit_pair p;

    begin(&p, "client-ec", SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    SSL_set_verify(p.s, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, on_verify);
    SSL_set_cert_cb(p.c, on_cert, (void *)"argument");
    ask(&p);
    kit_echo(&p, 10);
    kit_pair_free(&p);
}

static void info_callbacks(void)
{
    kit_pair p;

    begin(&p, "client-ec", SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    SSL_set_info_callback(p.s, on_info);
    SSL_set_info_callback(p.c, on_info);
    ask(&p);
    SSL_set_info_callback(p.s, NULL);
    SSL_set_info_callback(p.c, NULL);
    kit_echo(&p, 10);
    kit_pair_free(&p);
}

static SSL_SESSION *last;
static int news;

static int on_new(SSL *ssl, SSL_SESSION *x)
{
    (void)ssl;
    news++;
    SSL_SESSION_free(last);
    last = x;
    return 1;
}

static void tickets(void)
{
    /* new tickets know the client */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    kit_version(c, TLS1_3_VERSION);
    kit_trust(s, "ca");
    MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, on_new);
    SSL_CTX_set_post_handshake_auth(c, 1);
    kit_use(c, "client-ec");
    kit_shaken(&p, c, s);
    kit_settle(&p);
    kit_say("tickets %d", news);
    SHOW(SSL_verify_client_post_handshake(p.s));
    kit_settle(&p);
    kit_echo(&p, 10);
    kit_settle(&p);
    kit_say("tickets %d", news);
    peer_of(p.s);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_session(p.c, last));
    kit_shake_say(&p);
    kit_negotiated(&p);
    peer_of(p.s);
    /* and on a resumed connection */
    ask(&p);
    kit_echo(&p, 10);
    peer_of(p.s);
    kit_pair_free(&p);
    SSL_SESSION_free(last);
    last = NULL;
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void with_data(void)
{
    /* data on its way while the request and its answer are */
    kit_pair p;
    char buf[64];

    begin(&p, "client-ec", SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE);
    SHOW(SSL_verify_client_post_handshake(p.s));
    IO(p.s, SSL_write(p.s, "from the server", 15));
    IO(p.c, SSL_write(p.c, "from the client", 15));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    peer_of(p.s);
    IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
    IO(p.c, SSL_write(p.c, "again", 5));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    peer_of(p.s);
    kit_echo(&p, 10);
    kit_pair_free(&p);
}

static void allowed(void)
{
    int allow;

    for (allow = 0; allow < 2; allow++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;
        char buf[8];

        kit_version(c, TLS1_3_VERSION);
        kit_trust(s, "ca");
        kit_use(c, "client-ec");
        MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
        SSL_CTX_set_post_handshake_auth(c, allow);
        kit_shaken(&p, c, s);
        kit_say("allowed %d", allow);
        SHOW(SSL_verify_client_post_handshake(p.c));
        SHOW(SSL_verify_client_post_handshake(p.s)); /* verification not asked for */
        SSL_set_verify(p.s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SHOW(SSL_verify_client_post_handshake(p.s));
        if (allow) {
            IO(p.s, SSL_do_handshake(p.s));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            kit_chain_of("server", p.s);
            kit_echo(&p, 100);
        }
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(allowed), CASE(answers), CASE(again), CASE(not_now), CASE(callbacks), CASE(info_callbacks), CASE(tickets),
    CASE(with_data),
};

KIT_MAIN(cases)
