/* Padding of records: SSL_CTX_set_record_padding_callback(3), SSL_CTX_set_block_padding, and the sizes that go with records. */
#include "kit.h"

static size_t data_calls;

/* The size of the last record of data on the wire: written in one piece, what the BIO has seen more. */
static unsigned long long wrote(SSL *ssl, size_t n)
{
    static char data[40000];
    uint64_t before = BIO_number_written(SSL_get_wbio(ssl));

    MUST(SSL_write(ssl, data, (int)n) == (int)n);
    return (unsigned long long)(BIO_number_written(SSL_get_wbio(ssl)) - before);
}

static void drain(SSL *ssl)
{
    static char buf[40000];

    while (SSL_read(ssl, buf, sizeof(buf)) > 0)
        ;
    ERR_clear_error();
}

static void pair_of(kit_pair *p, SSL_CTX *c, int version)
{
    kit_version(c, version);
    kit_pair_new(p, c, NULL, 1 << 17);
    MUST(kit_shake(p));
    kit_settle(p);
}

static void blocks(void)
{
    static const size_t sizes[] = { 0, 1, 2, 16, 100, 512, 4096, 16384, 16385, 1000000 };
    static const size_t data[] = { 1, 15, 16, 99, 511, 16384, 20000 };
    size_t i, k;

    for (i = 0; i < COUNT(sizes); i++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_say("block %zu", sizes[i]);
        SHOW(SSL_CTX_set_block_padding(c, sizes[i]));
        pair_of(&p, c, TLS1_3_VERSION);
        for (k = 0; k < COUNT(data); k++) {
            kit_say("%zu bytes take %llu", data[k], wrote(p.c, data[k]));
            drain(p.s);
        }
        kit_echo(&p, 100000);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

static void fragments(void)
{
    /* padding stays within what a record may have */
    SSL_CTX *c = kit_client();
    kit_pair p;

    pair_of(&p, c, TLS1_3_VERSION);
    SHOW(SSL_set_max_send_fragment(p.c, 1024));
    SHOW(SSL_set_block_padding(p.c, 4096));
    kit_say("10 bytes take %llu", wrote(p.c, 10));
    kit_say("1023 bytes take %llu", wrote(p.c, 1023));
    kit_say("1024 bytes take %llu", wrote(p.c, 1024));
    kit_say("3000 bytes take %llu", wrote(p.c, 3000));
    drain(p.s);
    kit_pair_free(&p);
    kit_version(c, TLS1_2_VERSION);
    pair_of(&p, c, TLS1_2_VERSION);
    SHOW(SSL_set_block_padding(p.c, 4096));
    kit_say("TLSv1.2: 10 bytes take %llu", wrote(p.c, 10));
    kit_pair_free(&p);
    SSL_CTX_free(c);
}

static size_t pad(SSL *ssl, int type, size_t len, void *arg)
{
    (void)ssl;
    /* how often it is called for the handshake depends on how messages are put into records */
    if (type == SSL3_RT_APPLICATION_DATA) {
        data_calls++;
        kit_say("padding callback: type %d, %zu bytes, argument %s", type, len, arg ? (const char *)arg : "NULL");
        return arg != NULL ? (size_t)atoi(arg) : 7;
    }
    return 0;
}

static void callback(void)
{
    SSL_CTX *c = kit_client();
    kit_pair p;

    PTR(SSL_CTX_get_record_padding_callback_arg(c));
    SSL_CTX_set_record_padding_callback(c, pad);
    SSL_CTX_set_record_padding_callback_arg(c, (void *)"100");
    STR(SSL_CTX_get_record_padding_callback_arg(c));
    SHOW(SSL_CTX_set_block_padding(c, 512));
    pair_of(&p, c, TLS1_3_VERSION);
    STR(SSL_get_record_padding_callback_arg(p.c));
    kit_say("10 bytes take %llu", wrote(p.c, 10));
    kit_say("16384 bytes take %llu", wrote(p.c, 16384));
    kit_say("20000 bytes take %llu", wrote(p.c, 20000));
    drain(p.s);
    SSL_set_record_padding_callback_arg(p.c, (void *)"1000000");
    STR(SSL_get_record_padding_callback_arg(p.c));
    STR(SSL_CTX_get_record_padding_callback_arg(c));
    kit_say("10 bytes take %llu", wrote(p.c, 10));
    drain(p.s);
    SSL_set_record_padding_callback_arg(p.c, NULL);
    kit_say("10 bytes take %llu", wrote(p.c, 10));
    drain(p.s);
    SHOW(SSL_set_record_padding_callback(p.c, NULL));
    kit_say("10 bytes take %llu", wrote(p.c, 10));
    drain(p.s);
    kit_echo(&p, 1000);
    SHOW(data_calls);
    kit_pair_free(&p);
    kit_version(c, TLS1_2_VERSION);
    data_calls = 0;
    pair_of(&p, c, TLS1_2_VERSION);
    kit_say("TLSv1.2: 10 bytes take %llu", wrote(p.c, 10));
    SHOW(data_calls);
    kit_pair_free(&p);
    SSL_CTX_free(c);
}

static void fragment_extension(void)
{
    /* asked for by the client, kept by both */
    static const int modes[] = { TLSEXT_max_fragment_length_DISABLED, TLSEXT_max_fragment_length_512, TLSEXT_max_fragment_length_2048,
                                 TLSEXT_max_fragment_length_4096, 5, 200 };
    size_t v, i;

    for (v = 0; v < 2; v++) {
        for (i = 0; i < COUNT(modes); i++) {
            SSL_CTX *c = kit_client();
            kit_pair p;

            kit_version(c, v ? TLS1_3_VERSION : TLS1_2_VERSION);
            kit_say("%s, mode %d", v ? "TLSv1.3" : "TLSv1.2", modes[i]);
            kit_pair_new(&p, c, NULL, 1 << 17);
            SHOW(SSL_set_tlsext_max_fragment_length(p.c, (uint8_t)modes[i]));
            kit_shake_say(&p);
            kit_settle(&p);
            SHOW(SSL_SESSION_get_max_fragment_length(SSL_get_session(p.c)));
            kit_say("the client's 5000 bytes take %llu", wrote(p.c, 5000));
            kit_say("the server's 5000 bytes take %llu", wrote(p.s, 5000));
            drain(p.s);
            drain(p.c);
            kit_pair_free(&p);
            SSL_CTX_free(c);
        }
    }
}

static void buffers(void)
{
    /* SSL_free_buffers, SSL_alloc_buffers: between records only */
    kit_pair p;
    char buf[8];

    kit_pair_new(&p, NULL, NULL, 0);
    SHOW(SSL_free_buffers(p.c));
    SHOW(SSL_alloc_buffers(p.c));
    MUST(kit_shake(&p));
    kit_settle(&p);
    SHOW(SSL_free_buffers(p.c));
    SHOW(SSL_alloc_buffers(p.c));
    SHOW(SSL_free_buffers(p.s));
    kit_echo(&p, 1000);
    MUST(SSL_write(p.s, "0123456789", 10) == 10);
    IO(p.c, SSL_read(p.c, buf, 3));
    kit_say("with %d bytes of a record still to be read", SSL_pending(p.c));
    SHOW(SSL_free_buffers(p.c));
    IO(p.c, SSL_read(p.c, buf, 8));
    SHOW(SSL_free_buffers(p.c));
    kit_echo(&p, 1000);
    kit_pair_free(&p);
}

static const kit_case cases[] = {
    CASE(blocks), CASE(fragments), CASE(callback), CASE(fragment_extension), CASE(buffers),
};

KIT_MAIN(cases)
