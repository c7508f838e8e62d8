/* Custom extensions: which callbacks are called when, with what, and what their answers lead to. */
#include "kit_customext.h"
#include "kit_sessions.h"

enum { ONE = 1000, TWO = 2000, THREE = 65001, EARLY = 65000 };

#define ALL (SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_SERVER_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS \
             | SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE | SSL_EXT_TLS1_3_NEW_SESSION_TICKET \
             | SSL_EXT_TLS1_3_CERTIFICATE_REQUEST)

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* What the callbacks of one extension do. */
typedef struct {
    const char *side, *data;
    unsigned at;      /* the context in which something is wrong, 0 for none */
    int add, parse;   /* what they return there */
    int alert;        /* -1: left alone */
    int quiet;
} plan;

static const char *subject(X509 *x)
{
    static char name[200];

    if (x == NULL)
        return "no certificate";
    X509_NAME_oneline(X509_get_subject_name(x), name, sizeof(name));
    return name;
}

static int add(SSL *s, unsigned type, unsigned context, const unsigned char **out, size_t *outlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    plan *p = arg;

    if (!p->quiet)
        kit_say("%s adds %u to %s: %s, %d, server %d, alert %s", p->side, type, context_name(context), subject(x), (int)chainidx,
                SSL_is_server(s), al != NULL ? "set" : "NULL");
    if (p->at == context) {
        if (p->alert >= 0)
            *al = p->alert;
        if (p->add <= 0)
            return p->add;
    }
    *out = (const unsigned char *)p->data;
    *outlen = strlen(p->data);
    return 1;
}

static void release(SSL *s, unsigned type, unsigned context, const unsigned char *out, void *arg)
{
    plan *p = arg;

    if (!p->quiet)
        kit_say("%s frees %u of %s: %s, server %d", p->side, type, context_name(context), out == (const unsigned char *)p->data ? "its data" : "other data", SSL_is_server(s));
}

static int parse(SSL *s, unsigned type, unsigned context, const unsigned char *in, size_t inlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    plan *p = arg;

    if (!p->quiet)
        kit_say("%s parses %u of %s: %.*s (%d), %s, %d, server %d, reused %d", p->side, type, context_name(context), (int)inlen, (const char *)in, (int)inlen,
                subject(x), (int)chainidx, SSL_is_server(s), SSL_session_reused(s));
    if (p->at == context) {
        if (p->alert >= 0)
            *al = p->alert;
        return p->parse;
    }
    return 1;
}

static int old_add(SSL *s, unsigned type, const unsigned char **out, size_t *outlen, int *al, void *arg)
{
    return add(s, type, 0, out, outlen, NULL, 0, al, arg);
}

static void old_release(SSL *s, unsigned type, const unsigned char *out, void *arg)
{
    release(s, type, 0, out, arg);
}

static int old_parse(SSL *s, unsigned type, const unsigned char *in, size_t inlen, int *al, void *arg)
{
    return parse(s, type, 0, in, inlen, NULL, 0, al, arg);
}

static plan client_plan(void) { plan p = { "client", "of the client", 0, 1, 1, -1, 0 }; return p; }
static plan server_plan(void) { plan p = { "server", "of the server", 0, 1, 1, -1, 0 }; return p; }

