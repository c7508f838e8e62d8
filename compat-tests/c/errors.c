/* What an application sees when the peer, or the network, is broken: error queue, SSL_get_error, alerts. */
#include "kit.h"

#include <errno.h>

/* An SSL of one role whose peer is this program: raw bytes go in and out. */
typedef struct {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
} lone;

static void lone_new(lone *l, int server, int version)
{
    l->ctx = server ? kit_server("server-ec") : kit_client();
    if (version != 0)
        kit_version(l->ctx, version);
    l->ssl = SSL_new(l->ctx);
    l->in = BIO_new(BIO_s_mem());
    l->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(l->in, -1);
    SSL_set_bio(l->ssl, l->in, l->out);
    if (server)
        SSL_set_accept_state(l->ssl);
    else
        SSL_set_connect_state(l->ssl);
}

static void lone_free(lone *l)
{
    SSL_free(l->ssl);
    SSL_CTX_free(l->ctx);
}

/* Prints what the side has sent that is an alert record in the clear; else the record types. */
static void lone_sent(lone *l)
{
    unsigned char *p;
    long n = BIO_get_mem_data(l->out, (char **)&p), at = 0;

    if (n == 0)
        kit_say("sent nothing");
    while (at + 5 <= n) {
        long len = p[at + 3] << 8 | p[at + 4];

        if (p[at] == 21 && len == 2)
            kit_say("sent alert %d %d, record version %02x%02x", p[at + 5], p[at + 6], p[at + 1], p[at + 2]);
        else
            kit_say("sent a record of type %d, version %02x%02x", p[at], p[at + 1], p[at + 2]);
        at += 5 + len;
    }
    (void)BIO_reset(l->out);
}

static void feed(lone *l, const void *data, int n)
{
    MUST(BIO_write(l->in, data, n) == n);
}

/* Gives raw bytes to a fresh side, then tries again: a dead connection stays dead. */
static void raw(const char *what, int server, int version, const void *data, int n)
{
    lone l;
    char buf[8];

    lone_new(&l, server, version);
    kit_say("%s to a %s%s%s", what, server ? "server" : "client", version ? ", " : "", version ? kit_version_name(version) : "");
    if (!server) {
        SSL_do_handshake(l.ssl);
        ERR_clear_error();
        (void)BIO_reset(l.out);
    }
    feed(&l, data, n);
    IO(l.ssl, SSL_do_handshake(l.ssl));
    lone_sent(&l);
    STR(SSL_state_string_long(l.ssl));
    IO(l.ssl, SSL_do_handshake(l.ssl));
    IO(l.ssl, SSL_read(l.ssl, buf, sizeof(buf)));
    IO(l.ssl, SSL_write(l.ssl, "x", 1));
    IO(l.ssl, SSL_shutdown(l.ssl));
    lone_sent(&l);
    lone_free(&l);
}

#define RAW(what, server, version, bytes) raw(what, server, version, bytes, (int)sizeof(bytes) - 1)

