/* BIOs under an SSL: ownership, custom methods, buffering, descriptors. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A BIO method of the application's own, over a BIO pair's end: counts calls, keeps order, can ask for retries. */
typedef struct {
    BIO *net;
    int reads, writes, flushes, frees, others, pushes;
    int limit; /* most bytes per call, 0: no limit */
    int every; /* each second call asks for a retry */
    int turn;
    long other[64];
} own;

static int creates, destroys;

static int own_create(BIO *b)
{
    creates++;
    BIO_set_init(b, 1);
    return 1;
}

static int own_destroy(BIO *b)
{
    own *o = BIO_get_data(b);

    destroys++;
    if (o != NULL)
        o->frees++;
    return 1;
}

static int own_read(BIO *b, char *out, int n)
{
    own *o = BIO_get_data(b);
    int r;

    o->reads++;
    BIO_clear_retry_flags(b);
    if (o->every && o->turn++ % 2 == 0) {
        BIO_set_retry_read(b);
        return -1;
    }
    if (o->limit > 0 && n > o->limit)
        n = o->limit;
    r = BIO_read(o->net, out, n);
    if (r <= 0)
        BIO_set_retry_read(b);
    return r;
}

static int own_write(BIO *b, const char *in, int n)
{
    own *o = BIO_get_data(b);
    int r;

    o->writes++;
    BIO_clear_retry_flags(b);
    if (o->every && o->turn++ % 2 == 0) {
        BIO_set_retry_write(b);
        return -1;
    }
    if (o->limit > 0 && n > o->limit)
        n = o->limit;
    r = BIO_write(o->net, in, n);
    if (r <= 0)
        BIO_set_retry_write(b);
    return r;
}

static long own_ctrl(BIO *b, int cmd, long larg, void *parg)
{
    own *o = BIO_get_data(b);

    (void)larg;
    (void)parg;
    switch (cmd) {
    case BIO_CTRL_FLUSH:
        o->flushes++;
        return 1;
    case BIO_CTRL_PUSH:
    case BIO_CTRL_POP:
        if (o != NULL)
            o->pushes++;
        return 0;
    default:
        if (o != NULL && o->others < (int)COUNT(o->other))
            o->other[o->others++] = cmd;
        return 0;
    }
}

static BIO_METHOD *own_method(void)
{
    static BIO_METHOD *m;

    if (m == NULL) {
        m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "own");
        BIO_meth_set_create(m, own_create);
        BIO_meth_set_destroy(m, own_destroy);
        BIO_meth_set_read(m, own_read);
        BIO_meth_set_write(m, own_write);
        BIO_meth_set_ctrl(m, own_ctrl);
    }
    return m;
}

static BIO *own_new(own *o, BIO *net)
{
    BIO *b = BIO_new(own_method());

    memset(o, 0, sizeof(*o));
    o->net = net;
    BIO_set_data(b, o);
    return b;
}

static void custom_method(void)
{
    int limit, every;

    for (limit = 0; limit < 3; limit++)
        for (every = 0; every < 2; every++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
            SSL *cs = SSL_new(c), *ss = SSL_new(s);
            kit_pair p;
            BIO *cn, *sn;
            own co, so;

            MUST(BIO_new_bio_pair(&cn, 0, &sn, 0) == 1);
            SSL_set_bio(cs, own_new(&co, cn), SSL_get_wbio(cs));
            SSL_set_bio(cs, SSL_get_rbio(cs), SSL_get_rbio(cs));
            {
                BIO *b = own_new(&so, sn);

                SSL_set_bio(ss, b, b);
            }
            co.limit = so.limit = limit == 0 ? 0 : limit == 1 ? 100 : 1;
            co.every = so.every = every;
            SSL_set_connect_state(cs);
            SSL_set_accept_state(ss);
            memset(&p, 0, sizeof(p));
            p.c = cs;
            p.s = ss;
            p.cctx = c;
            p.sctx = s;
            kit_say("limit %d, retries %d", co.limit, every);
            kit_say("handshake %d", kit_shake(&p));
            kit_echo(&p, 50000 / (limit == 2 ? 50 : 1));
            kit_say("read %d, written %d, flushed %d", co.reads > 0, co.writes > 0, co.flushes > 0);
            SSL_shutdown(cs);
            kit_pair_free(&p);
            kit_say("frees %d %d", co.frees, so.frees);
            BIO_free(cn);
            BIO_free(sn);
        }
    kit_say("created %d, destroyed %d", creates, destroys);
}

