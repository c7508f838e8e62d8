/* DANE: which records fit which chains, alone and together, with callbacks that go on or not. */
#include "kit_dane.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Every usage, selector and matching type, for every certificate of the chain and one outside of it. */
static void matrix(void)
{
    static const char *const named[] = { "server-ec", "int", "ca", "server-self" };
    int usage, selector, mtype, n = 0;
    size_t i;
    SSL_CTX *s = kit_server("server-ec");

    dane_answer = DANE_AS_TOLD;
    for (usage = 0; usage < 4; usage++)
        for (selector = 0; selector < 2; selector++)
            for (mtype = 0; mtype < 3; mtype++)
                for (i = 0; i < COUNT(named); i++, n++) {
                    SSL_CTX *c = dane_client();
                    kit_pair p;

                    kit_say("%d %d %d %s", usage, selector, mtype, named[i]);
                    kit_version(c, versions[n % 2]);
                    dane_begin(&p, c, s, "server.test");
                    MUST(dane_add(p.c, usage, selector, mtype, named[i]) == 1);
                    dane_tell(&p);
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                }
    SSL_CTX_free(s);
}

static const char *const server_certs[] = {
    "server-ec", "server-rsa", "server-ed25519", "server-direct", "server-nochain", "server-untrusted", "server-self", "server-expired", "server-future",
    "server-clientonly", "server-cn", "server-other", "server-isca", "server-rsa1024", "server-notca", "server-pathlen", "server-deep", "server-withroot",
    "server-namec", "server-mustsign",
};

/* A server with a key that its own level, lower than the client's, lets pass. */
static SSL_CTX *server_of(const char *cert)
{
    SSL_CTX *s;

    if (strcmp(cert, "server-rsa1024") != 0)
        return kit_server(cert);
    MUST((s = SSL_CTX_new(TLS_server_method())) != NULL);
    SSL_CTX_set_security_level(s, 1);
    kit_use(s, cert);
    return s;
}

static const char *issuer_of(const char *cert)
{
    static const char *const other[][2] = {
        { "server-direct", "ca" }, { "server-untrusted", "otherca" }, { "server-self", "server-self" }, { "server-notca", "notca" },
        { "server-pathlen", "int-pathlen" }, { "server-deep", "deep2" }, { "server-namec", "namec" },
    };
    size_t i;

    for (i = 0; i < COUNT(other); i++)
        if (strcmp(cert, other[i][0]) == 0)
            return other[i][1];
    return "int";
}

