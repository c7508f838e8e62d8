/* Pre-shared keys of TLS 1.2: who offers the suite, what is seen of it, and what it stands for. */
#include "kit_psk.h"

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

static const kit_case cases[] = {
    CASE(who_offers), CASE(verification), CASE(versions), CASE(attributes), CASE(moments), CASE(traced), CASE(security_callback),
};

KIT_MAIN(cases)
