/* One SSL_CTX used by many threads at once; sums must come out right. */
#include "kit.h"

#include <pthread.h>

#define THREADS 8
#define HANDSHAKES 40 /* per thread */
#define BYTES 20000   /* each way, per connection */

typedef struct {
    SSL_CTX *c, *s;
    int index, done, reused, wrong, queue, alpn;
    int resume, change;
    uint64_t bytes;
} worker;

static int pump(SSL *a, SSL *b)
{
    int i, ra = -1, rb = -1;

    for (i = 0; i < 200 && (ra != 1 || rb != 1); i++) {
        if (ra != 1)
            ra = SSL_do_handshake(a);
        if (rb != 1)
            rb = SSL_do_handshake(b);
    }
    return ra == 1 && rb == 1;
}

static int carry(SSL *from, SSL *to, const unsigned char *data, unsigned char *buf, size_t n)
{
    size_t sent = 0, got = 0;
    int i;

    for (i = 0; i < 1000 && got < n; i++) {
        int r;

        if (sent < n && (r = SSL_write(from, data + sent, (int)(n - sent))) > 0)
            sent += (size_t)r;
        if ((r = SSL_read(to, buf + got, (int)(n - got))) > 0)
            got += (size_t)r;
    }
    return got == n && memcmp(data, buf, n) == 0;
}

static void *work(void *arg)
{
    worker *w = arg;
    unsigned char *data = malloc(BYTES), *buf = malloc(BYTES);
    SSL_SESSION *sess = NULL;
    int i;

    for (i = 0; i < HANDSHAKES; i++) {
        SSL *c = SSL_new(w->c), *s = SSL_new(w->s);
        BIO *a, *b;
        const unsigned char *proto;
        unsigned n;

        BIO_new_bio_pair(&a, 0, &b, 0);
        SSL_set_bio(c, a, a);
        SSL_set_bio(s, b, b);
        SSL_set_connect_state(c);
        SSL_set_accept_state(s);
        SSL_set_tlsext_host_name(c, "server.test");
        SSL_set1_host(c, "server.test");
        if (w->resume && sess != NULL)
            SSL_set_session(c, sess);
        if (w->change && i % 8 == 0) {
            SSL_CTX_set_options(w->c, SSL_OP_NO_COMPRESSION);
            SSL_CTX_set_timeout(w->s, 300);
        }
        ERR_clear_error();
        kit_fill(data, BYTES, (uint64_t)(w->index * 1000 + i));
        if (!pump(c, s)) {
            w->wrong++;
        } else {
            ERR_clear_error();
            w->done++;
            if (!carry(c, s, data, buf, BYTES) || !carry(s, c, data, buf, BYTES))
                w->wrong++;
            else
                w->bytes += 2 * BYTES;
            w->reused += SSL_session_reused(s) && SSL_session_reused(c);
            SSL_get0_alpn_selected(c, &proto, &n);
            w->alpn += n == 2 && memcmp(proto, "h2", 2) == 0;
            w->wrong += SSL_get_verify_result(c) != X509_V_OK;
            SSL_shutdown(c);
            SSL_shutdown(s);
            SSL_SESSION_free(sess);
            sess = SSL_get1_session(c);
        }
        ERR_clear_error();
        SSL_free(c);
        SSL_free(s);
    }
    SSL_SESSION_free(sess);
    free(data);
    free(buf);
    OPENSSL_thread_stop();
    return NULL;
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    (void)ssl;
    (void)arg;
    return SSL_select_next_proto((unsigned char **)out, outlen, (const unsigned char *)"\x02h2", 3, in, inlen) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static int on_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_SSL_CTX(ssl, arg);
    return SSL_TLSEXT_ERR_OK;
}

