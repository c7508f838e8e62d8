/* Key logs: SSL_CTX_set_keylog_callback(3). Which lines there are, of which handshakes. */
#include "kit.h"

#include <ctype.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static int lines_seen;
static char notes[40][160]; /* a key log has no order: its lines are printed sorted */
static size_t noted;

static void on_keylog(const SSL *ssl, const char *line)
{
    size_t i, n = strlen(line), spaces = 0, hex = 0, label = 0;
    int random_ok = 0;

    for (i = 0; i < n; i++) {
        if (line[i] == ' ')
            spaces++;
        else if (spaces == 0)
            label++;
        else if (isxdigit((unsigned char)line[i]) && !isupper((unsigned char)line[i]))
            hex++;
    }
    {
        unsigned char r[32];
        char text[65];

        SSL_get_client_random(ssl, r, sizeof(r));
        for (i = 0; i < 32; i++)
            sprintf(text + 2 * i, "%02x", r[i]);
        random_ok = n > label + 65 && memcmp(line + label + 1, text, 64) == 0;
    }
    lines_seen++;
    if (noted < COUNT(notes))
        snprintf(notes[noted++], sizeof(notes[0]), "%s: %.*s, %zu hex digits, %zu spaces, the client's random %d", SSL_is_server((SSL *)ssl) ? "server" : "client", (int)label, line,
            hex, spaces, random_ok);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void say_notes(void)
{
    size_t i;

    qsort(notes, noted, sizeof(notes[0]), by_text);
    for (i = 0; i < noted; i++)
        kit_say("%s", notes[i]);
    kit_say("%d lines", (int)noted);
    noted = 0;
}

/* one suite, so that the secrets' length is fixed */
static SSL_CTX *logging_client(int version)
{
    SSL_CTX *c = kit_client();

    kit_version(c, version);
    MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
    SSL_CTX_set_keylog_callback(c, on_keylog);
    return c;
}

static void full(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        PTR(SSL_CTX_get_keylog_callback(c) != NULL ? "set" : NULL);
        SSL_CTX_free(c);
        c = logging_client(versions[v]);
        kit_say("the same %d", SSL_CTX_get_keylog_callback(c) == on_keylog);
        kit_shaken(&p, c, s);
        kit_pair_free(&p);
        say_notes();
        SSL_CTX_set_keylog_callback(c, NULL);
        PTR(SSL_CTX_get_keylog_callback(c) != NULL ? "set" : NULL);
        SSL_CTX_set_keylog_callback(s, on_keylog);
        kit_shaken(&p, c, s);
        kit_echo(&p, 1000);
        kit_pair_free(&p);
        say_notes();
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    SHOW(lines_seen);
}

static void resumed(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = logging_client(versions[v]), *s = kit_server("server-ec");
        SSL_SESSION *sess;
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        SSL_CTX_set_keylog_callback(s, on_keylog);
        kit_shaken(&p, c, s);
        kit_settle(&p);
        sess = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        noted = 0;
        kit_pair_new(&p, c, s, 0);
        MUST(SSL_set_session(p.c, sess));
        kit_shake_say(&p);
        kit_say("reused %d", SSL_session_reused(p.c));
        say_notes();
        kit_pair_free(&p);
        SSL_SESSION_free(sess);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void retried(void)
{
    SSL_CTX *c = logging_client(TLS1_3_VERSION), *s = kit_server("server-ec");
    kit_pair p;

    MUST(SSL_CTX_set1_groups_list(c, "X25519:P-384"));
    MUST(SSL_CTX_set1_groups_list(s, "P-384"));
    SSL_CTX_set_keylog_callback(s, on_keylog);
    kit_shaken(&p, c, s);
    say_notes();
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void failed(void)
{
    /* the lines of a handshake as far as it goes */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = logging_client(versions[v]), *s = kit_server("server-untrusted");
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        SSL_CTX_set_keylog_callback(s, on_keylog);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        say_notes();
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void key_updates(void)
{
    SSL_CTX *c = logging_client(TLS1_3_VERSION), *s = kit_server("server-ec");
    kit_pair p;
    char buf[8];

    SSL_CTX_set_keylog_callback(s, on_keylog);
    kit_shaken(&p, c, s);
    kit_settle(&p);
    noted = 0;
    SHOW(SSL_key_update(p.c, SSL_KEY_UPDATE_REQUESTED));
    IO(p.c, SSL_write(p.c, "x", 1));
    IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
    IO(p.s, SSL_write(p.s, "x", 1));
    IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
    say_notes();
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void other_contexts(void)
{
    /* the callback is that of the context in use when the line is written */
    SSL_CTX *c = logging_client(TLS1_3_VERSION), *s = kit_server("server-ec"), *other = kit_server("server-ec");
    kit_pair p;

    SSL_CTX_set_keylog_callback(other, on_keylog);
    SSL_CTX_set_keylog_callback(c, NULL);
    kit_pair_new(&p, c, s, 0);
    PTR(SSL_set_SSL_CTX(p.s, other));
    kit_shake_say(&p);
    say_notes();
    kit_pair_free(&p);
    kit_pair_new(&p, c, other, 0);
    PTR(SSL_set_SSL_CTX(p.s, s));
    kit_shake_say(&p);
    say_notes();
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_CTX_free(other);
}

static const kit_case cases[] = {
    CASE(full), CASE(resumed), CASE(retried), CASE(failed), CASE(key_updates), CASE(other_contexts),
};

KIT_MAIN(cases)