/* Counts the references of a BIO by freeing: a destroyed BIO tells its method. */
static void ownership(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    own a, b, c2;
    BIO *r, *w, *x;

    kit_say("one BIO for both");
    r = own_new(&a, NULL);
    SSL_set_bio(ssl, r, r);
    kit_say("the same %d %d, freed %d", SSL_get_rbio(ssl) == r, SSL_get_wbio(ssl) == r, a.frees);
    SSL_set_bio(ssl, r, r); /* the same again: nothing happens */
    kit_say("freed %d", a.frees);
    kit_say("two others");
    r = own_new(&b, NULL);
    w = own_new(&c2, NULL);
    SSL_set_bio(ssl, r, w);
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    kit_say("the read one changes");
    x = own_new(&a, NULL);
    SSL_set_bio(ssl, x, w);
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    kit_say("the write one changes");
    w = own_new(&b, NULL);
    SSL_set_bio(ssl, x, w);
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    kit_say("set0_rbio, set0_wbio");
    SSL_set0_rbio(ssl, own_new(&c2, NULL));
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    SSL_set0_wbio(ssl, own_new(&a, NULL));
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    kit_say("NULL");
    SSL_set_bio(ssl, NULL, NULL);
    PTR(SSL_get_rbio(ssl));
    PTR(SSL_get_wbio(ssl));
    kit_say("freed %d %d %d", a.frees, b.frees, c2.frees);
    kit_say("one reference kept");
    r = own_new(&a, NULL);
    BIO_up_ref(r);
    SSL_set_bio(ssl, r, r);
    SSL_free(ssl);
    kit_say("freed %d", a.frees);
    BIO_free(r);
    kit_say("freed %d", a.frees);
    SSL_CTX_free(ctx);
}

static void swapped_in_mid_handshake(void)
{
    /* new BIOs while the handshake is under way, as STARTTLS proxies do */
    kit_pair p;
    BIO *in, *out, *in2, *out2;
    char *data;
    long n;

    kit_pair_new(&p, NULL, NULL, 0);
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(p.c, in, out);
    IO(p.c, SSL_do_handshake(p.c));
    n = BIO_get_mem_data(out, &data);
    kit_say("sent %d", n > 0);
    in2 = BIO_new(BIO_s_mem());
    out2 = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in2, -1);
    {
        BIO *sin = BIO_new(BIO_s_mem()), *sout = BIO_new(BIO_s_mem());

        BIO_set_mem_eof_return(sin, -1);
        SSL_set_bio(p.s, sin, sout);
        BIO_write(sin, data, (int)n);
        SSL_set_bio(p.c, in2, out2);
        IO(p.s, SSL_do_handshake(p.s));
        n = BIO_get_mem_data(sout, &data);
        BIO_write(in2, data, (int)n);
        (void)BIO_reset(sout);
        IO(p.c, SSL_do_handshake(p.c));
        n = BIO_get_mem_data(out2, &data);
        BIO_write(sin, data, (int)n);
        IO(p.s, SSL_do_handshake(p.s));
    }
    kit_pair_free(&p);
}

