/* SSL_trace called by a program, with any bytes: names of numbers, lengths that are wrong, what is of no kind. */
#include "kit.h"

static BIO *out;

static SSL *fresh(SSL_CTX **ctx, int server)
{
    SSL *ssl;

    MUST((*ctx = SSL_CTX_new(TLS_method())) != NULL);
    MUST((ssl = SSL_new(*ctx)) != NULL);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

/* Which lines of a trace are printed. */
enum { ALL, NAMED, EXTENSIONS, COMPLAINTS };

static int wanted(int which, char **line, int *seen)
{
    switch (which) {
    case NAMED:
        return strstr(*line, "UNKNOWN") == NULL;
    case EXTENSIONS: /* and what follows */
        return *seen = *seen || strstr(*line, "xtensions") != NULL;
    case COMPLAINTS:
        return (*line = strchr(*line, '<')) != NULL;
    }
    return 1;
}

/* A trace of bytes in memory of just their size. */
static void show(SSL *ssl, int write, int type, const unsigned char *bytes, size_t len, int which)
{
    unsigned char *exact = OPENSSL_malloc(len + (len == 0));
    char buf[8192], *line;
    int seen = 0;

    MUST(exact != NULL && (out = BIO_new(BIO_s_mem())) != NULL);
    if (len > 0)
        memcpy(exact, bytes, len);
    SSL_trace(write, TLS1_2_VERSION, type, exact, len, ssl, out);
    ERR_clear_error();
    while (BIO_gets(out, line = buf, sizeof(buf)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (wanted(which, &line, &seen))
            kit_say("%s", line);
    }
    OPENSSL_free(exact);
    BIO_free(out);
}

static size_t put16(unsigned char *p, size_t v)
{
    p[0] = (unsigned char)(v >> 8);
    p[1] = (unsigned char)v;
    return 2;
}

/* A ClientHello with these suites and extensions. */
static size_t hello(unsigned char *p, const unsigned char *suites, size_t nsuites, const unsigned char *exts, size_t nexts)
{
    size_t n = 4;

    n += put16(p + n, TLS1_2_VERSION);
    memset(p + n, 0x5a, 32);
    n += 32;
    p[n++] = 0;
    n += put16(p + n, nsuites);
    memcpy(p + n, suites, nsuites);
    n += nsuites;
    p[n++] = 2;
    p[n++] = 0;
    p[n++] = 1;
    n += put16(p + n, nexts);
    memcpy(p + n, exts, nexts);
    n += nexts;
    p[0] = SSL3_MT_CLIENT_HELLO;
    p[1] = 0;
    put16(p + 2, n - 4);
    return n;
}

enum { CHUNK = 4096 }; /* numbers in a message */

static unsigned char message[80000];

static void suites(void)
{
    unsigned char list[2 * CHUNK];
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);
    size_t i, base;

    for (base = 0; base < 65536; base += CHUNK) {
        for (i = 0; i < CHUNK; i++)
            put16(list + 2 * i, base + i);
        show(ssl, 1, SSL3_RT_HANDSHAKE, message, hello(message, list, sizeof(list), NULL, 0), NAMED);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* All numbers in an extension that is a list of them. */
static void numbers(int type)
{
    unsigned char ext[2 * CHUNK + 6];
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);
    size_t i, base;

    for (base = 0; base < 65536; base += CHUNK) {
        put16(ext, (size_t)type);
        put16(ext + 2, 2 * CHUNK + 2);
        put16(ext + 4, 2 * CHUNK);
        for (i = 0; i < CHUNK; i++)
            put16(ext + 6 + 2 * i, base + i);
        show(ssl, 1, SSL3_RT_HANDSHAKE, message, hello(message, (const unsigned char *)"\x13\x01", 2, ext, sizeof(ext)), NAMED);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void groups(void) { numbers(TLSEXT_TYPE_supported_groups); }
static void schemes(void) { numbers(TLSEXT_TYPE_signature_algorithms); }

/* Each extension, empty and with few bytes, in messages of both sides. */
static void extensions(void)
{
    static const unsigned char few[] = { 0, 3, 2, 0, 1, 9, 8, 7 };
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);
    unsigned char ext[16];
    size_t i, type, n;

    for (i = 0; i < 60; i++) {
        type = i == 59 ? TLSEXT_TYPE_renegotiate : i == 58 ? TLSEXT_TYPE_next_proto_neg : i;
        for (n = 0; n <= sizeof(few); n += n < 3 ? 1 : 2) {
            put16(ext, type);
            put16(ext + 2, n);
            memcpy(ext + 4, few, n);
            show(ssl, 1, SSL3_RT_HANDSHAKE, message, hello(message, (const unsigned char *)"\x13\x01", 2, ext, n + 4), EXTENSIONS);
            memmove(message + 6, ext, n + 4);
            put16(message + 4, n + 4);
            memcpy(message, "\x08\0\0", 3);
            message[3] = (unsigned char)(n + 6);
            show(ssl, 0, SSL3_RT_HANDSHAKE, message, n + 10, ALL);
            memcpy(message, "\x04\0\0", 3);
            show(ssl, 0, SSL3_RT_HANDSHAKE, message, n + 10, ALL);
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void short_numbers(void)
{
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 1);
    unsigned char b[5];
    int i, type;

    for (i = 0; i < 65536; i++) {
        b[0] = (unsigned char)i;
        put16(b + 1, (size_t)i);
        put16(b + 3, (size_t)i);
        if ((i >= 0x0fe && i < 0x104) || (i >= 0x2fe && i < 0x308) || i >= 0xfefc)
            show(ssl, i & 1, SSL3_RT_HEADER, b, 5, ALL);
    }
    for (i = 0; i < 256; i++) {
        b[0] = (unsigned char)i;
        b[1] = (unsigned char)(255 - i);
        show(ssl, 0, SSL3_RT_INNER_CONTENT_TYPE, b, 1, ALL);
        show(ssl, 0, SSL3_RT_ALERT, b, 2, ALL);
        show(ssl, 0, SSL3_RT_CHANGE_CIPHER_SPEC, b, 1, ALL);
    }
    for (type = -1; type < 300; type++)
        if (type != SSL3_RT_INNER_CONTENT_TYPE)
            for (i = 0; i < 4; i++)
                show(ssl, 1, type, b, (size_t)i, ALL);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* Messages as they are, cut anywhere, and with a byte too many: on connections before and after a handshake. */
static const struct {
    const char *bytes;
    size_t len;
} messages[] = {
#define M(s) { s, sizeof(s) - 1 }
    M("\x02\0\0\x4c\3\3" "01234567012345670123456701234567" "\4abcd\x13\2\0\0\x1d\0\x2b\0\2\3\4\0\x33\0\7\0\x1d\0\3xyz\0\x2c\0\x08" "cookies!"),
    M("\x02\0\0\x28\3\4" "01234567012345670123456701234567" "\x13\2\0\0"),
    M("\x04\0\0\x09\0\0\1\0\0\3tic"),
    M("\x04\0\0\x1a\0\0\1\0\1\2\3\4\2no\0\3tic\0\x08\0\x2a\0\4\0\0\1\0"),
    M("\x0b\0\0\x09\0\0\6\0\0\3\x30\1\0"),
    M("\x0b\0\0\x0d\0\0\0\x09\0\0\3\x30\1\0\0\1\0"),
    M("\x0d\0\0\x21\3\1\x40\x02\0\4\4\3\x08\4\0\x14\0\x10\x30\x0e\x31\x0c\x30\x0a\6\3\x55\4\3\x0c\3net\0\0"),
    M("\x0d\0\0\x10\0\0\x0d\0\x0d\0\4\0\2\4\3\0\x2f\0\1\0"),
    M("\x0e\0\0\0"),
    M("\x0f\0\0\7\x08\4\0\3sig"),
    M("\x14\0\0\x0c" "finished now"),
    M("\x16\0\0\4stap"),
    M("\x18\0\0\1\1"),
    M("\x03\0\0\7\xfe\xff\4cook"),
    M("\x43\0\0\2np"),
    M("\xfe\0\0\4hash"),
};

static void all_messages(SSL *ssl)
{
    size_t i, n;

    for (i = 0; i < COUNT(messages); i++) {
        memcpy(message, messages[i].bytes, messages[i].len);
        message[messages[i].len] = 0;
        for (n = 0; n <= messages[i].len + 1; n++) {
            if (n > 4)
                message[3] = (unsigned char)(n - 4);
            show(ssl, 0, SSL3_RT_HANDSHAKE, message, n, ALL);
        }
        memcpy(message, messages[i].bytes, messages[i].len);
        show(ssl, 1, SSL3_RT_HANDSHAKE, message, messages[i].len, ALL);
        if (messages[i].len > 5)
            show(ssl, 1, SSL3_RT_HANDSHAKE, message, messages[i].len - 1, ALL);
    }
}

static void fresh_client(void)
{
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);

    all_messages(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void fresh_server(void)
{
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 1);

    all_messages(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void key_exchange(SSL *ssl)
{
    static const unsigned char ske[] = "\x0c\0\0\x10\3\0\x1d\3key\x08\4\0\3sig", cke[] = "\x10\0\0\4\3key";
    size_t n;
    int type;

    for (n = 4; n < sizeof(ske); n++) {
        memcpy(message, ske, n);
        message[3] = (unsigned char)(n - 4);
        show(ssl, 1, SSL3_RT_HANDSHAKE, message, n, ALL);
    }
    for (type = 0; type < 5; type++) {
        message[4] = (unsigned char)type;
        show(ssl, 1, SSL3_RT_HANDSHAKE, message, sizeof(ske) - 1, ALL);
    }
    for (n = 4; n <= sizeof(cke); n++) {
        memcpy(message, cke, n);
        message[3] = (unsigned char)(n - 4);
        show(ssl, 0, SSL3_RT_HANDSHAKE, message, n, ALL);
    }
}

static void shaken(int version)
{
    SSL_CTX *c = kit_client();
    kit_pair p;

    kit_version(c, version);
    kit_shaken(&p, c, NULL);
    kit_say("client");
    all_messages(p.c);
    key_exchange(p.c);
    kit_say("server");
    all_messages(p.s);
    key_exchange(p.s);
    kit_pair_free(&p);
    SSL_CTX_free(c);
}

static void shaken_tls12(void) { shaken(TLS1_2_VERSION); }
static void shaken_tls13(void) { shaken(TLS1_3_VERSION); }

/* A Certificate message with one, trail bytes after it within its length; harm: a byte of it is another. */
static void certificate(SSL *ssl, const char *name, size_t trail, size_t harm, int which)
{
    unsigned char *der = message + 10;
    X509 *x = kit_cert(name);
    int n = i2d_X509(x, &der);

    MUST(n > 0 && n < 65000);
    memset(message + 10 + n, 0, trail);
    if (harm > 0)
        message[10 + harm] ^= 0xff;
    message[0] = SSL3_MT_CERTIFICATE;
    message[1] = message[4] = message[7] = 0;
    put16(message + 2, (size_t)n + trail + 6);
    put16(message + 5, (size_t)n + trail + 3);
    put16(message + 8, (size_t)n + trail);
    show(ssl, 0, SSL3_RT_HANDSHAKE, message, (size_t)n + trail + 10, which);
    X509_free(x);
}

static void certificates(void)
{
    static const char *const names[] = { "server-ec", "server-rsa", "server-ed25519", "server-namec", "client-ec", "ca", "server-expired" };
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);
    size_t i;

    for (i = 0; i < COUNT(names); i++)
        certificate(ssl, names[i], i % 3, 0, ALL);
    certificate(ssl, "server-ec", 0, 1, ALL);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A version that there is none of: libcrypto shows such a certificate, and Go takes it for none. */
static void strict(void)
{
    SSL_CTX *ctx;
    SSL *ssl = fresh(&ctx, 0);

    certificate(ssl, "server-ed25519", 0, 12, COMPLAINTS);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(suites), CASE(groups), CASE(schemes), CASE(extensions), CASE(short_numbers), CASE(fresh_client), CASE(fresh_server),
    CASE(shaken_tls12), CASE(shaken_tls13), CASE(certificates), CASE(strict),
};

KIT_MAIN(cases)
