/* Message callbacks: SSL_CTX_set_msg_callback(3). What passes, in order, as the callback sees it. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static const char *content(int type)
{
    switch (type) {
    case SSL3_RT_HEADER: return "header";
    case SSL3_RT_INNER_CONTENT_TYPE: return "inner type";
    case SSL3_RT_CHANGE_CIPHER_SPEC: return "ccs";
    case SSL3_RT_ALERT: return "alert";
    case SSL3_RT_HANDSHAKE: return "handshake";
    case SSL3_RT_APPLICATION_DATA: return "application data";
    default: return "?";
    }
}

/* Headers and inner types are counted, not printed in order: how messages are packed into records is free (doc.go, rule 4). */
static int headers[2], inner[2];

static void on_message(int write, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *p = buf;
    const char *who = SSL_is_server(ssl) ? "server" : "client";

    if (type == SSL3_RT_HEADER) {
        headers[write] += len == 5;
        return;
    }
    if (type == SSL3_RT_INNER_CONTENT_TYPE) {
        inner[write] += len == 1;
        return;
    }
    kit_say("%s %s %s, version 0x%04x, type %d, length right %d, arg %s", who, write ? "sent" : "got", content(type), version,
            type == SSL3_RT_HANDSHAKE && len > 0 ? p[0] : -1,
            type != SSL3_RT_HANDSHAKE || (len >= 4 && (size_t)(p[1] << 16 | p[2] << 8 | p[3]) == len - 4), (char *)arg);
    if (type == SSL3_RT_ALERT || type == SSL3_RT_CHANGE_CIPHER_SPEC)
        kit_say("%zu bytes: %d %d", len, p[0], len > 1 ? p[1] : -1);
    if (type == SSL3_RT_HANDSHAKE && len > 0 && (p[0] == SSL3_MT_FINISHED || p[0] == SSL3_MT_SERVER_DONE))
        kit_say("%zu bytes", len);
}

static void sequence(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        SSL_CTX_set_msg_callback(s, on_message);
        SSL_CTX_set_msg_callback_arg(s, (void *)"context's");
        kit_pair_new(&p, c, s, 0);
        SSL_set_msg_callback(p.c, on_message);
        SSL_set_msg_callback_arg(p.c, (void *)"connection's");
        MUST(kit_shake(&p));
        kit_settle(&p);
        kit_say("headers sent %d, got %d; inner types sent %d, got %d", headers[1] > 0, headers[0] > 0, inner[1] > 0, inner[0] > 0);
        SSL_write(p.c, "x", 1);
        kit_settle(&p);
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Runs f on a pair with callbacks on both sides, of this version, and prints what passes. */
static void watched(const char *what, int version, SSL_CTX *c, SSL_CTX *s, void (*before)(kit_pair *), void (*after)(kit_pair *))
{
    kit_pair p;

    kit_say("%s, %s", kit_version_name(version), what);
    kit_version(c, version);
    kit_pair_new(&p, c, s, 0);
    SSL_set_msg_callback(p.c, on_message);
    SSL_set_msg_callback_arg(p.c, (void *)"c");
    SSL_set_msg_callback(p.s, on_message);
    SSL_set_msg_callback_arg(p.s, (void *)"s");
    if (before != NULL)
        before(&p);
    kit_shake_say(&p);
    kit_settle(&p);
    if (after != NULL)
        after(&p);
    kit_pair_free(&p);
}

static SSL_SESSION *offered;

static void offer(kit_pair *p)
{
    SHOW(SSL_set_session(p->c, offered));
}

static void resumed(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_version(c, versions[v]);
        kit_shaken(&p, c, s);
        kit_settle(&p);
        offered = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        watched("resumed", versions[v], c, s, offer, NULL);
        SSL_SESSION_free(offered);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void client_certificates(void)
{
    size_t v;
    int with;

    for (v = 0; v < COUNT(versions); v++) {
        for (with = 0; with < 2; with++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

            kit_trust(s, "ca");
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
            if (with)
                kit_use(c, "client-ec");
            watched(with ? "a client with a certificate" : "a client without", versions[v], c, s, NULL, NULL);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void retried(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    MUST(SSL_CTX_set1_groups_list(c, "X25519:P-384"));
    MUST(SSL_CTX_set1_groups_list(s, "P-384"));
    watched("a HelloRetryRequest", TLS1_3_VERSION, c, s, NULL, NULL);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void refused(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method()), *s = kit_server("server-ec");

        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        watched("a client that trusts nobody", versions[v], c, s, NULL, NULL);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void key_updates(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    watched("a KeyUpdate", TLS1_3_VERSION, c, s, NULL, kit_update);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void take_back(kit_pair *p)
{
    SSL_set_msg_callback(p->c, NULL);
}

static void taken_back(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");

    SSL_CTX_set_msg_callback(c, on_message);
    watched("taken back from the client", TLS1_2_VERSION, c, s, take_back, NULL);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(sequence), CASE(resumed), CASE(client_certificates), CASE(retried), CASE(refused), CASE(key_updates), CASE(taken_back),
};

KIT_MAIN(cases)
