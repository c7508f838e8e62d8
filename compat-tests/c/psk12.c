/* Pre-shared keys of TLS 1.2, in the one suite that both libraries have: SSL_CTX_set_psk_client_callback(3),
 * SSL_CTX_use_psk_identity_hint(3), SSL_get_psk_identity(3). */
#include "kit.h"

#define SUITE "ECDHE-PSK-CHACHA20-POLY1305"
#define BOTH SUITE ":ECDHE+AESGCM"

static const char *identity = "gandalf", *known = "gandalf";
static size_t client_len = 32, server_len = 32;
static int wrong, quiet, full_identity, ask_inside;

static void fill(unsigned char *key, size_t n, int other)
{
    size_t i;

    for (i = 0; i < n; i++)
        key[i] = (unsigned char)(i * 7 + 1 + other);
}

static void inside(SSL *ssl)
{
    if (!ask_inside)
        return;
    STR(SSL_get_psk_identity(ssl));
    STR(SSL_get_psk_identity_hint(ssl));
    STR(SSL_get_cipher(ssl));
    STR(SSL_state_string_long(ssl));
    SHOW(SSL_in_init(ssl));
    PTR(SSL_get_session(ssl));
}

static unsigned client_key(SSL *ssl, const char *hint, char *id, unsigned max_id, unsigned char *key, unsigned max_key)
{
    if (!quiet)
        kit_say("client callback: hint %.40s (%zu), room for %u and %u", hint ? hint : "NULL", hint ? strlen(hint) : 0, max_id, max_key);
    inside(ssl);
    if (client_len > max_key)
        return (unsigned)client_len;
    if (full_identity)
        memset(id, 'i', max_id); /* what is behind it is there already */
    else
        snprintf(id, max_id + 1, "%s", identity);
    fill(key, client_len, 0);
    return (unsigned)client_len;
}

static unsigned server_key(SSL *ssl, const char *id, unsigned char *key, unsigned max_key)
{
    if (!quiet)
        kit_say("server callback: %.40s (%zu), room for %u", id, strlen(id), max_key);
    inside(ssl);
    if (!full_identity && strcmp(id, known) != 0)
        return 0;
    if (server_len > max_key)
        return (unsigned)server_len;
    fill(key, server_len, wrong);
    return (unsigned)server_len;
}

static void reset(void)
{
    identity = known = "gandalf";
    client_len = server_len = 32;
    wrong = quiet = full_identity = ask_inside = 0;
}

/* contexts for the suite; a server without a certificate */
static void contexts(SSL_CTX **c, SSL_CTX **s)
{
    reset();
    *c = SSL_CTX_new(TLS_client_method());
    *s = SSL_CTX_new(TLS_server_method());
    MUST(*c != NULL && *s != NULL);
    kit_version(*c, TLS1_2_VERSION);
    MUST(SSL_CTX_set_cipher_list(*c, BOTH));
    MUST(SSL_CTX_set_cipher_list(*s, BOTH));
    MUST(SSL_CTX_set_session_id_context(*s, (const unsigned char *)"psk", 3));
    SSL_CTX_set_psk_client_callback(*c, client_key);
    SSL_CTX_set_psk_server_callback(*s, server_key);
}

