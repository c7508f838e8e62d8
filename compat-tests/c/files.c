/* Certificates and keys: from files, memory and objects; mismatches, passwords, missing files. */
#include "kit.h"

static void loading(void)
{
    static const char *const certs[] = { "server-ec.pem", "server-rsa.pem", "server-ed25519.pem", "server-ec.key", "nosuch.pem", "server-ec.der" };
    static const char *const keys[] = { "server-ec.key", "server-rsa.key", "server-ed25519.key", "server-ec.pem", "nosuch.key" };
    size_t i;

    for (i = 0; i < COUNT(certs); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        SSL *ssl = SSL_new(ctx);

        kit_say("%s", certs[i]);
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file(certs[i]), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file(certs[i]), SSL_FILETYPE_ASN1) >= 0);
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file(certs[i]), 77));
        SHOW(SSL_CTX_use_certificate_chain_file(ctx, kit_file(certs[i])));
        SHOW(SSL_use_certificate_file(ssl, kit_file(certs[i]), SSL_FILETYPE_PEM));
        SHOW(SSL_use_certificate_chain_file(ssl, kit_file(certs[i])));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    for (i = 0; i < COUNT(keys); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        SSL *ssl = SSL_new(ctx);

        kit_say("%s", keys[i]);
        SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file(keys[i]), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file(keys[i]), 77));
        SHOW(SSL_use_PrivateKey_file(ssl, kit_file(keys[i]), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_RSAPrivateKey_file(ctx, kit_file(keys[i]), SSL_FILETYPE_PEM));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void der_files(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *k = kit_key("server-ec");
    unsigned char *der = NULL;
    int n = i2d_PrivateKey(k, &der);
    char path[1100];
    FILE *f;
    size_t len;
    char *cert = kit_slurp(kit_file("server-ec.der"), &len);

    snprintf(path, sizeof(path), "der-key");
    f = fopen(path, "w");
    MUST(f != NULL && fwrite(der, 1, (size_t)n, f) == (size_t)n);
    fclose(f);
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-ec.der"), SSL_FILETYPE_ASN1));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_ASN1));
    SHOW(SSL_CTX_check_private_key(ctx));
    SSL_CTX_free(ctx);
    kit_say("from memory");
    ctx = SSL_CTX_new(TLS_server_method());
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, (int)len, (unsigned char *)cert));
    SHOW(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, der, n));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_certificate_ASN1(ctx, 5, (unsigned char *)cert));
    {
        SSL *ssl = SSL_new(ctx);

        SHOW(SSL_use_certificate_ASN1(ssl, (unsigned char *)cert, (int)len));
        SHOW(SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, ssl, der, n));
        SHOW(SSL_check_private_key(ssl));
        SSL_free(ssl);
    }
    SSL_CTX_free(ctx);
    remove(path);
    free(cert);
    OPENSSL_free(der);
    EVP_PKEY_free(k);
}

