/* The programs' frame: cases, observations, files, contexts, data. */
#include "kit.h"

#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

/* Seconds a case may take; the runner gives more to programs under valgrind. */
#define KIT_CASE_SECONDS 20

void kit_must(int ok, const char *text, const char *file, int line)
{
    if (ok)
        return;
    printf("  PREPARATION FAILED %s\n", text);
    kit_queue();
    fprintf(stderr, "%s:%d: %s failed\n", file, line, text);
    fflush(stdout);
    _exit(99);
}

/* Tells the runner which libssl this process has mapped: every path of /proc/self/maps that names one. */
static void tell_library(void)
{
    const char *path = getenv("KIT_MAPS");
    char line[4096], last[4096] = "";
    FILE *in, *out;

    if (path == NULL)
        return;
    in = fopen("/proc/self/maps", "r");
    out = fopen(path, "w");
    if (in == NULL || out == NULL) {
        fprintf(stderr, "cannot copy /proc/self/maps to %s\n", path);
        exit(98);
    }
    while (fgets(line, sizeof(line), in) != NULL) {
        char *name = strchr(line, '/');

        if (name == NULL || strstr(name, "libssl") == NULL || strcmp(name, last) == 0)
            continue;
        strcpy(last, name);
        fputs(name, out);
    }
    fclose(in);
    if (fclose(out) != 0)
        exit(98);
}

int kit_main(int argc, char **argv, const kit_case *cases, size_t n)
{
    const char *limit = getenv("KIT_CASE_SECONDS");
    int seconds = limit != NULL ? atoi(limit) : KIT_CASE_SECONDS;
    size_t skip = 0, i;
    int first_name = 1, j;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (i = 0; i < n; i++)
            printf("%s\n", cases[i].name);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--skip") == 0) {
        skip = (size_t)atol(argv[2]);
        first_name = 3;
    }
    tell_library();
    for (i = skip; i < n; i++) {
        int wanted = argc <= first_name;

        for (j = first_name; j < argc; j++)
            wanted |= strcmp(argv[j], cases[i].name) == 0;
        if (!wanted)
            continue;
        printf("== %s\n", cases[i].name);
        alarm((unsigned)seconds);
        ERR_clear_error();
        cases[i].run();
        alarm(0);
        if (ERR_peek_error() != 0) {
            printf("  left on the error queue:\n");
            kit_queue();
        }
    }
    return 0;
}

void kit_say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("  ", stdout);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

void kit_queue(void)
{
    const char *file, *func, *data;
    int line, flags;
    unsigned long e;

    while ((e = ERR_get_error_all(&file, &line, &func, &data, &flags)) != 0) {
        const char *reason = ERR_reason_error_string(e);

        if (ERR_GET_LIB(e) == ERR_LIB_PROV) /* doc.go, rule 2: from inside libcrypto's own ciphers */
            continue;
        printf("    ! %d:%d %s", ERR_GET_LIB(e), ERR_GET_REASON(e), reason != NULL ? reason : "(no string)");
        if ((flags & ERR_TXT_STRING) != 0 && data != NULL && data[0] != '\0') {
            const char *dir = getenv("KIT_FILES"), *at = dir != NULL ? strstr(data, dir) : NULL;

            if (at != NULL) /* the temporary directory's name differs from run to run */
                printf(" [%.*sFILES%s]", (int)(at - data), data, at + strlen(dir));
            else
                printf(" [%s]", data);
        }
        putchar('\n');
    }
}

void kit_show(const char *text, long long value)
{
    kit_say("%s = %lld", text, value);
    kit_queue();
}

void kit_str(const char *text, const char *value)
{
    if (value == NULL)
        kit_say("%s = NULL", text);
    else
        kit_say("%s = \"%s\"", text, value);
    kit_queue();
}

void kit_ptr(const char *text, const void *value)
{
    kit_say("%s is %s", text, value == NULL ? "NULL" : "set");
    kit_queue();
}

const char *kit_error_name(int e)
{
    static const char *const names[] = {
        "NONE", "SSL", "WANT_READ", "WANT_WRITE", "WANT_X509_LOOKUP", "SYSCALL", "ZERO_RETURN", "WANT_CONNECT",
        "WANT_ACCEPT", "WANT_ASYNC", "WANT_ASYNC_JOB", "WANT_CLIENT_HELLO_CB", "WANT_RETRY_VERIFY",
    };

    return e >= 0 && (size_t)e < COUNT(names) ? names[e] : "?";
}

void kit_io(const char *text, SSL *ssl, int ret)
{
    int e = SSL_get_error(ssl, ret);

    kit_say("%s = %d, %s", text, ret, kit_error_name(e));
    kit_queue();
}

/* Files */