static void free_contexts(SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* what a printed session says of names and the result */
static void print_session(const char *who, SSL_SESSION *x)
{
    BIO *b = BIO_new(BIO_s_mem());
    char line[300];

    MUST(SSL_SESSION_print(b, x));
    while (BIO_gets(b, line, sizeof(line)) > 0)
        if (strstr(line, "PSK identity") != NULL || strstr(line, "SRP") != NULL || strstr(line, "Verify") != NULL ||
            strstr(line, "Cipher") != NULL || strstr(line, "master secret") != NULL)
            kit_say("%s: %.*s", who, (int)strcspn(line, "\n"), line);
    BIO_free(b);
}

static void facts(kit_pair *p)
{
    unsigned char cout[32], sout[32];

    kit_negotiated(p);
    STR(SSL_get_psk_identity(p->c));
    STR(SSL_get_psk_identity(p->s));
    STR(SSL_get_psk_identity_hint(p->c));
    STR(SSL_get_psk_identity_hint(p->s));
    SHOW(SSL_get_verify_result(p->c));
    SHOW(SSL_get_verify_result(p->s));
    PTR(SSL_get0_peer_certificate(p->c));
    PTR(SSL_get_peer_cert_chain(p->c));
    PTR(SSL_get_certificate(p->s));
    SHOW(SSL_get_extms_support(p->c));
    SHOW(SSL_get_negotiated_group(p->c));
    print_session("client", SSL_get_session(p->c));
    print_session("server", SSL_get_session(p->s));
    MUST(SSL_export_keying_material(p->c, cout, sizeof(cout), "EXPERIMENT", 10, NULL, 0, 0) == 1);
    MUST(SSL_export_keying_material(p->s, sout, sizeof(sout), "EXPERIMENT", 10, NULL, 0, 0) == 1);
    kit_say("exporters %s", memcmp(cout, sout, sizeof(cout)) == 0 ? "agree" : "differ");
}

/* one connection; the client's session if wanted */
static SSL_SESSION *run(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *offer)
{
    SSL_SESSION *got = NULL;
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_watch_alerts(&p);
    if (offer != NULL)
        MUST(SSL_set_session(p.c, offer));
    STR(SSL_get_psk_identity(p.c));
    if (kit_shake_say(&p)) {
        facts(&p);
        kit_echo(&p, 3000);
        got = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
    } else {
        STR(SSL_get_psk_identity(p.c));
        STR(SSL_get_psk_identity(p.s));
        STR(SSL_get_psk_identity_hint(p.c));
    }
    kit_pair_free(&p);
    return got;
}

static void once(SSL_CTX *c, SSL_CTX *s) { SSL_SESSION_free(run(c, s, NULL)); }

static void handshakes(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    once(c, s);
    kit_say("with a hint");
    SHOW(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
    once(c, s);
    kit_say("an empty hint");
    SHOW(SSL_CTX_use_psk_identity_hint(s, ""));
    once(c, s);
    kit_say("without one again");
    SHOW(SSL_CTX_use_psk_identity_hint(s, NULL));
    once(c, s);
    kit_say("without extended_master_secret");
    SSL_CTX_set_options(c, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    once(c, s);
    free_contexts(c, s);
}

static void resumed(void)
{
    int tickets, stored;

    for (tickets = 0; tickets < 2; tickets++)
        for (stored = 0; stored < 2; stored++) {
            SSL_SESSION *first, *again, *second;
            unsigned char *der = NULL;
            const unsigned char *at;
            SSL_CTX *c, *s;
            int n;

            contexts(&c, &s);
            kit_say("%s, %s", tickets ? "by ticket" : "by ID", stored ? "stored" : "kept");
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            MUST(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
            first = run(c, s, NULL);
            MUST(first != NULL);
            again = first;
            if (stored) {
                n = i2d_SSL_SESSION(first, &der);
                MUST(n > 0);
                at = der;
                again = d2i_SSL_SESSION(NULL, &at, n);
                MUST(again != NULL);
                print_session("stored", again);
            }
            second = run(c, s, again);
            PTR(second);
            SSL_SESSION_free(second);
            kit_say("without the server's callback");
            SSL_CTX_set_psk_server_callback(s, NULL);
            second = run(c, s, again);
            SSL_SESSION_free(second);
            if (stored)
                SSL_SESSION_free(again);
            OPENSSL_free(der);
            SSL_SESSION_free(first);
            free_contexts(c, s);
        }
}

static void in_callbacks(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    ask_inside = 1;
    MUST(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
    once(c, s);
    free_contexts(c, s);
}

static void unknown(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    identity = "saruman";
    once(c, s);
    kit_say("another key");
    identity = "gandalf";
    wrong = 1;
    once(c, s);
    kit_say("a client without a key");
    wrong = 0;
    client_len = 0;
    once(c, s);
    free_contexts(c, s);
}

static void lengths(void)
{
    static const size_t keys[] = { 1, 255, 256, 257, 512, 513, 70000 };
    SSL_CTX *c, *s;
    size_t i;

    contexts(&c, &s);
    for (i = 0; i < COUNT(keys); i++) {
        kit_say("a key of %zu", keys[i]);
        client_len = server_len = keys[i];
        once(c, s);
    }
    kit_say("too long on the server");
    client_len = 32;
    once(c, s);
    server_len = 32;
    kit_say("the longest identity");
    full_identity = 1;
    once(c, s);
    kit_say("none");
    full_identity = 0;
    identity = known = "";
    quiet = 1;
    {
        kit_pair p;

        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_negotiated(&p);
        STR(SSL_get_psk_identity(p.c));
        STR(SSL_get_psk_identity(p.s));
        kit_pair_free(&p);
    }
    free_contexts(c, s);
}

static void hints(void)
{
    char hint[300];
    SSL_CTX *c, *s, *other;
    kit_pair p;
    SSL *dup;

    contexts(&c, &s);
    memset(hint, 'h', sizeof(hint));
    hint[257] = 0;
    SHOW(SSL_CTX_use_psk_identity_hint(s, "before"));
    SHOW(SSL_CTX_use_psk_identity_hint(s, hint));
    once(c, s);
    hint[256] = 0;
    SHOW(SSL_CTX_use_psk_identity_hint(s, hint));
    once(c, s);
    SHOW(SSL_CTX_use_psk_identity_hint(s, "of the context"));
    kit_say("of the connection");
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_use_psk_identity_hint(p.s, "of the connection"));
    MUST(SSL_CTX_use_psk_identity_hint(s, "later"));
    STR(SSL_get_psk_identity_hint(p.s));
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    STR(SSL_get_psk_identity_hint(p.s));
    kit_pair_free(&p);
    kit_say("taken away");
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_use_psk_identity_hint(p.s, NULL));
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    kit_say("of another context");
    other = SSL_CTX_new(TLS_server_method());
    MUST(SSL_CTX_use_psk_identity_hint(other, "other"));
    kit_pair_new(&p, c, s, 0);
    SSL_set_SSL_CTX(p.s, other);
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    SSL_CTX_free(other);
    kit_say("of a copy");
    kit_pair_new(&p, c, s, 0);
    MUST(SSL_use_psk_identity_hint(p.s, "copied"));
    dup = SSL_dup(p.s);
    MUST(dup != NULL);
    SSL_set0_rbio(dup, SSL_get_rbio(p.s));
    SSL_set0_wbio(dup, SSL_get_wbio(p.s));
    BIO_up_ref(SSL_get_rbio(p.s));
    BIO_up_ref(SSL_get_wbio(p.s));
    SSL_free(p.s);
    p.s = dup;
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    free_contexts(c, s);
}

static void offered(const char *what, SSL *ssl)
{
    STACK_OF(SSL_CIPHER) *list = SSL_get1_supported_ciphers(ssl);
    int i, n = 0;

    for (i = 0; i < sk_SSL_CIPHER_num(list); i++)
        n += strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)), SUITE) == 0;
    kit_say("%s: %s", what, n ? "offered" : "not offered");
    sk_SSL_CIPHER_free(list);
}

