/* SSL_set_retry_verify: verification that ends later, of a callback for whole chains or for each certificate. */
#include "kit.h"

static int calls, wanted;

static SSL *ssl_of(X509_STORE_CTX *x)
{
    return X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
}

/* Says "later" until it has been asked as often as wanted. */
static int whole_chain(X509_STORE_CTX *x, void *answer)
{
    calls++;
    kit_say("asked %d times, want %d", calls, SSL_want(ssl_of(x)));
    if (calls < wanted)
        SHOW(SSL_set_retry_verify(ssl_of(x)));
    return *(int *)answer;
}

static int certificate(int ok, X509_STORE_CTX *x)
{
    calls++;
    kit_say("asked %d times, depth %d, ok %d", calls, X509_STORE_CTX_get_error_depth(x), ok);
    if (calls < wanted)
        SHOW(SSL_set_retry_verify(ssl_of(x)));
    return ok;
}

/* After how many questions the callback is content, and what it answers all the while. */
static void run(int version, int server_verifies, int each, int mode, int times, int answer)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec"), *verifier = server_verifies ? s : c;
    kit_pair p;
    int turn;

    kit_say("%s, %s verifies, %s, mode %d, %d times, answer %d", kit_version_name(version), server_verifies ? "server" : "client",
            each ? "each certificate" : "whole chain", mode, times, answer);
    kit_version(c, version);
    kit_use(c, "client-ec");
    kit_trust(s, "ca");
    SSL_CTX_set_verify(verifier, mode, each ? certificate : NULL);
    if (!each)
        SSL_CTX_set_cert_verify_callback(verifier, whole_chain, &answer);
    calls = 0;
    wanted = times;
    kit_pair_new(&p, c, s, 0);
    for (turn = 0; turn < 5; turn++) {
        IO(p.c, SSL_do_handshake(p.c));
        kit_say("want %d, %d, state %s", SSL_want(p.c), SSL_want_retry_verify(p.c), SSL_state_string_long(p.c));
        IO(p.s, SSL_do_handshake(p.s));
        kit_say("state %s", SSL_state_string_long(p.s));
    }
    SHOW(calls);
    SHOW(SSL_get_verify_result(p.c));
    SHOW(SSL_get_verify_result(p.s));
    if (SSL_is_init_finished(p.c) && SSL_is_init_finished(p.s))
        kit_echo(&p, 1000);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void versions(int server_verifies, int each, int mode, int times, int answer)
{
    run(TLS1_2_VERSION, server_verifies, each, mode, times, answer);
    run(TLS1_3_VERSION, server_verifies, each, mode, times, answer);
}

static void whole_chains(void) { versions(0, 0, SSL_VERIFY_PEER, 3, 1); }
static void never(void) { versions(0, 0, SSL_VERIFY_PEER, 100, 1); }
static void refused(void) { versions(0, 0, SSL_VERIFY_PEER, 2, 0); }
static void unverified(void) { versions(0, 0, SSL_VERIFY_NONE, 2, 1); }
static void each_certificate(void) { versions(0, 1, SSL_VERIFY_PEER, 5, 1); }
static void servers(void)
{
    versions(1, 0, SSL_VERIFY_PEER, 2, 1);
    versions(1, 1, SSL_VERIFY_PEER, 5, 1);
}

static const kit_case cases[] = {
    CASE(whole_chains), CASE(never), CASE(refused), CASE(unverified), CASE(each_certificate), CASE(servers),
};

KIT_MAIN(cases)
