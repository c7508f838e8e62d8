/* SSL_MODE_ASYNC: jobs that pause in an operation of the private key, and what there is to see of them. */
#include "kit.h"

#include <openssl/async.h>
#include <openssl/rsa.h>
#include <unistd.h>

static int pauses, pipe_fds[2] = { -1, -1 };
static int (*plain)(int, const unsigned char *, unsigned char *, RSA *, int);
static char mark;

static void on_clean(ASYNC_WAIT_CTX *ctx, const void *key, OSSL_ASYNC_FD fd, void *data)
{
    (void)ctx, (void)key, (void)fd, (void)data;
}

static int priv_enc(int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    ASYNC_JOB *job = ASYNC_get_current_job();

    kit_say("key: job %s", job != NULL ? "set" : "NULL");
    for (int i = 0; i < pauses && job != NULL; i++) {
        ASYNC_WAIT_CTX *ctx = ASYNC_get_wait_ctx(job);

        MUST(ASYNC_WAIT_CTX_set_wait_fd(ctx, &mark, pipe_fds[0], NULL, on_clean));
        MUST(ASYNC_pause_job());
        MUST(ASYNC_WAIT_CTX_clear_fd(ctx, &mark));
        kit_say("key: goes on");
    }
    return plain(n, from, to, rsa, padding);
}

/* a key whose operations may take their time */
static EVP_PKEY *slow_key(void)
{
    EVP_PKEY *key = EVP_PKEY_new(), *of = kit_key("server-rsa");
    RSA *rsa = EVP_PKEY_get1_RSA(of);
    static RSA_METHOD *method; /* lives as long as the program */
    RSA *copy = RSAPrivateKey_dup(rsa);

    if (method == NULL)
        method = RSA_meth_dup(RSA_get_default_method());
    plain = RSA_meth_get_priv_enc(RSA_get_default_method());
    MUST(RSA_meth_set_priv_enc(method, priv_enc));
    MUST(RSA_set_method(copy, method));
    MUST(EVP_PKEY_assign_RSA(key, copy));
    RSA_free(rsa);
    EVP_PKEY_free(of);
    return key;
}

static void fds(SSL *ssl)
{
    OSSL_ASYNC_FD all[4], added[4], gone[4];
    size_t n = 99, add = 99, del = 99;
    int status = 99, r = SSL_get_all_async_fds(ssl, NULL, &n);

    kit_say("waiting %d, all %d: %zu", SSL_waiting_for_async(ssl), r, n);
    if (r && n > 0 && n < 4) {
        SSL_get_all_async_fds(ssl, all, &n);
        SHOW(all[0] == pipe_fds[0]);
    }
    r = SSL_get_changed_async_fds(ssl, NULL, &add, NULL, &del);
    kit_say("changed %d: %zu, %zu", r, add, del);
    if (r && add < 4 && del < 4)
        SHOW(SSL_get_changed_async_fds(ssl, added, &add, gone, &del));
    r = SSL_get_async_status(ssl, &status);
    kit_say("status %d: %d", r, status);
}

static SSL_CTX *server(int slow)
{
    SSL_CTX *s = kit_server("server-rsa");

    if (slow) {
        EVP_PKEY *key = slow_key();

        MUST(SSL_CTX_use_PrivateKey(s, key));
        EVP_PKEY_free(key);
    }
    SSL_CTX_set_num_tickets(s, 0);
    return s;
}

static void run(int version, int slow, int how_often, long mode)
{
    SSL_CTX *c = kit_client(), *s = server(slow);
    kit_pair p;
    int cr = -1, sr = -1;

    pauses = how_often;
    MUST(pipe(pipe_fds) == 0);
    kit_version(c, version);
    MUST(SSL_CTX_set_mode(s, mode));
    kit_pair_new(&p, c, s, 0);
    fds(p.s);
    for (int i = 0; i < 20 && (cr <= 0 || sr <= 0); i++) {
        if (cr <= 0)
            cr = SSL_connect(p.c);
        if (sr <= 0 && (sr = SSL_accept(p.s)) <= 0) {
            int e = SSL_get_error(p.s, sr);

            kit_say("SSL_accept: %s, want %d", kit_error_name(e), SSL_want(p.s));
            if (e == SSL_ERROR_WANT_ASYNC)
                fds(p.s);
        }
    }
    kit_say("client %d, server %d", cr, sr);
    kit_queue();
    fds(p.s);
    kit_negotiated(&p);
    kit_echo(&p, 5000);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void nothing_to_wait_for(void)
{
    run(TLS1_3_VERSION, 0, 0, SSL_MODE_ASYNC);
    run(TLS1_2_VERSION, 0, 0, SSL_MODE_ASYNC);
}

static void without_the_mode(void)
{
    run(TLS1_3_VERSION, 1, 2, 0);
}

static void slow13(void)
{
    run(TLS1_3_VERSION, 1, 1, SSL_MODE_ASYNC);
    run(TLS1_3_VERSION, 1, 3, SSL_MODE_ASYNC);
}

static void slow12(void)
{
    run(TLS1_2_VERSION, 1, 0, SSL_MODE_ASYNC);
    run(TLS1_2_VERSION, 1, 2, SSL_MODE_ASYNC);
}

static int on_ready(SSL *ssl, void *arg)
{
    kit_say("ready: %s, %s", ssl != NULL ? "SSL" : "NULL", (const char *)arg);
    return 1;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ssl;
    if (where & (SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE | SSL_CB_EXIT))
        kit_say("info %#x %d", where, ret);
}

static void callbacks(void)
{
    SSL_CTX *c = kit_client(), *s = server(1);
    kit_pair p;
    SSL *other;
    int status;

    pauses = 1;
    MUST(pipe(pipe_fds) == 0);
    MUST(SSL_CTX_set_mode(s, SSL_MODE_ASYNC));
    SHOW(SSL_CTX_set_async_callback(s, on_ready));
    SHOW(SSL_CTX_set_async_callback_arg(s, "of the SSL_CTX"));
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_async_callback(p.s, on_ready));
    SHOW(SSL_set_async_callback_arg(p.s, "of the SSL"));
    SSL_set_info_callback(p.s, on_info);
    IO(p.c, SSL_connect(p.c));
    IO(p.s, SSL_accept(p.s));
    IO(p.s, SSL_accept(p.s));
    SHOW(SSL_get_async_status(p.s, &status));
    kit_shake_say(&p);
    other = SSL_new(s);
    SHOW(SSL_waiting_for_async(other));
    SSL_free(other);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* one call after the other */
static void step_by_step(void)
{
    SSL_CTX *c = kit_client(), *s = server(1);
    kit_pair p;

    pauses = 1;
    MUST(pipe(pipe_fds) == 0);
    MUST(SSL_CTX_set_mode(s, SSL_MODE_ASYNC));
    kit_pair_new(&p, c, s, 0);
    IO(p.c, SSL_connect(p.c));
    IO(p.s, SSL_accept(p.s));
    SHOW(SSL_waiting_for_async(p.s));
    IO(p.s, SSL_accept(p.s));
    IO(p.c, SSL_connect(p.c));
    IO(p.s, SSL_accept(p.s));
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static const kit_case cases[] = {
    CASE(nothing_to_wait_for), CASE(without_the_mode), CASE(slow13), CASE(slow12), CASE(callbacks), CASE(step_by_step),
};

KIT_MAIN(cases)