static void descriptors(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    int fds[2], more[2];

    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, more) == 0);
    SHOW(SSL_get_fd(ssl));
    SHOW(SSL_get_rfd(ssl));
    SHOW(SSL_get_wfd(ssl));
    SHOW(SSL_set_fd(ssl, fds[0]));
    kit_say("%d %d %d", SSL_get_fd(ssl) == fds[0], SSL_get_rfd(ssl) == fds[0], SSL_get_wfd(ssl) == fds[0]);
    kit_say("one BIO %d, type socket %d", SSL_get_rbio(ssl) == SSL_get_wbio(ssl), BIO_method_type(SSL_get_rbio(ssl)) == BIO_TYPE_SOCKET);
    SHOW(BIO_get_close(SSL_get_rbio(ssl)));
    SHOW(SSL_set_rfd(ssl, fds[0]));
    kit_say("still one %d", SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(SSL_set_wfd(ssl, more[0]));
    kit_say("%d %d %d", SSL_get_fd(ssl) == fds[0], SSL_get_rfd(ssl) == fds[0], SSL_get_wfd(ssl) == more[0]);
    kit_say("one BIO %d", SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(SSL_set_rfd(ssl, more[0]));
    kit_say("one BIO again %d", SSL_get_rbio(ssl) == SSL_get_wbio(ssl));
    SHOW(SSL_set_fd(ssl, -1));
    SHOW(SSL_get_fd(ssl));
    SSL_free(ssl);
    kit_say("left open %d", fcntl(fds[0], F_GETFD) != -1 && fcntl(more[0], F_GETFD) != -1);
    close(fds[0]);
    close(fds[1]);
    close(more[0]);
    close(more[1]);
    /* a bad descriptor */
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, 9999);
    SSL_set_connect_state(ssl);
    errno = 0;
    IO(ssl, SSL_do_handshake(ssl));
    kit_say("errno is EBADF: %d", errno == EBADF);
    SSL_free(ssl);
    /* memory BIOs have none */
    ssl = SSL_new(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SHOW(SSL_get_fd(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void wbio_during_handshake(void)
{
    kit_pair p;

    kit_pair_new(&p, NULL, NULL, 0);
    IO(p.c, SSL_do_handshake(p.c));
    kit_say("the write BIO the application sees is its own %d", SSL_get_wbio(p.c) == p.cbio);
    kit_say("the read BIO too %d", SSL_get_rbio(p.c) == p.cbio);
    kit_pair_free(&p);
}

static void one_byte_at_a_time(void)
{
    /* the peer's flight arrives byte by byte in a memory BIO */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    SSL *cs = SSL_new(c), *ss = SSL_new(s);
    BIO *ci = BIO_new(BIO_s_mem()), *co = BIO_new(BIO_s_mem()), *si = BIO_new(BIO_s_mem()), *so = BIO_new(BIO_s_mem());
    int cd = 0, sd = 0, turn, others = 0;
    char b;

    BIO_set_mem_eof_return(ci, -1);
    BIO_set_mem_eof_return(si, -1);
    SSL_set_bio(cs, ci, co);
    SSL_set_bio(ss, si, so);
    SSL_set_connect_state(cs);
    SSL_set_accept_state(ss);
    for (turn = 0; turn < 20000 && !(cd && sd); turn++) {
        if (!cd) {
            int r = SSL_do_handshake(cs);

            cd = r == 1;
            others += r != 1 && SSL_get_error(cs, r) != SSL_ERROR_WANT_READ;
        }
        if (!sd) {
            int r = SSL_do_handshake(ss);

            sd = r == 1;
            others += r != 1 && SSL_get_error(ss, r) != SSL_ERROR_WANT_READ;
        }
        if (BIO_read(co, &b, 1) == 1)
            BIO_write(si, &b, 1);
        if (BIO_read(so, &b, 1) == 1)
            BIO_write(ci, &b, 1);
    }
    kit_say("client %d, server %d, other results %d", cd, sd, others);
    kit_queue();
    SSL_free(cs);
    SSL_free(ss);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void bio_eof_variants(void)
{
    /* a memory BIO at its end: 0 is the end, -1 with a retry flag is not */
    int value;

    for (value = -1; value <= 1; value++) {
        SSL_CTX *c = kit_client();
        SSL *ssl = SSL_new(c);
        BIO *in = BIO_new(BIO_s_mem());

        BIO_set_mem_eof_return(in, value == 1 ? -1 : value);
        SSL_set_bio(ssl, in, BIO_new(value == 1 ? BIO_s_null() : BIO_s_mem()));
        SSL_set_connect_state(ssl);
        kit_say("%d", value);
        IO(ssl, SSL_do_handshake(ssl));
        kit_say("retry flags: read %d, write %d", BIO_should_read(in) != 0, BIO_should_write(in) != 0);
        SSL_free(ssl);
        SSL_CTX_free(c);
    }
}

static const kit_case cases[] = {
    CASE(custom_method), CASE(ownership), CASE(swapped_in_mid_handshake), CASE(descriptors),
    CASE(wbio_during_handshake), CASE(one_byte_at_a_time), CASE(bio_eof_variants),
};

KIT_MAIN(cases)
