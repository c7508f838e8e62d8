/* What stands between a call and the transport: retries of a write that must wait, the modes, the sizes of records,
 * reading ahead. */
#include "kit.h"

#include <sys/socket.h>
#include <unistd.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Fills the pair until a write must wait. */
static void block(kit_pair *p, const unsigned char *buf, int n)
{
    int r, i;

    for (i = 0; i < 100; i++) {
        r = SSL_write(p->c, buf, n);
        if (r <= 0)
            break;
    }
    kit_say("blocked after %d writes of %d", i, n);
    kit_io("SSL_write", p->c, r);
}

static void drain(kit_pair *p)
{
    char buf[20000];

    while (SSL_read(p->s, buf, sizeof(buf)) > 0)
        ;
    ERR_clear_error();
}

static void bad_write_retry(void)
{
    unsigned char *a = calloc(1, 40000), *b = calloc(1, 40000);
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        kit_pair p;
        char in[8];
        int r, turn;

        kit_say("%s, a shorter length", kit_version_name(versions[i]));
        kit_pair_of(&p, versions[i], 2000);
        block(&p, a, 5000);
        IO(p.c, SSL_write(p.c, a, 4999));
        /* a wrong length ends the connection */
        drain(&p);
        IO(p.c, SSL_write(p.c, a, 5000));
        drain(&p);
        IO(p.c, SSL_write(p.c, a, 5000));
        kit_pair_free(&p);

        kit_say("another buffer");
        kit_pair_of(&p, versions[i], 2000);
        block(&p, a, 5000);
        IO(p.c, SSL_write(p.c, b, 5000));
        /* so does a wrong buffer, and the right one comes too late */
        drain(&p);
        IO(p.c, SSL_write(p.c, a, 5000));
        drain(&p);
        IO(p.c, SSL_write(p.c, a, 5000));
        drain(&p);
        IO(p.c, SSL_write(p.c, a, 5000));
        kit_pair_free(&p);

        kit_say("another buffer, allowed");
        kit_pair_of(&p, versions[i], 2000);
        SSL_set_mode(p.c, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        block(&p, a, 5000);
        IO(p.c, SSL_write(p.c, b, 5000));
        IO(p.c, SSL_write(p.c, b, 100));
        drain(&p);
        kit_pair_free(&p);

        kit_say("a longer length");
        kit_pair_of(&p, versions[i], 2000);
        block(&p, a, 5000);
        IO(p.c, SSL_write(p.c, a, 6000));
        for (r = -1, turn = 0; r <= 0 && turn < 10; turn++) {
            drain(&p);
            r = SSL_write(p.c, a, 6000);
        }
        kit_io("in the end", p.c, r);
        kit_pair_free(&p);

        kit_say("reading while a write waits");
        kit_pair_of(&p, versions[i], 2000);
        block(&p, a, 5000);
        MUST(SSL_write(p.s, "up", 2) == 2);
        IO(p.c, SSL_read(p.c, in, sizeof(in)));
        SHOW(SSL_want(p.c));
        IO(p.c, SSL_read(p.c, in, sizeof(in)));
        SHOW(SSL_want(p.c));
        IO(p.c, SSL_write(p.c, a, 5000));
        SHOW(SSL_want(p.c));
        kit_say("a zero-length write while another waits");
        IO(p.c, SSL_write(p.c, a, 0));
        kit_pair_free(&p);
    }
    free(a);
    free(b);
}

