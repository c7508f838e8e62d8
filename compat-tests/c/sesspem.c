/* Sessions in PEM and in words: PEM_read_SSL_SESSION(3), SSL_SESSION_print(3). */
#include "kit.h"

/* A client's session with what SSL_SESSION_print shows of it fixed. */
static SSL_SESSION *session(int version, kit_pair *p, SSL_CTX **ctx)
{
    SSL_SESSION *s;

    *ctx = kit_client();
    kit_version(*ctx, version);
    kit_shaken(p, *ctx, NULL);
    kit_settle(p);
    s = SSL_get1_session(p->c);
    MUST(s != NULL);
    return s;
}

static void describe(const SSL_SESSION *s)
{
    unsigned char key[64];

    kit_say("%s, %s, key of %d, ID %d, ticket %d, host %s", kit_version_name(SSL_SESSION_get_protocol_version(s)),
            SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(s)), (int)SSL_SESSION_get_master_key(s, key, sizeof(key)),
            *SSL_SESSION_get_id(s, NULL) != 0 || 1, SSL_SESSION_has_ticket(s), SSL_SESSION_get0_hostname(s) ? "set" : "NULL");
}

static int same(SSL_SESSION *a, SSL_SESSION *b)
{
    unsigned char *x = NULL, *y = NULL;
    int n = i2d_SSL_SESSION(a, &x), m = i2d_SSL_SESSION(b, &y);
    int r = n > 0 && n == m && memcmp(x, y, (size_t)n) == 0;

    OPENSSL_free(x);
    OPENSSL_free(y);
    return r;
}

static void pem(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        kit_pair p, q;
        SSL_CTX *ctx;
        SSL_SESSION *s = session(versions[v], &p, &ctx), *t, *u;
        BIO *mem = BIO_new(BIO_s_mem());
        FILE *f = tmpfile();
        char line[80];

        describe(s);
        SHOW(PEM_write_bio_SSL_SESSION(mem, s));
        MUST(f != NULL);
        SHOW(PEM_write_SSL_SESSION(f, s));
        rewind(f);
        MUST(fgets(line, sizeof(line), f) != NULL);
        STR(line);
        rewind(f);
        t = PEM_read_SSL_SESSION(f, NULL, NULL, NULL);
        PTR(t);
        kit_queue();
        if (t != NULL) {
            describe(t);
            SHOW(same(s, t));
        }
        kit_say("at the end of the file");
        PTR(PEM_read_SSL_SESSION(f, NULL, NULL, NULL));
        kit_queue();
        u = SSL_SESSION_new();
        PTR(PEM_read_bio_SSL_SESSION(mem, &u, NULL, NULL));
        SHOW(same(s, u));
        PTR(PEM_read_bio_SSL_SESSION(mem, NULL, NULL, NULL));
        kit_queue();
        kit_say("it resumes");
        kit_pair_new(&q, ctx, p.sctx, 0);
        SHOW(SSL_set_session(q.c, t));
        kit_shake_say(&q);
        kit_negotiated(&q);
        kit_pair_free(&q);
        SSL_SESSION_free(t);
        SSL_SESSION_free(u);
        SSL_SESSION_free(s);
        BIO_free(mem);
        fclose(f);
        kit_pair_free(&p);
        SSL_CTX_free(ctx);
    }
}

static void bad_pem(void)
{
    static const char *const texts[] = {
        "", "no PEM at all\n", "-----BEGIN SSL SESSION PARAMETERS-----\nAAAA\n-----END SSL SESSION PARAMETERS-----\n",
        "-----BEGIN SSL SESSION PARAMETERS-----\n%%%%\n-----END SSL SESSION PARAMETERS-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN SSL SESSION PARAMETERS-----\nMAA=\n-----END SSL SESSION PARAMETERS-----\n",
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        BIO *b = BIO_new_mem_buf(texts[i], -1);
        FILE *f = tmpfile();

        kit_say("text %d", (int)i);
        PTR(PEM_read_bio_SSL_SESSION(b, NULL, NULL, NULL));
        kit_queue();
        MUST(f != NULL);
        fputs(texts[i], f);
        rewind(f);
        PTR(PEM_read_SSL_SESSION(f, NULL, NULL, NULL));
        kit_queue();
        fclose(f);
        BIO_free(b);
    }
}