static void run(int version, int resume, int tickets, int change, const char *cert)
{
    worker w[THREADS];
    pthread_t t[THREADS];
    SSL_CTX *c = kit_client(), *s = kit_server(cert), *other = kit_server(cert);
    int i, done = 0, reused = 0, wrong = 0, alpn = 0;
    uint64_t bytes = 0;

    kit_say("%s, %s, resumption %d, tickets %d, changing %d", kit_version_name(version), cert, resume, tickets, change);
    kit_version(c, version);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    MUST(SSL_CTX_set_alpn_protos(c, (const unsigned char *)"\x02h2\x08http/1.1", 12) == 0);
    SSL_CTX_set_alpn_select_cb(other, choose, NULL);
    SSL_CTX_set_alpn_select_cb(s, choose, NULL);
    SSL_CTX_set_tlsext_servername_callback(s, on_name);
    SSL_CTX_set_tlsext_servername_arg(s, other);
    if (!tickets)
        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    for (i = 0; i < THREADS; i++) {
        memset(&w[i], 0, sizeof(w[i]));
        w[i].c = c;
        w[i].s = s;
        w[i].index = i;
        w[i].resume = resume;
        w[i].change = change;
        MUST(pthread_create(&t[i], NULL, work, &w[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        done += w[i].done;
        reused += w[i].reused;
        wrong += w[i].wrong;
        alpn += w[i].alpn;
        bytes += w[i].bytes;
    }
    kit_say("handshakes %d, reused %d, h2 %d, wrong %d, bytes %llu", done, reused, alpn, wrong, (unsigned long long)bytes);
    kit_say("statistics: connect %ld good %ld, accept %ld good %ld, hits %ld", SSL_CTX_sess_connect(c), SSL_CTX_sess_connect_good(c),
            SSL_CTX_sess_accept(s), SSL_CTX_sess_accept_good(s), SSL_CTX_sess_hits(s));
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_CTX_free(other);
}

static void full(void)
{
    run(TLS1_2_VERSION, 0, 1, 0, "server-ec");
    run(TLS1_3_VERSION, 0, 1, 0, "server-ec");
    run(TLS1_3_VERSION, 0, 1, 1, "server-ec");
}

static void rsa(void)
{
    run(TLS1_3_VERSION, 0, 1, 0, "server-rsa");
}

static void resumed_by_ticket(void)
{
    run(TLS1_2_VERSION, 1, 1, 0, "server-ec");
    run(TLS1_3_VERSION, 1, 1, 0, "server-ec");
}

static void resumed_by_cache(void)
{
    run(TLS1_2_VERSION, 1, 0, 0, "server-ec");
    run(TLS1_3_VERSION, 1, 0, 0, "server-ec");
}

/* Each thread's error queue is its own. */
static void *fail_alone(void *arg)
{
    int *sum = arg, i;
    SSL_CTX *ctx = kit_server("server-ec");

    for (i = 0; i < 50; i++) {
        SSL *ssl = SSL_new(ctx);
        BIO *in = BIO_new(BIO_s_mem());
        unsigned long e;

        BIO_write(in, "GET / HTTP/1.0\r\n\r\n", 18);
        SSL_set_bio(ssl, in, BIO_new(BIO_s_mem()));
        ERR_clear_error();
        if (SSL_accept(ssl) == -1) {
            e = ERR_get_error();
            if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_HTTP_REQUEST && ERR_peek_error() == 0)
                (*sum)++;
        }
        SSL_free(ssl);
    }
    SSL_CTX_free(ctx);
    return NULL;
}

static void own_error_queues(void)
{
    int sums[THREADS] = { 0 }, i, sum = 0;
    pthread_t t[THREADS];

    for (i = 0; i < THREADS; i++)
        MUST(pthread_create(&t[i], NULL, fail_alone, &sums[i]) == 0);
    for (i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        sum += sums[i];
    }
    kit_say("right errors %d", sum);
    SHOW(ERR_peek_error());
}

/* A connection made in one thread goes on in others, one after the other. */
static kit_pair handed;

static void *hand_over(void *arg)
{
    (void)arg;
    kit_echo(&handed, 5000);
    return NULL;
}

static void handed_over(void)
{
    pthread_t t;
    int i;

    kit_shaken(&handed, NULL, NULL);
    for (i = 0; i < 4; i++) {
        MUST(pthread_create(&t, NULL, hand_over, NULL) == 0);
        pthread_join(t, NULL);
    }
    kit_pair_free(&handed);
}

static void *up_and_down(void *arg)
{
    SSL_CTX *ctx = arg;
    int i;

    for (i = 0; i < 2000; i++) {
        SSL *ssl;

        SSL_CTX_up_ref(ctx);
        ssl = SSL_new(ctx);
        SSL_up_ref(ssl);
        SSL_free(ssl);
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    return NULL;
}

static void reference_counts(void)
{
    SSL_CTX *ctx = kit_client();
    pthread_t t[THREADS];
    int i;

    for (i = 0; i < THREADS; i++)
        MUST(pthread_create(&t[i], NULL, up_and_down, ctx) == 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    PTR(SSL_CTX_get_cert_store(ctx));
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(full), CASE(rsa), CASE(resumed_by_ticket), CASE(resumed_by_cache), CASE(own_error_queues), CASE(handed_over),
    CASE(reference_counts),
};

KIT_MAIN(cases)
