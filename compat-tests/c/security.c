/* Security callbacks and levels: SSL_[CTX_]set_security_callback and what OpenSSL asks of them. */
#include "kit.h"

typedef struct {
    const char *who;
    const SSL *ssl;
    const SSL_CTX *ctx;
    int deny_op, deny_nid; /* -1: any */
    const char *deny_name;
    int silent;
    int asked;
    char seen[16384];
} judge;

static int (*inner)(const SSL *, const SSL_CTX *, int, int, int, void *, void *);

static const char *op_name(int op)
{
    static char other[16];
    static const struct {
        int op;
        const char *name;
    } names[] = {
        { SSL_SECOP_CIPHER_SUPPORTED, "cipher supported" }, { SSL_SECOP_CIPHER_SHARED, "cipher shared" },
        { SSL_SECOP_CIPHER_CHECK, "cipher check" }, { SSL_SECOP_CURVE_SUPPORTED, "curve supported" },
        { SSL_SECOP_CURVE_SHARED, "curve shared" }, { SSL_SECOP_CURVE_CHECK, "curve check" },
        { SSL_SECOP_TMP_DH, "temporary DH" }, { SSL_SECOP_VERSION, "version" }, { SSL_SECOP_TICKET, "ticket" },
        { SSL_SECOP_SIGALG_SUPPORTED, "sigalg supported" }, { SSL_SECOP_SIGALG_SHARED, "sigalg shared" },
        { SSL_SECOP_SIGALG_CHECK, "sigalg check" }, { SSL_SECOP_SIGALG_MASK, "sigalg mask" },
        { SSL_SECOP_COMPRESSION, "compression" }, { SSL_SECOP_EE_KEY, "certificate's key" }, { SSL_SECOP_CA_KEY, "CA's key" },
        { SSL_SECOP_CA_MD, "CA's digest" }, { SSL_SECOP_PEER_EE_KEY, "peer's key" },
        { SSL_SECOP_PEER_CA_KEY, "peer's CA's key" }, { SSL_SECOP_PEER_CA_MD, "peer's CA's digest" },
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].op == op)
            return names[i].name;
    snprintf(other, sizeof(other), "%#x", op);
    return other;
}

static void describe(char *out, size_t size, int op, int nid, void *other)
{
    char name[256] = "";

    switch (op & SSL_SECOP_OTHER_TYPE) {
    case SSL_SECOP_OTHER_CIPHER:
        snprintf(out, size, "%s", SSL_CIPHER_get_name(other));
        return;
    case SSL_SECOP_OTHER_CURVE:
    case SSL_SECOP_OTHER_SIGALG:
        snprintf(out, size, "%02x%02x", ((unsigned char *)other)[0], ((unsigned char *)other)[1]);
        return;
    case SSL_SECOP_OTHER_CERT:
        X509_NAME_oneline(X509_get_subject_name(other), name, sizeof(name));
        snprintf(out, size, "%s", name);
        return;
    }
    snprintf(out, size, "%s", other != NULL ? "other" : op == SSL_SECOP_VERSION ? kit_version_name(nid) : "");
}

static int on_security(const SSL *s, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    judge *j = ex;
    char what[512], line[1024];
    int answer = inner(s, ctx, op, bits, nid, other, ex);

    describe(what, sizeof(what), op, nid, other);
    if ((op & SSL_SECOP_OTHER_TYPE) == SSL_SECOP_OTHER_CIPHER && !kit_ours(what))
        return answer;
    if (j->deny_op == op && (j->deny_nid < 0 || j->deny_nid == nid) && (j->deny_name == NULL || strcmp(j->deny_name, what) == 0))
        answer = 0;
    j->asked++;
    snprintf(line, sizeof(line), "%s of %s: %s, bits %d, nid %d, %s: %d\n", j->who, s != NULL ? "SSL" : ctx != NULL ? "SSL_CTX" : "nothing",
        op_name(op), bits, nid, what, answer);
    if (!j->silent && strstr(j->seen, line) == NULL && strlen(j->seen) + strlen(line) < sizeof(j->seen)) {
        strcat(j->seen, line);
        line[strlen(line) - 1] = 0;
        kit_say("%s", line);
    }
    return answer;
}

