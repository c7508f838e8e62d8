/* Contexts that many threads share, and whose callbacks are asked by all of them: security, cookies, ENGINEs, asynchronous keys,
 * PSKs, extensions of the program's, keylog, messages. */
#include "kit.h"

#include <openssl/async.h>
#include <openssl/engine.h>
#include <openssl/rsa.h>
#include <pthread.h>

#define THREADS 5
#define ROUNDS 6 /* connections per thread */

typedef struct {
    SSL_CTX *c, *s;
    int cookies; /* the server begins with SSL_stateless */
    int good, wrong;
} worker;

static _Atomic int called, paused;

/* one more step of a server; 1 when its handshake is done */
static int serve(worker *w, SSL *s, int *known)
{
    if (w->cookies && !*known) {
        *known = SSL_stateless(s) == 1;
        return 0;
    }
    return SSL_accept(s);
}

static void *work(void *arg)
{
    worker *w = arg;
    char buf[3000];
    int i, j;

    for (i = 0; i < ROUNDS; i++) {
        SSL *c = SSL_new(w->c), *s = SSL_new(w->s);
        BIO *a, *b;
        int rc = -1, rs = -1, known = 0;

        BIO_new_bio_pair(&a, 0, &b, 0);
        SSL_set_bio(c, a, a);
        SSL_set_bio(s, b, b);
        for (j = 0; j < 100 && (rc != 1 || rs != 1); j++) {
            if (rc != 1)
                rc = SSL_connect(c);
            if (rs != 1)
                rs = serve(w, s, &known);
        }
        memset(buf, i, sizeof(buf));
        if (rc == 1 && rs == 1 && SSL_write(s, buf, sizeof(buf)) == sizeof(buf) && SSL_read(c, buf, sizeof(buf)) == sizeof(buf))
            w->good++;
        else
            w->wrong++;
        ERR_clear_error();
        SSL_free(c);
        SSL_free(s);
    }
    ASYNC_cleanup_thread();
    OPENSSL_thread_stop();
    return NULL;
}

