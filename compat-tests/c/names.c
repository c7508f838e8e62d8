/* What OpenSSL knows by name though nobody may negotiate it: SSL_CIPHER_find, OPENSSL_cipher_name, SSL_group_to_name, compression methods. */
#include "kit.h"
#include <openssl/comp.h>

static void say_cipher(const SSL_CIPHER *c)
{
    char text[256];
    int alg_bits = -1, bits = SSL_CIPHER_get_bits(c, &alg_bits);
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(c);

    kit_say("%04x %s = %s, %s, %08x", SSL_CIPHER_get_protocol_id(c), SSL_CIPHER_get_name(c),
            SSL_CIPHER_standard_name(c) == NULL ? "no standard name" : SSL_CIPHER_standard_name(c), SSL_CIPHER_get_version(c),
            (unsigned)SSL_CIPHER_get_id(c));
    kit_say("bits %d of %d, nids %d %d %d %d, handshake %s, AEAD %d", bits, alg_bits, SSL_CIPHER_get_cipher_nid(c),
            SSL_CIPHER_get_digest_nid(c), SSL_CIPHER_get_kx_nid(c), SSL_CIPHER_get_auth_nid(c),
            md == NULL ? "none" : EVP_MD_get0_name(md), SSL_CIPHER_is_aead(c));
    MUST(SSL_CIPHER_description(c, text, sizeof(text)) != NULL);
    text[strcspn(text, "\n")] = '\0';
    kit_say("%s", text);
    if (SSL_CIPHER_standard_name(c) != NULL)
        kit_str("by its standard name", OPENSSL_cipher_name(SSL_CIPHER_standard_name(c)));
}

static void find(const SSL_METHOD *method, int all)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    SSL *ssl = SSL_new(ctx);
    int id, n = 0;

    MUST(ssl != NULL);
    for (id = 0; id < 65536; id++) {
        unsigned char bytes[2] = { (unsigned char)(id >> 8), (unsigned char)id };
        const SSL_CIPHER *c = SSL_CIPHER_find(ssl, bytes);

        n += c != NULL;
        if (c != NULL && all)
            say_cipher(c);
    }
    kit_say("%d suites", n);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void suites(void) { find(TLS_method(), 1); }

static void suites_of_versions(void)
{
    find(TLS_client_method(), 0);
    find(TLSv1_2_method(), 0);
    find(TLSv1_2_server_method(), 0);
}

static void standard_names(void)
{
    STR(OPENSSL_cipher_name(NULL));
    STR(OPENSSL_cipher_name(""));
    STR(OPENSSL_cipher_name("ECDHE-RSA-AES128-GCM-SHA256"));
    STR(OPENSSL_cipher_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    STR(OPENSSL_cipher_name("tls_ecdhe_rsa_with_aes_128_gcm_sha256"));
    STR(OPENSSL_cipher_name("TLS_RSA_WITH_AES_128_CBC_SHA"));
    STR(OPENSSL_cipher_name("TLS_RSA_WITH_AES_128_CBC_SHA "));
    STR(OPENSSL_cipher_name("TLS_FALLBACK_SCSV"));
}

static void groups(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    int id;

    MUST(ssl != NULL);
    for (id = -2; id < 2000; id++)
        if (SSL_group_to_name(ssl, id) != NULL)
            kit_str("by nid", SSL_group_to_name(ssl, id));
    for (id = 0; id < 65536; id++)
        if (SSL_group_to_name(ssl, TLSEXT_nid_unknown | id) != NULL)
            kit_say("number %d: %s", id, SSL_group_to_name(ssl, TLSEXT_nid_unknown | id));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void compression(void)
{
    STACK_OF(SSL_COMP) *methods = SSL_COMP_get_compression_methods(), *own = sk_SSL_COMP_new_null();

    PTR(methods);
    SHOW(sk_SSL_COMP_num(methods));
    SHOW(SSL_COMP_get_compression_methods() == methods);
    SHOW(SSL_COMP_set0_compression_methods(own) == methods);
    SHOW(SSL_COMP_get_compression_methods() == own);
    SHOW(SSL_COMP_set0_compression_methods(NULL) == own);
    SHOW(SSL_COMP_get_compression_methods() == NULL);
    SHOW(SSL_COMP_set0_compression_methods(methods) == NULL);
    SHOW(SSL_COMP_get_compression_methods() == methods);
    sk_SSL_COMP_free(own);
}

static const kit_case cases[] = {
    CASE(suites), CASE(suites_of_versions), CASE(standard_names), CASE(groups), CASE(compression),
};

KIT_MAIN(cases)