/* suites, groups and schemes that both libraries have */
static void common(SSL_CTX *ctx)
{
    MUST(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"));
    MUST(SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384"));
    MUST(SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256:ed25519:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384"));
    MUST(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION));
}

static void watch(SSL_CTX *ctx, judge *j, const char *who)
{
    memset(j, 0, sizeof(*j));
    j->who = who;
    j->deny_op = -1;
    inner = SSL_CTX_get_security_callback(ctx);
    SSL_CTX_set_security_callback(ctx, on_security);
    SSL_CTX_set0_security_ex_data(ctx, j);
}

static judge jc, js;

static void handshake(int version)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;

    common(c);
    common(s);
    kit_say("TLS version %s", version ? kit_version_name(version) : "any");
    if (version)
        kit_version(c, version);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    watch(c, &jc, "client");
    watch(s, &js, "server");
    kit_pair_new(&p, c, s, 0);
    kit_shake_say(&p);
    kit_negotiated(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void asked13(void) { handshake(TLS1_3_VERSION); }
static void asked12(void) { handshake(TLS1_2_VERSION); }
static void asked(void) { handshake(0); }


/* a handshake, and what it has led to */
static void shake(kit_pair *p)
{
    kit_watch_alerts(p);
    if (!kit_shake_say(p))
        return;
    kit_negotiated(p);
    SHOW(SSL_get_negotiated_group(p->c));
    kit_settle(p);
    SHOW(SSL_SESSION_has_ticket(SSL_get_session(p->c)));
}

/* one thing is denied on one side */
static void deny(const char *side, int version, int op, const char *name)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    kit_pair p;
    judge *j = strcmp(side, "client") == 0 ? &jc : &js;

    kit_say("%s, %s denies %s %s", kit_version_name(version), side, op_name(op), name != NULL ? name : "");
    common(c);
    common(s);
    kit_use(s, "server-rsa");
    kit_version(c, version);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    watch(c, &jc, "client");
    watch(s, &js, "server");
    jc.silent = js.silent = 1;
    j->deny_op = op;
    j->deny_nid = -1;
    j->deny_name = name;
    kit_pair_new(&p, c, s, 0);
    shake(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void denied_by_client(void)
{
    deny("client", TLS1_3_VERSION, SSL_SECOP_VERSION, "TLSv1.3");
    deny("client", TLS1_3_VERSION, SSL_SECOP_CIPHER_SUPPORTED, "TLS_AES_256_GCM_SHA384");
    deny("client", TLS1_3_VERSION, SSL_SECOP_CURVE_SUPPORTED, "001d");
    deny("client", TLS1_3_VERSION, SSL_SECOP_SIGALG_SUPPORTED, "0403");
    deny("client", TLS1_3_VERSION, SSL_SECOP_SIGALG_CHECK, NULL);
    deny("client", TLS1_3_VERSION, SSL_SECOP_CIPHER_CHECK, NULL);
    deny("client", TLS1_2_VERSION, SSL_SECOP_CIPHER_SUPPORTED, "ECDHE-ECDSA-AES128-GCM-SHA256");
    deny("client", TLS1_2_VERSION, SSL_SECOP_CURVE_SUPPORTED, "001d");
    deny("client", TLS1_2_VERSION, SSL_SECOP_SIGALG_MASK, "0403");
    deny("client", TLS1_2_VERSION, SSL_SECOP_SIGALG_SUPPORTED, "0403");
    deny("client", TLS1_2_VERSION, SSL_SECOP_TICKET, NULL);
}

static void denied_by_server(void)
{
    deny("server", TLS1_3_VERSION, SSL_SECOP_VERSION, "TLSv1.3");
    deny("server", TLS1_3_VERSION, SSL_SECOP_CIPHER_SHARED, "TLS_AES_256_GCM_SHA384");
    deny("server", TLS1_3_VERSION, SSL_SECOP_CIPHER_SHARED, NULL);
    deny("server", TLS1_3_VERSION, SSL_SECOP_SIGALG_SHARED, "0403");
    deny("server", TLS1_3_VERSION, SSL_SECOP_SIGALG_SHARED, NULL);
    deny("server", TLS1_3_VERSION, SSL_SECOP_TICKET, NULL);
    deny("server", TLS1_2_VERSION, SSL_SECOP_VERSION, "TLSv1.3");
    deny("server", TLS1_2_VERSION, SSL_SECOP_VERSION, "TLSv1.2");
    deny("server", TLS1_2_VERSION, SSL_SECOP_CIPHER_SHARED, "ECDHE-ECDSA-AES128-GCM-SHA256");
    deny("server", TLS1_2_VERSION, SSL_SECOP_CIPHER_SHARED, NULL);
    deny("server", TLS1_2_VERSION, SSL_SECOP_CURVE_SHARED, "001d");
    deny("server", TLS1_2_VERSION, SSL_SECOP_CURVE_SHARED, NULL);
    deny("server", TLS1_2_VERSION, SSL_SECOP_SIGALG_SHARED, "0403");
    deny("server", TLS1_2_VERSION, SSL_SECOP_TICKET, NULL);
}

static void denied_certificates(void)
{
    static const int ops[] = { SSL_SECOP_EE_KEY, SSL_SECOP_CA_KEY, SSL_SECOP_CA_MD };

    for (size_t i = 0; i < COUNT(ops); i++) {
        deny("server", TLS1_3_VERSION, ops[i], NULL);
        deny("server", TLS1_2_VERSION, ops[i], NULL);
    }
}

static void client_certificate(void)
{
    static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };

    for (size_t i = 0; i < COUNT(versions); i++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        common(c);
        common(s);
        kit_use(c, "client-ec");
        kit_trust(s, "ca");
        kit_version(c, versions[i]);
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        watch(c, &jc, "client");
        watch(s, &js, "server");
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_negotiated(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void setters(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *x = kit_cert("server-ec"), *ca = kit_cert("ca");
    EVP_PKEY *key = kit_key("server-ec");
    SSL *ssl;
    STACK_OF(SSL_CIPHER) *list;

    MUST(SSL_CTX_get_security_callback(ctx) != NULL);
    PTR(SSL_CTX_get0_security_ex_data(ctx));
    common(ctx);
    watch(ctx, &js, "context");
    SHOW(SSL_CTX_get_security_callback(ctx) == on_security);
    SHOW(SSL_CTX_get0_security_ex_data(ctx) == &js);
    SHOW(SSL_CTX_use_certificate(ctx, x));
    SHOW(SSL_CTX_use_PrivateKey(ctx, key));
    SHOW(SSL_CTX_add1_chain_cert(ctx, ca));
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    js.deny_op = SSL_SECOP_EE_KEY;
    js.deny_nid = -1;
    SHOW(SSL_CTX_use_certificate(ctx, x));
    kit_queue();
    js.deny_op = SSL_SECOP_CA_KEY;
    SHOW(SSL_CTX_add1_chain_cert(ctx, ca));
    kit_queue();
    js.deny_op = SSL_SECOP_CA_MD;
    SHOW(SSL_CTX_use_certificate(ctx, x));
    kit_queue();
    js.deny_op = -1;
    ssl = SSL_new(ctx);
    SHOW(SSL_get_security_callback(ssl) == on_security);
    SHOW(SSL_get0_security_ex_data(ssl) == &js);
    js.who = "connection";
    SHOW(SSL_use_certificate(ssl, x));
    js.deny_op = SSL_SECOP_CIPHER_SUPPORTED;
    js.deny_name = "ECDHE-RSA-AES128-GCM-SHA256";
    list = SSL_get1_supported_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        if (kit_ours(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i))))
            kit_say("supported: %s", SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
    sk_SSL_CIPHER_free(list);
    SSL_set_security_callback(ssl, inner);
    SSL_set0_security_ex_data(ssl, NULL);
    PTR(SSL_get0_security_ex_data(ssl));
    SHOW(SSL_get_security_callback(ssl) == inner);
    SHOW(SSL_CTX_get_security_callback(ctx) == on_security);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    X509_free(x);
    X509_free(ca);
    EVP_PKEY_free(key);
}

/* what the callback of those who have set none says */
static void by_default(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    unsigned char id[2] = { 0x13, 0x01 };
    SSL_CIPHER *c = (SSL_CIPHER *)SSL_CIPHER_find(ssl, id);

    inner = SSL_CTX_get_security_callback(ctx);
    for (int level = -1; level <= 6; level++) {
        SSL_CTX_set_security_level(ctx, level);
        SSL_set_security_level(ssl, level);
        kit_say("level %d", level);
        SHOW(inner(ssl, NULL, SSL_SECOP_VERSION, 0, TLS1_1_VERSION, NULL, NULL));
        SHOW(inner(ssl, NULL, SSL_SECOP_VERSION, 0, TLS1_2_VERSION, NULL, NULL));
        SHOW(inner(ssl, NULL, SSL_SECOP_COMPRESSION, 0, 0, NULL, NULL));
        SHOW(inner(ssl, NULL, SSL_SECOP_TICKET, 0, 0, NULL, NULL));
        SHOW(inner(ssl, NULL, SSL_SECOP_TMP_DH, 79, 0, NULL, NULL));
        for (int bits = 80; bits <= 256; bits += 16) {
            SHOW(inner(ssl, NULL, SSL_SECOP_CIPHER_SHARED, bits, 0, c, NULL));
            SHOW(inner(NULL, ctx, SSL_SECOP_CURVE_CHECK, bits, 0, NULL, NULL));
            SHOW(inner(ssl, NULL, SSL_SECOP_EE_KEY, bits, 0, NULL, NULL));
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* the levels themselves, set after everything else */
static void levels(void)
{
    static const char *names[] = { "server-ec", "server-rsa", "server-p384", "server-ed25519" };

    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
        for (size_t i = 0; i < COUNT(names); i++)
            for (int side = 0; side < 2; side++)
                for (int level = 0; level <= 5; level++) {
                    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                    kit_pair p;

                    kit_use(s, names[i]);
                    MUST(SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384:P-521"));
                    MUST(SSL_CTX_set1_groups_list(s, "X25519:P-256:P-384:P-521"));
                    MUST(SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20:@STRENGTH"));
                    kit_version(c, version);
                    SSL_CTX_set_security_level(side ? s : c, level);
                    kit_say("%s, %s, level %d of the %s", kit_version_name(version), names[i], level, side ? "server" : "client");
                    kit_pair_new(&p, c, s, 0);
                    SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
                    shake(&p);
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static const kit_case cases[] = {
    CASE(asked), CASE(asked13), CASE(asked12), CASE(denied_by_client), CASE(denied_by_server), CASE(denied_certificates),
    CASE(client_certificate), CASE(setters), CASE(by_default), CASE(levels),
};

KIT_MAIN(cases)