static void partial_write(void)
{
    unsigned char *a = calloc(1, 60000);
    kit_pair p;

    kit_pair_of(&p, TLS1_3_VERSION, 20000);
    SSL_set_mode(p.c, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SHOW(SSL_get_mode(p.c) & SSL_MODE_ENABLE_PARTIAL_WRITE);
    IO(p.c, SSL_write(p.c, a, 60000)); /* the first record only */
    IO(p.c, SSL_write(p.c, a, 60000)); /* does not fit: waits */
    drain(&p);
    IO(p.c, SSL_write(p.c, a, 60000));
    drain(&p);
    kit_pair_free(&p);

    kit_pair_of(&p, TLS1_3_VERSION, 200000);
    SSL_set_mode(p.c, SSL_MODE_ENABLE_PARTIAL_WRITE);
    IO(p.c, SSL_write(p.c, a, 60000)); /* partial even though the pair would take it all */
    kit_pair_free(&p);

    kit_pair_of(&p, TLS1_3_VERSION, 200000);
    IO(p.c, SSL_write(p.c, a, 60000));
    kit_pair_free(&p);
    free(a);
}

static void split_sizes(void)
{
    /* what a receiver can see of records: one read gives at most one record */
    static const long sizes[] = { 512, 1000, 4096, 16384 };
    unsigned char *a = calloc(1, 40000), *in = malloc(40000);
    size_t i, v;

    for (v = 0; v < COUNT(versions); v++) {
        for (i = 0; i < COUNT(sizes); i++) {
            kit_pair p;
            int r;

            kit_pair_of(&p, versions[v], 100000);
            kit_say("%s, %ld", kit_version_name(versions[v]), sizes[i]);
            SHOW(SSL_set_max_send_fragment(p.c, sizes[i]));
            IO(p.c, SSL_write(p.c, a, 20000));
            r = SSL_read(p.s, in, 40000);
            kit_io("first read", p.s, r);
            SHOW(SSL_pending(p.s));
            kit_pair_free(&p);
        }
    }
    {
        kit_pair p;

        kit_pair_of(&p, TLS1_3_VERSION, 100000);
        SHOW(SSL_set_max_send_fragment(p.c, 511));
        SHOW(SSL_set_max_send_fragment(p.c, 16385));
        SHOW(SSL_set_split_send_fragment(p.c, 0));
        SHOW(SSL_set_split_send_fragment(p.c, 16385));
        SHOW(SSL_set_split_send_fragment(p.c, 512));
        SHOW(SSL_set_max_pipelines(p.c, 0));
        SHOW(SSL_set_max_pipelines(p.c, 1));
        SHOW(SSL_set_max_pipelines(p.c, 33));
        SHOW(SSL_CTX_set_max_send_fragment(p.cctx, 511));
        SHOW(SSL_CTX_set_max_send_fragment(p.cctx, 4096));
        kit_pair_free(&p);
    }
    free(a);
    free(in);
}

static void want_directions(void)
{
    /* A handshake over pairs of every small size: only the way it waits differs. */
    static const size_t sizes[] = { 1, 7, 100, 1000 };
    size_t i, v;

    for (v = 0; v < COUNT(versions); v++) {
        for (i = 0; i < COUNT(sizes); i++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
            kit_pair p;
            int ok = 0, reads = 0, writes = 0, other = 0, turn, cd = 0, sd = 0;

            kit_version(c, versions[v]);
            kit_pair_new(&p, c, s, sizes[i]);
            for (turn = 0; turn < 100000 && !(cd && sd); turn++) {
                SSL *ssl = turn % 2 == 0 ? p.c : p.s;
                int r = SSL_do_handshake(ssl);
                int e = SSL_get_error(ssl, r);

                if (r == 1 && ssl == p.c)
                    cd = 1;
                else if (r == 1)
                    sd = 1;
                else if (e == SSL_ERROR_WANT_READ && SSL_want_read(ssl))
                    reads++;
                else if (e == SSL_ERROR_WANT_WRITE && SSL_want_write(ssl))
                    writes++;
                else
                    other++;
                if (cd && !sd) {
                    char b;

                    (void)SSL_peek(p.c, &b, 1); /* the server's tickets */
                    ERR_clear_error();
                }
            }
            ok = cd && sd;
            kit_say("%s over %zu: done %d, waits to read %s, to write %s, other %d", kit_version_name(versions[v]),
                    sizes[i], ok, reads ? "yes" : "no", writes ? "yes" : "no", other);
            kit_queue();
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void read_ahead(void)
{
    /* Without read-ahead nothing behind a record's end is taken from the socket. */
    int ahead;

    for (ahead = 0; ahead < 2; ahead++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;
        int fds[2];
        char buf[64];
        ssize_t left;

        kit_version(c, TLS1_2_VERSION);
        SSL_CTX_set_read_ahead(s, ahead);
        SHOW(SSL_CTX_get_read_ahead(s));
        kit_pair_fd(&p, c, s, fds);
        SHOW(SSL_get_read_ahead(p.s));
        MUST(kit_shake(&p));
        MUST(SSL_write(p.c, "tls", 3) == 3);
        MUST(write(fds[0], "plain", 5) == 5);
        IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
        SHOW(SSL_pending(p.s));
        SHOW(SSL_has_pending(p.s));
        left = recv(fds[1], buf, sizeof(buf), MSG_PEEK);
        kit_say("left in the socket: %zd", left);
        SSL_set_read_ahead(p.s, !ahead);
        SHOW(SSL_get_read_ahead(p.s));
        kit_pair_free(&p);
        close(fds[0]);
        close(fds[1]);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void read_ahead_buffers(void)
{
    /* With read-ahead two records are taken at once; SSL_has_pending tells of the second. */
    kit_pair p;
    char buf[64];

    kit_pair_of(&p, TLS1_3_VERSION, 0);
    SSL_set_read_ahead(p.s, 1);
    SHOW(SSL_CTX_get_default_read_ahead(p.sctx));
    MUST(SSL_write(p.c, "one", 3) == 3);
    MUST(SSL_write(p.c, "two", 3) == 3);
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    SHOW(SSL_pending(p.s));
    SHOW(SSL_has_pending(p.s));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    SHOW(SSL_has_pending(p.s));
    kit_pair_free(&p);
}

static void auto_retry(void)
{
    /* With SSL_MODE_AUTO_RETRY off, a record without application data ends SSL_read. */
    int on;

    for (on = 0; on < 2; on++) {
        kit_pair p;
        char buf[16];

        kit_pair_of(&p, TLS1_3_VERSION, 0);
        if (on)
            SSL_set_mode(p.c, SSL_MODE_AUTO_RETRY);
        else
            SSL_clear_mode(p.c, SSL_MODE_AUTO_RETRY);
        SHOW((SSL_get_mode(p.c) & SSL_MODE_AUTO_RETRY) != 0);
        SHOW(SSL_key_update(p.s, SSL_KEY_UPDATE_NOT_REQUESTED));
        MUST(SSL_write(p.s, "data", 4) == 4);
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
        kit_pair_free(&p);
    }
}

static const kit_case cases[] = {
    CASE(bad_write_retry), CASE(partial_write), CASE(split_sizes), CASE(want_directions), CASE(read_ahead),
    CASE(read_ahead_buffers), CASE(auto_retry),
};

KIT_MAIN(cases)
