/* Certificate transparency: timestamps from everywhere they may come, and what validation makes of them. */
#include "kit_sessions.h"

#include <openssl/ct.h>
#include <openssl/ocsp.h>
#include <openssl/sha.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

enum { FROM_EXTENSION = 1, FROM_OCSP = 2, FROM_CERTIFICATE = 4 };

/* A log: its key, and the file that names it. */
static EVP_PKEY *log_key, *other_key;
static const char *list_file;

static void write_list(const char *path, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);
    char text[400];
    BIO *out = BIO_new_file(path, "w");

    MUST(n > 0 && n < 250 && out != NULL);
    EVP_EncodeBlock((unsigned char *)text, der, n);
    BIO_printf(out, "enabled_logs=test\n[test]\ndescription=A log of the test\nkey=%s\n", text);
    BIO_free(out);
    OPENSSL_free(der);
}

static void prepare(void)
{
    if (log_key != NULL)
        return;
    log_key = EVP_EC_gen("P-256");
    other_key = EVP_EC_gen("P-256");
    MUST(log_key != NULL && other_key != NULL);
    list_file = strdup(kit_file("logs.cnf"));
    write_list(list_file, log_key);
}

static void id_of(EVP_PKEY *key, unsigned char id[SHA256_DIGEST_LENGTH])
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);

    MUST(n > 0);
    SHA256(der, (size_t)n, id);
    OPENSSL_free(der);
}

static size_t number(unsigned char *out, uint64_t v, int n)
{
    int i;

    for (i = 0; i < n; i++)
        out[i] = (unsigned char)(v >> 8 * (n - 1 - i));
    return (size_t)n;
}

/* A timestamp of the log id_key for a certificate, or for the one to be issued that x, without timestamps, stands for; signed by signer. */
static SCT *timestamp(EVP_PKEY *id_key, EVP_PKEY *signer, uint64_t when, X509 *x, X509 *issuer)
{
    unsigned char id[SHA256_DIGEST_LENGTH], *der = NULL, *data, *sig;
    size_t n = 0, siglen;
    SCT *sct = SCT_new();
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int len;

    data = malloc(20000);
    n += number(data + n, 0, 1); /* v1 */
    n += number(data + n, 0, 1); /* certificate_timestamp */
    n += number(data + n, when, 8);
    n += number(data + n, issuer != NULL ? 1 : 0, 2);
    if (issuer != NULL) {
        unsigned char *spki = NULL;
        int spkilen = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &spki);

        SHA256(spki, (size_t)spkilen, data + n);
        n += SHA256_DIGEST_LENGTH;
        OPENSSL_free(spki);
        len = i2d_re_X509_tbs(x, &der);
    } else {
        len = i2d_X509(x, &der);
    }
    MUST(len > 0 && len < 15000);
    n += number(data + n, (uint64_t)len, 3);
    memcpy(data + n, der, (size_t)len);
    n += (size_t)len;
    n += number(data + n, 0, 2); /* no extensions */
    OPENSSL_free(der);
    MUST(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, signer) > 0);
    MUST(EVP_DigestSign(md, NULL, &siglen, data, n) > 0);
    sig = malloc(siglen);
    MUST(EVP_DigestSign(md, sig, &siglen, data, n) > 0);
    id_of(id_key, id);
    MUST(SCT_set_version(sct, SCT_VERSION_V1));
    MUST(SCT_set1_log_id(sct, id, sizeof(id)));
    SCT_set_timestamp(sct, when);
    MUST(SCT_set_signature_nid(sct, NID_ecdsa_with_SHA256));
    MUST(SCT_set1_signature(sct, sig, siglen));
    free(sig);
    free(data);
    EVP_MD_CTX_free(md);
    return sct;
}

static STACK_OF(SCT) *list_of(SCT *a, SCT *b)
{
    STACK_OF(SCT) *list = sk_SCT_new_null();

    if (a != NULL)
        sk_SCT_push(list, a);
    if (b != NULL)
        sk_SCT_push(list, b);
    return list;
}

/* What a server sends. */
typedef struct {
    unsigned char *extension;
    size_t extension_len;
    unsigned char *response;
    int response_len;
} given;

static int add(SSL *s, unsigned type, unsigned context, const unsigned char **out, size_t *outlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    given *g = arg;

    (void)s, (void)type, (void)context, (void)x, (void)al;
    if (chainidx > 0)
        return 0;
    *out = g->extension;
    *outlen = g->extension_len;
    return 1;
}

