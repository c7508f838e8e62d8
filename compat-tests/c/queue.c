/* The error queue: what is left on it, what SSL_get_error makes of it, reason strings. */
#include "kit.h"

#include <sys/socket.h>
#include <unistd.h>

static void stale_queue(void)
{
    /* SSL_get_error looks at the queue: an old entry makes a wait look like an error */
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);
    int r;

    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl);
    r = SSL_do_handshake(ssl);
    kit_say("clean: %d, %s", r, kit_error_name(SSL_get_error(ssl, r)));
    ERR_raise(ERR_LIB_USER, 42);
    kit_say("with an old entry: %s", kit_error_name(SSL_get_error(ssl, r)));
    r = SSL_do_handshake(ssl);
    kit_say("after another try: %d, %s", r, kit_error_name(SSL_get_error(ssl, r)));
    kit_queue();
    ERR_raise(ERR_LIB_SYS, 5);
    kit_say("a system error: %s", kit_error_name(SSL_get_error(ssl, -1)));
    kit_queue();
    kit_say("ret 1: %s", kit_error_name(SSL_get_error(ssl, 1)));
    ERR_raise(ERR_LIB_USER, 42);
    kit_say("ret 1, old entry: %s", kit_error_name(SSL_get_error(ssl, 1)));
    ERR_clear_error();
    kit_say("ret 0: %s", kit_error_name(SSL_get_error(ssl, 0)));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void queue_clean_after_success(void)
{
    kit_pair p;

    kit_pair_new(&p, NULL, NULL, 0);
    MUST(kit_shake(&p));
    kit_queue();
    kit_echo(&p, 10);
    SHOW(ERR_peek_error());
    SHOW(SSL_shutdown(p.c));
    SHOW(SSL_shutdown(p.s));
    SHOW(SSL_shutdown(p.c));
    SHOW(ERR_peek_error());
    kit_pair_free(&p);
}

static void sockets(void)
{
    /* a closed and a reset socket */
    char buf[16];
    int server;

    for (server = 0; server < 2; server++) {
        kit_pair p;
        int fds[2];
        SSL *here;

        kit_pair_fd(&p, NULL, NULL, fds);
        here = server ? p.s : p.c;
        close(fds[server ? 0 : 1]);
        errno = 0;
        IO(here, SSL_do_handshake(here));
        errno = 0;
        IO(here, SSL_do_handshake(here));
        kit_pair_free(&p);
        close(fds[server ? 1 : 0]);

        kit_pair_fd(&p, NULL, NULL, fds);
        MUST(kit_shake(&p));
        kit_settle(&p);
        here = server ? p.s : p.c;
        close(fds[server ? 0 : 1]);
        errno = 0;
        IO(here, SSL_write(here, "x", 1));
        kit_say("errno %s", errno == EPIPE ? "EPIPE" : "another");
        errno = 0;
        IO(here, SSL_read(here, buf, sizeof(buf)));
        IO(here, SSL_shutdown(here));
        kit_pair_free(&p);
        close(fds[server ? 1 : 0]);
    }
}

static void strings(void)
{
    static const char *const kinds[] = { "warning", "fatal", "unknown" };
    int i;

    for (i = 0; i < 256; i++)
        kit_say("%d: %s, %s", i, SSL_alert_desc_string(i), SSL_alert_desc_string_long(i));
    for (i = 0; i < 4; i++)
        kit_say("%s: %s, %s", kinds[i % 3], SSL_alert_type_string(i << 8), SSL_alert_type_string_long(i << 8));
}

static void reasons(void)
{
    /* the strings libssl gives to the error reasons of its library number */
    int i;

    kit_say("%s", ERR_lib_error_string(ERR_PACK(ERR_LIB_SSL, 0, 1)));
    for (i = 1; i < 1200; i++) {
        const char *s = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, i));

        if (s != NULL)
            kit_say("%d: %s", i, s);
    }
    SHOW(ERR_load_SSL_strings());
    SHOW(OPENSSL_init_ssl(0, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL));
}

static void null_methods(void)
{
    PTR(SSL_CTX_new(NULL));
    PTR(SSL_new(NULL));
    SSL_free(NULL);
    SSL_CTX_free(NULL);
    SSL_SESSION_free(NULL);
    kit_queue();
}

static const kit_case cases[] = {
    CASE(stale_queue), CASE(queue_clean_after_success), CASE(sockets), CASE(strings), CASE(reasons),
    CASE(null_methods),
};

KIT_MAIN(cases)
