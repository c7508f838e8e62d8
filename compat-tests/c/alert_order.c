/* When callbacks hear of an alert that is sent: behind its record, which the transport has taken or not. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static kit_pair p;
static int closed; /* the client's transport takes nothing */

/* A filter that stops taking bytes. */
static int gate_write(BIO *b, const char *data, int len)
{
    int r;

    BIO_clear_retry_flags(b);
    if (closed) {
        BIO_set_retry_write(b);
        return -1;
    }
    r = BIO_write(BIO_next(b), data, len);
    BIO_copy_next_retry(b);
    return r;
}

static long gate_ctrl(BIO *b, int cmd, long larg, void *parg)
{
    if (cmd == BIO_CTRL_FLUSH && closed) {
        BIO_set_retry_write(b);
        return -1;
    }
    return BIO_next(b) != NULL ? BIO_ctrl(BIO_next(b), cmd, larg, parg) : 0;
}

static int gate_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

static BIO_METHOD *method;

static void told(SSL *ssl, const char *what, int a, int b)
{
    kit_say("%s %s %#x %#x, state \"%s\", in init %d, shutdown %d; the peer can read: %d", SSL_is_server(ssl) ? "server" : "client", what,
            (unsigned)a, (unsigned)b, SSL_state_string_long(ssl), SSL_in_init(ssl), SSL_get_shutdown(ssl),
            BIO_ctrl_pending(SSL_is_server(ssl) ? p.cbio : p.sbio) > 0);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    if ((where & SSL_CB_ALERT) != 0)
        told((SSL *)ssl, "info", where, ret);
}

static void on_message(int write_p, int version, int content_type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *b = buf;

    (void)version;
    (void)arg;
    if (content_type == SSL3_RT_ALERT && len == 2)
        told(ssl, write_p ? "sent" : "got", b[0], b[1]);
    if (content_type == SSL3_RT_HEADER && write_p && b[0] == SSL3_RT_ALERT)
        told(ssl, "header of an alert", 0, 0);
    if (content_type == SSL3_RT_INNER_CONTENT_TYPE && write_p && b[0] == SSL3_RT_ALERT)
        told(ssl, "alert inside", 0, 0);
}

static void watch(SSL *ssl)
{
    SSL_set_info_callback(ssl, on_info);
    SSL_set_msg_callback(ssl, on_message);
}

static void begin(int version)
{
    SSL_CTX *c = kit_client();
    BIO *gate;

    kit_version(c, version);
    kit_say("%s", kit_version_name(version));
    kit_pair_new(&p, c, NULL, 0);
    if (method == NULL) {
        MUST((method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "gate")) != NULL);
        BIO_meth_set_write(method, gate_write);
        BIO_meth_set_ctrl(method, gate_ctrl);
        BIO_meth_set_create(method, gate_create);
    }
    MUST((gate = BIO_new(method)) != NULL);
    MUST(BIO_up_ref(p.cbio));
    SSL_set0_wbio(p.c, BIO_push(gate, p.cbio));
    closed = 0;
    SSL_CTX_free(c);
}

static void close_notify(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        begin(versions[v]);
        MUST(kit_shake(&p));
        kit_settle(&p);
        watch(p.c);
        watch(p.s);
        closed = 1;
        IO(p.c, SSL_shutdown(p.c));
        IO(p.c, SSL_shutdown(p.c));
        SHOW(SSL_get_shutdown(p.c));
        closed = 0;
        IO(p.c, SSL_shutdown(p.c));
        IO(p.s, SSL_shutdown(p.s));
        IO(p.s, SSL_shutdown(p.s));
        IO(p.c, SSL_shutdown(p.c));
        kit_pair_free(&p);
    }
}

static void drain(SSL *ssl, BIO *bio)
{
    char b[2000];

    (void)ssl;
    while (BIO_read(bio, b, sizeof(b)) > 0)
        ;
}

/* The client refuses the server's certificate. */
static void in_a_handshake(void)
{
    size_t v;
    int block;

    for (v = 0; v < COUNT(versions); v++)
        for (block = 0; block < 2; block++) {
            begin(versions[v]);
            SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
            MUST(SSL_set1_host(p.c, "other.test"));
            SSL_do_handshake(p.c);
            SSL_do_handshake(p.s);
            drain(p.s, p.sbio);
            watch(p.c);
            watch(p.s);
            closed = block;
            kit_say("blocked %d", block);
            IO(p.c, SSL_do_handshake(p.c));
            kit_pair_free(&p);
        }
}

/* A record after the handshake that cannot be opened. */
static void afterwards(void)
{
    size_t v;
    int block;

    for (v = 0; v < COUNT(versions); v++)
        for (block = 0; block < 2; block++) {
            static const unsigned char bad[] = "\x17\x03\x03\x00\x20" "0123456789abcdef0123456789abcdef";
            char b[16];

            begin(versions[v]);
            MUST(kit_shake(&p));
            kit_settle(&p);
            watch(p.c);
            watch(p.s);
            closed = block;
            kit_say("blocked %d", block);
            MUST(BIO_write(p.sbio, bad, sizeof(bad) - 1) > 0);
            IO(p.c, SSL_read(p.c, b, sizeof(b)));
            if (!block)
                IO(p.s, SSL_read(p.s, b, sizeof(b)));
            kit_pair_free(&p);
        }
}

/* A server with nothing in common with its client. */
static void at_once(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        begin(versions[v]);
        SSL_set_min_proto_version(p.s, versions[1 - v]), SSL_set_max_proto_version(p.s, versions[1 - v]);
        watch(p.c);
        watch(p.s);
        IO(p.c, SSL_do_handshake(p.c));
        IO(p.s, SSL_do_handshake(p.s));
        IO(p.c, SSL_do_handshake(p.c));
        IO(p.s, SSL_do_handshake(p.s));
        kit_pair_free(&p);
    }
}

static const kit_case cases[] = { CASE(close_notify), CASE(in_a_handshake), CASE(afterwards), CASE(at_once) };

KIT_MAIN(cases)