static int status(SSL *s, void *arg)
{
    given *g = arg;

    if (g->response == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(s, OPENSSL_memdup(g->response, (size_t)g->response_len), g->response_len);
    return SSL_TLSEXT_ERR_OK;
}

/* A server whose certificate comes with timestamps from these sources. */
static SSL_CTX *server(int sources, EVP_PKEY *signer, given *g)
{
    SSL_CTX *ctx = kit_server("server-ec");
    X509 *x = X509_dup(SSL_CTX_get0_certificate(ctx)), *issuer = kit_cert("int");
    EVP_PKEY *issuer_key = kit_key("int");
    STACK_OF(SCT) *list;
    uint64_t when = UINT64_C(1600000000000);

    memset(g, 0, sizeof(*g));
    if (sources & FROM_CERTIFICATE) {
        MUST(X509_sign(x, issuer_key, EVP_sha256()) > 0);
        list = list_of(timestamp(log_key, signer, when, x, issuer), timestamp(other_key, other_key, when + 1, x, issuer));
        MUST(X509_add1_ext_i2d(x, NID_ct_precert_scts, list, 0, X509V3_ADD_DEFAULT) > 0);
        MUST(X509_sign(x, issuer_key, EVP_sha256()) > 0);
        SCT_LIST_free(list);
        MUST(SSL_CTX_use_certificate(ctx, x));
    }
    if (sources & FROM_EXTENSION) {
        list = list_of(timestamp(other_key, other_key, when + 2, x, NULL), timestamp(log_key, signer, when + 3, x, NULL));
        g->extension_len = (size_t)i2o_SCT_LIST(list, &g->extension);
        SCT_LIST_free(list);
        MUST(SSL_CTX_add_custom_ext(ctx, TLSEXT_TYPE_signed_certificate_timestamp, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE,
                                    add, NULL, g, NULL, NULL));
    }
    if (sources & FROM_OCSP) {
        OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
        OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x, issuer);
        ASN1_TIME *now = X509_gmtime_adj(NULL, -1000), *later = X509_gmtime_adj(NULL, 100000);
        OCSP_SINGLERESP *single = OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, now, later);
        OCSP_RESPONSE *response;

        list = list_of(timestamp(log_key, signer, when + 4, x, NULL), timestamp(other_key, other_key, when + 5, x, NULL));
        MUST(OCSP_SINGLERESP_add1_ext_i2d(single, NID_ct_cert_scts, list, 0, X509V3_ADD_DEFAULT) > 0);
        SCT_LIST_free(list);
        MUST(OCSP_basic_sign(basic, issuer, issuer_key, EVP_sha256(), NULL, 0));
        response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
        g->response_len = i2d_OCSP_RESPONSE(response, &g->response);
        OCSP_RESPONSE_free(response);
        OCSP_BASICRESP_free(basic);
        OCSP_CERTID_free(id);
        ASN1_TIME_free(now);
        ASN1_TIME_free(later);
    }
    SSL_CTX_set_tlsext_status_cb(ctx, status);
    SSL_CTX_set_tlsext_status_arg(ctx, g);
    X509_free(x);
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
    return ctx;
}

static void forget(given *g)
{
    OPENSSL_free(g->extension);
    OPENSSL_free(g->response);
}

static const char *source_name(sct_source_t source)
{
    switch (source) {
    case SCT_SOURCE_TLS_EXTENSION: return "TLS extension";
    case SCT_SOURCE_X509V3_EXTENSION: return "certificate";
    case SCT_SOURCE_OCSP_STAPLED_RESPONSE: return "OCSP response";
    default: return "unknown";
    }
}

static void show(const char *who, const STACK_OF(SCT) *scts)
{
    int i;

    kit_say("%s: %s, %d", who, scts != NULL ? "a list" : "NULL", scts != NULL ? sk_SCT_num(scts) : 0);
    for (i = 0; scts != NULL && i < sk_SCT_num(scts); i++) {
        const SCT *sct = sk_SCT_value(scts, i);

        kit_say("  of %llu, %s, %s", (unsigned long long)SCT_get_timestamp(sct), source_name(SCT_get_source(sct)), SCT_validation_status_string(sct));
    }
}

/* An application's own callback. */
static int judged, judgement;

static int judge(const CT_POLICY_EVAL_CTX *ctx, const STACK_OF(SCT) *scts, void *arg)
{
    judged++;
    kit_say("callback: %s, certificate %s, issuer %s, logs %s", (const char *)arg, CT_POLICY_EVAL_CTX_get0_cert(ctx) != NULL ? "set" : "NULL",
            CT_POLICY_EVAL_CTX_get0_issuer(ctx) != NULL ? "set" : "NULL", CT_POLICY_EVAL_CTX_get0_log_store(ctx) != NULL ? "set" : "NULL");
    show("callback", scts);
    return judgement;
}

