/* What a ticket is sealed with (SSL_CTX_set_tlsext_ticket_keys, _ticket_key_evp_cb), and the application's data in it. */
#include "kit_sessions.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void ticket_keys(void)
{
    unsigned char keys[80], back[80], small[47];
    size_t v;
    SSL_CTX *ctx = kit_server("server-ec");

    memset(keys, 7, sizeof(keys));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 80));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, back, 80));
    kit_say("the same %d", memcmp(keys, back, 80) == 0);
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 48));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, small, 47));
    SSL_CTX_free(ctx);

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s, *s2;
        SSL_SESSION *a;

        kit_resuming(&c, &s, versions[v]);
        s2 = kit_server("server-ec");
        MUST(SSL_CTX_set_session_id_context(s2, (const unsigned char *)"compat", 6));
        kit_say("other keys");
        a = kit_connect(c, s, NULL);
        SSL_SESSION_free(kit_connect(c, s2, a));
        SSL_SESSION_free(a);
        kit_say("the same keys");
        MUST(SSL_CTX_set_tlsext_ticket_keys(s, keys, 80));
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        a = kit_connect(c, s, NULL);
        SSL_SESSION_free(kit_connect(c, s2, a));
        kit_statistics("other", s2);
        kit_say("changed keys");
        keys[20] ^= 1;
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        keys[20] ^= 1;
        SSL_SESSION_free(kit_connect(c, s2, a));
        kit_say("another name");
        keys[0] ^= 1;
        MUST(SSL_CTX_set_tlsext_ticket_keys(s2, keys, 80));
        keys[0] ^= 1;
        SSL_SESSION_free(kit_connect(c, s2, a));
        SSL_SESSION_free(a);
        SSL_CTX_free(s2);
        kit_release(c, s);
    }
}

/* A ticket key callback as nginx, haproxy and Apache have one. */
static int key_ret_encrypt = 1, key_ret_decrypt = 1, key_calls[2];

static int on_key(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    static unsigned char aes[32] = "aes key", hmac[32] = "hmac key";
    OSSL_PARAM params[3];

    key_calls[enc]++;
    kit_say("key callback: %s, %s", SSL_is_server(ssl) ? "server" : "client", enc ? "encrypt" : "decrypt");
    if (enc) {
        memcpy(name, "compat key name!", 16);
        memset(iv, 3, EVP_MAX_IV_LENGTH);
    } else if (memcmp(name, "compat key name!", 16) != 0) {
        return 0;
    }
    if ((enc ? key_ret_encrypt : key_ret_decrypt) <= 0)
        return enc ? key_ret_encrypt : key_ret_decrypt;
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, hmac, 32);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_MAC_CTX_set_params(mac, params) != 1)
        return -1;
    if (enc ? EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv) != 1
            : EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv) != 1)
        return -1;
    return enc ? key_ret_encrypt : key_ret_decrypt;
}

static int on_key_old(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int enc)
{
    static unsigned char aes[32] = "aes key", hmac[32] = "hmac key";

    (void)ssl;
    kit_say("old key callback: %s", enc ? "encrypt" : "decrypt");
    if (enc) {
        memcpy(name, "compat key name!", 16);
        memset(iv, 3, EVP_MAX_IV_LENGTH);
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv);
    } else {
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes, iv);
    }
    HMAC_Init_ex(mac, hmac, 32, EVP_sha256(), NULL);
    return 1;
}

static void ticket_key_callback(void)
{
    static const int encrypts[] = { 1, 0, -1 }, decrypts[] = { 1, 2, 0, -1 };
    size_t v, e, d;

    for (v = 0; v < COUNT(versions); v++) {
        for (e = 0; e < COUNT(encrypts); e++) {
            SSL_CTX *c, *s;
            kit_pair p;
            SSL_SESSION *a;

            kit_resuming(&c, &s, versions[v]);
            key_ret_encrypt = encrypts[e];
            key_ret_decrypt = 1;
            kit_say("encrypt gives %d", key_ret_encrypt);
            SHOW(SSL_CTX_set_tlsext_ticket_key_evp_cb(s, on_key));
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            kit_settle(&p);
            a = SSL_get1_session(p.c);
            kit_say("a ticket %d", a != NULL && SSL_SESSION_has_ticket(a));
            SSL_shutdown(p.c);
            kit_pair_free(&p);
            if (encrypts[e] == 1)
                for (d = 0; d < COUNT(decrypts); d++) {
                    key_ret_decrypt = decrypts[d];
                    kit_say("decrypt gives %d", key_ret_decrypt);
                    kit_pair_new(&p, c, s, 0);
                    SHOW(SSL_set_session(p.c, a));
                    kit_shake_say(&p);
                    kit_negotiated(&p);
                    SSL_shutdown(p.c);
                    kit_pair_free(&p);
                }
            SSL_SESSION_free(a);
            kit_release(c, s);
        }
        {
            SSL_CTX *c, *s;

            kit_resuming(&c, &s, versions[v]);
            SHOW(SSL_CTX_set_tlsext_ticket_key_cb(s, on_key_old));
            kit_twice(c, s);
            kit_release(c, s);
        }
    }
}

static int generate_calls, decrypt_calls;

static int on_generate(SSL *ssl, void *arg)
{
    generate_calls++;
    kit_say("generate: arg %s", (char *)arg);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "app data", 8);
}

static SSL_TICKET_RETURN on_decrypt(SSL *ssl, SSL_SESSION *x, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *arg)
{
    void *data = NULL;
    size_t n = 0;

    (void)ssl;
    (void)name;
    decrypt_calls++;
    if (x != NULL)
        SSL_SESSION_get0_ticket_appdata(x, &data, &n);
    kit_say("decrypt: arg %s, status %d, name of %zu, data %.*s", (char *)arg, status, len, (int)n, n ? (char *)data : "");
    switch (status) {
    case SSL_TICKET_SUCCESS: return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_SUCCESS_RENEW: return SSL_TICKET_RETURN_USE_RENEW;
    default: return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}

static void ticket_appdata(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;
        SSL_SESSION *a;

        kit_resuming(&c, &s, versions[v]);
        SHOW(SSL_CTX_set_session_ticket_cb(s, on_generate, on_decrypt, (void *)"argument"));
        a = kit_connect(c, s, NULL);
        SSL_SESSION_free(kit_connect(c, s, a));
        kit_say("generated %d, decrypted %d", generate_calls, decrypt_calls);
        SSL_SESSION_free(a);
        kit_release(c, s);
    }
}

static const kit_case cases[] = {
    CASE(ticket_keys), CASE(ticket_key_callback), CASE(ticket_appdata),
};

KIT_MAIN(cases)
