/* SSL_CTX_ctrl and SSL_ctrl by number: every command with odd numbers and without a pointer, in every state. */
#include "kit.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const long numbers[] = { 0, 1, -1, 2, 3, 511, 512, 16384, 16385, TLS1_2_VERSION, 0x7fffffff, 0x100000000L };

/* Commands up to the last one of the headers. */
#define COMMANDS 140
/* A call that takes longer hangs. */
#define SECONDS 20

/* Where a command is left out, by the letters that name the states below. */
static const struct {
    int cmd;
    const char *states;
} left_out[] = {
    /* OpenSSL writes through the pointer, or reads as many numbers as it is told */
    { SSL_CTRL_GET_TLSEXT_STATUS_REQ_EXTS, "fCDST" }, { SSL_CTRL_GET_TLSEXT_STATUS_REQ_IDS, "fCDST" },
    { SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, "fCDST" }, { SSL_CTRL_GET_EXTRA_CHAIN_CERTS, "xy" },
    { SSL_CTRL_SET_GROUPS, "xyfCDST" }, { SSL_CTRL_SET_SIGALGS, "xyfCDST" }, { SSL_CTRL_SET_CLIENT_SIGALGS, "xyfCDST" },
    { SSL_CTRL_GET_PEER_SIGNATURE_NID, "CD" }, { SSL_CTRL_GET_PEER_TMP_KEY, "CDS" }, { SSL_CTRL_GET_EC_POINT_FORMATS, "DT" },
    { SSL_CTRL_GET_CHAIN_CERTS, "xyfCDST" }, { SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB, "xy" },
    { SSL_CTRL_GET_TLSEXT_STATUS_REQ_CB_ARG, "xy" }, { SSL_CTRL_GET_SIGNATURE_NID, "ST" }, { SSL_CTRL_GET_TMP_KEY, "CS" },
    { SSL_CTRL_GET_VERIFY_CERT_STORE, "xyfCDST" }, { SSL_CTRL_GET_CHAIN_CERT_STORE, "xyfCDST" },
    { SSL_CTRL_GET_NEGOTIATED_GROUP, "f" }, /* reads the session there is not */
    /* SRP is refused; on an SSL these numbers mean other things */
    { SSL_CTRL_SET_TLS_EXT_SRP_USERNAME, "xy" }, { SSL_CTRL_SET_TLS_EXT_SRP_STRENGTH, "xy" }, { SSL_CTRL_SET_TLS_EXT_SRP_PASSWORD, "xy" },
    /* a client that offers TLS 1.3 only does not signal RFC 5746, and offers other groups */
    { SSL_CTRL_GET_RI_SUPPORT, "S" }, { SSL_CTRL_GET_GROUPS, "ST" }, { SSL_CTRL_GET_SHARED_GROUP, "ST" },
};

static int is_left_out(int cmd, char state)
{
    size_t i;

    for (i = 0; i < COUNT(left_out); i++)
        if (left_out[i].cmd == cmd && strchr(left_out[i].states, state) != NULL)
            return 1;
    return 0;
}

/* Each command in a process of its own, twice with each number: what the first call left is what the second finds. */
static void all(SSL_CTX *ctx, SSL *ssl, char state)
{
    int cmd, status, turn;
    size_t i;

    for (cmd = 0; cmd < COMMANDS; cmd++) {
        pid_t child;

        if (is_left_out(cmd, state))
            continue;
        fflush(stdout);
        MUST((child = fork()) >= 0);
        if (child == 0) {
            alarm(SECONDS);
            ERR_clear_error();
            for (i = 0; i < COUNT(numbers); i++) {
                for (turn = 0; turn < 2; turn++) {
                    long r = ssl != NULL ? SSL_ctrl(ssl, cmd, numbers[i], NULL) : SSL_CTX_ctrl(ctx, cmd, numbers[i], NULL);

                    kit_say("command %d, %ld = %ld", cmd, numbers[i], r);
                    kit_queue();
                }
            }
            fflush(stdout);
            _exit(0);
        }
        MUST(waitpid(child, &status, 0) == child);
        if (WIFSIGNALED(status))
            kit_say("command %d: signal %d", cmd, WTERMSIG(status));
    }
}

static void on_context(SSL_CTX *ctx, char state)
{
    all(ctx, NULL, state);
    SSL_CTX_free(ctx);
}

static void context_server(void) { on_context(kit_server("server-ec"), 'x'); }
static void context_client(void) { on_context(kit_client(), 'y'); }
static void no_context(void) { all(NULL, NULL, 'n'); }

