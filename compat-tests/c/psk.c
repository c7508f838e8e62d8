/* Pre-shared keys of TLS 1.3: SSL_CTX_set_psk_client_callback(3), SSL_CTX_use_psk_identity_hint(3). */
#include "kit.h"

static const unsigned char secret[32] = "a key that both sides have, once";
static const char *client_id = "gandalf", *server_id = "gandalf";
static size_t key_len = sizeof(secret);
static int use_ret = 1, find_ret = 1, suite = 0x1301, session_version = TLS1_3_VERSION, give = 1;
static const char *alpn;
static int calls;

static SSL_SESSION *session_of(SSL *ssl)
{
    unsigned char id[2] = { (unsigned char)(suite >> 8), (unsigned char)suite };
    SSL_SESSION *sess = SSL_SESSION_new();
    const SSL_CIPHER *c = SSL_CIPHER_find(ssl, id);

    MUST(sess != NULL);
    if (c != NULL)
        MUST(SSL_SESSION_set_cipher(sess, c));
    MUST(SSL_SESSION_set1_master_key(sess, secret, key_len));
    MUST(SSL_SESSION_set_protocol_version(sess, session_version));
    if (alpn != NULL)
        MUST(SSL_SESSION_set1_alpn_selected(sess, (const unsigned char *)alpn, strlen(alpn)));
    return sess;
}

static int use_session(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *idlen, SSL_SESSION **sess)
{
    (void)md; /* it is called again after a HelloRetryRequest */
    if (!calls++)
        kit_say("use session callback");
    *sess = give ? session_of(ssl) : NULL;
    *id = (const unsigned char *)client_id;
    *idlen = strlen(client_id);
    return use_ret;
}

static int find_session(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **sess)
{
    kit_say("find session callback: %zu bytes, %.*s", len, len > 40 ? 40 : (int)len, (const char *)id);
    *sess = len == strlen(server_id) && !memcmp(id, server_id, len) ? session_of(ssl) : NULL;
    return find_ret;
}

static unsigned client_key(SSL *ssl, const char *hint, char *id, unsigned max_id, unsigned char *key, unsigned max_key)
{
    (void)ssl;
    if (!calls++)
        kit_say("client callback: hint %s, room for %u and %u", hint ? hint : "NULL", max_id, max_key);
    if (key_len > max_key)
        return max_key + 1;
    snprintf(id, max_id + 1, "%s", client_id);
    memcpy(key, secret, key_len < sizeof(secret) ? key_len : sizeof(secret));
    return (unsigned)key_len;
}

static unsigned server_key(SSL *ssl, const char *id, unsigned char *key, unsigned max_key)
{
    (void)ssl;
    kit_say("server callback: %.40s, room for %u", id, max_key);
    if (strcmp(id, server_id))
        return 0;
    if (key_len > max_key)
        return max_key + 1;
    memcpy(key, secret, key_len < sizeof(secret) ? key_len : sizeof(secret));
    return (unsigned)key_len;
}

static void reset(void)
{
    client_id = server_id = "gandalf";
    key_len = sizeof(secret);
    use_ret = find_ret = give = 1;
    suite = 0x1301;
    session_version = TLS1_3_VERSION;
    alpn = NULL;
    calls = 0;
}

/* the verification result that a session keeps */
static void session_result(SSL *ssl)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text, *line;
    long n;

    MUST(SSL_SESSION_print(b, SSL_get_session(ssl)));
    MUST(BIO_write(b, "", 1) == 1);
    n = BIO_get_mem_data(b, &text);
    MUST(n > 0);
    line = strstr(text, "Verify return code");
    kit_say("the session: %.*s", line ? (int)strcspn(line, "\n") : 4, line ? line : "none");
    BIO_free(b);
}

static int tickets;
static int new_session(SSL *ssl, SSL_SESSION *sess)
{
    (void)ssl;
    (void)sess;
    tickets++;
    return 0;
}

static void facts(kit_pair *p)
{
    kit_negotiated(p);
    SHOW(SSL_session_reused(p->c));
    SHOW(SSL_session_reused(p->s));
    PTR(SSL_get0_peer_certificate(p->c));
    SHOW(SSL_get_verify_result(p->c));
    SHOW(SSL_get_verify_result(p->s));
    session_result(p->c);
    session_result(p->s);
    PTR(SSL_get_session(p->c));
    SHOW(SSL_SESSION_get_protocol_version(SSL_get_session(p->s)));
    STR(SSL_get_psk_identity(p->c));
    STR(SSL_get_psk_identity_hint(p->c));
}

static void run(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;
    int ok;

    calls = 0;
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(c, new_session);
    kit_pair_new(&p, c, s, 0);
    ok = kit_shake_say(&p);
    if (ok) {
        facts(&p);
        tickets = 0;
        kit_settle(&p);
        SHOW(tickets);
        kit_echo(&p, 3000);
    }
    kit_pair_free(&p);
}

/* a server without a certificate */
static SSL_CTX *bare(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());

    MUST(c != NULL);
    return c;
}