const char *kit_file(const char *name)
{
    static _Thread_local char paths[8][1024];
    static _Thread_local unsigned turn;
    char *p = paths[turn++ % 8];
    const char *dir = getenv("KIT_FILES");

    MUST(dir != NULL);
    snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
    return p;
}

static const char *file_with(const char *name, const char *suffix)
{
    char full[256];

    snprintf(full, sizeof(full), "%s%s", name, suffix);
    return kit_file(full);
}

X509 *kit_cert(const char *name)
{
    BIO *b = BIO_new_file(file_with(name, ".pem"), "r");
    X509 *x;

    MUST(b != NULL);
    x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    MUST(x != NULL);
    BIO_free(b);
    return x;
}

EVP_PKEY *kit_key(const char *name)
{
    BIO *b = BIO_new_file(file_with(name, ".key"), "r");
    EVP_PKEY *k;

    MUST(b != NULL);
    k = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    MUST(k != NULL);
    BIO_free(b);
    return k;
}

void kit_lock(const char *path, EVP_PKEY *key, int pkcs8, const char *password)
{
    int told = 0;

    while (!told) {
        BIO *b = BIO_new_file(path, "w");
        EVP_PKEY *opened;

        MUST(b != NULL);
        if (pkcs8)
            MUST(PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_128_cbc(), (char *)password, (int)strlen(password), NULL, NULL));
        else
            MUST(PEM_write_bio_PrivateKey_traditional(b, key, EVP_aes_128_cbc(), (unsigned char *)password, (int)strlen(password), NULL, NULL));
        BIO_free(b);
        b = BIO_new_file(path, "r");
        opened = PEM_read_bio_PrivateKey(b, NULL, NULL, (void *)"wrong");
        MUST(opened == NULL);
        while (ERR_peek_error() != 0) {
            const char *reason = ERR_reason_error_string(ERR_get_error());

            told |= reason != NULL && strcmp(reason, "bad decrypt") == 0;
        }
        BIO_free(b);
    }
}

char *kit_slurp(const char *path, size_t *len)
{
    FILE *f = fopen(path, "r");
    char *buf = malloc(1 << 20);

    MUST(f != NULL && buf != NULL);
    *len = fread(buf, 1, (1 << 20) - 1, f);
    buf[*len] = '\0';
    fclose(f);
    return buf;
}

/* Contexts */

void kit_use(SSL_CTX *ctx, const char *name)
{
    MUST(SSL_CTX_use_certificate_chain_file(ctx, file_with(name, ".pem")) == 1);
    MUST(SSL_CTX_use_PrivateKey_file(ctx, file_with(name, ".key"), SSL_FILETYPE_PEM) == 1);
    ERR_clear_error();
}

void kit_trust(SSL_CTX *ctx, const char *name)
{
    MUST(SSL_CTX_load_verify_locations(ctx, file_with(name, ".pem"), NULL) == 1);
}

SSL_CTX *kit_server(const char *name)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    MUST(ctx != NULL);
    if (name != NULL)
        kit_use(ctx, name);
    return ctx;
}

SSL_CTX *kit_client(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    MUST(ctx != NULL);
    kit_trust(ctx, "ca");
    return ctx;
}

void kit_version(SSL_CTX *ctx, int version)
{
    MUST(SSL_CTX_set_min_proto_version(ctx, version) == 1);
    MUST(SSL_CTX_set_max_proto_version(ctx, version) == 1);
}

/* Data */

unsigned char kit_byte(uint64_t pos)
{
    uint64_t x = (pos + 1) * UINT64_C(0x9E3779B97F4A7C15);

    return (unsigned char)(x >> 37);
}

void kit_fill(unsigned char *buf, size_t n, uint64_t pos)
{
    size_t i;

    for (i = 0; i < n; i++)
        buf[i] = kit_byte(pos + i);
}

uint64_t kit_hash(uint64_t h, const void *buf, size_t n)
{
    const unsigned char *p = buf;
    size_t i;

    for (i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

int kit_ours(const char *suite)
{
    static const char *const names[] = {
        "TLS_AES_256_GCM_SHA384",        "TLS_CHACHA20_POLY1305_SHA256",  "TLS_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",   "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",   "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-PSK-CHACHA20-POLY1305",
    };
    size_t i;

    for (i = 0; i < COUNT(names); i++)
        if (strcmp(suite, names[i]) == 0)
            return 1;
    return 0;
}

const char *kit_version_name(int v)
{
    switch (v) {
    case 0: return "none";
    case SSL3_VERSION: return "SSLv3";
    case TLS1_VERSION: return "TLSv1";
    case TLS1_1_VERSION: return "TLSv1.1";
    case TLS1_2_VERSION: return "TLSv1.2";
    case TLS1_3_VERSION: return "TLSv1.3";
    case DTLS1_VERSION: return "DTLSv1";
    case DTLS1_2_VERSION: return "DTLSv1.2";
    default: return "?";
    }
}