/* A handshake of c with such a server. */
static void shake(SSL_CTX *c, int sources, EVP_PKEY *signer)
{
    given g;
    SSL_CTX *s = server(sources, signer, &g);
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_get_tlsext_status_type(p.c));
    kit_shake_say(&p);
    SHOW(SSL_get_verify_result(p.c));
    if (SSL_is_init_finished(p.c)) {
        show("client", SSL_get0_peer_scts(p.c));
        MUST(SSL_get0_peer_scts(p.c) == SSL_get0_peer_scts(p.c));
        show("server", SSL_get0_peer_scts(p.s));
        kit_say("session's result %ld", SSL_SESSION_get0_peer(SSL_get_session(p.c)) != NULL ? SSL_get_verify_result(p.c) : -1L);
    }
    kit_pair_free(&p);
    SSL_CTX_free(s);
    forget(&g);
}

/* The functions by themselves. */
static void interface(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *s = SSL_new(ctx);
    given g = { NULL, 0, NULL, 0 };

    SHOW(SSL_CTX_ct_is_enabled(ctx));
    SHOW(SSL_ct_is_enabled(s));
    SHOW(SSL_CTX_enable_ct(ctx, 2));
    SHOW(SSL_enable_ct(s, -1));
    SHOW(SSL_CTX_enable_ct(ctx, SSL_CT_VALIDATION_PERMISSIVE));
    SHOW(SSL_CTX_ct_is_enabled(ctx));
    SHOW(SSL_ct_is_enabled(s));
    SHOW(SSL_get_tlsext_status_type(s));
    SSL_free(s);
    s = SSL_new(ctx);
    SHOW(SSL_ct_is_enabled(s));
    SHOW(SSL_get_tlsext_status_type(s));
    SHOW(SSL_set_ct_validation_callback(s, NULL, NULL));
    SHOW(SSL_ct_is_enabled(s));
    SHOW(SSL_get_tlsext_status_type(s));
    SHOW(SSL_enable_ct(s, SSL_CT_VALIDATION_STRICT));
    SHOW(SSL_ct_is_enabled(s));
    PTR(SSL_get0_peer_scts(s));
    SHOW(SSL_CTX_add_client_custom_ext(ctx, TLSEXT_TYPE_signed_certificate_timestamp, NULL, NULL, NULL, NULL, NULL));
    SHOW(SSL_CTX_set_ct_validation_callback(ctx, NULL, NULL));
    SHOW(SSL_CTX_ct_is_enabled(ctx));
    SHOW(SSL_CTX_add_custom_ext(ctx, TLSEXT_TYPE_signed_certificate_timestamp, SSL_EXT_TLS1_3_CERTIFICATE, add, NULL, &g, NULL, NULL));
    SHOW(SSL_CTX_enable_ct(ctx, SSL_CT_VALIDATION_STRICT));
    SHOW(SSL_CTX_set_ct_validation_callback(ctx, judge, NULL));
    SHOW(SSL_CTX_set_ct_validation_callback(ctx, NULL, NULL));
    SHOW(SSL_enable_ct(s, SSL_CT_VALIDATION_STRICT));
    SSL_free(s);
    SSL_CTX_free(ctx);
}

/* The list of logs. */
static void logs(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    unsigned char id[SHA256_DIGEST_LENGTH];
    const CTLOG *entry;
    FILE *bad;
    CTLOG_STORE *own;

    prepare();
    id_of(log_key, id);
    PTR(SSL_CTX_get0_ctlog_store(ctx));
    PTR(CTLOG_STORE_get0_log_by_id(SSL_CTX_get0_ctlog_store(ctx), id, sizeof(id)));
    SHOW(SSL_CTX_set_ctlog_list_file(ctx, kit_file("there-is-none.cnf")));
    ERR_clear_error();
    bad = fopen(kit_file("bad-logs.cnf"), "w");
    MUST(bad != NULL);
    fputs("enabled_logs=a,b\n[a]\ndescription=x\nkey=AAAA\n", bad);
    fclose(bad);
    SHOW(SSL_CTX_set_ctlog_list_file(ctx, kit_file("bad-logs.cnf")));
    SHOW(SSL_CTX_set_ctlog_list_file(ctx, list_file));
    entry = CTLOG_STORE_get0_log_by_id(SSL_CTX_get0_ctlog_store(ctx), id, sizeof(id));
    PTR(entry);
    if (entry != NULL)
        STR(CTLOG_get0_name(entry));
    own = CTLOG_STORE_new();
    SSL_CTX_set0_ctlog_store(ctx, own);
    SHOW(SSL_CTX_get0_ctlog_store(ctx) == own);
    PTR(CTLOG_STORE_get0_log_by_id(SSL_CTX_get0_ctlog_store(ctx), id, sizeof(id)));
    MUST(setenv("CTLOG_FILE", list_file, 1) == 0);
    SHOW(SSL_CTX_set_default_ctlog_list_file(ctx));
    PTR(CTLOG_STORE_get0_log_by_id(SSL_CTX_get0_ctlog_store(ctx), id, sizeof(id)));
    MUST(unsetenv("CTLOG_FILE") == 0);
    SSL_CTX_set0_ctlog_store(ctx, NULL);
    PTR(SSL_CTX_get0_ctlog_store(ctx));
    SSL_CTX_free(ctx);
}

