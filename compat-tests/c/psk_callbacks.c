/* External PSKs: SSL_set_psk_use_session_callback, SSL_set_psk_find_session_callback and the older pair, in TLS 1.3. */
#include "kit.h"

static const unsigned char key[32] = "0123456789abcdef0123456789abcde";
static const char *identity = "who";
static uint16_t suite = 0x1301;
static int version = TLS1_3_VERSION, fails, early, wrong_key, none, quiet;

static SSL_SESSION *make(SSL *ssl)
{
    unsigned char id[2] = { (unsigned char)(suite >> 8), (unsigned char)suite }, other[32];
    SSL_SESSION *x = SSL_SESSION_new();

    memcpy(other, key, sizeof(other));
    other[0] ^= (unsigned char)wrong_key;
    MUST(SSL_SESSION_set1_master_key(x, other, suite == 0x1302 ? sizeof(other) : sizeof(other)));
    MUST(SSL_SESSION_set_cipher(x, SSL_CIPHER_find(ssl, id)));
    MUST(SSL_SESSION_set_protocol_version(x, version));
    if (early)
        MUST(SSL_SESSION_set_max_early_data(x, 100));
    return x;
}

static int on_use(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **x)
{
    if (!quiet)
        kit_say("use: digest %s, state \"%s\"", md != NULL ? "set" : "NULL", SSL_state_string_long(ssl));
    *x = NULL;
    if (fails)
        return 0;
    *id = (const unsigned char *)identity;
    *len = strlen(identity);
    if (!none)
        *x = make(ssl);
    return 1;
}

static int on_find(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **x)
{
    if (!quiet)
        kit_say("find: \"%.*s\", state \"%s\", version %s", len < 40 ? (int)len : 0, (const char *)id, SSL_state_string_long(ssl),
            SSL_get_version(ssl));
    *x = NULL;
    if (fails)
        return 0;
    if (len == strlen("who") && memcmp(id, "who", len) == 0) {
        int wrong = wrong_key;

        wrong_key = 0;
        *x = make(ssl);
        wrong_key = wrong;
    }
    return 1;
}

static unsigned int on_client(SSL *ssl, const char *hint, char *id, unsigned int max_id, unsigned char *psk, unsigned int max_psk)
{
    (void)ssl;
    kit_say("client: hint %s, room %u, %u", hint != NULL ? hint : "NULL", max_id, max_psk);
    if (fails)
        return 0;
    strcpy(id, identity);
    memcpy(psk, key, sizeof(key));
    return sizeof(key);
}

static unsigned int on_server(SSL *ssl, const char *id, unsigned char *psk, unsigned int max_psk)
{
    (void)ssl;
    kit_say("server: \"%s\", room %u", strlen(id) < 40 ? id : "long", max_psk);
    if (fails || strcmp(id, "who") != 0)
        return 0;
    memcpy(psk, key, sizeof(key));
    return sizeof(key);
}

static void reset(void)
{
    identity = "who";
    suite = 0x1301;
    version = TLS1_3_VERSION;
    fails = early = wrong_key = none = quiet = 0;
}

static void contexts(SSL_CTX **c, SSL_CTX **s)
{
    *c = kit_client();
    *s = kit_server("server-ec");
    kit_version(*c, TLS1_3_VERSION);
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"psk", 3));
}

static void describe(const char *who, SSL *s)
{
    SSL_SESSION *x = SSL_get_session(s);
    X509 *peer = SSL_get0_peer_certificate(s);
    unsigned n = 0;

    if (x != NULL)
        SSL_SESSION_get0_id_context(x, &n);
    kit_say("%s: %s, reused %d, session %s, key %zu, context %u, peer %s, chain %s, verified %ld", who, SSL_get_cipher(s),
            SSL_session_reused(s), x != NULL ? "set" : "NULL", x != NULL ? SSL_SESSION_get_master_key(x, NULL, 0) : 0, n,
            peer != NULL ? "set" : "NULL", SSL_get_peer_cert_chain(s) != NULL ? "set" : "NULL", SSL_get_verify_result(s));
}

static void run(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_watch_alerts(&p);
    if (kit_shake_say(&p)) {
        describe("client", p.c);
        describe("server", p.s);
        kit_settle(&p);
        kit_echo(&p, 100);
        describe("client", p.c);
        SHOW(SSL_SESSION_is_resumable(SSL_get_session(p.c)));
        STR(SSL_get_psk_identity(p.c));
        STR(SSL_get_psk_identity(p.s));
        STR(SSL_get_psk_identity_hint(p.c));
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
    }
    kit_pair_free(&p);
}

