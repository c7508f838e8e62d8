/* Signature algorithms: which are offered, taken and chosen, and with which of several certificates. */
#include "kit.h"

static void two_certificates(void)
{
    /* an ECDSA and an RSA certificate side by side: the client's suites decide */
    SSL_CTX *s = kit_server("server-ec");
    static const char *const lists[] = { "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
                                         "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256" };
    static const char *const algs[] = { "rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256" };
    size_t i;

    kit_use(s, "server-rsa");
    for (i = 0; i < 3; i++) {
        int v13;

        for (v13 = 0; v13 < 2; v13++) {
            SSL_CTX *c = kit_client();
            kit_pair p;
            int nid = 0;

            if (v13) {
                kit_version(c, TLS1_3_VERSION);
                SHOW(SSL_CTX_set1_sigalgs_list(c, algs[i]));
            } else {
                kit_version(c, TLS1_2_VERSION);
                SHOW(SSL_CTX_set_cipher_list(c, lists[i]));
            }
            kit_pair_new(&p, c, s, 0);
            if (kit_shake_say(&p)) {
                X509 *x = SSL_get1_peer_certificate(p.c);

                kit_negotiated(&p);
                kit_say("certificate's key %s", OBJ_nid2sn(EVP_PKEY_get_base_id(X509_get0_pubkey(x))));
                X509_free(x);
                SHOW(SSL_get_peer_signature_nid(p.c, &nid));
                kit_say("%s", OBJ_nid2sn(nid));
                SHOW(SSL_get_peer_signature_type_nid(p.c, &nid));
                kit_say("%s", OBJ_nid2sn(nid));
                SHOW(SSL_get_signature_nid(p.s, &nid));
                kit_say("%s", OBJ_nid2sn(nid));
                SHOW(SSL_get_signature_type_nid(p.s, &nid));
                kit_say("%s", OBJ_nid2sn(nid));
                SHOW(SSL_get_peer_signature_nid(p.s, &nid));
            }
            kit_pair_free(&p);
            SSL_CTX_free(c);
        }
    }
    SSL_CTX_free(s);
}

