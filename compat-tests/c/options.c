/* Options and modes: set, clear, inherited, and those whose effect can be seen. */
#include "kit.h"

#define X(v) kit_say(#v " = 0x%llx", (unsigned long long)(v))

static void set_and_clear(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl;
    int bit;

    X(SSL_CTX_get_options(ctx));
    for (bit = 0; bit < 64; bit++) {
        uint64_t o = UINT64_C(1) << bit;

        kit_say("bit %d: set 0x%llx, clear 0x%llx", bit, (unsigned long long)SSL_CTX_set_options(ctx, o), (unsigned long long)SSL_CTX_clear_options(ctx, o));
    }
    X(SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET));
    ssl = SSL_new(ctx);
    X(SSL_get_options(ssl));
    X(SSL_set_options(ssl, SSL_OP_NO_TLSv1_3));
    X(SSL_clear_options(ssl, SSL_OP_NO_TICKET));
    X(SSL_get_options(ssl));
    X(SSL_CTX_get_options(ctx));
    X(SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE));
    X(SSL_get_options(ssl));
    kit_say("modes");
    for (bit = 0; bit < 12; bit++) {
        long m = 1L << bit;

        kit_say("bit %d: set 0x%lx, clear 0x%lx", bit, SSL_CTX_set_mode(ctx, m), SSL_CTX_clear_mode(ctx, m));
        kit_say("bit %d: set 0x%lx, clear 0x%lx", bit, SSL_set_mode(ssl, m), SSL_clear_mode(ssl, m));
    }
    X(SSL_CTX_get_mode(ctx));
    X(SSL_get_mode(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void no_versions(void)
{
    static const uint64_t options[] = { SSL_OP_NO_TLSv1_3, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1 | SSL_OP_NO_SSLv3 };
    size_t i;

    for (i = 0; i < COUNT(options); i++) {
        kit_pair p;

        kit_pair_new(&p, NULL, NULL, 0);
        SSL_set_options(p.s, options[i]);
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
    }
}

static void middlebox(void)
{
    /* without it a TLS 1.3 hello has an empty session id and no ChangeCipherSpec is sent */
    int on;

    for (on = 0; on < 2; on++) {
        SSL_CTX *c = kit_client();
        SSL *ssl;
        BIO *out = BIO_new(BIO_s_mem()), *in = BIO_new(BIO_s_mem());
        unsigned char *p;

        kit_version(c, TLS1_3_VERSION);
        if (!on)
            SSL_CTX_clear_options(c, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
        ssl = SSL_new(c);
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(ssl, in, out);
        SSL_set_connect_state(ssl);
        IO(ssl, SSL_do_handshake(ssl));
        MUST(BIO_get_mem_data(out, (char **)&p) > 50);
        kit_say("compatibility %d: session id of %d", on, p[5 + 4 + 2 + 32]);
        kit_say("record version %02x%02x, legacy version %02x%02x", p[1], p[2], p[9], p[10]);
        SSL_free(ssl);
        SSL_CTX_free(c);
    }
}

static void extended_master_secret(void)
{
    int side;

    for (side = 0; side < 3; side++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_version(c, TLS1_2_VERSION);
        if (side == 1)
            SSL_CTX_set_options(c, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        if (side == 2)
            SSL_CTX_set_options(s, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        kit_shaken(&p, c, s);
        kit_say("%d: client %ld, server %ld", side, (long)SSL_get_extms_support(p.c), (long)SSL_get_extms_support(p.s));
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void max_fragment_length(void)
{
    static const uint8_t modes[] = { TLSEXT_max_fragment_length_512, TLSEXT_max_fragment_length_1024, TLSEXT_max_fragment_length_2048,
                                     TLSEXT_max_fragment_length_4096 };
    size_t i;
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
        for (i = 0; i < COUNT(modes); i++) {
            SSL_CTX *c = kit_client();
            static unsigned char data[20000], in[20000];
            kit_pair p;

            kit_version(c, version);
            SHOW(SSL_CTX_set_tlsext_max_fragment_length(c, modes[i]));
            kit_pair_new(&p, c, NULL, 100000);
            kit_shake_say(&p);
            kit_settle(&p);
            SHOW(SSL_SESSION_get_max_fragment_length(SSL_get_session(p.c)));
            SHOW(SSL_SESSION_get_max_fragment_length(SSL_get_session(p.s)));
            MUST(SSL_write(p.s, data, sizeof(data)) > 0);
            IO(p.c, SSL_read(p.c, in, sizeof(in)));
            MUST(SSL_write(p.c, data, sizeof(data)) > 0);
            IO(p.s, SSL_read(p.s, in, sizeof(in)));
            kit_pair_free(&p);
            SSL_CTX_free(c);
        }
}

static void max_cert_list(void)
{
    /* a peer's certificates over the limit */
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_version(c, version);
        SSL_CTX_set_max_cert_list(c, 200);
        kit_pair_new(&p, c, NULL, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

static const kit_case cases[] = {
    CASE(set_and_clear), CASE(no_versions), CASE(middlebox), CASE(extended_master_secret), CASE(max_fragment_length), CASE(max_cert_list),
};

KIT_MAIN(cases)
