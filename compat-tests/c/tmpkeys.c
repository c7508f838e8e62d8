/* Keys for finite-field Diffie-Hellman: which are taken, and who is asked. */
#include "kit.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>

static EVP_PKEY *group(const char *name)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0);
    MUST(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_params(ctx, params) > 0 && EVP_PKEY_generate(ctx, &key) > 0);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static DH *small(int bits)
{
    DH *dh = DH_new();
    BIGNUM *p = BN_new(), *g = BN_new();

    BN_one(p);
    BN_lshift(p, p, bits - 1);
    BN_add_word(p, 1);
    BN_set_word(g, 2);
    MUST(DH_set0_pqg(dh, p, NULL, g));
    return dh;
}

static void groups(void)
{
    static const char *const names[] = { "ffdhe2048", "ffdhe3072", "modp_1536", "modp_8192", "dh_1024_160" };
    size_t i;
    int level;

    for (i = 0; i < COUNT(names); i++)
        for (level = 0; level < 6; level++) {
            SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
            SSL *ssl;
            EVP_PKEY *key = group(names[i]);

            kit_say("%s at level %d", names[i], level);
            SSL_CTX_set_security_level(ctx, level);
            ssl = SSL_new(ctx);
            EVP_PKEY_up_ref(key);
            if (SSL_CTX_set0_tmp_dh_pkey(ctx, key) != 1) {
                kit_queue();
                EVP_PKEY_free(key);
            } else {
                kit_say("taken");
            }
            if (SSL_set0_tmp_dh_pkey(ssl, key) != 1) {
                kit_queue();
                EVP_PKEY_free(key);
            } else {
                kit_say("taken");
            }
            SSL_free(ssl);
            SSL_CTX_free(ctx);
        }
}

static void parameters(void)
{
    static const int bits[] = { 512, 768, 1024, 2048, 4096 };
    size_t i;
    int level;

    for (i = 0; i < COUNT(bits); i++)
        for (level = 0; level < 3; level++) {
            SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
            SSL *ssl;
            DH *dh = small(bits[i]);

            kit_say("%d bits at level %d", bits[i], level);
            SSL_CTX_set_security_level(ctx, level);
            ssl = SSL_new(ctx);
            SHOW(SSL_CTX_set_tmp_dh(ctx, dh));
            SHOW(SSL_set_tmp_dh(ssl, dh));
            DH_free(dh);
            SSL_free(ssl);
            SSL_CTX_free(ctx);
        }
}

static int allow;

static int on_security(const SSL *s, const SSL_CTX *ctx, int op, int bits, int nid, void *other, void *ex)
{
    (void)ex;
    if (op != SSL_SECOP_TMP_DH)
        return 1;
    kit_say("asked: SSL %s, SSL_CTX %s, bits %d, nid %d, other %s", s != NULL ? "set" : "NULL", ctx != NULL ? "set" : "NULL", bits, nid,
            other != NULL ? "set" : "NULL");
    return allow;
}

static void asked(void)
{
    for (allow = 0; allow < 2; allow++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        SSL *ssl;
        EVP_PKEY *key = group("ffdhe2048");
        DH *dh = small(512);

        SSL_CTX_set_security_callback(ctx, on_security);
        ssl = SSL_new(ctx);
        SHOW(SSL_CTX_set_tmp_dh(ctx, dh));
        SHOW(SSL_set_tmp_dh(ssl, dh));
        EVP_PKEY_up_ref(key);
        SHOW(SSL_CTX_set0_tmp_dh_pkey(ctx, key));
        SHOW(SSL_set0_tmp_dh_pkey(ssl, key));
        if (!allow) {
            EVP_PKEY_free(key);
            EVP_PKEY_free(key);
        }
        DH_free(dh);
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void nothing(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);

    SHOW(SSL_CTX_set_tmp_dh(ctx, NULL));
    SHOW(SSL_set_tmp_dh(ssl, NULL));
    SHOW(SSL_CTX_set_dh_auto(ctx, 1));
    SHOW(SSL_set_dh_auto(ssl, 2));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* The point formats that a peer of TLS 1.2 has sent. */
static void point_formats(void)
{
    const char *formats = NULL;
    kit_pair p;

    kit_pair_of(&p, TLS1_2_VERSION, 0);
    MUST(kit_shake(&p)); /* how many there are is the client's choice: RFC 8422 leaves one */
    SHOW(SSL_get0_ec_point_formats(p.s, &formats) > 0 && formats[0] == 0);
    SHOW(SSL_get0_ec_point_formats(p.s, &formats) > 0 && formats[0] == 0);
    kit_pair_free(&p);
}

static const kit_case cases[] = { CASE(groups), CASE(parameters), CASE(asked), CASE(nothing), CASE(point_formats) };
KIT_MAIN(cases)
