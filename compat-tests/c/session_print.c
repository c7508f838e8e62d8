/* SSL_SESSION_print(3) of both sides' sessions: after a handshake, in its middle, and after one that has failed. */
#define _GNU_SOURCE
#include <ctype.h>

#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static SSL_SESSION *kept;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

/* A line, with the number of digits for each random value. */
static void masked(const char *line, size_t n)
{
    char out[400];
    size_t i, at = 0, run;

    for (i = 0; i < n && at + 20 < sizeof(out); i += run == 0 ? 1 : run) {
        for (run = 0; i + run < n && isxdigit((unsigned char)line[i + run]); run++)
            ;
        if (run >= 10)
            at += (size_t)snprintf(out + at, sizeof(out) - at, "<%zu digits>", run);
        else
            for (size_t k = 0; k < (run == 0 ? 1 : run); k++)
                out[at++] = line[i + k];
    }
    out[at] = '\0';
    kit_say("  %s", out);
}

static void print(const char *who, SSL *ssl)
{
    SSL_SESSION *session = SSL_get_session(ssl);
    BIO *mem = BIO_new(BIO_s_mem());
    char *data, *line;
    long len;
    unsigned int n = 0, context = 0;
    int dump = 0;

    kit_say("%s, %s: session %d", who, SSL_state_string_long(ssl), session != NULL);
    if (session == NULL) {
        BIO_free(mem);
        return;
    }
    SSL_SESSION_get_id(session, &n);
    SSL_SESSION_get0_id_context(session, &context);
    kit_say("ID of %u bytes, context of %u, key of %zu, ticket %d, hint %d, resumable %d", n, context,
            SSL_SESSION_get_master_key(session, NULL, 0), SSL_SESSION_has_ticket(session),
            SSL_SESSION_get_ticket_lifetime_hint(session) > 0, SSL_SESSION_is_resumable(session));
    SHOW(SSL_SESSION_print(mem, session));
    len = BIO_get_mem_data(mem, &data);
    for (line = data; line < data + len;) {
        char *end = memchr(line, '\n', (size_t)(data + len - line));
        size_t size = (size_t)((end != NULL ? end : data + len) - line);

        if (memmem(line, size, "Start Time", 10) != NULL) {
            kit_say("  Start Time");
        } else if (memmem(line, size, " - ", 3) != NULL && memmem(line, size, "00", 2) != NULL && isxdigit((unsigned char)line[4])) {
            if (!dump++)
                kit_say("  the ticket");
        } else {
            masked(line, size);
        }
        line += size + 1;
    }
    BIO_free(mem);
    mem = BIO_new(BIO_s_mem());
    SHOW(SSL_SESSION_print_keylog(mem, session));
    len = BIO_get_mem_data(mem, &data);
    if (len > 0)
        masked(data, (size_t)len - 1);
    BIO_free(mem);
    ERR_clear_error();
}

static SSL_CTX *client(int version)
{
    SSL_CTX *ctx = kit_client();

    kit_version(ctx, version);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new);
    return ctx;
}

static void begin(kit_pair *p, SSL_CTX *c, SSL_CTX *s)
{
    kit_pair_new(p, c, s, 0);
    MUST(SSL_set_tlsext_host_name(p->c, "server.test"));
}

static void complete(void)
{
    static const uint64_t options[] = { 0, SSL_OP_NO_TICKET };
    size_t v, o;

    for (v = 0; v < COUNT(versions); v++)
        for (o = 0; o < COUNT(options); o++) {
            SSL_CTX *c = client(versions[v]), *s = kit_server("server-ec");
            kit_pair p;
            int i;

            MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"print", 5));
            SSL_CTX_set_options(s, options[o]);
            for (i = 0; i < 3; i++) {
                kit_say("%s, tickets %d, connection %d", kit_version_name(versions[v]), o == 0, i);
                begin(&p, c, s);
                if (kept != NULL)
                    MUST(SSL_set_session(p.c, kept));
                MUST(kit_shake(&p));
                kit_negotiated(&p);
                print("server", p.s);
                print("client", p.c);
                kit_settle(&p);
                print("client later", p.c);
                SSL_shutdown(p.c);
                SSL_shutdown(p.s);
                kit_pair_free(&p);
            }
            SSL_CTX_free(c);
            SSL_CTX_free(s);
            SSL_SESSION_free(kept);
            kept = NULL;
        }
}

/* The client refuses the server; the server refuses the client for want of a certificate; they have no suite in common; the peer's
 * alert comes at once. */
static void failed(void)
{
    size_t v;
    int how;

    for (v = 0; v < COUNT(versions); v++)
        for (how = 0; how < 4; how++) {
            SSL_CTX *c = client(versions[v]), *s = kit_server("server-ec");
            kit_pair p;

            kit_say("%s, how %d", kit_version_name(versions[v]), how);
            MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"print", 5));
            begin(&p, c, s);
            if (how == 0) {
                SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
                MUST(SSL_set1_host(p.c, "other.test"));
            }
            if (how == 1)
                SSL_set_verify(p.s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
            if (how == 2) {
                MUST(SSL_set_cipher_list(p.c, "ECDHE-ECDSA-AES128-GCM-SHA256") && SSL_set_cipher_list(p.s, "ECDHE-ECDSA-AES256-GCM-SHA384"));
                MUST(SSL_set_ciphersuites(p.c, "TLS_AES_128_GCM_SHA256") && SSL_set_ciphersuites(p.s, "TLS_AES_256_GCM_SHA384"));
            }
            if (how == 3)
                SSL_set_min_proto_version(p.s, versions[1 - v]), SSL_set_max_proto_version(p.s, versions[1 - v]);
            kit_shake_say(&p);
            print("client", p.c);
            print("server", p.s);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
            SSL_SESSION_free(kept);
            kept = NULL;
        }
}

static void on_the_way(void)
{
    size_t v;
    int i;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = client(versions[v]), *s = kit_server("server-ec");
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        begin(&p, c, s);
        for (i = 0; i < 3; i++) {
            SSL_do_handshake(p.c);
            print("client", p.c);
            SSL_do_handshake(p.s);
            print("server", p.s);
        }
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        SSL_SESSION_free(kept);
        kept = NULL;
    }
}

static const kit_case cases[] = { CASE(complete), CASE(failed), CASE(on_the_way) };

KIT_MAIN(cases)