/* Which extensions may be added, and how often. */
static void adding(void)
{
    static const unsigned types[] = { 0, 1, 5, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 27, 28, 35, 41, 42, 43, 44, 45, 47, 49, 50, 51, 57,
                                      13172, 1000, 65281, 65535, 65536, 0x7fffffff };
    SSL_CTX *ctx = kit_client();
    plan p = client_plan();
    size_t i;

    for (i = 0; i < COUNT(types); i++)
        kit_say("type %u: supported %d, added %d, again %d, client %d, server %d, has %d", types[i], SSL_extension_supported(types[i]),
                SSL_CTX_add_custom_ext(ctx, types[i], SSL_EXT_CLIENT_HELLO, add, release, &p, parse, &p),
                SSL_CTX_add_custom_ext(ctx, types[i], SSL_EXT_TLS1_3_CERTIFICATE, add, release, &p, parse, &p),
                SSL_CTX_add_client_custom_ext(ctx, types[i], old_add, old_release, &p, old_parse, &p),
                SSL_CTX_add_server_custom_ext(ctx, types[i], old_add, old_release, &p, old_parse, &p),
                SSL_CTX_has_client_custom_ext(ctx, types[i]));
    kit_queue();
    SHOW(SSL_CTX_has_client_custom_ext(ctx, ONE + 1));
    SHOW(SSL_CTX_add_client_custom_ext(ctx, ONE + 1, old_add, old_release, &p, old_parse, &p));
    SHOW(SSL_CTX_add_client_custom_ext(ctx, ONE + 1, old_add, old_release, &p, old_parse, &p));
    SHOW(SSL_CTX_add_server_custom_ext(ctx, ONE + 1, old_add, old_release, &p, old_parse, &p));
    SHOW(SSL_CTX_add_server_custom_ext(ctx, ONE + 1, old_add, old_release, &p, old_parse, &p));
    SHOW(SSL_CTX_add_custom_ext(ctx, ONE + 1, SSL_EXT_CLIENT_HELLO, add, release, &p, parse, &p));
    SHOW(SSL_CTX_has_client_custom_ext(ctx, ONE + 1));
    SHOW(SSL_CTX_add_server_custom_ext(ctx, ONE + 2, old_add, old_release, &p, old_parse, &p));
    SHOW(SSL_CTX_has_client_custom_ext(ctx, ONE + 2));
    SHOW(SSL_CTX_add_custom_ext(ctx, ONE + 2, SSL_EXT_CLIENT_HELLO, add, release, &p, parse, &p));
    SHOW(SSL_CTX_add_custom_ext(ctx, ONE + 3, SSL_EXT_CLIENT_HELLO, NULL, release, &p, parse, &p));
    SHOW(SSL_CTX_add_custom_ext(ctx, ONE + 3, SSL_EXT_CLIENT_HELLO, NULL, NULL, &p, parse, &p));
    SHOW(SSL_CTX_add_custom_ext(ctx, ONE + 4, 0, NULL, NULL, NULL, NULL, NULL));
    SHOW(SSL_CTX_add_client_custom_ext(ctx, ONE + 5, NULL, old_release, &p, NULL, NULL));
    SHOW(SSL_CTX_add_client_custom_ext(ctx, ONE + 6, NULL, NULL, NULL, NULL, NULL));
    SSL_CTX_free(ctx);
}

/* One handshake with the plans; what both sides' callbacks see is printed. */
static void shake(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    kit_watch_alerts(&p);
    if (kit_shake_say(&p)) {
        kit_settle(&p);
        kit_echo(&p, 100);
    }
    kit_alerts(&p);
    kit_pair_free(&p);
}

