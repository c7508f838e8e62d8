/*
 * What an X509_STORE holds and asks for: revocation lists, hashed directories, flags, and how verify callbacks see it.
 */
#include "kit_asked.h"
#include "kit_crl.h"

#include <sys/stat.h>

/* Revocation lists. */

static const char *const leaf[] = { "server-ec", NULL }, *const inter[] = { "int", NULL };

static SSL_CTX *with_flags(unsigned long flags)
{
    SSL_CTX *c = kit_client();

    X509_STORE_set_flags(SSL_CTX_get_cert_store(c), flags);
    return c;
}

static void lists(void)
{
    static const struct {
        const char *label;
        int all;
        struct { const char *issuer, *signer; int how; const char *const *revoked; } list[3];
    } rows[] = {
        { "no lists", 0, { { 0 } } },
        { "no lists, all", 1, { { 0 } } },
        { "nothing revoked", 0, { { "int", "int", 0, NULL } } },
        { "leaf revoked", 0, { { "int", "int", 0, leaf } } },
        { "leaf revoked, version 1", 0, { { "int", "int", V1, leaf } } },
        { "leaf revoked, version 1 in full", 0, { { "int", "int", V1 | ZERO, leaf } } },
        { "nothing revoked, version 1", 0, { { "int", "int", V1, inter } } },
        { "leaf removed from the list", 0, { { "int", "int", REMOVED, leaf } } },
        { "expired", 0, { { "int", "int", EXPIRED, NULL } } },
        { "expired, leaf revoked", 0, { { "int", "int", EXPIRED, leaf } } },
        { "future", 0, { { "int", "int", FUTURE, NULL } } },
        { "without an end", 0, { { "int", "int", ENDLESS, NULL } } },
        { "wrong signer", 0, { { "int", "otherca", 0, NULL } } },
        { "wrong signer, version 1", 0, { { "int", "otherca", V1, NULL } } },
        { "of another issuer", 0, { { "otherca", "otherca", 0, leaf } } },
        { "unknown critical extension", 0, { { "int", "int", CRITICAL, NULL } } },
        { "unknown critical extension, leaf revoked", 0, { { "int", "int", CRITICAL, leaf } } },
        { "for attributes", 0, { { "int", "int", ATTRIBUTES, leaf } } },
        { "for CAs", 0, { { "int", "int", CAS, leaf } } },
        { "for users", 0, { { "int", "int", USERS, leaf } } },
        { "for users, nothing revoked", 0, { { "int", "int", USERS, NULL } } },
        { "expired and good", 0, { { "int", "int", EXPIRED, leaf }, { "int", "int", 0, NULL } } },
        { "delta only", 0, { { "int", "int", DELTA, leaf } } },
        { "delta beside a full one", 0, { { "int", "int", DELTA, leaf }, { "int", "int", 0, NULL } } },
        { "leaf only known, all", 1, { { "int", "int", 0, NULL } } },
        { "nothing revoked, all", 1, { { "int", "int", 0, NULL }, { "ca", "ca", 0, NULL } } },
        { "intermediate revoked, all", 1, { { "int", "int", 0, NULL }, { "ca", "ca", 0, inter } } },
        { "intermediate revoked, leaf only", 0, { { "int", "int", 0, NULL }, { "ca", "ca", 0, inter } } },
        { "both revoked, all", 1, { { "int", "int", 0, leaf }, { "ca", "ca", 0, inter } } },
        { "leaf good, root's expired, all", 1, { { "int", "int", 0, NULL }, { "ca", "ca", EXPIRED, NULL } } },
        { "for CAs above, for users below, all", 1, { { "int", "int", USERS, NULL }, { "ca", "ca", CAS, NULL } } },
    };
    SSL_CTX *s = kit_server("server-ec");
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        SSL_CTX *c = with_flags(X509_V_FLAG_CRL_CHECK | (rows[i].all ? X509_V_FLAG_CRL_CHECK_ALL : 0));

        for (j = 0; j < COUNT(rows[i].list) && rows[i].list[j].issuer != NULL; j++)
            kit_add_crl(c, rows[i].list[j].issuer, rows[i].list[j].signer, rows[i].list[j].how, rows[i].list[j].revoked);
        kit_asked(rows[i].label, c, s);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

static void list_times(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = with_flags(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_NO_CHECK_TIME);

    kit_add_crl(c, "int", "int", EXPIRED, NULL);
    kit_asked("expired list, no check of time", c, s);
    SSL_CTX_free(c);
    c = with_flags(X509_V_FLAG_CRL_CHECK);
    kit_add_crl(c, "int", "int", 0, NULL);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(c), time(NULL) + 5 * 86400);
    kit_asked("list, a later time", c, s);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_NO_CHECK_TIME);
    kit_asked("list, a later time and no check of time", c, s);
    SSL_CTX_free(c);
    /* the flag that asks for all alone asks for nothing */
    c = with_flags(X509_V_FLAG_CRL_CHECK_ALL);
    kit_add_crl(c, "int", "int", 0, leaf);
    kit_asked("only all", c, s);
    SSL_CTX_free(c);
    c = with_flags(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT);
    kit_add_crl(c, "int", "int", 0, leaf);
    kit_asked("extended support", c, s);
    SSL_CTX_free(c);
    c = with_flags(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_USE_DELTAS);
    kit_add_crl(c, "int", "int", 0, NULL);
    kit_asked("deltas", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void lists_added_later(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = with_flags(X509_V_FLAG_CRL_CHECK);

    kit_asked("none yet", c, s);
    kit_add_crl(c, "int", "int", EXPIRED, NULL);
    kit_asked("an expired one", c, s);
    kit_add_crl(c, "int", "int", 0, NULL);
    kit_asked("a good one", c, s);
    kit_add_crl(c, "int", "int", V1 | ENDLESS | NEWER, leaf);
    kit_asked("one of version 1 beside it", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* A file as nginx (X509_LOOKUP_file) and curl (--crlfile) load it, with certificates between the lists. */
static void list_file(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = kit_client();
    X509_LOOKUP *lookup;
    X509_CRL *a = kit_crl("int", "int", 0, leaf), *b = kit_crl("ca", "ca", 0, NULL);
    FILE *f = fopen("lists.pem", "w");

    MUST(f != NULL && PEM_write_X509_CRL(f, a) && PEM_write_X509_CRL(f, b));
    fclose(f);
    lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(c), X509_LOOKUP_file());
    SHOW(X509_load_crl_file(lookup, "lists.pem", X509_FILETYPE_PEM));
    SHOW(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL));
    kit_asked("a file of lists", c, s);
    X509_CRL_free(a);
    X509_CRL_free(b);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* Hashed directories. */

static void directory(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = SSL_CTX_new(TLS_client_method());

    MUST(mkdir("roots", 0700) == 0 && mkdir("more", 0700) == 0);
    SHOW(SSL_CTX_load_verify_dir(c, "roots"));
    kit_asked("an empty directory", c, s);
    kit_hashed("roots", "otherca", "0", 0);
    kit_asked("another root in it", c, s);
    kit_hashed("roots", "ca", "1", 0);
    kit_asked("the root as .1, no .0", c, s);
    kit_hashed("roots", "expired-ca", "0", 0); /* the same name */
    kit_asked("an expired one as .0 before it", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_dir(c, "more"));
    kit_asked("a second directory", c, s);
    kit_hashed("more", "expired-ca", "0", 0);
    kit_asked("with an expired root", c, s);
    kit_hashed("more", "ca", "1", 0);
    kit_asked("and a good one behind it, which comes too late", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_dir(c, "nosuch:roots"));
    kit_asked("two, one not there", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_locations(c, kit_file("otherca.pem"), "roots"));
    kit_asked("a file and a directory", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void directory_of_trust(void)
{
    static const struct { const char *label; int nid; } rows[] = { { "trusted for servers", NID_server_auth }, { "trusted for clients", NID_client_auth } };
    SSL_CTX *s = kit_server("server-ec");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method());

        mkdir("trust", 0700);
        kit_hashed("trust", "ca", "0", rows[i].nid);
        SHOW(SSL_CTX_load_verify_dir(c, "trust"));
        kit_asked(rows[i].label, c, s);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

static void directory_lists(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = SSL_CTX_new(TLS_client_method());

    MUST(mkdir("lists", 0700) == 0);
    kit_hashed("lists", "ca", "0", 0);
    SHOW(SSL_CTX_load_verify_dir(c, "lists"));
    SHOW(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK));
    kit_asked("no list in the directory", c, s);
    kit_hashed_list("lists", "int", "r0", 0, NULL);
    kit_asked("a list as .r0", c, s);
    kit_hashed_list("lists", "int", "r1", ENDLESS | NEWER, leaf); /* the next one, found by a later connection */
    kit_asked("a list as .r1", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_dir(c, "lists"));
    SHOW(X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK));
    kit_asked("both at once", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void directory_default(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c;

    MUST(mkdir("default", 0700) == 0);
    kit_hashed("default", "ca", "0", 0);
    MUST(setenv("SSL_CERT_DIR", "default", 1) == 0 && setenv("SSL_CERT_FILE", "nosuch.pem", 1) == 0);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_paths(c));
    kit_asked("the default paths", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_dir(c));
    kit_asked("the default directory", c, s);
    SSL_CTX_free(c);
    MUST(setenv("SSL_CERT_FILE", kit_file("ca.pem"), 1) == 0 && setenv("SSL_CERT_DIR", "nosuch", 1) == 0);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_paths(c));
    kit_asked("the default file", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* Flags, depths, levels, names: with and without a callback. */

static void flags(void)
{
    static const struct { const char *label; unsigned long flag; } rows[] = {
        { "trusted first", X509_V_FLAG_TRUSTED_FIRST }, { "partial chain", X509_V_FLAG_PARTIAL_CHAIN },
        { "strict", X509_V_FLAG_X509_STRICT }, { "no alternative chains", X509_V_FLAG_NO_ALT_CHAINS },
        { "no check of time", X509_V_FLAG_NO_CHECK_TIME }, { "policies", X509_V_FLAG_POLICY_CHECK },
        { "explicit policy", X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY }, { "ignore critical", X509_V_FLAG_IGNORE_CRITICAL },
        { "signature of the root", X509_V_FLAG_CHECK_SS_SIGNATURE }, { "suite B", X509_V_FLAG_SUITEB_128_LOS },
        { "proxy certificates", X509_V_FLAG_ALLOW_PROXY_CERTS },
    };
    static const char *const certs[] = { "server-ec", "server-expired", "server-withroot" };
    size_t i, j;

    for (j = 0; j < COUNT(certs); j++) {
        SSL_CTX *s = kit_server(certs[j]);

        for (i = 0; i < COUNT(rows); i++) {
            SSL_CTX *c = with_flags(rows[i].flag);
            char label[100];

            snprintf(label, sizeof(label), "%s, %s", certs[j], rows[i].label);
            kit_asked(label, c, s);
            SSL_CTX_free(c);
        }
        SSL_CTX_free(s);
    }
}

static void levels(void)
{
    static const char *const certs[] = { "server-ec", "server-rsa", "server-p384", "server-rsa1024" };
    size_t i;
    int level, how;

    for (i = 0; i < COUNT(certs); i++)
        for (how = 0; how < 2; how++)
            for (level = 0; level < 6; level++) {
                SSL_CTX *c = kit_client(), *s = SSL_CTX_new(TLS_server_method());
                char label[100];

                SSL_CTX_set_security_level(s, 0);
                kit_use(s, certs[i]);
                if (how == 0) {
                    SSL_CTX_set_security_level(c, 1);
                    X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(c), level);
                } else {
                    SSL_CTX_set_security_level(c, level);
                }
                snprintf(label, sizeof(label), "%s, %s level %d", certs[i], how == 0 ? "authentication" : "security", level);
                kit_asked(label, c, s);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

static void depths(void)
{
    SSL_CTX *s = kit_server("server-deep");
    int d;

    for (d = -1; d < 6; d++) {
        SSL_CTX *c = kit_client();
        char label[50];

        SSL_CTX_set_verify_depth(c, d);
        snprintf(label, sizeof(label), "depth %d", d);
        kit_asked(label, c, s);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

static void chains(void)
{
    static const char *const certs[] = { "server-direct", "server-nochain", "server-untrusted", "server-self", "server-future", "server-clientonly",
                                         "server-isca", "server-notca", "server-pathlen", "server-withroot", "server-namec" };
    size_t i;

    for (i = 0; i < COUNT(certs); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server(certs[i]);

        kit_asked(certs[i], c, s);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void names(void)
{
    static const struct { const char *label, *host, *email, *ip; } rows[] = {
        { "host", "server.test", NULL, NULL }, { "wrong host", "other.test", NULL, NULL }, { "address", NULL, NULL, "127.0.0.1" },
        { "wrong address", NULL, NULL, "10.0.0.1" }, { "wrong mail", NULL, "a@b.test", NULL }, { "host and wrong address", "server.test", NULL, "10.0.0.1" },
    };
    SSL_CTX *s = kit_server("server-ec");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        SSL_CTX *c = kit_client();
        X509_VERIFY_PARAM *param = SSL_CTX_get0_param(c);

        if (rows[i].host != NULL)
            MUST(X509_VERIFY_PARAM_set1_host(param, rows[i].host, 0));
        if (rows[i].email != NULL)
            MUST(X509_VERIFY_PARAM_set1_email(param, rows[i].email, 0));
        if (rows[i].ip != NULL)
            MUST(X509_VERIFY_PARAM_set1_ip_asc(param, rows[i].ip));
        kit_asked(rows[i].label, c, s);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

/* A store's own functions are libcrypto's to call. */
static int own_called;

static int own_check_revocation(X509_STORE_CTX *ctx)
{
    (void)ctx;
    own_called++;
    return 1;
}

static void own_functions(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = kit_client();

    X509_STORE_set_check_revocation(SSL_CTX_get_cert_store(c), own_check_revocation);
    kit_asked("a function of the store's own", c, s);
    SHOW(own_called);
    SSL_CTX_free(c);
    c = kit_client();
    X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(c), kit_asked_back);
    kit_asked("a callback of the store's own", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(lists), CASE(list_times), CASE(lists_added_later), CASE(list_file), CASE(directory), CASE(directory_of_trust), CASE(directory_lists),
    CASE(directory_default), CASE(flags), CASE(levels), CASE(depths), CASE(chains), CASE(names), CASE(own_functions),
};
KIT_MAIN(cases)
