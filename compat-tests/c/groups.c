/* Groups for the key exchange: lists, choice, HelloRetryRequest, what is said of them. */
#include "kit.h"

static void settings(void)
{
    static const char *const all[] = {
        "X25519", "P-256", "P-256:X25519", "prime256v1", "secp384r1", "P-521", "x25519", "", "NOSUCH", "P-256:NOSUCH", ":", "P-256:P-256",
        "P-256:", "secp256r1:X25519", "P256",
    };
    int nids[] = { NID_X9_62_prime256v1, NID_X25519 }, bad[] = { NID_rsaEncryption };
    SSL_CTX *c = kit_client();
    SSL *ssl = SSL_new(c);
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        kit_say("\"%s\"", all[i]);
        SHOW(SSL_CTX_set1_groups_list(c, all[i]));
        SHOW(SSL_set1_groups_list(ssl, all[i]));
    }
    SHOW(SSL_CTX_set1_groups(c, nids, 2));
    SHOW(SSL_CTX_set1_groups(c, bad, 1));
    SHOW(SSL_CTX_set1_groups(c, nids, 0));
    SHOW(SSL_set1_curves_list(ssl, "P-384"));
    SHOW(SSL_CTX_set_ecdh_auto(c, 1));
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static void choice(void)
{
    static const struct {
        const char *client, *server;
    } all[] = {
        { "X25519", "X25519" },       { "P-256", "P-256:X25519" },     { "X25519:P-256", "P-256:X25519" },
        { "P-256:X25519", "P-384" },  { "X25519:P-384", "P-384" },     { "P-521", "P-521" },
        { "P-384:X25519", "X25519:P-384" },
    };
    size_t i;
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        for (i = 0; i < COUNT(all); i++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
            kit_pair p;

            kit_say("%s: client %s, server %s", kit_version_name(version), all[i].client, all[i].server);
            kit_version(c, version);
            MUST(SSL_CTX_set1_groups_list(c, all[i].client));
            MUST(SSL_CTX_set1_groups_list(s, all[i].server));
            kit_pair_new(&p, c, s, 0);
            if (kit_shake_say(&p)) {
                EVP_PKEY *k = NULL;
                char name[80] = "";
                int nids[8], j, n;

                SHOW(SSL_get_negotiated_group(p.c));
                SHOW(SSL_get_negotiated_group(p.s));
                STR(SSL_group_to_name(p.c, (int)SSL_get_negotiated_group(p.c)));
                SHOW(SSL_get_shared_group(p.s, -1));
                SHOW(SSL_get_shared_group(p.s, 0));
                SHOW(SSL_get_shared_group(p.s, 1));
                n = (int)SSL_get1_groups(p.s, nids);
                for (j = 0; j < n; j++)
                    kit_say("the client's: %s", OBJ_nid2sn(nids[j]));
                if (SSL_get_peer_tmp_key(p.c, &k) && k != NULL) {
                    EVP_PKEY_get_group_name(k, name, sizeof(name), NULL);
                    kit_say("peer's key: %s %s %d", EVP_PKEY_get0_type_name(k), name, EVP_PKEY_get_bits(k));
                    EVP_PKEY_free(k);
                }
                kit_queue();
            }
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

/* Whose order counts, with one share of a client's at hand and without. */
static void preference(void)
{
    static const char *const lists[] = { "X25519", "P-256", "P-384:P-521", "P-521:P-256", "P-256:X25519", "X25519:P-256:P-384:P-521",
                                         "P-384:X25519:P-256" };
    size_t i, k;
    int version, prefer;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
        for (prefer = 0; prefer < 2; prefer++)
            for (i = 0; i < COUNT(lists); i++)
                for (k = 0; k < COUNT(lists); k++) {
                    /* RSA: the curve of a certificate is of these groups as well; suites without another key exchange */
                    SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");
                    kit_pair p;

                    kit_say("%s, server's preference %d, client %s, server %s", kit_version_name(version), prefer, lists[i], lists[k]);
                    kit_version(c, version);
                    MUST(SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM") && SSL_CTX_set_cipher_list(s, "ECDHE+AESGCM"));
                    MUST(SSL_CTX_set1_groups_list(c, lists[i]) && SSL_CTX_set1_groups_list(s, lists[k]));
                    if (prefer)
                        SSL_CTX_set_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
                    kit_pair_new(&p, c, s, 0);
                    if (kit_shake_say(&p)) {
                        SHOW(SSL_get_negotiated_group(p.c));
                        SHOW(SSL_get_negotiated_group(p.s));
                        SHOW(SSL_get_shared_group(p.s, 0));
                        SHOW(SSL_get_shared_group(p.s, -1));
                    }
                    kit_pair_free(&p);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static const kit_case cases[] = {
    CASE(settings), CASE(choice), CASE(preference),
};

KIT_MAIN(cases)