static void fresh(void)
{
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    all(ctx, ssl, 'f');
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void connected(int version, int server, char state)
{
    kit_pair p;

    kit_pair_of(&p, version, 0);
    all(NULL, server ? p.s : p.c, state);
    kit_pair_free(&p);
}

static void client13(void) { connected(TLS1_3_VERSION, 0, 'C'); }
static void server13(void) { connected(TLS1_3_VERSION, 1, 'S'); }
static void client12(void) { connected(TLS1_2_VERSION, 0, 'D'); }
static void server12(void) { connected(TLS1_2_VERSION, 1, 'T'); }

/* Lists of numbers whose length is none. */
static void lists(void)
{
    static const int commands[] = { SSL_CTRL_SET_GROUPS, SSL_CTRL_SET_SIGALGS, SSL_CTRL_SET_CLIENT_SIGALGS };
    static const long lengths[] = { 0, -1, -2, 1, 3 };
    static int none[4];
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    size_t i, k;

    for (i = 0; i < COUNT(commands); i++) {
        for (k = 0; k < COUNT(lengths); k++) {
            kit_say("command %d, length %ld", commands[i], lengths[k]);
            SHOW(SSL_CTX_ctrl(ctx, commands[i], lengths[k], none));
            SHOW(SSL_ctrl(ssl, commands[i], lengths[k], none));
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* The chain of a certificate that is still to come: OpenSSL takes it for that of an RSA certificate. */
static void chain_first(void)
{
    static const char *const names[] = { "server-rsa", "server-ec" };
    int i, whole;

    for (i = 0; i < 4; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        STACK_OF(X509) *chain = sk_X509_new_null(), *got = NULL;
        X509 *issuer = kit_cert("int"), *x = kit_cert(names[i / 2]);
        EVP_PKEY *key = kit_key(names[i / 2]);
        kit_pair p;

        whole = i % 2;
        kit_say("%s, %s", names[i / 2], whole ? "all at once" : "one by one");
        MUST(sk_X509_push(chain, issuer) > 0);
        SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST));
        SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT));
        SHOW(whole ? SSL_CTX_set1_chain(ctx, chain) : SSL_CTX_add1_chain_cert(ctx, issuer));
        SHOW(SSL_CTX_get0_chain_certs(ctx, &got));
        SHOW(got != NULL ? sk_X509_num(got) : -1);
        PTR(SSL_CTX_get0_certificate(ctx));
        SHOW(SSL_CTX_check_private_key(ctx));
        SHOW(SSL_CTX_build_cert_chain(ctx, 0));
        SHOW(SSL_CTX_use_certificate(ctx, x));
        SHOW(SSL_CTX_use_PrivateKey(ctx, key));
        SHOW(SSL_CTX_get0_chain_certs(ctx, &got));
        SHOW(got != NULL ? sk_X509_num(got) : -1);
        kit_pair_new(&p, NULL, ctx, 0);
        SHOW(SSL_set_current_cert(p.s, SSL_CERT_SET_SERVER));
        kit_shake_say(&p);
        SHOW(sk_X509_num(SSL_get_peer_cert_chain(p.c)));
        SHOW(SSL_set_current_cert(p.s, SSL_CERT_SET_SERVER));
        SHOW(SSL_set_current_cert(p.c, SSL_CERT_SET_SERVER));
        kit_pair_free(&p);
        sk_X509_free(chain);
        X509_free(issuer);
        X509_free(x);
        EVP_PKEY_free(key);
        SSL_CTX_free(ctx);
    }
}

static void say_key(EVP_PKEY *key)
{
    if (key == NULL)
        return;
    kit_say("type %d, %d bits", EVP_PKEY_get_id(key), EVP_PKEY_get_bits(key));
    EVP_PKEY_free(key);
}

/* The keys of the key exchange, of all groups: who still has them. */
static void temporary_keys(void)
{
    static const char *const groups[] = { "X25519", "P-256", "P-384", "P-521" };
    size_t g;
    int version, server;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (g = 0; g < COUNT(groups); g++) {
            SSL_CTX *c = kit_client();
            kit_pair p;

            kit_say("%s, %s", kit_version_name(version), groups[g]);
            kit_version(c, version);
            MUST(SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384:P-521"));
            kit_pair_new(&p, c, NULL, 0);
            MUST(SSL_set1_groups_list(p.s, groups[g]));
            MUST(kit_shake(&p));
            for (server = 0; server < 2; server++) {
                SSL *ssl = server ? p.s : p.c;
                EVP_PKEY *key = NULL;

                SHOW(SSL_get_peer_tmp_key(ssl, &key));
                say_key(key);
                key = NULL;
                SHOW(SSL_get_tmp_key(ssl, &key));
                say_key(key);
            }
            kit_pair_free(&p);
            SSL_CTX_free(c);
        }
    }
}

int main(int argc, char **argv)
{
    static const kit_case cases[] = {
        CASE(context_server), CASE(context_client), CASE(no_context), CASE(fresh), CASE(client13), CASE(server13), CASE(client12),
        CASE(server12), CASE(lists), CASE(chain_first), CASE(temporary_keys),
    };
    static const struct rlimit none;

    setrlimit(RLIMIT_CORE, &none);
    return kit_main(argc, argv, cases, COUNT(cases));
}