static void sessions(void)
{
    SSL_CTX *c = kit_client(), *s = bare();

    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"));
    run(c, s);
    kit_say("SHA-384");
    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"));
    suite = 0x1302;
    run(c, s);
    kit_say("ChaCha20");
    suite = 0x1303;
    MUST(SSL_CTX_set_ciphersuites(c, "TLS_CHACHA20_POLY1305_SHA256"));
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void other_hash(void)
{
    /* the suite that the client prefers is not of the key's hash */
    SSL_CTX *c = kit_client(), *s = bare();
    kit_pair p;

    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    kit_pair_new(&p, c, s, 0);
    if (kit_shake_say(&p))
        kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void without_exchange(void)
{
    /* SSL_OP_ALLOW_NO_DHE_KEX on both sides: still with one */
    SSL_CTX *c = kit_client(), *s = bare();

    SSL_CTX_set_options(c, SSL_OP_ALLOW_NO_DHE_KEX);
    SSL_CTX_set_options(s, SSL_OP_ALLOW_NO_DHE_KEX);
    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    run(c, s);
    kit_say("no group in common");
    MUST(SSL_CTX_set1_groups_list(c, "P-256"));
    MUST(SSL_CTX_set1_groups_list(s, "P-384"));
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void keys(void)
{
    SSL_CTX *c = kit_client(), *s = bare();
    size_t lens[] = { 1, 16, 31 }, i;

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_client_callback(c, client_key);
    SSL_CTX_set_psk_server_callback(s, server_key);
    reset();
    run(c, s);
    for (i = 0; i < COUNT(lens); i++) {
        key_len = lens[i];
        run(c, s);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void both(void)
{
    /* the session's goes first; without one the key's is asked */
    SSL_CTX *c = kit_client(), *s = bare();

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_client_callback(c, client_key);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    SSL_CTX_set_psk_server_callback(s, server_key);
    reset();
    run(c, s);
    give = 0;
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void on_connections(void)
{
    SSL_CTX *c = kit_client(), *s = bare();
    kit_pair p;

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    reset();
    kit_pair_new(&p, c, s, 0);
    SSL_set_psk_use_session_callback(p.c, use_session);
    SSL_set_psk_find_session_callback(p.s, find_session);
    if (kit_shake_say(&p))
        facts(&p);
    kit_pair_free(&p);
    reset();
    kit_pair_new(&p, c, s, 0);
    SSL_set_psk_client_callback(p.c, client_key);
    SSL_set_psk_server_callback(p.s, server_key);
    if (kit_shake_say(&p))
        facts(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void certificate_instead(void)
{
    /* the server does not know the identity, or none is offered */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    server_id = "saruman";
    run(c, s);
    give = 0;
    run(c, s);
    SSL_CTX_set_psk_use_session_callback(c, NULL);
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void required_certificate(void)
{
    /* the server wants a client's certificate, and knows the client's key */
    static const int modes[] = { SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    size_t i;
    int with;

    for (i = 0; i < COUNT(modes); i++)
        for (with = 0; with < 2; with++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

            kit_say("mode %d, certificate %d", modes[i], with);
            if (with)
                kit_use(c, "client-ec");
            kit_trust(s, "ca");
            MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1));
            SSL_CTX_set_verify(s, modes[i], NULL);
            SSL_CTX_set_psk_use_session_callback(c, use_session);
            SSL_CTX_set_psk_find_session_callback(s, find_session);
            reset();
            run(c, s);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void unknown(void)
{
    SSL_CTX *c = kit_client(), *s = bare();

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    server_id = "saruman";
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void failures(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    kit_say("use session fails");
    use_ret = 0;
    run(c, s);
    reset();
    kit_say("another version");
    session_version = TLS1_2_VERSION;
    run(c, s);
    reset();
    kit_say("find session fails");
    find_ret = 0;
    run(c, s);
    SSL_CTX_set_psk_use_session_callback(c, NULL);
    SSL_CTX_set_psk_client_callback(c, client_key);
    reset();
    kit_say("a key too long");
    key_len = 10000;
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static unsigned char other[32] = "another key, of the same length.";
static int find_other(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **sess)
{
    (void)id;
    (void)len;
    *sess = session_of(ssl);
    MUST(SSL_SESSION_set1_master_key(*sess, other, sizeof(other)));
    return 1;
}

static void wrong_key(void)
{
    SSL_CTX *c = kit_client(), *s = bare();

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_other);
    reset();
    run(c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void resumed(void)
{
    /* what was made by a key is resumed by its ticket */
    SSL_CTX *c = kit_client(), *s = bare();
    SSL_SESSION *sess;
    kit_pair p;

    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_psk_use_session_callback(c, use_session);
    SSL_CTX_set_psk_find_session_callback(s, find_session);
    reset();
    kit_shaken(&p, c, s);
    kit_settle(&p);
    sess = SSL_get1_session(p.c);
    SHOW(SSL_SESSION_is_resumable(sess));
    SHOW(SSL_SESSION_has_ticket(sess));
    kit_pair_free(&p);
    SSL_CTX_set_psk_use_session_callback(c, NULL);
    kit_pair_new(&p, c, s, 0);
    MUST(SSL_set_session(p.c, sess));
    if (kit_shake_say(&p))
        facts(&p);
    kit_pair_free(&p);
    SSL_SESSION_free(sess);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(sessions), CASE(other_hash), CASE(without_exchange), CASE(keys), CASE(both), CASE(on_connections), CASE(certificate_instead),
    CASE(required_certificate),
    CASE(unknown), CASE(failures), CASE(wrong_key), CASE(resumed),
};

KIT_MAIN(cases)