static void signature_algorithms(void)
{
    static const char *const lists[] = {
        "RSA+SHA256", "ECDSA+SHA256", "ECDSA+SHA256:RSA+SHA256", "RSA-PSS+SHA256", "ed25519", "ecdsa_secp256r1_sha256",
        "rsa_pkcs1_sha256:rsa_pss_rsae_sha256", "", "NOSUCH", "ECDSA+SHA256:NOSUCH", "ECDSA+NOSUCH", "NOSUCH+SHA256", "ECDSA", "+",
        "ECDSA+SHA256:ECDSA+SHA256", "ECDSA+SHA256:", ":", "rsa_pss_pss_sha256", "ECDSA+SHA512:ECDSA+SHA384",
    };
    size_t i;

    for (i = 0; i < COUNT(lists); i++) {
        SSL_CTX *c = kit_client();
        SSL *ssl = SSL_new(c);

        kit_say("\"%s\"", lists[i]);
        SHOW(SSL_CTX_set1_sigalgs_list(c, lists[i]));
        SHOW(SSL_set1_sigalgs_list(ssl, lists[i]));
        SHOW(SSL_CTX_set1_client_sigalgs_list(c, lists[i]));
        SSL_free(ssl);
        SSL_CTX_free(c);
    }
    /* applied: the server has no signature the client takes */
    for (i = 0; i < 2; i++) {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_version(c, i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
        MUST(SSL_CTX_set1_sigalgs_list(c, "rsa_pss_rsae_sha256"));
        kit_pair_new(&p, c, NULL, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

static int any_certificate(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

static const char *const digests[] = {"ECDSA+SHA256", "ECDSA+SHA384", "ECDSA+SHA512", "ECDSA+SHA512:ECDSA+SHA256", "ECDSA+SHA384:ECDSA+SHA256"};

/* one connection; the digest that the one or the other has signed with */
static void signed_with(SSL_CTX *c, SSL_CTX *s, int by_client)
{
    kit_pair p;
    int nid = 0;

    kit_pair_new(&p, c, s, 0);
    if (kit_shake_say(&p)) {
        kit_settle(&p);
        SHOW(SSL_get_peer_signature_nid(by_client ? p.s : p.c, &nid));
        kit_say("%s", OBJ_nid2sn(nid));
        SHOW(SSL_get_signature_nid(by_client ? p.c : p.s, &nid));
        PTR(SSL_get0_peer_certificate(p.s));
    }
    kit_pair_free(&p);
}

/* in TLS 1.2 ECDSA's algorithms name a digest, in TLS 1.3 a curve too */
static void other_curve(void)
{
    static const char *const certs[] = {"server-ec", "server-p384"};
    size_t i, k;
    int v13, prefer;

    for (v13 = 0; v13 < 2; v13++)
        for (k = 0; k < COUNT(certs); k++)
            for (i = 0; i < COUNT(digests); i++)
                for (prefer = 0; prefer < 2; prefer++) {
                    SSL_CTX *c = kit_client(), *s = kit_server(certs[k]);

                    kit_say("TLS 1.%d, %s, %s%s", 2 + v13, certs[k], digests[i], prefer ? ", the server's order" : "");
                    kit_version(c, v13 ? TLS1_3_VERSION : TLS1_2_VERSION);
                    if (prefer)
                        SSL_CTX_set_options(s, SSL_OP_CIPHER_SERVER_PREFERENCE);
                    MUST(SSL_CTX_set1_sigalgs_list(c, digests[i]));
                    signed_with(c, s, 0);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

/* the same of a client's certificate */
static void other_curve_of_client(void)
{
    static const char *const certs[] = {"client-ec", "server-p384"};
    size_t i, k;
    int v13, limited;

    for (v13 = 0; v13 < 2; v13++)
        for (k = 0; k < COUNT(certs); k++)
            for (i = 0; i < COUNT(digests); i++)
                for (limited = 0; limited < 2; limited++) {
                    SSL_CTX *c = kit_client(), *s = kit_server("server-rsa");

                    kit_say("TLS 1.%d, %s, %s%s", 2 + v13, certs[k], digests[i], limited ? ", a client that signs with SHA-256 or SHA-384" : "");
                    kit_version(c, v13 ? TLS1_3_VERSION : TLS1_2_VERSION);
                    kit_use(c, certs[k]);
                    if (limited)
                        MUST(SSL_CTX_set1_sigalgs_list(c, "ECDSA+SHA384:ECDSA+SHA256:RSA-PSS+SHA256"));
                    SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
                    MUST(SSL_CTX_set1_client_sigalgs_list(s, digests[i]));
                    signed_with(c, s, 1);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

/* a key of type RSA-PSS and its self-signed certificate; hash: the only one it may be used with */
static EVP_PKEY *pss_key(X509 **cert, const char *hash)
{
    EVP_PKEY_CTX *k = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pk = NULL;
    EVP_PKEY *key = NULL;
    X509 *x = X509_new();
    X509_NAME *name = X509_NAME_new();

    MUST(k != NULL && EVP_PKEY_keygen_init(k) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(k, 2048) > 0);
    if (hash != NULL) {
        MUST(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(k, hash, NULL) > 0);
        MUST(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(k, hash) > 0);
        MUST(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(k, EVP_MD_get_size(EVP_get_digestbyname(hash))) > 0);
    }
    MUST(EVP_PKEY_generate(k, &key) > 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"pss.test", -1, -1, 0);
    MUST(X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 7));
    MUST(X509_set_subject_name(x, name) && X509_set_issuer_name(x, name) && X509_set_pubkey(x, key));
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    MUST(EVP_DigestSignInit(md, &pk, EVP_get_digestbyname(hash != NULL ? hash : "SHA256"), NULL, key) > 0);
    if (hash == NULL)
        MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(pk, RSA_PSS_SALTLEN_DIGEST) > 0);
    MUST(X509_sign_ctx(x, md) > 0);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(k);
    X509_NAME_free(name);
    *cert = x;
    return key;
}

static void rsa_pss_keys(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    static const char *const hashes[] = { NULL, "SHA384" };
    static const char *const lists[] = { NULL, "rsa_pss_pss_sha512", "rsa_pss_rsae_sha256", "rsa_pss_pss_sha384:rsa_pss_rsae_sha256" };
    size_t v, h, l;

    for (h = 0; h < COUNT(hashes); h++) {
        X509 *cert;
        EVP_PKEY *key = pss_key(&cert, hashes[h]);

        for (v = 0; v < COUNT(versions); v++) {
            for (l = 0; l < COUNT(lists); l++) {
                SSL_CTX *c = kit_client(), *s = SSL_CTX_new(TLS_server_method());
                kit_pair p;
                int nid = -1;

                kit_say("%s, key for %s, client takes %s", kit_version_name(versions[v]), hashes[h] ? hashes[h] : "any",
                        lists[l] ? lists[l] : "all");
                kit_version(c, versions[v]);
                if (lists[l] != NULL)
                    SHOW(SSL_CTX_set1_sigalgs_list(c, lists[l]));
                MUST(X509_STORE_add_cert(SSL_CTX_get_cert_store(c), cert));
                SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
                SHOW(SSL_CTX_use_certificate(s, cert));
                SHOW(SSL_CTX_use_PrivateKey(s, key));
                SHOW(SSL_CTX_check_private_key(s));
                kit_pair_new(&p, c, s, 0);
                kit_shake_say(&p);
                SHOW(SSL_get_verify_result(p.c));
                SHOW(SSL_get_peer_signature_type_nid(p.c, &nid));
                SHOW(nid);
                SHOW(SSL_get_peer_signature_nid(p.c, &nid));
                SHOW(nid);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
        }
        X509_free(cert);
        EVP_PKEY_free(key);
    }
}

static void peer_sigalgs(void)
{
    SSL_CTX *c = kit_client();
    kit_pair p;
    int i, n;

    MUST(SSL_CTX_set1_sigalgs_list(c, "ECDSA+SHA256:RSA-PSS+SHA384:ed25519:RSA+SHA256"));
    kit_version(c, TLS1_2_VERSION);
    kit_shaken(&p, c, NULL);
    n = SSL_get_sigalgs(p.s, -1, NULL, NULL, NULL, NULL, NULL);
    kit_say("the peer's: %d", n);
    for (i = 0; i < n; i++) {
        int sign = 0, hash = 0, both = 0;
        unsigned char rsig = 0, rhash = 0;

        SSL_get_sigalgs(p.s, i, &sign, &hash, &both, &rsig, &rhash);
        kit_say("%s %s %s %d %d", OBJ_nid2sn(sign), OBJ_nid2sn(hash), OBJ_nid2sn(both), rsig, rhash);
    }
    SHOW(SSL_get_sigalgs(p.s, n, NULL, NULL, NULL, NULL, NULL));
    n = SSL_get_shared_sigalgs(p.s, -1, NULL, NULL, NULL, NULL, NULL);
    SHOW(SSL_get_shared_sigalgs(p.s, 0, NULL, NULL, NULL, NULL, NULL));
    SHOW(SSL_get_sigalgs(p.c, -1, NULL, NULL, NULL, NULL, NULL));
    kit_pair_free(&p);
    SSL_CTX_free(c);
}

static const kit_case cases[] = {
    CASE(two_certificates), CASE(signature_algorithms), CASE(other_curve), CASE(other_curve_of_client), CASE(rsa_pss_keys), CASE(peer_sigalgs),
};

KIT_MAIN(cases)