static void who_offers(void)
{
    int level;

    for (level = 0; level <= 5; level++) {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(&c, &s);
        kit_say("level %d", level);
        SSL_CTX_set_security_level(c, level);
        SSL_CTX_set_security_level(s, level);
        kit_pair_new(&p, c, s, 0);
        offered("client", p.c);
        offered("server", p.s);
        SSL_set_psk_client_callback(p.s, client_key);
        offered("server with a client's callback", p.s);
        SSL_set_psk_client_callback(p.s, NULL);
        SSL_set_psk_client_callback(p.c, NULL);
        offered("client without a callback", p.c);
        SSL_set_psk_client_callback(p.c, client_key);
        quiet = 1;
        kit_shake_say(&p);
        kit_pair_free(&p);
        free_contexts(c, s);
    }
}

static void without_callbacks(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    kit_say("the server has none, and a certificate");
    SSL_CTX_set_psk_server_callback(s, NULL);
    kit_use(s, "server-ec");
    once(c, s);
    kit_say("the client has none");
    SSL_CTX_set_psk_client_callback(c, NULL);
    SSL_CTX_set_psk_server_callback(s, server_key);
    once(c, s);
    kit_say("and nothing else");
    MUST(SSL_CTX_set_cipher_list(c, SUITE));
    once(c, s);
    SSL_CTX_set_max_proto_version(c, 0);
    kit_say("but TLS 1.3");
    once(c, s);
    free_contexts(c, s);
}

