/* Pre-shared keys of TLS 1.2, in the one suite that both libraries have: SSL_CTX_set_psk_client_callback(3),
 * SSL_CTX_use_psk_identity_hint(3), SSL_get_psk_identity(3). */
#include "kit_psk.h"

static void handshakes(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    once(c, s);
    kit_say("with a hint");
    SHOW(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
    once(c, s);
    kit_say("an empty hint");
    SHOW(SSL_CTX_use_psk_identity_hint(s, ""));
    once(c, s);
    kit_say("without one again");
    SHOW(SSL_CTX_use_psk_identity_hint(s, NULL));
    once(c, s);
    kit_say("without extended_master_secret");
    SSL_CTX_set_options(c, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    once(c, s);
    free_contexts(c, s);
}

static void resumed(void)
{
    int tickets, stored;

    for (tickets = 0; tickets < 2; tickets++)
        for (stored = 0; stored < 2; stored++) {
            SSL_SESSION *first, *again, *second;
            unsigned char *der = NULL;
            const unsigned char *at;
            SSL_CTX *c, *s;
            int n;

            contexts(&c, &s);
            kit_say("%s, %s", tickets ? "by ticket" : "by ID", stored ? "stored" : "kept");
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            MUST(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
            first = run(c, s, NULL);
            MUST(first != NULL);
            again = first;
            if (stored) {
                n = i2d_SSL_SESSION(first, &der);
                MUST(n > 0);
                at = der;
                again = d2i_SSL_SESSION(NULL, &at, n);
                MUST(again != NULL);
                print_session("stored", again);
            }
            second = run(c, s, again);
            PTR(second);
            SSL_SESSION_free(second);
            kit_say("without the server's callback");
            SSL_CTX_set_psk_server_callback(s, NULL);
            second = run(c, s, again);
            SSL_SESSION_free(second);
            if (stored)
                SSL_SESSION_free(again);
            OPENSSL_free(der);
            SSL_SESSION_free(first);
            free_contexts(c, s);
        }
}

static void in_callbacks(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    ask_inside = 1;
    MUST(SSL_CTX_use_psk_identity_hint(s, "the grey one"));
    once(c, s);
    free_contexts(c, s);
}

static void unknown(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    identity = "saruman";
    once(c, s);
    kit_say("another key");
    identity = "gandalf";
    wrong = 1;
    once(c, s);
    kit_say("a client without a key");
    wrong = 0;
    client_len = 0;
    once(c, s);
    free_contexts(c, s);
}

static void lengths(void)
{
    static const size_t keys[] = { 1, 255, 256, 257, 512, 513, 70000 };
    SSL_CTX *c, *s;
    size_t i;

    contexts(&c, &s);
    for (i = 0; i < COUNT(keys); i++) {
        kit_say("a key of %zu", keys[i]);
        client_len = server_len = keys[i];
        once(c, s);
    }
    kit_say("too long on the server");
    client_len = 32;
    once(c, s);
    server_len = 32;
    kit_say("the longest identity");
    full_identity = 1;
    once(c, s);
    kit_say("none");
    full_identity = 0;
    identity = known = "";
    quiet = 1;
    {
        kit_pair p;

        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_negotiated(&p);
        STR(SSL_get_psk_identity(p.c));
        STR(SSL_get_psk_identity(p.s));
        kit_pair_free(&p);
    }
    free_contexts(c, s);
}

static void hints(void)
{
    char hint[300];
    SSL_CTX *c, *s, *other;
    kit_pair p;
    SSL *dup;

    contexts(&c, &s);
    memset(hint, 'h', sizeof(hint));
    hint[257] = 0;
    SHOW(SSL_CTX_use_psk_identity_hint(s, "before"));
    SHOW(SSL_CTX_use_psk_identity_hint(s, hint));
    once(c, s);
    hint[256] = 0;
    SHOW(SSL_CTX_use_psk_identity_hint(s, hint));
    once(c, s);
    SHOW(SSL_CTX_use_psk_identity_hint(s, "of the context"));
    kit_say("of the connection");
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_use_psk_identity_hint(p.s, "of the connection"));
    MUST(SSL_CTX_use_psk_identity_hint(s, "later"));
    STR(SSL_get_psk_identity_hint(p.s));
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    STR(SSL_get_psk_identity_hint(p.s));
    kit_pair_free(&p);
    kit_say("taken away");
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_use_psk_identity_hint(p.s, NULL));
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    kit_say("of another context");
    other = SSL_CTX_new(TLS_server_method());
    MUST(SSL_CTX_use_psk_identity_hint(other, "other"));
    kit_pair_new(&p, c, s, 0);
    SSL_set_SSL_CTX(p.s, other);
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    SSL_CTX_free(other);
    kit_say("of a copy");
    kit_pair_new(&p, c, s, 0);
    MUST(SSL_use_psk_identity_hint(p.s, "copied"));
    dup = SSL_dup(p.s);
    MUST(dup != NULL);
    SSL_set0_rbio(dup, SSL_get_rbio(p.s));
    SSL_set0_wbio(dup, SSL_get_wbio(p.s));
    BIO_up_ref(SSL_get_rbio(p.s));
    BIO_up_ref(SSL_get_wbio(p.s));
    SSL_free(p.s);
    p.s = dup;
    kit_shake_say(&p);
    STR(SSL_get_psk_identity_hint(p.c));
    kit_pair_free(&p);
    free_contexts(c, s);
}

static void without_callbacks(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    kit_say("the server has none, and a certificate");
    SSL_CTX_set_psk_server_callback(s, NULL);
    kit_use(s, "server-ec");
    once(c, s);
    kit_say("the client has none");
    SSL_CTX_set_psk_client_callback(c, NULL);
    SSL_CTX_set_psk_server_callback(s, server_key);
    once(c, s);
    kit_say("and nothing else");
    MUST(SSL_CTX_set_cipher_list(c, SUITE));
    once(c, s);
    SSL_CTX_set_max_proto_version(c, 0);
    kit_say("the server has nothing else");
    MUST(SSL_CTX_set_cipher_list(c, BOTH));
    MUST(SSL_CTX_set_cipher_list(s, SUITE));
    SSL_CTX_set_max_proto_version(s, TLS1_2_VERSION);
    once(c, s);
    SSL_CTX_set_psk_client_callback(c, client_key);
    SSL_CTX_set_psk_server_callback(s, NULL);
    once(c, s);
    SSL_CTX_set_psk_client_callback(c, NULL);
    SSL_CTX_set_max_proto_version(s, 0);
    MUST(SSL_CTX_set_cipher_list(c, SUITE));
    kit_say("but TLS 1.3");
    once(c, s);
    free_contexts(c, s);
}

static void beside_certificates(void)
{
    static const char *const lists[] = { BOTH, "ECDHE+AESGCM:" SUITE, "PSK:ECDHE+AESGCM:!kRSAPSK:!kDHEPSK:!kPSK:!SHA1:!SHA256:!SHA384" };
    SSL_CTX *c, *s;
    size_t i;
    int prefer;

    contexts(&c, &s);
    kit_use(s, "server-ec");
    quiet = 1;
    for (i = 0; i < COUNT(lists); i++)
        for (prefer = 0; prefer < 2; prefer++) {
            SSL_CTX_clear_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
            if (prefer)
                SSL_CTX_set_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
            MUST(SSL_CTX_set_cipher_list(s, lists[i]));
            kit_say("%s, %s", lists[i], prefer ? "the server's order" : "the client's");
            once(c, s);
        }
    free_contexts(c, s);
}

/* no group in common */
static void groups(void)
{
    SSL_CTX *c, *s;

    contexts(&c, &s);
    MUST(SSL_CTX_set1_groups_list(c, "P-384"));
    MUST(SSL_CTX_set1_groups_list(s, "P-521:P-384"));
    once(c, s);
    MUST(SSL_CTX_set1_groups_list(s, "P-521"));
    once(c, s);
    free_contexts(c, s);
}

static int not_resumable(SSL *ssl, int forward_secure)
{
    kit_say("not resumable? forward secrecy %d, %s", forward_secure, SSL_get_version(ssl));
    return 1;
}

static void sessions(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *x;

    contexts(&c, &s);
    quiet = 1;
    SSL_CTX_set_not_resumable_session_callback(s, not_resumable);
    x = run(c, s, NULL);
    if (x != NULL)
        SHOW(SSL_SESSION_is_resumable(x));
    SSL_SESSION_free(x);
    SHOW(SSL_CTX_sess_accept_good(s));
    SHOW(SSL_CTX_sess_number(s));
    free_contexts(c, s);
}

static const kit_case cases[] = {
    CASE(handshakes), CASE(resumed), CASE(in_callbacks), CASE(unknown), CASE(lengths), CASE(hints), CASE(without_callbacks),
    CASE(beside_certificates), CASE(groups), CASE(sessions),
};

KIT_MAIN(cases)