static void mismatch(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl;

    SHOW(SSL_CTX_check_private_key(ctx));
    kit_say("a key that does not belong");
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-ec.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file("client-ec.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file("server-ec.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    kit_say("a certificate that takes the place of the one before: the key goes");
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("client-ec.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file("client-ec.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    kit_say("of another type: both are kept");
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-rsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file("server-rsa.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    ssl = SSL_new(ctx);
    SHOW(SSL_check_private_key(ssl));
    SHOW(SSL_set_current_cert(ssl, SSL_CERT_SET_FIRST));
    kit_say("first: %s", OBJ_nid2sn(EVP_PKEY_get_base_id(SSL_get_privatekey(ssl))));
    SHOW(SSL_set_current_cert(ssl, SSL_CERT_SET_NEXT));
    kit_say("next: %s", OBJ_nid2sn(EVP_PKEY_get_base_id(SSL_get_privatekey(ssl))));
    SHOW(SSL_set_current_cert(ssl, SSL_CERT_SET_NEXT));
    SSL_free(ssl);
    kit_say("a key before its certificate");
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_server_method());
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, kit_file("server-ec.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-ec.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(ctx));
    SSL_CTX_free(ctx);
}

static void objects(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *x = kit_cert("server-ec"), *i = kit_cert("int"), *ca = kit_cert("ca");
    EVP_PKEY *k = kit_key("server-ec"), *wrong = kit_key("client-ec");
    STACK_OF(X509) *chain = NULL, *mine = sk_X509_new_null();
    kit_pair p;

    SHOW(SSL_CTX_use_certificate(ctx, NULL));
    SHOW(SSL_CTX_use_PrivateKey(ctx, NULL));
    SHOW(SSL_CTX_use_certificate(ctx, x));
    SHOW(SSL_CTX_use_PrivateKey(ctx, wrong));
    SHOW(SSL_CTX_use_PrivateKey(ctx, k));
    kit_say("the same %d %d", SSL_CTX_get0_certificate(ctx) == x, SSL_CTX_get0_privatekey(ctx) == k);
    kit_say("the extra chain");
    X509_up_ref(i);
    SHOW(SSL_CTX_add_extra_chain_cert(ctx, i)); /* takes the reference */
    SHOW(SSL_CTX_get_extra_chain_certs(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    chain = NULL;
    SHOW(SSL_CTX_get_extra_chain_certs_only(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    kit_pair_new(&p, NULL, ctx, 0);
    SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
    kit_shake_say(&p);
    kit_say("sent %d", sk_X509_num(SSL_get_peer_cert_chain(p.c)));
    kit_pair_free(&p);
    SHOW(SSL_CTX_clear_extra_chain_certs(ctx));
    SHOW(SSL_CTX_get_extra_chain_certs(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    kit_say("the certificate's own chain");
    SHOW(SSL_CTX_add1_chain_cert(ctx, i));
    SHOW(SSL_CTX_get0_chain_certs(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    kit_pair_new(&p, NULL, ctx, 0);
    kit_shake_say(&p);
    kit_say("sent %d", sk_X509_num(SSL_get_peer_cert_chain(p.c)));
    kit_pair_free(&p);
    sk_X509_push(mine, i);
    sk_X509_push(mine, ca);
    SHOW(SSL_CTX_set1_chain(ctx, mine));
    kit_pair_new(&p, NULL, ctx, 0);
    kit_shake_say(&p);
    kit_say("sent %d", sk_X509_num(SSL_get_peer_cert_chain(p.c)));
    kit_pair_free(&p);
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    kit_say("all at once");
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, k, mine, 0));
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, k, mine, 1));
    SHOW(SSL_CTX_use_cert_and_key(ctx, x, wrong, mine, 1));
    SHOW(SSL_CTX_use_cert_and_key(ctx, NULL, k, mine, 1));
    kit_say("the chain built from the store");
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    SHOW(SSL_CTX_build_cert_chain(ctx, 0));
    kit_trust(ctx, "ca");
    kit_trust(ctx, "int");
    SHOW(SSL_CTX_build_cert_chain(ctx, 0));
    SHOW(SSL_CTX_get0_chain_certs(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    SHOW(SSL_CTX_build_cert_chain(ctx, SSL_BUILD_CHAIN_FLAG_NO_ROOT));
    SHOW(SSL_CTX_get0_chain_certs(ctx, &chain));
    kit_say("%d", chain != NULL ? sk_X509_num(chain) : -1);
    sk_X509_free(mine);
    X509_free(x);
    X509_free(i);
    X509_free(ca);
    EVP_PKEY_free(k);
    EVP_PKEY_free(wrong);
    SSL_CTX_free(ctx);
}

static void automatic_chain(void)
{
    /* a server without a chain completes it from its store, unless told not to */
    int mode;

    for (mode = 0; mode < 2; mode++) {
        SSL_CTX *s = kit_server("server-nochain");
        kit_pair p;

        kit_trust(s, "int");
        kit_trust(s, "ca");
        if (mode)
            SSL_CTX_set_mode(s, SSL_MODE_NO_AUTO_CHAIN);
        kit_pair_new(&p, NULL, s, 0);
        kit_shake_say(&p);
        kit_say("mode %d, sent %d", mode, sk_X509_num(SSL_get_peer_cert_chain(p.c)));
        kit_pair_free(&p);
        SSL_CTX_free(s);
    }
}

static int password_calls;

static int on_password(char *buf, int size, int rwflag, void *arg)
{
    const char *p = arg;

    password_calls++;
    kit_say("password: size %d, rwflag %d, arg %s", size, rwflag, p != NULL ? p : "NULL");
    if (p == NULL)
        return 0;
    if (strcmp(p, "refuse") == 0)
        return -1;
    strcpy(buf, p);
    return (int)strlen(p);
}

static void passwords(void)
{
    static const char *const tries[] = { "secret", "wrong", "refuse", NULL };
    EVP_PKEY *k = kit_key("server-ec");
    const char *path = "encrypted.key";
    size_t i;

    kit_lock(path, k, 1, "secret");
    for (i = 0; i < COUNT(tries); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        int r;

        kit_say("\"%s\"", tries[i] != NULL ? tries[i] : "NULL");
        SSL_CTX_set_default_passwd_cb(ctx, on_password);
        SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)tries[i]);
        kit_say("back %d %d", SSL_CTX_get_default_passwd_cb(ctx) == on_password, SSL_CTX_get_default_passwd_cb_userdata(ctx) == (void *)tries[i]);
        r = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
        kit_say("%d", r);
        kit_queue();
        {
            SSL *ssl = SSL_new(ctx);

            kit_say("the connection's %d", SSL_get_default_passwd_cb(ssl) == on_password);
            SSL_set_default_passwd_cb(ssl, NULL);
            PTR(SSL_get_default_passwd_cb(ssl) != NULL ? "set" : NULL);
            SSL_free(ssl);
        }
        SSL_CTX_free(ctx);
    }
    SHOW(password_calls);
    remove(path);
    EVP_PKEY_free(k);
}

static void trust_files(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    SHOW(SSL_CTX_load_verify_locations(ctx, NULL, NULL));
    SHOW(SSL_CTX_load_verify_locations(ctx, kit_file("ca.pem"), NULL));
    SHOW(SSL_CTX_load_verify_locations(ctx, kit_file("ca.pem"), NULL));
    SHOW(SSL_CTX_load_verify_locations(ctx, kit_file("nosuch.pem"), NULL));
    SHOW(SSL_CTX_load_verify_locations(ctx, kit_file("ca.key"), NULL));
    SHOW(SSL_CTX_load_verify_locations(ctx, NULL, "/nonexistent"));
    SHOW(SSL_CTX_load_verify_file(ctx, kit_file("ca.pem")));
    SHOW(SSL_CTX_load_verify_file(ctx, kit_file("nosuch.pem")));
    SHOW(SSL_CTX_load_verify_dir(ctx, "/nonexistent"));
    SHOW(SSL_CTX_set_default_verify_paths(ctx));
    SHOW(SSL_CTX_set_default_verify_dir(ctx));
    SHOW(SSL_CTX_set_default_verify_file(ctx));
    SSL_CTX_free(ctx);
}

static void many_roots(void)
{
    /* a file of many roots, one of which no parser would take, and text between them */
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    FILE *f = fopen("bundle.pem", "w");
    size_t n;
    static const char *const parts[] = { "otherca.pem", "rsaca.pem", "ca.pem" };
    size_t i;
    kit_pair p;

    MUST(f != NULL);
    fputs("# a comment\n", f);
    for (i = 0; i < COUNT(parts); i++) {
        char *text = kit_slurp(kit_file(parts[i]), &n);

        fputs("some text\n", f);
        fwrite(text, 1, n, f);
        free(text);
    }
    fclose(f);
    SHOW(SSL_CTX_load_verify_locations(c, "bundle.pem", NULL));
    SHOW(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(c))));
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    kit_pair_new(&p, c, NULL, 0);
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    remove("bundle.pem");
}

static void connection_own(void)
{
    /* a certificate given to one connection leaves the context alone */
    SSL_CTX *s = kit_server("server-ec");
    kit_pair p;
    X509 *x;
    int i;

    for (i = 0; i < 2; i++) {
        kit_pair_new(&p, NULL, s, 0);
        if (i == 0) {
            SSL_certs_clear(p.s);
            SHOW(SSL_use_certificate_chain_file(p.s, kit_file("server-rsa.pem")));
            SHOW(SSL_use_PrivateKey_file(p.s, kit_file("server-rsa.key"), SSL_FILETYPE_PEM));
        }
        kit_shake_say(&p);
        x = SSL_get1_peer_certificate(p.c);
        kit_say("%s", x != NULL ? OBJ_nid2sn(EVP_PKEY_get_base_id(X509_get0_pubkey(x))) : "none");
        X509_free(x);
        kit_pair_free(&p);
    }
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(loading), CASE(der_files), CASE(mismatch), CASE(objects), CASE(automatic_chain), CASE(passwords), CASE(trust_files),
    CASE(many_roots), CASE(connection_own),
};

KIT_MAIN(cases)
