/* Extensions that a server sends from a serverinfo, by function and by file. */
#include "kit.h"

#define V1 (SSL_EXT_TLS1_2_AND_BELOW_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_IGNORE_ON_RESUMPTION)

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Appends an extension to a serverinfo; version 2 has contexts. */
static size_t put(unsigned char *out, int version, unsigned context, unsigned type, const char *data)
{
    size_t n = 0, len = strlen(data);

    if (version == SSL_SERVERINFOV2) {
        out[n++] = (unsigned char)(context >> 24);
        out[n++] = (unsigned char)(context >> 16);
        out[n++] = (unsigned char)(context >> 8);
        out[n++] = (unsigned char)context;
    }
    out[n++] = (unsigned char)(type >> 8);
    out[n++] = (unsigned char)type;
    out[n++] = (unsigned char)(len >> 8);
    out[n++] = (unsigned char)len;
    memcpy(out + n, data, len);
    return n + len;
}

static int seen(SSL *s, unsigned type, unsigned context, const unsigned char *in, size_t inlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    (void)s, (void)al, (void)arg;
    kit_say("client parses %u, context %x: %.*s (%d), certificate %s, %d", type, context, (int)inlen, (const char *)in, (int)inlen, x != NULL ? "set" : "NULL", (int)chainidx);
    return 1;
}

/* A client asks for these types, by an empty extension or one with data. */
static const char *asked = "";

static int ask(SSL *s, unsigned type, unsigned context, const unsigned char **out, size_t *outlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    (void)s, (void)type, (void)context, (void)x, (void)chainidx, (void)al, (void)arg;
    *out = (const unsigned char *)asked;
    *outlen = strlen(asked);
    return 1;
}

#define CLIENT_CONTEXT (SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_SERVER_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS \
                        | SSL_EXT_TLS1_3_CERTIFICATE)