/* A session all of whose parts are given. */
static SSL_SESSION *made(int version, const char *suite, int with)
{
    SSL_SESSION *s = SSL_SESSION_new();
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    STACK_OF(SSL_CIPHER) *list = SSL_get_ciphers(ssl);
    unsigned char key[48];
    int i;

    for (i = 0; i < (int)sizeof(key); i++)
        key[i] = (unsigned char)(i * 5);
    MUST(SSL_SESSION_set_protocol_version(s, version));
    for (i = 0; i < sk_SSL_CIPHER_num(list); i++)
        if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)), suite) == 0)
            SHOW(SSL_SESSION_set_cipher(s, sk_SSL_CIPHER_value(list, i)));
    MUST(SSL_SESSION_set1_master_key(s, key, version == TLS1_3_VERSION ? 32 : 48));
    SSL_SESSION_set_time(s, 1700000000);
    SSL_SESSION_set_timeout(s, 4321);
    if (with) {
        MUST(SSL_SESSION_set1_id(s, (const unsigned char *)"an identity", 11));
        MUST(SSL_SESSION_set1_id_context(s, (const unsigned char *)"context", 7));
        MUST(SSL_SESSION_set1_hostname(s, "server.test"));
        MUST(SSL_SESSION_set_max_early_data(s, 12345));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return s;
}

static void print_lines(BIO *mem)
{
    char line[300];

    while (BIO_gets(mem, line, sizeof(line)) > 0) {
        line[strcspn(line, "\n")] = 0;
        kit_say("| %s", line);
    }
}

static void words(void)
{
    static const struct { int version; const char *suite; int with; } all[] = {
        { TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", 1 }, { TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", 0 },
        { TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 1 }, { TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        SSL_SESSION *s = made(all[i].version, all[i].suite, all[i].with);
        BIO *mem = BIO_new(BIO_s_mem()), *file;
        FILE *f = tmpfile();

        SHOW(SSL_SESSION_print(mem, s));
        print_lines(mem);
        SHOW(SSL_SESSION_print_keylog(mem, s));
        print_lines(mem);
        kit_queue();
        MUST(f != NULL);
        SHOW(SSL_SESSION_print_fp(f, s));
        rewind(f);
        file = BIO_new_fp(f, BIO_CLOSE);
        print_lines(file);
        BIO_free(file);
        BIO_free(mem);
        SSL_SESSION_free(s);
    }
    {
        SSL_SESSION *s = SSL_SESSION_new();
        BIO *mem = BIO_new(BIO_s_mem()), *closed = BIO_new(BIO_s_null());

        SSL_SESSION_set_time(s, 0);
        SSL_SESSION_set_timeout(s, 0);
        kit_say("an empty one");
        SHOW(SSL_SESSION_print(mem, s));
        print_lines(mem);
        SHOW(SSL_SESSION_print_keylog(mem, s));
        SHOW(SSL_SESSION_print(mem, NULL));
        SHOW(SSL_SESSION_print_keylog(mem, NULL));
        SHOW(SSL_SESSION_print(closed, s));
        kit_queue();
        BIO_free(mem);
        BIO_free(closed);
        SSL_SESSION_free(s);
    }
}

/* Of a real session, what does not vary. */
static void words_of_a_connection(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        kit_pair p;
        SSL_CTX *ctx;
        SSL_SESSION *s = session(versions[v], &p, &ctx);
        BIO *mem = BIO_new(BIO_s_mem());
        char line[300];

        SHOW(SSL_SESSION_print(mem, s));
        while (BIO_gets(mem, line, sizeof(line)) > 0) {
            char *colon = strchr(line, ':');

            line[strcspn(line, "\n")] = 0;
            if (strstr(line, "Session-ID: ") != NULL || strstr(line, "Key: ") != NULL || strstr(line, "PSK: ") != NULL)
                kit_say("| %.*s: %d digits", (int)(colon - line), line, (int)strlen(colon + 2));
            else if (strstr(line, "Start Time") != NULL || strstr(line, " - ") != NULL)
                continue;
            else
                kit_say("| %s", line);
        }
        BIO_free(mem);
        SSL_SESSION_free(s);
        kit_pair_free(&p);
        SSL_CTX_free(ctx);
    }
}

static const kit_case cases[] = { CASE(pem), CASE(bad_pem), CASE(words), CASE(words_of_a_connection) };

KIT_MAIN(cases)
