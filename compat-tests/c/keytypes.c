/* Keys and certificates of every type, at several security levels: which are taken, which fit, which are served. */
#include "kit.h"

typedef struct {
    const char *name, *type, *group;
    unsigned bits;
    EVP_PKEY *key;
} key_type;

static key_type types[] = {
    { "RSA 2048", "RSA", NULL, 2048, NULL }, { "RSA 1024", "RSA", NULL, 1024, NULL }, { "RSA-PSS", "RSA-PSS", NULL, 2048, NULL },
    { "P-256", "EC", "P-256", 0, NULL }, { "P-384", "EC", "P-384", 0, NULL }, { "P-521", "EC", "P-521", 0, NULL },
    { "P-224", "EC", "P-224", 0, NULL }, { "secp256k1", "EC", "secp256k1", 0, NULL }, { "brainpoolP256r1", "EC", "brainpoolP256r1", 0, NULL },
    { "Ed25519", "ED25519", NULL, 0, NULL }, { "X25519", "X25519", NULL, 0, NULL },
};

static EVP_PKEY *make(const char *type, const char *group, unsigned bits)
{
    EVP_PKEY_CTX *gen = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    MUST(gen != NULL && EVP_PKEY_keygen_init(gen) > 0);
    if (bits != 0)
        MUST(EVP_PKEY_CTX_set_rsa_keygen_bits(gen, (int)bits) > 0);
    if (group != NULL)
        MUST(EVP_PKEY_CTX_set_group_name(gen, group) > 0);
    MUST(EVP_PKEY_keygen(gen, &key) > 0);
    EVP_PKEY_CTX_free(gen);
    return key;
}

static void make_types(void)
{
    size_t i;

    for (i = 0; i < COUNT(types); i++)
        if (types[i].key == NULL)
            types[i].key = make(types[i].type, types[i].group, types[i].bits);
}

static X509 *certificate(EVP_PKEY *key, EVP_PKEY *signer)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    int whole = EVP_PKEY_is_a(signer, "ED25519") || EVP_PKEY_is_a(signer, "ED448");

    MUST(X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
    MUST(X509_gmtime_adj(X509_getm_notBefore(x), -1000) && X509_gmtime_adj(X509_getm_notAfter(x), 100000));
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"server.test", -1, -1, 0));
    MUST(X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) && X509_sign(x, signer, whole ? NULL : EVP_sha256()));
    return x;
}

static EVP_PKEY *public_half(X509 *x)
{
    unsigned char *der = NULL;
    const unsigned char *at;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    EVP_PKEY *key;

    at = der;
    MUST((key = d2i_PUBKEY(NULL, &at, n)) != NULL);
    OPENSSL_free(der);
    return key;
}

static void served(SSL_CTX *s, int level)
{
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = SSL_CTX_new(TLS_client_method());
        kit_pair p;

        SSL_CTX_set_security_level(c, level);
        kit_version(c, version);
        kit_pair_new(&p, c, s, 0);
        if (kit_shake_say(&p)) {
            SHOW(SSL_get_verify_result(p.c));
            SHOW(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(p.c))));
        }
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

/* A key for key agreement has its certificate from another. */
static X509 *certificate_of(const key_type *t)
{
    return certificate(t->key, strcmp(t->type, "X25519") == 0 ? types[0].key : t->key);
}

static void at_level(int level)
{
    size_t i, k;

    make_types();
    for (i = 0; i < COUNT(types); i++) {
        X509 *x = certificate_of(&types[i]);
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        EVP_PKEY *public = public_half(x);

        SSL_CTX_set_security_level(ctx, level);
        kit_say("%s at level %d", types[i].name, level);
        SHOW(SSL_CTX_use_PrivateKey(ctx, types[i].key));
        SHOW(SSL_CTX_use_certificate(ctx, x));
        SHOW(SSL_CTX_check_private_key(ctx));
        for (k = 0; k < COUNT(types); k++) {
            kit_say("and the key %s", types[k].name);
            SHOW(SSL_CTX_use_PrivateKey(ctx, types[k].key));
        }
        SHOW(SSL_CTX_use_PrivateKey(ctx, public));
        SHOW(SSL_CTX_check_private_key(ctx));
        SHOW(SSL_CTX_use_cert_and_key(ctx, x, types[i].key, NULL, 1));
        SHOW(SSL_CTX_use_cert_and_key(ctx, x, types[(i + 1) % COUNT(types)].key, NULL, 1));
        SHOW(SSL_CTX_use_cert_and_key(ctx, x, public, NULL, 1));
        SHOW(SSL_CTX_use_cert_and_key(ctx, x, NULL, NULL, 1));
        SHOW(SSL_CTX_add1_chain_cert(ctx, x));
        SHOW(SSL_CTX_select_current_cert(ctx, x));
        SHOW(SSL_CTX_select_current_cert(ctx, NULL));
        SHOW(SSL_CTX_use_PrivateKey(ctx, types[i].key));
        EVP_PKEY_free(public);
        SSL_CTX_free(ctx);
        ctx = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_security_level(ctx, level);
        (void)(SSL_CTX_use_certificate(ctx, x) && SSL_CTX_use_PrivateKey(ctx, types[i].key));
        ERR_clear_error();
        served(ctx, level);
        X509_free(x);
        SSL_CTX_free(ctx);
    }
}

static void level_0(void) { at_level(0); }
static void level_1(void) { at_level(1); }
static void level_2(void) { at_level(2); }
static void level_3(void) { at_level(3); }

static void refused(void)
{
    EVP_PKEY *key = make("ED448", NULL, 0);
    X509 *x = certificate(key, key);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    SHOW(SSL_CTX_use_certificate(ctx, x));
    SHOW(SSL_CTX_use_PrivateKey(ctx, key));
    X509_free(x);
    EVP_PKEY_free(key);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = { CASE(level_0), CASE(level_1), CASE(level_2), CASE(level_3), CASE(refused) };

KIT_MAIN(cases)
