/* Cipher strings and suites: what is chosen, listed and said of each. Lists are printed without the suites that only
 * OpenSSL has (kit_ours). */
#include "kit.h"

static void print_stack(const char *what, const STACK_OF(SSL_CIPHER) *sk)
{
    char line[2000] = "";
    int i;

    if (sk == NULL) {
        kit_say("%s: NULL", what);
        return;
    }
    for (i = 0; i < sk_SSL_CIPHER_num(sk); i++) {
        const char *name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(sk, i));

        if (kit_ours(name)) {
            strcat(line, " ");
            strcat(line, name);
        }
    }
    kit_say("%s:%s", what, line);
}

static void describe(const SSL_CIPHER *c)
{
    char buf[256];
    const char *d;
    int bits = 0;
    uint16_t id;

    STR(SSL_CIPHER_get_name(c));
    STR(SSL_CIPHER_standard_name(c));
    SHOW(SSL_CIPHER_get_bits(c, &bits));
    kit_say("alg_bits %d", bits);
    STR(SSL_CIPHER_get_version(c));
    STR(SSL_CIPHER_description(c, buf, sizeof(buf)));
    STR(SSL_CIPHER_description(c, buf, 20));
    d = SSL_CIPHER_description(c, NULL, 0);
    STR(d);
    OPENSSL_free((void *)d);
    kit_show("id", SSL_CIPHER_get_id(c));
    id = SSL_CIPHER_get_protocol_id(c);
    kit_show("protocol id", id);
    SHOW(SSL_CIPHER_get_cipher_nid(c));
    SHOW(SSL_CIPHER_get_digest_nid(c));
    SHOW(SSL_CIPHER_get_kx_nid(c));
    SHOW(SSL_CIPHER_get_auth_nid(c));
    SHOW(SSL_CIPHER_is_aead(c));
    PTR(SSL_CIPHER_get_handshake_digest(c));
    if (SSL_CIPHER_get_handshake_digest(c) != NULL)
        STR(EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(c)));
    STR(OPENSSL_cipher_name(SSL_CIPHER_standard_name(c)));
}

static void details(void)
{
    SSL_CTX *ctx = kit_client();
    STACK_OF(SSL_CIPHER) *sk = SSL_CTX_get_ciphers(ctx);
    int i;

    for (i = 0; i < sk_SSL_CIPHER_num(sk); i++)
        if (kit_ours(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(sk, i))))
            describe(sk_SSL_CIPHER_value(sk, i));
    /* no cipher */
    STR(SSL_CIPHER_get_name(NULL));
    STR(SSL_CIPHER_standard_name(NULL));
    SHOW(SSL_CIPHER_get_bits(NULL, NULL));
    STR(SSL_CIPHER_get_version(NULL));
    STR(OPENSSL_cipher_name("TLS_NO_SUCH"));
    STR(OPENSSL_cipher_name(NULL));
    SSL_CTX_free(ctx);
}