static void shake(SSL_CTX *s)
{
    static const unsigned types[] = { 1000, 1001, 18, 2000 };
    size_t i, k;

    for (i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_say("%s", kit_version_name(versions[i]));
        kit_version(c, versions[i]);
        for (k = 0; k < COUNT(types); k++)
            MUST(SSL_CTX_add_custom_ext(c, types[k], CLIENT_CONTEXT, ask, NULL, NULL, seen, NULL));
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

/* By functions, both versions of the format. */
static void functions(void)
{
    unsigned char info[200];
    size_t n;
    SSL_CTX *s = kit_server("server-rsa");

    n = put(info, SSL_SERVERINFOV1, 0, 1000, "one");
    SHOW(SSL_CTX_use_serverinfo(s, info, n));
    shake(s);
    n += put(info + n, SSL_SERVERINFOV1, 0, 1001, "");
    SHOW(SSL_CTX_use_serverinfo(s, info, n));
    n = put(info, SSL_SERVERINFOV1, 0, 2000, "one");
    n += put(info + n, SSL_SERVERINFOV2, V1, 1001, "after it");
    SHOW(SSL_CTX_use_serverinfo(s, info, n));
    shake(s);
    kit_say("the same again");
    SHOW(SSL_CTX_use_serverinfo(s, info, n));
    SSL_CTX_free(s);

    s = kit_server("server-rsa");
    n = put(info, SSL_SERVERINFOV2, CLIENT_CONTEXT, 1000, "everywhere");
    n += put(info + n, SSL_SERVERINFOV2, V1, 1001, "as of version 1");
    n += put(info + n, SSL_SERVERINFOV2, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE, 18, "timestamps");
    SHOW(SSL_CTX_use_serverinfo_ex(s, SSL_SERVERINFOV2, info, n));
    shake(s);
    kit_say("a client that sends data");
    asked = "something";
    shake(s);
    asked = "";
    SSL_CTX_free(s);
}

/* What is no serverinfo. */
static void refused(void)
{
    unsigned char info[200];
    size_t n, k;
    SSL_CTX *s = kit_server("server-ec"), *empty = SSL_CTX_new(TLS_server_method());

    n = put(info, SSL_SERVERINFOV1, 0, 1000, "one");
    SHOW(SSL_CTX_use_serverinfo(NULL, info, n));
    SHOW(SSL_CTX_use_serverinfo(s, NULL, n));
    SHOW(SSL_CTX_use_serverinfo(s, info, 0));
    for (k = 1; k < n; k += 2)
        SHOW(SSL_CTX_use_serverinfo(s, info, k));
    SHOW(SSL_CTX_use_serverinfo_ex(s, 0, info, n));
    SHOW(SSL_CTX_use_serverinfo_ex(s, 3, info, n));
    SHOW(SSL_CTX_use_serverinfo_ex(s, SSL_SERVERINFOV2, info, n));
    n = put(info, SSL_SERVERINFOV2, CLIENT_CONTEXT, 1000, "one");
    for (k = 1; k < n; k += 3)
        SHOW(SSL_CTX_use_serverinfo_ex(s, SSL_SERVERINFOV2, info, k));
    SHOW(SSL_CTX_use_serverinfo_ex(empty, SSL_SERVERINFOV2, info, n));
    n = put(info, SSL_SERVERINFOV1, 0, TLSEXT_TYPE_server_name, "name");
    SHOW(SSL_CTX_use_serverinfo(s, info, n));
    SSL_CTX_free(s);
    SSL_CTX_free(empty);
}

/* Writes a file of PEM blocks. */
static const char *file_of(const char *name, const char *data, size_t len, const char *name2, const unsigned char *data2, size_t len2)
{
    const char *path = kit_file("serverinfo.pem");
    BIO *out = BIO_new_file(path, "w");

    MUST(out != NULL);
    if (name != NULL)
        MUST(PEM_write_bio(out, name, "", (const unsigned char *)data, (long)len) > 0);
    if (name2 != NULL)
        MUST(PEM_write_bio(out, name2, "", data2, (long)len2) > 0);
    BIO_free(out);
    return path;
}

static void files(void)
{
    unsigned char a[100], b[100];
    size_t an = put(a, SSL_SERVERINFOV1, 0, 1000, "one, of version 1"), bn = put(b, SSL_SERVERINFOV2, CLIENT_CONTEXT, 1001, "two, of version 2");
    static const char *names[] = { "CERTIFICATE", "SERVERINFO", "SERVERINFO FOR ", "SERVERINFO FOR EXTENSION 1000", "SERVERINFOV2 FOR ", "SERVERINFOV3 FOR X", "SERVERINFOV2 FORX" };
    size_t i;
    SSL_CTX *s = kit_server("server-rsa");

    SHOW(SSL_CTX_use_serverinfo_file(NULL, "x"));
    SHOW(SSL_CTX_use_serverinfo_file(s, NULL));
    SHOW(SSL_CTX_use_serverinfo_file(s, file_of("SERVERINFO FOR EXTENSION 1000", (char *)a, an, "SERVERINFOV2 FOR EXTENSION 1001", b, bn)));
    shake(s);
    SSL_CTX_free(s);
    for (i = 0; i < COUNT(names); i++) {
        s = kit_server("server-ec");
        kit_say("%s", names[i]);
        SHOW(SSL_CTX_use_serverinfo_file(s, file_of(names[i], (char *)a, an, NULL, NULL, 0)));
        SHOW(SSL_CTX_use_serverinfo_file(s, file_of(names[i], (char *)b, bn, NULL, NULL, 0)));
        SHOW(SSL_CTX_use_serverinfo_file(s, file_of(names[i], (char *)a, an - 1, NULL, NULL, 0)));
        SHOW(SSL_CTX_use_serverinfo_file(s, file_of(names[i], (char *)a, 3, NULL, NULL, 0)));
        SSL_CTX_free(s);
    }
    s = kit_server("server-ec");
    kit_say("no blocks");
    SHOW(SSL_CTX_use_serverinfo_file(s, file_of(NULL, NULL, 0, NULL, NULL, 0)));
    kit_say("version 2, then version 1");
    SHOW(SSL_CTX_use_serverinfo_file(s, file_of("SERVERINFOV2 FOR X", (char *)b, bn, "SERVERINFO FOR Y", a, an)));
    shake(s);
    SSL_CTX_free(s);
}

/* A serverinfo is of one certificate: the other kind of key has none. */
static void by_certificate(void)
{
    unsigned char info[100];
    size_t n = put(info, SSL_SERVERINFOV2, CLIENT_CONTEXT, 1000, "of the RSA certificate"), i;
    SSL_CTX *s = kit_server("server-rsa");

    SHOW(SSL_CTX_use_serverinfo_ex(s, SSL_SERVERINFOV2, info, n));
    kit_use(s, "server-ec");
    for (i = 0; i < 2; i++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_say("%s", i ? "RSA" : "EC");
        MUST(SSL_CTX_set1_sigalgs_list(c, i ? "rsa_pss_rsae_sha256" : "ecdsa_secp256r1_sha256"));
        MUST(SSL_CTX_add_custom_ext(c, 1000, CLIENT_CONTEXT, ask, NULL, NULL, seen, NULL));
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(functions), CASE(refused), CASE(files), CASE(by_certificate),
};

KIT_MAIN(cases)