static void all(SSL_CTX *c, SSL_CTX *s, int cookies)
{
    worker w[THREADS];
    pthread_t t[THREADS];
    int i, good = 0, wrong = 0;

    called = paused = 0;
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    for (i = 0; i < THREADS; i++) {
        w[i] = (worker) { c, s, cookies, 0, 0 };
        MUST(pthread_create(&t[i], NULL, work, &w[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        good += w[i].good;
        wrong += w[i].wrong;
    }
    kit_say("good %d, wrong %d, called %d", good, wrong, called > 0);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static int on_security(const SSL *s, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    (void)s, (void)ctx, (void)op, (void)nid, (void)other, (void)ex;
    called++;
    return bits >= 0;
}

static void security(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_security_callback(c, on_security);
    SSL_CTX_set_security_callback(s, on_security);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    all(c, s, 0);
}

static int on_make(SSL *ssl, unsigned char *out, size_t *len)
{
    (void)ssl;
    called++;
    memset(out, 7, *len = 20);
    return 1;
}

static int on_cookie(SSL *ssl, const unsigned char *in, size_t len)
{
    (void)ssl;
    called++;
    return len == 20 && in[19] == 7;
}

static void stateless(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_stateless_cookie_generate_cb(s, on_make);
    SSL_CTX_set_stateless_cookie_verify_cb(s, on_cookie);
    all(c, s, 1);
}

static X509 *cert;
static EVP_PKEY *cert_key;

static int on_load(ENGINE *e, SSL *ssl, STACK_OF(X509_NAME) *names, X509 **x, EVP_PKEY **key, STACK_OF(X509) **others,
    UI_METHOD *ui, void *data)
{
    (void)e, (void)ssl, (void)names, (void)others, (void)ui, (void)data;
    called++;
    X509_up_ref(*x = cert);
    EVP_PKEY_up_ref(*key = cert_key);
    return 1;
}

static void engines(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    ENGINE *e = ENGINE_new();

    cert = kit_cert("client-ec");
    cert_key = kit_key("client-ec");
    MUST(ENGINE_set_id(e, "threads") && ENGINE_set_name(e, "of the test") && ENGINE_set_load_ssl_client_cert_function(e, on_load));
    kit_trust(s, "ca");
    kit_trust(s, "int");
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    MUST(SSL_CTX_set_client_cert_engine(c, e));
    all(c, s, 0);
    ENGINE_free(e);
    X509_free(cert);
    EVP_PKEY_free(cert_key);
}

static int (*plain)(int, const unsigned char *, unsigned char *, RSA *, int);

static int priv_enc(int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    called++;
    if (ASYNC_get_current_job() != NULL && paused++ % 3 == 0)
        ASYNC_pause_job();
    return plain(n, from, to, rsa, padding);
}

static void async(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
    EVP_PKEY *key = EVP_PKEY_new(), *of = kit_key("server-rsa");
    RSA *rsa = EVP_PKEY_get1_RSA(of), *copy = RSAPrivateKey_dup(rsa);
    static RSA_METHOD *method; /* lives as long as the program */

    method = RSA_meth_dup(RSA_get_default_method());
    plain = RSA_meth_get_priv_enc(method);
    MUST(RSA_meth_set_priv_enc(method, priv_enc) && RSA_set_method(copy, method) && EVP_PKEY_assign_RSA(key, copy));
    RSA_free(rsa);
    EVP_PKEY_free(of);
    MUST(SSL_CTX_use_PrivateKey(s, key) && SSL_CTX_set_mode(s, SSL_MODE_ASYNC));
    EVP_PKEY_free(key);
    all(c, s, 0);
}

static unsigned int on_psk_client(SSL *ssl, const char *hint, char *identity, unsigned int max, unsigned char *psk, unsigned int size)
{
    (void)ssl, (void)hint;
    called++;
    snprintf(identity, max, "me");
    memset(psk, 9, size < 32 ? size : 32);
    return 32;
}

static unsigned int on_psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned int size)
{
    (void)ssl, (void)identity;
    called++;
    memset(psk, 9, size < 32 ? size : 32);
    return 32;
}

static void psks(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_psk_client_callback(c, on_psk_client);
    SSL_CTX_set_psk_server_callback(s, on_psk_server);
    all(c, s, 0);
}

static int on_add(SSL *s, unsigned int type, const unsigned char **out, size_t *len, int *al, void *arg)
{
    (void)s, (void)type, (void)al, (void)arg;
    called++;
    *out = (const unsigned char *)"hello";
    *len = 5;
    return 1;
}

static int on_parse(SSL *s, unsigned int type, const unsigned char *in, size_t len, int *al, void *arg)
{
    (void)s, (void)type, (void)in, (void)len, (void)al, (void)arg;
    called++;
    return 1;
}

static void on_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    called += line[0] != 0;
}

static void on_message(int sent, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    (void)sent, (void)version, (void)type, (void)buf, (void)len, (void)ssl, (void)arg;
    called++;
}

static void on_info(const SSL *ssl, int where, int ret)
{
    (void)ssl, (void)where, (void)ret;
    called++;
}

static void observers(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    MUST(SSL_CTX_add_client_custom_ext(c, 1000, on_add, NULL, NULL, on_parse, NULL));
    MUST(SSL_CTX_add_server_custom_ext(s, 1000, on_add, NULL, NULL, on_parse, NULL));
    SSL_CTX_set_keylog_callback(s, on_key);
    SSL_CTX_set_msg_callback(c, on_message);
    SSL_CTX_set_info_callback(s, on_info);
    all(c, s, 0);
}

static const kit_case cases[] = {
    CASE(security), CASE(stateless), CASE(engines), CASE(async), CASE(psks), CASE(observers),
};
KIT_MAIN(cases)
