/* A connection between two SSL of this process: made, driven, observed. */
#include "kit.h"

#include <fcntl.h>
#include <sys/socket.h>

/* Turns of the pump before a handshake is called stuck. */
#define KIT_TURNS 100000
/* Turns without a byte moved before both sides are taken to wait for something else. */
#define KIT_STILL 8

static void pair_ctx(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx)
{
    memset(p, 0, sizeof(*p));
    if (cctx != NULL)
        MUST(SSL_CTX_up_ref(cctx) == 1);
    if (sctx != NULL)
        MUST(SSL_CTX_up_ref(sctx) == 1);
    p->cctx = cctx != NULL ? cctx : kit_client();
    p->sctx = sctx != NULL ? sctx : kit_server("server-ec");
    p->c = SSL_new(p->cctx);
    p->s = SSL_new(p->sctx);
    MUST(p->c != NULL && p->s != NULL);
}

void kit_pair_new(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx, size_t size)
{
    pair_ctx(p, cctx, sctx);
    MUST(BIO_new_bio_pair(&p->cbio, size, &p->sbio, size) == 1);
    SSL_set_bio(p->c, p->cbio, p->cbio);
    SSL_set_bio(p->s, p->sbio, p->sbio);
    SSL_set_connect_state(p->c);
    SSL_set_accept_state(p->s);
}

void kit_pair_fd(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx, int fds[2])
{
    int i;

    pair_ctx(p, cctx, sctx);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    for (i = 0; i < 2; i++)
        MUST(fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK) == 0);
    MUST(SSL_set_fd(p->c, fds[0]) == 1);
    MUST(SSL_set_fd(p->s, fds[1]) == 1);
    SSL_set_connect_state(p->c);
    SSL_set_accept_state(p->s);
}

void kit_pair_free(kit_pair *p)
{
    SSL_free(p->c);
    SSL_free(p->s);
    SSL_CTX_free(p->cctx);
    SSL_CTX_free(p->sctx);
    memset(p, 0, sizeof(*p));
}

static kit_pair *watched;

static void watch(const SSL *ssl, int where, int ret)
{
    size_t n;

    if (watched == NULL || (where & SSL_CB_ALERT) == 0)
        return;
    n = strlen(watched->log);
    snprintf(watched->log + n, sizeof(watched->log) - n, "%s %s %s %s (%s, %s); ",
             ssl == watched->c ? "client" : "server", (where & SSL_CB_READ) != 0 ? "got" : "sent",
             SSL_alert_type_string_long(ret), SSL_alert_desc_string_long(ret), SSL_alert_type_string(ret),
             SSL_alert_desc_string(ret));
}

void kit_watch_alerts(kit_pair *p)
{
    watched = p;
    SSL_set_info_callback(p->c, watch);
    SSL_set_info_callback(p->s, watch);
}

void kit_alerts(kit_pair *p)
{
    kit_say("alerts: %s", p->log[0] == '\0' ? "none" : p->log);
    p->log[0] = '\0';
}

typedef struct {
    int done, ret, err;
} end;

static int retryable(int e)
{
    return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_X509_LOOKUP
           || e == SSL_ERROR_WANT_CLIENT_HELLO_CB || e == SSL_ERROR_WANT_RETRY_VERIFY;
}

/* Bytes both sides have taken from the network so far: what tells progress from standing still. */
static uint64_t taken(kit_pair *p)
{
    BIO *c = SSL_get_rbio(p->c), *s = SSL_get_rbio(p->s);

    return (c != NULL ? BIO_number_read(c) : 0) + (s != NULL ? BIO_number_read(s) : 0);
}

/* Steps one side; a final failure is printed at once, while the queue is its own. */
static void step(SSL *ssl, end *e, const char *who, int say)
{
    if (e->done)
        return;
    ERR_clear_error();
    e->ret = SSL_do_handshake(ssl);
    e->err = SSL_get_error(ssl, e->ret);
    if (e->ret == 1 || !retryable(e->err)) {
        e->done = 1;
        if (say) {
            kit_say("%s handshake = %d, %s", who, e->ret, kit_error_name(e->err));
            kit_queue();
        }
        ERR_clear_error();
    }
}

