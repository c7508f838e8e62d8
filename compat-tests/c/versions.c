/* Protocol versions: bounds, methods, names, and what happens when the two sides have none in common. */
#include "kit.h"

/* Bounds that both libraries have; below TLS 1.2 see doc.go. */
static const int numbers[] = { 0, TLS1_2_VERSION, TLS1_3_VERSION };

static void bounds(void)
{
    static const int odd[] = {
        0, SSL2_VERSION, SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION, 0x0305, 0x0400,
        1, -1, 0xffff, DTLS1_VERSION, DTLS1_2_VERSION, DTLS1_BAD_VER,
    };
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    size_t i;

    SHOW(SSL_CTX_get_min_proto_version(ctx));
    SHOW(SSL_CTX_get_max_proto_version(ctx));
    SHOW(SSL_get_min_proto_version(ssl));
    SHOW(SSL_get_max_proto_version(ssl));
    for (i = 0; i < COUNT(odd); i++) {
        kit_say("0x%04x", odd[i]);
        SHOW(SSL_CTX_set_min_proto_version(ctx, odd[i]));
        SHOW(SSL_CTX_get_min_proto_version(ctx));
        SHOW(SSL_CTX_set_max_proto_version(ctx, odd[i]));
        SHOW(SSL_CTX_get_max_proto_version(ctx));
        SHOW(SSL_set_min_proto_version(ssl, odd[i]));
        SHOW(SSL_get_min_proto_version(ssl));
        SHOW(SSL_set_max_proto_version(ssl, odd[i]));
        SHOW(SSL_get_max_proto_version(ssl));
        SHOW(SSL_CTX_set_min_proto_version(ctx, 0));
        SHOW(SSL_CTX_set_max_proto_version(ctx, 0));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void inverted(void)
{
    kit_pair p;
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SHOW(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION));
    SHOW(SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION));
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    c = kit_client();
    SHOW(SSL_CTX_set_min_proto_version(s, TLS1_3_VERSION));
    SHOW(SSL_CTX_set_max_proto_version(s, TLS1_2_VERSION));
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void names(SSL *ssl)
{
    kit_say("%s %s 0x%04x client_version 0x%04x", SSL_is_server(ssl) ? "server" : "client", SSL_get_version(ssl),
            SSL_version(ssl), SSL_client_version(ssl));
}

static void matrix(void)
{
    size_t a, b, c, d;

    for (a = 0; a < COUNT(numbers); a++)
        for (b = 0; b < COUNT(numbers); b++)
            for (c = 0; c < COUNT(numbers); c++)
                for (d = 0; d < COUNT(numbers); d++) {
                    SSL_CTX *cl = kit_client(), *se = kit_server("server-ec");
                    kit_pair p;

                    kit_say("client %s to %s, server %s to %s", kit_version_name(numbers[a]), kit_version_name(numbers[b]),
                            kit_version_name(numbers[c]), kit_version_name(numbers[d]));
                    SSL_CTX_set_min_proto_version(cl, numbers[a]);
                    SSL_CTX_set_max_proto_version(cl, numbers[b]);
                    SSL_CTX_set_min_proto_version(se, numbers[c]);
                    SSL_CTX_set_max_proto_version(se, numbers[d]);
                    kit_pair_new(&p, cl, se, 0);
                    if (kit_shake_say(&p)) {
                        names(p.c);
                        names(p.s);
                    }
                    kit_pair_free(&p);
                    SSL_CTX_free(cl);
                    SSL_CTX_free(se);
                }
}

static void before_handshake(void)
{
    kit_pair p;

    kit_pair_new(&p, NULL, NULL, 0);
    names(p.c);
    names(p.s);
    SSL_do_handshake(p.c);
    names(p.c);
    kit_pair_free(&p);
}

static void options(void)
{
    static const uint64_t no[] = { SSL_OP_NO_TLSv1_3, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2, SSL_OP_NO_SSL_MASK };
    size_t i;
    int side;

    for (i = 0; i < COUNT(no); i++) {
        for (side = 0; side < 2; side++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            kit_pair p;

            kit_say("option set %zu on the %s", i, side ? "server" : "client");
            /* nothing below TLS 1.2, which only one library has */
            SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
            SSL_CTX_set_min_proto_version(s, TLS1_2_VERSION);
            SSL_CTX_set_options(side ? s : c, no[i]);
            kit_pair_new(&p, c, s, 0);
            if (kit_shake_say(&p))
                kit_negotiated(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void methods(void)
{
    static const struct {
        const char *name;
        const SSL_METHOD *(*get)(void);
    } all[] = {
        { "TLS_method", TLS_method }, { "TLS_client_method", TLS_client_method }, { "TLS_server_method", TLS_server_method },
        { "TLSv1_2_method", TLSv1_2_method }, { "TLSv1_2_client_method", TLSv1_2_client_method },
        { "TLSv1_2_server_method", TLSv1_2_server_method },
    };
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        SSL_CTX *ctx = SSL_CTX_new(all[i].get());
        SSL *ssl;

        kit_say("%s", all[i].name);
        PTR(ctx);
        kit_say("the same each time: %d", all[i].get() == all[i].get());
        kit_say("the context's: %d", SSL_CTX_get_ssl_method(ctx) == all[i].get());
        SHOW(SSL_CTX_get_min_proto_version(ctx));
        SHOW(SSL_CTX_get_max_proto_version(ctx));
        SHOW(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION));
        SHOW(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION));
        ssl = SSL_new(ctx);
        PTR(ssl);
        kit_say("the connection's: %d", SSL_get_ssl_method(ssl) == all[i].get());
        STR(SSL_get_version(ssl));
        SHOW(SSL_is_server(ssl));
        SHOW(SSL_in_before(ssl));
        SHOW(SSL_is_dtls(ssl));
        STR(SSL_state_string_long(ssl));
        /* roles that the method does not have */
        IO(ssl, SSL_accept(ssl));
        SSL_free(ssl);
        ssl = SSL_new(ctx);
        IO(ssl, SSL_connect(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void set_method(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_method()), *s = SSL_CTX_new(TLS_method());
    kit_pair p;

    kit_use(s, "server-ec");
    kit_trust(c, "ca");
    SHOW(SSL_CTX_set_ssl_version(c, TLSv1_2_client_method()));
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, NULL, s, 0);
    SHOW(SSL_set_ssl_method(p.c, TLSv1_2_client_method()));
    SHOW(SSL_version(p.c));
    SHOW(SSL_set_ssl_method(p.c, TLS_client_method()));
    SHOW(SSL_version(p.c));
    SHOW(SSL_set_ssl_method(p.c, TLSv1_2_client_method()));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void fallback_scsv(void)
{
    /* the client says it has fallen back: the server that knows a higher version refuses */
    SSL_CTX *c = kit_client();
    kit_pair p;

    kit_version(c, TLS1_2_VERSION);
    SSL_CTX_set_mode(c, SSL_MODE_SEND_FALLBACK_SCSV);
    kit_pair_new(&p, c, NULL, 0);
    kit_shake_say(&p);
    kit_pair_free(&p);
    {
        SSL_CTX *s = kit_server("server-ec");

        kit_version(s, TLS1_2_VERSION);
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(s);
    }
    SSL_CTX_free(c);
}

static void context_of_connection(void)
{
    /* changing the context does not change a connection made before */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_version(c, TLS1_2_VERSION);
    SHOW(SSL_get_max_proto_version(p.c));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_max_proto_version(p.c, TLS1_3_VERSION));
    SHOW(SSL_set_min_proto_version(p.c, TLS1_3_VERSION));
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(bounds), CASE(inverted), CASE(matrix), CASE(before_handshake), CASE(options), CASE(methods), CASE(set_method),
    CASE(fallback_scsv), CASE(context_of_connection),
};

KIT_MAIN(cases)