/* Every source, with and without validation. */
static void sources(void)
{
    size_t i;
    int from, mode;

    prepare();
    for (i = 0; i < COUNT(versions); i++)
        for (from = 0; from < 8; from++)
            for (mode = -1; mode <= SSL_CT_VALIDATION_STRICT; mode++) {
                SSL_CTX *c = kit_client();

                kit_say("%s, sources %d, mode %d", kit_version_name(versions[i]), from, mode);
                kit_version(c, versions[i]);
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
                MUST(SSL_CTX_set_ctlog_list_file(c, list_file));
                if (mode >= 0)
                    MUST(SSL_CTX_enable_ct(c, mode));
                shake(c, from, log_key);
                SSL_CTX_free(c);
            }
}

/* TLS 1.3 without verification: the peer hears of the refusal; how the client's own handshake ends is compared by itself. */
static void refused_late(SSL_CTX *c, EVP_PKEY *signer)
{
    given g;
    SSL_CTX *s = server(FROM_EXTENSION, signer, &g);
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    SHOW(kit_shake(&p));
    kit_say("the client's handshake is finished: %d", SSL_is_init_finished(p.c));
    SHOW(SSL_get_verify_result(p.c));
    kit_alerts(&p);
    kit_pair_free(&p);
    SSL_CTX_free(s);
    forget(&g);
}

/* Timestamps that are not valid, logs that are not known, chains that are not verified. */
static void invalid(void)
{
    size_t i;
    int verify, what;

    prepare();
    for (i = 0; i < COUNT(versions); i++)
        for (verify = 0; verify < 2; verify++)
            for (what = 0; what < 3; what++) {
                SSL_CTX *c = kit_client();

                kit_say("%s, %s, %s", kit_version_name(versions[i]), verify ? "verified" : "not verified",
                        what == 0 ? "another's signature" : what == 1 ? "no logs" : "no trust");
                kit_version(c, versions[i]);
                if (what == 2) {
                    SSL_CTX_free(c);
                    c = SSL_CTX_new(TLS_client_method());
                    kit_version(c, versions[i]);
                }
                SSL_CTX_set_verify(c, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
                if (what != 1)
                    MUST(SSL_CTX_set_ctlog_list_file(c, list_file));
                MUST(SSL_CTX_enable_ct(c, SSL_CT_VALIDATION_STRICT));
                if (verify || what == 2 || versions[i] == TLS1_2_VERSION)
                    shake(c, FROM_EXTENSION | FROM_CERTIFICATE, what == 0 ? other_key : log_key);
                else
                    refused_late(c, what == 0 ? other_key : log_key);
                SSL_CTX_free(c);
            }
}

/* An application's callback, and what its answer leads to. */
static void callbacks(void)
{
    static const int answers[] = { 1, 7, 0, -1 };
    size_t i, k;

    prepare();
    for (i = 0; i < COUNT(versions); i++)
        for (k = 0; k < COUNT(answers); k++) {
            SSL_CTX *c = kit_client();

            kit_say("%s, answer %d", kit_version_name(versions[i]), answers[k]);
            kit_version(c, versions[i]);
            SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
            MUST(SSL_CTX_set_ctlog_list_file(c, list_file));
            MUST(SSL_CTX_set_ct_validation_callback(c, judge, "argument"));
            judged = 0;
            judgement = answers[k];
            shake(c, 7, log_key);
            SHOW(judged);
            SSL_CTX_free(c);
        }
}

static void show_client(kit_pair *p) { show("client", SSL_get0_peer_scts(p->c)); }

/* A resumed session is not judged again. */
static void resumed(void)
{
    size_t i;

    prepare();
    judgement = 1;
    for (i = 0; i < COUNT(versions); i++) {
        given g;
        SSL_CTX *c = kit_client(), *s = server(FROM_CERTIFICATE | FROM_OCSP, log_key, &g);

        kit_version(c, versions[i]);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        MUST(SSL_CTX_set_ctlog_list_file(c, list_file));
        MUST(SSL_CTX_set_ct_validation_callback(c, judge, "argument"));
        kit_full_and_resumed(c, s, versions[i], show_client);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        forget(&g);
    }
}

static const kit_case cases[] = {
    CASE(interface), CASE(logs), CASE(sources), CASE(invalid), CASE(callbacks), CASE(resumed),
};

KIT_MAIN(cases)