static int shake(kit_pair *p, int say)
{
    end c = { 0, 0, 0 }, s = { 0, 0, 0 };
    int turn, still = 0;

    for (turn = 0; turn < KIT_TURNS && still < KIT_STILL && !(c.done && s.done); turn++) {
        uint64_t before = taken(p);

        step(p->c, &c, "client", say);
        step(p->s, &s, "server", say);
        /* A server may still be sending tickets through a small pair: the finished client must take them. */
        if (c.ret == 1 && !s.done && s.err == SSL_ERROR_WANT_WRITE) {
            char b;

            (void)SSL_peek(p->c, &b, 1);
            ERR_clear_error();
        }
        still = before == taken(p) ? still + 1 : 0;
    }
    if (say) {
        char buf[16];

        if (!c.done)
            kit_say("client waits: %s", kit_error_name(c.err));
        if (!s.done)
            kit_say("server waits: %s", kit_error_name(s.err));
        /* In TLS 1.3 a client has finished before the server refuses it: it learns so by reading. */
        if (c.ret == 1 && s.done && s.ret != 1)
            IO(p->c, SSL_read(p->c, buf, sizeof(buf)));
        if (s.ret == 1 && c.done && c.ret != 1)
            IO(p->s, SSL_read(p->s, buf, sizeof(buf)));
    }
    return c.ret == 1 && s.ret == 1;
}

int kit_shake(kit_pair *p)
{
    int ok = shake(p, 0);

    ERR_clear_error();
    return ok;
}

int kit_shake_say(kit_pair *p)
{
    int ok;

    kit_watch_alerts(p);
    ok = shake(p, 1);
    kit_alerts(p);
    SSL_set_info_callback(p->c, NULL);
    SSL_set_info_callback(p->s, NULL);
    watched = NULL;
    return ok;
}

void kit_shaken(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx)
{
    kit_pair_new(p, cctx, sctx, 0);
    if (!shake(p, 0)) {
        kit_say("HANDSHAKE FAILED");
        kit_queue();
    }
    kit_settle(p);
}

void kit_pair_of(kit_pair *p, int version, size_t size)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    kit_version(c, version);
    kit_pair_new(p, c, s, size);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    MUST(kit_shake(p));
    kit_settle(p);
}

void kit_settle(kit_pair *p)
{
    char b;
    int i;

    for (i = 0; i < 2; i++) {
        if (SSL_peek(p->c, &b, 1) > 0 || SSL_peek(p->s, &b, 1) > 0)
            break;
        ERR_clear_error();
    }
}

void kit_update(kit_pair *p)
{
    char buf[4];

    SHOW(SSL_key_update(p->c, SSL_KEY_UPDATE_REQUESTED));
    IO(p->c, SSL_do_handshake(p->c));
    IO(p->s, SSL_read(p->s, buf, sizeof(buf)));
    IO(p->s, SSL_write(p->s, "x", 1));
    IO(p->c, SSL_read(p->c, buf, sizeof(buf)));
}

void kit_echo(kit_pair *p, size_t n)
{
    unsigned char *out = malloc(n + 1), *in = malloc(n + 1);
    int way;

    kit_fill(out, n, 7);
    for (way = 0; way < 2; way++) {
        SSL *from = way == 0 ? p->c : p->s, *to = way == 0 ? p->s : p->c;
        size_t sent = 0, got = 0, turn;

        for (turn = 0; got < n && turn < KIT_TURNS; turn++) {
            int r;

            if (sent < n && (r = SSL_write(from, out + sent, (int)(n - sent))) > 0)
                sent += (size_t)r;
            if ((r = SSL_read(to, in + got, (int)(n - got))) > 0)
                got += (size_t)r;
        }
        kit_say("%s: %zu bytes %s", way == 0 ? "client to server" : "server to client", got,
                got == n && memcmp(in, out, n) == 0 ? "as sent" : "NOT AS SENT");
        kit_queue();
    }
    free(out);
    free(in);
}

void kit_negotiated(kit_pair *p)
{
    const SSL_CIPHER *c = SSL_get_current_cipher(p->c), *s = SSL_get_current_cipher(p->s);

    kit_say("client: %s, %s, reused %d", SSL_get_version(p->c), c != NULL ? SSL_CIPHER_get_name(c) : "no suite",
            SSL_session_reused(p->c));
    kit_say("server: %s, %s, reused %d", SSL_get_version(p->s), s != NULL ? SSL_CIPHER_get_name(s) : "no suite",
            SSL_session_reused(p->s));
}