static void beside_certificates(void)
{
    static const char *const lists[] = { BOTH, "ECDHE+AESGCM:" SUITE, "PSK:ECDHE+AESGCM:!kRSAPSK:!kDHEPSK:!kPSK:!SHA1:!SHA256:!SHA384" };
    SSL_CTX *c, *s;
    size_t i;
    int prefer;

    contexts(&c, &s);
    kit_use(s, "server-ec");
    quiet = 1;
    for (i = 0; i < COUNT(lists); i++)
        for (prefer = 0; prefer < 2; prefer++) {
            SSL_CTX_clear_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
            if (prefer)
                SSL_CTX_set_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
            MUST(SSL_CTX_set_cipher_list(s, lists[i]));
            kit_say("%s, %s", lists[i], prefer ? "the server's order" : "the client's");
            once(c, s);
        }
    free_contexts(c, s);
}

static void verification(void)
{
    static const int modes[] = { SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    SSL_CTX *c, *s;
    size_t i, v;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(modes); i++) {
            SSL_SESSION *x;

            contexts(&c, &s);
            kit_version(c, versions[v]);
            MUST(SSL_CTX_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256"));
            kit_say("%s, mode %d", kit_version_name(versions[v]), modes[i]);
            SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
            SSL_CTX_set_verify(s, modes[i], NULL);
            quiet = 1;
            x = run(c, s, NULL);
            if (x != NULL && versions[v] == TLS1_2_VERSION) {
                kit_say("again");
                SSL_SESSION_free(run(c, s, x));
            }
            SSL_SESSION_free(x);
            free_contexts(c, s);
        }
}

static void versions(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    SSL_CTX_set_max_proto_version(c, 0);
    SSL_CTX_set_max_proto_version(s, 0);
    kit_say("up to TLS 1.3");
    MUST(SSL_CTX_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256"));
    quiet = 1;
    once(c, s);
    kit_say("a server of TLS 1.2");
    SSL_CTX_set_max_proto_version(s, TLS1_2_VERSION);
    once(c, s);
    free_contexts(c, s);
}

static void attributes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    STACK_OF(SSL_CIPHER) *list;
    const SSL_CIPHER *x = NULL;
    unsigned char id[2] = { 0xcc, 0xac };
    char text[256];
    SSL *ssl;
    int i;

    MUST(SSL_CTX_set_cipher_list(ctx, SUITE));
    list = SSL_CTX_get_ciphers(ctx);
    for (i = 0; i < sk_SSL_CIPHER_num(list); i++)
        if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)), SUITE) == 0)
            x = sk_SSL_CIPHER_value(list, i);
    MUST(x != NULL);
    STR(SSL_CIPHER_standard_name(x));
    STR(SSL_CIPHER_get_version(x));
    STR(SSL_CIPHER_description(x, text, sizeof(text)));
    SHOW(SSL_CIPHER_get_bits(x, NULL));
    SHOW(SSL_CIPHER_get_id(x));
    SHOW(SSL_CIPHER_get_protocol_id(x));
    SHOW(SSL_CIPHER_get_cipher_nid(x));
    SHOW(SSL_CIPHER_get_digest_nid(x));
    SHOW(SSL_CIPHER_get_kx_nid(x));
    SHOW(SSL_CIPHER_get_auth_nid(x));
    SHOW(SSL_CIPHER_is_aead(x));
    STR(EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(x)));
    STR(OPENSSL_cipher_name("TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"));
    ssl = SSL_new(ctx);
    SHOW(SSL_CIPHER_find(ssl, id) == x);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    if (where & SSL_CB_LOOP)
        kit_say("%s: %s", SSL_is_server(ssl) ? "server" : "client", SSL_state_string_long(ssl));
    (void)ret;
}

static void on_message(int sent, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *b = buf;

    (void)version;
    (void)arg;
    if (type == SSL3_RT_HANDSHAKE && !SSL_is_server(ssl))
        kit_say("%s message %d", sent ? "sends" : "gets", b[0]);
    if (type == SSL3_RT_HANDSHAKE && !SSL_is_server(ssl) && (b[0] == SSL3_MT_SERVER_KEY_EXCHANGE || b[0] == SSL3_MT_CLIENT_KEY_EXCHANGE))
        kit_say("%zu bytes: %02x %02x %.*s", len, b[4], b[5], b[5], (const char *)b + 6);
}