static void newer(void)
{
    static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 };
    size_t i;

    reset();
    for (i = 0; i < COUNT(suites); i++) {
        SSL_CTX *c, *s;

        suite = suites[i];
        contexts(&c, &s);
        kit_say("suite %04x", suite);
        SSL_CTX_set_psk_use_session_callback(c, on_use);
        SSL_CTX_set_psk_find_session_callback(s, on_find);
        run(c, s);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void older(void)
{
    SSL_CTX *c, *s;

    reset();
    contexts(&c, &s);
    SSL_CTX_set_psk_client_callback(c, on_client);
    SSL_CTX_set_psk_server_callback(s, on_server);
    run(c, s);
    kit_say("the newer first");
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    run(c, s);
    kit_say("which has none");
    none = 1;
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void unknown(void)
{
    /* a certificate serves then */
    SSL_CTX *c, *s;

    reset();
    identity = "nobody";
    contexts(&c, &s);
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    run(c, s);
    kit_say("without a callback");
    SSL_CTX_set_psk_find_session_callback(s, NULL);
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void wrong(void)
{
    SSL_CTX *c, *s;

    reset();
    contexts(&c, &s);
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    wrong_key = 1;
    kit_say("another key");
    run(c, s);
    wrong_key = 0;
    fails = 1;
    kit_say("failing callbacks");
    run(c, s);
    SSL_CTX_set_psk_use_session_callback(c, NULL);
    SSL_CTX_set_psk_client_callback(c, on_client);
    run(c, s);
    fails = 0;
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    version = TLS1_2_VERSION;
    kit_say("a session of TLS 1.2");
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void without_certificate(void)
{
    SSL_CTX *c = kit_client(), *s = SSL_CTX_new(TLS_server_method());

    reset();
    suite = 0x1302; /* of the hash of the suite that is chosen */
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    run(c, s);
    SSL_CTX_free(s);
    s = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_psk_client_callback(c, on_client);
    SSL_CTX_set_psk_use_session_callback(c, NULL);
    SSL_CTX_set_psk_server_callback(s, on_server);
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void of_a_connection(void)
{
    SSL_CTX *c, *s;
    kit_pair p;

    reset();
    contexts(&c, &s);
    kit_pair_new(&p, c, s, 0);
    SSL_set_psk_use_session_callback(p.c, on_use);
    SSL_set_psk_find_session_callback(p.s, on_find);
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, s, 0);
    SSL_set_psk_client_callback(p.c, on_client);
    SSL_set_psk_server_callback(p.s, on_server);
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static SSL_SESSION *last;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(last);
    last = session;
    return 1;
}

static void and_tickets(void)
{
    /* the ticket of such a connection resumes it, and goes before the PSK */
    SSL_CTX *c, *s;
    kit_pair p;

    reset();
    contexts(&c, &s);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, on_new);
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    run(c, s);
    MUST(last != NULL);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_set_session(p.c, last));
    kit_shake_say(&p);
    describe("client", p.c);
    kit_pair_free(&p);
    SSL_SESSION_free(last);
    last = NULL;
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void retry(void)
{
    /* a HelloRetryRequest between; how often the callbacks are asked is the library's business */
    SSL_CTX *c, *s;

    reset();
    quiet = 1;
    suite = 0x1302;
    contexts(&c, &s);
    MUST(SSL_CTX_set1_groups_list(s, "P-384"));
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void early_data(void)
{
    SSL_CTX *c, *s;
    kit_pair p;
    unsigned char buf[16];
    size_t n;

    reset();
    early = 1;
    contexts(&c, &s);
    SSL_CTX_set_options(s, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_max_early_data(s, 100);
    SSL_CTX_set_psk_use_session_callback(c, on_use);
    SSL_CTX_set_psk_find_session_callback(s, on_find);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_write_early_data(p.c, "early", 5, &n));
    SHOW(n);
    SHOW(SSL_read_early_data(p.s, buf, sizeof(buf), &n));
    SHOW(n);
    SHOW(SSL_get_early_data_status(p.s));
    kit_shake_say(&p);
    SHOW(SSL_get_early_data_status(p.c));
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void hints(void)
{
    /* a hint is for TLS 1.2; here is what the setters say of it */
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    char hint[300];

    memset(hint, 'x', sizeof(hint));
    for (size_t n = 255; n < 259; n++) {
        hint[n] = 0;
        kit_say("%zu", n);
        SHOW(SSL_CTX_use_psk_identity_hint(ctx, hint));
        kit_queue();
        SHOW(SSL_use_psk_identity_hint(ssl, hint));
        kit_queue();
        hint[n] = 'x';
    }
    SHOW(SSL_CTX_use_psk_identity_hint(ctx, NULL));
    SHOW(SSL_use_psk_identity_hint(ssl, NULL));
    SHOW(SSL_use_psk_identity_hint(NULL, "hint"));
    STR(SSL_get_psk_identity_hint(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(newer), CASE(older), CASE(unknown), CASE(wrong), CASE(without_certificate), CASE(of_a_connection), CASE(and_tickets),
    CASE(retry), CASE(early_data), CASE(hints),
};

KIT_MAIN(cases)