static void find(void)
{
    static const unsigned char ids[][3] = {
        { 0x13, 0x01, 0 }, { 0x13, 0x02, 0 }, { 0x13, 0x03, 0 }, { 0xc0, 0x2b, 0 }, { 0xc0, 0x2f, 0 }, { 0xcc, 0xa8, 0 },
        { 0xcc, 0xa9, 0 }, { 0xc0, 0x2c, 0 }, { 0xc0, 0x30, 0 }, { 0x00, 0x00, 0 }, { 0x0a, 0x0a, 0 }, { 0xff, 0xff, 0 },
        { 0x13, 0x99, 0 },
    };
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    size_t i;

    for (i = 0; i < COUNT(ids); i++) {
        const SSL_CIPHER *c = SSL_CIPHER_find(ssl, ids[i]);

        kit_say("%02x%02x: %s", ids[i][0], ids[i][1], c != NULL ? SSL_CIPHER_get_name(c) : "NULL");
        kit_queue();
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const char *const strings[] = {
    "DEFAULT", "ALL", "COMPLEMENTOFDEFAULT:ECDHE", "COMPLEMENTOFALL:ECDHE", "HIGH", "HIGH:!aNULL", "HIGH:!aNULL:!MD5",
    "HIGH:!aNULL:@STRENGTH", "ALL:@STRENGTH", "ECDHE", "EECDH", "kECDHE", "kEECDH", "ECDHE+AESGCM", "EECDH+AESGCM",
    "EECDH+AESGCM:EDH+AESGCM", "ECDHE+CHACHA20", "CHACHA20", "AESGCM", "AES", "AES128", "AES256", "AES128:AES256",
    "AES256:AES128", "aECDSA", "aRSA", "ECDSA", "RSA:ECDHE", "aECDSA:aRSA", "aRSA+AESGCM", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384:HIGH",
    "ECDHE-RSA-AES256-GCM-SHA384:HIGH:!AES128", "HIGH:-AES128", "HIGH:-AES128:AES128", "HIGH:+AES256", "HIGH:+aRSA",
    "HIGH:+AES128:+AES256", "HIGH:!CHACHA20", "HIGH:!CHACHA20:CHACHA20", "HIGH:-CHACHA20:CHACHA20", "SHA256:SHA384",
    "SHA384", "SHA256", "TLSv1.2", "TLSv1.2+ECDHE", "TLSv1.2:!AESGCM", "ECDHE:@SECLEVEL=2", "ECDHE:@SECLEVEL=0",
    "@SECLEVEL=3:ECDHE", "@SECLEVEL=5:ECDHE", "ECDHE:NOSUCHCIPHER", "NOSUCHCIPHER:ECDHE", "ECDHE:!NOSUCHCIPHER",
    "ECDHE,AESGCM", "ECDHE AESGCM", "ECDHE;AESGCM", "  ECDHE  ", "::ECDHE::", "ECDHE:", "ecdhe", "ECDHE+NOSUCH:CHACHA20",
    "ECDHE+AESGCM+aECDSA", "ECDHE+AESGCM+AES128", "ECDHE+AES128+AESGCM:!aRSA", "FIPS:!DH", "SUITEB128", "SUITEB192",
    "SUITEB128ONLY", "SUITEB128C2", "PROFILE=SYSTEM:ECDHE", "TLS_AES_128_GCM_SHA256:ECDHE", "ECDHE:TLS_AES_128_GCM_SHA256",
    "!ECDHE:ECDHE:HIGH:AES", "EECDH+CHACHA20:EECDH+AES128:RSA+AES128:EECDH+AES256:RSA+AES256:EECDH+3DES:RSA+3DES:!MD5",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
    "ALL:!COMPLEMENTOFDEFAULT:!eNULL", "MEDIUM:ECDHE", "LOW:ECDHE", "EXPORT:ECDHE", "HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4",
    "kEECDH+ECDSA:kEECDH+aRSA", "CHACHA20:DEFAULT", "DEFAULT:!AES256", "DEFAULT:+AESGCM", "ALL:!DH:!PSK:!RSA", "DEFAULT:@STRENGTH",
    "AES:ALL:!aNULL:!eNULL:+RC4:@STRENGTH", "HIGH:!kRSA:!kDHE", "HIGH:!kRSA", "HIGH:!SHA1:!SHA256:!SHA384",
    "ECDHE:-FIPS+HIGH", "FIPS+TLSv1.2+HIGH:CHACHA20", "!aRSA,HIGH+FIPS:ECDHE", "ECDHE:!AES256+FIPS+HIGH:-CHACHA20", "MEDIUM+HIGH:ECDHE",
    "AES:COMPLEMENTOFDEFAULT+FIPS", "ECDHE:!FIPS+COMPLEMENTOFDEFAULT", "ECDHE:-COMPLEMENTOFDEFAULT+HIGH:CHACHA20", "COMPLEMENTOFDEFAULT+ECDHE-RSA-CHACHA20-POLY1305", "COMPLEMENTOFDEFAULT:ECDHE:DEFAULT",
    "ECDHE:CHACHA20+", "@SECLEVEL=4:ECDHE:CHACHA20+:@SECLEVEL=3", "ECDHE:@NOSUCH:@SECLEVEL=4", "ECDHE:@:@SECLEVEL=4", "ECDHE:*AES:@SECLEVEL=4",
    "ECDHE:--AES:@SECLEVEL=3", "ECDHE:RC4+", "ECDHE:IDEA+:-AES256", "ECDHE:kGOST+aGOST+", "ECDHE:ALL+3DES+", "ECDHE:TLSv1.2+AESCCM+", "ECDHE:FIPS+RSA+aECDSA+",
    "ECDHE:!ADH+aRSA+:-AES", "ECDHE:AES128+AES256+", "ECDHE:AES+AESCCM+", "ECDHE:AESGCM+AESCCM+", "ECDHE:ALL+NULL+", "ECDHE:HIGH+LOW+",
    "HIGH:!CAMELLIA:!ARIA", "0xC0,0x2F:ECDHE", "ECDHE-RSA-AES128-GCM-SHA256+AES",
};

static void language(void)
{
    size_t i;

    for (i = 0; i < COUNT(strings); i++) {
        SSL_CTX *ctx = kit_client();
        int r = SSL_CTX_set_cipher_list(ctx, strings[i]);

        kit_say("\"%s\" = %d", strings[i], r);
        kit_queue();
        if (r == 1)
            print_stack("list", SSL_CTX_get_ciphers(ctx));
        SHOW(SSL_CTX_get_security_level(ctx));
        SSL_CTX_free(ctx);
    }
}

static void nothing_selected(void)
{
    static const char *const bad[] = {
        "", "NOSUCHCIPHER", "!ALL", "ALL:!ALL", "@", "@NOSUCH", "@STRENGTH", "@SECLEVEL", "@SECLEVEL=", "@SECLEVEL=9",
        "@SECLEVEL=-1", "@SECLEVEL=a", ":", "!", "+", "-", "ECDHE:@SECLEVEL=9", "ECDHE:@NOSUCH", "TLS_AES_128_GCM_SHA256",
        "eNULL:!eNULL", "ECDHE:!ECDHE",
    };
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        kit_say("\"%s\"", bad[i]);
        SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE+CHACHA20"));
        SHOW(SSL_CTX_set_cipher_list(ctx, bad[i]));
        print_stack("context", SSL_CTX_get_ciphers(ctx));
        SHOW(SSL_set_cipher_list(ssl, bad[i]));
        print_stack("connection", SSL_get_ciphers(ssl));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void ciphersuites(void)
{
    static const char *const all[] = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
        "", "NOSUCH", "TLS_AES_128_GCM_SHA256:NOSUCH", "NOSUCH:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256", " TLS_AES_128_GCM_SHA256 ", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384",
        "tls_aes_128_gcm_sha256", ":TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384:",
        "TLS_AES_256_GCM_SHA384:::TLS_AES_128_GCM_SHA256",
    };
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        kit_say("\"%s\"", all[i]);
        SHOW(SSL_CTX_set_ciphersuites(ctx, all[i]));
        print_stack("context", SSL_CTX_get_ciphers(ctx));
        SHOW(SSL_set_ciphersuites(ssl, all[i]));
        print_stack("connection", SSL_get_ciphers(ssl));
        /* a cipher list leaves the TLS 1.3 suites alone */
        SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM"));
        print_stack("context", SSL_CTX_get_ciphers(ctx));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void list_functions(void)
{
    SSL_CTX *ctx = kit_client();
    SSL *ssl;
    STACK_OF(SSL_CIPHER) *sk;

    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"));
    SHOW(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"));
    ssl = SSL_new(ctx);
    print_stack("SSL_get_ciphers", SSL_get_ciphers(ssl));
    STR(SSL_get_cipher_list(ssl, 0));
    STR(SSL_get_cipher_list(ssl, 1));
    STR(SSL_get_cipher_list(ssl, 2));
    STR(SSL_get_cipher_list(ssl, 3));
    STR(SSL_get_cipher_list(ssl, -1));
    STR(SSL_get_cipher_list(NULL, 0));
    sk = SSL_get1_supported_ciphers(ssl);
    print_stack("SSL_get1_supported_ciphers", sk);
    sk_SSL_CIPHER_free(sk);
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    sk = SSL_get1_supported_ciphers(ssl);
    print_stack("up to 1.2", sk);
    sk_SSL_CIPHER_free(sk);
    SSL_set_max_proto_version(ssl, 0);
    SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
    sk = SSL_get1_supported_ciphers(ssl);
    print_stack("1.3 only", sk);
    sk_SSL_CIPHER_free(sk);
    PTR(SSL_get_client_ciphers(ssl));
    PTR(SSL_get_ciphers(NULL));
    PTR(SSL_get_current_cipher(ssl));
    PTR(SSL_get_pending_cipher(ssl));
    {
        char buf[100] = "x";

        PTR(SSL_get_shared_ciphers(ssl, buf, sizeof(buf)));
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void choice(const char *client, const char *server, const char *cert, int version, uint64_t options)
{
    SSL_CTX *c = kit_client(), *s = kit_server(cert);
    kit_pair p;

    kit_say("client %s, server %s, %s, %s%s", client, server, cert, kit_version_name(version),
            options & SSL_OP_CIPHER_SERVER_PREFERENCE ? ", server's preference" : "");
    kit_version(c, version);
    if (version == TLS1_3_VERSION) {
        MUST(SSL_CTX_set_ciphersuites(c, client));
        MUST(SSL_CTX_set_ciphersuites(s, server));
    } else {
        MUST(SSL_CTX_set_cipher_list(c, client));
        MUST(SSL_CTX_set_cipher_list(s, server));
    }
    SSL_CTX_set_options(s, options);
    kit_pair_new(&p, c, s, 0);
    if (kit_shake_say(&p)) {
        char buf[1000];

        kit_negotiated(&p);
        print_stack("the client's", SSL_get_client_ciphers(p.s));
        STR(SSL_get_shared_ciphers(p.s, buf, sizeof(buf)));
        STR(SSL_get_cipher_name(p.c));
        STR(SSL_get_cipher_version(p.c));
        SHOW(SSL_get_cipher_bits(p.c, NULL));
    }
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void choices(void)
{
    const uint64_t pref = SSL_OP_CIPHER_SERVER_PREFERENCE;
    const char *a = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
               *b = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256";

    choice(a, b, "server-ec", TLS1_2_VERSION, 0);
    choice(a, b, "server-ec", TLS1_2_VERSION, pref);
    choice(b, a, "server-ec", TLS1_2_VERSION, 0);
    choice(b, a, "server-ec", TLS1_2_VERSION, pref);
    choice(b, a, "server-ec", TLS1_2_VERSION, pref | SSL_OP_PRIORITIZE_CHACHA);
    choice(a, a, "server-ec", TLS1_2_VERSION, pref | SSL_OP_PRIORITIZE_CHACHA);
    a = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
    b = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
    choice(a, b, "server-ec", TLS1_3_VERSION, 0);
    choice(a, b, "server-ec", TLS1_3_VERSION, pref);
    choice(b, a, "server-ec", TLS1_3_VERSION, 0);
    choice(b, a, "server-ec", TLS1_3_VERSION, pref);
    choice(b, a, "server-ec", TLS1_3_VERSION, pref | SSL_OP_PRIORITIZE_CHACHA);
    choice("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "server-rsa", TLS1_3_VERSION, 0);
}

static void none_shared(void)
{
    choice("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "server-ec", TLS1_2_VERSION, 0);
    choice("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "server-ec", TLS1_2_VERSION, 0);
    choice("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "server-rsa", TLS1_2_VERSION, 0);
    choice("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "server-ec", TLS1_3_VERSION, 0);
    /* no suites of the version at all */
    {
        SSL_CTX *c = kit_client();
        kit_pair p;

        kit_version(c, TLS1_3_VERSION);
        MUST(SSL_CTX_set_ciphersuites(c, ""));
        kit_pair_new(&p, c, NULL, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
    {
        SSL_CTX *s = kit_server("server-ec");
        kit_pair p;

        kit_version(s, TLS1_3_VERSION);
        MUST(SSL_CTX_set_ciphersuites(s, ""));
        kit_pair_new(&p, NULL, s, 0);
        kit_shake_say(&p);
        kit_pair_free(&p);
        SSL_CTX_free(s);
    }
    /* a server without a certificate */
    {
        SSL_CTX *s = kit_server(NULL);
        int version;

        for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            SSL_CTX *c = kit_client();
            kit_pair p;

            kit_say("no certificate, %s", kit_version_name(version));
            kit_version(c, version);
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
        }
        SSL_CTX_free(s);
    }
}

static void security_level(void)
{
    /* a 1024 bit RSA certificate is below level 2 */
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int level;

    SHOW(SSL_CTX_get_security_level(ctx));
    for (level = 5; level >= 0; level--) {
        SSL_CTX_set_security_level(ctx, level);
        SHOW(SSL_CTX_get_security_level(ctx));
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-rsa1024.pem"), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-rsa.pem"), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_certificate_file(ctx, kit_file("server-ec.pem"), SSL_FILETYPE_PEM));
    }
    SSL_CTX_free(ctx);
    /* a peer's */
    for (level = 0; level < 3; level++) {
        SSL_CTX *c = kit_client(), *s = kit_server(NULL);
        kit_pair p;

        SSL_CTX_set_security_level(s, 0);
        kit_use(s, "server-rsa1024");
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_security_level(c, level);
        kit_say("client's level %d", level);
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        SHOW(SSL_get_verify_result(p.c));
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void bytes_to_list(void)
{
    static const unsigned char raw[] = { 0x13, 0x01, 0xc0, 0x2f, 0x00, 0xff, 0x0a, 0x0a, 0x13, 0x02 };
    STACK_OF(SSL_CIPHER) *sk = NULL, *scsv = NULL;
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    SHOW(SSL_bytes_to_cipher_list(ssl, raw, sizeof(raw), 0, &sk, &scsv));
    print_stack("suites", sk);
    kit_say("signalling %d", scsv != NULL ? sk_SSL_CIPHER_num(scsv) : -1);
    sk_SSL_CIPHER_free(sk);
    sk_SSL_CIPHER_free(scsv);
    sk = scsv = NULL;
    SHOW(SSL_bytes_to_cipher_list(ssl, raw, 3, 0, &sk, &scsv));
    SHOW(SSL_bytes_to_cipher_list(ssl, raw, 0, 0, &sk, &scsv));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(details), CASE(find), CASE(language), CASE(nothing_selected), CASE(ciphersuites), CASE(list_functions),
    CASE(choices), CASE(none_shared), CASE(security_level), CASE(bytes_to_list),
};

KIT_MAIN(cases)
