/* kit_psk.h: pre-shared keys of TLS 1.2 by the older callbacks, and connections with them. */
#ifndef COMPAT_KIT_PSK_H
#define COMPAT_KIT_PSK_H

#include "kit.h"

#define SUITE "ECDHE-PSK-CHACHA20-POLY1305"
#define BOTH SUITE ":ECDHE+AESGCM"

static const char *identity = "gandalf", *known = "gandalf";
static size_t client_len = 32, server_len = 32;
static int wrong, quiet, full_identity, ask_inside;

static inline void fill(unsigned char *key, size_t n, int other)
{
    size_t i;

    for (i = 0; i < n; i++)
        key[i] = (unsigned char)(i * 7 + 1 + other);
}

static inline void inside(SSL *ssl)
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

static inline unsigned client_key(SSL *ssl, const char *hint, char *id, unsigned max_id, unsigned char *key, unsigned max_key)
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

static inline unsigned server_key(SSL *ssl, const char *id, unsigned char *key, unsigned max_key)
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

static inline void reset(void)
{
    identity = known = "gandalf";
    client_len = server_len = 32;
    wrong = quiet = full_identity = ask_inside = 0;
}

/* contexts for the suite; a server without a certificate */
static inline void contexts(SSL_CTX **c, SSL_CTX **s)
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

static inline void free_contexts(SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* what a printed session says of names and the result */
static inline void print_session(const char *who, SSL_SESSION *x)
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

static inline void facts(kit_pair *p)
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
static inline SSL_SESSION *run(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *offer)
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

static inline void once(SSL_CTX *c, SSL_CTX *s) { SSL_SESSION_free(run(c, s, NULL)); }

#endif