static void garbage(void)
{
    RAW("plain GET", 1, 0, "GET / HTTP/1.0\r\n\r\n");
    RAW("plain POST", 1, 0, "POST / HTTP/1.0\r\n\r\n");
    RAW("plain HEAD", 1, 0, "HEAD / HTTP/1.0\r\n\r\n");
    RAW("plain PUT", 1, 0, "PUT / HTTP/1.0\r\n\r\n");
    RAW("CONNECT", 1, 0, "CONNECT x:1 HTTP/1.0\r\n\r\n");
    RAW("SSH", 1, 0, "SSH-2.0-OpenSSH_9.2\r\n");
    RAW("zeros", 1, 0, "\0\0\0\0\0\0\0\0\0\0\0\0");
    RAW("ones", 1, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    RAW("SMTP greeting", 0, 0, "220 mail.test ESMTP\r\n");
    RAW("an HTTP answer", 0, 0, "HTTP/1.1 400 Bad Request\r\n\r\n");
    RAW("plain GET", 0, 0, "GET / HTTP/1.0\r\n\r\n");
    RAW("zeros", 0, 0, "\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void record_headers(void)
{
    int server;

    for (server = 0; server < 2; server++) {
        RAW("handshake record of version 2.0", server, 0, "\x16\x02\x00\x00\x05\x01\x00\x00\x01\x00");
        RAW("handshake record of version 4.0", server, 0, "\x16\x04\x00\x00\x05\x01\x00\x00\x01\x00");
        RAW("application data first", server, 0, "\x17\x03\x03\x00\x02" "ab");
        RAW("an unknown type", server, 0, "\x63\x03\x03\x00\x02" "ab");
        RAW("ChangeCipherSpec first", server, 0, "\x14\x03\x03\x00\x01\x01");
        RAW("ChangeCipherSpec first", server, TLS1_2_VERSION, "\x14\x03\x03\x00\x01\x01");
        RAW("a heartbeat", server, 0, "\x18\x03\x03\x00\x02" "ab");
        RAW("an empty handshake record", server, 0, "\x16\x03\x01\x00\x00");
        RAW("a record over the limit", server, 0, "\x16\x03\x01\x49\x00\x01");
        RAW("a handshake message over the limit", server, 0, "\x16\x03\x01\x00\x05\x01\xff\xff\xff\x00");
        RAW("a ServerHello over the limit", server, 0, "\x16\x03\x03\x00\x05\x02\xff\xff\xff\x00");
        RAW("a Finished first", server, 0, "\x16\x03\x03\x00\x10\x14\x00\x00\x0c" "abcdefghijkl");
        RAW("a ClientHello of one byte", server, 0, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03");
        RAW("a ServerHello of one byte", server, 0, "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x03");
        RAW("a HelloRequest", server, 0, "\x16\x03\x03\x00\x04\x00\x00\x00\x00");
        RAW("an unknown message", server, 0, "\x16\x03\x03\x00\x04\x63\x00\x00\x00");
        RAW("an SSLv2 hello", server, 0, "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80");
    }
}

static void alerts_received(void)
{
    /* every alert, fatal, to a client that has sent its ClientHello and to a server */
    int server, n;

    for (server = 0; server < 2; server++) {
        for (n = 0; n < 256; n++) {
            unsigned char rec[7] = { 21, 3, 3, 0, 2, 2, (unsigned char)n };
            lone l;
            int r;

            if (n > 125 && n != 255)
                continue;
            lone_new(&l, server, 0);
            if (!server)
                SSL_do_handshake(l.ssl);
            ERR_clear_error();
            (void)BIO_reset(l.out);
            feed(&l, rec, sizeof(rec));
            r = SSL_do_handshake(l.ssl);
            kit_say("%s, alert %d: %d, %s", server ? "server" : "client", n, r, kit_error_name(SSL_get_error(l.ssl, r)));
            kit_queue();
            if (n == 40) {
                lone_sent(&l);
                IO(l.ssl, SSL_do_handshake(l.ssl));
                IO(l.ssl, SSL_shutdown(l.ssl));
                SHOW(SSL_get_shutdown(l.ssl));
            }
            lone_free(&l);
        }
    }
}

static void alert_shapes(void)
{
    int server;

    for (server = 0; server < 2; server++) {
        RAW("a warning close_notify", server, 0, "\x15\x03\x03\x00\x02\x01\x00");
        RAW("a warning user_canceled", server, 0, "\x15\x03\x03\x00\x02\x01\x5a");
        RAW("a warning no_renegotiation", server, TLS1_2_VERSION, "\x15\x03\x03\x00\x02\x01\x64");
        RAW("a warning unrecognized_name", server, 0, "\x15\x03\x03\x00\x02\x01\x70");
        RAW("an alert of level 3", server, 0, "\x15\x03\x03\x00\x02\x03\x28");
        RAW("an alert of one byte", server, 0, "\x15\x03\x03\x00\x01\x02");
        RAW("an alert of three bytes", server, 0, "\x15\x03\x03\x00\x03\x02\x28\x00");
        RAW("an empty alert", server, 0, "\x15\x03\x03\x00\x00");
    }
}

static void many_warnings(void)
{
    lone l;
    int i;

    lone_new(&l, 0, TLS1_2_VERSION);
    SSL_do_handshake(l.ssl);
    ERR_clear_error();
    (void)BIO_reset(l.out);
    for (i = 0; i < 10; i++)
        feed(&l, "\x15\x03\x03\x00\x02\x01\x70", 7);
    IO(l.ssl, SSL_do_handshake(l.ssl));
    lone_sent(&l);
    lone_free(&l);
}

static void eof_in_handshake(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;
    int server, ignore;

    /* at every message boundary and inside a record */
    for (server = 0; server < 2; server++) {
        for (v = 0; v < COUNT(versions); v++) {
            for (ignore = 0; ignore < 2; ignore++) {
                lone l;

                kit_say("%s, %s, ignore %d", server ? "server" : "client", kit_version_name(versions[v]), ignore);
                lone_new(&l, server, versions[v]);
                if (ignore)
                    SSL_set_options(l.ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
                BIO_set_mem_eof_return(l.in, 0);
                errno = 0;
                IO(l.ssl, SSL_do_handshake(l.ssl));
                SHOW(SSL_get_shutdown(l.ssl));
                IO(l.ssl, SSL_do_handshake(l.ssl));
                IO(l.ssl, SSL_shutdown(l.ssl));
                lone_free(&l);

                kit_say("inside a record header");
                lone_new(&l, server, versions[v]);
                if (ignore)
                    SSL_set_options(l.ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
                BIO_set_mem_eof_return(l.in, 0);
                feed(&l, "\x16\x03", 2);
                IO(l.ssl, SSL_do_handshake(l.ssl));
                lone_free(&l);

                kit_say("inside a record");
                lone_new(&l, server, versions[v]);
                if (ignore)
                    SSL_set_options(l.ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
                BIO_set_mem_eof_return(l.in, 0);
                feed(&l, "\x16\x03\x03\x00\x30\x01\x00", 7);
                IO(l.ssl, SSL_do_handshake(l.ssl));
                lone_free(&l);
            }
        }
    }
}

/* A connected pair over memory BIOs, where the program carries (and breaks) the records. */
typedef struct {
    SSL_CTX *cctx, *sctx;
    SSL *c, *s;
    BIO *c2s, *s2c;
} carried;

static void carried_new(carried *k, int version)
{
    int i, done = 0;

    k->cctx = kit_client();
    k->sctx = kit_server("server-ec");
    kit_version(k->cctx, version);
    SSL_CTX_set_num_tickets(k->sctx, 0);
    k->c = SSL_new(k->cctx);
    k->s = SSL_new(k->sctx);
    k->c2s = BIO_new(BIO_s_mem());
    k->s2c = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(k->c2s, -1);
    BIO_set_mem_eof_return(k->s2c, -1);
    BIO_up_ref(k->c2s);
    BIO_up_ref(k->s2c);
    SSL_set_bio(k->c, k->s2c, k->c2s);
    SSL_set_bio(k->s, k->c2s, k->s2c);
    SSL_set_connect_state(k->c);
    SSL_set_accept_state(k->s);
    for (i = 0; i < 10 && done != 3; i++) {
        if (SSL_do_handshake(k->c) == 1)
            done |= 1;
        if (SSL_do_handshake(k->s) == 1)
            done |= 2;
    }
    MUST(done == 3);
    ERR_clear_error();
}

static void carried_free(carried *k)
{
    SSL_free(k->c);
    SSL_free(k->s);
    SSL_CTX_free(k->cctx);
    SSL_CTX_free(k->sctx);
}

static void eof_after_handshake(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;
    int ignore;
    char buf[16];

    for (v = 0; v < COUNT(versions); v++) {
        for (ignore = 0; ignore < 2; ignore++) {
            carried k;
            size_t n = 9;

            kit_say("%s, ignore %d", kit_version_name(versions[v]), ignore);
            carried_new(&k, versions[v]);
            if (ignore)
                SSL_set_options(k.c, SSL_OP_IGNORE_UNEXPECTED_EOF);
            MUST(SSL_write(k.s, "bye", 3) == 3);
            BIO_set_mem_eof_return(k.s2c, 0);
            IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
            IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
            SHOW(SSL_get_shutdown(k.c));
            IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
            IO(k.c, SSL_read_ex(k.c, buf, sizeof(buf), &n));
            IO(k.c, SSL_peek(k.c, buf, sizeof(buf)));
            IO(k.c, SSL_write(k.c, "x", 1));
            IO(k.c, SSL_shutdown(k.c));
            SHOW(SSL_get_shutdown(k.c));
            STR(SSL_state_string_long(k.c));
            carried_free(&k);

            kit_say("half a record");
            carried_new(&k, versions[v]);
            if (ignore)
                SSL_set_options(k.c, SSL_OP_IGNORE_UNEXPECTED_EOF);
            MUST(BIO_write(k.s2c, "\x17\x03\x03\x00\x20zz", 7) == 7);
            BIO_set_mem_eof_return(k.s2c, 0);
            IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
            IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
            SHOW(SSL_get_shutdown(k.c));
            carried_free(&k);

            kit_say("while shutting down");
            carried_new(&k, versions[v]);
            if (ignore)
                SSL_set_options(k.c, SSL_OP_IGNORE_UNEXPECTED_EOF);
            BIO_set_mem_eof_return(k.s2c, 0);
            IO(k.c, SSL_shutdown(k.c));
            IO(k.c, SSL_shutdown(k.c));
            SHOW(SSL_get_shutdown(k.c));
            carried_free(&k);
        }
    }
}

/* What the peer does about a broken record; the reply is read by the other side. */
static void broken(const char *what, int version, const unsigned char *data, int n)
{
    carried k;
    char buf[16];

    kit_say("%s: %s", kit_version_name(version), what);
    carried_new(&k, version);
    MUST(BIO_write(k.s2c, data, n) == n);
    IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
    IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
    IO(k.c, SSL_write(k.c, "x", 1));
    SHOW(SSL_get_shutdown(k.c));
    IO(k.c, SSL_shutdown(k.c));
    STR(SSL_state_string(k.c));
    IO(k.s, SSL_read(k.s, buf, sizeof(buf)));
    IO(k.s, SSL_read(k.s, buf, sizeof(buf)));
    SHOW(SSL_get_shutdown(k.s));
    carried_free(&k);
}

static void broken_records(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        unsigned char rec[200];
        unsigned char *p;
        carried k;
        long n;
        char buf[8];

        memset(rec, 0x5a, sizeof(rec));
        memcpy(rec, "\x17\x03\x03\x00\x40", 5);
        broken("bad MAC", versions[v], rec, 5 + 64);
        memcpy(rec, "\x17\x03\x03\x00\x05", 5);
        broken("shorter than a tag", versions[v], rec, 10);
        memcpy(rec, "\x17\x03\x03\x00\x00", 5);
        broken("empty", versions[v], rec, 5);
        memcpy(rec, "\x17\x03\x03\x50\x00", 5);
        broken("over the limit", versions[v], rec, 5);
        memcpy(rec, "\x17\x03\x01\x00\x40", 5);
        broken("another version", versions[v], rec, 5 + 64);
        memcpy(rec, "\x17\x09\x09\x00\x40", 5);
        broken("version 9.9", versions[v], rec, 5 + 64);
        memcpy(rec, "\x63\x03\x03\x00\x40", 5);
        broken("unknown type", versions[v], rec, 5 + 64);
        memcpy(rec, "\x15\x03\x03\x00\x02\x02\x28", 7);
        broken("an alert in the clear", versions[v], rec, 7);
        memcpy(rec, "\x14\x03\x03\x00\x01\x01", 6);
        broken("ChangeCipherSpec", versions[v], rec, 6);
        broken("HTTP", versions[v], (const unsigned char *)"GET / HTTP/1.0\r\n", 16);

        /* a changed, a repeated and a swapped record */
        kit_say("a changed record");
        carried_new(&k, versions[v]);
        MUST(SSL_write(k.s, "secret", 6) == 6);
        n = BIO_get_mem_data(k.s2c, (char **)&p);
        p[n - 1] ^= 1;
        IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
        IO(k.s, SSL_read(k.s, buf, sizeof(buf)));
        carried_free(&k);

        kit_say("a repeated record");
        carried_new(&k, versions[v]);
        MUST(SSL_write(k.s, "secret", 6) == 6);
        n = BIO_get_mem_data(k.s2c, (char **)&p);
        memcpy(rec, p, (size_t)n);
        MUST(BIO_write(k.s2c, rec, (int)n) == n);
        IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
        IO(k.c, SSL_read(k.c, buf, sizeof(buf)));
        IO(k.s, SSL_read(k.s, buf, sizeof(buf)));
        carried_free(&k);
    }
}

static const kit_case cases[] = {
    CASE(garbage), CASE(record_headers), CASE(alerts_received), CASE(alert_shapes), CASE(many_warnings),
    CASE(eof_in_handshake), CASE(eof_after_handshake), CASE(broken_records),
};

KIT_MAIN(cases)
