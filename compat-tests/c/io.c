/* SSL_read, SSL_peek, SSL_write and friends: return values, retries, and that no byte is lost or doubled. */
#include "kit.h"

#include <unistd.h>

#define BULK (10u << 20) /* bytes each way in the bulk cases */

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void basic(void)
{
    char buf[64];
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        kit_pair p;
        size_t n = 99;

        kit_say("%s", kit_version_name(versions[i]));
        kit_pair_of(&p, versions[i], 0);
        SHOW(SSL_pending(p.s));
        SHOW(SSL_has_pending(p.s));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        SHOW(SSL_want(p.s));
        IO(p.s, SSL_peek(p.s, buf, sizeof(buf)));
        IO(p.c, SSL_write(p.c, "0123456789", 10));
        SHOW(SSL_want(p.c));
        SHOW(SSL_pending(p.s));
        SHOW(SSL_has_pending(p.s));
        IO(p.s, SSL_peek(p.s, buf, 4));
        kit_say("%.4s", buf);
        SHOW(SSL_pending(p.s));
        SHOW(SSL_has_pending(p.s));
        IO(p.s, SSL_read(p.s, buf, 3));
        kit_say("%.3s", buf);
        SHOW(SSL_pending(p.s));
        IO(p.s, SSL_peek_ex(p.s, buf, 5, &n));
        kit_say("n %zu: %.5s", n, buf);
        IO(p.s, SSL_read_ex(p.s, buf, sizeof(buf), &n));
        kit_say("n %zu: %.7s", n, buf);
        SHOW(SSL_pending(p.s));
        SHOW(SSL_has_pending(p.s));
        n = 99;
        IO(p.s, SSL_read_ex(p.s, buf, sizeof(buf), &n));
        kit_say("n %zu", n);
        n = 99;
        IO(p.s, SSL_peek_ex(p.s, buf, sizeof(buf), &n));
        kit_say("n %zu", n);
        IO(p.s, SSL_write_ex(p.s, "answer", 6, &n));
        kit_say("n %zu", n);
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        kit_say("%.6s", buf);
        kit_pair_free(&p);
    }
}

static void records_do_not_merge(void)
{
    char buf[64];
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        kit_pair p;

        kit_say("%s", kit_version_name(versions[i]));
        kit_pair_of(&p, versions[i], 0);
        MUST(SSL_write(p.c, "first", 5) == 5);
        MUST(SSL_write(p.c, "second", 6) == 6);
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        SHOW(SSL_pending(p.s));
        IO(p.s, SSL_read(p.s, buf, 2));
        SHOW(SSL_pending(p.s));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        kit_pair_free(&p);
    }
}

static void bad_arguments(void)
{
    char buf[16];
    size_t n = 99;
    kit_pair p;
    SSL *fresh;

    kit_pair_of(&p, TLS1_3_VERSION, 0);
    IO(p.c, SSL_read(p.c, buf, -1));
    IO(p.c, SSL_peek(p.c, buf, -1));
    IO(p.c, SSL_write(p.c, buf, -1));
    IO(p.c, SSL_read(p.c, buf, 0));
    IO(p.c, SSL_peek(p.c, buf, 0));
    IO(p.c, SSL_write(p.c, buf, 0));
    IO(p.c, SSL_read_ex(p.c, buf, 0, &n));
    kit_say("n %zu", n);
    n = 99;
    IO(p.c, SSL_write_ex(p.c, buf, 0, &n));
    kit_say("n %zu", n);
    /* and with data waiting */
    MUST(SSL_write(p.s, "abc", 3) == 3);
    IO(p.c, SSL_read(p.c, buf, 0));
    IO(p.c, SSL_read(p.c, buf, 16));
    /* the connection goes on */
    kit_echo(&p, 100);
    kit_pair_free(&p);

    /* neither role set */
    fresh = SSL_new(kit_client());
    IO(fresh, SSL_read(fresh, buf, 4));
    IO(fresh, SSL_write(fresh, buf, 4));
    IO(fresh, SSL_do_handshake(fresh));
    IO(fresh, SSL_shutdown(fresh));
    SHOW(SSL_in_init(fresh));
    SHOW(SSL_in_before(fresh));
    SHOW(SSL_is_init_finished(fresh));
    /* a role, but no BIO */
    IO(fresh, SSL_connect(fresh));
    IO(fresh, SSL_read(fresh, buf, 4));
    {
        SSL_CTX *ctx = SSL_get_SSL_CTX(fresh);

        SSL_free(fresh);
        SSL_CTX_free(ctx);
    }
}