static void moments(void)
{
    SSL_CTX *c, *s;

    int messages;

    for (messages = 0; messages < 2; messages++) {
        kit_pair p;

        contexts(&c, &s);
        MUST(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
        SSL_CTX_set1_groups_list(c, "X25519");
        if (messages) {
            SSL_CTX_set_msg_callback(c, on_message);
        } else {
            SSL_CTX_set_info_callback(c, on_info);
            SSL_CTX_set_info_callback(s, on_info);
        }
        kit_pair_new(&p, c, s, 0);
        MUST(kit_shake(&p));
        kit_negotiated(&p);
        kit_pair_free(&p);
        free_contexts(c, s);
    }
}

static void traced(void)
{
    SSL_CTX *c, *s;
    BIO *b = BIO_new(BIO_s_mem());
    char line[300];
    kit_pair p;

    contexts(&c, &s);
    quiet = 1;
    kit_pair_new(&p, c, s, 0);
    SSL_set_msg_callback(p.c, SSL_trace);
    SSL_set_msg_callback_arg(p.c, b);
    MUST(kit_shake(&p));
    while (BIO_gets(b, line, sizeof(line)) > 0)
        if (strstr(line, "KeyExchange") != NULL || strstr(line, "named_curve") != NULL || strstr(line, "psk_identity") != NULL)
            kit_say("%.*s", (int)strcspn(line, "\n"), line);
        else if (strstr(line, "point (") != NULL || strstr(line, "ecdh_Yc") != NULL)
            kit_say("%.*s", (int)strcspn(line, ":"), line);
        else if (strstr(line, "_PSK_WITH_CHACHA20") != NULL)
            kit_say("%s", line[0] == ' ' ? "the suite" : "?");
    kit_pair_free(&p);
    BIO_free(b);
    free_contexts(c, s);
}

static int asked[2][4];

static int on_security(const SSL *s, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    (void)ctx;
    (void)nid;
    (void)ex;
    if (s != NULL && (op & 0xff) <= 3 && strcmp(SSL_CIPHER_get_name(other), SUITE) == 0)
        if (!asked[SSL_is_server(s)][op & 3]++) /* a client is asked more than once */
            kit_say("%s: asked about the suite, operation %x, %d bits", SSL_is_server(s) ? "server" : "client", op, bits);
    return 1;
}

static void security_callback(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    quiet = 1;
    MUST(SSL_CTX_set_cipher_list(s, SUITE));
    SSL_CTX_set_security_callback(c, on_security);
    SSL_CTX_set_security_callback(s, on_security);
    once(c, s);
    free_contexts(c, s);
}

/* no group in common */
static void groups(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    MUST(SSL_CTX_set1_groups_list(c, "P-384"));
    MUST(SSL_CTX_set1_groups_list(s, "P-521:P-384"));
    once(c, s);
    MUST(SSL_CTX_set1_groups_list(s, "P-521"));
    once(c, s);
    free_contexts(c, s);
}

static int not_resumable(SSL *ssl, int forward_secure)
{
    kit_say("not resumable? forward secrecy %d, %s", forward_secure, SSL_get_version(ssl));
    return 1;
}

static void sessions(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *x;

    contexts(&c, &s);
    quiet = 1;
    SSL_CTX_set_not_resumable_session_callback(s, not_resumable);
    x = run(c, s, NULL);
    if (x != NULL)
        SHOW(SSL_SESSION_is_resumable(x));
    SSL_SESSION_free(x);
    SHOW(SSL_CTX_sess_accept_good(s));
    SHOW(SSL_CTX_sess_number(s));
    free_contexts(c, s);
}

static const kit_case cases[] = {
    CASE(handshakes), CASE(resumed), CASE(in_callbacks), CASE(unknown), CASE(lengths), CASE(hints), CASE(who_offers), CASE(without_callbacks),
    CASE(beside_certificates), CASE(verification), CASE(versions), CASE(attributes), CASE(moments), CASE(traced), CASE(security_callback),
    CASE(groups), CASE(sessions),
};

KIT_MAIN(cases)
