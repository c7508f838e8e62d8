/* Custom extensions among the other callbacks of a handshake, and in post-handshake authentication. */
#include "kit_customext.h"

enum { EXT = 65001 };

#define ALL (SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_SERVER_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS \
             | SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE | SSL_EXT_TLS1_3_NEW_SESSION_TICKET \
             | SSL_EXT_TLS1_3_CERTIFICATE_REQUEST)

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static unsigned wrong;  /* the context in which an answer is wrong */
static int wrong_add, wrong_parse; /* what is answered there */

static const char *side(const SSL *s) { return SSL_is_server(s) ? "server" : "client"; }

static void called(SSL *s, const char *what) { kit_say("%s: %s, state \"%s\"", side(s), what, SSL_state_string_long(s)); }

static int add(SSL *s, unsigned type, unsigned context, const unsigned char **out, size_t *outlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    (void)type;
    (void)arg;
    kit_say("%s: adds to %s, certificate %d, %d, state \"%s\"", side(s), context_name(context), x != NULL, (int)chainidx, SSL_state_string_long(s));
    *out = (const unsigned char *)"data";
    *outlen = 4;
    if (context == wrong && wrong_add <= 0) {
        *al = SSL_AD_ACCESS_DENIED;
        return wrong_add;
    }
    return 1;
}

static void release(SSL *s, unsigned type, unsigned context, const unsigned char *out, void *arg)
{
    (void)type;
    (void)out;
    (void)arg;
    kit_say("%s: frees what went to %s", side(s), context_name(context));
}

static int parse(SSL *s, unsigned type, unsigned context, const unsigned char *in, size_t inlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    (void)type;
    (void)arg;
    kit_say("%s: parses %s, %.*s, certificate %d, %d, state \"%s\"", side(s), context_name(context), (int)inlen, (const char *)in, x != NULL,
            (int)chainidx, SSL_state_string_long(s));
    if (context == wrong && wrong_parse <= 0) {
        *al = SSL_AD_ACCESS_DENIED;
        return wrong_parse;
    }
    return 1;
}

static int on_status(SSL *s, void *arg)
{
    (void)arg;
    called(s, "status");
    SSL_set_tlsext_status_ocsp_resp(s, OPENSSL_memdup("staple", 6), 6);
    return SSL_TLSEXT_ERR_OK;
}

static int on_cert(SSL *s, void *arg)
{
    (void)arg;
    called(s, "certificate");
    return 1;
}

static int on_verify(int ok, X509_STORE_CTX *x)
{
    SSL *s = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (X509_STORE_CTX_get_error_depth(x) == 0)
        called(s, "verify");
    return ok;
}

static int on_name(SSL *s, int *al, void *arg)
{
    (void)al;
    (void)arg;
    called(s, "servername");
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *client(int version)
{
    SSL_CTX *ctx = kit_client();

    kit_version(ctx, version);
    kit_use(ctx, "client-ec");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_cert_cb(ctx, on_cert, NULL);
    SSL_CTX_set_post_handshake_auth(ctx, 1);
    MUST(SSL_CTX_add_custom_ext(ctx, EXT, ALL, add, release, NULL, parse, NULL));
    return ctx;
}

static SSL_CTX *server(void)
{
    SSL_CTX *ctx = kit_server("server-ec");

    kit_trust(ctx, "ca");
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_tlsext_status_cb(ctx, on_status);
    SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
    SSL_CTX_set_cert_cb(ctx, on_cert, NULL);
    MUST(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"order", 5));
    MUST(SSL_CTX_add_custom_ext(ctx, EXT, ALL, add, release, NULL, parse, NULL));
    return ctx;
}

static void among_others(void)
{
    size_t v;
    int how;

    for (v = 0; v < COUNT(versions); v++)
        for (how = 0; how < 2; how++) {
            SSL_CTX *c = client(versions[v]), *s = server();
            kit_pair p;

            kit_say("%s, how %d", kit_version_name(versions[v]), how);
            if (how == 1)
                SSL_CTX_set_verify(s, SSL_VERIFY_PEER, on_verify);
            kit_pair_new(&p, c, s, 0);
            MUST(SSL_set_tlsext_host_name(p.c, "server.test"));
            kit_shake_say(&p);
            kit_settle(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* One round of post-handshake authentication. */
static void round_of(kit_pair *p)
{
    char b[16];
    int i;

    SHOW(SSL_verify_client_post_handshake(p->s));
    IO(p->s, SSL_do_handshake(p->s));
    for (i = 0; i < 2; i++) {
        IO(p->c, SSL_read(p->c, b, sizeof(b)));
        IO(p->s, SSL_read(p->s, b, sizeof(b)));
    }
    kit_say("the server has seen a certificate: %d", SSL_get0_peer_certificate(p->s) != NULL);
}

static void begin(kit_pair *p)
{
    SSL_CTX *c = client(TLS1_3_VERSION), *s = server();

    kit_pair_new(p, c, s, 0);
    MUST(kit_shake(p));
    kit_settle(p);
    SSL_set_verify(p->s, SSL_VERIFY_PEER, on_verify);
    kit_watch_alerts(p);
    kit_say("--");
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void after_the_handshake(void)
{
    kit_pair p;

    wrong = 0;
    begin(&p);
    round_of(&p);
    round_of(&p);
    kit_echo(&p, 100);
    kit_pair_free(&p);
}

static void wrong_answers(void)
{
    static const unsigned contexts[] = { SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, SSL_EXT_TLS1_3_CERTIFICATE };
    static const int answers[][2] = { { -1, 1 }, { 0, 1 }, { 1, 0 } };
    size_t i, k;

    for (i = 0; i < COUNT(contexts); i++)
        for (k = 0; k < COUNT(answers); k++) {
            kit_pair p;

            wrong = 0;
            begin(&p);
            wrong = contexts[i];
            wrong_add = answers[k][0];
            wrong_parse = answers[k][1];
            kit_say("in %s: add %d, parse %d", context_name(wrong), wrong_add, wrong_parse);
            round_of(&p);
            kit_alerts(&p);
            kit_pair_free(&p);
        }
    wrong = 0;
}

static const kit_case cases[] = { CASE(among_others), CASE(after_the_handshake), CASE(wrong_answers) };

KIT_MAIN(cases)
