/* The SSL BIO, a filter over a connection, and the chains that are made of it. */
#include "kit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static void ssl_bio(void)
{
    /* BIO_f_ssl over a pair, and the other side likewise */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    BIO *cb = BIO_new_ssl(c, 1), *sb = BIO_new_ssl(s, 0), *cn, *sn;
    SSL *ssl = NULL;
    char buf[64];
    int i, n;

    PTR(cb);
    PTR(sb);
    STR(BIO_method_name(cb));
    SHOW(BIO_method_type(cb));
    SHOW(BIO_get_ssl(cb, &ssl));
    kit_say("is a client %d", !SSL_is_server(ssl));
    SHOW(BIO_get_ssl(sb, &ssl));
    kit_say("is a server %d", SSL_is_server(ssl));
    MUST(BIO_new_bio_pair(&cn, 0, &sn, 0) == 1);
    cb = BIO_push(cb, cn);
    sb = BIO_push(sb, sn);
    BIO_get_ssl(cb, &ssl);
    kit_say("took the next BIO %d", SSL_get_rbio(ssl) == cn);
    for (i = 0; i < 10; i++) {
        long a = BIO_do_handshake(cb), ar = BIO_should_retry(cb), b, br;

        kit_queue();
        b = BIO_do_handshake(sb);
        br = BIO_should_retry(sb);
        kit_queue();
        kit_say("client %ld retry %ld, server %ld retry %ld", a, ar, b, br);
        if (a == 1 && b == 1)
            break;
    }
    SHOW(BIO_write(cb, "hello", 5));
    SHOW(BIO_pending(sb));
    SHOW(BIO_read(sb, buf, 2));
    SHOW(BIO_pending(sb));
    SHOW(BIO_wpending(cb));
    SHOW(BIO_read(sb, buf, sizeof(buf)));
    n = BIO_read(sb, buf, sizeof(buf));
    kit_say("empty: %d, retry %d, read %d, write %d, special %d", n, BIO_should_retry(sb) != 0, BIO_should_read(sb) != 0,
            BIO_should_write(sb) != 0, BIO_should_io_special(sb) != 0);
    SHOW(BIO_puts(sb, "line one\nline two\n"));
    SHOW(BIO_gets(cb, buf, sizeof(buf)));
    SHOW(BIO_read(cb, buf, sizeof(buf)));
    SHOW(BIO_flush(cb));
    SHOW(BIO_eof(sb));
    SHOW(BIO_get_close(cb));
    SHOW(BIO_set_close(cb, BIO_CLOSE));
    SHOW(BIO_get_close(cb));
    SHOW(BIO_number_read(sb));
    SHOW(BIO_number_written(cb));
    SHOW(BIO_get_num_renegotiates(cb));
    SHOW(BIO_set_ssl_renegotiate_bytes(cb, 0));
    SHOW(BIO_set_ssl_renegotiate_timeout(cb, 0));
    BIO_ssl_shutdown(cb);
    SHOW(BIO_read(sb, buf, sizeof(buf)));
    SHOW(BIO_eof(sb));
    BIO_free_all(cb);
    BIO_free_all(sb);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void ssl_bio_control(void)
{
    SSL_CTX *c = kit_client();
    BIO *b = BIO_new(BIO_f_ssl()), *d;
    SSL *ssl = NULL;

    kit_say("the method is the same each time %d", BIO_f_ssl() == BIO_f_ssl());
    SHOW(BIO_read(b, &ssl, 1));
    SHOW(BIO_write(b, "x", 1));
    SHOW(BIO_get_ssl(b, &ssl));
    SHOW(BIO_do_handshake(b));
    SHOW(BIO_set_ssl(b, SSL_new(c), BIO_CLOSE));
    SHOW(BIO_get_ssl(b, &ssl));
    PTR(ssl);
    SHOW(BIO_set_ssl_mode(b, 1));
    kit_say("a client %d", !SSL_is_server(ssl));
    SHOW(BIO_set_ssl_mode(b, 0));
    kit_say("a server %d", SSL_is_server(ssl));
    SHOW(BIO_do_handshake(b));
    SHOW(BIO_reset(b));
    d = BIO_dup_chain(b);
    PTR(d);
    if (d != NULL) {
        SSL *other = NULL;

        BIO_get_ssl(d, &other);
        kit_say("another SSL %d", other != NULL && other != ssl);
        BIO_free_all(d);
    }
    SHOW(BIO_free(b));
    PTR(BIO_new_ssl(NULL, 1));
    SSL_CTX_free(c);
}

/* Answers one connection on a listening socket: reads a line, sends it back, shuts down. */
static void *server_thread(void *arg)
{
    int listener = *(int *)arg, fd = accept(listener, NULL, NULL), n;
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);
    char buf[64];

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && (n = SSL_read(ssl, buf, sizeof(buf))) > 0) {
        SSL_write(ssl, buf, n);
        SSL_shutdown(ssl);
        SSL_read(ssl, buf, sizeof(buf));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    ERR_clear_error();
    return NULL;
}