/* Chains of all kinds, by records of each usage; with nobody to ask, with a callback, and not verified. */
static void chains_how(int how)
{
    int usage;
    size_t i;

    dane_answer = DANE_AS_TOLD;
    for (i = 0; i < COUNT(server_certs); i++)
        for (usage = 0; usage < 4; usage++) {
            SSL_CTX *c = dane_client(), *s = server_of(server_certs[i]);
            kit_pair p;
            const char *named = usage % 2 ? server_certs[i] : issuer_of(server_certs[i]);

            SSL_CTX_set_verify(c, how == 2 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, how == 0 ? NULL : dane_callback);
            if (strcmp(server_certs[i], "server-mustsign") == 0)
                kit_version(c, TLS1_3_VERSION);
            kit_say("%s, %d 1 1 %s", server_certs[i], usage, named);
            dane_begin(&p, c, s, "server.test");
            MUST(dane_add(p.c, usage, 1, 1, named) == 1);
            dane_tell(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void chains(void) { chains_how(0); }
static void chains_callback(void) { chains_how(1); }
static void chains_none(void) { chains_how(2); }

/* Authorities that the peer does not send: a certificate in the record, or a bare key. */
static void anchors(void)
{
    static const struct {
        const char *server;
        int usage, selector;
        const char *named;
    } cases[] = {
        { "server-nochain", 2, 0, "int" },   { "server-nochain", 2, 1, "int" },   { "server-nochain", 2, 0, "ca" },
        { "server-nochain", 2, 1, "ca" },    { "server-nochain", 0, 0, "int" },   { "server-nochain", 0, 1, "int" },
        { "server-ec", 2, 0, "ca" },         { "server-ec", 2, 1, "ca" },         { "server-ec", 2, 1, "int" },
        { "server-ec", 0, 0, "ca" },         { "server-ec", 0, 1, "ca" },         { "server-untrusted", 2, 0, "otherca" },
        { "server-untrusted", 2, 1, "otherca" }, { "server-untrusted", 0, 0, "otherca" }, { "server-self", 2, 1, "server-self" },
        { "server-self", 2, 0, "server-self" },  { "server-direct", 2, 0, "expired-ca" }, { "server-direct", 0, 0, "expired-ca" },
        { "server-deep", 2, 1, "deep1" },    { "server-deep", 2, 1, "ca" },       { "server-deep", 2, 0, "deep2" },
        { "server-notca", 2, 1, "ca" },      { "server-pathlen", 2, 1, "ca" },    { "server-expired", 2, 1, "int" },
        { "server-rsachain", 2, 1, "rsaca" }, { "server-rsachain", 2, 0, "rsaca" }, { "server-withroot", 2, 1, "ca" },
        { "server-namec", 2, 1, "ca" },      { "server-expired", 2, 1, "ca" },
    };
    size_t i, with;

    dane_answer = DANE_AS_TOLD;
    for (i = 0; i < COUNT(cases); i++)
        for (with = 0; with < 2; with++) {
            SSL_CTX *c = dane_client(), *s = kit_server(cases[i].server);
            kit_pair p;

            if (!with)
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
            kit_say("%s, %d %d 0 %s%s", cases[i].server, cases[i].usage, cases[i].selector, cases[i].named, with ? ", callback" : "");
            kit_version(c, versions[i % 2]);
            dane_begin(&p, c, s, "server.test");
            MUST(dane_add(p.c, cases[i].usage, cases[i].selector, 0, cases[i].named) == 1);
            dane_tell(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* The callback's own will. */
static void answers(void)
{
    static const struct {
        const char *server;
        int usage, selector, mtype;
        const char *named;
    } cases[] = {
        { "server-ec", 3, 1, 1, "server-ec" },        { "server-ec", 3, 1, 1, "int" },          { "server-expired", 3, 1, 1, "server-expired" },
        { "server-other", 3, 1, 1, "server-other" },  { "server-ec", 2, 1, 1, "int" },          { "server-ec", 2, 1, 1, "server-self" },
        { "server-expired", 2, 1, 1, "int" },         { "server-untrusted", 1, 1, 1, "server-untrusted" }, { "server-ec", 0, 1, 1, "server-self" },
        { "server-nochain", 2, 1, 0, "int" },         { "server-other", 2, 1, 1, "int" },       { "server-self", 1, 1, 1, "server-self" },
        { "server-nochain", 0, 1, 1, "int" },         { "server-pathlen", 2, 1, 1, "pathlen" },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++)
        for (dane_answer = DANE_AS_TOLD; dane_answer <= DANE_YES; dane_answer++) {
            SSL_CTX *c = dane_client(), *s = kit_server(cases[i].server);
            kit_pair p;

            kit_say("%s, %d %d %d %s, answer %d", cases[i].server, cases[i].usage, cases[i].selector, cases[i].mtype, cases[i].named, dane_answer);
            dane_begin(&p, c, s, "server.test");
            MUST(dane_add(p.c, cases[i].usage, cases[i].selector, cases[i].mtype, cases[i].named) == 1);
            dane_tell(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    dane_answer = DANE_AS_TOLD;
}

/* Sets of records, chains, parameters and answers as a generator deals them: the same on every run. */
static unsigned seed;

static unsigned deal(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

static void dealt(unsigned first, unsigned count, int plan)
{
    static const char *const pool[] = {
        "server-ec", "int", "ca", "otherca", "server-self", "server-direct", "deep1", "deep2", "deep3", "server-deep", "server-withroot", "pathlen",
        "int-pathlen", "server-pathlen", "server-expired", "expired-ca", "server-nochain",
    };
    unsigned i, k;

    for (i = 0; i < count; i++) {
        const char *server = server_certs[(seed = first + i, deal(COUNT(server_certs)))];
        SSL_CTX *c = dane_client(), *s = server_of(server);
        unsigned n = 1 + deal(4), parameters = deal(12);
        kit_pair p;

        kit_say("%u: %s", first + i, server);
        if (strcmp(server, "server-mustsign") == 0)
            kit_version(c, TLS1_3_VERSION);
        dane_answer = plan ? DANE_PLAN : DANE_AS_TOLD;
        dane_plan = plan ? 0xffff0000u | deal(65536) | deal(65536) | deal(65536) : 0;
        if (parameters == 0)
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN);
        if (parameters == 1)
            SSL_CTX_set_verify_depth(c, (int)deal(3));
        if (parameters == 2)
            kit_trust(c, "otherca");
        if (parameters == 3)
            SSL_CTX_dane_set_flags(c, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
        if (parameters == 4)
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_NO_CHECK_TIME);
        if (parameters == 5)
            kit_trust(c, "int");
        if (parameters == 6) {
            kit_trust(c, "int");
            X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN);
        }
        if (parameters == 7)
            kit_trust(c, "expired-ca");
        if (parameters == 8 && !plan)
            SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        dane_begin(&p, c, s, deal(8) == 0 ? "other.test" : "server.test");
        for (k = 0; k < n; k++) {
            int usage = (int)deal(4), selector = (int)deal(2), mtype = (int)deal(3);
            const char *named = usage % 2 && deal(3) != 0 ? server : pool[deal(COUNT(pool))];
            int bad = deal(6) == 0 && mtype != 0;

            kit_say("%d %d %d %s%s", usage, selector, mtype, named, bad ? ", damaged" : "");
            MUST((bad ? dane_add_bad : dane_add)(p.c, usage, selector, mtype, named) == 1);
        }
        dane_tell(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    dane_answer = DANE_AS_TOLD;
}

static void dealt_as_told(void) { dealt(1, 150, 0); }
static void dealt_as_told_too(void) { dealt(501, 150, 0); }
static void dealt_going_on(void) { dealt(1001, 150, 1); }
static void dealt_going_on_too(void) { dealt(1501, 150, 1); }

static const kit_case cases[] = {
    CASE(matrix), CASE(chains), CASE(chains_callback), CASE(chains_none), CASE(anchors), CASE(answers),
    CASE(dealt_as_told), CASE(dealt_as_told_too), CASE(dealt_going_on), CASE(dealt_going_on_too),
};

KIT_MAIN(cases)
