/* How much is read at once: SSL_CTX_set_default_read_buffer_len(3) with and without SSL_CTX_set_read_ahead. Sizes of single
 * reads are the library's own: what is compared is how many it takes for data that lies there. */
#include "kit.h"

enum { RECORDS = 5 };

static int reads;

static long on_bio(BIO *bio, int op, const char *argp, size_t len, int argi, long argl, int ret, size_t *processed)
{
    (void)bio;
    (void)argp;
    (void)len;
    (void)argi;
    (void)argl;
    if (op == (BIO_CB_READ | BIO_CB_RETURN) && ret > 0 && processed != NULL && *processed > 0)
        reads++;
    return ret;
}

static void receive(kit_pair *p, size_t size)
{
    unsigned char *data = OPENSSL_malloc(SSL3_RT_MAX_PLAIN_LENGTH), *got = OPENSSL_malloc(SSL3_RT_MAX_PLAIN_LENGTH);
    uint64_t sent = KIT_HASH_START, received = KIT_HASH_START;
    size_t n;
    int i;

    MUST(data != NULL && got != NULL && size <= SSL3_RT_MAX_PLAIN_LENGTH);
    for (i = 0; i < RECORDS; i++) {
        kit_fill(data, size, (uint64_t)i * size);
        sent = kit_hash(sent, data, size);
        MUST(SSL_write(p->c, data, (int)size) == (int)size);
    }
    reads = 0;
    for (i = 0; i < RECORDS; i++) {
        MUST(SSL_read_ex(p->s, got, size, &n) && n == size);
        received = kit_hash(received, got, n);
        kit_say("record %d: reads for it %d, pending %d, more to process %d", i, reads, SSL_pending(p->s), SSL_has_pending(p->s));
        reads = 0;
    }
    kit_say("arrived as sent %d", sent == received);
    OPENSSL_free(data);
    OPENSSL_free(got);
}

static void of(size_t on_ctx, size_t on_ssl, int ahead, size_t size)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    kit_say("-- SSL_CTX %zu, SSL %zu, read ahead %d, records of %zu", on_ctx, on_ssl, ahead, size);
    SSL_CTX_set_num_tickets(s, 0);
    SSL_CTX_set_read_ahead(s, ahead);
    if (on_ctx > 0)
        SSL_CTX_set_default_read_buffer_len(s, on_ctx);
    kit_pair_new(&p, c, s, 200000);
    if (on_ssl > 0)
        SSL_set_default_read_buffer_len(p.s, on_ssl);
    MUST(kit_shake(&p));
    BIO_set_callback_ex(SSL_get_rbio(p.s), on_bio);
    receive(&p, size);
    receive(&p, 100);
    BIO_set_callback_ex(SSL_get_rbio(p.s), NULL);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void together(void)
{
    of(100000, 0, 1, SSL3_RT_MAX_PLAIN_LENGTH);
    of(0, 100000, 1, SSL3_RT_MAX_PLAIN_LENGTH);
    of(1000, 100000, 1, 10000);
    of(0, 0, 1, 1000);
    of(100, 0, 1, 1000);
}

static void one_by_one(void)
{
    of(0, 0, 0, 1000);
    of(100000, 0, 0, SSL3_RT_MAX_PLAIN_LENGTH);
    of(0, 100000, 0, 1000);
}

/* Lengths that nobody can mean. */
static void lengths(void)
{
    SSL_CTX *c = kit_client();
    SSL *ssl = SSL_new(c);

    MUST(ssl != NULL);
    SSL_CTX_set_default_read_buffer_len(c, 0);
    SSL_set_default_read_buffer_len(ssl, 0);
    SSL_CTX_set_default_read_buffer_len(c, (size_t)-1);
    SSL_set_default_read_buffer_len(ssl, (size_t)-1);
    kit_queue();
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static const kit_case cases[] = {
    CASE(together), CASE(one_by_one), CASE(lengths),
};

KIT_MAIN(cases)