/* In every message of both versions, with a HelloRetryRequest and a client's certificate. */
static void everywhere(void)
{
    size_t i;
    int auth;

    for (i = 0; i < COUNT(versions); i++)
        for (auth = 0; auth < 2; auth++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
            plan cp = client_plan(), sp = server_plan();

            kit_say("%s, client certificate %d", kit_version_name(versions[i]), auth);
            kit_version(c, versions[i]);
            MUST(SSL_CTX_set_num_tickets(s, 1));
            MUST(SSL_CTX_add_custom_ext(c, ONE, ALL, add, release, &cp, parse, &cp));
            MUST(SSL_CTX_add_custom_ext(s, ONE, ALL, add, release, &sp, parse, &sp));
            if (auth) {
                kit_use(c, "client-ec");
                kit_trust(s, "ca");
                SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
                MUST(SSL_CTX_set1_groups_list(s, "P-384"));
            }
            shake(c, s);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* Several of them: the order of callbacks, those without, and those in single contexts. */
static void several(void)
{
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        plan cp = client_plan(), sp = server_plan();

        kit_say("%s", kit_version_name(versions[i]));
        kit_version(c, versions[i]);
        MUST(SSL_CTX_set_num_tickets(s, 1));
        MUST(SSL_CTX_add_custom_ext(c, TWO, ALL, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(c, ONE, ALL, NULL, NULL, NULL, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(c, THREE, ALL, add, NULL, &cp, NULL, NULL));
        MUST(SSL_CTX_add_custom_ext(c, 30, SSL_EXT_TLS1_3_ONLY | ALL, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(c, 31, SSL_EXT_TLS1_2_AND_BELOW_ONLY | ALL, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(c, 32, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_CERTIFICATE, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(c, 34, SSL_EXT_TLS1_3_NEW_SESSION_TICKET, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(s, 34, SSL_EXT_TLS1_3_NEW_SESSION_TICKET, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(s, 32, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_CERTIFICATE, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(s, 31, SSL_EXT_TLS1_2_AND_BELOW_ONLY | ALL, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(s, 30, SSL_EXT_TLS1_3_ONLY | ALL, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(s, ONE, ALL, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(s, THREE, ALL, NULL, NULL, NULL, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(c, EARLY, SSL_EXT_CLIENT_HELLO, add, NULL, &cp, NULL, NULL));
        MUST(SSL_CTX_add_custom_ext(s, EARLY, SSL_EXT_CLIENT_HELLO, NULL, NULL, NULL, parse, &sp));
        shake(c, s);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Those of the older functions: one role, TLS 1.2 and full handshakes only. */
static void older(void)
{
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        plan cp = client_plan(), sp = server_plan();

        kit_version(c, versions[i]);
        MUST(SSL_CTX_set_num_tickets(s, 1));
        MUST(SSL_CTX_add_client_custom_ext(c, ONE, old_add, old_release, &cp, old_parse, &cp));
        MUST(SSL_CTX_add_client_custom_ext(c, TWO, NULL, old_release, &cp, NULL, NULL));
        MUST(SSL_CTX_add_client_custom_ext(c, THREE, NULL, NULL, NULL, old_parse, &cp));
        MUST(SSL_CTX_add_server_custom_ext(c, 40, old_add, old_release, &cp, old_parse, &cp));
        MUST(SSL_CTX_add_server_custom_ext(s, ONE, old_add, old_release, &sp, old_parse, &sp));
        MUST(SSL_CTX_add_server_custom_ext(s, TWO, NULL, NULL, NULL, old_parse, &sp));
        MUST(SSL_CTX_add_server_custom_ext(s, THREE, NULL, old_release, &sp, NULL, NULL));
        MUST(SSL_CTX_add_client_custom_ext(s, 40, old_add, old_release, &sp, old_parse, &sp));
        kit_full_and_resumed(c, s, versions[i], NULL);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Resumption, with extensions that are for full handshakes and ones that are for all. */
static void resumed(void)
{
    size_t i;

    for (i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        plan cp = client_plan(), sp = server_plan();

        kit_version(c, versions[i]);
        MUST(SSL_CTX_set_num_tickets(s, 1));
        MUST(SSL_CTX_add_custom_ext(c, ONE, ALL | SSL_EXT_IGNORE_ON_RESUMPTION, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(s, ONE, ALL | SSL_EXT_IGNORE_ON_RESUMPTION, add, release, &sp, parse, &sp));
        MUST(SSL_CTX_add_custom_ext(c, TWO, ALL, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(s, TWO, ALL, add, release, &sp, parse, &sp));
        kit_full_and_resumed(c, s, versions[i], NULL);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Callbacks that refuse, skip or fail, in each message. */
static void refusals(void)
{
    static const unsigned contexts[] = { SSL_EXT_CLIENT_HELLO, SSL_EXT_TLS1_2_SERVER_HELLO, SSL_EXT_TLS1_3_SERVER_HELLO, SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
                                         SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST, SSL_EXT_TLS1_3_CERTIFICATE, SSL_EXT_TLS1_3_NEW_SESSION_TICKET,
                                         SSL_EXT_TLS1_3_CERTIFICATE_REQUEST };
    static const struct { int add, parse, alert; } answers[] = {
        { -1, 1, SSL_AD_ACCESS_DENIED }, { 0, 1, -1 }, { 1, 0, SSL_AD_BAD_CERTIFICATE }, { 1, -1, SSL_AD_ACCESS_DENIED },
    };
    size_t i, k;

    for (i = 0; i < COUNT(contexts); i++)
        for (k = 0; k < COUNT(answers); k++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            plan cp = client_plan(), sp = server_plan();

            kit_say("%s: add %d, parse %d, alert %d", context_name(contexts[i]), answers[k].add, answers[k].parse, answers[k].alert);
            kit_version(c, contexts[i] == SSL_EXT_TLS1_2_SERVER_HELLO ? TLS1_2_VERSION : TLS1_3_VERSION);
            cp.at = sp.at = contexts[i];
            cp.add = sp.add = answers[k].add;
            cp.parse = sp.parse = answers[k].parse;
            cp.alert = sp.alert = answers[k].alert;
            cp.quiet = sp.quiet = 1;
            MUST(SSL_CTX_set_num_tickets(s, 1));
            MUST(SSL_CTX_add_custom_ext(c, ONE, ALL, add, release, &cp, parse, &cp));
            MUST(SSL_CTX_add_custom_ext(s, ONE, ALL, add, release, &sp, parse, &sp));
            kit_use(c, "client-ec");
            kit_trust(s, "ca");
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
            if (contexts[i] == SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST)
                MUST(SSL_CTX_set1_groups_list(s, "P-384"));
            shake(c, s);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* An extension in a message where the receiver does not allow it, one that it has not sent, and one that it handles itself. */
static void unwanted(void)
{
    static const struct { const char *what; unsigned type, client, server; } cases[] = {
        { "the client has it in its hello only", ONE, SSL_EXT_CLIENT_HELLO, ALL },
        { "the server has it in EncryptedExtensions only", ONE, ALL, SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS },
        { "a CertificateRequest's own", ONE, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE },
        { "timestamps", TLSEXT_TYPE_signed_certificate_timestamp, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_CERTIFICATE, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_CERTIFICATE },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        plan cp = client_plan(), sp = server_plan();

        kit_say("%s", cases[i].what);
        kit_version(c, TLS1_3_VERSION);
        MUST(SSL_CTX_set_num_tickets(s, 1));
        MUST(SSL_CTX_add_custom_ext(c, cases[i].type, cases[i].client, add, release, &cp, parse, &cp));
        MUST(SSL_CTX_add_custom_ext(s, cases[i].type, cases[i].server, add, release, &sp, parse, &sp));
        kit_use(c, "client-ec");
        kit_trust(s, "ca");
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        shake(c, s);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* An SSL keeps what its SSL_CTX had when it was made; SSL_set_SSL_CTX brings those of another. */
static SSL_CTX *other;

static int switch_ctx(SSL *s, int *al, void *arg)
{
    (void)al, (void)arg;
    kit_say("servername callback");
    MUST(SSL_set_SSL_CTX(s, other));
    return SSL_TLSEXT_ERR_OK;
}

static void inherited(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    plan cp = client_plan(), sp = server_plan(), op = server_plan();
    kit_pair p;

    op.side = "other server";
    other = kit_server("server-rsa");
    kit_pair_new(&p, c, s, 0);
    MUST(SSL_CTX_add_custom_ext(c, ONE, ALL, add, release, &cp, parse, &cp));
    MUST(SSL_CTX_add_custom_ext(s, ONE, ALL, add, release, &sp, parse, &sp));
    MUST(SSL_CTX_add_custom_ext(other, ONE, ALL, add, release, &op, parse, &op));
    MUST(SSL_CTX_add_custom_ext(other, TWO, ALL, add, release, &op, parse, &op));
    kit_shake_say(&p);
    kit_pair_free(&p);
    MUST(SSL_CTX_set_tlsext_servername_callback(s, switch_ctx));
    MUST(SSL_CTX_set_num_tickets(s, 1));
    shake(c, s);
    SSL_CTX_free(other);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(adding), CASE(everywhere), CASE(several), CASE(older), CASE(resumed), CASE(refusals), CASE(unwanted), CASE(inherited),
};

KIT_MAIN(cases)