static int listen_any(char *address, size_t size)
{
    struct sockaddr_in sa;
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MUST(bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
    MUST(listen(fd, 1) == 0);
    MUST(getsockname(fd, (struct sockaddr *)&sa, &len) == 0);
    snprintf(address, size, "127.0.0.1:%d", ntohs(sa.sin_port));
    return fd;
}

static void ssl_connect_bio(void)
{
    int buffered;

    for (buffered = 0; buffered < 2; buffered++) {
        SSL_CTX *c = kit_client();
        char address[64], buf[64] = "";
        int listener = listen_any(address, sizeof(address)), n;
        pthread_t t;
        SSL *ssl = NULL;
        BIO *b = buffered ? BIO_new_buffer_ssl_connect(c) : BIO_new_ssl_connect(c);

        kit_say("buffered %d", buffered);
        PTR(b);
        STR(BIO_method_name(b));
        STR(BIO_method_name(BIO_next(b)));
        SHOW(BIO_get_ssl(b, &ssl));
        PTR(ssl);
        SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
        SHOW(BIO_set_conn_hostname(b, address));
        MUST(pthread_create(&t, NULL, server_thread, &listener) == 0);
        SHOW(BIO_do_connect(b));
        SHOW(BIO_do_handshake(b));
        STR(SSL_get_version(ssl));
        SHOW(BIO_puts(b, "over the wire\n"));
        SHOW(BIO_flush(b));
        n = buffered ? BIO_gets(b, buf, sizeof(buf)) : BIO_read(b, buf, sizeof(buf));
        kit_say("%d: %s", n, buf);
        SHOW(BIO_read(b, buf, sizeof(buf)));
        SHOW(SSL_get_shutdown(ssl));
        BIO_ssl_shutdown(b);
        BIO_free_all(b);
        pthread_join(t, NULL);
        close(listener);
        SSL_CTX_free(c);
    }
}

static void connect_refused(void)
{
    SSL_CTX *c = kit_client();
    char address[64];
    int listener = listen_any(address, sizeof(address));
    BIO *b = BIO_new_ssl_connect(c);

    close(listener);
    BIO_set_conn_hostname(b, address);
    kit_say("%ld", BIO_do_connect(b));
    kit_say("an error on the queue: %d", ERR_peek_error() != 0);
    ERR_clear_error();
    BIO_free_all(b);
    SSL_CTX_free(c);
}

static void copy_session(void)
{
    SSL_CTX *c = kit_client();
    BIO *a = BIO_new_ssl_connect(c), *b = BIO_new_ssl_connect(c), *mem = BIO_new(BIO_s_mem());

    SHOW(BIO_ssl_copy_session_id(b, a));
    SHOW(BIO_ssl_copy_session_id(mem, a));
    BIO_free_all(a);
    BIO_free_all(b);
    BIO_free(mem);
    SSL_CTX_free(c);
}

static void buffering(void)
{
    /* a BIO_f_buffer between SSL and network is flushed when it must be */
    kit_pair p;
    BIO *cb, *sb, *cbuf = BIO_new(BIO_f_buffer()), *sbuf = BIO_new(BIO_f_buffer());
    char buf[16];

    kit_pair_new(&p, NULL, NULL, 0);
    MUST(BIO_new_bio_pair(&cb, 0, &sb, 0) == 1);
    cb = BIO_push(cbuf, cb);
    sb = BIO_push(sbuf, sb);
    SSL_set_bio(p.c, cb, cb);
    SSL_set_bio(p.s, sb, sb);
    kit_shake_say(&p);
    kit_say("the write BIO is ours again %d", SSL_get_wbio(p.c) == cb);
    /* application data stays in the buffer until flushed */
    IO(p.c, SSL_write(p.c, "x", 1));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    SHOW(BIO_flush(cb));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    kit_pair_free(&p);
}

static const kit_case cases[] = {
    CASE(ssl_bio), CASE(ssl_bio_control), CASE(ssl_connect_bio), CASE(connect_refused), CASE(copy_session),
    CASE(buffering),
};

KIT_MAIN(cases)