static void implicit_handshake(void)
{
    /* SSL_read and SSL_write do the handshake themselves */
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        char buf[16];
        kit_pair p;
        int turn, r = -1, w = -1;

        kit_version(c, versions[i]);
        kit_pair_new(&p, c, s, 0);
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        IO(p.c, SSL_write(p.c, "hello", 5));
        for (turn = 0; turn < 20 && r <= 0; turn++) {
            r = SSL_read(p.s, buf, sizeof(buf));
            if (w <= 0)
                w = SSL_write(p.c, "hello", 5);
        }
        kit_say("%s wrote %d, read %d", kit_version_name(versions[i]), w, r);
        ERR_clear_error();
        kit_negotiated(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Sends BULK bytes from one end to the other in pieces; checks the hash. */
typedef struct {
    const char *name;
    size_t bio;       /* size of the BIO pair */
    size_t write_max; /* largest piece written; the pieces vary */
    size_t read_max;
    long mode;
    int moving;       /* a retry comes from another buffer */
    int version;
    int from_server;
    size_t total;
} bulk_plan;

static size_t piece(size_t max, uint64_t pos)
{
    return 1 + (size_t)((pos * 2654435761u + (pos >> 7)) % max);
}

static void bulk_one(const bulk_plan *b)
{
    kit_pair p;
    SSL *from, *to;
    unsigned char *out[2], *in = malloc(b->read_max);
    uint64_t sent = 0, got = 0, hash = KIT_HASH_START, expect = KIT_HASH_START;
    size_t want = 0, partial = 0, again = 0, zero = 0;
    int which = 0, odd = 0;

    kit_pair_of(&p, b->version, b->bio);
    from = b->from_server ? p.s : p.c;
    to = b->from_server ? p.c : p.s;
    out[0] = malloc(b->write_max);
    out[1] = malloc(b->write_max);
    SSL_set_mode(from, b->mode);
    while (got < b->total) {
        if (sent < b->total) {
            int r;

            if (want == 0) {
                want = piece(b->write_max, sent);
                if (want > b->total - sent)
                    want = (size_t)(b->total - sent);
                kit_fill(out[which], want, sent);
            } else if (b->moving) {
                /* the same bytes elsewhere; the old place is overwritten */
                which = !which;
                kit_fill(out[which], want, sent);
                memset(out[!which], 0xEE, b->write_max);
            }
            ERR_clear_error();
            r = SSL_write(from, out[which], (int)want);
            if (r > 0) {
                expect = kit_hash(expect, out[which], (size_t)r);
                sent += (uint64_t)r;
                if ((size_t)r < want)
                    partial++;
                want = 0;
            } else {
                int e = SSL_get_error(from, r);

                if (e != SSL_ERROR_WANT_WRITE || r != -1 || SSL_want(from) != SSL_WRITING)
                    odd++;
                again++;
            }
        }
        for (;;) {
            int r = SSL_read(to, in, (int)piece(b->read_max, got));
            int e;

            if (r > 0) {
                hash = kit_hash(hash, in, (size_t)r);
                got += (uint64_t)r;
                continue;
            }
            e = SSL_get_error(to, r);
            if (e != SSL_ERROR_WANT_READ || r != -1 || SSL_want(to) != SSL_READING)
                odd++;
            break;
        }
        if (++zero > 40000000 || odd > 10)
            break;
    }
    kit_say("%s: %llu of %zu bytes, hash %s, retries %s, partial %s, odd results %d", b->name, (unsigned long long)got,
            b->total, hash == expect ? "same" : "DIFFERENT", again > 0 ? "yes" : "no", partial > 0 ? "yes" : "no", odd);
    kit_queue();
    free(in);
    free(out[0]);
    free(out[1]);
    kit_pair_free(&p);
}

static void bulk(void)
{
    static const bulk_plan plans[] = {
        { "1.3 large pieces", 0, 100000, 70000, 0, 0, TLS1_3_VERSION, 0, BULK },
        { "1.2 large pieces", 0, 100000, 70000, 0, 0, TLS1_2_VERSION, 1, BULK },
        { "1.3 records", 0, 16384, 16384, SSL_MODE_ENABLE_PARTIAL_WRITE, 0, TLS1_3_VERSION, 1, BULK },
        { "1.3 partial", 40000, 60000, 30000, SSL_MODE_ENABLE_PARTIAL_WRITE, 0, TLS1_3_VERSION, 0, BULK },
        { "1.3 partial, moving", 5000, 60000, 30000, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, 1, TLS1_3_VERSION, 0, BULK },
        { "1.2 partial, moving", 5000, 60000, 30000, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, 1, TLS1_2_VERSION, 0, BULK },
        { "1.3 moving, small pair", 1000, 40000, 100, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, 1, TLS1_3_VERSION, 1, 2 << 20 },
        { "1.2 tiny pair", 97, 3000, 50, 0, 0, TLS1_2_VERSION, 0, 1 << 19 },
        { "1.3 tiny pair", 61, 3000, 50, 0, 0, TLS1_3_VERSION, 1, 1 << 19 },
        { "1.3 one byte pair", 1, 300, 300, 0, 0, TLS1_3_VERSION, 0, 1 << 14 },
        { "1.3 bytes", 0, 3, 2, 0, 0, TLS1_3_VERSION, 0, 1 << 16 },
        { "1.3 release buffers", 3000, 30000, 20000, SSL_MODE_RELEASE_BUFFERS, 0, TLS1_3_VERSION, 0, 2 << 20 },
    };
    size_t i;

    for (i = 0; i < COUNT(plans); i++)
        bulk_one(&plans[i]);
}

static void key_update(void)
{
    kit_pair p;

    kit_pair_of(&p, TLS1_2_VERSION, 0);
    SHOW(SSL_key_update(p.c, SSL_KEY_UPDATE_REQUESTED));
    kit_pair_free(&p);

    kit_pair_of(&p, TLS1_3_VERSION, 0);
    SHOW(SSL_get_key_update_type(p.c));
    SHOW(SSL_key_update(p.c, 2));
    SHOW(SSL_key_update(p.c, SSL_KEY_UPDATE_REQUESTED));
    SHOW(SSL_get_key_update_type(p.c));
    IO(p.c, SSL_do_handshake(p.c));
    SHOW(SSL_get_key_update_type(p.c));
    kit_echo(&p, 1000);
    SHOW(SSL_key_update(p.s, SSL_KEY_UPDATE_NOT_REQUESTED));
    SHOW(SSL_get_key_update_type(p.s));
    kit_echo(&p, 40000);
    SHOW(SSL_get_key_update_type(p.s));
    kit_pair_free(&p);
}

static void sendfile_and_async(void)
{
    kit_pair p;
    int fds[2];
    size_t n = 9;

    kit_pair_fd(&p, NULL, NULL, fds);
    MUST(kit_shake(&p));
    /* without kernel TLS */
    kit_show("SSL_sendfile", SSL_sendfile(p.c, fds[0], 0, 10, 0));
    SHOW(SSL_waiting_for_async(p.c));
    SHOW(SSL_get_all_async_fds(p.c, NULL, &n));
    kit_say("n %zu", n);
    kit_pair_free(&p);
    close(fds[0]);
    close(fds[1]);
}

static void after_shutdown(void)
{
    size_t i;
    char buf[16];

    for (i = 0; i < COUNT(versions); i++) {
        kit_pair p;

        kit_say("%s", kit_version_name(versions[i]));
        kit_pair_of(&p, versions[i], 0);
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_write(p.c, "x", 1));
        /* half closed: the other direction still works */
        IO(p.s, SSL_write(p.s, "late", 4));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        IO(p.s, SSL_peek(p.s, buf, sizeof(buf)));
        IO(p.s, SSL_write(p.s, "later", 5));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        kit_pair_free(&p);
    }
}

static void byte_counts(void)
{
    /* the BIO counters see what was written: nothing is written in bits and pieces or twice */
    kit_pair p;
    char buf[100];
    uint64_t before;

    kit_pair_of(&p, TLS1_3_VERSION, 0);
    before = BIO_number_written(SSL_get_wbio(p.c));
    MUST(SSL_write(p.c, "0123456789", 10) == 10);
    kit_say("a record of 10 bytes takes %llu", (unsigned long long)(BIO_number_written(SSL_get_wbio(p.c)) - before));
    before = BIO_number_read(SSL_get_rbio(p.s));
    MUST(SSL_read(p.s, buf, sizeof(buf)) == 10);
    kit_say("and gives %llu", (unsigned long long)(BIO_number_read(SSL_get_rbio(p.s)) - before));
    SHOW(SSL_set_block_padding(p.c, 128));
    before = BIO_number_written(SSL_get_wbio(p.c));
    MUST(SSL_write(p.c, "0123456789", 10) == 10);
    kit_say("padded to 128: %llu", (unsigned long long)(BIO_number_written(SSL_get_wbio(p.c)) - before));
    SHOW(SSL_set_block_padding(p.c, 16385));
    SHOW(SSL_set_block_padding(p.c, 0));
    SHOW(SSL_set_block_padding(p.c, 1));
    MUST(SSL_read(p.s, buf, sizeof(buf)) == 10);
    kit_pair_free(&p);

    kit_pair_of(&p, TLS1_2_VERSION, 0);
    before = BIO_number_written(SSL_get_wbio(p.c));
    MUST(SSL_write(p.c, "0123456789", 10) == 10);
    kit_say("1.2: %llu", (unsigned long long)(BIO_number_written(SSL_get_wbio(p.c)) - before));
    kit_pair_free(&p);
}

static void early_data_functions(void)
{
    /* without early data configured */
    kit_pair p;
    size_t n = 9;
    char buf[8];

    kit_pair_new(&p, NULL, NULL, 0);
    SHOW(SSL_get_early_data_status(p.c));
    SHOW(SSL_CTX_get_max_early_data(p.sctx));
    SHOW(SSL_get_max_early_data(p.s));
    SHOW(SSL_CTX_get_recv_max_early_data(p.sctx));
    IO(p.c, SSL_write_early_data(p.c, "x", 1, &n));
    IO(p.c, SSL_read_early_data(p.c, buf, 8, &n));
    IO(p.s, SSL_write_early_data(p.s, "x", 1, &n));
    MUST(kit_shake(&p));
    SHOW(SSL_get_early_data_status(p.c));
    SHOW(SSL_get_early_data_status(p.s));
    IO(p.s, SSL_read_early_data(p.s, buf, 8, &n));
    kit_pair_free(&p);
}

static const kit_case cases[] = {
    CASE(basic), CASE(records_do_not_merge), CASE(bad_arguments), CASE(implicit_handshake), CASE(bulk),
    CASE(key_update), CASE(sendfile_and_async), CASE(after_shutdown), CASE(byte_counts), CASE(early_data_functions),
};

KIT_MAIN(cases)
